#include "config.h"

#include "store/store.h"

#include "killer.h"

#define NOW INT64_C(1790000000)
#define HEAD "{\"schema\": \"tegata.validations.v1\", \"failed\": "

static void assert_times(const struct store_validations *v, const char *name, const int64_t *at, size_t count)
{
	const struct store_validation *one = store_validations_find(v, name);

	assert_non_null(one);
	assert_int_equal(one->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(one->at[i], at[i]);
}

static void test_add(void **state)
{
	struct store_validations v = {0};
	int64_t last[STORE_VALIDATIONS_MAX];

	(void)state;
	assert_null(store_validations_find(&v, "a.jp"));
	store_validations_add(&v, "a.jp", 30);
	store_validations_add(&v, "b.jp", 5);
	store_validations_add(&v, "a.jp", 10);
	store_validations_add(&v, "a.jp", 20);
	store_validations_add(&v, "a.jp", 20); /* two in one second are two */
	assert_times(&v, "a.jp", (int64_t[]){10, 20, 20, 30}, 4);
	assert_times(&v, "b.jp", (int64_t[]){5}, 1);
	assert_null(store_validations_find(&v, "A.jp"));

	for (int64_t i = 0; i < 100; i++)
		store_validations_add(&v, "b.jp", 1000 + i);
	store_validations_add(&v, "b.jp", 7); /* older than all that are kept */
	for (int64_t i = 0; i < STORE_VALIDATIONS_MAX; i++)
		last[i] = 1100 - STORE_VALIDATIONS_MAX + i;
	assert_times(&v, "b.jp", last, STORE_VALIDATIONS_MAX);
	store_validations_clear(&v);
	assert_int_equal(v.count, 0);
	assert_null(v.item);
}

static void test_round_trip(void **state)
{
	struct place *p = *state;
	struct store_validations v = {0};
	struct store_validations back = {0};
	struct err e = ERR_INIT;

	assert_int_equal(store_validations_load(p->s, &back, &e), 0);
	assert_int_equal(back.count, 0);
	store_validations_add(&v, "a.jp", NOW - 86401);
	store_validations_add(&v, "a.jp", NOW - 86400); /* a day old: counts no more */
	store_validations_add(&v, "a.jp", NOW - 86399);
	store_validations_add(&v, "a.jp", NOW);
	store_validations_add(&v, "old.jp", NOW - 90000);
	store_validations_add(&v, "*.a.jp", NOW + 86400);
	store_validations_add(&v, "*.a.jp", NOW + 86401); /* by a clock that was wrong */
	store_validations_add(&v, "wrong.jp", INT64_MAX);
	store_validations_add(&v, "wrong.jp", INT64_MIN);
	store_validations_add(&v, "", NOW);
	store_validations_add(&v, "a\"b\n", NOW);
	assert_int_equal(store_validations_save(p->s, &v, NOW, &e), 0);
	assert_int_equal(place_mode(p, "validations.json"), 0600);
	assert_int_equal(store_validations_load(p->s, &back, &e), 0);
	assert_int_equal(back.count, 2);
	assert_times(&back, "a.jp", (int64_t[]){NOW - 86399, NOW}, 2);
	assert_times(&back, "*.a.jp", (int64_t[]){NOW + 86400}, 1);
	store_validations_clear(&back);

	/* A clock at zero keeps nothing that it should not, and breaks nothing. */
	assert_int_equal(store_validations_save(p->s, &v, 0, &e), 0);
	assert_int_equal(store_validations_load(p->s, &back, &e), 0);
	assert_int_equal(back.count, 0);
	store_validations_clear(&v);
}

/* More than the file can hold: the newest stay, and the file can be read again. */
static void test_many(void **state)
{
	struct place *p = *state;
	struct store_validations v = {0};
	struct store_validations back = {0};
	struct err e = ERR_INIT;
	size_t all = 0;

	for (int i = 0; i < 1000; i++) {
		char *name = str_fmt("%0251d.jp", i); /* 254 bytes */

		for (int k = 0; k < 4; k++)
			store_validations_add(&v, name, NOW - 1000 + i);
		free(name);
	}
	assert_int_equal(store_validations_save(p->s, &v, NOW, &e), 0);
	assert_int_equal(store_validations_load(p->s, &back, &e), 0);
	for (size_t i = 0; i < back.count; i++)
		all += back.item[i].count;
	assert_int_equal(all, 3000);
	assert_int_equal(back.count, 750);
	assert_int_equal(back.item[0].at[0], NOW - 750);
	store_validations_clear(&back);
	store_validations_clear(&v);
}

static void test_garbage(void **state)
{
	struct place *p = *state;
	static const char *const texts[] = {
		"", "x", "[]", "{}", "{\"schema\": \"tegata.state.v1\"}", HEAD "{}}", HEAD "[1]}", HEAD "[{}]}",
		HEAD "[{\"name\": \"a.jp\"}]}", HEAD "[{\"at\": 5}]}", HEAD "[{\"name\": 1, \"at\": 5}]}",
		HEAD "[{\"name\": \"a.jp\", \"at\": \"5\"}]}", HEAD "[{\"name\": \"a.jp\", \"at\": -5}]}",
		HEAD "[{\"name\": \"a.jp\", \"at\": 253402300800}]}", HEAD "[{\"name\": \"\", \"at\": 5}]}",
		HEAD "[{\"name\": \"a b\", \"at\": 5}]}", HEAD "[{\"name\": \"ok.jp\", \"at\": 5}, {\"name\": \"a\\\"\", \"at\": 5}]}",
		HEAD "[{\"name\": \"ok.jp\", \"at\": 5}]", HEAD "\"none\"}",
	};
	struct store_validations v = {.count = 77};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		place_write(p, "validations.json", texts[i]);
		v.count = 77;
		assert_int_equal(store_validations_load(p->s, &v, &e), 0);
		assert_int_equal(v.count, 0);
		assert_null(v.item);
	}
	place_write(p, "validations.json", HEAD "[{\"name\": \"ok.jp\", \"at\": 5, \"later\": {}}], \"more\": 1}");
	assert_int_equal(store_validations_load(p->s, &v, &e), 0);
	assert_times(&v, "ok.jp", (int64_t[]){5}, 1);
	store_validations_clear(&v);
	place_write(p, "validations.json", "{\"schema\": \"tegata.validations.v1\"}");
	assert_int_equal(store_validations_load(p->s, &v, &e), 0);
	assert_int_equal(v.count, 0);
}

