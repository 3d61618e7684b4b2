#include "config.h"

#include "run/notify.h"

#include "run_maker.h"
#include "skipping.h"

#define DAY 86400
#define CERT "certificates:\n  - name: shop\n    names: [example.jp, www.example.jp]\n    challenge: {webroot: /w}\n    deploy: reload\n"
#define TELL_SCRIPT "#!/bin/sh\nd=${0%/*}/..\necho \"$TEGATA_EVENT\" >>\"$d/${0##*/}.heard\"\nenv >\"$d/env\"\necho \"$*\" >\"$d/args\"\n"
#define FAIL_SCRIPT "#!/bin/sh\necho try >>\"${0%/*}/../${0##*/}.tries\"\necho 'the mail server is down' >&2\nexit 1\n"

static void open_site(struct run *r, const char *notify)
{
	char *text = str_fmt(CERT "notify: %s\n", notify);

	run_hook(r, "tell", TELL_SCRIPT);
	run_hook(r, "other", TELL_SCRIPT);
	run_open(r, text, "- example.jp\n");
	free(text);
}

static char *note(const struct run *r, const char *name)
{
	char *path = fs_join(r->etc, name), *text = scratch_read(path);

	free(path);
	return text ? text : str_dup("");
}

static void assert_note(const struct run *r, const char *name, const char *expected)
{
	char *text = note(r, name);

	assert_string_equal(text, expected);
	free(text);
}

static void assert_variable(const struct run *r, const char *line)
{
	char *env = note(r, "env"), *with = str_fmt("\n%s\n", line), *all = str_fmt("\n%s", env);

	if (!strstr(all, with))
		fail_msg("\"%s\" is not in\n%s", line, env);
	free(all);
	free(with);
	free(env);
}

static void save(struct run *r, const struct store_state *st)
{
	struct err e = ERR_INIT;

	assert_int_equal(site_lock(&r->s, &e), 0);
	assert_int_equal(store_state_save(r->s.store, "shop", st, &e), 0);
}

static struct store_state load(struct run *r)
{
	struct store_state st = {0};
	struct err e = ERR_INIT;

	assert_int_equal(site_lock(&r->s, &e), 0);
	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	return st;
}

/* That ordering has failed so often, or works. */
static void failing(struct run *r, int failures, const char *kind)
{
	struct store_state st = load(r);

	st.failures = failures;
	str_replace(&st.last_error, failures ? str_dup("issuing shop: example.jp is not registered\nsecond line") : NULL);
	str_replace(&st.last_error_kind, failures ? str_dup(kind) : NULL);
	st.last_error_at = failures ? RUN_NOW : 0;
	st.retry_at = failures ? RUN_NOW + DAY : 0;
	save(r, &st);
	store_state_clear(&st);
}

static void visited(struct run *r, enum visit_outcome outcome, int generation)
{
	struct visit_item item = {.name = str_dup("shop"), .outcome = outcome, .generation = generation, .renew_at = RUN_NOW + 30 * DAY};
	struct visit_report report = {.item = &item, .count = 1};
	struct err e = ERR_INIT;

	assert_int_equal(site_lock(&r->s, &e), 0);
	notify_visit(&r->s, &report);
	free(item.name);
}

static void test_what_a_hook_gets(void **state)
{
	struct run *r = *state;
	char host[256] = "", *line;

	open_site(r, "[{run: tell, level: info}]");
	run_issue(r, "shop", "example.jp www.example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.heard", "renew-failed\n");
	assert_note(r, "args", "notify renew-failed shop\n");
	assert_variable(r, "TEGATA_STAGE=notify");
	assert_variable(r, "TEGATA_EVENT=renew-failed");
	assert_variable(r, "TEGATA_CERT_NAME=shop");
	assert_variable(r, "TEGATA_NAMES=example.jp www.example.jp");
	assert_variable(r, "TEGATA_SERIAL=0abc");
	assert_variable(r, "TEGATA_GENERATION=1");
	assert_variable(r, "TEGATA_NOT_AFTER=2026-12-19T14:13:20Z");
	assert_variable(r, "TEGATA_NEXT_TRY=2026-09-22T14:13:20Z");
	assert_int_equal(gethostname(host, sizeof host - 1), 0);
	line = str_fmt("TEGATA_HOST=%s", host);
	assert_variable(r, line);
	free(line);
	line = note(r, "env");
	assert_non_null(strstr(line, "\nTEGATA_EVENT_KEY=renew-failed/shop/"));
	assert_non_null(strstr(line, "\nTEGATA_LEVEL="));
	assert_non_null(strstr(line, "example.jp is not registered second line"));
	assert_null(strstr(line, "PRIVATE"));
	free(line);
}

