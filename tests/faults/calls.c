/*
 * Usage: calls [OPTION...] -- PROGRAM [ARGUMENT...]
 * Runs a program, stops it and all that it starts before each call that changes something (files, sockets, processes), counts
 * these calls, and does to one of them, or before it, what is asked for:
 *
 *   -n N        the Nth call (1, 2, …) is the one
 *   -a ACTION   kill: the whole tree is killed before it. alone: only the program itself is, what it started goes on.
 *               short: half of what is to be written is. Or the name of an error (ENOSPC, EIO, …), which the call ends with.
 *   -p          that error for every later call, too
 *   -f          only the calls that change files count, and only those of the program itself
 *   -w FOLDER   a live folder (…/live/NAME): looked at before every call. Nothing else can have changed it, so no instant is
 *               left out.
 *   -o FILE     a line of JSON for every call
 *   -d          with the bytes that are written, in hexadecimal
 *   -r FILE     in the end: calls=, hit= (0 or 1), call=, path=, wrong= (what was seen in the live folder), looks=
 *
 * Ends as the program does (137: killed); 77 where this machine cannot do it. Only calls that can fail so get an error: the
 * others are left alone (hit=0).
 */
#include "config.h"

#include "live.h"

#include <elf.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/ptrace.h>

#define TRACEES_MAX 256
#define WATCHED_MAX 4
#define CANNOT 77
#define OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
	 PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)

#if defined __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0
#endif

/* OPEN: a path, and flags that say whether it changes anything. TWO: two paths. FD: a descriptor. */
enum kind { OPEN, PATH, TWO, FD, WRITE, SEND, PROCESS };

struct call {
	long nr;
	const char *name;
	enum kind kind;
	signed char dir, path;   /* arguments; dir -1 = the working folder. FD, WRITE, SEND: path is the descriptor */
	signed char dir2, path2; /* OPEN: dir2 is the flags. WRITE, SEND: path2 is the bytes, and their count follows */
	const char *errors;      /* that it may end with */
};

#define WRITING "ENOSPC EIO EDQUOT EROFS EINTR short"
#define MAKING "ENOSPC EIO EDQUOT EROFS EACCES"
#define OPENING MAKING " EINTR"
#define REMOVING "EIO EROFS EACCES"
#define SYNCING "ENOSPC EIO EDQUOT EINTR"
#define SETTING "EIO EROFS EINTR"

static const struct call table[] = {
	{SYS_openat, "openat", OPEN, 0, 1, 2, 0, OPENING},
	{SYS_mkdirat, "mkdirat", PATH, 0, 1, 0, 0, MAKING},
	{SYS_unlinkat, "unlinkat", PATH, 0, 1, 0, 0, REMOVING},
	{SYS_symlinkat, "symlinkat", TWO, -1, 0, 1, 2, MAKING},
	{SYS_linkat, "linkat", TWO, 0, 1, 2, 3, MAKING},
	{SYS_renameat2, "renameat2", TWO, 0, 1, 2, 3, MAKING},
	{SYS_fchmodat, "fchmodat", PATH, 0, 1, 0, 0, "EIO EROFS"},
	{SYS_fchownat, "fchownat", PATH, 0, 1, 0, 0, "EIO EROFS"},
	{SYS_truncate, "truncate", PATH, -1, 0, 0, 0, SETTING},
	{SYS_utimensat, "utimensat", PATH, 0, 1, 0, 0, "EIO EROFS"},
	{SYS_fsync, "fsync", FD, 0, 0, 0, 0, SYNCING},
	{SYS_fdatasync, "fdatasync", FD, 0, 0, 0, 0, SYNCING},
	{SYS_ftruncate, "ftruncate", FD, 0, 0, 0, 0, SETTING},
	{SYS_fchmod, "fchmod", FD, 0, 0, 0, 0, SETTING},
	{SYS_fchown, "fchown", FD, 0, 0, 0, 0, SETTING},
	{SYS_flock, "flock", FD, 0, 0, 0, 0, "EINTR ENOLCK"},
	{SYS_write, "write", WRITE, 0, 0, 0, 1, WRITING},
	{SYS_pwrite64, "pwrite64", WRITE, 0, 0, 0, 1, WRITING},
	{SYS_writev, "writev", FD, 0, 0, 0, 0, "ENOSPC EIO EDQUOT EROFS EINTR"},
	{SYS_sendto, "sendto", SEND, 0, 0, 0, 1, "EINTR short"},
	{SYS_sendmsg, "sendmsg", FD, 0, 0, 0, 0, "EINTR"},
	{SYS_execve, "execve", PROCESS, -1, 0, 0, 0, ""},
	{SYS_clone, "clone", PROCESS, -1, -1, 0, 0, ""},
	{SYS_clone3, "clone3", PROCESS, -1, -1, 0, 0, ""},
#ifdef SYS_open
	{SYS_open, "open", OPEN, -1, 0, 1, 0, OPENING},
	{SYS_mkdir, "mkdir", PATH, -1, 0, 0, 0, MAKING},
	{SYS_rmdir, "rmdir", PATH, -1, 0, 0, 0, REMOVING},
	{SYS_unlink, "unlink", PATH, -1, 0, 0, 0, REMOVING},
	{SYS_symlink, "symlink", TWO, -1, 0, -1, 1, MAKING},
	{SYS_link, "link", TWO, -1, 0, -1, 1, MAKING},
	{SYS_rename, "rename", TWO, -1, 0, -1, 1, MAKING},
	{SYS_chmod, "chmod", PATH, -1, 0, 0, 0, "EIO EROFS"},
	{SYS_chown, "chown", PATH, -1, 0, 0, 0, "EIO EROFS"},
	{SYS_fork, "fork", PROCESS, -1, -1, 0, 0, ""},
	{SYS_vfork, "vfork", PROCESS, -1, -1, 0, 0, ""},
#endif
#ifdef SYS_renameat
	{SYS_renameat, "renameat", TWO, 0, 1, 2, 3, MAKING},
#endif
};
#define CALLS (sizeof table / sizeof *table)

