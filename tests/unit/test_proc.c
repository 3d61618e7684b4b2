#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/sig.h"
#include "base/str.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define CHECK_DUMPABLE
#endif

static const char *const plain_env[] = {"PATH=/usr/bin:/bin", "A=b c", NULL};

struct run {
	struct proc_spec spec;
	const char *argv[4];
	struct proc_result result;
	struct err e;
};

static void run_init(struct run *r, const char *script)
{
	*r = (struct run){.argv = {"/bin/sh", "-c", script, NULL}};
	r->spec = (struct proc_spec){.argv = r->argv, .envp = plain_env, .timeout_sec = 60, .output_max = 10000};
}

static void run_clear(struct run *r)
{
	proc_result_clear(&r->result);
	err_clear(&r->e);
}

/* The script ends with status 0 and says exactly this. */
static void says(const char *script, const char *want)
{
	struct run r;

	run_init(&r, script);
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_string_equal(r.result.err, "");
	assert_string_equal(r.result.out, want);
	assert_int_equal(r.result.exit_status, 0);
	assert_int_equal(r.result.term_signal, 0);
	assert_false(r.result.timed_out);
	run_clear(&r);
}

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_system());
}

static void captures(void **state)
{
	struct run r;

	(void)state;
	run_init(&r, "echo out; echo err >&2; exit 7");
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_string_equal(r.result.out, "out\n");
	assert_string_equal(r.result.err, "err\n");
	assert_int_equal(r.result.exit_status, 7);
	run_clear(&r);
	run_init(&r, "kill -USR1 $$");
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_int_equal(r.result.exit_status, -1);
	assert_int_equal(r.result.term_signal, SIGUSR1);
	run_clear(&r);
}

