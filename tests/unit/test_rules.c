/*
 * The numbered rules of the service (利用FQDN情報 and its use period), one after the other, each with the examples it is stated with.
 * What other layers do about a rule is held where they are tested; those files are named here under the rule's number.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "entitle/coverage.h"
#include "entitle/effective.h"
#include "entitle/first_use.h"
#include "entitle/fqdn.h"
#include "entitle/lapse.h"
#include "entitle/period.h"

#define DAY CLOCK_DAY_SEC
#define LONGEST_LABEL "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk" /* 63 */

static const struct rule *jpdirect(void)
{
	return rule_preset("jpdirect");
}

static int64_t at(const char *text)
{
	int64_t t = 0;

	assert_int_equal(time_parse(text, &t), 0);
	return t;
}

static struct date day(const char *text)
{
	struct date d = {0};

	assert_int_equal(date_parse(text, &d), 0);
	return d;
}

static void assert_day(struct date got, const char *want)
{
	char *text = date_format(got);

	assert_string_equal(text, want);
	free(text);
}

static void words(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		strs_take(out, str_ndup(text, len));
		text += len + (text[len] != '\0');
	}
}

/* "example.jp other.jp=2027-02-28": entries without and with a stated end. */
static void list_of(const char *text, struct entry_list *l)
{
	struct strs items = {0};

	words(text, &items);
	for (size_t i = 0; i < items.count; i++) {
		char *equals = strchr(items.item[i], '=');
		struct entry e = {.fqdn = items.item[i], .has_ends = equals != NULL};

		if (equals != NULL) {
			*equals = '\0';
			e.ends = day(equals + 1);
		}
		entry_list_add(l, &e);
	}
	strs_clear(&items);
}

/* "+" or "-" for each name, in the order given without duplicates; then "!" when there are too many. Normal spelling is not needed. */
static char *gate(const char *entries, const char *names, int limit, const char *when)
{
	struct entry_list l = {0};
	struct strs given = {0};
	struct coverage_result r = {0};
	char *text = str_dup("");

	list_of(entries, &l);
	words(names, &given);
	coverage_check(&(struct coverage_input){jpdirect(), &l, &given, limit, at(when)}, &r);
	for (size_t i = 0; i < r.count; i++)
		str_replace(&text, str_fmt("%s%c", text, r.name[i].covered ? '+' : '-'));
	if (r.too_many)
		str_replace(&text, str_fmt("%s!", text));
	coverage_result_clear(&r);
	entry_list_clear(&l);
	strs_clear(&given);
	return text;
}

static void assert_gate(const char *entries, const char *names, const char *want)
{
	char *got = gate(entries, names, 0, "2026-11-22T00:00:00Z");

	if (!str_eq(got, want))
		fail_msg("%s | %s: %s, not %s", entries, names, got, want);
	free(got);
}

