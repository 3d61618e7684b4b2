/*
 * Is a certificate revoked? OCSP (RFC 6960) and CRLs (RFC 5280), as bytes in and a verdict out: no network here. What is
 * signed by neither the issuer nor one it has authorized, or is out of date, is no answer.
 */
#ifndef TEGATA_PKI_REVOCATION_H
#define TEGATA_PKI_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "pki/cert.h"

#define REVOCATION_OCSP_MAX (64 * 1024)

enum revocation_status { REVOCATION_GOOD, REVOCATION_REVOKED, REVOCATION_UNKNOWN };
const char *revocation_status_name(enum revocation_status s); /* "good", "revoked", "unknown" */

struct revocation {
	enum revocation_status status;
	int64_t revoked_at;   /* 0 = not said */
	int reason;           /* RFC 5280 code, -1 = not said */
	int64_t next_update;  /* 0 = not said */
};

/* All three: ERR_CERTIFICATE when `issuer` did not issue `leaf`. */

/* The body of an OCSP request for `leaf`, without a nonce; DER, appended. */
int revocation_ocsp_request(const struct cert *leaf, const struct cert *issuer, struct buf *der, struct err *e);
/* ERR_CA when it is no valid answer about `leaf` at `now` (five minutes of difference between clocks are allowed). */
int revocation_ocsp_read(const void *der, size_t len, const struct cert *leaf, const struct cert *issuer, int64_t now,
                         struct revocation *out, struct err *e);
/*
 * The same for a CRL (DER or PEM). Not in it = REVOCATION_GOOD. Lists of changes, of others, of some reasons, or of an address
 * that is not among cert_crl_urls(leaf), are no answer.
 */
int revocation_crl_read(const void *data, size_t len, const struct cert *leaf, const struct cert *issuer, int64_t now,
                        struct revocation *out, struct err *e);

#endif
