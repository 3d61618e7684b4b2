#include "config.h"

#include "fake_ca.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "data/b64url.h"
#include "fake_cert.h"
#include "fake_jws.h"

#define BASE "https://ca.test/"
#define RENEWAL_RETRY_AFTER "21600"
#define FILE_MAX 65536

struct fake_nonce {
	bool used;
	char *only_for; /* handed out with badNonce for this URL: good for that retry alone */
};

/* One request being worked on. */
struct call {
	struct fake_ca *ca;
	const struct http_request *q;
	struct http_response *r;
	enum fake_endpoint at;
	size_t id;              /* in the URL */
	const char *tail;       /* what follows the id */
	struct fake_jws jws;
	size_t account;         /* by kid */
	struct json *payload;   /* NULL for POST-as-GET */
};

static void violation(struct fake_ca *ca, const char *what, const char *which)
{
	strs_take(&ca->violations, str_fmt("%s: %s", what, which));
}

static void answer(struct http_response *r, int status, char *body)
{
	free(r->body);
	r->status = status;
	r->body = body;
	r->body_len = strlen(body);
}

static void refuse(struct http_response *r, int status, const char *type, const char *detail)
{
	answer(r, status, str_fmt("{\"type\":\"urn:ietf:params:acme:error:%s\",\"detail\":\"%s\",\"status\":%d}", type, detail, status));
	str_replace(&r->content_type, str_dup("application/problem+json"));
}

/* The client did what no client may do. */
static void breach(struct call *c, const char *what)
{
	violation(c->ca, what, c->q->url);
	refuse(c->r, 400, "malformed", what);
}

static char *new_nonce(struct fake_ca *ca, const char *only_for)
{
	char *text = str_fmt("nonce-%06zu", ca->nonce_count);

	ca->nonce = mem_resize(ca->nonce, ca->nonce_count + 1, sizeof *ca->nonce);
	ca->nonce[ca->nonce_count++] = (struct fake_nonce){ .only_for = str_dup(only_for) };
	return text;
}

static bool rolls(struct fake_ca *ca, int percent)
{
	ca->dice = ca->dice * 1664525u + 1013904223u;
	return (int)((ca->dice >> 16) % 100) < percent;
}

/* 0 = good; -1 = answered with badNonce or noted. */
static int take_nonce(struct call *c)
{
	struct fake_ca *ca = c->ca;
	int64_t number = -1;
	struct fake_nonce *n;

	if (c->jws.nonce == NULL || !str_starts(c->jws.nonce, "nonce-") ||
	    str_to_int64(c->jws.nonce + 6, 0, (int64_t)ca->nonce_count - 1, &number) != 0) {
		refuse(c->r, 400, "badNonce", "this nonce was never issued");
		str_replace(&c->r->replay_nonce, new_nonce(ca, c->q->url));
		return -1;
	}
	n = &ca->nonce[number];
	if (n->used)
		violation(ca, "a nonce was used twice", c->q->url);
	if (n->only_for != NULL && !str_eq(n->only_for, c->q->url))
		violation(ca, "the nonce of a badNonce answer went to another request", c->q->url);
	n->used = true;
	if (!rolls(ca, ca->bad_nonce_percent))
		return 0;
	refuse(c->r, 400, "badNonce", "not today");
	str_replace(&c->r->replay_nonce, new_nonce(ca, c->q->url));
	return -1;
}

static struct fake_account *account_by_key(struct fake_ca *ca, EVP_PKEY *key)
{
	for (size_t i = 0; i < ca->account_count; i++)
		if (EVP_PKEY_eq(ca->account[i].key, key) == 1)
			return &ca->account[i];
	return NULL;
}

static int check_kid(struct call *c)
{
	for (size_t i = 0; i < c->ca->account_count; i++) {
		if (!str_eq(c->ca->account[i].url, c->jws.kid))
			continue;
		c->account = i;
		if (fake_jws_verify(&c->jws, c->ca->account[i].key))
			return 0;
		breach(c, "the signature is wrong");
		return -1;
	}
	refuse(c->r, 400, "accountDoesNotExist", "no such account");
	return -1;
}

static int check_jwk(struct call *c)
{
	EVP_PKEY *key = fake_jws_key(c->jws.jwk);
	bool ok = key != NULL && fake_jws_verify(&c->jws, key);

	EVP_PKEY_free(key);
	if (!ok)
		breach(c, "the jwk is no key or the signature is wrong");
	return ok ? 0 : -1;
}

static const char *check_form(const struct call *c)
{
	char *members = strs_join(&c->jws.members, " ");
	bool kid_form = str_eq(members, "alg kid nonce url"), jwk_form = str_eq(members, "alg jwk nonce url");

	free(members);
	if (!kid_form && !jwk_form)
		return "the protected header is not alg, nonce, url and one of jwk and kid";
	if (c->at == FAKE_NEW_ACCOUNT ? !jwk_form : c->at == FAKE_REVOKE ? false : !kid_form)
		return "jwk is for newAccount and revocation alone, kid for all else";
	if (!str_eq(c->jws.url, c->q->url))
		return "the url in the header is not the request's";
	if (!str_eq(c->q->content_type, "application/jose+json"))
		return "a post is application/jose+json";
	return NULL;
}

