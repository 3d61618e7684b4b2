#include "config.h"

#include "run/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define NOW INT64_C(1803000000) /* 2027-02-19 JST */
#define DAY INT64_C(86400)
#define HOUR INT64_C(3600)

static const struct health_limits limits = {HEALTH_WARNING_DAYS, HEALTH_CRITICAL_DAYS, HEALTH_ENTRY_WARNING_DAYS};

static char web[] = "web";

/* A certificate of 90 days, 60 of them left; each row bends it. */
static struct status_item well(void)
{
	return (struct status_item){.name = web, .configured = true, .present = true, .generation = 3, .not_before = NOW - 30 * DAY,
	                            .not_after = NOW + 60 * DAY, .effective_end = NOW + 60 * DAY, .hopeful_end = NOW + 60 * DAY};
}

struct row {
	const char *what;
	int64_t life, left;        /* of the certificate; 0 = as it is when well */
	int64_t entry_left;        /* 0 = no end known */
	bool entry_ends_it;        /* RULE_END_REVOKE: the effective end is that of the entry */
	bool missing;
	const char *damage, *revocation, *refused, *owed, *error;
	int64_t next_try;
	enum health_level level;
	size_t findings;
	const char *text;          /* of the first */
};

static const struct row rows[] = {
	{.what = "well", .level = HEALTH_OK},
	{.what = "missing", .missing = true, .level = HEALTH_CRITICAL, .findings = 1, .text = "no certificate yet"},
	{.what = "damaged", .damage = "cert.pem is empty", .level = HEALTH_CRITICAL, .findings = 1, .text = "cert.pem is empty"},
	{.what = "revoked", .revocation = "revoked", .level = HEALTH_CRITICAL, .findings = 1, .text = "revoked"},
	{.what = "good", .revocation = "good", .level = HEALTH_OK},
	{.what = "revocation not known", .revocation = "unknown", .level = HEALTH_OK},
	{.what = "refused by the gate", .refused = "b.example.jp", .level = HEALTH_CRITICAL, .findings = 1, .text = "covers b.example.jp"},
	{.what = "deploy owed", .owed = "nginx", .level = HEALTH_WARNING, .findings = 1, .text = "nginx"},
	{.what = "ordering fails", .error = "no answer", .level = HEALTH_WARNING, .findings = 1, .text = "ordering fails: no answer"},
	{.what = "its name is not said twice", .error = "web: no answer", .level = HEALTH_WARNING, .findings = 1,
	 .text = "ordering fails: no answer"},
	{.what = "a name that only begins so", .error = "website: no answer", .level = HEALTH_WARNING, .findings = 1,
	 .text = "ordering fails: website: no answer"},
	{.what = "waiting", .next_try = NOW + HOUR, .level = HEALTH_WARNING, .findings = 1, .text = "waits"},
	{.what = "failing and waiting is told once", .error = "x", .next_try = NOW + HOUR, .level = HEALTH_WARNING, .findings = 1},
	{.what = "a wait that is over", .next_try = NOW, .level = HEALTH_OK},
	/* the end: 14 and 5 days */
	{.what = "just before the warning", .left = 14 * DAY + 1, .level = HEALTH_OK},
	{.what = "warning", .left = 14 * DAY, .level = HEALTH_WARNING, .findings = 1, .text = "in 14 days"},
	{.what = "just before critical", .left = 5 * DAY + 1, .level = HEALTH_WARNING, .findings = 1},
	{.what = "critical", .left = 5 * DAY, .level = HEALTH_CRITICAL, .findings = 1, .text = "ends on 2027-02-24, in 5 days"},
	{.what = "one day", .left = DAY, .level = HEALTH_CRITICAL, .findings = 1, .text = "in 1 day,"},
	{.what = "a second", .left = 1, .level = HEALTH_CRITICAL, .findings = 1, .text = "in 0 days"},
	{.what = "expired now", .left = -1, .level = HEALTH_CRITICAL, .findings = 1, .text = "expired on 2027-02-19"},
	/* short lives: a quarter and an eighth */
	{.what = "47 days, a third left", .life = 47 * DAY, .left = 47 * DAY / 3, .level = HEALTH_OK},
	{.what = "47 days, a quarter left", .life = 47 * DAY, .left = 47 * DAY / 4, .level = HEALTH_WARNING, .findings = 1},
	{.what = "6 days, two left", .life = 6 * DAY, .left = 2 * DAY, .level = HEALTH_OK},
	{.what = "6 days, 36 hours left", .life = 6 * DAY, .left = 36 * HOUR, .level = HEALTH_WARNING, .findings = 1},
	{.what = "6 days, 18 hours left", .life = 6 * DAY, .left = 18 * HOUR, .level = HEALTH_CRITICAL, .findings = 1},
	{.what = "398 days, 30 left", .life = 398 * DAY, .left = 30 * DAY, .level = HEALTH_OK},
	/* the contract */
	{.what = "entry in 31 days", .entry_left = 30 * DAY + 1, .entry_ends_it = true, .level = HEALTH_OK},
	{.what = "entry in 30 days", .entry_left = 30 * DAY, .entry_ends_it = true, .level = HEALTH_WARNING, .findings = 1,
	 .text = "not marked as renewed"},
	{.what = "entry in 14 days, told once", .entry_left = 14 * DAY, .entry_ends_it = true, .level = HEALTH_WARNING, .findings = 1,
	 .text = "the entry example.jp ends on 2027-03-05, in 14 days, and the certificate with it"},
	{.what = "entry in 5 days", .entry_left = 5 * DAY, .entry_ends_it = true, .level = HEALTH_CRITICAL, .findings = 1},
	{.what = "entry over", .entry_left = -1, .entry_ends_it = true, .level = HEALTH_CRITICAL, .findings = 1, .text = "no longer good"},
	{.what = "a short life does not shorten the contract's warning", .life = 6 * DAY, .left = 4 * DAY, .entry_left = 3 * DAY,
	 .entry_ends_it = true, .level = HEALTH_CRITICAL, .findings = 1},
	{.what = "an end that only stops issuance", .entry_left = 3 * DAY, .level = HEALTH_WARNING, .findings = 1, .text = "in 3 days"},
	{.what = "… and is over", .entry_left = -DAY, .level = HEALTH_WARNING, .findings = 1, .text = "the entry example.jp ended on 2027-02-18"},
	/* several things at once: the worst first */
	{.what = "refused and failing", .error = "x", .refused = "a.example", .owed = "nginx", .level = HEALTH_CRITICAL, .findings = 3,
	 .text = "covers a.example"},
};

