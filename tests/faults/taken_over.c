/*
 * A network helper that somebody has taken over, in the place of tegata-net: confined by the same code, it then tries what
 * it must not be able to do, and tells by an answer to tegata's first request what came of it.
 *
 * In the file "taken-over" beside it stand, a line each: `layers WORD…` (all, or of begin, user, limits, landlock, seccomp
 * those that are to be put in force), `mode attempts` or `mode ANSWER` (see answers[]), `key FILE`, `store FOLDER`,
 * `socket PATH` and `port NUMBER` (both listened on by somebody, and PATH.datagrams is read).
 */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>

#include "../../src/net/field.h"
#include "../../src/net/worker.h"

struct plan {
	char *layers, *mode, *key, *store, *socket;
	int port;
	struct http_options options;
	struct strs owner;
};

static struct plan plan;

/* Each attempt: 0 = it could be done; otherwise the number of the error. */
static int of(long rc)
{
	return rc < 0 ? errno : 0;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	char byte;
	int rc = of(fd);

	if (fd >= 0 && !(flags & (O_WRONLY | O_RDWR)) && read(fd, &byte, 1) < 0 && errno != EISDIR)
		rc = errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int below(const char *folder, const char *name, int flags)
{
	char *path = str_fmt("%s/%s", folder, name);
	int rc = opened(path, flags);

	if (!rc && (flags & O_CREAT))
		unlink(path);
	free(path);
	return rc;
}

static int of_parent(const char *name, int flags)
{
	char *path = str_fmt("/proc/%d/%s", (int)getppid(), name);
	int rc = opened(path, flags);

	free(path);
	return rc;
}

static int read_key(void) { return opened(plan.key, O_RDONLY); }
static int append_to_key(void) { return opened(plan.key, O_WRONLY | O_APPEND); }
static int read_shadow(void) { return opened("/etc/shadow", O_RDONLY); }
static int read_passwd(void) { return opened("/etc/passwd", O_RDONLY); }
static int write_store(void) { return below(plan.store, "mine", O_WRONLY | O_CREAT); }
static int write_tmp(void) { return below("/tmp", "tegata-taken-over", O_WRONLY | O_CREAT); }
static int unnamed_file(void) { return opened("/tmp", O_RDWR | O_TMPFILE); }
static int parent_memory(void) { return of_parent("mem", O_RDWR); }
static int parent_environment(void) { return of_parent("environ", O_RDONLY); }
static int parent_maps(void) { return of_parent("maps", O_RDONLY); }
static int unlink_key(void) { return access(plan.key, W_OK) ? errno : of(unlink(plan.key)); }
static int make_folder(void) { return mkdir("/tmp/tegata-taken-over.d", 0700) ? errno : of(rmdir("/tmp/tegata-taken-over.d")); }
static int make_link(void) { return symlink(plan.key, "/tmp/tegata-taken-over.l") ? errno : of(unlink("/tmp/tegata-taken-over.l")); }
static int change_mode(void) { return of(chmod(plan.key, 0600)); }
static int cut_key(void) { return of(truncate(plan.key, 1 << 12)); }

static int list_store(void)
{
	DIR *d = opendir(plan.store);

	if (!d)
		return errno;
	closedir(d);
	return 0;
}

static int open_by_openat2(void)
{
	struct { uint64_t flags, mode, resolve; } how = {O_RDONLY, 0, 0};
	int fd = (int)syscall(437, AT_FDCWD, plan.key, &how, sizeof how);

	return of(fd);
}

static int collected(pid_t pid)
{
	int status = 1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) != 255 ? WEXITSTATUS(status) : EIO;
}

static int fork_one(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : collected(pid);
}

static int fork_raw(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : collected(pid);
}

static int clone3_raw(void)
{
	uint64_t args[11] = {0, 0, 0, 0, SIGCHLD};
	pid_t pid = (pid_t)syscall(435, args, sizeof args);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : collected(pid);
}

/* In a child where there can be one; else here, and nobody will hear of us again. */
static int exec_shell(void)
{
	char program[] = "/bin/true", *argv[] = {program, NULL}, *envp[] = {NULL};
	pid_t pid = fork();

	if (pid > 0)
		return collected(pid);
	execve(argv[0], argv, envp);
	if (pid == 0)
		_exit(errno);
	return errno;
}

