#include "config.h"

#include "run/status.h"

#include "run/due.h"
#include "run_maker.h"

#define DAY 86400
#define SHOP(names, more) "certificates:\n  - name: shop\n    names: [" names "]\n    challenge: {webroot: /w}\n" more

static void assert_strs(const struct strs *l, const char *expected)
{
	char *all = strs_join(l, " ");

	assert_string_equal(all ? all : "", expected);
	free(all);
}

static struct status_report gather(struct run *r)
{
	struct status_report report = {0};
	struct err e = ERR_INIT;

	if (status_gather(&r->s, NULL, &report, &e) != 0)
		fail_msg("status_gather: %s", e.cause);
	assert_int_equal(report.at, RUN_NOW);
	return report;
}

/* The instant in which a day of Japan begins. */
static int64_t jst(const char *day)
{
	struct date d;

	assert_int_equal(date_parse(day, &d), 0);
	return time_from_utc(d, 0, 0, 0) - 9 * 3600;
}

static void test_nothing_yet(void **state)
{
	struct run *r = *state;
	struct status_report report;

	run_open(r, SHOP("example.jp", ""), "- {fqdn: example.jp, ends: 2026-12-31}\n- b.jp\n");
	report = gather(r);
	assert_int_equal(access(r->options.state_dir, F_OK), -1);
	assert_int_equal(report.count, 1);
	assert_int_equal(report.entry_count, 2);
	assert_int_equal(report.account_count, 0);
	assert_string_equal(report.item[0].name, "shop");
	assert_true(report.item[0].configured);
	assert_false(report.item[0].present);
	assert_strs(&report.item[0].names, "example.jp");
	assert_int_equal(report.item[0].missing.count, 0);
	assert_string_equal(report.item[0].ca, "jprs");
	assert_null(report.item[0].live_dir);
	assert_int_equal(report.item[0].not_after, 0);
	assert_string_equal(report.item[0].entry_ends, "example.jp");
	assert_int_equal(report.item[0].entry_ends_at, jst("2027-01-01"));
	status_report_clear(&report);
}

static void test_what_is_live(void **state)
{
	struct run *r = *state;
	struct status_report report;
	const struct status_item *item;
	char *dir;

	run_open(r, SHOP("example.jp, b.jp", ""), "- example.jp\n");
	run_issue(r, "shop", "example.jp c.jp", RUN_NOW - 10 * DAY, RUN_NOW + 80 * DAY);
	run_issue(r, "shop", "example.jp c.jp", RUN_NOW - 9 * DAY, RUN_NOW + 81 * DAY);
	report = gather(r);
	item = &report.item[0];
	assert_true(item->present);
	assert_int_equal(item->generation, 2);
	assert_int_equal(item->not_before, RUN_NOW - 9 * DAY);
	assert_int_equal(item->not_after, RUN_NOW + 81 * DAY);
	assert_in_range(item->renew_at, due_plain(item->not_before, item->not_after),
	                due_plain(item->not_before, item->not_after) + DUE_SPREAD_MAX_SEC);
	assert_string_equal(item->because, "share");
	assert_string_equal(item->serial, "0abc");
	assert_string_equal(item->issuer, "CN=Test CA");
	assert_string_equal(item->key_type, "rsa2048");
	assert_strs(&item->names, "example.jp b.jp");
	assert_strs(&item->missing, "b.jp");
	assert_strs(&item->surplus, "c.jp");
	assert_strs(&item->refused, "b.jp");
	dir = run_shorten(r, item->live_dir);
	assert_string_equal(dir, "state/live/shop");
	free(dir);
	assert_null(item->damage);
	assert_null(item->last_error);
	status_report_clear(&report);
}

