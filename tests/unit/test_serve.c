#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/sig.h"
#include "base/str.h"
#include "net/responder.h"
#include "skipping.h"

#define TOKEN "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define KEY_AUTHORIZATION TOKEN ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define PATH "/.well-known/acme-challenge/"

static struct responder *responder;
static in_port_t port4, port6; /* 0 = this machine has no IPv6 */

static int listen_on(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (fd < 0)
		return -1;
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, address, len) || listen(fd, 512)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int set_up(void **state)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t len4 = sizeof(four), len6 = sizeof(six);
	struct err e = ERR_INIT;
	int fds[2];
	size_t n = 1;

	(void)state;
	sig_install();
	fds[0] = listen_on((struct sockaddr *)&four, len4);
	fds[1] = listen_on((struct sockaddr *)&six, len6);
	if (fds[0] < 0 || getsockname(fds[0], (struct sockaddr *)&four, &len4))
		return -1;
	port4 = four.sin_port;
	if (fds[1] >= 0 && !getsockname(fds[1], (struct sockaddr *)&six, &len6)) {
		port6 = six.sin6_port;
		n = 2;
	}
	if (responder_start(fds, n, NULL, &responder, &e)) {
		fprintf(stderr, "%s\n", e.cause);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	responder_stop(responder);
	responder_stop(NULL);
	return 0;
}

static void serve(const struct wire_answer *a, size_t n)
{
	struct err e = ERR_INIT;

	assert_int_equal(responder_answers(responder, a, n, &e), 0);
}

static void serve_one(const char *token, const char *key_authorization)
{
	struct wire_answer a = {str_dup(token), str_dup(key_authorization)};

	serve(&a, 1);
	free(a.token);
	free(a.key_authorization);
}

static int dial(int family)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = port4};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = port6};
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (family == AF_INET)
		assert_int_equal(connect(fd, (struct sockaddr *)&four, sizeof(four)), 0);
	else
		assert_int_equal(connect(fd, (struct sockaddr *)&six, sizeof(six)), 0);
	return fd;
}

/* Everything until the end of the connection; owned. */
static char *read_all(int fd)
{
	struct buf b;
	char chunk[4096], *all;
	ssize_t n;

	buf_init(&b, 65536);
	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		assert_int_equal(buf_append(&b, chunk, (size_t)n), 0);
	assert_int_equal(n, 0);
	close(fd);
	all = buf_take(&b);
	buf_clear(&b);
	return all;
}

static char *ask(int family, const char *request, size_t len)
{
	int fd = dial(family);

	assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), len);
	return read_all(fd);
}

static void assert_answer(const char *request, size_t len, const char *status, const char *body)
{
	char *got = ask(AF_INET, request, len);
	const char *got_body = strstr(got, "\r\n\r\n");

	assert_true(str_starts(got, "HTTP/1.1 "));
	assert_true(str_starts(got + 9, status));
	assert_non_null(strstr(got, "\r\nConnection: close\r\n"));
	assert_non_null(got_body);
	if (body)
		assert_string_equal(got_body + 4, body);
	free(got);
}

