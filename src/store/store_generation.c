#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "internal.h"
#include "pki/chain.h"
#include "pki/key.h"

static const char *const pem_files[] = {"privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"};
enum { PRIVKEY, CERT, CHAIN, FULLCHAIN, PEM_FILES };

void store_generation_clear(struct store_generation *g)
{
	free(g->name);
	strs_clear(&g->names);
	free(g->ca);
	free(g->server);
	free(g->account_url);
	free(g->key_type);
	free(g->serial);
	free(g->fingerprint);
	free(g->issuer);
	free(g->order_url);
	free(g->cert_id);
	free(g->spki_sha256);
	free(g->intermediate);
	free(g->top_issuer);
	free(g->profile);
	*g = (struct store_generation){0};
}

static char *folder_of(const struct store *s, const char *name, int number)
{
	return str_fmt("%s/generations/%s/%06d", s->dir, name, number);
}

char *store_generation_path(const struct store *s, const char *name, int number, const char *file)
{
	char *folder;
	char *path;

	if (!store_name_ok(name) || number < 1 || number > STORE_NUMBER_MAX)
		return NULL;
	folder = folder_of(s, name, number);
	path = fs_join(folder, file);
	free(folder);
	return path;
}

static int need_number(const char *name, int number, struct err *e)
{
	if (store_need_name(name, e) != 0)
		return -1;
	if (number >= 1 && number <= STORE_NUMBER_MAX)
		return 0;
	return err_set(e, ERR_INTERNAL, _("%s cannot have a generation %d"), name, number);
}

static bool is_complete(const struct store *s, const char *name, int number)
{
	char *folder = folder_of(s, name, number);
	char *meta = fs_join(folder, "meta.json");
	struct stat st;
	bool there = lstat(meta, &st) == 0;

	free(meta);
	free(folder);
	return there;
}

static int compare_numbers(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;

	return (x > y) - (x < y);
}

/* All of them, complete or not, ascending; *numbers is owned. */
static int list_numbers(const struct store *s, const char *name, int **numbers, size_t *count, struct err *e)
{
	char *folder = store_path(s, "generations", name, "");
	struct strs all = {0};
	int rc = fs_list(folder, &all, e);
	size_t n = 0;
	int *list;

	free(folder);
	if (rc != 0)
		return -1;
	list = mem_new(all.count + 1, sizeof *list);
	for (size_t i = 0; i < all.count; i++) {
		list[n] = store_number_in(all.item[i]);
		if (list[n] != 0)
			n++;
	}
	qsort(list, n, sizeof *list, compare_numbers);
	strs_clear(&all);
	*numbers = list;
	*count = n;
	return 0;
}

