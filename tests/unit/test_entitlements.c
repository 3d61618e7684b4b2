#include "config.h"

#include "run/entitlements.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "run/ledger.h"
#include "run_maker.h"
#include "store/ledger.h"

#define DAY 86400

/* What somebody else does while our new file is on its way to the disk; the process's own fsync() stands in the place of libc's. */
static struct meddler {
	const char *path, *text;
} meddler;

int fsync(int fd)
{
	(void)fd;
	if (meddler.path != NULL)
		scratch_write(meddler.path, meddler.text, 0644);
	meddler.path = NULL;
	return 0;
}

static char *joined(const struct strs *l)
{
	char *all = strs_join(l, " ");

	return all != NULL ? all : str_dup("");
}

/* One line for an entry: "fqdn | covers | certificates | names | overlaps | source last days". */
static char *item_text(const struct entitlements_item *i)
{
	char *covers = joined(&i->covers), *certificates = joined(&i->certificates), *names = joined(&i->names);
	char *overlaps = joined(&i->overlaps), *last = i->period.has_last ? date_format(i->period.last) : str_dup("-");
	char *text = str_fmt("%s | %s | %s | %s | %s | %s %s %d%s%s", i->entry->fqdn, covers, certificates, names, overlaps,
	                     period_source_name(i->period.source), last, i->days_left, i->ended ? " ended" : "",
	                     i->idle ? " idle" : "");

	free(covers);
	free(certificates);
	free(names);
	free(overlaps);
	free(last);
	return text;
}

static void check_gathered(struct run *r, const char *const *expected)
{
	struct entitlements l = {0};
	struct err e = ERR_INIT;
	size_t i;

	if (entitlements_gather(&r->s, &l, &e) != 0)
		fail_msg("entitlements_gather: %s", e.cause);
	for (i = 0; expected[i] != NULL && i < l.count; i++) {
		char *text = item_text(&l.item[i]);

		assert_string_equal(text, expected[i]);
		free(text);
	}
	assert_null(expected[i]);
	assert_int_equal(i, l.count);
	assert_int_equal(l.at, clock_now(r->s.clock));
	entitlements_clear(&l);
}

#define CERT(names, rest) "  - {names: [" names "], challenge: {type: dns-01, hook: nsupdate}" rest "}\n"

/* RUN_NOW is 2026-09-21 in Japan. */
static void an_entry_shows_what_it_covers_and_what_lives_on_it(void **state)
{
	static const char *const expected[] = {
		"shop.example.jp | shop.example.jp www.shop.example.jp |  |  |  | stated 2027-02-28 161 idle",
		"*.example.jp | *.example.jp example.jp | old wild | *.example.jp example.jp | example.jp | not-begun - -1",
		"example.jp | example.jp www.example.jp | old wild www | example.jp www.example.jp | *.example.jp | listed 2027-03-31 192",
		"www.www.jp | www.www.jp www.www.www.jp |  |  |  | stated 2026-09-20 0 ended idle",
		NULL};
	struct run *r = *state;

	run_hook(r, "nsupdate", "#!/bin/sh\n");
	run_open(r,
	         "cas: [{name: jprs, profile: jprs}, {name: le, profile: letsencrypt}]\n"
	         "certificates:\n" CERT("www.example.jp", ", name: www") CERT("'*.example.jp', example.jp", ", name: wild")
	         CERT("shop.example.jp", ", name: free, ca: le"),
	         "- {fqdn: shop.example.jp, ends: 2027-02-28}\n"
	         "- \"*.example.jp\"\n"
	         "- fqdn: example.jp\n"
	         "  first_issued: 2026-03-10\n"
	         "- {fqdn: www.www.jp, ends: 2026-09-20}\n");
	run_issue(r, "old", "example.jp other.jp", RUN_NOW - DAY, RUN_NOW + 40 * DAY);
	run_issue(r, "www", "www.example.jp", RUN_NOW - DAY, RUN_NOW + 40 * DAY);
	check_gathered(r, expected);
}

