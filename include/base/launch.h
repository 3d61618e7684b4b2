/*
 * Starting a program: the part of base/proc between fork and exec. All that can fail beforehand (users, groups, pipes) is
 * done in the parent, as little is safe to call in the child.
 */
#ifndef TEGATA_BASE_LAUNCH_H
#define TEGATA_BASE_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define LAUNCH_FDS_MAX 12

struct launch {
	char *const *argv; /* borrowed, like envp and dir */
	char *const *envp;
	const char *dir;
	mode_t umask;
	bool switch_user;
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned */
	int group_count;
	int fds[LAUNCH_FDS_MAX]; /* fds[i] becomes descriptor i */
	int fd_count;
	bool die_with_us; /* SIGKILL for the child when this process ends */
	pid_t parent;
};

/* Fills *l for "/", umask 077, our own user and no descriptors. argv[0] must be an absolute path; ERR_INTERNAL in
 * guise (base/guise.h). */
int launch_init(struct launch *l, const char *const *argv, const char *const *envp, struct err *e);
/* To run as this user. */
int launch_set_user(struct launch *l, const char *user, struct err *e);
void launch_clear(struct launch *l);

/*
 * Starts it in a process group of its own and waits until it has become the program: *pid is then to be collected by the
 * caller. -1 with ERR_IO when it could not (or not until `deadline`, in milliseconds of the monotonic clock), with
 * ERR_INTERRUPTED when a termination signal came; nothing is then left of it.
 */
int launch_start(const struct launch *l, int64_t deadline, pid_t *pid, struct err *e);

#endif