struct errname {
	const char *name;
	int value;
};

static const struct errname errnames[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT},
                                          {"EACCES", EACCES}, {"EINTR", EINTR}, {"ENOLCK", ENOLCK}};

struct tracee {
	pid_t pid;
	bool records;             /* waits for the end of this call */
	const struct call *call;
	unsigned long number;
	uint64_t args[6];
	unsigned long ino;
	char path[4200], path2[4200];
};

static struct {
	unsigned long nth;
	const char *action;
	bool from_then_on, only_files, with_data;
	const char *out_path, *report_path;
	struct live *watched[WATCHED_MAX];
	int watched_count;
} options;

static struct {
	pid_t program;
	struct tracee tracee[TRACEES_MAX];
	bool begun, ending;
	int status;
	FILE *out;
	unsigned long calls, looks;
	bool hit;
	char hit_call[40], hit_path[4200], wrong[5000];
} state;

static void die(const char *what)
{
	fprintf(stderr, "calls: %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

/* ---- the program's side */

static void add(struct sock_filter *f, unsigned *n, struct sock_filter one)
{
	f[(*n)++] = one;
}

static void install_filter(void)
{
	static struct sock_filter f[CALLS * 5 + 8];
	struct sock_fprog program = {.filter = f};
	unsigned n = 0;

	add(f, &n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	add(f, &n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	add(f, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	add(f, &n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < CALLS; i++) {
		const struct call *c = &table[i];

		if (c->kind == OPEN) {
			unsigned at = (unsigned)(offsetof(struct seccomp_data, args) + 8 * (unsigned)c->dir2);

			add(f, &n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)c->nr, 0, 4));
			add(f, &n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at));
			add(f, &n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, 1, 0));
			add(f, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
		} else {
			add(f, &n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)c->nr, 0, 1));
		}
		add(f, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | (uint32_t)i));
	}
	add(f, &n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program.len = (unsigned short)n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return;
	/* Without the right to do it as it is. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(CANNOT);
}

static void start(char **argv)
{
	int go[2];
	char c;

	if (pipe(go) != 0)
		die("pipe");
	state.program = fork();
	if (state.program < 0)
		die("fork");
	if (state.program == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(CANNOT);
		close(go[0]);
		install_filter();
		execvp(argv[0], argv);
		_exit(127);
	}
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, state.program, 0, (void *)(intptr_t)OPTIONS) != 0)
		die("tracing");
	if (write(go[1], "g", 1) != 1)
		die("starting");
	close(go[1]);
}

/* ---- what it says and touches */

static struct tracee *tracee_of(pid_t pid)
{
	struct tracee *unused = NULL;

	for (int i = 0; i < TRACEES_MAX; i++) {
		if (state.tracee[i].pid == pid)
			return &state.tracee[i];
		if (state.tracee[i].pid == 0 && !unused)
			unused = &state.tracee[i];
	}
	if (!unused) {
		errno = E2BIG;
		die("processes");
	}
	unused->pid = pid;
	unused->records = false;
	return unused;
}

static size_t peek(pid_t pid, uint64_t from, void *to, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t part = 4096 - (size_t)((from + done) % 4096);
		struct iovec here = {(char *)to + done, part < len - done ? part : len - done};
		struct iovec there = {(void *)(uintptr_t)(from + done), here.iov_len};
		ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

		if (n <= 0)
			break;
		done += (size_t)n;
		if (to && done < len && memchr((char *)to + done - (size_t)n, '\0', (size_t)n) && len == 4095)
			break;
	}
	return done;
}