/* Rule 17: the first entry to end takes the whole certificate with it; of two for one name, the earlier counts. */
static const struct end {
	const char *wanted, *held, *list; /* held NULL = nothing live */
	const char *entry, *at;           /* NULL = no end is stated */
} ends[] = {
	{"example.jp", "example.jp", "- example.jp\n", NULL, NULL},
	{"example.jp", "example.jp", "- {fqdn: example.jp, first_issued: 2026-03-10}\n", "example.jp", "2027-04-01"},
	{"example.jp, b.jp", "example.jp b.jp", "- {fqdn: example.jp, ends: 2027-03-31}\n- {fqdn: b.jp, ends: 2026-10-31}\n", "b.jp",
	 "2026-11-01"},
	{"www.example.jp", "www.example.jp",
	 "- {fqdn: example.jp, ends: 2027-03-31}\n- {fqdn: www.example.jp, ends: 2026-10-31}\n", "www.example.jp",
	 "2026-11-01"},
	{"www.example.jp", "www.example.jp", "- {fqdn: example.jp, ends: 2027-03-31}\n- www.example.jp\n", "example.jp",
	 "2027-04-01"},
	/* What is no longer wanted still stands in the certificate, and an entry that is over has ended it. */
	{"example.jp", "example.jp b.jp", "- {fqdn: example.jp, ends: 2027-03-31}\n- {fqdn: b.jp, ends: 2026-10-31}\n", "b.jp",
	 "2026-11-01"},
	{"example.jp, b.jp", "example.jp", "- {fqdn: example.jp, ends: 2027-03-31}\n- {fqdn: b.jp, ends: 2026-10-31}\n", "example.jp",
	 "2027-04-01"},
	{"example.jp", "example.jp", "- {fqdn: example.jp, ends: 2026-08-31}\n", "example.jp", "2026-09-01"},
	{"www.example.jp", "www.example.jp",
	 "- {fqdn: example.jp, ends: 2027-03-31}\n- {fqdn: www.example.jp, ends: 2026-08-31}\n", "example.jp",
	 "2027-04-01"},
	{"example.jp", NULL, "- {fqdn: example.jp, ends: 2027-03-31}\n", "example.jp", "2027-04-01"},
};

static void check_end(struct run *r, size_t i)
{
	char *name = str_fmt("c%zu", i), *settings;
	struct status_report report;

	settings = str_fmt("certificates: [{name: %s, names: [%s], challenge: {webroot: /w}}]\n", name, ends[i].wanted);
	run_open(r, settings, ends[i].list);
	if (ends[i].held)
		run_issue(r, name, ends[i].held, RUN_NOW - DAY, RUN_NOW + DAY);
	report = gather(r);
	if (!str_eq(report.item[0].entry_ends, ends[i].entry))
		fail_msg("row %zu: \"%s\" is not \"%s\"", i, report.item[0].entry_ends, ends[i].entry);
	assert_int_equal(report.item[0].entry_ends_at, ends[i].at ? jst(ends[i].at) : 0);
	status_report_clear(&report);
	free(settings);
	free(name);
}

static void test_the_first_entry_to_end(void **state)
{
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		check_end(*state, i);
}

/* Rules 17, 18: until when it is really good, by the careful reading and the hopeful one. */
static const struct { const char *held, *list, *end, *by, *hopeful; } really[] = { /* end NULL = notAfter */
	{"example.jp", "- example.jp\n", NULL, NULL, NULL},
	{"example.jp", "- {fqdn: example.jp, ends: 2027-03-31}\n", NULL, NULL, NULL},
	{"example.jp", "- {fqdn: example.jp, ends: 2026-10-31}\n", "2026-11-01", "example.jp", "2026-11-01"},
	{"example.jp b.jp", "- {fqdn: example.jp, ends: 2026-11-30}\n- {fqdn: b.jp, ends: 2026-10-31}\n", "2026-11-01", "b.jp", "2026-11-01"},
	{"www.example.jp", "- {fqdn: example.jp, ends: 2026-11-30}\n- {fqdn: www.example.jp, ends: 2026-10-31}\n", "2026-11-01",
	 "www.example.jp", "2026-12-01"},
	{"www.example.jp", "- example.jp\n- {fqdn: www.example.jp, ends: 2026-10-31}\n", "2026-11-01", "www.example.jp", NULL},
};

static void test_until_when_it_is_good(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < sizeof really / sizeof *really; i++) {
		int64_t not_after = RUN_NOW + 89 * DAY;
		struct status_report report;

		run_open(r, SHOP("example.jp", ""), really[i].list);
		run_issue(r, "shop", really[i].held, RUN_NOW - DAY, not_after);
		report = gather(r);
		if (!str_eq(report.item[0].effective_by, really[i].by))
			fail_msg("row %zu: %s", i, report.item[0].effective_by);
		assert_int_equal(report.item[0].effective_end, really[i].end ? jst(really[i].end) : not_after);
		assert_int_equal(report.item[0].hopeful_end, really[i].hopeful ? jst(really[i].hopeful) : not_after);
		status_report_clear(&report);
	}
}

