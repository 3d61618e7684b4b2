/*
 * Renewal information (RFC 9773). Pure: what to ask for, and what an answer means. It is asked for with a plain GET
 * (session_get_all) and never stands in the way of renewal.
 */
#ifndef TEGATA_ACME_ARI_H
#define TEGATA_ACME_ARI_H

#include <stdint.h>

#include "net/http.h"

#define ARI_RETRY_MIN_SEC 60
#define ARI_RETRY_MAX_SEC 86400
#define ARI_RETRY_DEFAULT_SEC (6 * 3600) /* also: after a long-term error (§4.3.3) */
#define ARI_EXPLANATION_MAX 512

/*
 * §4.1: base64url(keyIdentifier of the AKI) "." base64url(serial's DER content octets), from lower-case hex; owned. NULL when
 * either is empty: then the certificate has no such id.
 */
char *ari_cert_id(const char *aki_hex, const char *serial_hex);
/* "RENEWALINFO/CERTID", owned. */
char *ari_url(const char *renewal_info, const char *cert_id);

struct ari_answer {
	int64_t start, end;     /* suggestedWindow; 0, 0 = none (error is set) */
	char *explanation_url;  /* escaped, owned; NULL = none, or not an https/http URL */
	int64_t next_at;        /* ask again then: Retry-After clamped, or what the kind of error asks for */
	char *error;            /* owned; NULL = a good answer */
	int failures;           /* temporary failures in a row, this one included; 0 after a good answer */
};
/*
 * Everything is an answer: no connection, DNS failure, odd objects, end <= start and non-5xx errors ask for six hours,
 * 5xx and time-outs for 1, 2, 4 … minutes (at most six hours; failures = those before this one).
 */
void ari_read(const struct http_response *r, int64_t now, int failures, struct ari_answer *out);
void ari_answer_clear(struct ari_answer *a);

#endif
