#include "config.h"

#include "acme/order_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "acme/order_read.h"
#include "acme/problem.h"
#include "base/i18n.h"

static bool is_url(const char *url)
{
	struct err ignored = ERR_INIT;
	bool ok = url && http_url_check(url, &ignored) == 0;

	err_clear(&ignored);
	return ok;
}

void order_resume(struct order *o, const char *url, const char *finalize_url)
{
	if (!is_url(url))
		return;
	str_replace(&o->url, str_dup(url));
	str_replace(&o->finalize_url, is_url(finalize_url) ? str_dup(finalize_url) : NULL);
	o->step = ORDER_RESUME;
	o->due_ms = 0;
}

/* Said nothing about the order itself; anything else that is no order means that it is lost. */
static bool says_nothing(const struct http_response *r)
{
	if (r->err.kind != ERR_NONE)
		return r->err.sys_errno != EMSGSIZE;
	return order_is_passing_fault(r) || problem_is(r, "badNonce") || problem_is(r, "rateLimited");
}

/* The request that it was finalized with went out in the earlier run. */
static void go_on(struct order *o, const struct json *j, const struct http_response *r, const struct order_time *t)
{
	const char *status = json_str(j, "status");

	o->resumed = true;
	o->deadline_ms = t->mono_ms + ORDER_ISSUE_MS;
	if (str_eq(status, "processing") || str_eq(status, "valid"))
		o->finalize_tries = 1;
	order_follow(o, j, r, t);
}

static bool can_go_on(const struct json *j)
{
	const char *status = json_str(j, "status");

	if (str_eq(status, "valid"))
		return is_url(json_str(j, "certificate"));
	return str_eq(status, "pending") || str_eq(status, "ready") || str_eq(status, "processing");
}

void order_resume_feed(struct order *o, const struct http_response *r, const struct order_time *t)
{
	struct err ignored = ERR_INIT;
	struct json *j = NULL;

	if (says_nothing(r)) {
		order_fail_answer(o, r, t, _("looking at the order of an earlier run"));
		return;
	}
	if (r->status < 300 && r->err.kind == ERR_NONE && json_parse(r->body, r->body_len, &j, &ignored) == 0 &&
	    can_go_on(j) && order_read_resumed(o, j, &ignored) == 0)
		go_on(o, j, r, t);
	else
		order_begin_anew(o);
	err_clear(&ignored);
	json_free(j);
}
