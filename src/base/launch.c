#include "config.h"

#include "base/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/guise.h"
#include "base/i18n.h"
#include "base/sig.h"
#include "base/str.h"

/* Steps in which the child can fail before it has become the program; told through the report pipe. */
enum step { STEP_FDS, STEP_USER, STEP_DIR, STEP_EXEC };

struct report {
	enum step step;
	int errnum;
};

/* What begins with child_ runs in the child, where only system calls are safe. */

static void child_reset_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		sigaction(signo, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_close_from(unsigned int first)
{
	struct rlimit limit;
	unsigned int end = 65536;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0U, 0U) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end)
		end = (unsigned int)limit.rlim_cur;
	for (unsigned int fd = first; fd < end; fd++)
		close((int)fd);
}

/* Puts the descriptors in their places and the report right after them, and closes all others. 0 or -1. */
static int child_place_fds(const struct launch *l, int *report)
{
	int high[LAUNCH_FDS_MAX + 1] = {0};
	int count = l->fd_count;

	/* Out of the way first, as the source of one may be the place of another. */
	for (int i = 0; i <= count; i++) {
		high[i] = fcntl(i < count ? l->fds[i] : *report, F_DUPFD_CLOEXEC, count + 1);
		if (high[i] < 0)
			return -1;
	}
	if (dup3(high[count], count, O_CLOEXEC) < 0)
		return -1;
	*report = count;
	for (int i = 0; i < count; i++) {
		if (dup2(high[i], i) < 0)
			return -1;
	}
	child_close_from((unsigned int)count + 1);
	return 0;
}

/* Becomes the other user for good. 0 or -1. */
static int child_switch_user(const struct launch *l)
{
	uid_t uid[3];
	gid_t gid[3];

	if (setgroups((size_t)l->group_count, l->groups) != 0 || setresgid(l->gid, l->gid, l->gid) != 0 ||
	    setresuid(l->uid, l->uid, l->uid) != 0)
		return -1;
	errno = EPERM;
	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		if (uid[i] != l->uid || gid[i] != l->gid)
			return -1;
	}
	if (l->uid != 0 && setuid(0) == 0)
		return -1;
	return 0;
}

/* Returns only when a step has failed. */
static enum step child_become(const struct launch *l, int *report)
{
	setpgid(0, 0);
	child_reset_signals();
	umask(l->umask);
	if (child_place_fds(l, report) != 0)
		return STEP_FDS;
	if (l->switch_user && child_switch_user(l) != 0)
		return STEP_USER;
	/* After the change of user, which would forget it; and the parent may be gone by now. */
	if (l->die_with_us && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != l->parent))
		_exit(127);
	if (chdir(l->dir) != 0)
		return STEP_DIR;
	execve(l->argv[0], l->argv, l->envp);
	return STEP_EXEC;
}

static void child_main(const struct launch *l, int report) __attribute__((noreturn));

static void child_main(const struct launch *l, int report)
{
	struct report r = {0};

	r.step = child_become(l, &report);
	r.errnum = errno;
	(void)fs_write_all(report, &r, sizeof r);
	_exit(127);
}

static int find_groups(struct launch *l, const char *name)
{
	int room = 64;

	for (int tries = 0; tries < 8; tries++) {
		l->group_count = room;
		l->groups = mem_resize(l->groups, (size_t)room, sizeof *l->groups);
		if (getgrouplist(name, l->gid, l->groups, &l->group_count) >= 0)
			return 0;
		room = l->group_count > room ? l->group_count : 2 * room;
	}
	return -1;
}

