#include "config.h"

#include "acme/order_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acme/order_read.h"
#include "acme/problem.h"
#include "base/i18n.h"
#include "data/b64url.h"
#include "data/json.h"

#define DOUBTFUL_VALIDATE_MS (60 * 1000) /* when the CA did not quite take an answer */

static const char *const step_names[] = {
	[ORDER_RESUME] = "resume", [ORDER_CREATE] = "create", [ORDER_READ] = "read", [ORDER_PRESENT] = "present",
	[ORDER_ANSWER] = "answer", [ORDER_VALIDATE] = "validate", [ORDER_BLAME] = "blame", [ORDER_FINALIZE] = "finalize",
	[ORDER_ISSUE] = "issue", [ORDER_DOWNLOAD] = "download", [ORDER_ALTERNATES] = "alternates", [ORDER_DONE] = "done",
	[ORDER_FAILED] = "failed",
};

const char *order_step_name(enum order_step s)
{
	return step_names[s];
}

void order_init(struct order *o, const struct strs *names, const struct strs *types)
{
	*o = (struct order){ .step = ORDER_CREATE, .wait_ms = ORDER_POLL_FIRST_MS };
	strs_copy(&o->names, names);
	strs_copy(&o->types, types);
}

static void authorization_clear(struct order_authorization *a)
{
	free(a->url);
	free(a->identifier);
	free(a->challenge_url);
	free(a->type);
	free(a->token);
}

void order_clear(struct order *o)
{
	for (size_t i = 0; i < o->authz_count; i++)
		authorization_clear(&o->authz[i]);
	free(o->authz);
	strs_clear(&o->names);
	strs_clear(&o->types);
	strs_clear(&o->blame);
	strs_clear(&o->culprits);
	free(o->replaces);
	free(o->profile);
	free(o->order_error);
	free(o->finalize_fault);
	free(o->blame_type);
	free(o->blame_advice);
	free(o->url);
	free(o->finalize_url);
	free(o->certificate_url);
	free(o->csr_payload);
	order_chain_clear(o);
	err_clear(&o->err);
	*o = (struct order){ 0 };
}

void order_begin_anew(struct order *o)
{
	struct order fresh = { .step = ORDER_CREATE, .wait_ms = ORDER_POLL_FIRST_MS, .patience_ms = o->patience_ms,
	                       .heard_ms = o->heard_ms, .names = o->names, .types = o->types,
	                       .replaces = o->replaces, .replaces_refused = o->replaces_refused, .profile = o->profile,
	                       .watch = o->watch };

	o->names = o->types = (struct strs){ 0 };
	o->replaces = o->profile = NULL;
	order_clear(o);
	*o = fresh;
}

void order_set_replaces(struct order *o, const char *cert_id)
{
	str_replace(&o->replaces, str_dup(cert_id));
}

void order_set_patience(struct order *o, int64_t ms)
{
	o->patience_ms = ms;
}

void order_set_profile(struct order *o, const char *profile)
{
	str_replace(&o->profile, str_dup(profile));
}

bool order_over(const struct order *o)
{
	return o->step == ORDER_DONE || o->step == ORDER_FAILED;
}

bool order_waits_for_driver(const struct order *o)
{
	return o->step == ORDER_PRESENT || (o->step == ORDER_FINALIZE && !o->csr_payload);
}

void order_request_clear(struct order_request *r)
{
	free(r->url);
	free(r->payload);
	*r = (struct order_request){ 0 };
}

void order_add_request(struct order_request **out, size_t *count, const char *url, char *payload, size_t tag)
{
	*out = mem_resize(*out, *count + 1, sizeof **out);
	(*out)[(*count)++] = (struct order_request){ .url = str_dup(url), .payload = payload, .tag = tag };
}

static bool wants_answer(const struct order_authorization *a)
{
	return !a->valid && !a->answered;
}

void order_next(const struct order *o, const char *new_order_url, int64_t mono_ms, struct order_request **out,
                size_t *count)
{
	if (order_over(o) || order_waits_for_driver(o) || mono_ms < o->due_ms)
		return;
	switch (o->step) {
	case ORDER_CREATE:
		order_add_request(out, count, new_order_url, order_create_payload(o), 0);
		break;
	case ORDER_READ:
	case ORDER_BLAME:
		for (size_t i = 0; i < o->authz_count; i++)
			order_add_request(out, count, o->authz[i].url, str_dup(""), i);
		break;
	case ORDER_ANSWER:
		for (size_t i = 0; i < o->authz_count; i++)
			if (wants_answer(&o->authz[i]))
				order_add_request(out, count, o->authz[i].challenge_url, str_dup("{}"), i);
		break;
	case ORDER_VALIDATE:
		for (size_t i = 0; o->watch && i < o->authz_count; i++)
			if (!o->authz[i].valid)
				order_add_request(out, count, o->authz[i].url, str_dup(""), i + 1);
		order_add_request(out, count, o->url, str_dup(""), 0);
		break;
	case ORDER_RESUME:
	case ORDER_ISSUE:
		order_add_request(out, count, o->url, str_dup(""), 0);
		break;
	case ORDER_FINALIZE:
		order_add_request(out, count, o->finalize_url, str_dup(o->csr_payload), 0);
		break;
	case ORDER_DOWNLOAD:
	case ORDER_ALTERNATES:
		order_chain_next(o, out, count);
		break;
	default:
		break;
	}
}

