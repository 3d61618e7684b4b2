#include "config.h"

#include "run/history.h"

#include "run/job.h"
#include "run_maker.h"

#define DAY 86400
#define SETTINGS "certificates:\n  - name: shop\n    names: [example.jp]\n    challenge: {webroot: /w}\n    deploy: tell\n"

static int setup(void **state)
{
	int rc = run_setup(state);
	struct run *r = *state;

	run_hook(r, "tell", "#!/bin/sh\necho \"$TEGATA_REASON $TEGATA_GENERATION\" >>\"${0%/*}/../told\"\n");
	run_open(r, SETTINGS, "- example.jp\n");
	return rc;
}

/* Generations 1..n, the last one live. */
static void issue(struct run *r, int n)
{
	for (int i = 1; i <= n; i++)
		assert_int_equal(run_issue(r, "shop", "example.jp", RUN_NOW - (10 - i) * DAY, RUN_NOW + (80 + i) * DAY), i);
}

static void damage(struct run *r, int number)
{
	char *path = store_generation_path(r->s.store, "shop", number, "chain.pem");

	scratch_write(path, "nothing\n", 0600);
	free(path);
}

static int live(struct run *r)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found = false;
	int number;

	assert_int_equal(site_open_store(&r->s, &e), 0);
	assert_int_equal(store_generation_live(r->s.store, "shop", &g, &found, &e), 0);
	number = found ? g.number : 0;
	store_generation_clear(&g);
	return number;
}

static void assert_told(const struct run *r, const char *expected)
{
	char *path = fs_join(r->etc, "told"), *text = scratch_read(path);

	assert_string_equal(text ? text : "", expected);
	free(text);
	free(path);
}

static int held(struct run *r)
{
	struct store_state st = {0};
	struct err e = ERR_INIT;
	int number;

	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	number = st.held;
	store_state_clear(&st);
	return number;
}

static void go_back(struct run *r, int number, bool force)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	if (history_rollback(&r->s, "shop", number, force, &report, &e) != 0)
		fail_msg("history_rollback: %s", e.cause);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.item[0].name, "shop");
	assert_string_equal(report.item[0].group, "shop");
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_int_equal(report.item[0].generation, live(r));
	assert_int_equal(report.item[0].deploy_err.kind, ERR_NONE);
	assert_int_equal(report.item[0].deploy_owed, 0);
	assert_int_equal(report.item[0].deployed.count, 1);
	visit_report_clear(&report);
}

static void refused(struct run *r, const char *name, int number, enum err_kind kind, const char *text)
{
	int before = live(r);
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	assert_int_equal(history_rollback(&r->s, name, number, false, &report, &e), -1);
	assert_int_equal(report.count, 0);
	run_error(r, &e, kind, text);
	assert_int_equal(live(r), before);
}

static void test_what_is_kept(void **state)
{
	struct run *r = *state;
	struct history h = {0};
	struct err e = ERR_INIT;

	assert_int_equal(history_gather(&r->s, "shop", &h, &e), 0);
	assert_int_equal(h.count, 0);
	history_clear(&h);
	issue(r, 3);
	damage(r, 2);
	assert_int_equal(history_gather(&r->s, "shop", &h, &e), 0);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.item[0].generation.number, 3);
	assert_true(h.item[0].live);
	assert_null(h.item[0].damage);
	assert_int_equal(h.item[1].generation.number, 2);
	assert_string_equal(h.item[1].generation.serial, "0abc");
	assert_non_null(h.item[1].damage);
	assert_false(h.item[1].live);
	assert_int_equal(h.item[2].generation.not_after, RUN_NOW + 81 * DAY);
	history_clear(&h);
	assert_int_equal(history_gather(&r->s, "shopp", &h, &e), -1);
	run_error(r, &e, ERR_USAGE, "there is no certificate named \"shopp\"");
	assert_int_equal(history_gather(&r->s, "../shop", &h, &e), -1);
	run_error(r, &e, ERR_USAGE, "there is no certificate named \"../shop\"");
	/* One that left the settings is still kept. */
	run_open(r, "certificates: []\n", "- example.jp\n");
	assert_int_equal(history_gather(&r->s, "shop", &h, &e), 0);
	assert_int_equal(h.count, 3);
	history_clear(&h);
}

static void test_there_and_back(void **state)
{
	struct run *r = *state;

	issue(r, 3);
	go_back(r, 0, false);
	assert_int_equal(live(r), 2);
	assert_int_equal(held(r), 2);
	assert_told(r, "rollback 2\n");
	go_back(r, 0, false);
	assert_int_equal(live(r), 1);
	assert_int_equal(held(r), 1);
	/* The newest is what would be there anyway: it is not held. */
	go_back(r, 3, false);
	assert_int_equal(live(r), 3);
	assert_int_equal(held(r), 0);
	assert_told(r, "rollback 2\nrollback 1\nrollback 3\n");
	go_back(r, 1, false);
	assert_int_equal(live(r), 1);
	assert_int_equal(held(r), 1);
}

