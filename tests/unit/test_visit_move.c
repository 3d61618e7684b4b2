#include "config.h"

#include "visit_maker.h"

#include "run/history.h"

#define HOUR 3600
#define DAY INT64_C(86400)

/* Two CAs of one server, which is enough: what counts is which of them the settings name. */
#define CAS "cas: [{name: old, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: none, key: ecdsa-p256}, " \
	"{name: new, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: none, key: ecdsa-p256}]\n"

/* Runs well unless etc/broken says for which generations not; writes down what it was told. */
#define TELL "#!/bin/sh\necho \"$TEGATA_REASON $TEGATA_GENERATION\" >>\"${0%/*}/../told\"\n" \
	"case \" $(cat \"${0%/*}/../broken\" 2>/dev/null) \" in *\" $TEGATA_GENERATION \"*) exec >&2\n" \
	"cat \"${0%/*}/../words-$TEGATA_REASON\" 2>/dev/null || echo \"at $$: no\"; exit 3;; esac\n"

static void open_site(struct rig *p, const char *ca, const char *more)
{
	char *settings = str_fmt(CAS "certificates:\n  - {name: one, ca: %s, names: [a.example], challenge: {webroot: \"%s\"}, deploy: tell%s}\n",
	                         ca, p->www, more);
	struct err e = ERR_INIT;

	run_open(p->r, settings, NULL);
	p->r->s.port = &p->w->ca.port;
	p->r->s.clock = &p->w->clock.clock;
	str_replace(&p->r->s.host, str_dup("host"));
	if (site_lock(&p->r->s, &e) != 0)
		fail_msg("site_lock: %s", e.cause);
	free(settings);
}

static int setup(void **state)
{
	int rc = rig_setup(state);
	struct rig *p = *state;

	run_hook(p->r, "tell", TELL);
	open_site(p, "old", "");
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	return rc;
}

static void told(struct rig *p, const char *expected)
{
	char *path = fs_join(p->r->etc, "told"), *text = scratch_read(path);

	assert_string_equal(text, expected);
	free(text);
	free(path);
}

static void is_now(struct rig *p, int live, const char *moved_from, int held, int failures)
{
	struct store_generation g = rig_live(p, "one");
	struct store_state st = rig_state(p, "one");

	assert_int_equal(g.number, live);
	assert_string_equal(st.moved_from ? st.moved_from : "", moved_from);
	assert_int_equal(st.held, held);
	assert_int_equal(st.failures, failures);
	store_generation_clear(&g);
	store_state_clear(&st);
}

static struct visit_report go(struct rig *p, bool force)
{
	struct visit_options o = {.force = force};

	return rig_visit_as(p, &o);
}

/* Seen to be in use: it is said once, and what the old CA issued is as any older generation. */
static void it_goes_well(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	open_site(p, "new", "");
	report = go(p, false);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].reason, VISIT_CA_CHANGED);
	assert_string_equal(report.item[0].moved_from, "old");
	assert_false(report.item[0].moved_back);
	visit_report_clear(&report);
	is_now(p, 2, "", 0, 0);
	report = go(p, false);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_null(report.item[0].moved_from);
	visit_report_clear(&report);
	told(p, "missing 1\nca-changed 2\n");
}

