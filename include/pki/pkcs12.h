/* PKCS#12 files. */
#ifndef TEGATA_PKI_PKCS12_H
#define TEGATA_PKI_PKCS12_H

#include "base/buf.h"
#include "base/err.h"
#include "pki/chain.h"
#include "pki/key.h"

/*
 * Appends DER to a secret buffer: key, leaf and the rest of the chain, with what current programs read (AES-256, PBKDF2,
 * HMAC-SHA-256). password "" = an empty one. friendly_name borrowed.
 */
int pkcs12_make(const struct key *k, const struct chain *c, const char *password, const char *friendly_name, struct buf *out,
                struct err *e);

#endif
