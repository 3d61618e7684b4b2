#include "config.h"

#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/guise.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/trust.h"
#include "pki/chain.h"
#include "pki/key.h"
#include "pki/pkcs12.h"

#define CONTENT_MAX (512 * 1024)
#define PASSWORD_FILE_MAX 4096
#define BEFORE ".before-tegata"

char *output_id(const struct output_setting *o)
{
	return str_fmt("output:%s", o->path);
}

static bool has_key(const struct output_setting *o)
{
	return o->kind != OUTPUT_COPY || str_eq(o->file, "privkey.pem");
}

/*
 * *path, owned: the output in the folder where it really is, which nobody but root and us can lead elsewhere: neither
 * it nor a folder or link on the way is others' (base/trust.h).
 */
static int find_place(const struct output_setting *o, char **path, struct err *e)
{
	const char *slash = strrchr(o->path, '/');
	char *folder = fs_dirname(o->path), *real = NULL;
	int rc = trust_folder(folder, 0, &real, e);

	if (rc == 0)
		*path = fs_join(real, slash ? slash + 1 : o->path);
	else if (e->sys_errno == ENOENT)
		err_advise(e, _("Make it, as it shall be readable: mkdir -p -m 0755 %s"), folder);
	free(real);
	free(folder);
	return rc;
}

static int policy_of(const struct output_setting *o, struct fs_policy *p, struct err *e)
{
	*p = (struct fs_policy){.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = o->mode};
	if (p->mode == 0)
		p->mode = has_key(o) ? 0600 : 0644;
	if (o->owner && fs_lookup_user(o->owner, &p->uid, NULL) < 0)
		return err_set(e, ERR_CONFIG, _("owner: there is no user \"%s\""), o->owner);
	if (o->group && fs_lookup_group(o->group, &p->gid) < 0)
		return err_set(e, ERR_CONFIG, _("group: there is no group \"%s\""), o->group);
	return 0;
}

static int append_file(struct site *s, const struct store_generation *g, const char *file, struct buf *out,
                       struct err *e)
{
	char *path = store_generation_path(s->store, g->name, g->number, file);
	int rc = fs_read(path, out, e);

	free(path);
	return rc;
}

static int append_key(struct site *s, const struct store_generation *g, struct buf *out, struct err *e)
{
	return store_generation_key(s->store, g->name, g->number, out, e);
}

/* HAProxy, lighttpd, postfix and others read the key wherever it stands, but the leaf must be the first certificate. */
static int make_combined(struct site *s, const struct store_generation *g, struct buf *out, struct err *e)
{
	if (append_file(s, g, "fullchain.pem", out, e) < 0)
		return -1;
	if (out->len > 0 && out->data[out->len - 1] != '\n' && buf_append_str(out, "\n") < 0)
		return err_set(e, ERR_INTERNAL, _("too large"));
	return append_key(s, g, out, e);
}

static int check_password_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set_errno(e, ERR_CONFIG, errno, _("the password file %s"), path);
	if ((st.st_mode & (S_IRWXO | S_IWGRP)) == 0)
		return 0;
	err_set(e, ERR_CONFIG, _("the password file %s is open to others (mode %04o)"), path, (unsigned)(st.st_mode & 07777));
	err_advise(e, _("Take that right away: chmod o-rwx,g-w %s; and choose another password if somebody may have read it."), path);
	return -1;
}

/* Its first line. */
static int read_password(const char *path, struct buf *out, struct err *e)
{
	size_t len;

	if (check_password_file(path, e) < 0 || fs_read(path, out, e) < 0)
		return -1;
	if (out->len > 0 && memchr(out->data, '\0', out->len))
		return err_set(e, ERR_CONFIG, _("the password file %s is no text: it has a NUL"), path);
	len = strcspn(out->data, "\r\n");
	if (len != strcspn(out->data, "\n") && out->data[len + 1] != '\n')
		return err_set(e, ERR_CONFIG, _("the password file %s has a carriage return in its first line"), path);
	if (len == 0)
		return err_set(e, ERR_CONFIG, _("the first line of the password file %s is empty"), path);
	buf_truncate(out, len);
	return 0;
}

static int load_pair(struct site *s, const struct store_generation *g, struct key **key, struct chain **chain,
                     struct err *e)
{
	struct buf pem;
	int rc;

