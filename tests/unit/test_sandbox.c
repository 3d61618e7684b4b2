/*
 * What is shown of a helper that is held, of one that is not, and of all that kernel and build may lack. The helper is a child of
 * this test, so that what is read of it below /proc is the kernel's; its own words are the test's.
 */
#include "config.h"

#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/proc.h"
#include "base/str.h"
#include "net/peer.h"
#include "skipping.h"

#define NOBODY 65534

static struct {
	bool held;                /* the child gives all up */
	int fail_start, fail_ask; /* kinds of errors; 0 = none */
	struct wire_confined said;
} helper;

static void limit(int what, rlim_t most)
{
	const struct rlimit r = {most, most};

	if (setrlimit(what, &r) != 0)
		_exit(9);
}

static void be_held(void)
{
	limit(RLIMIT_DATA, 128 * 1024 * 1024);
	limit(RLIMIT_NOFILE, 64);
	limit(RLIMIT_CPU, 60);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		_exit(9);
}

static void child(int fd, int ready)
{
	int null = open("/dev/null", O_RDWR);
	char octet;

	if (null < 0 || dup2(fd, 30) < 0 || dup2(ready, 31) < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    dup2(30, 3) < 0)
		_exit(9);
	for (int i = 4; i < 64; i++)
		if (i != 31)
			close(i);
	if (helper.held)
		be_held();
	close(31);
	while (read(3, &octet, 1) > 0) /* until tegata's end is closed */
		;
	raise(SIGKILL);
}

/* These stand in the place of net/peer's. */
int peer_start(const struct http_options *o, const int *extra_fds, size_t n, struct proc_peer *out, struct err *e)
{
	int pair[2], ready[2];
	char octet;

	(void)o;
	(void)extra_fds;
	(void)n;
	if (helper.fail_start != 0)
		return err_set(e, (enum err_kind)helper.fail_start, "it cannot be started");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(ready), 0);
	out->fd = pair[0];
	out->pid = fork();
	assert_true(out->pid >= 0);
	if (out->pid == 0) {
		signal(SIGTERM, SIG_DFL);
		child(pair[1], ready[1]);
	}
	close(pair[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &octet, 1), 0);
	close(ready[0]);
	return 0;
}

int peer_ask(const struct proc_peer *peer, struct wire_confined *out, struct err *e)
{
	(void)peer;
	if (helper.fail_ask != 0)
		return err_set(e, (enum err_kind)helper.fail_ask, "it does not answer");
	*out = helper.said;
	return 0;
}

static void look(struct sandbox *s)
{
	const struct http_options o = {.user_agent = "test"};
	struct err e = ERR_INIT;

	if (sandbox_look(&o, s, &e) != 0)
		fail_msg("%s", e.cause);
}

static void check(const struct sandbox *s, enum sandbox_id id, bool in_force, bool possible, const char *reason)
{
	const struct sandbox_row *row = &s->row[id];

	if (row->in_force != in_force || row->possible != possible)
		fail_msg("%s: in force %d, possible %d (%s)", row->name, row->in_force, row->possible, row->reason ? row->reason : "");
	if (reason && !(row->reason && strstr(row->reason, reason)))
		fail_msg("%s: \"%s\" instead of \"%s\"", row->name, row->reason ? row->reason : "", reason);
	if (!reason && row->reason)
		fail_msg("%s: %s", row->name, row->reason);
	assert_true(!in_force || row->value || id == SANDBOX_NO_NEW_PRIVS);
}

