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
#include "pki/csr.h"
#include "pki/key.h"

#define LIVE_TRIES 5

enum { KEY, CERT, CHAIN, FULLCHAIN, FILES };

/* Where the key is elsewhere, the request that was made with it stands for it. */
static const char *file_name(int which, bool external)
{
	static const char *const names[] = {STORE_KEY_FILE, "cert.pem", "chain.pem", "fullchain.pem"};

	return which == KEY && external ? STORE_REQUEST_FILE : names[which];
}

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

char *store_generation_folder(const struct store *s, const char *name, int number)
{
	return str_fmt("%s/generations/%s/%06d", s->dir, name, number);
}

char *store_generation_path(const struct store *s, const char *name, int number, const char *file)
{
	char *folder;
	char *path;

	if (!store_name_ok(name) || number < 1 || number > STORE_NUMBER_MAX)
		return NULL;
	folder = store_generation_folder(s, name, number);
	path = fs_join(folder, file);
	free(folder);
	return path;
}

int store_generation_need(const char *name, int number, struct err *e)
{
	if (store_need_name(name, e) != 0)
		return -1;
	if (number >= 1 && number <= STORE_NUMBER_MAX)
		return 0;
	return err_set(e, ERR_INTERNAL, _("%s cannot have a generation %d"), name, number);
}

