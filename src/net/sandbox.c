#include "config.h"

#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/proc.h"
#include "base/str.h"
#include "net/peer.h"
#include "net/wire.h"

#define PROC_MAX 65536
#define NUMBER_MAX 64
#define LISTED_MAX 64

#define DATA_MOST (256 * 1024 * 1024)
#define FILES_MOST 1024
#define CPU_MOST 900

#define CAPABILITIES_OF_ROOT UINT64_C(0xc0) /* CAP_SETGID and CAP_SETUID */

/* All that is known of a running helper. */
struct view {
	struct wire_confined said;
	char *folder; /* below /proc */
	struct buf status;
	struct buf limits;
};

static const char *const names[SANDBOX_COUNT] = {
	[SANDBOX_USER] = "user", [SANDBOX_GROUPS] = "groups", [SANDBOX_CAPABILITIES] = "capabilities",
	[SANDBOX_NO_NEW_PRIVS] = "no_new_privs", [SANDBOX_SECCOMP] = "seccomp", [SANDBOX_LANDLOCK] = "landlock",
	[SANDBOX_DESCRIPTORS] = "descriptors", [SANDBOX_LIMITS] = "limits", [SANDBOX_TRACING] = "tracing",
	[SANDBOX_LIFE] = "life",
};

/* What stands behind "name:" at the beginning of a line; owned; NULL = there is no such line. */
static char *value_of(const struct buf *text, const char *name)
{
	size_t len = strlen(name);
	const char *at = text->data;

	while (at) {
		if (!strncmp(at, name, len) && at[len] == ':') {
			at += len + 1;
			at += strspn(at, " \t");
			len = strcspn(at, "\n");
			while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
				len--;
			return str_ndup(at, len);
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return NULL;
}

/* The first number of such a line; -1 = none. */
static int64_t number_of(const struct buf *text, const char *name, int base)
{
	char *value = value_of(text, name), *end = value;
	int64_t n = value ? (int64_t)strtoll(value, &end, base) : -1;

	if (end == value)
		n = -1;
	free(value);
	return n;
}

/* Of /proc/PID/limits, where the name has blanks and no colon behind it; -1 = none, or unlimited. */
static int64_t limit_of(const struct view *v, const char *name)
{
	const char *at = strstr(v->limits.data, name);
	char *end;
	long long n;

	if (!at)
		return -1;
	at += strlen(name);
	n = strtoll(at, &end, 10);
	return end == at ? -1 : n;
}

static const char *why_loose(enum wire_loose loose)
{
	switch (loose) {
	case WIRE_LOOSE_SANITIZER:
		return _("not in a build with sanitizers, which need what it forbids");
	case WIRE_LOOSE_COVERAGE:
		return _("not in a build for coverage, whose counters are written at the end");
	case WIRE_LOOSE_VALGRIND:
		return _("not under valgrind, which needs what it forbids");
	default:
		return NULL;
	}
}

static const char *not_root(void)
{
	return _("tegata was not started as root: the helper has the user and groups of who started it");
}

static bool may_change_user(void)
{
	struct err e = ERR_INIT;
	struct buf own;
	bool may = false;

	buf_init(&own, PROC_MAX);
	if (!fs_read("/proc/self/status", &own, &e))
		may = ((uint64_t)number_of(&own, "CapEff", 16) & CAPABILITIES_OF_ROOT) == CAPABILITIES_OF_ROOT;
	err_clear(&e);
	buf_clear(&own);
	return may;
}

static char *shown_user(int64_t uid)
{
	const struct passwd *p = getpwuid((uid_t)uid);

	return p ? str_fmt("%s (%" PRId64 ")", p->pw_name, uid) : str_fmt("%" PRId64, uid);
}

static void look_at_user(const struct view *v, struct sandbox_row *row)
{
	int64_t uid = number_of(&v->status, "Uid", 10);
	const struct passwd *own = getpwnam(PACKAGE);
	bool has_own = own && (int64_t)own->pw_uid == uid;

	row->value = shown_user(uid);
	row->possible = geteuid() == 0 && may_change_user();
	row->in_force = uid > 0 && uid != (int64_t)geteuid();
	if (geteuid() != 0)
		row->reason = str_dup(not_root());
	else if (!row->possible)
		row->reason = str_dup(_("root may not become another user here, as in some containers"));
	else if (!row->in_force)
		row->reason = str_dup(_("the trusted CA certificates can be read by root alone; let others read them, they are no secret"));
	else if (!has_own)
		row->reason = str_dup(_("there is no user tegata, which the package makes; this one others may have too"));
}

static void look_at_groups(const struct view *v, struct sandbox_row *row)
{
	char *groups = value_of(&v->status, "Groups");
	int64_t gid = number_of(&v->status, "Gid", 10);
	bool none = groups && !*groups;

	row->value = none ? str_fmt(_("%" PRId64 " and no other"), gid) : str_fmt("%" PRId64 " %s", gid, groups ? groups : "?");
	row->possible = geteuid() == 0 && may_change_user();
	row->in_force = gid > 0 && none && geteuid() == 0;
	if (geteuid() != 0)
		row->reason = str_dup(not_root());
	else if (!row->in_force)
		row->reason = str_dup(_("as with the user"));
	free(groups);
}

static void look_at_capabilities(const struct view *v, struct sandbox_row *row)
{
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};

	row->possible = row->in_force = true;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		row->in_force = row->in_force && number_of(&v->status, sets[i], 16) == 0;
	row->value = row->in_force ? str_dup(_("none")) : value_of(&v->status, "CapPrm");
	if (!row->in_force)
		row->reason = str_dup(_("the trusted CA certificates can be read by root alone; let others read them, they are no secret"));
}

static void look_at_no_new_privs(const struct view *v, struct sandbox_row *row)
{
	row->possible = true;
	row->in_force = number_of(&v->status, "NoNewPrivs", 10) == 1;
}

static void look_at_seccomp(const struct view *v, struct sandbox_row *row)
{
	int64_t mode = number_of(&v->status, "Seccomp", 10);

	row->possible = v->said.loose == WIRE_HELD && v->said.seccomp_errno != ENOPKG && mode >= 0;
	row->in_force = mode == 2 && v->said.seccomp_errno == 0 && v->said.loose == WIRE_HELD;
	if (row->in_force)
		row->value = str_dup(v->said.local_sockets
		                         ? _("no programs, no processes, no writing; local sockets, as nsswitch.conf asks services for names")
		                         : _("no programs, no processes, no writing, no local sockets"));
	else if (v->said.loose != WIRE_HELD)
		row->reason = str_dup(why_loose(v->said.loose));
	else if (v->said.seccomp_errno == ENOPKG)
		row->reason = str_dup(_("tegata was built without libseccomp"));
	else if (mode < 0)
		row->reason = str_dup(_("the kernel has no seccomp"));
	else
		row->reason = str_fmt(_("the kernel refuses the filter: %s"), strerror(v->said.seccomp_errno));
}

static void look_at_landlock(const struct view *v, struct sandbox_row *row)
{
	int why = v->said.landlock_errno;

	row->own_word = true;
	row->in_force = v->said.landlock_abi > 0;
	row->possible = v->said.loose == WIRE_HELD && why != ENOSYS && why != EOPNOTSUPP;
	if (row->in_force)
		row->value = str_fmt(_("version %d: reads trusted CA certificates, the resolver's files and libraries, and nothing else"),
		                     v->said.landlock_abi);
	if (row->in_force && v->said.landlock_abi < 6)
		row->reason = str_dup(_("a newer kernel (6.12) would also forbid signals to others"));
	else if (!row->in_force && v->said.loose != WIRE_HELD)
		row->reason = str_dup(why_loose(v->said.loose));
	else if (!row->in_force && !row->possible)
		row->reason = str_dup(_("the kernel does not have it: it came with 5.13, and must be among the LSMs it was started with"));
	else if (!row->in_force)
		row->reason = str_fmt(_("the kernel refuses it: %s"), strerror(why));
}

/* "0 /dev/null, …"; false = one of them is not to be there. */
static bool list_descriptors(const struct view *v, const struct strs *numbers, struct strs *out)
{
	bool expected = numbers->count == 4;

	for (size_t i = 0; i < numbers->count && i < LISTED_MAX; i++) {
		char *path = str_fmt("%s/fd/%s", v->folder, numbers->item[i]);
		char target[256];
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		char *shown;

		target[n > 0 ? n : 0] = '\0';
		if (str_eq(numbers->item[i], "3"))
			expected = expected && str_starts(target, "socket:");
		else if (!str_eq(numbers->item[i], "2") || v->said.loose == WIRE_HELD)
			expected = expected && str_eq(target, "/dev/null");
		shown = str_escape(target, strlen(target), sizeof(target));
		strs_take(out, str_fmt("%s %s", numbers->item[i], shown));
		free(shown);
		free(path);
	}
	return expected;
}

static void look_at_descriptors(const struct view *v, struct sandbox_row *row)
{
	struct strs numbers = {0}, listed = {0};
	struct err e = ERR_INIT;
	char *folder = fs_join(v->folder, "fd");

	row->possible = v->said.loose != WIRE_LOOSE_VALGRIND;
	row->own_word = access(folder, R_OK | X_OK) != 0 || fs_list(folder, &numbers, &e) || !numbers.count;
	if (row->own_word) {
		row->in_force = v->said.descriptors == 4;
		row->value = str_fmt(P_("%d", "%d", (unsigned long)v->said.descriptors), v->said.descriptors);
	} else {
		row->in_force = list_descriptors(v, &numbers, &listed);
		row->value = strs_join(&listed, ", ");
	}
	if (!row->in_force)
		row->reason = str_dup(_("there are others than its socket"));
	err_clear(&e);
	free(folder);
	strs_clear(&numbers);
	strs_clear(&listed);
}

static bool is_within(int64_t limit, int64_t most)
{
	return limit >= 0 && limit <= most;
}

static char *shown_limit(int64_t limit, const char *unit)
{
	return limit < 0 ? str_dup(_("no limit")) : str_fmt("%" PRId64 "%s", limit, unit);
}

static void look_at_limits(const struct view *v, struct sandbox_row *row)
{
	int64_t data = limit_of(v, "Max data size"), files = limit_of(v, "Max open files");
	int64_t cpu = limit_of(v, "Max cpu time"), size = limit_of(v, "Max file size"), core = limit_of(v, "Max core file size");
	struct strs shown = {0};

	row->possible = v->said.loose == WIRE_HELD;
	row->in_force = is_within(data, DATA_MOST) && is_within(files, FILES_MOST) && is_within(cpu, CPU_MOST) &&
	                size == 0 && core == 0;
	strs_take(&shown, shown_limit(data < 0 ? data : data / 1024 / 1024, " MiB"));
	strs_take(&shown, shown_limit(files, ""));
	strs_take(&shown, shown_limit(cpu, " s"));
	strs_take(&shown, shown_limit(size, " B"));
	strs_take(&shown, shown_limit(core, " B"));
	row->value = str_fmt(_("memory %s, descriptors %s, processor %s, files %s, core %s"), shown.item[0], shown.item[1],
	                     shown.item[2], shown.item[3], shown.item[4]);
	strs_clear(&shown);
	if (!row->in_force)
		row->reason = str_dup(row->possible ? _("not all that was asked for is there") : why_loose(v->said.loose));
}

/* The kernel gives the files of a process that may not be looked into to root. */
static void look_at_tracing(const struct view *v, struct sandbox_row *row)
{
	int64_t uid = number_of(&v->status, "Uid", 10);
	char *path = fs_join(v->folder, "status");
	struct stat st;

	row->possible = uid != 0 && v->said.loose != WIRE_LOOSE_SANITIZER;
	row->in_force = uid > 0 && stat(path, &st) == 0 && st.st_uid == 0;
	free(path);
	if (row->in_force)
		row->value = str_dup(_("others of its user cannot look into it"));
	else if (uid == 0)
		row->reason = str_dup(_("this cannot be seen of processes of root"));
	else
		row->reason = str_dup(row->possible ? _("others of its user can look into it") : why_loose(v->said.loose));
}

static void look_at_life(const struct view *v, struct sandbox_row *row)
{
	row->own_word = row->possible = true;
	row->in_force = v->said.life_sec > 0;
	if (row->in_force)
		row->value = str_fmt(_("the kernel ends it after %" PRId64 " min at the latest"), v->said.life_sec / 60);
	else
		row->reason = str_dup(_("the kernel gave no timer"));
}

static void look_at_all(const struct view *v, struct sandbox *s)
{
	look_at_user(v, &s->row[SANDBOX_USER]);
	look_at_groups(v, &s->row[SANDBOX_GROUPS]);
	look_at_capabilities(v, &s->row[SANDBOX_CAPABILITIES]);
	look_at_no_new_privs(v, &s->row[SANDBOX_NO_NEW_PRIVS]);
	look_at_seccomp(v, &s->row[SANDBOX_SECCOMP]);
	look_at_landlock(v, &s->row[SANDBOX_LANDLOCK]);
	look_at_descriptors(v, &s->row[SANDBOX_DESCRIPTORS]);
	look_at_limits(v, &s->row[SANDBOX_LIMITS]);
	look_at_tracing(v, &s->row[SANDBOX_TRACING]);
	look_at_life(v, &s->row[SANDBOX_LIFE]);
	for (size_t i = 0; i < SANDBOX_COUNT; i++)
		s->row[i].name = names[i];
}

static int read_proc(const struct view *v, const char *name, struct buf *to, struct err *e)
{
	char *path = fs_join(v->folder, name);
	int rc = fs_read(path, to, e);

	free(path);
	return rc;
}

int sandbox_look(const struct http_options *o, struct sandbox *out, struct err *e)
{
	struct proc_peer peer = {.pid = 0, .fd = -1};
	struct view v = {.folder = NULL};
	int rc = -1;

	buf_init(&v.status, PROC_MAX);
	buf_init(&v.limits, PROC_MAX);
	if (peer_start(o, NULL, 0, &peer, e) || peer_ask(&peer, &v.said, e))
		goto out;
	v.folder = str_fmt("/proc/%ld", (long)peer.pid);
	if (read_proc(&v, "status", &v.status, e) || read_proc(&v, "limits", &v.limits, e))
		goto out;
	look_at_all(&v, out);
	rc = 0;
out:
	proc_peer_stop(&peer);
	free(v.folder);
	buf_clear(&v.status);
	buf_clear(&v.limits);
	return rc;
}

bool sandbox_is_whole(const struct sandbox *s)
{
	for (size_t i = 0; i < SANDBOX_COUNT; i++)
		if (s->row[i].possible && !s->row[i].in_force)
			return false;
	return true;
}

void sandbox_clear(struct sandbox *s)
{
	for (size_t i = 0; i < SANDBOX_COUNT; i++) {
		free(s->row[i].value);
		free(s->row[i].reason);
	}
	memset(s, 0, sizeof(*s));
}
