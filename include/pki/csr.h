/* Certificate signing requests. */
#ifndef TEGATA_PKI_CSR_H
#define TEGATA_PKI_CSR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "pki/key.h"

/*
 * Appends a DER PKCS#10 with exactly these DNS names (A-labels) as subjectAltName; the first one that is no wildcard and
 * at most 64 bytes becomes the common name, else the first of at most 64, else the subject is empty (rule 12).
 */
int csr_make(const struct key *k, const struct strs *names, struct buf *der, struct err *e);

#endif
