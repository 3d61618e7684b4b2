#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "base/proc.h"
#include "base/sig.h"
#include "https_server.h"
#include "net/http.h"
#include "net/peer.h"
#include "net/wire.h"
#include "skipping.h"

static char folder[] = "/tmp/tegata-worker-XXXXXX";
static struct https_server good, expired, two, plain;

static int set_up(void **state)
{
	(void)state;
	sig_install();
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	if (!mkdtemp(folder) || https_server_start(HTTPS_GOOD, folder, &good) ||
	    https_server_start(HTTPS_EXPIRED, folder, &expired) || https_server_start(HTTPS_TWO, folder, &two))
		return -1;
	return https_server_start(HTTPS_PLAIN, folder, &plain);
}

static int tear_down(void **state)
{
	(void)state;
	https_server_stop(&good);
	https_server_stop(&expired);
	https_server_stop(&two);
	https_server_stop(&plain);
	return rmdir(folder);
}

static struct http *open_with(const char *ca_file, int timeout_sec)
{
	struct http_options o = {.ca_file = ca_file, .user_agent = "tegata/0 (test)", .accept_language = "ja, en;q=0.5",
	                         .request_timeout_sec = timeout_sec};
	struct http *h = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(http_open(&o, &h, &e), 0);
	return h;
}

static void perform(struct http *h, const struct http_request *requests, size_t n, struct http_response *r)
{
	struct err e = ERR_INIT;

	if (http_batch(http_port_of(h), requests, n, r, &e))
		fail_msg("%s", e.cause);
}

static struct http_response get(struct http *h, const char *host, int port, const char *path)
{
	struct http_response r = {.status = 0};
	char url[256];

	snprintf(url, sizeof(url), "https://%s:%d%s", host, port, path);
	perform(h, &(struct http_request){.url = url}, 1, &r);
	return r;
}

static void assert_failure(struct http_response *r, const char *cause, const char *advice)
{
	if (r->err.kind != ERR_NET)
		fail_msg("expected a failure (%s), got status %d, kind %d", cause, r->status, (int)r->err.kind);
	if (!strstr(r->err.cause, cause))
		fail_msg("expected \"%s\" in \"%s\"", cause, r->err.cause);
	if (advice && (!r->err.advice || !strstr(r->err.advice, advice)))
		fail_msg("expected the advice \"%s\" in \"%s\"", advice, r->err.advice ? r->err.advice : "");
	assert_null(r->body);
	assert_int_equal(r->status, 0);
	http_response_clear(r);
}