static void what_the_ledger_says_is_shown(void **state)
{
	static const char *const expected[] = {
		"example.jp | example.jp www.example.jp |  |  |  | recorded 2027-02-28 161 idle", NULL};
	struct run *r = *state;
	struct store_ledger l = {0};
	struct store_ledger_item *item;
	struct err e = ERR_INIT;

	run_open(r, NULL, "- example.jp\n");
	assert_int_equal(site_lock(&r->s, &e), 0);
	item = store_ledger_item(&l, "example.jp");
	item->has_date = true;
	item->first_issued = (struct date){2026, 2, 19};
	assert_int_equal(store_ledger_save(r->s.store, &l, &e), 0);
	store_ledger_clear(&l);
	assert_int_equal(run_load(r, &e), 0);
	check_gathered(r, expected);
}

static void the_first_rule_that_checks_is_the_one(void **state)
{
	static const struct { const char *settings; const char *expected[3]; } cases[] = {
		{"cas: [{name: le, profile: letsencrypt}]\n",
		 {"*.a.jp | *.a.jp a.jp |  |  |  | not-begun - -1 idle", "b.jp | b.jp www.b.jp |  |  |  | not-begun - -1 idle"}},
		{"cas: [{name: le, profile: letsencrypt}, {name: x, profile: custom, server: 'https://x.example/',"
		 " rule: {preset: jpdirect, plain: subtree, wildcard: same-level}}]\n"
		 "certificates: [{names: [deep.er.b.jp, c.a.jp], ca: x, challenge: {webroot: /w}}]\n",
		 {"*.a.jp | *.a.jp a.jp every name one label below a.jp | deep.er.b.jp | c.a.jp |  | not-begun - -1",
		  "b.jp | b.jp every name below b.jp | deep.er.b.jp | deep.er.b.jp |  | not-begun - -1"}},
		{"cas: [{name: x, profile: custom, server: 'https://x.example/',"
		 " rule: {preset: jpdirect, plain: www-either, wildcard: exact}}]\n",
		 {"*.a.jp | *.a.jp |  |  |  | not-begun - -1 idle", "b.jp | b.jp www.b.jp |  |  |  | not-begun - -1 idle"}},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		run_open(*state, cases[i].settings, "- '*.a.jp'\n- b.jp\n");
		check_gathered(*state, cases[i].expected);
	}
}

static void configured_names_are_told_once(void **state)
{
	struct run *r = *state;
	struct strs names = {0};
	char *all;

	run_open(r,
	         "certificates:\n"
	         "  - {names: [www.example.jp, a.jp], challenge: {webroot: /w}}\n"
	         "  - {name: two, names: [A.JP, b.jp], key: [rsa2048, ecdsa-p256], challenge: {webroot: /w}}\n",
	         NULL);
	entitlements_configured_names(&r->s, &names);
	all = joined(&names);
	assert_string_equal(all, "a.jp b.jp www.example.jp");
	free(all);
	strs_clear(&names);
}

static void names_of_a_CA_that_sells_none_need_no_entry(void **state)
{
	struct run *r = *state;
	struct strs names = {0};
	char *all;

	run_open(r,
	         "cas: [{profile: jprs}, {profile: letsencrypt}]\n"
	         "certificates:\n"
	         "  - {names: [a.jp], challenge: {webroot: /w}}\n"
	         "  - {names: [free.jp, b.jp], ca: letsencrypt, challenge: {webroot: /w}}\n",
	         NULL);
	entitlements_configured_names(&r->s, &names);
	all = joined(&names);
	assert_string_equal(all, "a.jp");
	free(all);
	strs_clear(&names);
}

