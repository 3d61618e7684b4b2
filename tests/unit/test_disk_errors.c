/*
 * A disk that fails, once or from then on, at each call in turn: what is done says so with an error, or does without; what is live
 * stays whole, and done again it succeeds. The process's own calls stand in the place of libc's.
 */
#include "config.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "../fake/fake_ca.h"
#include "entitle/edit.h"
#include "run/entitlements.h"
#include "run/history.h"
#include "run/register.h"
#include "run/revoke.h"
#include "run/status.h"
#include "run/visit.h"
#include "run_maker.h"

#define CA "cas: [{profile: letsencrypt, name: test, server: '" FAKE_DIRECTORY_URL "'}]\n"
#define EACH_UNTIL 40 /* of the later calls one in seven */
#define CALLS_MAX 3000

/* ---- the disk */

static struct {
	bool armed, lasting, struck;
	long left;        /* calls that still succeed */
	int error;
	const char *call; /* that failed first */
} disk;

static bool breaks(const char *call)
{
	if (!disk.armed || disk.left-- > 0)
		return false;
	if (disk.struck && !disk.lasting)
		return false;
	if (!disk.struck)
		disk.call = call;
	disk.struck = true;
	errno = disk.error;
	return true;
}

#define FAILING(call) \
	if (breaks(call)) \
		return -1

int fsync(int fd)
{
	(void)fd;
	FAILING("fsync");
	return 0;
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = (flags & (O_CREAT | O_DIRECTORY)) == O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	FAILING("open");
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t len)
{
	if (fd > 2)
		FAILING("write");
	return syscall(SYS_write, fd, data, len);
}

ssize_t read(int fd, void *data, size_t len)
{
	FAILING("read");
	return syscall(SYS_read, fd, data, len);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	FAILING("rename");
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int dir, const char *path, int flags)
{
	FAILING("unlink");
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	FAILING("mkdir");
	return (int)syscall(SYS_mkdirat, dir, path, mode);
}