/* The new one cannot be put to use: the old one is in place again, deployed, and stays until somebody has mended it. */
static void it_is_taken_back(void **state)
{
	struct rig *p = *state;
	struct store_generation g = rig_live(p, "one");
	char *day = date_format(date_of_jst(g.not_after - 1)), *text, *expected;
	struct visit_report report;

	store_generation_clear(&g);
	run_write(p->r, "broken", "2");
	open_site(p, "new", "");
	report = go(p, false);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_int_equal(report.item[0].reason, VISIT_CA_CHANGED);
	assert_true(report.item[0].moved_back);
	assert_string_equal(report.item[0].moved_from, "old");
	assert_int_equal(report.item[0].generation, 1);
	assert_int_equal(report.item[0].deploy_owed, 0);
	assert_int_equal(report.item[0].deployed.count, 1);
	assert_true(visit_worst(&report) == &report.item[0].deploy_err);
	text = err_text(&report.item[0].deploy_err);
	expected = str_fmt("the certificate of the CA \"new\" could not be put to use; that of \"old\" (generation 1, good until %s) is in place "
	                   "again: deploying one: ", day);
	if (strncmp(text, expected, strlen(expected)) != 0)
		fail_msg("%s", text);
	assert_string_equal(report.item[0].deploy_err.advice, "Mend what failed, then: `tegata renew one --force`. Until then the old "
	                    "certificate stays; nothing has to be undone at either CA.");
	visit_report_clear(&report);
	is_now(p, 1, "", 1, 1);
	told(p, "missing 1\nca-changed 2\nrollback 1\n");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	/* Mended, and asked for. */
	run_write(p->r, "broken", NULL);
	report = go(p, true);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_string_equal(report.item[0].moved_from, "old");
	assert_false(report.item[0].moved_back);
	visit_report_clear(&report);
	is_now(p, 3, "", 0, 0);
	free(day);
	free(text);
	free(expected);
}

/* … by a run that died before all of it was recorded: nothing is on the way any more, and old ones need not be kept. */
static void it_is_taken_back_by_half(void **state)
{
	struct rig *p = *state;
	struct store_state st;
	struct err e = ERR_INIT;

	run_write(p->r, "broken", "2");
	open_site(p, "new", "");
	rig_visit(p, VISIT_KEPT, VISIT_CA_CHANGED);
	st = rig_state(p, "one");
	str_replace(&st.moved_from, str_dup("old"));
	st.moved_generation = 1;
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	is_now(p, 1, "", 1, 1);
}

/* When the old one is due, the move is tried again, but not at each visit. */
static void it_fails_when_due(void **state)
{
	struct rig *p = *state;

	run_write(p->r, "broken", "2 3 4 5");
	rig_wait(p, 62 * DAY);
	open_site(p, "new", "");
	rig_visit(p, VISIT_KEPT, VISIT_CA_CHANGED);
	is_now(p, 1, "", 1, 1);
	rig_visit(p, VISIT_WAITING, VISIT_DUE);
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_KEPT, VISIT_DUE);
	is_now(p, 1, "", 1, 2);
	assert_int_equal(p->w->ca.order_count, 3);
	rig_wait(p, DAY);
	run_write(p->r, "broken", NULL);
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);
	is_now(p, 4, "", 0, 0);
}

/* Nor when it is the settings that are at fault: that nothing of the order is wrong does not mean that it is mended. */
static void it_fails_by_the_settings(void **state)
{
	struct rig *p = *state;
	char *out = fs_join(p->r->dir, "open"), *more = str_fmt(", outputs: [{combined: %s/all.pem}]", out);

	assert_int_equal(mkdir(out, 0700), 0);
	assert_int_equal(chmod(out, 0777), 0);
	rig_wait(p, 62 * DAY);
	open_site(p, "new", more);
	rig_visit(p, VISIT_KEPT, VISIT_CA_CHANGED);
	is_now(p, 1, "", 1, 1);
	assert_int_equal(p->w->ca.order_count, 2);
	for (int i = 0; i < 5; i++) {
		rig_wait(p, HOUR);
		rig_visit(p, VISIT_WAITING, VISIT_DUE);
	}
	assert_int_equal(p->w->ca.order_count, 2);
	free(more);
	free(out);
}

/* Both fail: that is all one message, and times and process numbers make no difference worth a second text. */
static void the_old_one_fails_too(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	run_write(p->r, "broken", "1 2");
	open_site(p, "new", "");
	report = go(p, false);
	assert_true(report.item[0].moved_back);
	assert_int_equal(report.item[0].deploy_owed, 1);
	world_error(&report.item[0].deploy_err, ERR_HOOK, ": no; and the same happened with the old one");
	visit_report_clear(&report);
	is_now(p, 1, "", 1, 1);
}

