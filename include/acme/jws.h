/* JSON Web Signatures as ACME wants them (RFC 8555 §6.2): flattened, one signature, everything protected. */
#ifndef TEGATA_ACME_JWS_H
#define TEGATA_ACME_JWS_H

#include <stddef.h>

#include "base/err.h"
#include "data/json.h"
#include "pki/digest.h"
#include "pki/key.h"

struct jws_header {
	const char *url;   /* byte for byte as the server gave it */
	const char *nonce; /* NULL = none (inner signatures) */
	const char *kid;   /* account URL; NULL = the key itself as jwk */
};

/* payload: JSON text, or "" for POST-as-GET. *out is the request body, owned. */
int jws_sign(const struct key *k, const struct jws_header *h, const char *payload, char **out, struct err *e);

/* The external account binding (§7.3.4): account key's JWK, MACed with the CA's key; goes into newAccount. */
struct jws_binding {
	const char *kid;
	const void *mac_key; /* decoded */
	size_t mac_key_len;
	enum mac_alg alg;
};
int jws_bind(const struct key *account_key, const struct jws_binding *b, const char *url, struct json **out,
             struct err *e);

#endif
