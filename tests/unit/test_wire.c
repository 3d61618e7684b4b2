#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sig.h"
#include "net/wire.h"

static char link_one[] = "<https://a.example/1>;rel=\"alternate\"";
static char link_two[] = "<https://a.example/2>;rel=up";

static void put_sample_response(struct buf *b)
{
	char *links[] = {link_one, link_two};
	char body[] = "a\0b", type[] = "application/json", nonce[] = "n-0_", location[] = "https://a.example/x";
	char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";
	struct http_response r = {
		.status = 201, .body = body, .body_len = 3, .content_type = type, .replay_nonce = nonce,
		.location = location, .date = date, .links = {.item = links, .count = 2},
	};

	assert_int_equal(wire_put_response(b, 7, &r), 0);
}

static void put_sample_failure(struct buf *b)
{
	char cause[] = "cannot resolve \xe6\x97\xa5.example", advice[] = "look";
	struct http_response r = {.err = {.kind = ERR_NET, .cause = cause, .advice = advice, .sys_errno = 111}};

	assert_int_equal(wire_put_response(b, 511, &r), 0);
}

static void put_sample_hello(struct buf *b)
{
	struct http_options o = {.ca_file = "/etc/ca.pem", .user_agent = "tegata/0", .request_timeout_sec = 3};

	assert_int_equal(wire_put_hello(b, &o), 0);
}

static void put_sample_request(struct buf *b)
{
	struct http_request r = {.method = HTTP_POST, .url = "https://a.example/x", .content_type = "application/jose+json",
	                         .body = "{\0}", .body_len = 3, .plain = true, .max_body = 70000};

	assert_int_equal(wire_put_request(b, 5, &r), 0);
}

static void put_sample_answers(struct buf *b)
{
	char t1[] = "tok1", k1[] = "tok1.thumb", t2[] = "tok2", k2[] = "tok2.thumb";
	struct wire_answer a[] = {{t1, k1}, {t2, k2}};

	assert_int_equal(wire_put_answers(b, a, 2), 0);
}

static void put_sample_done(struct buf *b)
{
	assert_int_equal(wire_put_done(b, 3), 0);
}

static void put_sample_probe(struct buf *b)
{
	struct probe_request r = {.protocol = PROBE_LDAP, .host = "::1", .port = 389, .name = "a.example", .key = PROBE_KEY_EC};

	assert_int_equal(wire_probe_put(b, 9, &r), 0);
}

