/*
 * Paths that nobody untrusted can lead elsewhere. Trusted are root, the (effective) user we are, and one more if named.
 *
 * The path is gone along component by component from "/", links included, each opened by itself: every folder on the way must
 * belong to somebody trusted and be open to no one else for writing (the sticky bit, as of /tmp, is enough where the next
 * component is a trusted user's). So once a component was looked at, only those who are trusted can change what it means: what
 * is done by the same path afterwards, meets the same file. No descriptor has to be kept for that.
 *
 * Not looked at: access control lists beyond what they show in the mode (a right to write always shows there as the
 * group's), file systems that somebody else serves, and what a trusted file does or reads itself.
 */
#ifndef TEGATA_BASE_TRUST_H
#define TEGATA_BASE_TRUST_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The file itself, too, must be a trusted user's, and writable for no one else. *st is what it is (of any type but a folder).
 * `also` = 0: no further user. -1: ERR_IO with sys_errno (ENOENT, EACCES, …) when it cannot be looked at; ERR_CONFIG with
 * sys_errno 0, which component it is, whose, and the advice what to do, when it is not to be trusted.
 */
int trust_file(const char *path, uid_t also, struct stat *st, struct err *e);
/* The same for a folder to make files in: for it, the sticky bit is not enough. *real (owned) is its path without links. */
int trust_folder(const char *path, uid_t also, char **real, struct err *e);

#endif
