#include "config.h"

#include "store/store.h"

#include "killer.h"

#define NAME "a.jp"

static struct issued one;

static int make_one(void **state)
{
	(void)state;
	one = issued_make(NAME);
	return 0;
}

static int clear_one(void **state)
{
	(void)state;
	issued_clear(&one);
	return 0;
}

/* Generations 1..all, of which those in `unfinished` (ends with 0) have no certificate. */
static void put(struct place *p, int all, const int *unfinished)
{
	struct err e = ERR_INIT;

	for (int i = 1; i <= all; i++) {
		assert_int_equal(issued_begin(p->s, NAME, &one, &e), i);
		if (unfinished != NULL && *unfinished == i)
			unfinished++;
		else
			assert_int_equal(issued_finish(p->s, NAME, i, &one, &e), 0);
	}
}

static void speak_of(struct place *p, int generation)
{
	struct store_journal j = {.name = (char[]){NAME}, .ca = (char[]){"c"}, .server = (char[]){"s"},
	                          .order_url = (char[]){"https://ca.example/order/1"}, .generation = generation};
	struct err e = ERR_INIT;

	assert_int_equal(store_journal_save(p->s, &j, &e), 0);
}

struct row {
	int all, live, keep, spare, journal;
	size_t removed;
	const char *left;
	int unfinished[4];
};

static const struct row rows[] = {
	{5, 5, 5, 0, 0, 0, "1 2 3 4 5", {0}},
	{5, 5, 9, 0, 0, 0, "1 2 3 4 5", {0}},
	{6, 6, 5, 0, 0, 1, "2 3 4 5 6", {0}},
	{6, 6, 2, 0, 0, 4, "5 6", {0}},
	{6, 6, 1, 0, 0, 5, "6", {0}},
	{6, 6, 0, 0, 0, 5, "6", {0}},
	{6, 6, -1, 0, 0, 5, "6", {0}},
	{0, 0, 1, 0, 0, 0, "", {0}},
	{1, 0, 1, 0, 0, 0, "1", {0}},
	{1, 0, 0, 0, 0, 0, "1", {0}},          /* the newest stays, so that numbers only grow */
	{3, 0, 1, 0, 0, 2, "3", {0}},
	{6, 1, 3, 0, 0, 3, "1 5 6", {0}},      /* after a rollback: the others go by number */
	{6, 1, 1, 0, 0, 4, "1 6", {0}},
	{6, 4, 2, 0, 0, 4, "4 6", {0}},
	{6, 6, 2, 1, 0, 4, "1 6", {0}},        /* spare */
	{6, 6, 1, 3, 0, 4, "3 6", {0}},
	{6, 5, 1, 3, 0, 3, "3 5 6", {0}},
	{6, 6, 2, 77, 0, 4, "5 6", {0}},
	{6, 5, 1, 0, 2, 3, "2 5 6", {0}},      /* complete, but to be switched to by the next run */
	{6, 6, 2, 0, 0, 2, "1 3 5 6", {1, 3}}, /* what is incomplete does not count and is a sweep's */
	{6, 5, 1, 0, 6, 4, "5 6", {6}},
	{6, 5, 2, 0, 0, 3, "4 5 6", {6}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct strs wanted = {0};
		struct err e = ERR_INIT;
		size_t removed = 99;
		struct place *p;
		void *made;
		char *left;
		char *text;

		assert_int_equal(place_setup(&made), 0);
		p = made;
		put(p, r->all, r->unfinished);
		if (r->live != 0)
			assert_int_equal(store_generation_switch(p->s, NAME, r->live, &e), 0);
		if (r->journal != 0)
			speak_of(p, r->journal);
		assert_int_equal(store_generation_prune(p->s, NAME, r->keep, r->spare, &removed, &e), 0);
		for (const char *n = r->left; *n != '\0'; n++) {
			if (*n != ' ')
				strs_take(&wanted, str_fmt("00000%c", *n));
		}
		text = strs_join(&wanted, " ");
		left = place_list(p, "generations/" NAME);
		if (removed != r->removed || !str_eq(left, text))
			fail_msg("row %zu: %zu removed, left: %s, wanted: %s", i, removed, left, text);
		/* What is left is whole, and another one never gets a number that was had. */
		for (int k = 1; k <= r->all; k++) {
			char *meta = str_fmt("generations/" NAME "/%06d/meta.json", k);

			if (place_has(p, meta))
				assert_int_equal(store_generation_check(p->s, NAME, k, &e), 0);
			free(meta);
		}
		assert_int_equal(issued_begin(p->s, NAME, &one, &e), r->all + 1);
		strs_clear(&wanted);
		free(left);
		free(text);
		assert_int_equal(place_teardown(&made), 0);
	}
}

