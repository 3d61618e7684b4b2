#include "config.h"

#include "run/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MIN 60
#define HOUR 3600
#define DAY 86400
#define T INT64_C(1800000000)
#define RUNG1 (1 * MIN)
#define RUNG2 (10 * MIN)
#define RUNG3 (100 * MIN)

static struct err failure(enum err_kind kind, const char *type, int status, int64_t retry_at)
{
	return (struct err){ .kind = kind, .problem_type = str_dup(type), .http_status = status, .retry_at = retry_at };
}

/* What comes after the n-th failure, at T: not before `least` later, not after `least` + `more`. */
static const struct {
	enum err_kind kind;
	const char *type;
	int status;
	int64_t retry; /* after T; 0 = not said */
	int failures;
	int64_t least, more;
	enum backoff_why why;
} rows[] = {
	{ ERR_NET, NULL, 0, 0, 1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_NET, NULL, 0, 0, 2, RUNG2, 60, BACKOFF_LADDER },
	{ ERR_NET, NULL, 0, 0, 3, RUNG3, 600, BACKOFF_LADDER },
	{ ERR_NET, NULL, 0, 0, 4, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_NET, NULL, 0, 0, 5, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_NET, NULL, 0, 0, INT32_MAX, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_NET, NULL, 0, 0, 0, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_NET, NULL, 0, 0, -1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_NET, NULL, 0, 0, INT32_MIN, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_IO, NULL, 0, 0, 1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_HOOK, NULL, 0, 0, 2, RUNG2, 60, BACKOFF_LADDER },
	{ ERR_CERTIFICATE, NULL, 0, 0, 3, RUNG3, 600, BACKOFF_LADDER },
	{ ERR_INTERNAL, NULL, 0, 0, 1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_CA, "serverInternal", 500, 0, 1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_CA, "malformed", 400, 0, 2, RUNG2, 60, BACKOFF_LADDER },
	{ ERR_CA, NULL, 502, 0, 1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_CHALLENGE, "connection", 0, 0, 1, RUNG1, 6, BACKOFF_LADDER },
	{ ERR_CHALLENGE, "unauthorized", 0, 0, 1, RUNG1, 6, BACKOFF_LADDER }, /* a wrong response */
	{ ERR_CHALLENGE, "unauthorized", 403, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY }, /* the account may not */
	{ ERR_CA, "unauthorized", 403, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_CHALLENGE, "caa", 0, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_CHALLENGE, "rejectedIdentifier", 400, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_CHALLENGE, NULL, 0, 0, 4, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_REFUSED, NULL, 0, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_CONFIG, NULL, 0, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_USAGE, NULL, 0, 0, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_REFUSED, NULL, 0, 0, INT32_MAX, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	/* The CA's time. */
	{ ERR_RATELIMIT, "rateLimited", 429, 5 * HOUR, 1, 5 * HOUR, HOUR / 2, BACKOFF_CA },
	{ ERR_RATELIMIT, "rateLimited", 429, 30, 1, HOUR, 6 * MIN, BACKOFF_LADDER }, /* ours is later */
	{ ERR_RATELIMIT, "rateLimited", 429, 5 * HOUR, 4, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_RATELIMIT, "rateLimited", 429, 3 * DAY, 4, 3 * DAY, 3 * DAY / 10, BACKOFF_CA },
	{ ERR_RATELIMIT, "rateLimited", 429, 8 * DAY - 1, 1, 8 * DAY - 1, 1, BACKOFF_CA },
	{ ERR_RATELIMIT, "rateLimited", 429, 9 * DAY, 1, 8 * DAY, 0, BACKOFF_CA },
	{ ERR_RATELIMIT, "rateLimited", 429, 4000 * DAY, 1, 8 * DAY, 0, BACKOFF_CA },
	{ ERR_RATELIMIT, "rateLimited", 429, INT64_MAX - T, 1, 8 * DAY, 0, BACKOFF_CA },
	{ ERR_NET, NULL, 503, 2 * HOUR, 1, 2 * HOUR, HOUR / 5, BACKOFF_CA },
	{ ERR_REFUSED, NULL, 0, 2 * HOUR, 1, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	{ ERR_RATELIMIT, "rateLimited", 429, -5 * HOUR, 1, HOUR, 6 * MIN, BACKOFF_LADDER }, /* past already */
	{ ERR_RATELIMIT, "rateLimited", 429, -T - 5, 1, HOUR, 6 * MIN, BACKOFF_LADDER },
	/* A rate limit without a time. */
	{ ERR_RATELIMIT, "rateLimited", 429, 0, 1, HOUR, 6 * MIN, BACKOFF_LADDER },
	{ ERR_RATELIMIT, "rateLimited", 429, 0, 2, HOUR, 6 * MIN, BACKOFF_LADDER },
	{ ERR_RATELIMIT, "rateLimited", 429, 0, 3, RUNG3, 600, BACKOFF_LADDER },
	{ ERR_RATELIMIT, NULL, 503, 0, 9, 23 * HOUR, HOUR / 2, BACKOFF_DAILY },
	/* The next run. */
	{ ERR_INTERRUPTED, NULL, 0, 0, 7, -T, 0, BACKOFF_NONE },
	{ ERR_INTERRUPTED, NULL, 0, 5 * HOUR, 1, -T, 0, BACKOFF_NONE },
	{ ERR_LOCKED, NULL, 0, 0, 1, -T, 0, BACKOFF_NONE },
	{ ERR_NONE, NULL, 0, 0, 1, -T, 0, BACKOFF_NONE },
};

static void after_a_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (uint64_t seed = 0; seed < 200; seed++) {
			struct err e = failure(rows[i].kind, rows[i].type, rows[i].status, rows[i].retry ? T + rows[i].retry : 0);
			struct backoff_next n = backoff_after(&e, rows[i].failures, T, seed * UINT64_C(0x123456789abcdef1));

			if (n.why != rows[i].why || n.at - T < rows[i].least || n.at - T > rows[i].least + rows[i].more)
				fail_msg("row %zu: %d, %lld later", i, (int)n.why, (long long)(n.at - T));
			err_clear(&e);
		}
	}
}

