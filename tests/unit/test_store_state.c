#include "config.h"

#include "store/store.h"

#include "store_maker.h"

static void test_state_round_trip(void **state)
{
	struct place *p = *state;
	struct store_state st = {0};
	struct store_state back = {0};
	struct store_deploy *d;
	struct err e = ERR_INIT;

	assert_int_equal(store_state_load(p->s, "a.jp", &back, &e), 0);
	assert_int_equal(back.deploy_count, 0);
	assert_null(back.last_error);

	d = store_state_deploy(&st, "hook-1", "reload nginx");
	d->generation = 7;
	d->at = 1790000000;
	d = store_state_deploy(&st, "hook-2", "\xe5\xa4\x89\xe6\x9b\xb4");
	d->last_error = str_dup("exit status 1\nnot UTF-8: \xff");
	d->failures = 3;
	assert_ptr_equal(store_state_deploy(&st, "hook-2", NULL), d);
	st.last_error = str_dup("the CA is away");
	st.last_error_kind = str_dup("net");
	st.last_error_at = 1790000001;
	st.failures = 4;
	st.retry_at = 1790003600;
	assert_int_equal(store_state_save(p->s, "a.jp", &st, &e), 0);
	assert_int_equal(place_mode(p, "state/a.jp.json"), 0600);

	assert_int_equal(store_state_load(p->s, "a.jp", &back, &e), 0);
	assert_int_equal(back.deploy_count, 2);
	assert_string_equal(back.deploy[0].hook, "hook-1");
	assert_string_equal(back.deploy[0].label, "reload nginx");
	assert_int_equal(back.deploy[0].generation, 7);
	assert_int_equal(back.deploy[0].at, 1790000000);
	assert_null(back.deploy[0].last_error);
	assert_string_equal(back.deploy[1].label, "\xe5\xa4\x89\xe6\x9b\xb4");
	assert_non_null(strstr(back.deploy[1].last_error, "\\xFF"));
	assert_int_equal(back.deploy[1].failures, 3);
	assert_string_equal(back.last_error, "the CA is away");
	assert_string_equal(back.last_error_kind, "net");
	assert_int_equal(back.last_error_at, 1790000001);
	assert_int_equal(back.failures, 4);
	assert_int_equal(back.retry_at, 1790003600);
	store_state_clear(&back);

	/* What cannot be written comes back as what can. */
	st.failures = INT32_MAX;
	st.retry_at = INT64_MAX;
	st.last_error_at = INT64_MIN;
	assert_int_equal(store_state_save(p->s, "a.jp", &st, &e), 0);
	assert_int_equal(store_state_load(p->s, "a.jp", &back, &e), 0);
	assert_int_equal(back.failures, 1000000);
	assert_int_equal(back.retry_at, 253402300799);
	assert_int_equal(back.last_error_at, 0);
	store_state_clear(&st);
	store_state_clear(&back);
}

static void test_unknown_members(void **state)
{
	struct place *p = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;

	place_write(p, "state/a.json", "{\"later\": [{}], \"schema\": \"tegata.state.v1\", \"failures\": 2, \"last_error\": null}");
	assert_int_equal(store_state_load(p->s, "a", &st, &e), 0);
	assert_int_equal(st.failures, 2);
	assert_null(st.last_error);
	store_state_clear(&st);
}

static const char *const state_garbage[] = {
	"", "x", "{", "[]", "null", "1", "{}", "\xff\xfe", "{\"schema\": null}", "{\"schema\": \"tegata.state.v2\"}",
	"{\"schema\": \"tegata.state.v1\"",
	"{\"schema\": \"tegata.state.v1\", \"failures\": \"many\"}",
	"{\"schema\": \"tegata.state.v1\", \"failures\": -1}",
	"{\"schema\": \"tegata.state.v1\", \"failures\": 4294967297}",
	"{\"schema\": \"tegata.state.v1\", \"failures\": 1.5}",
	"{\"schema\": \"tegata.state.v1\", \"failures\": 99999999999999999999999}",
	"{\"schema\": \"tegata.state.v1\", \"retry_at\": 9223372036854775807}",
	"{\"schema\": \"tegata.state.v1\", \"last_error\": {}}",
	"{\"schema\": \"tegata.state.v1\", \"last_error\": \"x\", \"deploy\": {}}",
	"{\"schema\": \"tegata.state.v1\", \"deploy\": [7]}",
	"{\"schema\": \"tegata.state.v1\", \"deploy\": [{\"hook\": \"a\"}]}",
	"{\"schema\": \"tegata.state.v1\", \"deploy\": [{\"hook\": \"a\", \"label\": \"b\", \"generation\": 1000000000}]}",
	"{\"schema\": \"tegata.state.v1\", \"deploy\": [{\"hook\": \"a\", \"label\": \"b\", \"at\": true}]}",
	"{\"schema\": \"tegata.state.v1\", \"failures\": 1, \"failures\": 2}",
};

