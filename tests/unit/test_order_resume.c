#include "config.h"

#include "acme/order.h"

#include <errno.h>

#include "order_maker.h"

#define GIVEN "https://ca.test/given"

static struct machine *resumed(void **state)
{
	struct machine *m;

	setup(state);
	m = *state;
	order_set_replaces(&m->o, "AA.AB");
	order_set_profile(&m->o, "p");
	order_resume(&m->o, ORDER_URL, GIVEN);
	expect_step(m, ORDER_RESUME);
	expect_next(m, ORDER_URL " ");
	return m;
}

#define VALID(more) "{\"status\":\"valid\"," IDENTIFIERS "," AUTHORIZATIONS "," FINALIZE more "}"
#define OTHER_NAMES "\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"b.example\"}]"

struct standing { int status; const char *body; enum order_step step; };

static const struct standing standings[] = {
	{ 200, CREATED("pending"), ORDER_READ },
	{ 200, CREATED("ready"), ORDER_FINALIZE },
	{ 200, CREATED("processing"), ORDER_ISSUE },
	{ 200, VALID(",\"certificate\":\"https://ca.test/cert\""), ORDER_DOWNLOAD },
	/* begun anew */
	{ 200, CREATED("invalid"), ORDER_CREATE },
	{ 200, CREATED("new-state"), ORDER_CREATE },
	{ 200, "{" IDENTIFIERS "," AUTHORIZATIONS "," FINALIZE "}", ORDER_CREATE },
	{ 200, VALID(""), ORDER_CREATE },
	{ 200, VALID(",\"certificate\":\"http://ca.test/cert\""), ORDER_CREATE },
	{ 200, VALID(",\"certificate\":7"), ORDER_CREATE },
	{ 200, "{\"status\":\"ready\"," OTHER_NAMES "," AUTHORIZATIONS "," FINALIZE "}", ORDER_CREATE },
	{ 200, "{\"status\":\"ready\"," AUTHORIZATIONS "," FINALIZE "}", ORDER_CREATE },
	{ 200, "{\"status\":\"ready\"," IDENTIFIERS "," FINALIZE "}", ORDER_CREATE },
	{ 200, "{\"status\":\"ready\"," IDENTIFIERS ",\"authorizations\":[]," FINALIZE "}", ORDER_CREATE },
	{ 200, "{\"status\":\"ready\"," IDENTIFIERS "," AUTHORIZATIONS ",\"finalize\":\"ftp://ca.test/\"}", ORDER_CREATE },
	{ 200, "", ORDER_CREATE },
	{ 200, "<html>", ORDER_CREATE },
	{ 200, "[]", ORDER_CREATE },
	{ 404, "", ORDER_CREATE },
	{ 404, "{\"type\":\"" URN "malformed\"}", ORDER_CREATE },
	{ 403, "{\"type\":\"" URN "unauthorized\",\"detail\":\"another account's\"}", ORDER_CREATE },
	{ 400, "{\"type\":\"" URN "malformed\"}", ORDER_CREATE },
	{ 301, "", ORDER_CREATE },
	/* another time */
	{ 0, NULL, ORDER_FAILED },
	{ 500, "", ORDER_FAILED },
	{ 503, "", ORDER_FAILED },
	{ 429, "{\"type\":\"" URN "rateLimited\"}", ORDER_FAILED },
	{ 400, "{\"type\":\"" URN "rateLimited\"}", ORDER_FAILED },
};

static void an_order_goes_on_where_it_stands(void **state)
{
	for (size_t i = 0; i < sizeof standings / sizeof *standings; i++) {
		const struct standing *w = &standings[i];
		struct machine *m = resumed(state);

		feed(m, 0, w->status, w->body);
		order_advance(&m->o, &m->t);
		if (m->o.step != w->step)
			fail_msg("row %zu: %s", i, order_step_name(m->o.step));
		assert_int_equal(m->o.resumed, w->step != ORDER_CREATE && w->step != ORDER_FAILED);
		assert_int_equal(order_may_resume(&m->o), w->step == ORDER_FAILED);
		if (w->step == ORDER_FAILED)
			expect_failure(m, m->o.err.kind, "looking at the order of an earlier run");
		if (w->step == ORDER_CREATE) {
			assert_null(m->o.url);
			assert_null(m->o.finalize_url);
			assert_int_equal(m->o.authz_count, 0);
			assert_string_equal(m->o.replaces, "AA.AB");
			assert_string_equal(m->o.profile, "p");
			feed_with(m, 0, 201, CREATED("pending"), "https://ca.test/o2", NULL);
			order_advance(&m->o, &m->t);
			read_all(m);
			assert_string_equal(m->o.url, "https://ca.test/o2");
		}
		teardown(state);
	}
	setup(state);
}