/* Signature, header, nonce, payload: 0, or -1 with the answer made. */
static int open_post(struct call *c)
{
	struct err ignored = ERR_INIT;
	struct json *j = NULL;
	const char *wrong;

	if (json_parse(c->q->body != NULL ? c->q->body : "", c->q->body_len, &j, &ignored) != 0) {
		err_clear(&ignored);
		breach(c, "a post is JSON");
		return -1;
	}
	wrong = fake_jws_read(j, &c->jws);
	json_free(j);
	if (wrong == NULL)
		wrong = check_form(c);
	if (wrong == NULL && c->jws.payload_len > 0 && json_parse(c->jws.payload, c->jws.payload_len, &c->payload, &ignored) != 0)
		wrong = "the payload is not JSON";
	if (wrong != NULL) {
		breach(c, wrong);
		return -1;
	}
	if (take_nonce(c) != 0)
		return -1;
	return c->jws.kid != NULL ? check_kid(c) : check_jwk(c);
}

static bool binding_ok(struct call *c)
{
	struct fake_jws inner;
	struct err ignored = ERR_INIT;
	struct json *payload = NULL;
	EVP_PKEY *outer_key = fake_jws_key(c->jws.jwk), *inner_key = NULL;
	const char *wrong = fake_jws_read(json_get(c->payload, "externalAccountBinding"), &inner);
	char *members = strs_join(&inner.members, " ");
	bool ok = false;

	if (wrong == NULL && !str_eq(members, "alg kid url"))
		wrong = "the binding's header is not alg, kid and url";
	if (wrong == NULL && !str_eq(inner.url, c->q->url))
		wrong = "the binding's url is not newAccount's";
	if (wrong == NULL && json_parse(inner.payload, inner.payload_len, &payload, &ignored) == 0)
		inner_key = fake_jws_key(payload);
	if (wrong == NULL && (inner_key == NULL || EVP_PKEY_eq(inner_key, outer_key) != 1))
		wrong = "the binding's payload is not the account's key";
	if (wrong != NULL)
		violation(c->ca, "binding", wrong);
	else
		ok = str_eq(inner.kid, c->ca->eab_kid) && fake_jws_verify_mac(&inner, c->ca->eab_key, c->ca->eab_key_len);
	json_free(payload);
	err_clear(&ignored);
	EVP_PKEY_free(outer_key);
	EVP_PKEY_free(inner_key);
	fake_jws_clear(&inner);
	free(members);
	return ok;
}

static void show_account(struct call *c, const struct fake_account *a, int status)
{
	answer(c->r, status, str_dup("{\"status\":\"valid\"}"));
	str_replace(&c->r->location, str_dup(a->url));
}

static void do_new_account(struct call *c)
{
	struct fake_ca *ca = c->ca;
	EVP_PKEY *key = fake_jws_key(c->jws.jwk);
	const struct fake_account *a = account_by_key(ca, key);

	if (a != NULL)
		show_account(c, a, 200);
	else if (json_bool(c->payload, "onlyReturnExisting", false))
		refuse(c->r, 400, "accountDoesNotExist", "no account has this key");
	else if (ca->terms != NULL && !json_bool(c->payload, "termsOfServiceAgreed", false))
		refuse(c->r, 403, "userActionRequired", "agree to the terms");
	else if (ca->eab_kid != NULL && json_get(c->payload, "externalAccountBinding") == NULL)
		refuse(c->r, 403, "externalAccountRequired", "credentials are wanted");
	else if (ca->eab_kid != NULL && !binding_ok(c))
		refuse(c->r, 403, "unauthorized", "these credentials are not known");
	else {
		ca->account = mem_resize(ca->account, ca->account_count + 1, sizeof *ca->account);
		ca->account[ca->account_count] = (struct fake_account){
			.key = key, .url = str_fmt(BASE "account/%zu", ca->account_count), .thumbprint = fake_jws_thumbprint(c->jws.jwk) };
		key = NULL;
		show_account(c, &ca->account[ca->account_count++], 201);
	}
	EVP_PKEY_free(key);
}

static const struct fake_failure *failure_of(const struct fake_ca *ca, const struct fake_authz *a)
{
	for (size_t i = 0; i < FAKE_FAILURES_MAX && ca->failure[i].name != NULL; i++) {
		const char *name = ca->failure[i].name;
		bool wildcard = str_starts(name, "*.");

		if (wildcard == a->wildcard && str_eq(wildcard ? name + 2 : name, a->name))
			return &ca->failure[i];
	}
	return NULL;
}