/* The shift of an exponential back-off once overflowed to nothing in another client: every power of two and its neighbours. */
static void any_count_of_failures(void **state)
{
	struct err e = { .kind = ERR_NET };
	int64_t last = 0;

	(void)state;
	for (int64_t power = 1; power <= (int64_t)INT32_MAX + 1; power *= 2) {
		for (int64_t n = power - 2; n <= power + 2; n++) {
			int count = n < 0 ? 0 : n > INT32_MAX ? INT32_MAX : (int)n;
			struct backoff_next next = backoff_after(&e, count, T, (uint64_t)n);
			int64_t least = count >= 4 ? 23 * HOUR : count == 3 ? RUNG3 : count == 2 ? RUNG2 : RUNG1;

			if (next.at - T < least || next.at - T > 23 * HOUR + HOUR / 2)
				fail_msg("after %d failures: %lld", count, (long long)(next.at - T));
		}
	}
	for (int n = 0; n < 100000; n++) {
		int64_t sec = backoff_after(&e, n, T, 42).at - T;

		assert_true(sec >= RUNG1 && sec <= 23 * HOUR + HOUR / 2);
		if (n > 0 && n <= 4)
			assert_true(sec > last);
		last = sec;
	}
}

static void a_time_near_the_end_of_time(void **state)
{
	struct err e = { .kind = ERR_NET, .retry_at = INT64_MAX };

	(void)state;
	assert_true(backoff_after(&e, 1, INT64_MAX, 1).at == INT64_MAX);
	assert_true(backoff_after(&e, 9, INT64_MAX - 5, 1).at == INT64_MAX);
	assert_true(backoff_after(&e, 1, INT64_MIN, 1).at == INT64_MIN + BACKOFF_CAP_SEC);
}

static void the_jitter_is_spread(void **state)
{
	struct err e = { .kind = ERR_NET };
	int bucket[10] = { 0 }, same = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 10000; seed++) {
		int64_t at = backoff_after(&e, 4, T, seed).at - T - 23 * HOUR;

		bucket[at * 10 / (HOUR / 2 + 1)]++;
		same += at == backoff_after(&e, 5, T, seed).at - T - 23 * HOUR;
		assert_int_equal(at, backoff_after(&e, 4, T, seed).at - T - 23 * HOUR);
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(bucket[i], 900, 1100);
	assert_true(same < 50); /* another try, another jitter */
}