static void starts_clean(void **state)
{
	int stray = open("/dev/null", O_RDONLY); /* not close-on-exec, as a careless parent would leave it */
	int high = fcntl(stray, F_DUPFD, 200);

	(void)state;
	assert_true(stray >= 0 && high >= 200);
	says("echo $A; pwd", "b c\n/\n");
	says("env | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL= | sort", "A=b c\nPATH=/usr/bin:/bin\n");
	says("exec ls /proc/self/fd", "0\n1\n2\n3\n"); /* 3 is the folder that ls reads */
	says("readlink /proc/self/fd/0; cat", "/dev/null\n");
	says("umask", "0077\n");
	/* Signals 32 and 33 are glibc's own. Its posix_spawn(), by which make starts us, ignores them, which stays so. */
	says("grep -E '^Sig(Blk|Ign)' /proc/$$/status | sed 's/180000000$/000000000/'",
	     "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	says("test $(ps -o pgid= -p $$) = $$ && echo leader", "leader\n");
	close(stray);
	close(high);
}

static void heeds_dir_and_umask(void **state)
{
	struct run r;

	(void)state;
	run_init(&r, "pwd; umask");
	r.spec.dir = "/usr";
	r.spec.umask = 022;
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_string_equal(r.result.out, "/usr\n0022\n");
	run_clear(&r);
}

static void bounds_output(void **state)
{
	struct run r;

	(void)state;
	run_init(&r, "head -c 3000000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero | tr '\\0' y >&2; exit 3");
	r.spec.output_max = 70000;
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_int_equal(r.result.exit_status, 3);
	assert_int_equal(strlen(r.result.out), 70000);
	assert_int_equal(strspn(r.result.out, "x"), 70000);
	assert_int_equal(strspn(r.result.err, "y"), 70000);
	run_clear(&r);
	run_init(&r, "echo x");
	r.spec.output_max = 0;
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_string_equal(r.result.out, "");
	run_clear(&r);
}

static void reports_what_cannot_start(void **state)
{
	static const struct {
		const char *program;
		const char *dir;
		int errnum;
		const char *named;
	} cases[] = {
		{"/nowhere/program", NULL, ENOENT, "/nowhere/program"},
		{"/etc/passwd", NULL, EACCES, "/etc/passwd"},
		{"/", NULL, EACCES, "/"},
		{"/bin/sh", "/nowhere", ENOENT, "/nowhere"},
		{"sh", NULL, 0, "sh"},
		{NULL, NULL, 0, "absolute"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run r;

		run_init(&r, "exit 0");
		r.argv[0] = cases[i].program;
		r.spec.dir = cases[i].dir;
		assert_int_equal(proc_run(&r.spec, &r.result, &r.e), -1);
		assert_int_equal(r.e.kind, ERR_IO);
		assert_int_equal(r.e.sys_errno, cases[i].errnum);
		assert_non_null(strstr(r.e.cause, cases[i].named));
		assert_null(r.result.out);
		run_clear(&r);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* pid and all of its group are gone (or ghosts that somebody else has yet to collect). */
static void is_gone(const char *pid_text)
{
	int64_t deadline = now_ms() + 60000;
	int64_t pid = 0;

	assert_int_equal(str_to_int64(pid_text, 2, INT32_MAX, &pid), 0);
	while (kill((pid_t)pid, 0) == 0) {
		char *path = str_fmt("/proc/%d/stat", (int)pid);
		char stat[512] = "";
		int fd = open(path, O_RDONLY);

		free(path);
		if (fd < 0 || read(fd, stat, sizeof stat - 1) <= 0 || strstr(stat, ") Z ") != NULL) {
			close(fd);
			return;
		}
		close(fd);
		assert_true(now_ms() < deadline);
		clock_sleep_ms(clock_system(), 1);
	}
}

static void ends_by_time(void **state)
{
	int64_t start = now_ms();
	struct run r;

	(void)state;
	run_init(&r, "trap 'echo bye; exit 5' TERM; echo begun; sleep 100 & wait");
	r.spec.timeout_sec = 1;
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_true(r.result.timed_out);
	assert_int_equal(r.result.exit_status, 5);
	assert_string_equal(r.result.out, "begun\nbye\n");
	assert_true(now_ms() - start >= 1000);
	run_clear(&r);
}

/* Neither a deaf child nor its deaf children outlive their time. */
static void kills_the_deaf(void **state)
{
	int64_t start = now_ms();
	struct run r;

	(void)state;
	run_init(&r, "trap '' TERM; sh -c 'trap \"\" TERM; printf %s $$; while :; do sleep 1; done' & while :; do sleep 1; done");
	r.spec.timeout_sec = 1;
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_true(r.result.timed_out);
	assert_int_equal(r.result.exit_status, -1);
	assert_int_equal(r.result.term_signal, SIGKILL);
	assert_true(now_ms() - start >= 3000);
	is_gone(r.result.out);
	run_clear(&r);
}

/* One that has closed its output but goes on is still waited for. */
static void waits_for_the_silent(void **state)
{
	int64_t start = now_ms();
	struct run r;

	(void)state;
	run_init(&r, "exec >&- 2>&-; sleep 0.3; exit 4");
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_int_equal(r.result.exit_status, 4);
	assert_true(now_ms() - start >= 300);
	run_clear(&r);
}

/* What the child leaves running keeps the pipes open, and must neither hold us nor be harmed. */
static void leaves_daemons(void **state)
{
	int64_t start = now_ms();
	int64_t pid = 0;
	struct run r;

	(void)state;
	run_init(&r, "sleep 100 & printf %s $!");
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_int_equal(r.result.exit_status, 0);
	assert_true(now_ms() - start < 60000);
	assert_int_equal(str_to_int64(r.result.out, 2, INT32_MAX, &pid), 0);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
	run_clear(&r);
	/* Nor does one that writes without end. */
	run_init(&r, "printf %s $$; yes y >/dev/stdout & exit 0");
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_true(now_ms() - start < 60000);
	run_clear(&r);
}

static void stops_by_signal(void **state)
{
	pid_t us = getpid();
	struct run r;
	char *script = str_fmt("kill -TERM %ld; exec sleep 100", (long)us);

	(void)state;
	run_init(&r, script);
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), -1);
	assert_int_equal(r.e.kind, ERR_INTERRUPTED);
	assert_null(r.result.out);
	err_clear(&r.e);
	/* Nothing new is started, until somebody says that this is for cleaning up. */
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), -1);
	assert_int_equal(r.e.kind, ERR_INTERRUPTED);
	run_clear(&r);
	sig_reset();
	says("echo cleaned", "cleaned\n");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	free(script);
}