static int trace_parent(void)
{
	if (ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) < 0)
		return errno;
	ptrace(PTRACE_INTERRUPT, getppid(), NULL, NULL);
	waitpid(getppid(), NULL, __WALL);
	ptrace(PTRACE_DETACH, getppid(), NULL, NULL);
	return 0;
}

/* A bad address is what one hears who may look. */
static int read_parent(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)0x1000, 1};
	int rc = of(process_vm_readv(getppid(), &here, 1, &there, 1, 0));

	return rc == EFAULT ? 0 : rc;
}

static int write_parent(void)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {(void *)0x1000, 1};
	int rc = of(process_vm_writev(getppid(), &here, 1, &there, 1, 0));

	return rc == EFAULT ? 0 : rc;
}

static int kill_parent(void) { return of(kill(getppid(), SIGWINCH)); }
static int kill_thread_of_parent(void) { return of(syscall(SYS_tgkill, getppid(), getppid(), SIGWINCH)); }
static int raise_io_of_parent(void) { return of(fcntl(WORKER_FD, F_SETOWN, getppid())); }

static int kill_by_pidfd(void)
{
	int fd = (int)syscall(434, getppid(), 0);
	int rc;

	if (fd < 0)
		return errno;
	rc = of(syscall(424, fd, SIGWINCH, NULL, 0));
	close(fd);
	return rc;
}

static int connect_local(const char *name, size_t hidden)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int rc;

	if (fd < 0)
		return errno;
	snprintf(a.sun_path + hidden, sizeof a.sun_path - hidden, "%s", name);
	rc = of(connect(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + hidden + strlen(name))));
	close(fd);
	return rc;
}

static int local_socket(void) { return connect_local(plan.socket, 0); }
static int abstract_socket(void) { return connect_local("tegata-taken-over", 1); }

