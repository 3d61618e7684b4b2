/* What the files of pki share and nobody else sees: OpenSSL's own types. */
#ifndef TEGATA_PKI_INTERNAL_H
#define TEGATA_PKI_INTERNAL_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/err.h"
#include "pki/cert.h"
#include "pki/chain.h"
#include "pki/csr.h"
#include "pki/key.h"

/* Sets "what: OpenSSL's reason" and empties OpenSSL's queue of errors. Always -1. */
int ossl_fail(struct err *e, enum err_kind kind, const char *what);
/* Appends what a memory BIO holds. */
int ossl_take(BIO *bio, struct buf *out, struct err *e);
/* SHA-384 for P-384, else SHA-256: for JWS and for requests alike. */
const EVP_MD *ossl_digest_for(enum key_type t);
/* UTCTime or GeneralizedTime in Unix seconds: 0, or -1 when it cannot be read. */
int ossl_time(const ASN1_TIME *t, int64_t *out);
/* Of what an i2d function of OpenSSL gave, which is freed; NULL when that had failed. Owned. */
char *ossl_sha256_hex(unsigned char *der, int len);

/*
 * Reads one block with this label, such as "CERTIFICATE", at *pos, behind nothing but blanks, and appends its DER: 1; 0 = only blanks were left;
 * -1 = something else stands there, and *pos shows where. Otherwise *pos is behind what was read.
 */
int pem_next(const char *label, const char **pos, const char *end, struct buf *der);

/* Borrowed. */
EVP_PKEY *key_evp(const struct key *k);
X509 *cert_x509(const struct cert *c);
EVP_PKEY *csr_evp(const struct csr *c);

/* What is above the leaf: the stack is the caller's, the certificates are borrowed; NULL = no memory. */
STACK_OF(X509) *chain_rest(const struct chain *c);

bool cert_has_evp(const struct cert *c, EVP_PKEY *key);
/* Escaped, owned; "" = none, NULL = it cannot be read. */
char *cert_common_name(const X509_NAME *name);
/* All of it in one line, likewise. */
char *cert_name_line(const X509_NAME *name);
/* 0, or -1 for a kind of key that we have no name for. */
int key_find_type(const EVP_PKEY *pkey, enum key_type *out);

#endif