static void changes_user(void **state)
{
	struct run r;

	(void)state;
	run_init(&r, "id -u; id -G; grep -E '^(Uid|Gid|CapEff)' /proc/self/status");
	r.spec.user = "nobody";
	if (geteuid() != 0) {
		assert_int_equal(proc_run(&r.spec, &r.result, &r.e), -1);
		assert_int_equal(r.e.kind, ERR_IO);
		assert_non_null(strstr(r.e.cause, "nobody"));
	} else {
		/* Groups of root's that must not stay. */
		assert_int_equal(setgroups(2, (const gid_t[]){0, 4711}), 0);
		assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
		assert_int_equal(setgroups(0, NULL), 0);
		assert_string_equal(r.result.err, "");
		assert_string_equal(r.result.out, "65534\n65534\nUid:\t65534\t65534\t65534\t65534\n"
						  "Gid:\t65534\t65534\t65534\t65534\nCapEff:\t0000000000000000\n");
	}
	run_clear(&r);
	run_init(&r, "exit 0");
	r.spec.user = "no such user";
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), -1);
	assert_non_null(strstr(r.e.cause, "no such user"));
	run_clear(&r);
	run_init(&r, "id -u");
	r.spec.user = geteuid() == 0 ? "0" : NULL;
	assert_int_equal(proc_run(&r.spec, &r.result, &r.e), 0);
	assert_int_equal(r.result.exit_status, 0);
	run_clear(&r);
}

static void read_line(int fd, const char *want)
{
	char got[200];
	size_t len = 0;

	while (len < sizeof got - 1 && read(fd, got + len, 1) == 1 && got[len] != '\n')
		len++;
	got[len] = '\0';
	assert_string_equal(got, want);
}

static void speaks_with_peers(void **state)
{
	struct proc_peer peer = {0, -1};
	int extra[2];
	int shared[2];
	struct run r;

	(void)state;
	assert_int_equal(pipe(shared), 0);
	/* The same descriptors in swapped order show whether one overwrites another. */
	extra[0] = shared[1];
	extra[1] = shared[0];
	run_init(&r, "echo $(exec ls /proc/self/fd) >&3; read x <&3; echo \"$x!\" >&4; read y <&5; echo $y >&3; exec cat <&3 >&3");
	assert_int_equal(proc_spawn_peer(&r.spec, extra, 2, &peer, &r.e), 0);
	assert_true(fcntl(peer.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(peer.fd, "hello\n", 6), 6);
	read_line(peer.fd, "0 1 2 3 4 5 6"); /* the last is the folder that ls reads */
	read_line(peer.fd, "hello!");
	assert_int_equal(write(peer.fd, "more\n", 5), 5);
	read_line(peer.fd, "more");
	proc_peer_stop(&peer);
	assert_int_equal(peer.pid, 0);
	assert_int_equal(peer.fd, -1);
	proc_peer_stop(&peer);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	close(shared[0]);
	close(shared[1]);
	run_clear(&r);
}

static void survives_bad_peers(void **state)
{
	struct proc_peer peer = {0, -1};
	struct proc_peer zeroed = {0};
	int many[9] = {0};
	char byte;
	struct run r;
	int64_t start;

	(void)state;
	run_init(&r, "exit 1");
	assert_int_equal(proc_spawn_peer(&r.spec, many, 9, &peer, &r.e), -1);
	assert_int_equal(r.e.kind, ERR_INTERNAL);
	err_clear(&r.e);
	r.argv[0] = "/nowhere/peer";
	assert_int_equal(proc_spawn_peer(&r.spec, NULL, 0, &peer, &r.e), -1);
	assert_int_equal(r.e.sys_errno, ENOENT);
	assert_int_equal(peer.pid, 0);
	assert_int_equal(peer.fd, -1);
	run_clear(&r);
	run_init(&r, "exit 1");
	assert_int_equal(proc_spawn_peer(&r.spec, NULL, 0, &peer, &r.e), 0);
	assert_int_equal(read(peer.fd, &byte, 1), 0);
	proc_peer_stop(&peer);
	/* One that does not mind the end of its socket. */
	start = now_ms();
	run_init(&r, "trap '' TERM; while :; do sleep 1; done");
	assert_int_equal(proc_spawn_peer(&r.spec, NULL, 0, &peer, &r.e), 0);
	proc_peer_stop(&peer);
	assert_true(now_ms() - start >= 1000);
	proc_peer_stop(&zeroed);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD) >= 0, 1);
	run_clear(&r);
}

