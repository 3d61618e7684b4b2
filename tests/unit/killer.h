/* Kills work before each of its system calls, one after the other. */
#ifndef TEGATA_TESTS_KILLER_H
#define TEGATA_TESTS_KILLER_H

#include "store_maker.h"
#include "skipping.h"

#include <signal.h>
#include <sys/ptrace.h>

#define KILLER_CALLS_MAX 3000

enum killer_answer { KILLER_KILLED, KILLER_DONE, KILLER_CANNOT };

static inline bool killer_resume(pid_t pid, int *status)
{
	assert_int_equal(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	assert_int_equal(waitpid(pid, status, 0), pid);
	return WIFSTOPPED(*status);
}

/*
 * work() runs on the store in `dir` in a child that is killed before its nth system call (1..). KILLER_DONE: it had ended well
 * before. work() answers 0, or the line of the test that failed.
 */
static inline enum killer_answer killer_try(int nth, int (*work)(struct store *s), const char *dir)
{
	int status = 0;
	int line;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e = ERR_INIT;
		struct store *s = NULL;

		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			_exit(77);
		raise(SIGSTOP);
		if (store_open(dir, &s, &e) != 0 || store_lock(s, 0, &e) != 0)
			_exit(1);
		line = work(s);
		if (line != 0)
			fprintf(stderr, "the work that is to be killed failed: line %d\n", line);
		_exit(line != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status))
		return KILLER_CANNOT;
	/* Every call stops twice, before and after. */
	for (int stop = 0; stop < 2 * nth - 1; stop++) {
		if (!killer_resume(pid, &status)) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			return KILLER_DONE;
		}
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return KILLER_KILLED;
}

/*
 * prepare() sets up the locked store, work() is killed, check() looks at the store as the next run opens it; so for every call.
 * The answer is how many kills there were.
 */
static inline int killer_everywhere(struct place *p, void (*prepare)(struct place *p), int (*work)(struct store *s),
                                    void (*check)(struct place *p, bool done))
{
	for (int nth = 1; nth < KILLER_CALLS_MAX; nth++) {
		enum killer_answer answer;

		prepare(p);
		store_close(p->s);
		p->s = NULL;
		answer = killer_try(nth, work, p->state);
		if (answer == KILLER_CANNOT)
			SKIP_BECAUSE("no process may trace another here");
		p->s = store_made(p->state);
		check(p, answer == KILLER_DONE);
		if (answer == KILLER_DONE)
			return nth - 1;
	}
	fail_msg("the work has no end");
	return 0;
}

#endif