static void test_each_event_once(void **state)
{
	struct run *r = *state;

	open_site(r, "[{run: tell, level: info}]");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	visited(r, VISIT_ISSUED, 1);
	assert_note(r, "tell.heard", "renewed\n");
	visited(r, VISIT_KEPT, 1);
	failing(r, 3, "refused");
	for (int i = 0; i < 5; i++)
		visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.heard", "renewed\nrenew-failed\n");
	failing(r, 0, NULL);
	visited(r, VISIT_KEPT, 1);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "renewed\nrenew-failed\nrecovered\n");
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.heard", "renewed\nrenew-failed\nrecovered\nrenew-failed\n");
}

static void test_filters(void **state)
{
	struct run *r = *state;

	open_site(r, "[{run: tell, level: warning}, {run: other, events: [renewed, expired]}]");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	visited(r, VISIT_ISSUED, 1);
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.heard", "renew-failed\n");
	assert_note(r, "other.heard", "renewed\n");
}

static void test_a_failing_hook_is_tried_again(void **state)
{
	struct run *r = *state;

	open_site(r, "[{run: tell, level: info}, {run: other, level: info}]");
	run_hook(r, "tell", FAIL_SCRIPT);
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	failing(r, 3, "refused");
	for (int i = 0; i < 3; i++)
		visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.tries", "try\ntry\ntry\n");
	/* Who has heard it does not hear it again because of another. */
	assert_note(r, "other.heard", "renew-failed\n");
	run_hook(r, "tell", TELL_SCRIPT);
	visited(r, VISIT_FAILED, 1);
	visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.heard", "renew-failed\n");
	assert_note(r, "other.heard", "renew-failed\n");
	/* It ends, and comes again: news to both. */
	failing(r, 0, NULL);
	visited(r, VISIT_KEPT, 1);
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 1);
	assert_note(r, "tell.heard", "renew-failed\nrecovered\nrenew-failed\n");
	assert_note(r, "other.heard", "renew-failed\nrecovered\nrenew-failed\n");
}

/* Nobody but one heard of it when it ended: the same again is news to that one, too. */
static void test_what_ended_untold_is_forgotten(void **state)
{
	struct run *r = *state;
	struct store_state st;

	open_site(r, "[{run: tell, level: info}, {run: other, level: info}]");
	run_hook(r, "tell", FAIL_SCRIPT);
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 1);
	failing(r, 0, NULL);
	visited(r, VISIT_KEPT, 1);
	st = load(r);
	for (size_t i = 0; i < st.deploy_count; i++)
		assert_null(st.deploy[i].last_error);
	store_state_clear(&st);
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 1);
	assert_note(r, "other.heard", "renew-failed\nrenew-failed\n");
}

static void test_deploys_that_fail_and_are_done(void **state)
{
	struct run *r = *state;
	struct store_state st;
	struct store_deploy *d;

	open_site(r, "[{run: tell, level: info}]");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	st = load(r);
	d = store_state_deploy(&st, "reload", "reload");
	d->last_error = str_dup("exit status 1");
	d->failures = 1;
	save(r, &st);
	visited(r, VISIT_KEPT, 1);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "deploy-failed\n");
	store_state_clear(&st);
	st = load(r);
	d = store_state_deploy(&st, "reload", "reload");
	str_replace(&d->last_error, NULL);
	d->generation = 1;
	save(r, &st);
	store_state_clear(&st);
	visited(r, VISIT_KEPT, 1);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "deploy-failed\ndeployed\n");
}

static void test_revoked_but_not_when_asked(void **state)
{
	struct run *r = *state;
	struct store_state st;

	open_site(r, "[tell]");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	st = load(r);
	st.revocation = (struct store_revocation){.serial = str_dup("0abc"), .status = str_dup("revoked"), .asked = true};
	save(r, &st);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "");
	st.revocation.asked = false;
	save(r, &st);
	store_state_clear(&st);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "revoked\n");
}

