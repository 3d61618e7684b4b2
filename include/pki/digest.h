/* Digests, MACs, random bytes. */
#ifndef TEGATA_PKI_DIGEST_H
#define TEGATA_PKI_DIGEST_H

#include <stddef.h>

#include "base/err.h"

#define DIGEST_SHA256_LEN 32

void digest_sha256(const void *data, size_t len, unsigned char out[DIGEST_SHA256_LEN]);
/* Lower-case hex, owned. */
char *digest_sha256_hex(const void *data, size_t len);

enum mac_alg { MAC_HS256, MAC_HS384, MAC_HS512 };
const char *mac_alg_name(enum mac_alg alg);                 /* "HS256" … */
int mac_alg_parse(const char *name, enum mac_alg *out);     /* 0 or -1 */
/* out must hold 64 bytes; *out_len is set. */
int mac_sign(enum mac_alg alg, const void *key, size_t key_len, const void *data, size_t len,
             unsigned char *out, size_t *out_len, struct err *e);

#endif
