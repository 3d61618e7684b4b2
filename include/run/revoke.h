/* Revocation (RFC 8555 §7.6) of a certificate we hold. Never done unasked. */
#ifndef TEGATA_RUN_REVOKE_H
#define TEGATA_RUN_REVOKE_H

#include <stdbool.h>

#include "base/err.h"
#include "run/site.h"

struct revoke_request {
	const char *name;       /* certificate name: its live generation… */
	int generation;         /* …or this one; 0 = live */
	const char *cert_path;  /* or a PEM file instead of a name; NULL = none */
	const char *key_path;   /* sign with this certificate key instead of the account's; NULL = account */
	bool use_certificate_key; /* sign with the generation's own key */
	const char *ca;         /* for cert_path; NULL = the first */
	int reason;             /* RFC 5280 code, -1 = none */
};

const char *const *revoke_reason_names(void);              /* certbot's words, NULL-terminated */
int revoke_reason_parse(const char *name, int *reason);    /* word or number: 0 or -1 */
struct revoke_result { char *serial; char *server; bool already; };
int revoke_certificate(struct site *s, const struct revoke_request *q, struct revoke_result *out, struct err *e);
void revoke_result_clear(struct revoke_result *r);

#endif
