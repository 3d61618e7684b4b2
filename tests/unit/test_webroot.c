#include "config.h"

#include "solve/solver.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "scratch.h"

#define TOKEN "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define KEY_AUTHORIZATION TOKEN ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define NOBODY 65534

struct bed {
	char *dir, *root, *outside, *file;
	struct solver_set *set;
};

static int setup(void **state)
{
	const struct solver_options options = {.worker_user = NULL};
	struct bed *b = mem_new(1, sizeof *b);
	struct err e = ERR_INIT;

	b->dir = scratch_make();
	b->root = fs_join(b->dir, "html");
	b->outside = fs_join(b->dir, "outside");
	b->file = fs_join(b->root, ".well-known/acme-challenge/" TOKEN);
	assert_int_equal(mkdir(b->root, 0755), 0);
	assert_int_equal(mkdir(b->outside, 0755), 0);
	assert_int_equal(solver_open(&options, &b->set, &e), 0);
	umask(077);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	solver_close(b->set);
	scratch_remove(b->dir);
	free(b->root);
	free(b->outside);
	free(b->file);
	free(b);
	return 0;
}

static struct solver_task task_for(const char *webroot)
{
	return (struct solver_task){
		.plan = {.type = SOLVER_HTTP_01, .method = SOLVER_WEBROOT, .webroot = webroot},
		.certificate = "www", .identifier = "www.example.jp", .token = TOKEN, .key_authorization = KEY_AUTHORIZATION,
	};
}

static void presents(struct bed *b, struct solver_task *t)
{
	struct err e = ERR_INIT;

	if (solver_present(b->set, t, &e) != 0)
		fail_msg("%s", e.cause);
	assert_true(t->presented);
}

static void cleans(struct bed *b, struct solver_task *t)
{
	struct err e = ERR_INIT;

	if (solver_cleanup(b->set, t, &e) != 0)
		fail_msg("%s", e.cause);
	assert_false(t->presented);
}

static void refused(struct bed *b, struct solver_task *t, const char *want)
{
	struct err e = ERR_INIT;

	assert_int_equal(solver_present(b->set, t, &e), -1);
	assert_int_equal(e.kind, ERR_CHALLENGE);
	assert_false(t->presented);
	if (strstr(e.cause, want) == NULL)
		fail_msg("\"%s\" is not in: %s", want, e.cause);
	err_clear(&e);
}

static void has_mode(const char *path, mode_t want)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, want);
}

static void is_empty(const char *dir)
{
	struct strs names = {0};
	struct err e = ERR_INIT;

	assert_int_equal(fs_list(dir, &names, &e), 0);
	if (names.count != 0)
		fail_msg("%s has %s", dir, names.item[0]);
	strs_clear(&names);
}

static char *below(const char *dir, const char *name)
{
	return fs_join(dir, name);
}

static void writes_and_removes(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	char *well_known = below(b->root, ".well-known");
	char *challenge = below(well_known, "acme-challenge");
	char *text;

	presents(b, &t);
	text = scratch_read(b->file);
	assert_non_null(text);
	assert_string_equal(text, KEY_AUTHORIZATION);
	has_mode(b->file, 0644);
	has_mode(well_known, 0755);
	has_mode(challenge, 0755);
	assert_true(t.made_folder);
	cleans(b, &t);
	is_empty(b->root);
	cleans(b, &t);
	free(text);
	free(well_known);
	free(challenge);
}

static void last_of_many_removes_the_folders(void **state)
{
	static const char *const tokens[] = {"aaa", "bbb", "ccc"};
	static const char *const values[] = {"aaa.x", "bbb.x", "ccc.x"};
	struct bed *b = *state;
	struct solver_task t[3];

	for (int i = 0; i < 3; i++) {
		t[i] = task_for(b->root);
		t[i].token = tokens[i];
		t[i].key_authorization = values[i];
		presents(b, &t[i]);
	}
	for (int i = 0; i < 3; i++)
		cleans(b, &t[i]);
	is_empty(b->root);
}

