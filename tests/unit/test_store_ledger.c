#include "config.h"

#include "store/ledger.h"

#include "killer.h"

#define NOW INT64_C(1790000000)
#define HEAD "{\"schema\": \"tegata.ledger.v1\", "
#define ITEM(more) HEAD "\"entries\": [{\"fqdn\": \"a.jp\"" more "}]}"

static void add(struct store_ledger *l, const char *fqdn, struct date first, bool perhaps)
{
	struct store_ledger_item *one = store_ledger_item(l, fqdn);

	one->has_date = true;
	one->first_issued = first;
	one->perhaps = perhaps;
	str_replace(&one->certificate, str_dup("www"));
	str_replace(&one->serial, str_dup("0a0b"));
	str_replace(&one->source, str_dup("issued"));
	one->recorded_at = NOW;
}

static struct store_ledger load(struct place *p)
{
	struct store_ledger l = {.count = 77};
	struct err e = ERR_INIT;

	if (store_ledger_load(p->s, &l, &e) != 0)
		fail_msg("load: %s", e.cause);
	return l;
}

static void save(struct place *p, const struct store_ledger *l)
{
	struct err e = ERR_INIT;

	if (store_ledger_save(p->s, l, &e) != 0)
		fail_msg("save: %s", e.cause);
}

static void test_find_and_add(void **state)
{
	static const char *const names[] = {"m.jp", "a.jp", "*.a.jp", "z.jp", "a.jp", "m.jp", "b.jp"};
	static const char *const sorted[] = {"*.a.jp", "a.jp", "b.jp", "m.jp", "z.jp"};
	struct store_ledger l = {0};

	(void)state;
	assert_null(store_ledger_find(&l, "a.jp"));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_equal(store_ledger_item(&l, names[i])->fqdn, names[i]);
	assert_int_equal(l.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(l.item[i].fqdn, sorted[i]);
		assert_ptr_equal(store_ledger_find(&l, sorted[i]), &l.item[i]);
	}
	assert_null(store_ledger_find(&l, "A.jp"));
	store_ledger_clear(&l);
	assert_int_equal(l.count, 0);
}

static void test_round_trip(void **state)
{
	struct place *p = *state;
	struct store_ledger l = load(p), back;
	struct store_ledger_item *one;

	assert_true(l.missing);
	add(&l, "b.jp", (struct date){2026, 2, 28}, true);
	add(&l, "*.a.jp", (struct date){2028, 2, 29}, false);
	one = store_ledger_item(&l, "forgotten.jp");
	one->since = NOW;
	strs_add(&l.list, "*.a.jp");
	strs_add(&l.list, "b.jp");
	l.list_at = NOW + 1;
	save(p, &l);
	assert_int_equal(place_mode(p, "ledger.json"), 0600);
	back = load(p);
	assert_false(back.missing);
	assert_int_equal(back.count, 3);
	one = store_ledger_find(&back, "b.jp");
	assert_true(one->has_date && one->perhaps);
	assert_int_equal(date_compare(one->first_issued, (struct date){2026, 2, 28}), 0);
	assert_string_equal(one->certificate, "www");
	assert_string_equal(one->serial, "0a0b");
	assert_string_equal(one->source, "issued");
	assert_int_equal(one->recorded_at, NOW);
	assert_int_equal(one->since, 0);
	one = store_ledger_find(&back, "*.a.jp");
	assert_false(one->perhaps);
	assert_int_equal(one->first_issued.day, 29);
	one = store_ledger_find(&back, "forgotten.jp");
	assert_false(one->has_date);
	assert_null(one->certificate);
	assert_int_equal(one->since, NOW);
	assert_true(strs_eq(&back.list, &l.list));
	assert_int_equal(back.list_at, NOW + 1);
	store_ledger_clear(&l);
	store_ledger_clear(&back);
}

/* As many as a list can have, with the longest names; of more, those go that are not in the list. */
static void test_bounds(void **state)
{
	struct place *p = *state;
	struct store_ledger l = {0}, back;

	for (int i = 0; i < 50003; i++) {
		char *name = str_fmt("%0251d.jp", i);

		add(&l, name, (struct date){2026, 1, 31}, true);
		if (i >= 3)
			strs_add(&l.list, name);
		free(name);
	}
	save(p, &l);
	back = load(p);
	assert_false(back.missing);
	assert_int_equal(back.count, 50000);
	assert_string_equal(back.item[0].fqdn, l.item[3].fqdn);
	assert_true(strs_eq(&back.list, &l.list));
	store_ledger_clear(&back);
	store_ledger_clear(&l);
}

