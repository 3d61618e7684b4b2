#include "config.h"

#include "solve/webroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/fs_call.h"
#include "base/i18n.h"
#include "solve/folder.h"

#define WELL_KNOWN ".well-known"
#define ACME_CHALLENGE "acme-challenge"

/* The folders of one webroot, opened; the paths are for messages and for the list of what was made. */
struct place {
	int root, well_known, challenge;
	char *well_known_path, *challenge_path;
};

static void place_init(struct place *p, const char *webroot)
{
	*p = (struct place){.root = -1, .well_known = -1, .challenge = -1};
	p->well_known_path = fs_join(webroot, WELL_KNOWN);
	p->challenge_path = fs_join(p->well_known_path, ACME_CHALLENGE);
}

static void place_clear(struct place *p)
{
	const int fds[] = {p->root, p->well_known, p->challenge};

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(p->well_known_path);
	free(p->challenge_path);
}

/* Opens all three; missing ones are made when a list is given to note them in. */
static int place_open(struct place *p, const char *webroot, struct strs *made, struct err *e)
{
	struct folder_step step;
	bool is_new = false;

	if (folder_open(webroot, &p->root, e) != 0)
		return -1;
	step = (struct folder_step){p->root, WELL_KNOWN, p->well_known_path};
	if (folder_enter(&step, made != NULL ? &is_new : NULL, &p->well_known, e) != 0)
		return -1;
	if (is_new)
		strs_add(made, p->well_known_path);
	step = (struct folder_step){p->well_known, ACME_CHALLENGE, p->challenge_path};
	if (folder_enter(&step, made != NULL ? &is_new : NULL, &p->challenge, e) != 0)
		return -1;
	if (made != NULL && is_new)
		strs_add(made, p->challenge_path);
	return 0;
}

/* Told by the token, so that what a crash leaves can be found again. */
static char *temporary_name(const char *token)
{
	return str_fmt(".%.200s.tmp", token);
}

static int create(int folder, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = fs_call_open(folder, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(folder, name, 0) == 0)
		fd = fs_call_open(folder, name, flags, 0600);
	return fd;
}

static int write_token(const struct place *p, const struct solver_task *t, struct err *e)
{
	char *temporary = temporary_name(t->token);
	int fd = create(p->challenge, temporary);
	int saved = 0;

	if (fd < 0) {
		saved = errno;
		goto out;
	}
	if (fs_write_all(fd, t->key_authorization, strlen(t->key_authorization)) != 0 || fs_call_chmod(fd, 0644) != 0)
		saved = errno;
	if (close(fd) != 0 && saved == 0)
		saved = errno;
	if (saved == 0 && renameat(p->challenge, temporary, p->challenge, t->token) != 0)
		saved = errno;
	if (saved != 0)
		unlinkat(p->challenge, temporary, 0);
out:
	free(temporary);
	if (saved != 0)
		return err_set_errno(e, ERR_CHALLENGE, saved, _("cannot write the challenge's file into %s"),
		                     p->challenge_path);
	return 0;
}

static void forget(struct strs *made, const char *path)
{
	for (size_t i = made->count; i-- > 0;) {
		if (!str_eq(made->item[i], path))
			continue;
		free(made->item[i]);
		made->item[i] = made->item[--made->count];
	}
}

/* 0 = it is gone, -1 = it is not ours or not to be removed. */
static int remove_folder(int parent, const char *name, const char *path, struct strs *made)
{
	if (!strs_has(made, path) || unlinkat(parent, name, AT_REMOVEDIR) != 0)
		return -1;
	forget(made, path);
	return 0;
}

/* Not empty is the normal case as long as other tokens are there; any other failure leaves an empty folder. */
static void remove_made(const struct place *p, struct strs *made)
{
	if (strs_has(made, p->challenge_path) &&
	    remove_folder(p->well_known, ACME_CHALLENGE, p->challenge_path, made) != 0)
		return;
	remove_folder(p->root, WELL_KNOWN, p->well_known_path, made);
}

int webroot_present(struct solver_task *t, struct strs *made, struct err *e)
{
	struct place p;
	int rc = -1;

	place_init(&p, t->plan.webroot);
	if (place_open(&p, t->plan.webroot, made, e) == 0)
		rc = write_token(&p, t, e);
	if (rc == 0)
		t->made_folder = strs_has(made, p.challenge_path);
	else if (p.well_known >= 0)
		remove_made(&p, made);
	place_clear(&p);
	return rc;
}

static int remove_file(const struct place *p, const char *name, struct err *e)
{
	if (unlinkat(p->challenge, name, 0) == 0 || errno == ENOENT)
		return 0;
	return err_set_errno(e, ERR_CHALLENGE, errno, _("cannot remove the challenge's file %s/%s"), p->challenge_path,
	                     name);
}

int webroot_cleanup(const struct solver_task *t, struct strs *made, struct err *e)
{
	struct err missing = ERR_INIT;
	char *temporary = NULL;
	struct place p;
	int rc = -1;

	place_init(&p, t->plan.webroot);
	if (place_open(&p, t->plan.webroot, NULL, &missing) != 0) {
		if (missing.sys_errno == ENOENT)
			rc = 0;
		else
			err_move(e, &missing);
		goto out;
	}
	temporary = temporary_name(t->token);
	if (remove_file(&p, temporary, e) != 0 || remove_file(&p, t->token, e) != 0)
		goto out;
	rc = 0;
	if (t->made_folder && !strs_has(made, p.challenge_path))
		strs_add(made, p.challenge_path);
	remove_made(&p, made);
out:
	err_clear(&missing);
	free(temporary);
	place_clear(&p);
	return rc;
}