void order_fail(struct order *o, struct err *e)
{
	if (order_over(o)) {
		err_clear(e);
		return;
	}
	o->failed_at = o->step;
	o->step = ORDER_FAILED;
	err_move(&o->err, e);
}

void order_fail_answer(struct order *o, const struct http_response *r, const struct order_time *t, const char *doing)
{
	struct err e = ERR_INIT;

	problem_of_response(r, t->now_sec, &e);
	err_wrap(&e, "%s", doing);
	o->held = r->err.kind != ERR_NONE && r->err.sys_errno != EMSGSIZE;
	order_fail(o, &e);
}

void order_fail_text(struct order *o, const char *doing, const char *text)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_CA, "%s", text);
	err_wrap(&e, "%s", doing);
	order_fail(o, &e);
}

void order_poll_begin(struct order *o, enum order_step step, int64_t limit_ms, const struct order_time *t)
{
	o->step = step;
	o->wait_ms = ORDER_POLL_FIRST_MS;
	o->due_ms = t->mono_ms;
	o->deadline_ms = t->mono_ms + (o->patience_ms > 0 ? o->patience_ms : limit_ms);
}

/* The next poll: when the CA says, else in growing steps; the last one is when patience ends, whatever the CA says. */
void order_poll_later(struct order *o, const struct http_response *r, const struct order_time *t)
{
	int64_t at = r->err.kind == ERR_NONE ? http_retry_after(r, t->now_sec, ORDER_RETRY_AFTER_MAX_SEC) : 0;

	if (at > t->now_sec) {
		o->due_ms = t->mono_ms + (at - t->now_sec) * 1000;
	} else {
		o->due_ms = t->mono_ms + o->wait_ms;
		o->wait_ms = o->wait_ms * 3 / 2 < ORDER_POLL_MAX_MS ? o->wait_ms * 3 / 2 : ORDER_POLL_MAX_MS;
	}
	if (t->mono_ms <= o->deadline_ms && o->due_ms > o->deadline_ms)
		o->due_ms = o->deadline_ms + 1;
}

bool order_is_passing_fault(const struct http_response *r)
{
	if (r->err.kind == ERR_NET)
		return r->err.sys_errno != EMSGSIZE;
	return (r->err.kind == ERR_NONE && (r->status >= 500 || r->status == 429));
}

bool order_may_ask_again(const struct order *o, const struct http_response *r, const struct order_time *t)
{
	return order_is_passing_fault(r) && t->mono_ms - o->heard_ms < ORDER_SILENCE_MS;
}

/* An invalid order: its own error is kept; then the authorizations are read for the culprits. */
static void to_blame(struct order *o, const struct json *j)
{
	struct problem p = { 0 };

	problem_read(json_get(j, "error"), &p);
	if (p.type || p.detail) {
		str_replace(&o->order_error, problem_text(&p));
		o->blame_kind = problem_kind(p.type);
		str_replace(&o->blame_type, str_dup(p.type));
		str_replace(&o->blame_advice, str_dup(problem_advice(p.type)));
	}
	problem_clear(&p);
	o->step = ORDER_BLAME;
	o->dead = true;
	o->read_count = 0;
	o->due_ms = 0;
}

/* It is not invalid, but nobody waits any longer. */
static void to_blame_late(struct order *o, const struct json *j)
{
	to_blame(o, j);
	o->held = o->blame.count == 0 && !o->resumed;
	o->dead = !o->held;
	if (!o->order_error)
		o->order_error = str_dup(_("the CA did not come to an end in time"));
}

static void follow_processing(struct order *o, const struct http_response *r, const struct order_time *t)
{
	if (o->step != ORDER_ISSUE)
		order_poll_begin(o, ORDER_ISSUE, ORDER_ISSUE_MS, t);
	if (t->mono_ms <= o->deadline_ms) {
		order_poll_later(o, r, t);
		return;
	}
	o->held = true;
	order_fail_text(o, _("waiting for the certificate"), _("the CA did not finish in time"));
}