static void pending_ones_are_validated(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, CREATED("pending"));
	order_advance(&m->o, &m->t);
	read_all(m);
	order_presented(&m->o);
	expect_next(m, "https://ca.test/c/w/d {}\nhttps://ca.test/c/a/h {}");
	feed(m, 0, 200, "{}");
	/* Answered by the earlier run: the CA may take all its time. */
	feed(m, 1, 400, "{\"type\":\"" URN "malformed\",\"detail\":\"not pending\"}");
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_VALIDATE);
	m->t.mono_ms += ORDER_VALIDATE_MS - 1000;
	feed(m, 0, 200, "{\"status\":\"pending\"}");
	expect_step(m, ORDER_VALIDATE);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	expect_step(m, ORDER_FINALIZE);
}

/* The CA may have looked when the earlier run had taken its responses away: that is no verdict on ours, once. */
static void what_the_earlier_run_lost_is_begun_anew(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, CREATED("pending"));
	order_advance(&m->o, &m->t);
	read_all(m);
	order_presented(&m->o);
	feed(m, 0, 400, "{\"type\":\"" URN "malformed\",\"detail\":\"not pending\"}");
	feed(m, 1, 200, "{}");
	order_advance(&m->o, &m->t);
	feed(m, 0, 200, "{\"status\":\"invalid\"}");
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_CREATE);
	assert_false(m->o.resumed);
	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"invalid\"}");
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_BLAME);
}

static void ready_ones_are_finalized(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, CREATED("ready"));
	assert_true(order_waits_for_driver(&m->o));
	assert_int_equal(order_valid_count(&m->o), 3);
	order_set_csr(&m->o, "\x01", 1);
	expect_next(m, "https://ca.test/f {\"csr\":\"AQ\"}");
}

static void the_given_finalize_url_will_do(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, "{\"status\":\"ready\"," IDENTIFIERS "," AUTHORIZATIONS "}");
	order_set_csr(&m->o, "\x01", 1);
	expect_next(m, GIVEN " {\"csr\":\"AQ\"}");
	teardown(state);
	setup(state);
	m = *state;
	order_resume(&m->o, ORDER_URL, NULL);
	feed(m, 0, 200, "{\"status\":\"ready\"," IDENTIFIERS "," AUTHORIZATIONS "}");
	expect_step(m, ORDER_CREATE);
}

static void processing_ones_are_waited_for(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, CREATED("processing"));
	m->t.mono_ms += ORDER_POLL_FIRST_MS;
	expect_next(m, ORDER_URL " ");
	feed(m, 0, 200, VALID(",\"certificate\":\"https://ca.test/cert\""));
	feed(m, 0, 0, NULL);
	expect_step(m, ORDER_DOWNLOAD);
	m->t.mono_ms += ORDER_POLL_MAX_MS;
	feed(m, 0, 200, "PEM");
	expect_step(m, ORDER_DONE);
}

static void valid_ones_are_downloaded_with_patience(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, VALID(",\"certificate\":\"https://ca.test/cert\""));
	feed(m, 0, 502, "");
	expect_step(m, ORDER_DOWNLOAD);
	m->t.mono_ms += ORDER_POLL_MAX_MS;
	expect_next(m, "https://ca.test/cert ");
	feed(m, 0, 200, "PEM");
	expect_step(m, ORDER_DONE);
}

static void processing_ones_may_fail(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, CREATED("processing"));
	feed(m, 0, 200, "{\"status\":\"invalid\",\"error\":{\"type\":\"" URN "badCSR\",\"detail\":\"weak key\"}}");
	expect_next(m, "https://ca.test/z/0 \nhttps://ca.test/z/1 \nhttps://ca.test/z/2 ");
	for (size_t i = 0; i < 3; i++)
		feed(m, i, 0, NULL);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CA, "weak key");
	assert_false(order_may_resume(&m->o));
}

static const struct standing dead_authorizations[] = {
	{ 200, "{\"status\":\"invalid\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}}", ORDER_CREATE },
	{ 200, "{\"status\":\"expired\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}}", ORDER_CREATE },
	{ 200, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},\"challenges\":[]}", ORDER_CREATE },
	{ 200, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"evil.example\"}}", ORDER_CREATE },
	{ 404, "", ORDER_CREATE },
	{ 403, "", ORDER_CREATE },
	{ 200, "nonsense", ORDER_CREATE },
	{ 0, NULL, ORDER_FAILED },
	{ 500, "", ORDER_FAILED },
	{ 429, "", ORDER_FAILED },
};

