#include "config.h"

#include "run/entitlements.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/guise.h"
#include "base/i18n.h"
#include "data/yaml.h"
#include "run/ledger.h"

#define NEW_MODE 0644
#define FOLDER_MODE 0755
#define PERMISSIONS 07777

/* The list's file as it was when it was read. */
struct list_file {
	char *path;     /* of the file itself, not of a link to it */
	bool missing;
	struct stat st;
	struct buf text;
};

static void file_clear(struct list_file *f)
{
	free(f->path);
	buf_clear(&f->text);
}

/* What a link leads to is what is changed; one that leads nowhere is not written through. */
static int find_path(const struct site *s, struct list_file *f, struct err *e)
{
	struct stat st;

	f->path = realpath(s->entitlements_file, NULL);
	if (f->path)
		return 0;
	if (errno != ENOENT)
		return err_set_errno(e, ERR_IO, errno, _("opening %s"), s->entitlements_file);
	if (lstat(s->entitlements_file, &st) == 0)
		return err_set(e, ERR_IO, _("%s is a link to a file that is not there"), s->entitlements_file);
	f->missing = true;
	f->path = str_dup(s->entitlements_file);
	return 0;
}

/* The list, like all settings, is ours, whoever owns the store. */
static int file_read(const struct site *s, struct list_file *f, struct err *e)
{
	struct guise guise = guise_lift();
	int rc;

	buf_init(&f->text, YAML_SIZE_MAX);
	rc = find_path(s, f, e);
	if (rc == 0 && !f->missing)
		rc = fs_read_steady(f->path, &f->text, &f->st, e);
	guise_resume(&guise);
	if (rc < 0 || f->missing)
		return rc;
	if (strlen(f->text.data) != f->text.len)
		return err_set(e, ERR_CONFIG, _("%s holds a NUL octet, which is no text"), f->path);
	return 0;
}

static bool is_as_it_was(const struct site *s, const struct list_file *f, struct err *e)
{
	struct list_file now = {0};
	bool same = false;

	if (file_read(s, &now, e) == 0)
		same = str_eq(f->path, now.path) && f->missing == now.missing && f->text.len == now.text.len &&
		       memcmp(f->text.data, now.text.data, now.text.len) == 0 && f->st.st_uid == now.st.st_uid &&
		       f->st.st_gid == now.st.st_gid && f->st.st_mode == now.st.st_mode;
	file_clear(&now);
	return same;
}

/* The file is made beside it and takes its place only if that is as it was read: somebody may edit the list, too. */
static int put_in_place(const struct site *s, const struct list_file *f, const char *made, struct err *e)
{
	char *dir = fs_dirname(f->path);
	int rc = -1;

	if (!is_as_it_was(s, f, e)) {
		if (e->kind == ERR_NONE)
			err_set(e, ERR_IO, _("%s was changed meanwhile by somebody else; nothing was done to it"), f->path);
		err_advise(e, _("run it again"));
	} else if (rename(made, f->path) < 0) {
		err_set_errno(e, ERR_IO, errno, _("putting the new list in place at %s"), f->path);
	} else {
		rc = fs_sync_dir(dir, e);
	}
	free(dir);
	return rc;
}

static void advise_rights(struct err *e)
{
	if (e->sys_errno == EACCES || e->sys_errno == EPERM)
		err_advise(e, _("this takes the rights of whoever the file and its folder belong to; usually that is root"));
}

/* People know the list, not the file that is to take its place. */
static int write_beside(const struct list_file *f, const char *made, const char *text, struct err *e)
{
	struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = NEW_MODE};

	if (!f->missing)
		policy = (struct fs_policy){f->st.st_uid, f->st.st_gid, f->st.st_mode & PERMISSIONS};
	if (fs_write_new(made, text, strlen(text), &policy, e) == 0)
		return 0;
	return e->sys_errno != 0 ? err_set_errno(e, ERR_IO, e->sys_errno, _("writing %s"), f->path) : -1;
}

static int file_write(const struct site *s, const struct list_file *f, const char *text, struct err *e)
{
	char *dir = fs_dirname(f->path), *name = fs_temporary_name(f->path), *made = fs_join(dir, name);
	struct guise guise = guise_lift();
	int rc;

	fs_clean_beside(f->path);
	rc = f->missing ? fs_make_dirs(dir, FOLDER_MODE, e) : 0;
	if (rc == 0)
		rc = write_beside(f, made, text, e);
	if (rc == 0) {
		rc = put_in_place(s, f, made, e);
		unlink(made);
	}
	guise_resume(&guise);
	if (rc < 0) {
		advise_rights(e);
		err_wrap(e, _("changing the list of registered FQDNs"));
	}
	free(made);
	free(name);
	free(dir);
	return rc;
}

/* Makes this text's entries those of the site. */
static int take_entries(struct site *s, const char *text, struct err *e)
{
	struct entry_list entries = {0};
	struct yaml_node *root = NULL;
	struct diags d = {0};
	int rc;

	if (yaml_parse(s->entitlements_file, text, strlen(text), &root, &d) == 0)
		entry_list_read(s->entitlements_file, root, &entries, &d);
	rc = diags_result(&d, e);
	if (rc == 0) {
		entry_list_clear(&s->entries);
		s->entries = entries;
		s->ledger_applied = false;
		ledger_apply(s, true);
	} else {
		entry_list_clear(&entries);
	}
	yaml_node_free(root);
	diags_clear(&d);
	return rc;
}

/* Entries that are taken out, while they are still there, or those that were put in. */
static int forget(struct site *s, enum edit_action action, const struct edit_change *change, size_t count,
                  struct err *e)
{
	struct strs fqdns = {0};
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		if (change[i].action == action && entry_list_find(&s->entries, change[i].fqdn))
			strs_add(&fqdns, change[i].fqdn);
	if (fqdns.count > 0 && ledger_forget_all(s, &fqdns, e) < 0)
		rc = err_wrap(e, _("the list is changed, but its ledger is not"));
	strs_clear(&fqdns);
	return rc;
}

/* A list that the next run would refuse stays one: only what is done here is known to be meant. */
static int write_and_note(struct site *s, const struct list_file *f, const char *text, const struct edit_change *change,
                          size_t count, struct err *e)
{
	struct err alarm = ERR_INIT;
	bool believed;

	if (take_entries(s, f->text.data, e) < 0)
		return -1;
	believed = ledger_look_at_list(s, &alarm) == 0;
	err_clear(&alarm);
	if (file_write(s, f, text, e) < 0 || forget(s, EDIT_REMOVE, change, count, e) < 0)
		return -1;
	s->entries_missing = false;
	if (take_entries(s, text, e) < 0 || forget(s, EDIT_ADD, change, count, e) < 0)
		return -1;
	return believed ? ledger_check_list(s, true, e) : 0;
}

int entitlements_edit(struct site *s, const struct edit_change *change, size_t count, char **dry, struct err *e)
{
	struct list_file f = {0};
	char *text = NULL;
	int rc = -1;

	if (!dry && site_lock(s, e) < 0)
		return -1;
	if (file_read(s, &f, e) < 0 || edit_apply(s->entitlements_file, f.text.data, change, count, &text, e) < 0)
		goto out;
	if (dry) {
		*dry = text;
		text = NULL;
		rc = 0;
	} else {
		rc = str_eq(text, f.text.data) ? 0 : write_and_note(s, &f, text, change, count, e);
	}
out:
	free(text);
	file_clear(&f);
	return rc;
}