static void add_authz(struct fake_ca *ca, size_t order, const char *name)
{
	bool wildcard = str_starts(name, "*.");
	struct fake_authz *a;

	ca->authz = mem_resize(ca->authz, ca->authz_count + 1, sizeof *ca->authz);
	a = &ca->authz[ca->authz_count];
	*a = (struct fake_authz){ .name = str_dup(wildcard ? name + 2 : name), .wildcard = wildcard, .order = order,
	                          .token = str_fmt("token-%zu_abcdefghijklmnop", ca->authz_count),
	                          .status = strs_has(&ca->valid_names, name) ? "valid" : "pending" };
	ca->authz_count++;
}

/* What became of the order's validations, once they have been polled for often enough. */
static void settle(struct fake_ca *ca, struct fake_order *o)
{
	bool all = true, any_bad = false;

	if (!str_eq(o->status, "pending"))
		return;
	for (size_t i = o->first_authz; i < o->first_authz + o->names.count; i++) {
		struct fake_authz *a = &ca->authz[i];

		if (a->answered && str_eq(a->status, "pending") && o->polls >= ca->validate_polls)
			a->status = a->ok ? "valid" : "invalid";
		all = all && str_eq(a->status, "valid");
		any_bad = any_bad || str_eq(a->status, "invalid");
	}
	if (any_bad)
		o->status = "invalid";
	else if (all)
		o->status = "ready";
}

static void show_order(struct call *c, size_t id, int status)
{
	const struct fake_order *o = &c->ca->order[id];
	struct json *j = json_new_object(), *names = json_new_array(), *list = json_new_array();
	char *url = str_fmt(BASE "finalize/%zu", id);

	for (size_t i = 0; i < o->names.count; i++) {
		struct json *one = json_new_object();
		char *authz = str_fmt(BASE "authz/%zu", o->first_authz + o->names.count - 1 - i); /* no order is promised */

		json_set_str(one, "type", "dns");
		json_set_str(one, "value", o->names.item[i]);
		json_add(names, one);
		json_add_str(list, authz);
		free(authz);
	}
	json_set_str(j, "status", o->status);
	json_set(j, "identifiers", names);
	json_set(j, "authorizations", list);
	json_set_str(j, "finalize", url);
	if (o->profile != NULL)
		json_set_str(j, "profile", o->profile);
	if (o->replaces != NULL)
		json_set_str(j, "replaces", o->replaces);
	free(url);
	if (str_eq(o->status, "valid")) {
		url = str_fmt(BASE "cert/%zu", id);
		json_set_str(j, "certificate", url);
		free(url);
	}
	if (str_eq(o->status, "invalid") && c->ca->order_error != NULL) {
		struct json *problem = json_new_object();
		char *type = str_fmt("urn:ietf:params:acme:error:%s", c->ca->order_error);

		json_set_str(problem, "type", type);
		json_set_str(problem, "detail", "the order itself failed");
		json_set(j, "error", problem);
		free(type);
	}
	if (c->ca->retry_after != NULL && (str_eq(o->status, "pending") || str_eq(o->status, "processing")))
		str_replace(&c->r->retry_after, str_dup(c->ca->retry_after));
	answer(c->r, status, json_format_compact(j));
	json_free(j);
}

/* The order whose certificate has this id; NULL = none has. */
static struct fake_order *order_of_id(const struct fake_ca *ca, const char *id)
{
	for (size_t i = 0; i < ca->order_count; i++) {
		char *its = ca->order[i].leaf != NULL ? fake_cert_id(ca->order[i].leaf) : NULL;
		bool same = its != NULL && str_eq(its, id);

		free(its);
		if (same)
			return &ca->order[i];
	}
	return NULL;
}

static bool names_in_common(const struct fake_order *o, const struct json *list)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const char *name = json_str(json_at(list, i), "value");

		if (name != NULL && strs_has(&o->names, name))
			return true;
	}
	return false;
}

/* RFC 9773 §5. True = answered already. */
static bool refuses_replaces(struct call *c, const char *id)
{
	const struct fake_order *old = id != NULL ? order_of_id(c->ca, id) : NULL;

	if (id == NULL)
		return false;
	if (!c->ca->offers_renewal_info)
		breach(c, "replaces is for CAs that offer renewal information");
	else if (old == NULL || old->account != c->account)
		breach(c, "replaces names a certificate that this account does not have");
	else if (old->replaced_by != 0 && !str_eq(c->ca->order[old->replaced_by - 1].status, "invalid"))
		refuse(c->r, 409, "alreadyReplaced", "it is replaced");
	else if (!names_in_common(old, json_get(c->payload, "identifiers")))
		refuse(c->r, 400, "malformed", "what is replaced has none of these names");
	else
		return false;
	return true;
}

