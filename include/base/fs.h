/*
 * Files. What must survive a crash is written to a new name, synced, renamed, and its folder synced; nothing that is
 * live is ever truncated. All errors are ERR_IO, name the path and keep errno. Every descriptor is close-on-exec.
 */
#ifndef TEGATA_BASE_FS_H
#define TEGATA_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Who may read a file. The mode is never wider than this at any instant, and only reached after owner and content. */
struct fs_policy {
	uid_t uid; /* (uid_t)-1 = leave */
	gid_t gid; /* (gid_t)-1 = leave */
	mode_t mode;
};

/* Appends the whole regular file to b; larger than b->max is an error. */
int fs_read(const char *path, struct buf *b, struct err *e);
/*
 * The same, as the file is at one moment: it is read again, a few times, when somebody wrote to it or put another one in its place
 * meanwhile; then it is an error. *st (may be NULL) is what it was.
 */
int fs_read_steady(const char *path, struct buf *b, struct stat *st, struct err *e);
/* Is it the same file, and nobody wrote to it in between? (As far as the file system's clock tells; the access time has no say.) */
bool fs_read_same(const struct stat *before, const struct stat *after);
/*
 * Creates path (must not exist; symlinks not followed) at first with what 0600 and the mode have in common, writes,
 * owner, mode, fsync of the file and its folder. Removes it on error. Without a policy: 0600, owner left.
 */
int fs_write_new(const char *path, const void *data, size_t len, const struct fs_policy *p, struct err *e);
/* Replaces path atomically: fs_write_new to ".NAME.tmp-PID" beside it, rename, folder synced. */
int fs_write_atomic(const char *path, const void *data, size_t len, const struct fs_policy *p, struct err *e);
/*
 * Removes what killed writers of path left beside it (".NAME.tmp-PID"), perhaps a key, where servers may load every file there is.
 * Only by who holds a lock: then nobody else is writing it. What cannot be removed is warned of.
 */
void fs_clean_beside(const char *path);
/* Makes the link `path` point to `target` by symlink to a temporary name and one rename; folder synced. */
int fs_switch_link(const char *target, const char *path, struct err *e);
/* fsync of a folder. */
int fs_sync_dir(const char *path, struct err *e);
/* mkdir -p with the given mode for folders that are made (umask has no say); what exists is left as it is. New ones are synced into their parents. */
int fs_make_dirs(const char *path, mode_t mode, struct err *e);
/* rm -r below and including path, at most 8 levels and without following links; missing is success. */
int fs_remove_tree(const char *path, struct err *e);
/* Names in a folder (without . and ..), sorted; a missing folder is an empty list. At most 100000. */
int fs_list(const char *path, struct strs *names, struct err *e);
bool fs_exists(const char *path);
/* "dir/name", owned. */
char *fs_join(const char *dir, const char *name);
/* Everything before the last '/', or "."; owned. */
char *fs_dirname(const char *path);
/* Takes the first component off *rest, what is still to go of a path (owned, replaced); owned, NULL = none is left. */
char *fs_take_component(char **rest);
/* ".NAME.tmp-PID" for the last component of path: what this process calls a file until it takes that one's place; owned. */
char *fs_temporary_name(const char *path);

/* Whole write, EINTR and short writes seen to. 0 or -1 with errno. */
int fs_write_all(int fd, const void *data, size_t len);

/*
 * User or group name (or number) to id: 0, or -1 when there is none. A user's gid is that of its login group,
 * (gid_t)-1 for a number that no user has. The outputs may be NULL.
 */
int fs_lookup_user(const char *name, uid_t *uid, gid_t *gid);
int fs_lookup_group(const char *name, gid_t *gid);

#endif
