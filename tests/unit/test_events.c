#include "config.h"

#include "config/events.h"

#include <string.h>

#include "base/str.h"

#include "scratch.h"

/* Scripts depend on these names and levels. */
static void names_are_stable(void **state)
{
	static const struct {
		enum events_id id;
		const char *name;
		enum events_level level;
	} cases[] = {
		{EVENTS_RENEWED, "renewed", EVENTS_INFO},
		{EVENTS_RENEW_FAILED, "renew-failed", EVENTS_ERROR},
		{EVENTS_RECOVERED, "recovered", EVENTS_WARNING},
		{EVENTS_DEPLOY_FAILED, "deploy-failed", EVENTS_ERROR},
		{EVENTS_DEPLOYED, "deployed", EVENTS_WARNING},
		{EVENTS_EXPIRING, "expiring", EVENTS_WARNING},
		{EVENTS_EXPIRED, "expired", EVENTS_ERROR},
		{EVENTS_REVOKED, "revoked", EVENTS_ERROR},
		{EVENTS_ENTRY_LAPSING, "entry-lapsing", EVENTS_WARNING},
		{EVENTS_ENTRY_ENDED, "entry-ended", EVENTS_ERROR},
		{EVENTS_NAMES_DROPPED, "names-dropped", EVENTS_WARNING},
		{EVENTS_MOVED_BACK, "moved-back", EVENTS_ERROR},
		{EVENTS_UNTRUSTED_CHAIN, "untrusted-chain", EVENTS_WARNING},
		{EVENTS_CLOCK_WRONG, "clock-wrong", EVENTS_ERROR},
		{EVENTS_LIST_REFUSED, "list-refused", EVENTS_ERROR},
	};
	size_t count;
	const struct events_row *table = events_table(&count);

	(void)state;
	assert_int_equal(count, EVENTS_ID_COUNT);
	assert_int_equal(count, sizeof cases / sizeof cases[0]);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(table[i].id, i);
		assert_int_equal(cases[i].id, i);
		assert_string_equal(table[i].name, cases[i].name);
		assert_int_equal(table[i].level, cases[i].level);
		assert_ptr_equal(events_find(cases[i].name), &table[i]);
		assert_true(str_ends(table[i].help, "."));
		assert_null(strpbrk(table[i].help, "|\n"));
	}
}

static void unknown_names(void **state)
{
	static const char *const names[] = {"", "Renewed", "renewed ", "renew", "renew_failed", "test"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_null(events_find(names[i]));
}

static void levels(void **state)
{
	static const char *const bad[] = {"", "warn", "INFO", "err", "error ", "0"};
	enum events_level level = EVENTS_ERROR;

	(void)state;
	for (int i = 0; i < EVENTS_LEVEL_COUNT; i++) {
		assert_int_equal(events_level_parse(events_level_name((enum events_level)i), &level), 0);
		assert_int_equal(level, i);
	}
	assert_string_equal(events_level_name(EVENTS_INFO), "info");
	assert_string_equal(events_level_name(EVENTS_WARNING), "warning");
	assert_string_equal(events_level_name(EVENTS_ERROR), "error");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(events_level_parse(bad[i], &level), -1);
	assert_int_equal(level, EVENTS_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_stable),
		cmocka_unit_test(unknown_names),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