static const struct { enum err_kind kind; const char *type; bool lasting; } kinds[] = {
	{ ERR_NONE, NULL, false }, { ERR_USAGE, NULL, true }, { ERR_CONFIG, NULL, true }, { ERR_REFUSED, NULL, true },
	{ ERR_LOCKED, NULL, false }, { ERR_IO, NULL, false }, { ERR_NET, NULL, false }, { ERR_CA, NULL, false },
	{ ERR_RATELIMIT, NULL, false }, { ERR_RATELIMIT, "rateLimited", false }, { ERR_CHALLENGE, NULL, false },
	{ ERR_CERTIFICATE, NULL, false }, { ERR_HOOK, NULL, false }, { ERR_INTERRUPTED, NULL, false }, { ERR_INTERNAL, NULL, false },
	{ ERR_CA, "rejectedIdentifier", true }, { ERR_CA, "unsupportedIdentifier", true }, { ERR_CA, "caa", true },
	{ ERR_CA, "unauthorized", true }, { ERR_CA, "accountDoesNotExist", true }, { ERR_CA, "userActionRequired", true },
	{ ERR_CA, "externalAccountRequired", true }, { ERR_CA, "badCSR", true }, { ERR_CA, "badPublicKey", true },
	{ ERR_CA, "invalidProfile", true }, { ERR_CA, "badSignatureAlgorithm", true }, { ERR_CA, "invalidContact", true },
	{ ERR_CA, "unsupportedContact", true }, { ERR_CA, "serverInternal", false }, { ERR_CA, "malformed", false },
	{ ERR_CA, "badNonce", false }, { ERR_CA, "orderNotReady", false }, { ERR_CA, "alreadyReplaced", false }, { ERR_CA, "", false },
	{ ERR_CA, "https://ca.example/errors/odd", false }, { ERR_CA, "CAA", false },
	{ ERR_CHALLENGE, "caa", true }, { ERR_CHALLENGE, "rejectedIdentifier", true }, { ERR_CHALLENGE, "unsupportedIdentifier", true },
	{ ERR_CHALLENGE, "unauthorized", false }, { ERR_CHALLENGE, "connection", false }, { ERR_CHALLENGE, "dns", false },
	{ ERR_CHALLENGE, "tls", false }, { ERR_CHALLENGE, "incorrectResponse", false }, { ERR_CHALLENGE, "compound", false },
	{ ERR_NET, "caa", false }, { ERR_IO, "rejectedIdentifier", false },
};

static void what_lasts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (backoff_is_lasting(kinds[i].kind, kinds[i].type) != kinds[i].lasting)
			fail_msg("row %zu: %s %s", i, err_kind_name(kinds[i].kind), kinds[i].type ? kinds[i].type : "-");
}

/* A recorded failure, looked at at T. */
static const struct {
	const char *error;
	int failures;
	int64_t last, retry; /* against T; retry NONE = 0 */
	const char *why;
	bool same;
	int64_t at;          /* against T; NONE = nothing holds back */
	enum backoff_why is;
} recorded[] = {
#define NONE INT64_MIN
	{ "net", 3, -HOUR, HOUR, "ladder", true, HOUR, BACKOFF_LADDER },
	{ "net", 4, -HOUR, 22 * HOUR, "daily", true, 22 * HOUR, BACKOFF_DAILY },
	{ "limit", 1, -HOUR, 5 * DAY, "ca", true, 5 * DAY, BACKOFF_CA },
	{ "dns", 5, -HOUR, HOUR, "validations", true, HOUR, BACKOFF_VALIDATIONS },
	{ "net", 3, -HOUR, HOUR, "ladder", false, NONE, BACKOFF_NONE },      /* another set */
	{ "limit", 1, -HOUR, 5 * DAY, "ca", false, NONE, BACKOFF_NONE },
	{ "net", 3, -HOUR, 0, "ladder", true, NONE, BACKOFF_NONE },          /* just now */
	{ "net", 3, -HOUR, 1, "ladder", true, 1, BACKOFF_LADDER },
	{ "net", 3, -HOUR, -1, "ladder", true, NONE, BACKOFF_NONE },
	{ "net", 3, -HOUR, NONE, NULL, true, NONE, BACKOFF_NONE },           /* the next run */
	{ "limit", 1, -HOUR, HOUR, NULL, true, HOUR, BACKOFF_CA },           /* of an older version */
	{ "net", 1, -HOUR, HOUR, "moonphase", true, HOUR, BACKOFF_LADDER },  /* of a newer one */
	{ NULL, 0, -HOUR, HOUR, "ladder", true, NONE, BACKOFF_NONE },        /* no failure, so no wait */
	{ NULL, 2, -HOUR, HOUR, "ladder", true, HOUR, BACKOFF_LADDER },
	{ "net", 0, -HOUR, HOUR, "ladder", true, HOUR, BACKOFF_LADDER },
	/* The clock was ahead when it was recorded. */
	{ "net", 4, 1, DAY, "daily", true, NONE, BACKOFF_NONE },
	{ "net", 4, 700 * DAY, 701 * DAY, "daily", true, NONE, BACKOFF_NONE },
	{ "limit", 4, 700 * DAY, 708 * DAY, "ca", true, NONE, BACKOFF_NONE },
	{ "net", 4, 0, DAY, "daily", true, DAY, BACKOFF_DAILY },
	{ "net", 4, INT64_MAX - T, HOUR, "daily", true, NONE, BACKOFF_NONE },
	/* It was right, but the time is past belief. */
	{ "limit", 4, -HOUR, 700 * DAY, "ca", true, 8 * DAY - HOUR, BACKOFF_CA },
	{ "limit", 4, -HOUR, INT64_MAX - T, "ca", true, 8 * DAY - HOUR, BACKOFF_CA },
	{ "limit", 4, -8 * DAY, 700 * DAY, "ca", true, NONE, BACKOFF_NONE },
	{ "limit", 4, 1 - 8 * DAY, 700 * DAY, "ca", true, 1, BACKOFF_CA },
	{ "net", 1, -HOUR, 700 * DAY, "ladder", true, 23 * HOUR, BACKOFF_LADDER },
	{ "caa", 4, -HOUR, 700 * DAY, "daily", true, 23 * HOUR, BACKOFF_DAILY },
	{ "caa", 4, -DAY, 700 * DAY, "daily", true, NONE, BACKOFF_NONE },
	{ "net", 1, -DAY, 700 * DAY, "moonphase", true, NONE, BACKOFF_NONE },
	/* It was behind. */
	{ "net", 4, -T, DAY - T, "daily", true, NONE, BACKOFF_NONE },
	{ "net", 4, -T, 700 * DAY, "daily", true, NONE, BACKOFF_NONE },
	{ "net", INT32_MAX, -HOUR, 22 * HOUR, "daily", true, 22 * HOUR, BACKOFF_DAILY },
};

