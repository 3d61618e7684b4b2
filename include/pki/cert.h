/* One X.509 certificate, read. */
#ifndef TEGATA_PKI_CERT_H
#define TEGATA_PKI_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "pki/key.h"

struct cert; /* opaque */

/* The first (and only) CERTIFICATE block of a PEM text of ours. */
int cert_load_pem(const char *pem, size_t len, struct cert **out, struct err *e);
/*
 * The cert_fingerprint() of that block, from its bytes alone: a small part of what reading the certificate costs. Whether
 * the bytes are a certificate is not looked at. Owned; NULL is an error.
 */
char *cert_pem_fingerprint(const char *pem, size_t len, struct err *e);
int cert_load_der(const void *der, size_t len, struct cert **out, struct err *e);
void cert_free(struct cert *c);

int64_t cert_not_before(const struct cert *c);
int64_t cert_not_after(const struct cert *c);  /* the last second of validity */
/* Owned by the certificate. */
const char *cert_serial(const struct cert *c);      /* lower-case hex of the DER content octets, leading 00 kept */
const char *cert_fingerprint(const struct cert *c); /* SHA-256 of the DER, lower-case hex */
const char *cert_subject(const struct cert *c);     /* one line, escaped; "" = empty */
const char *cert_issuer(const struct cert *c);
const char *cert_issuer_cn(const struct cert *c);   /* "" = none */
const struct strs *cert_dns_names(const struct cert *c); /* lower case, as in the certificate */
bool cert_has_other_names(const struct cert *c);    /* SANs that are not DNS names */
bool cert_has_key(const struct cert *c, const struct key *k);
const char *cert_subject_cn(const struct cert *c);  /* escaped; "" = none */
/* Authority key identifier (its keyIdentifier), lower-case hex; "" = the certificate has none. */
const char *cert_authority_key_id(const struct cert *c);
/* SHA-256 of the SubjectPublicKeyInfo, lower-case hex: what a TLSA record "3 1 1" holds. */
const char *cert_spki_sha256(const struct cert *c);
/* http(s) URLs in the certificate, at most 8 of each; empty = none. */
const struct strs *cert_ocsp_urls(const struct cert *c);
const struct strs *cert_crl_urls(const struct cert *c);
bool cert_is_self_issued(const struct cert *c);
/* Appends DER / PEM. */
int cert_save_der(const struct cert *c, struct buf *out, struct err *e);
int cert_save_pem(const struct cert *c, struct buf *out, struct err *e);

#endif