static void assert_empty_state(struct place *p)
{
	struct store_state st = {.failures = 99};
	struct err e = ERR_INIT;

	assert_int_equal(store_state_load(p->s, "a", &st, &e), 0);
	assert_int_equal(st.deploy_count, 0);
	assert_null(st.deploy);
	assert_int_equal(st.failures, 0);
	assert_int_equal(st.retry_at, 0);
	assert_null(st.last_error);
}

/* What a call wrote to standard error; owned. */
static char *logged_by(struct place *p, void (*call)(struct place *p))
{
	char *path = fs_join(p->dir, "stderr");
	int old = dup(STDERR_FILENO);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *text;

	assert_true(old >= 0 && fd >= 0);
	log_set_level(LOG_LEVEL_NORMAL);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	call(p);
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	log_set_level(LOG_LEVEL_QUIET);
	close(fd);
	close(old);
	text = scratch_read(path);
	free(path);
	return text;
}

static void test_state_garbage(void **state)
{
	struct place *p = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;
	char *path = place_path(p, "state/a.json");
	char *large = mem_new(2 * 1024 * 1024, 1);
	char *text;

	for (size_t i = 0; i < sizeof state_garbage / sizeof *state_garbage; i++) {
		place_write(p, "state/a.json", state_garbage[i]);
		text = logged_by(p, assert_empty_state);
		if (strstr(text, "state/a.json cannot be used") == NULL)
			fail_msg("no warning about case %zu (%s): \"%s\"", i, state_garbage[i], text);
		free(text);
	}
	memset(large, ' ', 2 * 1024 * 1024 - 1);
	place_write(p, "state/a.json", large);
	assert_empty_state(p);
	free(large);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_empty_state(p);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_empty_state(p);

	/* A link or a FIFO is replaced, not written through. */
	st.failures = 5;
	assert_int_equal(store_state_save(p->s, "a", &st, &e), 0);
	assert_int_equal(store_state_load(p->s, "a", &st, &e), 0);
	assert_int_equal(st.failures, 5);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_empty_state(p);
	assert_int_equal(store_state_save(p->s, "a", &st, &e), -1);
	assert_error(&e, ERR_IO, "state/a.json");
	free(path);
}

static struct store_journal journal(const char *name)
{
	struct store_journal j = {.name = str_dup(name), .ca = str_dup("jprs"), .server = str_dup("https://ca.example/dir"),
	                          .generation = 3, .begun_at = 1790000000};

	strs_add(&j.names, "a.jp");
	strs_add(&j.names, "*.a.jp");
	j.task = mem_new(2, sizeof *j.task);
	j.task_count = 2;
	j.task[0] = (struct store_journal_task){.type = str_dup("http-01"), .method = str_dup("webroot"),
		.webroot = str_dup("/srv/www"), .identifier = str_dup("a.jp"), .token = str_dup("tok"),
		.key_authorization = str_dup("tok.thumb"), .made_folder = true};
	j.task[1] = (struct store_journal_task){.type = str_dup("dns-01"), .method = str_dup("hook"),
		.identifier = str_dup("a.jp"), .record_name = str_dup("_acme-challenge.a.jp"), .record_value = str_dup("v"),
		.wildcard = true};
	return j;
}

