#include "config.h"

#include "base/hook.h"

#include "scratch.h"
#include "skipping.h"

struct bed {
	char *dir, *local, *shipped;
	struct hook_dirs dirs;
};

static int setup(void **state)
{
	struct bed *b = mem_new(1, sizeof *b);

	b->dir = scratch_make();
	b->local = fs_join(b->dir, "local");
	b->shipped = fs_join(b->dir, "shipped");
	assert_int_equal(mkdir(b->local, 0755), 0);
	assert_int_equal(mkdir(b->shipped, 0755), 0);
	b->dirs = (struct hook_dirs){.local = b->local, .shipped = b->shipped};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	scratch_remove(b->dir);
	free(b->local);
	free(b->shipped);
	free(b);
	return 0;
}

static void put_script(const char *dir, const char *name, const char *body, mode_t mode)
{
	char *path = fs_join(dir, name);
	char *text = str_fmt("#!/bin/sh\n%s\n", body);

	scratch_write(path, text, mode);
	free(text);
	free(path);
}

static struct hook_spec word(const char *first)
{
	struct hook_spec h = {.timeout_sec = 20};

	strs_add(&h.words, first);
	return h;
}

static void finds(struct bed *b, const char *name, const char *want)
{
	struct hook_spec h = word(name);
	struct err e = ERR_INIT;
	char *path = NULL;

	assert_int_equal(hook_find(&h, &b->dirs, &path, &e), 0);
	assert_string_equal(path, want);
	free(path);
	hook_clear(&h);
}

static void refuses(struct bed *b, const char *name, const char *want)
{
	struct hook_spec h = word(name);
	struct err e = ERR_INIT;
	char *path = NULL;

	assert_int_equal(hook_find(&h, &b->dirs, &path, &e), -1);
	assert_int_equal(e.kind, ERR_HOOK);
	assert_null(path);
	if (strstr(e.cause, want) == NULL)
		fail_msg("\"%s\" is not in: %s", want, e.cause);
	err_clear(&e);
	hook_clear(&h);
}

static void finds_local_before_shipped(void **state)
{
	struct bed *b = *state;
	char *mine = fs_join(b->local, "both");
	char *theirs = fs_join(b->shipped, "only-shipped");

	put_script(b->local, "both", "exit 0", 0755);
	put_script(b->shipped, "both", "exit 0", 0755);
	put_script(b->shipped, "only-shipped", "exit 0", 0755);
	finds(b, "both", mine);
	finds(b, "only-shipped", theirs);
	finds(b, mine, mine);
	free(mine);
	free(theirs);
}

static void refuses_what_is_no_hook(void **state)
{
	static const char *const bad_names[] = {"", ".", "..", ".hidden", "a/b", "../both", "nginx -t", "a;b", "a\nb"};
	struct bed *b = *state;
	char *folder = fs_join(b->local, "folder");
	char *absolute = fs_join(b->dir, "nothing");
	char *both_places = str_fmt("%s/nothing or %s/nothing", b->local, b->shipped);

	for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
		refuses(b, bad_names[i], "neither an absolute path nor a hook's name");
	refuses(b, "nothing", both_places);
	refuses(b, absolute, "there is no hook");
	assert_int_equal(mkdir(folder, 0755), 0);
	refuses(b, "folder", "not a regular file");
	put_script(b->local, "plain", "exit 0", 0644);
	put_script(b->shipped, "plain", "exit 0", 0755);
	refuses(b, "plain", "not executable");
	free(folder);
	free(absolute);
	free(both_places);
}

static void refuses_world_writable_as_root(void **state)
{
	struct bed *b = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	put_script(b->local, "open", "exit 0", 0757);
	refuses(b, "open", "by every user (mode 0757)");
}

