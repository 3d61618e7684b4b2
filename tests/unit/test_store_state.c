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

static void fill_watch(struct store_state *st)
{
	st->ari = (struct store_ari){.cert_id = str_dup("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"), .start = 1790000100, .end = 1790000200,
		.explanation_url = str_dup("https://ca.example/why"), .fetched_at = 1790000300, .next_at = 1790000400, .failures = 2,
		.error = str_dup("no answer"), .not_offered = true};
	st->revocation = (struct store_revocation){.serial = str_dup("00af"), .status = str_dup("revoked"), .checked_at = 1790000500,
		.next_at = 1790000600, .revoked_at = 1790000700, .reason = 4, .asked = true, .failures = 5,
		.error = str_dup("responder away")};
	st->told = mem_new(2, sizeof *st->told);
	st->told_count = 2;
	st->told[0] = (struct store_told){.event = str_dup("expiring"), .detail = str_dup("10 days"), .at = 1790000800};
	st->told[1] = (struct store_told){.event = str_dup("deploy-failed"), .failures = 3};
	st->retry_why = str_dup("ladder");
	st->failed_for = str_dup("set-1");
	st->last_problem = str_dup("urn:ietf:params:acme:error:caa");
	st->held = 6;
	st->untrusted = true;
	st->early_at = 1790000012;
	st->prepared = 8;
	st->dropped = mem_new(2, sizeof *st->dropped);
	st->dropped_count = 2;
	st->dropped[0] = (struct store_dropped){str_dup("b.example.jp"), 1803826800};
	st->dropped[1] = (struct store_dropped){str_dup("www.b.example.jp"), 1803826800};
	st->moved_from = str_dup("jprs");
	st->moved_generation = 7;
}

static void test_watch_round_trip(void **state)
{
	struct place *p = *state;
	struct store_state st = {0};
	struct store_state back = {0};
	struct err e = ERR_INIT;

	fill_watch(&st);
	assert_int_equal(store_state_save(p->s, "a.jp", &st, &e), 0);
	assert_int_equal(store_state_load(p->s, "a.jp", &back, &e), 0);
	assert_string_equal(back.ari.cert_id, st.ari.cert_id);
	assert_int_equal(back.ari.start, 1790000100);
	assert_int_equal(back.ari.end, 1790000200);
	assert_string_equal(back.ari.explanation_url, "https://ca.example/why");
	assert_int_equal(back.ari.fetched_at, 1790000300);
	assert_int_equal(back.ari.next_at, 1790000400);
	assert_int_equal(back.ari.failures, 2);
	assert_string_equal(back.ari.error, "no answer");
	assert_true(back.ari.not_offered);
	assert_string_equal(back.revocation.serial, "00af");
	assert_string_equal(back.revocation.status, "revoked");
	assert_int_equal(back.revocation.checked_at, 1790000500);
	assert_int_equal(back.revocation.next_at, 1790000600);
	assert_int_equal(back.revocation.revoked_at, 1790000700);
	assert_int_equal(back.revocation.reason, 4);
	assert_true(back.revocation.asked);
	assert_int_equal(back.revocation.failures, 5);
	assert_string_equal(back.revocation.error, "responder away");
	assert_int_equal(back.told_count, 2);
	assert_string_equal(back.told[0].event, "expiring");
	assert_string_equal(back.told[0].detail, "10 days");
	assert_int_equal(back.told[0].at, 1790000800);
	assert_null(back.told[1].detail);
	assert_int_equal(back.told[1].at, 0);
	assert_int_equal(back.told[1].failures, 3);
	assert_string_equal(back.retry_why, "ladder");
	assert_string_equal(back.failed_for, "set-1");
	assert_string_equal(back.last_problem, "urn:ietf:params:acme:error:caa");
	assert_int_equal(back.held, 6);
	assert_true(back.untrusted);
	assert_int_equal(back.early_at, 1790000012);
	assert_int_equal(back.prepared, 8);
	assert_int_equal(back.dropped_count, 2);
	assert_string_equal(back.dropped[0].name, "b.example.jp");
	assert_string_equal(back.dropped[1].name, "www.b.example.jp");
	assert_int_equal(back.dropped[1].end_at, 1803826800);
	assert_string_equal(back.moved_from, "jprs");
	assert_int_equal(back.moved_generation, 7);
	store_state_clear(&back);
	assert_null(back.told);
	store_state_clear(&st);
}