static void test_requests(void **state)
{
	static const struct {
		const char *request;
		const char *status;
		const char *body; /* NULL = any */
	} cases[] = {
		{"GET " PATH TOKEN " HTTP/1.1\r\nHost: a.example\r\n\r\n", "200", KEY_AUTHORIZATION},
		{"GET " PATH TOKEN " HTTP/1.1\r\nAccept: */*\r\nhost: a.example\r\n\r\n", "200", KEY_AUTHORIZATION},
		{"GET " PATH TOKEN " HTTP/1.0\r\n\r\n", "200", KEY_AUTHORIZATION},
		{"GET " PATH TOKEN " HTTP/1.0\n\n", "200", KEY_AUTHORIZATION},
		{"HEAD " PATH TOKEN " HTTP/1.1\r\nHost: a\r\n\r\n", "200", ""},
		{"GET http://a.example" PATH TOKEN " HTTP/1.1\r\nHost: a.example\r\n\r\n", "200", KEY_AUTHORIZATION},
		{"GET " PATH TOKEN " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde", "200", KEY_AUTHORIZATION},
		{"GET " PATH TOKEN "x HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET " PATH "evaGx HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET " PATH " HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET " PATH TOKEN "?a=b HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET " PATH "../" TOKEN " HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET " PATH "%65vaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET / HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET /etc/passwd HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET http://a.example HTTP/1.0\r\n\r\n", "404", NULL},
		{"HEAD / HTTP/1.0\r\n\r\n", "404", ""},
		{"POST " PATH TOKEN " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "404", NULL},
		{"get " PATH TOKEN " HTTP/1.0\r\n\r\n", "404", NULL},
		{"OPTIONS * HTTP/1.0\r\n\r\n", "404", NULL},
		{"GET " PATH TOKEN " HTTP/1.1\r\n\r\n", "400", NULL},
		{"GET " PATH TOKEN "\r\n\r\n", "400", NULL},
		{"GET " PATH TOKEN " HTTP/2.0\r\n\r\n", "400", NULL},
		{"GET " PATH TOKEN " HTTP/1.10\r\nHost: a\r\n\r\n", "400", NULL},
		{"GET " PATH TOKEN " x HTTP/1.0\r\n\r\n", "400", NULL},
		{"GET  HTTP/1.0\r\n\r\n", "400", NULL},
		{" / HTTP/1.0\r\n\r\n", "400", NULL},
		{"\r\n\r\n", "400", NULL},
		{"\n\n", "400", NULL},
		{"x\n\n", "400", NULL},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400", NULL},
	};

	(void)state;
	serve_one(TOKEN, KEY_AUTHORIZATION);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_answer(cases[i].request, strlen(cases[i].request), cases[i].status, cases[i].body);
	assert_answer("GET /\0 HTTP/1.0\r\n\r\n", 20, "400", NULL);
	assert_answer("GET " PATH TOKEN "\0 HTTP/1.0\r\n\r\n", strlen(PATH TOKEN) + 18, "400", NULL);
}

static void test_ipv6(void **state)
{
	static const char request[] = "GET " PATH TOKEN " HTTP/1.1\r\nHost: a.example\r\n\r\n";
	char *got;

	(void)state;
	if (!port6)
		SKIP_BECAUSE("this machine has no IPv6");
	serve_one(TOKEN, KEY_AUTHORIZATION);
	got = ask(AF_INET6, request, sizeof(request) - 1);
	assert_true(str_ends(got, "\r\n\r\n" KEY_AUTHORIZATION));
	free(got);
}

static void test_answers_are_replaced(void **state)
{
	static const char one[] = "GET " PATH "one HTTP/1.0\r\n\r\n", two[] = "GET " PATH "two HTTP/1.0\r\n\r\n";
	char t1[] = "one", k1[] = "one.k", t2[] = "two", k2[] = "two.k";
	struct wire_answer a[] = {{t1, k1}, {t2, k2}};

	(void)state;
	serve(a, 2);
	assert_answer(one, sizeof(one) - 1, "200", "one.k");
	assert_answer(two, sizeof(two) - 1, "200", "two.k");
	serve(a + 1, 1);
	assert_answer(one, sizeof(one) - 1, "404", NULL);
	assert_answer(two, sizeof(two) - 1, "200", "two.k");
	serve(NULL, 0);
	assert_answer(two, sizeof(two) - 1, "404", NULL);
}

static void test_in_pieces(void **state)
{
	static const char request[] = "GET " PATH TOKEN " HTTP/1.1\r\nHost: a.example\r\n\r\n";
	int fd, yes = 1;
	char *got;

	(void)state;
	serve_one(TOKEN, KEY_AUTHORIZATION);
	fd = dial(AF_INET);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	for (size_t i = 0; i < sizeof(request) - 1; i++)
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
	got = read_all(fd);
	assert_true(str_ends(got, KEY_AUTHORIZATION));
	free(got);
}

static void test_too_long(void **state)
{
	static char request[16384];

	(void)state;
	memset(request, 'a', sizeof(request));
	memcpy(request, "GET / HTTP/1.0\r\nX: ", 19);
	assert_answer(request, sizeof(request), "400", NULL);
}

/* A crowd that says nothing does not keep the CA out, and one that hangs up half way does no harm. */
static void test_crowd(void **state)
{
	static const char request[] = "GET " PATH TOKEN " HTTP/1.0\r\n\r\n";
	int silent[400];

	(void)state;
	serve_one(TOKEN, KEY_AUTHORIZATION);
	for (size_t i = 0; i < 400; i++)
		silent[i] = dial(AF_INET);
	assert_answer(request, sizeof(request) - 1, "200", KEY_AUTHORIZATION);
	for (size_t i = 0; i < 400; i++) {
		(void)!send(silent[i], "GET", 3, MSG_NOSIGNAL);
		close(silent[i]);
	}
	for (size_t i = 0; i < 50; i++)
		assert_answer(request, sizeof(request) - 1, "200", KEY_AUTHORIZATION);
}

/* It takes the ten seconds that a connection has, so only with TEGATA_SLOW_TESTS in the environment. */
static void test_silent_one_is_dropped(void **state)
{
	char byte;
	int fd;

	(void)state;
	if (!getenv("TEGATA_SLOW_TESTS"))
		SKIP_BECAUSE("it takes ten seconds; TEGATA_SLOW_TESTS=1 runs it");
	fd = dial(AF_INET);
	assert_int_equal(send(fd, "GET /", 5, MSG_NOSIGNAL), 5);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
}

static void test_listening_sockets_needed(void **state)
{
	struct responder *r = NULL;
	struct err e = ERR_INIT;
	int fd[2];

	(void)state;
	assert_int_equal(responder_start(NULL, 0, NULL, &r, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	err_clear(&e);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(responder_start(fd, 1, NULL, &r, &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	assert_null(r);
	err_clear(&e);
	close(fd[0]);
	close(fd[1]);
}

static void test_gone_after_stop(void **state)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(four);
	struct responder *r = NULL;
	struct err e = ERR_INIT;
	int fd = listen_on((struct sockaddr *)&four, len);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&four, &len), 0);
	assert_int_equal(responder_start(&fd, 1, NULL, &r, &e), 0);
	close(fd);
	responder_stop(r);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&four, sizeof(four)), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_ipv6), cmocka_unit_test(test_answers_are_replaced),
		cmocka_unit_test(test_in_pieces), cmocka_unit_test(test_too_long), cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_silent_one_is_dropped), cmocka_unit_test(test_listening_sockets_needed),
		cmocka_unit_test(test_gone_after_stop),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
