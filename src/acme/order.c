#include "config.h"

#include "acme/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acme/order_read.h"
#include "acme/problem.h"
#include "base/i18n.h"
#include "data/b64url.h"
#include "data/json.h"

#define LOST_ANSWERS_MAX 3
#define DOUBTFUL_VALIDATE_MS (60 * 1000) /* when the CA did not quite take an answer */

static const char *const step_names[] = {
	[ORDER_RESUME] = "resume", [ORDER_CREATE] = "create", [ORDER_READ] = "read", [ORDER_PRESENT] = "present", [ORDER_ANSWER] = "answer",
	[ORDER_VALIDATE] = "validate", [ORDER_BLAME] = "blame", [ORDER_FINALIZE] = "finalize", [ORDER_ISSUE] = "issue",
	[ORDER_DOWNLOAD] = "download", [ORDER_ALTERNATES] = "alternates", [ORDER_DONE] = "done", [ORDER_FAILED] = "failed",
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
	free(o->order_error);
	free(o->blame_type);
	free(o->blame_advice);
	free(o->url);
	free(o->finalize_url);
	free(o->certificate_url);
	free(o->csr_payload);
	free(o->pem);
	err_clear(&o->err);
	*o = (struct order){ 0 };
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

static void add_request(struct order_request **out, size_t *count, const char *url, char *payload, size_t tag)
{
	*out = mem_resize(*out, *count + 1, sizeof **out);
	(*out)[(*count)++] = (struct order_request){ .url = str_dup(url), .payload = payload, .tag = tag };
}

static char *create_payload(const struct order *o)
{
	struct json *j = json_new_object(), *list = json_new_array();
	char *text;

	for (size_t i = 0; i < o->names.count; i++) {
		struct json *id = json_new_object();

		json_set_str(id, "type", "dns");
		json_set_str(id, "value", o->names.item[i]);
		json_add(list, id);
	}
	json_set(j, "identifiers", list);
	text = json_format_compact(j);
	json_free(j);
	return text;
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
		add_request(out, count, new_order_url, create_payload(o), 0);
		break;
	case ORDER_READ:
	case ORDER_BLAME:
		for (size_t i = 0; i < o->authz_count; i++)
			add_request(out, count, o->authz[i].url, str_dup(""), i);
		break;
	case ORDER_ANSWER:
		for (size_t i = 0; i < o->authz_count; i++)
			if (wants_answer(&o->authz[i]))
				add_request(out, count, o->authz[i].challenge_url, str_dup("{}"), i);
		break;
	case ORDER_VALIDATE:
		for (size_t i = 0; o->watch && i < o->authz_count; i++)
			if (!o->authz[i].valid)
				add_request(out, count, o->authz[i].url, str_dup(""), i + 1);
		add_request(out, count, o->url, str_dup(""), 0);
		break;
	case ORDER_ISSUE:
		add_request(out, count, o->url, str_dup(""), 0);
		break;
	case ORDER_FINALIZE:
		add_request(out, count, o->finalize_url, str_dup(o->csr_payload), 0);
		break;
	case ORDER_DOWNLOAD:
		add_request(out, count, o->certificate_url, str_dup(""), 0);
		(*out)[*count - 1].accept = "application/pem-certificate-chain";
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
	o->step = ORDER_FAILED;
	err_move(&o->err, e);
}

static void fail_with_response(struct order *o, const struct http_response *r, const struct order_time *t,
                               const char *doing)
{
	struct err e = ERR_INIT;

	problem_of_response(r, t->now_sec, &e);
	err_wrap(&e, "%s", doing);
	order_fail(o, &e);
}

static void fail_with_text(struct order *o, const char *doing, const char *text)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_CA, "%s", text);
	err_wrap(&e, "%s", doing);
	order_fail(o, &e);
}

