#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sig.h"
#include "net/peer.h"
#include "net/probe.h"
#include "net/wire.h"
#include "probe_server.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

static int set_up(void **state)
{
	(void)state;
	sig_install();
	/* Who went by a proxy would come nowhere. */
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	probe_server_set_up();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	probe_server_tear_down();
	return 0;
}

static struct http *open_with(int timeout_sec)
{
	struct http_options o = {.user_agent = "tegata/0 (test)", .probe_timeout_sec = timeout_sec};
	struct http *h = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(http_open(&o, &h, &e), 0);
	return h;
}

static void probe(struct http *h, const struct probe_request *requests, size_t n, struct probe_result *results)
{
	const struct probe_port *port = probe_port_of(h);
	struct err e = ERR_INIT;

	if (port->probe(port->self, requests, n, results, &e))
		fail_msg("%s", e.cause);
}

static void assert_chain(struct probe_result *r, enum probe_key key)
{
	if (r->err.kind != ERR_NONE)
		fail_msg("expected a chain, got: %s", r->err.cause);
	assert_string_equal(r->pem, probe_server_chain(key));
	assert_int_equal(r->pem_len, strlen(r->pem));
	probe_result_clear(r);
}

static void assert_failure(struct probe_result *r, const char *cause)
{
	if (r->err.kind != ERR_NET)
		fail_msg("expected a failure (%s), got kind %d: %s", cause, (int)r->err.kind, r->err.cause ? r->err.cause : "");
	if (!strstr(r->err.cause, cause))
		fail_msg("expected \"%s\" in \"%s\"", cause, r->err.cause);
	assert_null(r->pem);
	probe_result_clear(r);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", "https", "TLS", "smtps", "tls ", NULL};
	enum probe_protocol p;

	(void)state;
	for (int i = 0; i < PROBE_PROTOCOL_COUNT; i++) {
		assert_int_equal(probe_protocol_parse(probe_protocol_name((enum probe_protocol)i), &p), 0);
		assert_int_equal(p, i);
	}
	assert_string_equal(probe_protocol_name(PROBE_POP3), "pop3");
	for (const char *const *s = bad; *s; s++)
		assert_int_equal(probe_protocol_parse(*s, &p), -1);
}

static void test_pem(void **state)
{
	static const struct { const char *text; bool good; } cases[] = {
		{BEGIN "AAAA\n" END, true}, {BEGIN "AAAA\nBB==\n" END BEGIN "CC\n" END, true},
		{"", false}, {BEGIN, false}, {BEGIN END, false}, {BEGIN "AAAA" END, false}, {BEGIN "AAAA\n", false},
		{BEGIN "AA AA\n" END, false}, {BEGIN "AAAA\r\n" END, false}, {"x" BEGIN "AAAA\n" END, false},
		{BEGIN "AAAA\n" END "x", false}, {BEGIN "AAAA\n" END "\n", false}, {BEGIN "AAAA\n-----END CERTIFICATE-----", false},
		{"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", false},
		{BEGIN "AAAA\n" END "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n", false},
		{BEGIN "AAAA\n\x1b[1m\n" END, false},
	};
	char *large = malloc(PROBE_CHAIN_MAX + 2);
	size_t head = strlen(BEGIN), tail = strlen("\n" END);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (probe_chain_is_pem(cases[i].text, strlen(cases[i].text)) != cases[i].good)
			fail_msg("case %zu", i);
	assert_false(probe_chain_is_pem(BEGIN "AA\0A\n" END, sizeof(BEGIN "AA\0A\n" END) - 1));
	memset(large, 'A', PROBE_CHAIN_MAX + 1);
	memcpy(large, BEGIN, head);
	memcpy(large + PROBE_CHAIN_MAX - tail, "\n" END, tail);
	assert_true(probe_chain_is_pem(large, PROBE_CHAIN_MAX));
	memset(large + PROBE_CHAIN_MAX - tail, 'A', tail);
	memcpy(large + PROBE_CHAIN_MAX + 1 - tail, "\n" END, tail);
	assert_false(probe_chain_is_pem(large, PROBE_CHAIN_MAX + 1));
	free(large);
}