static void the_old_one_fails_in_its_own_way(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	run_write(p->r, "broken", "1 2");
	run_write(p->r, "words-rollback", "quite another thing");
	open_site(p, "new", "");
	report = go(p, false);
	world_error(&report.item[0].deploy_err, ERR_HOOK, ": no; and putting the old one to use failed, too: deploying one: the hook \"tell\" "
	            "failed with exit status 3: quite another thing");
	visit_report_clear(&report);
}

/* What has ended or is revoked is not gone back to: the new one stays, and its deployment is owed. */
static void the_old_one_is_of_no_use(void **state)
{
	for (int revoked = 0; revoked < 2; revoked++) {
		struct rig *p;
		struct visit_report report;
		struct err e = ERR_INIT;

		setup(state);
		p = *state;
		if (revoked) {
			struct store_state st = rig_state(p, "one");
			struct store_generation g = rig_live(p, "one");

			str_replace(&st.revocation.serial, str_dup(g.serial));
			str_replace(&st.revocation.status, str_dup("revoked"));
			st.revocation.next_at = clock_now(p->r->s.clock) + DAY;
			assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
			store_state_clear(&st);
			store_generation_clear(&g);
		} else {
			rig_wait(p, 91 * DAY);
		}
		run_write(p->r, "broken", "2");
		open_site(p, "new", "");
		report = go(p, false);
		assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
		assert_false(report.item[0].moved_back);
		assert_null(report.item[0].moved_from);
		assert_int_equal(report.item[0].deploy_err.kind, ERR_HOOK);
		visit_report_clear(&report);
		is_now(p, 2, "", 0, 0);
		rig_teardown(state);
	}
	setup(state);
}

/* Hooks are left to another command: until then what the old CA issued is kept, however few shall be. */
static void deployed_later(void **state)
{
	struct rig *p = *state;
	struct visit_options later = {.no_deploy = true, .force = true}, deploy = {.deploy_only = true};
	struct visit_report report;

	open_site(p, "new", ", keep: 1");
	report = rig_visit_as(p, &later);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_null(report.item[0].moved_from);
	visit_report_clear(&report);
	report = rig_visit_as(p, &later);
	visit_report_clear(&report);
	is_now(p, 3, "old", 0, 0);
	rig_listed(p, "generations/one", "000001 000002 000003");
	report = rig_visit_as(p, &deploy);
	assert_string_equal(report.item[0].moved_from, "old");
	visit_report_clear(&report);
	is_now(p, 3, "", 0, 0);
	report = go(p, true);
	visit_report_clear(&report);
	rig_listed(p, "generations/one", "000004");
}

/* … and also then it comes back. */
static void deployed_later_in_vain(void **state)
{
	struct rig *p = *state;
	struct visit_options later = {.no_deploy = true}, deploy = {.deploy_only = true};
	struct visit_report report;

	open_site(p, "new", "");
	report = rig_visit_as(p, &later);
	visit_report_clear(&report);
	run_write(p->r, "broken", "2");
	report = rig_visit_as(p, &deploy);
	assert_true(report.item[0].moved_back);
	visit_report_clear(&report);
	is_now(p, 1, "", 1, 1);
}

/* The CA did not issue, and the settings are as they were again: nothing of the move is left. */
static void thought_better_of(void **state)
{
	struct rig *p = *state;
	struct visit_report report;

	open_site(p, "new", "");
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500});
	rig_visit(p, VISIT_FAILED, VISIT_CA_CHANGED);
	is_now(p, 1, "old", 0, 1);
	p->w->ca.script_count = 0;
	open_site(p, "old", "");
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	report = go(p, true);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_null(report.item[0].moved_from);
	visit_report_clear(&report);
	is_now(p, 2, "", 0, 0);
}

