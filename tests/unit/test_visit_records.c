/* What is on disk may be damaged or edited, and what it says may be about settings that have changed since. */
#include "config.h"

#include "visit_maker.h"

#include <signal.h>
#include <sys/resource.h>

#define HOUR 3600
#define DAY 86400
#define CERT(names, more) "  - {name: one, names: [" names "], challenge: {webroot: \"@\"}" more "}\n"

static void force(struct rig *p)
{
	struct visit_options o = {.force = true};
	struct visit_report report = rig_visit_as(p, &o);

	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	visit_report_clear(&report);
}

static struct store_journal journal_of(struct rig *p)
{
	struct store_journal j = {0};
	struct err e = ERR_INIT;
	bool found = false;

	assert_int_equal(store_journal_load(p->r->s.store, "one", &j, &found, &e), 0);
	assert_true(found);
	return j;
}

/* Two generations, and an order for a third that waits for its certificate. */
static void begin(struct rig *p)
{
	rig_open(p, CERT("a.example", ""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	force(p);
	rig_open(p, CERT("a.example, b.example", ""));
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_CERT, .bend = FAKE_LOSE_REQUEST});
	rig_visit(p, VISIT_FAILED, VISIT_NAMES_CHANGED);
	p->w->ca.script_count = 0;
	rig_listed(p, "journal", "one.json");
	rig_listed(p, "generations/one", "000001 000002 000003");
	rig_wait(p, HOUR);
}

static const struct {
	const char *order_url, *finalize_url, *ca, *server, *names;
	int generation; /* -1 = as it was */
	int64_t begun;  /* from now */
	bool goes_on;
	bool asks;      /* … the CA at least whether it knows of it */
	bool fails;     /* … once: the CA has finished it, but its key is not spoken of */
} journals[] = {
	{.generation = -1, .goes_on = true},
	/* Nobody but the CA gets what our account signs: another host is a breach that the fake CA notes. */
	{.generation = -1, .order_url = "https://evil.test/order/1"},
	{.generation = -1, .order_url = "https://ca.test.evil.test/order/1"},
	{.generation = -1, .order_url = "https://ca.test:444/order/1"},
	{.generation = -1, .order_url = "http://ca.test/order/1"},
	{.generation = -1, .order_url = "order/1"},
	{.generation = -1, .order_url = ""},
	{.generation = -1, .finalize_url = "https://evil.test/order/1"},
	{.generation = -1, .finalize_url = "file:///etc/passwd"},
	{.generation = -1, .order_url = "https://ca.test/nothing", .asks = true},
	{.generation = -1, .ca = "other"},
	{.generation = -1, .server = "https://evil.test/directory"},
	{.generation = -1, .names = "a.example"},
	{.generation = -1, .names = "a.example b.example c.example"},
	{.generation = 0, .fails = true},
	{.generation = 1},
	{.generation = 2},
	{.generation = 4},
	{.generation = 999999},
	{.generation = -1, .begun = 2 * DAY},
	{.generation = -1, .begun = 100000LL * DAY},
	{.generation = -1, .begun = -8 * DAY},
	{.generation = -1, .begun = -20000 * DAY},
};

static void edit(struct rig *p, size_t row)
{
	struct store_journal j = journal_of(p);
	struct err e = ERR_INIT;

	if (journals[row].order_url)
		str_replace(&j.order_url, str_dup(journals[row].order_url));
	if (journals[row].finalize_url)
		str_replace(&j.finalize_url, str_dup(journals[row].finalize_url));
	if (journals[row].ca)
		str_replace(&j.ca, str_dup(journals[row].ca));
	if (journals[row].server)
		str_replace(&j.server, str_dup(journals[row].server));
	if (journals[row].names) {
		strs_clear(&j.names);
		for (const char *n = journals[row].names; *n; n += strcspn(n, " "), n += *n == ' ')
			strs_take(&j.names, str_ndup(n, strcspn(n, " ")));
	}
	if (journals[row].generation >= 0)
		j.generation = journals[row].generation;
	if (journals[row].begun)
		j.begun_at = clock_now(p->r->s.clock) + journals[row].begun;
	assert_int_equal(store_journal_save(p->r->s.store, &j, &e), 0);
	store_journal_clear(&j);
}