static void test_request_as_sent(void **state)
{
	struct http *h = open_with(good.ca_file, 10);
	struct http_response r = {.status = 0};
	struct http_request request = {.method = HTTP_POST, .content_type = "application/jose+json", .body = "{\"a\":1}",
	                               .accept = "application/pem-certificate-chain", .body_len = 7};
	char url[128];

	(void)state;
	snprintf(url, sizeof(url), "https://localhost:%d/echo", good.port);
	request.url = url;
	perform(h, &request, 1, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.content_type, "text/plain");
	assert_true(str_starts(r.body, "POST /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(r.body, "\r\nUser-Agent: tegata/0 (test)\r\n"));
	assert_non_null(strstr(r.body, "\r\nAccept-Language: ja, en;q=0.5\r\n"));
	assert_non_null(strstr(r.body, "\r\nContent-Type: application/jose+json\r\n"));
	assert_non_null(strstr(r.body, "\r\nAccept: application/pem-certificate-chain\r\n"));
	assert_null(strstr(r.body, "Accept-Encoding"));
	assert_null(strstr(r.body, "Expect"));
	assert_true(str_ends(r.body, "\r\n\r\n{\"a\":1}"));
	http_response_clear(&r);

	request = (struct http_request){.method = HTTP_POST, .url = url};
	perform(h, &request, 1, &r);
	assert_non_null(strstr(r.body, "\r\nContent-Length: 0\r\n"));
	assert_null(strstr(r.body, "Content-Type"));
	http_response_clear(&r);
	http_close(h);
}

static void test_answers(void **state)
{
	struct http *h = open_with(good.ca_file, 10);
	struct http_response r = get(h, "localhost", good.port, "/redirect");
	struct http_request head = {.method = HTTP_HEAD};
	char url[128];

	(void)state;
	assert_int_equal(r.status, 302);
	assert_string_equal(r.location, "https://localhost/elsewhere");
	assert_string_equal(r.body, "moved");
	http_response_clear(&r);

	snprintf(url, sizeof(url), "https://localhost:%d/nonce", good.port);
	head.url = url;
	perform(h, &head, 1, &r);
	assert_int_equal(r.status, 204);
	assert_string_equal(r.replay_nonce, "head");
	assert_int_equal(r.body_len, 0);
	assert_string_equal(r.body, "");
	http_response_clear(&r);

	r = get(h, "localhost", good.port, "/missing");
	assert_int_equal(r.status, 404);
	assert_string_equal(r.content_type, "application/problem+json");
	http_response_clear(&r);

	r = get(h, "localhost", good.port, "/continue");
	assert_int_equal(r.status, 200);
	assert_null(r.replay_nonce);
	assert_int_equal(r.links.count, 0);
	http_response_clear(&r);

	r = get(h, "localhost", good.port, "/exact");
	assert_int_equal(r.body_len, HTTP_BODY_MAX);
	http_response_clear(&r);
	assert_int_equal(http_stats_of(h).connections, 1);
	assert_int_equal(http_stats_of(h).batches, 5);
	http_close(h);
}

/* Without TLS, for those who ask for it; what comes and goes is not text. */
static void test_plain(void **state)
{
	static const char der[] = "\x30\x03\x0a\x01\x00\x00\r\n\r\n\xff";
	struct http *h = open_with(good.ca_file, 10);
	struct http_request request = {.method = HTTP_POST, .body = der, .body_len = sizeof(der) - 1,
	                               .content_type = "application/ocsp-request"};
	struct http_response r = {.status = 0};
	char url[128], secure[128];

	(void)state;
	snprintf(url, sizeof(url), "http://localhost:%d/body", plain.port);
	request.url = url;
	perform(h, &request, 1, &r);
	assert_int_equal(r.err.kind, ERR_CA);
	http_response_clear(&r);

	request.plain = true;
	perform(h, &request, 1, &r);
	assert_int_equal(r.err.kind, ERR_NONE);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.content_type, "application/ocsp-response");
	assert_int_equal(r.body_len, sizeof(der) - 1);
	assert_memory_equal(r.body, der, sizeof(der));
	http_response_clear(&r);

	/* Who may do without TLS still may have it, and then it is checked. */
	snprintf(secure, sizeof(secure), "https://localhost:%d/body", expired.port);
	request.url = secure;
	perform(h, &request, 1, &r);
	assert_failure(&r, "is not trusted", NULL);
	http_close(h);
}

/* tegata refuses it before the worker does; this is the worker alone. */
static void test_worker_refuses_plain(void **state)
{
	static const bool allowed[] = {false, true};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct proc_peer peer = {.pid = 0, .fd = -1};
		struct err e = ERR_INIT;
		enum wire_type type;
		struct buf b;
		char url[128];

		buf_init(&b, WIRE_FRAME_MAX);
		snprintf(url, sizeof(url), "http://localhost:%d/echo", plain.port);
		assert_int_equal(peer_start(&(struct http_options){.user_agent = "x"}, NULL, 0, &peer, &e), 0);
		assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = url, .plain = allowed[i]}), 0);
		assert_int_equal(wire_send(peer.fd, WIRE_REQUEST, &b, 1000, &e), 0);
		(void)wire_send(peer.fd, WIRE_GO, NULL, 1000, &e);
		err_clear(&e);
		assert_int_equal(wire_receive(peer.fd, &type, &b, 10000, &e), allowed[i] ? 0 : -1);
		err_clear(&e);
		proc_peer_stop(&peer);
		buf_clear(&b);
	}
}

