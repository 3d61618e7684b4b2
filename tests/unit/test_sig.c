#include "config.h"

#include "base/sig.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"

static void remembers(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct err e = ERR_INIT;

		sig_reset();
		assert_false(sig_pending());
		assert_int_equal(sig_check(&e), 0);
		assert_int_equal(e.kind, ERR_NONE);
		raise(signals[i]);
		assert_true(sig_pending());
		assert_int_equal(sig_check(&e), -1);
		assert_int_equal(e.kind, ERR_INTERRUPTED);
		err_clear(&e);
	}
	sig_reset();
	assert_false(sig_pending());
	raise(SIGTERM);
	assert_true(sig_pending());
	sig_reset();
}

static void survives_broken_pipes(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
	assert_false(sig_pending());
}

static void survives_size_limits(void **state)
{
	struct rlimit before;
	struct rlimit small;
	FILE *file = tmpfile();
	sigset_t unblock;

	(void)state;
	assert_non_null(file);
	sigemptyset(&unblock);
	sigaddset(&unblock, SIGXFSZ);
	sigprocmask(SIG_UNBLOCK, &unblock, NULL);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){.rlim_cur = 1, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(write(fileno(file), "x", 1), 1);
	assert_int_equal(write(fileno(file), "x", 1), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	fclose(file);
	assert_false(sig_pending());
}

static void polls(void **state)
{
	struct pollfd wait = {.events = POLLIN};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	wait.fd = ends[0];
	assert_int_equal(sig_poll(&wait, 1, 0), 0);
	assert_int_equal(sig_poll(&wait, 1, 5), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(sig_poll(&wait, 1, -1), 1);
	raise(SIGTERM);
	assert_int_equal(sig_poll(&wait, 1, -1), -1);
	assert_int_equal(errno, EINTR);
	sig_reset();
	assert_int_equal(sig_poll(&wait, 1, -1), 1);
	close(ends[0]);
	close(ends[1]);
}

/* A child that signals us as soon as we wait, without end: were one signal lost, this would hang. */
static void waits_end_by_signals(void **state)
{
	pid_t parent = getpid();
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		while (getppid() == parent) {
			kill(parent, SIGTERM);
			usleep(500);
		}
		_exit(0);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(clock_sleep_ms(clock_system(), 60000), -1);
		assert_true(sig_pending());
		sig_reset();
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sig_reset();
}

static void ignores_harmless_signal(int signo)
{
	(void)signo;
}

/* A signal that means nothing to us neither ends nor prolongs a wait. */
static void waits_go_on(void **state)
{
	struct sigaction sa = {.sa_handler = ignores_harmless_signal};
	int64_t start = clock_mono_ms(clock_system());
	pid_t parent = getpid();
	pid_t child;
	int64_t took;

	(void)state;
	sigaction(SIGUSR1, &sa, NULL);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 20000 && getppid() == parent; i++) {
			kill(parent, SIGUSR1);
			usleep(1000);
		}
		_exit(0);
	}
	assert_int_equal(clock_sleep_ms(clock_system(), 100), 0);
	took = clock_mono_ms(clock_system()) - start;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_in_range(took, 100, 15000);
}

/* nohup keeps its meaning. */
static void keeps_ignored_hangups(void **state)
{
	struct sigaction sa;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sig_install();
	raise(SIGHUP);
	raise(SIGINT);
	assert_false(sig_pending());
	raise(SIGTERM);
	assert_true(sig_pending());
	sig_reset();
	assert_int_equal(sigaction(SIGCHLD, NULL, &sa), 0);
	assert_true(sa.sa_handler == SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sig_install();
}

static int install(void **state)
{
	sigset_t all;

	(void)state;
	/* The worst that whoever started us can have left, but for what sig_install() is to leave as it is. */
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGCHLD, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sig_install();
	sigemptyset(&all);
	sigaddset(&all, SIGUSR1);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers),
		cmocka_unit_test(survives_broken_pipes),
		cmocka_unit_test(survives_size_limits),
		cmocka_unit_test(polls),
		cmocka_unit_test(waits_end_by_signals),
		cmocka_unit_test(waits_go_on),
		cmocka_unit_test(keeps_ignored_hangups),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