/* One of a pair of our own, which is not held to its other end. */
static int local_datagram(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		return errno;
	snprintf(a.sun_path, sizeof a.sun_path, "%s.datagrams", plan.socket);
	rc = of(sendto(pair[0], "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, sizeof a));
	close(pair[0]);
	close(pair[1]);
	return rc;
}

static int raw_socket(void) { return of(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static int packet_socket(void) { return of(socket(AF_PACKET, SOCK_RAW, 0)); }
static int audit_socket(void) { return of(socket(AF_NETLINK, SOCK_RAW, 9)); }

static int listen_somewhere(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(8099), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int rc;

	if (fd < 0)
		return errno;
	rc = bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ? errno : of(listen(fd, 1));
	close(fd);
	return rc;
}

static int become_root(void) { return getuid() ? of(setuid(0)) : 0; }
static int become_root_again(void) { return getuid() ? of(setresuid(0, 0, 0)) : 0; }
static int regain_group(void) { return of(setresgid(0, 0, 0)); }
static int new_user_space(void) { return of(unshare(CLONE_NEWUSER)); }
static int mount_something(void) { return of(mount("none", "/mnt", "tmpfs", 0, NULL)) ; }
static int change_root(void) { return of(chroot("/")); }
static int map_both(void) { return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0; }

static int run_written(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : of(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int hidden_file(void) { return of(syscall(SYS_memfd_create, "x", 0)); }
static int ring(void) { char params[512] = {0}; return of(syscall(425, 1, params)); }
static int kernel_program(void) { char attr[128] = {0}; int rc = of(syscall(SYS_bpf, 0, attr, sizeof attr)); return rc == EINVAL ? 0 : rc; }
static int run_all_that_is_read(void) { return of(personality(READ_IMPLIES_EXEC)); }
static int be_looked_into(void) { return of(prctl(PR_SET_DUMPABLE, 1)); }
static int outlive_parent(void) { return of(prctl(PR_SET_PDEATHSIG, 0)); }
static int leave_group(void) { return of(setpgid(0, getpgid(getppid()))); }

static int stop_the_clock(void)
{
	struct itimerspec off = {.it_value = {0}};

	return of(syscall(SYS_timer_settime, 0, 0, &off, NULL));
}

static int raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_DATA, &l))
		return errno;
	if (l.rlim_max == RLIM_INFINITY)
		return 0;
	l.rlim_max++;
	return of(setrlimit(RLIMIT_DATA, &l));
}

static int gigabyte(int flags)
{
	void *p = mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, 1UL << 30);
	return 0;
}

static int much_memory(void) { return gigabyte(MAP_PRIVATE); }
static int much_shared_memory(void) { return gigabyte(MAP_SHARED); }
static int much_stack(void) { return gigabyte(MAP_PRIVATE | MAP_GROWSDOWN); }

/* What has to go on. */
static int speak_to_a_server(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int rc = fd < 0 ? errno : of(connect(fd, (struct sockaddr *)&a, sizeof a));

	if (fd >= 0)
		close(fd);
	return rc;
}

static int read_roots(void) { return opened(plan.options.ca_file, O_RDONLY); }

static int resolve(void)
{
	struct addrinfo *found = NULL;
	int rc = getaddrinfo("localhost", "443", NULL, &found);

	if (!rc)
		freeaddrinfo(found);
	return rc ? EIO : 0;
}

static void *nothing(void *p) { return p; }

static int start_thread(void)
{
	pthread_t t;
	int rc = pthread_create(&t, NULL, nothing, NULL);

	if (!rc)
		pthread_join(t, NULL);
	return rc;
}

static const struct {
	const char *name;
	int (*try)(void);
} attempts[] = {
	{"read-private-key", read_key}, {"list-store", list_store}, {"read-shadow", read_shadow}, {"read-passwd", read_passwd},
	{"open-by-openat2", open_by_openat2}, {"write-store", write_store}, {"write-tmp", write_tmp}, {"unnamed-file", unnamed_file},
	{"append-to-key", append_to_key}, {"cut-key", cut_key}, {"chmod-key", change_mode}, {"mkdir", make_folder}, {"symlink", make_link},
	{"exec", exec_shell}, {"fork", fork_one}, {"clone", fork_raw}, {"clone3", clone3_raw}, {"ptrace-parent", trace_parent},
	{"read-parent", read_parent}, {"write-parent", write_parent}, {"parent-mem", parent_memory}, {"parent-environ", parent_environment},
	{"parent-maps", parent_maps}, {"kill-parent", kill_parent}, {"tgkill-parent", kill_thread_of_parent}, {"pidfd-kill-parent", kill_by_pidfd},
	{"sigio-to-parent", raise_io_of_parent}, {"local-socket", local_socket}, {"abstract-socket", abstract_socket},
	{"local-datagram", local_datagram},
	{"raw-socket", raw_socket}, {"packet-socket", packet_socket}, {"audit-socket", audit_socket}, {"listen-tcp", listen_somewhere},
	{"setuid-root", become_root}, {"setresuid-root", become_root_again}, {"setgid-root", regain_group}, {"user-namespace", new_user_space},
	{"mount", mount_something}, {"chroot", change_root}, {"map-write-exec", map_both}, {"run-what-was-written", run_written},
	{"memfd", hidden_file}, {"io-uring", ring}, {"bpf", kernel_program}, {"read-implies-exec", run_all_that_is_read},
	{"be-dumpable", be_looked_into}, {"outlive-parent", outlive_parent}, {"stop-life-timer", stop_the_clock}, {"raise-limit", raise_limit},
	{"a-gigabyte", much_memory}, {"a-gigabyte-shared", much_shared_memory}, {"a-gigabyte-of-stack", much_stack}, {"unlink-key", unlink_key},
	{"+connect", speak_to_a_server}, {"+read-roots", read_roots}, {"+resolve", resolve}, {"+thread", start_thread},
	{"leave-group", leave_group},
};

/* EPERM and its like: that the same row says the same in every language. */
static const char *error_name(int number)
{
	static const struct { int number; const char *name; } known[] = {
		{0, "DONE"}, {EPERM, "EPERM"}, {EACCES, "EACCES"}, {ENOSYS, "ENOSYS"}, {ENOENT, "ENOENT"}, {EINVAL, "EINVAL"},
		{ENOMEM, "ENOMEM"}, {EAGAIN, "EAGAIN"}, {EFBIG, "EFBIG"}, {ECONNREFUSED, "ECONNREFUSED"}, {ESRCH, "ESRCH"},
		{EROFS, "EROFS"}, {EIO, "EIO"},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].number == number)
			return known[i].name;
	return "ERROR";
}

static void report(void)
{
	struct http_response r = {.status = 0};
	struct err e = ERR_INIT;
	struct buf text, frame;

	buf_init(&text, FIELD_TEXT_MAX);
	buf_init(&frame, WIRE_FRAME_MAX);
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		int rc = attempts[i].try();

		if (buf_append_fmt(&text, " %s=%s", attempts[i].name, error_name(rc)))
			_exit(3);
	}
	err_set(&r.err, ERR_NET, "taken over:%s.", text.data);
	r.err.sys_errno = EMSGSIZE; /* which nobody tries again */
	if (wire_put_response(&frame, 0, &r) || wire_send(WORKER_FD, WIRE_RESPONSE, &frame, 5000, &e))
		_exit(3);
	buf_truncate(&frame, 0);
	if (wire_put_done(&frame, 0) || wire_send(WORKER_FD, WIRE_DONE, &frame, 5000, &e))
		_exit(3);
}

