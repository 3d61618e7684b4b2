#include "config.h"

#include "run/register.h"

#include <stdlib.h>
#include <string.h>

#include "acme/account.h"
#include "base/i18n.h"
#include "base/log.h"
#include "data/b64url.h"
#include "run/connect.h"
#include "run/refusal.h"

#define MAC_KEY_MAX 1024
#define MAIL_ADDRESS_MAX 254

void register_result_clear(struct register_result *r)
{
	free(r->account_url);
	free(r->server);
	free(r->eab_kid);
	free(r->terms);
	*r = (struct register_result){0};
}

static void fill_result(const struct store_account *a, struct register_result *out)
{
	str_replace(&out->account_url, str_dup(a->url));
	str_replace(&out->server, str_dup(a->server));
	str_replace(&out->eab_kid, str_dup(a->eab_kid));
	str_replace(&out->terms, str_dup(a->tos));
}

/*
 * An account is server + EAB key id. A second one at the same server is only made when the settings say which of the
 * two is meant; everything else is an error before anything is registered. own: the account that is at work, or NULL.
 */
static int check_conflict(struct site *s, const struct ca_setting *ca, const struct register_request *q,
                          const char *own, struct err *e)
{
	bool meant = q->eab_kid && str_eq(ca->eab_kid, q->eab_kid);
	struct strs ids = {0};
	int rc = store_account_list(s->store, &ids, e);

	for (size_t i = 0; rc == 0 && !meant && i < ids.count; i++) {
		struct store_account a = {0};

		rc = store_account_load(s->store, ids.item[i], &a, e);
		if (rc == 0 && a.url && str_eq(a.server, ca->server) && !str_eq(ids.item[i], own)) {
			rc = err_set(e, ERR_CONFIG, _("there is an account at %s already (%s, EAB key id %s)"), a.server, a.url,
			             a.eab_kid ? a.eab_kid : _("none"));
			err_advise(e,
			           _("Nothing was registered. To use a second account there, name it in the settings: `eab_kid: %s` "
			             "under this CA."),
			           q->eab_kid ? q->eab_kid : "...");
		}
		store_account_clear(&a);
	}
	strs_clear(&ids);
	return rc;
}

/* An account under another key id than the settings' would be made and never found again. */
static int check_key_id(const struct ca_setting *ca, const struct register_request *q, struct err *e)
{
	if (!ca->eab_kid || str_eq(ca->eab_kid, q->eab_kid))
		return 0;
	if (q->eab_kid)
		err_set(e, ERR_CONFIG, _("the settings name the EAB key id \"%s\" for this CA, but \"%s\" was given"), ca->eab_kid,
		        q->eab_kid);
	else
		err_set(e, ERR_CONFIG, _("the settings name the EAB key id \"%s\" for this CA, but none was given"), ca->eab_kid);
	err_advise(e, "%s", _("Give the credentials of that key id, or correct `eab_kid` under this CA."));
	return -1;
}

static int find_existing(struct site *s, const struct ca_setting *ca, const struct register_request *q,
                         struct store_account *a, bool *found, struct err *e)
{
	return store_account_find(s->store, ca->server, q->eab_kid ? q->eab_kid : ca->eab_kid, a, found, e);
}

static bool is_mail_address(const char *s)
{
	const char *at = strchr(s, '@');

	for (const char *c = s; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr(",;?<>\"\\", *c))
			return false;
	return at && at != s && at[1] && !strchr(at + 1, '@') && strlen(s) <= MAIL_ADDRESS_MAX;
}

static int add_contacts(const struct strs *given, struct strs *out, struct err *e)
{
	for (size_t i = 0; given && i < given->count; i++) {
		const char *c = given->item[i];
		const char *address = str_starts(c, "mailto:") ? c + strlen("mailto:") : c;

		if (!is_mail_address(address)) {
			char *shown = str_escape(address, strlen(address), MAIL_ADDRESS_MAX);

			err_set(e, ERR_USAGE, _("\"%s\" is not a mail address"), shown);
			free(shown);
			return -1;
		}
		strs_take(out, str_fmt("mailto:%s", address));
	}
	return 0;
}