static void bend(struct status_item *it, const struct row *r)
{
	*it = well();
	it->present = !r->missing;
	if (r->left)
		it->not_after = it->effective_end = NOW + (r->left < 0 ? 0 : r->left);
	it->not_before = it->not_after - (r->life ? r->life : 90 * DAY);
	if (r->entry_left) {
		it->entry_ends_at = NOW + r->entry_left;
		it->entry_ends = (char *)(uintptr_t)"example.jp";
	}
	if (r->entry_ends_it && it->entry_ends_at < it->not_after) {
		it->effective_end = it->hopeful_end = it->entry_ends_at;
		it->effective_by = it->entry_ends;
	}
	it->damage = (char *)(uintptr_t)r->damage;
	it->revocation = (char *)(uintptr_t)r->revocation;
	it->last_error = (char *)(uintptr_t)r->error;
	it->next_try = r->next_try;
	if (r->refused)
		strs_add(&it->refused, r->refused);
	if (r->owed)
		strs_add(&it->deploy_owed, r->owed);
}

static void unbend(struct status_item *it)
{
	strs_clear(&it->refused);
	strs_clear(&it->deploy_owed);
}

static void judges_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct status_item item;
		struct status_report r = {.item = &item, .count = 1, .at = NOW};
		struct health h = {0};

		bend(&item, &rows[i]);
		health_find(&r, &limits, &h);
		if (h.level != rows[i].level || h.count != rows[i].findings)
			fail_msg("%s: %s, %zu findings: %s", rows[i].what, health_level_name(h.level), h.count, h.count ? h.finding[0].text : "");
		if (rows[i].text && !strstr(h.finding[0].text, rows[i].text))
			fail_msg("%s: \"%s\" has no \"%s\"", rows[i].what, h.finding[0].text, rows[i].text);
		for (size_t k = 0; k < h.count; k++)
			assert_string_equal(h.finding[k].name, "web");
		assert_int_equal(h.certificates, 1);
		assert_int_equal(h.first_end, rows[i].missing ? 0 : item.effective_end);
		health_clear(&h);
		unbend(&item);
	}
}

/* Rule 17: which of several entries of a name counts is not stated, so the first of them to end is no certain end. */
static void an_overlap_is_not_certain(void **state)
{
	static char entry[] = "*.example.jp";
	struct status_item item = well();
	struct status_report r = {.item = &item, .count = 1, .at = NOW};
	struct health h = {0};

	(void)state;
	item.effective_by = item.entry_ends = entry;
	item.effective_end = item.entry_ends_at = 1803826800; /* 2027-03-01 in Japan */
	item.hopeful_end = item.not_after;
	health_find(&r, &limits, &h);
	assert_non_null(strstr(h.finding[0].text, "the entry *.example.jp ends on 2027-02-28, in 9 days, and the certificate with it; perhaps until "));
	health_clear(&h);
	r.at = item.effective_end;
	health_find(&r, &limits, &h);
	assert_int_equal(h.level, HEALTH_CRITICAL);
	assert_true(str_starts(h.finding[0].text, "the entry *.example.jp ended on 2027-02-28; perhaps until 2027-04-20: a name is covered by several"));
	health_clear(&h);
}

