#include "config.h"

#include "run/clockcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define DAY 86400

static void before_the_release_is_wrong(void **state)
{
	static const struct { int64_t now; enum clockcheck is; } rows[] = {
		{ INT64_MIN, CLOCKCHECK_WRONG }, { -1, CLOCKCHECK_WRONG }, { 0, CLOCKCHECK_WRONG }, { 946684800, CLOCKCHECK_WRONG },
		{ RELEASE_DATE_SEC - 1, CLOCKCHECK_WRONG }, { RELEASE_DATE_SEC, CLOCKCHECK_GOOD }, { RELEASE_DATE_SEC + 1, CLOCKCHECK_GOOD },
		{ INT32_MAX, CLOCKCHECK_GOOD }, { (int64_t)INT32_MAX + 1, CLOCKCHECK_GOOD }, { 4107542399, CLOCKCHECK_GOOD },
		{ 253402300799, CLOCKCHECK_GOOD }, { INT64_MAX, CLOCKCHECK_GOOD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (clockcheck_local(rows[i].now) != rows[i].is)
			fail_msg("row %zu", i);
}

static void far_from_the_ca_is_wrong(void **state)
{
	static const struct { int64_t skew; enum clockcheck is; } rows[] = {
		{ 0, CLOCKCHECK_GOOD }, { 1, CLOCKCHECK_GOOD }, { 300, CLOCKCHECK_GOOD }, { 301, CLOCKCHECK_OFF }, { 3600, CLOCKCHECK_OFF },
		{ 12 * 3600, CLOCKCHECK_OFF }, { 12 * 3600 + 1, CLOCKCHECK_WRONG }, { 400 * DAY, CLOCKCHECK_WRONG },
		{ INT64_MAX, CLOCKCHECK_WRONG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (clockcheck_skew(rows[i].skew) != rows[i].is || clockcheck_skew(-rows[i].skew) != rows[i].is)
			fail_msg("row %zu", i);
	assert_int_equal(clockcheck_skew(INT64_MIN), CLOCKCHECK_WRONG);
}

static void messages_are_precise(void **state)
{
	static const struct { int64_t skew; const char *says; } rows[] = {
		{ 540, "9 minutes ahead" }, { -540, "9 minutes behind" }, { 7199, "119 minutes ahead" }, { 7200, "2 hours ahead" },
		{ -26 * 3600, "26 hours behind" }, { INT64_MIN, "2562047788015215 hours behind" }, { INT64_MAX, "hours ahead" },
	};
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(clockcheck_error_local(5, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.cause, "1970-01-01T00:00:05Z"));
	assert_non_null(strstr(e.cause, "2026-09-01T00:00:00Z"));
	assert_non_null(strstr(e.advice, "timedatectl"));
	err_clear(&e);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(clockcheck_error_skew(rows[i].skew, 1790000000, &e), -1);
		assert_int_equal(e.kind, ERR_IO);
		if (!strstr(e.cause, rows[i].says) || !strstr(e.cause, "2026-09-21T14:13:20Z") || !strstr(e.advice, "chrony"))
			fail_msg("row %zu: %s", i, e.cause);
		err_clear(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(before_the_release_is_wrong),
		                            cmocka_unit_test(far_from_the_ca_is_wrong), cmocka_unit_test(messages_are_precise) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