static void fd_path(pid_t pid, long fd, char *out, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", (int)pid, (int)fd);
	n = readlink(link, out, size - 1);
	out[n < 0 ? 0 : n] = '\0';
}

static unsigned long fd_ino(pid_t pid, long fd)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, (int)fd);
	return stat(link, &st) == 0 ? (unsigned long)st.st_ino : 0;
}

static void arg_path(const struct tracee *t, int dir, int arg, char *out, size_t size)
{
	char text[4096] = "";
	char base[4200] = "";
	int dirfd = dir < 0 ? AT_FDCWD : (int)t->args[dir];

	peek(t->pid, t->args[arg], text, sizeof text - 1);
	if (text[0] != '/')
		fd_path(t->pid, dirfd, base, sizeof base);
	snprintf(out, size, "%.2000s%s%.2000s", base, base[0] ? "/" : "", text);
}

static void describe(struct tracee *t)
{
	const struct call *c = t->call;

	t->path[0] = t->path2[0] = '\0';
	t->ino = 0;
	switch (c->kind) {
	case PROCESS:
		if (c->path >= 0)
			arg_path(t, c->dir, c->path, t->path, sizeof t->path);
		break;
	case OPEN:
	case PATH:
		arg_path(t, c->dir, c->path, t->path, sizeof t->path);
		break;
	case TWO:
		/* Where a symbolic link is to point is text, and no path from here. */
		if (strncmp(c->name, "symlink", 7) == 0)
			peek(t->pid, t->args[0], t->path, 4095);
		else
			arg_path(t, c->dir, c->path, t->path, sizeof t->path);
		arg_path(t, c->dir2, c->path2, t->path2, sizeof t->path2);
		break;
	case FD:
	case WRITE:
	case SEND:
		fd_path(t->pid, (int)t->args[c->path], t->path, sizeof t->path);
		t->ino = fd_ino(t->pid, (int)t->args[c->path]);
		break;
	}
}

static void put_text(const char *key, const char *text)
{
	fprintf(state.out, ",\"%s\":\"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
			fprintf(state.out, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			fputc(*text, state.out);
	}
	fputc('"', state.out);
}

static void put_data(const struct tracee *t)
{
	size_t len = (size_t)t->args[t->call->path2 + 1];
	unsigned char *data = malloc(len + 1);

	if (!data)
		die("memory");
	len = peek(t->pid, t->args[t->call->path2], data, len);
	fputs(",\"data\":\"", state.out);
	for (size_t i = 0; i < len; i++)
		fprintf(state.out, "%02x", data[i]);
	fputc('"', state.out);
	free(data);
}

/* flags of an open, mode of a mkdir or chmod, length of a truncation */
static long number_of(const struct tracee *t)
{
	const struct call *c = t->call;

	if (c->kind == OPEN)
		return (int)t->args[(int)c->dir2];
	if (c->kind == PATH)
		return (long)t->args[c->path + 1];
	return c->kind == FD ? (long)t->args[1] : 0;
}

static void record(struct tracee *t, long result)
{
	const struct call *c = t->call;

	t->records = false;
	if (c->kind == OPEN && result >= 0)
		t->ino = fd_ino(t->pid, result);
	fprintf(state.out, "{\"n\":%lu,\"own\":%s,\"call\":\"%s\"", t->number, t->pid == state.program ? "true" : "false", c->name);
	put_text("path", t->path);
	if (t->path2[0])
		put_text("path2", t->path2);
	fprintf(state.out, ",\"number\":%ld,\"ino\":%lu,\"result\":%ld", number_of(t), t->ino, result);
	put_text("errors", c->errors);
	if (options.with_data && (c->kind == WRITE || c->kind == SEND))
		put_data(t);
	fputs("}\n", state.out);
}

static void look(const struct tracee *t)
{
	for (int i = 0; i < options.watched_count; i++) {
		bool absent;
		const char *wrong = live_check_folder(options.watched[i], &absent);

		state.looks++;
		if (wrong && !state.wrong[0])
			snprintf(state.wrong, sizeof state.wrong, "%s before call %lu (%s %.4000s)", wrong, state.calls, t ? t->call->name : "end",
			         t ? t->path : "");
	}
}

/* ---- what is done to it */

/* What builds for coverage write at their end is nothing that people would miss. */
static bool is_of_gcov(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".gcda") == 0;
}

