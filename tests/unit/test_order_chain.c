#include "config.h"

#include "acme/order.h"

#include "order_maker.h"

#define CERT "https://ca.test/cert"

static void go_download(struct machine *m)
{
	go_issue(m);
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"" CERT "\"}");
	expect_step(m, ORDER_DOWNLOAD);
}

/* The certificate, with these Link headers; NULL ends them. */
static void download(struct machine *m, const char *const *links)
{
	struct http_response r = { .status = 200, .body = str_dup("PEM"), .body_len = 3 };

	go_download(m);
	for (; *links != NULL; links++)
		strs_add(&r.links, *links);
	order_feed(&m->o, 0, &r, &m->t);
	http_response_clear(&r);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_DONE);
}

struct offer { const char *links[5]; const char *wanted; };

static const struct offer offers[] = {
	{ { NULL }, "" },
	{ { "<https://ca.test/cert/1>;rel=\"alternate\"" }, "https://ca.test/cert/1" },
	{ { "<https://ca.test/cert/1>;rel=\"alternate\"", "<https://ca.test/cert/2>; rel=alternate" },
	  "https://ca.test/cert/1\nhttps://ca.test/cert/2" },
	{ { "<https://ca.test/cert/1>;rel=\"alternate\", <https://ca.test/cert/2>;rel=\"alternate\"" },
	  "https://ca.test/cert/1\nhttps://ca.test/cert/2" },
	{ { "<https://CA.test:443/cert/1>;rel=\"alternate\"" }, "https://CA.test:443/cert/1" },
	/* twice the same, the certificate itself */
	{ { "<https://ca.test/cert/1>;rel=\"alternate\"", "<https://ca.test/cert/1>;rel=\"alternate\"" }, "https://ca.test/cert/1" },
	{ { "<" CERT ">;rel=\"alternate\"" }, "" },
	/* something else, or somewhere else */
	{ { "<https://ca.test/directory>;rel=\"index\"", "<https://ca.test/i>;rel=\"up\"" }, "" },
	{ { "<https://evil.test/cert/1>;rel=\"alternate\"" }, "" },
	{ { "<https://ca.test:444/cert/1>;rel=\"alternate\"" }, "" },
	{ { "<http://ca.test/cert/1>;rel=\"alternate\"" }, "" },
	{ { "</cert/1>;rel=\"alternate\"" }, "" },
	{ { "<https://ca.test/a b>;rel=\"alternate\"" }, "" },
	{ { "nonsense", "", "<", "<https://ca.test/cert/3>;rel=\"alternate\"" }, "https://ca.test/cert/3" },
};

static void alternates_are_taken_from_the_cas_origin(void **state)
{
	for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
		struct machine *m;
		char *got;

		setup(state);
		m = *state;
		download(m, offers[i].links);
		got = strs_join(&m->o.alternate_urls, "\n");
		if (!str_eq(got, offers[i].wanted))
			fail_msg("row %zu: %s", i, got);
		assert_int_equal(order_want_alternates(&m->o), *got != '\0');
		expect_step(m, *got != '\0' ? ORDER_ALTERNATES : ORDER_DONE);
		free(got);
		teardown(state);
	}
	setup(state);
}

static void there_is_an_end_to_alternates(void **state)
{
	struct machine *m = *state;
	char *links[2 * ORDER_ALTERNATES_MAX + 1] = { NULL };

	for (size_t i = 0; i < 2 * ORDER_ALTERNATES_MAX; i++)
		links[i] = str_fmt("<https://ca.test/cert/%zu>;rel=\"alternate\"", i);
	download(m, (const char *const *)links);
	assert_int_equal(m->o.alternate_urls.count, ORDER_ALTERNATES_MAX);
	for (size_t i = 0; i < 2 * ORDER_ALTERNATES_MAX; i++)
		free(links[i]);
}

static const char *const three[] = { "<https://ca.test/cert/1>;rel=\"alternate\"", "<https://ca.test/cert/2>;rel=\"alternate\"",
                                     "<https://ca.test/cert/3>;rel=\"alternate\"", NULL };

static void failing_ones_are_left_empty(void **state)
{
	static const struct { int status; const char *body; } failures[] = { { 0, NULL }, { 404, "gone" }, { 500, "" }, { 200, "" }, { 302, "x" } };
	struct order_request *q = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		struct machine *m;

		setup(state);
		m = *state;
		download(m, three);
		assert_true(order_want_alternates(&m->o));
		assert_false(order_over(&m->o));
		expect_next(m, "https://ca.test/cert/1 \nhttps://ca.test/cert/2 \nhttps://ca.test/cert/3 ");
		feed(m, 0, 200, "ONE");
		feed(m, 1, failures[i].status, failures[i].body);
		order_advance(&m->o, &m->t);
		expect_step(m, ORDER_ALTERNATES);
		feed(m, 2, 200, "THREE");
		order_advance(&m->o, &m->t);
		expect_step(m, ORDER_DONE);
		assert_int_equal(m->o.alternate_count, 3);
		assert_string_equal(m->o.alternate[0].pem, "ONE");
		assert_int_equal(m->o.alternate[0].len, 3);
		assert_null(m->o.alternate[1].pem);
		assert_int_equal(m->o.alternate[1].len, 0);
		assert_string_equal(m->o.alternate[2].pem, "THREE");
		assert_string_equal(m->o.pem, "PEM");
		/* They are there: they are not fetched twice. */
		assert_false(order_want_alternates(&m->o));
		teardown(state);
	}
	setup(state);
	download(*state, three);
	order_want_alternates(&((struct machine *)*state)->o);
	order_next(&((struct machine *)*state)->o, NEW_ORDER, 0, &q, &n);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(q[i].accept, "application/pem-certificate-chain");
		order_request_clear(&q[i]);
	}
	free(q);
}

static void they_are_for_a_certificate_that_is_there(void **state)
{
	struct machine *m = *state;
	struct err e = ERR_INIT;

	assert_false(order_want_alternates(&m->o));
	go_download(m);
	assert_false(order_want_alternates(&m->o));
	err_set(&e, ERR_INTERRUPTED, "stop");
	order_fail(&m->o, &e);
	assert_false(order_want_alternates(&m->o));
}

/* The CA has the certificate still: the next run takes it. */
static void an_interrupted_fetch_can_be_resumed(void **state)
{
	struct machine *m = *state;
	struct err e = ERR_INIT;

	download(m, three);
	order_want_alternates(&m->o);
	feed(m, 0, 200, "ONE");
	err_set(&e, ERR_INTERRUPTED, "stop");
	order_fail(&m->o, &e);
	expect_failure(m, ERR_INTERRUPTED, "stop");
	assert_true(order_may_resume(&m->o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(alternates_are_taken_from_the_cas_origin, teardown), ROW(there_is_an_end_to_alternates),
		cmocka_unit_test_teardown(failing_ones_are_left_empty, teardown), ROW(they_are_for_a_certificate_that_is_there),
		ROW(an_interrupted_fetch_can_be_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