/* Whatever the journal says, there is a certificate in the end, by at most one more order, and what was live never went. */
static void journals_that_are_not_ours(void **state)
{
	for (size_t i = 0; i < sizeof journals / sizeof *journals; i++) {
		struct store_generation g;
		struct err e = ERR_INIT;
		struct rig *p;
		size_t orders;

		rig_setup(state);
		p = *state;
		begin(p);
		orders = p->w->ca.order_count;
		edit(p, i);
		if (journals[i].fails) {
			assert_int_equal(rig_visit(p, VISIT_FAILED, VISIT_NAMES_CHANGED), ERR_CERTIFICATE);
			rig_wait(p, HOUR);
		}
		rig_visit(p, VISIT_ISSUED, VISIT_NAMES_CHANGED);
		if (p->w->ca.order_count != orders + !journals[i].goes_on)
			fail_msg("row %zu: %zu orders", i, p->w->ca.order_count - orders);
		g = rig_live(p, "one");
		assert_true(g.number >= 3);
		if (store_generation_check(p->r->s.store, "one", g.number, &e) != 0 ||
		    store_generation_check(p->r->s.store, "one", 2, &e) != 0 ||
		    store_generation_check(p->r->s.store, "one", 1, &e) != 0)
			fail_msg("row %zu: %s", i, e.cause);
		store_generation_clear(&g);
		rig_listed(p, "journal", "");
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
		if (!journals[i].asks)
			fake_ca_expect_strict(&p->w->ca);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* Settings by which the same certificate is asked for in another way, so that earlier failures say nothing of it. */
static const char *const others[] = {
	"  - {name: one, names: [a.example], challenge: {webroot: \"@/other\"}}\n",
	"  - {name: one, names: [a.example], challenge: {type: dns-01, hook: put}}\n",
	"  - {name: one, names: [a.example], challenge: {type: dns-01, hook: put, env: {ZONE: example}}}\n",
	"  - {name: one, names: [a.example], challenge: {type: dns-01, auth_hook: put, cleanup_hook: other}}\n",
	"  - {name: one, names: [a.example], challenge: {standalone: {port: 8080, addresses: [127.0.0.1]}}}\n",
	"  - {name: one, names: [a.example], challenge: {webroot: \"@\"}, key: rsa2048}\n",
	"  - {name: one, names: [a.example], challenge: {webroot: \"@\"}, acme_profile: short}\n",
	"  - {name: one, names: [b.example], challenge: {webroot: \"@\"}}\n",
};

static void a_change_is_tried_at_once(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {0};

	run_hook(p->r, "put", "#!/bin/sh\nexit 1\n");
	run_hook(p->r, "other", "#!/bin/sh\nexit 1\n");
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 403, .problem = "rejectedIdentifier"});
	rig_open(p, CERT("a.example", ""));
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	rig_visit(p, VISIT_WAITING, VISIT_MISSING);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct visit_report report;

		rig_open(p, others[i]);
		for (int again = 0; again < 2; again++) {
			report = rig_visit_as(p, &o);
			if (report.item[0].outcome != (again ? VISIT_WAITING : VISIT_FAILED))
				fail_msg("row %zu, %d: %s", i, again, visit_outcome_name(report.item[0].outcome));
			visit_report_clear(&report);
		}
	}
	/* What has no say in it does not begin it afresh. */
	rig_open(p, "  - {name: one, names: [b.example], challenge: {webroot: \"@\"}, keep: 9, deploy: put, renew_before: 20d}\n");
	rig_visit(p, VISIT_WAITING, VISIT_MISSING);
}

/* Registering was forgotten: as soon as it is done the next run orders. */
static void an_account_comes_late(void **state)
{
	static const char *const settings[] = {CERT("a.example", ""), CERT("a.example", ", acme_profile: short")};

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		struct rig *p;
		char *accounts, *aside;

		rig_setup(state);
		p = *state;
		p->w->ca.profile[0] = (struct fake_profile){.name = "short", .validity_sec = 6 * DAY};
		accounts = fs_join(p->r->options.state_dir, "accounts");
		aside = fs_join(p->r->dir, "aside");
		assert_int_equal(rename(accounts, aside), 0);
		assert_int_equal(mkdir(accounts, 0700), 0);
		rig_open(p, settings[i]);
		assert_int_equal(rig_visit(p, VISIT_FAILED, VISIT_MISSING), ERR_CONFIG);
		assert_int_equal(rig_visit(p, VISIT_WAITING, VISIT_MISSING), ERR_CONFIG);
		assert_int_equal(rmdir(accounts), 0);
		assert_int_equal(rename(aside, accounts), 0);
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		free(accounts);
		free(aside);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* Where nothing can be written nothing is ordered either: what came of it would be lost, each hour anew. */
static void a_disk_that_is_full(void **state)
{
	struct rig *p = *state;
	struct rlimit before, none;

	rig_open(p, CERT("a.example", ""));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_visit(p, VISIT_FAILED, VISIT_MISSING), ERR_IO);
		rig_wait(p, HOUR);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(p->w->ca.order_count, 0);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	rig_listed(p, "journal", "");
}

