#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "internal.h"
#include "pki/key.h"

#define FOLDER "keys"
#define SUFFIX ".next.pem"

int store_next_key_save(struct store *s, const char *name, const char *key_pem, size_t key_len, struct err *e)
{
	const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600};
	char *path;
	int rc;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0)
		return -1;
	if (key_len == 0 || key_len > KEY_PEM_MAX)
		return err_set(e, ERR_INTERNAL, _("the next key of %s has %zu bytes"), name, key_len);
	path = store_path(s, FOLDER, name, SUFFIX);
	rc = fs_write_atomic(path, key_pem, key_len, &policy, e);
	free(path);
	return rc;
}

int store_next_key_load(struct store *s, const char *name, struct buf *key_pem, bool *found, struct err *e)
{
	struct stat st;
	char *path;
	int rc = -1;

	if (store_need_name(name, e) != 0)
		return -1;
	path = store_path(s, FOLDER, name, SUFFIX);
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			rc = 0;
		else
			err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
		*found = false;
		goto out;
	}
	/* Without a word another key would take its place, and what was made for this one (TLSA) would fit no more. */
	if (!S_ISREG(st.st_mode) || st.st_size == 0) {
		err_set(e, ERR_IO, _("%s holds no key"), path);
		err_advise(e, _("put the key back from a backup, or publish TLSA records for another one"));
		goto out;
	}
	rc = fs_read(path, key_pem, e);
	if (rc == 0)
		*found = true;
out:
	free(path);
	return rc;
}

int store_next_key_remove(struct store *s, const char *name, struct err *e)
{
	char *folder;
	char *path;
	int rc = 0;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0)
		return -1;
	folder = fs_join(s->dir, FOLDER);
	path = store_path(s, FOLDER, name, SUFFIX);
	if (unlink(path) == 0)
		rc = fs_sync_dir(folder, e);
	else if (errno != ENOENT)
		rc = err_set_errno(e, ERR_IO, errno, _("removing %s"), path);
	free(path);
	free(folder);
	return rc;
}