static bool refuses_profile(struct call *c, const char *profile)
{
	if (profile == NULL)
		return false;
	if (c->ca->profile[0].name == NULL) {
		breach(c, "a profile is for CAs that offer some");
		return true;
	}
	for (size_t i = 0; i < FAKE_PROFILES_MAX && c->ca->profile[i].name != NULL; i++)
		if (str_eq(c->ca->profile[i].name, profile))
			return false;
	refuse(c->r, 400, "invalidProfile", "no such profile");
	return true;
}

static void do_new_order(struct call *c)
{
	const char *replaces = json_str(c->payload, "replaces"), *profile = json_str(c->payload, "profile");
	struct fake_ca *ca = c->ca;
	const struct json *list = json_get(c->payload, "identifiers");
	struct fake_order *o;

	if (refuses_replaces(c, replaces) || refuses_profile(c, profile))
		return;
	ca->order = mem_resize(ca->order, ca->order_count + 1, sizeof *ca->order);
	o = &ca->order[ca->order_count];
	*o = (struct fake_order){ .account = c->account, .first_authz = ca->authz_count, .status = "pending",
	                          .profile = str_dup(profile), .replaces = str_dup(replaces) };
	for (size_t i = 0; i < json_count(list); i++) {
		const char *name = json_str(json_at(list, i), "value");

		if (name == NULL || !str_eq(json_str(json_at(list, i), "type"), "dns"))
			continue;
		strs_add(&o->names, name);
		add_authz(ca, ca->order_count, name);
	}
	ca->order_count++;
	if (o->names.count == 0 || o->names.count != json_count(list)) {
		breach(c, "newOrder lists identifiers of type dns");
		return;
	}
	if (replaces != NULL)
		order_of_id(ca, replaces)->replaced_by = ca->order_count;
	settle(ca, o);
	show_order(c, ca->order_count - 1, 201);
	str_replace(&c->r->location, str_fmt(BASE "order/%zu", ca->order_count - 1));
}

static void do_order(struct call *c)
{
	struct fake_order *o = &c->ca->order[c->id];

	o->polls++;
	settle(c->ca, o);
	if (str_eq(o->status, "processing") && o->polls > c->ca->issue_polls)
		o->status = c->ca->order_error != NULL ? "invalid" : "valid";
	show_order(c, c->id, 200);
}

static void add_challenge(struct json *list, const struct fake_authz *a, size_t id, const char *type)
{
	struct json *j = json_new_object();
	char *url = str_fmt(BASE "challenge/%zu/%s", id, type);
	bool failed = a->type != NULL && str_eq(a->used, type) && str_eq(a->status, "invalid");

	json_set_str(j, "type", type);
	json_set_str(j, "url", url);
	json_set_str(j, "token", a->token);
	json_set_str(j, "status", failed ? "invalid" : a->answered && str_eq(a->used, type) ? "processing" : "pending");
	if (failed) {
		struct json *problem = json_new_object();
		char *urn = str_fmt("urn:ietf:params:acme:error:%s", a->type);

		json_set_str(problem, "type", urn);
		json_set_str(problem, "detail", a->detail);
		json_set(j, "error", problem);
		free(urn);
	}
	free(url);
	json_add(list, j);
}

static void do_authz(struct call *c)
{
	const struct fake_authz *a = &c->ca->authz[c->id];
	struct json *j = json_new_object(), *id = json_new_object(), *list = json_new_array();

	json_set_str(id, "type", "dns");
	json_set_str(id, "value", a->name);
	json_set(j, "identifier", id);
	json_set_str(j, "status", a->status);
	if (a->wildcard)
		json_set_bool(j, "wildcard", true);
	else
		add_challenge(list, a, c->id, "http-01");
	add_challenge(list, a, c->id, "dns-01");
	json_set(j, "challenges", list);
	answer(c->r, 200, json_format_compact(j));
	json_free(j);
}

static char *file_text(const char *dir, const char *below, const char *name)
{
	char *path = str_fmt("%s%s/%s", dir, below, name), text[FILE_MAX];
	FILE *f = fopen(path, "r");
	size_t n;

	free(path);
	if (f == NULL)
		return NULL;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	return str_dup(text);
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = text; p != NULL && *p != '\0'; p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, line, n) == 0 && (p[n] == '\n' || p[n] == '\0'))
			return true;
	return false;
}

static bool in_place(const struct fake_ca *ca, const struct fake_authz *a, const char *type)
{
	const struct fake_account *account = &ca->account[ca->order[a->order].account];
	char *wanted = str_fmt("%s.%s", a->token, account->thumbprint), *text = NULL;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	bool ok = true;

	if (str_eq(type, "http-01") && ca->webroot != NULL) {
		text = file_text(ca->webroot, "/.well-known/acme-challenge", a->token);
		ok = str_eq(text, wanted);
	} else if (str_eq(type, "dns-01") && ca->dns != NULL) {
		char *record = str_fmt("_acme-challenge.%s", a->name);

		SHA256((const unsigned char *)wanted, strlen(wanted), digest);
		str_replace(&wanted, b64url_encode(digest, sizeof digest));
		text = file_text(ca->dns, "", record);
		ok = text != NULL && has_line(text, wanted);
		free(record);
	}
	free(text);
	free(wanted);
	return ok;
}

