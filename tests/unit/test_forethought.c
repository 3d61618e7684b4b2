#include "config.h"

#include "run/forethought.h"

#include "visit_maker.h"

#define DAY 86400
#define ONE "  - {name: one, names: [a.example, b.example], challenge: {webroot: \"@\"}}\n"

static struct forethought think(struct rig *p)
{
	struct forethought f = {0};
	struct err e = ERR_INIT;

	if (forethought_gather(&p->r->s, NULL, false, &f, &e) != 0)
		fail_msg("gather: %s", e.cause);
	return f;
}

static void expect(struct rig *p, const char *kind, const char *reason)
{
	struct forethought f = think(p);

	assert_int_equal(f.count, 1);
	assert_string_equal(forethought_kind_name(f.item[0].kind), kind);
	assert_string_equal(visit_reason_name(f.item[0].reason), reason);
	forethought_clear(&f);
}

static char *save(struct rig *p)
{
	struct forethought f = think(p);
	struct json *j = forethought_json(&f);
	char *text = json_format_pretty(j), *path = fs_join(p->r->dir, "plan.json");

	scratch_write(path, text, 0644);
	free(text);
	json_free(j);
	forethought_clear(&f);
	return path;
}

static void words(void **state)
{
	static const char *const kinds[] = {"kept", "renew", "new", "wait", "switch", "refused"};

	(void)state;
	for (int i = 0; i < FORETHOUGHT_KIND_COUNT; i++)
		assert_string_equal(forethought_kind_name((enum forethought_kind)i), kinds[i]);
}

/* What it says is what the next visit does, and thinking asks nobody. */
static void what_would_be_done(void **state)
{
	struct rig *p = *state;
	struct forethought f;
	size_t before;

	rig_open(p, ONE);
	before = p->w->ca.requests;
	expect(p, "new", "missing");
	assert_int_equal(p->w->ca.requests, before);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	expect(p, "kept", "not-due");
	rig_wait(p, 62 * DAY);
	expect(p, "renew", "due");
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);

	rig_open(p, "  - {name: one, names: [a.example, c.example], challenge: {webroot: \"@\"}}\n");
	f = think(p);
	assert_string_equal(forethought_kind_name(f.item[0].kind), "new");
	assert_int_equal(f.item[0].reason, VISIT_NAMES_CHANGED);
	assert_string_equal(f.item[0].added.item[0], "c.example");
	assert_string_equal(f.item[0].removed.item[0], "b.example");
	assert_int_equal(f.item[0].generation, 2);
	forethought_clear(&f);

	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	rig_visit(p, VISIT_FAILED, VISIT_NAMES_CHANGED);
	f = think(p);
	assert_string_equal(forethought_kind_name(f.item[0].kind), "wait");
	assert_int_equal(f.item[0].wait_why, BACKOFF_LADDER);
	assert_int_not_equal(f.item[0].err.kind, ERR_NONE);
	assert_true(f.item[0].next_try > clock_now(p->r->s.clock));
	forethought_clear(&f);

	rig_open(p, "  - {name: one, names: [a.example], challenge: {webroot: \"@\"}, key_group: no-such-group}\n");
	f = think(p);
	assert_string_equal(forethought_kind_name(f.item[0].kind), "refused");
	assert_int_equal(f.item[0].err.kind, ERR_CONFIG);
	forethought_clear(&f);
}

static void an_order_in_flight(void **state)
{
	struct rig *p = *state;
	struct forethought f;

	rig_open(p, ONE);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_CERT, .bend = FAKE_LOSE_REQUEST});
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	rig_wait(p, 3600);
	f = think(p);
	assert_true(f.item[0].in_flight);
	assert_string_equal(forethought_kind_name(f.item[0].kind), "new");
	forethought_clear(&f);
}

/* Asked for, the CA's suggestion counts, and nothing of it is kept. */
static void asking_the_ca(void **state)
{
	struct rig *p = *state;
	struct forethought f = {0};
	struct store_state st;
	struct err e = ERR_INIT;
	int64_t now;
	size_t before;

	rig_open(p, ONE);
	p->w->ca.offers_renewal_info = true;
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	now = clock_now(p->r->s.clock);
	p->w->ca.renewal[0] = (struct fake_renewal){.start = now - 2 * DAY, .end = now - DAY, .explanation = "https://ca.test/why"};
	expect(p, "kept", "not-due");
	before = p->w->ca.requests;
	assert_int_equal(forethought_gather(&p->r->s, NULL, true, &f, &e), 0);
	assert_int_equal(p->w->ca.requests, before + 2);
	assert_string_equal(forethought_kind_name(f.item[0].kind), "renew");
	assert_int_equal(f.item[0].because, DUE_BY_CA);
	assert_string_equal(f.item[0].explanation_url, "https://ca.test/why");
	assert_true(f.asked_ca);
	forethought_clear(&f);
	st = rig_state(p, "one");
	assert_null(st.ari.cert_id);
	store_state_clear(&st);
}