static void one_that_is_held(void **state)
{
	struct sandbox s = {0};

	(void)state;
	if (geteuid() != 0)
		SKIP_BECAUSE("only root can give up what it has");
	helper.held = true;
	helper.said = (struct wire_confined){.landlock_abi = 6, .descriptors = 4, .life_sec = 600};
	look(&s);
	assert_true(s.row[SANDBOX_USER].in_force && s.row[SANDBOX_USER].possible);
	check(&s, SANDBOX_GROUPS, true, true, NULL);
	assert_string_equal(s.row[SANDBOX_GROUPS].value, "65534 and no other");
	check(&s, SANDBOX_CAPABILITIES, true, true, NULL);
	check(&s, SANDBOX_NO_NEW_PRIVS, true, true, NULL);
	check(&s, SANDBOX_LANDLOCK, true, true, NULL);
	check(&s, SANDBOX_LIMITS, true, true, NULL);
	assert_string_equal(s.row[SANDBOX_LIMITS].value,
	                    "memory 128 MiB, descriptors 64, processor 60 s, files 0 B, core 0 B");
	check(&s, SANDBOX_LIFE, true, true, NULL);
	assert_string_equal(s.row[SANDBOX_LIFE].value, "the kernel ends it after 10 min at the latest");
	/* The test's child has no filter, whatever it might say. */
	assert_false(s.row[SANDBOX_SECCOMP].in_force && s.row[SANDBOX_SECCOMP].reason);
	sandbox_clear(&s);
}

static void one_that_is_not(void **state)
{
	struct sandbox s = {0};

	(void)state;
	if (geteuid() != 0)
		SKIP_BECAUSE("what is not held is root's own helper");
	helper.held = false;
	helper.said = (struct wire_confined){.landlock_errno = EPERM, .seccomp_errno = EINVAL, .descriptors = 4};
	look(&s);
	assert_false(s.row[SANDBOX_USER].in_force);
	assert_false(s.row[SANDBOX_GROUPS].in_force);
	assert_false(s.row[SANDBOX_CAPABILITIES].in_force);
	check(&s, SANDBOX_LANDLOCK, false, true, "the kernel refuses it: Operation not permitted");
	check(&s, SANDBOX_LIMITS, false, true, "not all that was asked for");
	check(&s, SANDBOX_TRACING, false, false, "processes of root");
	check(&s, SANDBOX_LIFE, false, true, "no timer");
	assert_false(sandbox_is_whole(&s));
	sandbox_clear(&s);
}

static void what_kernel_and_build_lack(void **state)
{
	static const struct {
		struct wire_confined said;
		enum sandbox_id id;
		bool in_force, possible;
		const char *reason;
	} t[] = {
		{{.landlock_errno = ENOSYS}, SANDBOX_LANDLOCK, false, false, "the kernel does not have it"},
		{{.landlock_errno = EOPNOTSUPP}, SANDBOX_LANDLOCK, false, false, "the kernel does not have it"},
		{{.landlock_abi = 3}, SANDBOX_LANDLOCK, true, true, "a newer kernel"},
		{{.loose = WIRE_LOOSE_SANITIZER}, SANDBOX_LANDLOCK, false, false, "sanitizers"},
		{{.loose = WIRE_LOOSE_COVERAGE}, SANDBOX_LANDLOCK, false, false, "coverage"},
		{{.loose = WIRE_LOOSE_VALGRIND}, SANDBOX_LANDLOCK, false, false, "valgrind"},
		{{.loose = WIRE_LOOSE_SANITIZER}, SANDBOX_SECCOMP, false, false, "sanitizers"},
		{{.loose = WIRE_LOOSE_VALGRIND}, SANDBOX_LIMITS, false, false, "valgrind"},
		{{.seccomp_errno = ENOPKG}, SANDBOX_SECCOMP, false, false, "without libseccomp"},
		{{.life_sec = 0}, SANDBOX_LIFE, false, true, "no timer"},
	};

	(void)state;
	helper.held = false;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct sandbox s = {0};

		helper.said = t[i].said;
		look(&s);
		check(&s, t[i].id, t[i].in_force, t[i].possible, t[i].reason);
		sandbox_clear(&s);
	}
}

static void one_that_is_not_there(void **state)
{
	const struct http_options o = {.user_agent = "test"};
	struct sandbox s = {0};
	struct err e = ERR_INIT;

	(void)state;
	helper.fail_start = ERR_IO;
	assert_int_equal(sandbox_look(&o, &s, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	err_clear(&e);
	helper.fail_start = 0;
	helper.fail_ask = ERR_NET;
	assert_int_equal(sandbox_look(&o, &s, &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	err_clear(&e);
	helper.fail_ask = 0;
	sandbox_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_held),
		cmocka_unit_test(one_that_is_not),
		cmocka_unit_test(what_kernel_and_build_lack),
		cmocka_unit_test(one_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