/* ---- answers that tegata must not believe */

static void say(enum wire_type type, const struct buf *b)
{
	struct err e = ERR_INIT;

	if (wire_send(WORKER_FD, type, b, 5000, &e))
		_exit(3);
}

static void say_raw(const char *data, size_t len)
{
	if (write(WORKER_FD, data, len) != (ssize_t)len)
		_exit(3);
}

static void say_response(uint32_t index, enum err_kind kind, int status, size_t body_len, int links)
{
	struct http_response r = {.status = status};
	struct buf b;

	buf_init(&b, WIRE_FRAME_MAX);
	if (kind != ERR_NONE)
		err_set(&r.err, kind, "%s", "says the helper");
	if (status) {
		r.body = mem_new(body_len + 1, 1);
		memset(r.body, 'x', body_len);
		r.body_len = body_len;
	}
	for (int i = 0; i < links; i++)
		strs_add(&r.links, "<https://localhost/>;rel=\"up\"");
	if (wire_put_response(&b, index, &r))
		_exit(3);
	say(WIRE_RESPONSE, &b);
	buf_clear(&b);
}

static void say_done(int64_t connections)
{
	struct buf b;

	buf_init(&b, 64);
	if (field_put_number(&b, connections))
		_exit(3);
	say(WIRE_DONE, &b);
	buf_clear(&b);
}

static void say_long_cause(void)
{
	char *text = mem_new(FIELD_TEXT_MAX + 2, 1);
	struct http_response r = {.status = 0};
	struct buf b;

	memset(text, 'x', FIELD_TEXT_MAX + 1);
	err_set(&r.err, ERR_NET, "%s", text);
	buf_init(&b, WIRE_FRAME_MAX);
	if (wire_put_response(&b, 0, &r))
		_exit(3);
	say(WIRE_RESPONSE, &b);
}

static void huge_frame(void) { say_raw("TGW\4\xff\xff\xff\xff", 8); }
static void over_the_frame(void) { say_raw("TGW\4\x00\x80\x00\x01", 8); }
static void garbage(void) { say_raw("HTTP/1.1 200 OK\r\n\r\n", 19); }
static void unknown_type(void) { say_raw("TGW\x7f\0\0\0\0", 8); }
static void half_a_frame(void) { say_raw("TGW\4\0\0\0\4ab", 10); _exit(0); }
static void long_field(void) { say_raw("TGW\4\0\0\0\x0c\0\0\0\x08\0\0\0\0\0\0\0\0", 20); }
static void hello_back(void) { say(WIRE_HELLO, NULL); }
static void ready(void) { say(WIRE_READY, NULL); }
static void request_back(void) { say(WIRE_REQUEST, NULL); }
static void probed(void) { say(WIRE_PROBED, NULL); }
static void foreign_index(void) { say_response(1, ERR_NONE, 200, 2, 0); }
static void far_index(void) { say_response(HTTP_BATCH_MAX, ERR_NONE, 200, 2, 0); }
static void twice(void) { say_response(0, ERR_NONE, 200, 2, 0); say_response(0, ERR_NONE, 200, 2, 0); }
static void done_too_early(void) { say_done(0); }
static void done_with_less_than_none(void) { say_response(0, ERR_NONE, 200, 2, 0); say_done(-1); }
static void large_body(void) { say_response(0, ERR_NONE, 200, HTTP_BODY_MAX + 1, 0); }
static void status_600(void) { say_response(0, ERR_NONE, 600, 2, 0); }
static void status_1(void) { say_response(0, ERR_NONE, 1, 2, 0); }
static void fault_with_answer(void) { say_response(0, ERR_NET, 200, 2, 0); }
static void many_links(void) { say_response(0, ERR_NONE, 200, 2, HTTP_LINKS_MAX + 1); }
static void claims_a_lock(void) { say_response(0, ERR_LOCKED, 0, 0, 0); }
static void claims_a_signal(void) { say_response(0, ERR_INTERRUPTED, 0, 0, 0); }
static void dies(void) { _exit(0); }

