#include "config.h"

#include "run/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HOUR 3600
#define DAY 86400
#define FAR 253402300799 /* 9999-12-31T23:59:59Z */

static const struct { int64_t from, to, at; } cases[] = {
	{ 0, 90 * DAY, 60 * DAY }, { 1000, 1000 + 90 * DAY, 1000 + 60 * DAY }, { 0, 398 * DAY, 398 * DAY - 398 * DAY / 3 },
	{ 0, 47 * DAY, 47 * DAY - 47 * DAY / 3 }, { 0, 10 * DAY, 10 * DAY - 10 * DAY / 3 }, { 0, 10 * DAY - 1, 10 * DAY - 1 - (10 * DAY - 1) / 2 },
	{ 0, 6 * DAY, 3 * DAY }, { 0, 1, 1 }, { 5, 5, 5 }, { 10, 5, 5 }, /* backwards: due when it ends */
	{ 0, FAR, FAR - FAR / 3 },
};

static void due_by_lifetime(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(due_plain(cases[i].from, cases[i].to), cases[i].at);
}

static void always_within_the_lifetime(void **state)
{
	(void)state;
	for (int64_t life = 1; life < 800 * DAY; life = life * 3 / 2 + 1) {
		int64_t at = due_plain(1000, 1000 + life);

		assert_true(at > 1000 && at <= 1000 + life);
	}
}

/* Without suggestion: a rule, and from when to when (exclusive) the answer may lie. */
static const struct { int64_t life; int days, permille; int64_t from, spread; enum due_because because; } rules[] = {
	{ 90 * DAY, 0, 0, 60 * DAY, DAY, DUE_BY_SHARE },
	{ 398 * DAY, 0, 0, 398 * DAY - 398 * DAY / 3, DAY, DUE_BY_SHARE },
	{ 200 * DAY, 0, 0, 200 * DAY - 200 * DAY / 3, DAY, DUE_BY_SHARE },
	{ 100 * DAY, 0, 0, 100 * DAY - 100 * DAY / 3, DAY, DUE_BY_SHARE },
	{ 47 * DAY, 0, 0, 47 * DAY - 47 * DAY / 3, DAY, DUE_BY_SHARE },
	{ 10 * DAY, 0, 0, 10 * DAY - 10 * DAY / 3, 10 * DAY / 3 / 8, DUE_BY_SHARE },
	{ 6 * DAY, 0, 0, 3 * DAY, 3 * DAY / 8, DUE_BY_SHARE },
	{ HOUR, 0, 0, HOUR / 2, HOUR / 2 / 8, DUE_BY_SHARE },
	{ 1, 0, 0, 1, 1, DUE_BY_SHARE },
	{ 0, 0, 0, 0, 1, DUE_BY_SHARE },
	{ 90 * DAY, 30, 0, 60 * DAY, DAY, DUE_BY_DAYS },
	{ 90 * DAY, 1, 0, 89 * DAY, DAY / 8, DUE_BY_DAYS },
	{ 90 * DAY, 7, 0, 83 * DAY, 7 * DAY / 8, DUE_BY_DAYS },
	{ 90 * DAY, 81, 0, 9 * DAY, DAY, DUE_BY_DAYS },
	{ 90 * DAY, 82, 0, 60 * DAY, DAY, DUE_BY_SHARE },   /* in the first tenth */
	{ 90 * DAY, 90, 0, 60 * DAY, DAY, DUE_BY_SHARE },
	{ 90 * DAY, 1000, 0, 60 * DAY, DAY, DUE_BY_SHARE },
	{ 90 * DAY, INT32_MAX, 0, 60 * DAY, DAY, DUE_BY_SHARE },
	{ 90 * DAY, -5, 0, 60 * DAY, DAY, DUE_BY_SHARE },
	{ 6 * DAY, 30, 0, 3 * DAY, 3 * DAY / 8, DUE_BY_SHARE }, /* the CA's certificates became short */
	{ 47 * DAY, 30, 0, 17 * DAY, DAY, DUE_BY_DAYS },
	{ 398 * DAY, 30, 0, 368 * DAY, DAY, DUE_BY_DAYS },
	{ 0, 30, 0, 0, 1, DUE_BY_SHARE },
	{ 90 * DAY, 0, 500, 45 * DAY, DAY, DUE_BY_SHARE },
	{ 90 * DAY, 0, 1, 90 * DAY - 7776, 972, DUE_BY_SHARE },
	{ 90 * DAY, 0, 900, 9 * DAY, DAY, DUE_BY_SHARE },
	{ 90 * DAY, 0, 999, 9 * DAY, DAY, DUE_BY_SHARE },
	{ 6 * DAY, 0, 999, 6 * DAY / 10, 6 * DAY * 9 / 10 / 8, DUE_BY_SHARE },
	{ 90 * DAY, 0, 1000, 60 * DAY, DAY, DUE_BY_SHARE },
	{ 90 * DAY, 0, -1, 60 * DAY, DAY, DUE_BY_SHARE },
	{ FAR, 0, 500, FAR - FAR / 1000 * 500 - FAR % 1000 * 500 / 1000, DAY, DUE_BY_SHARE },
	{ -5 * DAY, 0, 0, -5 * DAY, 1, DUE_BY_SHARE }, /* backwards: when it ends */
	{ -5 * DAY, 30, 0, -5 * DAY, 1, DUE_BY_SHARE },
};