/* Nobody is followed anywhere, least of all out of TLS. */
static void test_downgrade(void **state)
{
	static const bool allowed[] = {false, true};
	struct http *h = open_with(good.ca_file, 10);
	char url[128];

	(void)state;
	snprintf(url, sizeof(url), "https://localhost:%d/downgrade", good.port);
	for (size_t i = 0; i < 2; i++) {
		struct http_response r = {.status = 0};

		perform(h, &(struct http_request){.url = url, .plain = allowed[i]}, 1, &r);
		assert_int_equal(r.status, 301);
		assert_string_equal(r.location, "http://localhost/elsewhere");
		assert_string_equal(r.body, "moved");
		http_response_clear(&r);
	}
	assert_int_equal(http_stats_of(h).connections, 1);
	http_close(h);
}

static void test_max_body(void **state)
{
	static const struct {
		const char *path;
		size_t max_body;
		const char *cause; /* NULL = an answer */
	} cases[] = {
		{"/exact", 0, NULL}, {"/big", 0, "larger than 262144 bytes"}, {"/big", HTTP_BODY_MAX + 1, NULL},
		{"/exact", 1000, "larger than 1000 bytes"}, {"/large", HTTP_LARGE_BODY_MAX, NULL},
		{"/large", HTTP_LARGE_BODY_MAX - 1, "larger than 4194303 bytes"},
		{"/too-large", HTTP_LARGE_BODY_MAX, "larger than 4194304 bytes"},
	};
	struct http_request requests[sizeof(cases) / sizeof(cases[0])] = {{.url = NULL}};
	struct http_response r[sizeof(cases) / sizeof(cases[0])] = {{.status = 0}};
	char urls[sizeof(cases) / sizeof(cases[0])][128];
	size_t n = sizeof(cases) / sizeof(cases[0]);
	struct http *h = open_with(good.ca_file, 30);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(urls[i], sizeof(urls[i]), "http://localhost:%d%s", plain.port, cases[i].path);
		requests[i] = (struct http_request){.url = urls[i], .plain = true, .max_body = cases[i].max_body};
	}
	perform(h, requests, n, r);
	for (size_t i = 0; i < n; i++) {
		if (cases[i].cause) {
			assert_int_equal(r[i].err.sys_errno, EMSGSIZE);
			assert_failure(&r[i], cases[i].cause, NULL);
		} else {
			assert_int_equal(r[i].err.kind, ERR_NONE);
			assert_in_range(r[i].body_len, HTTP_BODY_MAX, HTTP_LARGE_BODY_MAX);
			assert_int_equal(r[i].body[r[i].body_len - 1], 'b');
			http_response_clear(&r[i]);
		}
	}
	http_close(h);
}

static void test_headers(void **state)
{
	struct http *h = open_with(good.ca_file, 10);
	struct http_response r = get(h, "localhost", good.port, "/odd");

	(void)state;
	/* libcurl may refuse the control character itself; the answer is then none at all. */
	if (r.err.kind == ERR_NONE) {
		assert_string_equal(r.replay_nonce, "first");
		assert_null(r.location);
		assert_null(r.retry_after);
		assert_null(r.date);
		assert_string_equal(r.content_type, "text/x");
		assert_int_equal(r.links.count, HTTP_LINKS_MAX);
		assert_string_equal(r.links.item[31], "<https://localhost/31>;rel=\"up\"");
		assert_string_equal(r.body, "ok");
	}
	http_response_clear(&r);
	r = get(h, "localhost", good.port, "/long");
	assert_int_equal(r.status, 200);
	assert_null(r.location);
	assert_string_equal(r.replay_nonce, "n");
	http_response_clear(&r);
	http_close(h);
}