static void what_is_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
		struct store_state st = { .failures = recorded[i].failures, .last_error_at = T + recorded[i].last,
		                          .retry_at = recorded[i].retry == NONE ? 0 : T + recorded[i].retry,
		                          .last_error = str_dup(recorded[i].error), .retry_why = str_dup(recorded[i].why) };
		struct backoff_next n = backoff_now(&st, recorded[i].same, T);

		if (n.why != recorded[i].is || n.at != (recorded[i].at == NONE ? 0 : T + recorded[i].at))
			fail_msg("row %zu: %d, %lld", i, (int)n.why, (long long)(n.at - T));
		free(st.last_error);
		free(st.retry_why);
	}
}

/* Hours before T at which a name failed, oldest first (0 ends the list, negative = ahead of T). */
static const struct { int hours[18]; int most; int free_in; } names_rows[] = {
	{ { 0 }, 5, 0 },
	{ { 1 }, 5, 0 },
	{ { 4, 3, 2, 1 }, 5, 0 },
	{ { 5, 4, 3, 2, 1 }, 5, 19 },
	{ { 23, 4, 3, 2, 1 }, 5, 1 },
	{ { 24, 4, 3, 2, 1 }, 5, 0 },          /* that one is old */
	{ { 99, 98, 97, 96, 95, 94, 1 }, 5, 0 },
	{ { 7, 6, 5, 4, 3, 2, 1 }, 5, 19 },    /* when fewer than five are left */
	{ { 30, 23, 22, 21, 20, 19 }, 5, 1 },
	{ { 1 }, 1, 23 },
	{ { 3, 2, 1 }, 1, 23 },
	{ { 1 }, 0, 0 }, { { 5, 4, 3, 2, 1 }, -1, 0 }, /* no limit */
	{ { 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 16, 8 },
	{ { 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 100, 8 }, /* more cannot be counted */
	{ { -1, -2, -3, -4, -5 }, 5, 0 },      /* recorded by a clock that was ahead */
	{ { 1, -1, -2, -3, -4 }, 1, 23 },
};

static void names_that_failed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names_rows / sizeof *names_rows; i++) {
		struct store_validation item = { .name = (char[]){ "b.example" } };
		struct store_validations v = { &item, 1 };
		struct strs names = { 0 }, others = { 0 };
		const char *name = NULL;
		struct backoff_next n;

		for (; names_rows[i].hours[item.count] != 0; item.count++)
			item.at[item.count] = T - names_rows[i].hours[item.count] * HOUR;
		strs_add(&names, "a.example");
		strs_add(&names, "b.example");
		strs_add(&others, "a.example");
		n = backoff_of_names(&v, &names, names_rows[i].most, T, &name);
		if (n.at != (names_rows[i].free_in ? T + names_rows[i].free_in * HOUR : 0))
			fail_msg("row %zu: %lld", i, (long long)(n.at - T));
		assert_int_equal(n.why, n.at ? BACKOFF_VALIDATIONS : BACKOFF_NONE);
		if (n.at)
			assert_ptr_equal(name, names.item[1]);
		else
			assert_null(name);
		assert_int_equal(backoff_of_names(&v, &others, names_rows[i].most, T, &name).at, 0);
		strs_clear(&names);
		strs_clear(&others);
	}
}

