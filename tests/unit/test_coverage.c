#include "config.h"

#include "entitle/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "entitle/fqdn.h"
#include "entitle/period.h"

#define NOW INT64_C(1795305600) /* 2026-11-22T00:00:00Z */
#define L60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

/* Words separated by blanks. */
static void words(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		if (len > 0)
			strs_take(out, str_ndup(text, len));
		text += len + (text[len] != '\0');
	}
}

static void list_of(const char *text, struct entry_list *l)
{
	struct strs names = {0};

	words(text, &names);
	for (size_t i = 0; i < names.count; i++)
		entry_list_add(l, &(struct entry){.fqdn = names.item[i]});
	strs_clear(&names);
}

static void check_list(const struct entry_list *l, const char *names, int limit, struct coverage_result *r)
{
	struct strs given = {0};

	words(names, &given);
	coverage_check(&(struct coverage_input){rule_preset("jpdirect"), l, &given, limit, NOW}, r);
	strs_clear(&given);
}

static void check_text(const char *entries, const char *names, int limit, struct coverage_result *r)
{
	struct entry_list l = {0};

	list_of(entries, &l);
	check_list(&l, names, limit, r);
	entry_list_clear(&l);
}

static void assert_strs(const struct strs *got, const char *want)
{
	char *text = strs_join(got, " ");

	assert_string_equal(text, want);
	free(text);
}

struct row {
	const char *entries; /* registered */
	const char *name;    /* normal */
	const char *by;      /* entries that cover it; "" = refused */
};

/* Through rule_covers() on each entry and through coverage_check(). */
static void assert_rows(const struct row *row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct entry_list l = {0};
		struct strs by = {0};
		struct coverage_result r = {0};

		list_of(row[i].entries, &l);
		for (size_t k = 0; k < l.count; k++)
			if (rule_covers(rule_preset("jpdirect"), l.item[k].fqdn, row[i].name))
				strs_add(&by, l.item[k].fqdn);
		assert_strs(&by, row[i].by);
		check_list(&l, row[i].name, 0, &r);
		assert_int_equal(r.count, 1);
		assert_strs(&r.name[0].by, row[i].by);
		assert_int_equal(r.name[0].covered, row[i].by[0] != '\0');
		assert_int_equal(r.ok, row[i].by[0] != '\0');
		coverage_result_clear(&r);
		strs_clear(&by);
		entry_list_clear(&l);
	}
}

#define ASSERT_ROWS(table) assert_rows(table, sizeof(table) / sizeof(*(table)))

static void rule_05_a_plain_entry_covers_itself_and_www(void **state)
{
	static const struct row row[] = {
		{"example.jp", "example.jp", "example.jp"},
		{"example.jp", "www.example.jp", "example.jp"},
		{"example.jp", "a.example.jp", ""},
		{"example.jp", "*.example.jp", ""},
		{"example.jp", "www.www.example.jp", ""},
		{"example.jp", "*.www.example.jp", ""},
		{"example.jp", "www.a.example.jp", ""},
		{"example.jp", "example.com", ""},
		{"example.jp", "ww.example.jp", ""},
		{"example.jp", "www2.example.jp", ""},
		{"example.jp", "www.example.jp.jp", ""},
		{"a.example.jp", "a.example.jp", "a.example.jp"},
		{"a.example.jp", "www.a.example.jp", "a.example.jp"},
		{"a.example.jp", "example.jp", ""},
		{"a.example.jp", "www.example.jp", ""},
		{"co.jp", "www.co.jp", "co.jp"},
		{"xn--wgv71a119e.jp", "www.xn--wgv71a119e.jp", "xn--wgv71a119e.jp"},
	};

	(void)state;
	ASSERT_ROWS(row);
}

static void rule_06_an_entry_with_www_does_not_cover_the_bare_name(void **state)
{
	static const struct row row[] = {
		{"www.example.jp", "www.example.jp", "www.example.jp"},
		{"www.example.jp", "www.www.example.jp", "www.example.jp"},
		{"www.example.jp", "example.jp", ""},
		{"www.example.jp", "www.www.www.example.jp", ""},
		{"www.example.jp", "a.www.example.jp", ""},
		{"www.jp", "www.jp", "www.jp"},
		{"www.jp", "www.www.jp", "www.jp"},
	};

	(void)state;
	ASSERT_ROWS(row);
}

