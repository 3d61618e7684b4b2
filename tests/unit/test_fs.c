#include "config.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/str.h"

/* Every test works in a fresh folder and finds it in *state. */
static int make_folder(void **state)
{
	char *dir = str_dup("/tmp/tegata-test-XXXXXX");

	*state = dir;
	umask(022);
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct err e = ERR_INIT;
	int status = fs_remove_tree(*state, &e);

	err_clear(&e);
	free(*state);
	return status;
}

static void has_content(const char *path, const char *want)
{
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, 100000);
	assert_int_equal(fs_read(path, &b, &e), 0);
	assert_string_equal(b.data, want);
	buf_clear(&b);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* The names in a folder as one text, to see what was left behind. */
static void has_names(const char *dir, const char *want)
{
	struct err e = ERR_INIT;
	struct strs names = {0};
	char *text;

	assert_int_equal(fs_list(dir, &names, &e), 0);
	text = strs_join(&names, " ");
	assert_string_equal(text, want);
	free(text);
	strs_clear(&names);
}

/* The failure is ERR_IO, keeps errno and names the path. */
static void says(struct err *e, int errnum, const char *path)
{
	char *text = err_text(e);

	assert_int_equal(e->kind, ERR_IO);
	assert_int_equal(e->sys_errno, errnum);
	assert_non_null(strstr(text, path));
	free(text);
	err_clear(e);
}

static void paths(void **state)
{
	static const struct {
		const char *path;
		const char *dir;
	} cases[] = {
		{"a", "."}, {"a/b", "a"}, {"/a", "/"}, {"/a/b", "/a"}, {"/", "/"}, {"a/b/", "a/b"}, {"", "."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *dir = fs_dirname(cases[i].path);

		assert_string_equal(dir, cases[i].dir);
		free(dir);
	}
	for (int i = 0; i < 2; i++) {
		char *joined = fs_join(i == 0 ? "/x" : "/x/", "y");

		assert_string_equal(joined, "/x/y");
		free(joined);
	}
}

static void components(void **state)
{
	static const char *const paths[] = {"/a/./b//..", "a/./b/../", "//a/./b/..//"};
	static const char *const wanted[] = {"a", ".", "b", ".."};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char *rest = str_dup(paths[i]);

		for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
			char *got = fs_take_component(&rest);

			assert_non_null(got);
			assert_string_equal(got, wanted[k]);
			free(got);
		}
		assert_null(fs_take_component(&rest));
		free(rest);
	}
}

static void reads(void **state)
{
	char *path = fs_join(*state, "file");
	char *fifo = fs_join(*state, "fifo");
	struct err e = ERR_INIT;
	struct buf b;

	assert_int_equal(fs_write_new(path, "hello", 5, NULL, &e), 0);
	buf_init_secret(&b, 7);
	assert_int_equal(buf_append_str(&b, "> "), 0);
	assert_int_equal(fs_read(path, &b, &e), 0);
	assert_string_equal(b.data, "> hello");
	buf_truncate(&b, 3);
	assert_int_equal(fs_read(path, &b, &e), -1);
	says(&e, 0, path);
	assert_string_equal(b.data, "> h");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(fs_read(fifo, &b, &e), -1);
	says(&e, 0, fifo);
	assert_int_equal(fs_read(*state, &b, &e), -1);
	says(&e, 0, *state);
	assert_int_equal(fs_read("/nowhere/at all", &b, &e), -1);
	says(&e, ENOENT, "/nowhere/at all");
	buf_clear(&b);
	free(path);
	free(fifo);
}

static void reads_large_files(void **state)
{
	char *path = fs_join(*state, "large");
	size_t len = 300000;
	char *data = mem_new(len, 1);
	struct err e = ERR_INIT;
	struct buf b;

	memset(data, 'x', len);
	assert_int_equal(fs_write_new(path, data, len, NULL, &e), 0);
	buf_init(&b, len);
	assert_int_equal(fs_read(path, &b, &e), 0);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.data, data, len);
	buf_clear(&b);
	buf_init(&b, len - 1);
	assert_int_equal(fs_read(path, &b, &e), -1);
	says(&e, 0, path);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	free(data);
	free(path);
}

static void writes_new_files(void **state)
{
	struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0666};
	char *path = fs_join(*state, "new");
	char *link = fs_join(*state, "link");
	char *target = fs_join(*state, "target");
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_new(path, "a", 1, &policy, &e), 0);
	assert_int_equal(mode_of(path), 0666);
	assert_int_equal(fs_write_new(path, "b", 1, &policy, &e), -1);
	says(&e, EEXIST, path);
	has_content(path, "a");
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(fs_write_new(link, "b", 1, &policy, &e), -1);
	says(&e, EEXIST, link);
	assert_false(fs_exists(target));
	assert_int_equal(unlink(path), 0);
	policy.mode = 0400;
	assert_int_equal(fs_write_new(path, "", 0, &policy, &e), 0);
	assert_int_equal(mode_of(path), 0400);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fs_write_new(path, "c", 1, NULL, &e), 0);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(fs_write_new("/nowhere/x", "c", 1, NULL, &e), -1);
	says(&e, ENOENT, "/nowhere/x");
	free(path);
	free(link);
	free(target);
}