static int need_contacts(const struct register_request *q, const struct ca_setting *ca, struct strs *out, struct err *e)
{
	const struct strs *given = q->contact && q->contact->count > 0 ? q->contact : &ca->contact;

	if (add_contacts(given, out, e) < 0)
		return -1;
	if (out->count > 0 || q->no_contact)
		return 0;
	err_set(e, ERR_USAGE, _("no mail address is given"));
	err_advise(e, "%s",
	           _("The CA writes there about urgent revocations: -m ADDRESS. To register without one all the same: "
	             "--no-email."));
	return -1;
}

static int agree_to_terms(const struct register_request *q, const struct directory *d, struct err *e)
{
	if (!d->terms || q->agree_tos)
		return 0;
	if (q->ask_terms && q->ask_terms(q->ask_self, d->terms))
		return 0;
	err_set(e, ERR_USAGE, _("the CA's terms of service were not agreed to: %s"), d->terms);
	err_advise(e, "%s", _("Read them, then give --agree-tos."));
	return -1;
}

static int check_binding(const struct register_request *q, const struct directory *d, struct err *e)
{
	if (!d->eab_required || q->eab_kid)
		return 0;
	err_set(e, ERR_USAGE, _("this CA wants EAB credentials for a new account"));
	err_advise(e, "%s",
	           _("Take key id and HMAC key from the customer page; give --eab-kid ID and --eab-hmac-key-file FILE."));
	return -1;
}

static int decode_mac_key(const struct register_request *q, struct buf *out, struct err *e)
{
	if (!q->eab_kid && !q->eab_hmac_key)
		return 0;
	if (!q->eab_kid)
		return err_set(e, ERR_USAGE, _("an EAB HMAC key is given, but no key id"));
	if (!q->eab_hmac_key)
		return err_set(e, ERR_USAGE, _("an EAB key id is given, but no HMAC key"));
	if (b64url_decode_any(q->eab_hmac_key, out) < 0 || out->len == 0) {
		err_set(e, ERR_USAGE, _("the EAB HMAC key is not base64"));
		err_advise(e, "%s",
		           _("Copy it from the customer page without the label in front and without line breaks inside."));
		return -1;
	}
	return 0;
}

/* Before anything is sent. */
static int check_mac_key(const struct register_request *q, struct err *e)
{
	struct buf key;
	int rc;

	buf_init_secret(&key, MAC_KEY_MAX);
	rc = decode_mac_key(q, &key, e);
	buf_clear(&key);
	return rc;
}

/* A new key, on disk and synced before the CA hears of it; or the one that an unfinished try left. */
static int prepare_key(struct site *s, const struct register_request *q, struct store_account *a, struct key **key,
                       struct err *e)
{
	struct buf pem;
	int rc = -1;

	if (a->key_pem)
		return key_load_pem(a->key_pem, strlen(a->key_pem), key, e);
	buf_init_secret(&pem, KEY_PEM_MAX);
	if (key_generate(q->key_type, key, e) == 0 && key_save_pem(*key, &pem, e) == 0) {
		a->key_pem = str_dup(pem.data);
		rc = store_account_save(s->store, a, e);
	}
	buf_clear(&pem);
	return rc < 0 ? err_wrap(e, _("making the account key")) : 0;
}

/* Was this refused by the CA itself, and not by something on the way to it? */
static bool is_refusal(const struct err *e)
{
	return e->problem_type && e->http_status >= 400 && e->http_status < 500 && e->kind != ERR_RATELIMIT &&
	       !str_eq(e->problem_type, "badNonce");
}

/* The words of the CA stay; what helps with a refused challenge would lead astray here. */
static void explain_refusal(struct err *e)
{
	struct refusal_facts facts = {.step = REFUSAL_REGISTER, .err = e};

	if (e->kind == ERR_CHALLENGE)
		e->kind = ERR_CA;
	refusal_advise(&facts, e);
}

/*
 * Credentials that work once: whatever went wrong, the key itself tells whether the account was made. Only a refusal of
 * a key that the CA then does not know is final; *final tells.
 */