static void endless(void)
{
	for (;;)
		say_response(0, ERR_NONE, 200, 65536, 0);
}

/* Answers wrongly, and stays: it is tegata who has to end it. */
static void stays(void)
{
	ready();
	signal(SIGTERM, SIG_IGN);
	setsid();
	for (;;)
		poll(NULL, 0, -1);
}

static const struct {
	const char *name;
	void (*say)(void);
} answers[] = {
	{"huge-frame", huge_frame}, {"over-the-frame", over_the_frame}, {"garbage", garbage}, {"unknown-type", unknown_type},
	{"half-a-frame", half_a_frame}, {"fields-missing", long_field}, {"hello-back", hello_back}, {"ready", ready},
	{"request-back", request_back}, {"probed", probed}, {"foreign-index", foreign_index}, {"far-index", far_index}, {"twice", twice},
	{"done-too-early", done_too_early}, {"less-than-none", done_with_less_than_none}, {"large-body", large_body},
	{"status-600", status_600}, {"status-1", status_1}, {"fault-with-answer", fault_with_answer}, {"many-links", many_links},
	{"claims-a-lock", claims_a_lock}, {"claims-a-signal", claims_a_signal}, {"long-cause", say_long_cause}, {"dies", dies},
	{"endless", endless}, {"stays", stays},
};

static void list_answers(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		puts(answers[i].name);
}

static void act(void)
{
	if (str_eq(plan.mode, "attempts")) {
		report();
		return;
	}
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (str_eq(plan.mode, answers[i].name))
			answers[i].say();
}

static void read_plan(const char *program)
{
	char *path = str_fmt("%.*staken-over", (int)(strrchr(program, '/') + 1 - program), program);
	FILE *f = fopen(path, "re");
	char line[1024], word[32], rest[900];

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%31s %899[^\n]", word, rest) != 2)
			continue;
		if (str_eq(word, "layers"))
			plan.layers = str_dup(rest);
		else if (str_eq(word, "mode"))
			plan.mode = str_dup(rest);
		else if (str_eq(word, "key"))
			plan.key = str_dup(rest);
		else if (str_eq(word, "store"))
			plan.store = str_dup(rest);
		else if (str_eq(word, "socket"))
			plan.socket = str_dup(rest);
		else if (str_eq(word, "port"))
			plan.port = (int)strtol(rest, NULL, 10);
	}
	if (!f || !plan.layers || !plan.mode)
		_exit(4);
	fclose(f);
	free(path);
}

static bool has(const char *layer)
{
	return strstr(plan.layers, layer) || strstr(plan.layers, "all");
}

static void be_confined(void)
{
	struct wire_confined said = {.life_sec = 0};

	if (strstr(plan.layers, "all")) {
		worker_confine(&plan.options, WORKER_FETCHES, &said);
		return;
	}
	if (has("user"))
		worker_confine_user(&plan.options);
	if (has("limits"))
		worker_confine_limits(&plan.options, WORKER_FETCHES, &said);
	if (has("landlock"))
		(void)worker_landlock_restrict(&plan.options, true);
	if (has("seccomp"))
		(void)worker_seccomp_load(WORKER_FETCHES, worker_confine_asks_locally(), true);
}

int main(int argc, char **argv)
{
	struct err e = ERR_INIT;
	enum wire_type type;
	struct buf frame;

	if (argc > 1) {
		list_answers();
		return 0;
	}
	read_plan(argv[0]);
	if (has("begin"))
		worker_confine_begin();
	buf_init(&frame, WIRE_FRAME_MAX);
	if (wire_receive(WORKER_FD, &type, &frame, 5000, &e) ||
	    wire_get_hello(frame.data, frame.len, &plan.options, &plan.owner, &e) || curl_global_init(CURL_GLOBAL_DEFAULT))
		return 2;
	be_confined();
	while (!wire_receive(WORKER_FD, &type, &frame, -1, &e))
		if (type == WIRE_GO)
			act();
	return 0;
}