static void refuses_replaceable_as_root(void **state)
{
	struct bed *b = *state;
	char *path = fs_join(b->local, "swap");
	char *link = fs_join(b->shipped, "way-there");

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	put_script(b->local, "swap", "exit 0", 0755);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(chmod(b->local, 0777), 0);
	refuses(b, "swap", "by every user");
	refuses(b, "way-there", "by every user");
	refuses(b, path, "by every user");
	assert_int_equal(chmod(b->local, 01777), 0);
	finds(b, "swap", path);
	assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
	refuses(b, "swap", "local/swap belongs to the user nobody");
	assert_int_equal(chmod(b->local, 0755), 0);
	refuses(b, "swap", "local/swap belongs to the user nobody");
	b->dirs.user = "nobody";
	finds(b, "swap", path);
	b->dirs.user = NULL;
	assert_int_equal(chown(path, 0, 0), 0);
	finds(b, "swap", path);
	finds(b, "way-there", link);
	free(path);
	free(link);
}

/* Whatever is on the way, the message names the very component. */
static void refuses_what_others_can_change(void **state)
{
	static const struct { const char *name; mode_t mode; uid_t uid; const char *want; } table[] = {
		{"a", 0775, 0, "the folder %s/a can be written to by its whole group (mode 0775)"},
		{"a", 0757, 0, "the folder %s/a can be written to by every user (mode 0757)"},
		{"a", 0755, 65534, "the folder %s/a belongs to the user nobody"},
		{"a", 01777, 65534, "the folder %s/a belongs to the user nobody"},
		{"a/b", 0775, 0, "the folder %s/a/b can be written to by its whole group"},
		{"a/b", 0755, 65534, "the folder %s/a/b belongs to the user nobody"},
		{"a/b/hook", 0775, 0, "%s/a/b/hook can be written to by its whole group (mode 0775)"},
		{"a/b/hook", 0757, 0, "%s/a/b/hook can be written to by every user (mode 0757)"},
		{"a/b/hook", 04755, 65534, "%s/a/b/hook belongs to the user nobody"},
		{"a/b/sh", 0757, 0, "%s/a/b/sh can be written to by every user"},
		{"a/b/sh", 0755, 65534, "%s/a/b/sh belongs to the user nobody"},
	};
	struct bed *b = *state;
	char *folder = fs_join(b->dir, "a"), *below = fs_join(b->dir, "a/b"), *hook = fs_join(b->dir, "a/b/hook");
	char *link = fs_join(b->dir, "link"), *text = str_fmt("#!%s/a/b/sh -e\nexit 0\n", b->dir);
	char *interpreter = fs_join(below, "sh");

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	assert_int_equal(mkdir(folder, 0755) | mkdir(below, 0755) | symlink("a/../a/b/hook", link), 0);
	scratch_write(hook, text, 0755);
	scratch_write(interpreter, "#!/bin/sh\n", 0755);
	finds(b, hook, hook);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *path = fs_join(b->dir, table[i].name), *percent = strstr(table[i].want, "%s");
		char *want = str_fmt("%.*s%s%s", (int)(percent - table[i].want), table[i].want, b->dir, percent + 2);

		assert_int_equal(chown(path, table[i].uid, 0) | chmod(path, table[i].mode), 0);
		refuses(b, hook, want);
		refuses(b, link, want);
		assert_int_equal(chown(path, 0, 0) | chmod(path, 0755), 0);
		finds(b, link, link);
		free(want);
		free(path);
	}
	free(interpreter);
	free(text);
	free(link);
	free(hook);
	free(below);
	free(folder);
}

static void says_what_a_script_lacks(void **state)
{
	struct bed *b = *state;
	struct hook_spec h = {.shell = str_dup("true"), .user = str_dup("no-such-user")};
	struct err e = ERR_INIT;
	char *path = fs_join(b->local, "script");

	scratch_write(path, "#!/bin/sh\r\nexit 0\r\n", 0755);
	refuses(b, "script", "asks in its first line for the program /bin/sh\\x0D, which is not there");
	scratch_write(path, "#! /no/such/interpreter -x\n", 0755);
	refuses(b, "script", "for the program /no/such/interpreter, which");
	scratch_write(path, "#!", 0755);
	finds(b, "script", path);
	free(path);
	path = NULL;
	assert_int_equal(hook_find(&h, &b->dirs, &path, &e), -1);
	assert_string_equal(e.cause, "there is no user no-such-user on this machine to run the hook as");
	err_clear(&e);
	hook_clear(&h);
}

