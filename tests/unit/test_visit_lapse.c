#include "config.h"

#include "visit_maker.h"

#include "run/forethought.h"
#include "run/history.h"
#include "run/look_lapse.h"
#include "run/revoke.h"

#define HOUR 3600
#define DAY INT64_C(86400)
#define CA "cas: [{name: test, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: %s, key: ecdsa-p256}]\n"
#define SHRINK ", on_lapse: shrink"

/* The last day of a period that is over `days` days from the beginning of the test, or less than a day later. */
static char *day_in(const struct rig *p, int days)
{
	return date_format(date_of_jst(p->w->clock.now_sec + days * DAY));
}

/*
 * One certificate for a.example and b.example, whose periods end so many days from the beginning (0 = no end is known). Everything is
 * read anew.
 */
static void open_under(struct rig *p, const char *rule, const char *more, int a, int b)
{
	char *settings = str_fmt(CA "certificates:\n  - {name: one, names: [a.example, b.example], challenge: {webroot: \"%s\"}%s}\n",
	                         rule, p->www, more);
	char *day_a = day_in(p, a), *day_b = day_in(p, b);
	char *list = str_fmt("- %s%s%s\n- %s%s%s\n", a ? "{fqdn: a.example, ends: " : "a.example", a ? day_a : "", a ? "}" : "",
	                     b ? "{fqdn: b.example, ends: " : "b.example", b ? day_b : "", b ? "}" : "");
	struct err e = ERR_INIT;

	run_open(p->r, settings, list);
	p->r->s.port = &p->w->ca.port;
	p->r->s.clock = &p->w->clock.clock;
	str_replace(&p->r->s.host, str_dup("host"));
	if (site_lock(&p->r->s, &e) != 0)
		fail_msg("site_lock: %s", e.cause);
	free(settings);
	free(list);
	free(day_a);
	free(day_b);
}

static void open_site(struct rig *p, const char *more, int a, int b)
{
	open_under(p, "jpdirect", more, a, b);
}

static int setup(void **state)
{
	int rc = rig_setup(state);
	struct rig *p = *state;
	int64_t into_day = (p->w->clock.now_sec + 9 * HOUR) % DAY;

	/* Noon in Japan, so that seconds never change what day it is. */
	p->w->clock.now_sec += (into_day <= 12 * HOUR ? 12 * HOUR : 36 * HOUR) - into_day;
	return rc;
}

static void to_day(struct rig *p, int day)
{
	p->w->clock.mono_ms = day * DAY * 1000;
}

static struct visit_report go(struct rig *p, const char *accept)
{
	struct strs names = {0};
	struct visit_options o = {.accept_lapse = accept ? &names : NULL};
	struct visit_report report;

	if (accept)
		strs_add(&names, accept);
	report = rig_visit_as(p, &o);
	strs_clear(&names);
	return report;
}