int store_generation_numbers(struct store *s, const char *name, int **numbers, size_t *count, struct err *e)
{
	size_t n = 0;
	size_t kept = 0;
	int *list = NULL;

	if (store_need_name(name, e) != 0 || list_numbers(s, name, &list, &n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (is_complete(s, name, list[i]))
			list[kept++] = list[i];
	}
	*numbers = list;
	*count = kept;
	return 0;
}

/* A live link that hangs in the air counts too: nothing unfinished may become live by being made under it. */
static int next_number(const struct store *s, const char *name, int *next, struct err *e)
{
	int highest = store_live_number(s, name, NULL);
	int *list = NULL;
	size_t n = 0;

	if (list_numbers(s, name, &list, &n, e) != 0)
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

int store_generation_begin(struct store *s, const char *name, const char *key_pem, size_t key_len,
                           const struct fs_policy *key_policy, int *number, struct err *e)
{
	struct err ignored = ERR_INIT;
	char *parent = NULL;
	char *folder = NULL;
	char *key = NULL;
	int next = 0;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0 || next_number(s, name, &next, e) != 0)
		return -1;
	parent = store_path(s, "generations", name, "");
	folder = folder_of(s, name, next);
	key = fs_join(folder, pem_files[PRIVKEY]);
	if (store_need_folder(parent, e) != 0)
		goto out;
	/* The way is opened first: a key that is there, and may end up in use, is one that its readers can reach. */
	if (store_need_folder(folder, e) != 0 || (is_shared(key_policy) && open_way(s, name, folder, e) != 0) ||
	    fs_write_new(key, key_pem, key_len, key_policy, e) != 0) {
		if (fs_remove_tree(folder, &ignored) != 0)
			err_clear(&ignored); /* the first error is the one to tell, and a sweep comes by again */
		goto out;
	}
	*number = next;
	rc = 0;
out:
	free(key);
	free(folder);
	free(parent);
	return rc;
}

static int read_pem(const char *folder, int which, struct buf *out, struct err *e)
{
	char *path = fs_join(folder, pem_files[which]);
	int rc = fs_read(path, out, e);

	free(path);
	return rc;
}

int store_generation_key(struct store *s, const char *name, int number, struct buf *key_pem, struct err *e)
{
	char *folder;
	int rc;

	if (need_number(name, number, e) != 0)
		return -1;
	folder = folder_of(s, name, number);
	rc = read_pem(folder, PRIVKEY, key_pem, e);
	free(folder);
	return rc;
}

/* The four texts fit each other and the fingerprint. Messages need only name the file. */
static int check_texts(const struct buf *key_pem, const struct store_pems *p, const char *fingerprint, struct err *e)
{
	size_t cert_len = strlen(p->cert);
	struct key *key = NULL;
	struct cert *cert = NULL;
	int rc = -1;

	if (key_load_pem(key_pem->data, key_pem->len, &key, e) != 0 || cert_load_pem(p->cert, cert_len, &cert, e) != 0)
		goto out;
	if (!cert_has_key(cert, key))
		err_set(e, ERR_IO, _("privkey.pem is not the key of cert.pem"));
	else if (!str_eq(cert_fingerprint(cert), fingerprint))
		err_set(e, ERR_IO, _("cert.pem is not the certificate of meta.json"));
	else if (strncmp(p->fullchain, p->cert, cert_len) != 0 || !str_eq(p->fullchain + cert_len, p->chain))
		err_set(e, ERR_IO, _("fullchain.pem is not cert.pem and chain.pem"));
	else
		rc = 0;
out:
	cert_free(cert);
	key_free(key);
	return rc;
}

/* A generation is not yet complete when its certificates are written, so what an earlier try left may go. */
static int write_pem(const char *folder, int which, const char *text, struct err *e)
{
	static const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0644};
	char *path = fs_join(folder, pem_files[which]);
	int rc;

	if (unlink(path) != 0 && errno != ENOENT)
		rc = err_set_errno(e, ERR_IO, errno, _("removing %s"), path);
	else
		rc = fs_write_new(path, text, strlen(text), &policy, e);
	free(path);
	return rc;
}

/* Every damage is ERR_IO with the path before it; false = not being allowed to look, which is no damage. */
static bool damaged(const char *path, struct err *e)
{
	if (e->sys_errno == EACCES || e->sys_errno == EPERM)
		return false;
	e->kind = ERR_IO;
	err_wrap(e, _("%s does not hold together"), path);
	return true;
}

int store_generation_finish(struct store *s, const struct store_generation *g, const struct store_pems *pems,
                            struct err *e)
{
	char *folder = NULL;
	struct buf key;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || need_number(g->name, g->number, e) != 0)
		return -1;
	if (is_complete(s, g->name, g->number))
		return err_set(e, ERR_INTERNAL, _("generation %d of %s is complete already"), g->number, g->name);
	folder = folder_of(s, g->name, g->number);
	buf_init_secret(&key, KEY_PEM_MAX);
	if (read_pem(folder, PRIVKEY, &key, e) != 0)
		goto out;
	if (check_texts(&key, pems, g->fingerprint, e) != 0) {
		damaged(folder, e);
		goto out;
	}
	store_clean_temps(folder);
	if (write_pem(folder, CERT, pems->cert, e) != 0 || write_pem(folder, CHAIN, pems->chain, e) != 0 ||
	    write_pem(folder, FULLCHAIN, pems->fullchain, e) != 0)
		goto out;
	rc = store_meta_write(folder, g, e);
