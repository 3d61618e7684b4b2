#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "acme/order_read.h"
#include "acme/problem.h"
#include "base/i18n.h"
#include "data/b64url.h"

#define SHOWN_MAX 300
#define CHALLENGES_MAX 20 /* of an authorization that are looked at */

static size_t challenge_count(const struct json *list)
{
	size_t n = json_count(list);

	return n < CHALLENGES_MAX ? n : CHALLENGES_MAX;
}

static char *shown(const char *s)
{
	return s ? str_escape(s, strlen(s), SHOWN_MAX) : str_dup(_("(nothing)"));
}

static int check_identifiers(const struct order *o, const struct json *j, struct err *e)
{
	const struct json *list = NULL;
	struct strs got = { 0 };
	int rc = -1;

	if (json_need_array(j, _("order"), "identifiers", &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_count(list); i++) {
		const char *value = json_str(json_at(list, i), "value");

		if (value && str_eq(json_str(json_at(list, i), "type"), "dns"))
			strs_take(&got, str_lower_ascii(value));
	}
	if (got.count == json_count(list) && strs_same_set(&got, &o->names))
		rc = 0;
	else
		err_set(e, ERR_CA, _("the CA's order is not for the names that were asked for"));
	strs_clear(&got);
	return rc;
}

static int check_ca_url(const char *url, const char *what, struct err *e)
{
	if (http_url_check(url, e) == 0)
		return 0;
	e->kind = ERR_CA;
	return err_wrap(e, "%s", what);
}

static int take_authorizations(struct order *o, const struct json *list, struct err *e)
{
	size_t n = json_count(list);

	if (n == 0 || n > o->names.count)
		return err_set(e, ERR_CA, _("the order has %zu authorizations for %zu names"), n, o->names.count);
	o->authz = mem_new(n, sizeof *o->authz);
	o->authz_count = n;
	for (size_t i = 0; i < n; i++) {
		const char *url = json_text(json_at(list, i));

		if (!url)
			return err_set(e, ERR_CA, _("order: an authorization is not a URL"));
		if (check_ca_url(url, _("authorization URL"), e) < 0)
			return -1;
		o->authz[i].url = str_dup(url);
	}
	return 0;
}

static int take_members(struct order *o, const struct json *j, struct err *e)
{
	const struct json *list = NULL;

	if (json_need_array(j, _("order"), "authorizations", &list, e) < 0 || check_identifiers(o, j, e) < 0)
		return -1;
	return take_authorizations(o, list, e);
}

int order_read_created(struct order *o, const struct json *j, const struct http_response *r, struct err *e)
{
	const char *finalize = NULL;

	if (!r->location)
		return err_set(e, ERR_CA, _("the CA's answer to newOrder has no Location header"));
	if (check_ca_url(r->location, _("order URL"), e) < 0)
		return -1;
	if (json_need_str(j, _("order"), "finalize", &finalize, e) < 0 || check_ca_url(finalize, _("finalize URL"), e) < 0)
		return -1;
	if (take_members(o, j, e) < 0)
		return -1;
	o->url = str_dup(r->location);
	o->finalize_url = str_dup(finalize);
	return 0;
}

int order_read_resumed(struct order *o, const struct json *j, struct err *e)
{
	const char *finalize = json_str(j, "finalize");

	if (!finalize && !o->finalize_url)
		return json_need_str(j, _("order"), "finalize", &finalize, e);
	if (finalize && check_ca_url(finalize, _("finalize URL"), e) < 0)
		return -1;
	if (take_members(o, j, e) < 0)
		return -1;
	if (finalize)
		str_replace(&o->finalize_url, str_dup(finalize));
	return 0;
}

/* The name of ours that an authorization speaks of, or -1: identifier and wildcard flag must match one. */
static int find_name(const struct order *o, const char *identifier, bool wildcard)
{
	for (size_t i = 0; i < o->names.count; i++) {
		const char *name = o->names.item[i];
		bool is_wildcard = str_starts(name, "*.");

		if (is_wildcard == wildcard && str_eq(is_wildcard ? name + 2 : name, identifier))
			return (int)i;
	}
	return -1;
}

static int parse_authorization(const struct http_response *r, const struct order_time *t, struct json **out,
                               struct err *e)
{
	if (r->err.kind != ERR_NONE || r->status >= 300)
		return problem_of_response(r, t->now_sec, e);
	return json_parse(r->body, r->body_len, out, e);
}

static int identify(const struct order *o, struct order_authorization *a, const struct json *j, int *name,
                    struct err *e)
{
	const struct json *id = json_get(j, "identifier");
	const char *value = json_str(id, "value");
	char *lower = value && str_eq(json_str(id, "type"), "dns") ? str_lower_ascii(value) : NULL;

	a->wildcard = json_bool(j, "wildcard", false);
	*name = lower ? find_name(o, lower, a->wildcard) : -1;
	if (*name < 0) {
		char *text = shown(value);

		err_set(e, ERR_CA, _("an authorization is for %s%s, which was not asked for"), a->wildcard ? "*." : "", text);
		free(text);
		free(lower);
		return -1;
	}
	str_replace(&a->identifier, lower);
	return 0;
}

static int take_challenge(struct order_authorization *a, const struct json *challenge, const char *type, struct err *e)
{
	const char *url = json_str(challenge, "url"), *token = json_str(challenge, "token");

	if (!url || !token)
		return err_set(e, ERR_CA, _("the %s challenge for %s lacks url or token"), type, a->identifier);
	if (check_ca_url(url, _("challenge URL"), e) < 0)
		return -1;
	if (!b64url_is(token) || strlen(token) > ORDER_TOKEN_MAX)
		return err_set(e, ERR_CA, _("the token of the %s challenge for %s is not what RFC 8555 allows"), type, a->identifier);
	str_replace(&a->challenge_url, str_dup(url));
	str_replace(&a->type, str_dup(type));
	str_replace(&a->token, str_dup(token));
	return 0;
}

static int choose_challenge(struct order_authorization *a, const struct json *j, const char *type, struct err *e)
{
	const struct json *list = json_get(j, "challenges");
	struct strs offered = { 0 };
	char *joined;

	for (size_t i = 0; i < challenge_count(list); i++) {
		const char *one = json_str(json_at(list, i), "type");

		if (str_eq(one, type)) {
			strs_clear(&offered);
			return take_challenge(a, json_at(list, i), type, e);
		}
		strs_take(&offered, shown(one));
	}
	joined = strs_join(&offered, ", ");
	err_set(e, ERR_CHALLENGE, _("the CA does not offer %s for %s; it offers: %s"), type, a->identifier,
	        *joined ? joined : _("nothing"));
	err_advise(e, "%s", a->wildcard ? _("Wildcards are validated by dns-01: give them a `challenge` with a DNS hook.")
	                                : _("Choose another `challenge` for this name."));
	free(joined);
	strs_clear(&offered);
	return -1;
}

static int take_authorization(struct order *o, struct order_authorization *a, const struct json *j, struct err *e)
{
	const char *status = json_str(j, "status");
	int name = -1;

	if (identify(o, a, j, &name, e) < 0)
		return -1;
	a->valid = str_eq(status, "valid");
	if (a->valid)
		return 0;
	if (!str_eq(status, "pending")) {
		char *text = shown(status);

		err_set(e, ERR_CHALLENGE, _("the authorization for %s is %s"), a->identifier, text);
		free(text);
		return -1;
	}
	return choose_challenge(a, j, o->types.item[name], e);
}

static bool says_nothing(const struct http_response *r)
{
	return r->err.kind != ERR_NONE || r->status >= 500 || r->status == 429;
}

void order_read_authorization(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (parse_authorization(r, t, &j, &e) == 0 && take_authorization(o, &o->authz[tag], j, &e) == 0) {
		json_free(j);
		return;
	}
	if (o->resumed && !says_nothing(r)) {
		o->stale = true;
		err_clear(&e);
	} else {
		err_wrap(&e, _("reading the authorizations"));
		order_fail(o, &e);
	}
	json_free(j);
}

void order_read_watched(struct order *o, size_t tag, const struct http_response *r)
{
	struct err ignored = ERR_INIT;
	struct json *j = NULL;

	if (r->err.kind == ERR_NONE && r->status < 300 && json_parse(r->body, r->body_len, &j, &ignored) == 0)
		o->authz[tag].valid = str_eq(json_str(j, "status"), "valid");
	err_clear(&ignored);
	json_free(j);
}

static void blame(struct order *o, const char *name, const struct problem *p)
{
	char *text = problem_text(p);

	strs_take(&o->blame, str_fmt("%s: %s", name, text));
	free(text);
	if (o->blame.count > 1 && problem_kind(o->blame_type) == ERR_CHALLENGE)
		return;
	o->blame_kind = problem_kind(p->type);
	str_replace(&o->blame_type, str_dup(p->type));
	str_replace(&o->blame_advice, str_dup(problem_advice(p->type)));
}

/* Errors of one authorization: those of its challenges, else its status when that is a dead end. */
static void blame_authorization(struct order *o, const char *name, const struct json *j)
{
	const struct json *list = json_get(j, "challenges");
	const char *status = json_str(j, "status");
	size_t before = o->blame.count;

	if (str_eq(status, "valid"))
		return;
	for (size_t i = 0; i < challenge_count(list); i++) {
		struct problem p = { 0 };

		problem_read(json_get(json_at(list, i), "error"), &p);
		if (p.type || p.detail)
			blame(o, name, &p);
		problem_clear(&p);
	}
	if (o->blame.count == before && status && !str_eq(status, "pending")) {
		char *text = shown(status);

		strs_take(&o->blame, str_fmt(_("%s: the authorization is %s"), name, text));
		free(text);
	} else if (o->blame.count == before && str_eq(status, "pending")) {
		strs_take(&o->blame, str_fmt(_("%s: the CA has not validated it yet"), name));
		return;
	}
	if (o->blame.count > before && !strs_has(&o->culprits, name))
		strs_add(&o->culprits, name);
}

void order_read_blame(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t)
{
	struct order_authorization *a = &o->authz[tag];
	struct err ignored = ERR_INIT;
	struct json *j = NULL;
	int name = -1;

	if (parse_authorization(r, t, &j, &ignored) == 0 && identify(o, a, j, &name, &ignored) == 0)
		blame_authorization(o, o->names.item[name], j);
	err_clear(&ignored);
	json_free(j);
}

/* The order's own error after the names were validated is about the request; before, it is about them. */
static enum err_kind verdict_kind(const struct order *o, bool requested)
{
	if (o->blame_kind != ERR_NONE && o->blame_kind != ERR_CA)
		return o->blame_kind;
	return requested ? ERR_CA : ERR_CHALLENGE;
}

void order_read_verdict(struct order *o)
{
	bool requested = o->finalize_tries > 0 && o->blame.count == 0;
	enum err_kind kind = verdict_kind(o, requested);
	struct err e = ERR_INIT;
	char *text = o->blame.count ? strs_join(&o->blame, "\n")
	                            : str_dup(o->order_error ? o->order_error : _("the order became invalid; the CA gives no reason"));

	err_set(&e, kind, "%s", text);
	str_replace(&e.problem_type, str_dup(o->blame_type));
	if (o->blame_advice)
		err_advise(&e, "%s", o->blame_advice);
	err_wrap(&e, "%s", requested ? _("waiting for the certificate") : _("validating the names"));
	free(text);
	order_fail(o, &e);
}