static void put_sample_chain(struct buf *b)
{
	char pem[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

	assert_int_equal(wire_probe_put_result(b, 9, &(struct probe_result){.pem = pem, .pem_len = strlen(pem)}), 0);
}

static void put_sample_probe_failure(struct buf *b)
{
	char cause[] = "no connection to localhost:25", advice[] = "look";

	assert_int_equal(wire_probe_put_result(b, 255, &(struct probe_result){
		.err = {.kind = ERR_NET, .cause = cause, .advice = advice, .sys_errno = 93}}), 0);
}

static int get_probe(const char *data, size_t len)
{
	struct probe_request r = {.host = NULL};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	int rc = wire_probe_get(data, len, &index, &r, &owner, &e);

	assert_int_equal(e.kind, rc ? ERR_NET : ERR_NONE);
	assert_true(!rc == !!r.host);
	strs_clear(&owner);
	err_clear(&e);
	return rc;
}

static int get_probe_result(const char *data, size_t len)
{
	struct probe_result r = {.pem = NULL};
	struct err e = ERR_INIT;
	uint32_t index;
	int rc = wire_probe_get_result(data, len, &index, &r, &e);

	assert_int_equal(e.kind, rc ? ERR_NET : ERR_NONE);
	assert_true(!rc == (r.pem || r.err.kind));
	probe_result_clear(&r);
	err_clear(&e);
	return rc;
}

static int get_hello(const char *data, size_t len)
{
	struct http_options o = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	int rc = wire_get_hello(data, len, &o, &owner, &e);

	assert_int_equal(e.kind, rc ? ERR_NET : ERR_NONE);
	assert_true(!rc == !!o.user_agent);
	strs_clear(&owner);
	err_clear(&e);
	return rc;
}

static int get_request(const char *data, size_t len)
{
	struct http_request r = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	int rc = wire_get_request(data, len, &index, &r, &owner, &e);

	assert_int_equal(e.kind, rc ? ERR_NET : ERR_NONE);
	assert_true(!rc == !!r.url);
	strs_clear(&owner);
	err_clear(&e);
	return rc;
}

static int get_response(const char *data, size_t len)
{
	struct http_response r = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	int rc = wire_get_response(data, len, &index, &r, &e);

	assert_int_equal(e.kind, rc ? ERR_NET : ERR_NONE);
	assert_true(!rc == (r.status || r.err.kind));
	http_response_clear(&r);
	err_clear(&e);
	return rc;
}

static int get_answers(const char *data, size_t len)
{
	struct wire_answer *a = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;
	int rc = wire_get_answers(data, len, &a, &n, &e);

	assert_int_equal(e.kind, rc ? ERR_NET : ERR_NONE);
	assert_true(!rc == !!a);
	wire_answers_free(a, n);
	err_clear(&e);
	return rc;
}

static int get_done(const char *data, size_t len)
{
	struct err e = ERR_INIT;
	uint64_t n;
	int rc = wire_get_done(data, len, &n, &e);

	err_clear(&e);
	return rc;
}

static const struct {
	void (*put)(struct buf *b);
	int (*get)(const char *data, size_t len);
} messages[] = {
	{put_sample_hello, get_hello}, {put_sample_request, get_request}, {put_sample_response, get_response},
	{put_sample_failure, get_response}, {put_sample_answers, get_answers}, {put_sample_done, get_done},
	{put_sample_probe, get_probe}, {put_sample_chain, get_probe_result}, {put_sample_probe_failure, get_probe_result},
};

#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* In memory of exactly that size, so that a sanitizer sees any reading past the end. */
static int get_copy(size_t message, const char *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, data, len);
	rc = messages[message].get(copy, len);
	free(copy);
	return rc;
}

static void test_whole_and_cut(void **state)
{
	(void)state;
	for (size_t m = 0; m < MESSAGES; m++) {
		struct buf b;

		buf_init(&b, WIRE_FRAME_MAX);
		messages[m].put(&b);
		assert_int_equal(get_copy(m, b.data, b.len), 0);
		for (size_t len = 0; len < b.len; len++)
			assert_int_equal(get_copy(m, b.data, len), -1);
		assert_int_equal(buf_append(&b, "", 1), 0);
		assert_int_equal(get_copy(m, b.data, b.len), -1);
		buf_clear(&b);
	}
}

/* Whatever one byte is changed to: an answer or a refusal, and nothing is read or freed that should not be. */
static void test_every_byte_changed(void **state)
{
	static const unsigned char values[] = {0, 1, 7, 0x1f, 0x7f, 0x80, 0xff};

	(void)state;
	for (size_t m = 0; m < MESSAGES; m++) {
		struct buf b;

		buf_init(&b, WIRE_FRAME_MAX);
		messages[m].put(&b);
		for (size_t i = 0; i < b.len; i++)
			for (size_t v = 0; v < sizeof(values); v++) {
				char before = b.data[i];

				b.data[i] = (char)values[v];
				get_copy(m, b.data, b.len);
				b.data[i] = before;
			}
		buf_clear(&b);
	}
}

