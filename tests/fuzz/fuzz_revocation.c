/* What OCSP responders and CRL servers answer: "o" or "c" and the answer, or a certificate's own issuer and it. */
#include "config.h"

#include <string.h>

#include "fixture.h"
#include "pki/cert.h"
#include "pki/revocation.h"

static struct cert *load(const char *pem)
{
	struct cert *c = NULL;
	struct err e = ERR_INIT;

	fuzz_must(cert_load_pem(pem, strlen(pem), &c, &e) == 0, "no certificate");
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cert *leaf, *issuer;
	struct revocation r = {.reason = -2};
	struct err e = ERR_INIT;
	int rc;

	if (leaf == NULL) {
		leaf = load(fixture_leaf);
		issuer = load(fixture_issuer);
	}
	if (size == 0)
		return 0;
	if (*data == 'o')
		rc = revocation_ocsp_read(data + 1, size - 1, leaf, issuer, FUZZ_NOW, &r, &e);
	else
		rc = revocation_crl_read(data + 1, size - 1, leaf, issuer, FUZZ_NOW, &r, &e);
	if (rc != 0) {
		fuzz_err(&e);
		fuzz_must(r.reason == -2, "an output was touched");
		return 0;
	}
	fuzz_must(revocation_status_name(r.status) != NULL, "a status without a name");
	fuzz_must(r.status == REVOCATION_REVOKED || r.revoked_at == 0, "a time of revocation, but not revoked");
	fuzz_must(r.next_update == 0 || r.next_update >= FUZZ_NOW - 300, "an answer that is out of date");
	return 0;
}
