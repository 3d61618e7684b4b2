#include "config.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOV_22 INT64_C(1795305600) /* 2026-11-22T00:00:00Z */
#define RFC_EXAMPLE INT64_C(784111777) /* the one of RFC 9110, 5.6.7 */

static void parses_rfc3339(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{"2026-11-22T00:00:00Z", NOV_22},
		{"2026-11-22t00:00:00z", NOV_22},
		{"2026-11-22 00:00:00Z", NOV_22},
		{"2026-11-22T09:00:00+09:00", NOV_22},
		{"2026-11-21T19:30:00-04:30", NOV_22},
		{"2026-11-22T00:00:00-00:00", NOV_22},
		{"2026-11-22T00:00:00.123456789Z", NOV_22},
		{"2026-11-22T00:00:00.9+00:00", NOV_22},
		{"2026-11-22", NOV_22 - 9 * 3600},
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:59:59Z", -1},
		{"1985-04-12T23:20:50.52Z", 482196050},      /* RFC 3339, 5.8 */
		{"1996-12-19T16:39:57-08:00", 851042397},
		{"1990-12-31T23:59:60Z", 662688000},
		{"1990-12-31T15:59:60-08:00", 662688000},
		{"1937-01-01T12:00:27.87+00:20", -1041337173},
		{"9999-12-31T23:59:59Z", INT64_C(253402300799)},
		{"0001-01-01T00:00:00Z", INT64_C(-62135596800)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t got = 0;

		assert_int_equal(time_parse(cases[i].text, &got), 0);
		assert_true(got == cases[i].want);
	}
}

static void refuses_other_times(void **state)
{
	static const char *const bad[] = {
		"", "now", "2026", "2026-11-2", "2026-11-22T", "2026-11-22T00", "2026-11-22T00:00", "2026-11-22T00:00:00",
		"2026-11-22T00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T00:60:00Z", "2026-11-22T00:00:61Z",
		"2026-11-22T00:00:60Z", "2026-11-22T00:00:00.Z", "2026-11-22T00:00:00,5Z", "2026-11-22T00:00:00+0900",
		"2026-11-22T00:00:00+09", "2026-11-22T00:00:00+24:00", "2026-11-22T00:00:00+09:60", "2026-11-22T00:00:00Zx",
		"2026-11-22T00:00:00Z ", "2026-02-30T00:00:00Z", "2026-11-22x00:00:00Z", "2026-11-22T0:00:00Z",
		"2026-11-22T00:00:00JST", "2026-11-22 ", "0000-11-22T00:00:00Z",
		"9999-12-31T23:59:60Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t got = 4711;

		assert_int_equal(time_parse(bad[i], &got), -1);
		assert_true(got == 4711);
	}
}

static void formats(void **state)
{
	static const struct {
		int64_t t;
		const char *jst;
		const char *utc;
	} cases[] = {
		{NOV_22, "2026-11-22T09:00:00+09:00", "2026-11-22T00:00:00Z"},
		{NOV_22 - 1, "2026-11-22T08:59:59+09:00", "2026-11-21T23:59:59Z"},
		{NOV_22 + 15 * 3600, "2026-11-23T00:00:00+09:00", "2026-11-22T15:00:00Z"},
		{0, "1970-01-01T09:00:00+09:00", "1970-01-01T00:00:00Z"},
		{-1, "1970-01-01T08:59:59+09:00", "1969-12-31T23:59:59Z"},
		{-CLOCK_JST_OFFSET_SEC - 1, "1969-12-31T23:59:59+09:00", "1969-12-31T14:59:59Z"},
		{INT64_C(253402300799), "10000-01-01T08:59:59+09:00", "9999-12-31T23:59:59Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *jst = time_format_jst(cases[i].t);
		char *utc = time_format_utc(cases[i].t);

		assert_string_equal(jst, cases[i].jst);
		assert_string_equal(utc, cases[i].utc);
		free(jst);
		free(utc);
	}
	free(time_format_jst(INT64_MAX));
	free(time_format_utc(INT64_MIN));
}

static void round_trips(void **state)
{
	(void)state;
	for (int64_t t = -62135596800; t < 253402268400; t += 86400 * 29 + 7919) {
		char *jst = time_format_jst(t);
		char *utc = time_format_utc(t);
		int64_t got;

		assert_int_equal(time_parse(jst, &got), 0);
		assert_true(got == t);
		assert_int_equal(time_parse(utc, &got), 0);
		assert_true(got == t);
		free(jst);
		free(utc);
	}
}

static void parses_http_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_EXAMPLE},
		{"Sunday, 06-Nov-94 08:49:37 GMT", RFC_EXAMPLE},
		{"Sun Nov  6 08:49:37 1994", RFC_EXAMPLE},
		{"Sun Nov 16 08:49:37 1994", RFC_EXAMPLE + 10 * 86400},
		{"Wednesday, 01-Jan-70 00:00:00 GMT", 0},
		{"Monday, 31-Dec-68 23:59:60 GMT", INT64_C(3124224000)}, /* 2069-01-01 */
		{"Sat, 29 Feb 2028 00:00:00 GMT", INT64_C(1835395200)},
	};
	static const char *const bad[] = {
		"", "120", "Sun", "Sunday", "Sunday ", "Sun, ", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
		"Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Abc 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun Nov  6 08:49:37 1994 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
		"Fri, 31 Dec 9999 23:59:60 GMT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t got = 4711;

		assert_int_equal(time_parse_http(cases[i].text, &got), 0);
		assert_true(got == cases[i].want);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t got = 4711;

		assert_int_equal(time_parse_http(bad[i], &got), -1);
		assert_true(got == 4711);
	}
}

static void system_clock_runs(void **state)
{
	const struct clock *c = clock_system();
	int64_t start = clock_mono_ms(c);

	(void)state;
	assert_true(clock_now(c) > NOV_22 - 10 * INT64_C(31536000));
	assert_int_equal(clock_sleep_ms(c, 20), 0);
	assert_true(clock_mono_ms(c) - start >= 20);
	assert_int_equal(clock_sleep_ms(c, -1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_rfc3339),
		cmocka_unit_test(refuses_other_times),
		cmocka_unit_test(formats),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(parses_http_dates),
		cmocka_unit_test(system_clock_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
