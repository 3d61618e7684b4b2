/* Private keys: account keys and certificate keys. PEM is PKCS#8, always in wiping buffers. */
#ifndef TEGATA_PKI_KEY_H
#define TEGATA_PKI_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "data/json.h"

#define KEY_PEM_MAX 16384

enum key_type { KEY_RSA2048, KEY_RSA3072, KEY_RSA4096, KEY_EC_P256, KEY_EC_P384, KEY_TYPE_COUNT };

const char *key_type_name(enum key_type t);               /* "rsa2048", "ecdsa-p256", … */
int key_type_parse(const char *name, enum key_type *out); /* also certbot's "rsa" and "ecdsa"; 0 or -1 */
const char *const *key_type_names(void);                  /* NULL-terminated */

struct key; /* opaque */

int key_generate(enum key_type t, struct key **out, struct err *e);
/* ERR_IO when the text holds no usable private key of a known type. */
int key_load_pem(const char *pem, size_t len, struct key **out, struct err *e);
/* Appends PKCS#8 PEM to a secret buffer. */
int key_save_pem(const struct key *k, struct buf *out, struct err *e);
enum key_type key_type_of(const struct key *k);
bool key_same(const struct key *a, const struct key *b);  /* the same public key */
/* SHA-256 of the SubjectPublicKeyInfo, lower-case hex, owned. */
int key_spki_sha256(const struct key *k, char **out, struct err *e);
void key_free(struct key *k);

/* JWS (RFC 7518): "ES256", "ES384" or "RS256", by type. */
const char *key_jws_alg(const struct key *k);
/* Appends the raw JWS signature (r||s for EC). */
int key_sign_jws(const struct key *k, const void *data, size_t len, struct buf *out, struct err *e);
/* The public JWK with its members in RFC 7638's order; owned by the caller. */
int key_jwk(const struct key *k, struct json **out, struct err *e);
/* base64url(SHA-256(canonical JWK)), owned. */
int key_thumbprint(const struct key *k, char **out, struct err *e);

#endif
