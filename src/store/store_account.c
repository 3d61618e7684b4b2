#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"
#include "internal.h"
#include "pki/digest.h"
#include "pki/key.h"

#define SCHEMA "tegata.account.v1"
#define HOST_MAX 100
#define HASH_LEN 12
#define OLD_KEYS_MAX 1000

void store_account_clear(struct store_account *a)
{
	free(a->id);
	free(a->server);
	free(a->eab_kid);
	free(a->url);
	strs_clear(&a->contacts);
	free(a->tos);
	str_wipe(a->key_pem);
	*a = (struct store_account){0};
}

/* The host of a URL as far as it is safe in a file name, owned. */
static char *safe_host(const char *url)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	const char *start = strstr(url, "://");
	char *host;
	char *lower;
	size_t len = 0;

	start = start != NULL ? start + strlen("://") : url;
	host = str_ndup(start, strcspn(start, *start == '[' ? "]/?#" : ":/?#"));
	lower = str_lower_ascii(host);
	free(host);
	for (const char *p = lower; *p != '\0' && len < HOST_MAX; p++) {
		if (strchr(safe, *p) != NULL && (len > 0 || (*p != '.' && *p != '-')))
			lower[len++] = *p;
	}
	lower[len] = '\0';
	if (len == 0)
		str_replace(&lower, str_dup("ca"));
	return lower;
}

char *store_account_id(const char *server, const char *eab_kid)
{
	char *host = safe_host(server);
	char *both = str_fmt("%s\n%s", server, eab_kid != NULL ? eab_kid : "");
	char *hash = digest_sha256_hex(both, strlen(both));
	char *id = str_fmt("%s-%.*s", host, HASH_LEN, hash);

	free(hash);
	free(both);
	free(host);
	return id;
}

static int read_key(const char *path, char **out, struct err *e)
{
	struct buf key;
	int rc;

	buf_init_secret(&key, KEY_PEM_MAX);
	rc = fs_read(path, &key, e);
	if (rc == 0 && strlen(key.data) != key.len)
		rc = err_set(e, ERR_IO, _("%s holds no key"), path);
	if (rc == 0)
		*out = buf_take(&key);
	buf_clear(&key);
	return rc;
}

/* A key is an account, perhaps one bought with single-use credentials: another one never takes its place unseen. */
static int keep_old_key(const char *path, struct err *e)
{
	for (int i = 1; i <= OLD_KEYS_MAX; i++) {
		char *old = str_fmt("%s.old-%d", path, i);
		int rc = link(path, old);
		int saved = errno;

		if (rc == 0)
			log_warn(_("this account has a new key; the old one is kept as %s"), old);
		free(old);
		if (rc == 0)
			return 0;
		if (saved != EEXIST)
			return err_set_errno(e, ERR_IO, saved, _("keeping the old %s"), path);
	}
	return err_set(e, ERR_IO, _("keeping the old %s: there are too many old keys"), path);
}

static int save_key(const char *folder, const char *key_pem, struct err *e)
{
	const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600};
	char *path = fs_join(folder, "key.pem");
	char *there = NULL;
	struct stat st;
	int rc = -1;

	if (lstat(path, &st) == 0) {
		if (read_key(path, &there, e) != 0)
			goto out;
		if (str_eq(there, key_pem)) {
			rc = fs_sync_dir(folder, e);
			goto out;
		}
		if (keep_old_key(path, e) != 0)
			goto out;
	} else if (errno != ENOENT) {
		err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
		goto out;
	}
	rc = fs_write_atomic(path, key_pem, strlen(key_pem), &policy, e);
out:
	str_wipe(there);
	free(path);
	return rc;
}

static struct json *account_json(const struct store_account *a)
{
	struct json *j = store_doc_new(SCHEMA);

	json_set_str(j, "server", a->server);
	json_set_str(j, "eab_kid", a->eab_kid);
	json_set_str(j, "url", a->url);
	json_set_strs(j, "contacts", &a->contacts);
	json_set_str(j, "tos", a->tos);
	json_set_int(j, "created_at", a->created_at);
	return j;
}

int store_account_save(struct store *s, const struct store_account *a, struct err *e)
{
	struct json *j = NULL;
	char *folder = NULL;
	char *path = NULL;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || store_need_name(a->id, e) != 0)
		return -1;
	if (a->key_pem == NULL || a->server == NULL)
		return err_set(e, ERR_INTERNAL, _("the account %s has no key or no server"), a->id);
	folder = store_path(s, "accounts", a->id, "");
	path = fs_join(folder, "account.json");
	if (store_need_folder(folder, e) != 0 || save_key(folder, a->key_pem, e) != 0)
		goto out;
	j = account_json(a);
	rc = store_doc_write(path, j, 0600, e);
out:
	json_free(j);
	free(path);
	free(folder);
	return rc;
}

