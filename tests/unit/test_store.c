#include "config.h"

#include "store/store.h"

#include <signal.h>

#include "base/clock.h"
#include "base/sig.h"
#include "store_maker.h"

static void test_names(void **state)
{
	static const char *const good[] = {"a", "www.example.jp", "A-1_b.c", "1..2", "x.json",
	                                    "example.jp+rsa2048", "a+b"};
	static const char *const bad[] = {"", ".", "..", ".a", "-a", "_a", "a/b", "../a", "a b", "a\n", "a%", "\xe3\x81\x82", "a:b",
	                                   "+a", "a+", "a+b+c", "a++b", "+"};
	char longest[STORE_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(store_name_ok(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(store_name_ok(bad[i]));
	assert_false(store_name_ok(NULL));
	memset(longest, 'a', sizeof longest);
	longest[STORE_NAME_MAX + 1] = '\0';
	assert_false(store_name_ok(longest));
	longest[STORE_NAME_MAX] = '\0';
	assert_true(store_name_ok(longest));
}

static void test_open_path(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;
	char *cwd = getcwd(NULL, 0);
	char *wanted = fs_join(cwd, "some/where");

	(void)state;
	assert_int_equal(store_open("some/where//", &s, &e), 0);
	assert_string_equal(store_dir(s), wanted);
	store_close(s);
	assert_int_equal(store_open("", &s, &e), -1);
	assert_error(&e, ERR_CONFIG, "empty");
	store_close(NULL);
	assert_int_equal(store_open("/", &s, &e), 0);
	assert_string_equal(store_dir(s), "/");
	store_close(s);
	free(wanted);
	free(cwd);
}

/* Names that could leave the store, and changes without the lock, stop at every entrance. */
static void test_entrances(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;
	struct store *unlocked = NULL;
	struct store_generation g = {0};
	struct store_state st = {0};
	struct store_account a = {.id = (char[]){"../x"}, .server = (char[]){"s"}, .key_pem = (char[]){"k"}};
	struct store_journal j = {.name = (char[]){"../x"}};
	struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600};
	struct store_pems pems = {"", "", ""};
	struct store_validations v = {0};
	int *numbers = NULL;
	size_t count = 0;
	bool found;
	int n = 0;

#define INTERNAL(call) \
	do { \
		assert_int_equal(call, -1); \
		assert_error(&e, ERR_INTERNAL, ""); \
	} while (0)

	INTERNAL(store_generation_begin(p->s, "../x", "k", 1, &policy, &n, &e));
	INTERNAL(store_generation_key(p->s, "../x", 1, NULL, &e));
	INTERNAL(store_generation_key(p->s, "x", 0, NULL, &e));
	INTERNAL(store_generation_finish(p->s, &g, &pems, &e));
	INTERNAL(store_generation_switch(p->s, "../x", 1, &e));
	INTERNAL(store_generation_switch(p->s, "x", -1, &e));
	INTERNAL(store_generation_drop(p->s, "../x", 1, &e));
	INTERNAL(store_generation_sweep(p->s, "../x", &e));
	INTERNAL(store_generation_live(p->s, "../x", &g, &found, &e));
	INTERNAL(store_generation_check(p->s, "../x", 1, &e));
	INTERNAL(store_generation_load(p->s, "../x", 1, &g, &e));
	INTERNAL(store_generation_numbers(p->s, "../x", &numbers, &count, &e));
	INTERNAL(store_state_load(p->s, "../x", &st, &e));
	INTERNAL(store_state_save(p->s, "../x", &st, &e));
	INTERNAL(store_journal_save(p->s, &j, &e));
	INTERNAL(store_journal_load(p->s, "../x", &j, &found, &e));
	INTERNAL(store_journal_remove(p->s, "../x", &e));
	INTERNAL(store_account_save(p->s, &a, &e));
	INTERNAL(store_account_load(p->s, "../x", &a, &e));
	INTERNAL(store_next_key_save(p->s, "../x", "k", 1, &e));
	INTERNAL(store_next_key_load(p->s, "../x", NULL, &found, &e));
	INTERNAL(store_next_key_remove(p->s, "../x", &e));
	assert_null(store_live_path(p->s, "../x", "cert.pem"));

	a.id[0] = a.id[1] = a.id[2] = 'x';
	assert_int_equal(store_open(p->state, &unlocked, &e), 0);
	INTERNAL(store_generation_begin(unlocked, "x", "k", 1, &policy, &n, &e));
	INTERNAL(store_generation_switch(unlocked, "x", 1, &e));
	INTERNAL(store_generation_drop(unlocked, "x", 1, &e));
	INTERNAL(store_generation_sweep(unlocked, "x", &e));
	INTERNAL(store_state_save(unlocked, "x", &st, &e));
	INTERNAL(store_journal_remove(unlocked, "x", &e));
	INTERNAL(store_next_key_save(unlocked, "x", "k", 1, &e));
	INTERNAL(store_next_key_remove(unlocked, "x", &e));
	INTERNAL(store_validations_save(unlocked, &v, 1, &e));
	INTERNAL(store_account_save(unlocked, &a, &e));
	store_close(unlocked);
}

static void test_folders(void **state)
{
	struct place *p = *state;
	static const char *const made[] = {"", "accounts", "generations", "live", "state", "journal", "keys"};
	struct err e = ERR_INIT;
	char *deep = fs_join(p->dir, "a/b/c");
	char *parent = fs_join(p->dir, "a/b");
	struct stat st;
	struct store *s;

	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		assert_int_equal(place_mode(p, made[i]), 0700);
	assert_int_equal(place_mode(p, "lock"), 0600);
	assert_int_equal(store_lock(p->s, 0, &e), 0); /* again is harmless */
	s = store_made(deep);
	assert_int_equal(stat(parent, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	store_close(s);
	free(parent);
	free(deep);
}

static void test_refused_folders(void **state)
{
	struct place *p = *state;
	static const struct { const char *below; mode_t mode; const char *text; } cases[] = {
		{"", 0770, "(mode 0770)"}, {"", 0707, "(mode 0707)"}, {"live", 01777, "(mode 1777)"}, {"accounts", 0720, "accounts"}, {"keys", 0770, "keys"},
		{"", 0755, NULL}, {"state", 0750, NULL},
	};
	struct err e = ERR_INIT;

	store_close(p->s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *path = place_path(p, cases[i].below);

		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_int_equal(store_open(p->state, &p->s, &e), 0);
		if (cases[i].text != NULL) {
			assert_int_equal(store_lock(p->s, 0, &e), -1);
			assert_non_null(e.advice);
			assert_error(&e, ERR_IO, cases[i].text);
		} else {
			assert_int_equal(store_lock(p->s, 0, &e), 0);
		}
		store_close(p->s);
		p->s = NULL;
		assert_int_equal(chmod(path, 0700), 0);
		free(path);
	}
}

static void test_refused_owner_and_links(void **state)
{
	struct place *p = *state;
	char *live = place_path(p, "live");
	char *other = fs_join(p->dir, "elsewhere");
	struct err e = ERR_INIT;

	store_close(p->s);
	assert_int_equal(store_open(p->state, &p->s, &e), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(p->state, NOBODY, NOBODY), 0);
		assert_int_equal(store_lock(p->s, 0, &e), -1);
		assert_error(&e, ERR_IO, "belongs to user 65534");
		assert_int_equal(chown(p->state, 0, 0), 0);
	}
	assert_int_equal(rename(live, other), 0);
	assert_int_equal(symlink(other, live), 0);
	assert_int_equal(store_lock(p->s, 0, &e), -1);
	assert_error(&e, ERR_IO, "live is in the way");
	assert_int_equal(unlink(live), 0);
	assert_int_equal(store_lock(p->s, 0, &e), 0); /* the failed tries have not kept the lock */

	/* The state folder as a whole may lie elsewhere. */
	free(live);
	live = fs_join(p->dir, "link");
	assert_int_equal(symlink("state", live), 0);
	store_close(p->s);
	p->s = store_made(live);
	free(other);
	free(live);
}

static void test_leftovers(void **state)
{
	struct place *p = *state;
	static const char *const gone[] = {"state/.a.json.tmp-12", "journal/.a.json.tmp-1", "live/.a.tmp-99",
	                                   "accounts/x/.key.pem.tmp-3", "keys/.a.next.pem.tmp-4", ".validations.json.tmp-5"};
	static const char *const kept[] = {"state/.a.json.tmp-", "state/a.tmp-1", "state/.b.tmp-1x", "accounts/x/key.pem",
	                                   ".tegata.tmp-1"}; /* beside our folders only what we wrote */
	struct err e = ERR_INIT;
	char *x = place_path(p, "accounts/x");

	assert_int_equal(mkdir(x, 0700), 0);
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		place_write(p, gone[i], "x");
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		place_write(p, kept[i], "x");
	store_close(p->s);
	assert_int_equal(store_open(p->state, &p->s, &e), 0);
	assert_int_equal(store_lock(p->s, 0, &e), 0);
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		assert_false(place_has(p, gone[i]));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_true(place_has(p, kept[i]));
	free(x);
}

/* A child that takes the lock of p->state, says so, and holds it until it is told to end (end = true) or killed. */
static pid_t hold_lock(const char *dir, int *tell)
{
	int up[2];
	int down[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e = ERR_INIT;
		struct store *s = NULL;

		close(down[1]);
		if (store_open(dir, &s, &e) != 0 || store_lock(s, 0, &e) != 0 || write(up[1], "x", 1) != 1)
			_exit(1);
		while (read(down[0], &c, 1) > 0)
			;
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	assert_int_equal(read(up[0], &c, 1), 1);
	close(up[0]);
	*tell = down[1];
	return pid;
}

static void test_two_processes(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;
	char *pid_text;
	int64_t before;
	int tell;
	pid_t pid;

	store_close(p->s);
	pid = hold_lock(p->state, &tell);
	pid_text = str_fmt("process %ld", (long)pid);
	assert_int_equal(store_open(p->state, &p->s, &e), 0);
	assert_int_equal(store_lock(p->s, 0, &e), -1);
	assert_error(&e, ERR_LOCKED, pid_text);
	before = clock_mono_ms(clock_system());
	assert_int_equal(store_lock(p->s, 1, &e), -1);
	assert_true(clock_mono_ms(clock_system()) - before >= 1000);
	assert_error(&e, ERR_LOCKED, pid_text);
	/* A kill -9 leaves no lock behind. */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(store_lock(p->s, 0, &e), 0);
	close(tell);
	free(pid_text);
}

static void test_waiting(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;
	struct sigaction old;
	int tell;
	pid_t pid;

	store_close(p->s);
	pid = hold_lock(p->state, &tell);
	assert_int_equal(store_open(p->state, &p->s, &e), 0);

	assert_int_equal(sigaction(SIGTERM, NULL, &old), 0);
	sig_install();
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(store_lock(p->s, 600, &e), -1);
	assert_error(&e, ERR_INTERRUPTED, "SIGTERM");
	sig_reset();
	assert_int_equal(sigaction(SIGTERM, &old, NULL), 0);

	close(tell); /* the holder ends sooner or later */
	assert_int_equal(store_lock(p->s, 60, &e), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int cannot_make(const char *dir)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;
	char *below = fs_join(dir, "no/state");
	int line = 0;

	if (store_open(below, &s, &e) != 0)
		return __LINE__;
	if (chmod(dir, 0500) != 0)
		return __LINE__;
	if (store_lock(s, 0, &e) == 0 || e.kind != ERR_IO || e.sys_errno != EACCES || strstr(e.cause, dir) == NULL)
		line = __LINE__;
	chmod(dir, 0700);
	err_clear(&e);
	if (line == 0 && (store_lock(s, 0, &e) != 0 || e.kind != ERR_NONE))
		line = __LINE__;
	store_close(s);
	free(below);
	return line;
}

static void test_unwritable(void **state)
{
	struct place *p = *state;
	char *dir = fs_join(p->dir, "theirs");

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(as_nobody(cannot_make, dir), 0);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_open_path),
		cmocka_unit_test_setup_teardown(test_entrances, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_folders, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_refused_folders, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_refused_owner_and_links, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_two_processes, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_waiting, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_unwritable, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