/* Reason 0 is one that a CA can give; a state that says nothing of a revocation, however it came to be, has none. */
static void test_reason(void **state)
{
	struct place *p = *state;
	static const int kept[][2] = {{-1, -1}, {0, 0}, {1, 1}, {10, 10}, {11, -1}, {-7, -1}, {INT32_MAX, -1}};
	struct store_state st = {0};
	struct store_state back = {0};
	struct err e = ERR_INIT;

	assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
	assert_int_equal(back.revocation.reason, -1);
	place_write(p, "state/a.json", "{\"schema\": \"tegata.state.v1\", \"failures\": 3}"); /* an older version's */
	assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
	assert_int_equal(back.failures, 3);
	assert_int_equal(back.revocation.reason, -1);
	assert_null(back.ari.cert_id);
	assert_int_equal(back.told_count, 0);
	place_write(p, "state/a.json", "broken");
	assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
	assert_int_equal(back.revocation.reason, -1);
	assert_int_equal(store_state_save(p->s, "a", &st, &e), 0);
	assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
	assert_int_equal(back.revocation.reason, -1);

	st.revocation.serial = str_dup("01");
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		st.revocation.reason = kept[i][0];
		assert_int_equal(store_state_save(p->s, "a", &st, &e), 0);
		assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
		assert_int_equal(back.revocation.reason, kept[i][1]);
		store_state_clear(&back);
	}
	store_state_clear(&st);
}

/* What makes no sense is no decision: then nothing was let go, prepared or moved. */
static void test_bad_lapse(void **state)
{
	static const char *const bad[] = {
		"\"prepared\": -1", "\"prepared\": 1000001", "\"prepared\": \"8\"", "\"moved_from\": 3", "\"moved_generation\": -2",
		"\"dropped\": {}", "\"dropped\": [{}]", "\"dropped\": [3]", "\"dropped\": [{\"name\": \"a\", \"end_at\": -1}]",
		"\"dropped\": [{\"name\": 5, \"end_at\": 1}]",
	};
	struct place *p = *state;
	struct store_state back = {0};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *text = str_fmt("{\"schema\": \"tegata.state.v1\", \"failures\": 3, \"prepared\": 4, %s}", bad[i]);

		place_write(p, "state/a.json", text);
		assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
		if (back.failures != 0 || back.prepared != 0 || back.dropped_count != 0 || back.moved_from != NULL)
			fail_msg("%s", bad[i]);
		store_state_clear(&back);
		free(text);
	}
}

static char *repeated(const char *text, size_t times)
{
	size_t len = strlen(text);
	char *all = mem_new(len * times + 1, 1);

	for (size_t i = 0; i < times; i++)
		memcpy(all + i * len, text, len);
	return all;
}

/* Whatever is saved can be loaded again: what is too much is left out or cut, within no character. */
static void test_bounds(void **state)
{
	struct place *p = *state;
	struct store_state st = {0};
	struct store_state back = {0};
	struct err e = ERR_INIT;

	st.told = mem_new(100, sizeof *st.told);
	for (st.told_count = 0; st.told_count < 100; st.told_count++)
		st.told[st.told_count] = (struct store_told){.event = str_fmt("e%zu", st.told_count), .detail = repeated("\xff", 5000)};
	st.ari = (struct store_ari){.cert_id = repeated("a", 2000), .error = repeated("\xe3\x81\x82", 3000), .start = -5,
	                            .end = INT64_MAX, .failures = INT32_MAX};
	st.retry_why = repeated("\xff", 1024);
	st.failed_for = repeated("x", 1025);
	st.held = -3;
	st.dropped = mem_new(1002, sizeof *st.dropped);
	for (st.dropped_count = 0; st.dropped_count < 1002; st.dropped_count++)
		st.dropped[st.dropped_count] = (struct store_dropped){st.dropped_count == 1 ? NULL : str_fmt("n%zu", st.dropped_count), -7};
	str_replace(&st.dropped[2].name, repeated("x", 1025));
	assert_int_equal(store_state_save(p->s, "a", &st, &e), -1); /* 1 MiB of it */
	assert_error(&e, ERR_INTERNAL, "state/a.json would be too large");
	assert_false(place_has(p, "state/a.json"));
	for (size_t i = 1; i < 100; i++)
		str_replace(&st.told[i].detail, NULL);
	str_replace(&st.told[98].event, repeated("e", 2000));
	str_replace(&st.told[99].detail, repeated("\xff", 5000));
	assert_int_equal(store_state_save(p->s, "a", &st, &e), 0);
	assert_int_equal(store_state_load(p->s, "a", &back, &e), 0);
	assert_int_equal(back.told_count, 63);
	assert_int_equal(back.dropped_count, 998);
	assert_string_equal(back.dropped[1].name, "n3");
	assert_int_equal(back.dropped[1].end_at, 0);
	assert_string_equal(back.told[0].event, "e36");
	assert_string_equal(back.told[62].event, "e99");
	assert_int_equal(strlen(back.told[62].detail), (size_t)4096 * 4);
	assert_null(back.ari.cert_id);
	assert_int_equal(strlen(back.ari.error), 4095);
	assert_int_equal(strspn(back.ari.error, "\xe3\x81\x82"), 4095);
	assert_int_equal(back.ari.start, 0);
	assert_int_equal(back.ari.end, 253402300799);
	assert_int_equal(back.ari.failures, 1000000);
	assert_int_equal(strlen(back.retry_why), (size_t)1024 * 4);
	assert_null(back.failed_for);
	assert_int_equal(back.held, 0);
	store_state_clear(&back);
	store_state_clear(&st);
}