static int create_or_recover(struct connection *c, const struct account_request *q, struct store_account *a,
                             struct register_result *out, bool *final, struct err *e)
{
	struct err second = ERR_INIT;
	bool refused, known;

	if (account_create(c->session, q, &a->url, &out->existed, e) == 0)
		return 0;
	if (e->kind == ERR_RATELIMIT || e->kind == ERR_INTERRUPTED)
		return -1;
	refused = is_refusal(e);
	log_verbose(_("newAccount did not work; asking whether the account is there all the same"));
	known = account_find(c->session, q->key, &a->url, &second) == 0;
	err_clear(&second);
	if (a->url) {
		err_clear(e);
		out->recovered = true;
		return 0;
	}
	*final = refused && known;
	if (refused)
		explain_refusal(e);
	else
		err_advise(e, "%s",
		           _("The key is kept: run the same command again; should the CA have registered it after all, the "
		             "account is found by it."));
	return -1;
}

/* Nobody knows the key, and a mistyped key id must not stay behind as an account. */
static void forget(struct site *s, const struct store_account *a)
{
	struct err ignored = ERR_INIT;

	(void)store_account_remove(s->store, a->id, &ignored);
	err_clear(&ignored);
}

static int enroll(struct site *s, struct connection *c, const struct register_request *q, struct store_account *a,
                  struct register_result *out, struct err *e)
{
	struct account_request request = {.contacts = &a->contacts, .terms_agreed = true};
	struct jws_binding binding = {.kid = q->eab_kid, .alg = q->eab_alg};
	bool final = false;
	struct buf mac_key;
	int rc = -1;

	buf_init_secret(&mac_key, MAC_KEY_MAX);
	if (decode_mac_key(q, &mac_key, e) < 0 || prepare_key(s, q, a, &c->key, e) < 0)
		goto out;
	binding.mac_key = mac_key.data;
	binding.mac_key_len = mac_key.len;
	request.key = c->key;
	request.binding = q->eab_kid ? &binding : NULL;
	if (create_or_recover(c, &request, a, out, &final, e) < 0) {
		if (final)
			forget(s, a);
		goto out;
	}
	rc = store_account_save(s->store, a, e);
out:
	buf_clear(&mac_key);
	return rc;
}

/*
 * The answer to an earlier try never came: the CA is asked by its key, which some refuse where they do not know it.
 * Should it be the account at work, that has its URL then; one with another key id that the CA does not know gives way.
 */
static int settle_one(struct site *s, struct connection *c, const struct register_request *q,
                      struct store_account *u, struct store_account *a, struct err *e)
{
	struct key *key = NULL;
	int rc = key_load_pem(u->key_pem, strlen(u->key_pem), &key, e);

	if (rc == 0)
		rc = account_find(c->session, key, &u->url, e);
	if (rc < 0 && is_refusal(e)) {
		err_clear(e);
		rc = 0;
	} else if (rc == 0 && u->url) {
		rc = store_account_save(s->store, u, e);
		if (str_eq(u->id, a->id))
			str_replace(&a->url, str_dup(u->url));
	} else if (rc == 0 && q->eab_kid && !str_eq(u->eab_kid, q->eab_kid)) {
		rc = store_account_remove(s->store, u->id, e);
	}
	session_set_account(c->session, NULL, NULL);
	key_free(key);
	return rc;
}

static int settle_unfinished(struct site *s, struct connection *c, const struct register_request *q,
                             const char *server, struct store_account *a, struct err *e)
{
	struct strs ids = {0};
	int rc = store_account_list(s->store, &ids, e);

	for (size_t i = 0; rc == 0 && i < ids.count; i++) {
		struct store_account u = {0};

		rc = store_account_load(s->store, ids.item[i], &u, e);
		if (rc == 0 && !u.url && str_eq(u.server, server))
			rc = settle_one(s, c, q, &u, a, e);
		store_account_clear(&u);
	}
	strs_clear(&ids);
	return rc < 0 ? err_wrap(e, _("looking up the account of an unfinished registration")) : 0;
}

