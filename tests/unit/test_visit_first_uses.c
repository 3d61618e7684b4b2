#include "config.h"

#include "run/visit_first_uses.h"

#include "ledger_maker.h"

static void set_time(struct rig *p, const char *t)
{
	int64_t at = 0;

	assert_int_equal(time_parse(t, &at), 0);
	p->w->clock.now_sec = at - p->w->clock.mono_ms / 1000;
}

static void visit_fails(struct rig *p, const struct visit_options *o, enum err_kind kind, const char *text)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;
	uint64_t orders = p->w->ca.order_count;

	assert_int_equal(visit(&p->r->s, o, &report, &e), -1);
	world_error(&e, kind, text);
	assert_int_equal(report.count, 0);
	assert_int_equal(p->w->ca.order_count, orders);
	visit_report_clear(&report);
}

#define FOUR "- a.jp\n- b.jp\n- c.jp\n- d.jp\n"

static const struct { const char *before, *after; bool alarming; const char *text; } lists[] = {
	{FOUR, FOUR, false, NULL},
	{FOUR, "- a.jp\n- b.jp\n", false, NULL}, /* half exactly */
	{FOUR, "- a.jp\n", true, "3 of the 4 registered FQDNs that the list, "},
	{FOUR, "- a.jp\n- e.jp\n- f.jp\n- g.jp\n", true, "have vanished from it: b.jp, c.jp, d.jp"},
	{FOUR, "[]\n", true, "is empty; since 20"},
	{FOUR, "\n", true, "it held 4: a.jp, b.jp, c.jp, d.jp"},
	{FOUR, NULL, true, "the list of registered FQDNs is gone: there is no "},
	{"- a.jp\n", "- b.jp\n", true, "1 of the 1"},
	{"[]\n", "- b.jp\n", false, NULL},
	{"[]\n", NULL, false, NULL},
};

/* The list is believed the first time, and when it lost no more than half; else nothing is sent until somebody says so. */
static void the_list(void **state)
{
	struct visit_options nothing = {0}, accept = {.accept_list = true}, deploy = {.deploy_only = true};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct rig *p;
		struct err e = ERR_INIT;

		rig_setup(state);
		p = *state;
		open_as(p, (struct opened){.certificates = "  []\n", .list = lists[i].before});
		assert_int_equal(ledger_look_at_list(&p->r->s, &e), 0);
		{
			struct visit_report r = rig_visit_as(p, &nothing);

			visit_report_clear(&r);
		}
		open_as(p, (struct opened){.certificates = CERT("one", "a.jp"), .list = lists[i].after ? lists[i].after : ""});
		if (!lists[i].after) {
			run_write(p->r, "entitlements.yaml", NULL);
			p->r->s.entries_missing = true;
		}
		if (lists[i].alarming) {
			struct visit_report r;

			assert_int_equal(ledger_look_at_list(&p->r->s, &e), -1);
			world_error(&e, ERR_REFUSED, lists[i].text);
			visit_fails(p, &nothing, ERR_REFUSED, lists[i].text);
			visit_fails(p, &nothing, ERR_REFUSED, NULL); /* it does not get used to it */
			r = rig_visit_as(p, &deploy);
			visit_report_clear(&r);
			r = rig_visit_as(p, &accept);
			visit_report_clear(&r);
		}
		assert_int_equal(ledger_look_at_list(&p->r->s, &e), 0);
		{
			struct visit_report r = rig_visit_as(p, &nothing);

			visit_report_clear(&r);
		}
		rig_teardown(state);
	}
	rig_setup(state);
}

/* A list that is not believed orders nothing; what certificates owe already is done all the same. */
static void the_list_and_deploys(void **state)
{
	static const char certificates[] = "  - {name: one, names: [example.jp], challenge: {webroot: \"%s\"}, deploy: tell}\n";
	struct rig *p = *state;
	struct visit_options nothing = {0}, later = {.no_deploy = true};
	char *path = fs_join(p->r->etc, "told"), *text;
	struct visit_report r;

	run_hook(p->r, "tell", "#!/bin/sh\necho \"$TEGATA_GENERATION\" >>\"${0%/*}/../told\"\n[ -e \"${0%/*}/../well\" ]\n");
	open_as(p, (struct opened){.certificates = certificates, .list = "- example.jp\n- b.jp\n"});
	r = rig_visit_as(p, &nothing);
	assert_int_equal(r.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(r.item[0].deploy_err.kind, ERR_HOOK);
	visit_report_clear(&r);
	run_write(p->r, "well", "");
	open_as(p, (struct opened){.certificates = certificates, .list = "[]\n"});
	visit_fails(p, &later, ERR_REFUSED, "is empty");
	visit_fails(p, &nothing, ERR_REFUSED, "is empty");
	visit_fails(p, &nothing, ERR_REFUSED, "is empty");
	text = scratch_read(path);
	assert_string_equal(text, "1\n1\n");
	free(text);
	free(path);
}

/* Where names need no entry, an empty list alarms nobody. */
static void no_list_is_needed(void **state)
{
	struct rig *p = *state;
	struct err e = ERR_INIT;

	open_as(p, (struct opened){.certificates = "  []\n", .list = FOUR});
	assert_int_equal(ledger_check_list(&p->r->s, false, &e), 0);
	open_as(p, (struct opened){.rule = "none", .certificates = "  []\n", .list = "[]\n"});
	assert_int_equal(ledger_check_list(&p->r->s, false, &e), 0);
	assert_int_equal(ledger_look_at_list(&p->r->s, &e), 0);
}

/* first_use: deny. Nothing is sent, and the day it would last to is told. */
static void denied(void **state)
{
	struct rig *p = *state;
	struct visit_options named = {0};
	struct strs names = {0};
	struct visit_report report;

	set_time(p, "2027-02-10T00:00:00+09:00");
	open_as(p, (struct opened){.first_use = "deny"});
	report = rig_visit_as(p, &named);
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	world_error(&report.item[0].err, ERR_REFUSED, "would begin the paid term of example.jp (until 2028-02-29)");
	assert_int_equal(report.requests, 0);
	visit_report_clear(&report);
	expect(p, "example.jp", NULL, false);
	/* Allowed once, it may be renewed under deny. */
	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	rig_wait(p, 80 * DAY);
	open_as(p, (struct opened){.first_use = "deny"});
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);
	strs_clear(&names);
}