int launch_init(struct launch *l, const char *const *argv, const char *const *envp, struct err *e)
{
	if (argv[0] == NULL || argv[0][0] != '/')
		return err_set(e, ERR_IO, _("a program to start needs an absolute path, which \"%s\" is not"),
			       argv[0] != NULL ? argv[0] : "");
	/* Its real user would still be root, and it could become that again. */
	if (guise_is_on())
		return err_set(e, ERR_INTERNAL, "%s would be started with another user's rights", argv[0]);
	*l = (struct launch){.dir = "/", .umask = 077, .parent = getpid()};
	/* execve() takes them without a const that it respects all the same. */
	memcpy(&l->argv, &argv, sizeof l->argv);
	memcpy(&l->envp, &envp, sizeof l->envp);
	return 0;
}

int launch_set_user(struct launch *l, const char *user, struct err *e)
{
	const struct passwd *entry;

	if (fs_lookup_user(user, &l->uid, &l->gid) != 0)
		return err_set(e, ERR_IO, _("starting %s: there is no user %s on this machine"), l->argv[0], user);
	if (geteuid() != 0) {
		if (l->uid == geteuid() && l->uid == getuid())
			return 0;
		return err_set(e, ERR_IO, _("starting %s: only root can run programs as user %s"), l->argv[0], user);
	}
	entry = getpwuid(l->uid);
	if (entry == NULL || find_groups(l, entry->pw_name) != 0)
		return err_set(e, ERR_IO, _("starting %s: the groups of user %s cannot be found"), l->argv[0], user);
	l->switch_user = true;
	return 0;
}

void launch_clear(struct launch *l)
{
	free(l->groups);
	*l = (struct launch){0};
}

/* The pid, and *report_out as the end on which the child tells why it could not start. -1 with errno. */
static pid_t fork_child(const struct launch *l, int *report_out)
{
	sigset_t all;
	sigset_t old;
	int report[2];
	pid_t pid;
	int saved;

	if (pipe2(report, O_CLOEXEC) != 0)
		return -1;
	/* So that no handler of ours runs in the child: what comes meanwhile waits for its default action. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		child_main(l, report[1]);
	saved = errno;
	/* Both sides do it, as either may be first to need it. */
	if (pid > 0)
		setpgid(pid, pid);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(report[1]);
	*report_out = report[0];
	if (pid < 0)
		close(report[0]);
	errno = saved;
	return pid;
}

static int say_report(const struct launch *l, const struct report *r, struct err *e)
{
	if (r->step == STEP_USER)
		return err_set_errno(e, ERR_IO, r->errnum, _("starting %s: changing to user id %lu"), l->argv[0],
				     (unsigned long)l->uid);
	if (r->step == STEP_DIR)
		return err_set_errno(e, ERR_IO, r->errnum, _("starting %s: entering the folder %s"), l->argv[0], l->dir);
	return err_set_errno(e, ERR_IO, r->errnum, _("starting %s"), l->argv[0]);
}

/* Waits until the child is the program, which closes the report pipe. */
static int await_exec(const struct launch *l, int report, int64_t deadline, struct err *e)
{
	struct pollfd wait = {.fd = report, .events = POLLIN};
	struct report r;
	int64_t left = deadline - clock_mono_ms(clock_system());
	int ready = sig_poll(&wait, 1, left > 0 ? left : 0);
	ssize_t n;

	if (ready < 0) {
		int saved = errno;

		return sig_check(e) != 0 ? -1 : err_set_errno(e, ERR_IO, saved, _("starting %s"), l->argv[0]);
	}
	if (ready == 0)
		return err_set_errno(e, ERR_IO, ETIMEDOUT, _("starting %s"), l->argv[0]);
	do {
		n = read(report, &r, sizeof r);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof r ? say_report(l, &r, e) : 0;
}

int launch_start(const struct launch *l, int64_t deadline, pid_t *pid_out, struct err *e)
{
	int report;
	pid_t pid = fork_child(l, &report);
	int status;

	if (pid < 0)
		return err_set_errno(e, ERR_IO, errno, _("starting %s"), l->argv[0]);
	status = await_exec(l, report, deadline, e);
	close(report);
	if (status != 0) {
		kill(-pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return -1;
	}
	*pid_out = pid;
	return 0;
}
