/* A folder to work in, and files in it. Every function ends the test when something is wrong. */
#ifndef TEGATA_TESTS_SCRATCH_H
#define TEGATA_TESTS_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fs.h"
#include "base/str.h"

static inline char *scratch_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = str_fmt("%s/tegata-test-XXXXXX", tmp != NULL && *tmp == '/' ? tmp : "/tmp");

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	return dir;
}

static inline void scratch_remove(char *dir)
{
	struct err e = ERR_INIT;

	assert_int_equal(fs_remove_tree(dir, &e), 0);
	free(dir);
}

static inline void scratch_write(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

/* The text of a file, or NULL when there is none. */
static inline char *scratch_read(const char *path)
{
	struct err e = ERR_INIT;
	struct buf b;
	char *text;

	if (access(path, F_OK) != 0)
		return NULL;
	buf_init(&b, 1024 * 1024);
	assert_int_equal(fs_read(path, &b, &e), 0);
	text = buf_take(&b);
	buf_clear(&b);
	return text;
}

#endif
