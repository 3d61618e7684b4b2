#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/i18n.h"
#include "base/launch.h"
#include "base/sig.h"

#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/libexec/tegata"
#endif

#define PEER_FD 3
#define EXTRA_MAX 8
#define START_MS 30000    /* for a peer to get to its exec */
#define GRACE_MS 2000     /* between SIGTERM and SIGKILL */
#define KILLED_MS 5000    /* for a killed process to go; more takes only one that hangs in the kernel */
#ifdef COVERAGE
#define STOP_MS 10000     /* for a peer to end by itself, and to write its counters */
#else
#define STOP_MS 1000      /* for a peer to end by itself */
#endif
#define TICK_MS 20        /* how often to look where the kernel has no pidfd (before 5.3) */
#define DRAIN_MAX 1048576 /* pipes hold no more than this unless root has made them larger */

/* The leak sanitizer looks at its process from without, which is just what is to be forbidden. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* A running child and what it says. */
struct child {
	pid_t pid;
	int pidfd;  /* -1 = none */
	bool ended; /* its status waits to be collected, which keeps the pid ours */
	int fd[2];  /* standard output and error; -1 at their end */
	struct buf text[2];
};

enum wait_end { WAIT_ENDED, WAIT_TIMEOUT, WAIT_INTERRUPTED };

void proc_settle(void)
{
	int fd;

	/* The lowest free number is given, so the first that is above them all ends it. */
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	/* Not by RLIMIT_CORE, which servers that a hook starts would inherit. */
	if (!SANITIZED)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_system());
}

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

/* Leaves the status uncollected: as long as it is, neither the pid nor the group can become somebody else's. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return errno == ECHILD;
	return info.si_pid == pid;
}

/* Reads once from stream i, and keeps what there is room for. How many bytes, 0 = none now or at its end. */
static size_t read_stream(struct child *c, int i)
{
	struct buf *b = &c->text[i];
	char chunk[16384];
	ssize_t n;

	do {
		n = read(c->fd[i], chunk, sizeof chunk);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		close_fd(&c->fd[i]);
		return 0;
	}
	if (buf_append(b, chunk, (size_t)n < b->max - b->len ? (size_t)n : b->max - b->len) != 0)
		b->max = b->len;
	return (size_t)n;
}

/* What is in the pipes by now, and no more: somebody left behind may go on writing for ever. */
static void drain(struct child *c)
{
	for (int i = 0; i < 2; i++) {
		size_t total = 0;
		size_t n;

		while (c->fd[i] >= 0 && total < DRAIN_MAX && (n = read_stream(c, i)) > 0)
			total += n;
	}
}

/*
 * Reads on until the child has ended (and, if `group`, everybody who holds its output has too) or the deadline has come
 * or, if `heed_signals`, a termination signal.
 */
static enum wait_end watch(struct child *c, int64_t deadline, bool group, bool heed_signals)
{
	for (;;) {
		struct pollfd wait[3] = {
			{.fd = c->fd[0], .events = POLLIN},
			{.fd = c->fd[1], .events = POLLIN},
			{.fd = -1, .events = POLLIN},
		};
		int64_t left = deadline - now_ms();
		int ready;

		c->ended = c->ended || has_ended(c->pid);
		if (c->ended && (!group || (c->fd[0] < 0 && c->fd[1] < 0)))
			return WAIT_ENDED;
		if (left <= 0)
			return WAIT_TIMEOUT;
		if (!c->ended) {
			wait[2].fd = c->pidfd;
			if (c->pidfd < 0 && left > TICK_MS)
				left = TICK_MS;
		}
		ready = heed_signals ? sig_poll(wait, 3, left) : poll(wait, 3, (int)left);
		if (ready < 0 && heed_signals)
			return WAIT_INTERRUPTED;
		for (int i = 0; ready > 0 && i < 2; i++) {
			if (wait[i].revents != 0)
				read_stream(c, i);
		}
	}
}

/* Asks the whole group to end, then makes it; the child's own status is kept. */
static void end_group(struct child *c)
{
	kill(-c->pid, SIGTERM);
	watch(c, now_ms() + GRACE_MS, true, false);
	kill(-c->pid, SIGKILL);
	watch(c, now_ms() + KILLED_MS, false, false);
}

static void collect(struct child *c, struct proc_result *r)
{
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(c->pid, &status, WNOHANG);
	} while (pid < 0 && errno == EINTR);
	r->exit_status = -1;
	if (pid == c->pid && WIFEXITED(status))
		r->exit_status = WEXITSTATUS(status);
	else
		r->term_signal = pid == c->pid && WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
}

static void child_clear(struct child *c)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&c->fd[i]);
		buf_clear(&c->text[i]);
	}
	close_fd(&c->pidfd);
}

static int open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* Fills l->fds with /dev/null and the child's ends of two pipes, c->fd with ours. 0 or -1 with errno. */
static int open_streams(struct child *c, struct launch *l)
{
	l->fds[0] = open_null();
	if (l->fds[0] < 0)
		return -1;
	l->fd_count = 1;
	for (int i = 0; i < 2; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) != 0)
			return -1;
		c->fd[i] = ends[0];
		l->fds[l->fd_count++] = ends[1];
		if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
			return -1;
	}
	return 0;
}

