#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sig.h"
#include "net/http.h"
#include "net/wire.h"

static char folder[] = "/tmp/tegata-http-XXXXXX";

/* ---- This program again, in the place of tegata-net: a worker that does what the User-Agent tells it. ---- */

struct script {
	struct strs owner;
	struct strs paths; /* of the requests, by index; only the first batch of a worker */
	const char *name;
};

static void say(enum wire_type type, const struct buf *b)
{
	struct err e = ERR_INIT;

	if (wire_send(3, type, b, 5000, &e))
		_exit(1);
}

static void say_response(uint32_t index, const char *text)
{
	char *body = str_dup(text);
	struct http_response r = {.status = 200, .body = body, .body_len = strlen(text)};
	struct buf b;

	buf_init(&b, WIRE_FRAME_MAX);
	if (wire_put_response(&b, index, &r))
		_exit(1);
	say(WIRE_RESPONSE, &b);
	buf_clear(&b);
	free(body);
}

static void say_done(uint64_t connections)
{
	struct buf b;

	buf_init(&b, WIRE_FRAME_MAX);
	if (wire_put_done(&b, connections))
		_exit(1);
	say(WIRE_DONE, &b);
	buf_clear(&b);
}

static void say_environment(void)
{
	extern char **environ;
	struct strs all = {0};
	char *joined;

	for (char **p = environ; *p; p++)
		strs_add(&all, *p);
	joined = strs_join(&all, "\n");
	say_response(0, joined);
	say_done(1);
	free(joined);
	strs_clear(&all);
}

static void play(const struct script *s, size_t n)
{
	if (str_eq(s->name, "die"))
		_exit(3);
	if (str_eq(s->name, "die-half")) {
		say_response(0, "half");
		_exit(3);
	}
	if (str_eq(s->name, "silent"))
		return;
	if (str_eq(s->name, "environment")) {
		say_environment();
		return;
	}
	if (str_eq(s->name, "garbage")) {
		(void)!write(3, "HTTP/1.1 200 OK\r\n\r\n", 19);
		return;
	}
	if (str_eq(s->name, "foreign")) {
		say_response((uint32_t)n, "x");
		return;
	}
	if (str_eq(s->name, "four")) {
		say_response(0, "four");
		say_done(1);
		return;
	}
	for (size_t i = n; i-- > 0;)
		if (!str_eq(s->name, "missing") || i)
			say_response((uint32_t)i, s->paths.item[i]);
	if (str_eq(s->name, "twice"))
		say_response(0, "again");
	if (str_eq(s->name, "wrong-type"))
		say(WIRE_READY, NULL);
	say_done(2);
	if (str_eq(s->name, "die-later"))
		_exit(0);
}

static int worker_main(void)
{
	struct http_options o;
	struct script s = {.owner = {0}};
	struct err e = ERR_INIT;
	enum wire_type type;
	struct buf b;

	buf_init(&b, WIRE_FRAME_MAX);
	if (wire_receive(3, &type, &b, 5000, &e) || type != WIRE_HELLO || wire_get_hello(b.data, b.len, &o, &s.owner, &e))
		return 1;
	s.name = o.user_agent;
	while (!wire_receive(3, &type, &b, -1, &e)) {
		struct http_request r;
		uint32_t index;

		if (type == WIRE_GO) {
			play(&s, s.paths.count);
			strs_clear(&s.paths);
		} else if (wire_get_request(b.data, b.len, &index, &r, &s.owner, &e)) {
			return 1;
		} else {
			while (s.paths.count < index)
				strs_add(&s.paths, "");
			strs_add(&s.paths, r.url);
		}
	}
	err_clear(&e);
	buf_clear(&b);
	strs_clear(&s.paths);
	strs_clear(&s.owner);
	return 0;
}