/* Killed while it removed an old generation: what is left of that goes with the next visit, though it orders nothing. */
static void what_was_to_be_removed(void **state)
{
	struct rig *p = *state;
	char *meta;

	rig_open(p, CERT("a.example", ""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	for (int i = 0; i < 4; i++)
		force(p);
	rig_listed(p, "generations/one", "000001 000002 000003 000004 000005");
	meta = store_generation_path(p->r->s.store, "one", 2, "meta.json");
	assert_int_equal(unlink(meta), 0);
	free(meta);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	rig_listed(p, "generations/one", "000001 000003 000004 000005");
}

/* Hooks publish what they are told (TLSA): the next key is never the one that has just come into use. */
static void hooks_hear_of_the_next_key(void **state)
{
	struct rig *p = *state;
	char *path = fs_join(p->r->etc, "keys"), *text, *rest = NULL;
	int lines = 0;

	run_hook(p->r, "tell", "#!/bin/sh\necho \"$TEGATA_SPKI_SHA256 $TEGATA_NEXT_SPKI_SHA256\" >>\"${0%/*}/../keys\"\n");
	rig_open(p, CERT("a.example", ", next_key: true, deploy: tell"));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	force(p);
	force(p);
	text = scratch_read(path);
	assert_non_null(text);
	for (char *line = strtok_r(text, "\n", &rest), *promised = NULL; line; line = strtok_r(NULL, "\n", &rest), lines++) {
		char *next = strchr(line, ' ');

		assert_non_null(next);
		*next++ = '\0';
		assert_int_equal(strlen(next), 64);
		assert_string_not_equal(line, next);
		if (promised)
			assert_string_equal(line, promised);
		promised = next;
	}
	assert_int_equal(lines, 3);
	free(text);
	free(path);
}

/* What was asked for once more is owed on disk before it is begun: a run that dies on the way leaves it to the next. */
static void a_deploy_that_is_asked_for(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {.deploy_only = true, .redeploy = true};
	char *path = fs_join(p->r->etc, "seen"), *text;
	struct visit_report report;

	run_hook(p->r, "tell", "#!/bin/sh\ncp \"${0%/*}/../../state/state/one.json\" \"${0%/*}/../seen\"\n");
	rig_open(p, CERT("a.example", ", deploy: tell"));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].deployed.count, 1);
	visit_report_clear(&report);
	text = scratch_read(path);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"generation\": 0,"));
	free(text);
	free(path);
}

/* Fields of a state whose certificate is to be had; @ is now. */
static const struct { const char *fields; bool waits; } states[] = {
	{"", false},
	{"\"failures\": 1000000, \"last_error\": \"x\", \"last_error_kind\": \"net\", \"last_error_at\": @, \"retry_at\": 99999999999, \"retry_why\": \"daily\"", true},
	{"\"failures\": 1, \"last_error\": \"x\", \"last_error_kind\": \"net\", \"last_error_at\": @, \"retry_at\": 253402300799, \"retry_why\": \"ladder\"", true},
	{"\"failures\": 1, \"last_error\": \"x\", \"last_error_kind\": \"net\", \"last_error_at\": @, \"retry_at\": 253402300799, \"retry_why\": \"never\"", true},
	{"\"failures\": 1, \"last_error\": \"x\", \"last_error_kind\": \"no such\", \"last_error_at\": 253402300799, \"retry_at\": 253402300799, \"retry_why\": \"ca\"", false},
	{"\"failures\": 2147483647, \"last_error\": \"x\", \"last_error_at\": @, \"retry_at\": 99999999999", false},
	{"\"failures\": -1, \"retry_at\": 253402300799", false},
	{"\"failures\": 99999999999999999999", false},
	{"\"failures\": 1e300, \"retry_at\": 1e300", false},
	{"\"retry_at\": 253402300799, \"retry_why\": \"ca\"", false},
	{"\"last_error\": [], \"last_error_at\": {}", false},
	{"\"held\": 999999", false}, {"\"held\": -3", false}, {"\"held\": 1", false},
	{"\"early_at\": 253402300799", false}, {"\"early_at\": @", false}, {"\"early_at\": -1", false},
	{"\"ari\": {\"cert_id\": \"x\", \"start\": 1, \"end\": 253402300799, \"fetched_at\": @, \"next_at\": 253402300799}", false},
	{"\"ari\": []", false}, {"\"ari\": null", false}, {"\"revocation\": {\"serial\": 5}", false},
	{"\"revocation\": {\"serial\": \"00\", \"status\": \"revoked\", \"reason\": 77}", false},
	{"\"deploy\": [{}]", false}, {"\"deploy\": [null]", false}, {"\"told\": [{\"event\": \"renewed\", \"at\": 253402300799}]", false},
	{"\"told\": 7", false},
};

