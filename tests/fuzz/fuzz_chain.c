/* PEM chains as a CA sends them: parsed, verified, compared, written, parsed again. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "pki/chain.h"
#include "pki/csr.h"

static void again(const struct chain *c)
{
	struct chain *back = NULL;
	struct err e = ERR_INIT;
	struct buf full;

	buf_init(&full, 4 * CHAIN_PEM_MAX);
	fuzz_must(chain_save_full(c, &full, &e) == 0, "a chain cannot be written");
	fuzz_must(chain_parse(full.data, full.len, &back, &e) == 0, "a chain that was written cannot be read");
	fuzz_must(chain_count(c) == chain_count(back), "a chain has another length when it is read again");
	fuzz_must(chain_compare(c, back) == CHAIN_SAME, "a chain is another one when it is read again");
	for (size_t i = 0; i < chain_count(c); i++)
		fuzz_same(cert_fingerprint(chain_at(c, i)), cert_fingerprint(chain_at(back, i)), "another certificate");
	chain_free(back);
	buf_clear(&full);
}

static void judge(const struct chain *c)
{
	static struct csr *request;
	struct strs names = {0};
	struct err e = ERR_INIT;

	if (request == NULL)
		fuzz_must(csr_load(fixture_request, strlen(fixture_request), &request, &e) == 0, "no request");
	fixture_names(&names);
	if (chain_verify_csr(c, request, &names, FUZZ_NOW, &e) != 0)
		fuzz_err(&e);
	else
		fuzz_must(cert_dns_names(chain_at(c, 0))->count == 3, "a chain with other names was let through");
	fuzz_shown(chain_intermediate(c));
	fuzz_shown(chain_top_issuer(c));
	chain_is_preferred(c, "Tegata test issuer");
	strs_clear(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct chain *c = NULL;
	struct cert *leaf = NULL;
	char *fingerprint;

	if (chain_parse((const char *)data, size, &c, &e) == 0) {
		fuzz_must(chain_count(c) >= 1 && chain_count(c) <= CHAIN_CERTS_MAX, "a chain of that length");
		judge(c);
		again(c);
		chain_free(c);
	} else {
		fuzz_err(&e);
	}
	fingerprint = cert_pem_fingerprint((const char *)data, size, &e);
	if (fingerprint == NULL)
		fuzz_err(&e);
	if (cert_load_pem((const char *)data, size, &leaf, &e) == 0)
		fuzz_same(fingerprint, cert_fingerprint(leaf), "two fingerprints of one certificate");
	else
		fuzz_err(&e);
	cert_free(leaf);
	free(fingerprint);
	return 0;
}