/* Enters a step that polls: from now on, until its deadline. */
static void begin_polling(struct order *o, enum order_step step, int64_t limit_ms, const struct order_time *t)
{
	o->step = step;
	o->wait_ms = ORDER_POLL_FIRST_MS;
	o->due_ms = t->mono_ms;
	o->deadline_ms = t->mono_ms + limit_ms;
}

/* The next poll: when the CA says, else in growing steps. */
static void poll_later(struct order *o, const struct http_response *r, const struct order_time *t)
{
	int64_t at = r->err.kind == ERR_NONE ? http_retry_after(r, t->now_sec, ORDER_RETRY_AFTER_MAX_SEC) : 0;

	if (at > t->now_sec) {
		o->due_ms = t->mono_ms + (at - t->now_sec) * 1000;
		return;
	}
	o->due_ms = t->mono_ms + o->wait_ms;
	o->wait_ms = o->wait_ms * 3 / 2 < ORDER_POLL_MAX_MS ? o->wait_ms * 3 / 2 : ORDER_POLL_MAX_MS;
}

static bool is_passing_fault(const struct http_response *r)
{
	if (r->err.kind == ERR_NET)
		return r->err.sys_errno != EMSGSIZE;
	return (r->err.kind == ERR_NONE && (r->status >= 500 || r->status == 429));
}

/* The certificate is due: polling ends, whatever the answer was. */
static void to_download(struct order *o, const struct json *j)
{
	const char *url = json_str(j, "certificate");
	struct err e = ERR_INIT;

	if (o->finalize_tries == 0) {
		fail_with_text(o, _("reading the order"), _("the order is valid, but for no request of ours"));
		return;
	}
	if (!url) {
		fail_with_text(o, _("reading the order"), _("the order is valid but names no certificate"));
		return;
	}
	if (http_url_check(url, &e) < 0) {
		e.kind = ERR_CA;
		err_wrap(&e, _("certificate URL"));
		order_fail(o, &e);
		return;
	}
	str_replace(&o->certificate_url, str_dup(url));
	o->step = ORDER_DOWNLOAD;
	o->due_ms = 0;
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
	o->read_count = 0;
	o->due_ms = 0;
}

/* It is not invalid, but nobody waits any longer. */
static void to_blame_late(struct order *o, const struct json *j)
{
	to_blame(o, j);
	if (!o->order_error)
		o->order_error = str_dup(_("the CA did not come to an end in time"));
}

/* Where does the order stand, by the status of an order object? */
static void follow_status(struct order *o, const struct json *j, const struct http_response *r,
                          const struct order_time *t)
{
	const char *status = json_str(j, "status");

	if (str_eq(status, "pending")) {
		if (o->step == ORDER_CREATE)
			o->step = ORDER_READ;
		else if (t->mono_ms > o->deadline_ms)
			to_blame_late(o, j);
		else
			poll_later(o, r, t);
	} else if (str_eq(status, "ready")) {
		if (o->step == ORDER_ISSUE && o->finalize_tries >= LOST_ANSWERS_MAX) {
			fail_with_text(o, _("finalizing the order"), _("the CA keeps saying that the order is ready, but does not take the request"));
			return;
		}
		o->step = ORDER_FINALIZE;
		o->due_ms = 0;
	} else if (str_eq(status, "processing")) {
		if (o->step != ORDER_ISSUE)
			begin_polling(o, ORDER_ISSUE, ORDER_ISSUE_MS, t);
		if (t->mono_ms > o->deadline_ms)
			fail_with_text(o, _("waiting for the certificate"), _("the CA did not finish in time"));
		else
			poll_later(o, r, t);
	} else if (str_eq(status, "valid")) {
		to_download(o, j);
	} else if (str_eq(status, "invalid")) {
		to_blame(o, j);
	} else {
		fail_with_text(o, _("reading the order"), _("the order has a status that RFC 8555 does not know"));
	}
}

