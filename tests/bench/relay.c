/*
 * A TCP relay on loopback that adds a delay in each direction and counts what passes.
 *
 *   relay LISTEN_PORT TARGET_PORT DELAY_MS
 *
 * It ends at SIGTERM with one line: connections, bytes to the server, bytes from it, sequential round trips.
 *
 * A round trip is counted by cause, not by time: what the client sends is one deeper than the deepest answer that has
 * reached it, on whatever connection; what the server sends is as deep as the deepest bytes that have reached it on that
 * connection. The deepest answer that reached the client is the number told. Opening a connection is one. So requests that
 * went out side by side are one round trip, and small frames that nobody waits for are none, as long as the delay is longer
 * than the server thinks.
 *
 * The kernel opens connections without our delay, so what a client sends before it has heard anything is held for one
 * round trip more. Bandwidth, loss and congestion are not modelled.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINKS_MAX 64
#define PIECE_MAX 65536

struct chunk {
	struct chunk *next;
	int64_t due_us;
	unsigned depth;
	size_t len, done; /* len 0 = the sender has ended */
	char bytes[];
};

struct flow {
	struct chunk *first, **last;
	int64_t last_due_us;
	uint64_t bytes;
	unsigned arrived; /* the deepest bytes that have come out */
	bool ended_in, ended_out;
};

enum { UP, DOWN };

struct link {
	bool used;
	int fd[2]; /* flow[UP] reads from fd[UP], the client, and writes to fd[DOWN], the server */
	struct flow flow[2];
	unsigned opening; /* depth of the handshake */
	bool answered;
};

struct relay {
	struct link link[LINKS_MAX];
	struct sockaddr_in target;
	int listener, signals;
	int64_t delay_us;
	unsigned seen; /* the deepest answer that has reached the client */
	uint64_t connections, bytes[2];
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void listen_at(struct relay *r, const char *port)
{
	struct sockaddr_in a = loopback(port);
	int on = 1;

	r->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (r->listener < 0 || bind(r->listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(r->listener, LINKS_MAX) != 0)
		die("relay: listening");
}

static void watch_signals(struct relay *r)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (r->signals < 0)
		die("relay: signals");
}

static struct link *free_link(struct relay *r)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (!r->link[i].used)
			return &r->link[i];
	return NULL;
}