/* The visit that learns of it has another in place before anybody is told. */
static void test_revoked_and_replaced(void **state)
{
	struct run *r = *state;
	struct visit_item item = {.name = (char *)(uintptr_t)"shop", .outcome = VISIT_ISSUED, .reason = VISIT_REVOKED, .generation = 1};
	struct visit_report report = {.item = &item, .count = 1};
	struct store_state st;

	open_site(r, "[tell]");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	st = load(r);
	st.revocation = (struct store_revocation){.serial = str_dup("09ab"), .status = str_dup("revoked")};
	save(r, &st);
	store_state_clear(&st);
	assert_int_equal(site_lock(&r->s, &(struct err){0}), 0);
	notify_visit(&r->s, &report);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "revoked\n");
}

static void test_an_entry_that_ends(void **state)
{
	struct run *r = *state;

	open_site(r, "[tell]");
	run_open(r, CERT "notify: [tell]\n", "- {fqdn: example.jp, ends: 2026-10-01}\n");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	visited(r, VISIT_KEPT, 1);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "entry-lapsing\n");
}

#define WWW "certificates:\n  - name: shop\n    names: [example.jp, b.jp]\n    challenge: {webroot: /w}\n"
#define ENDS_ON "TEGATA_TEXT=shop: the use period of the registered example.jp ends on 2026-10-10. "
#define RENEW "Renew the contract on the customer page, then: tegata entitlements renew example.jp"

/* Which names go with it is found in the list, under the CA's rule, and what is done about it in the settings. */
static const struct { const char *settings, *list, *text; } entries[] = {
	{WWW, "- {fqdn: example.jp, ends: 2026-10-10}\n- b.jp\n",
	 ENDS_ON "Then the CA revokes the certificate: for example.jp, and with it for b.jp. " RENEW
	 ". Or let them go: tegata run --accept-lapse shop (or `on_lapse: shrink`)"},
	{WWW "    on_lapse: shrink\n", "- {fqdn: example.jp, ends: 2026-10-10}\n- b.jp\n",
	 ENDS_ON "Then the CA revokes the certificate: for example.jp, and with it for b.jp. On 2026-10-09 tegata puts a certificate without "
	 "example.jp in place. To keep them: " RENEW},
	{WWW "    csr: /nowhere/a.csr\n    on_lapse: shrink\n", "- {fqdn: example.jp, ends: 2026-10-10}\n- b.jp\n",
	 ENDS_ON "Then the CA revokes the certificate: for example.jp, and with it for b.jp. " RENEW
	 ". Or make a request (csr) without them, and take them out of `names`"},
	{WWW, "- {fqdn: example.jp, ends: 2026-10-10}\n- {fqdn: b.jp, ends: 2026-10-10}\n", NULL},
	{WWW, "- {fqdn: example.jp, ends: 2026-10-10}\n- {fqdn: '*.example.jp', ends: 2026-10-20}\n- b.jp\n",
	 ENDS_ON "Other entries cover its names, too; but if the CA counts this one, it revokes the certificate. " RENEW},
	{WWW, "- {fqdn: example.jp, ends: 2026-10-10}\n- '*.example.jp'\n- b.jp\n",
	 ENDS_ON "Other entries cover its names, too; but if the CA counts this one, it revokes the certificate. " RENEW},
};

static void test_what_goes_with_an_entry(void **state)
{
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		struct run *r;
		char *settings;

		run_setup(state);
		r = *state;
		settings = str_fmt("%snotify: [tell]\n", entries[i].settings);
		run_hook(r, "tell", TELL_SCRIPT);
		run_open(r, settings, entries[i].list);
		run_issue(r, "shop", "example.jp b.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
		visited(r, VISIT_KEPT, 1);
		assert_note(r, "tell.heard", "entry-lapsing\n");
		if (entries[i].text)
			assert_variable(r, entries[i].text);
		else
			assert_note(r, "args", "notify entry-lapsing shop\n");
		free(settings);
		run_teardown(state);
	}
	run_setup(state);
}

