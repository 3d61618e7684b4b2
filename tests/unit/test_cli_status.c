/* What status says of contracts: a report made by hand, printed. */
#include "config.h"

#include "scratch.h"

#include <stdio.h>
#include <time.h>

#include "../../src/cli/status_text.h"

#define NOW 1801440000 /* 2027-02-01 09:00 in Japan */
#define END 1803826800 /* 2027-03-01 00:00 in Japan */
#define DAY 86400

/* Standard output goes to a file meanwhile; owned. */
static char *printed(const struct status_report *r)
{
	char *dir = scratch_make(), *path = fs_join(dir, "out"), *text;
	int before, fd;

	fflush(stdout);
	before = dup(STDOUT_FILENO);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	assert_true(before >= 0 && fd >= 0);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	status_text_print(r);
	fflush(stdout);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	close(fd);
	text = scratch_read(path);
	free(path);
	scratch_remove(dir);
	return text;
}

static struct status_item made(void)
{
	struct status_item item = {.name = str_dup("www"), .configured = true, .present = true, .ca = str_dup("jprs"),
	                           .not_before = NOW - 20 * DAY, .not_after = NOW + 70 * DAY, .renew_at = NOW + 40 * DAY,
	                           .effective_end = NOW + 70 * DAY, .hopeful_end = NOW + 70 * DAY};

	strs_add(&item.names, "www.example.jp");
	return item;
}

static void clear(struct status_item *item)
{
	free(item->name);
	free(item->ca);
	free(item->effective_by);
	free(item->lapse);
	free(item->entry_ends);
	strs_clear(&item->names);
	strs_clear(&item->lapsing);
	strs_clear(&item->remaining);
	strs_clear(&item->let_go);
}

static void expect(struct status_item *item, const char *const *parts, const char *const *missing)
{
	struct status_report r = {.item = item, .count = 1, .at = NOW};
	char *text = printed(&r);

	for (; *parts; parts++) {
		if (strstr(text, *parts) == NULL)
			print_error("\"%s\" is not in:\n%s\n", *parts, text);
		assert_non_null(strstr(text, *parts));
	}
	for (; *missing; missing++)
		assert_null(strstr(text, *missing));
	free(text);
}

static void test_own_date(void **state)
{
	static const char *const parts[] = {"  expires     2027-04-12 00:00 UTC (Mon) (70 days left)\n", NULL};
	static const char *const missing[] = {"good until", "lapsing", "let go", NULL};
	struct status_item item = made();

	(void)state;
	expect(&item, parts, missing);
	assert_string_equal(status_text_state(&item, NOW), "valid");
	clear(&item);
}

/* Rules 17, 18: the entry ends it before its own date. */
static void test_entry(void **state)
{
	static const char *const parts[] = {
		"  good until  2027-02-28 (Sun): example.jp ends then, before its own date\n",
		"  contract    example.jp ends on 2027-02-28 (Sun)\n", NULL,
	};
	static const char *const over[] = {"  contract    example.jp ended on ", NULL};
	static const char *const missing[] = {"perhaps", NULL};
	struct status_item item = made();

	(void)state;
	item.effective_end = item.hopeful_end = item.entry_ends_at = END;
	item.effective_by = str_dup("example.jp");
	item.entry_ends = str_dup("example.jp");
	expect(&item, parts, missing);
	assert_string_equal(status_text_state(&item, NOW), "valid");
	assert_string_equal(status_text_state(&item, END - 1), "valid");
	assert_string_equal(status_text_state(&item, END), "lapsed");
	item.entry_ends_at = NOW;
	expect(&item, over, missing);
	clear(&item);
}

/* Of a name covered by two entries, both readings; the earlier one counts. */
static void test_overlap(void **state)
{
	static const char *const parts[] = {
		"  good until  2027-02-28 (Sun): example.jp ends then, before its own date\n"
		"              perhaps until 2027-03-31 (Wed): a name is covered by several FQDNs, and which one counts is not stated\n", NULL,
	};
	static const char *const missing[] = {NULL};
	struct status_item item = made();

	(void)state;
	item.effective_end = END;
	item.hopeful_end = END + 31 * DAY;
	item.effective_by = str_dup("example.jp");
	expect(&item, parts, missing);
	clear(&item);
}

/* Rule 19: what lapses, what could be done, and that nothing was decided for anybody. */
static void test_lapse(void **state)
{
	static const char *const offer[] = {
		"  lapsing     www.example.jp: nothing covers it after that end\n"
		"              renew it in My Page; or `tegata run --accept-lapse www` goes on with the other names\n", NULL,
	};
	static const char *const last[] = {"              renew it in My Page; no other name would be left\n", NULL};
	static const char *const fixed[] = {
		"              renew it in My Page; or make a request (csr) without it, and take it out of `names`\n", NULL};
	static const char *const ready[] = {
		"              generation 4 is ready without them and takes its place before that\n",
		"  let go      old.example.jp\n", NULL,
	};
	static const char *const accept[] = {"--accept-lapse", NULL}, *const none[] = {NULL};
	struct status_item item = made();

	(void)state;
	item.effective_end = item.hopeful_end = END;
	item.effective_by = str_dup("example.jp");
	item.lapse = str_dup("offer");
	strs_add(&item.lapsing, "www.example.jp");
	expect(&item, last, accept);
	item.fixed = true;
	expect(&item, fixed, accept);
	item.fixed = false;
	strs_add(&item.remaining, "b.example.jp");
	expect(&item, offer, none);
	item.prepared = 4;
	strs_add(&item.let_go, "old.example.jp");
	expect(&item, ready, accept);
	clear(&item);
}

static void test_alarm(void **state)
{
	char why[] = "3 of 4 entries vanished";
	struct status_report r = {.list_alarm = why, .at = NOW};
	char *text = printed(&r);

	(void)state;
	assert_non_null(strstr(text, "\nThe next run refuses the list of registered FQDNs: 3 of 4 entries vanished\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_date), cmocka_unit_test(test_entry), cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_lapse), cmocka_unit_test(test_alarm),
	};

	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