static void test_requests_refused(void **state)
{
	static const struct { struct probe_request r; bool good; } cases[] = {
		{{.host = "localhost", .port = 443, .name = "www.example"}, true},
		{{.host = "::1", .port = 65535, .name = "_dmarc.example"}, true},
		{{.host = "[2001:db8::1]", .port = 1, .name = "192.0.2.1"}, true},
		{{.host = "192.0.2.1", .port = 1, .name = "::1"}, true},
		{{.host = "", .port = 443, .name = "x"}, false}, {{.host = NULL, .port = 443, .name = "x"}, false},
		{{.host = "a:1", .port = 443, .name = "x"}, false}, {{.host = "a/b", .port = 443, .name = "x"}, false},
		{{.host = "a@b", .port = 443, .name = "x"}, false}, {{.host = "[::1", .port = 443, .name = "x"}, false},
		{{.host = "[::1]x", .port = 443, .name = "x"}, false}, {{.host = "[]", .port = 443, .name = "x"}, false},
		{{.host = "-a", .port = 443, .name = "x"}, false}, {{.host = "a\nb", .port = 443, .name = "x"}, false},
		{{.host = "a", .port = 0, .name = "x"}, false}, {{.host = "a", .port = -1, .name = "x"}, false},
		{{.host = "a", .port = 65536, .name = "x"}, false}, {{.host = "a", .port = 1, .name = "*.x"}, false},
		{{.host = "a", .port = 1, .name = ""}, false}, {{.host = "a", .port = 1, .name = NULL}, false},
		{{.host = "a", .port = 1, .name = "x?y"}, false}, {{.host = "a", .port = 1, .name = "x#"}, false},
	};
	static struct probe_request many[PROBE_BATCH_MAX + 1];
	struct probe_result result = {.pem = NULL};
	struct http *h = open_with(5);
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if ((probe_request_check(&cases[i].r, &e) == 0) != cases[i].good)
			fail_msg("case %zu", i);
		assert_int_equal(e.kind, cases[i].good ? ERR_NONE : ERR_CONFIG);
		err_clear(&e);
		if (cases[i].good)
			continue;
		probe(h, &cases[i].r, 1, &result);
		assert_int_equal(result.err.kind, ERR_CONFIG);
		probe_result_clear(&result);
	}
	assert_int_equal(probe_all(h, many, PROBE_BATCH_MAX + 1, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	err_clear(&e);
	assert_int_equal(probe_all(h, NULL, 0, NULL, &e), 0);
	http_close(h);
}

/* Leaf and intermediate as sent, of the kind that was asked for; nothing is waited for after the handshake. */
static void test_chains(void **state)
{
	static const enum probe_protocol protocols[] = {PROBE_TLS, PROBE_SMTP, PROBE_IMAP, PROBE_POP3, PROBE_LDAP};
	struct http *h = open_with(20);

	(void)state;
	for (size_t i = 0; i < COUNT(protocols); i++) {
		struct probe_server s = probe_server_start(protocols[i], PROBE_SERVER_GOOD);
		struct probe_request requests[3];
		struct probe_result r[3] = {{.pem = NULL}};
		int64_t before = clock_mono_ms(clock_system());

		for (size_t k = 0; k < 3; k++)
			requests[k] = (struct probe_request){.protocol = protocols[i], .host = k ? "127.0.0.1" : "localhost",
			                                     .port = s.port, .name = PROBE_SERVER_NAME, .key = (enum probe_key)k};
		probe(h, requests, 3, r);
		assert_chain(&r[PROBE_KEY_ANY], PROBE_KEY_EC);
		assert_chain(&r[PROBE_KEY_RSA], PROBE_KEY_RSA);
		assert_chain(&r[PROBE_KEY_EC], PROBE_KEY_EC);
		assert_true(clock_mono_ms(clock_system()) - before < 15000);
		probe_server_stop(&s);
	}
	http_close(h);
}

static void test_only_tls_13(void **state)
{
	struct probe_server s = probe_server_start(PROBE_TLS, PROBE_SERVER_ONLY_13);
	struct probe_request requests[3];
	struct probe_result r[3] = {{.pem = NULL}};
	struct http *h = open_with(20);

	(void)state;
	for (size_t k = 0; k < 3; k++)
		requests[k] = (struct probe_request){.host = "127.0.0.1", .port = s.port, .name = PROBE_SERVER_NAME,
		                                     .key = (enum probe_key)k};
	probe(h, requests, 3, r);
	assert_chain(&r[PROBE_KEY_ANY], PROBE_KEY_RSA);
	assert_chain(&r[PROBE_KEY_RSA], PROBE_KEY_RSA);
	assert_failure(&r[PROBE_KEY_EC], "shows no certificate with an ECDSA key");
	probe_server_stop(&s);
	http_close(h);
}

static const struct {
	enum probe_protocol protocol;
	enum probe_server_kind kind;
	const char *name;
	const char *cause; /* NULL = a chain */
} bad_servers[] = {
	{PROBE_TLS, PROBE_SERVER_GOOD, "other.example", "TLS handshake with 127.0.0.1:"},
	{PROBE_SMTP, PROBE_SERVER_GOOD, "other.example", "TLS handshake with 127.0.0.1:"},
	{PROBE_SMTP, PROBE_SERVER_NO_TLS, PROBE_SERVER_NAME, "the server did not offer STARTTLS"},
	{PROBE_IMAP, PROBE_SERVER_NO_TLS, PROBE_SERVER_NAME, "the server did not offer STARTTLS"},
	{PROBE_POP3, PROBE_SERVER_NO_TLS, PROBE_SERVER_NAME, "the server did not offer STARTTLS"},
	{PROBE_SMTP, PROBE_SERVER_REFUSES, PROBE_SERVER_NAME, "STARTTLS"},
	{PROBE_IMAP, PROBE_SERVER_REFUSES, PROBE_SERVER_NAME, "STARTTLS"},
	{PROBE_POP3, PROBE_SERVER_REFUSES, PROBE_SERVER_NAME, "STARTTLS"},
	{PROBE_TLS, PROBE_SERVER_GARBAGE, PROBE_SERVER_NAME, "TLS handshake with 127.0.0.1:"},
	{PROBE_SMTP, PROBE_SERVER_GARBAGE, PROBE_SERVER_NAME, "127.0.0.1:"},
	{PROBE_IMAP, PROBE_SERVER_GARBAGE, PROBE_SERVER_NAME, "127.0.0.1:"},
	{PROBE_POP3, PROBE_SERVER_GARBAGE, PROBE_SERVER_NAME, "127.0.0.1:"},
	{PROBE_TLS, PROBE_SERVER_BABBLES, PROBE_SERVER_NAME, "TLS handshake with 127.0.0.1:"},
	{PROBE_SMTP, PROBE_SERVER_BABBLES, PROBE_SERVER_NAME, "127.0.0.1:"},
	{PROBE_IMAP, PROBE_SERVER_BABBLES, PROBE_SERVER_NAME, "127.0.0.1:"},
	{PROBE_POP3, PROBE_SERVER_BABBLES, PROBE_SERVER_NAME, "127.0.0.1:"},
	{PROBE_TLS, PROBE_SERVER_CLOSES, PROBE_SERVER_NAME, "TLS handshake with 127.0.0.1:"},
	{PROBE_SMTP, PROBE_SERVER_CLOSES, PROBE_SERVER_NAME, "did not come as far as STARTTLS in smtp"},
	{PROBE_TLS, PROBE_SERVER_HANGS, PROBE_SERVER_NAME, "did not complete a TLS handshake within 2 s"},
	{PROBE_SMTP, PROBE_SERVER_HANGS, PROBE_SERVER_NAME, "did not complete a TLS handshake within 2 s"},
	{PROBE_IMAP, PROBE_SERVER_HANGS, PROBE_SERVER_NAME, "did not complete a TLS handshake within 2 s"},
	{PROBE_POP3, PROBE_SERVER_STALLS, PROBE_SERVER_NAME, "did not complete a TLS handshake within 2 s"},
	{PROBE_LDAP, PROBE_SERVER_GOOD, "other.example", "TLS handshake with 127.0.0.1:"},
	{PROBE_LDAP, PROBE_SERVER_NO_TLS, PROBE_SERVER_NAME, "the server did not offer STARTTLS"},
	{PROBE_LDAP, PROBE_SERVER_REFUSES, PROBE_SERVER_NAME, "the server did not offer STARTTLS"},
	{PROBE_LDAP, PROBE_SERVER_GARBAGE, PROBE_SERVER_NAME, "did not come as far as STARTTLS in ldap"},
	{PROBE_LDAP, PROBE_SERVER_BABBLES, PROBE_SERVER_NAME, "did not come as far as STARTTLS in ldap"},
	{PROBE_LDAP, PROBE_SERVER_CLOSES, PROBE_SERVER_NAME, "did not come as far as STARTTLS in ldap"},
	{PROBE_LDAP, PROBE_SERVER_HANGS, PROBE_SERVER_NAME, "did not complete a TLS handshake within 2 s"},
	{PROBE_LDAP, PROBE_SERVER_STALLS, PROBE_SERVER_NAME, "did not complete a TLS handshake within 2 s"},
	{PROBE_LDAP, PROBE_SERVER_GOOD, PROBE_SERVER_NAME, NULL},
	{PROBE_IMAP, PROBE_SERVER_GOOD, PROBE_SERVER_NAME, NULL},
};

/* All in one batch: each failure is for its own service, and none is waited for longer than the time given. */
static void test_bad_servers(void **state)
{
	struct probe_request requests[COUNT(bad_servers)];
	struct probe_result r[COUNT(bad_servers)] = {{.pem = NULL}};
	struct probe_server s[COUNT(bad_servers)];
	int64_t before, took;
	struct http *h = open_with(2);

	(void)state;
	for (size_t i = 0; i < COUNT(bad_servers); i++) {
		s[i] = probe_server_start(bad_servers[i].protocol, bad_servers[i].kind);
		requests[i] = (struct probe_request){.protocol = bad_servers[i].protocol, .host = "127.0.0.1", .port = s[i].port,
		                                     .name = bad_servers[i].name};
	}
	before = clock_mono_ms(clock_system());
	probe(h, requests, COUNT(bad_servers), r);
	took = clock_mono_ms(clock_system()) - before;
	for (size_t i = 0; i < COUNT(bad_servers); i++) {
		assert_int_equal(r[i].err.sys_errno == ETIMEDOUT, bad_servers[i].cause && strstr(bad_servers[i].cause, "within"));
		if (bad_servers[i].cause)
			assert_failure(&r[i], bad_servers[i].cause);
		else
			assert_chain(&r[i], PROBE_KEY_EC);
		probe_server_stop(&s[i]);
	}
	assert_in_range(took, 1500, 8000);
	http_close(h);
}

static void test_refused(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct probe_request r = {.protocol = PROBE_SMTP, .host = "127.0.0.1", .name = "x"};
	struct probe_result result = {.pem = NULL};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct http *h = open_with(5);
	char cause[128];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	r.port = ntohs(a.sin_port);
	snprintf(cause, sizeof(cause), "no connection to 127.0.0.1:%d: Connection refused", r.port);
	probe(h, &r, 1, &result);
	assert_int_equal(result.err.sys_errno, ECONNREFUSED);
	assert_failure(&result, cause);
	close(fd);
	http_close(h);
}

/* libcurl reads a hundred certificates and no more; a gap in a chain is never passed on. */
static void test_many_certificates(void **state)
{
	struct probe_server many = probe_server_start(PROBE_TLS, PROBE_SERVER_MANY);
	struct probe_server huge = probe_server_start(PROBE_TLS, PROBE_SERVER_HUGE);
	struct probe_request requests[2] = {
		{.host = "127.0.0.1", .port = many.port, .name = PROBE_SERVER_NAME},
		{.host = "127.0.0.1", .port = huge.port, .name = PROBE_SERVER_NAME},
	};
	struct probe_result r[2] = {{.pem = NULL}};
	struct http *h = open_with(20);
	size_t count = 0;

	(void)state;
	probe(h, requests, 2, r);
	assert_int_equal(r[0].err.kind, ERR_NONE);
	for (const char *at = r[0].pem; (at = strstr(at, BEGIN)); at++)
		count++;
	assert_int_equal(count, 100);
	probe_result_clear(&r[0]);
	assert_int_equal(r[1].err.sys_errno, EMSGSIZE);
	assert_failure(&r[1], "more certificates than the 131072 bytes");
	probe_server_stop(&many);
	probe_server_stop(&huge);
	http_close(h);
}

/* More than are under way at once, and requests between the probes. */
static void test_full_batch(void **state)
{
	static struct probe_request requests[PROBE_BATCH_MAX];
	static struct probe_result r[PROBE_BATCH_MAX];
	struct probe_server s = probe_server_start(PROBE_TLS, PROBE_SERVER_GOOD);
	struct http *h = open_with(30);

	(void)state;
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++)
		requests[i] = (struct probe_request){.host = i == 7 ? "a b" : "127.0.0.1", .port = s.port,
		                                     .name = PROBE_SERVER_NAME, .key = PROBE_KEY_EC};
	probe(h, requests, PROBE_BATCH_MAX, r);
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++) {
		if (i != 7)
			assert_chain(&r[i], PROBE_KEY_EC);
		probe_result_clear(&r[i]);
	}
	for (int again = 0; again < 2; again++) {
		struct http_response response = {.status = 0};
		struct err e = ERR_INIT;

		assert_int_equal(http_batch(http_port_of(h), &(struct http_request){.url = "https://127.0.0.1:1/"}, 1,
		                            &response, &e), 0);
		assert_int_equal(response.err.kind, ERR_NET);
		http_response_clear(&response);
		probe(h, requests, 1, r);
		assert_chain(&r[0], PROBE_KEY_EC);
	}
	probe_server_stop(&s);
	http_close(h);
}