static void many_entries_and_many_names(void **state)
{
	enum { MANY = 10000 };
	struct run *r = *state;
	struct rusage before, after;
	struct entitlements l = {0};
	struct err e = ERR_INIT;
	double seconds;

	run_open(r, NULL, "- example.jp\n");
	r->s.settings.certificate = mem_new(MANY, sizeof *r->s.settings.certificate);
	r->s.settings.certificate_count = MANY;
	for (int i = 0; i < MANY; i++) {
		struct entry en = {.fqdn = str_fmt("n%d.example.jp", i), .line = MANY - i};

		entry_list_add(&r->s.entries, &en);
		r->s.settings.certificate[i].name = str_fmt("c%d", i);
		strs_take(&r->s.settings.certificate[i].names, str_fmt("www.n%d.example.jp", i));
		free(en.fqdn);
	}
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(entitlements_gather(&r->s, &l, &e), 0);
	getrusage(RUSAGE_SELF, &after);
	seconds = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
	          (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6;
	print_message("%d entries, %d certificates: %.3f s\n", MANY, MANY, seconds);
	assert_true(seconds < 5); /* each with each would take longer, even where this is checked for mistakes in memory */
	assert_int_equal(l.count, MANY + 1);
	assert_string_equal(l.item[1].entry->fqdn, "n9999.example.jp");
	assert_string_equal(l.item[1].certificates.item[0], "c9999");
	entitlements_clear(&l);
}

/* Changes. */

#define LIST "# ours\n- a.jp # first\n- fqdn: b.jp\n  first_issued: 2026-02-19\n"

static char *list_path(const struct run *r)
{
	return fs_join(r->etc, "entitlements.yaml");
}

static void assert_list(const struct run *r, const char *expected)
{
	char *path = list_path(r), *text = scratch_read(path);

	assert_string_equal(text != NULL ? text : "(none)", expected);
	free(text);
	free(path);
}

/* No file is left beside the list. */
static void assert_no_rest(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *one;

	assert_non_null(d);
	while ((one = readdir(d)) != NULL)
		if (strstr(one->d_name, ".tmp-") != NULL)
			fail_msg("%s is left", one->d_name);
	closedir(d);
}

static int edit(struct run *r, enum edit_action action, const char *fqdn, struct err *e)
{
	struct edit_change c = {.action = action, .fqdn = fqdn};

	if (action == EDIT_SET) {
		c.ends_do = EDIT_PUT;
		c.ends = (struct date){2027, 2, 28};
	}
	return entitlements_edit(&r->s, &c, 1, NULL, e);
}

static void edited(struct run *r, enum edit_action action, const char *fqdn)
{
	struct err e = ERR_INIT;

	if (edit(r, action, fqdn, &e) != 0)
		fail_msg("%s: %s", fqdn, e.cause);
}

static void the_file_and_what_is_loaded_change(void **state)
{
	struct run *r = *state;
	char *path = list_path(r);
	struct stat st;

	run_open(r, NULL, LIST);
	assert_int_equal(chmod(path, 0640), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 12345, 23456), 0);
	edited(r, EDIT_SET, "a.jp");
	assert_list(r, "# ours\n- fqdn: a.jp # first\n  ends: 2027-02-28\n- fqdn: b.jp\n  first_issued: 2026-02-19\n");
	assert_true(entry_list_find(&r->s.entries, "a.jp")->has_ends);
	edited(r, EDIT_ADD, "*.c.jp");
	edited(r, EDIT_REMOVE, "a.jp");
	assert_list(r, "# ours\n- fqdn: b.jp\n  first_issued: 2026-02-19\n- \"*.c.jp\"\n");
	assert_int_equal(r->s.entries.count, 2);
	assert_null(entry_list_find(&r->s.entries, "a.jp"));
	assert_non_null(entry_list_find(&r->s.entries, "*.c.jp"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() == 0) {
		assert_int_equal(st.st_uid, 12345);
		assert_int_equal(st.st_gid, 23456);
	}
	assert_no_rest(r->etc);
	free(path);
}

static void a_dry_run_writes_nothing(void **state)
{
	const struct edit_change c = {.action = EDIT_ADD, .fqdn = "c.jp"};
	struct run *r = *state;
	struct err e = ERR_INIT;
	char *text = NULL;

	run_open(r, NULL, LIST);
	assert_int_equal(entitlements_edit(&r->s, &c, 1, &text, &e), 0);
	assert_string_equal(text, LIST "- c.jp\n");
	assert_list(r, LIST);
	assert_int_equal(r->s.entries.count, 2);
	assert_false(fs_exists(r->options.state_dir));
	free(text);
}

static void a_missing_list_is_begun(void **state)
{
	struct run *r = *state;
	char *path = list_path(r), *text;
	struct stat st;

	run_open(r, NULL, NULL);
	assert_true(r->s.entries_missing);
	edited(r, EDIT_ADD, "a.jp");
	assert_false(r->s.entries_missing);
	text = scratch_read(path);
	assert_true(str_starts(text, "# "));
	assert_true(str_ends(text, "\n- a.jp\n"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	free(text);
	free(path);
}

static void behind_a_link_the_file_is_replaced(void **state)
{
	struct run *r = *state;
	char *path = list_path(r), *real = fs_join(r->dir, "real.yaml"), *text;
	struct err e = ERR_INIT;
	struct stat st;

	run_open(r, NULL, NULL);
	scratch_write(real, LIST, 0600);
	assert_int_equal(symlink("../real.yaml", path), 0);
	edited(r, EDIT_REMOVE, "b.jp");
	text = scratch_read(real);
	assert_string_equal(text, "# ours\n- a.jp # first\n");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_no_rest(r->dir);
	assert_int_equal(unlink(real), 0);
	assert_int_equal(edit(r, EDIT_ADD, "b.jp", &e), -1);
	run_error(r, &e, ERR_IO, "etc/entitlements.yaml is a link to a file that is not there");
	free(text);
	free(real);
	free(path);
}

static void what_somebody_else_wrote_meanwhile_stays(void **state)
{
	static const char *const theirs[] = {LIST "- theirs.jp\n", "", "- a.jp\n"};
	struct run *r = *state;
	char *path = list_path(r);

	run_open(r, NULL, LIST);
	for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
		struct err e = ERR_INIT;

		run_write(r, "entitlements.yaml", LIST);
		/* The lock's own file is the first to be synced. */
		assert_int_equal(site_lock(&r->s, &e), 0);
		meddler = (struct meddler){path, theirs[i]};
		assert_int_equal(edit(r, EDIT_ADD, "c.jp", &e), -1);
		assert_null(meddler.path);
		assert_string_equal(e.advice, "run it again");
		run_error(r, &e, ERR_IO,
		          "changing the list of registered FQDNs: etc/entitlements.yaml was changed meanwhile by somebody else; nothing "
		          "was done to it");
		assert_list(r, theirs[i]);
		assert_no_rest(r->etc);
	}
	free(path);
}

static void a_list_with_mistakes_is_left_alone(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;

	run_open(r, NULL, LIST);
	run_write(r, "entitlements.yaml", "- a.jp\n- a.jp\n");
	assert_int_equal(edit(r, EDIT_ADD, "c.jp", &e), -1);
	run_error(r, &e, ERR_CONFIG,
	          "etc/entitlements.yaml:2:3: \"a.jp\" in line 2 is a duplicate: it is registered in line 1 already");
	assert_list(r, "- a.jp\n- a.jp\n");
	run_write(r, "entitlements.yaml", LIST);
	assert_int_equal(edit(r, EDIT_ADD, "a.jp", &e), -1);
	run_error(r, &e, ERR_USAGE, "a.jp is in the list already (etc/entitlements.yaml, line 2)");
}

static struct date recorded(struct run *r, const char *fqdn)
{
	const struct entry *e = entry_list_find(&r->s.entries, fqdn);

	assert_non_null(e);
	return e->has_recorded ? e->recorded : (struct date){0};
}

static void a_new_contract_begins_anew(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;
	size_t found = 0;

	run_open(r, NULL, "- a.jp\n- b.jp\n");
	run_issue(r, "ab", "a.jp b.jp", RUN_NOW - 100 * DAY, RUN_NOW - 10 * DAY);
	assert_int_equal(ledger_rebuild(&r->s, &found, &e), 0);
	assert_int_equal(found, 2);
	assert_int_equal(recorded(r, "a.jp").year, 2026);
	edited(r, EDIT_SET, "a.jp");
	assert_int_equal(recorded(r, "a.jp").year, 2026); /* set is no new contract */
	edited(r, EDIT_REMOVE, "a.jp");
	edited(r, EDIT_ADD, "a.jp");
	assert_int_equal(recorded(r, "a.jp").year, 0);
	assert_int_equal(recorded(r, "b.jp").year, 2026);
	/* Neither now, nor when all that is kept is read again. */
	assert_int_equal(ledger_rebuild(&r->s, &found, &e), 0);
	assert_int_equal(recorded(r, "a.jp").year, 0);
}

static void one_of_the_two_is_enough_for_that(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;
	size_t found = 0;

	run_open(r, NULL, "- a.jp\n- b.jp\n- c.jp\n");
	run_issue(r, "abc", "a.jp b.jp c.jp", RUN_NOW - 100 * DAY, RUN_NOW - 10 * DAY);
	assert_int_equal(ledger_rebuild(&r->s, &found, &e), 0);
	run_write(r, "entitlements.yaml", "- b.jp\n- c.jp\n");
	edited(r, EDIT_ADD, "a.jp");
	assert_int_equal(recorded(r, "a.jp").year, 0);
	edited(r, EDIT_REMOVE, "b.jp");
	run_open(r, NULL, "- a.jp\n- b.jp\n- c.jp\n");
	assert_int_equal(site_open_store(&r->s, &e), 0);
	assert_int_equal(recorded(r, "b.jp").year, 0);
	assert_int_equal(recorded(r, "c.jp").year, 2026);
}

static void what_is_changed_here_is_believed(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;

	run_open(r, NULL, "- a.jp\n- b.jp\n- c.jp\n- d.jp\n");
	assert_int_equal(site_lock(&r->s, &e), 0);
	assert_int_equal(ledger_check_list(&r->s, false, &e), 0);
	edited(r, EDIT_REMOVE, "a.jp");
	edited(r, EDIT_REMOVE, "b.jp");
	edited(r, EDIT_REMOVE, "c.jp");
	edited(r, EDIT_REMOVE, "d.jp");
	assert_int_equal(ledger_look_at_list(&r->s, &e), 0);
}

static void what_vanished_otherwise_is_not_believed(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;

	run_open(r, NULL, "- a.jp\n- b.jp\n- c.jp\n- d.jp\n");
	assert_int_equal(site_lock(&r->s, &e), 0);
	assert_int_equal(ledger_check_list(&r->s, false, &e), 0);
	run_write(r, "entitlements.yaml", "- a.jp\n");
	edited(r, EDIT_ADD, "e.jp");
	assert_list(r, "- a.jp\n- e.jp\n");
	assert_int_equal(ledger_look_at_list(&r->s, &e), -1);
	assert_string_equal(err_kind_name(e.kind), err_kind_name(ERR_REFUSED));
	err_clear(&e);
}

/* In a child, as nobody: 0, or the line of what is not as it should be. */
static int try_as_nobody(const char *dir)
{
	char *etc = fs_join(dir, "etc"), *mine = fs_join(dir, "mine"), *roots = fs_join(dir, "roots");
	struct site_options o = {.config_dir = etc};
	const struct edit_change c = {.action = EDIT_ADD, .fqdn = "c.jp"};
	struct err e = ERR_INIT;
	struct site s;
	char *text = NULL;

	for (int i = 0; i < 2; i++) {
		o.state_dir = i == 0 ? mine : roots;
		site_init(&s, &o);
		if (site_load(&s, &e) != 0)
			return __LINE__;
		if (entitlements_edit(&s, &c, 1, &text, &e) != 0 || !str_eq(text, LIST "- c.jp\n"))
			return __LINE__;
		if (entitlements_edit(&s, &c, 1, NULL, &e) != -1 || e.kind != ERR_IO || e.cause == NULL)
			return __LINE__;
		if (i == 0 && (strstr(e.cause, "Permission denied") == NULL || e.advice == NULL))
			return __LINE__;
		err_clear(&e);
		str_replace(&text, NULL);
		if (s.entries.count != 2)
			return __LINE__;
		site_clear(&s);
	}
	free(etc);
	free(mine);
	free(roots);
	return 0;
}

static void who_has_no_right_to_it_is_told(void **state)
{
	struct run *r = *state;
	char *roots = fs_join(r->dir, "roots");

	if (geteuid() != 0)
		skip();
	run_open(r, NULL, LIST);
	run_close(r);
	assert_int_equal(mkdir(roots, 0700), 0);
	assert_int_equal(as_nobody(try_as_nobody, r->dir), 0);
	assert_list(r, LIST);
	assert_no_rest(r->etc);
	free(roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entry_shows_what_it_covers_and_what_lives_on_it, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_the_ledger_says_is_shown, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(the_first_rule_that_checks_is_the_one, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(configured_names_are_told_once, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(names_of_a_CA_that_sells_none_need_no_entry, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(many_entries_and_many_names, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(the_file_and_what_is_loaded_change, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(a_dry_run_writes_nothing, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(a_missing_list_is_begun, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(behind_a_link_the_file_is_replaced, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_somebody_else_wrote_meanwhile_stays, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(a_list_with_mistakes_is_left_alone, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(a_new_contract_begins_anew, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(one_of_the_two_is_enough_for_that, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_is_changed_here_is_believed, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(what_vanished_otherwise_is_not_believed, run_setup, run_teardown),
		cmocka_unit_test_setup_teardown(who_has_no_right_to_it_is_told, run_setup, run_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
