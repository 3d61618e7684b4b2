#include "config.h"

#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs_call.h"
#include "base/i18n.h"

#define LIST_MAX 100000
#define TREE_DEPTH_MAX 8

/* A file's folder, open, and its name in there: what follows does not depend on the path staying what it was. */
struct place {
	int dir; /* -1 = not open */
	const char *name;
};

static int place_open(struct place *at, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = fs_dirname(path);
	int status = 0;

	at->name = slash != NULL ? slash + 1 : path;
	at->dir = fs_call_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (at->dir < 0)
		status = err_set_errno(e, ERR_IO, errno, _("opening the folder %s"), dir);
	free(dir);
	return status;
}

static void close_quietly(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* Filesystems that cannot sync folders say EINVAL; there is nothing more to be had from them. */
static int sync_folder(int fd)
{
	if (fs_call_sync(fd) == 0 || errno == EINVAL || errno == ENOTSUP)
		return 0;
	return -1;
}

int fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLOUT};

			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				return -1;
			continue;
		}
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

struct content {
	const void *data;
	size_t len;
	struct fs_policy policy;
};

static struct content content_of(const void *data, size_t len, const struct fs_policy *p)
{
	static const struct fs_policy ours = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600};

	return (struct content){data, len, p != NULL ? *p : ours};
}

/* Content, then owner, then mode: until the last the file is open to nobody but its owner. 0 or -1 with errno. */
static int fill_file(int fd, const struct content *c)
{
	const struct fs_policy *p = &c->policy;

	if (fs_write_all(fd, c->data, c->len) != 0)
		return -1;
	if ((p->uid != (uid_t)-1 || p->gid != (gid_t)-1) && fs_call_chown(fd, p->uid, p->gid) != 0)
		return -1;
	if (fs_call_chmod(fd, p->mode) != 0)
		return -1;
	return fs_call_sync(fd);
}

/* 0, or -1 with errno and no file of ours left. */
static int create_file(const struct place *at, const char *name, const struct content *c)
{
	int fd = fs_call_open(at->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600 & c->policy.mode);
	int status;
	int saved;

	if (fd < 0)
		return -1;
	status = fill_file(fd, c);
	saved = errno;
	if (close(fd) != 0 && status == 0) {
		saved = errno;
		status = -1;
	}
	if (status != 0)
		unlinkat(at->dir, name, 0);
	errno = saved;
	return status;
}

int fs_write_new(const char *path, const void *data, size_t len, const struct fs_policy *p, struct err *e)
{
	struct content content = content_of(data, len, p);
	struct place at;
	int status = 0;

	if (place_open(&at, path, e) != 0)
		return err_wrap(e, _("writing %s"), path);
	if (create_file(&at, at.name, &content) != 0) {
		status = err_set_errno(e, ERR_IO, errno, _("writing %s"), path);
	} else if (sync_folder(at.dir) != 0) {
		status = err_set_errno(e, ERR_IO, errno, _("writing %s"), path);
		unlinkat(at.dir, at.name, 0);
	}
	close(at.dir);
	return status;
}

/* Renames, and removes the temporary name when that fails. 0 or -1 with errno. */
static int rename_over(const struct place *at, const char *temporary)
{
	int saved;

	if (renameat(at->dir, temporary, at->dir, at->name) == 0)
		return sync_folder(at->dir);
	saved = errno;
	unlinkat(at->dir, temporary, 0);
	errno = saved;
	return -1;
}

/* True when a temporary name was in the way, which only a killed process with our pid can have left. */
static bool removed_leftover(const struct place *at, const char *temporary)
{
	return errno == EEXIST && unlinkat(at->dir, temporary, 0) == 0;
}

int fs_write_atomic(const char *path, const void *data, size_t len, const struct fs_policy *p, struct err *e)
{
	struct content content = content_of(data, len, p);
	char *temporary;
	struct place at;
	int status;

	if (place_open(&at, path, e) != 0)
		return err_wrap(e, _("writing %s"), path);
	temporary = fs_temporary_name(at.name);
	status = create_file(&at, temporary, &content);
	if (status != 0 && removed_leftover(&at, temporary))
		status = create_file(&at, temporary, &content);
	if (status == 0)
		status = rename_over(&at, temporary);
	if (status != 0)
		err_set_errno(e, ERR_IO, errno, _("writing %s"), path);
	free(temporary);
	close(at.dir);
	return status;
}

int fs_switch_link(const char *target, const char *path, struct err *e)
{
	char *temporary;
	struct place at;
	int status;

	if (place_open(&at, path, e) != 0)
		return err_wrap(e, _("linking %s"), path);
	temporary = fs_temporary_name(at.name);
	status = symlinkat(target, at.dir, temporary);
	if (status != 0 && removed_leftover(&at, temporary))
		status = symlinkat(target, at.dir, temporary);
	if (status == 0)
		status = rename_over(&at, temporary);
	if (status != 0)
		err_set_errno(e, ERR_IO, errno, _("linking %s"), path);
	free(temporary);
	close(at.dir);
	return status;
}

int fs_sync_dir(const char *path, struct err *e)
{
	int fd = fs_call_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int status = 0;

	if (fd < 0)
		return err_set_errno(e, ERR_IO, errno, _("opening the folder %s"), path);
	if (sync_folder(fd) != 0)
		status = err_set_errno(e, ERR_IO, errno, _("syncing the folder %s"), path);
	close(fd);
	return status;
}

