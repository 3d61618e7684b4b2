/* Revocation (RFC 8555 §7.6). */
#ifndef TEGATA_ACME_REVOKE_H
#define TEGATA_ACME_REVOKE_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/session.h"

/* Signed as the session stands (account, or a certificate's key as jwk). reason -1 = none. *already: it was revoked before. */
int revoke_post(struct session *s, const void *der, size_t der_len, int reason, bool *already, struct err *e);

#endif
