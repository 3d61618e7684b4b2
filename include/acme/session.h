/*
 * Talking to one CA as one account: directory, nonces, signed posts. Posts go out side by side, as many as there are nonces
 * (at most nonce_window); badNonce is retried with the error's own nonce until the deadline; reads that got no answer, or
 * 5xx, are retried a few times. Anything else is the caller's.
 */
#ifndef TEGATA_ACME_SESSION_H
#define TEGATA_ACME_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "net/http.h"
#include "pki/key.h"

#define SESSION_NONCE_WINDOW 10
#define SESSION_NONCE_DEADLINE_SEC 45 /* registering asks twice, and is to have ended within two minutes */
#define SESSION_NONCE_LEN_MAX 1024

struct directory { /* RFC 8555 §7.1.1; NULL = the CA does not offer it */
	char *new_nonce, *new_account, *new_order, *revoke_cert, *key_change, *renewal_info;
	char *terms;         /* escaped */
	char *website;
	bool eab_required;
	struct strs profiles; /* meta.profiles (draft-ietf-acme-profiles): names, at most 32, escaped */
};

struct session_options {
	const struct http_port *port;
	const struct clock *clock;
	const char *directory_url;
	int nonce_window;          /* 0 = SESSION_NONCE_WINDOW */
};

struct session; /* opaque */

/* Fetches the directory. */
int session_open(const struct session_options *o, struct session **out, struct err *e);
void session_close(struct session *s);
const struct directory *session_directory(const struct session *s);
/* From here on posts are signed with this key (borrowed); account_url NULL = with the key as jwk. */
void session_set_account(struct session *s, const struct key *k, const char *account_url);
const char *session_account_url(const struct session *s);
int64_t session_now(const struct session *s);
/* Our clock minus the CA's (Date of its answers), by the last answer that had one. False = none had. */
bool session_clock_skew(const struct session *s, int64_t *sec);
/* Unsigned GETs (renewalInfo), all at once, no retries; one's failure is in its response. */
int session_get_all(struct session *s, const char *const *urls, size_t n, struct http_response *responses, struct err *e);

struct session_post {
	const char *url;
	const char *payload;  /* JSON; "" = POST-as-GET */
	const char *accept;   /* NULL = application/json */
	struct http_response response; /* filled; err.kind set when no answer came; cleared by the caller */
};

/* Performs all. -1 when the session itself cannot go on (no nonces, worker gone, interrupted); then some may be unanswered. */
int session_post_all(struct session *s, struct session_post *posts, size_t n, struct err *e);
/* One post whose answer must be 2xx, with its JSON parsed (*out may be NULL when not wanted, or {} for an empty body). */
int session_post_json(struct session *s, const char *url, const char *payload, struct http_response *r,
                      struct json **out, struct err *e);

#endif