/* All in one batch: each failure is for its own request alone. */
static void test_bad_answers(void **state)
{
	static const struct {
		const char *path;
		const char *cause; /* NULL = an answer */
	} cases[] = {
		{"/echo", NULL}, {"/big", "larger than 262144 bytes"}, {"/headers", "headers of the answer"},
		{"/early", "in the middle of its answer"}, {"/nothing", "without an answer"}, {"/nonsense", "does not speak HTTP"},
		{"/slow", "no answer from localhost:"}, {"/no-status", "HTTP status 600, which does not exist"}, {"/echo", NULL},
	};
	struct http_request requests[sizeof(cases) / sizeof(cases[0])] = {{.url = NULL}};
	struct http_response r[sizeof(cases) / sizeof(cases[0])] = {{.status = 0}};
	char urls[sizeof(cases) / sizeof(cases[0])][128];
	struct http *h = open_with(good.ca_file, 4);
	size_t n = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(urls[i], sizeof(urls[i]), "https://localhost:%d%s", good.port, cases[i].path);
		requests[i].url = urls[i];
	}
	perform(h, requests, n, r);
	for (size_t i = 0; i < n; i++) {
		if (cases[i].cause) {
			assert_int_equal(r[i].err.sys_errno == ETIMEDOUT, str_eq(cases[i].path, "/slow"));
			assert_failure(&r[i], cases[i].cause, NULL);
		} else {
			assert_int_equal(r[i].status, 200);
			http_response_clear(&r[i]);
		}
	}
	http_close(h);
}

static void test_drip(void **state)
{
	struct http *h = open_with(good.ca_file, 6);
	int64_t before = clock_mono_ms(clock_system());
	struct http_response r;

	(void)state;
	r = get(h, "localhost", good.port, "/drip");
	assert_failure(&r, "too slowly", NULL);
	assert_true(clock_mono_ms(clock_system()) - before < 5000);
	http_close(h);
}

static void test_trust(void **state)
{
	struct http *h = open_with(NULL, 10);
	struct http_response r = get(h, "localhost", good.port, "/echo");
	char cause[128];

	(void)state;
	snprintf(cause, sizeof(cause), "TLS: the certificate of localhost:%d is not trusted: ", good.port);
	assert_failure(&r, cause, "--ca-file");
	http_close(h);

	h = open_with(good.ca_file, 10);
	r = get(h, "127.0.0.1", good.port, "/echo");
	assert_failure(&r, "TLS: the certificate of 127.0.0.1:", "host name");
	r = get(h, "localhost", expired.port, "/echo");
	assert_failure(&r, "is not trusted", NULL);
	r = get(h, "localhost", plain.port, "/echo");
	assert_failure(&r, "TLS with localhost:", NULL);
	http_close(h);

	h = open_with(expired.ca_file, 10);
	r = get(h, "localhost", expired.port, "/echo");
	assert_failure(&r, "is not trusted", "date and time of this machine");
	http_close(h);

	h = open_with(NULL, 10);
	setenv("SSL_CERT_FILE", good.ca_file, 1);
	r = get(h, "localhost", good.port, "/echo");
	unsetenv("SSL_CERT_FILE");
	assert_int_equal(r.status, 200);
	http_response_clear(&r);
	http_close(h);
}

/* A list, as OpenSSL takes it, of a folder that is not there and one with a link to elsewhere. */
static void test_trust_folders(void **state)
{
	char roots[128], link[192], list[256];
	FILE *f = fopen(good.ca_file, "r");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	struct http_response r;
	struct http *h;

	(void)state;
	assert_non_null(cert);
	fclose(f);
	snprintf(roots, sizeof(roots), "%s/roots", folder);
	snprintf(link, sizeof(link), "%s/%08lx.0", roots, X509_subject_name_hash(cert));
	snprintf(list, sizeof(list), "%s/none:%s", folder, roots);
	X509_free(cert);
	assert_int_equal(mkdir(roots, 0755), 0);
	assert_int_equal(symlink(good.ca_file, link), 0);
	setenv("SSL_CERT_DIR", list, 1);
	h = open_with(NULL, 10);
	r = get(h, "localhost", good.port, "/echo");
	unsetenv("SSL_CERT_DIR");
	unlink(link);
	rmdir(roots);
	assert_int_equal(r.status, 200);
	http_response_clear(&r);
	http_close(h);
}

static void test_bad_ca_file(void **state)
{
	struct http_response r;
	struct http *h;
	char path[128];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/empty.pem", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	h = open_with(path, 10);
	r = get(h, "localhost", good.port, "/echo");
	assert_int_equal(r.err.kind, ERR_CONFIG);
	assert_non_null(strstr(r.err.cause, path));
	http_response_clear(&r);
	http_close(h);
	unlink(path);
}

