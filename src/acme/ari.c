#include "config.h"

#include "acme/ari.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "acme/problem.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/str.h"
#include "data/b64url.h"
#include "data/json.h"

#define TEMPORARY_FIRST_SEC 60
#define TEMPORARY_MAX_SEC (6 * 3600)
#define TEMPORARY_DOUBLINGS 9 /* enough to be beyond the most */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL: not lower-case hex of at least one octet. */
static char *hex_to_b64url(const char *hex)
{
	size_t n = strlen(hex) / 2;
	unsigned char *octets;
	char *text = NULL;

	if (n == 0 || strlen(hex) % 2 != 0)
		return NULL;
	octets = mem_new(n, 1);
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			goto out;
		octets[i] = (unsigned char)(high * 16 + low);
	}
	text = b64url_encode(octets, n);
out:
	free(octets);
	return text;
}

char *ari_cert_id(const char *aki_hex, const char *serial_hex)
{
	char *aki = aki_hex ? hex_to_b64url(aki_hex) : NULL, *serial = serial_hex ? hex_to_b64url(serial_hex) : NULL;
	char *id = aki && serial ? str_fmt("%s.%s", aki, serial) : NULL;

	free(aki);
	free(serial);
	return id;
}

char *ari_url(const char *renewal_info, const char *cert_id)
{
	return str_fmt("%s%s%s", renewal_info, str_ends(renewal_info, "/") ? "" : "/", cert_id);
}

/* A date alone is none of RFC 3339's timestamps. */
static int read_instant(const struct json *window, const char *key, int64_t *out, struct err *e)
{
	const char *text = json_str(window, key);

	if (!text)
		return err_set(e, ERR_CA, _("renewal information: \"%s\" is missing"), key);
	if (!strpbrk(text, "Tt ") || time_parse(text, out) != 0)
		return err_set(e, ERR_CA, _("renewal information: \"%s\" is not a time"), key);
	return 0;
}

static char *read_explanation(const struct json *j)
{
	const char *url = json_str(j, "explanationURL");
	struct err ignored = ERR_INIT;
	char *shown = NULL;

	if (url && strlen(url) <= ARI_EXPLANATION_MAX && http_url_check_plain(url, &ignored) == 0)
		shown = str_escape(url, strlen(url), ARI_EXPLANATION_MAX);
	err_clear(&ignored);
	return shown;
}

static int read_window(const struct http_response *r, struct ari_answer *out, struct err *e)
{
	const struct json *window;
	struct json *j = NULL;
	int64_t start = 0, end = 0;
	int rc = -1;

	if (json_parse(r->body ? r->body : "", r->body_len, &j, e) < 0)
		goto out;
	window = json_get(j, "suggestedWindow");
	if (read_instant(window, "start", &start, e) < 0 || read_instant(window, "end", &end, e) < 0)
		goto out;
	if (end <= start) {
		err_set(e, ERR_CA, _("renewal information: the window ends before it begins"));
		goto out;
	}
	out->start = start;
	out->end = end;
	out->explanation_url = read_explanation(j);
	rc = 0;
out:
	json_free(j);
	return rc;
}

static bool is_temporary(const struct http_response *r)
{
	if (r->err.kind != ERR_NONE)
		return r->err.kind == ERR_NET && r->err.sys_errno == ETIMEDOUT;
	return r->status >= 500;
}

static int64_t temporary_wait(int failures)
{
	int64_t wait = (int64_t)TEMPORARY_FIRST_SEC << (failures < TEMPORARY_DOUBLINGS ? failures : TEMPORARY_DOUBLINGS);

	return wait < TEMPORARY_MAX_SEC ? wait : TEMPORARY_MAX_SEC;
}

/* What the server asks for, at least a minute and at most a day; 0 = nothing that can be read. */
static int64_t asked_wait(const struct http_response *r, int64_t now)
{
	int64_t at = r->err.kind == ERR_NONE ? http_retry_after(r, now, ARI_RETRY_MAX_SEC) : 0;

	if (at == 0)
		return 0;
	return at - now < ARI_RETRY_MIN_SEC ? ARI_RETRY_MIN_SEC : at - now;
}

/* Nobody is asked again sooner than they said. */
static void read_failure(const struct http_response *r, int64_t now, int failures, struct ari_answer *out)
{
	int64_t wait = ARI_RETRY_DEFAULT_SEC, asked = asked_wait(r, now);

	if (is_temporary(r)) {
		wait = temporary_wait(failures);
		out->failures = failures < INT_MAX ? failures + 1 : INT_MAX;
	}
	out->next_at = now + (asked > wait ? asked : wait);
}

void ari_read(const struct http_response *r, int64_t now, int failures, struct ari_answer *out)
{
	struct err e = ERR_INIT;
	int64_t asked;

	*out = (struct ari_answer){ 0 };
	if (r->err.kind != ERR_NONE || r->status != 200) {
		problem_of_response(r, now, &e);
		read_failure(r, now, failures > 0 ? failures : 0, out);
	} else if (read_window(r, out, &e) < 0) {
		out->next_at = now + ARI_RETRY_DEFAULT_SEC;
	} else {
		asked = asked_wait(r, now);
		out->next_at = now + (asked > 0 ? asked : ARI_RETRY_DEFAULT_SEC);
	}
	if (e.kind != ERR_NONE)
		out->error = err_text(&e);
	err_clear(&e);
}

void ari_answer_clear(struct ari_answer *a)
{
	free(a->explanation_url);
	free(a->error);
	*a = (struct ari_answer){ 0 };
}
