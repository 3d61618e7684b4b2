#include "config.h"

#include "store/store.h"

#include "killer.h"
#include "pki/key.h"

#define FILE_NAME "keys/a.jp+rsa2048.next.pem"
#define NAME "a.jp+rsa2048"

/* The key of NAME, or NULL; owned. */
static char *loaded(struct store *s)
{
	struct err e = ERR_INIT;
	struct buf key;
	bool found = false;
	char *text = NULL;

	buf_init_secret(&key, KEY_PEM_MAX);
	assert_int_equal(store_next_key_load(s, NAME, &key, &found, &e), 0);
	if (found)
		text = buf_take(&key);
	else
		assert_int_equal(key.len, 0);
	buf_clear(&key);
	return text;
}

static void assert_key(struct store *s, const char *wanted)
{
	char *key = loaded(s);

	if (wanted == NULL)
		assert_null(key);
	else
		assert_string_equal(key, wanted);
	str_wipe(key);
}

static void test_life(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;
	char *large = mem_new(KEY_PEM_MAX + 2, 1);
	char *left;

	assert_key(p->s, NULL);
	assert_int_equal(store_next_key_remove(p->s, NAME, &e), 0);
	assert_int_equal(store_next_key_save(p->s, NAME, "one", 3, &e), 0);
	assert_int_equal(place_mode(p, "keys"), 0700);
	assert_int_equal(place_mode(p, FILE_NAME), 0600);
	assert_key(p->s, "one");
	assert_int_equal(store_next_key_save(p->s, NAME, "another", 7, &e), 0);
	assert_key(p->s, "another");
	assert_int_equal(store_next_key_remove(p->s, NAME, &e), 0);
	assert_key(p->s, NULL);
	assert_int_equal(store_next_key_remove(p->s, NAME, &e), 0);
	left = place_list(p, "keys");
	assert_string_equal(left, "");
	free(left);

	memset(large, 'k', KEY_PEM_MAX + 1);
	assert_int_equal(store_next_key_save(p->s, NAME, large, KEY_PEM_MAX + 1, &e), -1);
	assert_error(&e, ERR_INTERNAL, "bytes");
	assert_int_equal(store_next_key_save(p->s, NAME, "", 0, &e), -1);
	assert_error(&e, ERR_INTERNAL, "0 bytes");
	assert_int_equal(store_next_key_save(p->s, NAME, large, KEY_PEM_MAX, &e), 0);
	large[KEY_PEM_MAX] = '\0';
	assert_key(p->s, large);
	free(large);
}

/* A store of an older version, read before anything takes the lock. */
static void test_no_folder(void **state)
{
	struct place *p = *state;
	char *folder = place_path(p, "keys");
	struct err e = ERR_INIT;

	assert_int_equal(rmdir(folder), 0);
	assert_key(p->s, NULL);
	assert_int_equal(store_next_key_remove(p->s, NAME, &e), 0);
	store_close(p->s);
	p->s = store_made(p->state);
	assert_int_equal(store_next_key_save(p->s, NAME, "one", 3, &e), 0);
	assert_key(p->s, "one");
	free(folder);
}

/* Damage is said, as another key would not fit what was published for this one. */
static void test_damage(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, FILE_NAME);
	char *other = place_path(p, "other");
	struct err e = ERR_INIT;
	struct buf key;
	bool found;

	buf_init_secret(&key, KEY_PEM_MAX);
	place_write(p, FILE_NAME, "");
	assert_int_equal(store_next_key_load(p->s, NAME, &key, &found, &e), -1);
	assert_non_null(e.advice);
	assert_error(&e, ERR_IO, FILE_NAME " holds no key");
	assert_int_equal(unlink(path), 0);
	place_write(p, "other", "theirs");
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(store_next_key_load(p->s, NAME, &key, &found, &e), -1);
	assert_error(&e, ERR_IO, FILE_NAME " holds no key");

	/* Saving and removing mean the link, not what it points to. */
	assert_int_equal(store_next_key_save(p->s, NAME, "one", 3, &e), 0);
	assert_key(p->s, "one");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(store_next_key_remove(p->s, NAME, &e), 0);
	assert_true(place_has(p, "other"));

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(store_next_key_load(p->s, NAME, &key, &found, &e), -1);
	assert_error(&e, ERR_IO, FILE_NAME);
	assert_int_equal(store_next_key_save(p->s, NAME, "one", 3, &e), -1);
	assert_error(&e, ERR_IO, FILE_NAME);
	assert_int_equal(store_next_key_remove(p->s, NAME, &e), -1);
	assert_error(&e, ERR_IO, FILE_NAME);
	buf_clear(&key);
	free(other);
	free(path);
}

static void old_one(struct place *p)
{
	struct err e = ERR_INIT;

	assert_int_equal(store_next_key_save(p->s, NAME, "old key", 7, &e), 0);
}

static int saves_new(struct store *s)
{
	struct err e = ERR_INIT;

	return store_next_key_save(s, NAME, "new key", 7, &e) == 0 ? 0 : __LINE__;
}

static int removes(struct store *s)
{
	struct err e = ERR_INIT;

	return store_next_key_remove(s, NAME, &e) == 0 ? 0 : __LINE__;
}

static void old_or_new(struct place *p, bool done)
{
	char *key = loaded(p->s);
	char *left = place_list(p, "keys");

	assert_string_equal(left, NAME ".next.pem");
	assert_true(str_eq(key, "new key") || (!done && str_eq(key, "old key")));
	str_wipe(key);
	free(left);
}

static void old_or_none(struct place *p, bool done)
{
	char *key = loaded(p->s);

	assert_true(key == NULL || (!done && str_eq(key, "old key")));
	str_wipe(key);
}

static void test_killed(void **state)
{
	struct place *p = *state;

	assert_true(killer_everywhere(p, old_one, saves_new, old_or_new) > 20);
	assert_true(killer_everywhere(p, old_one, removes, old_or_none) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_no_folder, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_damage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
