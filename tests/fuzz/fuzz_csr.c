/* Requests made elsewhere, in PEM or DER. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pki/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csr *c = NULL, *back = NULL;
	struct err e = ERR_INIT;
	struct buf der;

	if (csr_load((const char *)data, size, &c, &e) != 0) {
		fuzz_err(&e);
		return 0;
	}
	fuzz_must(csr_names(c)->count > 0, "a request without names");
	fuzz_must(csr_key_type(c) < KEY_TYPE_COUNT, "a key of no type");
	buf_init(&der, CSR_PEM_MAX);
	fuzz_must(csr_save_der(c, &der, &e) == 0, "a request cannot be written");
	fuzz_must(csr_load(der.data, der.len, &back, &e) == 0, "a request that was written cannot be read");
	fuzz_must(strs_eq(csr_names(c), csr_names(back)), "a request has other names when it is read again");
	fuzz_same(csr_spki_sha256(c), csr_spki_sha256(back), "a request has another key when it is read again");
	csr_free(back);
	csr_free(c);
	buf_clear(&der);
	return 0;
}
