#include "config.h"

#include "entitle/period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define DATE(y, m, d) {.year = (y), .month = (m), .day = (d)}

/* Of jpdirect, as the rule of the numbered rules. */
static struct date last_day(struct date first_issued, int renewed)
{
	struct date last = {0};

	assert_true(period_last(rule_preset("jpdirect"), first_issued, renewed, &last));
	return last;
}

static struct period period_of(const struct entry *e)
{
	struct period p;

	period_find(rule_preset("jpdirect"), NULL, e, &p);
	return p;
}

static bool ended(const struct entry *e, int64_t t)
{
	struct period p = period_of(e);

	return period_has_ended(&p, t);
}

static void assert_date(struct date got, struct date want)
{
	char *a = date_format(got);
	char *b = date_format(want);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

/* The table of rules.md §7, row by row. */
static void rules_table(void **state)
{
	static const struct {
		struct date first;
		int renewed;
		struct date last;
	} row[] = {
		{DATE(2026, 2, 19), 0, DATE(2027, 2, 28)},
		{DATE(2026, 2, 19), 1, DATE(2028, 2, 29)},
		{DATE(2026, 2, 19), 2, DATE(2029, 2, 28)},
		{DATE(2027, 2, 10), 0, DATE(2028, 2, 29)},
		{DATE(2027, 2, 10), 1, DATE(2029, 2, 28)},
		{DATE(2027, 2, 10), 2, DATE(2030, 2, 28)},
		{DATE(2028, 2, 29), 0, DATE(2029, 2, 28)},
		{DATE(2028, 2, 29), 1, DATE(2030, 2, 28)},
		{DATE(2028, 2, 29), 2, DATE(2031, 2, 28)},
		{DATE(2026, 1, 31), 0, DATE(2027, 1, 31)},
		{DATE(2026, 12, 31), 0, DATE(2027, 12, 31)},
		{DATE(2026, 12, 1), 0, DATE(2027, 12, 31)},
		{DATE(2016, 8, 10), 0, DATE(2017, 8, 31)},
		{DATE(2026, 4, 30), 0, DATE(2027, 4, 30)},
		{DATE(2026, 3, 1), 0, DATE(2027, 3, 31)},
		{DATE(2099, 2, 1), 0, DATE(2100, 2, 28)},
		{DATE(2026, 2, 19), 100, DATE(2127, 2, 28)},
		{DATE(9998, 5, 1), 0, DATE(9999, 5, 31)},
		{DATE(9999, 5, 1), 7, DATE(9999, 12, 31)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		assert_date(last_day(row[i].first, row[i].renewed), row[i].last);
}

/* The day of first issuance is the one in Japan: one second decides about a month. */
static void rules_table_of_instants(void **state)
{
	static const struct {
		const char *issued;
		struct date last;
	} row[] = {
		{"2026-02-28T14:59:59Z", DATE(2027, 2, 28)},
		{"2026-02-28T15:00:00Z", DATE(2027, 3, 31)},
		{"2026-12-31T14:59:59Z", DATE(2027, 12, 31)},
		{"2026-12-31T15:00:00Z", DATE(2028, 1, 31)},
		{"2028-02-29T14:59:59Z", DATE(2029, 2, 28)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		int64_t t = 0;
		assert_int_equal(time_parse(row[i].issued, &t), 0);
		assert_date(last_day(date_of_jst(t), 0), row[i].last);
	}
}

static void end_is_the_first_instant_outside(void **state)
{
	static const struct {
		struct date last;
		int64_t end;
	} row[] = {
		{DATE(2027, 2, 28), INT64_C(1803826800)},  /* 2027-02-28T15:00:00Z */
		{DATE(2028, 2, 29), INT64_C(1835449200)},  /* 2028-02-29T15:00:00Z */
		{DATE(2027, 12, 31), INT64_C(1830265200)}, /* 2027-12-31T15:00:00Z */
		{DATE(1970, 1, 1), INT64_C(54000)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct entry e = {.has_ends = true, .ends = row[i].last};
		assert_true(period_end_instant(rule_preset("jpdirect"), row[i].last) == row[i].end);
		assert_false(ended(&e, row[i].end - 1));
		assert_true(ended(&e, row[i].end));
		assert_true(ended(&e, row[i].end + 1));
	}
}

/* Every month end of twelve years, one second before and after, leap years among them. */
static void every_month_end(void **state)
{
	(void)state;
	for (int year = 2026; year < 2038; year++) {
		for (int month = 1; month <= 12; month++) {
			struct entry e = {.has_first_issued = true, .first_issued = DATE(year - 1, month, 1)};
			struct date next = {.year = month < 12 ? year : year + 1, .month = month % 12 + 1, .day = 1};
			int64_t end = date_jst_begin(next);

			assert_date(period_of(&e).last, date_of_jst(end - 1));
			assert_false(ended(&e, end - 1));
			assert_true(ended(&e, end));
		}
	}
}

static void rule_01_no_period_before_first_issuance(void **state)
{
	struct entry e = {.renewed = 3};

	(void)state;
	assert_false(period_of(&e).has_last);
	assert_false(period_of(&e).has_start);
	assert_int_equal(period_of(&e).source, PERIOD_NOT_BEGUN);
	assert_false(ended(&e, INT64_MAX));
}

/* The date of My Page wins over what we would compute, whether it is later or earlier. */
static void rule_02_stated_end_wins(void **state)
{
	struct entry e = {
		.has_first_issued = true, .first_issued = DATE(2026, 2, 19), .renewed = 5,
		.has_ends = true, .ends = DATE(2026, 12, 31),
	};

	(void)state;
	assert_int_equal(period_of(&e).source, PERIOD_STATED);
	assert_date(period_of(&e).last, (struct date)DATE(2026, 12, 31));
	e.ends = (struct date)DATE(2040, 1, 31);
	assert_date(period_of(&e).last, (struct date)DATE(2040, 1, 31));
}

static void rule_20_each_paid_renewal_is_one_year(void **state)
{
	(void)state;
	for (int renewed = 0; renewed < ENTRY_RENEWED_MAX; renewed++) {
		struct date a = last_day((struct date)DATE(2026, 2, 19), renewed);
		struct date b = last_day((struct date)DATE(2026, 2, 19), renewed + 1);
		assert_int_equal(b.year, a.year + 1);
		assert_int_equal(b.month, 2);
		assert_date(b, date_month_end(b.year, 2));
	}
}

/* Rule 20 for an end that is stated: the month's end stays the month's end, with its leap day or without it. */
static void rule_20_the_next_term_of_a_stated_end(void **state)
{
	static const struct { struct date last, month_end, none; } row[] = {
		{DATE(2027, 2, 28), DATE(2028, 2, 29), DATE(2028, 2, 28)},
		{DATE(2028, 2, 29), DATE(2029, 2, 28), DATE(2029, 2, 28)},
		{DATE(2026, 12, 31), DATE(2027, 12, 31), DATE(2027, 12, 31)},
		{DATE(2026, 4, 15), DATE(2027, 4, 30), DATE(2027, 4, 15)},
		{DATE(9999, 4, 30), DATE(9999, 12, 31), DATE(9999, 12, 31)},
	};
	struct rule r = *rule_preset("jpdirect");

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		r.rounding = RULE_ROUNDING_MONTH_END;
		assert_date(period_next_last(&r, row[i].last), row[i].month_end);
		r.rounding = RULE_ROUNDING_NONE;
		assert_date(period_next_last(&r, row[i].last), row[i].none);
	}
	assert_date(period_next_last(rule_preset("sectigo"), (struct date)DATE(2027, 2, 28)), (struct date)DATE(2028, 2, 28));
	assert_date(period_next_last(rule_preset("upki"), (struct date)DATE(2027, 2, 28)), (struct date)DATE(2028, 2, 28));
}

/* rules.md §3: other contracts. start, renewed, last day, its end in UTC. */
static void other_contracts(void **state)
{
	static const struct {
		const char *preset, *changed, *start;
		int renewed;
		const char *begin, *last, *end;
	} row[] = {
		/* 365 days from the next calendar day */
		{"sectigo", "", "2026-03-10", 0, "2026-03-11", "2027-03-10", "2027-03-11T00:00:00Z"},
		{"sectigo", "", "2026-03-10", 1, "2026-03-11", "2028-03-09", "2028-03-10T00:00:00Z"},
		{"sectigo", "", "2027-12-31", 0, "2028-01-01", "2028-12-30", "2028-12-31T00:00:00Z"},
		{"sectigo", "length=3y", "2026-03-10", 0, "2026-03-11", "2029-03-10", "2029-03-11T00:00:00Z"},
		{"sectigo", "rounding=none", "2026-03-10", 0, "2026-03-10", "2027-03-09", "2027-03-10T00:00:00Z"},
		{"sectigo", "rounding=month-end", "2026-03-10", 0, "2026-03-10", "2027-03-31", "2027-04-01T00:00:00Z"},
		/* whole years to the day before */
		{"jpdirect", "rounding=none", "2026-02-19", 0, "2026-02-19", "2027-02-18", "2027-02-18T15:00:00Z"},
		{"jpdirect", "rounding=none", "2028-02-29", 0, "2028-02-29", "2029-02-28", "2029-02-28T15:00:00Z"},
		{"jpdirect", "rounding=none", "2028-02-29", 3, "2028-02-29", "2032-02-28", "2032-02-28T15:00:00Z"},
		{"jpdirect", "rounding=next-day", "2028-02-28", 0, "2028-02-29", "2029-02-28", "2029-02-28T15:00:00Z"},
		{"jpdirect", "rounding=next-day", "2026-12-31", 0, "2027-01-01", "2027-12-31", "2027-12-31T15:00:00Z"},
		{"jpdirect", "length=2y", "2026-02-19", 1, "2026-02-19", "2030-02-28", "2030-02-28T15:00:00Z"},
		{"jpdirect", "time_zone=-03:30", "2026-02-19", 0, "2026-02-19", "2027-02-28", "2027-03-01T03:30:00Z"},
		{"jpdirect", "length=30d", "2026-01-31", 0, "2026-01-31", "2026-03-31", "2026-03-31T15:00:00Z"},
		/* never past the last day there is */
		{"sectigo", "", "9999-01-02", 0, "9999-01-03", "9999-12-31", NULL},
		{"sectigo", "length=3660d", "2026-01-02", 100, "2026-01-03", "3038-02-06", NULL},
		{"jpdirect", "rounding=none", "9999-06-01", 0, "9999-06-01", "9999-12-31", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct rule r = *rule_preset(row[i].preset);
		struct entry e = {.renewed = row[i].renewed, .has_first_issued = true, .has_registered = true};
		struct entry_list l = {.has_first_registered = true};
		struct date want_begin, want_last;
		struct period p;
		int64_t end = 0;

		if (row[i].changed[0] != '\0') {
			const char *equals = strchr(row[i].changed, '=');
			char *parameter = str_ndup(row[i].changed, (size_t)(equals - row[i].changed));

			assert_int_equal(rule_set(&r, parameter, equals + 1), 0);
			free(parameter);
		}
		assert_int_equal(date_parse(row[i].start, &e.first_issued), 0);
		e.registered = l.first_registered = e.first_issued;
		assert_int_equal(date_parse(row[i].begin, &want_begin), 0);
		assert_int_equal(date_parse(row[i].last, &want_last), 0);
		period_find(&r, &l, &e, &p);
		assert_int_equal(p.source, PERIOD_LISTED);
		assert_date(p.start, want_begin);
		assert_date(p.last, want_last);
		if (row[i].end == NULL)
			continue;
		assert_int_equal(time_parse(row[i].end, &end), 0);
		assert_true(p.end_at == end);
	}
}

/* Where a period begins: of the entry, of the earliest registered of all, or with its first certificate. */
static void starts(void **state)
{
	struct entry e = {.has_registered = true, .registered = DATE(2026, 5, 1), .has_first_issued = true, .first_issued = DATE(2026, 7, 3)};
	struct entry later = {.has_registered = true, .registered = DATE(2026, 9, 1)}, bare = {0};
	struct entry_list l = {.has_first_registered = true, .first_registered = DATE(2026, 4, 1)}, none = {0};
	struct rule r = *rule_preset("sectigo");
	struct period p;

	(void)state;
	period_find(&r, &l, &e, &p);
	assert_date(p.last, (struct date)DATE(2027, 4, 1));
	period_find(&r, &l, &bare, &p); /* later domains inherit the end */
	assert_date(p.last, (struct date)DATE(2027, 4, 1));
	period_find(&r, &none, &later, &p);
	assert_int_equal(p.source, PERIOD_NOT_BEGUN);
	period_find(&r, NULL, &later, &p);
	assert_int_equal(p.source, PERIOD_NOT_BEGUN);

	r.start = RULE_START_REGISTERED;
	period_find(&r, &l, &later, &p);
	assert_date(p.last, (struct date)DATE(2027, 9, 1));
	period_find(&r, &l, &bare, &p);
	assert_int_equal(p.source, PERIOD_NOT_BEGUN);

	r.start = RULE_START_FIRST_ISSUANCE;
	period_find(&r, &l, &e, &p);
	assert_date(p.last, (struct date)DATE(2027, 7, 3));
	period_find(&r, &l, &later, &p);
	assert_int_equal(p.source, PERIOD_NOT_BEGUN);
}

/* Under a rule without a length there is an end only where one is stated. */
static void no_length(void **state)
{
	struct entry e = {.has_registered = true, .registered = DATE(2026, 5, 1)};
	struct period p;

	(void)state;
	period_find(rule_preset("upki"), NULL, &e, &p);
	assert_int_equal(p.source, PERIOD_LISTED);
	assert_true(p.has_start && !p.has_last && p.end_at == 0);
	assert_false(period_has_ended(&p, INT64_MAX));
	assert_int_equal(period_days_left(rule_preset("upki"), &p, 0), -1);
	e.has_ends = true;
	e.ends = (struct date)DATE(2027, 3, 31);
	period_find(rule_preset("upki"), NULL, &e, &p);
	assert_int_equal(p.source, PERIOD_STATED);
	assert_date(p.last, e.ends);
}

/* From a stated end alone, each further term comes out as it would from the start. */
static void next_terms_of_a_stated_end(void **state)
{
	static const char *const presets[] = {"jpdirect", "sectigo"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct rule *r = rule_preset(presets[i]);

		for (int64_t d = 20454; d < 20454 + 1600; d++) {
			struct date last, next;

			for (int renewed = 0; renewed < 5; renewed++) {
				assert_true(period_last(r, date_from_days(d), renewed, &last));
				assert_true(period_last(r, date_from_days(d), renewed + 1, &next));
				assert_date(period_next_last(r, last), next);
			}
		}
	}
	assert_date(period_next_last(rule_preset("upki"), (struct date)DATE(2027, 3, 31)), (struct date)DATE(2028, 3, 31));
	assert_date(period_next_last(rule_preset("jpdirect"), (struct date)DATE(9999, 12, 31)), (struct date)DATE(9999, 12, 31));
}

static void in_doubt_only_where_it_was_recorded(void **state)
{
	struct entry e = {.has_recorded = true, .recorded = DATE(2026, 5, 1), .perhaps = true};

	(void)state;
	assert_true(period_of(&e).perhaps);
	assert_int_equal(period_of(&e).source, PERIOD_RECORDED);
	e.has_ends = true;
	e.ends = (struct date)DATE(2027, 3, 31);
	assert_false(period_of(&e).perhaps);
	e.has_ends = false;
	e.has_first_issued = true;
	e.first_issued = (struct date)DATE(2026, 4, 1);
	assert_false(period_of(&e).perhaps);
	assert_string_equal(period_source_name(PERIOD_STATED), "stated");
	assert_string_equal(period_source_name(PERIOD_LISTED), "listed");
	assert_string_equal(period_source_name(PERIOD_RECORDED), "recorded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_table),
		cmocka_unit_test(rules_table_of_instants),
		cmocka_unit_test(end_is_the_first_instant_outside),
		cmocka_unit_test(every_month_end),
		cmocka_unit_test(rule_01_no_period_before_first_issuance),
		cmocka_unit_test(rule_02_stated_end_wins),
		cmocka_unit_test(rule_20_each_paid_renewal_is_one_year),
		cmocka_unit_test(other_contracts),
		cmocka_unit_test(starts),
		cmocka_unit_test(no_length),
		cmocka_unit_test(next_terms_of_a_stated_end),
		cmocka_unit_test(in_doubt_only_where_it_was_recorded),
		cmocka_unit_test(rule_20_the_next_term_of_a_stated_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
