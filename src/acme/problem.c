#include "config.h"

#include "acme/problem.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"

#define TYPE_PREFIX "urn:ietf:params:acme:error:"
#define TEXT_MAX 2000
#define SUB_TEXT_MAX 300 /* there may be a hundred */
#define RETRY_AFTER_MAX_SEC (30 * 86400)

struct problem_type {
	const char *name;
	enum err_kind kind;
	const char *advice;
};

/*
 * RFC 8555 §6.7, RFC 8739, RFC 9773, draft-ietf-acme-profiles. Advice only where the type alone says what helps: what
 * lies behind the refusal of an order or a registration is for run/refusal to say.
 */
static const struct problem_type types[] = {
	{ "accountDoesNotExist", ERR_CA,
	  N_("The CA does not know this account any more. Register again: `tegata register`.") },
	{ "alreadyRevoked", ERR_CA, NULL },
	{ "alreadyReplaced", ERR_CA, NULL },
	{ "badCSR", ERR_CA, NULL },
	{ "badNonce", ERR_CA, N_("The CA kept refusing its own nonces. Try again later.") },
	{ "badPublicKey", ERR_CA, NULL },
	{ "badRevocationReason", ERR_CA, N_("Choose another --reason.") },
	{ "badSignatureAlgorithm", ERR_CA, N_("The CA does not take this type of account key: try `register --account-key rsa2048`.") },
	{ "caa", ERR_CHALLENGE, NULL },
	{ "compound", ERR_CHALLENGE, NULL },
	{ "connection", ERR_CHALLENGE, NULL },
	{ "dns", ERR_CHALLENGE, NULL },
	{ "externalAccountRequired", ERR_CA, NULL },
	{ "incorrectResponse", ERR_CHALLENGE, NULL },
	{ "invalidContact", ERR_CA, N_("Give a mail address that the CA can take: -m ADDRESS.") },
	{ "invalidProfile", ERR_CONFIG, N_("The CA does not offer this profile: see `acme_profile`.") },
	{ "malformed", ERR_CA, NULL },
	{ "orderNotReady", ERR_CA, NULL },
	{ "rateLimited", ERR_RATELIMIT, N_("The CA asks for patience; trying earlier only makes it worse.") },
	{ "rejectedIdentifier", ERR_CHALLENGE, N_("The CA will not issue for this name.") },
	{ "serverInternal", ERR_CA, N_("The CA has a problem of its own. Try again later.") },
	{ "tls", ERR_CHALLENGE, NULL },
	{ "unauthorized", ERR_CHALLENGE, NULL },
	{ "unsupportedContact", ERR_CA, N_("Give a mail address: -m ADDRESS.") },
	{ "unsupportedIdentifier", ERR_CA, NULL },
	{ "userActionRequired", ERR_CA, N_("The CA wants its terms to be agreed to again: visit the address it gives.") },
};