out:
	buf_clear(&key);
	free(folder);
	return rc;
}

int store_generation_load(struct store *s, const char *name, int number, struct store_generation *out, struct err *e)
{
	struct store_generation g = {0};
	char *broken = NULL;
	char *folder;
	int rc = -1;

	if (need_number(name, number, e) != 0)
		return -1;
	folder = folder_of(s, name, number);
	if (store_meta_read(folder, &g, &broken, e) != 0)
		goto out;
	if (broken == NULL && (!str_eq(g.name, name) || g.number != number))
		broken = str_dup(_("it is about another certificate or generation"));
	if (broken != NULL) {
		err_set(e, ERR_IO, _("%s/meta.json cannot be used: %s"), folder, broken);
		goto out;
	}
	*out = g;
	g = (struct store_generation){0};
	rc = 0;
out:
	store_generation_clear(&g);
	free(broken);
	free(folder);
	return rc;
}

/* Sizes of the four; they must be files of ours and, but for an empty chain, hold something. */
static int measure(const char *folder, off_t sizes[PEM_FILES], struct err *e)
{
	for (int i = 0; i < PEM_FILES; i++) {
		char *path = fs_join(folder, pem_files[i]);
		struct stat st = {0};
		int rc = 0;

		if (lstat(path, &st) != 0)
			rc = err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
		else if (!S_ISREG(st.st_mode))
			rc = err_set(e, ERR_IO, _("%s is not a regular file"), path);
		else if (st.st_size == 0 && i != CHAIN)
			rc = err_set(e, ERR_IO, _("%s is empty"), path);
		sizes[i] = st.st_size;
		free(path);
		if (rc != 0)
			return -1;
	}
	return 0;
}

/*
 * What can be seen without the key: the bytes of one certificate are compared, the rest is only looked at. They need
 * not be parsed: they were when meta.json got their fingerprint.
 */
static int check_quickly(const char *folder, const struct store_generation *g, struct err *e)
{
	off_t size[PEM_FILES] = {0};
	char *fingerprint = NULL;
	struct buf text;
	int rc = -1;

	if (measure(folder, size, e) != 0)
		return -1;
	if (size[FULLCHAIN] != size[CERT] + size[CHAIN])
		return err_set(e, ERR_IO, _("fullchain.pem is not cert.pem and chain.pem"));
	buf_init(&text, CHAIN_PEM_MAX);
	if (read_pem(folder, CERT, &text, e) != 0)
		goto out;
	fingerprint = cert_pem_fingerprint(text.data, text.len, e);
	if (fingerprint == NULL)
		goto out;
	if (!str_eq(fingerprint, g->fingerprint))
		err_set(e, ERR_IO, _("cert.pem is not the certificate of meta.json"));
	else
		rc = 0;
out:
	free(fingerprint);
	buf_clear(&text);
	return rc;
}

int store_generation_live(struct store *s, const char *name, struct store_generation *out, bool *found, struct err *e)
{
	struct store_generation g = {0};
	char *broken = NULL;
	char *folder = NULL;
	char *link;
	int number;
	int rc = -1;

	if (store_need_name(name, e) != 0)
		return -1;
	link = store_path(s, "live", name, "");
	number = store_live_number(s, name, &broken);
	if (number == 0 && broken == NULL) {
		*found = false;
		rc = 0;
		goto out;
	}
	if (number == 0) {
		err_set(e, ERR_IO, "%s", broken);
		goto out;
	}
	folder = folder_of(s, name, number);
	if (store_generation_load(s, name, number, &g, e) != 0 || check_quickly(folder, &g, e) != 0)
		goto out;
	*out = g;
	g = (struct store_generation){0};
	*found = true;
	rc = 0;
out:
	if (rc != 0 && damaged(link, e))
		err_advise(e, _("have it issued again: tegata renew %s --force"), name);
	store_generation_clear(&g);
	free(folder);
	free(link);
	free(broken);
	return rc;
}