/* Rule 19: what is offered, what was let go, what waits for its day. */
static void test_what_lapses(void **state)
{
	struct run *r = *state;
	struct store_state st = {0};
	struct status_report report;
	const struct status_item *item;
	struct err e = ERR_INIT;

	run_open(r, SHOP("a.jp, b.jp, c.jp", ""), "- a.jp\n- {fqdn: b.jp, ends: 2026-09-30}\n- {fqdn: c.jp, ends: 2026-08-31}\n");
	run_issue(r, "shop", "a.jp b.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	run_issue(r, "shop", "a.jp b.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	st.prepared = 1;
	st.dropped = mem_new(1, sizeof *st.dropped);
	st.dropped[st.dropped_count++] = (struct store_dropped){str_dup("c.jp"), jst("2026-09-01")};
	assert_int_equal(store_state_save(r->s.store, "shop", &st, &e), 0);
	store_state_clear(&st);
	report = gather(r);
	item = &report.item[0];
	assert_strs(&item->names, "a.jp b.jp");
	assert_strs(&item->let_go, "c.jp");
	assert_strs(&item->missing, "");
	assert_strs(&item->refused, "");
	assert_string_equal(item->lapse, "offer");
	assert_strs(&item->lapsing, "b.jp");
	assert_strs(&item->remaining, "a.jp");
	assert_int_equal(item->prepared, 1);
	assert_null(report.list_alarm);
	status_report_clear(&report);
	run_open(r, SHOP("a.jp, b.jp", ""), "- a.jp\n- b.jp\n");
	report = gather(r);
	assert_null(report.item[0].lapse);
	assert_int_equal(report.item[0].let_go.count + report.item[0].lapsing.count, 0);
	status_report_clear(&report);
}

static void test_one_that_is_not_configured(void **state)
{
	static const char le_first[] = "cas: [{profile: letsencrypt}, {profile: jprs}]\n";
	struct run *r = *state;
	struct status_report report;

	run_open(r, le_first, "");
	run_issue(r, "old", "old.jp", RUN_NOW, RUN_NOW + DAY);
	run_open(r, SHOP("example.jp", "cas: [{profile: jprs}, {profile: letsencrypt}]\n"), "- example.jp\n");
	report = gather(r);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.item[0].name, "shop");
	assert_string_equal(report.item[1].name, "old");
	assert_false(report.item[1].configured);
	assert_true(report.item[1].present);
	assert_strs(&report.item[1].names, "old.jp");
	assert_int_equal(report.item[1].missing.count + report.item[1].surplus.count, 0);
	assert_string_equal(report.item[1].ca, "letsencrypt");
	assert_strs(&report.item[1].refused, "");
	status_report_clear(&report);

	/* Of a CA that the settings no longer know, no rule is known either. */
	run_open(r, SHOP("example.jp", ""), "- example.jp\n");
	report = gather(r);
	assert_string_equal(report.item[1].ca, "letsencrypt");
	assert_strs(&report.item[1].refused, "");
	status_report_clear(&report);
}

static void test_damage(void **state)
{
	struct run *r = *state;
	struct status_report report;
	char *chain;

	run_open(r, SHOP("example.jp", ""), "- example.jp\n");
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + DAY);
	chain = store_live_path(r->s.store, "shop", "fullchain.pem");
	assert_int_equal(unlink(chain), 0);
	report = gather(r);
	assert_non_null(report.item[0].damage);
	assert_non_null(strstr(report.item[0].damage, "fullchain.pem"));
	assert_false(report.item[0].present);
	assert_int_equal(report.item[0].missing.count, 0);
	status_report_clear(&report);
	free(chain);
}

