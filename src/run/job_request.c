#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "run/job.h"

enum key_type job_request_key_type(const struct job *j)
{
	if (j->csr)
		return csr_key_type(j->csr);
	return j->cert->has_key ? j->cert->key : j->ca->key;
}

/* A key that cannot be used is no failure: a new one is made. */
static void tell_unusable(const char *name, const char *which, struct err *e)
{
	char *text = err_text(e);

	log_warn(_("%s: %s cannot be used, a new one is made: %s"), name, which, text);
	free(text);
	err_clear(e);
}

static struct key *read_key(const struct buf *pem, enum key_type type, struct err *e)
{
	struct key *k = NULL;

	if (key_load_pem(pem->data, pem->len, &k, e) < 0)
		return NULL;
	if (key_type_of(k) == type)
		return k;
	key_free(k);
	return NULL;
}

/* The key made early, when it is there, of the right type, and not the one in use. */
static struct key *next_key(struct site *s, const char *name, enum key_type type, const char *live_spki)
{
	struct key *k = NULL;
	struct err e = ERR_INIT;
	char *spki = NULL;
	bool found = false;
	struct buf pem;

	buf_init_secret(&pem, KEY_PEM_MAX);
	if (store_next_key_load(s->store, name, &pem, &found, &e) == 0 && found)
		k = read_key(&pem, type, &e);
	buf_clear(&pem);
	if (e.kind != ERR_NONE)
		tell_unusable(name, _("the key that was made early"), &e);
	if (k && live_spki && key_spki_sha256(k, &spki, &e) == 0 && str_eq(spki, live_spki)) {
		key_free(k);
		k = NULL;
	}
	err_clear(&e);
	free(spki);
	return k;
}

static struct key *live_key(const struct job *j, struct site *s)
{
	struct key *k = NULL;
	struct err e = ERR_INIT;
	struct buf pem;

	if (!j->live || j->live->external_key || j->compromised)
		return NULL;
	buf_init_secret(&pem, KEY_PEM_MAX);
	if (store_generation_key(s->store, j->cert->name, j->live->number, &pem, &e) == 0)
		k = read_key(&pem, job_request_key_type(j), &e);
	buf_clear(&pem);
	if (e.kind != ERR_NONE)
		tell_unusable(j->cert->name, _("the key in use"), &e);
	return k;
}

static int choose_key(struct job *j, struct site *s, struct err *e)
{
	enum key_type type = job_request_key_type(j);

	if (j->cert->next_key)
		j->key = next_key(s, j->cert->name, type, j->live ? j->live->spki_sha256 : NULL);
	if (!j->key && j->cert->reuse_key)
		j->key = live_key(j, s);
	return j->key ? 0 : key_generate(type, &j->key, e);
}

/* Spoken of before it is there: whatever ends us, the next run finds an unfinished generation by its journal. */
static int begin_generation(struct job *j, struct site *s, const struct buf *der, struct err *e)
{
	struct fs_policy policy;
	struct buf pem;
	int rc = -1;

	buf_init_secret(&pem, KEY_PEM_MAX);
	if (!j->on_disk && job_journal_write(j, s, e) < 0)
		goto out;
	if (j->csr) {
		rc = store_generation_begin_request(s->store, j->cert->name, der->data, der->len, &j->generation, e);
	} else if (job_key_policy(j->cert, &policy, e) == 0 && key_save_pem(j->key, &pem, e) == 0) {
		rc = store_generation_begin(s->store, j->cert->name, pem.data, pem.len, &policy, &j->generation, e);
	}
out:
	buf_clear(&pem);
	return rc;
}

int job_request(struct job *j, struct site *s, struct err *e)
{
	struct buf der;
	int rc = -1;

	buf_init(&der, HTTP_REQUEST_BODY_MAX / 2);
	if (!j->csr && !j->key && choose_key(j, s, e) < 0)
		goto out;
	if ((j->csr ? csr_save_der(j->csr, &der, e) : csr_make(j->key, &j->names, &der, e)) < 0)
		goto out;
	if (j->generation == 0 && begin_generation(j, s, &der, e) < 0)
		goto out;
	if (job_journal_write(j, s, e) < 0)
		goto out;
	order_set_csr(&j->order, der.data, der.len);
	j->requested = true;
	rc = 0;
out:
	buf_clear(&der);
	return rc < 0 ? err_wrap(e, _("making key and request")) : 0;
}

static int make_next_key(struct site *s, const char *name, enum key_type type, struct err *e)
{
	struct key *k = NULL;
	struct buf pem;
	int rc = -1;

	buf_init_secret(&pem, KEY_PEM_MAX);
	if (key_generate(type, &k, e) == 0 && key_save_pem(k, &pem, e) == 0)
		rc = store_next_key_save(s->store, name, pem.data, pem.len, e);
	buf_clear(&pem);
	key_free(k);
	return rc;
}

void job_request_next_key(struct site *s, const struct certificate_setting *c, enum key_type type,
                          const char *live_spki)
{
	struct key *k;
	struct err e = ERR_INIT;

	if (!c->next_key || c->csr)
		return;
	k = next_key(s, c->name, type, live_spki);
	if (!k && make_next_key(s, c->name, type, &e) < 0)
		log_warn(_("%s: making the next key early: %s"), c->name, e.cause);
	err_clear(&e);
	key_free(k);
}

char *job_request_next_spki(const struct site *s, const char *name)
{
	struct err ignored = ERR_INIT;
	struct key *k = NULL;
	bool found = false;
	char *spki = NULL;
	struct buf pem;

	buf_init_secret(&pem, KEY_PEM_MAX);
	if (store_next_key_load(s->store, name, &pem, &found, &ignored) == 0 && found &&
	    key_load_pem(pem.data, pem.len, &k, &ignored) == 0)
		(void)key_spki_sha256(k, &spki, &ignored);
	key_free(k);
	buf_clear(&pem);
	err_clear(&ignored);
	return spki;
}
