#include "config.h"

#include "base/sig.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/i18n.h"

static volatile sig_atomic_t received; /* the signal's number, 0 = none */

static void remember(int signo)
{
	received = signo;
}

static void termination_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

static void catch_signal(int signo, bool even_if_ignored)
{
	struct sigaction sa = {.sa_handler = remember};
	struct sigaction old;

	termination_set(&sa.sa_mask);
	if (!even_if_ignored && sigaction(signo, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	sigaction(signo, &sa, NULL);
}

void sig_install(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t unblock;

	sigaction(SIGPIPE, &ignore, NULL);
	/* A file that reaches a limit is a failed write, told and cleaned up like a full disk. */
	sigaction(SIGXFSZ, &ignore, NULL);
	sigaction(SIGCHLD, &standard, NULL);
	catch_signal(SIGTERM, true);
	catch_signal(SIGINT, false);
	catch_signal(SIGHUP, false);
	/* A mask is inherited too, and whoever started us may have blocked them. */
	termination_set(&unblock);
	sigaddset(&unblock, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &unblock, NULL);
}

bool sig_pending(void)
{
	return received != 0;
}

int sig_check(struct err *e)
{
	int signo = received;

	if (signo == 0)
		return 0;
	if (signo == SIGINT)
		return err_set(e, ERR_INTERRUPTED, _("interrupted from the keyboard (SIGINT)"));
	return err_set(e, ERR_INTERRUPTED, _("asked to stop by a signal (%s)"), signo == SIGTERM ? "SIGTERM" : "SIGHUP");
}

int sig_take(void)
{
	int signo = received;

	received = 0;
	return signo;
}

void sig_put_back(int signo)
{
	if (signo != 0)
		received = signo;
}

void sig_reset(void)
{
	received = 0;
}

/* One wait with the termination signals let in only while it lasts; the caller has blocked them. */
static int wait_once(struct pollfd *fds, size_t n, int64_t left_ms, const sigset_t *while_waiting)
{
	struct timespec left = {.tv_sec = (time_t)(left_ms / 1000), .tv_nsec = (long)(left_ms % 1000) * 1000000};

	if (received != 0) {
		errno = EINTR;
		return -1;
	}
	return ppoll(fds, (nfds_t)n, left_ms < 0 ? NULL : &left, while_waiting);
}

int sig_poll(struct pollfd *fds, size_t n, int64_t timeout_ms)
{
	const struct clock *clock = clock_system();
	int64_t start = clock_mono_ms(clock);
	int64_t left = timeout_ms;
	sigset_t block;
	sigset_t old;
	int ready;
	int saved;

	termination_set(&block);
	sigprocmask(SIG_BLOCK, &block, &old);
	for (;;) {
		ready = wait_once(fds, n, left, &old);
		if (ready >= 0 || errno != EINTR || received != 0)
			break;
		/* Something harmless, such as being stopped and continued. */
		if (timeout_ms >= 0) {
			left = timeout_ms - (clock_mono_ms(clock) - start);
			if (left < 0)
				left = 0;
		}
	}
	saved = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return ready;
}