static void test_trouble(void **state)
{
	struct run *r = *state;
	struct status_report report;
	struct store_state st = {0};
	struct store_deploy *d;
	struct err e = ERR_INIT;

	run_open(r, SHOP("example.jp", "    deploy: [nginx, [systemd-reload, postfix], haproxy]\n"), "- example.jp\n");
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + DAY);
	d = store_state_deploy(&st, "gone", "gone");
	d->last_error = str_dup("of a hook that is no longer configured");
	d = store_state_deploy(&st, "nginx", "nginx");
	d->generation = 1;
	d = store_state_deploy(&st, "haproxy", "haproxy");
	d->last_error = str_dup("the hook \"haproxy\" failed");
	st.last_error = str_dup("shop: the CA is away");
	st.last_error_kind = str_dup("net");
	st.last_error_at = RUN_NOW - 60;
	assert_int_equal(store_state_save(r->s.store, "shop", &st, &e), 0);
	store_state_clear(&st);

	report = gather(r);
	assert_strs(&report.item[0].deploy_owed, "systemd-reload haproxy");
	assert_string_equal(report.item[0].deploy_error, "the hook \"haproxy\" failed");
	assert_string_equal(report.item[0].last_error, "shop: the CA is away");
	assert_int_equal(report.item[0].last_error_at, RUN_NOW - 60);
	status_report_clear(&report);
}

static void test_some_by_name(void **state)
{
	struct run *r = *state;
	struct status_report report = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;

	run_open(r, SHOP("example.jp", "  - {name: two, names: [b.jp], challenge: {webroot: /w}}\n"), "");
	strs_add(&names, "two");
	assert_int_equal(status_gather(&r->s, &names, &report, &e), 0);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.item[0].name, "two");
	status_report_clear(&report);

	strs_add(&names, "three");
	assert_int_equal(status_gather(&r->s, &names, &report, &e), -1);
	run_error(r, &e, ERR_USAGE, "there is no certificate named \"three\"");
	status_report_clear(&report);
	strs_clear(&names);
}

static void save_account(struct run *r, const char *kid, const char *url)
{
	struct store_account a = {.id = store_account_id("https://ca.example/dir", kid), .server = str_dup("https://ca.example/dir"),
	                          .eab_kid = str_dup(kid), .url = str_dup(url), .created_at = RUN_NOW};
	struct issued key = issued_make("account.example");
	struct err e = ERR_INIT;

	a.key_pem = str_dup(key.key_pem);
	assert_int_equal(store_account_save(r->s.store, &a, &e), 0);
	store_account_clear(&a);
	issued_clear(&key);
}

static void test_accounts(void **state)
{
	struct run *r = *state;
	struct status_report report;
	struct err e = ERR_INIT;
	size_t confirmed;

	run_open(r, NULL, "");
	assert_int_equal(site_lock(&r->s, &e), 0);
	save_account(r, NULL, "https://ca.example/acct/1");
	save_account(r, "kid-1", NULL);
	report = gather(r);
	assert_int_equal(report.count, 0);
	assert_int_equal(report.account_count, 2);
	confirmed = report.account[0].confirmed ? 0 : 1;
	assert_true(report.account[confirmed].confirmed);
	assert_string_equal(report.account[confirmed].url, "https://ca.example/acct/1");
	assert_null(report.account[confirmed].eab_kid);
	assert_string_equal(report.account[confirmed].server, "https://ca.example/dir");
	assert_false(report.account[1 - confirmed].confirmed);
	assert_null(report.account[1 - confirmed].url);
	assert_string_equal(report.account[1 - confirmed].eab_kid, "kid-1");
	status_report_clear(&report);
	assert_int_equal(r->requests, 0);
}

/* One account whose files are damaged is told; the others, and all certificates, are there. */
static void test_a_damaged_account(void **state)
{
	struct run *r = *state;
	struct status_report report;
	struct err e = ERR_INIT;
	char *id, *path;
	size_t bad;

	run_open(r, SHOP("example.jp", ""), "- example.jp\n");
	assert_int_equal(site_lock(&r->s, &e), 0);
	save_account(r, NULL, "https://ca.example/acct/1");
	save_account(r, "kid-1", "https://ca.example/acct/2");
	id = store_account_id("https://ca.example/dir", "kid-1");
	path = str_fmt("%s/accounts/%s/account.json", r->options.state_dir, id);
	scratch_write(path, "{", 0600);
	report = gather(r);
	assert_int_equal(report.count, 1);
	assert_int_equal(report.account_count, 2);
	bad = report.account[0].damage != NULL ? 0 : 1;
	assert_non_null(report.account[bad].damage);
	assert_string_equal(report.account[bad].server, id);
	assert_false(report.account[bad].confirmed);
	assert_null(report.account[1 - bad].damage);
	assert_true(report.account[1 - bad].confirmed);
	status_report_clear(&report);
	free(id);
	free(path);
}

