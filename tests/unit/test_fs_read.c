#include "config.h"

#include "base/fs.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "scratch.h"

#define SIZE_LARGE 50000

/* What somebody else does to the file right after we have read from it; the process's own read() stands in the place of libc's. */
static struct meddler {
	void (*act)(const char *path);
	const char *path;
	int left; /* so many times */
} meddler;

ssize_t read(int fd, void *to, size_t len)
{
	ssize_t n = (ssize_t)syscall(SYS_read, fd, to, len);

	if (meddler.left > 0 && n > 0) {
		meddler.left--;
		meddler.act(meddler.path);
	}
	return n;
}

static void append_line(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, "- more.jp\n", 10), 0);
	close(fd);
}

static void put_another_in_place(const char *path)
{
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, "- new.jp\n", 9, NULL, &e), 0);
}

/* A time that differs from whatever the clock of the file system says, so that no test depends on how fine it counts. */
static void touch(const char *path)
{
	static time_t at = 1000;
	struct timespec times[] = {{.tv_sec = at}, {.tv_sec = at}};

	at++;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void take_away(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static char *file_in(const char *dir)
{
	char *path = fs_join(dir, "list");

	scratch_write(path, "- a.jp\n", 0644);
	return path;
}

static int make_folder(void **state)
{
	*state = scratch_make();
	return 0;
}

static int remove_folder(void **state)
{
	scratch_remove(*state);
	return 0;
}

/* How often it changes, how, and what comes of it; NULL = the mistake. */
static void it_is_read_again_until_it_is_still(void **state)
{
	static const struct {
		void (*act)(const char *path);
		int times;
		const char *text;
	} cases[] = {
		{append_line, 0, "old - a.jp\n"},
		{append_line, 1, "old - a.jp\n- more.jp\n"},
		{append_line, 3, "old - a.jp\n- more.jp\n- more.jp\n- more.jp\n"},
		{put_another_in_place, 1, "old - new.jp\n"},
		{put_another_in_place, 3, "old - new.jp\n"},
		{put_another_in_place, 4, NULL},
		{touch, 1, "old - a.jp\n"},
		{touch, 4, NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *path = file_in(*state);
		struct err e = ERR_INIT;
		struct stat st;
		struct buf b;
		int rc;

		buf_init(&b, 1000);
		assert_int_equal(buf_append_str(&b, "old "), 0);
		meddler = (struct meddler){cases[i].act, path, cases[i].times};
		rc = fs_read_steady(path, &b, &st, &e);
		meddler.left = 0;
		assert_int_equal(rc, cases[i].text != NULL ? 0 : -1);
		assert_string_equal(b.data, cases[i].text != NULL ? cases[i].text : "old ");
		if (rc == 0)
			assert_int_equal(st.st_size, b.len - 4);
		else
			assert_non_null(strstr(e.cause, "is being written by somebody else"));
		err_clear(&e);
		buf_clear(&b);
		free(path);
	}
}

static void one_that_vanishes_meanwhile_is_missing(void **state)
{
	char *path = file_in(*state);
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, 1000);
	meddler = (struct meddler){take_away, path, 1};
	assert_int_equal(fs_read_steady(path, &b, NULL, &e), -1);
	assert_int_equal(e.sys_errno, ENOENT);
	assert_int_equal(b.len, 0);
	err_clear(&e);
	buf_clear(&b);
	free(path);
}

static void what_cannot_be_read_says_so_at_once(void **state)
{
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, 3);
	assert_int_equal(fs_read_steady(*state, &b, NULL, &e), -1);
	assert_non_null(strstr(e.cause, "is not a regular file"));
	err_clear(&e);
	char *path = file_in(*state);
	assert_int_equal(fs_read_steady(path, &b, NULL, &e), -1);
	assert_non_null(strstr(e.cause, "too large"));
	assert_int_equal(b.len, 0);
	err_clear(&e);
	buf_clear(&b);
	free(path);
}

static void any_sign_of_a_change_counts(void **state)
{
	const struct stat st = {.st_dev = 1, .st_ino = 2, .st_size = 3, .st_mtim = {4, 5}, .st_ctim = {6, 7}};
	struct stat other[7];

	(void)state;
	for (size_t i = 0; i < 7; i++)
		other[i] = st;
	other[0].st_dev++;
	other[1].st_ino++;
	other[2].st_size++;
	other[3].st_mtim.tv_sec++;
	other[4].st_mtim.tv_nsec++;
	other[5].st_ctim.tv_sec++;
	other[6].st_ctim.tv_nsec++;
	for (size_t i = 0; i < 7; i++)
		assert_false(fs_read_same(&st, &other[i]));
	other[0] = st;
	other[0].st_atim.tv_sec = 8;
	assert_true(fs_read_same(&st, &other[0]));
}

/* Puts whole files of one letter each in place, as fast as it can, until somebody closes the pipe. */
static void keep_replacing(const char *path, int stop)
{
	struct err e = ERR_INIT;
	char *text = mem_new(SIZE_LARGE, 1);
	char c;

	assert_int_equal(fcntl(stop, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; read(stop, &c, 1) != 0; i++) {
		memset(text, 'a' + i % 26, SIZE_LARGE);
		if (fs_write_atomic(path, text, (size_t)(SIZE_LARGE - i % 3), NULL, &e) != 0)
			_exit(1);
	}
	_exit(0);
}

static void read_whole_ones(const char *path, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		struct err e = ERR_INIT;
		struct buf b;

		buf_init(&b, SIZE_LARGE);
		if (fs_read_steady(path, &b, NULL, &e) == 0) {
			assert_true(b.len >= SIZE_LARGE - 2);
			for (size_t k = 1; k < b.len; k++)
				if (b.data[k] != b.data[0])
					fail_msg("round %d: '%c' and '%c' in one file", i, b.data[0], b.data[k]);
		} else {
			assert_non_null(strstr(e.cause, "is being written by somebody else"));
		}
		err_clear(&e);
		buf_clear(&b);
	}
}

static void nothing_half_is_ever_seen(void **state)
{
	char *path = fs_join(*state, "large"), *text = mem_new(SIZE_LARGE + 1, 1);
	int stop[2], status = 0;
	pid_t pid;

	memset(text, 'a', SIZE_LARGE);
	scratch_write(path, text, 0644);
	assert_int_equal(pipe(stop), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(stop[1]);
		keep_replacing(path, stop[0]);
	}
	close(stop[0]);
	read_whole_ones(path, 300);
	close(stop[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(text);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_read_again_until_it_is_still, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(one_that_vanishes_meanwhile_is_missing, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_says_so_at_once, make_folder, remove_folder),
		cmocka_unit_test(any_sign_of_a_change_counts),
		cmocka_unit_test_setup_teardown(nothing_half_is_ever_seen, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
