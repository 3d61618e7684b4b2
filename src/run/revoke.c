#include "config.h"

#include "run/revoke.h"

#include <stdlib.h>
#include <string.h>

#include "acme/revoke.h"
#include "base/fs.h"
#include "base/i18n.h"
#include "base/log.h"
#include "pki/chain.h"
#include "pki/revocation.h"
#include "run/connect.h"
#include "run/revoked.h"

#define CERT_FILE_MAX (256 * 1024)
#define DER_MAX (128 * 1024)

/* RFC 5280 §5.3.1; the words are certbot's. The ones that a subscriber has no say in are left out. */
static const struct {
	const char *name;
	int code;
} reasons[] = {
	{"unspecified", 0}, {"keycompromise", 1}, {"affiliationchanged", 3}, {"superseded", 4}, {"cessationofoperation", 5},
};

const char *const *revoke_reason_names(void)
{
	static const char *const names[] = {"unspecified", "keycompromise",        "affiliationchanged",
	                                    "superseded",  "cessationofoperation", NULL};

	return names;
}

int revoke_reason_parse(const char *name, int *reason)
{
	char *lower = str_lower_ascii(name);
	int64_t number = -1;
	bool is_number = str_to_int64(name, 0, 10, &number) == 0;
	int rc = -1;

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (!str_eq(lower, reasons[i].name) && !(is_number && number == reasons[i].code))
			continue;
		*reason = reasons[i].code;
		rc = 0;
	}
	free(lower);
	return rc;
}

static int load_cert_file(const char *path, struct cert **out, struct err *e)
{
	struct buf pem;
	int rc;

	buf_init(&pem, CERT_FILE_MAX);
	rc = fs_read(path, &pem, e);
	if (rc == 0)
		rc = cert_load_pem(pem.data, pem.len, out, e);
	buf_clear(&pem);
	return rc < 0 ? err_wrap(e, _("reading %s"), path) : 0;
}

static int load_key_file(const char *path, struct key **out, struct err *e)
{
	struct buf pem;
	int rc;

	buf_init_secret(&pem, KEY_PEM_MAX);
	rc = fs_read(path, &pem, e);
	if (rc == 0)
		rc = key_load_pem(pem.data, pem.len, out, e);
	buf_clear(&pem);
	return rc < 0 ? err_wrap(e, _("reading %s"), path) : 0;
}

static int load_generation(struct site *s, const struct revoke_request *q, struct store_generation *g, struct err *e)
{
	bool found = true;
	int rc = q->generation > 0 ? store_generation_load(s->store, q->name, q->generation, g, e)
	                           : store_generation_live(s->store, q->name, g, &found, e);

	if (rc == 0 && !found)
		return err_set(e, ERR_USAGE, _("there is no certificate named \"%s\""), q->name);
	return rc;
}

static int load_generation_cert(struct site *s, const struct store_generation *g, struct cert **out, struct err *e)
{
	char *dir = store_generation_path(s->store, g->name, g->number, "cert.pem");
	int rc = load_cert_file(dir, out, e);

	free(dir);
	return rc;
}

static int load_generation_key(struct site *s, const struct store_generation *g, struct key **out, struct err *e)
{
	struct buf pem;
	int rc;

	buf_init_secret(&pem, KEY_PEM_MAX);
	rc = store_generation_key(s->store, g->name, g->number, &pem, e);
	if (rc == 0)
		rc = key_load_pem(pem.data, pem.len, out, e);
	buf_clear(&pem);
	return rc;
}

/* Is it the CA that issued this generation? --server says so of any. */
static bool is_issuer(const struct site *s, const struct ca_setting *ca, const struct store_generation *g)
{
	return s->options.server || !g->server || str_eq(ca->server, g->server);
}

/*
 * Whom to ask: who was named; for a kept certificate its own CA, by name or by server; else the first. When the
 * settings no longer know the server that issued it, stand_in is just that server: no other can revoke it.
 */
static const struct ca_setting *choose_ca(const struct site *s, const struct revoke_request *q,
                                          const struct store_generation *g, struct ca_setting *stand_in, struct err *e)
{
	const struct ca_setting *ca = settings_ca(&s->settings, q->ca ? q->ca : g->ca);

	if (q->ca && !ca)
		err_set(e, ERR_USAGE, _("no CA named \"%s\" is configured"), q->ca);
	if (q->ca || (ca && is_issuer(s, ca, g)))
		return ca;
	for (size_t i = 0; i < s->settings.ca_count; i++)
		if (is_issuer(s, &s->settings.ca[i], g))
			return &s->settings.ca[i];
	*stand_in = (struct ca_setting){.name = g->ca, .server = g->server, .ca_file = ca ? ca->ca_file : NULL};
	return stand_in;
}

/* What is to be revoked, and by whom. */
struct revoking {
	const struct ca_setting *ca;
	const struct store_generation *generation; /* empty = it came from a file */
	struct cert *cert;
	struct key *key; /* the certificate's; NULL = the account signs */
	int reason;
};

/*
 * The key id of the account that ordered this generation: a server may know us by several, and one whose files are
 * damaged must not keep another from revoking. NULL = as the settings say. Owned.
 */
static char *find_kid(struct site *s, const struct store_generation *g)
{
	struct strs ids = {0};
	struct err ignored = ERR_INIT;
	char *kid = NULL;

	if (!g->account_url || store_account_list(s->store, &ids, &ignored) < 0)
		goto out;
	for (size_t i = 0; i < ids.count && !kid; i++) {
		struct store_account a = {0};

		if (store_account_load(s->store, ids.item[i], &a, &ignored) == 0 && str_eq(a.url, g->account_url))
			kid = str_dup(a.eab_kid);
		store_account_clear(&a);
		err_clear(&ignored);
	}
out:
	err_clear(&ignored);
	strs_clear(&ids);
	return kid;
}

