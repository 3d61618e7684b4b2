#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker.h"

#define CONNECTIONS_MAX 128
#define LISTEN_MAX 16
#define REQUEST_MAX 8192
#define DRAIN_MAX 65536
#define CONNECTION_MS 10000
#define SEND_MS 10000
#define PATH_PREFIX "/.well-known/acme-challenge/"

enum stage { STAGE_READ, STAGE_WRITE, STAGE_DRAIN };

struct connection {
	int fd;
	enum stage stage;
	int64_t end_ms;
	struct buf in;
	struct buf out;
	size_t sent;
	size_t drained;
};

struct server {
	struct wire_answer *answer;
	size_t answers;
	int listener[LISTEN_MAX];
	size_t listeners;
	struct connection connection[CONNECTIONS_MAX]; /* the oldest first */
	size_t connections;
};

static void find_listeners(struct server *s)
{
	for (int fd = WORKER_LISTEN_FD; s->listeners < LISTEN_MAX; fd++) {
		int listens = 0;
		socklen_t len = sizeof(listens);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) || !listens)
			return;
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		s->listener[s->listeners++] = fd;
	}
}

static void drop_connection(struct server *s, size_t i)
{
	struct connection *c = &s->connection[i];

	close(c->fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	memmove(c, c + 1, (s->connections - i - 1) * sizeof(*c));
	s->connections--;
}

/* When all places are taken the oldest goes: an honest client is long done, and a silent crowd cannot shut us. */
static void accept_some(struct server *s, int listener)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c;
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (s->connections == CONNECTIONS_MAX)
			drop_connection(s, 0);
		c = &s->connection[s->connections++];
		memset(c, 0, sizeof(*c));
		c->fd = fd;
		c->end_ms = clock_mono_ms(clock_system()) + CONNECTION_MS;
		buf_init(&c->in, REQUEST_MAX);
		buf_init(&c->out, REQUEST_MAX);
	}
}

/* Up to and with the empty line; 0 = not all of it is here. */
static size_t head_length(const struct buf *in)
{
	const char *end = memmem(in->data, in->len, "\r\n\r\n", 4);
	const char *bare = memmem(in->data, in->len, "\n\n", 2);

	if (bare && (!end || bare < end))
		return (size_t)(bare - in->data) + 2;
	return end ? (size_t)(end - in->data) + 4 : 0;
}

static bool has_host(const char *head)
{
	for (const char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n'))
		if (!strncasecmp(line + 1, "Host:", 5))
			return true;
	return false;
}

/* "METHOD SP target SP HTTP/1.x": 0 with the first two, terminated in place; -1 = not HTTP. */
static int split_request_line(char *line, char **method, char **target)
{
	char *first = strchr(line, ' ');
	char *second = first ? strchr(first + 1, ' ') : NULL;
	char *end = strpbrk(line, "\r\n");
	size_t version_len;

	if (!first || !second || !end || second > end || first == line || second == first + 1)
		return -1;
	version_len = (size_t)(end - second - 1);
	if (version_len != 8 || (strncmp(second + 1, "HTTP/1.1", 8) && strncmp(second + 1, "HTTP/1.0", 8)))
		return -1;
	if (second[8] == '1' && !has_host(end))
		return -1;
	*first = *second = '\0';
	*method = line;
	*target = first + 1;
	return 0;
}

/* The path, also of a target in absolute form, which a server has to accept. */
static const char *path_of(const char *target)
{
	const char *path;

	if (strncasecmp(target, "http://", 7))
		return target;
	path = strchr(target + 7, '/');
	return path ? path : "";
}

static const char *find_answer(const struct server *s, const char *target)
{
	const char *path = path_of(target);

	if (!str_starts(path, PATH_PREFIX))
		return NULL;
	for (size_t i = 0; i < s->answers; i++)
		if (str_eq(s->answer[i].token, path + strlen(PATH_PREFIX)))
			return s->answer[i].key_authorization;
	return NULL;
}

static void answer(struct connection *c, const char *status, const char *body, bool with_body)
{
	if (buf_append_fmt(&c->out, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
	                            "Cache-Control: no-store\r\nConnection: close\r\n\r\n%s",
	                   status, strlen(body), with_body ? body : ""))
		buf_truncate(&c->out, 0);
	c->stage = STAGE_WRITE;
}

static void answer_request(const struct server *s, struct connection *c)
{
	const char *body = NULL;
	char *method, *target;

	if (memchr(c->in.data, '\0', c->in.len) || split_request_line(c->in.data, &method, &target)) {
		answer(c, "400 Bad Request", "bad request\n", true);
		return;
	}
	if (str_eq(method, "GET") || str_eq(method, "HEAD"))
		body = find_answer(s, target);
	if (body)
		answer(c, "200 OK", body, !str_eq(method, "HEAD"));
	else
		answer(c, "404 Not Found", "not found\n", !str_eq(method, "HEAD"));
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Each step: false = the connection is over. */
static bool step_read(const struct server *s, struct connection *c)
{
	char chunk[4096];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), 0);

	if (n < 0)
		return would_block();
	if (n == 0)
		return false;
	if (buf_append(&c->in, chunk, (size_t)n)) {
		answer(c, "400 Bad Request", "too long\n", true);
		return true;
	}
	if (head_length(&c->in)) {
		buf_truncate(&c->in, head_length(&c->in));
		answer_request(s, c);
	}
	return true;
}

