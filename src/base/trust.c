#include "config.h"

#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/str.h"

#define LINKS_MAX 40

struct walk {
	uid_t also;
	int fd;         /* how far we are; O_PATH */
	struct stat st; /* of fd */
	char *real;     /* its path; "" is the root */
	char *rest;     /* what is still to go */
	int links;
};

static bool is_trusted(const struct walk *w, uid_t uid)
{
	return uid == 0 || uid == geteuid() || uid == w->also;
}

static bool is_open(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static const char *shown(const char *real)
{
	return *real != '\0' ? real : "/";
}

static char *name_of(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user != NULL ? str_dup(user->pw_name) : str_fmt("%lu", (unsigned long)uid);
}

static int say_foreign(const char *path, const struct stat *st, struct err *e)
{
	char *owner = name_of(st->st_uid);

	if (S_ISDIR(st->st_mode))
		err_set(e, ERR_CONFIG, _("the folder %s belongs to the user %s, who could put something else there at any moment"), path,
		        owner);
	else
		err_set(e, ERR_CONFIG, _("%s belongs to the user %s, who could change it at any moment"), path, owner);
	err_advise(e, _("Give it to root (chown root %s), or use another place where all folders belong to root."), path);
	free(owner);
	return -1;
}

static int say_open(const char *path, const struct stat *st, struct err *e)
{
	const char *who = (st->st_mode & S_IWOTH) != 0 ? _("every user") : _("its whole group");

	if (S_ISDIR(st->st_mode))
		err_set(e, ERR_CONFIG, _("the folder %s can be written to by %s (mode %04o), who could put something else there"), path, who,
		        (unsigned)(st->st_mode & 07777));
	else
		err_set(e, ERR_CONFIG, _("%s can be written to by %s (mode %04o)"), path, who, (unsigned)(st->st_mode & 07777));
	err_advise(e, _("Take that right away: chmod go-w %s"), path);
	return -1;
}

static int check_folder(const struct walk *w, struct err *e)
{
	if (!is_trusted(w, w->st.st_uid))
		return say_foreign(shown(w->real), &w->st, e);
	if (is_open(&w->st) && (w->st.st_mode & S_ISVTX) == 0)
		return say_open(shown(w->real), &w->st, e);
	return 0;
}

/* Takes fd over. */
static void stand_on(struct walk *w, int fd, const struct stat *st, char *real)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	w->st = *st;
	str_replace(&w->real, real);
}

static int cannot_look(const char *path, struct err *e)
{
	return err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
}

static int enter_root(struct walk *w, struct err *e)
{
	struct stat st;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		cannot_look("/", e);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	stand_on(w, fd, &st, str_dup(""));
	return check_folder(w, e);
}

/* fd is a link: what it says takes its place in what is still to go. */
static int follow(struct walk *w, int fd, const char *path, struct err *e)
{
	char target[PATH_MAX];
	ssize_t len = -1;

	if (++w->links > LINKS_MAX)
		errno = ELOOP;
	else
		len = readlinkat(fd, "", target, sizeof target - 1);
	if (len < 0)
		return cannot_look(path, e);
	target[len] = '\0';
	str_replace(&w->rest, str_fmt("%s/%s", target, w->rest));
	return target[0] == '/' ? enter_root(w, e) : 0;
}

/* One component, opened: a folder or the last is stood on. Takes fd over. */
static int take(struct walk *w, int fd, const struct stat *st, char *path, struct err *e)
{
	bool last = w->rest[strspn(w->rest, "/")] == '\0';
	int rc;

	/* The sticky bit keeps everybody from renaming but the owner of this very entry. */
	if (is_open(&w->st) && !is_trusted(w, st->st_uid)) {
		rc = say_foreign(path, st, e);
	} else if (S_ISLNK(st->st_mode)) {
		rc = follow(w, fd, path, e);
	} else if (!S_ISDIR(st->st_mode) && !last) {
		errno = ENOTDIR;
		rc = cannot_look(path, e);
	} else {
		stand_on(w, fd, st, path);
		return S_ISDIR(st->st_mode) ? check_folder(w, e) : 0;
	}
	close(fd);
	free(path);
	return rc;
}

static char *path_of(const struct walk *w, const char *name)
{
	const char *slash = strrchr(w->real, '/');

	if (!str_eq(name, ".."))
		return str_fmt("%s/%s", w->real, name);
	return str_ndup(w->real, slash != NULL ? (size_t)(slash - w->real) : 0);
}

static int step(struct walk *w, const char *name, struct err *e)
{
	char *path = path_of(w, name);
	int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		return take(w, fd, &st, path, e);
	cannot_look(path, e);
	if (fd >= 0)
		close(fd);
	free(path);
	return -1;
}

static int walk_all(struct walk *w, struct err *e)
{
	int rc = enter_root(w, e);
	char *name;

	while (rc == 0 && (name = fs_take_component(&w->rest)) != NULL) {
		rc = str_eq(name, ".") ? 0 : step(w, name, e);
		free(name);
	}
	return rc;
}

static int walk(struct walk *w, const char *path, uid_t also, struct err *e)
{
	*w = (struct walk){.also = also, .fd = -1, .real = str_dup(""), .rest = str_dup(path)};
	if (*path != '/')
		return err_set(e, ERR_CONFIG, _("\"%s\" is not an absolute path"), path);
	return walk_all(w, e);
}

static void walk_clear(struct walk *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->real);
	free(w->rest);
}

int trust_file(const char *path, uid_t also, struct stat *st, struct err *e)
{
	struct walk w;
	int rc = walk(&w, path, also, e);

	if (rc == 0 && !S_ISDIR(w.st.st_mode)) {
		if (!is_trusted(&w, w.st.st_uid))
			rc = say_foreign(w.real, &w.st, e);
		else if (is_open(&w.st))
			rc = say_open(w.real, &w.st, e);
	}
	if (rc == 0)
		*st = w.st;
	walk_clear(&w);
	return rc;
}

int trust_folder(const char *path, uid_t also, char **real, struct err *e)
{
	struct walk w;
	int rc = walk(&w, path, also, e);

	if (rc == 0 && !S_ISDIR(w.st.st_mode)) {
		errno = ENOTDIR;
		rc = cannot_look(path, e);
	} else if (rc == 0 && is_open(&w.st)) {
		rc = say_open(shown(w.real), &w.st, e);
	}
	if (rc == 0)
		*real = str_dup(shown(w.real));
	walk_clear(&w);
	return rc;
}
