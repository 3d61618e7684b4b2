/*
 * Acting as another user for a while: root that works on the files of somebody less trusted takes that user's rights, so that
 * no link or name of theirs leads it to anything they could not reach themselves. The real user stays root, so that user can
 * neither trace nor signal this process, and what has to be root's (starting programs, writing where others must not) lifts the
 * guise meanwhile. base/launch.h refuses to start anything in guise: it could become root again.
 */
#ifndef TEGATA_BASE_GUISE_H
#define TEGATA_BASE_GUISE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* From here on files are touched with the rights of this user and of its groups only. Only for root; EPERM where
 * root's capabilities would stay. */
int guise_take(uid_t uid, struct err *e);
bool guise_is_on(void);

struct guise { /* what was lifted */
	bool on;
	uid_t uid;
};

/*
 * Root again, until guise_resume(); without a guise both do nothing. The process ends when the system refuses, as it must not go on
 * with the wrong rights.
 */
struct guise guise_lift(void);
void guise_resume(const struct guise *g);

/*
 * For main(): a capability that a service manager gave us for port 80 is ours alone, no program that we start inherits it.
 */
void guise_keep_capabilities(void);

#endif