static size_t ask(struct rig *p, const struct visit_options *o, const char *wanted)
{
	struct visit_report r = {0};
	struct err e = ERR_INIT;
	size_t count;

	assert_int_equal(visit_first_uses(&p->r->s, o, &r, &e), 0);
	count = r.count;
	if (wanted) {
		char *all = strs_join(&r.item[0].begun, " ");

		assert_string_equal(all, wanted);
		free(all);
	}
	visit_report_clear(&r);
	return count;
}

/* first_use: ask. What would begin is known before; what somebody said no to is not ordered. */
static void asked(void **state)
{
	struct rig *p = *state;
	struct strs refused = {0}, two = {0};
	struct visit_options nothing = {0}, no = {.first_use_refused = &refused}, only_two = {.names = &two};
	struct opened o = {.first_use = "ask", .certificates = CERT("one", "www.example.jp, b.jp") CERT("two", "c.jp"),
	                   .list = "- example.jp\n- b.jp\n- {fqdn: c.jp, first_issued: 2026-01-20}\n"};
	struct visit_report report;

	/* Who allows it is not asked. */
	open_as(p, (struct opened){.certificates = o.certificates, .list = o.list});
	assert_int_equal(ask(p, &nothing, NULL), 0);
	open_as(p, o);
	strs_add(&refused, "one");
	strs_add(&two, "two");
	assert_int_equal(ask(p, &nothing, "b.jp example.jp"), 1);
	assert_int_equal(ask(p, &only_two, NULL), 0);
	assert_int_equal(p->w->ca.order_count, 0);
	report = rig_visit_as(p, &no);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_int_equal(report.item[0].reason, VISIT_NOT_ASKED);
	assert_int_equal(report.item[1].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[1].begun.count, 0);
	visit_report_clear(&report);
	/* Nobody there to ask: it is ordered. */
	report = rig_visit_as(p, &nothing);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].begun.count, 2);
	visit_report_clear(&report);
	assert_int_equal(ask(p, &nothing, NULL), 0);
	strs_clear(&refused);
	strs_clear(&two);
}

/* A run died between the switch and all that follows: what it began is written down by the next that tidies up. */
static void recovered(void **state)
{
	struct rig *p = *state;
	struct store_generation g;
	struct store_ledger none = {0};
	struct store_journal j = {0};
	struct err e = ERR_INIT;
	char *day;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	g = rig_live(p, "one");
	day = date_format(date_of_jst(g.not_before));
	none.list_at = 1;
	strs_add(&none.list, "example.jp");
	assert_int_equal(store_ledger_save(p->r->s.store, &none, &e), 0);
	j = (struct store_journal){.name = g.name, .ca = g.ca, .server = g.server, .generation = g.number,
	                           .begun_at = clock_now(p->r->s.clock)};
	assert_int_equal(store_journal_save(p->r->s.store, &j, &e), 0);
	/* Another certificate's visit. */
	open_as(p, (struct opened){.certificates = "  []\n"});
	{
		struct visit_report r = rig_visit_as(p, &(struct visit_options){0});

		visit_report_clear(&r);
	}
	expect(p, "example.jp", day, false);
	expect_source(p, "example.jp", "issued");
	store_ledger_clear(&none);
	store_generation_clear(&g);
	free(day);
}

/* A generation that waits for its day was issued as any other. */
static void prepared(void **state)
{
	struct rig *p = *state;
	struct visit_item item = {.prepared = 1};
	struct store_ledger none = {.list_at = 1};
	struct err e = ERR_INIT;
	char name[] = "one", *day;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	day = today(p, 3600);
	rig_wait(p, 5 * DAY);
	assert_int_equal(store_ledger_save(p->r->s.store, &none, &e), 0);
	open_as(p, (struct opened){0});
	item.name = name;
	visit_first_uses_prepared(&p->r->s, &item);
	assert_int_equal(item.begun.count, 1);
	expect(p, "example.jp", day, false);
	item.prepared = 2; /* there is none */
	visit_first_uses_prepared(&p->r->s, &item);
	assert_int_equal(item.begun.count, 1);
	strs_clear(&item.begun);
	free(day);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_list, NULL, rig_teardown),
		cmocka_unit_test_setup_teardown(the_list_and_deploys, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(no_list_is_needed, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(denied, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(asked, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(prepared, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(recovered, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