static void rule_07_a_wildcard_entry_covers_itself_and_its_base(void **state)
{
	static const struct row row[] = {
		{"*.example.jp", "*.example.jp", "*.example.jp"},
		{"*.example.jp", "example.jp", "*.example.jp"},
		{"*.example.jp", "www.example.jp", ""},
		{"*.example.jp", "a.example.jp", ""},
		{"*.example.jp", "*.a.example.jp", ""},
		{"*.example.jp", "a.b.example.jp", ""},
		{"*.a.example.jp", "a.example.jp", "*.a.example.jp"},
		{"*.a.example.jp", "*.example.jp", ""},
		{"*.a.example.jp", "example.jp", ""},
		{"*.www.example.jp", "www.example.jp", "*.www.example.jp"},
		{"*.www.example.jp", "www.www.example.jp", ""},
	};

	(void)state;
	ASSERT_ROWS(row);
}

static void rule_08_several_entries_are_a_union(void **state)
{
	static const struct row row[] = {
		{"example.jp *.example.jp", "example.jp", "*.example.jp example.jp"},
		{"example.jp *.example.jp", "www.example.jp", "example.jp"},
		{"example.jp *.example.jp", "*.example.jp", "*.example.jp"},
		{"example.jp *.example.jp", "a.example.jp", ""},
		{"example.jp www.example.jp *.www.example.jp", "www.example.jp", "*.www.example.jp example.jp www.example.jp"},
	};

	(void)state;
	ASSERT_ROWS(row);
}

/* A name whose "www." form would be too long is never taken for valid. */
static void rule_09_www_form_must_be_valid(void **state)
{
	const char *label = L60 ".";
	char *base = str_fmt("%s%s%s%s.jp", label, label, label, L60); /* 246 */
	char *longer = str_fmt("abcd.%s", base);                       /* 251: www. in front makes 255 */
	char *www_base = str_fmt("www.%s", base);
	char *www_longer = str_fmt("www.%s", longer);
	struct coverage_result r = {0};

	(void)state;
	check_text(base, www_base, 0, &r);
	assert_true(r.ok);
	coverage_result_clear(&r);
	check_text(longer, www_longer, 0, &r);
	assert_false(r.ok);
	assert_int_equal(r.name[0].reason, COVERAGE_INVALID_NAME);
	assert_non_null(strstr(r.name[0].message, "longer than 253"));
	coverage_result_clear(&r);
	free(base);
	free(longer);
	free(www_base);
	free(www_longer);
}

static void rule_10_names_are_normalized_first(void **state)
{
	struct coverage_result r = {0};

	(void)state;
	check_text("example.jp xn--wgv71a119e.jp", "WWW.EXAMPLE.JP. 日本語。ｊｐ", 0, &r);
	assert_true(r.ok);
	assert_string_equal(r.name[0].name, "www.example.jp");
	assert_null(r.name[0].unicode);
	assert_string_equal(r.name[0].input, "WWW.EXAMPLE.JP.");
	assert_string_equal(r.name[1].name, "xn--wgv71a119e.jp");
	assert_string_equal(r.name[1].unicode, "日本語.jp");
	assert_strs(&r.name[1].by, "xn--wgv71a119e.jp");
	coverage_result_clear(&r);
}

static void rule_10_an_invalid_name_is_refused_with_its_reason(void **state)
{
	struct coverage_result r = {0};

	(void)state;
	check_text("example.jp", "example.jp a_b.jp *.*.jp", 2, &r);
	assert_false(r.ok);
	assert_false(r.too_many);
	assert_int_equal(r.count, 3);
	assert_true(r.name[0].covered);
	for (size_t i = 1; i < 3; i++) {
		assert_false(r.name[i].covered);
		assert_int_equal(r.name[i].reason, COVERAGE_INVALID_NAME);
		assert_null(r.name[i].name);
		assert_null(r.name[i].nearest);
		assert_int_equal(r.name[i].would.count, 0);
	}
	assert_string_equal(r.name[1].input, "a_b.jp");
	assert_non_null(strstr(r.name[1].message, "underscore"));
	coverage_result_clear(&r);
}

static void rule_11_label_by_label_never_by_suffix(void **state)
{
	static const struct row row[] = {
		{"example.jp", "notexample.jp", ""},
		{"example.jp", "wwwexample.jp", ""},
		{"example.jp", "www-example.jp", ""},
		{"example.jp", "xample.jp", ""},
		{"example.jp", "www.notexample.jp", ""},
		{"example.jp", "example.jpn", ""},
		{"*.example.jp", "*.notexample.jp", ""},
		{"*.example.jp", "xexample.jp", ""},
		{"le.jp", "example.jp", ""},
		{"*.le.jp", "example.jp", ""},
	};

	(void)state;
	ASSERT_ROWS(row);
}

