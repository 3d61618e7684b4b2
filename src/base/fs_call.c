#include "config.h"

#include "base/fs_call.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int fs_call_open(int dir, const char *name, int flags, mode_t mode)
{
	int fd;

	do {
		fd = openat(dir, name, flags, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

int fs_call_sync(int fd)
{
	int status;

	do {
		status = fsync(fd);
	} while (status != 0 && errno == EINTR);
	return status;
}

int fs_call_chmod(int fd, mode_t mode)
{
	int status;

	do {
		status = fchmod(fd, mode);
	} while (status != 0 && errno == EINTR);
	return status;
}

int fs_call_chown(int fd, uid_t uid, gid_t gid)
{
	int status;

	do {
		status = fchown(fd, uid, gid);
	} while (status != 0 && errno == EINTR);
	return status;
}

int fs_call_truncate(int fd, off_t len)
{
	int status;

	do {
		status = ftruncate(fd, len);
	} while (status != 0 && errno == EINTR);
	return status;
}