static void replaces_files(void **state)
{
	struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0640};
	char *path = fs_join(*state, "file");
	char *left = str_fmt("%s/.file.tmp-%ld", (char *)*state, (long)getpid());
	char *link = fs_join(*state, "link");
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, "old", 3, NULL, &e), 0);
	assert_int_equal(fs_write_atomic(path, "new", 3, &policy, &e), 0);
	has_content(path, "new");
	assert_int_equal(mode_of(path), 0640);
	/* What a killed run with the same pid left behind is not in the way. */
	assert_int_equal(fs_write_new(left, "half", 4, NULL, &e), 0);
	assert_int_equal(fs_write_atomic(path, "newer", 5, &policy, &e), 0);
	has_content(path, "newer");
	/* A link is replaced, not followed. */
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(fs_write_atomic(link, "x", 1, NULL, &e), 0);
	has_content(path, "newer");
	has_content(link, "x");
	has_names(*state, "file link");
	free(path);
	free(left);
	free(link);
}

/* The old file stays and nothing else does: when the disk is full, and when a folder is where the file should go. */
static void fails_cleanly(void **state)
{
	char *path = fs_join(*state, "file");
	char *folder = fs_join(*state, "folder");
	char big[8192] = {0};
	struct rlimit old;
	struct rlimit small;
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, "old", 3, NULL, &e), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(fs_write_atomic(path, big, sizeof big, NULL, &e), -1);
	says(&e, EFBIG, path);
	assert_int_equal(fs_write_new(folder, big, sizeof big, NULL, &e), -1);
	says(&e, EFBIG, folder);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	has_content(path, "old");
	has_names(*state, "file");
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(fs_write_atomic(folder, "x", 1, NULL, &e), -1);
	says(&e, EISDIR, folder);
	assert_int_equal(fs_switch_link("x", folder, &e), -1);
	says(&e, EISDIR, folder);
	has_names(*state, "file folder");
	free(path);
	free(folder);
}

static void gives_files_away(void **state)
{
	struct fs_policy policy = {.uid = 12345, .gid = 54321, .mode = 0440};
	char *path = fs_join(*state, "file");
	struct err e = ERR_INIT;
	struct stat st;
	int status = fs_write_atomic(path, "key", 3, &policy, &e);

	if (geteuid() == 0) {
		assert_int_equal(status, 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, 12345);
		assert_int_equal(st.st_gid, 54321);
		assert_int_equal(mode_of(path), 0440);
	} else {
		assert_int_equal(status, -1);
		says(&e, EPERM, path);
		has_names(*state, "");
	}
	free(path);
}

static void switches_links(void **state)
{
	char *path = fs_join(*state, "live");
	char target[100] = "";
	struct err e = ERR_INIT;

	assert_int_equal(fs_switch_link("../a/1", path, &e), 0);
	assert_int_equal(fs_switch_link("../a/2", path, &e), 0);
	assert_int_equal(readlink(path, target, sizeof target - 1), 6);
	assert_string_equal(target, "../a/2");
	has_names(*state, "live");
	assert_int_equal(fs_switch_link("x", "/nowhere/live", &e), -1);
	says(&e, ENOENT, "/nowhere/live");
	free(path);
}

static void makes_folders(void **state)
{
	char *deep = fs_join(*state, "a//b/c/");
	char *first = fs_join(*state, "a");
	char *link = fs_join(*state, "link");
	char *through = fs_join(*state, "link/d");
	char *file = fs_join(*state, "file");
	char *below = fs_join(*state, "file/x");
	struct err e = ERR_INIT;

	umask(077);
	assert_int_equal(fs_make_dirs(deep, 0755, &e), 0);
	umask(022);
	assert_int_equal(mode_of(deep), 0755);
	assert_int_equal(mode_of(first), 0755);
	assert_int_equal(fs_make_dirs(deep, 0700, &e), 0);
	assert_int_equal(mode_of(deep), 0755);
	assert_int_equal(symlink("a", link), 0);
	assert_int_equal(fs_make_dirs(through, 0700, &e), 0);
	has_names(first, "b d");
	assert_int_equal(fs_write_new(file, "", 0, NULL, &e), 0);
	assert_int_equal(fs_make_dirs(file, 0700, &e), -1);
	says(&e, EEXIST, file);
	assert_int_equal(fs_make_dirs(below, 0700, &e), -1);
	says(&e, EEXIST, file);
	assert_int_equal(fs_make_dirs("/", 0700, &e), 0);
	assert_int_equal(fs_make_dirs(".", 0700, &e), 0);
	assert_int_equal(fs_sync_dir(deep, &e), 0);
	assert_int_equal(fs_sync_dir(file, &e), -1);
	says(&e, ENOTDIR, file);
	free(deep);
	free(first);
	free(link);
	free(through);
	free(file);
	free(below);
}

