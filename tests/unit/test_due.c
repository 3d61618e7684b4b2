#include "config.h"

#include "run/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define DAY 86400

static const struct { int64_t from, to, at; } cases[] = {
	{ 0, 90 * DAY, 60 * DAY }, { 1000, 1000 + 90 * DAY, 1000 + 60 * DAY }, { 0, 398 * DAY, 398 * DAY - 398 * DAY / 3 },
	{ 0, 47 * DAY, 47 * DAY - 47 * DAY / 3 }, { 0, 10 * DAY, 10 * DAY - 10 * DAY / 3 }, { 0, 10 * DAY - 1, 10 * DAY - 1 - (10 * DAY - 1) / 2 },
	{ 0, 6 * DAY, 3 * DAY }, { 0, 1, 1 }, { 5, 5, 5 }, { 10, 5, 5 }, /* backwards: due when it ends */
	{ 0, 253402300799, 253402300799 - 253402300799 / 3 },
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(due_by_lifetime), cmocka_unit_test(always_within_the_lifetime) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
