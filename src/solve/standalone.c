#include "config.h"

#include "solve/standalone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/i18n.h"
#include "solve/inherited.h"

#define PORT_DEFAULT 80
#define BACKLOG 64

struct address {
	struct sockaddr_storage name;
	socklen_t len;
	char *shown; /* owned */
};

static int parse_address(const char *text, int port, struct address *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->name;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->name;

	memset(&a->name, 0, sizeof a->name);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((in_port_t)port);
		a->len = sizeof *v4;
		a->shown = str_fmt("%s:%d", text, port);
		return 0;
	}
	memset(&a->name, 0, sizeof a->name);
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((in_port_t)port);
		a->len = sizeof *v6;
		a->shown = str_fmt("[%s]:%d", text, port);
		return 0;
	}
	return -1;
}

/* A listening socket, or -1 with errno. */
static int listen_on(const struct address *a)
{
	const int on = 1;
	int fd = socket(a->name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int saved;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    (a->name.ss_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
	    bind(fd, (const struct sockaddr *)&a->name, a->len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int cannot_listen(const char *shown, int port, int errnum, struct err *e)
{
	err_set_errno(e, ERR_CHALLENGE, errnum, _("cannot listen on %s for the built-in responder"), shown);
	if (errnum == EADDRINUSE)
		err_advise(e, _("Another program, most likely the web server, listens on port %d. Use \"webroot\" with that "
		                "server's folder in place of \"standalone\", or stop it meanwhile."), port);
	else if (errnum == EACCES)
		err_advise(e, _("Ports below 1024 are for root: run tegata as root, give it the capability to (doc/unattended.md), "
		                "or use \"webroot\" or another port that port 80 is forwarded to."));
	else if (errnum == EADDRNOTAVAIL)
		err_advise(e, _("This machine does not have that address: correct it in the settings, or leave the addresses "
		                "out to listen on all of them."));
	return -1;
}

static bool is_bound(const struct standalone *s, const char *shown)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->where[i], shown) == 0)
			return true;
	}
	return false;
}

/* 0 = listening, 1 = this kind of address does not exist here and need not. */
static int add_socket(struct standalone *s, const char *text, int port, bool optional, struct err *e)
{
	struct address a = {.shown = NULL};
	int rc = -1;
	int fd, inherited;

	if (parse_address(text, port, &a) != 0)
		return err_set(e, ERR_CHALLENGE, _("\"%s\" is not an IPv4 or IPv6 address to listen on"), text);
	inherited = inherited_find(&a.name);
	if (inherited >= 0) /* one may be for several addresses */
		str_replace(&a.shown, str_fmt("#%d", inherited));
	if (is_bound(s, a.shown)) {
		rc = 0;
		goto out;
	}
	if (s->count == RESPONDER_LISTEN_MAX) {
		err_set(e, ERR_CHALLENGE, _("the built-in responder listens on at most %d addresses"), RESPONDER_LISTEN_MAX);
		goto out;
	}
	fd = inherited >= 0 ? inherited_use(inherited) : listen_on(&a);
	if (fd >= 0) {
		s->fd[s->count] = fd;
		s->where[s->count++] = a.shown;
		s->sockets_changed = true;
		return 0;
	}
	if (optional && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		rc = 1;
	else
		cannot_listen(a.shown, port, errno, e);
out:
	free(a.shown);
	return rc;
}

static int add_every(struct standalone *s, int port, struct err *e)
{
	int v4 = add_socket(s, "0.0.0.0", port, true, e);
	int v6 = v4 < 0 ? -1 : add_socket(s, "::", port, true, e);

	if (v4 < 0 || v6 < 0)
		return -1;
	if (v4 != 0 && v6 != 0)
		return err_set(e, ERR_CHALLENGE, _("this machine has neither IPv4 nor IPv6 to listen on"));
	return 0;
}

static int add_listed(struct standalone *s, const struct strs *addresses, int port, struct err *e)
{
	for (size_t i = 0; i < addresses->count; i++) {
		if (add_socket(s, addresses->item[i], port, false, e) != 0)
			return -1;
	}
	return 0;
}

static void close_sockets(struct standalone *s, size_t keep)
{
	while (s->count > keep) {
		s->count--;
		close(s->fd[s->count]);
		free(s->where[s->count]);
	}
}

int standalone_present(struct standalone *s, const struct solver_task *t, struct err *e)
{
	const struct solver_plan *plan = &t->plan;
	int port = plan->port != 0 ? plan->port : PORT_DEFAULT;
	bool every = plan->addresses == NULL || plan->addresses->count == 0;
	bool changed = s->sockets_changed;
	size_t before = s->count;

	if ((every ? add_every(s, port, e) : add_listed(s, plan->addresses, port, e)) != 0) {
		close_sockets(s, before);
		s->sockets_changed = changed;
		return -1;
	}
	s->answer = mem_resize(s->answer, s->answer_count + 1, sizeof *s->answer);
	s->answer[s->answer_count].token = str_dup(t->token);
	s->answer[s->answer_count++].key_authorization = str_dup(t->key_authorization);
	s->answers_changed = true;
	return 0;
}

static void stop(struct standalone *s)
{
	responder_stop(s->responder);
	s->responder = NULL;
}

int standalone_ready(struct standalone *s, const char *worker_user, struct err *e)
{
	if (s->answer_count == 0 || (s->responder != NULL && !s->answers_changed && !s->sockets_changed))
		return 0;
	if (s->responder != NULL && s->sockets_changed)
		stop(s);
	if (s->responder == NULL && responder_start(s->fd, s->count, worker_user, &s->responder, e) != 0)
		goto failed;
	if (responder_answers(s->responder, s->answer, s->answer_count, e) != 0)
		goto failed;
	s->sockets_changed = false;
	s->answers_changed = false;
	return 0;
failed:
	stop(s);
	if (e->kind != ERR_INTERRUPTED)
		e->kind = ERR_CHALLENGE;
	return err_wrap(e, _("starting the built-in responder"));
}

static void forget(struct wire_answer *a)
{
	free(a->token);
	free(a->key_authorization);
}

void standalone_remove(struct standalone *s, const char *token)
{
	for (size_t i = 0; i < s->answer_count; i++) {
		if (strcmp(s->answer[i].token, token) != 0)
			continue;
		forget(&s->answer[i]);
		s->answer[i] = s->answer[--s->answer_count];
		s->answers_changed = true;
		break;
	}
	if (s->answer_count == 0)
		standalone_clear(s);
}

void standalone_clear(struct standalone *s)
{
	stop(s);
	close_sockets(s, 0);
	for (size_t i = 0; i < s->answer_count; i++)
		forget(&s->answer[i]);
	free(s->answer);
	*s = (struct standalone){.count = 0};
}