/* "h0.jp … h(n-1).jp", each an entry and a name. */
static void hosts(int n, struct entry_list *l, struct strs *names)
{
	for (int i = 0; i < n; i++) {
		char *name = str_fmt("h%d.jp", i);
		entry_list_add(l, &(struct entry){.fqdn = name});
		strs_take(names, name);
	}
}

static void rule_12_a_hundred_names_and_no_more(void **state)
{
	static const struct {
		int hosts;
		const char *extra; /* given besides */
		bool too_many;
		size_t count;
	} row[] = {
		{99, NULL, false, 99},
		{100, NULL, false, 100},
		{101, NULL, true, 101},
		{100, "H7.JP.", false, 100},
		{100, "www.h7.jp", true, 101},
		{100, "not valid", false, 101},
		{101, "not valid", true, 102},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct entry_list l = {0};
		struct strs names = {0};
		struct coverage_result r = {0};

		hosts(row[i].hosts, &l, &names);
		if (row[i].extra != NULL)
			strs_add(&names, row[i].extra);
		coverage_check(&(struct coverage_input){rule_preset("jpdirect"), &l, &names, 100, NOW}, &r);
		assert_int_equal(r.limit, 100);
		assert_int_equal(r.too_many, row[i].too_many);
		assert_int_equal(r.count, row[i].count);
		coverage_result_clear(&r);
		coverage_check(&(struct coverage_input){rule_preset("jpdirect"), &l, &names, 0, NOW}, &r);
		assert_false(r.too_many);
		coverage_result_clear(&r);
		entry_list_clear(&l);
		strs_clear(&names);
	}
}

static void rule_12_a_wildcard_and_its_base_are_two_names(void **state)
{
	struct coverage_result r = {0};

	(void)state;
	check_text("*.example.jp", "example.jp *.example.jp", 2, &r);
	assert_true(r.ok);
	coverage_result_clear(&r);
	check_text("*.example.jp", "example.jp *.example.jp", 1, &r);
	assert_true(r.too_many);
	assert_false(r.ok);
	assert_true(r.name[0].covered && r.name[1].covered);
	coverage_result_clear(&r);
}

static void rule_12_duplicates_go_and_the_order_stays(void **state)
{
	struct coverage_result r = {0};
	struct strs names = {0};

	(void)state;
	check_text("example.jp a.jp", "www.example.jp A.jp bad! example.jp www.example.jp. a.jp bad! WWW.example.jp", 3, &r);
	assert_false(r.too_many);
	assert_int_equal(r.count, 4);
	assert_string_equal(r.name[2].input, "bad!");
	coverage_names(&r, &names);
	assert_strs(&names, "www.example.jp a.jp example.jp");
	assert_string_equal(r.name[1].input, "A.jp");
	coverage_result_clear(&r);
	strs_clear(&names);
}

static void rule_13_every_name_must_be_covered(void **state)
{
	struct coverage_result r = {0};

	(void)state;
	check_text("example.jp b.jp", "example.jp b.jp www.b.jp", 100, &r);
	assert_true(r.ok);
	coverage_result_clear(&r);
	check_text("example.jp b.jp", "example.jp b.jp a.b.jp", 100, &r);
	assert_false(r.ok);
	assert_true(r.name[0].covered && r.name[1].covered);
	assert_int_equal(r.name[2].reason, COVERAGE_NOT_REGISTERED);
	coverage_result_clear(&r);
}

static void rule_19_an_entry_that_ended_covers_nothing(void **state)
{
	static const struct date last = {2027, 2, 28};
	char fqdn[] = "example.jp";
	struct entry e = {.fqdn = fqdn, .has_first_issued = true, .first_issued = {2026, 2, 19}};
	struct entry_list l = {0};
	struct strs names = {0};
	struct coverage_result r = {0};
	struct coverage_input in = {rule_preset("jpdirect"), &l, &names, 100, period_end_instant(rule_preset("jpdirect"), last) - 1};

	(void)state;
	entry_list_add(&l, &e);
	words("www.example.jp other.jp", &names);
	coverage_check(&in, &r);
	assert_true(r.name[0].covered);
	assert_int_equal(r.name[0].ended_on.year, 0);
	coverage_result_clear(&r);

	in.at++;
	coverage_check(&in, &r);
	assert_false(r.ok);
	assert_false(r.name[0].covered);
	assert_int_equal(r.name[0].reason, COVERAGE_ENTRY_ENDED);
	assert_int_equal(r.name[0].by.count, 0);
	assert_strs(&r.name[0].ended, "example.jp");
	assert_int_equal(date_compare(r.name[0].ended_on, last), 0);
	assert_int_equal(r.name[0].would.count, 0);
	assert_null(r.name[0].nearest);
	assert_int_equal(r.name[1].reason, COVERAGE_NOT_REGISTERED);
	coverage_result_clear(&r);
	entry_list_clear(&l);
	strs_clear(&names);
}

