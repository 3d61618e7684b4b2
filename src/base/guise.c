#include "config.h"

#include "base/guise.h"

#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/i18n.h"

#define NO_GROUP 65534 /* whose files there are none of */

/*
 * The groups of a user. One that has no entry has none: the group that happens to have the user's number is somebody
 * else's. 0 or -1 with errno.
 */
static int set_groups(uid_t uid, gid_t *gid)
{
	const struct passwd *user = getpwuid(uid);

	*gid = user != NULL ? user->pw_gid : uid == 0 ? 0 : NO_GROUP;
	return user != NULL ? initgroups(user->pw_name, user->pw_gid) : setgroups(0, NULL);
}

/* A change of the effective user sets it to what fs.suid_dumpable says, which may allow a core file for root. */
static void stay_undumpable(int before)
{
	if (before == 0)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Who is no longer root has root's capabilities all the same. */
static bool keeps_capabilities(void)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	return bits > 0 && (bits & SECBIT_NO_SETUID_FIXUP) != 0;
}

/* Groups first: afterwards we would not be allowed to. */
static int take(uid_t uid)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	gid_t gid;

	errno = EPERM;
	if (keeps_capabilities() || set_groups(uid, &gid) != 0 || setegid(gid) != 0 || seteuid(uid) != 0)
		return -1;
	stay_undumpable(dumpable);
	if (geteuid() == uid && getegid() == gid)
		return 0;
	errno = EPERM;
	return -1;
}

int guise_take(uid_t uid, struct err *e)
{
	if (take(uid) == 0)
		return 0;
	return err_set_errno(e, ERR_IO, errno, _("taking the rights of user %lu"), (unsigned long)uid);
}

bool guise_is_on(void)
{
	return getuid() == 0 && geteuid() != 0;
}

static void give_up(void) __attribute__((noreturn));

static void give_up(void)
{
	static const char text[] = "tegata: the system does not let it change its rights\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(2);
	_exit(1);
}

struct guise guise_lift(void)
{
	struct guise g = {.on = guise_is_on(), .uid = geteuid()};
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	gid_t gid;

	if (g.on && (seteuid(0) != 0 || set_groups(0, &gid) != 0 || setegid(getgid()) != 0))
		give_up();
	if (g.on)
		stay_undumpable(dumpable);
	return g;
}

void guise_resume(const struct guise *g)
{
	if (g->on && take(g->uid) != 0)
		give_up();
}

void guise_keep_capabilities(void)
{
#ifdef PR_CAP_AMBIENT
	/* EINVAL where the kernel has none of it: then there is nothing to keep. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
#endif
}
