#include "config.h"

#include "acme/revoke.h"

#include <stdlib.h>

#include "acme/problem.h"
#include "base/i18n.h"
#include "data/b64url.h"
#include "data/json.h"

static char *revoke_payload(const void *der, size_t der_len, int reason)
{
	struct json *j = json_new_object();
	char *certificate = b64url_encode(der, der_len), *text;

	json_set_str(j, "certificate", certificate);
	if (reason >= 0)
		json_set_int(j, "reason", reason);
	text = json_format_compact(j);
	json_free(j);
	free(certificate);
	return text;
}

int revoke_post(struct session *s, const void *der, size_t der_len, int reason, bool *already, struct err *e)
{
	struct session_post p = { .url = session_directory(s)->revoke_cert };
	char *payload = NULL;
	int rc = -1;

	if (!p.url)
		return err_set(e, ERR_CA, _("the CA offers no revocation over ACME"));
	payload = revoke_payload(der, der_len, reason);
	p.payload = payload;
	if (session_post_all(s, &p, 1, e) < 0)
		goto out;
	*already = problem_is(&p.response, "alreadyRevoked");
	if (!*already && (p.response.err.kind != ERR_NONE || p.response.status >= 300))
		problem_of_response(&p.response, session_now(s), e);
	else
		rc = 0;
out:
	http_response_clear(&p.response);
	free(payload);
	return rc;
}