static void test_hello(void **state)
{
	struct http_options o = {.ca_file = "/ca", .user_agent = "ua", .accept_language = "ja", .connect_timeout_sec = 1,
	                         .request_timeout_sec = 2, .max_in_flight = 3, .probe_timeout_sec = 4, .worker_user = "nobody"};
	struct http_options got = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	assert_int_equal(wire_put_hello(&b, &o), 0);
	assert_int_equal(wire_get_hello(b.data, b.len, &got, &owner, &e), 0);
	assert_string_equal(got.ca_file, "/ca");
	assert_string_equal(got.user_agent, "ua");
	assert_string_equal(got.accept_language, "ja");
	assert_int_equal(got.connect_timeout_sec, 1);
	assert_int_equal(got.request_timeout_sec, 2);
	assert_int_equal(got.max_in_flight, 3);
	assert_int_equal(got.probe_timeout_sec, 4);
	assert_null(got.worker_user);
	strs_clear(&owner);

	buf_truncate(&b, 0);
	assert_int_equal(wire_put_hello(&b, &(struct http_options){.user_agent = "ua"}), 0);
	assert_int_equal(wire_get_hello(b.data, b.len, &got, &owner, &e), 0);
	assert_null(got.ca_file);
	assert_int_equal(got.connect_timeout_sec, HTTP_CONNECT_TIMEOUT_SEC);
	assert_int_equal(got.request_timeout_sec, HTTP_REQUEST_TIMEOUT_SEC);
	assert_int_equal(got.max_in_flight, HTTP_MAX_IN_FLIGHT);
	assert_int_equal(got.probe_timeout_sec, PROBE_TIMEOUT_SEC);
	strs_clear(&owner);

	/* The version is the first number: 4 bytes length, 8 bytes value. */
	b.data[11] = WIRE_VERSION + 1;
	assert_int_equal(wire_get_hello(b.data, b.len, &got, &owner, &e), -1);
	strs_clear(&owner);
	err_clear(&e);
	buf_clear(&b);
}

static void test_request(void **state)
{
	struct http_request r;
	struct strs owner = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	put_sample_request(&b);
	assert_int_equal(wire_get_request(b.data, b.len, &index, &r, &owner, &e), 0);
	assert_int_equal(index, 5);
	assert_int_equal(r.method, HTTP_POST);
	assert_string_equal(r.url, "https://a.example/x");
	assert_string_equal(r.content_type, "application/jose+json");
	assert_null(r.accept);
	assert_int_equal(r.body_len, 3);
	assert_memory_equal(r.body, "{\0}", 4);
	assert_true(r.plain);
	assert_int_equal(r.max_body, 70000);
	strs_clear(&owner);

	buf_truncate(&b, 0);
	assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = "https://a"}), 0);
	assert_int_equal(wire_get_request(b.data, b.len, &index, &r, &owner, &e), 0);
	assert_false(r.plain);
	assert_int_equal(r.max_body, HTTP_BODY_MAX);
	strs_clear(&owner);
	buf_clear(&b);
}

static void test_response(void **state)
{
	struct http_response r;
	struct err e = ERR_INIT;
	uint32_t index;
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	put_sample_response(&b);
	assert_int_equal(wire_get_response(b.data, b.len, &index, &r, &e), 0);
	assert_int_equal(index, 7);
	assert_int_equal(r.status, 201);
	assert_int_equal(r.body_len, 3);
	assert_memory_equal(r.body, "a\0b", 4);
	assert_string_equal(r.replay_nonce, "n-0_");
	assert_null(r.retry_after);
	assert_int_equal(r.links.count, 2);
	assert_string_equal(r.links.item[1], link_two);
	http_response_clear(&r);

	buf_truncate(&b, 0);
	put_sample_failure(&b);
	assert_int_equal(wire_get_response(b.data, b.len, &index, &r, &e), 0);
	assert_int_equal(r.err.kind, ERR_NET);
	assert_string_equal(r.err.cause, "cannot resolve \xe6\x97\xa5.example");
	assert_string_equal(r.err.advice, "look");
	assert_int_equal(r.err.sys_errno, 111);
	assert_null(r.body);
	http_response_clear(&r);
	buf_clear(&b);
}

static void test_responses_without_sense(void **state)
{
	char text[] = "x", control[] = "a\nb", body[] = "";
	const struct http_response wrong[] = {
		{.status = 99, .body = body},
		{.status = 600, .body = body},
		{.status = 200},
		{.status = 200, .body = body, .err.cause = text},
		{.status = 200, .body = body, .location = control},
		{.err = {.kind = ERR_NET}},
		{.err = {.kind = ERR_KIND_COUNT, .cause = text}},
		{.err = {.kind = ERR_NET, .cause = control}},
		{.err = {.kind = ERR_NET, .cause = text}, .status = 200},
		{.err = {.kind = ERR_NET, .cause = text}, .body = body},
		{.err = {.kind = ERR_NET, .cause = text}, .replay_nonce = text},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct buf b;

		buf_init(&b, WIRE_FRAME_MAX);
		assert_int_equal(wire_put_response(&b, 0, &wrong[i]), 0);
		assert_int_equal(get_response(b.data, b.len), -1);
		buf_clear(&b);
	}
}

