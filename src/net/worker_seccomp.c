#include "config.h"

#include "worker.h"

#include <errno.h>

#ifdef HAVE_LIBSECCOMP

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define INT_MASK UINT64_C(0xffffffff) /* of an int the kernel looks at no more */
#define SHARED_BIT 1U /* of MAP_SHARED and MAP_SHARED_VALIDATE, and not of MAP_PRIVATE */
#define SOCKET_TYPE_MASK UINT64_C(0xf) /* what is above are SOCK_CLOEXEC and SOCK_NONBLOCK */
#define REFUSED SCMP_ACT_ERRNO(EPERM)
#define TMPFILE_BIT ((uint64_t)(O_TMPFILE & ~O_DIRECTORY))

#ifdef __s390__
#define CLONE_FLAGS_AT 1
#else
#define CLONE_FLAGS_AT 0
#endif

/* Waiting, speaking and answering: the responder needs no more. What a system has no number for is left out. */
static const int for_both[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(send), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recv),
	SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(sched_yield), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getuid32),
	SCMP_SYS(geteuid32), SCMP_SYS(getgid32), SCMP_SYS(getegid32), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(uname),
};

/* libcurl with its threads, the resolver with its modules, OpenSSL with its providers. */
static const int for_fetching[] = {
	SCMP_SYS(pread64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(lstat),
	SCMP_SYS(lstat64), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(select), SCMP_SYS(_newselect), SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64), SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmmsg_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(getppid),
	SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(getresuid32), SCMP_SYS(getresgid32), SCMP_SYS(getrlimit),
	SCMP_SYS(ugetrlimit), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(times), SCMP_SYS(riscv_flush_icache),
};

/* Each is refused by the default too; this says so in words that nobody takes for an old kernel. */
static const int refused[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(openat2), SCMP_SYS(creat),
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(bpf), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(kill),
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid),
	SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(setsid),
	SCMP_SYS(setpgid), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(truncate), SCMP_SYS(ftruncate), SCMP_SYS(chmod), SCMP_SYS(fchmodat),
	SCMP_SYS(chown), SCMP_SYS(fchownat), SCMP_SYS(listen), SCMP_SYS(memfd_create), SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(timer_settime),
	SCMP_SYS(timer_delete), SCMP_SYS(setrlimit),
};

/*
 * A rule that cannot be had is a call that is not allowed (or is refused by the default), never one too many: so no
 * rule's own result is looked at, and loading decides.
 */
static void each(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)seccomp_rule_add(f, action, calls[i], 0);
}

/* (argument & mask) == value */
static struct scmp_arg_cmp bits(unsigned arg, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/* One call by one of its arguments. */
static void by_bits(scmp_filter_ctx f, uint32_t action, int call, struct scmp_arg_cmp is)
{
	(void)seccomp_rule_add_array(f, action, call, 1, &is);
}

/* Every flag with which a file could come to be, or be other than it was. */
static void open_to_read(scmp_filter_ctx f, int call, unsigned flags_at)
{
	static const uint64_t writing[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, TMPFILE_BIT};
	uint64_t mask = 0;

	for (size_t i = 0; i < sizeof(writing) / sizeof(writing[0]); i++) {
		mask |= writing[i];
		by_bits(f, REFUSED, call, bits(flags_at, writing[i], writing[i]));
	}
	by_bits(f, SCMP_ACT_ALLOW, call, bits(flags_at, mask, 0));
}

static void by_both(scmp_filter_ctx f, uint32_t action, int call, struct scmp_arg_cmp is, struct scmp_arg_cmp too)
{
	const struct scmp_arg_cmp both[] = {is, too};

	(void)seccomp_rule_add_array(f, action, call, 2, both);
}

/* The limit of memory is of what is private and no stack. A file that is shared is one that is only read. */
static void mapped(scmp_filter_ctx f, int map)
{
	const struct scmp_arg_cmp no_code = bits(2, PROT_EXEC, 0);

	by_both(f, SCMP_ACT_ALLOW, map, no_code, bits(3, MAP_GROWSDOWN | SHARED_BIT, 0));
	by_both(f, SCMP_ACT_ALLOW, map, no_code, bits(3, MAP_GROWSDOWN | MAP_ANONYMOUS, 0));
	by_both(f, REFUSED, map, no_code, bits(3, SHARED_BIT | MAP_ANONYMOUS, SHARED_BIT | MAP_ANONYMOUS));
	by_both(f, REFUSED, map, no_code, bits(3, MAP_GROWSDOWN, MAP_GROWSDOWN));
}

/* Nothing that was written may be run; a library's code is mapped from its file. */
static void memory(scmp_filter_ctx f, int map)
{
	const struct scmp_arg_cmp code = bits(2, PROT_WRITE | PROT_EXEC, PROT_EXEC);

	mapped(f, map);
	by_both(f, SCMP_ACT_ALLOW, map, code, bits(3, MAP_GROWSDOWN | MAP_ANONYMOUS, 0));
	by_both(f, REFUSED, map, code, bits(3, MAP_ANONYMOUS, MAP_ANONYMOUS));
	by_bits(f, REFUSED, map, bits(2, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC));
}

static void all_memory(scmp_filter_ctx f)
{
	static const int protect[] = {SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)};

#if defined(__i386__) || defined(__s390__)
	(void)seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 0); /* no filter sees its arguments, in memory */