/* What holds it back, until when; whether it was revoked; what is known of the chain. */
static void test_what_is_known(void **state)
{
	struct run *r = *state;
	struct status_report report;
	const struct status_item *item;
	struct store_state st = {.last_error = str_dup("x"), .last_error_kind = str_dup("net"), .last_error_at = RUN_NOW - 60, .failures = 3,
	                         .retry_at = RUN_NOW + 6000, .retry_why = str_dup("ladder"), .held = 1};
	struct err e = ERR_INIT;

	run_open(r, SHOP("example.jp", ""), "- example.jp\n");
	run_issue(r, "shop", "example.jp", RUN_NOW - 80 * DAY, RUN_NOW + 10 * DAY);
	st.revocation.serial = str_dup("0abc");
	st.revocation.status = str_dup("good");
	st.revocation.checked_at = RUN_NOW - 7;
	assert_int_equal(store_state_save(r->s.store, "shop", &st, &e), 0);
	report = gather(r);
	item = &report.item[0];
	assert_int_equal(item->failures, 3);
	assert_int_equal(item->next_try, RUN_NOW + 6000);
	assert_string_equal(item->wait_why, "ladder");
	assert_string_equal(item->revocation, "good");
	assert_int_equal(item->revocation_at, RUN_NOW - 7);
	assert_int_equal(item->held, 1);
	assert_string_equal(item->intermediate, "Test CA");
	assert_string_equal(item->top_issuer, "Test CA");
	assert_null(item->root);
	assert_int_equal(strlen(item->spki_sha256), 64);
	assert_null(item->next_spki_sha256);
	assert_false(item->in_flight);
	status_report_clear(&report);
	/* Another certificate was revoked; and what was recorded for other names holds nothing back. */
	str_replace(&st.revocation.serial, str_dup("0def"));
	str_replace(&st.failed_for, str_dup("something else"));
	assert_int_equal(store_state_save(r->s.store, "shop", &st, &e), 0);
	report = gather(r);
	assert_null(report.item[0].revocation);
	assert_int_equal(report.item[0].next_try, 0);
	assert_null(report.item[0].wait_why);
	status_report_clear(&report);
	store_state_clear(&st);
}

/* In the middle of a move from or to another CA: what is live lives on what its own CA sells. */
static void test_the_contract_is_that_of_the_ca_that_issued(void **state)
{
	struct run *r = *state;
	struct status_report report;
	struct store_state st = {.held = 1};
	struct err e = ERR_INIT;

	run_open(r, "cas:\n  - {profile: jprs}\n  - {name: other, profile: custom, server: \"https://other.example/dir\"}\n"
	         SHOP("example.jp", "    ca: other\n"), "- {fqdn: example.jp, ends: 2026-10-31}\n");
	run_issue(r, "shop", "example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	report = gather(r);
	assert_string_equal(report.item[0].ca, "jprs");
	assert_string_equal(report.item[0].effective_by, "example.jp");
	assert_int_equal(report.item[0].effective_end, jst("2026-11-01"));
	assert_null(report.item[0].moves_to);
	status_report_clear(&report);
	assert_int_equal(store_state_save(r->s.store, "shop", &st, &e), 0);
	report = gather(r);
	assert_string_equal(report.item[0].moves_to, "other");
	status_report_clear(&report);

	run_open(r, "cas:\n  - {name: other, profile: custom, server: \"https://other.example/dir\"}\n  - {profile: jprs}\n"
	         SHOP("b.jp", "    ca: jprs\n"), "- {fqdn: example.jp, ends: 2026-10-31}\n");
	run_issue(r, "shop", "b.jp example.jp", RUN_NOW - DAY, RUN_NOW + 89 * DAY);
	report = gather(r);
	assert_string_equal(report.item[0].ca, "other");
	assert_null(report.item[0].effective_by);
	assert_int_equal(report.item[0].effective_end, RUN_NOW + 89 * DAY);
	assert_strs(&report.item[0].refused, "b.jp");
	status_report_clear(&report);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_nothing_yet),
		WITH(test_what_is_live),
		WITH(test_the_first_entry_to_end),
		WITH(test_until_when_it_is_good),
		WITH(test_the_contract_is_that_of_the_ca_that_issued),
		WITH(test_what_lapses),
		WITH(test_one_that_is_not_configured),
		WITH(test_damage),
		WITH(test_trouble),
		WITH(test_some_by_name),
		WITH(test_accounts),
		WITH(test_a_damaged_account),
		WITH(test_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