static void test_probe(void **state)
{
	struct probe_request r;
	struct probe_result result;
	struct strs owner = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	put_sample_probe(&b);
	assert_int_equal(wire_probe_get(b.data, b.len, &index, &r, &owner, &e), 0);
	assert_int_equal(index, 9);
	assert_int_equal(r.protocol, PROBE_LDAP);
	assert_string_equal(r.host, "::1");
	assert_int_equal(r.port, 389);
	assert_string_equal(r.name, "a.example");
	assert_int_equal(r.key, PROBE_KEY_EC);
	strs_clear(&owner);

	buf_truncate(&b, 0);
	put_sample_chain(&b);
	assert_int_equal(wire_probe_get_result(b.data, b.len, &index, &result, &e), 0);
	assert_string_equal(result.pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	assert_int_equal(result.pem_len, strlen(result.pem));
	probe_result_clear(&result);
	assert_null(result.pem);
	buf_clear(&b);
}

static void test_probes_without_sense(void **state)
{
	char text[] = "x", pem[] = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n", key[] = "-----BEGIN PRIVATE KEY-----\n";
	const struct probe_request requests[] = {
		{.host = "a b", .port = 1, .name = "x"}, {.host = "a", .port = 0, .name = "x"},
		{.host = "a", .port = 65536, .name = "x"}, {.host = "a", .port = 1, .name = "*.x"}, {.host = "a", .port = 1},
		{.port = 1, .name = "x"}, {.host = "a", .port = 1, .name = "x", .protocol = PROBE_PROTOCOL_COUNT},
		{.host = "a", .port = 1, .name = "x", .key = (enum probe_key)3},
	};
	const struct probe_result results[] = {
		{.pem = NULL},
		{.pem = key, .pem_len = strlen(key)},
		{.pem = pem, .pem_len = strlen(pem), .err.cause = text},
		{.pem = pem, .pem_len = strlen(pem), .err = {.kind = ERR_NET, .cause = text}},
		{.err = {.kind = ERR_NET}},
	};
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		buf_truncate(&b, 0);
		assert_int_equal(wire_probe_put(&b, 0, &requests[i]), 0);
		assert_int_equal(get_probe(b.data, b.len), -1);
	}
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		buf_truncate(&b, 0);
		assert_int_equal(wire_probe_put_result(&b, 0, &results[i]), 0);
		assert_int_equal(get_probe_result(b.data, b.len), -1);
	}
	buf_truncate(&b, 0);
	assert_int_equal(wire_probe_put(&b, PROBE_BATCH_MAX, &(struct probe_request){.host = "a", .port = 1, .name = "x"}), 0);
	assert_int_equal(get_probe(b.data, b.len), -1);
	buf_clear(&b);
}