int store_generation_check(struct store *s, const char *name, int number, struct err *e)
{
	struct store_generation g = {0};
	struct buf text[PEM_FILES];
	struct store_pems pems;
	off_t size[PEM_FILES];
	char *folder = NULL;
	int rc = -1;

	if (need_number(name, number, e) != 0)
		return -1;
	folder = folder_of(s, name, number);
	for (int i = 0; i < PEM_FILES; i++)
		buf_init_secret(&text[i], CHAIN_PEM_MAX);
	if (measure(folder, size, e) != 0 || store_generation_load(s, name, number, &g, e) != 0)
		goto out;
	for (int i = 0; i < PEM_FILES; i++) {
		if (read_pem(folder, i, &text[i], e) != 0)
			goto out;
	}
	pems = (struct store_pems){text[CERT].data, text[CHAIN].data, text[FULLCHAIN].data};
	rc = check_texts(&text[PRIVKEY], &pems, g.fingerprint, e);
out:
	if (rc != 0)
		damaged(folder, e);
	for (int i = 0; i < PEM_FILES; i++)
		buf_clear(&text[i]);
	store_generation_clear(&g);
	free(folder);
	return rc;
}

int store_generation_switch(struct store *s, const char *name, int number, struct err *e)
{
	char *target;
	char *link;
	int rc;

	if (store_need_lock(s, e) != 0 || store_generation_check(s, name, number, e) != 0)
		return -1;
	target = str_fmt("../generations/%s/%06d", name, number);
	link = store_path(s, "live", name, "");
	rc = fs_switch_link(target, link, e);
	free(link);
	free(target);
	return rc;
}

/* meta.json goes first: a half-removed generation must not look complete. */
static int remove_generation(const struct store *s, const char *name, int number, struct err *e)
{
	char *parent = store_path(s, "generations", name, "");
	char *folder = folder_of(s, name, number);
	char *meta = fs_join(folder, "meta.json");
	int rc = 0;

	if (unlink(meta) == 0)
		rc = fs_sync_dir(folder, e);
	else if (errno != ENOENT && errno != ENOTDIR)
		rc = err_set_errno(e, ERR_IO, errno, _("removing %s"), meta);
	if (rc == 0)
		rc = fs_remove_tree(folder, e);
	if (rc == 0 && fs_exists(parent))
		rc = fs_sync_dir(parent, e);
	free(meta);
	free(folder);
	free(parent);
	return rc;
}

int store_generation_drop(struct store *s, const char *name, int number, struct err *e)
{
	if (store_need_lock(s, e) != 0 || need_number(name, number, e) != 0)
		return -1;
	if (store_live_number(s, name, NULL) == number)
		return err_set(e, ERR_INTERNAL, _("generation %d of %s is live and stays"), number, name);
	return remove_generation(s, name, number, e);
}

int store_generation_sweep(struct store *s, const char *name, struct err *e)
{
	struct store_journal journal = {0};
	bool in_flight = false;
	int *list = NULL;
	size_t n = 0;
	int live;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0)
		return -1;
	if (store_journal_load(s, name, &journal, &in_flight, e) != 0 || list_numbers(s, name, &list, &n, e) != 0)
		goto out;
	live = store_live_number(s, name, NULL);
	for (size_t i = 0; i < n; i++) {
		bool spoken_of = in_flight && journal.generation == list[i];

		if (spoken_of || list[i] == live || is_complete(s, name, list[i]))
			continue;
		if (remove_generation(s, name, list[i], e) != 0)
			goto out;
	}
	rc = 0;
out:
	free(list);
	store_journal_clear(&journal);
	return rc;
}