static const struct problem_type *find_type(const char *name)
{
	for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

enum err_kind problem_kind(const char *type)
{
	const struct problem_type *t = find_type(type);

	return t ? t->kind : ERR_CA;
}

const char *problem_advice(const char *type)
{
	const struct problem_type *t = find_type(type);

	return t && t->advice ? _(t->advice) : NULL;
}

static char *read_text(const struct json *j, const char *key, size_t max)
{
	const char *s = json_str(j, key);

	return s ? str_escape(s, strlen(s), max) : NULL;
}

static char *read_type(const struct json *j, size_t max)
{
	const char *s = json_str(j, "type");

	if (!s)
		return NULL;
	if (str_starts(s, TYPE_PREFIX))
		s += strlen(TYPE_PREFIX);
	return str_escape(s, strlen(s), max);
}

static void read_sub(const struct json *j, struct problem_sub *out)
{
	out->type = read_type(j, SUB_TEXT_MAX);
	out->detail = read_text(j, "detail", SUB_TEXT_MAX);
	out->identifier = read_text(json_get(j, "identifier"), "value", SUB_TEXT_MAX);
}

void problem_read(const struct json *j, struct problem *out)
{
	const struct json *subs = json_get(j, "subproblems");
	size_t n = json_count(subs);

	out->type = read_type(j, TEXT_MAX);
	out->detail = read_text(j, "detail", TEXT_MAX);
	out->instance = read_text(j, "instance", TEXT_MAX);
	if (n > PROBLEM_SUB_MAX)
		n = PROBLEM_SUB_MAX;
	out->sub = n ? mem_new(n, sizeof *out->sub) : NULL;
	for (size_t i = 0; i < n; i++)
		read_sub(json_at(subs, i), &out->sub[i]);
	out->sub_count = n;
}

void problem_clear(struct problem *p)
{
	for (size_t i = 0; i < p->sub_count; i++) {
		free(p->sub[i].type);
		free(p->sub[i].detail);
		free(p->sub[i].identifier);
	}
	free(p->sub);
	free(p->type);
	free(p->detail);
	free(p->instance);
	*p = (struct problem){ 0 };
}

static char *one_text(const char *type, const char *detail)
{
	if (type && detail)
		return str_fmt("%s (%s)", detail, type);
	return str_dup(detail ? detail : type ? type : _("no reason given"));
}

char *problem_text(const struct problem *p)
{
	struct strs lines = { 0 };
	char *text;

	strs_take(&lines, one_text(p->type, p->detail));
	for (size_t i = 0; i < p->sub_count; i++) {
		char *sub = one_text(p->sub[i].type, p->sub[i].detail);

		strs_take(&lines, p->sub[i].identifier ? str_fmt("%s: %s", p->sub[i].identifier, sub) : str_dup(sub));
		free(sub);
	}
	if (p->instance)
		strs_take(&lines, str_fmt(_("see %s"), p->instance));
	text = strs_join(&lines, "; ");
	strs_clear(&lines);
	return text;
}

static int parse_problem(const struct http_response *r, struct problem *out)
{
	struct err ignored = ERR_INIT;
	struct json *j = NULL;

	if (!r->body || json_parse(r->body, r->body_len, &j, &ignored) < 0) {
		err_clear(&ignored);
		return -1;
	}
	problem_read(j, out);
	json_free(j);
	return 0;
}

bool problem_is(const struct http_response *r, const char *type)
{
	struct problem p = { 0 };
	bool is;

	if (r->err.kind != ERR_NONE || r->status < 400)
		return false;
	is = parse_problem(r, &p) == 0 && str_eq(p.type, type);
	problem_clear(&p);
	return is;
}

static enum err_kind kind_of_status(int status, bool has_retry_after)
{
	if (status == 429 || (status == 503 && has_retry_after))
		return ERR_RATELIMIT;
	return ERR_CA;
}

static void fill_from_problem(const struct http_response *r, const struct problem *p, struct err *e)
{
	char *text = problem_text(p);
	enum err_kind kind = problem_kind(p->type);

	if (kind == ERR_CHALLENGE)
		kind = ERR_CA;
	if (kind == ERR_CA)
		kind = kind_of_status(r->status, r->retry_after != NULL);
	err_set(e, kind, _("the CA answers: %s"), text);
	free(text);
	if (p->type)
		str_replace(&e->problem_type, str_dup(p->type));
	if (problem_advice(p->type))
		err_advise(e, "%s", problem_advice(p->type));
}

static void fill_from_status(const struct http_response *r, struct err *e)
{
	char *start = str_escape(r->body, r->body_len, 200);

	err_set(e, kind_of_status(r->status, r->retry_after != NULL), _("the CA answers with HTTP status %d%s%s"), r->status,
	        *start ? ": " : "", start);
	free(start);
	if (r->status >= 300 && r->status < 400)
		err_advise(e, "%s", _("Redirects are not followed: give the CA's own directory URL as `server`."));
}

/* Where the CA says more about it: behind the advice, for people to follow. */
static void add_help(const struct http_response *r, struct err *e)
{
	struct strs urls = { 0 };
	char *joined;

	http_links(r, "help", &urls);
	joined = strs_join(&urls, " ");
	if (urls.count > 0 && e->advice)
		err_advise(e, _("%s See %s"), e->advice, joined);
	else if (urls.count > 0)
		err_advise(e, _("See %s"), joined);
	free(joined);
	strs_clear(&urls);
}

int problem_of_response(const struct http_response *r, int64_t now, struct err *e)
{
	struct problem p = { 0 };

	if (r->err.kind != ERR_NONE) {
		err_set(e, r->err.kind, "%s", r->err.cause ? r->err.cause : _("no answer"));
		if (r->err.advice)
			err_advise(e, "%s", r->err.advice);
		return -1;
	}
	if (r->status >= 400 && parse_problem(r, &p) == 0 && (p.type || p.detail))
		fill_from_problem(r, &p, e);
	else
		fill_from_status(r, e);
	add_help(r, e);
	e->http_status = r->status;
	e->retry_at = http_retry_after(r, now, RETRY_AFTER_MAX_SEC);
	problem_clear(&p);
	return -1;
}
