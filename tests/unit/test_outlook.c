/* The forecast of a machine: what it is fed with, and the what-ifs. What follows from that is test_forecast's. */
#include "config.h"

#include "run/outlook.h"

#include "forecast_maker.h"
#include "run_maker.h"

#define DAY ((int64_t)86400)
#define ONE "certificates:\n  - {name: one, names: [A.jp, www.a.jp], challenge: {webroot: /w}}\n"

static struct outlook look(struct run *r, const struct outlook_whatif *w, int64_t until)
{
	struct outlook o = {0};
	struct err e = ERR_INIT;

	if (outlook_gather(&r->s, w, until, &o, &e) != 0)
		fail_msg("outlook_gather: %s", e.cause);
	return o;
}

static void refuse(struct run *r, const struct outlook_whatif *w, int64_t until, const char *text)
{
	struct outlook o = {0};
	struct err e = ERR_INIT;

	assert_int_equal(outlook_gather(&r->s, w, until, &o, &e), -1);
	run_error(r, &e, ERR_USAGE, text);
	assert_int_equal(o.now.count, 0);
}

/* The kinds of the events of one side until that day, in one line. */
static void assert_kinds(const struct forecast *f, const char *expected)
{
	struct strs kinds = {0};
	char *joined;

	for (size_t i = 0; i < f->count; i++)
		strs_add(&kinds, forecast_kind_name(f->event[i].kind));
	joined = strs_join(&kinds, " ");
	assert_string_equal(joined ? joined : "", expected);
	free(joined);
	strs_clear(&kinds);
}

static void assert_diff(const struct forecast_diff *d, const char *expected)
{
	struct strs kinds = {0};
	char *joined;

	for (size_t i = 0; i < d->gone_count; i++)
		strs_take(&kinds, str_fmt("-%s", forecast_kind_name(d->gone[i]->kind)));
	for (size_t i = 0; i < d->added_count; i++)
		strs_take(&kinds, str_fmt("+%s", forecast_kind_name(d->added[i]->kind)));
	joined = strs_join(&kinds, " ");
	assert_string_equal(joined ? joined : "", expected);
	free(joined);
	strs_clear(&kinds);
}

static void a_first_certificate(void **state)
{
	struct run *r = *state;
	struct outlook o;

	run_open(r, ONE, "- a.jp\n");
	o = look(r, NULL, RUN_NOW + 50 * DAY);
	assert_kinds(&o.now, "begin issue");
	assert_string_equal(o.now.event[1].certificate, "one");
	assert_int_equal(o.now.event[1].end_at, RUN_NOW + 90 * DAY);
	assert_int_equal(o.now.at, RUN_NOW);
	assert_int_equal(o.now.until, RUN_NOW + 50 * DAY);
	assert_false(o.asked);
	assert_int_equal(o.then.count, 0);
	outlook_clear(&o);

	o = look(r, NULL, 0);
	assert_int_equal(o.now.until, RUN_NOW + FORECAST_DEFAULT_SEC);
	outlook_clear(&o);
	assert_int_equal(r->requests, 0);
}