/* A peer ends with us, however we end: the pipe that only it still holds closes. */
static void peers_die_with_us(void **state)
{
	struct proc_peer peer = {0, -1};
	int ends[2];
	char byte;
	struct run r;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	run_init(&r, "echo >&4; exec sleep 100");
	child = fork();
	if (child == 0) {
		if (proc_spawn_peer(&r.spec, &ends[1], 1, &peer, &r.e) == 0)
			pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	run_clear(&r);
}

static void finds_own_programs(void **state)
{
	static const struct {
		const char *setting;
		const char *start;
	} cases[] = {{"/opt/x", "/opt/x/tegata-net"}, {"relative", "/"}, {"", "/"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *path;

		setenv("TEGATA_LIBEXECDIR", cases[i].setting, 1);
		path = proc_libexec("tegata-net");
		assert_true(str_starts(path, cases[i].start));
		assert_true(str_ends(path, "/tegata-net"));
		free(path);
	}
	unsetenv("TEGATA_LIBEXECDIR");
}

/* In a child: what is wrong after proc_settle(), as a bit each. */
static int settle_with_closed(int first, int last)
{
	struct stat null;
	int wrong = 0;

	for (int fd = first; fd <= last; fd++)
		close(fd);
	proc_settle();
	stat("/dev/null", &null);
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) != 0 || (fd >= first && fd <= last && st.st_rdev != null.st_rdev))
			wrong |= 1 << fd;
	}
	if (fcntl(open("/", O_RDONLY | O_DIRECTORY), F_GETFD) < 0 || dup(0) <= STDERR_FILENO)
		wrong |= 8;
#ifdef CHECK_DUMPABLE
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		wrong |= 16;
#endif
	return wrong;
}

static void fills_the_standard_descriptors(void **state)
{
	static const struct {
		int first, last; /* closed beforehand */
	} cases[] = {{0, -1}, {0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}, {0, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(settle_with_closed(cases[i].first, cases[i].last));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static int install(void **state)
{
	(void)state;
	sig_install();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures),
		cmocka_unit_test(starts_clean),
		cmocka_unit_test(heeds_dir_and_umask),
		cmocka_unit_test(bounds_output),
		cmocka_unit_test(reports_what_cannot_start),
		cmocka_unit_test(ends_by_time),
		cmocka_unit_test(kills_the_deaf),
		cmocka_unit_test(waits_for_the_silent),
		cmocka_unit_test(leaves_daemons),
		cmocka_unit_test(stops_by_signal),
		cmocka_unit_test(changes_user),
		cmocka_unit_test(speaks_with_peers),
		cmocka_unit_test(survives_bad_peers),
		cmocka_unit_test(peers_die_with_us),
		cmocka_unit_test(finds_own_programs),
		cmocka_unit_test(fills_the_standard_descriptors),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