/* Nothing has to be deployed, so nothing is waited for. */
static void nothing_to_deploy(void **state)
{
	struct rig *p = *state;
	struct visit_report report;
	char *settings = str_fmt(CAS "certificates:\n  - {name: one, ca: new, names: [a.example], challenge: {webroot: \"%s\"}}\n", p->www);
	struct err e = ERR_INIT;

	run_open(p->r, settings, NULL);
	p->r->s.port = &p->w->ca.port;
	p->r->s.clock = &p->w->clock.clock;
	assert_int_equal(site_lock(&p->r->s, &e), 0);
	report = go(p, false);
	assert_string_equal(report.item[0].moved_from, "old");
	visit_report_clear(&report);
	is_now(p, 2, "", 0, 0);
	free(settings);
}

/* What a visit writes to standard error, owned. */
static char *heard(struct rig *p)
{
	char *path = fs_join(p->r->dir, "stderr"), *text;
	int saved = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct visit_report report;

	assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	log_set_level(LOG_LEVEL_NORMAL);
	report = go(p, false);
	log_set_level(LOG_LEVEL_QUIET);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(close(saved) | close(fd), 0);
	assert_string_equal(report.item[0].moved_from, "old");
	visit_report_clear(&report);
	text = scratch_read(path);
	free(path);
	return text;
}

static const struct { const char *more, *says; } leavings[] = {
	{"", "one: no certificate needs these registered FQDNs any more: a.example (until 2099-02-28), www.a.example. Their contract needs no "
	     "renewal, and nothing has to be revoked: the certificate of \"old\" does no harm"},
	{"  - {name: two, names: [www.www.a.example], challenge: {webroot: /w}, ca: old}\n",
	 "one: no certificate needs these registered FQDNs any more: a.example (until 2099-02-28). Their"},
	{"  - {name: two, names: [www.a.example], challenge: {webroot: /w}, ca: old}\n", NULL},
};

/* Rule 25: at the old contract nothing has to be done, and what is not needed any more is said. */
static void rule_25_leaving(void **state)
{
	for (size_t i = 0; i < sizeof leavings / sizeof *leavings; i++) {
		struct rig *p;
		struct err e = ERR_INIT;
		char *text;

		rig_setup(state);
		p = *state;
		for (int moved = 0; moved < 2; moved++) {
			char *settings = str_fmt("cas: [{name: old, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: jpdirect, key: ecdsa-p256}, "
			                         "{name: new, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: none, key: ecdsa-p256}]\n"
			                         "certificates:\n  - {name: one, ca: %s, names: [www.a.example], challenge: {webroot: \"%s\"}}\n%s",
			                         moved ? "new" : "old", p->www, moved ? leavings[i].more : "");

			run_open(p->r, settings, "- {fqdn: a.example, ends: 2099-02-28}\n- www.a.example\n- b.example\n");
			p->r->s.port = &p->w->ca.port;
			p->r->s.clock = &p->w->clock.clock;
			assert_int_equal(site_lock(&p->r->s, &e), 0);
			free(settings);
			if (!moved)
				rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		}
		text = heard(p);
		if (leavings[i].says ? !strstr(text, leavings[i].says) : strstr(text, "any more") != NULL)
			fail_msg("row %zu: %s", i, text);
		free(text);
		rig_teardown(state);
	}
	setup(state);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(it_goes_well), RIG(it_is_taken_back), RIG(it_is_taken_back_by_half),
		RIG(it_fails_when_due), RIG(it_fails_by_the_settings),
		RIG(the_old_one_fails_too), RIG(the_old_one_fails_in_its_own_way),
		OWN(the_old_one_is_of_no_use),
		RIG(deployed_later), RIG(deployed_later_in_vain), RIG(thought_better_of), RIG(nothing_to_deploy), OWN(rule_25_leaving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
