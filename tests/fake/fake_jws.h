/* How a strict CA reads what clients sign. Verified with OpenSSL alone, so that it does not lean on what is tested. */
#ifndef TEGATA_TESTS_FAKE_JWS_H
#define TEGATA_TESTS_FAKE_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "data/json.h"

struct fake_jws {
	struct json *header;    /* protected */
	struct strs members;    /* of the protected header, sorted */
	const char *alg, *nonce, *url, *kid; /* borrowed from header; NULL = not there */
	const struct json *jwk;
	char *payload;
	size_t payload_len;
	char *input;            /* what was signed */
	struct buf signature;
};

/* A flattened JWS, all of it protected. NULL, or what is wrong with it (out is to be cleared in any case). */
const char *fake_jws_read(const struct json *j, struct fake_jws *out);
void fake_jws_clear(struct fake_jws *j);
/* The public key of a JWK, or NULL. */
EVP_PKEY *fake_jws_key(const struct json *jwk);
bool fake_jws_verify(const struct fake_jws *j, EVP_PKEY *key);
bool fake_jws_verify_mac(const struct fake_jws *j, const void *key, size_t len);
/* RFC 7638, owned. */
char *fake_jws_thumbprint(const struct json *jwk);

#endif
