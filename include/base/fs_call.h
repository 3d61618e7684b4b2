/*
 * Calls to the file system that a signal may interrupt, made again until they are not: on disks of the network and in user space
 * that happens to more of them than to write(). 0, a descriptor, or -1 with errno, which is never EINTR.
 */
#ifndef TEGATA_BASE_FS_CALL_H
#define TEGATA_BASE_FS_CALL_H

#include <sys/stat.h>
#include <sys/types.h>

int fs_call_open(int dir, const char *name, int flags, mode_t mode); /* openat() */
int fs_call_sync(int fd);                                            /* fsync() */
int fs_call_chmod(int fd, mode_t mode);
int fs_call_chown(int fd, uid_t uid, gid_t gid);
int fs_call_truncate(int fd, off_t len);

#endif