static void do_challenge(struct call *c)
{
	struct fake_authz *a = &c->ca->authz[c->id];
	const struct fake_failure *f = failure_of(c->ca, a);
	bool http = str_eq(c->tail, "/http-01");

	if (c->payload == NULL || !str_eq(c->jws.payload, "{}")) {
		breach(c, "a challenge is answered with {}");
		return;
	}
	if (!str_eq(a->status, "pending") || a->answered) {
		refuse(c->r, 400, "malformed", "this challenge is not pending");
		return;
	}
	a->answered = true;
	a->used = http ? "http-01" : "dns-01";
	a->ok = f == NULL && in_place(c->ca, a, a->used);
	if (!a->ok) {
		a->type = f != NULL ? f->type : http ? "unauthorized" : "dns";
		a->detail = f != NULL ? f->detail : "the response is not there";
	}
	answer(c->r, 200, str_dup("{\"status\":\"processing\"}"));
}

static bool csr_names(X509_REQ *req, struct strs *out)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(req);
	GENERAL_NAMES *list = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	bool ok = list != NULL;

	for (int i = 0; list != NULL && i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(list, i);

		if (g->type == GEN_DNS)
			strs_take(out, str_ndup((const char *)ASN1_STRING_get0_data(g->d.dNSName), (size_t)ASN1_STRING_length(g->d.dNSName)));
		else
			ok = false;
	}
	GENERAL_NAMES_free(list);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return ok;
}

static X509_REQ *read_csr(const struct call *c)
{
	const char *csr = json_str(c->payload, "csr");
	const unsigned char *p;
	X509_REQ *req = NULL;
	struct buf der;

	buf_init(&der, FILE_MAX * 4);
	if (csr != NULL && b64url_decode(csr, &der) == 0) {
		p = (const unsigned char *)der.data;
		req = d2i_X509_REQ(NULL, &p, (long)der.len);
	}
	buf_clear(&der);
	return req;
}

static const char *csr_fault(const struct call *c, X509_REQ *req)
{
	const struct fake_order *o = &c->ca->order[c->id];
	struct strs names = { 0 };
	EVP_PKEY *key = req != NULL ? X509_REQ_get0_pubkey(req) : NULL;
	bool same;

	if (key == NULL || X509_REQ_verify(req, key) != 1)
		return "the CSR does not hold";
	if (EVP_PKEY_eq(key, c->ca->account[o->account].key) == 1)
		return "the CSR's key is the account's";
	same = csr_names(req, &names) && strs_same_set(&names, &o->names) && names.count == o->names.count;
	strs_clear(&names);
	return same ? NULL : "the CSR's names are not the order's";
}

static void do_finalize(struct call *c)
{
	struct fake_order *o = &c->ca->order[c->id];
	X509_REQ *req = read_csr(c);
	const char *wrong = csr_fault(c, req);

	if (wrong != NULL) {
		violation(c->ca, wrong, c->q->url);
		refuse(c->r, 400, "badCSR", wrong);
	} else if (!str_eq(o->status, "ready")) {
		refuse(c->r, 403, "orderNotReady", "the order is not ready");
	} else {
		fake_cert_issue(c->ca, c->id, X509_REQ_get0_pubkey(req));
		o->status = c->ca->issue_polls > 0 || c->ca->order_error != NULL ? "processing" : "valid";
		o->polls = 0;
		show_order(c, c->id, 200);
		str_replace(&c->r->location, str_fmt(BASE "order/%zu", c->id));
	}
	X509_REQ_free(req);
}

static void do_cert(struct call *c)
{
	const struct fake_order *o = &c->ca->order[c->id];
	size_t which = c->at == FAKE_ALTERNATE ? strtoul(c->tail + 1, NULL, 10) : 0;

	if (!str_eq(c->q->accept, "application/pem-certificate-chain"))
		violation(c->ca, "a certificate is asked for as application/pem-certificate-chain", c->q->url);
	if (o->pem == NULL || which > c->ca->alternates) {
		refuse(c->r, 404, "malformed", "no such certificate");
		return;
	}
	answer(c->r, 200, which == 0 ? str_dup(o->pem) : fake_cert_alternate(c->ca, o, which));
	str_replace(&c->r->content_type, str_dup("application/pem-certificate-chain"));
	for (size_t i = 0; i <= c->ca->alternates; i++)
		if (i == 0 && which != 0)
			strs_take(&c->r->links, str_fmt("<" BASE "cert/%zu>;rel=\"alternate\"", c->id));
		else if (i != which)
			strs_take(&c->r->links, str_fmt("<" BASE "cert/%zu/%zu>;rel=\"alternate\"", c->id, i));
}

static struct fake_order *order_of_cert(struct call *c)
{
	const char *text = json_str(c->payload, "certificate");
	struct fake_order *found = NULL;
	struct buf der;

