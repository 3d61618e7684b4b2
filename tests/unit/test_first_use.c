/* Which entries' periods a certificate begins: rules 1 to 3. */
#include "config.h"

#include "entitle/first_use.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
	int64_t t = 0;

	assert_int_equal(time_parse(text, &t), 0);
	return t;
}

/* "a.jp b.jp+2026-03-01 c.jp=2027-02-28 d.jp~2026-05-01": not begun; first_issued; ends; recorded. */
static void list_of(const char *text, struct entry_list *l)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		char *item = str_ndup(text, len), *mark = strpbrk(item, "+=~");
		struct entry e = {.fqdn = item};
		struct date d = {0};

		if (mark != NULL) {
			assert_int_equal(date_parse(mark + 1, &d), 0);
			e.has_first_issued = *mark == '+';
			e.has_ends = *mark == '=';
			e.has_recorded = *mark == '~';
			e.first_issued = e.ends = e.recorded = d;
			*mark = '\0';
		}
		entry_list_add(l, &e);
		free(item);
		text += len + (text[len] != '\0');
	}
}

static void words(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		strs_take(out, str_ndup(text, len));
		text += len + (text[len] != '\0');
	}
}

/* "a.jp b.jp?": entries, "?" behind those in doubt. */
static char *found(const struct rule *r, const char *entries, const char *names, bool only_new, int64_t when)
{
	struct entry_list l = {0};
	struct strs given = {0}, out = {0};
	struct first_use *use = NULL;
	size_t count;
	char *text;

	list_of(entries, &l);
	words(names, &given);
	count = first_use_find_at(&(struct first_use_input){r, &l, &given, only_new, when}, &use);
	for (size_t i = 0; i < count; i++)
		strs_take(&out, str_fmt("%s%s", use[i].entry->fqdn, use[i].perhaps ? "?" : ""));
	text = strs_join(&out, " ");
	free(use);
	strs_clear(&out);
	strs_clear(&given);
	entry_list_clear(&l);
	return text;
}