static void due_by_rule_and_spread(void **state)
{
	const int64_t begins[] = { 0, 1790000000, 4102444800, -86400 };

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		for (uint64_t k = 0; k < 400; k++) {
			int64_t nb = begins[k % 4];
			struct due_facts f = { .not_before = nb, .not_after = nb + rules[i].life, .seed = k * k * k * UINT64_C(0x123456789abcdef),
			                       .rule = { .days = rules[i].days, .permille = rules[i].permille } };
			struct due_answer a = due_when(&f, nb);

			if (a.because != rules[i].because || a.renew_at < nb + rules[i].from || a.renew_at >= nb + rules[i].from + rules[i].spread ||
			    a.renew_at > f.not_after)
				fail_msg("row %zu: %s, %lld after the beginning", i, due_because_name(a.because), (long long)(a.renew_at - nb));
		}
	}
}

/* A suggestion for a certificate of 90 days from 0 on, looked at on day 50. latest: day 81. */
#define LATEST (81 * DAY)
static const struct { int64_t start, end, at, from, to; enum due_because because; } windows[] = {
	{ 70 * DAY, 72 * DAY, 50 * DAY, 70 * DAY, 72 * DAY, DUE_BY_CA },
	{ 55 * DAY, 55 * DAY + 1, 50 * DAY, 55 * DAY, 55 * DAY + 1, DUE_BY_CA },
	{ 10 * DAY, 11 * DAY, 50 * DAY, 10 * DAY, 11 * DAY, DUE_BY_CA },           /* past: at once */
	{ -100 * DAY, -99 * DAY, 50 * DAY, -100 * DAY, -99 * DAY, DUE_BY_CA },
	{ 70 * DAY, 72 * DAY, 48 * DAY, 70 * DAY, 72 * DAY, DUE_BY_CA },           /* two days old */
	{ 70 * DAY, 72 * DAY, 48 * DAY - 1, 60 * DAY, 61 * DAY, DUE_BY_SHARE },    /* older */
	{ 70 * DAY, 72 * DAY, 0, 60 * DAY, 61 * DAY, DUE_BY_SHARE },
	{ 70 * DAY, 72 * DAY, 50 * DAY + HOUR, 70 * DAY, 72 * DAY, DUE_BY_CA },    /* the clock was put back a little */
	{ 70 * DAY, 72 * DAY, 50 * DAY + HOUR + 1, 60 * DAY, 61 * DAY, DUE_BY_SHARE }, /* it was ahead */
	{ 72 * DAY, 70 * DAY, 50 * DAY, 60 * DAY, 61 * DAY, DUE_BY_SHARE },        /* inverted */
	{ 70 * DAY, 70 * DAY, 50 * DAY, 60 * DAY, 61 * DAY, DUE_BY_SHARE },        /* empty */
	{ 0, 0, 50 * DAY, 60 * DAY, 61 * DAY, DUE_BY_SHARE },
	{ 85 * DAY, 86 * DAY, 50 * DAY, LATEST - DAY, LATEST + 1, DUE_BY_LATEST }, /* too late */
	{ 95 * DAY, 99 * DAY, 50 * DAY, LATEST - DAY, LATEST + 1, DUE_BY_LATEST }, /* after the end */
	{ FAR - 1, FAR, 50 * DAY, LATEST - DAY, LATEST + 1, DUE_BY_LATEST },
	{ INT64_MAX - 5, INT64_MAX, 50 * DAY, LATEST - DAY, LATEST + 1, DUE_BY_LATEST },
	{ LATEST - DAY, LATEST + 1, 50 * DAY, LATEST - DAY, LATEST + 1, DUE_BY_CA },
	{ INT64_MIN, INT64_MIN + 1, 50 * DAY, INT64_MIN, INT64_MIN + 1, DUE_BY_CA },
};