static int set_up(struct launch *l, const struct proc_spec *spec, struct err *e)
{
	if (launch_init(l, spec->argv, spec->envp, e) != 0)
		return -1;
	if (spec->dir != NULL)
		l->dir = spec->dir;
	if (spec->umask != 0)
		l->umask = spec->umask;
	return spec->user != NULL ? launch_set_user(l, spec->user, e) : 0;
}

static int start(struct child *c, const struct proc_spec *spec, int64_t deadline, struct err *e)
{
	struct launch l = {0};
	int status = -1;

	if (set_up(&l, spec, e) != 0)
		goto out;
	if (open_streams(c, &l) != 0) {
		err_set_errno(e, ERR_IO, errno, _("starting %s"), spec->argv[0]);
		goto out;
	}
	status = launch_start(&l, deadline, &c->pid, e);
out:
	/* Ours of the child's ends too, or the pipes would never come to an end. */
	for (int i = 0; i < l.fd_count; i++)
		close(l.fds[i]);
	launch_clear(&l);
	return status;
}

int proc_run(const struct proc_spec *spec, struct proc_result *result, struct err *e)
{
	int64_t deadline = now_ms() + (int64_t)spec->timeout_sec * 1000;
	struct child c = {.pidfd = -1, .fd = {-1, -1}};
	enum wait_end end;
	int status = -1;

	if (sig_check(e) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		buf_init(&c.text[i], spec->output_max);
	if (start(&c, spec, deadline, e) != 0)
		goto out;
	c.pidfd = open_pidfd(c.pid);
	end = watch(&c, deadline, false, true);
	if (end != WAIT_ENDED)
		end_group(&c);
	drain(&c);
	collect(&c, result);
	if (end == WAIT_INTERRUPTED) {
		*result = (struct proc_result){0};
		if (sig_check(e) == 0)
			err_set(e, ERR_INTERNAL, "poll() failed");
		err_wrap(e, _("running %s"), spec->argv[0]);
		goto out;
	}
	result->timed_out = end == WAIT_TIMEOUT;
	result->out = buf_take(&c.text[0]);
	result->err = buf_take(&c.text[1]);
	status = 0;
out:
	child_clear(&c);
	return status;
}

void proc_result_clear(struct proc_result *r)
{
	free(r->out);
	free(r->err);
	*r = (struct proc_result){0};
}

/* Fills l->fds for a peer and *ours with our end. What is in `opened` is to be closed. 0 or -1 with errno. */
static int peer_fds(struct launch *l, int *ours, int opened[static 2])
{
	int ends[2];

	opened[0] = open_null();
	if (opened[0] < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	*ours = ends[0];
	opened[1] = ends[1];
	l->fds[STDIN_FILENO] = opened[0];
	l->fds[STDOUT_FILENO] = opened[0];
	/* Whoever started us may have closed it. */
	l->fds[STDERR_FILENO] = fcntl(STDERR_FILENO, F_GETFD) >= 0 ? STDERR_FILENO : opened[0];
	l->fds[PEER_FD] = opened[1];
	return 0;
}

int proc_spawn_peer(const struct proc_spec *spec, const int *extra_fds, size_t n, struct proc_peer *out, struct err *e)
{
	struct launch l = {0};
	int opened[2] = {-1, -1};
	int ours = -1;
	int status = -1;
	pid_t pid = 0;

	if (n > EXTRA_MAX)
		return err_set(e, ERR_INTERNAL, "too many descriptors for a helper program");
	if (set_up(&l, spec, e) != 0)
		goto out;
	if (peer_fds(&l, &ours, opened) != 0) {
		err_set_errno(e, ERR_IO, errno, _("starting %s"), spec->argv[0]);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		l.fds[PEER_FD + 1 + i] = extra_fds[i];
	l.fd_count = PEER_FD + 1 + (int)n;
	l.die_with_us = true;
	status = launch_start(&l, now_ms() + START_MS, &pid, e);
	if (status == 0) {
		*out = (struct proc_peer){pid, ours};
		ours = -1;
	}
out:
	close_fd(&ours);
	close_fd(&opened[0]);
	close_fd(&opened[1]);
	launch_clear(&l);
	return status;
}

void proc_peer_stop(struct proc_peer *p)
{
	struct child c = {.pid = p->pid, .pidfd = -1, .fd = {-1, -1}};

	/* A zeroed one has neither; descriptor 0 is nobody's end of a socketpair then. */
	if (p->pid > 0) {
		close_fd(&p->fd);
		c.pidfd = open_pidfd(c.pid);
		watch(&c, now_ms() + STOP_MS, false, false);
		kill(-c.pid, SIGKILL);
		/* It may have left its group. */
		kill(c.pid, SIGKILL);
		watch(&c, now_ms() + KILLED_MS, false, false);
		while (waitpid(c.pid, NULL, WNOHANG) < 0 && errno == EINTR)
			;
		close_fd(&c.pidfd);
	}
	*p = (struct proc_peer){0, -1};
}

char *proc_libexec(const char *name)
{
	const char *dir = secure_getenv("TEGATA_LIBEXECDIR");

	return fs_join(dir != NULL && *dir == '/' ? dir : LIBEXECDIR, name);
}