static void is_list(const char *what, const struct strs *names, const char *expected)
{
	char *all = strs_join(names, " ");

	if (strcmp(all ? all : "", expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", what, all ? all : "", expected);
	free(all);
}

/* What is live, and what is recorded. */
static void is_now(struct rig *p, int live, const char *names, int prepared, const char *dropped)
{
	struct store_generation g = rig_live(p, "one");
	struct store_state st = rig_state(p, "one");
	struct strs gone = {0};

	for (size_t i = 0; i < st.dropped_count; i++)
		strs_add(&gone, st.dropped[i].name);
	assert_int_equal(g.number, live);
	is_list("live", &g.names, names);
	assert_int_equal(st.prepared, prepared);
	is_list("dropped", &gone, dropped);
	strs_clear(&gone);
	store_generation_clear(&g);
	store_state_clear(&st);
}

static void offered(struct rig *p, const char *kind, const char *reason, const char *step, const char *lapsing, const char *remaining)
{
	struct forethought f = {0};
	struct err e = ERR_INIT;

	assert_int_equal(forethought_gather(&p->r->s, NULL, false, &f, &e), 0);
	assert_string_equal(forethought_kind_name(f.item[0].kind), kind);
	assert_string_equal(visit_reason_name(f.item[0].reason), reason);
	assert_string_equal(f.item[0].lapse ? f.item[0].lapse : "", step);
	is_list("lapsing", &f.item[0].lapsing, lapsing);
	is_list("remaining", &f.item[0].remaining, remaining);
	forethought_clear(&f);
}

/* Rule 19, the default: names are never dropped unasked; it is offered, and after the end nothing is ordered, with the date. */
static void rule_19_only_a_warning(void **state)
{
	struct rig *p = *state;
	struct visit_report report;
	char *day = day_in(p, 45);

	open_site(p, "", 0, 45);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 10);
	offered(p, "kept", "not-due", "", "", "");
	to_day(p, 40);
	offered(p, "kept", "not-due", "offer", "b.example", "a.example");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	to_day(p, 50);
	offered(p, "kept", "not-due", "offer", "b.example", "a.example");
	to_day(p, 62);
	report = go(p, NULL);
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	world_error(&report.item[0].err, ERR_REFUSED, day);
	visit_report_clear(&report);
	is_now(p, 1, "a.example b.example", 0, "");
	assert_int_equal(p->w->ca.order_count, 1);
	free(day);
}

/* on_lapse: shrink, from beginning to end: ready a week before, in place two days before, and then it is what is wanted. */
static void rule_19_shrinks(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	open_site(p, SHRINK ", deploy: tell", 0, 40);
	run_hook(p->r, "tell", "#!/bin/sh\necho \"$TEGATA_REASON $TEGATA_GENERATION\" >>\"${0%/*}/../told\"\n");
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 32);
	offered(p, "kept", "not-due", "offer", "b.example", "a.example");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	to_day(p, 34);
	offered(p, "new", "lapsing", "prepare", "b.example", "a.example");
	report = go(p, NULL);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_int_equal(report.item[0].reason, VISIT_LAPSING);
	assert_int_equal(report.item[0].prepared, 2);
	assert_int_equal(report.item[0].generation, 1);
	visit_report_clear(&report);
	is_now(p, 1, "a.example b.example", 2, "");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	to_day(p, 38);
	offered(p, "kept", "not-due", "prepare", "b.example", "a.example");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	to_day(p, 39);
	offered(p, "switch", "lapsing", "switch", "b.example", "a.example");
	report = go(p, NULL);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].reason, VISIT_LAPSING);
	assert_int_equal(report.item[0].generation, 2);
	is_list("let go", &report.item[0].let_go, "b.example");
	is_list("deployed", &report.item[0].deployed, "tell");
	visit_report_clear(&report);
	is_now(p, 2, "a.example", 0, "b.example");
	assert_int_equal(p->w->ca.order_count, 2);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	to_day(p, 50);
	offered(p, "kept", "not-due", "", "", "");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	to_day(p, 100);
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);
	is_now(p, 3, "a.example", 0, "b.example");
	{
		char *path = fs_join(p->r->etc, "told"), *told = scratch_read(path);

		assert_string_equal(told, "missing 1\nlapsing 2\ndue 3\n");
		free(told);
		free(path);
	}
}

/* Rule 20: paid in time. What was prepared is forgotten, and nothing went. */
static void rule_20_renewed_meanwhile(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	open_site(p, SHRINK, 0, 405);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 1, "a.example b.example", 0, "");
	to_day(p, 39);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	assert_int_equal(p->w->ca.order_count, 2);
	/* Or somebody thought better of it. */
	open_site(p, SHRINK, 0, 44);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	is_now(p, 1, "a.example b.example", 3, "");
	open_site(p, "", 0, 44);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 1, "a.example b.example", 0, "");
}

/* A prepared one is never removed for being old, and is removed when it is of no use any more. */
static void what_is_kept(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {.force = true};
	struct visit_report report;

	open_site(p, SHRINK ", keep: 1", 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].reason, VISIT_FORCED);
	visit_report_clear(&report);
	rig_listed(p, "generations/one", "000002 000003");
	is_now(p, 3, "a.example b.example", 2, "");
	to_day(p, 39);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 2, "a.example", 0, "b.example");
	open_site(p, SHRINK ", keep: 1", 0, 405);
	rig_visit(p, VISIT_ISSUED, VISIT_RETURNED);
	rig_listed(p, "generations/one", "000004");
}

static const struct { int day; bool shrink; } accepted[] = {{15, false}, {39, false}, {42, false}, {15, true}, {36, true}};

/* Somebody let the names go: at once, also after the end; and the timer's next visits know. */
static void rule_19_accepted(void **state)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		const char *more = accepted[i].shrink ? SHRINK : "";
		struct visit_report report;
		struct rig *p;

		setup(state);
		p = *state;
		open_site(p, more, 0, 40);
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		to_day(p, accepted[i].day);
		if (accepted[i].day == 36)
			rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
		report = go(p, "one");
		if (report.item[0].outcome != VISIT_ISSUED || report.item[0].reason != VISIT_LAPSING)
			fail_msg("row %zu: %s", i, visit_reason_name(report.item[0].reason));
		is_list("let go", &report.item[0].let_go, "b.example");
		visit_report_clear(&report);
		is_now(p, 2, "a.example", 0, "b.example");
		assert_int_equal(p->w->ca.order_count, 2);
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
		/* Nothing more to accept is no failure. */
		report = go(p, "one");
		assert_int_equal(report.item[0].outcome, VISIT_KEPT);
		visit_report_clear(&report);
		rig_teardown(state);
	}
	setup(state);
}

