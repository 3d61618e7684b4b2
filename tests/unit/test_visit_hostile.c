/* CAs that say the same of whatever they issue: no visit of the timer may make an order out of that each hour. */
#include "config.h"

#include "run/forethought.h"
#include "visit_maker.h"

#define HOUR 3600
#define DAY 86400
#define CERT "  - {name: one, names: [a.example], challenge: {webroot: \"@\"}}\n"

static void revoke_live(struct rig *p)
{
	struct store_state st = rig_state(p, "one");
	struct store_generation g = rig_live(p, "one");
	struct err e = ERR_INIT;

	str_replace(&st.revocation.serial, str_dup(g.serial));
	str_replace(&st.revocation.status, str_dup("revoked"));
	st.revocation.reason = 4;
	st.revocation.next_at = clock_now(p->r->s.clock) + DAY;
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);
	store_generation_clear(&g);
}

static size_t orders_of_hours(struct rig *p, int hours, bool revoked)
{
	size_t before = p->w->ca.order_count;
	struct visit_options o = {0};

	for (int i = 0; i < hours; i++) {
		struct visit_report report;

		rig_wait(p, HOUR);
		if (revoked)
			revoke_live(p);
		report = rig_visit_as(p, &o);
		assert_int_not_equal(report.item[0].outcome, VISIT_FAILED);
		visit_report_clear(&report);
	}
	return p->w->ca.order_count - before;
}

static void all_that_it_issues_is_revoked(void **state)
{
	struct rig *p = *state;
	struct strs names = {0};
	struct visit_options by_name = {.names = &names}, by_timer = {0};
	struct visit_report report;

	rig_open(p, CERT);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	/* The first time at once … */
	rig_wait(p, HOUR);
	revoke_live(p);
	rig_visit(p, VISIT_ISSUED, VISIT_REVOKED);
	/* … and from then on once a day, which is said. */
	rig_wait(p, HOUR);
	revoke_live(p);
	report = rig_visit_as(p, &by_timer);
	assert_int_equal(report.item[0].outcome, VISIT_WAITING);
	assert_int_equal(report.item[0].reason, VISIT_REVOKED);
	assert_int_equal(report.item[0].next_try, clock_now(p->r->s.clock) + 23 * HOUR);
	assert_string_equal(report.item[0].wait_why, "daily");
	world_error(&report.item[0].err, ERR_CA, "has revoked this certificate too");
	visit_report_clear(&report);
	assert_int_equal(orders_of_hours(p, 72, true), 3);
	/* Who asks for it by name has it. */
	rig_wait(p, HOUR);
	revoke_live(p);
	strs_add(&names, "one");
	report = rig_visit_as(p, &by_name);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	visit_report_clear(&report);
	strs_clear(&names);
}

/* RFC 9773 §4.2: a window in the past means now; of every new certificate anew, it means at most each day. */
static void all_that_it_issues_is_overdue(void **state)
{
	struct rig *p = *state;
	int64_t now;

	p->w->ca.offers_renewal_info = true;
	rig_open(p, CERT);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	now = clock_now(p->r->s.clock);
	p->w->ca.renewal[0] = (struct fake_renewal){.start = now - 2 * DAY, .end = now - DAY};
	rig_wait(p, 7 * HOUR);
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);
	assert_int_equal(orders_of_hours(p, 72, false), 3);
}

/* The plan said "kept", and that was all that somebody agreed to. */
static void a_plan_binds_whatever_the_ca_says_by_then(void **state)
{
	struct rig *p = *state;
	char *path = fs_join(p->r->dir, "plan.json");
	struct strs names = {0}, kept = {0};
	struct visit_options o = {.names = &names, .kept = &kept, .unattended = true};
	struct forethought f = {0};
	struct visit_report report;
	struct err e = ERR_INIT;
	struct json *j;
	int64_t now;
	char *text;

	p->w->ca.offers_renewal_info = true;
	rig_open(p, "  - {name: one, key: [ecdsa-p256, rsa2048], names: [a.example], challenge: {webroot: \"@\"}}\n");
	report = rig_visit_as(p, &(struct visit_options){0});
	visit_report_clear(&report);
	strs_add(&names, "one");
	assert_int_equal(forethought_gather(&p->r->s, NULL, false, &f, &e), 0);
	f.count = 1; /* one+rsa2048 is not part of it */
	j = forethought_json(&f);
	f.count = 2;
	text = json_format_pretty(j);
	scratch_write(path, text, 0644);
	strs_clear(&names);
	if (forethought_check(&p->r->s, path, &names, &kept, &e) != 0)
		fail_msg("%s", e.cause);
	assert_true(strs_has(&kept, "one"));
	now = clock_now(p->r->s.clock);
	p->w->ca.renewal[0] = (struct fake_renewal){.start = now - 2 * DAY, .end = now - DAY};
	rig_wait(p, 7 * HOUR);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.count, 1);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	visit_report_clear(&report);
	assert_int_equal(p->w->ca.order_count, 2);
	strs_clear(&names);
	strs_clear(&kept);
	forethought_clear(&f);
	json_free(j);
	free(text);
	free(path);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(all_that_it_issues_is_revoked), RIG(all_that_it_issues_is_overdue), RIG(a_plan_binds_whatever_the_ca_says_by_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