/* A text of one byte more than is ever written. */
static void test_long_text(void **state)
{
	struct place *p = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;

	for (size_t more = 0; more < 2; more++) {
		char *id = repeated("x", 4096 + more);
		char *text = str_fmt("{\"schema\": \"tegata.state.v1\", \"failures\": 1, \"retry_why\": \"%s\"}", id);

		place_write(p, "state/a.json", text);
		assert_int_equal(store_state_load(p->s, "a", &st, &e), 0);
		assert_int_equal(st.failures, 1 - (int)more);
		store_state_clear(&st);
		free(text);
		free(id);
	}
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

#define TOLD_4 "{\"event\": \"x\"}, {\"event\": \"x\"}, {\"event\": \"x\"}, {\"event\": \"x\"}"
#define TOLD_16 TOLD_4 ", " TOLD_4 ", " TOLD_4 ", " TOLD_4
#define TOLD_64 TOLD_16 ", " TOLD_16 ", " TOLD_16 ", " TOLD_16

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
	"{\"schema\": \"tegata.state.v1\", \"ari\": []}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"cert_id\": 1}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"start\": \"soon\"}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"end\": -1}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"failures\": 1.5}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"explanation_url\": {}}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"fetched_at\": true}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"next_at\": 9223372036854775807}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"error\": 0}}",
	"{\"schema\": \"tegata.state.v1\", \"ari\": {\"not_offered\": 1}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": \"good\"}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"serial\": 1}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"status\": false}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"checked_at\": \"x\"}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"next_at\": []}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"revoked_at\": -2}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"reason\": 11}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"reason\": -1}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"reason\": \"keyCompromise\"}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"asked\": \"yes\"}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"failures\": -1}}",
	"{\"schema\": \"tegata.state.v1\", \"revocation\": {\"error\": []}}",
	"{\"schema\": \"tegata.state.v1\", \"told\": {}}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [1]}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [{}]}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [{\"event\": 5}]}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [{\"event\": \"x\", \"detail\": 5}]}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [{\"event\": \"x\", \"at\": \"now\"}]}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [{\"event\": \"x\", \"failures\": null, \"at\": -1}]}",
	"{\"schema\": \"tegata.state.v1\", \"told\": [" TOLD_64 ", {\"event\": \"x\"}]}",
	"{\"schema\": \"tegata.state.v1\", \"retry_why\": 1}",
	"{\"schema\": \"tegata.state.v1\", \"failed_for\": []}",
	"{\"schema\": \"tegata.state.v1\", \"last_problem\": {}}",
	"{\"schema\": \"tegata.state.v1\", \"held\": \"1\"}",
	"{\"schema\": \"tegata.state.v1\", \"held\": -1}",
	"{\"schema\": \"tegata.state.v1\", \"held\": 1000000000}",
	"{\"schema\": \"tegata.state.v1\", \"untrusted\": 0}",
	"{\"schema\": \"tegata.state.v1\", \"early_at\": -1}",
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
		cmocka_unit_test_setup_teardown(test_watch_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_bad_lapse, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_reason, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_bounds, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_long_text, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_members, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_state_garbage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_journal_round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_journal_garbage, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