static void test_garbage(void **state)
{
	static const char *const texts[] = {
		"", "x", "[]", "{}", "{\"schema\": \"tegata.state.v1\"}", HEAD "\"entries\": {}}", HEAD "\"entries\": [1]}",
		HEAD "\"entries\": [{}]}", ITEM(", \"first_issued\": \"2027-02-29\""), ITEM(", \"first_issued\": 5"),
		ITEM(", \"first_issued\": \"2027-2-1\""), ITEM(", \"perhaps\": 1"), ITEM(", \"certificate\": \"../x\""),
		ITEM(", \"recorded_at\": -1"), ITEM(", \"since\": \"now\""), ITEM("}, {\"fqdn\": \"a.jp\""), ITEM("}, {\"fqdn\": \"Z.jp\""),
		ITEM("}, {\"fqdn\": \"b c\""), HEAD "\"list\": [\"b.jp\", \"a.jp\"]}", HEAD "\"list\": [\"a.jp\", \"a.jp\"]}",
		HEAD "\"list\": [null]}", HEAD "\"list\": \"a.jp\"}", HEAD "\"list_at\": 253402300800}", ITEM("}, {"),
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct store_ledger l;

		place_write(p, "ledger.json", texts[i]);
		l = load(p);
		if (!l.missing || l.count != 0 || l.list.count != 0 || l.list_at != 0)
			fail_msg("taken: %s", texts[i]);
		if (place_has(p, "ledger.json") || !place_has(p, "ledger.json.broken"))
			fail_msg("not moved aside: %s", texts[i]);
		store_ledger_clear(&l);
	}
	place_write(p, "ledger.json", ITEM(", \"first_issued\": \"2028-02-29\", \"later\": {}"));
	{
		struct store_ledger l = load(p);

		assert_false(l.missing);
		assert_int_equal(l.count, 1);
		store_ledger_clear(&l);
	}
}

/* Whoever only reads moves nothing, and may not save. */
static void test_without_the_lock(void **state)
{
	struct place *p = *state;
	struct store *reader = NULL;
	struct store_ledger l = {0};
	struct err e = ERR_INIT;

	place_write(p, "ledger.json", "x");
	assert_int_equal(store_open(p->state, &reader, &e), 0);
	assert_int_equal(store_ledger_load(reader, &l, &e), 0);
	assert_true(l.missing);
	assert_true(place_has(p, "ledger.json"));
	assert_false(place_has(p, "ledger.json.broken"));
	assert_int_equal(store_ledger_save(reader, &l, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	err_clear(&e);
	store_close(reader);
}

/* A folder in its place cannot be read as a file: it is moved aside like any other mistake. */
static void test_something_else_in_its_place(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.json");
	struct store_ledger l;

	assert_int_equal(mkdir(path, 0700), 0);
	l = load(p);
	assert_true(l.missing);
	assert_true(place_has(p, "ledger.json.broken"));
	save(p, &l);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	store_ledger_clear(&l);
	l = load(p);
	assert_true(l.missing);
	store_ledger_clear(&l);
	free(path);
}

/* What a killed writer left goes with the next lock. */
static void test_leftovers(void **state)
{
	struct place *p = *state;

	place_write(p, ".ledger.json.tmp-123", "x");
	place_write(p, ".ledger.json.mine", "x");
	store_close(p->s);
	p->s = store_made(p->state);
	assert_false(place_has(p, ".ledger.json.tmp-123"));
	assert_true(place_has(p, ".ledger.json.mine"));
}

static void one_saved(struct place *p)
{
	struct store_ledger l = {0};

	add(&l, "a.jp", (struct date){2026, 1, 31}, false);
	save(p, &l);
	store_ledger_clear(&l);
}

static int saves_another(struct store *s)
{
	struct store_ledger l = {0};
	struct err e = ERR_INIT;

	if (store_ledger_load(s, &l, &e) != 0)
		return __LINE__;
	add(&l, "b.jp", (struct date){2026, 1, 31}, false);
	if (store_ledger_save(s, &l, &e) != 0)
		return __LINE__;
	store_ledger_clear(&l);
	return 0;
}

static void one_or_two(struct place *p, bool done)
{
	char *all = place_list(p, "");
	struct store_ledger l = load(p);

	assert_string_equal(all, "accounts generations journal keys ledger.json live lock state");
	assert_false(l.missing);
	assert_in_range(l.count, done ? 2 : 1, 2);
	store_ledger_clear(&l);
	free(all);
}

static void test_killed(void **state)
{
	struct place *p = *state;

	assert_true(killer_everywhere(p, one_saved, saves_another, one_or_two) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_and_add),
		cmocka_unit_test_setup_teardown(test_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_bounds, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_garbage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_without_the_lock, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_something_else_in_its_place, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
