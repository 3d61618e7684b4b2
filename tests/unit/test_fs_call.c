#include "config.h"

#include "base/fs_call.h"

#include <stdarg.h>
#include <sys/syscall.h>

#include "scratch.h"

/* The process's own calls stand in the place of libc's: each is interrupted so many times. */
static int interruptions;

static bool is_interrupted(void)
{
	if (interruptions == 0)
		return false;
	interruptions--;
	errno = EINTR;
	return true;
}

int fsync(int fd)
{
	return is_interrupted() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	return is_interrupted() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	return is_interrupted() ? -1 : (int)syscall(SYS_fchown, fd, uid, gid);
}

int openat(int dir, const char *name, int flags, ...)
{
	return is_interrupted() ? -1 : (int)syscall(SYS_openat, dir, name, flags, 0600);
}

static void interrupted_calls_are_made_again(void **state)
{
	char *dir = scratch_make(), *path = fs_join(dir, "file");
	struct err e = ERR_INIT;
	struct stat st;
	int fd;

	(void)state;
	interruptions = 3;
	fd = fs_call_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(interruptions, 0);
	interruptions = 2;
	assert_int_equal(fs_call_chmod(fd, 0640), 0);
	interruptions = 2;
	assert_int_equal(fs_call_chown(fd, geteuid(), getegid()), 0);
	interruptions = 2;
	assert_int_equal(fs_call_sync(fd), 0);
	assert_int_equal(fs_call_truncate(fd, 5), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_size, 5);
	close(fd);
	interruptions = 7;
	assert_int_equal(fs_write_atomic(path, "x", 1, NULL, &e), 0);
	assert_int_equal(interruptions, 0);
	free(path);
	scratch_remove(dir);
}

static void other_errors_are_errors(void **state)
{
	(void)state;
	assert_int_equal(fs_call_sync(-1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fs_call_open(AT_FDCWD, "/nonexistent/file", O_RDONLY, 0), -1);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupted_calls_are_made_again),
		cmocka_unit_test(other_errors_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