/* NULL, or what is wrong (owned). */
static char *read_account(const struct json *j, struct store_account *out)
{
	const char *bad = NULL;

	out->server = store_doc_str(j, "server", &bad);
	out->eab_kid = store_doc_str(j, "eab_kid", &bad);
	out->url = store_doc_str(j, "url", &bad);
	store_doc_strs(j, "contacts", &out->contacts, &bad);
	out->tos = store_doc_str(j, "tos", &bad);
	out->created_at = store_doc_int(j, "created_at", STORE_TIME_MAX, &bad);
	if (out->server == NULL)
		bad = "server";
	return bad != NULL ? store_doc_bad(bad) : NULL;
}

int store_account_remove(struct store *s, const char *id, struct err *e)
{
	char *folder;
	int rc;

	if (store_need_name(id, e) != 0)
		return -1;
	folder = store_path(s, "accounts", id, "");
	rc = fs_remove_tree(folder, e);
	free(folder);
	return rc;
}

int store_account_load(struct store *s, const char *id, struct store_account *out, struct err *e)
{
	struct store_account a = {0};
	struct json *j = NULL;
	char *broken = NULL;
	char *folder = NULL;
	char *path = NULL;
	char *key = NULL;
	int rc = -1;

	if (store_need_name(id, e) != 0)
		return -1;
	folder = store_path(s, "accounts", id, "");
	path = fs_join(folder, "account.json");
	key = fs_join(folder, "key.pem");
	if (store_doc_read(path, SCHEMA, &j, &broken, e) != 0)
		goto out;
	if (j != NULL)
		broken = read_account(j, &a);
	if (j == NULL || broken != NULL) {
		err_set(e, ERR_IO, _("%s cannot be used: %s"), path, broken != NULL ? broken : _("it is not there"));
		goto out;
	}
	if (read_key(key, &a.key_pem, e) != 0)
		goto out;
	a.id = str_dup(id);
	*out = a;
	a = (struct store_account){0};
	rc = 0;
out:
	store_account_clear(&a);
	free(broken);
	json_free(j);
	free(key);
	free(path);
	free(folder);
	return rc;
}

/* A folder with a key alone is a registration that was broken off before anything was sent. */
static bool is_account(const struct store *s, const char *id)
{
	char *path;
	struct stat st;
	bool there;

	if (!store_name_ok(id))
		return false;
	path = store_path(s, "accounts", id, "/account.json");
	there = lstat(path, &st) == 0;
	free(path);
	return there;
}

int store_account_list(struct store *s, struct strs *ids, struct err *e)
{
	char *folder = fs_join(s->dir, "accounts");
	struct strs all = {0};
	struct strs found = {0};
	int rc = fs_list(folder, &all, e);

	free(folder);
	if (rc != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (is_account(s, all.item[i]))
			strs_add(&found, all.item[i]);
	}
	strs_clear(&all);
	strs_clear(ids);
	*ids = found;
	return 0;
}

/* Accounts of one server among those of others, each loaded only to be looked at. */
struct candidates {
	const char *server;
	char *prefix; /* how the ids of this server's accounts begin */
	struct strs ids;
	struct strs kids;
};

/* A damaged account of another server is not in the way; one that may be of this server is. */
static int consider(struct store *s, const char *id, struct candidates *c, struct err *e)
{
	struct store_account a = {0};
	struct err damage = ERR_INIT;
	char *text;

	if (store_account_load(s, id, &a, &damage) != 0) {
		if (str_starts(id, c->prefix)) {
			err_move(e, &damage);
			return -1;
		}
		text = err_text(&damage);
		log_warn(_("an account is passed over: %s"), text);
		free(text);
		err_clear(&damage);
		return 0;
	}
	if (str_eq(a.server, c->server)) {
		strs_add(&c->ids, id);
		strs_add(&c->kids, a.eab_kid != NULL ? a.eab_kid : "-");
	}
	store_account_clear(&a);
	return 0;
}

static int choose(struct store *s, struct candidates *c, struct err *e)
{
	struct strs ids = {0};
	int rc = store_account_list(s, &ids, e);

	for (size_t i = 0; rc == 0 && i < ids.count; i++)
		rc = consider(s, ids.item[i], c, e);
	strs_clear(&ids);
	if (rc == 0 && c->ids.count > 1) {
		char *kids = strs_join(&c->kids, ", ");
		char *shown = str_escape(kids, strlen(kids), 1000);

		rc = err_set(e, ERR_CONFIG, _("there are several accounts of %s (EAB key ids: %s)"), c->server, shown);
		err_advise(e, _("say in the settings which key id (eab_kid) is meant"));
		free(shown);
		free(kids);
	}
	return rc;
}

int store_account_find(struct store *s, const char *server, const char *eab_kid, struct store_account *out, bool *found,
                       struct err *e)
{
	struct candidates c = {.server = server};
	char *id = store_account_id(server, eab_kid);
	char *host = safe_host(server);
	int rc = 0;

	c.prefix = str_fmt("%s-", host);
	if (is_account(s, id))
		strs_add(&c.ids, id);
	else if (eab_kid == NULL)
		rc = choose(s, &c, e);
	if (rc == 0 && c.ids.count > 0)
		rc = store_account_load(s, c.ids.item[0], out, e);
	if (rc == 0)
		*found = c.ids.count > 0;
	strs_clear(&c.ids);
	strs_clear(&c.kids);
	free(c.prefix);
	free(host);
	free(id);
	return rc;
}
