/* In the place of what confines tegata-net, to measure what that costs: the user is changed as ever, and that is all. */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/net/worker.h"

enum worker_trade worker_confine_begin(void)
{
	const struct rlimit none = {0, 0};

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return WORKER_FETCHES;
}

void worker_confine(const struct http_options *o, enum worker_trade trade, struct wire_confined *out)
{
	const struct passwd *p = getpwnam("nobody");

	(void)o;
	(void)trade;
	*out = (struct wire_confined){.seccomp_errno = ENOPKG, .landlock_errno = ENOSYS};
	if (geteuid() == 0 && p && !setgroups(0, NULL) && !setresgid(p->pw_gid, p->pw_gid, p->pw_gid))
		(void)!setresuid(p->pw_uid, p->pw_uid, p->pw_uid);
}

int worker_confine_descriptors(void)
{
	return 0;
}