static void rule_19_one_entry_in_its_period_is_enough(void **state)
{
	char plain[] = "example.jp";
	char wild[] = "*.example.jp";
	struct entry_list l = {0};
	struct coverage_result r = {0};

	(void)state;
	entry_list_add(&l, &(struct entry){.fqdn = plain, .has_ends = true, .ends = {2026, 10, 31}});
	entry_list_add(&l, &(struct entry){.fqdn = wild, .has_ends = true, .ends = {2026, 12, 31}});
	check_list(&l, "example.jp www.example.jp", 0, &r);
	assert_true(r.name[0].covered);
	assert_int_equal(r.name[0].reason, COVERAGE_OK);
	assert_strs(&r.name[0].by, "*.example.jp");
	assert_strs(&r.name[0].ended, "example.jp");
	assert_int_equal(r.name[0].ended_on.year, 0);
	assert_int_equal(r.name[1].reason, COVERAGE_ENTRY_ENDED);
	coverage_result_clear(&r);

	entry_list_add(&l, &(struct entry){.fqdn = wild, .has_ends = true, .ends = {2026, 9, 30}});
	check_list(&l, "example.jp", 0, &r);
	assert_int_equal(r.name[0].reason, COVERAGE_ENTRY_ENDED);
	assert_strs(&r.name[0].ended, "*.example.jp example.jp");
	assert_int_equal(r.name[0].ended_on.month, 10);
	coverage_result_clear(&r);
	entry_list_clear(&l);
}

static void rule_none_only_looks_at_the_names(void **state)
{
	struct strs names = {0};
	struct coverage_result r = {0};
	struct coverage_input in = {rule_preset("none"), NULL, &names, 2, NOW};

	(void)state;
	words("a.jp *.b.jp", &names);
	coverage_check(&in, &r);
	assert_true(r.ok);
	assert_true(r.name[0].covered);
	assert_int_equal(r.name[0].by.count, 0);
	coverage_result_clear(&r);
	strs_add(&names, "c.jp");
	coverage_check(&in, &r);
	assert_true(r.too_many);
	assert_false(r.ok);
	coverage_result_clear(&r);
	in.limit = 0;
	strs_add(&names, "https://d.jp/");
	coverage_check(&in, &r);
	assert_false(r.ok);
	assert_int_equal(r.name[3].reason, COVERAGE_INVALID_NAME);
	coverage_result_clear(&r);
	strs_clear(&names);
}

static void without_entries_everything_is_refused(void **state)
{
	struct strs names = {0};
	struct coverage_result r = {0};

	(void)state;
	coverage_check(&(struct coverage_input){rule_preset("jpdirect"), NULL, &names, 100, NOW}, &r);
	assert_true(r.ok);
	assert_int_equal(r.count, 0);
	coverage_result_clear(&r);
	words("example.jp", &names);
	coverage_check(&(struct coverage_input){rule_preset("jpdirect"), NULL, &names, 100, NOW}, &r);
	assert_false(r.ok);
	assert_null(r.name[0].nearest);
	assert_strs(&r.name[0].would, "example.jp");
	coverage_result_clear(&r);
	strs_clear(&names);
}

