#include "config.h"

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <malloc.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * A sanitizer opens, maps and traces what is forbidden here, and a build for coverage writes its counters at the end.
 * Both prepare everything, so that this is tested too, and put the last step in force no more.
 */
#if defined(__SANITIZE_ADDRESS__)
#define LOOSE WIRE_LOOSE_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LOOSE WIRE_LOOSE_SANITIZER
#endif
#endif
#if !defined(LOOSE) && defined(COVERAGE)
#define LOOSE WIRE_LOOSE_COVERAGE
#endif
#ifndef LOOSE
#define LOOSE WIRE_HELD
#endif

/* Fifty answers of 256 KiB side by side with their connections take some 50 MiB, 64 threads of the resolver as much. */
#define DATA_MAX (256UL * 1024 * 1024)
#define STACK_MAX (1024UL * 1024)
#define FILES_MAX 1024
#define CPU_SEC_MAX 900
#define RESPONDER_LIFE_SEC 86400 /* the longest that a CA may let an order wait */
#define NSSWITCH_MAX 65536

#ifdef __GLIBC__
#define RLIMIT_RESOURCE __rlimit_resource_t
#else
#define RLIMIT_RESOURCE int
#endif

/* valgrind runs in the process that it watches, and needs what is forbidden here. Nobody else has this variable. */
static enum wire_loose how_loose(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	if (LOOSE == WIRE_HELD && preloaded && strstr(preloaded, "/vgpreload_"))
		return WIRE_LOOSE_VALGRIND;
	return LOOSE;
}

static bool listens(int fd)
{
	int is = 0;
	socklen_t len = sizeof(is);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is, &len) == 0 && is;
}

static void close_from(unsigned first)
{
	struct rlimit limit;
	unsigned end = 65536;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0U, 0U) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end)
		end = (unsigned)limit.rlim_cur;
	for (unsigned fd = first; fd < end; fd++)
		close((int)fd);
}

/* Whoever listens to tegata's messages is nobody to be spoken to from here, but for a sanitizer and its like. */
static void forget_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (how_loose() != WIRE_LOOSE_SANITIZER && how_loose() != WIRE_LOOSE_VALGRIND)
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

enum worker_trade worker_confine_begin(void)
{
	const struct rlimit none = {0, 0};
	int end = WORKER_LISTEN_FD;

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	while (listens(end))
		end++;
	close_from((unsigned)end);
	forget_streams();
	return end > WORKER_LISTEN_FD ? WORKER_SERVES : WORKER_FETCHES;
}

/* Or not there at all, which no user would change. */
static bool is_readable(const char *path)
{
	return path == NULL || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 || errno == ENOENT;
}

struct strs worker_confine_trust_folders(void)
{
	const char *at = getenv("SSL_CERT_DIR");
	struct strs folders = {0};

	while (at && *at) {
		size_t len = strcspn(at, ":");

		if (len)
			strs_take(&folders, str_ndup(at, len));
		at += len + (at[len] == ':');
	}
	return folders;
}

static bool can_trust(const struct http_options *o)
{
	struct strs folders = worker_confine_trust_folders();
	bool can = is_readable(o->ca_file) && is_readable(getenv("SSL_CERT_FILE"));

	for (size_t i = 0; i < folders.count; i++)
		can = can && is_readable(folders.item[i]);
	strs_clear(&folders);
	return can;
}

/* The package's own user, so that no other service's stray process can look into ours; else the one everybody has. */
static void find_user(uid_t *uid, gid_t *gid)
{
	static const char *const names[] = {PACKAGE, "nobody"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct passwd *p = getpwnam(names[i]);

		if (p != NULL && p->pw_uid != 0) {
			*uid = p->pw_uid;
			*gid = p->pw_gid;
			return;
		}
	}
	*uid = 65534;
	*gid = 65534;
}

/*
 * What the network sends is not for root to read. Listening sockets are open already, and of files only the trusted
 * roots are still needed: where others may not read those, root it stays. So it does, as far as the kernel wants, in
 * containers that have no such user.
 */