/* A port of which nobody else can have become the owner: bound, never listened on. */
static void test_unreachable(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	static struct http_request requests[100];
	static struct http_response r[100];
	struct http *h = open_with(good.ca_file, 10);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char url[128], cause[128];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", ntohs(a.sin_port));
	snprintf(cause, sizeof(cause), "cannot connect to 127.0.0.1:%d: Connection refused", ntohs(a.sin_port));
	for (size_t i = 0; i < 100; i++)
		requests[i].url = url;
	perform(h, requests, 100, r);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(r[i].err.sys_errno, ECONNREFUSED);
		assert_failure(&r[i], cause, "firewall");
	}
	assert_int_equal(http_stats_of(h).connections, 0);
	close(fd);
	http_close(h);
}

/* Nobody speaks TLS there. Once the first few have waited in vain the others are not made to. */
static void test_silent_host(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct http_options o = {.user_agent = "x", .request_timeout_sec = 1, .max_in_flight = 4};
	socklen_t len = sizeof(a);
	struct http_request requests[40];
	struct http_response r[40] = {{.status = 0}};
	struct err e = ERR_INIT;
	struct http *h = NULL;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int64_t before = clock_mono_ms(clock_system());
	char url[128];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", ntohs(a.sin_port));
	for (size_t i = 0; i < 40; i++)
		requests[i] = (struct http_request){.url = url};
	assert_int_equal(http_open(&o, &h, &e), 0);
	perform(h, requests, 40, r);
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(r[i].err.sys_errno, ETIMEDOUT);
		assert_failure(&r[i], "cannot connect to 127.0.0.1:", "firewall");
	}
	assert_true(clock_mono_ms(clock_system()) - before < 5000);
	close(fd);
	http_close(h);
}

/* ".invalid" resolves nowhere; a machine whose resolver is silent meets the time limit instead. */
static void test_unresolvable(void **state)
{
	struct http *h = open_with(good.ca_file, 2);
	struct http_response r = get(h, "ca.invalid", 443, "/");

	(void)state;
	assert_int_equal(r.err.kind, ERR_NET);
	if (!str_starts(r.err.cause, "cannot resolve ca.invalid: "))
		assert_string_equal(r.err.cause, "cannot connect to ca.invalid within 2 s");
	http_response_clear(&r);
	http_close(h);
}

static void test_http1_connections(void **state)
{
	static struct http_request requests[60];
	static struct http_response r[60];
	struct http *h = open_with(good.ca_file, 20);
	char url[128];

	(void)state;
	snprintf(url, sizeof(url), "https://localhost:%d/echo", good.port);
	for (size_t i = 0; i < 60; i++)
		requests[i].url = url;
	for (int again = 0; again < 2; again++) {
		perform(h, requests, 60, r);
		for (size_t i = 0; i < 60; i++) {
			assert_int_equal(r[i].status, 200);
			http_response_clear(&r[i]);
		}
	}
	assert_in_range(http_stats_of(h).connections, 1, 4);
	http_close(h);
}

/* The server answers the later requests only when all of them are there, on one connection. */
static void test_http2_at_once(void **state)
{
	struct http_request requests[HTTPS_STREAMS];
	struct http_response r[HTTPS_STREAMS] = {{.status = 0}};
	struct http *h = open_with(two.ca_file, 5);
	struct http_response one = get(h, "localhost", two.port, "/dir");
	char url[128];

	(void)state;
	assert_int_equal(one.status, 200);
	http_response_clear(&one);
	snprintf(url, sizeof(url), "https://localhost:%d/authz", two.port);
	for (size_t i = 0; i < HTTPS_STREAMS; i++)
		requests[i] = (struct http_request){.method = HTTP_POST, .url = url, .content_type = "a/b"};
	perform(h, requests, HTTPS_STREAMS, r);
	for (size_t i = 0; i < HTTPS_STREAMS; i++) {
		assert_int_equal(r[i].status, 200);
		assert_string_equal(r[i].body, "h2");
		http_response_clear(&r[i]);
	}
	assert_int_equal(http_stats_of(h).connections, 1);
	http_close(h);
}