/* What this visit let go, and that it took a move back. */
static void test_let_go_and_moved_back(void **state)
{
	struct run *r = *state;
	struct visit_item item = {.name = (char *)(uintptr_t)"shop", .outcome = VISIT_ISSUED, .reason = VISIT_LAPSING, .generation = 1};
	struct visit_report report = {.item = &item, .count = 1};

	open_site(r, "{run: tell, events: [names-dropped, moved-back]}");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	strs_add(&item.let_go, "www.example.jp");
	notify_visit(&r->s, &report);
	assert_variable(r, "TEGATA_TEXT=shop: the certificate in place is without www.example.jp, whose use period ends. They come back by "
	                "themselves when the contract is renewed and that is noted: tegata entitlements renew");
	assert_variable(r, "TEGATA_LEVEL=warning");
	strs_clear(&item.let_go);
	item.outcome = VISIT_KEPT;
	item.moved_back = true;
	err_set(&item.deploy_err, ERR_HOOK, "nginx says no");
	notify_visit(&r->s, &report);
	assert_note(r, "tell.heard", "names-dropped\nmoved-back\n");
	assert_variable(r, "TEGATA_TEXT=shop: nginx says no");
	assert_variable(r, "TEGATA_LEVEL=error");
	err_clear(&item.deploy_err);
}

static void test_nothing_live(void **state)
{
	struct run *r = *state;
	char *env;

	open_site(r, "[tell]");
	failing(r, 1, "refused");
	visited(r, VISIT_FAILED, 0);
	assert_note(r, "tell.heard", "renew-failed\n");
	assert_variable(r, "TEGATA_NAMES=example.jp www.example.jp");
	env = note(r, "env");
	assert_null(strstr(env, "TEGATA_SERIAL"));
	assert_null(strstr(env, "TEGATA_GENERATION"));
	assert_null(strstr(env, "TEGATA_NOT_AFTER"));
	free(env);
}

static void test_about_no_certificate(void **state)
{
	struct run *r = *state;
	struct strs names = {0};
	struct err e = ERR_INIT;

	open_site(r, "[tell]");
	assert_int_equal(site_lock(&r->s, &e), 0);
	for (int i = 0; i < 3; i++)
		notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "the clock says 1970");
	assert_note(r, "tell.heard", "clock-wrong\n");
	assert_note(r, "args", "notify clock-wrong\n");
	assert_variable(r, "TEGATA_TEXT=the clock says 1970");
	r->clock.now_sec += DAY;
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "the clock says 1970");
	assert_note(r, "tell.heard", "clock-wrong\nclock-wrong\n");
	/* A clock that goes back tells again, and then no more. */
	r->clock.now_sec -= 100 * DAY;
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "the clock says 1970");
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "the clock says 1970");
	assert_note(r, "tell.heard", "clock-wrong\nclock-wrong\nclock-wrong\n");
	assert_int_equal(store_live_names(r->s.store, &names, &e), 0);
	assert_int_equal(names.count, 0);
	run_hook(r, "tell", FAIL_SCRIPT);
	r->clock.now_sec += DAY;
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "the clock says 1970");
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "the clock says 1970");
	assert_note(r, "tell.tries", "try\ntry\n");
}

/* A CA may give a reason for each of a hundred names; hooks get as much of it as each way out takes. */
static void test_a_long_text_is_cut(void **state)
{
	struct run *r = *state;
	char *text = mem_new(90000 + 1, 1), *env;
	const char *at;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < 90000; i += 3)
		memcpy(text + i, "あ", 3);
	open_site(r, "[{run: tell, level: info}]");
	assert_int_equal(site_lock(&r->s, &e), 0);
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", text);
	env = note(r, "env");
	at = strstr(env, "TEGATA_TEXT=");
	assert_non_null(at);
	at += strlen("TEGATA_TEXT=");
	assert_int_equal(strcspn(at, "\n"), 3999 + 3);
	assert_memory_equal(at + 3999 - 3, "あ…\n", 7);
	free(env);
	free(text);
}