static void due_by_suggestion(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
		for (uint64_t k = 0; k < 400; k++) {
			struct due_facts f = { .not_before = 0, .not_after = 90 * DAY, .seed = k * UINT64_C(0x9e3779b97f4a7c15),
			                       .rule = { .days = k % 2 ? 0 : 30 }, .window_start = windows[i].start,
			                       .window_end = windows[i].end, .window_at = windows[i].at };
			struct due_answer a = due_when(&f, 50 * DAY), again = due_when(&f, 50 * DAY + 60);
			enum due_because because = windows[i].because == DUE_BY_SHARE && f.rule.days ? DUE_BY_DAYS : windows[i].because;

			if (a.because != because || a.renew_at < windows[i].from || a.renew_at >= windows[i].to)
				fail_msg("row %zu: %s, %lld", i, due_because_name(a.because), (long long)a.renew_at);
			if (windows[i].at == 50 * DAY)
				assert_int_equal(a.renew_at, again.renew_at);
		}
	}
}

/* Whatever the CA says of it, a window as wide as time itself neither overflows nor moves what is due past the latest. */
static void any_window_at_all(void **state)
{
	const int64_t edge[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, 60 * DAY, LATEST, 90 * DAY, FAR, INT64_MAX - 1, INT64_MAX };
	const size_t n = sizeof edge / sizeof *edge;

	(void)state;
	for (size_t i = 0; i < n * n; i++) {
		for (uint64_t seed = 0; seed < 50; seed++) {
			struct due_facts f = { .not_before = 0, .not_after = 90 * DAY, .seed = seed * seed << 40, .window_start = edge[i / n],
			                       .window_end = edge[i % n], .window_at = DAY };
			struct due_answer a = due_when(&f, DAY);

			assert_true(a.renew_at <= LATEST);
			if (a.because == DUE_BY_CA)
				assert_true(a.renew_at >= f.window_start && a.renew_at < f.window_end);
		}
	}
}

static const struct { int64_t renew_at; enum due_because because; bool now; } times[] = { /* seen at 1000000 */
	{ 1000000, DUE_BY_SHARE, true }, { 1000001, DUE_BY_SHARE, false }, { 999999, DUE_BY_SHARE, true },
	{ 1000001, DUE_BY_DAYS, false }, { 1000000, DUE_BY_DAYS, true }, { 1000001, DUE_BY_LATEST, false }, { 0, DUE_BY_LATEST, true },
	{ 1003599, DUE_BY_CA, true }, { 1003600, DUE_BY_CA, false }, { 1000001, DUE_BY_CA, true }, { 0, DUE_BY_CA, true },
	{ INT64_MAX, DUE_BY_CA, false }, { INT64_MIN, DUE_BY_CA, true },
};

static void is_it_now(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct due_answer a = { .renew_at = times[i].renew_at, .because = times[i].because };

		if (due_is_now(&a, 1000000) != times[i].now)
			fail_msg("row %zu", i);
	}
}

static void seeds_tell_things_apart(void **state)
{
	uint64_t s = due_seed("host", "a.example", 1);

	(void)state;
	assert_true(s == due_seed("host", "a.example", 1));
	assert_true(s != due_seed("host2", "a.example", 1));
	assert_true(s != due_seed("host", "b.example", 1));
	assert_true(s != due_seed("host", "a.example", 2));
	assert_true(due_seed("ab", "c", 1) != due_seed("a", "bc", 1));
	assert_true(due_seed("a", "1", 23) != due_seed("a", "12", 3));
	assert_true(due_seed(NULL, NULL, 0) == due_seed("", "", 0));
	/* Fixed for ever: another value would move every renewal of a fleet at an upgrade. */
	assert_true(due_seed("host", "a.example", 1) == UINT64_C(0xbfefd490608c9d6b));
}

#define BUCKETS 24