/* A tegata that mixes probes and requests, or says nonsense: the worker ends with status 1. */
static void test_worker_end(void **state)
{
	static const enum wire_type orders[][2] = {{WIRE_REQUEST, WIRE_PROBE}, {WIRE_PROBE, WIRE_REQUEST},
	                                           {WIRE_PROBE, WIRE_RESPONDER}, {WIRE_PROBED, WIRE_GO}};

	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct proc_peer peer = {.pid = 0, .fd = -1};
		struct err e = ERR_INIT;
		int status;

		assert_int_equal(peer_start(&(struct http_options){.user_agent = "x"}, NULL, 0, &peer, &e), 0);
		for (size_t k = 0; k < 2; k++) {
			struct buf b;

			buf_init(&b, WIRE_FRAME_MAX);
			if (orders[i][k] == WIRE_REQUEST)
				assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = "https://a/"}), 0);
			if (orders[i][k] == WIRE_PROBE)
				assert_int_equal(wire_probe_put(&b, 0, &(struct probe_request){.host = "a", .port = 1, .name = "a"}), 0);
			(void)wire_send(peer.fd, orders[i][k], &b, 1000, &e);
			err_clear(&e);
			buf_clear(&b);
		}
		assert_int_equal(waitpid(peer.pid, &status, 0), peer.pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
		close(peer.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_pem), cmocka_unit_test(test_requests_refused),
		cmocka_unit_test(test_chains), cmocka_unit_test(test_only_tls_13), cmocka_unit_test(test_bad_servers),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_many_certificates), cmocka_unit_test(test_full_batch),
		cmocka_unit_test(test_worker_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