static void leaves_what_was_there(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	char *well_known = below(b->root, ".well-known");
	char *challenge = below(well_known, "acme-challenge");

	assert_int_equal(mkdir(well_known, 0700), 0);
	presents(b, &t);
	cleans(b, &t);
	has_mode(well_known, 0700);
	assert_int_equal(access(challenge, F_OK), -1);
	assert_int_equal(mkdir(challenge, 0700), 0);
	presents(b, &t);
	assert_false(t.made_folder);
	cleans(b, &t);
	has_mode(challenge, 0700);
	is_empty(challenge);
	free(well_known);
	free(challenge);
}

static void cleans_up_after_a_crash(void **state)
{
	struct bed *b = *state;
	const struct solver_options options = {.worker_user = NULL};
	struct solver_task t = task_for(b->root);
	struct solver_task again = task_for(b->root);
	struct err e = ERR_INIT;
	char *half = below(b->root, ".well-known/acme-challenge/." TOKEN ".tmp");
	char *challenge = below(b->root, ".well-known/acme-challenge");

	presents(b, &t);
	scratch_write(half, "half of i", 0600);
	solver_close(b->set);
	assert_int_equal(solver_open(&options, &b->set, &e), 0);
	again.presented = true;
	again.made_folder = true;
	cleans(b, &again);
	assert_int_equal(access(challenge, F_OK), -1);
	again.presented = true;
	cleans(b, &again);
	scratch_remove(str_dup(b->root));
	again.presented = true;
	cleans(b, &again);
	free(half);
	free(challenge);
}

static void replaces_an_old_file_or_link(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	char *victim = below(b->outside, "victim");
	char *text;

	presents(b, &t);
	scratch_write(b->file, "old", 0644);
	presents(b, &t);
	text = scratch_read(b->file);
	assert_string_equal(text, KEY_AUTHORIZATION);
	free(text);
	scratch_write(victim, "precious", 0600);
	assert_int_equal(unlink(b->file), 0);
	assert_int_equal(symlink(victim, b->file), 0);
	presents(b, &t);
	text = scratch_read(victim);
	assert_string_equal(text, "precious");
	has_mode(victim, 0600);
	cleans(b, &t);
	free(text);
	free(victim);
}

static void links_inside_are_refused(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	struct err e = ERR_INIT;
	char *well_known = below(b->root, ".well-known");
	char *challenge = below(well_known, "acme-challenge");
	char *kept = below(b->outside, TOKEN);

	assert_int_equal(symlink(b->outside, well_known), 0);
	refused(b, &t, "is a symbolic link");
	is_empty(b->outside);
	assert_int_equal(unlink(well_known), 0);
	assert_int_equal(mkdir(well_known, 0755), 0);
	assert_int_equal(symlink(b->outside, challenge), 0);
	refused(b, &t, "is a symbolic link");
	is_empty(b->outside);

	/* Swapped after presenting: cleanup must not remove anything out there either. */
	scratch_write(kept, "mine", 0644);
	t.presented = true;
	assert_int_equal(solver_cleanup(b->set, &t, &e), -1);
	assert_int_equal(access(kept, F_OK), 0);
	err_clear(&e);
	assert_int_equal(unlink(challenge), 0);
	scratch_write(challenge, "a file", 0644);
	refused(b, &t, "Not a directory");
	free(well_known);
	free(challenge);
	free(kept);
}

static void links_to_the_webroot(void **state)
{
	struct bed *b = *state;
	char *link = below(b->dir, "current");
	struct solver_task t = task_for(link);

	assert_int_equal(symlink("html/.", link), 0);
	presents(b, &t);
	cleans(b, &t);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link, NOBODY, NOBODY), 0);
		refused(b, &t, "symbolic link that a user has made or could replace");
		is_empty(b->root);
		assert_int_equal(chown(b->root, NOBODY, NOBODY), 0);
		presents(b, &t);
		cleans(b, &t);
	}
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("current", link), 0);
	refused(b, &t, "symbolic links");
	free(link);
}

static void webroot_must_be_a_folder(void **state)
{
	struct bed *b = *state;
	char *file = below(b->dir, "file");
	struct solver_task t = task_for("html");

	refused(b, &t, "not an absolute path");
	t.plan.webroot = "/nonexistent/tegata/webroot";
	refused(b, &t, "/nonexistent/tegata/webroot: No such file");
	scratch_write(file, "x", 0644);
	t.plan.webroot = file;
	refused(b, &t, "Not a directory");
	t.plan.webroot = NULL;
	refused(b, &t, "no webroot");
	free(file);
}