/* Closing with unread input would reset the connection and could destroy our answer on its way. */
static bool step_write(struct connection *c)
{
	ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

	if (n < 0)
		return would_block();
	c->sent += (size_t)n;
	if (c->sent == c->out.len) {
		shutdown(c->fd, SHUT_WR);
		c->stage = STAGE_DRAIN;
	}
	return true;
}

static bool step_drain(struct connection *c)
{
	char chunk[4096];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), 0);

	if (n < 0)
		return would_block();
	c->drained += (size_t)n;
	return n > 0 && c->drained <= DRAIN_MAX;
}

static bool step(const struct server *s, struct connection *c)
{
	if (c->stage == STAGE_READ && !step_read(s, c))
		return false;
	if (c->stage == STAGE_WRITE)
		return step_write(c);
	return c->stage == STAGE_DRAIN ? step_drain(c) : true;
}

static int say_ready(struct err *e)
{
	return wire_send(WORKER_FD, WIRE_READY, NULL, SEND_MS, e);
}

/* 1 = tegata has closed its end: we are done. */
static int obey(struct server *s, struct err *e)
{
	struct wire_answer *answers;
	enum wire_type type;
	struct buf frame;
	char byte;
	size_t n;
	int rc;

	if (recv(WORKER_FD, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
		return 1;
	buf_init(&frame, WIRE_FRAME_MAX);
	rc = wire_receive(WORKER_FD, &type, &frame, SEND_MS, e) || type != WIRE_RESPONDER ||
	     wire_get_answers(frame.data, frame.len, &answers, &n, e) ? -1 : 0;
	buf_clear(&frame);
	if (rc)
		return -1;
	wire_answers_free(s->answer, s->answers);
	s->answer = answers;
	s->answers = n;
	return say_ready(e);
}

static size_t gather(const struct server *s, struct pollfd *p)
{
	size_t n = 0;

	p[n++] = (struct pollfd){.fd = WORKER_FD, .events = POLLIN};
	for (size_t i = 0; i < s->listeners; i++)
		p[n++] = (struct pollfd){.fd = s->listener[i], .events = POLLIN};
	for (size_t i = 0; i < s->connections; i++)
		p[n++] = (struct pollfd){
			.fd = s->connection[i].fd,
			.events = s->connection[i].stage == STAGE_WRITE ? POLLOUT : POLLIN,
		};
	return n;
}

static int poll_timeout(const struct server *s)
{
	int64_t left;

	if (!s->connections)
		return -1;
	left = s->connection[0].end_ms - clock_mono_ms(clock_system());
	return left < 0 ? 0 : (int)left + 1;
}

/* Backwards, because a connection that is over makes the later ones move up. */
static void step_connections(struct server *s, const struct pollfd *p)
{
	int64_t now = clock_mono_ms(clock_system());

	for (size_t i = s->connections; i-- > 0;) {
		struct connection *c = &s->connection[i];

		if ((p[i].revents && !step(s, c)) || now >= c->end_ms)
			drop_connection(s, i);
	}
}

static int serve(struct server *s, struct err *e)
{
	struct pollfd p[1 + LISTEN_MAX + CONNECTIONS_MAX];

	for (;;) {
		size_t n = gather(s, p);
		int rc;

		if (poll(p, n, poll_timeout(s)) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		rc = p[0].revents ? obey(s, e) : 0;
		if (rc)
			return rc;
		step_connections(s, p + 1 + s->listeners);
		for (size_t i = 0; i < s->listeners; i++)
			if (p[1 + i].revents)
				accept_some(s, s->listener[i]);
	}
}

int worker_serve(struct wire_answer *answers, size_t n)
{
	struct server *s = mem_new(1, sizeof(*s));
	struct err e = ERR_INIT;
	int rc = -1;

	s->answer = answers;
	s->answers = n;
	find_listeners(s);
	if (s->listeners && !say_ready(&e))
		rc = serve(s, &e);
	while (s->connections)
		drop_connection(s, s->connections - 1);
	wire_answers_free(s->answer, s->answers);
	free(s);
	err_clear(&e);
	return rc == 1 ? 0 : 1;
}
