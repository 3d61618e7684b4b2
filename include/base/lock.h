/*
 * An exclusive kernel lock (flock) on a permanent file. Only the kernel says whether it is held and it ends with its holder,
 * however that ends. "PID WORDS" in the file is for people who are kept out.
 */
#ifndef TEGATA_BASE_LOCK_H
#define TEGATA_BASE_LOCK_H

#include "base/err.h"

/*
 * doing: what the holder is at, such as "run", written beside its pid; NULL = nothing is said. -1 with ERR_LOCKED when
 * somebody has it: the message names a process only if the kernel says that it holds this lock or, where the kernel says
 * nothing (a lock of another container, some file systems), if the one that is written there lives. *fd_out stays open until
 * lock_release().
 */
int lock_take(const char *path, const char *doing, int *fd_out, struct err *e);
void lock_release(int fd); /* -1 is harmless */

#endif