static void test_sizes(void **state)
{
	static char big[HTTP_LARGE_BODY_MAX + 2];
	char *links[HTTP_LINKS_MAX + 1];
	struct http_response r = {.status = 200, .body = big, .body_len = HTTP_LARGE_BODY_MAX};
	char long_url[HTTP_URL_MAX + 2] = {0};
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	assert_int_equal(wire_put_response(&b, 0, &r), 0);
	assert_int_equal(get_response(b.data, b.len), 0);
	r.body_len++;
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_response(&b, 0, &r), 0);
	assert_int_equal(get_response(b.data, b.len), -1);

	for (size_t i = 0; i <= HTTP_LINKS_MAX; i++)
		links[i] = link_two;
	r = (struct http_response){.status = 200, .body = big, .links = {.item = links, .count = HTTP_LINKS_MAX}};
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_response(&b, 0, &r), 0);
	assert_int_equal(get_response(b.data, b.len), 0);
	r.links.count++;
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_response(&b, 0, &r), 0);
	assert_int_equal(get_response(b.data, b.len), -1);

	memset(long_url, 'u', HTTP_URL_MAX + 1);
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = long_url}), 0);
	assert_int_equal(get_request(b.data, b.len), -1);
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = "a", .max_body = HTTP_LARGE_BODY_MAX}), 0);
	assert_int_equal(get_request(b.data, b.len), 0);
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = "a", .max_body = HTTP_LARGE_BODY_MAX + 1}), 0);
	assert_int_equal(get_request(b.data, b.len), -1);
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_request(&b, HTTP_BATCH_MAX, &(struct http_request){.url = "https://a"}), 0);
	assert_int_equal(get_request(b.data, b.len), -1);
	buf_clear(&b);

	buf_init(&b, 20);
	assert_int_equal(wire_put_request(&b, 0, &(struct http_request){.url = "https://a"}), -1);
	buf_clear(&b);
}