static int connect_as_account(struct site *s, const struct revoking *v, struct connection *c, struct err *e)
{
	struct ca_setting ca = *v->ca;
	char *kid = find_kid(s, v->generation);
	int rc;

	if (kid)
		ca.eab_kid = kid;
	rc = connect_account(s, &ca, c, e);
	free(kid);
	return rc;
}

static int post(struct site *s, const struct revoking *v, bool *already, struct err *e)
{
	struct connection c = {0};
	struct buf der;
	int rc;

	buf_init(&der, DER_MAX);
	rc = cert_save_der(v->cert, &der, e);
	if (rc == 0)
		rc = v->key ? connect_bare(s, v->ca, &c, e) : connect_as_account(s, v, &c, e);
	if (rc == 0 && v->key)
		session_set_account(c.session, v->key, NULL);
	if (rc == 0)
		rc = revoke_post(c.session, der.data, der.len, v->reason, already, e);
	connect_close(&c);
	buf_clear(&der);
	return rc;
}

/* So that `run` does not take it for something that happened to us, and order anew unasked. */
static void record_one(struct site *s, const struct store_generation *live, int reason)
{
	struct store_state st = {0};
	struct err e = ERR_INIT;
	int64_t now = clock_now(s->clock);
	struct store_revocation *r = &st.revocation;

	if (store_state_load(s->store, live->name, &st, &e) < 0)
		goto out;
	str_replace(&r->serial, str_dup(live->serial));
	str_replace(&r->status, str_dup(revocation_status_name(REVOCATION_REVOKED)));
	str_replace(&r->error, NULL);
	r->asked = true;
	r->checked_at = r->revoked_at = now;
	r->next_at = now + REVOKED_EVERY_SEC;
	r->reason = reason;
	r->failures = 0;
	(void)store_state_save(s->store, live->name, &st, &e);
out:
	if (e.kind != ERR_NONE)
		log_warn(_("%s: that it was revoked could not be recorded: %s"), live->name, e.cause);
	err_clear(&e);
	store_state_clear(&st);
}

/* What waits for its day waits no longer. */
static void drop_prepared(struct site *s, const char *name, const struct cert *revoked)
{
	struct store_generation g = {0};
	struct store_state st = {0};
	struct err e = ERR_INIT, ignored = ERR_INIT;

	if (store_state_load(s->store, name, &st, &e) == 0 && st.prepared > 0 &&
	    store_generation_load(s->store, name, st.prepared, &g, &ignored) == 0 &&
	    str_eq(g.fingerprint, cert_fingerprint(revoked))) {
		st.prepared = 0;
		(void)store_state_save(s->store, name, &st, &e);
	}
	if (e.kind != ERR_NONE)
		log_warn(_("%s: that it was revoked could not be recorded: %s"), name, e.cause);
	err_clear(&ignored);
	err_clear(&e);
	store_generation_clear(&g);
	store_state_clear(&st);
}

/* Wherever it is live, or to be, also when it was given as a file. */
static void record(struct site *s, const struct revoking *v)
{
	struct strs names = {0};
	struct err ignored = ERR_INIT;

	if (store_live_names(s->store, &names, &ignored) < 0)
		log_warn(_("that it was revoked could not be recorded: %s"), ignored.cause);
	for (size_t i = 0; i < names.count; i++) {
		struct store_generation live = {0};
		bool found = false;

		err_clear(&ignored);
		if (store_generation_live(s->store, names.item[i], &live, &found, &ignored) == 0 && found &&
		    str_eq(live.fingerprint, cert_fingerprint(v->cert)))
			record_one(s, &live, v->reason);
		drop_prepared(s, names.item[i], v->cert);
		store_generation_clear(&live);
	}
	err_clear(&ignored);
	strs_clear(&names);
}

int revoke_certificate(struct site *s, const struct revoke_request *q, struct revoke_result *out, struct err *e)
{
	struct store_generation g = {0};
	struct ca_setting stand_in = {0};
	struct revoking v = {.reason = q->reason, .generation = &g};
	int rc = -1;

	if (site_lock(s, e) < 0)
		return -1;
	if (q->name && (load_generation(s, q, &g, e) < 0 || load_generation_cert(s, &g, &v.cert, e) < 0))
		goto out;
	if (!q->name && load_cert_file(q->cert_path, &v.cert, e) < 0)
		goto out;
	if (q->key_path && load_key_file(q->key_path, &v.key, e) < 0)
		goto out;
	if (!q->key_path && q->use_certificate_key && q->name && load_generation_key(s, &g, &v.key, e) < 0)
		goto out;
	if (v.key && !cert_has_key(v.cert, v.key)) {
		err_set(e, ERR_USAGE, _("this key does not belong to the certificate"));
		goto out;
	}
	v.ca = choose_ca(s, q, &g, &stand_in, e);
	if (!v.ca || post(s, &v, &out->already, e) < 0)
		goto out;
	out->serial = str_dup(cert_serial(v.cert));
	out->server = str_dup(v.ca->server);
	record(s, &v);
	rc = 0;
out:
	if (rc < 0)
		err_wrap(e, _("revoking %s"), q->name ? q->name : q->cert_path);
	store_generation_clear(&g);
	cert_free(v.cert);
	key_free(v.key);
	return rc;
}

void revoke_result_clear(struct revoke_result *r)
{
	free(r->serial);
	free(r->server);
	*r = (struct revoke_result){0};
}
