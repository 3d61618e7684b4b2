#include "config.h"

#include "run/visit.h"

#include "run_maker.h"

#define DAY 86400
#define CERT(name, names) "  - {name: " name ", names: [" names "], challenge: {webroot: /w}}\n"
#define FREE_CA "cas: [{profile: letsencrypt}]\n"

static struct visit_report go(struct run *r, const struct visit_options *o)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	if (visit(&r->s, o, &report, &e) != 0)
		fail_msg("visit: %s", e.cause);
	return report;
}

static void assert_item(const struct visit_report *report, size_t i, const char *name, enum visit_outcome o,
                        enum visit_reason reason)
{
	assert_true(i < report->count);
	assert_string_equal(report->item[i].name, name);
	assert_string_equal(visit_outcome_name(report->item[i].outcome), visit_outcome_name(o));
	assert_string_equal(visit_reason_name(report->item[i].reason), visit_reason_name(reason));
}

static void test_words(void **state)
{
	static const char *const outcomes[] = {"kept", "issued", "failed", "waiting"};
	static const char *const reasons[] = {"not-due", "missing", "names-changed", "due", "forced", "key-changed", "ca-changed",
	                                      "damaged", "revoked", "not-asked", "lapsing", "returned"};

	(void)state;
	for (int i = 0; i < VISIT_OUTCOME_COUNT; i++)
		assert_string_equal(visit_outcome_name((enum visit_outcome)i), outcomes[i]);
	for (int i = 0; i < VISIT_REASON_COUNT; i++)
		assert_string_equal(visit_reason_name((enum visit_reason)i), reasons[i]);
}

static void test_an_unknown_name(void **state)
{
	struct run *r = *state;
	struct strs names = {0};
	struct visit_options o = {.names = &names};
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	run_open(r, "certificates:\n" CERT("one", "example.jp"), "- example.jp\n");
	strs_add(&names, "one");
	strs_add(&names, "two");
	assert_int_equal(visit(&r->s, &o, &report, &e), -1);
	assert_string_equal(e.advice, "`tegata status` lists them.");
	run_error(r, &e, ERR_USAGE, "no certificate named \"two\" is configured");
	assert_int_equal(report.count, 0);
	assert_int_equal(access(r->options.state_dir, F_OK), -1);
	visit_report_clear(&report);
	strs_clear(&names);
}