/* Pearson's statistic over equal buckets; with 23 degrees of freedom, 49.7 is exceeded once in a thousand. */
static double chi_square(const int *bucket, int n, int *least, int *most)
{
	double expected = (double)n / BUCKETS, sum = 0;

	*least = *most = bucket[0];
	for (int i = 0; i < BUCKETS; i++) {
		sum += (bucket[i] - expected) * (bucket[i] - expected) / expected;
		*least = bucket[i] < *least ? bucket[i] : *least;
		*most = bucket[i] > *most ? bucket[i] : *most;
	}
	return sum;
}

static struct due_facts facts_of(const char *host, const char *name, int64_t nb, int64_t life)
{
	return (struct due_facts){ .not_before = nb, .not_after = nb + life, .seed = due_seed(host, name, nb) };
}

/* Two hosts through 5,000 renewals, and 1,000 hosts at one of them: in each hour of the day about the same. */
static void the_spread_is_even(void **state)
{
	const int64_t lives[] = { 6 * DAY, 10 * DAY, 47 * DAY, 90 * DAY, 100 * DAY, 200 * DAY, 398 * DAY };
	int least, most;

	(void)state;
	for (size_t l = 0; l < sizeof lives / sizeof *lives; l++) {
		int64_t plain = due_plain(0, lives[l]), width = (lives[l] - plain) / 8 < DAY ? (lives[l] - plain) / 8 : DAY;
		int fleet[BUCKETS] = { 0 }, one[BUCKETS] = { 0 }, apart[BUCKETS] = { 0 };

		for (int k = 0; k < 5000; k++) {
			char host[32];
			struct due_facts f, a, b;
			int64_t at_a, at_b;

			snprintf(host, sizeof host, "host-%d", k);
			f = facts_of(host, "www.example", 1790000000, lives[l]);
			a = facts_of("one", "www.example", (int64_t)k * 60 * DAY, lives[l]);
			b = facts_of("two", "www.example", (int64_t)k * 60 * DAY, lives[l]);
			at_a = due_when(&a, 0).renew_at - a.not_before - plain;
			at_b = due_when(&b, 0).renew_at - b.not_before - plain;
			one[at_a * BUCKETS / width]++;
			apart[(at_a - at_b + width) % width * BUCKETS / width]++;
			if (k < 1000)
				fleet[(due_when(&f, 0).renew_at - f.not_before - plain) * BUCKETS / width]++;
		}
		assert_true(chi_square(fleet, 1000, &least, &most) < 49.7);
		assert_true(least >= 20 && most <= 70);
		assert_true(chi_square(one, 5000, &least, &most) < 49.7);
		assert_true(chi_square(apart, 5000, &least, &most) < 49.7);
	}
}

/* Within a window of the CA too, and when its suggestion is not taken. */
static void a_window_is_filled_evenly(void **state)
{
	int within[BUCKETS] = { 0 }, late[BUCKETS] = { 0 }, least, most;

	(void)state;
	for (int k = 0; k < 1000; k++) {
		char host[32];
		struct due_facts f;

		snprintf(host, sizeof host, "host-%d", k);
		f = facts_of(host, "www.example", 0, 90 * DAY);
		f.window_start = 60 * DAY;
		f.window_end = 62 * DAY;
		within[(due_when(&f, 0).renew_at - f.window_start) * BUCKETS / (2 * DAY)]++;
		f.window_start = 88 * DAY;
		f.window_end = 89 * DAY;
		late[(LATEST - due_when(&f, 0).renew_at) * BUCKETS / DAY]++;
	}
	assert_true(chi_square(within, 1000, &least, &most) < 49.7);
	assert_true(least >= 20 && most <= 70);
	assert_true(chi_square(late, 1000, &least, &most) < 49.7);
	assert_true(least >= 20 && most <= 70);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(due_because_name(DUE_BY_SHARE), "share");
	assert_string_equal(due_because_name(DUE_BY_DAYS), "days");
	assert_string_equal(due_because_name(DUE_BY_CA), "ca");
	assert_string_equal(due_because_name(DUE_BY_LATEST), "latest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_by_lifetime),          cmocka_unit_test(always_within_the_lifetime),
		cmocka_unit_test(due_by_rule_and_spread),   cmocka_unit_test(due_by_suggestion),
		cmocka_unit_test(any_window_at_all),        cmocka_unit_test(is_it_now),
		cmocka_unit_test(seeds_tell_things_apart),  cmocka_unit_test(the_spread_is_even),
		cmocka_unit_test(a_window_is_filled_evenly), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