static void test_journal_round_trip(void **state)
{
	struct place *p = *state;
	struct store_journal j = journal("a");
	struct store_journal back = {0};
	struct err e = ERR_INIT;
	struct strs names = {0};
	bool found = true;

	assert_int_equal(store_journal_load(p->s, "a", &back, &found, &e), 0);
	assert_false(found);
	assert_int_equal(store_journal_save(p->s, &j, &e), 0);
	assert_int_equal(place_mode(p, "journal/a.json"), 0600);
	assert_int_equal(store_journal_load(p->s, "a", &back, &found, &e), 0);
	assert_true(found);
	assert_null(back.order_url);
	store_journal_clear(&back);

	j.order_url = str_dup("https://ca.example/order/1");
	j.finalize_url = str_dup("https://ca.example/order/1/f");
	assert_int_equal(store_journal_save(p->s, &j, &e), 0);
	assert_int_equal(store_journal_load(p->s, "a", &back, &found, &e), 0);
	assert_string_equal(back.name, "a");
	assert_string_equal(back.ca, "jprs");
	assert_string_equal(back.server, j.server);
	assert_string_equal(back.order_url, j.order_url);
	assert_string_equal(back.finalize_url, j.finalize_url);
	assert_int_equal(back.generation, 3);
	assert_int_equal(back.begun_at, 1790000000);
	assert_true(strs_eq(&back.names, &j.names));
	assert_int_equal(back.task_count, 2);
	assert_string_equal(back.task[0].type, "http-01");
	assert_string_equal(back.task[0].method, "webroot");
	assert_string_equal(back.task[0].webroot, "/srv/www");
	assert_string_equal(back.task[0].identifier, "a.jp");
	assert_string_equal(back.task[0].token, "tok");
	assert_string_equal(back.task[0].key_authorization, "tok.thumb");
	assert_true(back.task[0].made_folder);
	assert_false(back.task[0].wildcard);
	assert_null(back.task[0].record_name);
	assert_string_equal(back.task[1].record_name, "_acme-challenge.a.jp");
	assert_string_equal(back.task[1].record_value, "v");
	assert_true(back.task[1].wildcard);
	store_journal_clear(&back);

	str_replace(&j.name, str_dup("B.json"));
	assert_int_equal(store_journal_save(p->s, &j, &e), 0);
	place_write(p, "journal/c.json.broken", "x");
	place_write(p, "journal/.d.json", "x");
	assert_int_equal(store_journal_list(p->s, &names, &e), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.item[0], "B.json");
	assert_string_equal(names.item[1], "a");
	assert_int_equal(store_journal_remove(p->s, "a", &e), 0);
	assert_int_equal(store_journal_remove(p->s, "a", &e), 0);
	assert_int_equal(store_journal_list(p->s, &names, &e), 0);
	assert_int_equal(names.count, 1);
	strs_clear(&names);
	store_journal_clear(&j);
}

#define JOURNAL "{\"schema\": \"tegata.journal.v1\", \"name\": \"a\", \"ca\": \"c\", \"server\": \"s\""

static void test_journal_garbage(void **state)
{
	struct place *p = *state;
	static const char *const texts[] = {
		"", "{", "[]", "{\"schema\": \"tegata.state.v1\"}", "{\"schema\": \"tegata.journal.v1\"}",
		JOURNAL ", \"generation\": -1}", JOURNAL ", \"generation\": 1000000000}", JOURNAL ", \"names\": \"x\"}",
		JOURNAL ", \"order_url\": 1}", JOURNAL ", \"tasks\": [1]}", JOURNAL ", \"tasks\": [{\"type\": \"x\"}]}",
		JOURNAL ", \"tasks\": [{\"type\": \"x\", \"method\": \"y\", \"identifier\": \"z\", \"wildcard\": 1}]}",
		"{\"schema\": \"tegata.journal.v1\", \"name\": \"b\", \"ca\": \"c\", \"server\": \"s\"}",
	};
	struct store_journal j = {0};
	struct store *reader = NULL;
	struct err e = ERR_INIT;
	bool found;
	char *path = place_path(p, "journal/a.json.broken");
	char *kept;

	assert_int_equal(store_open(p->state, &reader, &e), 0);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		place_write(p, "journal/a.json", texts[i]);
		found = true;
		assert_int_equal(store_journal_load(reader, "a", &j, &found, &e), 0);
		assert_false(found);
		assert_true(place_has(p, "journal/a.json")); /* who has no lock moves nothing */
		found = true;
		assert_int_equal(store_journal_load(p->s, "a", &j, &found, &e), 0);
		assert_false(found);
		assert_false(place_has(p, "journal/a.json"));
		kept = scratch_read(path);
		assert_string_equal(kept, texts[i]);
		free(kept);
	}
	place_write(p, "journal/a.json", JOURNAL "}");
	assert_int_equal(store_journal_load(p->s, "a", &j, &found, &e), 0);
	assert_true(found);
	store_journal_clear(&j);
	store_close(reader);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_state_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_members, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_state_garbage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_journal_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_journal_garbage, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
