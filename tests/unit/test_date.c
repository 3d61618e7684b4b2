#include "config.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static void parses(void **state)
{
	static const char *const bad[] = {
		"", "2", "2027", "2027-", "2027-1-1", "2027-01-1", "2027-01-01 ", " 2027-01-01", "2027-01-01T", "2027/01/01",
		"2027-00-01", "2027-13-01", "2027-01-00", "2027-01-32", "2027-04-31", "2027-02-29", "1900-02-29", "2100-02-29",
		"0000-01-01", "-001-01-01", "+027-01-01", "20270101", "2027-1a-01", "12027-01-01",
	};
	static const char *const good[] = {
		"0001-01-01", "1970-01-01", "2000-02-29", "2028-02-29", "2027-02-28", "9999-12-31",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct date d = {7, 7, 7};

		assert_int_equal(date_parse(bad[i], &d), -1);
		assert_int_equal(d.year, 7);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct date d;
		char *text;

		assert_int_equal(date_parse(good[i], &d), 0);
		text = date_format(d);
		assert_string_equal(text, good[i]);
		free(text);
	}
}

static void validates(void **state)
{
	(void)state;
	assert_true(date_valid((struct date){1, 1, 1}));
	assert_false(date_valid((struct date){0, 1, 1}));
	assert_false(date_valid((struct date){10000, 1, 1}));
	assert_false(date_valid((struct date){2027, 0, 1}));
	assert_false(date_valid((struct date){2027, 13, 1}));
	assert_false(date_valid((struct date){2027, 2, 29}));
	assert_false(date_valid((struct date){2027, 2, -1}));
}

static void compares(void **state)
{
	static const struct date order[] = {{1999, 12, 31}, {2000, 1, 1}, {2000, 1, 2}, {2000, 2, 1}, {2001, 1, 1}};

	(void)state;
	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < 5; j++)
			assert_int_equal(date_compare(order[i], order[j]), (i > j) - (i < j));
	}
}

static void ends_months(void **state)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	(void)state;
	for (int month = 1; month <= 12; month++)
		assert_int_equal(date_month_end(2027, month).day, days[month - 1]);
	assert_int_equal(date_month_end(2028, 2).day, 29);
	assert_int_equal(date_month_end(2000, 2).day, 29);
	assert_int_equal(date_month_end(2100, 2).day, 28);
}

/* Every day of the calendar, one after the other. */
static void counts_days(void **state)
{
	int64_t n = date_days((struct date){1, 1, 1});

	(void)state;
	assert_true(n == -719162);
	assert_true(date_days((struct date){1970, 1, 1}) == 0);
	assert_true(date_days((struct date){2000, 3, 1}) == 11017);
	for (int year = 1; year <= 9999; year++) {
		for (int month = 1; month <= 12; month++) {
			int last = date_month_end(year, month).day;

			for (int day = 1; day <= last; day++, n++) {
				struct date d = {year, month, day};

				assert_true(date_days(d) == n);
				assert_int_equal(date_compare(date_from_days(n), d), 0);
			}
		}
	}
	assert_int_equal(date_from_days(n).year, 10000);
	/* Instants may lie outside of the calendar. */
	for (n = -2000000; n < -719162; n++)
		assert_true(date_days(date_from_days(n)) == n);
	assert_int_equal(date_compare(date_from_days(-719469), (struct date){0, 2, 29}), 0);
	/* No undefined arithmetic at the ends. */
	assert_true(date_from_days(INT64_MAX).year > 9999);
	assert_true(date_from_days(INT64_MIN).year < 0);
}

static void knows_tokyo(void **state)
{
	struct date d = {2026, 11, 22};

	(void)state;
	assert_true(date_jst_begin(d) == INT64_C(1795273200)); /* 2026-11-21T15:00:00Z */
	assert_int_equal(date_compare(date_of_jst(1795273200), d), 0);
	assert_int_equal(date_of_jst(1795273199).day, 21);
	assert_int_equal(date_of_jst(1795273200 + CLOCK_DAY_SEC - 1).day, 22);
	assert_int_equal(date_of_jst(0).day, 1);
	assert_int_equal(date_of_jst(-CLOCK_JST_OFFSET_SEC).day, 1);
	assert_int_equal(date_of_jst(-CLOCK_JST_OFFSET_SEC - 1).day, 31);
	date_of_jst(INT64_MAX);
	date_of_jst(INT64_MIN);
}

/* The C library as a second opinion. */
static void agrees_with_libc(void **state)
{
	(void)state;
	for (int64_t t = -62135596800; t < 253402300800; t += 86400 * 31 + 12345) {
		time_t shifted = (time_t)(t + CLOCK_JST_OFFSET_SEC);
		struct tm tm;
		struct date d = date_of_jst(t);

		assert_non_null(gmtime_r(&shifted, &tm));
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(validates),
		cmocka_unit_test(compares),
		cmocka_unit_test(ends_months),
		cmocka_unit_test(counts_days),
		cmocka_unit_test(knows_tokyo),
		cmocka_unit_test(agrees_with_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