/* chmod by descriptor: between mkdir and here the name may have come to mean something else. 0 or -1 with errno. */
static int set_folder_mode(const struct place *at, mode_t mode)
{
	int fd = fs_call_open(at->dir, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	int status;

	if (fd < 0)
		return -1;
	status = fs_call_chmod(fd, mode);
	close_quietly(fd);
	return status;
}

/* Makes one folder, unless it is there already (a link to one will do). */
static int make_dir(const char *path, mode_t mode, struct err *e)
{
	struct place at;
	struct stat st;
	int status = 0;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (place_open(&at, path, e) != 0)
		return err_wrap(e, _("making the folder %s"), path);
	if (mkdirat(at.dir, at.name, mode & 0700) != 0) {
		/* Somebody else may just have made it. */
		if (errno != EEXIST || fstatat(at.dir, at.name, &st, 0) != 0 || !S_ISDIR(st.st_mode))
			status = -1;
	} else if (set_folder_mode(&at, mode) != 0 || sync_folder(at.dir) != 0) {
		status = -1;
	}
	if (status != 0)
		err_set_errno(e, ERR_IO, errno, _("making the folder %s"), path);
	close(at.dir);
	return status;
}

int fs_make_dirs(const char *path, mode_t mode, struct err *e)
{
	char *part = str_dup(path);
	size_t i = 0;
	int status = 0;

	while (status == 0 && part[i] != '\0') {
		char next;

		i += strspn(part + i, "/");
		i += strcspn(part + i, "/");
		next = part[i];
		part[i] = '\0';
		/* A trailing slash adds no folder, and the root needs none. */
		if (i > 0 && part[i - 1] != '/')
			status = make_dir(part, mode, e);
		part[i] = next;
	}
	free(part);
	return status;
}

static bool is_dots(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

/* Takes over fd, also on failure. 0 or -1 with errno; E2BIG when there are too many. */
static int list_names(int fd, struct strs *names)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int saved;

	if (dir == NULL) {
		close_quietly(fd);
		return -1;
	}
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (is_dots(entry->d_name))
			continue;
		if (names->count >= LIST_MAX) {
			errno = E2BIG;
			break;
		}
		strs_add(names, entry->d_name);
	}
	saved = errno;
	closedir(dir);
	errno = saved;
	return saved == 0 ? 0 : -1;
}

int fs_list(const char *path, struct strs *names, struct err *e)
{
	int fd = fs_call_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	struct strs found = {0};

	if (fd < 0 && errno == ENOENT) {
		strs_clear(names);
		return 0;
	}
	if (fd < 0 || list_names(fd, &found) != 0) {
		err_set_errno(e, ERR_IO, errno, _("reading the folder %s"), path);
		strs_clear(&found);
		return -1;
	}
	strs_sort(&found);
	strs_clear(names);
	*names = found;
	return 0;
}

/* 0 or -1 with errno; ELOOP when it goes too deep. What is gone already is as good as removed. */
static int remove_below(int parent, const char *name, int levels)
{
	struct strs names = {0};
	struct stat st;
	int status = 0;
	int dir;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(parent, name, 0) == 0 || errno == ENOENT ? 0 : -1;
	if (levels == 0) {
		errno = ELOOP;
		return -1;
	}
	dir = fs_call_open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (dir < 0)
		return -1;
	/* The list has a descriptor of its own, as closedir() closes it. */
	status = list_names(fcntl(dir, F_DUPFD_CLOEXEC, 0), &names);
	for (size_t i = 0; status == 0 && i < names.count; i++)
		status = remove_below(dir, names.item[i], levels - 1);
	close_quietly(dir);
	strs_clear(&names);
	if (status == 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		status = -1;
	return status;
}

int fs_remove_tree(const char *path, struct err *e)
{
	if (remove_below(AT_FDCWD, path, TREE_DEPTH_MAX) == 0)
		return 0;
	if (errno == ELOOP)
		return err_set(e, ERR_IO, _("removing %s: it is more than %d folders deep"), path, TREE_DEPTH_MAX);
	return err_set_errno(e, ERR_IO, errno, _("removing %s"), path);
}

bool fs_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

char *fs_join(const char *dir, const char *name)
{
	return str_fmt(*dir == '\0' || str_ends(dir, "/") ? "%s%s" : "%s/%s", dir, name);
}

char *fs_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return str_dup(".");
	if (slash == path)
		return str_dup("/");
	return str_ndup(path, (size_t)(slash - path));
}

char *fs_temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_fmt(".%s.tmp-%ld", slash != NULL ? slash + 1 : path, (long)getpid());
}

char *fs_take_component(char **rest)
{
	const char *start = *rest + strspn(*rest, "/");
	size_t len = strcspn(start, "/");
	char *component = len > 0 ? str_ndup(start, len) : NULL;

	str_replace(rest, str_dup(start + len));
	return component;
}

static int number_to_id(const char *text, int64_t *id)
{
	/* The largest number means "leave as it is" to chown(). */
	return *text == '-' ? -1 : str_to_int64(text, 0, (int64_t)UINT32_MAX - 1, id);
}

int fs_lookup_user(const char *name, uid_t *uid, gid_t *gid)
{
	const struct passwd *user = getpwnam(name);
	int64_t id = 0;

	if (user == NULL) {
		if (number_to_id(name, &id) != 0)
			return -1;
		user = getpwuid((uid_t)id);
	}
	if (uid != NULL)
		*uid = user != NULL ? user->pw_uid : (uid_t)id;
	if (gid != NULL)
		*gid = user != NULL ? user->pw_gid : (gid_t)-1;
	return 0;
}

int fs_lookup_group(const char *name, gid_t *gid)
{
	const struct group *group = getgrnam(name);
	int64_t id = 0;

	if (group == NULL && number_to_id(name, &id) != 0)
		return -1;
	if (gid != NULL)
		*gid = group != NULL ? group->gr_gid : (gid_t)id;
	return 0;
}