	buf_init(&der, FILE_MAX);
	for (size_t i = 0; text != NULL && b64url_decode(text, &der) == 0 && i < c->ca->order_count; i++) {
		const unsigned char *p = (const unsigned char *)der.data;
		X509 *x = d2i_X509(NULL, &p, (long)der.len);

		if (x != NULL && c->ca->order[i].leaf != NULL && X509_cmp(x, c->ca->order[i].leaf) == 0)
			found = &c->ca->order[i];
		X509_free(x);
		buf_truncate(&der, 0);
	}
	buf_clear(&der);
	return found;
}

static void do_revoke(struct call *c)
{
	struct fake_order *o = order_of_cert(c);
	EVP_PKEY *key = c->jws.jwk != NULL ? fake_jws_key(c->jws.jwk) : NULL;
	int64_t reason = json_int(c->payload, "reason", 0);
	bool allowed = o != NULL && (key != NULL ? EVP_PKEY_eq(key, X509_get0_pubkey(o->leaf)) == 1 : o->account == c->account);

	EVP_PKEY_free(key);
	if (o == NULL)
		refuse(c->r, 404, "malformed", "no such certificate");
	else if (!allowed)
		refuse(c->r, 403, "unauthorized", "not yours");
	else if (o->revoked)
		refuse(c->r, 400, "alreadyRevoked", "it is revoked");
	else if (reason < 0 || reason > 10 || reason == 7)
		refuse(c->r, 400, "badRevocationReason", "no such reason");
	else {
		o->revoked = true;
		o->reason = json_int(c->payload, "reason", -1);
		answer(c->r, 200, str_dup(""));
	}
}

static char *profiles_text(const struct fake_ca *ca)
{
	struct strs members = { 0 };
	char *joined, *text;

	for (size_t i = 0; i < FAKE_PROFILES_MAX && ca->profile[i].name != NULL; i++)
		strs_take(&members, str_fmt("\"%s\":\"about %s\"", ca->profile[i].name, ca->profile[i].name));
	joined = strs_join(&members, ",");
	text = members.count > 0 ? str_fmt("\"profiles\":{%s},", joined) : str_dup("");
	strs_clear(&members);
	free(joined);
	return text;
}

static void do_directory(struct call *c)
{
	char *terms = c->ca->terms != NULL ? str_fmt("\"termsOfService\":\"%s\",", c->ca->terms) : str_dup("");
	char *profiles = profiles_text(c->ca);

	answer(c->r, 200, str_fmt("{\"newNonce\":\"" BASE "nonce\",\"newAccount\":\"" BASE "new-account\",\"newOrder\":\"" BASE
	                          "new-order\",\"revokeCert\":\"" BASE "revoke\",\"keyChange\":\"" BASE
	                          "key-change\",%s\"meta\":{%s%s\"externalAccountRequired\":%s}}",
	                          c->ca->offers_renewal_info ? "\"renewalInfo\":\"" BASE "renewal-info\"," : "", terms, profiles,
	                          c->ca->eab_kid != NULL ? "true" : "false"));
	free(terms);
	free(profiles);
}

static const struct fake_renewal *renewal_of(const struct fake_ca *ca, X509 *leaf)
{
	const struct fake_renewal *of_all = NULL, *found = NULL;
	char *serial = fake_cert_serial(leaf);

	for (size_t i = 0; i < FAKE_RENEWALS_MAX; i++) {
		const struct fake_renewal *n = &ca->renewal[i];

		if (n->end != 0 && n->serial == NULL)
			of_all = n;
		if (n->end != 0 && str_eq(n->serial, serial))
			found = n;
	}
	free(serial);
	return found != NULL ? found : of_all;
}

static struct fake_renewal usual_renewal(const struct fake_ca *ca, const struct fake_order *o)
{
	int64_t now = clock_now(ca->clock), life = o->to - o->from;

	if (o->revoked)
		return (struct fake_renewal){ .start = now - 7200, .end = now - 3600 };
	return (struct fake_renewal){ .start = o->from + life / 3 * 2, .end = o->from + life / 3 * 2 + life / 30 };
}

static void do_renewal_info(struct call *c)
{
	const struct fake_order *o = order_of_id(c->ca, c->tail);
	const struct fake_renewal *set = o != NULL ? renewal_of(c->ca, o->leaf) : NULL;
	struct fake_renewal n;
	char *start, *end, *explanation;

	if (c->q->method != HTTP_GET || c->q->body != NULL || c->q->content_type != NULL) {
		breach(c, "renewal information is asked for with an unsigned GET");
		return;
	}
	if (o == NULL) {
		refuse(c->r, 404, "malformed", "no such certificate");
		return;
	}
	n = set != NULL ? *set : usual_renewal(c->ca, o);
	start = time_format_utc(n.start);
	end = time_format_utc(n.end);
	explanation = n.explanation != NULL ? str_fmt(",\"explanationURL\":\"%s\"", n.explanation) : str_dup("");
	answer(c->r, 200, str_fmt("{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"%s\"}%s}", start, end, explanation));
	str_replace(&c->r->retry_after, str_dup(n.retry_after != NULL ? n.retry_after : RENEWAL_RETRY_AFTER));
	free(start);
	free(end);
	free(explanation);
}

