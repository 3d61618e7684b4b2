#include "config.h"

#include "acme/order.h"

#include "order_maker.h"

#define NAMES "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"b.example\"}," \
	"{\"type\":\"dns\",\"value\":\"*.b.example\"}]"
#define PROBLEM(type) "{\"type\":\"" URN type "\",\"detail\":\"because\"}"

static void replaces_and_profile_are_sent_when_set(void **state)
{
	struct machine *m = *state;

	expect_next(m, NEW_ORDER " " NAMES "}");
	order_set_profile(&m->o, "shortlived");
	expect_next(m, NEW_ORDER " " NAMES ",\"profile\":\"shortlived\"}");
	order_set_replaces(&m->o, "AA.AB");
	expect_next(m, NEW_ORDER " " NAMES ",\"replaces\":\"AA.AB\",\"profile\":\"shortlived\"}");
	order_set_profile(&m->o, NULL);
	expect_next(m, NEW_ORDER " " NAMES ",\"replaces\":\"AA.AB\"}");
	create(m);
	assert_string_equal(m->o.replaces, "AA.AB");
	assert_false(m->o.replaces_refused);
}

struct refusal { int status; const char *body; bool again; enum err_kind kind; };

static const struct refusal refusals[] = {
	{ 409, PROBLEM("alreadyReplaced"), true, ERR_NONE },
	{ 409, PROBLEM("conflict"), true, ERR_NONE },
	{ 400, PROBLEM("malformed"), true, ERR_NONE },
	{ 404, PROBLEM("malformed"), true, ERR_NONE },
	{ 403, PROBLEM("unauthorized"), true, ERR_NONE },
	{ 400, PROBLEM("serverInternal"), true, ERR_NONE },
	{ 400, PROBLEM("somethingNew"), true, ERR_NONE },
	{ 400, "{\"type\":\"https://ca.test/errors/replaces\"}", true, ERR_NONE },
	{ 400, "<html>", true, ERR_NONE },
	{ 499, "", true, ERR_NONE },
	{ 429, PROBLEM("rateLimited"), false, ERR_RATELIMIT },
	{ 429, PROBLEM("malformed"), false, ERR_RATELIMIT },
	{ 400, PROBLEM("rateLimited"), false, ERR_RATELIMIT },
	{ 400, PROBLEM("badNonce"), false, ERR_CA },
	{ 400, PROBLEM("accountDoesNotExist"), false, ERR_CA },
	{ 403, PROBLEM("userActionRequired"), false, ERR_CA },
	{ 403, PROBLEM("rejectedIdentifier"), false, ERR_CA },
	{ 400, PROBLEM("unsupportedIdentifier"), false, ERR_CA },
	{ 403, PROBLEM("caa"), false, ERR_CA },
	{ 400, PROBLEM("invalidProfile"), false, ERR_CONFIG },
	{ 301, "", false, ERR_CA },
};

static void a_refused_replaces_is_left_out_once(void **state)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct refusal *f = &refusals[i];
		struct machine *m;

		setup(state);
		m = *state;
		order_set_replaces(&m->o, "AA.AB");
		order_set_profile(&m->o, "p");
		feed(m, 0, f->status, f->body);
		order_advance(&m->o, &m->t);
		if (m->o.replaces_refused != f->again || (m->o.replaces == NULL) != f->again)
			fail_msg("row %zu: %s", i, f->again ? "replaces is kept" : "replaces is dropped");
		if (!f->again) {
			expect_failure(m, f->kind, "placing the order");
			assert_false(order_may_resume(&m->o));
		} else {
			expect_next(m, NEW_ORDER " " NAMES ",\"profile\":\"p\"}");
			feed(m, 0, f->status, f->body);
			expect_failure(m, ERR_CA, "placing the order");
		}
		teardown(state);
	}
	setup(state);
}

static void the_second_try_may_work(void **state)
{
	struct machine *m = *state;

	order_set_replaces(&m->o, "AA.AB");
	feed(m, 0, 409, PROBLEM("alreadyReplaced"));
	create(m);
	read_all(m);
	assert_true(m->o.replaces_refused);
}

/* Passing faults are not about replaces. */
static void a_lost_answer_keeps_it(void **state)
{
	struct machine *m = *state;

	order_set_replaces(&m->o, "AA.AB");
	feed(m, 0, 0, NULL);
	feed(m, 0, 503, "");
	m->t.mono_ms += ORDER_POLL_MAX_MS;
	expect_next(m, NEW_ORDER " " NAMES ",\"replaces\":\"AA.AB\"}");
	/* The first one had got there. */
	feed(m, 0, 409, PROBLEM("alreadyReplaced"));
	expect_next(m, NEW_ORDER " " NAMES "}");
	feed(m, 0, 500, "");
	expect_failure(m, ERR_CA, "500");
}

/* An inner fault is tried again as any; what is left over after that may be about replaces, if the CA said it in its own words. */
static void an_inner_fault_that_stays_drops_it(void **state)
{
	static const struct { int status; const char *body; bool drop; } rows[] = {
		{ 500, PROBLEM("serverInternal"), true },
		{ 500, "", false },
		{ 503, PROBLEM("serverInternal"), false },
		{ 500, PROBLEM("malformed"), false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct machine *m;

		setup(state);
		m = *state;
		order_set_replaces(&m->o, "AA.AB");
		for (int tries = 0; tries < 3; tries++) {
			expect_next(m, NEW_ORDER " " NAMES ",\"replaces\":\"AA.AB\"}");
			feed(m, 0, rows[i].status, rows[i].body);
			m->t.mono_ms += ORDER_POLL_MAX_MS;
		}
		if (m->o.replaces_refused != rows[i].drop)
			fail_msg("row %zu", i);
		if (rows[i].drop) {
			expect_next(m, NEW_ORDER " " NAMES "}");
			feed(m, 0, rows[i].status, rows[i].body);
		}
		order_advance(&m->o, &m->t);
		expect_failure(m, ERR_CA, "placing the order");
		teardown(state);
	}
	setup(state);
}

static void without_replaces_a_refusal_is_final(void **state)
{
	struct machine *m = *state;

	feed(m, 0, 409, PROBLEM("conflict"));
	expect_failure(m, ERR_CA, "because");
	assert_false(m->o.replaces_refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(replaces_and_profile_are_sent_when_set), cmocka_unit_test_teardown(a_refused_replaces_is_left_out_once, teardown),
		ROW(the_second_try_may_work), ROW(a_lost_answer_keeps_it),
		cmocka_unit_test_teardown(an_inner_fault_that_stays_drops_it, teardown), ROW(without_replaces_a_refusal_is_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