static bool counts(const struct tracee *t)
{
	enum kind kind = t->call->kind;
	long fd = (long)(int)t->args[0];

	if (!state.begun || is_of_gcov(t->path))
		return false;
	/* What it says is no state of it; what a hook writes where its shell sent it is. */
	if ((kind == FD || kind == WRITE) && (fd == STDOUT_FILENO || fd == STDERR_FILENO) &&
	    (t->pid == state.program || t->path[0] != '/'))
		return false;
	if (!options.only_files)
		return strncmp(t->path, "/dev/", 5) != 0;
	return t->pid == state.program && kind != PROCESS && t->path[0] == '/' && strncmp(t->path, "/dev/", 5) != 0;
}

static bool may_fail_so(const struct call *c)
{
	size_t len = strlen(options.action);

	for (const char *p = c->errors; (p = strstr(p, options.action)) != NULL; p += len)
		if ((p == c->errors || p[-1] == ' ') && (p[len] == '\0' || p[len] == ' '))
			return true;
	return false;
}

static void kill_all(void)
{
	state.ending = true;
	for (int i = 0; i < TRACEES_MAX; i++)
		if (state.tracee[i].pid)
			kill(state.tracee[i].pid, SIGKILL);
}

#if defined __x86_64__
static void fail_call(pid_t pid, int error)
{
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L) != 0 ||
	    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (long)-error) != 0)
		die("the call cannot be made to fail");
}

static void shorten_call(pid_t pid, uint64_t len)
{
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rdx), (long)len) != 0)
		die("the call cannot be made shorter");
}
#elif defined __aarch64__
static void set_argument(pid_t pid, int which, uint64_t value)
{
	struct user_regs_struct regs;
	struct iovec all = {&regs, sizeof regs};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all) != 0)
		die("registers");
	regs.regs[which] = value;
	if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all) != 0)
		die("registers");
}

static void fail_call(pid_t pid, int error)
{
	int none = -1;
	struct iovec number = {&none, sizeof none};

	if (ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &number) != 0)
		die("the call cannot be made to fail");
	set_argument(pid, 0, (uint64_t)(int64_t)-error);
}

static void shorten_call(pid_t pid, uint64_t len)
{
	set_argument(pid, 2, len);
}
#else
static void fail_call(pid_t pid, int error)
{
	(void)pid, (void)error;
}

static void shorten_call(pid_t pid, uint64_t len)
{
	(void)pid, (void)len;
}
#endif

static void do_to(struct tracee *t)
{
	bool is_first = state.calls == options.nth;
	uint64_t len = t->args[2];

	if (strcmp(options.action, "kill") == 0 || strcmp(options.action, "alone") == 0) {
		if (!is_first)
			return;
		state.hit = true;
		if (strcmp(options.action, "kill") == 0)
			kill_all();
		else
			kill(state.program, SIGKILL);
	} else if (!may_fail_so(t->call)) {
		return;
	} else if (strcmp(options.action, "short") == 0) {
		if (len < 2)
			return;
		shorten_call(t->pid, len / 2);
		state.hit = true;
	} else {
		for (size_t i = 0; i < sizeof errnames / sizeof *errnames; i++)
			if (strcmp(errnames[i].name, options.action) == 0)
				fail_call(t->pid, errnames[i].value);
		state.hit = true;
	}
	if (!state.hit_call[0]) {
		snprintf(state.hit_call, sizeof state.hit_call, "%s", t->call->name);
		snprintf(state.hit_path, sizeof state.hit_path, "%.2000s%s%.2000s", t->path, t->path2[0] ? " -> " : "", t->path2);
	}
}

