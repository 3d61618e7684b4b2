/* Messages that do not fit: wherever the room ends, putting says so; and of what was put whole, every shorter piece is refused. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "net/probe.h"
#include "net/wire.h"

static int put_hello(struct buf *b)
{
	const struct http_options o = {.ca_file = "/ca.pem", .user_agent = "test", .accept_language = "ja"};

	return wire_put_hello(b, &o);
}

static int get_hello(const char *data, size_t len, struct err *e)
{
	struct http_options o = {.user_agent = NULL};
	struct strs owner = {0};
	int rc = wire_get_hello(data, len, &o, &owner, e);

	strs_clear(&owner);
	return rc;
}

static int put_request(struct buf *b)
{
	const struct http_request r = {.method = HTTP_POST, .url = "https://ca.example/", .content_type = "application/jose+json",
	                               .accept = "text/plain", .body = "{}", .body_len = 2, .max_body = 1000};

	return wire_put_request(b, 3, &r);
}

static int get_request(const char *data, size_t len, struct err *e)
{
	struct http_request r = {.url = NULL};
	struct strs owner = {0};
	uint32_t index = 0;
	int rc = wire_get_request(data, len, &index, &r, &owner, e);

	strs_clear(&owner);
	return rc;
}

static int get_response(const char *data, size_t len, struct err *e)
{
	struct http_response r = {.status = 0};
	uint32_t index = 0;
	int rc = wire_get_response(data, len, &index, &r, e);

	http_response_clear(&r);
	return rc;
}

static int put_failure(struct buf *b)
{
	struct http_response r = {.status = 0};
	int rc;

	err_set(&r.err, ERR_NET, "no");
	err_advise(&r.err, "go");
	rc = wire_put_response(b, 3, &r);
	http_response_clear(&r);
	return rc;
}

static int put_probe(struct buf *b)
{
	const struct probe_request r = {.protocol = PROBE_IMAP, .host = "mail.example.jp", .port = 143, .name = "mail.example.jp"};

	return wire_probe_put(b, 3, &r);
}

static int get_probe(const char *data, size_t len, struct err *e)
{
	struct probe_request r = {.host = NULL};
	struct strs owner = {0};
	uint32_t index = 0;
	int rc = wire_probe_get(data, len, &index, &r, &owner, e);

	strs_clear(&owner);
	return rc;
}

static int put_probed(struct buf *b)
{
	struct probe_result r = {.pem = NULL};
	int rc;

	err_set(&r.err, ERR_NET, "no");
	rc = wire_probe_put_result(b, 3, &r);
	probe_result_clear(&r);
	return rc;
}

static int get_probed(const char *data, size_t len, struct err *e)
{
	struct probe_result r = {.pem = NULL};
	uint32_t index = 0;
	int rc = wire_probe_get_result(data, len, &index, &r, e);

	probe_result_clear(&r);
	return rc;
}

static int put_done(struct buf *b)
{
	return wire_put_done(b, 4);
}

static int get_done(const char *data, size_t len, struct err *e)
{
	uint64_t n = 0;

	return wire_get_done(data, len, &n, e);
}

static int put_confined(struct buf *b)
{
	return wire_confined_put(b, &(struct wire_confined){.landlock_abi = 3, .descriptors = 4, .life_sec = 600});
}

static int get_confined(const char *data, size_t len, struct err *e)
{
	struct wire_confined c = {0};

	return wire_confined_get(data, len, &c, e);
}

static int put_answers(struct buf *b)
{
	static char token[] = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", value[] = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.x";
	const struct wire_answer a = {.token = token, .key_authorization = value};

	return wire_put_answers(b, &a, 1);
}

static int get_answers(const char *data, size_t len, struct err *e)
{
	struct wire_answer *a = NULL;
	size_t n = 0;
	int rc = wire_get_answers(data, len, &a, &n, e);

	wire_answers_free(a, n);
	return rc;
}

static const struct message {
	const char *what;
	int (*put)(struct buf *b);
	int (*get)(const char *data, size_t len, struct err *e);
} messages[] = {
	{"hello", put_hello, get_hello},
	{"request", put_request, get_request},
	{"failure", put_failure, get_response},
	{"probe", put_probe, get_probe},
	{"probed", put_probed, get_probed},
	{"done", put_done, get_done},
	{"confined", put_confined, get_confined},
	{"answers", put_answers, get_answers},
};

/* How long the whole one is. */
static size_t find_length(const struct message *m)
{
	struct err e = ERR_INIT;
	struct buf b;
	size_t len;

	buf_init(&b, 65536);
	assert_int_equal(m->put(&b), 0);
	len = b.len;
	if (m->get(b.data, b.len, &e) != 0)
		fail_msg("%s: %s", m->what, e.cause);
	for (size_t i = 0; i < len; i++) {
		char *piece = mem_new(i + 1, 1);

		piece = mem_resize(piece, i > 0 ? i : 1, 1); /* so that reading past the end is seen */
		memcpy(piece, b.data, i);
		if (m->get(piece, i, &e) == 0)
			fail_msg("%s: %zu octets of %zu were taken", m->what, i, len);
		assert_int_equal(e.kind, ERR_NET);
		err_clear(&e);
		free(piece);
	}
	buf_clear(&b);
	return len;
}

static void no_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		size_t len = find_length(&messages[i]);

		for (size_t max = 0; max <= len; max++) {
			struct buf b;

			buf_init(&b, max);
			if ((messages[i].put(&b) == 0) != (max == len))
				fail_msg("%s: %zu octets into %zu", messages[i].what, len, max);
			buf_clear(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_room)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
