/* Every pair of the instants at which clocks and calendars turn, through all that decides by the time. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "entitle/period.h"
#include "entitle/rule.h"
#include "run/backoff.h"
#include "run/due.h"

#define DAY INT64_C(86400)
#define END_OF_9999 INT64_C(253402300799)

static const int64_t instants[] = {
	0, 1, DAY - 1, 951782400 /* 2000-02-29 */, RELEASE_DATE_SEC - 1, RELEASE_DATE_SEC, 1798729199 /* 2026-12-31 in Japan */,
	1798729200, 1830297599 /* 2027-12-31 */, 1835362800 /* 2028-02-29 in Japan */, 1835449199, 1835449200, 1861919999,
	INT32_MAX - INT64_C(1), INT32_MAX, INT32_MAX + INT64_C(1), 4107542399 /* 2100-02-28 */, 4107542400, UINT32_MAX,
	UINT32_MAX + INT64_C(1), 9223372036 /* 2262 in nanoseconds */, END_OF_9999 - 9 * 3600, END_OF_9999, END_OF_9999 + 1,
	END_OF_9999 + 400 * DAY, INT64_MAX / 2, INT64_MAX - DAY, INT64_MAX, -1, -DAY, INT64_MIN / 2, INT64_MIN + 1, INT64_MIN,
};
#define COUNT (sizeof instants / sizeof instants[0])

/* What is shown of a time is that time, for as long as years have four digits; beyond, it is some text. */
static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		char *utc = time_format_utc(instants[i]), *jst = time_format_jst(instants[i]);
		int64_t back = -2;

		assert_non_null(utc);
		assert_non_null(jst);
		if (instants[i] >= 0 && instants[i] <= END_OF_9999 - 9 * 3600) {
			assert_int_equal(time_parse(utc, &back), 0);
			assert_int_equal(back, instants[i]);
			assert_int_equal(time_parse(jst, &back), 0);
			assert_int_equal(back, instants[i]);
		}
		free(utc);
		free(jst);
	}
}

/* A renewal lies within the life of the certificate, whatever that is and whatever the clock shows. */
static void renewals(void **state)
{
	static const int64_t lives[] = {1, 3600, 6 * DAY, 47 * DAY, 90 * DAY, 398 * DAY};

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t l = 0; l < sizeof lives / sizeof lives[0]; l++) {
			struct due_facts f = {.not_before = instants[i], .seed = i * 31 + l};

			if (instants[i] < 0 || instants[i] > END_OF_9999)
				continue; /* no certificate can say so */
			f.not_after = f.not_before + lives[l];
			for (size_t n = 0; n < COUNT; n++) {
				struct due_answer a = due_when(&f, instants[n]);

				assert_in_range(a.renew_at - f.not_before, 0, lives[l]);
				if (instants[n] >= f.not_after && !due_is_now(&a, instants[n]))
					fail_msg("life %zu from %zu is not due at %zu", l, i, n);
				if (instants[n] < f.not_before && due_is_now(&a, instants[n]))
					fail_msg("life %zu from %zu is due at %zu", l, i, n);
			}
		}
	}
}

/* No wait is in the past of the failure, nor longer than the longest; and none holds when the clock went back. */
static void waits(void **state)
{
	static const enum err_kind kinds[] = {ERR_NET, ERR_RATELIMIT, ERR_CONFIG};

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t r = 0; r < COUNT; r++) {
			for (size_t k = 0; k < 3; k++) {
				struct err e = {.kind = kinds[k], .retry_at = instants[r]};
				struct backoff_next next = backoff_after(&e, 1 + (int)r, instants[i], i);
				struct store_state st = {.failures = 1, .last_error_at = instants[i], .retry_at = next.at};

				assert_true(next.at >= instants[i]);
				assert_true((uint64_t)next.at - (uint64_t)instants[i] <= BACKOFF_CAP_SEC);
				for (size_t n = 0; n < COUNT; n++) {
					struct backoff_next now = backoff_now(&st, true, instants[n]);

					if (now.why == BACKOFF_NONE)
						continue;
					assert_true(instants[n] >= instants[i]);
					assert_true(now.at > instants[n] && now.at <= next.at);
				}
			}
		}
	}
}

/* A use period ends behind its beginning, and each renewal ends it later, up to the last day that has a name. */
static void periods(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		struct date last = {0};

		if (instants[i] < 0 || instants[i] > END_OF_9999 - 9 * 3600)
			continue;
		for (int renewed = 0; renewed < 4; renewed++) {
			struct date first = date_of_jst(instants[i]), next;

			assert_true(date_valid(first));
			next = renewed == 0 ? period_next_last(rule_preset("jpdirect"), first) : period_next_last(rule_preset("jpdirect"), last);
			assert_true(date_valid(next));
			assert_true(date_compare(next, first) > 0 || (next.year == 9999 && next.month == 12 && next.day == 31));
			assert_true(renewed == 0 || date_compare(next, last) >= 0);
			last = next;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(renewals), cmocka_unit_test(waits), cmocka_unit_test(periods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
