#include "config.h"

#include "acme/order_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "acme/order_read.h"
#include "acme/problem.h"
#include "base/i18n.h"

char *order_create_payload(const struct order *o)
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
	if (o->replaces)
		json_set_str(j, "replaces", o->replaces);
	if (o->profile)
		json_set_str(j, "profile", o->profile);
	text = json_format_compact(j);
	json_free(j);
	return text;
}

/* What CAs say of `replaces` differs (alreadyReplaced, conflict, malformed); these are about something else. */
static bool is_about_something_else(const char *type)
{
	static const char *const types[] = { "rateLimited", "badNonce", "accountDoesNotExist", "userActionRequired",
	                                     "rejectedIdentifier", "unsupportedIdentifier", "caa", "invalidProfile" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

/* A CA may stumble over a certificate that it does not find among its valid ones, as Pebble does over a revoked one. */
static bool stumbles(const struct http_response *r, const char *type)
{
	return r->status == 500 && str_eq(type, "serverInternal");
}

/* RFC 9773 §5 is a courtesy that must not cost the certificate: the order is placed once more without it. */
static bool drop_replaces(struct order *o, const struct http_response *r, const struct order_time *t)
{
	struct err e = ERR_INIT;
	bool drop;

	if (!o->replaces || r->err.kind != ERR_NONE || r->status < 400 || r->status == 429)
		return false;
	problem_of_response(r, t->now_sec, &e);
	drop = r->status < 500 ? !is_about_something_else(e.problem_type) : stumbles(r, e.problem_type);
	err_clear(&e);
	if (!drop)
		return false;
	str_replace(&o->replaces, NULL);
	o->replaces_refused = true;
	o->due_ms = 0;
	return true;
}

void order_create_feed(struct order *o, const struct http_response *r, const struct order_time *t)
{
	const char *doing = _("placing the order");
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (order_is_passing_fault(r) && r->status != 429 && r->err.sys_errno != ETIMEDOUT &&
	    ++o->create_tries < ORDER_LOST_ANSWERS_MAX) {
		order_poll_later(o, r, t);
		return;
	}
	if (drop_replaces(o, r, t))
		return;
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		order_fail_answer(o, r, t, doing);
		return;
	}
	if (json_parse(r->body, r->body_len, &j, &e) < 0 || order_read_created(o, j, r, &e) < 0) {
		err_wrap(&e, "%s", doing);
		order_fail(o, &e);
	} else {
		order_follow(o, j, r, t);
	}
	json_free(j);
}
