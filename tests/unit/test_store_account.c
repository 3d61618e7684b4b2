#include "config.h"

#include "store/store.h"

#include "store_maker.h"

#define SERVER "https://acme.example.jp:14000/dir"

static struct store_account account(const char *server, const char *kid, const char *key)
{
	struct store_account a = {
		.id = store_account_id(server, kid),
		.server = str_dup(server),
		.eab_kid = str_dup(kid),
		.tos = str_dup("https://acme.example.jp/terms"),
		.created_at = 1790000000,
		.key_pem = str_dup(key),
	};

	strs_add(&a.contacts, "mailto:a@example.jp");
	return a;
}

static void save(struct place *p, const char *server, const char *kid, const char *key)
{
	struct store_account a = account(server, kid, key);
	struct err e = ERR_INIT;

	assert_int_equal(store_account_save(p->s, &a, &e), 0);
	store_account_clear(&a);
}

static void test_id(void **state)
{
	static const struct { const char *server, *begin; } cases[] = {
		{"https://acme.example.jp/dir", "acme.example.jp-"},
		{SERVER, "acme.example.jp-"},
		{"https://ACME.example/../..", "acme.example-"},
		{"https://..", "ca-"},
		{"https://a_b%2f c\n/", "ab2fc-"},
		{"https://[::1]:14000/dir", "1-"},
		{"https://-..x/", "x-"},
		{"", "ca-"},
		{"acme", "acme-"},
	};
	char *one = store_account_id(SERVER, "k1");
	char *two = store_account_id(SERVER, "k2");
	char *none = store_account_id(SERVER, NULL);
	char *longest = mem_new(1001, 1);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *id = store_account_id(cases[i].server, "../k");

		assert_true(store_name_ok(id));
		assert_true(str_starts(id, cases[i].begin));
		assert_int_equal(strlen(id), strlen(cases[i].begin) + 12);
		free(id);
	}
	assert_string_not_equal(one, two);
	assert_string_not_equal(one, none);
	/* printf 'https://acme.example.jp:14000/dir\nk1' | sha256sum */
	assert_string_equal(one, "acme.example.jp-909f4bbb66b8");
	memset(longest, 'a', 1000);
	str_replace(&one, store_account_id(longest, NULL));
	assert_true(store_name_ok(one));
	free(longest);
	free(none);
	free(two);
	free(one);
}

static void test_round_trip(void **state)
{
	struct place *p = *state;
	struct store_account a = account(SERVER, "kid-1", "KEY ONE\n");
	struct store_account b = {0};
	struct err e = ERR_INIT;
	struct strs ids = {0};
	bool found = true;
	char *below = str_fmt("accounts/%s", a.id);
	char *key = str_fmt("%s/key.pem", below);
	char *json = str_fmt("%s/account.json", below);

	assert_int_equal(store_account_find(p->s, SERVER, "kid-1", &b, &found, &e), 0);
	assert_false(found);
	assert_int_equal(store_account_save(p->s, &a, &e), 0);
	assert_int_equal(place_mode(p, below), 0700);
	assert_int_equal(place_mode(p, key), 0600);
	assert_int_equal(place_mode(p, json), 0600);
	assert_int_equal(store_account_find(p->s, SERVER, "kid-1", &b, &found, &e), 0);
	assert_true(found);
	assert_null(b.url);
	store_account_clear(&b);

	a.url = str_dup("https://acme.example.jp/acct/1");
	assert_int_equal(store_account_save(p->s, &a, &e), 0);
	assert_int_equal(store_account_load(p->s, a.id, &b, &e), 0);
	assert_string_equal(b.id, a.id);
	assert_string_equal(b.server, SERVER);
	assert_string_equal(b.eab_kid, "kid-1");
	assert_string_equal(b.url, a.url);
	assert_true(strs_eq(&b.contacts, &a.contacts));
	assert_string_equal(b.tos, a.tos);
	assert_int_equal(b.created_at, a.created_at);
	assert_string_equal(b.key_pem, "KEY ONE\n");
	assert_int_equal(store_account_list(p->s, &ids, &e), 0);
	assert_int_equal(ids.count, 1);
	assert_string_equal(ids.item[0], a.id);
	strs_clear(&ids);
	free(json);
	free(key);
	free(below);
	store_account_clear(&a);
	store_account_clear(&b);
}

static void test_key_is_never_lost(void **state)
{
	struct place *p = *state;
	static const struct { const char *file, *text; } files[] = {
		{"key.pem", "THREE"}, {"key.pem.old-1", "ONE"}, {"key.pem.old-2", "TWO"}};
	char *id = store_account_id(SERVER, NULL);

	save(p, SERVER, NULL, "ONE");
	save(p, SERVER, NULL, "ONE");
	save(p, SERVER, NULL, "TWO");
	save(p, SERVER, NULL, "THREE");
	for (size_t i = 0; i < 3; i++) {
		char *below = str_fmt("accounts/%s/%s", id, files[i].file);
		char *path = place_path(p, below);
		char *text = scratch_read(path);

		assert_string_equal(text, files[i].text);
		assert_int_equal(place_mode(p, below), 0600);
		free(text);
		free(path);
		free(below);
	}
	free(id);
}