/* It was asked once: when the CA is away, the visits of the timer go on with it. */
static void what_was_accepted_stays_so(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	open_site(p, "", 0, 20);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	report = go(p, "one");
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	assert_int_equal(report.item[0].reason, VISIT_LAPSING);
	visit_report_clear(&report);
	is_now(p, 1, "a.example b.example", 0, "b.example");
	rig_visit(p, VISIT_WAITING, VISIT_LAPSING);
	p->w->ca.script_count = 0;
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 2, "a.example", 0, "b.example");
}

/* … but when the contract is renewed before it went, it just stays. */
static void accepted_and_renewed(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	open_site(p, "", 0, 20);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	report = go(p, "one");
	visit_report_clear(&report);
	open_site(p, "", 0, 385);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 1, "a.example b.example", 0, "");
}

/* By itself, when its entry has a later end. */
static void a_name_comes_back(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 20);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 19);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 2, "a.example", 0, "b.example");
	open_site(p, SHRINK, 0, 20);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	open_site(p, SHRINK, 0, 385);
	offered(p, "new", "returned", "", "", "");
	rig_visit(p, VISIT_ISSUED, VISIT_RETURNED);
	is_now(p, 3, "a.example b.example", 0, "");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
}

/* Nothing would be left. */
static void all_of_them_lapse(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	open_site(p, SHRINK, 20, 20);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 19);
	offered(p, "kept", "not-due", "offer", "a.example b.example", "");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	report = go(p, "one");
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	assert_int_equal(report.item[0].err.kind, ERR_REFUSED);
	visit_report_clear(&report);
	is_now(p, 1, "a.example b.example", 0, "");
	assert_int_equal(p->w->ca.order_count, 1);
	/* Asked in vain, which says nothing of the certificate: the timer's next visit has nothing to make up for. */
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
}

/* Issuing is free: what is due is renewed as a whole, although some of it will go within days. */
static void due_while_it_lapses(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 66);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 62);
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);
	is_now(p, 2, "a.example b.example", 0, "");
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	is_now(p, 2, "a.example b.example", 3, "");
	to_day(p, 65);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 3, "a.example", 0, "b.example");
}

/* What cannot be prepared is tried again as any order is, and what is live stays. */
static void the_ca_is_away(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	rig_visit(p, VISIT_FAILED, VISIT_LAPSING);
	rig_visit(p, VISIT_WAITING, VISIT_LAPSING);
	offered(p, "wait", "lapsing", "prepare", "b.example", "a.example");
	is_now(p, 1, "a.example b.example", 0, "");
	p->w->ca.script_count = 0;
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	is_now(p, 1, "a.example b.example", 2, "");
	{
		struct store_state st = rig_state(p, "one");

		assert_int_equal(st.failures, 0);
		store_state_clear(&st);
	}
}

/* Where an end only stops issuance, nothing goes before it has to: when what is live is due, that is without the name. */
static void certificates_that_live_on(void **state)
{
	struct rig *p = *state;

	open_under(p, "sectigo", SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	for (int day = 30; day < 60; day += 5) {
		to_day(p, day);
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	}
	to_day(p, 62);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 2, "a.example", 0, "b.example");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
}

static void spoil(struct rig *p, int number)
{
	char *path = store_generation_path(p->r->s.store, "one", number, "chain.pem");

	scratch_write(path, "nothing\n", 0600);
	free(path);
}

static void what_was_prepared_is_damaged(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	spoil(p, 2);
	to_day(p, 39);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 3, "a.example", 0, "b.example");
}

/* The names were taken out of the settings by hand: what was prepared is just that. */
static void the_settings_say_so(void **state)
{
	struct rig *p = *state;
	char *settings;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	settings = str_fmt("  - {name: one, names: [a.example], challenge: {webroot: \"%s\"}}\n", p->www);
	rig_open(p, settings);
	rig_visit(p, VISIT_ISSUED, VISIT_NAMES_CHANGED);
	is_now(p, 2, "a.example", 0, "");
	assert_int_equal(p->w->ca.order_count, 2);
	free(settings);
}