static void one_saved(struct place *p)
{
	struct store_validations v = {0};
	struct err e = ERR_INIT;

	store_validations_add(&v, "a.jp", NOW);
	assert_int_equal(store_validations_save(p->s, &v, NOW, &e), 0);
	store_validations_clear(&v);
}

static int saves_another(struct store *s)
{
	struct store_validations v = {0};
	struct err e = ERR_INIT;

	if (store_validations_load(s, &v, &e) != 0)
		return __LINE__;
	store_validations_add(&v, "a.jp", NOW + 1);
	if (store_validations_save(s, &v, NOW, &e) != 0)
		return __LINE__;
	store_validations_clear(&v);
	return 0;
}

static void one_or_two(struct place *p, bool done)
{
	struct store_validations v = {0};
	struct err e = ERR_INIT;
	char *all = place_list(p, "");

	assert_string_equal(all, "accounts generations journal keys live lock state validations.json");
	free(all);
	assert_int_equal(store_validations_load(p->s, &v, &e), 0);
	assert_int_equal(v.count, 1);
	assert_in_range(v.item[0].count, done ? 2 : 1, 2);
	store_validations_clear(&v);
}

static void test_killed(void **state)
{
	struct place *p = *state;

	assert_true(killer_everywhere(p, one_saved, saves_another, one_or_two) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test_setup_teardown(test_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_many, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_garbage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