/* True when the end of the call is to be seen, too. */
static bool before_call(struct tracee *t, unsigned long which)
{
	struct ptrace_syscall_info info;

	if (which >= CALLS)
		return false;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof info, &info) <= 0)
		return false; /* just killed */
	t->call = &table[which];
	memcpy(t->args, info.seccomp.args, sizeof t->args);
	describe(t);
	if (!counts(t))
		return false;
	t->number = ++state.calls;
	look(t);
	if (options.action && (state.calls == options.nth || (options.from_then_on && state.calls > options.nth)))
		do_to(t);
	t->records = state.out != NULL;
	return t->records;
}

static void after_call(struct tracee *t)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT && t->records)
		record(t, (long)info.exit.rval);
	t->records = false;
}

static void resume(const struct tracee *t, bool to_the_end, int signo)
{
	ptrace(to_the_end ? PTRACE_SYSCALL : PTRACE_CONT, t->pid, 0, (void *)(intptr_t)signo);
}

static void stopped(struct tracee *t, int status)
{
	int event = status >> 16;
	int signo = WSTOPSIG(status);
	unsigned long message = 0;
	bool to_the_end = false;

	if (event == PTRACE_EVENT_SECCOMP) {
		ptrace(PTRACE_GETEVENTMSG, t->pid, 0, &message);
		to_the_end = before_call(t, message);
	} else if (event == PTRACE_EVENT_STOP) {
		if (signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN || signo == SIGTTOU) {
			ptrace(PTRACE_LISTEN, t->pid, 0, 0);
			return;
		}
	} else if (event == PTRACE_EVENT_EXEC) {
		state.begun = true;
		to_the_end = t->records;
	} else if (event != 0) {
		to_the_end = t->records;
	} else if (signo == (SIGTRAP | 0x80)) {
		after_call(t);
	} else {
		resume(t, t->records, signo);
		return;
	}
	resume(t, to_the_end, 0);
}

static void trace(void)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		struct tracee *t;

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		t = tracee_of(pid);
		if (WIFSTOPPED(status)) {
			if (state.ending)
				kill(pid, SIGKILL);
			stopped(t, status);
			continue;
		}
		t->pid = 0;
		if (pid == state.program)
			state.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static void report(void)
{
	FILE *f;

	if (!options.report_path)
		return;
	f = fopen(options.report_path, "w");
	if (!f)
		die(options.report_path);
	fprintf(f, "calls=%lu\nhit=%d\ncall=%s\npath=%s\nwrong=%s\nlooks=%lu\n", state.calls, state.hit, state.hit_call, state.hit_path,
	        state.wrong, state.looks);
	fclose(f);
}

static void watch(const char *path)
{
	struct live *l = calloc(1, sizeof *l);
	bool absent;

	if (!l || options.watched_count == WATCHED_MAX)
		die("too many folders");
	l->path = path;
	options.watched[options.watched_count++] = l;
	live_check_folder(l, &absent);
}

static void read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+n:a:pfw:o:dr:")) != -1) {
		switch (c) {
		case 'n': options.nth = strtoul(optarg, NULL, 10); break;
		case 'a': options.action = optarg; break;
		case 'p': options.from_then_on = true; break;
		case 'f': options.only_files = true; break;
		case 'w': watch(optarg); break;
		case 'o': options.out_path = optarg; break;
		case 'd': options.with_data = true; break;
		case 'r': options.report_path = optarg; break;
		default: exit(2);
		}
	}
	if (optind == argc) {
		fputs("calls: which program?\n", stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	if (ARCH == 0)
		return CANNOT;
	if (options.out_path) {
		state.out = fopen(options.out_path, "we");
		if (!state.out)
			die(options.out_path);
	}
	start(argv + optind);
	trace();
	look(NULL);
	if (state.out && fclose(state.out) != 0)
		die(options.out_path);
	report();
	return state.status;
}