static void test_answers(void **state)
{
	static const char huge[] = "\0\0\0\x08\x7f\xff\xff\xff\xff\xff\xff\xff";
	static const char many[] = "\0\0\0\x08\0\0\0\0\0\0\x40\0";
	static const char null_token[] = "\0\0\0\x08\0\0\0\0\0\0\0\1\xff\xff\xff\xff\0\0\0\1x";
	struct wire_answer *a;
	struct err e = ERR_INIT;
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, WIRE_FRAME_MAX);
	put_sample_answers(&b);
	assert_int_equal(wire_get_answers(b.data, b.len, &a, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(a[1].token, "tok2");
	assert_string_equal(a[1].key_authorization, "tok2.thumb");
	wire_answers_free(a, n);
	buf_truncate(&b, 0);
	assert_int_equal(wire_put_answers(&b, NULL, 0), 0);
	assert_int_equal(get_answers(b.data, b.len), 0);
	buf_clear(&b);
	assert_int_equal(get_answers(huge, sizeof(huge) - 1), -1);
	assert_int_equal(get_answers(many, sizeof(many) - 1), -1);
	assert_int_equal(get_answers(null_token, sizeof(null_token) - 1), -1);
}

static void test_batch_time(void **state)
{
	struct http_options o = {.request_timeout_sec = 2, .max_in_flight = 10};

	(void)state;
	assert_int_equal(wire_batch_ms(&o, 1), 2000);
	assert_int_equal(wire_batch_ms(&o, 10), 2000);
	assert_int_equal(wire_batch_ms(&o, 11), 4000);
	assert_int_equal(wire_batch_ms(&(struct http_options){0}, 50), 60000);
	assert_int_equal(wire_probe_ms(&(struct http_options){0}, WIRE_PROBES_AT_ONCE), 15000);
	assert_int_equal(wire_probe_ms(&(struct http_options){.probe_timeout_sec = 2}, WIRE_PROBES_AT_ONCE + 1), 4000);
}

/* Sends raw bytes (and the end, if wanted) to wire_receive. */
static int receive_raw(const void *data, size_t len, bool end, size_t max, struct err *e)
{
	enum wire_type type = WIRE_TYPE_COUNT;
	struct buf body;
	int fd[2], rc;

	buf_init(&body, max);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(send(fd[0], data, len, 0), len);
	if (end)
		shutdown(fd[0], SHUT_WR);
	rc = wire_receive(fd[1], &type, &body, 20, e);
	if (rc)
		assert_int_equal(type, WIRE_TYPE_COUNT);
	close(fd[0]);
	close(fd[1]);
	buf_clear(&body);
	return rc;
}

static void test_receive_frames(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		bool end;
		int rc;
		const char *cause;
	} cases[] = {
		{"TGW\3\0\0\0\0", 8, false, 0, NULL},
		{"TGW\3\0\0\0\4abcd", 12, true, 0, NULL},
		{"TGX\3\0\0\0\0", 8, false, -1, "malformed"},
		{"HTTP/1.1", 8, false, -1, "malformed"},
		{"TGW\0\0\0\0\0", 8, false, -1, "malformed"},
		{"TGW\x0c\0\0\0\0", 8, false, -1, "malformed"},
		{"TGW\xff\0\0\0\0", 8, false, -1, "malformed"},
		{"TGW\3\xff\xff\xff\xff", 8, false, -1, "malformed"},
		{"TGW\3\0\x80\0\1", 8, false, -1, "malformed"},
		{"TGW\3\0\0\0\x65", 8, false, -1, "malformed"},
		{"TGW\3\0\0\0\4abc", 11, true, -1, "ended"},
		{"TGW\3\0\0\0\4abc", 11, false, -1, "in time"},
		{"TGW", 3, true, -1, "ended"},
		{"TGW", 3, false, -1, "in time"},
		{"", 0, true, -1, "ended"},
		{"", 0, false, -1, "in time"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(receive_raw(cases[i].data, cases[i].len, cases[i].end, 100, &e), cases[i].rc);
		assert_int_equal(e.kind, cases[i].rc ? ERR_NET : ERR_NONE);
		if (cases[i].cause)
			assert_non_null(strstr(e.cause, cases[i].cause));
		err_clear(&e);
	}
}

static void test_send_and_receive(void **state)
{
	enum wire_type type;
	struct err e = ERR_INIT;
	struct buf out, in;
	int fd[2];

	(void)state;
	buf_init(&out, WIRE_FRAME_MAX);
	buf_init(&in, WIRE_FRAME_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	put_sample_request(&out);
	assert_int_equal(wire_send(fd[0], WIRE_REQUEST, &out, 1000, &e), 0);
	assert_int_equal(wire_send(fd[0], WIRE_GO, NULL, 1000, &e), 0);
	assert_int_equal(wire_receive(fd[1], &type, &in, 1000, &e), 0);
	assert_int_equal(type, WIRE_REQUEST);
	assert_int_equal(in.len, out.len);
	assert_memory_equal(in.data, out.data, out.len);
	assert_int_equal(wire_receive(fd[1], &type, &in, -1, &e), 0);
	assert_int_equal(type, WIRE_GO);
	assert_int_equal(in.len, 0);
	close(fd[1]);
	assert_int_equal(wire_send(fd[0], WIRE_GO, NULL, 1000, &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	assert_non_null(strstr(e.cause, "ended"));
	err_clear(&e);
	close(fd[0]);
	buf_clear(&out);
	buf_clear(&in);
}

static void test_send_to_nobody_who_reads(void **state)
{
	static char big[4 * 1024 * 1024];
	struct err e = ERR_INIT;
	struct buf out;
	int fd[2];

	(void)state;
	buf_init(&out, WIRE_FRAME_MAX);
	assert_int_equal(buf_append(&out, big, sizeof(big)), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(wire_send(fd[0], WIRE_RESPONSE, &out, 20, &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	assert_non_null(strstr(e.cause, "in time"));
	err_clear(&e);
	close(fd[0]);
	close(fd[1]);
	buf_clear(&out);
}

static void test_signal(void **state)
{
	enum wire_type type;
	struct err e = ERR_INIT;
	struct buf in;
	pid_t child;
	int fd[2];

	(void)state;
	sig_install();
	buf_init(&in, WIRE_FRAME_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	raise(SIGTERM);
	assert_int_equal(wire_receive(fd[1], &type, &in, -1, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	err_clear(&e);
	sig_reset();

	child = fork();
	assert_true(child >= 0);
	if (!child) {
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_int_equal(wire_receive(fd[1], &type, &in, -1, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	err_clear(&e);
	sig_reset();
	waitpid(child, NULL, 0);
	close(fd[0]);
	close(fd[1]);
	buf_clear(&in);
}

/* Received by itself, as it brings a descriptor. */
static bool send_byte(int fd, char byte)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec data = {&byte, 1};
	struct msghdr m = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(fd, &m, MSG_NOSIGNAL) == 1;
}

/* Who always has one more byte holds up neither the deadline nor a signal. */
static void test_byte_by_byte(void **state)
{
	static const char frame[] = {'T', 'G', 'W', WIRE_DONE, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0};
	static const char head[] = {'T', 'G', 'W', WIRE_RESPONSE, 0, 0x7f, 0, 0};
	enum wire_type type;
	struct err e = ERR_INIT;
	struct buf in;
	pid_t child;
	int fd[2];

	(void)state;
	sig_install();
	buf_init(&in, WIRE_FRAME_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(frame); i++)
			assert_true(send_byte(fd[0], frame[i]));
		if (round)
			raise(SIGTERM);
		assert_int_equal(wire_receive(fd[1], &type, &in, 60000, &e), round ? -1 : 0);
		assert_int_equal(e.kind, round ? ERR_INTERRUPTED : ERR_NONE);
	}
	err_clear(&e);
	sig_reset();
	close(fd[0]);
	close(fd[1]);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(send(fd[0], head, sizeof(head), 0), sizeof(head));
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fd[1]);
		while (send_byte(fd[0], 0))
			;
		_exit(0);
	}
	close(fd[0]);
	assert_int_equal(wire_receive(fd[1], &type, &in, 100, &e), -1);
	assert_non_null(strstr(e.cause, "in time"));
	assert_true(in.len < 1024 * 1024);
	close(fd[1]);
	waitpid(child, NULL, 0);
	err_clear(&e);
	buf_clear(&in);
}

static char *cause_after_the_way(const char *cause)
{
	struct http_response r = {.err = {.kind = ERR_NET, .cause = str_dup(cause)}}, got = {0};
	struct err e = ERR_INIT;
	char *arrived;
	uint32_t index;
	struct buf b;

	buf_init(&b, WIRE_FRAME_MAX);
	assert_int_equal(wire_put_response(&b, 0, &r), 0);
	assert_int_equal(wire_get_response(b.data, b.len, &index, &got, &e), 0);
	arrived = str_dup(got.err.cause);
	http_response_clear(&r);
	http_response_clear(&got);
	buf_clear(&b);
	return arrived;
}

/* Found by fuzzing: a helper that was taken over could write to the terminal of whoever looks on. */
static void test_words_for_people(void **state)
{
	static const char *const given[][2] = {
		{"connection refused", "connection refused"},
		{"connexion refus\xc3\xa9""e: \\x1b and \\\\", "connexion refus\xc3\xa9""e: \\x1b and \\\\"},
		{"refus\xe5""d", "refus\\xE5d"},
		{"\xc2\x9b""31m", "\\xC2\\x9B31m"},
		{"\xe2\x80\xae""desrever", "\\xE2\\x80\\xAEdesrever"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char *arrived = cause_after_the_way(given[i][0]);

		assert_string_equal(arrived, given[i][1]);
		free(arrived);
	}
}

/* A lock, a signal or a certificate of ours the helper cannot know of, and whoever says so there is not believed. */
static void test_kinds_of_faults(void **state)
{
	(void)state;
	for (int kind = ERR_USAGE; kind < ERR_KIND_COUNT; kind++) {
		struct http_response r = {.err = {.kind = (enum err_kind)kind, .cause = str_dup("x")}}, got = {0};
		bool believed = kind == ERR_NET || kind == ERR_CONFIG;
		struct err e = ERR_INIT;
		uint32_t index;
		struct buf b;

		buf_init(&b, WIRE_FRAME_MAX);
		assert_int_equal(wire_put_response(&b, 0, &r), 0);
		assert_int_equal(wire_get_response(b.data, b.len, &index, &got, &e), believed ? 0 : -1);
		assert_int_equal(e.kind, believed ? ERR_NONE : ERR_NET);
		http_response_clear(&r);
		http_response_clear(&got);
		err_clear(&e);
		buf_clear(&b);
	}
}

/* 512 answers are taken at once: what each may hold besides its body is what tegata-net itself stops at. */
static void test_many_headers(void **state)
{
	static const struct {
		size_t count, len;
		bool taken;
	} cases[] = {{4, HTTP_HEADER_MAX, true}, {32, HTTP_HEADERS_MAX / 32, true}, {5, HTTP_HEADER_MAX, false}, {32, 4096, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_response r = {.status = 200, .body = str_dup("{}"), .body_len = 2}, got = {0};
		char *value = mem_new(cases[i].len + 1, 1);
		struct err e = ERR_INIT;
		uint32_t index;
		struct buf b;

		memset(value, 'x', cases[i].len);
		for (size_t k = 0; k < cases[i].count; k++)
			strs_add(&r.links, value);
		buf_init(&b, WIRE_FRAME_MAX);
		assert_int_equal(wire_put_response(&b, 0, &r), 0);
		assert_int_equal(wire_get_response(b.data, b.len, &index, &got, &e), cases[i].taken ? 0 : -1);
		http_response_clear(&r);
		http_response_clear(&got);
		err_clear(&e);
		buf_clear(&b);
		free(value);
	}
}

static void test_foreign_headers(void **state)
{
	static const char *const values[] = {"n-0_", "n\xc3\xa9", "\xc2\x9b""31m", "\xff"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(values) / sizeof(values[0]); i++) {
		const char *value = values[i / 2];
		struct http_response r = {.status = 200, .body = str_dup("{}"), .body_len = 2}, got = {0};
		struct err e = ERR_INIT;
		uint32_t index;
		struct buf b;

		if (i % 2)
			strs_add(&r.links, value);
		else
			r.replay_nonce = str_dup(value);
		buf_init(&b, WIRE_FRAME_MAX);
		assert_int_equal(wire_put_response(&b, 0, &r), 0);
		assert_int_equal(wire_get_response(b.data, b.len, &index, &got, &e), i < 2 ? 0 : -1);
		http_response_clear(&r);
		http_response_clear(&got);
		err_clear(&e);
		buf_clear(&b);
	}
}

static void test_confined(void **state)
{
	const struct wire_confined good = {.loose = WIRE_LOOSE_VALGRIND, .landlock_abi = 7, .landlock_errno = ENOSYS,
	                                   .seccomp_errno = ENOPKG, .local_sockets = true, .descriptors = 4, .life_sec = 2520};
	const struct wire_confined bad[] = {
		{.loose = WIRE_LOOSE_COUNT}, {.landlock_abi = -1}, {.landlock_errno = -1}, {.seccomp_errno = 65536},
		{.descriptors = -1}, {.life_sec = -1},
	};
	struct wire_confined got = {.descriptors = 99};
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(wire_confined_put(&b, &good), 0);
	assert_int_equal(wire_confined_get(b.data, b.len - 1, &got, &e), -1);
	assert_int_equal(got.descriptors, 99);
	err_clear(&e);
	assert_int_equal(wire_confined_get(b.data, b.len, &got, &e), 0);
	assert_int_equal(got.loose, good.loose);
	assert_int_equal(got.landlock_abi, good.landlock_abi);
	assert_int_equal(got.landlock_errno, good.landlock_errno);
	assert_int_equal(got.seccomp_errno, good.seccomp_errno);
	assert_true(got.local_sockets);
	assert_int_equal(got.descriptors, good.descriptors);
	assert_int_equal(got.life_sec, good.life_sec);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(wire_confined_put(&b, &bad[i]), 0);
		assert_int_equal(wire_confined_get(b.data, b.len, &got, &e), -1);
		assert_int_equal(e.kind, ERR_NET);
		err_clear(&e);
	}
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_and_cut), cmocka_unit_test(test_every_byte_changed),
		cmocka_unit_test(test_hello), cmocka_unit_test(test_request), cmocka_unit_test(test_response),
		cmocka_unit_test(test_responses_without_sense), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_probe), cmocka_unit_test(test_probes_without_sense),
		cmocka_unit_test(test_answers), cmocka_unit_test(test_batch_time), cmocka_unit_test(test_receive_frames),
		cmocka_unit_test(test_send_and_receive), cmocka_unit_test(test_send_to_nobody_who_reads),
		cmocka_unit_test(test_signal), cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_words_for_people), cmocka_unit_test(test_kinds_of_faults),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_foreign_headers), cmocka_unit_test(test_confined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