static void removes_trees(void **state)
{
	char *top = fs_join(*state, "top");
	char *deep = fs_join(*state, "top/2/3/4/5/6/7/8");
	char *deeper = fs_join(*state, "top/2/3/4/5/6/7/8/9");
	char *kept = fs_join(*state, "kept");
	char *link = fs_join(*state, "top/link");
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_new(kept, "k", 1, NULL, &e), 0);
	assert_int_equal(fs_make_dirs(deep, 0700, &e), 0);
	/* Links are removed, never what they point to. */
	assert_int_equal(symlink(*state, link), 0);
	assert_int_equal(fs_remove_tree(top, &e), 0);
	has_names(*state, "kept");
	assert_int_equal(fs_remove_tree(top, &e), 0);
	assert_int_equal(fs_make_dirs(deeper, 0700, &e), 0);
	assert_int_equal(fs_remove_tree(top, &e), -1);
	says(&e, 0, top);
	assert_int_equal(rmdir(deeper), 0);
	assert_int_equal(fs_remove_tree(top, &e), 0);
	assert_int_equal(symlink(*state, top), 0);
	assert_int_equal(fs_remove_tree(top, &e), 0);
	assert_int_equal(fs_remove_tree(kept, &e), 0);
	has_names(*state, "");
	free(top);
	free(deep);
	free(deeper);
	free(kept);
	free(link);
}

static void lists(void **state)
{
	struct strs names = {0};
	struct err e = ERR_INIT;
	char *file = fs_join(*state, "b");
	char *hidden = fs_join(*state, ".a");

	strs_add(&names, "old");
	assert_int_equal(fs_list("/nowhere", &names, &e), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(fs_write_new(file, "", 0, NULL, &e), 0);
	assert_int_equal(fs_write_new(hidden, "", 0, NULL, &e), 0);
	has_names(*state, ".a b");
	assert_int_equal(fs_list(file, &names, &e), -1);
	says(&e, ENOTDIR, file);
	assert_true(fs_exists(file));
	assert_false(fs_exists("/nowhere"));
	free(file);
	free(hidden);
}

/* More than a pipe holds, through a descriptor that does not block. */
static void writes_all(void **state)
{
	static char data[300000];
	char chunk[1000];
	size_t got = 0;
	int ends[2];
	pid_t child;
	ssize_t n;
	int status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	child = fork();
	if (child == 0)
		_exit(fs_write_all(ends[1], data, sizeof data) == 0 ? 0 : 1);
	close(ends[1]);
	while ((n = read(ends[0], chunk, sizeof chunk)) > 0)
		got += (size_t)n;
	assert_int_equal(got, sizeof data);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(fs_write_all(ends[0], "x", 1), -1);
	assert_int_equal(errno, EBADF);
	close(ends[0]);
}

static void looks_up_ids(void **state)
{
	static const char *const bad[] = {"", "no such user", "-1", "-0", "4294967295", "4294967296", "1x"};
	uid_t uid = 7;
	gid_t gid = 7;

	(void)state;
	assert_int_equal(fs_lookup_user("root", &uid, &gid), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(gid, 0);
	assert_int_equal(fs_lookup_user("0", NULL, NULL), 0);
	assert_int_equal(fs_lookup_user("3999999999", &uid, &gid), 0);
	assert_true(uid == (uid_t)3999999999);
	assert_true(gid == (gid_t)-1);
	assert_int_equal(fs_lookup_group("root", &gid), 0);
	assert_int_equal(gid, 0);
	assert_int_equal(fs_lookup_group("123", &gid), 0);
	assert_int_equal(gid, 123);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(fs_lookup_user(bad[i], &uid, &gid), -1);
		assert_int_equal(fs_lookup_group(bad[i], &gid), -1);
	}
	assert_int_equal(gid, 123);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(components),
		WITH_FOLDER(reads),
		WITH_FOLDER(reads_large_files),
		WITH_FOLDER(writes_new_files),
		WITH_FOLDER(replaces_files),
		WITH_FOLDER(fails_cleanly),
		WITH_FOLDER(gives_files_away),
		WITH_FOLDER(switches_links),
		WITH_FOLDER(makes_folders),
		WITH_FOLDER(removes_trees),
		WITH_FOLDER(lists),
		cmocka_unit_test(writes_all),
		cmocka_unit_test(looks_up_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
