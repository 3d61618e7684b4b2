/*
 * The one signal flag. SIGINT, SIGTERM and SIGHUP set it; work in progress sees it, cleans up and ends with
 * ERR_INTERRUPTED. SIGPIPE is ignored.
 */
#ifndef TEGATA_BASE_SIG_H
#define TEGATA_BASE_SIG_H

#include <stdbool.h>

#include "base/err.h"

void sig_install(void);
bool sig_pending(void);
/* 0, or -1 with ERR_INTERRUPTED when a signal came. */
int sig_check(struct err *e);
/* Holds the flag back so that cleaning up is not itself interrupted; a second signal still sets it. */
void sig_reset(void);

#endif