static void open_link(struct relay *r)
{
	int client = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct link *l = free_link(r);
	int on = 1;

	if (client < 0 || server < 0 || !l || connect(server, (struct sockaddr *)&r->target, sizeof r->target) != 0) {
		close(client);
		close(server);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	*l = (struct link){.used = true, .fd = {client, server}, .opening = r->seen + 1};
	l->flow[UP].last = &l->flow[UP].first;
	l->flow[DOWN].last = &l->flow[DOWN].first;
	r->connections++;
}

static void close_link(struct link *l)
{
	for (int d = UP; d <= DOWN; d++) {
		struct chunk *c;

		close(l->fd[d]);
		while ((c = l->flow[d].first) != NULL) {
			l->flow[d].first = c->next;
			free(c);
		}
	}
	l->used = false;
}

static unsigned depth_of_next(const struct relay *r, const struct link *l, int d)
{
	if (d == DOWN)
		return l->flow[UP].arrived;
	return 1 + (r->seen > l->opening ? r->seen : l->opening);
}

static void take_in(struct relay *r, struct link *l, int d)
{
	static char piece[PIECE_MAX];
	struct flow *f = &l->flow[d];
	ssize_t n = recv(l->fd[d], piece, sizeof piece, MSG_DONTWAIT);
	size_t len = n > 0 ? (size_t)n : 0;
	struct chunk *c;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (d == DOWN)
		l->answered = true;
	c = malloc(sizeof *c + len);
	if (!c)
		die("relay");
	*c = (struct chunk){.depth = depth_of_next(r, l, d), .len = len};
	c->due_us = now_us() + r->delay_us + (l->answered ? 0 : 2 * r->delay_us);
	if (c->due_us < f->last_due_us)
		c->due_us = f->last_due_us;
	f->last_due_us = c->due_us;
	memcpy(c->bytes, piece, len);
	f->bytes += len;
	r->bytes[d] += len;
	f->ended_in = len == 0;
	*f->last = c;
	f->last = &c->next;
}

static void note_arrival(struct relay *r, struct link *l, int d, unsigned depth)
{
	if (depth > l->flow[d].arrived)
		l->flow[d].arrived = depth;
	/* A client that has closed does not read what is still coming. */
	if (d == DOWN && !l->flow[UP].ended_in && depth > r->seen)
		r->seen = depth;
}

/* What is due goes out, as far as the receiver takes it. */
static void give_out(struct relay *r, struct link *l, int d)
{
	struct flow *f = &l->flow[d];
	int to = l->fd[!d];
	struct chunk *c;

	while ((c = f->first) != NULL && c->due_us <= now_us()) {
		ssize_t n = c->len ? send(to, c->bytes + c->done, c->len - c->done, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		c->done = n < 0 ? c->len : c->done + (size_t)n;
		if (c->done < c->len)
			return;
		if (c->len > 0)
			note_arrival(r, l, d, c->depth);
		else
			shutdown(to, SHUT_WR);
		f->ended_out = c->len == 0;
		f->first = c->next;
		if (!f->first)
			f->last = &f->first;
		free(c);
	}
}

/* Adds the two ends of a link; returns when its next chunk is due. */
static int64_t want(const struct link *l, struct pollfd *p, int64_t now)
{
	int64_t next = INT64_MAX;

	for (int d = UP; d <= DOWN; d++) {
		const struct chunk *out = l->flow[!d].first;

		p[d] = (struct pollfd){.fd = l->fd[d], .events = l->flow[d].ended_in ? 0 : POLLIN};
		if (out && out->due_us <= now)
			p[d].events |= POLLOUT;
		else if (out && out->due_us < next)
			next = out->due_us;
		if (!p[d].events)
			p[d].fd = -1;
	}
	return next;
}

static void pass(struct relay *r, struct link *l, const struct pollfd *p)
{
	for (int d = UP; d <= DOWN; d++)
		if (p[d].revents & (POLLIN | POLLHUP | POLLERR) && !l->flow[d].ended_in)
			take_in(r, l, d);
	for (int d = UP; d <= DOWN; d++)
		give_out(r, l, d);
	if (l->flow[UP].ended_out && l->flow[DOWN].ended_out)
		close_link(l);
}

/* False when it is time to end. */
static bool turn(struct relay *r)
{
	struct pollfd p[2 + 2 * LINKS_MAX] = {{.fd = r->listener, .events = POLLIN}, {.fd = r->signals, .events = POLLIN}};
	int64_t now = now_us(), next = INT64_MAX;
	struct timespec wait;

	for (size_t i = 0; i < LINKS_MAX; i++) {
		int64_t due = INT64_MAX;

		if (r->link[i].used)
			due = want(&r->link[i], &p[2 + 2 * i], now);
		else
			p[2 + 2 * i].fd = p[3 + 2 * i].fd = -1;
		if (due < next)
			next = due;
	}
	wait = (struct timespec){.tv_sec = (next - now) / 1000000, .tv_nsec = (next - now) % 1000000 * 1000};
	if (ppoll(p, sizeof p / sizeof *p, next == INT64_MAX ? NULL : &wait, NULL) < 0 && errno != EINTR)
		die("relay: poll");
	if (p[1].revents)
		return false;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (r->link[i].used)
			pass(r, &r->link[i], &p[2 + 2 * i]);
	if (p[0].revents)
		open_link(r);
	return true;
}

int main(int argc, char **argv)
{
	static struct relay r;

	if (argc != 4) {
		fprintf(stderr, "usage: relay LISTEN_PORT TARGET_PORT DELAY_MS\n");
		return 2;
	}
	r.target = loopback(argv[2]);
	r.delay_us = strtol(argv[3], NULL, 10) * 1000;
	watch_signals(&r);
	listen_at(&r, argv[1]);
	while (turn(&r))
		;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %u\n", r.connections, r.bytes[UP], r.bytes[DOWN], r.seen);
	return 0;
}