static int set_up(void **state)
{
	char self[4096] = {0}, place[4096];

	(void)state;
	if (!mkdtemp(folder) || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	snprintf(place, sizeof(place), "%s/tegata-net", folder);
	sig_install();
	return symlink(self, place) || setenv("TEGATA_LIBEXECDIR", folder, 1) ? -1 : 0;
}

static int tear_down(void **state)
{
	char place[4096];

	(void)state;
	snprintf(place, sizeof(place), "%s/tegata-net", folder);
	unlink(place);
	return rmdir(folder);
}

static struct http *open_script(const char *name)
{
	struct http_options o = {.user_agent = name, .request_timeout_sec = 1};
	struct err e = ERR_INIT;
	struct http *h = NULL;

	assert_int_equal(http_open(&o, &h, &e), 0);
	return h;
}

static int perform(struct http *h, size_t n, struct http_response *responses, struct err *e)
{
	static const struct http_request requests[] = {
		{.url = "https://a.example/0"}, {.url = "https://a.example/1"}, {.url = "https://a.example/2"},
	};

	return http_batch(http_port_of(h), requests, n, responses, e);
}

static void clear(struct http_response *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		http_response_clear(&r[i]);
}

static void assert_works(struct http *h)
{
	struct http_response r[3] = {{.status = 0}};
	struct err e = ERR_INIT;

	assert_int_equal(perform(h, 3, r, &e), 0);
	assert_int_equal(r[2].status, 200);
	assert_string_equal(r[0].body, "https://a.example/0");
	assert_string_equal(r[2].body, "https://a.example/2");
	clear(r, 3);
}

static void test_batches(void **state)
{
	struct http *h = open_script("good");
	struct http_stats stats;
	struct err e = ERR_INIT;

	(void)state;
	stats = http_stats_of(h);
	assert_int_equal(stats.requests + stats.batches + stats.connections, 0);
	assert_int_equal(perform(h, 0, NULL, &e), 0);
	assert_works(h);
	assert_works(h);
	stats = http_stats_of(h);
	assert_int_equal(stats.requests, 6);
	assert_int_equal(stats.batches, 2);
	assert_int_equal(stats.connections, 2);
	http_close(h);
	http_close(NULL);
}

static void test_broken_workers(void **state)
{
	static const struct {
		const char *name;
		const char *cause;
	} cases[] = {
		{"die", "ended unexpectedly"}, {"die-half", "ended unexpectedly"}, {"silent", "in time"},
		{"garbage", "malformed"}, {"foreign", "something else"}, {"twice", "something else"},
		{"missing", "something else"}, {"wrong-type", "something else"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_response r[3] = {{.status = 0}};
		struct err e = ERR_INIT;
		struct http *h = open_script(cases[i].name);
		int64_t before = clock_mono_ms(clock_system());

		for (int again = 0; again < 2; again++) {
			assert_int_equal(perform(h, 3, r, &e), -1);
			assert_int_equal(e.kind, ERR_NET);
			assert_non_null(strstr(e.cause, cases[i].cause));
			for (size_t k = 0; k < 3; k++)
				assert_true(!r[k].status && !r[k].body && !r[k].err.kind);
			err_clear(&e);
			if (str_eq(cases[i].name, "silent"))
				break;
		}
		assert_true(clock_mono_ms(clock_system()) - before < 10000);
		http_close(h);
	}
}

static void test_worker_replaced(void **state)
{
	struct http *h = open_script("die-later");
	siginfo_t info;

	(void)state;
	assert_works(h);
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	assert_works(h);
	assert_int_equal(http_stats_of(h).connections, 4);
	http_close(h);
}

static void test_refused_requests(void **state)
{
	static char big[HTTP_REQUEST_BODY_MAX + 1];
	const struct http_request requests[] = {
		{.url = "https://a.example/0"}, {.url = "http://a.example/1"}, {.url = "https://a.example/2"},
		{.url = "http://a.example/7", .plain = true, .max_body = HTTP_LARGE_BODY_MAX},
		{.url = "https://a.example/3", .accept = "a\r\nHost: b"},
		{.url = "https://a.example/4", .body = big, .body_len = sizeof(big)},
		{.url = "https://a.example/5", .max_body = HTTP_LARGE_BODY_MAX + 1},
		{.url = "ftp://a.example/6", .plain = true},
	};
	struct http_response r[8] = {{.status = 0}};
	struct err e = ERR_INIT;
	struct http *h = open_script("good");

	(void)state;
	assert_int_equal(http_batch(http_port_of(h), requests + 1, 1, r, &e), 0);
	assert_int_equal(r[0].err.kind, ERR_CA);
	assert_int_equal(http_stats_of(h).batches, 0);
	clear(r, 1);
	http_close(h);

	h = open_script("missing");
	assert_int_equal(http_batch(http_port_of(h), requests, 5, r, &e), -1);
	err_clear(&e);
	http_close(h);

	h = open_script("good");
	assert_int_equal(http_batch(http_port_of(h), requests + 2, 6, r, &e), 0);
	assert_string_equal(r[0].body, "https://a.example/2");
	assert_string_equal(r[1].body, "http://a.example/7");
	assert_int_equal(r[2].err.kind, ERR_INTERNAL);
	assert_int_equal(r[3].err.kind, ERR_NET);
	assert_int_equal(r[4].err.kind, ERR_INTERNAL);
	assert_int_equal(r[5].err.kind, ERR_CA);
	clear(r, 8);
	http_close(h);
}

/* A worker that lets more through than was asked for is not believed. */
static void test_body_over_what_was_asked(void **state)
{
	static const struct { size_t max_body; int rc; } cases[] = {{0, 0}, {3, -1}, {4, 0}, {5, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request request = {.url = "https://a.example/", .max_body = cases[i].max_body};
		struct http *h = open_script("four");
		struct http_response r = {.status = 0};
		struct err e = ERR_INIT;

		assert_int_equal(http_batch(http_port_of(h), &request, 1, &r, &e), cases[i].rc);
		assert_int_equal(e.kind, cases[i].rc ? ERR_NET : ERR_NONE);
		http_response_clear(&r);
		err_clear(&e);
		http_close(h);
	}
}

static void test_environment(void **state)
{
	struct http_response r[1] = {{.status = 0}};
	struct err e = ERR_INIT;
	struct http *h;

	(void)state;
	setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
	setenv("OPENSSL_CONF", "/tmp/conf", 1);
	setenv("LD_LIBRARY_PATH", "/nowhere", 1);
	setenv("TEGATA_SECRET", "x", 1);
	setenv("https_proxy", "http://proxy.example:3128", 1);
	setenv("http_proxy", "http://plain.example:3128", 1);
	setenv("SSL_CERT_FILE", "/etc/my-ca.pem", 1);
	h = open_script("environment");
	assert_int_equal(perform(h, 1, r, &e), 0);
	assert_non_null(strstr(r[0].body, "https_proxy=http://proxy.example:3128"));
	assert_non_null(strstr(r[0].body, "http_proxy=http://plain.example:3128"));
	assert_non_null(strstr(r[0].body, "SSL_CERT_FILE=/etc/my-ca.pem"));
	assert_non_null(strstr(r[0].body, "PATH="));
	assert_null(strstr(r[0].body, "SSLKEYLOGFILE"));
	assert_null(strstr(r[0].body, "OPENSSL_CONF"));
	assert_null(strstr(r[0].body, "LD_LIBRARY_PATH"));
	assert_null(strstr(r[0].body, "TEGATA_"));
	clear(r, 1);
	http_close(h);
	unsetenv("SSLKEYLOGFILE");
	unsetenv("OPENSSL_CONF");
	unsetenv("LD_LIBRARY_PATH");
	unsetenv("TEGATA_SECRET");
	unsetenv("https_proxy");
	unsetenv("http_proxy");
	unsetenv("SSL_CERT_FILE");
}

static void test_interrupted(void **state)
{
	struct http_response r[3] = {{.status = 0}};
	struct err e = ERR_INIT;
	struct http *h = open_script("good");
	pid_t child;

	(void)state;
	raise(SIGTERM);
	assert_int_equal(perform(h, 3, r, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	err_clear(&e);
	sig_reset();
	assert_works(h);
	http_close(h);

	h = open_script("silent");
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		usleep(50000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_int_equal(perform(h, 3, r, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	err_clear(&e);
	sig_reset();
	waitpid(child, NULL, 0);
	http_close(h);
}

static void test_open_and_start(void **state)
{
	struct http_options o = {.user_agent = "x", .ca_file = "/nowhere/ca.pem"};
	struct http_response r[1] = {{.status = 0}};
	struct err e = ERR_INIT;
	struct http *h = NULL;

	(void)state;
	assert_int_equal(http_open(&o, &h, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.cause, "/nowhere/ca.pem"));
	err_clear(&e);
	assert_int_equal(http_open(&(struct http_options){.user_agent = "a\nb"}, &h, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	err_clear(&e);

	setenv("TEGATA_LIBEXECDIR", "/nowhere", 1);
	h = open_script("good");
	assert_int_equal(perform(h, 1, r, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	err_clear(&e);
	setenv("TEGATA_LIBEXECDIR", folder, 1);
	assert_works(h);
	http_close(h);
}

/* ---- What needs no worker ---- */

static int count_calls(void *self, const struct http_request *requests, size_t n, struct http_response *responses,
                       struct err *e)
{
	size_t *calls = self;

	assert_true(n <= HTTP_BATCH_MAX);
	for (size_t i = 0; i < n; i++) {
		responses[i].status = 200;
		responses[i].location = str_dup(requests[i].url);
	}
	return ++*calls == 9 ? err_set(e, ERR_NET, "nine") : 0;
}

static void test_batch_is_cut(void **state)
{
	static struct http_request requests[2 * HTTP_BATCH_MAX + 1];
	static struct http_response responses[2 * HTTP_BATCH_MAX + 1];
	size_t calls = 0, n = 2 * HTTP_BATCH_MAX + 1;
	struct http_port port = {.self = &calls, .perform = count_calls};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < n; i++)
		requests[i].url = i == n - 1 ? "last" : "other";
	assert_int_equal(http_batch(&port, requests, 0, responses, &e), 0);
	assert_int_equal(calls, 0);
	assert_int_equal(http_batch(&port, requests, n, responses, &e), 0);
	assert_int_equal(calls, 3);
	assert_string_equal(responses[n - 1].location, "last");
	clear(responses, n);
	calls = 7;
	assert_int_equal(http_batch(&port, requests, n, responses, &e), -1);
	for (size_t i = 0; i < n; i++)
		assert_null(responses[i].location);
	err_clear(&e);
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		const char *origin; /* NULL = refused */
	} cases[] = {
		{"https://acme.example/dir", "https://acme.example"},
		{"HTTPS://ACME.Example/Dir", "https://acme.example"},
		{"https://acme.example", "https://acme.example"},
		{"https://acme.example:443/x", "https://acme.example"},
		{"https://acme.example:4430/x", "https://acme.example:4430"},
		{"https://acme.example:14000/dir?a=b#c", "https://acme.example:14000"},
		{"https://acme.example?x", "https://acme.example"},
		{"https://127.0.0.1:1/", "https://127.0.0.1:1"},
		{"https://[::1]:14000/dir", "https://[::1]:14000"},
		{"https://[2001:DB8::1]/", "https://[2001:db8::1]"},
		{"http://acme.example/", NULL},
		{"https:/acme.example/", NULL},
		{"https:///dir", NULL},
		{"https://:443/", NULL},
		{"https://a.example:/", NULL},
		{"https://a.example:0/", NULL},
		{"https://a.example:65536/", NULL},
		{"https://a.example:99999999999999999999/", NULL},
		{"https://a.example:80x/", NULL},
		{"https://user@a.example/", NULL},
		{"https://user:pw@a.example/", NULL},
		{"https://a.example\\@b.example/", NULL},
		{"https://[::1/", NULL},
		{"https://[]/", NULL},
		{"https://[::1]x/", NULL},
		{"https://a example/", NULL},
		{"https://a.example/a b", NULL},
		{"https://a.example/\r\nX: y", NULL},
		{"https://a.example/\x7f", NULL},
		{"https://a.example/\xe6\x97\xa5", NULL},
		{"https://\xe6\x97\xa5.example/", NULL},
		{"file:///etc/passwd", NULL},
		{"", NULL},
		{NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = ERR_INIT;
		char *origin;

		assert_int_equal(http_url_check(cases[i].url, &e), cases[i].origin ? 0 : -1);
		assert_int_equal(e.kind, cases[i].origin ? ERR_NONE : ERR_CA);
		err_clear(&e);
		if (!cases[i].origin)
			continue;
		origin = http_url_origin(cases[i].url);
		assert_string_equal(origin, cases[i].origin);
		free(origin);
	}
}

static void test_plain_urls(void **state)
{
	static const struct {
		const char *url;
		const char *origin; /* NULL = refused */
	} cases[] = {
		{"http://OCSP.example/a", "http://ocsp.example"},
		{"HTTP://ocsp.example:80/", "http://ocsp.example"},
		{"http://ocsp.example:443/", "http://ocsp.example:443"},
		{"http://ocsp.example:8080", "http://ocsp.example:8080"},
		{"http://[::1]:80?x", "http://[::1]"},
		{"https://crl.example:80/", "https://crl.example:80"},
		{"https://crl.example:443/", "https://crl.example"},
		{"http://", NULL}, {"http:/a", NULL}, {"http:///a", NULL}, {"httpx://a/", NULL}, {"http://u@a/", NULL},
		{"http://a/ b", NULL}, {"http://a:0/", NULL}, {"ldap://a/", NULL}, {"file:///a", NULL}, {"", NULL}, {NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = ERR_INIT;
		char *origin;

		assert_int_equal(http_url_check_plain(cases[i].url, &e), cases[i].origin ? 0 : -1);
		assert_int_equal(e.kind, cases[i].origin ? ERR_NONE : ERR_CA);
		err_clear(&e);
		if (!cases[i].origin)
			continue;
		origin = http_url_origin(cases[i].url);
		assert_string_equal(origin, cases[i].origin);
		free(origin);
	}
}

static void test_url_length(void **state)
{
	char url[HTTP_URL_MAX + 2] = "https://a.example/";
	struct err e = ERR_INIT;

	(void)state;
	memset(url + strlen(url), 'x', HTTP_URL_MAX - strlen(url));
	assert_int_equal(http_url_check(url, &e), 0);
	url[HTTP_URL_MAX] = 'x';
	assert_int_equal(http_url_check(url, &e), -1);
	assert_true(strlen(e.cause) < 400);
	err_clear(&e);
}

static void test_retry_after(void **state)
{
	const int64_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
	static const struct {
		const char *retry_after;
		const char *date;
		int64_t wait; /* -1 = none */
	} cases[] = {
		{NULL, NULL, -1},
		{"", NULL, -1},
		{"0", NULL, 0},
		{"5", NULL, 5},
		{"0005", NULL, 5},
		{"3600", NULL, 3600},
		{"3601", NULL, 3600},
		{"99999999999999999999999", NULL, 3600},
		{"-5", NULL, -1},
		{"5s", NULL, -1},
		{"5.5", NULL, -1},
		{"soon", NULL, -1},
		{"Sun, 06 Nov 1994 08:50:37 GMT", NULL, 60},
		{"Sunday, 06-Nov-94 08:50:37 GMT", NULL, 60},
		{"Sun Nov  6 08:50:37 1994", NULL, 60},
		{"Sun, 06 Nov 1994 08:00:00 GMT", NULL, 0},
		{"Mon, 06 Nov 2034 08:00:00 GMT", NULL, 3600},
		/* Their clock is a day ahead of ours; what counts is the distance. */
		{"Mon, 07 Nov 1994 08:50:37 GMT", "Mon, 07 Nov 1994 08:50:00 GMT", 37},
		{"Sun, 06 Nov 1994 08:50:37 GMT", "yesterday", 60},
		{"7", "Mon, 07 Nov 1994 08:50:00 GMT", 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *retry_after = str_dup(cases[i].retry_after), *date = str_dup(cases[i].date);
		struct http_response r = {.retry_after = retry_after, .date = date};

		assert_int_equal(http_retry_after(&r, now, 3600), cases[i].wait < 0 ? 0 : now + cases[i].wait);
		free(retry_after);
		free(date);
	}
}

static void test_links(void **state)
{
	static const struct {
		const char *value;
		const char *urls; /* joined by blanks */
	} cases[] = {
		{"<https://a.example/1>;rel=\"alternate\"", "https://a.example/1"},
		{"<https://a.example/1>; rel=alternate", "https://a.example/1"},
		{"  <https://a.example/1> ; REL = \"Alternate\" ", "https://a.example/1"},
		{"<https://a.example/1>;rel=\"up alternate\"", "https://a.example/1"},
		{"<https://a.example/1>;rel=\"alternate2\"", ""},
		{"<https://a.example/1>;rel=\"up\"", ""},
		{"<https://a.example/1>", ""},
		{"<https://a.example/1>;rel", ""},
		{"<https://a.example/1>;rel=up;rel=alternate", ""},
		{"<https://a.example/1>;rel=alternate, <https://a.example/2>; rel=\"alternate\"",
		 "https://a.example/1 https://a.example/2"},
		{"<https://a.example/1>;rel=up,<https://a.example/2>;rel=alternate", "https://a.example/2"},
		{",, <https://a.example/1>;rel=alternate,", "https://a.example/1"},
		{"<https://a.example/1,2;3>;rel=alternate", "https://a.example/1,2;3"},
		{"<https://a.example/1>;title=\"a, \\\"b\\\" ; <c>\";rel=alternate", "https://a.example/1"},
		{"<https://a.example/1>;title=\", <https://b.example/>;rel=alternate", ""},
		{"<https://a.example/1>;;rel=alternate", "https://a.example/1"},
		{"<https://a.example/1>;anchor=\"https://b.example\";rel=alternate", ""},
		{"<https://a.example/1", ""},
		{"https://a.example/1;rel=alternate", ""},
		{"</relative>;rel=alternate, <https://a.example/2>;rel=alternate", "https://a.example/2"},
		{"<http://a.example/1>;rel=alternate", ""},
		{"<>;rel=alternate", ""},
		{"<https://a.example/1>;rel=\"alternate", ""},
		{"<https://a.example/1>;rel=alternate garbage <https://a.example/2>;rel=alternate", "https://a.example/1"},
		{"", ""},
		{"<", ""},
		{";", ""},
		{"\"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_response r = {.status = 200};
		struct strs out = {0};
		char *joined;

		strs_add(&r.links, cases[i].value);
		http_links(&r, "alternate", &out);
		joined = strs_join(&out, " ");
		assert_string_equal(joined, cases[i].urls);
		free(joined);
		strs_clear(&out);
		http_response_clear(&r);
	}
}

static void test_links_are_bounded(void **state)
{
	struct http_response r = {.status = 200};
	struct strs out = {0};

	(void)state;
	strs_add(&out, "before");
	for (int i = 0; i < 30; i++)
		strs_add(&r.links, "<https://a.example/1>;rel=alternate,<https://a.example/2>;rel=alternate");
	http_links(&r, "alternate", &out);
	assert_int_equal(out.count, 1 + HTTP_LINKS_MAX);
	assert_string_equal(out.item[0], "before");
	strs_clear(&out);
	http_response_clear(&r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches), cmocka_unit_test(test_broken_workers), cmocka_unit_test(test_worker_replaced),
		cmocka_unit_test(test_refused_requests), cmocka_unit_test(test_body_over_what_was_asked), cmocka_unit_test(test_environment),
		cmocka_unit_test(test_interrupted), cmocka_unit_test(test_open_and_start),
		cmocka_unit_test(test_batch_is_cut), cmocka_unit_test(test_urls), cmocka_unit_test(test_plain_urls), cmocka_unit_test(test_url_length),
		cmocka_unit_test(test_retry_after), cmocka_unit_test(test_links), cmocka_unit_test(test_links_are_bounded),
	};

	if (argc > 0 && str_ends(argv[0], "/tegata-net"))
		return worker_main();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
