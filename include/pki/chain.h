/* A downloaded chain: parsed strictly (RFC 8555 §9.1, §11.4) and verified before it may go live. */
#ifndef TEGATA_PKI_CHAIN_H
#define TEGATA_PKI_CHAIN_H

#include <stdbool.h>
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

/* The same with a request made elsewhere in the place of the key. */
struct csr;
int chain_verify_csr(const struct chain *c, const struct csr *r, const struct strs *names, int64_t now, struct err *e);

/*
 * Common names for people: of the certificate above the leaf (NULL = there is none), and of the issuer of the last one.
 * Where there is no common name, as in some roots, the whole name in one line. Borrowed.
 */
const char *chain_intermediate(const struct chain *c);
const char *chain_top_issuer(const struct chain *c);
/* Does certbot's preferred_chain choose this one: is that the common name of the issuer of the last certificate (or its own)? */
bool chain_is_preferred(const struct chain *c, const char *common_name);

/*
 * Is there a root in the trust store of this machine (OpenSSL's default places, SSL_CERT_FILE and SSL_CERT_DIR) that anchors
 * the chain at this time? *root is its name as chain_top_issuer() gives it (owned), NULL = none, also when there is no
 * store. The leaf's own dates are not asked. -1: no store can be set up.
 */
int chain_anchor(const struct chain *c, int64_t now, char **root, struct err *e);

/* What a service serves, against what it should. */
enum chain_match {
	CHAIN_SAME,              /* (a root at the end more or less makes no difference, nor do duplicates) */
	CHAIN_OTHER_LEAF,        /* a certificate of something else, or an older one */
	CHAIN_NO_INTERMEDIATE,   /* right leaf, but what should follow is missing */
	CHAIN_OTHER_INTERMEDIATE /* right leaf, another chain */
};
enum chain_match chain_compare(const struct chain *wanted, const struct chain *served);

/* PEM as we write it: the leaf; the rest; all. Appended. */
int chain_save_leaf(const struct chain *c, struct buf *out, struct err *e);
int chain_save_rest(const struct chain *c, struct buf *out, struct err *e);
int chain_save_full(const struct chain *c, struct buf *out, struct err *e);

#endif