/* What is kept of the account at work was begun with a key id. */
static int check_kept(const struct store_account *a, const struct register_request *q, struct err *e)
{
	if (!a->eab_kid || q->eab_kid)
		return 0;
	err_set(e, ERR_USAGE, _("the key kept for this CA belongs to the EAB key id \"%s\", but no credentials were given"),
	        a->eab_kid);
	err_advise(e, "%s", _("Give --eab-kid and --eab-hmac-key-file as on the customer page."));
	return -1;
}

static void fill_account(const struct ca_setting *ca, const struct register_request *q, int64_t now,
                         struct store_account *a)
{
	a->id = store_account_id(ca->server, q->eab_kid);
	a->server = str_dup(ca->server);
	a->eab_kid = str_dup(q->eab_kid);
	a->created_at = now;
}

static int register_new(struct site *s, const struct ca_setting *ca, const struct register_request *q,
                        struct store_account *a, struct register_result *out, struct err *e)
{
	const struct directory *d;
	struct connection c = {0};
	struct strs contacts = {0};
	int rc = -1;

	if (need_contacts(q, ca, &contacts, e) < 0 || check_mac_key(q, e) < 0 || connect_bare(s, ca, &c, e) < 0)
		goto out;
	if (settle_unfinished(s, &c, q, ca->server, a, e) < 0 || check_conflict(s, ca, q, a->id, e) < 0)
		goto out;
	out->recovered = a->url != NULL;
	rc = a->url ? 0 : -1;
	d = session_directory(c.session);
	if (rc == 0 || check_kept(a, q, e) < 0 || check_binding(q, d, e) < 0 || agree_to_terms(q, d, e) < 0)
		goto out;
	if (!a->id)
		fill_account(ca, q, clock_now(s->clock), a);
	strs_clear(&a->contacts);
	strs_copy(&a->contacts, &contacts);
	str_replace(&a->tos, str_dup(d->terms));
	rc = enroll(s, &c, q, a, out, e);
out:
	strs_clear(&contacts);
	connect_close(&c);
	return rc;
}

/* Does the CA say that it knows this account no more? When it cannot be asked, the account is taken to be there. */
static bool is_gone(struct site *s, const struct ca_setting *ca, const struct store_account *a)
{
	struct connection c = {0};
	struct err ignored = ERR_INIT;
	struct key *key = NULL;
	char *url = NULL;
	bool gone = false;

	if (key_load_pem(a->key_pem, strlen(a->key_pem), &key, &ignored) == 0 && connect_bare(s, ca, &c, &ignored) == 0)
		gone = account_find(c.session, key, &url, &ignored) == 0 && !url;
	free(url);
	connect_close(&c);
	key_free(key);
	err_clear(&ignored);
	return gone;
}

int register_account(struct site *s, const struct register_request *q, struct register_result *out, struct err *e)
{
	const struct ca_setting *ca = settings_ca(&s->settings, q->ca);
	struct store_account a = {0};
	bool found = false;
	int rc = -1;

	if (!ca)
		return err_set(e, ERR_USAGE, _("no CA named \"%s\" is configured"), q->ca ? q->ca : "");
	if (site_lock(s, e) < 0)
		goto out;
	if (find_existing(s, ca, q, &a, &found, e) < 0)
		goto out;
	if ((q->eab_kid || !found) && check_key_id(ca, q, e) < 0)
		goto out;
	if (found && a.url && is_gone(s, ca, &a)) {
		log_warn(_("the CA does not know the account %s any more; registering its key anew"), a.url);
		str_replace(&a.url, NULL);
	}
	if (found && a.url) {
		out->existed = true;
		fill_result(&a, out);
		rc = 0;
		goto out;
	}
	if (check_conflict(s, ca, q, a.id, e) < 0 || register_new(s, ca, q, &a, out, e) < 0)
		goto out;
	fill_result(&a, out);
	rc = 0;
out:
	store_account_clear(&a);
	return rc < 0 ? err_wrap(e, _("registering at %s"), ca->server) : 0;
}