static void revoked_by_the_ca(struct rig *p, int reason)
{
	struct store_generation g = rig_live(p, "one");
	struct store_state st = rig_state(p, "one");
	struct err e = ERR_INIT;

	str_replace(&st.revocation.serial, str_dup(g.serial));
	str_replace(&st.revocation.status, str_dup("revoked"));
	st.revocation.reason = reason;
	st.revocation.checked_at = clock_now(p->r->s.clock);
	st.revocation.next_at = clock_now(p->r->s.clock) + DAY;
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);
	store_generation_clear(&g);
}

/* A machine that was off on the day: what is live is revoked with its entry, and what is ready needs no CA. */
static void revoked_before_the_switch(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	to_day(p, 41);
	revoked_by_the_ca(p, 5);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	offered(p, "switch", "revoked", "switch", "b.example", "a.example");
	rig_visit(p, VISIT_ISSUED, VISIT_REVOKED);
	is_now(p, 2, "a.example", 0, "b.example");
	p->w->ca.script_count = 0;
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
}

static char *spki_of(struct rig *p, int number)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	char *spki;

	assert_int_equal(store_generation_load(p->r->s.store, "one", number, &g, &e), 0);
	spki = str_dup(g.spki_sha256);
	store_generation_clear(&g);
	return spki;
}

/* What is ready has the key of what is live (reuse_key): once that has leaked, it never takes its place. */
static void the_key_has_leaked(void **state)
{
	struct rig *p = *state;
	char *leaked, *key;

	open_site(p, SHRINK ", reuse_key: true", 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 34);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	leaked = spki_of(p, 1);
	key = spki_of(p, 2);
	assert_string_equal(leaked, key);
	free(key);
	to_day(p, 35);
	revoked_by_the_ca(p, 1);
	rig_visit(p, VISIT_ISSUED, VISIT_REVOKED);
	is_now(p, 3, "a.example b.example", 0, "");
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	is_now(p, 3, "a.example b.example", 4, "");
	to_day(p, 39);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	key = spki_of(p, 4);
	assert_string_not_equal(leaked, key);
	is_now(p, 4, "a.example", 0, "b.example");
	free(leaked);
	free(key);
}

/* What somebody revokes while it waits does not go live. */
static void revoked_while_it_waits(void **state)
{
	struct rig *p = *state;
	const struct revoke_request q = {.name = "one", .generation = 2, .reason = 4};
	struct revoke_result out = {0};
	struct err e = ERR_INIT;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	if (revoke_certificate(&p->r->s, &q, &out, &e) != 0)
		fail_msg("revoke: %s", e.cause);
	revoke_result_clear(&out);
	is_now(p, 1, "a.example b.example", 0, "");
	to_day(p, 39);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 3, "a.example", 0, "b.example");
}

/* Put in place by hand, and early: it stays, and the names are let go on their day. */
static void put_in_place_by_hand(void **state)
{
	struct rig *p = *state;
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	assert_int_equal(history_rollback(&p->r->s, "one", 2, false, &report, &e), 0);
	visit_report_clear(&report);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 2, "a.example", 0, "");
	to_day(p, 39);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 2, "a.example", 0, "b.example");
	assert_int_equal(p->w->ca.order_count, 2);
}

/* Whoever went back is told by the end of the period that it holds no longer. */
static void held_by_a_rollback(void **state)
{
	struct rig *p = *state;
	struct visit_report report = {0};
	struct visit_options o = {.force = true};
	struct err e = ERR_INIT;
	struct store_state st;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	report = rig_visit_as(p, &o);
	visit_report_clear(&report);
	assert_int_equal(history_rollback(&p->r->s, "one", 1, false, &report, &e), 0);
	visit_report_clear(&report);
	to_day(p, 39);
	/* Also when it does not succeed at once. */
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	rig_visit(p, VISIT_FAILED, VISIT_LAPSING);
	p->w->ca.script_count = 0;
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 3, "a.example", 0, "b.example");
	st = rig_state(p, "one");
	assert_int_equal(st.held, 0);
	store_state_clear(&st);
}

/* As a run leaves it that dies once the generation is complete, and before its journal is gone. */
static void leave_journal(struct rig *p, int generation, int prepared)
{
	struct store_journal j = {.name = str_dup("one"), .ca = str_dup("test"), .server = str_dup(FAKE_DIRECTORY_URL),
	                          .generation = generation, .begun_at = clock_now(p->r->s.clock)};
	struct store_state st = rig_state(p, "one");
	struct err e = ERR_INIT;

	strs_add(&j.names, "a.example");
	st.prepared = prepared;
	assert_int_equal(store_journal_save(p->r->s.store, &j, &e), 0);
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	store_journal_clear(&j);
	store_state_clear(&st);
}