static void test_find(void **state)
{
	struct place *p = *state;
	struct store_account a = {0};
	struct err e = ERR_INIT;
	bool found = false;

	save(p, "https://other.example/dir", "k9", "NINE");
	assert_int_equal(store_account_find(p->s, SERVER, NULL, &a, &found, &e), 0);
	assert_false(found);
	save(p, SERVER, "k1", "ONE");
	assert_int_equal(store_account_find(p->s, SERVER, NULL, &a, &found, &e), 0);
	assert_true(found);
	assert_string_equal(a.key_pem, "ONE");
	store_account_clear(&a);
	assert_int_equal(store_account_find(p->s, SERVER, "k2", &a, &found, &e), 0);
	assert_false(found);

	save(p, SERVER, "k2", "TWO");
	assert_int_equal(store_account_find(p->s, SERVER, NULL, &a, &found, &e), -1);
	assert_non_null(strstr(e.cause, "k1"));
	assert_error(&e, ERR_CONFIG, "k2");
	assert_int_equal(store_account_find(p->s, SERVER, "k2", &a, &found, &e), 0);
	assert_true(found);
	assert_string_equal(a.key_pem, "TWO");
	store_account_clear(&a);

	save(p, SERVER, NULL, "NONE");
	assert_int_equal(store_account_find(p->s, SERVER, NULL, &a, &found, &e), 0);
	assert_true(found);
	assert_string_equal(a.key_pem, "NONE");
	store_account_clear(&a);
}

/* A registration that was broken off before account.json is no account, and its key does not get lost. */
static void test_key_alone(void **state)
{
	struct place *p = *state;
	struct store_account a = {0};
	struct err e = ERR_INIT;
	struct strs ids = {0};
	char *id = store_account_id(SERVER, NULL);
	char *below = str_fmt("accounts/%s", id);
	char *folder = place_path(p, below);
	char *key = str_fmt("%s/key.pem", below);
	char *old = str_fmt("%s/key.pem.old-1", below);
	bool found = true;

	assert_int_equal(mkdir(folder, 0700), 0);
	place_write(p, key, "EARLY");
	assert_int_equal(store_account_find(p->s, SERVER, NULL, &a, &found, &e), 0);
	assert_false(found);
	assert_int_equal(store_account_list(p->s, &ids, &e), 0);
	assert_int_equal(ids.count, 0);
	save(p, SERVER, NULL, "LATE");
	assert_true(place_has(p, old));
	free(old);
	free(key);
	free(folder);
	free(below);
	free(id);
}

static void test_garbage(void **state)
{
	struct place *p = *state;
	static const char *const texts[] = {
		"", "{", "[]", "null", "\"x\"", "{}", "{\"schema\": 1}", "{\"schema\": \"tegata.account.v2\", \"server\": \"x\"}",
		"{\"schema\": \"tegata.account.v1\"}", "{\"schema\": \"tegata.account.v1\", \"server\": 5}",
		"{\"schema\": \"tegata.account.v1\", \"server\": \"x\", \"contacts\": [1]}",
		"{\"schema\": \"tegata.account.v1\", \"server\": \"x\", \"created_at\": -1}",
		"{\"schema\": \"tegata.account.v1\", \"server\": \"x\", \"created_at\": 1e300}",
	};
	struct store_account a = {0};
	struct err e = ERR_INIT;
	char *id = store_account_id(SERVER, "k1");
	char *json = str_fmt("accounts/%s/account.json", id);
	char *key = str_fmt("accounts/%s/key.pem", id);
	char *path = place_path(p, key);
	bool found;

	save(p, SERVER, "k1", "ONE");
	save(p, "https://other.example/dir", NULL, "NINE");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		place_write(p, json, texts[i]);
		assert_int_equal(store_account_load(p->s, id, &a, &e), -1);
		assert_error(&e, ERR_IO, json);
		/* Nobody may go and register anew because this one cannot be read… */
		assert_int_equal(store_account_find(p->s, SERVER, NULL, &a, &found, &e), -1);
		assert_error(&e, ERR_IO, json);
		/* …but other servers' accounts are not concerned. */
		assert_int_equal(store_account_find(p->s, "https://other.example/dir", NULL, &a, &found, &e), 0);
		assert_true(found);
		store_account_clear(&a);
		assert_int_equal(store_account_find(p->s, "https://third.example/dir", NULL, &a, &found, &e), 0);
		assert_false(found);
	}
	save(p, SERVER, "k1", "ONE");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_account_load(p->s, id, &a, &e), -1);
	assert_error(&e, ERR_IO, key);
	free(path);
	free(key);
	free(json);
	free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id),
		cmocka_unit_test_setup_teardown(test_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_key_is_never_lost, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_find, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_key_alone, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_garbage, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