/* What is live is renewed when `plan` says so, and as the setting says from then on. */
static void what_is_live(void **state)
{
	struct run *r = *state;
	struct outlook o;

	run_open(r, ONE, "- {fqdn: a.jp, ends: 2030-01-31}\n");
	run_issue(r, "one", "a.jp www.a.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);
	o = look(r, NULL, RUN_NOW + 100 * DAY);
	assert_kinds(&o.now, "renewal");
	assert_true(o.now.event[0].at >= RUN_NOW + 50 * DAY && o.now.event[0].at <= RUN_NOW + 51 * DAY);
	assert_int_equal(o.now.event[0].end_at, o.now.event[0].at + 90 * DAY);
	outlook_clear(&o);

	/* Other names are wanted by now: a new one at once. */
	run_open(r, "certificates:\n  - {name: one, names: [a.jp], renew_before: 20d, challenge: {webroot: /w}}\n",
	         "- {fqdn: a.jp, ends: 2030-01-31}\n");
	o = look(r, NULL, RUN_NOW + 75 * DAY);
	assert_kinds(&o.now, "renewal renewal");
	assert_int_equal(o.now.event[0].at, RUN_NOW);
	assert_int_equal(o.now.event[1].at, RUN_NOW + 70 * DAY);
	outlook_clear(&o);
}

/* Rule 17, in the machine: an entry ends, and on_lapse decides; a request made elsewhere cannot shrink. */
static void an_entry_ends(void **state)
{
	static const char list[] = "- {fqdn: a.jp, ends: 2026-09-30}\n- {fqdn: b.jp, ends: 2030-01-31}\n";
	struct run *r = *state;
	struct outlook o;

	run_open(r, "certificates:\n  - {name: one, names: [a.jp, b.jp], challenge: {webroot: /w}}\n", list);
	run_issue(r, "one", "a.jp b.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);
	o = look(r, NULL, RUN_NOW + 30 * DAY);
	assert_kinds(&o.now, "pay-by lapse revocation blocked");
	assert_string_equal(o.now.event[2].innocent.item[0], "b.jp");
	outlook_clear(&o);

	run_open(r, "certificates:\n  - {name: one, names: [a.jp, b.jp], on_lapse: shrink, challenge: {webroot: /w}}\n", list);
	o = look(r, NULL, RUN_NOW + 30 * DAY);
	assert_kinds(&o.now, "shrink pay-by lapse");
	outlook_clear(&o);
}

/* What was let go with its entry is wanted no more, until the entry is renewed: in earnest, or in a what-if. */
static void names_that_were_let_go(void **state)
{
	struct run *r = *state;
	struct outlook_whatif w = {0};
	struct store_state st = {0};
	struct err e = ERR_INIT;
	struct outlook o;

	run_open(r, "certificates:\n  - {name: one, names: [a.jp, b.jp], challenge: {webroot: /w}}\n",
	         "- {fqdn: a.jp, ends: 2026-08-31}\n- {fqdn: b.jp, ends: 2030-01-31}\n");
	run_issue(r, "one", "b.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);
	st.dropped = mem_new(1, sizeof *st.dropped);
	st.dropped_count = 1;
	st.dropped[0] = (struct store_dropped){str_dup("a.jp"), date_jst_begin((struct date){2026, 9, 1})};
	assert_int_equal(store_state_save(r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);

	strs_add(&w.renew, "a.jp");
	o = look(r, &w, RUN_NOW + 40 * DAY);
	assert_kinds(&o.now, "");
	assert_diff(&o.diff, "+renewal");
	assert_int_equal(o.then.event[0].at, RUN_NOW);
	outlook_clear(&o);
	outlook_whatif_clear(&w);
}

static void what_if(void **state)
{
	struct run *r = *state;
	struct outlook_whatif w = {0};
	struct outlook o;

	run_open(r, ONE, "- {fqdn: a.jp, ends: 2026-09-30}\n- {fqdn: idle.jp, first_issued: 2025-11-10}\n");
	run_issue(r, "one", "a.jp www.a.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);

	strs_add(&w.renew, "a.jp");
	o = look(r, &w, RUN_NOW + 40 * DAY);
	assert_true(o.asked);
	assert_diff(&o.diff, "-pay-by -lapse -revocation -blocked");
	outlook_clear(&o);
	strs_add(&w.renew, "a.jp"); /* twice: two years, 2028-09-30 */
	o = look(r, &w, date_jst_begin((struct date){2028, 9, 30}));
	assert_int_equal(o.then.event[o.then.count - 1].kind, FORECAST_PAY_BY);
	assert_string_equal(o.then.event[o.then.count - 1].entry, "a.jp");
	outlook_clear(&o);
	strs_clear(&w.renew);

	/* The rule of the list: a first issuance with one renewal more. */
	strs_add(&w.renew, "idle.jp");
	o = look(r, &w, RUN_NOW + 80 * DAY);
	assert_diff(&o.diff, "-pay-by -lapse");
	outlook_clear(&o);
	strs_clear(&w.renew);

	strs_add(&w.without, "a.jp");
	strs_add(&w.add, "www.a.jp");
	o = look(r, &w, RUN_NOW + 70 * DAY);
	assert_diff(&o.diff, "-pay-by -lapse -revocation -blocked +pay-by +lapse +revocation +blocked");
	assert_int_equal(o.diff.added[1]->at, date_jst_begin(date_of_jst(RUN_NOW)) + DAY);
	assert_int_equal(o.diff.added[2]->kind, FORECAST_REVOCATION);
	assert_string_equal(o.diff.added[3]->entry, "a.jp");
	assert_string_equal(o.diff.added[3]->names.item[0], "a.jp");
	assert_int_equal(o.diff.added[3]->names.count, 1);
	outlook_clear(&o);
	strs_add(&w.add, "a.jp"); /* a new contract */
	o = look(r, &w, RUN_NOW + 51 * DAY);
	assert_diff(&o.diff, "-pay-by -lapse -revocation -blocked +begin +begin +renewal");
	outlook_clear(&o);
	strs_clear(&w.without);
	strs_clear(&w.add);
	outlook_whatif_clear(&w);
}

static void what_if_more_at_once(void **state)
{
	struct run *r = *state;
	struct forecast_span *down = mem_new(1, sizeof *down);
	struct outlook_whatif w = {0};
	struct outlook o;

	run_open(r, ONE, "- {fqdn: a.jp, ends: 2026-09-30}\n");
	run_issue(r, "one", "a.jp www.a.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);

	strs_add(&w.add, "*.a.jp");
	o = look(r, &w, RUN_NOW + 20 * DAY);
	/* www.a.jp is lost all the same, and a.jp falls with it, now innocent. */
	assert_diff(&o.diff, "-lapse -revocation -blocked +lapse +revocation +blocked");
	assert_string_equal(o.diff.added[1]->innocent.item[0], "a.jp");
	outlook_clear(&o);
	strs_clear(&w.add);

	w.lifetime_sec = 47 * DAY;
	strs_add(&w.renew, "a.jp");
	down[0] = (struct forecast_span){RUN_NOW + 49 * DAY, RUN_NOW + 60 * DAY};
	w.down = down;
	w.down_count = 1;
	o = look(r, &w, RUN_NOW + 65 * DAY);
	assert_diff(&o.diff, "-pay-by -lapse -revocation -blocked +blocked +renewal");
	assert_int_equal(o.diff.added[1]->at, RUN_NOW + 60 * DAY);
	assert_int_equal(o.diff.added[1]->end_at, RUN_NOW + 107 * DAY);
	outlook_clear(&o);
	outlook_whatif_clear(&w);
}

/* As if it were then, and nothing had been done until then. */
static void another_time(void **state)
{
	struct run *r = *state;
	struct outlook_whatif w = {.at = RUN_NOW + 200 * DAY};
	struct outlook o;

	run_open(r, ONE, "- {fqdn: a.jp, ends: 2030-01-31}\n");
	run_issue(r, "one", "a.jp www.a.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);
	o = look(r, &w, 0);
	assert_int_equal(o.then.at, w.at);
	assert_int_equal(o.then.until, w.at + FORECAST_DEFAULT_SEC);
	assert_int_equal(o.now.until, o.then.until);
	assert_int_equal(o.then.event[0].kind, FORECAST_RENEWAL);
	assert_int_equal(o.then.event[0].at, w.at);
	assert_true(o.diff.gone_count > 3);
	outlook_clear(&o);
}

static void refusals(void **state)
{
	struct run *r = *state;
	struct outlook_whatif w = {0};

	run_open(r, ONE, "- a.jp\n- example.jp\n");
	strs_add(&w.without, "exemple.jp");
	refuse(r, &w, 0, "exemple.jp is not in the list; nearest is example.jp");
	strs_clear(&w.without);
	strs_add(&w.renew, "b.jp");
	refuse(r, &w, 0, "b.jp is not in the list; nearest is a.jp");
	strs_add(&w.add, "b.jp"); /* it is added before it is renewed */
	struct outlook o = look(r, &w, RUN_NOW + DAY);
	outlook_clear(&o);
	strs_add(&w.add, "a.jp");
	refuse(r, &w, 0, "a.jp is in the list already");
	outlook_whatif_clear(&w);

	refuse(r, NULL, RUN_NOW - 1, "the forecast would end before it begins, at 2026-09-21T23:13:20+09:00");
	w.at = RUN_NOW + 2 * DAY;
	refuse(r, &w, RUN_NOW + DAY, "the forecast would end before it begins, at 2026-09-23T23:13:20+09:00");
	w.at = 0;
	refuse(r, NULL, RUN_NOW + FORECAST_UNTIL_MAX_SEC + 1, "a forecast reaches 3660 days ahead at most, to 2036-09-28T23:13:20+09:00");

	run_open(r, ONE, "");
	strs_add(&w.renew, "b.jp");
	refuse(r, &w, 0, "b.jp is not in the list, which is empty");
	outlook_whatif_clear(&w);
}

/* A CA of one's own follows no forum; one that sells entries does. */
static void limits_concern_public_cas(void **state)
{
	struct run *r = *state;
	char *settings;
	struct outlook o;

	for (int sells = 0; sells < 2; sells++) {
		bool told = false;

		settings = str_fmt("cas: [{name: own, profile: custom, server: \"https://ca.test/dir\"%s}]\n"
		                   "certificates:\n  - {name: one, names: [a.jp], challenge: {webroot: /w}}\n",
		                   sells ? ", rule: sectigo" : "");
		run_open(r, settings, "- {fqdn: a.jp, ends: 2030-01-31}\n");
		if (!sells)
			run_issue(r, "one", "a.jp", RUN_NOW - 10 * DAY, RUN_NOW + 180 * DAY);
		o = look(r, NULL, 0);
		for (size_t i = 0; i < o.now.count; i++)
			told = told || o.now.event[i].kind == FORECAST_LIFETIME;
		assert_int_equal(told, sells);
		outlook_clear(&o);
		free(settings);
	}
}

/* A certificate that the CA is known to have revoked counts no more. */
static void what_is_revoked(void **state)
{
	struct run *r = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;
	struct outlook o;

	run_open(r, ONE, "- {fqdn: a.jp, ends: 2030-01-31}\n");
	run_issue(r, "one", "a.jp www.a.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);
	st.revocation = (struct store_revocation){.serial = str_dup("0abc"), .status = str_dup("revoked"), .reason = -1,
	                                          .checked_at = RUN_NOW};
	assert_int_equal(store_state_save(r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);
	o = look(r, NULL, RUN_NOW + 30 * DAY);
	assert_kinds(&o.now, "renewal");
	assert_int_equal(o.now.event[0].at, RUN_NOW);
	outlook_clear(&o);

	/* Nothing to expire is left, either. */
	run_open(r, ONE, "- b.jp\n");
	o = look(r, NULL, RUN_NOW + 100 * DAY);
	assert_kinds(&o.now, "blocked");
	outlook_clear(&o);
}

/* A move that was taken back: until somebody tries again, what is live ends with its own contract. */
static void held_at_the_ca_before(void **state)
{
	struct run *r = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;
	struct outlook o;

	run_open(r, "cas:\n  - {profile: jprs}\n  - {name: other, profile: custom, server: \"https://other.example/dir\"}\n"
	         "certificates:\n  - {name: one, ca: other, names: [a.jp], challenge: {webroot: /w}}\n",
	         "- {fqdn: a.jp, ends: 2026-10-31}\n");
	run_issue(r, "one", "a.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	assert_int_equal(site_lock(&r->s, &e), 0);
	st.held = 1;
	assert_int_equal(store_state_save(r->s.store, "one", &st, &e), 0);
	o = look(r, NULL, RUN_NOW + 50 * DAY);
	/* What an order at the other CA would give after that is left out: nobody has seen one work. */
	assert_kinds(&o.now, "pay-by lapse revocation blocked");
	outlook_clear(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_first_certificate, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_is_live, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(an_entry_ends, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(names_that_were_let_go, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_if, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_if_more_at_once, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(another_time, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(refusals, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(limits_concern_public_cas, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_is_revoked, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(held_at_the_ca_before, run_setup, run_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