static void test_what_cannot_be(void **state)
{
	struct run *r = *state;

	refused(r, "shopp", 0, ERR_USAGE,
	        "going back to an earlier certificate of shopp: there is no certificate named \"shopp\"");
	refused(r, "shop", 0, ERR_USAGE,
	        "going back to an earlier certificate of shop: shop has no earlier generation to go back to");
	issue(r, 1);
	refused(r, "shop", 0, ERR_USAGE,
	        "going back to an earlier certificate of shop: shop has no earlier generation to go back to");
	refused(r, "shop", 1, ERR_USAGE, "going back to an earlier certificate of shop: generation 1 of shop is live already");
	refused(r, "shop", 7, ERR_USAGE, "going back to an earlier certificate of shop: shop has no generation 7");
	assert_told(r, "");
}

static void test_damaged_ones_are_refused(void **state)
{
	struct run *r = *state;
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	issue(r, 2);
	damage(r, 1);
	assert_int_equal(history_rollback(&r->s, "shop", 0, true, &report, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	err_clear(&e);
	assert_int_equal(live(r), 2);
	assert_int_equal(held(r), 0);
	assert_told(r, "");
}

static void test_ended_or_revoked_ones_want_force(void **state)
{
	struct run *r = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;

	run_issue(r, "shop", "example.jp", RUN_NOW - 90 * DAY, RUN_NOW);
	run_issue(r, "shop", "example.jp", RUN_NOW - 30 * DAY, RUN_NOW + 60 * DAY);
	refused(r, "shop", 1, ERR_CERTIFICATE,
	        "going back to an earlier certificate of shop: generation 1 of shop ended on 2026-09-21T23:13:20+09:00");
	go_back(r, 1, true);
	assert_int_equal(live(r), 1);
	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	st.revocation.serial = str_dup("0abc");
	st.revocation.status = str_dup("revoked");
	assert_int_equal(store_state_save(r->s.store, "shop", &st, &e), 0);
	store_state_clear(&st);
	refused(r, "shop", 2, ERR_CERTIFICATE,
	        "going back to an earlier certificate of shop: generation 2 of shop has been revoked");
	go_back(r, 2, true);
	assert_int_equal(live(r), 2);
}

static void test_of_one_that_is_not_configured(void **state)
{
	struct run *r = *state;
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	issue(r, 2);
	run_open(r, "certificates: []\n", "- example.jp\n");
	if (history_rollback(&r->s, "shop", 0, false, &report, &e) != 0)
		fail_msg("%s", e.cause);
	assert_int_equal(live(r), 1);
	assert_int_equal(report.item[0].deployed.count, 0);
	assert_told(r, "");
	visit_report_clear(&report);
}

static void test_a_failing_hook_stays_owed(void **state)
{
	struct run *r = *state;
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	issue(r, 2);
	run_hook(r, "tell", "#!/bin/sh\nexit 1\n");
	assert_int_equal(history_rollback(&r->s, "shop", 0, false, &report, &e), 0);
	assert_int_equal(report.item[0].deploy_owed, 1);
	assert_int_equal(report.item[0].deploy_err.kind, ERR_HOOK);
	assert_int_equal(live(r), 1);
	visit_report_clear(&report);
}

/* A run died before the switch to what it had received: that is settled first, and not over the choice that is made now. */
static void test_after_a_run_that_died(void **state)
{
	struct run *r = *state;
	struct store_journal j = {.name = (char[]){"shop"}, .ca = (char[]){"jprs"}, .server = (char[]){"https://ca.test/d"}, .generation = 3};
	struct err e = ERR_INIT;

	issue(r, 3);
	assert_int_equal(store_generation_switch(r->s.store, "shop", 2, &e), 0);
	assert_int_equal(store_journal_save(r->s.store, &j, &e), 0);
	go_back(r, 1, false);
	assert_int_equal(live(r), 1);
	assert_int_equal(job_recover_all(&r->s, &e), 0);
	assert_int_equal(live(r), 1);
	assert_int_equal(held(r), 1);
	/* Of what is older than what is live no run can have died. */
	go_back(r, 3, false);
	j.generation = 2;
	assert_int_equal(store_journal_save(r->s.store, &j, &e), 0);
	assert_int_equal(job_recover_all(&r->s, &e), 0);
	assert_int_equal(live(r), 3);
	assert_int_equal(store_generation_check(r->s.store, "shop", 2, &e), 0);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_what_is_kept),
		WITH(test_there_and_back),
		WITH(test_what_cannot_be),
		WITH(test_after_a_run_that_died),
		WITH(test_damaged_ones_are_refused),
		WITH(test_ended_or_revoked_ones_want_force),
		WITH(test_of_one_that_is_not_configured),
		WITH(test_a_failing_hook_stays_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