static char *run_ok(struct bed *b, const struct hook_spec *h, const struct strs *args, const struct strs *env)
{
	struct hook_call call = {h, &b->dirs, args, env};
	struct err e = ERR_INIT;
	char *text = NULL;

	if (hook_run(&call, &text, &e) != 0)
		fail_msg("%s", e.cause);
	return text;
}

static void arguments_follow_the_words(void **state)
{
	static const char show[] = "for a in \"$0\" \"$@\"; do printf '<%s>' \"${a##*/}\"; done";
	struct bed *b = *state;
	struct hook_spec h = word("show");
	struct strs args = {0};
	char *text;

	put_script(b->local, "show", show, 0755);
	strs_add(&h.words, "fixed one");
	strs_add(&args, "present");
	strs_add(&args, "$(id) *");
	text = run_ok(b, &h, &args, NULL);
	assert_string_equal(text, "<show><fixed one><present><$(id) *>");
	free(text);
	h.plain_args = true;
	text = run_ok(b, &h, &args, NULL);
	assert_string_equal(text, "<show><fixed one>");
	free(text);
	hook_clear(&h);

	h = (struct hook_spec){.shell = str_dup("echo $#:$TEGATA_X"), .env = {0}};
	hook_env_put(&h.env, "TEGATA_X", "$(echo no)");
	text = run_ok(b, &h, &args, NULL);
	assert_string_equal(text, "0:$(echo no)\n");
	free(text);
	hook_clear(&h);
	strs_clear(&args);
}