/* Not before its renewal is due, and not while the first tries of it may still go well: never in alarm when all is well. */
static void a_renewal_in_time_is_never_in_alarm(void **state)
{
	(void)state;
	for (int64_t life = 6 * HOUR; life < 400 * DAY; life += 5 * HOUR) {
		struct status_item item = well();
		struct status_report r = {.item = &item, .count = 1, .at = NOW};
		struct health h = {0};

		item.not_after = item.effective_end = NOW + life / 3;
		item.not_before = item.not_after - life;
		health_find(&r, &limits, &h);
		assert_int_equal(h.level, HEALTH_OK);
		health_clear(&h);
	}
}

static void limits_are_the_callers(void **state)
{
	const struct health_limits wide = {40, 20, 90}, off = {0, 0, 0};
	struct status_item item = well();
	struct status_report r = {.item = &item, .count = 1, .at = NOW};
	struct health h = {0};

	(void)state;
	item.not_after = item.effective_end = NOW + 30 * DAY;
	item.not_before = item.not_after - 398 * DAY;
	health_find(&r, &wide, &h);
	assert_int_equal(h.level, HEALTH_WARNING);
	health_clear(&h);
	item.not_after = item.effective_end = NOW + 20 * DAY;
	health_find(&r, &wide, &h);
	assert_int_equal(h.level, HEALTH_CRITICAL);
	health_clear(&h);
	item.not_after = item.effective_end = NOW + 1;
	health_find(&r, &off, &h);
	assert_int_equal(h.level, HEALTH_OK);
	health_clear(&h);
}

/* Of several: the worst decides and comes first, then the order of the settings; what is not configured is nobody's alarm. */
static void the_worst_first(void **state)
{
	struct status_item item[4];
	struct status_report r = {.item = item, .count = 4, .at = NOW, .list_alarm = (char[]){"the list is empty"}};
	struct health h = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		item[i] = well();
	item[0].name = (char[]){"a"};
	item[1].name = (char[]){"b"};
	item[2].name = (char[]){"c"};
	item[3].name = (char[]){"gone"};
	item[0].last_error = (char[]){"x"};
	item[1].effective_end = item[1].not_after = NOW - DAY;
	item[2].last_error = (char[]){"y"};
	item[3].configured = false;
	item[3].effective_end = item[3].not_after = NOW - 100 * DAY;
	health_find(&r, &limits, &h);
	assert_int_equal(h.level, HEALTH_CRITICAL);
	assert_int_equal(h.count, 4);
	assert_null(h.finding[0].name);
	assert_string_equal(h.finding[0].text, "the list is empty");
	assert_string_equal(h.finding[1].name, "b");
	assert_string_equal(h.finding[2].name, "a");
	assert_string_equal(h.finding[3].name, "c");
	assert_int_equal(h.certificates, 3);
	assert_int_equal(h.first_end, NOW - DAY);
	health_clear(&h);
}

static void unknown_only_without_anything(void **state)
{
	struct status_item item = well();
	struct status_account account = {.server = (char[]){"https://ca.test/"}, .damage = (char[]){"no key"}};
	struct status_report r = {.at = NOW};
	struct health h = {0};

	(void)state;
	health_find(&r, &limits, &h);
	assert_int_equal(h.level, HEALTH_UNKNOWN);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.first_end, 0);
	health_clear(&h);
	item.configured = false;
	r.item = &item;
	r.count = 1;
	r.account = &account;
	r.account_count = 1;
	health_find(&r, &limits, &h);
	assert_int_equal(h.level, HEALTH_UNKNOWN);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.finding[1].level, HEALTH_WARNING);
	health_clear(&h);
	r.list_alarm = (char[]){"most of it vanished"};
	health_find(&r, &limits, &h);
	assert_int_equal(h.level, HEALTH_CRITICAL);
	health_clear(&h);
}

/* The words and numbers are those that monitors know. */
static void exit_statuses(void **state)
{
	static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	(void)state;
	for (int i = 0; i < HEALTH_LEVEL_COUNT; i++)
		assert_string_equal(health_level_name((enum health_level)i), words[i]);
	assert_int_equal(HEALTH_UNKNOWN, 3);
	assert_null(health_level_name(HEALTH_LEVEL_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_each), cmocka_unit_test(an_overlap_is_not_certain), cmocka_unit_test(a_renewal_in_time_is_never_in_alarm), cmocka_unit_test(limits_are_the_callers),
		cmocka_unit_test(the_worst_first), cmocka_unit_test(unknown_only_without_anything), cmocka_unit_test(exit_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