/* The table under "Period": first issuance, last day, and after one and two paid renewals. */
static void period_table(void **state)
{
	static const char *const row[][4] = {
		{"2026-02-19", "2027-02-28", "2028-02-29", "2029-02-28"},
		{"2027-02-10", "2028-02-29", "2029-02-28", "2030-02-28"},
		{"2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"},
		{"2026-01-31", "2027-01-31", NULL, NULL},
		{"2026-12-31", "2027-12-31", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		for (int renewed = 0; renewed < 3 && row[i][1 + renewed] != NULL; renewed++) {
			struct date last;

			assert_true(period_last(jpdirect(), day(row[i][0]), renewed, &last));
			assert_day(last, row[i][1 + renewed]);
		}
	}
}

static void period_table_with_instants(void **state)
{
	static const char *const row[][2] = {
		{"2026-02-28T14:59:59Z", "2027-02-28"}, /* 23:59:59 in Japan */
		{"2026-02-28T15:00:00Z", "2027-03-31"}, /* 1 March in Japan */
		{"2015-08-31T15:00:00+09:00", "2016-08-31"},
		{"2016-08-10", "2017-08-31"},           /* an answer of a reseller's FAQ */
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct date last;

		assert_true(period_last(jpdirect(), first_use_day(jpdirect(), at(row[i][0]), 0), 0, &last));
		assert_day(last, row[i][1]);
	}
}

/* Inclusive day, exclusive instant: the first of the next month, 00:00 in Japan. */
static void period_instant(void **state)
{
	struct period p;
	struct entry e = {.has_first_issued = true, .first_issued = day("2026-02-19")};

	(void)state;
	period_find(jpdirect(), NULL, &e, &p);
	assert_true(p.end_at == 1803826800);
	assert_true(p.end_at == at("2027-02-28T15:00:00Z"));
	assert_false(period_has_ended(&p, p.end_at - 1));
	assert_true(period_has_ended(&p, p.end_at));
}

static void period_days_left_are_those_in_japan(void **state)
{
	static const struct { const char *when; int left; } row[] = {
		{"2027-02-26T15:00:00Z", 2}, {"2027-02-27T14:59:59Z", 2}, {"2027-02-27T15:00:00Z", 1}, {"2027-02-28T14:59:59Z", 1},
		{"2027-02-28T15:00:00Z", 0}, {"2028-01-01T00:00:00Z", 0}, {"2026-02-28T00:00:00Z", 366},
	};
	struct entry e = {.has_ends = true, .ends = day("2027-02-28")};
	struct period p;

	(void)state;
	period_find(jpdirect(), NULL, &e, &p);
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		assert_int_equal(period_days_left(jpdirect(), &p, at(row[i].when)), row[i].left);
}

static void period_2027_02_29_never_exists(void **state)
{
	struct date d;

	(void)state;
	assert_int_equal(date_parse("2027-02-29", &d), -1);
	assert_int_equal(date_parse("2028-02-29", &d), 0);
	/* told with line and column: test_entry.c */
}

/* Always one year and up to 30 days. */
static void period_length(void **state)
{
	(void)state;
	for (int64_t d = date_days(day("2026-01-01")); d <= date_days(day("2034-12-31")); d++) {
		struct date first = date_from_days(d), last, year = {first.year + 1, first.month, first.day};

		assert_true(period_last(jpdirect(), first, 0, &last));
		if (!date_valid(year))
			year.day--;
		assert_true(date_days(last) >= date_days(year) && date_days(last) <= date_days(year) + 30);
		assert_int_equal(date_compare(last, date_month_end(last.year, last.month)), 0);
	}
}

/* Store and runs: test_ledger.c, test_visit_first_uses.c. */
static void rule_01_no_period_before_first_issuance(void **state)
{
	struct entry e = {.renewed = 2};
	struct period p;

	(void)state;
	period_find(jpdirect(), NULL, &e, &p);
	assert_int_equal(p.source, PERIOD_NOT_BEGUN);
	assert_string_equal(period_source_name(p.source), "not-begun");
	assert_false(p.has_start || p.has_last || p.end_at != 0 || period_has_ended(&p, INT64_MAX));
	assert_int_equal(period_days_left(jpdirect(), &p, 0), -1);
}

static void rule_02_the_earlier_of_notbefore_and_download_and_my_page_wins(void **state)
{
	struct entry e = {.has_recorded = true, .recorded = day("2026-03-01")};
	struct period p;

	(void)state;
	assert_day(first_use_day(jpdirect(), at("2026-02-28T14:00:00Z"), at("2026-02-28T15:00:00Z")), "2026-02-28");
	assert_day(first_use_day(jpdirect(), at("2026-02-28T16:00:00Z"), at("2026-02-28T14:59:59Z")), "2026-02-28");
	assert_day(first_use_day(jpdirect(), at("2026-02-28T16:00:00Z"), 0), "2026-03-01");

	period_find(jpdirect(), NULL, &e, &p);
	assert_int_equal(p.source, PERIOD_RECORDED);
	assert_day(p.last, "2027-03-31");
	e.has_first_issued = true;
	e.first_issued = day("2026-02-19");
	period_find(jpdirect(), NULL, &e, &p);
	assert_int_equal(p.source, PERIOD_LISTED);
	assert_day(p.start, "2026-02-19");
	assert_day(p.last, "2027-02-28");
	e.has_ends = true;
	e.ends = day("2027-05-31");
	period_find(jpdirect(), NULL, &e, &p);
	assert_int_equal(p.source, PERIOD_STATED);
	assert_day(p.last, "2027-05-31");
}

/* More: test_first_use.c; in the ledger: test_ledger.c. */
static void rule_03_any_certificate_that_uses_it_starts_it(void **state)
{
	static const struct { const char *names; size_t begun; } row[] = {
		{"example.jp", 1}, {"www.example.jp", 1}, {"example.jp b.jp *.c.jp", 3}, {"c.jp", 1}, {"a.example.jp", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct entry_list l = {0};
		struct strs names = {0};
		struct first_use *found;

		list_of("example.jp b.jp *.c.jp", &l);
		words(row[i].names, &names);
		assert_int_equal(first_use_find_at(&(struct first_use_input){jpdirect(), &l, &names, true, 0}, &found), row[i].begun);
		free(found);
		entry_list_clear(&l);
		strs_clear(&names);
	}
}

/* The sentence: test_site_gate.c; after the CA's own refusal: test_refusal.c. */
static void rule_04_what_is_not_registered_is_refused_with_a_hint(void **state)
{
	struct strs names = {0};
	struct coverage_result r = {0};

	(void)state;
	words("www.example.jp", &names);
	coverage_check(&(struct coverage_input){.rule = jpdirect(), .names = &names, .limit = 100}, &r);
	assert_false(r.ok);
	assert_int_equal(r.name[0].reason, COVERAGE_NOT_REGISTERED);
	assert_string_equal(r.name[0].would.item[0], "example.jp");
	assert_string_equal(r.name[0].would.item[1], "www.example.jp");
	coverage_result_clear(&r);
	strs_clear(&names);
}

static void rule_05_a_plain_entry(void **state)
{
	(void)state;
	assert_gate("example.jp", "example.jp www.example.jp", "++");
	assert_gate("example.jp", "a.example.jp *.example.jp www.www.example.jp", "---");
}

static void rule_06_an_entry_with_www(void **state)
{
	(void)state;
	assert_gate("www.example.jp", "www.example.jp www.www.example.jp example.jp", "++-");
}

static void rule_07_a_wildcard_entry(void **state)
{
	(void)state;
	assert_gate("*.example.jp", "*.example.jp example.jp", "++");
	assert_gate("*.example.jp", "www.example.jp *.a.example.jp", "--");
}

static void rule_08_both_are_a_union(void **state)
{
	(void)state;
	assert_gate("example.jp *.example.jp", "example.jp www.example.jp *.example.jp a.example.jp", "+++-");
}

/* More: test_coverage.c. */
static void rule_09_www_in_front_must_still_be_valid(void **state)
{
	static const char base[] = LONGEST_LABEL "." LONGEST_LABEL "." LONGEST_LABEL "." "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefgh.jp";
	char *www = str_fmt("www.%s", base);

	(void)state;
	assert_int_equal(strlen(base), 253);
	assert_gate(base, base, "+");
	assert_gate(base, www, "-");
	free(www);
}

/* More: test_fqdn.c. */
static void rule_10_normalised_first(void **state)
{
	static const char *const same[][2] = {
		{"EXAMPLE.JP.", "example.jp"}, {"Example.jp", "example.jp"}, {"日本語.jp", "xn--wgv71a119e.jp"},
		{"日本語。jp", "xn--wgv71a119e.jp"}, {"ｅｘａｍｐｌｅ．ｊｐ", "example.jp"}, {"*.EXAMPLE.jp", "*.example.jp"},
	};
	static const char *const refused[] = {
		"", "a..jp", ".a.jp", "a.*.jp", "w*.a.jp", "**.a.jp", "*", "*.*.a.jp", "192.0.2.1", "2001:db8::1", "http://a.jp", "a.jp:443",
		"a_b.jp", "a.jp..",
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		char *normal = NULL, *why = NULL;

		assert_int_equal(fqdn_normalize(same[i][0], &normal, &why), 0);
		assert_string_equal(normal, same[i][1]);
		free(normal);
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		char *normal = NULL, *why = NULL;

		if (fqdn_normalize(refused[i], &normal, &why) != -1)
			fail_msg("%s passed", refused[i]);
		assert_non_null(why);
		free(why);
	}
	assert_gate("example.jp", "EXAMPLE.JP. Example.jp example.jp", "+");
}

static void rule_11_by_label_never_by_suffix(void **state)
{
	(void)state;
	assert_gate("example.jp *.example.jp", "notexample.jp wwwexample.jp *.notexample.jp", "---");
}

static void rule_12_a_hundred_distinct_names(void **state)
{
	static const struct { int hosts; const char *more; const char *end; } row[] = {
		{100, "", "+"}, {101, "", "!"}, {100, "H5.JP.", "+"}, {98, "*.h5.jp example.com", "+"}, {99, "*.h5.jp example.com", "!"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct strs names = {0};
		char *joined, *entries, *got;

		for (int h = 0; h < row[i].hosts; h++)
			strs_take(&names, str_fmt("h%d.jp", h));
		joined = strs_join(&names, " ");
		entries = str_fmt("%s *.h5.jp example.com", joined);
		str_replace(&joined, str_fmt("%s %s", joined, row[i].more));
		got = gate(entries, joined, 100, "2026-11-22T00:00:00Z");
		assert_true(str_ends(got, row[i].end));
		free(got);
		free(entries);
		free(joined);
		strs_clear(&names);
	}
	assert_gate("*.example.jp", "example.jp *.example.jp", "++");
}

static void rule_13_every_name_must_be_covered(void **state)
{
	(void)state;
	assert_gate("example.jp b.jp", "www.example.jp www.b.jp c.jp", "++-");
}

/* 14. Older certificates are left alone: test_store_prune.c (kept generations), test_revoke.c (only what a person names). */
/* 15. Issuing is free; only the contract's renewal is paid: below, over everything that is said to people. */

static char *file_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	if (f == NULL)
		return NULL;
	if (getdelim(&text, &len, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static void rule_15_nobody_is_told_that_a_renewal_costs(void **state)
{
	static const char *const never[] = {"renewal costs", "renewals cost ", "pay for the renewal of the certificate", "fee for each certificate"};
	const char *top = getenv("abs_top_srcdir");
	char *list_path = str_fmt("%s/po/POTFILES.in", top != NULL ? top : "."), *list = file_text(list_path);
	size_t seen = 0;

	(void)state;
	assert_non_null(list);
	for (char *rest = list, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *path = str_fmt("%s/%s", top != NULL ? top : ".", line), *text = *line != '\0' && *line != '#' ? file_text(path) : NULL;

		for (size_t i = 0; text != NULL && i < sizeof never / sizeof never[0]; i++)
			if (strstr(text, never[i]) != NULL)
				fail_msg("%s: %s", line, never[i]);
		seen += text != NULL;
		free(text);
		free(path);
	}
	assert_true(seen > 20);
	free(list);
	free(list_path);
}

/* What a run makes of it: test_plan.c, test_visit.c (names-changed). */
static void rule_16_the_same_set_in_other_order_and_case_is_the_same(void **state)
{
	static const struct { const char *before, *after; bool same; } row[] = {
		{"example.jp www.example.jp", "WWW.Example.jp EXAMPLE.JP.", true},
		{"example.jp www.example.jp", "example.jp", false},
		{"example.jp", "example.jp www.example.jp", false},
		{"example.jp example.jp", "example.jp", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		const char *const texts[] = {row[i].before, row[i].after};
		struct strs sets[2] = {{0}};

		for (size_t k = 0; k < 2; k++) {
			struct coverage_result r = {0};
			struct strs given = {0};

			words(texts[k], &given);
			coverage_check(&(struct coverage_input){.rule = rule_preset("none"), .names = &given}, &r);
			coverage_names(&r, &sets[k]);
			coverage_result_clear(&r);
			strs_clear(&given);
		}
		assert_int_equal(strs_same_set(&sets[0], &sets[1]), row[i].same);
		strs_clear(&sets[0]);
		strs_clear(&sets[1]);
	}
}

static struct effective ends(struct entry_list *l, const char *entries, const char *names, const char *not_after)
{
	struct strs given = {0};
	struct effective f;

	list_of(entries, l);
	words(names, &given);
	effective_find(&(struct effective_input){.rule = jpdirect(), .list = l, .names = &given, .not_after = at(not_after)}, &f);
	strs_clear(&given);
	return f;
}

/* More: test_effective.c; as told: test_status.c, test_tell.c, test_forecast.c; split: test_advise.c. */
static void rule_17_one_end_takes_the_whole_certificate_along(void **state)
{
	struct entry_list l = {0};
	struct effective f = ends(&l, "a.jp=2027-06-30 b.jp=2027-02-28 c.jp", "a.jp b.jp c.jp", "2027-04-15");

	(void)state;
	assert_true(f.end == at("2027-02-28T15:00:00Z"));
	assert_string_equal(f.by->fqdn, "b.jp");
	entry_list_clear(&l);

	/* overlap: optimistic = the latest end, pessimistic = the earliest */
	f = ends(&l, "example.jp=2027-02-28 *.example.jp=2027-03-31", "example.jp", "2027-04-15");
	assert_true(f.end == at("2027-02-28T15:00:00Z"));
	assert_true(f.hopeful == at("2027-03-31T15:00:00Z"));
	entry_list_clear(&l);
}

static void rule_18_revoked_even_if_notafter_is_later(void **state)
{
	struct entry_list l = {0};
	struct effective f = ends(&l, "example.jp=2027-02-28", "example.jp", "2027-04-15");

	(void)state;
	assert_true(f.end == at("2027-02-28T15:00:00Z"));
	assert_string_equal(f.by->fqdn, "example.jp");
	entry_list_clear(&l);
	f = ends(&l, "example.jp=2027-06-30", "example.jp", "2027-04-15");
	assert_true(f.end == at("2027-04-15") && f.by == NULL);
	entry_list_clear(&l);
}

/* More: test_lapse.c, test_visit_lapse.c; exit status: test_site_gate.c, tests/e2e/42-lapse.sh. */
static void rule_19_nothing_is_ordered_after_the_end_and_the_rest_is_proposed(void **state)
{
	struct entry_list l = {0};
	struct strs names = {0};
	struct lapse lapse = {0};
	char *last = gate("a.jp b.jp=2027-02-28", "a.jp b.jp", 0, "2027-02-28T14:59:59Z");
	char *after = gate("a.jp b.jp=2027-02-28", "a.jp b.jp", 0, "2027-02-28T15:00:00Z");

	(void)state;
	assert_string_equal(last, "++");
	assert_string_equal(after, "+-");
	list_of("a.jp b.jp=2027-02-28", &l);
	words("a.jp b.jp", &names);
	lapse_find(&(struct lapse_input){.rule = jpdirect(), .list = &l, .names = &names, .at = at("2027-02-10")}, &lapse);
	assert_int_equal(lapse.step, LAPSE_OFFER);
	assert_int_equal(lapse.remaining.count, 1);
	assert_string_equal(lapse.remaining.item[0], "a.jp");
	assert_true(lapse.switch_at <= lapse.end_at - DAY);
	lapse_clear(&lapse);
	entry_list_clear(&l);
	strs_clear(&names);
	free(last);
	free(after);
}

/* The warnings 60, 30, 14, 7 and 1 days before: test_tell.c. */
static void rule_20_each_paid_renewal_is_a_year_at_once(void **state)
{
	struct entry e = {.has_first_issued = true, .first_issued = day("2026-02-19")};
	int64_t before = 0;

	(void)state;
	for (e.renewed = 0; e.renewed < 20; e.renewed++) {
		struct period p;

		period_find(jpdirect(), NULL, &e, &p);
		assert_int_equal(p.last.year, 2027 + e.renewed);
		assert_true(p.end_at > before);
		before = p.end_at;
	}
}

/*
 * 21, 22. A contract ended by request ends with its term, and term and use period are extended together: there is one end, and
 * `renewed` and `ends` are all that moves it (rules 2 and 20).
 * 23. DV only: the profile's directory, test_profiles.c.
 * 24. Beside certificates of the classic service: what they began is learned from their file, test_ledger.c.
 * 25. Leaving for another CA: test_visit_move.c, test_visit_ca.c.
 */

/* Both TXT values at one name: tests/e2e/04-dns-nsupdate.sh. That a wildcard needs dns-01: test_site.c. */
static void rule_26_a_wildcard_and_its_base_share_one_name_of_dns(void **state)
{
	(void)state;
	assert_string_equal(fqdn_base("*.example.jp"), "example.jp");
	assert_string_equal(fqdn_base("example.jp"), "example.jp");
	assert_gate("*.example.jp", "example.jp *.example.jp", "++");
}

/* 27. Revocation is asked for daily, and unknown is borne for ten minutes: test_revoked.c, test_revocation.c. */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(period_table),
		cmocka_unit_test(period_table_with_instants),
		cmocka_unit_test(period_instant),
		cmocka_unit_test(period_days_left_are_those_in_japan),
		cmocka_unit_test(period_2027_02_29_never_exists),
		cmocka_unit_test(period_length),
		cmocka_unit_test(rule_01_no_period_before_first_issuance),
		cmocka_unit_test(rule_02_the_earlier_of_notbefore_and_download_and_my_page_wins),
		cmocka_unit_test(rule_03_any_certificate_that_uses_it_starts_it),
		cmocka_unit_test(rule_04_what_is_not_registered_is_refused_with_a_hint),
		cmocka_unit_test(rule_05_a_plain_entry),
		cmocka_unit_test(rule_06_an_entry_with_www),
		cmocka_unit_test(rule_07_a_wildcard_entry),
		cmocka_unit_test(rule_08_both_are_a_union),
		cmocka_unit_test(rule_09_www_in_front_must_still_be_valid),
		cmocka_unit_test(rule_10_normalised_first),
		cmocka_unit_test(rule_11_by_label_never_by_suffix),
		cmocka_unit_test(rule_12_a_hundred_distinct_names),
		cmocka_unit_test(rule_13_every_name_must_be_covered),
		cmocka_unit_test(rule_15_nobody_is_told_that_a_renewal_costs),
		cmocka_unit_test(rule_16_the_same_set_in_other_order_and_case_is_the_same),
		cmocka_unit_test(rule_17_one_end_takes_the_whole_certificate_along),
		cmocka_unit_test(rule_18_revoked_even_if_notafter_is_later),
		cmocka_unit_test(rule_19_nothing_is_ordered_after_the_end_and_the_rest_is_proposed),
		cmocka_unit_test(rule_20_each_paid_renewal_is_a_year_at_once),
		cmocka_unit_test(rule_26_a_wildcard_and_its_base_share_one_name_of_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