static void environment_is_exact(void **state)
{
	struct bed *b = *state;
	struct hook_spec h = word("/usr/bin/env");
	struct strs env = {0};
	char *text;

	assert_int_equal(clearenv(), 0);
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("HOME", "/home/of-ours", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("LC_TIME", "C", 1);
	setenv("TZ", "Asia/Tokyo", 1);
	setenv("LD_PRELOAD_NOT", "x", 1);
	setenv("SECRET", "x", 1);
	setenv("BASH_ENV", "/tmp/x", 1);
	strs_add(&h.env, "SERVER=192.0.2.1");
	strs_add(&h.env, "TEGATA_STAGE=from the settings");
	assert_int_equal(hook_env_add(&env, "TEGATA_STAGE", "present"), 0);
	text = run_ok(b, &h, NULL, &env);
	assert_string_equal(text, "PATH=/usr/bin:/bin\nLANG=C.UTF-8\nLC_TIME=C\nTZ=Asia/Tokyo\nHOME=/home/of-ours\n"
	                    "SERVER=192.0.2.1\nTEGATA_STAGE=present\n");
	free(text);
	strs_clear(&env);
	hook_clear(&h);
}

static void another_user_has_a_home_of_his_own(void **state)
{
	struct bed *b = *state;
	struct hook_spec h = {.timeout_sec = 20};
	char *text;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	h.shell = str_dup("echo \"$(id -u) $HOME\"");
	h.user = str_dup("nobody");
	setenv("HOME", "/root", 1);
	text = run_ok(b, &h, NULL, NULL);
	assert_string_not_equal(text, "");
	assert_null(strstr(text, "/root"));
	assert_false(str_starts(text, "0 "));
	free(text);
	free(h.user);
	h.user = NULL;
	b->dirs.user = "nobody";
	text = run_ok(b, &h, NULL, NULL);
	assert_null(strstr(text, "/root"));
	assert_false(str_starts(text, "0 "));
	free(text);
	h.user = str_dup("root");
	text = run_ok(b, &h, NULL, NULL);
	assert_true(str_starts(text, "0 "));
	free(text);
	hook_clear(&h);
}

static void guards_values(void **state)
{
	struct strs env = {0};

	(void)state;
	assert_int_equal(hook_env_add(&env, "A", "1"), 0);
	assert_int_equal(hook_env_add(&env, "AB", "2"), 0);
	assert_int_equal(hook_env_add(&env, "A", "3"), 0);
	assert_int_equal(hook_env_add(&env, "NOT", NULL), 0);
	assert_int_equal(hook_env_add(&env, "A", "x\ny"), -1);
	assert_int_equal(hook_env_add(&env, "C", "x\x1b[2J"), -1);
	assert_int_equal(hook_env_add(&env, "C", "x\x7f"), -1);
	assert_int_equal(hook_env_add(&env, "D", "日本語"), 0);
	assert_int_equal(env.count, 3);
	assert_string_equal(env.item[0], "A=3");
	assert_string_equal(env.item[1], "AB=2");
	assert_string_equal(env.item[2], "D=日本語");
	strs_clear(&env);
}

static void run_fails(struct bed *b, const char *body, int timeout_sec, const char *want)
{
	struct hook_spec h = word("failing");
	struct hook_call call = {&h, &b->dirs, NULL, NULL};
	struct err e = ERR_INIT;
	char *text = NULL;

	h.timeout_sec = timeout_sec;
	put_script(b->local, "failing", body, 0755);
	assert_int_equal(hook_run(&call, &text, &e), -1);
	assert_int_equal(e.kind, ERR_HOOK);
	assert_null(text);
	assert_string_equal(e.cause, want);
	err_clear(&e);
	hook_clear(&h);
}

static void failures_say_what_and_why(void **state)
{
	struct bed *b = *state;

	run_fails(b, "exit 3", 20, "the hook \"failing\" failed with exit status 3");
	run_fails(b, "echo out; echo first >&2; echo 'the \033[1mreason' >&2; echo >&2; exit 1", 20,
	          "the hook \"failing\" failed with exit status 1: the \\x1B[1mreason");
	run_fails(b, "kill -9 $$", 20, "the hook \"failing\" was ended by signal 9");
	run_fails(b, "echo waiting >&2; exec sleep 100", 1,
	          "the hook \"failing\" had not ended after 1 seconds and was stopped: waiting");
}

static void not_startable_is_the_hooks_failure(void **state)
{
	struct bed *b = *state;
	struct hook_spec h = word("broken");
	struct hook_call call = {&h, &b->dirs, NULL, NULL};
	struct err e = ERR_INIT;
	char *path = fs_join(b->local, "broken");

	scratch_write(path, "#!/nonexistent/interpreter\n", 0755);
	assert_int_equal(hook_run(&call, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_HOOK);
	err_clear(&e);
	hook_clear(&h);
	free(path);
}

static void files_are_readable_by_servers(void **state)
{
	struct bed *b = *state;
	struct hook_spec h = {.shell = str_dup("umask")};
	mode_t old = umask(077);
	char *text = run_ok(b, &h, NULL, NULL);

	umask(old);
	assert_string_equal(text, "0022\n");
	free(text);
	hook_clear(&h);
}

static void ids_tell_hooks_apart(void **state)
{
	struct hook_spec a = word("systemd-reload");
	struct hook_spec b = {0};
	char *id = hook_id(&a);
	char *other;

	(void)state;
	assert_string_equal(id, "systemd-reload");
	free(id);
	strs_add(&a.words, "postfix");
	hook_copy(&b, &a);
	b.timeout_sec = 7;
	id = hook_id(&a);
	other = hook_id(&b);
	assert_string_equal(id, other);
	assert_true(str_starts(id, "systemd-reload#"));
	free(other);
	strs_add(&b.env, "A=1");
	other = hook_id(&b);
	assert_string_not_equal(id, other);
	free(other);
	free(id);
	hook_clear(&a);
	hook_clear(&b);
	assert_false(hook_is_set(&a));
	a.shell = str_dup("systemctl reload nginx");
	assert_true(hook_is_set(&a));
	id = hook_id(&a);
	assert_string_equal(id, "shell: systemctl reload nginx");
	free(id);
	hook_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_local_before_shipped, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_hook, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_world_writable_as_root, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_replaceable_as_root, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_others_can_change, setup, teardown),
		cmocka_unit_test_setup_teardown(says_what_a_script_lacks, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments_follow_the_words, setup, teardown),
		cmocka_unit_test_setup_teardown(another_user_has_a_home_of_his_own, setup, teardown),
		cmocka_unit_test(guards_values),
		cmocka_unit_test_setup_teardown(failures_say_what_and_why, setup, teardown),
		cmocka_unit_test_setup_teardown(not_startable_is_the_hooks_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_readable_by_servers, setup, teardown),
		cmocka_unit_test(ids_tell_hooks_apart),
		cmocka_unit_test_setup_teardown(environment_is_exact, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