static void test_somebody_else_is_at_it(void **state)
{
	struct run *r = *state;
	struct visit_options o = {0};
	struct visit_report report = {0};
	struct site other;
	struct err e = ERR_INIT;

	run_open(r, "certificates:\n" CERT("one", "example.jp"), "- example.jp\n");
	site_init(&other, &r->options);
	assert_int_equal(site_lock(&other, &e), 0);
	assert_int_equal(visit(&r->s, &o, &report, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	err_clear(&e);
	assert_int_equal(report.count, 0);
	site_clear(&other);
	visit_report_clear(&report);
}

static void test_a_signal_before_the_beginning(void **state)
{
	struct run *r = *state;
	struct visit_options o = {0};
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	run_open(r, "certificates:\n" CERT("one", "example.jp"), "- example.jp\n");
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(visit(&r->s, &o, &report, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	err_clear(&e);
	assert_int_equal(r->requests, 0);
	visit_report_clear(&report);
}

/* Refused once in so many words; then it is known, and quiet, for a day. */
static void test_the_gate_refuses_before_any_request(void **state)
{
	static const struct { int64_t later; enum visit_outcome outcome; int failures; } visits[] = {
		{0, VISIT_FAILED, 1}, {3600, VISIT_WAITING, 1}, {22 * 3600, VISIT_WAITING, 1}, {24 * 3600, VISIT_FAILED, 2},
	};
	struct run *r = *state;
	struct visit_options o = {0};

	run_open(r, "certificates:\n" CERT("one", "shop.example.jp"), "- example.jp\n");
	for (size_t i = 0; i < sizeof visits / sizeof *visits; i++) {
		struct visit_report report;
		struct store_state st = {0};
		struct err e = ERR_INIT;

		r->clock.mono_ms = visits[i].later * 1000;
		report = go(r, &o);
		assert_int_equal(report.requests, 0);
		assert_item(&report, 0, "one", visits[i].outcome, VISIT_MISSING);
		assert_ptr_equal(visit_worst(&report), &report.item[0].err);
		assert_in_range(report.item[0].next_try, clock_now(r->s.clock), clock_now(r->s.clock) + DAY);
		assert_string_equal(report.item[0].wait_why, "daily");
		run_error(r, &report.item[0].err, ERR_REFUSED,
		          "one: shop.example.jp is not registered: the nearest registered FQDN, example.jp, does not cover it; register "
		          "shop.example.jp");
		visit_report_clear(&report);
		assert_int_equal(store_state_load(r->s.store, "one", &st, &e), 0);
		assert_string_equal(st.last_error_kind, "refused");
		assert_true(str_starts(st.last_error, "one: shop.example.jp is not registered"));
		assert_int_equal(st.failures, visits[i].failures);
		assert_non_null(st.failed_for);
		store_state_clear(&st);
	}
	assert_int_equal(r->requests, 0);
}

static void test_without_a_list(void **state)
{
	struct run *r = *state;
	struct visit_options o = {0};
	struct visit_report report;

	run_open(r, "certificates:\n" CERT("one", "example.jp"), NULL);
	report = go(r, &o);
	assert_int_equal(r->requests, 0);
	run_error(r, &report.item[0].err, ERR_CONFIG, "one: there is no list of registered FQDNs: etc/entitlements.yaml");
	visit_report_clear(&report);
}

static void test_without_an_account(void **state)
{
	static const struct { const char *settings, *list, *said, *advice; } cases[] = {
		{"certificates:\n" CERT("one", "example.jp"), "- example.jp\n",
		 "one: there is no account yet at https://acme.amecert.jprs.jp/DV/getDirectory",
		 "Register first: `tegata register -m ADDRESS` with the EAB key id and HMAC key from the customer page."},
		{FREE_CA "certificates:\n" CERT("one", "example.jp"), NULL,
		 "one: there is no account yet at https://acme-v02.api.letsencrypt.org/directory",
		 "Register first: `tegata register -m ADDRESS`."},
	};
	struct run *r = *state;
	struct visit_options o = {0};

	for (size_t i = 0; i < 2; i++) {
		struct visit_report report;

		run_open(r, cases[i].settings, cases[i].list);
		report = go(r, &o);
		assert_item(&report, 0, "one", VISIT_FAILED, VISIT_MISSING);
		assert_string_equal(report.item[0].err.advice, cases[i].advice);
		run_error(r, &report.item[0].err, ERR_CONFIG, cases[i].said);
		assert_int_equal(r->requests, 0);
		visit_report_clear(&report);
	}
}

static void test_an_unknown_owner_of_the_key(void **state)
{
	struct run *r = *state;
	struct visit_options o = {0};
	struct visit_report report;

	run_open(r, FREE_CA "certificates:\n  - {name: one, names: [a.jp], challenge: {webroot: /w}, key_group: no-such-group}\n", NULL);
	report = go(r, &o);
	run_error(r, &report.item[0].err, ERR_CONFIG, "one: key_group: there is no group \"no-such-group\"");
	assert_int_equal(r->requests, 0);
	visit_report_clear(&report);
}

static void test_one_failure_does_not_stop_the_others(void **state)
{
	struct run *r = *state;
	struct visit_options o = {0};
	struct visit_report report;
	char *dir;

	run_hook(r, "note", "#!/bin/sh\ntouch \"${0%/*}/../ran\"\n");
	run_open(r, "defaults: {deploy: note}\ncertificates:\n" CERT("one", "bad.jp") CERT("two", "example.jp"), "- example.jp\n");
	run_issue(r, "two", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	report = go(r, &o);
	assert_int_equal(report.count, 2);
	assert_item(&report, 0, "one", VISIT_FAILED, VISIT_MISSING);
	assert_int_equal(report.item[0].generation, 0);
	assert_null(report.item[0].live_dir);
	assert_item(&report, 1, "two", VISIT_KEPT, VISIT_NOT_DUE);
	assert_int_equal(report.item[1].generation, 1);
	assert_int_equal(report.item[1].not_after, RUN_NOW + 89 * DAY);
	assert_in_range(report.item[1].renew_at, RUN_NOW + 59 * DAY, RUN_NOW + 60 * DAY);
	assert_int_equal(report.item[1].deployed.count, 1);
	dir = run_shorten(r, report.item[1].live_dir);
	assert_string_equal(dir, "state/live/two");
	free(dir);
	assert_int_equal(r->requests, 0);
	visit_report_clear(&report);
}

static void test_what_is_asked_for(void **state)
{
	static const struct {
		struct visit_options o;
		const char *live;  /* names that one holds; NULL = nothing is live */
		int64_t age_days;
		enum visit_outcome outcome;
		enum visit_reason reason;
	} cases[] = {
		{{.renew_only = true}, NULL, 0, VISIT_KEPT, VISIT_NOT_ASKED},
		{{.deploy_only = true}, NULL, 0, VISIT_KEPT, VISIT_NOT_ASKED},
		{{.deploy_only = true}, "other.jp", 80, VISIT_KEPT, VISIT_NOT_ASKED},
		{{.force = false}, "example.jp", 59, VISIT_KEPT, VISIT_NOT_DUE},
		{{.renew_only = true}, "example.jp", 61, VISIT_FAILED, VISIT_DUE},
		{{.force = true}, "example.jp", 1, VISIT_FAILED, VISIT_FORCED},
		{{.force = false}, "other.jp", 1, VISIT_FAILED, VISIT_NAMES_CHANGED},
		{{.force = false}, "example.jp", 61, VISIT_FAILED, VISIT_DUE},
	};
	struct run *r = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *name = str_fmt("c%zu", i), *settings;
		struct visit_report report;

		settings = str_fmt("certificates:\n  - {name: %s, names: [example.jp], challenge: {webroot: /w}}\n", name);
		run_open(r, settings, "- other.jp\n"); /* what is tried is refused */
		if (cases[i].live)
			run_issue(r, name, cases[i].live, RUN_NOW - cases[i].age_days * DAY, RUN_NOW + (90 - cases[i].age_days) * DAY);
		report = go(r, &cases[i].o);
		assert_item(&report, 0, name, cases[i].outcome, cases[i].reason);
		if (cases[i].outcome == VISIT_FAILED)
			assert_int_equal(report.item[0].err.kind, ERR_REFUSED);
		assert_int_equal(report.item[0].generation, cases[i].live ? 1 : 0);
		visit_report_clear(&report);
		free(settings);
		free(name);
	}
	assert_int_equal(r->requests, 0);
}

static void test_damage_is_a_reason(void **state)
{
	struct run *r = *state;
	struct visit_options o = {0};
	struct visit_report report;
	char *file;

	run_open(r, "certificates:\n" CERT("one", "example.jp"), "- other.jp\n");
	run_issue(r, "one", "example.jp", RUN_NOW, RUN_NOW + 90 * DAY);
	file = store_live_path(r->s.store, "one", "chain.pem");
	assert_int_equal(unlink(file), 0);
	free(file);
	report = go(r, &o);
	assert_item(&report, 0, "one", VISIT_FAILED, VISIT_DAMAGED);
	assert_int_equal(report.item[0].err.kind, ERR_REFUSED);
	visit_report_clear(&report);
}

static void test_deploy_alone(void **state)
{
	struct run *r = *state;
	struct strs names = {0};
	struct visit_options o = {.names = &names, .deploy_only = true};
	struct visit_report report;

	run_hook(r, "hook", "#!/bin/sh\necho no >&2\nexit 1\n");
	run_open(r, "defaults: {deploy: hook}\ncertificates:\n" CERT("one", "example.jp") CERT("two", "example.jp"), "- other.jp\n");
	run_issue(r, "one", "old.jp", RUN_NOW - 89 * DAY, RUN_NOW + DAY);
	run_issue(r, "two", "old.jp", RUN_NOW - 89 * DAY, RUN_NOW + DAY);
	strs_add(&names, "two");
	report = go(r, &o);
	assert_int_equal(report.count, 1);
	assert_item(&report, 0, "two", VISIT_KEPT, VISIT_NOT_ASKED);
	assert_int_equal(report.item[0].deploy_owed, 1);
	assert_ptr_equal(visit_worst(&report), &report.item[0].deploy_err);
	visit_report_clear(&report);

	run_hook(r, "hook", "#!/bin/sh\n");
	report = go(r, &o);
	assert_int_equal(report.item[0].deployed.count, 1);
	assert_null(visit_worst(&report));
	visit_report_clear(&report);
	report = go(r, &o);
	assert_int_equal(report.item[0].deployed.count, 0);
	visit_report_clear(&report);
	o.redeploy = true;
	report = go(r, &o);
	assert_int_equal(report.item[0].deployed.count, 1);
	visit_report_clear(&report);
	strs_clear(&names);
	assert_int_equal(r->requests, 0);
}

static void test_an_extra_certificate(void **state)
{
	struct run *r = *state;
	struct certificate_setting extra = {.name = str_dup("extra"), .key_mode = 0600};
	struct visit_options o = {.extra = &extra};
	struct visit_report report;

	run_open(r, "certificates:\n" CERT("one", "example.jp"), "- example.jp\n");
	strs_add(&extra.names, "example.jp");
	report = go(r, &o);
	assert_int_equal(report.count, 1);
	assert_item(&report, 0, "extra", VISIT_FAILED, VISIT_MISSING);
	assert_string_equal(report.item[0].err.advice, "Say how the name is to be validated: --webroot -w FOLDER, --standalone, --hook "
	                                               "NAME, or `challenge` in the settings.");
	run_error(r, &report.item[0].err, ERR_CONFIG, "extra: no challenge is configured for example.jp");
	assert_int_equal(r->requests, 0);
	visit_report_clear(&report);
	certificate_setting_clear(&extra);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		WITH(test_an_unknown_name),
		WITH(test_somebody_else_is_at_it),
		WITH(test_a_signal_before_the_beginning),
		WITH(test_the_gate_refuses_before_any_request),
		WITH(test_without_a_list),
		WITH(test_without_an_account),
		WITH(test_an_unknown_owner_of_the_key),
		WITH(test_one_failure_does_not_stop_the_others),
		WITH(test_what_is_asked_for),
		WITH(test_damage_is_a_reason),
		WITH(test_deploy_alone),
		WITH(test_an_extra_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