static void fail_not_taken(struct order *o)
{
	const char *text = _("the CA keeps saying that the order is ready, but does not take the request");
	char *both = o->finalize_fault ? str_fmt("%s: %s", text, o->finalize_fault) : str_dup(text);

	order_fail_text(o, _("finalizing the order"), both);
	free(both);
}

/* The request may be sent: again, when an earlier answer was lost, but not for ever. */
static void follow_ready(struct order *o, const struct order_time *t)
{
	if (o->finalize_tries == 0)
		o->ready_ms = t->mono_ms;
	if (o->step == ORDER_ISSUE &&
	    (o->finalize_tries >= ORDER_LOST_ANSWERS_MAX || t->mono_ms - o->ready_ms >= ORDER_SILENCE_MS)) {
		o->held = o->finalize_tries < ORDER_LOST_ANSWERS_MAX;
		fail_not_taken(o);
		return;
	}
	o->step = ORDER_FINALIZE;
	o->due_ms = 0;
}

void order_follow(struct order *o, const struct json *j, const struct http_response *r, const struct order_time *t)
{
	const char *status = json_str(j, "status");

	if (str_eq(status, "pending")) {
		if (o->step == ORDER_CREATE || o->step == ORDER_RESUME)
			o->step = ORDER_READ;
		else if (t->mono_ms > o->deadline_ms)
			to_blame_late(o, j);
		else
			order_poll_later(o, r, t);
	} else if (str_eq(status, "ready")) {
		follow_ready(o, t);
	} else if (str_eq(status, "processing")) {
		follow_processing(o, r, t);
	} else if (str_eq(status, "valid")) {
		order_chain_go(o, j);
	} else if (str_eq(status, "invalid") && o->resumed && o->step == ORDER_VALIDATE) {
		/* The earlier run had told the CA that its responses were there, and took them away when it broke off. */
		o->stale = true;
	} else if (str_eq(status, "invalid")) {
		to_blame(o, j);
	} else {
		order_fail_text(o, _("reading the order"), _("the order has a status that RFC 8555 does not know"));
	}
}

static void feed_polled(struct order *o, const struct http_response *r, const struct order_time *t)
{
	const char *doing = o->step == ORDER_FINALIZE ? _("finalizing the order") : _("asking for the order's state");
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (order_may_ask_again(o, r, t) && t->mono_ms <= o->deadline_ms) {
		order_poll_later(o, r, t);
	} else if (r->err.kind != ERR_NONE || r->status >= 300) {
		order_fail_answer(o, r, t, doing);
	} else if (json_parse(r->body, r->body_len, &j, &e) < 0) {
		err_wrap(&e, "%s", doing);
		order_fail(o, &e);
	} else {
		order_follow(o, j, r, t);
	}
	json_free(j);
}

static void note_finalize_fault(struct order *o, const struct http_response *r, const struct order_time *t)
{
	struct err e = ERR_INIT;

	problem_of_response(r, t->now_sec, &e);
	str_replace(&o->finalize_fault, str_dup(e.cause));
	err_clear(&e);
}

/* An answer to finalize. When it got lost, the order itself tells whether the CA took it. */
static void feed_finalized(struct order *o, const struct http_response *r, const struct order_time *t)
{
	o->finalize_tries++;
	if (problem_is(r, "orderNotReady") && o->finalize_tries < ORDER_LOST_ANSWERS_MAX) {
		order_poll_begin(o, ORDER_VALIDATE, ORDER_VALIDATE_MS, t);
		order_poll_later(o, r, t);
		return;
	}
	if (order_is_passing_fault(r)) {
		note_finalize_fault(o, r, t);
		order_poll_begin(o, ORDER_ISSUE, ORDER_ISSUE_MS, t);
		order_poll_later(o, r, t);
		return;
	}
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		order_fail_answer(o, r, t, _("finalizing the order"));
		return;
	}
	order_poll_begin(o, ORDER_ISSUE, ORDER_ISSUE_MS, t);
	feed_polled(o, r, t);
}

/*
 * A refusal because the challenge is not pending any more: an answer got lost (perhaps below us, where a broken
 * connection made the request go out twice), or another order shares the authorization. The order will tell.
 */
static bool may_be_taken_before(const struct order_authorization *a, const struct err *e)
{
	return a->tries > 0 || str_eq(e->problem_type, "malformed");
}