static void leave_root(const struct http_options *o)
{
	bool readable;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return;
	find_user(&uid, &gid);
	if (setgroups(0, NULL) != 0 || setegid(gid) != 0 || seteuid(uid) != 0)
		return;
	readable = can_trust(o);
	if (seteuid(0) != 0 || setegid(getgid()) != 0 || !readable)
		return;
	if (setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0)
		/* The change of user has made the kernel forget it. Should tegata be gone by now, its socket says so. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Also those of an ordinary user whom systemd lets listen on port 80. One may be needed to read the trusted roots. */
static void drop_capabilities(const struct http_options *o)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[_LINUX_CAPABILITY_U32S_3] = {{0}}, kept[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &head, all) != 0)
		return;
	kept[0].permitted = all[0].permitted;
	kept[1].permitted = all[1].permitted;
	/* None in force for a moment, to see what that lets be read. */
	if (syscall(SYS_capset, &head, kept) != 0)
		return;
	kept[0].permitted = can_trust(o) ? 0 : all[0].permitted & (1U << CAP_DAC_READ_SEARCH);
	kept[0].effective = kept[0].permitted;
	kept[1].permitted = 0;
	(void)syscall(SYS_capset, &head, kept);
}

void worker_confine_user(const struct http_options *o)
{
	leave_root(o);
	drop_capabilities(o);
	prctl(PR_SET_DUMPABLE, LOOSE == WIRE_LOOSE_SANITIZER ? 1 : 0, 0, 0, 0);
}

static void limit(RLIMIT_RESOURCE what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) != 0)
		return;
	now.rlim_max = now.rlim_max < most ? now.rlim_max : most;
	now.rlim_cur = now.rlim_max;
	setrlimit(what, &now);
}

/* Threads and what they allocate are to fit into the limit, also in libraries that never heard of it. */
static void be_modest(void)
{
#ifdef __GLIBC__
	pthread_attr_t a;

	mallopt(M_ARENA_MAX, 4);
	if (pthread_attr_init(&a))
		return;
	if (!pthread_attr_setstacksize(&a, STACK_MAX))
		(void)pthread_setattr_default_np(&a);
	pthread_attr_destroy(&a);
#endif
}

/* SIGKILL, which cannot be caught or held off; the filter has no call to stop a timer. */
static int64_t limit_life(int64_t seconds)
{
	struct sigevent kill_us = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	struct itimerspec when = {.it_value = {.tv_sec = (time_t)seconds}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &kill_us, &timer) || timer_settime(timer, 0, &when, NULL))
		return 0;
	return seconds;
}

void worker_confine_limits(const struct http_options *o, enum worker_trade trade, struct wire_confined *out)
{
	out->life_sec = limit_life(trade == WORKER_SERVES ? RESPONDER_LIFE_SEC : wire_worker_life_sec(o));
	be_modest();
	limit(RLIMIT_NOFILE, FILES_MAX);
	limit(RLIMIT_CPU, CPU_SEC_MAX);
	/* Reports and counters go to files, and take memory of their own. */
	if (how_loose() != WIRE_HELD)
		return;
	limit(RLIMIT_DATA, DATA_MAX);
	limit(RLIMIT_FSIZE, 0);
}

static bool is_word(const char *at, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(at, word, len);
}

/* A service of the line "hosts:" that glibc does not answer by itself, from files and by DNS. */
static bool line_asks_locally(const char *line)
{
	static const char *const alone[] = {"files", "dns", "myhostname"};
	const char *at = line + strspn(line, " \t");
	size_t len;

	if (!str_starts(at, "hosts:"))
		return false;
	at += strlen("hosts:");
	for (; (len = strcspn(at += strspn(at, " \t\n"), " \t\n")) > 0 && *at != '#'; at += len) {
		bool known = *at == '[' || at[len - 1] == ']';

		for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
			known = known || is_word(at, len, alone[i]);
		if (!known)
			return true;
	}
	return false;
}

bool worker_confine_asks_locally(void)
{
	FILE *f = fopen("/etc/nsswitch.conf", "re");
	char line[1024];
	bool asks = false;

	if (!f)
		return false;
	for (int i = 0; i < 1000 && !asks && fgets(line, sizeof(line), f); i++)
		asks = line_asks_locally(line);
	fclose(f);
	return asks;
}

int worker_confine_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < FILES_MAX; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

void worker_confine(const struct http_options *o, enum worker_trade trade, struct wire_confined *out)
{
	bool serves = trade == WORKER_SERVES;
	int rc;

	*out = (struct wire_confined){.loose = how_loose(), .landlock_errno = ENOSYS, .seccomp_errno = ENOSYS};
	worker_confine_user(o);
	worker_confine_limits(o, trade, out);
	if (out->loose == WIRE_LOOSE_VALGRIND)
		return;
	out->local_sockets = !serves && worker_confine_asks_locally();
	rc = worker_landlock_restrict(serves ? NULL : o, out->loose == WIRE_HELD);
	out->landlock_errno = rc < 0 ? -rc : 0;
	out->landlock_abi = rc > 0 && out->loose == WIRE_HELD ? rc : 0;
	out->seccomp_errno = -worker_seccomp_load(trade, out->local_sockets, out->loose == WIRE_HELD);
}
