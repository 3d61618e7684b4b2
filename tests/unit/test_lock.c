#include "config.h"

#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "scratch.h"

/* A folder, and the path of a lock in it. */
struct place {
	char *dir, *path;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	p->dir = scratch_make();
	p->path = fs_join(p->dir, "lock");
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	scratch_remove(p->dir);
	free(p->path);
	free(p);
	return 0;
}

static void holds(const char *path, const char *want)
{
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(fs_read(path, &b, &e), 0);
	assert_string_equal(b.data, want);
	buf_clear(&b);
}

static void note(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

/* Somebody has it: the message is `want`, in which %ld stands for `pid` and %s for the path. */
static void is_kept_out(const struct place *p, const char *want, long pid)
{
	struct err e = ERR_INIT;
	char *number = str_fmt("%ld", pid), *text;
	int fd = -1;

	assert_int_equal(lock_take(p->path, "run", &fd, &e), -1);
	assert_int_equal(fd, -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	assert_non_null(e.advice);
	text = pid ? str_fmt("another tegata is at work (process %ld%s holds %s)", pid, want, p->path) : str_dup(want);
	assert_string_equal(e.cause, text);
	free(text);
	free(number);
	err_clear(&e);
}

static void it_is_one_of_a_kind(void **state)
{
	struct place *p = *state;
	char *own = str_fmt("%ld renew\n", (long)getpid());
	struct err e = ERR_INIT;
	struct stat st;
	int fd = -1, other = -1;

	assert_int_equal(lock_take(p->path, "renew", &fd, &e), 0);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	holds(p->path, own);
	is_kept_out(p, ", \"tegata renew\",", getpid());
	/* Somebody may have cleaned up too well; the next one must then see the new file, not the ghost. */
	assert_int_equal(unlink(p->path), 0);
	assert_int_equal(lock_take(p->path, NULL, &other, &e), 0);
	is_kept_out(p, "", getpid());
	lock_release(other);
	lock_release(fd);
	assert_int_equal(lock_take(p->path, "run", &fd, &e), 0);
	lock_release(fd);
	lock_release(-1);
	holds(p->path, "");
	assert_int_equal(lock_take("/nowhere/lock", "run", &fd, &e), -1);
	assert_int_equal(e.sys_errno, ENOENT);
	assert_non_null(strstr(e.cause, "/nowhere/lock"));
	err_clear(&e);
	free(own);
}

/* A child that has the lock: by lock_take(), or (as) by itself under this name. It lives until it is killed. */
static pid_t other_holder(const struct place *p, const char *as)
{
	int ends[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct err e = ERR_INIT;
		int fd = -1;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (as) {
			prctl(PR_SET_NAME, as);
			fd = open(p->path, O_RDWR | O_CREAT, 0600);
		}
		if ((as ? flock(fd, LOCK_EX) : lock_take(p->path, "run", &fd, &e)) == 0 && write(ends[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return child;
}

static void end(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* The kernel frees the lock of whoever is killed; what was written stays, and is believed by nobody. */
static void the_dead_hold_nothing(void **state)
{
	struct place *p = *state;
	pid_t child = other_holder(p, NULL), stranger;
	char *own = str_fmt("%ld run\n", (long)child), *want;
	struct err e = ERR_INIT;
	int fd = -1;

	is_kept_out(p, ", \"tegata run\",", child);
	end(child);
	holds(p->path, own);
	stranger = other_holder(p, "fl\x1bock");
	want = str_fmt("somebody is at work there (process %ld, \"fl\\x1Bock\", holds %s)", (long)stranger, p->path);
	is_kept_out(p, want, 0);
	/* Nor is a process that lives, and has not got it. */
	note(p->path, "1 revoke\n");
	is_kept_out(p, want, 0);
	end(stranger);
	assert_int_equal(lock_take(p->path, "run", &fd, &e), 0);
	lock_release(fd);
	free(own);
	free(want);
}

/* What stands in the file is a text of somebody. */
static void notes_are_read_with_care(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;
	char *text, *cut;
	int fd = -1;

	assert_int_equal(lock_take(p->path, "run", &fd, &e), 0);
	text = str_fmt("%ld a\x1b[2Jb\nmore\n", (long)getpid());
	note(p->path, text);
	is_kept_out(p, ", \"tegata a\\x1B[2Jb\",", getpid());
	free(text);
	static const char *const useless[] = {"", "\n", "x", "-1 run", "99999999999 run", "run", " run", "0 run"};
	for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++) {
		note(p->path, useless[i]);
		assert_int_equal(lock_take(p->path, NULL, &fd, &e), -1);
		cut = str_fmt("process %ld", (long)getpid()); /* from the kernel */
		assert_non_null(strstr(e.cause, cut));
		err_clear(&e);
		free(cut);
	}
	lock_release(fd);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(it_is_one_of_a_kind),
		WITH_PLACE(the_dead_hold_nothing),
		WITH_PLACE(notes_are_read_with_care),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