static void same(struct rig *p) { (void)p; }
static void later(struct rig *p) { rig_wait(p, DAY); }
static void issued(struct rig *p) { struct visit_options o = {.force = true}; struct visit_report r = rig_visit_as(p, &o); visit_report_clear(&r); }
static void due(struct rig *p) { rig_wait(p, 62 * DAY); }
static void names(struct rig *p) { rig_open(p, "  - {name: one, names: [a.example], challenge: {webroot: \"@\"}}\n"); }
static void gone(struct rig *p) { rig_open(p, "  - {name: two, names: [a.example], challenge: {webroot: \"@\"}}\n"); }
static void hook(struct rig *p)
{
	run_hook(p->r, "h", "#!/bin/sh\n");
	rig_open(p, "  - {name: one, names: [a.example, b.example], challenge: {webroot: \"@\"}, deploy: h}\n");
}

static const struct { void (*change)(struct rig *p); const char *said; } worlds[] = {
	{same, NULL},
	{later, NULL},
	{issued, "one: live generation: \"1\" then, \"2\" now"},
	{due, "one: action: \"kept\" then, \"renew\" now; reason: \"not-due\" then, \"due\" now"},
	{names, "one: action: \"kept\" then, \"new\" now; reason: \"not-due\" then, \"names-changed\" now; names: \"a.example b.example\" "
	        "then, \"a.example\" now"},
	{gone, "one: is no longer configured"},
	{hook, "one: deploys owed: \"\" then, \"h\" now"},
};

static void the_world_moves_on(void **state)
{
	for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
		struct strs list = {0}, kept = {0};
		struct err e = ERR_INIT;
		struct rig *p;
		char *path;
		int rc;

		rig_setup(state);
		p = *state;
		rig_open(p, ONE);
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		path = save(p);
		worlds[i].change(p);
		rc = forethought_check(&p->r->s, path, &list, &kept, &e);
		if (worlds[i].said == NULL) {
			if (rc != 0)
				fail_msg("row %zu: %s", i, e.cause);
			assert_int_equal(list.count, 1);
			assert_string_equal(list.item[0], "one");
			assert_int_equal(kept.count, 1);
		} else {
			assert_int_equal(rc, -1);
			assert_int_equal(e.kind, ERR_REFUSED);
			if (strstr(e.cause, worlds[i].said) == NULL)
				fail_msg("row %zu: \"%s\" has no \"%s\"", i, e.cause, worlds[i].said);
			assert_non_null(e.advice);
		}
		err_clear(&e);
		strs_clear(&list);
		strs_clear(&kept);
		free(path);
		rig_teardown(state);
	}
	rig_setup(state);
}

#define CONTRACT "cas: [{name: test, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: jpdirect, key: ecdsa-p256}]\n"

/* a.example has no end, the period of b.example is over on the morning after `day`; read anew. */
static void open_contract(struct rig *p, const char *more, const char *day)
{
	char *settings = str_fmt(CONTRACT "certificates:\n  - {name: one, names: [a.example, b.example], challenge: {webroot: \"%s\"}%s}\n", p->www, more);
	char *list = day ? str_fmt("- a.example\n- {fqdn: b.example, ends: %s}\n", day) : str_dup("- a.example\n- b.example\n");
	struct err e = ERR_INIT;

	run_open(p->r, settings, list);
	p->r->s.port = &p->w->ca.port;
	p->r->s.clock = &p->w->clock.clock;
	str_replace(&p->r->s.host, str_dup("host"));
	if (site_lock(&p->r->s, &e) != 0)
		fail_msg("site_lock: %s", e.cause);
	free(settings);
	free(list);
}

static void in_json(struct rig *p, const char *has)
{
	struct forethought f = think(p);
	struct json *j = forethought_json(&f);
	char *text = json_format_compact(j);

	if (strstr(text, has) == NULL)
		fail_msg("no %s in %s", has, text);
	free(text);
	json_free(j);
	forethought_clear(&f);
}

