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

/* A request made elsewhere. */
#define CSR_PEM_MAX (64 * 1024)
struct csr; /* opaque */
/*
 * PEM or DER and nothing else. ERR_CONFIG when it is none, its own signature is wrong, its key is of no type we know, or it
 * asks for anything but DNS names, or for none.
 */
int csr_load(const char *text, size_t len, struct csr **out, struct err *e);
void csr_free(struct csr *c);
const struct strs *csr_names(const struct csr *c); /* DNS names of SAN and, with a dot in it, common name; lower case, each once */
enum key_type csr_key_type(const struct csr *c);
/* Lower-case hex SHA-256 of its SubjectPublicKeyInfo. */
const char *csr_spki_sha256(const struct csr *c);
int csr_save_der(const struct csr *c, struct buf *der, struct err *e);

#endif
