#include "config.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fs_call.h"
#include "base/i18n.h"

#define STEADY_TRIES 4

/* 0 at the end, 1 when there was something, -1 with errno; EFBIG when it passes the maximum. */
static int read_some(int fd, struct buf *b)
{
	char chunk[4096];
	ssize_t n;
	int status;

	do {
		n = read(fd, chunk, sizeof chunk);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	status = buf_append(b, chunk, (size_t)n) == 0 ? 1 : -1;
	if (b->secret)
		mem_wipe(chunk, (size_t)n);
	if (status < 0)
		errno = EFBIG;
	return status;
}

static int read_open(int fd, const char *path, struct buf *b, struct stat *st, struct err *e)
{
	size_t before = b->len;
	int more;

	if (fstat(fd, st) != 0)
		return err_set_errno(e, ERR_IO, errno, _("reading %s"), path);
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_IO, _("%s is not a regular file"), path);
	while ((more = read_some(fd, b)) > 0)
		;
	if (more == 0)
		return 0;
	if (errno == EFBIG)
		err_set(e, ERR_IO, _("%s is too large (more than %zu bytes)"), path, b->max - before);
	else
		err_set_errno(e, ERR_IO, errno, _("reading %s"), path);
	buf_truncate(b, before);
	return -1;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool fs_read_same(const struct stat *before, const struct stat *after)
{
	return before->st_dev == after->st_dev && before->st_ino == after->st_ino && before->st_size == after->st_size &&
	       same_time(before->st_mtim, after->st_mtim) && same_time(before->st_ctim, after->st_ctim);
}

/* Reads it once; *steady = nobody wrote meanwhile, and the path still leads to it. */
static int read_once(const char *path, struct buf *b, struct stat *st, bool *steady, struct err *e)
{
	struct stat after, there;
	int status;
	/* Not blocking, as it might be a FIFO, which is told apart only when it is open. */
	int fd = fs_call_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return err_set_errno(e, ERR_IO, errno, _("opening %s"), path);
	status = read_open(fd, path, b, st, e);
	*steady = status == 0 && fstat(fd, &after) == 0 && stat(path, &there) == 0 && fs_read_same(st, &after) &&
	          fs_read_same(st, &there);
	close(fd);
	return status;
}

int fs_read(const char *path, struct buf *b, struct err *e)
{
	struct stat st;
	bool steady;

	return read_once(path, b, &st, &steady, e);
}

int fs_read_steady(const char *path, struct buf *b, struct stat *st, struct err *e)
{
	size_t before = b->len;
	bool steady = false;
	struct stat was;

	for (int tries = 0; tries < STEADY_TRIES; tries++) {
		buf_truncate(b, before);
		if (read_once(path, b, &was, &steady, e) != 0)
			return -1;
		if (!steady)
			continue;
		if (st != NULL)
			*st = was;
		return 0;
	}
	buf_truncate(b, before);
	err_set(e, ERR_IO, _("%s is being written by somebody else at this moment"), path);
	err_advise(e, _("try again when that is finished"));
	return -1;
}
