#include "config.h"

#include "base/guise.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/proc.h"
#include "skipping.h"

#define NOBODY 65534
#define NO_ENTRY 61183 /* no such user; as a group's number, somebody's perhaps */
#define GROUPS_MAX 64

#define NEED_ROOT()                                                                                                  \
	do {                                                                                                             \
		if (geteuid() != 0)                                                                                          \
			SKIP_BECAUSE("only root can take other users' rights");                                                  \
	} while (0)

/* In the child: the line that did not hold is its exit status, as far as that goes. */
#define HOLDS(condition)                                                                                             \
	do {                                                                                                             \
		if (!(condition)) {                                                                                          \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                        \
			_exit(99);                                                                                               \
		}                                                                                                            \
	} while (0)

/* Rights are the whole process's, so each test has one of its own. 0 in the child. */
static pid_t begin(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	return pid;
}

static int status_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char secret_path[] = "/tmp/tegata-guise-XXXXXX";

static int make_secret(void **state)
{
	int fd = mkstemp(secret_path);

	(void)state;
	return fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int remove_secret(void **state)
{
	(void)state;
	return unlink(secret_path);
}

static bool can_read_secret(void)
{
	int fd = open(secret_path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_rights_of(uid_t uid, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	for (int i = 0; i < count; i++)
		if (uid != 0 && groups[i] == 0)
			return false;
	return count >= 0 && getuid() == 0 && geteuid() == uid && getegid() == gid && can_read_secret() == (uid == 0);
}

static void test_take_lift_resume(void **state)
{
	struct err e = ERR_INIT;
	struct guise outer, inner;
	gid_t many[] = {0, 1, 2};

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		HOLDS(setgroups(3, many) == 0);
		outer = guise_lift();
		HOLDS(!outer.on && !guise_is_on());
		guise_resume(&outer);
		HOLDS(has_rights_of(0, 0));
		HOLDS(guise_take(NOBODY, &e) == 0 && guise_is_on());
		HOLDS(has_rights_of(NOBODY, NOBODY));
		outer = guise_lift();
		HOLDS(outer.on && has_rights_of(0, 0) && !guise_is_on());
		inner = guise_lift();
		guise_resume(&inner);
		HOLDS(!inner.on && has_rights_of(0, 0));
		guise_resume(&outer);
		HOLDS(guise_is_on() && has_rights_of(NOBODY, NOBODY));
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

static void test_user_without_entry(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		HOLDS(guise_take(NO_ENTRY, &e) == 0);
		HOLDS(getgroups(0, NULL) == 0 && geteuid() == NO_ENTRY);
		HOLDS(getegid() != NO_ENTRY && getegid() != 0 && !can_read_secret());
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

/* A core of what has once held a key would be one, too. */
static void test_no_core(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	for (int dumpable = 0; dumpable < 2; dumpable++) {
		pid_t pid = begin();
		if (pid == 0) {
			HOLDS(prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0);
			HOLDS(guise_take(NOBODY, &e) == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1);
			HOLDS(dumpable == 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
			struct guise g = guise_lift();
			HOLDS(dumpable == 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
			guise_resume(&g);
			HOLDS(dumpable == 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
			_exit(0);
		}
		assert_int_equal(status_of(pid), 0);
	}
}

/* What the user whose rights are taken does to the process meanwhile. */
static void attack(pid_t victim)
{
	char path[64], byte;
	struct iovec ours = {&byte, 1}, theirs = {&byte, 1};

	HOLDS(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
	HOLDS(kill(victim, 0) < 0 && errno == EPERM);
	HOLDS(kill(victim, SIGSTOP) < 0 && errno == EPERM);
	HOLDS(ptrace(PTRACE_ATTACH, victim, NULL, NULL) < 0 && errno == EPERM);
	HOLDS(process_vm_readv(victim, &ours, 1, &theirs, 1, 0) < 0 && errno != EFAULT);
	snprintf(path, sizeof path, "/proc/%ld/mem", (long)victim);
	HOLDS(open(path, O_RDWR | O_CLOEXEC) < 0);
	snprintf(path, sizeof path, "/proc/%ld/fd/0", (long)victim);
	HOLDS(open(path, O_RDONLY | O_CLOEXEC) < 0);
}

static void test_user_has_no_hold_on_us(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		pid_t victim = getpid();
		int go[2];
		char byte = 0;

		HOLDS(pipe(go) == 0);
		pid_t attacker = fork();
		if (attacker == 0) {
			HOLDS(read(go[0], &byte, 1) == 1);
			attack(victim);
			_exit(0);
		}
		HOLDS(guise_take(NOBODY, &e) == 0 && write(go[1], &byte, 1) == 1);
		_exit(status_of(attacker));
	}
	assert_int_equal(status_of(pid), 0);
}

/* A child that has our real user could become root again. */
static void test_no_program_is_started_in_guise(void **state)
{
	static const char *const argv[] = {"/bin/sh", "-c", "id -u", NULL}, *const envp[] = {"PATH=/usr/bin:/bin", NULL};
	struct proc_spec spec = {.argv = argv, .envp = envp, .timeout_sec = 20, .output_max = 100};
	struct proc_result r = {0};
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		HOLDS(guise_take(NOBODY, &e) == 0);
		HOLDS(proc_run(&spec, &r, &e) != 0 && e.kind == ERR_INTERNAL);
		err_clear(&e);
		struct guise g = guise_lift();
		HOLDS(proc_run(&spec, &r, &e) == 0 && strcmp(r.out, "0\n") == 0);
		proc_result_clear(&r);
		guise_resume(&g);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

static void test_not_root(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		HOLDS(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
		HOLDS(guise_take(1, &e) < 0 && e.sys_errno == EPERM && !guise_is_on());
		struct guise g = guise_lift();
		guise_resume(&g);
		HOLDS(!g.on && geteuid() == NOBODY);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

static bool drop_setgid(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	data[0].permitted &= ~(1U << CAP_SETGID);
	data[0].effective &= data[0].permitted;
	return syscall(SYS_capset, &header, data) == 0;
}

/* Going on with the wrong rights would be worse than ending. */
static void test_no_way_back_ends_it(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		HOLDS(guise_take(NOBODY, &e) == 0 && drop_setgid());
		guise_lift();
		_exit(0);
	}
	assert_int_equal(status_of(pid), 1);
}

/* With this bit set, a change of user takes nothing away: the guise would be worth nothing. */
static void test_capabilities_that_would_stay(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	NEED_ROOT();
	pid_t pid = begin();
	if (pid == 0) {
		if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
			_exit(77);
		HOLDS(guise_take(NOBODY, &e) < 0 || !can_read_secret());
		_exit(0);
	}
	int status = status_of(pid);
	if (status == 77)
		SKIP_BECAUSE("the secure bits cannot be set here");
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_lift_resume),
		cmocka_unit_test(test_user_without_entry),
		cmocka_unit_test(test_no_core),
		cmocka_unit_test(test_user_has_no_hold_on_us),
		cmocka_unit_test(test_no_program_is_started_in_guise),
		cmocka_unit_test(test_not_root),
		cmocka_unit_test(test_no_way_back_ends_it),
		cmocka_unit_test(test_capabilities_that_would_stay),
	};

	return cmocka_run_group_tests(tests, make_secret, remove_secret);
}