static void feed_answered(struct order *o, struct order_authorization *a, const struct http_response *r,
                          const struct order_time *t)
{
	struct err e = ERR_INIT;

	if (order_may_ask_again(o, r, t) && a->tries < ORDER_LOST_ANSWERS_MAX) {
		a->tries++;
		order_poll_later(o, r, t);
		return;
	}
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		problem_of_response(r, t->now_sec, &e);
		if (may_be_taken_before(a, &e)) {
			strs_take(&o->blame, str_fmt("%s: %s", a->identifier, e.cause));
			err_clear(&e);
			a->answered = true;
			return;
		}
		if (problem_kind(e.problem_type) == ERR_CHALLENGE) {
			e.kind = ERR_CHALLENGE;
			strs_take(&o->culprits, str_fmt("%s%s", a->wildcard ? "*." : "", a->identifier));
		}
		err_wrap(&e, _("answering the challenge for %s"), a->identifier);
		order_fail(o, &e);
		return;
	}
	a->answered = true;
}

void order_feed(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t)
{
	if (o->heard_ms == 0 || !order_is_passing_fault(r))
		o->heard_ms = t->mono_ms;
	switch (o->step) {
	case ORDER_RESUME:
		order_resume_feed(o, r, t);
		break;
	case ORDER_CREATE:
		order_create_feed(o, r, t);
		break;
	case ORDER_READ:
		o->read_count++;
		order_read_authorization(o, tag, r, t);
		break;
	case ORDER_BLAME:
		o->read_count++;
		order_read_blame(o, tag, r, t);
		break;
	case ORDER_ANSWER:
		feed_answered(o, &o->authz[tag], r, t);
		break;
	case ORDER_VALIDATE:
		if (tag > 0)
			order_read_watched(o, tag - 1, r);
		else
			feed_polled(o, r, t);
		break;
	case ORDER_ISSUE:
		feed_polled(o, r, t);
		break;
	case ORDER_FINALIZE:
		feed_finalized(o, r, t);
		break;
	case ORDER_DOWNLOAD:
	case ORDER_ALTERNATES:
		order_chain_feed(o, tag, r, t);
		break;
	default:
		break;
	}
}

size_t order_valid_count(const struct order *o)
{
	size_t n = 0;

	if (o->step > ORDER_BLAME && o->step != ORDER_FAILED)
		return o->names.count;
	for (size_t i = 0; i < o->authz_count; i++)
		n += o->authz[i].valid;
	return n;
}

static bool any_left(const struct order *o)
{
	for (size_t i = 0; i < o->authz_count; i++)
		if (wants_answer(&o->authz[i]))
			return true;
	return false;
}

/* A resumed order was answered in its earlier run, too: that the CA does not take an answer says nothing there. */
static int64_t validate_limit(const struct order *o)
{
	return o->blame.count > 0 && !o->resumed ? DOUBTFUL_VALIDATE_MS : ORDER_VALIDATE_MS;
}

void order_advance(struct order *o, const struct order_time *t)
{
	if (o->stale)
		order_begin_anew(o);
	if (o->step == ORDER_READ && o->read_count >= o->authz_count)
		o->step = ORDER_PRESENT;
	if (o->step == ORDER_PRESENT && !any_left(o))
		order_poll_begin(o, ORDER_VALIDATE, ORDER_VALIDATE_MS, t);
	else if (o->step == ORDER_ANSWER && !any_left(o))
		order_poll_begin(o, ORDER_VALIDATE, validate_limit(o), t);
	else if (o->step == ORDER_BLAME && o->read_count >= o->authz_count)
		order_read_verdict(o);
	else if (o->step == ORDER_ALTERNATES)
		order_chain_advance(o);
}

bool order_want_alternates(struct order *o)
{
	return order_chain_want_alternates(o);
}

bool order_may_resume(const struct order *o)
{
	if (o->step != ORDER_FAILED || !o->url || o->dead)
		return false;
	if (o->held || o->err.http_status >= 500)
		return true;
	switch (o->err.kind) {
	case ERR_INTERRUPTED:
	case ERR_RATELIMIT:
	case ERR_IO:
	case ERR_HOOK:
		return true;
	case ERR_NET:
		return o->err.sys_errno != EMSGSIZE && o->err.http_status == 0;
	case ERR_CHALLENGE: /* a response could not be put in place */
		return o->blame.count == 0 && o->culprits.count == 0 && !o->err.problem_type;
	default:
		return false;
	}
}

void order_presented(struct order *o)
{
	o->step = ORDER_ANSWER;
	o->due_ms = 0;
}

void order_set_csr(struct order *o, const void *der, size_t len)
{
	struct json *j = json_new_object();
	char *csr = b64url_encode(der, len);

	json_set_str(j, "csr", csr);
	str_replace(&o->csr_payload, json_format_compact(j));
	free(csr);
	json_free(j);
}