/* What has run out meanwhile is no failure of today; and the rest of the round is about the old order. */
static void dead_authorizations_begin_it_anew(void **state)
{
	for (size_t i = 0; i < sizeof dead_authorizations / sizeof *dead_authorizations; i++) {
		const struct standing *w = &dead_authorizations[i];
		struct machine *m = resumed(state);

		feed(m, 0, 200, CREATED("pending"));
		feed(m, 0, 200, authz_wild);
		feed(m, 1, w->status, w->body);
		feed(m, 2, w->step == ORDER_CREATE ? 0 : 200, authz_b);
		order_advance(&m->o, &m->t);
		if (m->o.step != w->step)
			fail_msg("row %zu: %s", i, order_step_name(m->o.step));
		assert_false(m->o.stale);
		if (w->step == ORDER_CREATE) {
			assert_false(m->o.resumed);
			create(m);
			read_all(m);
		} else {
			assert_true(order_may_resume(&m->o));
		}
		teardown(state);
	}
	setup(state);
}

/* Our own file may have been edited, or written by another program. */
static void odd_urls_are_not_asked(void **state)
{
	static const char *const urls[] = { "", "http://ca.test/o", "/o", "https://u:p@ca.test/o", "https://ca.test/\n", NULL };
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		order_resume(&m->o, urls[i], GIVEN);
		expect_step(m, ORDER_CREATE);
		assert_null(m->o.url);
	}
}

struct ending { enum order_step at; int status; const char *body; bool may; };

#define AUTHZ_A_BAD "{\"status\":\"invalid\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},\"challenges\":[" \
	"{\"type\":\"http-01\",\"error\":{\"type\":\"" URN "connection\",\"detail\":\"refused\"}}," \
	"{\"type\":\"dns-01\",\"error\":{\"type\":\"" URN "dns\",\"detail\":\"no\"}}]}"

static const struct ending endings[] = {
	{ ORDER_CREATE, 403, "", false },
	{ ORDER_READ, 0, NULL, true },
	{ ORDER_READ, 500, "", true },
	{ ORDER_READ, 404, "", false },
	{ ORDER_READ, 200, AUTHZ_A_BAD, true }, /* looked at again, and begun anew by then */
	{ ORDER_VALIDATE, 404, "", false },
	{ ORDER_VALIDATE, 200, "nonsense", false },
	{ ORDER_FINALIZE, 400, "{\"type\":\"" URN "badCSR\"}", false },
	{ ORDER_ISSUE, 404, "", false },
	{ ORDER_DOWNLOAD, 403, "", false },
};

static void go_to(struct machine *m, enum order_step at)
{
	if (at == ORDER_READ)
		create(m);
	else if (at == ORDER_VALIDATE || at == ORDER_FINALIZE)
		go_validate(m);
	else if (at != ORDER_CREATE)
		go_issue(m);
	if (at == ORDER_FINALIZE) {
		feed(m, 0, 200, "{\"status\":\"ready\"}");
		order_set_csr(&m->o, "x", 1);
	}
	if (at == ORDER_DOWNLOAD)
		feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/cert\"}");
	expect_step(m, at);
}

static void some_endings_leave_an_order_behind(void **state)
{
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		struct machine *m;

		setup(state);
		m = *state;
		assert_false(order_may_resume(&m->o));
		go_to(m, endings[i].at);
		assert_false(order_may_resume(&m->o));
		feed(m, 0, endings[i].status, endings[i].body);
		expect_step(m, ORDER_FAILED);
		if (order_may_resume(&m->o) != endings[i].may)
			fail_msg("row %zu: %s", i, m->o.err.cause);
		teardown(state);
	}
	setup(state);
}

static const struct { enum err_kind kind; enum order_step at; bool may; } driver_endings[] = {
	{ ERR_INTERRUPTED, ORDER_CREATE, false }, { ERR_INTERRUPTED, ORDER_READ, true }, { ERR_INTERRUPTED, ORDER_ISSUE, true },
	{ ERR_NET, ORDER_VALIDATE, true }, { ERR_IO, ORDER_VALIDATE, true }, { ERR_HOOK, ORDER_READ, true },
	{ ERR_CHALLENGE, ORDER_READ, true }, { ERR_RATELIMIT, ORDER_FINALIZE, true }, { ERR_CERTIFICATE, ORDER_ISSUE, false },
	{ ERR_CONFIG, ORDER_READ, false }, { ERR_INTERNAL, ORDER_READ, false },
};

static void the_driver_may_leave_one_too(void **state)
{
	for (size_t i = 0; i < sizeof driver_endings / sizeof *driver_endings; i++) {
		struct err e = ERR_INIT;
		struct machine *m;

		setup(state);
		m = *state;
		go_to(m, driver_endings[i].at);
		err_set(&e, driver_endings[i].kind, "stop");
		order_fail(&m->o, &e);
		if (order_may_resume(&m->o) != driver_endings[i].may)
			fail_msg("row %zu", i);
		teardown(state);
	}
	setup(state);
}