static int check(struct rig *p, const char *path, size_t kept_wanted, struct err *e)
{
	struct strs list = {0}, kept = {0};
	int rc = forethought_check(&p->r->s, path, &list, &kept, e);

	if (rc == 0)
		assert_int_equal(kept.count, kept_wanted);
	strs_clear(&list);
	strs_clear(&kept);
	return rc;
}

/* What an order would begin is said before it is made. */
static void what_would_begin(void **state)
{
	struct rig *p = *state;

	open_contract(p, "", NULL);
	in_json(p, "\"begins\":[\"a.example\",\"b.example\"]");
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	in_json(p, "\"begins\":[]");
}

/* An offer is told, and makes no plan stale by coming and going; what would be done otherwise does. */
static void what_is_offered(void **state)
{
	struct rig *p = *state;
	int64_t now = p->w->clock.now_sec;
	char *day = date_format(date_of_jst(now + 40 * DAY)), *path, *expected, *at;
	struct err e = ERR_INIT;

	open_contract(p, "", day);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	in_json(p, "\"lapse\":null,\"lapse_entry\":null,\"lapse_at\":null,\"switch_at\":null,\"lapsing\":[],\"remaining\":[]");
	path = save(p);
	rig_wait(p, 20 * DAY);
	at = time_format_jst((now + 40 * DAY + 9 * 3600) / DAY * DAY + DAY - 9 * 3600);
	expected = str_fmt("\"lapse\":\"offer\",\"lapse_entry\":\"b.example\",\"lapse_at\":\"%s\"", at);
	in_json(p, expected);
	in_json(p, "\"lapsing\":[\"b.example\"],\"remaining\":[\"a.example\"]");
	assert_int_equal(check(p, path, 1, &e), 0);
	/* Now it is done, not offered. */
	open_contract(p, ", on_lapse: shrink", day);
	rig_wait(p, 15 * DAY);
	assert_int_equal(check(p, path, 1, &e), -1);
	world_error(&e, ERR_REFUSED, "one: action: \"kept\" then, \"new\" now; reason: \"not-due\" then, \"lapsing\" now; names: "
	            "\"a.example b.example\" then, \"a.example\" now");
	free(path);
	path = save(p);
	assert_int_equal(check(p, path, 0, &e), 0);
	rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	free(path);
	rig_wait(p, 4 * DAY);
	expect(p, "switch", "lapsing");
	path = save(p);
	assert_int_equal(check(p, path, 0, &e), 0);
	free(path);
	free(at);
	free(expected);
	free(day);
}

/* Neither a word in the settings nor a command makes another certificate of a request made elsewhere. */
static void what_cannot_shrink(void **state)
{
	static const struct { const char *more; bool shrinks; } rows[] = {
		{"", false}, {", on_lapse: shrink", true}, {", csr: /nowhere/a.csr", false}, {", on_lapse: shrink, csr: /nowhere/a.csr", false}};
	struct rig *p = *state;
	char *day = date_format(date_of_jst(p->w->clock.now_sec + 20 * DAY));

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct forethought f;

		open_contract(p, rows[i].more, day);
		f = think(p);
		assert_string_equal(f.item[0].lapse, "offer");
		assert_int_equal(f.item[0].shrinks, rows[i].shrinks);
		assert_int_equal(f.item[0].switch_at != 0, strstr(rows[i].more, "csr") == NULL);
		assert_int_equal(f.item[0].remaining.count != 0, strstr(rows[i].more, "csr") == NULL);
		forethought_clear(&f);
	}
	free(day);
}

/* What a plan lets be is neither prepared nor switched, whatever day it has become since. */
static void what_is_let_be(void **state)
{
	struct rig *p = *state;
	char *day = date_format(date_of_jst(p->w->clock.now_sec + 40 * DAY));
	struct strs kept = {0};
	struct visit_options o = {.kept = &kept};

	strs_add(&kept, "one");
	open_contract(p, ", on_lapse: shrink", day);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	for (int i = 0; i < 2; i++) {
		struct visit_report report;

		rig_wait(p, i == 0 ? 35 * DAY : 4 * DAY);
		report = rig_visit_as(p, &o);
		assert_int_equal(report.item[0].outcome, VISIT_KEPT);
		assert_int_equal(report.item[0].reason, VISIT_NOT_ASKED);
		assert_int_equal(report.item[0].prepared, 0);
		visit_report_clear(&report);
		if (i == 0)
			rig_visit(p, VISIT_KEPT, VISIT_LAPSING);
	}
	strs_clear(&kept);
	free(day);
}