static void feed_created(struct order *o, const struct http_response *r, const struct order_time *t)
{
	const char *doing = _("placing the order");
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (is_passing_fault(r) && r->status != 429 && ++o->create_tries < LOST_ANSWERS_MAX) {
		poll_later(o, r, t);
		return;
	}
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		fail_with_response(o, r, t, doing);
		return;
	}
	if (json_parse(r->body, r->body_len, &j, &e) < 0 || order_read_created(o, j, r, &e) < 0) {
		err_wrap(&e, "%s", doing);
		order_fail(o, &e);
	} else {
		follow_status(o, j, r, t);
	}
	json_free(j);
}

static void feed_polled(struct order *o, const struct http_response *r, const struct order_time *t)
{
	const char *doing = o->step == ORDER_FINALIZE ? _("finalizing the order") : _("asking for the order's state");
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (is_passing_fault(r) && t->mono_ms <= o->deadline_ms) {
		poll_later(o, r, t);
	} else if (r->err.kind != ERR_NONE || r->status >= 300) {
		fail_with_response(o, r, t, doing);
	} else if (json_parse(r->body, r->body_len, &j, &e) < 0) {
		err_wrap(&e, "%s", doing);
		order_fail(o, &e);
	} else {
		follow_status(o, j, r, t);
	}
	json_free(j);
}

/* An answer to finalize. When it got lost, the order itself tells whether the CA took it. */
static void feed_finalized(struct order *o, const struct http_response *r, const struct order_time *t)
{
	o->finalize_tries++;
	if (problem_is(r, "orderNotReady") && o->finalize_tries < LOST_ANSWERS_MAX) {
		begin_polling(o, ORDER_VALIDATE, ORDER_VALIDATE_MS, t);
		poll_later(o, r, t);
		return;
	}
	if (is_passing_fault(r)) {
		begin_polling(o, ORDER_ISSUE, ORDER_ISSUE_MS, t);
		poll_later(o, r, t);
		return;
	}
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		fail_with_response(o, r, t, _("finalizing the order"));
		return;
	}
	begin_polling(o, ORDER_ISSUE, ORDER_ISSUE_MS, t);
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

	if (is_passing_fault(r) && a->tries < LOST_ANSWERS_MAX) {
		a->tries++;
		poll_later(o, r, t);
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
		if (problem_kind(e.problem_type) == ERR_CHALLENGE)
			e.kind = ERR_CHALLENGE;
		err_wrap(&e, _("answering the challenge for %s"), a->identifier);
		order_fail(o, &e);
		return;
	}
	a->answered = true;
}

static void feed_downloaded(struct order *o, const struct http_response *r, const struct order_time *t)
{
	if (is_passing_fault(r) && t->mono_ms <= o->deadline_ms) {
		poll_later(o, r, t);
		return;
	}
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		fail_with_response(o, r, t, _("downloading the certificate"));
		return;
	}
	o->pem = mem_new(r->body_len + 1, 1);
	if (r->body_len > 0)
		memcpy(o->pem, r->body, r->body_len);
	o->pem_len = r->body_len;
	o->step = ORDER_DONE;
}

void order_feed(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t)
{
	switch (o->step) {
	case ORDER_CREATE:
		feed_created(o, r, t);
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
		feed_downloaded(o, r, t);
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

void order_advance(struct order *o, const struct order_time *t)
{
	if (o->step == ORDER_READ && o->read_count >= o->authz_count)
		o->step = ORDER_PRESENT;
	if (o->step == ORDER_PRESENT && !any_left(o))
		begin_polling(o, ORDER_VALIDATE, ORDER_VALIDATE_MS, t);
	else if (o->step == ORDER_ANSWER && !any_left(o))
		begin_polling(o, ORDER_VALIDATE, o->blame.count > 0 ? DOUBTFUL_VALIDATE_MS : ORDER_VALIDATE_MS, t);
	else if (o->step == ORDER_BLAME && o->read_count >= o->authz_count)
		order_read_verdict(o);
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
