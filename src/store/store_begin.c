#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "internal.h"
#include "pki/csr.h"

struct first { /* file of a generation */
	const char *file;
	const void *data;
	size_t len;
	const struct fs_policy *policy;
};

/* A live link that hangs in the air counts too: nothing unfinished may become live by being made under it. */
static int next_number(const struct store *s, const char *name, int *next, struct err *e)
{
	int highest = store_live_number(s, name, NULL);
	int *list = NULL;
	size_t n = 0;

	if (store_generation_list(s, name, &list, &n, e) != 0)
		return -1;
	if (n > 0 && list[n - 1] > highest)
		highest = list[n - 1];
	free(list);
	if (highest >= STORE_NUMBER_MAX)
		return err_set(e, ERR_IO, _("%s has no number left for another generation"), name);
	*next = highest + 1;
	return 0;
}

/* Whether somebody besides us is to read the key, and so must find the way to it. */
static bool is_shared(const struct fs_policy *p)
{
	if (p == NULL)
		return false;
	return (p->mode & 077) != 0 || (p->uid != (uid_t)-1 && p->uid != geteuid()) ||
	       (p->gid != (gid_t)-1 && p->gid != getegid());
}

static int make_searchable(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
	if (S_ISLNK(st.st_mode) && stat(path, &st) != 0)
		return err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
	if ((st.st_mode & 0011) == 0011)
		return 0;
	if (chmod(path, (st.st_mode & 07777) | 0011) != 0)
		return err_set_errno(e, ERR_IO, errno, _("making %s searchable"), path);
	return fs_sync_dir(path, e);
}

static int open_way(const struct store *s, const char *name, const char *folder, struct err *e)
{
	char *way[] = {
		str_dup(folder),
		store_path(s, "generations", name, ""),
		fs_join(s->dir, "generations"),
		fs_join(s->dir, "live"),
		str_dup(s->dir),
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
		if (rc == 0)
			rc = make_searchable(way[i], e);
		free(way[i]);
	}
	return rc;
}

/* Makes the next generation with its first file, or nothing. */
static int begin(const struct store *s, const char *name, const struct first *f, int *number, struct err *e)
{
	struct err ignored = ERR_INIT;
	char *parent = NULL;
	char *folder = NULL;
	char *path = NULL;
	int next = 0;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0 || next_number(s, name, &next, e) != 0)
		return -1;
	parent = store_path(s, "generations", name, "");
	folder = store_generation_folder(s, name, next);
	path = fs_join(folder, f->file);
	if (store_need_folder(parent, e) != 0)
		goto out;
	/* The way is opened first: a key that is there, and may end up in use, is one that its readers can reach. */
	if (store_need_folder(folder, e) != 0 || (is_shared(f->policy) && open_way(s, name, folder, e) != 0) ||
	    fs_write_new(path, f->data, f->len, f->policy, e) != 0) {
		if (fs_remove_tree(folder, &ignored) != 0)
			err_clear(&ignored); /* the first error is the one to tell, and a sweep comes by again */
		goto out;
	}
	*number = next;
	rc = 0;
out:
	free(path);
	free(folder);
	free(parent);
	return rc;
}

int store_generation_begin(struct store *s, const char *name, const char *key_pem, size_t key_len,
                           const struct fs_policy *key_policy, int *number, struct err *e)
{
	const struct first key = {STORE_KEY_FILE, key_pem, key_len, key_policy};

	return begin(s, name, &key, number, e);
}

int store_generation_begin_request(struct store *s, const char *name, const void *der, size_t len, int *number,
                                   struct err *e)
{
	const struct first request = {STORE_REQUEST_FILE, der, len, NULL};

	if (len == 0 || len > CSR_PEM_MAX)
		return err_set(e, ERR_INTERNAL, _("the request for %s has %zu bytes"), name, len);
	return begin(s, name, &request, number, e);
}
