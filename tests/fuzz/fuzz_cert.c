/* One certificate in DER: everything that is looked at in it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "acme/ari.h"
#include "fuzz.h"
#include "net/http.h"
#include "pki/cert.h"

static void look_urls(const struct strs *urls)
{
	struct err e = ERR_INIT;

	fuzz_must(urls->count <= 8, "too many URLs are kept");
	for (size_t i = 0; i < urls->count; i++)
		if (http_url_check_plain(urls->item[i], &e) != 0)
			fuzz_err(&e);
}

static void look(const struct cert *c)
{
	const struct strs *names = cert_dns_names(c);
	char *id;

	fuzz_shown(cert_subject(c));
	fuzz_shown(cert_issuer(c));
	fuzz_shown(cert_issuer_cn(c));
	fuzz_shown(cert_subject_cn(c));
	fuzz_must(strlen(cert_fingerprint(c)) == 64 && strlen(cert_spki_sha256(c)) == 64, "a fingerprint of another length");
	for (size_t i = 0; i < names->count; i++) {
		char *lower = str_lower_ascii(names->item[i]);

		fuzz_same(names->item[i], lower, "a name that is not in lower case");
		free(lower);
	}
	cert_has_other_names(c);
	cert_is_self_issued(c);
	cert_not_before(c);
	cert_not_after(c);
	look_urls(cert_ocsp_urls(c));
	look_urls(cert_crl_urls(c));
	id = ari_cert_id(cert_authority_key_id(c), cert_serial(c));
	fuzz_shown(id);
	free(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert *c = NULL, *back = NULL;
	struct err e = ERR_INIT;
	struct buf text;

	if (cert_load_der(data, size, &c, &e) != 0) {
		fuzz_err(&e);
		return 0;
	}
	look(c);
	buf_init(&text, 1024 * 1024);
	fuzz_must(cert_save_pem(c, &text, &e) == 0, "a certificate cannot be written");
	fuzz_must(cert_load_pem(text.data, text.len, &back, &e) == 0, "a certificate that was written cannot be read");
	fuzz_same(cert_fingerprint(c), cert_fingerprint(back), "a certificate is another one when it is read again");
	fuzz_same(cert_serial(c), cert_serial(back), "a serial number is another one when it is read again");
	cert_free(back);
	buf_truncate(&text, 0);
	fuzz_must(cert_save_der(c, &text, &e) == 0, "a certificate cannot be written");
	cert_free(c);
	buf_clear(&text);
	return 0;
}