#else
	memory(f, SCMP_SYS(mmap));
#endif
	memory(f, SCMP_SYS(mmap2));
	for (size_t i = 0; i < 2; i++) {
		by_bits(f, SCMP_ACT_ALLOW, protect[i], bits(2, PROT_EXEC, 0));
		by_bits(f, REFUSED, protect[i], bits(2, PROT_EXEC, PROT_EXEC));
	}
}

/* Threads of this process, for the resolver, and no other process. Of clone3, tried first, no filter sees the flags. */
static void threads(scmp_filter_ctx f)
{
	const uint64_t shared = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
	const uint64_t apart = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

	by_bits(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), bits(CLONE_FLAGS_AT, shared | apart, shared));
	by_bits(f, REFUSED, SCMP_SYS(clone), bits(CLONE_FLAGS_AT, CLONE_THREAD, 0));
	by_bits(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), bits(0, INT_MASK, PR_SET_NAME));
	(void)seccomp_rule_add(f, REFUSED, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_GT, PR_SET_NAME));
	(void)seccomp_rule_add(f, REFUSED, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_LT, PR_SET_NAME));
}

static void sockets(scmp_filter_ctx f, bool local)
{
	const struct scmp_arg_cmp route[] = {
		{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_NETLINK}, {.arg = 2, .op = SCMP_CMP_EQ, .datum_a = NETLINK_ROUTE},
	};
	/* Of datagrams either end could be sent to the sockets of others, or be connected with them. */
	const struct scmp_arg_cmp pair[] = {
		{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_UNIX}, bits(1, SOCKET_TYPE_MASK, SOCK_STREAM),
	};

	(void)seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET));
	(void)seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET6));
	(void)seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, route);
	(void)seccomp_rule_add(f, local ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
	                       SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	(void)seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2, pair);
}

/* Of what works on descriptors, that which cannot make the kernel send signals to others. */
static void controls(scmp_filter_ctx f)
{
	static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};
	static const unsigned long requests[] = {FIONBIO, FIONREAD, TCGETS, SIOCGIFINDEX, SIOCGIFNAME, SIOCOUTQ};
	static const int calls[] = {SCMP_SYS(fcntl), SCMP_SYS(fcntl64)};

	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			by_bits(f, SCMP_ACT_ALLOW, calls[k], bits(1, INT_MASK, (uint64_t)commands[i]));
		by_bits(f, REFUSED, calls[k], bits(1, INT_MASK, F_SETOWN));
		by_bits(f, REFUSED, calls[k], bits(1, INT_MASK, F_SETOWN_EX));
		by_bits(f, REFUSED, calls[k], bits(1, INT_MASK, F_SETSIG));
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		by_bits(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), bits(1, INT_MASK, requests[i]));
}

/* A process that gives up ends itself by a signal; that one may go nowhere else. */
static void own_signals(scmp_filter_ctx f)
{
	const scmp_datum_t own = (scmp_datum_t)getpid();

	(void)seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, own));
	(void)seccomp_rule_add(f, REFUSED, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_NE, own));
	(void)seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tkill), 1, SCMP_A0(SCMP_CMP_EQ, own));
	(void)seccomp_rule_add(f, REFUSED, SCMP_SYS(tkill), 1, SCMP_A0(SCMP_CMP_NE, own));
}

/* Limits may be read. */
static void own_limits(scmp_filter_ctx f)
{
	(void)seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
	(void)seccomp_rule_add(f, REFUSED, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_NE, 0));
}

static void fetching(scmp_filter_ctx f, bool local_sockets)
{
	each(f, SCMP_ACT_ALLOW, for_fetching, sizeof(for_fetching) / sizeof(for_fetching[0]));
	open_to_read(f, SCMP_SYS(open), 1);
	open_to_read(f, SCMP_SYS(openat), 2);
	threads(f);
	sockets(f, local_sockets);
	own_limits(f);
}

static void serving(scmp_filter_ctx f)
{
	static const int calls[] = {SCMP_SYS(accept), SCMP_SYS(accept4)};
	static const int more[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
	                           SCMP_SYS(clone), SCMP_SYS(prctl)};

	each(f, SCMP_ACT_ALLOW, calls, sizeof(calls) / sizeof(calls[0]));
	each(f, REFUSED, more, sizeof(more) / sizeof(more[0]));
}

int worker_seccomp_load(enum worker_trade trade, bool local_sockets, bool enforce)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc;

	if (!f)
		return -ENOMEM;
#if SCMP_VER_MAJOR > 2 || (SCMP_VER_MAJOR == 2 && SCMP_VER_MINOR >= 5)
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(f, SCMP_FLTATR_API_SYSRAWRC, 1); /* the kernel's own number when it refuses */
#endif
	each(f, SCMP_ACT_ALLOW, for_both, sizeof(for_both) / sizeof(for_both[0]));
	each(f, REFUSED, refused, sizeof(refused) / sizeof(refused[0]));
	all_memory(f);
	controls(f);
	own_signals(f);
	if (trade == WORKER_FETCHES)
		fetching(f, local_sockets);
	else
		serving(f);
	rc = enforce ? seccomp_load(f) : 0;
	seccomp_release(f);
	return rc;
}

#else

int worker_seccomp_load(enum worker_trade trade, bool local_sockets, bool enforce)
{
	(void)trade;
	(void)local_sockets;
	(void)enforce;
	return -ENOPKG;
}

#endif