static const struct { const char *prefix; enum fake_endpoint at; bool has_id; } places[] = {
	{ "directory", FAKE_DIRECTORY, false }, { "nonce", FAKE_NEW_NONCE, false }, { "new-account", FAKE_NEW_ACCOUNT, false },
	{ "new-order", FAKE_NEW_ORDER, false }, { "order/", FAKE_ORDER, true }, { "authz/", FAKE_AUTHZ, true },
	{ "challenge/", FAKE_CHALLENGE, true }, { "finalize/", FAKE_FINALIZE, true }, { "cert/", FAKE_CERT, true },
	{ "revoke", FAKE_REVOKE, false }, { "renewal-info/", FAKE_RENEWAL_INFO, false },
};

static bool find_place(struct call *c)
{
	const char *path = str_starts(c->q->url, BASE) ? c->q->url + strlen(BASE) : "";
	char *end = NULL;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (!str_starts(path, places[i].prefix))
			continue;
		c->at = places[i].at;
		c->tail = path + strlen(places[i].prefix);
		if (c->at == FAKE_RENEWAL_INFO)
			return c->ca->offers_renewal_info;
		if (places[i].has_id) {
			c->id = strtoul(c->tail, &end, 10);
			c->tail = end;
			if (c->at == FAKE_CERT && *end == '/')
				c->at = FAKE_ALTERNATE;
			return c->id < (c->at == FAKE_AUTHZ || c->at == FAKE_CHALLENGE ? c->ca->authz_count : c->ca->order_count);
		}
		return *c->tail == '\0';
	}
	return false;
}

static bool is_read(const struct call *c)
{
	return c->at == FAKE_ORDER || c->at == FAKE_AUTHZ || c->at == FAKE_CERT || c->at == FAKE_ALTERNATE;
}

static size_t account_of(const struct call *c)
{
	return c->ca->order[c->at == FAKE_AUTHZ || c->at == FAKE_CHALLENGE ? c->ca->authz[c->id].order : c->id].account;
}

static void do_post(struct call *c)
{
	if (open_post(c) != 0)
		return;
	if (is_read(c) != (c->payload == NULL)) {
		breach(c, "what is read is a POST-as-GET, all else has a payload");
		return;
	}
	if (c->at >= FAKE_ORDER && c->at <= FAKE_ALTERNATE && account_of(c) != c->account) {
		refuse(c->r, 403, "unauthorized", "another account's");
		return;
	}
	switch (c->at) {
	case FAKE_NEW_ACCOUNT: do_new_account(c); break;
	case FAKE_NEW_ORDER: do_new_order(c); break;
	case FAKE_ORDER: do_order(c); break;
	case FAKE_AUTHZ: do_authz(c); break;
	case FAKE_CHALLENGE: do_challenge(c); break;
	case FAKE_FINALIZE: do_finalize(c); break;
	case FAKE_CERT:
	case FAKE_ALTERNATE: do_cert(c); break;
	default: do_revoke(c); break;
	}
}

static void do_request(struct call *c)
{
	if (c->at == FAKE_DIRECTORY && c->q->method == HTTP_GET)
		do_directory(c);
	else if (c->at == FAKE_NEW_NONCE && c->q->method == HTTP_HEAD)
		answer(c->r, 200, str_dup(""));
	else if (c->at == FAKE_RENEWAL_INFO)
		do_renewal_info(c);
	else if (c->at > FAKE_NEW_NONCE && c->q->method == HTTP_POST)
		do_post(c);
	else
		breach(c, "this method is not for this URL");
	if (c->at != FAKE_DIRECTORY && c->at != FAKE_RENEWAL_INFO && c->r->replay_nonce == NULL)
		c->r->replay_nonce = new_nonce(c->ca, NULL);
}

static const struct fake_script *script_for(const struct fake_ca *ca, enum fake_endpoint at, int call)
{
	for (size_t i = 0; i < ca->script_count; i++) {
		const struct fake_script *s = &ca->script[i];
		int to = s->to != 0 ? s->to : s->from;

		if (s->at == at && (s->from == 0 || (call >= s->from && call <= to)))
			return s;
	}
	return NULL;
}

static char *replaced(const char *text, const char *find, const char *put)
{
	char *out = str_dup("");
	const char *hit;

	for (; (hit = strstr(text, find)) != NULL; text = hit + strlen(find))
		str_replace(&out, str_fmt("%s%.*s%s", out, (int)(hit - text), text, put));
	str_replace(&out, str_fmt("%s%s", out, text));
	return out;
}