static void test_the_test(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;

	run_open(r, CERT, "- example.jp\n");
	assert_int_equal(notify_test(&r->s, &e), -1);
	run_error(r, &e, ERR_CONFIG, "the settings have no notify hooks");
	open_site(r, "[{run: tell, level: error}, {run: other, events: [expired]}]");
	assert_int_equal(notify_test(&r->s, &e), 0);
	assert_note(r, "tell.heard", "test\n");
	assert_note(r, "other.heard", "test\n");
	assert_note(r, "args", "notify test\n");
	assert_variable(r, "TEGATA_LEVEL=info");
	run_hook(r, "tell", FAIL_SCRIPT);
	assert_int_equal(notify_test(&r->s, &e), -1);
	run_error(r, &e, ERR_HOOK, "the hook \"tell\" failed with exit status 1: the mail server is down");
	assert_note(r, "other.heard", "test\ntest\n");
}

/* With many certificates a broken way out is tried once in a visit, not once for each. */
static void test_a_broken_hook_is_left_alone(void **state)
{
	struct run *r = *state;
	struct visit_item items[3] = {{.name = str_dup("shop")}, {.name = str_dup("b")}, {.name = str_dup("c")}};
	struct visit_report report = {.item = items, .count = 3};
	struct err e = ERR_INIT;

	open_site(r, "[{run: tell, level: info}]");
	run_hook(r, "tell", FAIL_SCRIPT);
	failing(r, 3, "refused");
	for (size_t i = 1; i < 3; i++) {
		struct store_state st = load(r);

		assert_int_equal(store_state_save(r->s.store, items[i].name, &st, &e), 0);
		store_state_clear(&st);
	}
	notify_visit(&r->s, &report);
	assert_note(r, "tell.tries", "try\n");
	for (size_t i = 0; i < 3; i++)
		free(items[i].name);
}

static void test_nobody_to_tell(void **state)
{
	struct run *r = *state;

	run_open(r, CERT, "- example.jp\n");
	failing(r, 3, "refused");
	visited(r, VISIT_FAILED, 0);
	notify_site(&r->s, EVENTS_CLOCK_WRONG, "local", "x");
}

/* Each event and its level is a row of the table in doc/hooks.md. */
static void test_events_are_documented(void **state)
{
	const char *top = getenv("abs_top_srcdir");
	char *path, *text;
	size_t count;
	const struct events_row *table = events_table(&count);

	(void)state;
	if (top == NULL)
		SKIP_BECAUSE("abs_top_srcdir does not say where doc/hooks.md is");
	path = fs_join(top, "doc/hooks.md");
	text = scratch_read(path);
	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		char *row = str_fmt("\n| `%s` | %s | ", table[i].name, events_level_name(table[i].level));

		if (strstr(text, row) == NULL)
			fail_msg("doc/hooks.md has no row \"%s\"", row + 1);
		free(row);
	}
	free(text);
	free(path);
}

/* The settings name another CA already, but what is live is still that of the first: its entry's end takes it along. */
static void test_an_entry_of_the_ca_that_is_being_left(void **state)
{
	struct run *r = *state;

	run_hook(r, "tell", TELL_SCRIPT);
	run_open(r, "cas:\n  - {profile: jprs}\n  - {name: other, profile: custom, server: \"https://other.example/dir\"}\n"
	         CERT "    ca: other\nnotify: [tell]\n", "- {fqdn: example.jp, ends: 2026-10-01}\n");
	run_issue(r, "shop", "example.jp www.example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	visited(r, VISIT_KEPT, 1);
	assert_note(r, "tell.heard", "entry-lapsing\n");
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_what_a_hook_gets),
		WITH(test_each_event_once),
		WITH(test_filters),
		WITH(test_a_failing_hook_is_tried_again),
		WITH(test_what_ended_untold_is_forgotten),
		WITH(test_deploys_that_fail_and_are_done),
		WITH(test_revoked_but_not_when_asked),
		WITH(test_revoked_and_replaced),
		WITH(test_an_entry_that_ends),
		cmocka_unit_test_teardown(test_what_goes_with_an_entry, run_teardown),
		WITH(test_an_entry_of_the_ca_that_is_being_left),
		WITH(test_let_go_and_moved_back),
		WITH(test_nothing_live),
		WITH(test_about_no_certificate),
		WITH(test_a_long_text_is_cut),
		WITH(test_the_test),
		WITH(test_a_broken_hook_is_left_alone),
		WITH(test_nobody_to_tell),
		cmocka_unit_test(test_events_are_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