static void write_state(struct rig *p, const char *fields)
{
	char *path = str_fmt("%s/state/one.json", p->r->options.state_dir);
	struct buf text;

	buf_init(&text, 1024 * 1024);
	assert_int_equal(buf_append_str(&text, "{\"schema\": \"tegata.state.v1\""), 0);
	if (*fields)
		assert_int_equal(buf_append_str(&text, ", "), 0);
	for (const char *c = fields; *c; c++) {
		char now[32];

		snprintf(now, sizeof now, "%lld", (long long)clock_now(p->r->s.clock));
		assert_int_equal(*c == '@' ? buf_append_str(&text, now) : buf_append(&text, c, 1), 0);
	}
	assert_int_equal(buf_append_str(&text, "}"), 0);
	scratch_write(path, text.data, 0600);
	buf_clear(&text);
	free(path);
}

/* None of them keeps the certificate away for longer than a day, nor another one at all. */
static void states_that_make_no_sense(void **state)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		struct visit_options o = {0};
		struct visit_report report;
		struct rig *p;

		rig_setup(state);
		p = *state;
		rig_open(p, CERT("a.example", "") "  - {name: two, names: [b.example], challenge: {webroot: \"@\"}}\n");
		write_state(p, states[i].fields);
		report = rig_visit_as(p, &o);
		if (report.item[0].outcome != (states[i].waits ? VISIT_WAITING : VISIT_ISSUED))
			fail_msg("row %zu: %s", i, visit_outcome_name(report.item[0].outcome));
		assert_int_equal(report.item[1].outcome, VISIT_ISSUED);
		visit_report_clear(&report);
		rig_wait(p, DAY);
		rig_visit(p, states[i].waits ? VISIT_ISSUED : VISIT_KEPT, states[i].waits ? VISIT_MISSING : VISIT_NOT_DUE);
		rig_teardown(state);
	}
	rig_setup(state);
}

static void a_state_that_has_grown(void **state)
{
	struct rig *p = *state;
	struct buf text;

	buf_init(&text, 1024 * 1024);
	assert_int_equal(buf_append_str(&text, "\"told\": [{\"event\": \"a\"}"), 0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buf_append_str(&text, ", {\"event\": \"a\"}"), 0);
	assert_int_equal(buf_append_str(&text, "]"), 0);
	rig_open(p, CERT("a.example", ""));
	write_state(p, text.data);
	buf_clear(&text);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
}

/* What cannot even be replaced: its certificate is had all the same, and so is the other one. */
static void a_state_that_is_no_file(void **state)
{
	struct rig *p = *state;
	char *path = str_fmt("%s/state/one.json/inside", p->r->options.state_dir);
	struct visit_options o = {0};
	struct visit_report report;
	struct err e = ERR_INIT;

	assert_int_equal(fs_make_dirs(path, 0700, &e), 0);
	free(path);
	rig_open(p, CERT("a.example", "") "  - {name: two, names: [b.example], challenge: {webroot: \"@\"}}\n");
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[1].outcome, VISIT_ISSUED);
	visit_report_clear(&report);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_int_equal(report.item[1].outcome, VISIT_KEPT);
	visit_report_clear(&report);
}

/* For an hour the clock shows another year: what was noted then holds nothing back. */
static void a_clock_that_jumps(void **state)
{
	static const int64_t jumps[] = {366LL * DAY, 40 * 366LL * DAY};

	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct store_generation before, after;
		struct store_state st;
		struct visit_options o = {0};
		struct visit_report report;
		struct rig *p;

		rig_setup(state);
		p = *state;
		rig_open(p, CERT("a.example", "") "  - {name: two, names: [b.example], challenge: {webroot: \"@\"}}\n");
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		before = rig_live(p, "one");
		/* The CA's clock goes on as it was. */
		p->w->ca.ahead_sec = -jumps[i];
		rig_wait(p, jumps[i]);
		rig_visit(p, VISIT_FAILED, VISIT_DUE);
		rig_wait(p, 600);
		report = rig_visit_as(p, &o);
		visit_report_clear(&report);
		p->w->ca.ahead_sec = 0;
		rig_wait(p, HOUR - 600 - jumps[i]);
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
		st = rig_state(p, "one");
		assert_int_equal(st.failures, 0);
		assert_int_equal(st.last_error_at, 0);
		assert_null(st.last_error);
		store_state_clear(&st);
		after = rig_live(p, "one");
		assert_int_equal(after.number, before.number);
		rig_wait(p, 62 * DAY);
		rig_visit(p, VISIT_ISSUED, VISIT_DUE);
		store_generation_clear(&before);
		store_generation_clear(&after);
		rig_teardown(state);
	}
	rig_setup(state);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWN(journals_that_are_not_ours), RIG(a_change_is_tried_at_once), OWN(an_account_comes_late), RIG(a_disk_that_is_full),
		RIG(what_was_to_be_removed), RIG(hooks_hear_of_the_next_key),
		RIG(a_deploy_that_is_asked_for), OWN(states_that_make_no_sense), RIG(a_state_that_has_grown),
		RIG(a_state_that_is_no_file),
		OWN(a_clock_that_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