/* With nothing known of the host yet: the first connection is waited for, and shared when it can be. */
static void test_http2_from_cold(void **state)
{
	struct http_request requests[HTTPS_STREAMS + 1];
	struct http_response r[HTTPS_STREAMS + 1] = {{.status = 0}};
	struct http *h = open_with(two.ca_file, 30);
	char url[128];

	(void)state;
	snprintf(url, sizeof(url), "https://localhost:%d/authz", two.port);
	for (size_t i = 0; i <= HTTPS_STREAMS; i++)
		requests[i] = (struct http_request){.url = url};
	perform(h, requests, HTTPS_STREAMS + 1, r);
	for (size_t i = 0; i <= HTTPS_STREAMS; i++) {
		if (r[i].err.cause)
			print_error("%s\n", r[i].err.cause);
		assert_int_equal(r[i].status, 200);
		http_response_clear(&r[i]);
	}
	assert_int_equal(http_stats_of(h).connections, 1);
	http_close(h);
}

static void test_max_in_flight(void **state)
{
	struct http_options o = {.ca_file = two.ca_file, .user_agent = "x", .request_timeout_sec = 1,
	                         .max_in_flight = HTTPS_STREAMS - 1};
	struct http_request requests[HTTPS_STREAMS];
	struct http_response r[HTTPS_STREAMS] = {{.status = 0}}, one;
	struct err e = ERR_INIT;
	struct http *h = NULL;
	char url[128];

	(void)state;
	assert_int_equal(http_open(&o, &h, &e), 0);
	one = get(h, "localhost", two.port, "/dir");
	assert_int_equal(one.status, 200);
	http_response_clear(&one);
	snprintf(url, sizeof(url), "https://localhost:%d/authz", two.port);
	for (size_t i = 0; i < HTTPS_STREAMS; i++)
		requests[i] = (struct http_request){.url = url};
	perform(h, requests, HTTPS_STREAMS, r);
	assert_failure(&r[0], "no answer from localhost:", NULL);
	for (size_t i = 0; i < HTTPS_STREAMS; i++)
		http_response_clear(&r[i]);
	http_close(h);
}

/* The user id of the one child this test has at the moment, other than the servers; -1 = there is none. */
static long worker_uid(void)
{
	FILE *list = fopen("/proc/thread-self/children", "r");
	long uid = -1;
	long pid;

	assert_non_null(list);
	while (fscanf(list, "%ld", &pid) == 1) {
		char path[64], line[256], name[32] = "";
		FILE *status;

		snprintf(path, sizeof path, "/proc/%ld/status", pid);
		status = fopen(path, "r");
		while (status && fgets(line, sizeof line, status)) {
			sscanf(line, "Name: %31s", name);
			if (strcmp(name, "tegata-net") == 0)
				sscanf(line, "Uid: %ld", &uid);
		}
		if (status)
			fclose(status);
	}
	fclose(list);
	return uid;
}

/* As root: whoever may be read from is read from by a user who owns nothing. */
static void test_no_root(void **state)
{
	static const struct { mode_t mode; bool root; } cases[] = {{0755, false}, {0700, true}};
	struct http_response r;
	struct http *h;

	(void)state;
	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(chmod(folder, cases[i].mode), 0);
		h = open_with(good.ca_file, 0);
		r = get(h, "localhost", good.port, "/echo");
		assert_int_equal(r.err.kind, ERR_NONE);
		assert_int_equal(worker_uid() == 0, cases[i].root);
		assert_true(worker_uid() >= 0);
		http_response_clear(&r);
		http_close(h);
	}
}

/* Another list of users, for this thread and what it starts; false = this machine does not let us. */
static bool put_passwd(const char *path)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(path, "/etc/passwd", NULL, MS_BIND, NULL) == 0;
}