static void rule_03_any_certificate_that_uses_it(void **state)
{
	static const struct { const char *entries, *names, *all, *fresh; } row[] = {
		{"example.jp", "example.jp", "example.jp", "example.jp"},
		{"example.jp", "www.example.jp", "example.jp", "example.jp"},
		{"example.jp", "a.example.jp", "", ""},
		{"a.jp b.jp c.jp", "www.a.jp b.jp", "a.jp b.jp", "a.jp b.jp"},
		{"a.jp+2026-03-01 b.jp", "a.jp b.jp", "a.jp b.jp", "b.jp"},
		{"a.jp=2027-02-28 b.jp", "a.jp b.jp", "a.jp b.jp", "b.jp"},
		{"a.jp~2026-03-01 b.jp", "b.jp a.jp", "a.jp b.jp", "b.jp"},
		/* overlap: in doubt is the one whose every name has another */
		{"a.jp *.a.jp", "a.jp", "*.a.jp? a.jp?", "*.a.jp? a.jp?"},
		{"a.jp *.a.jp", "a.jp *.a.jp", "*.a.jp a.jp?", "*.a.jp a.jp?"},
		{"a.jp *.a.jp", "a.jp www.a.jp", "*.a.jp? a.jp", "*.a.jp? a.jp"},
		{"a.jp *.a.jp", "www.a.jp *.a.jp", "*.a.jp a.jp", "*.a.jp a.jp"},
		/* the other one has begun: that in doubt is left alone, that in no doubt is not */
		{"a.jp~2026-03-01 *.a.jp", "a.jp", "*.a.jp? a.jp?", ""},
		{"a.jp *.a.jp+2026-03-01", "a.jp", "*.a.jp? a.jp?", ""},
		{"a.jp~2026-03-01 *.a.jp", "a.jp *.a.jp", "*.a.jp a.jp?", "*.a.jp"},
		{"a.jp *.a.jp~2026-03-01", "a.jp www.a.jp", "*.a.jp? a.jp", "a.jp"},
		{"", "a.jp", "", ""},
		{"a.jp", "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		char *all = found(rule_preset("jpdirect"), row[i].entries, row[i].names, false, 0);
		char *fresh = found(rule_preset("jpdirect"), row[i].entries, row[i].names, true, 0);

		assert_string_equal(all, row[i].all);
		assert_string_equal(fresh, row[i].fresh);
		free(all);
		free(fresh);
	}
}

/* What has ended cannot be what a later certificate lives on. */
static void what_had_ended_leaves_no_doubt(void **state)
{
	static const struct { const char *entries, *when, *all, *fresh; } row[] = {
		{"a.jp *.a.jp=2026-10-31", "2026-11-22T00:00:00Z", "a.jp", "a.jp"},
		{"a.jp *.a.jp=2026-10-31", "2026-10-31T14:59:59Z", "*.a.jp? a.jp?", ""},
		{"a.jp *.a.jp=2026-10-31", "2026-10-31T15:00:00Z", "a.jp", "a.jp"},
		{"a.jp=2026-10-31", "2026-11-22T00:00:00Z", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		char *all = found(rule_preset("jpdirect"), row[i].entries, "a.jp", false, at(row[i].when));
		char *fresh = found(rule_preset("jpdirect"), row[i].entries, "a.jp", true, at(row[i].when));

		assert_string_equal(all, row[i].all);
		assert_string_equal(fresh, row[i].fresh);
		free(all);
		free(fresh);
	}
}

static void other_rules_begin_without_us(void **state)
{
	static const char *const other[] = {"none", "sectigo", "upki"};

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		char *all = found(rule_preset(other[i]), "a.jp", "a.jp", false, 0);

		assert_string_equal(all, "");
		free(all);
	}
}

static void rule_02_the_earlier_day(void **state)
{
	static const struct { const char *zone, *not_before, *downloaded, *day; } row[] = {
		{"Asia/Tokyo", "2026-02-28T14:59:59Z", "2026-02-28T15:00:10Z", "2026-02-28"},
		{"Asia/Tokyo", "2026-02-28T15:00:00Z", "2026-02-28T15:00:10Z", "2026-03-01"},
		{"Asia/Tokyo", "2026-02-28T15:00:00Z", "2026-02-28T14:59:59Z", "2026-02-28"},
		{"Asia/Tokyo", "2026-02-28T15:00:00Z", NULL, "2026-03-01"},
		{"UTC", "2026-02-01T00:00:00Z", "2026-03-03T00:00:00Z", "2026-02-01"},
		{"UTC", "2026-02-01T00:00:00Z", "2026-03-03T00:00:01Z", "2026-03-03"}, /* a CA that backdates begins no term */
		{"UTC", "2020-01-01T00:00:00Z", "2026-03-03T00:00:01Z", "2026-03-03"},
		{"UTC", "2020-01-01T00:00:00Z", NULL, "2020-01-01"},
		{"UTC", "2026-02-28T15:00:00Z", NULL, "2026-02-28"},
		{"UTC", "2026-02-28T23:59:59Z", NULL, "2026-02-28"},
		{"-03:30", "2026-03-01T03:29:59Z", NULL, "2026-02-28"},
		{"UTC", "1969-12-31T23:59:59Z", NULL, "1969-12-31"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct rule r = *rule_preset("jpdirect");
		char *day;

		assert_int_equal(rule_set(&r, "time_zone", row[i].zone), 0);
		day = date_format(first_use_day(&r, at(row[i].not_before), row[i].downloaded != NULL ? at(row[i].downloaded) : 0));
		assert_string_equal(day, row[i].day);
		free(day);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_03_any_certificate_that_uses_it),
		cmocka_unit_test(what_had_ended_leaves_no_doubt),
		cmocka_unit_test(other_rules_begin_without_us),
		cmocka_unit_test(rule_02_the_earlier_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
