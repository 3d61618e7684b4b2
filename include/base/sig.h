/*
 * The one signal flag. SIGINT, SIGTERM and SIGHUP set it; work in progress sees it, cleans up and ends with
 * ERR_INTERRUPTED. SIGPIPE and SIGXFSZ are ignored: the write fails instead.
 */
#ifndef TEGATA_BASE_SIG_H
#define TEGATA_BASE_SIG_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * To be called once, first thing. A SIGINT or SIGHUP that was ignored at the start (nohup, a shell's background job)
 * stays ignored. SIGCHLD gets its default action, without which no child's status could be had.
 */
void sig_install(void);
bool sig_pending(void);
/* 0, or -1 with ERR_INTERRUPTED when a signal came. */
int sig_check(struct err *e);
/* Takes the signal out of the flag (0 = none) so that cleaning up is not itself interrupted, and puts it back afterwards. */
int sig_take(void);
void sig_put_back(int signo);
/* Holds the flag back so that cleaning up is not itself interrupted; a second signal still sets it. */
void sig_reset(void);

/*
 * poll() of n descriptors for at most timeout_ms (< 0 = for ever) that no termination signal can slip past: how many
 * are ready, 0 after the time, or -1 with errno, which is EINTR exactly when sig_pending().
 */
int sig_poll(struct pollfd *fds, size_t n, int64_t timeout_ms);

#endif