/* The user of the package goes before the one that everybody has, unless somebody has called root by that name. */
static void test_user(void **state)
{
	static const struct { const char *passwd; long uid; } cases[] = {
		{"nobody:x:61001:61001::/:/bin/false\ntegata:x:61002:61003::/:/bin/false\n", 61002},
		{"nobody:x:61001:61001::/:/bin/false\n", 61001},
		{"tegata:x:0:0::/:/bin/sh\nnobody:x:61001:61001::/:/bin/false\n", 61001},
		{"somebody:x:61001:61001::/:/bin/false\n", 65534},
	};
	struct http_response r;
	char path[64];
	struct http *h;

	(void)state;
	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(path, sizeof path, "%s/passwd", folder);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fprintf(f, "root:x:0:0::/:/bin/sh\n%s", cases[i].passwd);
		assert_int_equal(fclose(f), 0);
		if (!i && !put_passwd(path)) {
			unlink(path);
			SKIP_BECAUSE("this machine does not let us mount");
		}
		h = open_with(good.ca_file, 0);
		r = get(h, "localhost", good.port, "/echo");
		assert_int_equal(r.err.kind, ERR_NONE);
		assert_int_equal(worker_uid(), cases[i].uid);
		http_response_clear(&r);
		http_close(h);
	}
	assert_int_equal(umount2("/etc/passwd", MNT_DETACH), 0);
	unlink(path);
}

/* What the worker does with a tegata that talks nonsense: it ends, with status 1; at the end of its socket, with 0. */
static void test_worker_end(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		int status;
	} cases[] = {
		{"", 0, 0},
		{"GET / HTTP/1.1\r\n\r\n", 18, 1},
		{"TGW\1\0\0\0\0", 8, 1},
		{"TGW\2\0\0\0\0", 8, 1},
		{"TGW\5\0\0\0\0", 8, 1},
		{"TGW\3\0\0\0\1x", 9, 1},
		{"TGW\6\0\0\0\1x", 9, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proc_peer peer = {.pid = 0, .fd = -1};
		struct err e = ERR_INIT;
		int status;

		assert_int_equal(peer_start(&(struct http_options){.user_agent = "x"}, NULL, 0, &peer, &e), 0);
		assert_int_equal(send(peer.fd, cases[i].data, cases[i].len, MSG_NOSIGNAL), cases[i].len);
		shutdown(peer.fd, SHUT_WR);
		assert_int_equal(waitpid(peer.pid, &status, 0), peer.pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), cases[i].status);
		close(peer.fd);
	}
}

static void test_worker_ends_within_batch(void **state)
{
	struct http_options o = {.ca_file = good.ca_file, .user_agent = "x", .request_timeout_sec = 30};
	struct proc_peer peer = {.pid = 0, .fd = -1};
	int64_t before = clock_mono_ms(clock_system());
	struct err e = ERR_INIT;
	struct buf b;
	char url[128];

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	snprintf(url, sizeof(url), "https://localhost:%d/slow", good.port);
	assert_int_equal(peer_start(&o, NULL, 0, &peer, &e), 0);
	assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = url}), 0);
	assert_int_equal(wire_send(peer.fd, WIRE_REQUEST, &b, 1000, &e), 0);
	assert_int_equal(wire_send(peer.fd, WIRE_GO, NULL, 1000, &e), 0);
	close(peer.fd);
	assert_int_equal(waitpid(peer.pid, NULL, 0), peer.pid);
	assert_true(clock_mono_ms(clock_system()) - before < 5000);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_as_sent), cmocka_unit_test(test_answers), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_worker_refuses_plain), cmocka_unit_test(test_downgrade), cmocka_unit_test(test_max_body),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bad_answers), cmocka_unit_test(test_drip), cmocka_unit_test(test_trust),
		cmocka_unit_test(test_trust_folders), cmocka_unit_test(test_bad_ca_file),
		cmocka_unit_test(test_unreachable), cmocka_unit_test(test_unresolvable),
		cmocka_unit_test(test_no_root), cmocka_unit_test(test_user),
		cmocka_unit_test(test_http1_connections), cmocka_unit_test(test_http2_at_once),
		cmocka_unit_test(test_http2_from_cold), cmocka_unit_test(test_silent_host),
		cmocka_unit_test(test_max_in_flight), cmocka_unit_test(test_worker_end),
		cmocka_unit_test(test_worker_ends_within_batch),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