static void a_run_that_died(void **state)
{
	struct rig *p = *state;
	struct store_state st;
	struct err e = ERR_INIT;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	/* It was only to be prepared: that is what it stays. */
	leave_journal(p, 2, 2);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 1, "a.example b.example", 2, "");
	rig_listed(p, "journal", "");
	/* After the decision, before the switch: no other order is made. */
	st = rig_state(p, "one");
	st.dropped = mem_new(1, sizeof *st.dropped);
	st.dropped[st.dropped_count++] = (struct store_dropped){str_dup("b.example"), clock_now(p->r->s.clock) + 5 * DAY + 100000};
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	is_now(p, 2, "a.example", 0, "b.example");
	assert_int_equal(p->w->ca.order_count, 2);
}

/* Any other complete generation of a journal only lacked the switch. */
static void a_run_that_died_elsewhere(void **state)
{
	struct rig *p = *state;

	open_site(p, SHRINK, 0, 40);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 35);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	leave_journal(p, 2, 0);
	to_day(p, 39);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 2, "a.example", 0, "b.example");
}

static void unknown_certificates(void **state)
{
	struct rig *p = *state;
	struct strs names = {0};
	struct visit_options o = {.accept_lapse = &names};
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	open_site(p, "", 0, 40);
	strs_add(&names, "two");
	assert_int_equal(visit(&p->r->s, &o, &report, &e), -1);
	world_error(&e, ERR_USAGE, "no certificate named \"two\" is configured");
	strs_clear(&names);
}

/* What there is to say when nothing can be accepted. */
static void what_cannot_be_accepted(void **state)
{
	static const struct { int a, b; const char *names; const char *says; } rows[] = {
		{0, 40, "a.example", "one: none of its names lapses within 30 days, so there is nothing to let go"},
		{5, 5, "a.example b.example", "one: all its names lapse, so no certificate would be left"},
	};
	struct rig *p = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct look l = {0};
		struct err e = ERR_INIT;

		open_site(p, "", rows[i].a, rows[i].b);
		assert_int_equal(look_at(&p->r->s, &p->r->s.settings.certificate[0], &l, &e), 0);
		assert_int_equal(look_lapse_accept(&p->r->s, &l, &e), -1);
		world_error(&e, ERR_REFUSED, rows[i].says);
		look_clear(&l);
	}
	open_site(p, ", csr: /nowhere/a.csr", 0, 5);
	{
		struct look l = {0};
		struct err e = ERR_INIT;

		assert_int_equal(look_at(&p->r->s, &p->r->s.settings.certificate[0], &l, &e), 0);
		assert_int_equal(look_lapse_accept(&p->r->s, &l, &e), -1);
		world_error(&e, ERR_REFUSED, "one: its request (csr) is for exactly its names, so none can be let go");
		look_clear(&l);
	}
	open_site(p, SHRINK, 0, 3);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	to_day(p, 2);
	rig_visit(p, VISIT_ISSUED, VISIT_LAPSING);
	{
		struct look l = {0};
		struct err e = ERR_INIT;

		assert_int_equal(look_at(&p->r->s, &p->r->s.settings.certificate[0], &l, &e), 0);
		assert_int_equal(look_lapse_accept(&p->r->s, &l, &e), -1);
		world_error(&e, ERR_REFUSED, "one: nothing more of it lapses soon; let go already: b.example");
		look_clear(&l);
	}
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(rule_19_only_a_warning), RIG(rule_19_shrinks), RIG(rule_20_renewed_meanwhile), RIG(what_is_kept), OWN(rule_19_accepted),
		RIG(what_was_accepted_stays_so), RIG(accepted_and_renewed), RIG(a_name_comes_back), RIG(all_of_them_lapse),
		RIG(due_while_it_lapses), RIG(the_ca_is_away), RIG(certificates_that_live_on), RIG(what_was_prepared_is_damaged), RIG(the_settings_say_so),
		RIG(revoked_before_the_switch), RIG(the_key_has_leaked), RIG(revoked_while_it_waits), RIG(put_in_place_by_hand),
		RIG(held_by_a_rollback), RIG(a_run_that_died), RIG(a_run_that_died_elsewhere), RIG(unknown_certificates),
		RIG(what_cannot_be_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
