/* A downloaded chain: parsed strictly (RFC 8555 §9.1, §11.4) and verified before it may go live. */
#ifndef TEGATA_PKI_CHAIN_H
#define TEGATA_PKI_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "pki/cert.h"
#include "pki/key.h"

#define CHAIN_CERTS_MAX 10
#define CHAIN_PEM_MAX (128 * 1024)

struct chain; /* opaque: leaf first */

/* Only CERTIFICATE blocks and blanks between them, at most CHAIN_CERTS_MAX; ERR_CERTIFICATE otherwise. */
int chain_parse(const char *pem, size_t len, struct chain **out, struct err *e);
void chain_free(struct chain *c);
size_t chain_count(const struct chain *c);
const struct cert *chain_at(const struct chain *c, size_t i);

/*
 * May this go live? Leaf first and holding this key; its DNS names equal `names` as a set and nothing else beside them;
 * not a CA; notBefore <= now + 1 day, now < notAfter, notBefore < notAfter; every link issued and signed by the next,
 * which must be a CA. ERR_CERTIFICATE with the first thing that is wrong.
 */
int chain_verify(const struct chain *c, const struct key *k, const struct strs *names, int64_t now, struct err *e);

/* PEM as we write it: the leaf; the rest; all. Appended. */
int chain_save_leaf(const struct chain *c, struct buf *out, struct err *e);
int chain_save_rest(const struct chain *c, struct buf *out, struct err *e);
int chain_save_full(const struct chain *c, struct buf *out, struct err *e);

#endif