static void the_last_of_several_names_decides(void **state)
{
	struct store_validation items[] = { { .name = (char[]){ "a.example" }, .at = { T - 20 * HOUR }, .count = 1 },
		                            { .name = (char[]){ "b.example" }, .at = { T - 3 * HOUR }, .count = 1 },
		                            { .name = (char[]){ "c.example" }, .at = { T - 9 * HOUR }, .count = 1 } };
	struct store_validations v = { items, 3 };
	struct strs names = { 0 };
	const char *name = NULL;

	(void)state;
	strs_add(&names, "a.example");
	strs_add(&names, "*.b.example"); /* counted as b.example */
	strs_add(&names, "c.example");
	assert_int_equal(backoff_of_names(&v, &names, 1, T, &name).at, T + 21 * HOUR);
	assert_string_equal(name, "*.b.example");
	strs_clear(&names);
}

static char *set_id(const char *a, const char *b, const char *c, const char *ca, const char *key)
{
	struct strs l = { 0 };
	char *id;

	strs_add(&l, a);
	if (b)
		strs_add(&l, b);
	if (c)
		strs_add(&l, c);
	id = backoff_set_id(&l, ca, key);
	strs_clear(&l);
	return id;
}

static void sets_of_names(void **state)
{
	char *id = set_id("a.jp", "b.jp", NULL, "jprs", "rsa2048");
	char *same[] = { set_id("b.jp", "a.jp", NULL, "jprs", "rsa2048"), set_id("b.jp", "a.jp", "b.jp", "jprs", "rsa2048") };
	char *other[] = { set_id("a.jp", NULL, NULL, "jprs", "rsa2048"), set_id("a.jp", "b.jp", "c.jp", "jprs", "rsa2048"),
		          set_id("a.jp", "b.jp", NULL, "le", "rsa2048"), set_id("a.jp", "b.jp", NULL, "jprs", "ecdsa-p256"),
		          set_id("a.jp", "b.jp", NULL, NULL, NULL), set_id("a.jpb.jp", NULL, NULL, "jprs", "rsa2048") };

	(void)state;
	assert_int_equal(strlen(id), 32);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		assert_string_equal(same[i], id);
		free(same[i]);
	}
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		assert_string_not_equal(other[i], id);
		free(other[i]);
	}
	free(id);
}

static void words(void **state)
{
	enum backoff_why w = BACKOFF_NONE;

	(void)state;
	assert_null(backoff_why_name(BACKOFF_NONE));
	assert_string_equal(backoff_why_name(BACKOFF_LADDER), "ladder");
	assert_string_equal(backoff_why_name(BACKOFF_DAILY), "daily");
	assert_string_equal(backoff_why_name(BACKOFF_CA), "ca");
	assert_string_equal(backoff_why_name(BACKOFF_VALIDATIONS), "validations");
	assert_null(backoff_why_name(BACKOFF_WHY_COUNT));
	for (int i = BACKOFF_NONE + 1; i < BACKOFF_WHY_COUNT; i++) {
		assert_int_equal(backoff_why_parse(backoff_why_name((enum backoff_why)i), &w), 0);
		assert_int_equal(w, i);
	}
	assert_int_equal(backoff_why_parse("Ladder", &w), -1);
	assert_int_equal(backoff_why_parse("", &w), -1);
	assert_int_equal(backoff_why_parse(NULL, &w), -1);
	assert_int_equal(w, BACKOFF_VALIDATIONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_failure),     cmocka_unit_test(any_count_of_failures),
		cmocka_unit_test(a_time_near_the_end_of_time), cmocka_unit_test(the_jitter_is_spread),
		cmocka_unit_test(what_lasts),          cmocka_unit_test(what_is_recorded),
		cmocka_unit_test(names_that_failed),   cmocka_unit_test(the_last_of_several_names_decides),
		cmocka_unit_test(sets_of_names),       cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
