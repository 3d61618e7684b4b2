#include "config.h"

#include "acme/account.h"

#include <stdlib.h>

#include "acme/problem.h"
#include "base/i18n.h"

static char *account_payload(const struct account_request *q, struct json *binding)
{
	struct json *j = json_new_object();
	char *text;

	json_set_bool(j, "termsOfServiceAgreed", q->terms_agreed);
	if (q->contacts && q->contacts->count > 0)
		json_set_strs(j, "contact", q->contacts);
	if (binding)
		json_set(j, "externalAccountBinding", binding);
	text = json_format_compact(j);
	json_free(j);
	return text;
}

static int take_location(const struct http_response *r, char **url, struct err *e)
{
	if (!r->location)
		return err_set(e, ERR_CA, _("the CA's answer to newAccount has no Location header"));
	if (http_url_check(r->location, e) < 0) {
		e->kind = ERR_CA;
		return err_wrap(e, _("account URL"));
	}
	*url = str_dup(r->location);
	return 0;
}

int account_create(struct session *s, const struct account_request *q, char **url, bool *existed, struct err *e)
{
	const char *new_account = session_directory(s)->new_account;
	struct http_response r = { 0 };
	struct json *binding = NULL;
	char *payload = NULL;
	int rc = -1;

	session_set_account(s, q->key, NULL);
	if (q->binding && jws_bind(q->key, q->binding, new_account, &binding, e) < 0)
		goto out;
	payload = account_payload(q, binding);
	if (session_post_json(s, new_account, payload, &r, NULL, e) < 0 || take_location(&r, url, e) < 0)
		goto out;
	*existed = r.status == 200;
	rc = 0;
out:
	http_response_clear(&r);
	free(payload);
	return rc;
}

int account_find(struct session *s, const struct key *k, char **url, struct err *e)
{
	struct session_post p = { .url = session_directory(s)->new_account, .payload = "{\"onlyReturnExisting\":true}" };
	int rc = -1;

	session_set_account(s, k, NULL);
	if (session_post_all(s, &p, 1, e) < 0)
		goto out;
	if (problem_is(&p.response, "accountDoesNotExist")) {
		*url = NULL;
		rc = 0;
	} else if (p.response.err.kind != ERR_NONE || p.response.status >= 300) {
		problem_of_response(&p.response, session_now(s), e);
	} else {
		rc = take_location(&p.response, url, e);
	}
out:
	http_response_clear(&p.response);
	return rc;
}
