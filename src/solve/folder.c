#include "config.h"

#include "solve/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/str.h"

#define LINKS_MAX 40

struct walk {
	int fd;
	char *rest;      /* what is still to go */
	int links;
	uid_t stranger;  /* who, not root or us, made or could put in its place a link on the way */
	bool has_stranger;
	bool two_strangers;
};

static int step_to(struct walk *w, int fd)
{
	if (fd < 0)
		return -1;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	return 0;
}

static int step_to_root(struct walk *w)
{
	return step_to(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static void remember_stranger(struct walk *w, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return;
	if (w->has_stranger && w->stranger != uid)
		w->two_strangers = true;
	w->has_stranger = true;
	w->stranger = uid;
}

/*
 * A link is that of whoever made it, and of whoever may rename another one to here, even one of root's; where a
 * whole group or everybody may, of nobody in particular.
 */
static int remember_link(struct walk *w, const struct stat *link)
{
	struct stat folder;

	if (fstat(w->fd, &folder) != 0)
		return -1;
	remember_stranger(w, link->st_uid);
	remember_stranger(w, folder.st_uid);
	if ((folder.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (folder.st_mode & S_ISVTX) == 0)
		w->has_stranger = w->two_strangers = true;
	return 0;
}

/* fd is a link: what it says takes its place in what is still to go. */
static int follow(struct walk *w, int fd)
{
	char target[PATH_MAX];
	ssize_t len;

	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	len = readlinkat(fd, "", target, sizeof target - 1);
	if (len < 0)
		return -1;
	target[len] = '\0';
	str_replace(&w->rest, str_fmt("%s/%s", target, w->rest));
	return target[0] == '/' ? step_to_root(w) : 0;
}

static int step(struct walk *w, const char *name)
{
	int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = -1;
	int saved;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return step_to(w, fd);
		if (S_ISLNK(st.st_mode)) {
			rc = remember_link(w, &st) == 0 ? follow(w, fd) : -1;
		} else {
			errno = ENOTDIR;
		}
	}
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static int walk_all(struct walk *w)
{
	int rc = step_to_root(w);
	char *name;

	while (rc == 0 && (name = fs_take_component(&w->rest)) != NULL) {
		rc = step(w, name);
		free(name);
	}
	return rc;
}

static int check_strangers(const struct walk *w, const char *path, struct err *e)
{
	struct stat st;

	if (!w->has_stranger)
		return 0;
	if (fstat(w->fd, &st) != 0)
		return err_set_errno(e, ERR_CHALLENGE, errno, _("cannot look at the folder %s"), path);
	if (!w->two_strangers && st.st_uid == w->stranger)
		return 0;
	err_set(e, ERR_CHALLENGE,
	        _("the way to %s has a symbolic link that a user has made or could replace who does not own the folder it leads to"), path);
	err_advise(e, _("Write the real path of the folder, without links, as the webroot."));
	return -1;
}

int folder_open(const char *path, int *fd, struct err *e)
{
	struct walk w = {.fd = -1};
	int rc = -1;

	if (*path != '/')
		return err_set(e, ERR_CHALLENGE, _("the folder \"%s\" is not an absolute path"), path);
	w.rest = str_dup(path);
	if (walk_all(&w) != 0) {
		err_set_errno(e, ERR_CHALLENGE, errno, _("cannot use the folder %s"), path);
		goto out;
	}
	rc = check_strangers(&w, path, e);
	if (rc == 0) {
		*fd = w.fd;
		w.fd = -1;
	}
out:
	if (w.fd >= 0)
		close(w.fd);
	free(w.rest);
	return rc;
}

/* mkdirat with exactly 0755: chmod afterwards could be led to something else meanwhile. */
static int make(const struct folder_step *step)
{
	mode_t old = umask(022);
	int rc = mkdirat(step->parent, step->name, 0755);

	umask(old);
	return rc;
}

static int not_a_folder(const struct folder_step *step, struct err *e)
{
	struct stat st;

	if (fstatat(step->parent, step->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
		err_set(e, ERR_CHALLENGE,
		        _("%s is a symbolic link, which is not followed: whoever may write there could lead it elsewhere"),
		        step->shown);
		err_advise(e, _("Make it a real folder, or write as the webroot the folder that really holds "
		                ".well-known/acme-challenge."));
		return -1;
	}
	return err_set_errno(e, ERR_CHALLENGE, ENOTDIR, _("cannot use %s"), step->shown);
}

int folder_enter(const struct folder_step *step, bool *made, int *fd, struct err *e)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	bool is_new = false;
	int opened = openat(step->parent, step->name, flags);

	if (opened < 0 && errno == ENOENT && made != NULL) {
		if (make(step) == 0)
			is_new = true;
		else if (errno != EEXIST)
			return err_set_errno(e, ERR_CHALLENGE, errno, _("cannot make the folder %s"), step->shown);
		opened = openat(step->parent, step->name, flags);
	}
	if (opened < 0 && (errno == ENOTDIR || errno == ELOOP))
		return not_a_folder(step, e);
	if (opened < 0)
		return err_set_errno(e, ERR_CHALLENGE, errno, _("cannot use the folder %s"), step->shown);
	if (made != NULL)
		*made = is_new;
	*fd = opened;
	return 0;
}