int symlinkat(const char *target, int dir, const char *path)
{
	FAILING("symlink");
	return (int)syscall(SYS_symlinkat, target, dir, path);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	FAILING("link");
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

ssize_t readlinkat(int dir, const char *path, char *to, size_t size)
{
	FAILING("readlink");
	return syscall(SYS_readlinkat, dir, path, to, size);
}

int fchmod(int fd, mode_t mode)
{
	FAILING("fchmod");
	return (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	FAILING("fchown");
	return (int)syscall(SYS_fchown, fd, uid, gid);
}

int ftruncate(int fd, off_t len)
{
	FAILING("ftruncate");
	return (int)syscall(SYS_ftruncate, fd, len);
}

int flock(int fd, int operation)
{
	FAILING("flock");
	return (int)syscall(SYS_flock, fd, operation);
}

/* ---- what is done */

struct bed {
	struct run *r;
	struct fake_ca ca;
	char *settings;
};

static int bed_setup(struct bed *b)
{
	void *r = NULL;

	*b = (struct bed){0};
	run_setup(&r);
	b->r = r;
	fake_ca_init(&b->ca, &b->r->clock.clock);
	b->settings = str_fmt(CA "certificates: [{name: shop, names: [example.jp], next_key: true, challenge: {webroot: '%s'}}]\n",
	                      b->r->dir);
	return 0;
}

static void bed_clear(struct bed *b)
{
	void *r = b->r;

	run_teardown(&r);
	fake_ca_clear(&b->ca);
	free(b->settings);
}

static void open_site(struct bed *b)
{
	run_open(b->r, b->settings, "- example.jp\n");
	b->r->s.port = &b->ca.port;
}

static int enroll(struct bed *b, struct err *e)
{
	struct register_request q = {.no_contact = true, .agree_tos = true, .key_type = KEY_EC_P256};
	struct register_result out = {0};
	int rc = register_account(&b->r->s, &q, &out, e);

	register_result_clear(&out);
	return rc;
}

static int order(struct bed *b, struct err *e)
{
	struct visit_options o = {.force = true};
	struct visit_report report = {0};
	int rc = visit(&b->r->s, &o, &report, e);

	if (rc == 0 && report.item[0].outcome != VISIT_ISSUED) {
		err_move(e, &report.item[0].err);
		rc = -1;
	}
	visit_report_clear(&report);
	return rc;
}

static int take_back(struct bed *b, struct err *e)
{
	struct revoke_result out = {0};
	int rc = revoke_certificate(&b->r->s, &(struct revoke_request){.name = "shop", .reason = 4}, &out, e);

	if (rc == 0)
		assert_non_null(out.serial);
	revoke_result_clear(&out);
	return rc;
}

static int go_back(struct bed *b, struct err *e)
{
	struct visit_report report = {0};
	int rc = history_rollback(&b->r->s, "shop", 1, true, &report, e);

	visit_report_clear(&report);
	if (rc != 0 && e->kind == ERR_USAGE && strstr(e->cause, "is live already") != NULL) { /* only its end had failed */
		err_clear(e);
		rc = 0;
	}
	return rc;
}

static int look(struct bed *b, struct err *e)
{
	struct status_report report = {0};
	struct history kept = {0};
	int rc = site_open_store(&b->r->s, e);

	if (rc == 0)
		rc = status_gather(&b->r->s, NULL, &report, e);
	if (rc == 0)
		assert_int_equal(report.count, 1);
	if (rc == 0)
		rc = history_gather(&b->r->s, "shop", &kept, e);
	history_clear(&kept);
	status_report_clear(&report);
	return rc;
}

static int edit(struct bed *b, struct err *e)
{
	const struct edit_change change = {.action = EDIT_ADD, .fqdn = "example.com"};
	int rc = entitlements_edit(&b->r->s, &change, 1, NULL, e);

	if (rc != 0 && e->kind == ERR_USAGE && !disk.struck) { /* only its end had failed */
		err_clear(e);
		rc = 0;
	}
	return rc;
}

static void must(struct bed *b, int (*what)(struct bed *b, struct err *e))
{
	struct err e = ERR_INIT;

	if (what(b, &e) != 0)
		fail_msg("without failure: %s", e.cause);
}

static void begin(struct bed *b)
{
	open_site(b);
}

static void with_account(struct bed *b)
{
	open_site(b);
	must(b, enroll);
}

static void with_one(struct bed *b)
{
	with_account(b);
	must(b, order);
}

static void with_two(struct bed *b)
{
	with_one(b);
	must(b, order);
}

static const struct scenario {
	const char *what;
	void (*before)(struct bed *b);
	int (*run)(struct bed *b, struct err *e);
	bool has_live; /* before it */
} scenarios[] = {
	{"registering", begin, enroll, false},
	{"the first order", with_account, order, false},
	{"an order", with_one, order, true},
	{"revoking", with_one, take_back, true},
	{"going back", with_two, go_back, true},
	{"looking", with_two, look, true},
	{"changing the list", with_one, edit, true},
};

/* ---- each call once */

/* What is live is whole: its key is the certificate's, its files are of one generation. */
static void assert_live(struct bed *b, const char *where)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found = false;

	if (site_open_store(&b->r->s, &e) != 0 || store_generation_live(b->r->s.store, "shop", &g, &found, &e) != 0)
		fail_msg("%s: %s", where, e.cause);
	if (!found)
		fail_msg("%s: nothing is live", where);
	store_generation_clear(&g);
}

/* 1 = said so, 0 = it went on, 2 = the failure never came. */
static int fail_at(const struct scenario *s, long place, int error, bool lasting)
{
	struct err e = ERR_INIT;
	struct bed b;
	bool struck;
	char *where;
	int rc;

	bed_setup(&b);
	s->before(&b);
	run_close(b.r);
	open_site(&b);
	disk.left = place;
	disk.error = error;
	disk.lasting = lasting;
	disk.struck = false;
	disk.armed = true;
	rc = s->run(&b, &e);
	disk.armed = false;
	struck = disk.struck;
	where = str_fmt("%s, call %ld (%s, %s%s)", s->what, place, disk.struck ? disk.call : "none", strerror(error),
	                lasting ? ", lasting" : "");
	if (rc != 0 && (e.kind == ERR_NONE || e.kind == ERR_INTERRUPTED || e.cause == NULL || *e.cause == '\0'))
		fail_msg("%s: failed without a word", where);
	if (rc != 0 && !disk.struck)
		fail_msg("%s: %s", where, e.cause);
	err_clear(&e);
	disk.struck = false;
	run_close(b.r);
	open_site(&b);
	if (s->has_live)
		assert_live(&b, where);
	if (s->run(&b, &e) != 0)
		fail_msg("%s: and again: %s", where, e.cause);
	free(where);
	bed_clear(&b);
	return !struck ? 2 : rc != 0 ? 1 : 0;
}

static void every_call(const struct scenario *s)
{
	static const int errors[] = {EIO, ENOSPC, EACCES, EROFS};
	int count[3] = {0};

	for (long place = 0; place < CALLS_MAX && count[2] == 0; place += place < EACH_UNTIL ? 1 : 7)
		count[fail_at(s, place, errors[place % 4], place % 3 == 1)]++;
	print_message("%s: %d said so, %d went on\n", s->what, count[1], count[0]);
	assert_int_equal(count[2], 1);
	assert_true(count[1] > 0);
}

static void test_every_call_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		every_call(&scenarios[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_call_fails)};

	/* Not the roots of the machine: reading them all takes longer than the rest. */
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