static void what_is_no_plan(void **state)
{
	static const char *const texts[] = {
		NULL, "", "{", "[]", "{}", "{\"schema\":\"tegata.run.v1\",\"certificates\":[]}", "{\"schema\":\"tegata.plan.v1\"}",
		"{\"schema\":\"tegata.plan.v1\",\"certificates\":{}}",
	};
	struct rig *p = *state;
	char *path = fs_join(p->r->dir, "plan.json");

	rig_open(p, ONE);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct strs list = {0}, kept = {0};
		struct err e = ERR_INIT;

		if (texts[i] != NULL)
			scratch_write(path, texts[i], 0644);
		if (forethought_check(&p->r->s, path, &list, &kept, &e) != -1 || e.kind != ERR_USAGE)
			fail_msg("row %zu: %s", i, err_kind_name(e.kind));
		err_clear(&e);
		assert_int_equal(list.count, 0);
	}
	/* Certificates without a name are not there. */
	{
		struct strs list = {0}, kept = {0};
		struct err e = ERR_INIT;

		scratch_write(path, "{\"schema\":\"tegata.plan.v1\",\"certificates\":[{}, 3]}", 0644);
		assert_int_equal(forethought_check(&p->r->s, path, &list, &kept, &e), -1);
		assert_int_equal(e.kind, ERR_REFUSED);
		err_clear(&e);
	}
	/* However many there are: of a file that is no plan of ours not all is told. */
	{
		struct strs list = {0}, kept = {0};
		struct err e = ERR_INIT;
		struct buf text;

		buf_init(&text, 1024 * 1024);
		assert_int_equal(buf_append_str(&text, "{\"schema\":\"tegata.plan.v1\",\"certificates\":[{}"), 0);
		for (int i = 0; i < 50000; i++)
			assert_int_equal(buf_append_str(&text, ",{}"), 0);
		assert_int_equal(buf_append_str(&text, "]}"), 0);
		scratch_write(path, text.data, 0644);
		assert_int_equal(forethought_check(&p->r->s, path, &list, &kept, &e), -1);
		assert_int_equal(e.kind, ERR_REFUSED);
		assert_true(strlen(e.cause) < 2000);
		err_clear(&e);
		buf_clear(&text);
	}
	free(path);
}

/* One word names all types of key of a certificate; an unknown one is told. */
static void by_name(void **state)
{
	struct rig *p = *state;
	struct strs list = {0};
	struct forethought f = {0};
	struct err e = ERR_INIT;

	rig_open(p, "  - {name: one, key: [ecdsa-p256, rsa2048], names: [a.example], challenge: {webroot: \"@\"}}\n"
	            "  - {name: two, names: [a.example], challenge: {webroot: \"@\"}}\n");
	strs_add(&list, "one");
	assert_int_equal(forethought_gather(&p->r->s, &list, false, &f, &e), 0);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.item[1].name, "one+rsa2048");
	forethought_clear(&f);
	strs_add(&list, "three");
	assert_int_equal(forethought_gather(&p->r->s, &list, false, &f, &e), -1);
	world_error(&e, ERR_USAGE, "no certificate named \"three\"");
	strs_clear(&list);
}

static void a_clock_that_cannot_be(void **state)
{
	struct rig *p = *state;
	struct forethought f = {0};
	struct visit_options o = {0};
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	rig_open(p, ONE);
	p->w->clock.now_sec = 0;
	assert_int_equal(forethought_gather(&p->r->s, NULL, false, &f, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	err_clear(&e);
	assert_int_equal(visit(&p->r->s, &o, &report, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	err_clear(&e);
	assert_int_equal(p->w->ca.order_count, 0);
	o.deploy_only = true;
	report = rig_visit_as(p, &o);
	visit_report_clear(&report);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), RIG(what_would_be_done), RIG(an_order_in_flight), RIG(asking_the_ca), OWN(the_world_moves_on),
		RIG(what_would_begin), RIG(what_is_offered), RIG(what_cannot_shrink), RIG(what_is_let_be),
		RIG(what_is_no_plan), RIG(by_name), RIG(a_clock_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