	buf_init_secret(&pem, CONTENT_MAX);
	rc = append_key(s, g, &pem, e);
	if (rc == 0)
		rc = key_load_pem(pem.data, pem.len, key, e);
	buf_truncate(&pem, 0);
	if (rc == 0)
		rc = append_file(s, g, "fullchain.pem", &pem, e);
	if (rc == 0)
		rc = chain_parse(pem.data, pem.len, chain, e);
	buf_clear(&pem);
	return rc;
}

static int make_pkcs12(struct site *s, const struct store_generation *g, const char *password_file, struct buf *out,
                       struct err *e)
{
	struct key *key = NULL;
	struct chain *chain = NULL;
	struct buf password;
	int rc = 0;

	buf_init_secret(&password, PASSWORD_FILE_MAX);
	if (password_file) {
		struct guise guise = guise_lift();

		rc = read_password(password_file, &password, e);
		guise_resume(&guise);
	}
	if (rc == 0)
		rc = load_pair(s, g, &key, &chain, e);
	if (rc == 0)
		rc = pkcs12_make(key, chain, password.data, g->name, out, e);
	key_free(key);
	chain_free(chain);
	buf_clear(&password);
	return rc;
}

static int make(struct site *s, const struct output_setting *o, const struct store_generation *g, struct buf *out,
                struct err *e)
{
	if (g->external_key && has_key(o)) {
		err_set(e, ERR_CONFIG, _("the key of this certificate is elsewhere (csr), so a file with the key cannot be made"));
		err_advise(e, "%s", _("Copies of cert.pem, chain.pem and fullchain.pem can."));
		return -1;
	}
	switch (o->kind) {
	case OUTPUT_COMBINED:
		return make_combined(s, g, out, e);
	case OUTPUT_PKCS12:
		return make_pkcs12(s, g, o->password_file, out, e);
	case OUTPUT_COPY:
		break;
	}
	return str_eq(o->file, "privkey.pem") ? append_key(s, g, out, e) : append_file(s, g, o->file, out, e);
}

/* A second name for the same file: nobody sees it half, and writing ours gives the first name to another file. */
static int link_before(const char *place, char **kept, struct err *e)
{
	char *before = str_fmt("%s" BEFORE, place);
	int rc = 0;

	if (linkat(AT_FDCWD, place, AT_FDCWD, before, 0) == 0) {
		*kept = before;
		return 0;
	}
	if (errno != ENOENT && errno != EEXIST) {
		rc = err_set_errno(e, ERR_IO, errno, _("%s is not tegata's, and cannot be kept as %s"), place, before);
		err_advise(e, _("Put it aside by hand, then tegata writes its own: mv %s %s"), place, before);
	}
	free(before);
	return rc;
}

/* Where outputs are written is not the store's owner's: that takes our own rights. */
int output_keep_before(const struct output_setting *o, char **kept, struct err *e)
{
	struct guise guise = guise_lift();
	char *place = NULL;
	int rc = find_place(o, &place, e);

	if (rc == 0)
		rc = link_before(place, kept, e);
	guise_resume(&guise);
	free(place);
	return rc < 0 ? err_wrap(e, _("writing the output %s"), o->path) : 0;
}

static int put(const struct output_setting *o, const struct fs_policy *policy, const struct buf *content, struct err *e)
{
	struct guise guise = guise_lift();
	char *place = NULL;
	int rc = find_place(o, &place, e);

	if (rc == 0) {
		fs_clean_beside(place);
		rc = fs_write_atomic(place, content->data, content->len, policy, e);
	}
	guise_resume(&guise);
	free(place);
	return rc;
}

int output_write(struct site *s, const struct output_setting *o, const char *name, int generation, struct err *e)
{
	struct store_generation g = {0};
	struct fs_policy policy;
	struct buf content;
	int rc = -1;

	buf_init_secret(&content, CONTENT_MAX);
	if (policy_of(o, &policy, e) == 0 && store_generation_load(s->store, name, generation, &g, e) == 0 &&
	    make(s, o, &g, &content, e) == 0)
		rc = put(o, &policy, &content, e);
	store_generation_clear(&g);
	buf_clear(&content);
	return rc < 0 ? err_wrap(e, _("writing the output %s"), o->path) : 0;
}