/* A link by somebody else's hand may well lead to one that servers use. */
static void test_strange_link(void **state)
{
	struct place *p = *state;
	char *link = place_path(p, "live/" NAME);
	struct err e = ERR_INIT;
	size_t removed = 9;
	char *left;

	put(p, 4, NULL);
	assert_int_equal(symlink("/somewhere/generations/" NAME "/000001", link), 0);
	assert_int_equal(store_generation_prune(p->s, NAME, 1, 0, &removed, &e), -1);
	assert_error(&e, ERR_IO, "live/" NAME " does not tell which generation is in use");
	left = place_list(p, "generations/" NAME);
	assert_string_equal(left, "000001 000002 000003 000004");
	free(left);
	free(link);
}

/* Something in the way: it says which, and what was done is counted. */
static void test_obstacle(void **state)
{
	struct place *p = *state;
	char *meta = place_path(p, "generations/" NAME "/000002/meta.json");
	struct err e = ERR_INIT;
	size_t removed = 0;

	put(p, 4, NULL);
	assert_int_equal(store_generation_switch(p->s, NAME, 4, &e), 0);
	assert_int_equal(unlink(meta), 0);
	assert_int_equal(mkdir(meta, 0700), 0);
	assert_int_equal(store_generation_prune(p->s, NAME, 1, 0, &removed, &e), -1);
	assert_error(&e, ERR_IO, "000002/meta.json");
	assert_int_equal(removed, 1);
	assert_int_equal(store_generation_check(p->s, NAME, 4, &e), 0);
	free(meta);
}

static void five(struct place *p)
{
	char *folder = place_path(p, "generations/" NAME);
	struct err e = ERR_INIT;

	assert_int_equal(fs_remove_tree(folder, &e), 0);
	free(folder);
	folder = place_path(p, "live/" NAME);
	assert_int_equal(fs_remove_tree(folder, &e), 0);
	put(p, 5, NULL);
	assert_int_equal(store_generation_switch(p->s, NAME, 5, &e), 0);
	free(folder);
}

static int prunes(struct store *s)
{
	struct err e = ERR_INIT;
	size_t removed = 0;

	return store_generation_prune(s, NAME, 2, 2, &removed, &e) == 0 && removed == 3 ? 0 : __LINE__;
}

/* All that look complete are, 2 and 5 among them; after a sweep nothing else is there, no key either. */
static void whole_after_sweep(struct place *p, bool done)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	struct strs there = {0};
	char *folder = place_path(p, "generations/" NAME);
	int *list = NULL;
	size_t count = 0;
	bool found = false;

	assert_int_equal(store_generation_sweep(p->s, NAME, &e), 0);
	assert_int_equal(store_generation_numbers(p->s, NAME, &list, &count, &e), 0);
	assert_in_range(count, 2, done ? 2 : 5);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(store_generation_check(p->s, NAME, list[i], &e), 0);
	assert_true(list[0] == 2 || list[1] == 2);
	assert_int_equal(fs_list(folder, &there, &e), 0);
	assert_int_equal(there.count, count);
	assert_int_equal(store_generation_live(p->s, NAME, &g, &found, &e), 0);
	assert_true(found && g.number == 5);
	store_generation_clear(&g);
	strs_clear(&there);
	free(list);
	free(folder);
}

static void test_killed(void **state)
{
	struct place *p = *state;

	assert_true(killer_everywhere(p, five, prunes, whole_after_sweep) > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_strange_link, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_obstacle, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, make_one, clear_one);
}
