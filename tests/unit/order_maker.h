/* An order fed by hand: the machine, the time, and what a CA says on the way to a certificate. */
#ifndef TEGATA_TESTS_ORDER_MAKER_H
#define TEGATA_TESTS_ORDER_MAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acme/order.h"

#define NOW 1800000000
#define NEW_ORDER "https://ca.test/new-order"
#define URN "urn:ietf:params:acme:error:"

/* An order of a.example, b.example and *.b.example, and the time. */
struct machine {
	struct order o;
	struct order_time t;
};

static inline int setup(void **state)
{
	struct machine *m = mem_new(1, sizeof *m);
	struct strs names = { 0 }, types = { 0 };

	strs_add(&names, "a.example");
	strs_add(&names, "b.example");
	strs_add(&names, "*.b.example");
	strs_add(&types, "http-01");
	strs_add(&types, "http-01");
	strs_add(&types, "dns-01");
	order_init(&m->o, &names, &types);
	m->t = (struct order_time){ .now_sec = NOW, .mono_ms = 1000000 };
	strs_clear(&names);
	strs_clear(&types);
	*state = m;
	return 0;
}

static inline int teardown(void **state)
{
	struct machine *m = *state;

	order_clear(&m->o);
	free(m);
	return 0;
}

/* One answer to request number `tag`. status 0 = none came. */
static inline void feed_with(struct machine *m, size_t tag, int status, const char *body, const char *location, const char *retry)
{
	struct http_response r = { .status = status, .location = str_dup(location), .retry_after = str_dup(retry) };

	if (status == 0) {
		err_set(&r.err, ERR_NET, "the connection broke");
	} else {
		r.body = str_dup(body);
		r.body_len = strlen(body);
	}
	order_feed(&m->o, tag, &r, &m->t);
	http_response_clear(&r);
}

static inline void feed(struct machine *m, size_t tag, int status, const char *body)
{
	feed_with(m, tag, status, body, NULL, NULL);
}

/* The requests that come next, "URL payload" each, joined by "\n"; owned. */
static inline char *next(const struct machine *m)
{
	struct order_request *q = NULL;
	struct strs lines = { 0 };
	size_t n = 0;
	char *all;

	order_next(&m->o, NEW_ORDER, m->t.mono_ms, &q, &n);
	for (size_t i = 0; i < n; i++) {
		strs_take(&lines, str_fmt("%s %s", q[i].url, q[i].payload));
		order_request_clear(&q[i]);
	}
	free(q);
	all = strs_join(&lines, "\n");
	strs_clear(&lines);
	return all;
}

static inline void expect_next(const struct machine *m, const char *wanted)
{
	char *got = next(m);

	assert_string_equal(got, wanted);
	free(got);
}

static inline void expect_step(const struct machine *m, enum order_step step)
{
	if (m->o.step == ORDER_FAILED && step != ORDER_FAILED)
		fail_msg("failed: %s: %s", m->o.err.doing, m->o.err.cause);
	assert_string_equal(order_step_name(m->o.step), order_step_name(step));
}

static inline void expect_failure(const struct machine *m, enum err_kind kind, const char *text)
{
	char *all = err_text(&m->o.err);

	expect_step(m, ORDER_FAILED);
	assert_true(order_over(&m->o));
	if (m->o.err.kind != kind || strstr(all, text) == NULL)
		fail_msg("%s: \"%s\" has no \"%s\"", err_kind_name(m->o.err.kind), all, text);
	free(all);
}

#define IDENTIFIERS "\"identifiers\":[{\"type\":\"dns\",\"value\":\"*.b.example\"},{\"type\":\"dns\",\"value\":\"A.example\"}," \
	"{\"type\":\"dns\",\"value\":\"b.example\"}]"
#define AUTHORIZATIONS "\"authorizations\":[\"https://ca.test/z/0\",\"https://ca.test/z/1\",\"https://ca.test/z/2\"]"
#define FINALIZE "\"finalize\":\"https://ca.test/f\""
#define CREATED(status) "{\"status\":\"" status "\"," IDENTIFIERS "," AUTHORIZATIONS "," FINALIZE "}"
#define ORDER_URL "https://ca.test/o"

static const char authz_a[] = "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},\"challenges\":["
	"{\"type\":\"dns-01\",\"url\":\"https://ca.test/c/a/d\",\"token\":\"td\"},"
	"{\"type\":\"http-01\",\"url\":\"https://ca.test/c/a/h\",\"token\":\"t-_0\"}]}";
static const char authz_b[] = "{\"status\":\"valid\",\"identifier\":{\"type\":\"dns\",\"value\":\"B.example\"}}";
static const char authz_wild[] = "{\"status\":\"pending\",\"wildcard\":true,\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"},"
	"\"challenges\":[{\"type\":\"dns-01\",\"url\":\"https://ca.test/c/w/d\",\"token\":\"tw\"}]}";

static inline void create(struct machine *m)
{
	feed_with(m, 0, 201, CREATED("pending"), ORDER_URL, NULL);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_READ);
}

static inline void read_all(struct machine *m)
{
	feed(m, 0, 200, authz_wild);
	feed(m, 1, 200, authz_a);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_READ);
	feed(m, 2, 200, authz_b);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_PRESENT);
}

static inline void go_validate(struct machine *m)
{
	create(m);
	read_all(m);
	order_presented(&m->o);
	feed(m, 0, 200, "{}");
	feed(m, 1, 200, "{}");
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_VALIDATE);
}

static inline void go_issue(struct machine *m)
{
	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "\x01\x02\xff", 3);
	feed(m, 0, 200, "{\"status\":\"processing\"}");
	expect_step(m, ORDER_ISSUE);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