static void bend_answer(const struct fake_script *s, struct http_response *r)
{
	if (s->problem != NULL)
		refuse(r, s->status, s->problem, "as the script says");
	if (s->body != NULL)
		answer(r, s->status != 0 ? s->status : r->status, str_dup(s->body));
	if (s->status != 0)
		r->status = s->status;
	if (r->body == NULL)
		answer(r, r->status, str_dup(""));
	if (s->find != NULL)
		answer(r, r->status, replaced(r->body, s->find, s->put));
	if (s->retry_after != NULL)
		str_replace(&r->retry_after, str_dup(s->retry_after));
	if (s->location != NULL || s->no_location)
		str_replace(&r->location, str_dup(s->location));
	if (s->replay_nonce != NULL || s->no_nonce)
		str_replace(&r->replay_nonce, str_dup(s->replay_nonce));
	if (s->date != NULL || s->no_date)
		str_replace(&r->date, str_dup(s->date));
	if (s->link != NULL)
		strs_add(&r->links, s->link);
}

static void lose(struct http_response *r)
{
	http_response_clear(r);
	err_set(&r->err, ERR_NET, "the connection broke");
}

/* strftime() would speak the test's language. */
static char *http_date(int64_t t)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct date d = date_from_days(t / 86400);
	int second = (int)(t % 86400);

	return str_fmt("%s, %02d %s %04d %02d:%02d:%02d GMT", days[t / 86400 % 7], d.day, months[d.month - 1], d.year, second / 3600,
	               second / 60 % 60, second % 60);
}

static void serve(struct fake_ca *ca, const struct http_request *q, struct http_response *r)
{
	struct call c = { .ca = ca, .q = q, .r = r };
	const struct fake_script *s;

	ca->requests++;
	if (!ca->no_date)
		r->date = http_date(clock_now(ca->clock) + ca->ahead_sec);
	if (!find_place(&c)) {
		violation(ca, "nothing is at this URL", q->url);
		refuse(r, 404, "malformed", "nothing is here");
		return;
	}
	s = script_for(ca, c.at, ++ca->calls[c.at]);
	if (s == NULL || s->bend == FAKE_EDIT || s->bend == FAKE_LOSE_ANSWER)
		do_request(&c);
	if (s != NULL && (s->bend == FAKE_LOSE_REQUEST || s->bend == FAKE_LOSE_ANSWER)) {
		lose(r);
	} else if (s != NULL) {
		if (s->bend == FAKE_REFUSE)
			r->replay_nonce = new_nonce(ca, NULL);
		bend_answer(s, r);
	}
	fake_jws_clear(&c.jws);
	json_free(c.payload);
}

static int perform(void *self, const struct http_request *requests, size_t n, struct http_response *responses, struct err *e)
{
	struct fake_ca *ca = self;

	ca->batches++;
	if (n > ca->largest)
		ca->largest = n;
	for (size_t i = 0; i < n; i++)
		if (ca->elsewhere == NULL || str_starts(requests[i].url, BASE))
			serve(ca, &requests[i], &responses[i]);
		else if (ca->elsewhere->perform(ca->elsewhere->self, &requests[i], 1, &responses[i], e) != 0)
			return -1;
	return 0;
}

void fake_ca_init(struct fake_ca *ca, const struct clock *clock)
{
	*ca = (struct fake_ca){ .clock = clock, .dice = 1 };
	ca->port = (struct http_port){ .self = ca, .perform = perform };
	fake_cert_make_cas(ca);
}

void fake_ca_bend(struct fake_ca *ca, struct fake_script s)
{
	ca->script = mem_resize(ca->script, ca->script_count + 1, sizeof *ca->script);
	ca->script[ca->script_count++] = s;
}

void fake_ca_expect_strict(const struct fake_ca *ca)
{
	char *all = strs_join(&ca->violations, "; ");

	if (*all != '\0')
		fail_msg("the client broke rules: %s", all);
	free(all);
}

void fake_ca_clear(struct fake_ca *ca)
{
	for (size_t i = 0; i < ca->account_count; i++) {
		EVP_PKEY_free(ca->account[i].key);
		free(ca->account[i].url);
		free(ca->account[i].thumbprint);
	}
	for (size_t i = 0; i < ca->authz_count; i++) {
		free(ca->authz[i].name);
		free(ca->authz[i].token);
	}
	for (size_t i = 0; i < ca->order_count; i++) {
		strs_clear(&ca->order[i].names);
		free(ca->order[i].profile);
		free(ca->order[i].replaces);
		free(ca->order[i].pem);
		X509_free(ca->order[i].leaf);
	}
	for (size_t i = 0; i < ca->nonce_count; i++)
		free(ca->nonce[i].only_for);
	free(ca->account);
	free(ca->authz);
	free(ca->order);
	free(ca->nonce);
	free(ca->script);
	strs_clear(&ca->violations);
	strs_clear(&ca->valid_names);
	fake_cert_clear_cas(ca);
}