static void what_to_register(void **state)
{
	static const char *const row[][2] = {
		{"example.jp", "example.jp"},
		{"a.example.jp", "a.example.jp"},
		{"www.example.jp", "example.jp www.example.jp"},
		{"www.www.example.jp", "www.example.jp www.www.example.jp"},
		{"*.example.jp", "*.example.jp"},
		{"*.www.example.jp", "*.www.example.jp"},
		{"www.jp", "www.jp"},
		{"wwwa.jp", "wwwa.jp"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct strs would = {0};
		coverage_would_cover(rule_preset("jpdirect"), row[i][0], &would);
		assert_strs(&would, row[i][1]);
		for (size_t k = 0; k < would.count; k++) {
			assert_true(fqdn_is_normal(would.item[k]));
			assert_true(rule_covers(rule_preset("jpdirect"), would.item[k], row[i][0]));
		}
		strs_clear(&would);
	}
}

static void nearest_entry(void **state)
{
	static const char *const row[][3] = {
		{"example.jp", "a.example.jp", "example.jp"},
		{"example.jp *.example.jp shop.example.jp xn--wgv71a119e.jp", "a.example.jp", "example.jp"},
		{"example.jp example.com", "exmaple.jp", "example.jp"},
		{"example.jp other.jp", "exmaple.jp", "example.jp"},
		{"example.com a.jp", "example.net", "example.com"},
		{"example.jp shop.example.jp", "shpo.example.jp", "shop.example.jp"},
		{"zzz.example.jp exbmple.jp", "a.example.jp", "zzz.example.jp"},
		{"example.jp *.example.jp", "*.a.example.jp", "*.example.jp"},
		{"example.jp *.other.jp", "*.example.jp", "example.jp"},
		{"*.example.jp", "www.example.jp", "*.example.jp"},
		{"notexample.jp a.jp", "example.jp", "notexample.jp"},
		{"b.jp c.jp", "a.jp", "b.jp"},
		{"", "a.jp", NULL},
		{"example.jp shop.example.jp", "mail.example.jp", "example.jp"},
		{"example.jp shop.example.jp", "shpo.example.jp", "shop.example.jp"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct entry_list l = {0};
		struct coverage_result r = {0};

		list_of(row[i][0], &l);
		check_list(&l, row[i][1], 0, &r);
		if (row[i][2] == NULL)
			assert_null(r.name[0].nearest);
		else
			assert_string_equal(r.name[0].nearest, row[i][2]);
		coverage_result_clear(&r);
		entry_list_clear(&l);
	}
}

static void words_for_json(void **state)
{
	(void)state;
	assert_string_equal(coverage_reason_name(COVERAGE_NOT_REGISTERED), "not-registered");
	assert_string_equal(coverage_reason_name(COVERAGE_ENTRY_ENDED), "entry-ended");
	assert_string_equal(coverage_reason_name(COVERAGE_INVALID_NAME), "invalid-name");
	assert_string_equal(coverage_reason_name(COVERAGE_OTHER_SET), "other-set");
	assert_string_equal(coverage_reason_name(COVERAGE_OK), "ok");
}

/* Not timed; quadratic work would show as a test that hangs. */
static void many_names_against_many_entries(void **state)
{
	struct entry_list l = {0};
	struct strs names = {0};
	struct coverage_result r = {0};

	(void)state;
	hosts(10000, &l, &names);
	coverage_check(&(struct coverage_input){rule_preset("jpdirect"), &l, &names, 0, NOW}, &r);
	assert_true(r.ok);
	assert_int_equal(r.count, 10000);
	coverage_result_clear(&r);
	strs_clear(&names);

	for (int i = 0; i < 10000; i++)
		strs_take(&names, str_fmt("n%d.jp", i));
	coverage_check(&(struct coverage_input){rule_preset("jpdirect"), &l, &names, 0, NOW}, &r);
	assert_false(r.ok);
	assert_non_null(r.name[COVERAGE_NEAREST_MAX - 1].nearest);
	assert_null(r.name[COVERAGE_NEAREST_MAX].nearest);
	assert_int_equal(r.name[9999].would.count, 1);
	coverage_result_clear(&r);
	strs_clear(&names);
	entry_list_clear(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_05_a_plain_entry_covers_itself_and_www),
		cmocka_unit_test(rule_06_an_entry_with_www_does_not_cover_the_bare_name),
		cmocka_unit_test(rule_07_a_wildcard_entry_covers_itself_and_its_base),
		cmocka_unit_test(rule_08_several_entries_are_a_union),
		cmocka_unit_test(rule_09_www_form_must_be_valid),
		cmocka_unit_test(rule_10_names_are_normalized_first),
		cmocka_unit_test(rule_10_an_invalid_name_is_refused_with_its_reason),
		cmocka_unit_test(rule_11_label_by_label_never_by_suffix),
		cmocka_unit_test(rule_12_a_hundred_names_and_no_more),
		cmocka_unit_test(rule_12_a_wildcard_and_its_base_are_two_names),
		cmocka_unit_test(rule_12_duplicates_go_and_the_order_stays),
		cmocka_unit_test(rule_13_every_name_must_be_covered),
		cmocka_unit_test(rule_19_an_entry_that_ended_covers_nothing),
		cmocka_unit_test(rule_19_one_entry_in_its_period_is_enough),
		cmocka_unit_test(rule_none_only_looks_at_the_names),
		cmocka_unit_test(without_entries_everything_is_refused),
		cmocka_unit_test(what_to_register),
		cmocka_unit_test(nearest_entry),
		cmocka_unit_test(words_for_json),
		cmocka_unit_test(many_names_against_many_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