static void a_failure_leaves_nothing(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	char token[256];
	char *value;

	/* Allowed as a token, but with its temporary name's cousin too long for the disk. */
	memset(token, 'a', sizeof token);
	token[sizeof token - 1] = '\0';
	t.token = token;
	value = str_fmt("%s.x", token);
	t.key_authorization = value;
	presents(b, &t);
	cleans(b, &t);
	free(value);
	value = str_fmt("%sa.x", token);
	t.key_authorization = value;
	t.token = memcpy(mem_new(257, 1), value, 256);
	refused(b, &t, "File name too long");
	is_empty(b->root);
	free((void *)(uintptr_t)t.token);
	free(value);
}

static void hostile_values_go_nowhere(void **state)
{
	static const char *const tokens[] = {"", ".", "..", "../x", "a/b", "/etc/x", "a.b", "a b", "a\nb", "a%2f", "\xe3\x81\x82",
	                                     "$(id)", "a="};
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	char *longest = mem_new(258, 1);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		t.token = tokens[i];
		refused(b, &t, "the token");
	}
	t.token = memset(longest, 'a', 257);
	refused(b, &t, "the token");
	t = task_for(b->root);
	t.key_authorization = TOKEN ".a\r\nb";
	refused(b, &t, "the key authorization");
	t.key_authorization = "other.abc";
	refused(b, &t, "the key authorization");
	t = task_for(b->root);
	t.identifier = "--help";
	refused(b, &t, "the identifier");
	t.identifier = "a b";
	refused(b, &t, "the identifier");
	t = task_for(b->root);
	t.plan.type = SOLVER_DNS_01;
	refused(b, &t, "only by a hook");
	t = task_for(b->root);
	t.token = "../../../victim";
	t.presented = true;
	assert_int_equal(solver_cleanup(b->set, &t, &e), -1);
	err_clear(&e);
	is_empty(b->root);
	free(longest);
}

/* Puts a link to the outside and a folder in turn where the way leads, as fast as it goes. */
static pid_t start_swapper(const char *target, const char *place)
{
	char *spare = str_fmt("%s.spare", place);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid != 0) {
		free(spare);
		return pid;
	}
	alarm(120);
	for (;;) {
		if (mkdir(place, 0755) != 0 && errno != EEXIST)
			_exit(1);
		rename(place, spare);
		if (symlink(target, place) == 0)
			unlink(place);
		rename(spare, place);
	}
}

static void swapping_never_leads_outside(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_for(b->root);
	char *place = below(b->root, ".well-known");
	char *target = below(b->outside, "in");
	char *deep = below(target, "acme-challenge");
	char *precious = below(deep, TOKEN);
	char *text;
	struct err e = ERR_INIT;
	int refusals = 0;
	pid_t pid;

	assert_int_equal(mkdir(target, 0755), 0);
	assert_int_equal(mkdir(deep, 0755), 0);
	scratch_write(precious, "precious", 0600);
	pid = start_swapper(target, place);
	for (int i = 0; i < 20000; i++) {
		if (solver_present(b->set, &t, &e) != 0)
			refusals++;
		t.presented = true;
		solver_cleanup(b->set, &t, &e);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	text = scratch_read(precious);
	assert_non_null(text);
	assert_string_equal(text, "precious");
	assert_int_equal(unlink(precious), 0);
	is_empty(deep);
	assert_true(refusals > 0);
	err_clear(&e);
	free(text);
	free(precious);
	free(place);
	free(target);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_and_removes, setup, teardown),
		cmocka_unit_test_setup_teardown(last_of_many_removes_the_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(cleans_up_after_a_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(replaces_an_old_file_or_link, setup, teardown),
		cmocka_unit_test_setup_teardown(links_inside_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(links_to_the_webroot, setup, teardown),
		cmocka_unit_test_setup_teardown(webroot_must_be_a_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_values_go_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(swapping_never_leads_outside, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