static void what_only_took_too_long_is_looked_at_again(void **state)
{
	struct machine *m = *state;

	go_issue(m);
	m->t.mono_ms += ORDER_ISSUE_MS + 1;
	feed(m, 0, 200, "{\"status\":\"processing\"}");
	expect_failure(m, ERR_CA, "did not finish in time");
	assert_true(order_may_resume(&m->o));
	teardown(state);
	setup(state);
	m = *state;
	go_validate(m);
	m->t.mono_ms += ORDER_VALIDATE_MS + 1;
	feed(m, 0, 200, CREATED("pending"));
	for (size_t i = 0; i < 3; i++)
		feed(m, i, 200, i == 0 ? authz_wild : i == 1 ? authz_a : authz_b);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CHALLENGE, "has not validated it yet");
	assert_int_equal(m->o.culprits.count, 0);
	assert_true(order_may_resume(&m->o));
}

static void an_invalid_one_is_over_whoever_is_to_blame(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"invalid\"}");
	for (size_t i = 0; i < 3; i++)
		feed(m, i, 0, NULL);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CHALLENGE, "the CA gives no reason");
	assert_false(order_may_resume(&m->o));
}

/* Else an order that hangs would be looked at for as long as the CA keeps it. */
static void but_only_once(void **state)
{
	struct machine *m = resumed(state);

	feed(m, 0, 200, CREATED("pending"));
	order_advance(&m->o, &m->t);
	read_all(m);
	order_presented(&m->o);
	feed(m, 0, 200, "{}");
	feed(m, 1, 200, "{}");
	order_advance(&m->o, &m->t);
	m->t.mono_ms += ORDER_VALIDATE_MS + 1;
	feed(m, 0, 200, CREATED("pending"));
	for (size_t i = 0; i < 3; i++)
		feed(m, i, 0, NULL);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_FAILED);
	assert_false(order_may_resume(&m->o));
}

static void culprits_are_listed_once_each(void **state)
{
	struct machine *m = *state;
	char *all;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"invalid\"}");
	feed(m, 0, 200, "{\"status\":\"invalid\",\"wildcard\":true,\"identifier\":{\"type\":\"dns\",\"value\":\"B.example\"},\"challenges\":["
	     "{\"type\":\"dns-01\",\"error\":{\"type\":\"" URN "dns\",\"detail\":\"SERVFAIL\"}}]}");
	feed(m, 1, 200, AUTHZ_A_BAD);
	feed(m, 2, 200, AUTHZ_A_BAD);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_FAILED);
	all = strs_join(&m->o.culprits, " ");
	assert_string_equal(all, "*.b.example a.example");
	assert_false(order_may_resume(&m->o));
	free(all);
}

static void who_is_refused_at_once_is_one_too(void **state)
{
	struct machine *m = *state;

	create(m);
	read_all(m);
	order_presented(&m->o);
	feed(m, 0, 403, "{\"type\":\"" URN "unauthorized\",\"detail\":\"no\"}");
	expect_failure(m, ERR_CHALLENGE, "no");
	assert_int_equal(m->o.culprits.count, 1);
	assert_string_equal(m->o.culprits.item[0], "*.b.example");
	assert_false(order_may_resume(&m->o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_order_goes_on_where_it_stands, teardown),
		cmocka_unit_test_teardown(pending_ones_are_validated, teardown), cmocka_unit_test_teardown(ready_ones_are_finalized, teardown),
		cmocka_unit_test_teardown(the_given_finalize_url_will_do, teardown),
		cmocka_unit_test_teardown(processing_ones_are_waited_for, teardown),
		cmocka_unit_test_teardown(valid_ones_are_downloaded_with_patience, teardown),
		cmocka_unit_test_teardown(processing_ones_may_fail, teardown),
		cmocka_unit_test_teardown(dead_authorizations_begin_it_anew, teardown), ROW(odd_urls_are_not_asked),
		cmocka_unit_test_teardown(what_the_earlier_run_lost_is_begun_anew, teardown),
		cmocka_unit_test_teardown(some_endings_leave_an_order_behind, teardown),
		cmocka_unit_test_teardown(the_driver_may_leave_one_too, teardown), ROW(what_only_took_too_long_is_looked_at_again),
		ROW(an_invalid_one_is_over_whoever_is_to_blame), cmocka_unit_test_teardown(but_only_once, teardown),
		 ROW(culprits_are_listed_once_each), ROW(who_is_refused_at_once_is_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