bool store_generation_is_complete(const struct store *s, const char *name, int number)
{
	char *folder = store_generation_folder(s, name, number);
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

int store_generation_list(const struct store *s, const char *name, int **numbers, size_t *count, struct err *e)
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

	if (store_need_name(name, e) != 0 || store_generation_list(s, name, &list, &n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (store_generation_is_complete(s, name, list[i]))
			list[kept++] = list[i];
	}
	*numbers = list;
	*count = kept;
	return 0;
}

int store_generation_names(struct store *s, struct strs *names, struct err *e)
{
	return store_names_in(s, "generations", names, e);
}

static int read_file(const char *folder, const char *file, struct buf *out, struct err *e)
{
	char *path = fs_join(folder, file);
	int rc = fs_read(path, out, e);

	free(path);
	return rc;
}

int store_generation_key(struct store *s, const char *name, int number, struct buf *key_pem, struct err *e)
{
	char *folder;
	int rc;

	if (store_generation_need(name, number, e) != 0)
		return -1;
	folder = store_generation_folder(s, name, number);
	rc = read_file(folder, STORE_KEY_FILE, key_pem, e);
	free(folder);
	return rc;
}

int store_generation_request(struct store *s, const char *name, int number, struct buf *der, struct err *e)
{
	char *folder;
	int rc;

	if (store_generation_need(name, number, e) != 0)
		return -1;
	folder = store_generation_folder(s, name, number);
	rc = read_file(folder, STORE_REQUEST_FILE, der, e);
	free(folder);
	return rc;
}

static int check_key(const struct cert *cert, const struct buf *pem, struct err *e)
{
	struct key *key = NULL;
	int rc = -1;

	if (key_load_pem(pem->data, pem->len, &key, e) != 0)
		return -1;
	if (cert_has_key(cert, key))
		rc = 0;
	else
		err_set(e, ERR_IO, _("privkey.pem is not the key of cert.pem"));
	key_free(key);
	return rc;
}

static int check_request(const struct cert *cert, const struct buf *der, struct err *e)
{
	struct csr *csr = NULL;
	int rc = -1;

	if (csr_load(der->data, der->len, &csr, e) != 0)
		return -1;
	if (str_eq(csr_spki_sha256(csr), cert_spki_sha256(cert)))
		rc = 0;
	else
		err_set(e, ERR_IO, _("request.der is of another key than cert.pem"));
	csr_free(csr);
	return rc;
}

/* The key (or request) and the three texts fit each other and the fingerprint. Messages need only name the file. */
static int check_texts(const struct buf *key, bool external, const struct store_pems *p, const char *fingerprint,
                       struct err *e)
{
	size_t cert_len = strlen(p->cert);
	struct cert *cert = NULL;
	int rc = -1;

	if (cert_load_pem(p->cert, cert_len, &cert, e) != 0)
		return -1;
	if ((external ? check_request(cert, key, e) : check_key(cert, key, e)) != 0)
		goto out;
	if (!str_eq(cert_fingerprint(cert), fingerprint))
		err_set(e, ERR_IO, _("cert.pem is not the certificate of meta.json"));
	else if (strncmp(p->fullchain, p->cert, cert_len) != 0 || !str_eq(p->fullchain + cert_len, p->chain))
		err_set(e, ERR_IO, _("fullchain.pem is not cert.pem and chain.pem"));
	else
		rc = 0;
out:
	cert_free(cert);
	return rc;
}

/* A generation is not yet complete when its certificates are written, so what an earlier try left may go. */
static int write_text(const char *folder, int which, const char *text, struct err *e)
{
	static const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0644};
	char *path = fs_join(folder, file_name(which, false));
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

	if (store_need_lock(s, e) != 0 || store_generation_need(g->name, g->number, e) != 0)
		return -1;
	if (store_generation_is_complete(s, g->name, g->number))
		return err_set(e, ERR_INTERNAL, _("generation %d of %s is complete already"), g->number, g->name);
	folder = store_generation_folder(s, g->name, g->number);
	buf_init_secret(&key, CSR_PEM_MAX);
	if (read_file(folder, file_name(KEY, g->external_key), &key, e) != 0)
		goto out;
	if (check_texts(&key, g->external_key, pems, g->fingerprint, e) != 0) {
		damaged(folder, e);
		goto out;
	}
	store_clean_temps(folder);
	if (write_text(folder, CERT, pems->cert, e) != 0 || write_text(folder, CHAIN, pems->chain, e) != 0 ||
	    write_text(folder, FULLCHAIN, pems->fullchain, e) != 0)
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

	if (store_generation_need(name, number, e) != 0)
		return -1;
	folder = store_generation_folder(s, name, number);
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
static int measure(const char *folder, bool external, off_t sizes[FILES], struct err *e)
{
	for (int i = 0; i < FILES; i++) {
		char *path = fs_join(folder, file_name(i, external));
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
	off_t size[FILES] = {0};
	char *fingerprint = NULL;
	struct buf text;
	int rc = -1;

	if (measure(folder, g->external_key, size, e) != 0)
		return -1;
	if (size[FULLCHAIN] != size[CERT] + size[CHAIN])
		return err_set(e, ERR_IO, _("fullchain.pem is not cert.pem and chain.pem"));
	buf_init(&text, CHAIN_PEM_MAX);
	if (read_file(folder, file_name(CERT, false), &text, e) != 0)
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

static int read_live(struct store *s, const char *name, struct store_generation *out, bool *found, struct err *e)
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
	folder = store_generation_folder(s, name, number);
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

int store_generation_live(struct store *s, const char *name, struct store_generation *out, bool *found, struct err *e)
{
	int number = store_name_ok(name) ? store_live_number(s, name, NULL) : 0;
	int rc = read_live(s, name, out, found, e);

	/* Read without the lock it may have been replaced, and even removed, in between. */
	for (int tries = 1; rc != 0 && tries < LIVE_TRIES && number != 0; tries++) {
		int later = store_live_number(s, name, NULL);

		if (later == number)
			break;
		number = later;
		err_clear(e);
		rc = read_live(s, name, out, found, e);
	}
	return rc;
}

int store_generation_check(struct store *s, const char *name, int number, struct err *e)
{
	struct store_generation g = {0};
	struct buf text[FILES];
	struct store_pems pems;
	off_t size[FILES];
	char *folder = NULL;
	int rc = -1;

	if (store_generation_need(name, number, e) != 0)
		return -1;
	folder = store_generation_folder(s, name, number);
	for (int i = 0; i < FILES; i++)
		buf_init_secret(&text[i], CHAIN_PEM_MAX);
	if (store_generation_load(s, name, number, &g, e) != 0 || measure(folder, g.external_key, size, e) != 0)
		goto out;
	for (int i = 0; i < FILES; i++) {
		if (read_file(folder, file_name(i, g.external_key), &text[i], e) != 0)
			goto out;
	}
	pems = (struct store_pems){text[CERT].data, text[CHAIN].data, text[FULLCHAIN].data};
	rc = check_texts(&text[KEY], g.external_key, &pems, g.fingerprint, e);
out:
	if (rc != 0)
		damaged(folder, e);
	for (int i = 0; i < FILES; i++)
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
