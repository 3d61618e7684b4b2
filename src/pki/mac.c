#include "config.h"

#include "pki/digest.h"

#include <openssl/evp.h>

#include "base/i18n.h"
#include "base/str.h"
#include "internal.h"

#define MAC_LEN_MAX 64

static const struct {
	enum mac_alg alg;
	const char *name;   /* RFC 7518 §3.1 */
	const char *digest; /* as OpenSSL calls it */
} algs[] = {
	{MAC_HS256, "HS256", "SHA256"},
	{MAC_HS384, "HS384", "SHA384"},
	{MAC_HS512, "HS512", "SHA512"},
};

#define ALG_COUNT (sizeof algs / sizeof *algs)

const char *mac_alg_name(enum mac_alg alg)
{
	for (size_t i = 0; i < ALG_COUNT; i++)
		if (algs[i].alg == alg)
			return algs[i].name;
	return "?";
}

int mac_alg_parse(const char *name, enum mac_alg *out)
{
	for (size_t i = 0; i < ALG_COUNT; i++) {
		if (!str_eq(algs[i].name, name))
			continue;
		*out = algs[i].alg;
		return 0;
	}
	return -1;
}

static const char *digest_name(enum mac_alg alg)
{
	for (size_t i = 0; i < ALG_COUNT; i++)
		if (algs[i].alg == alg)
			return algs[i].digest;
	return NULL;
}

int mac_sign(enum mac_alg alg, const void *key, size_t key_len, const void *data, size_t len,
             unsigned char *out, size_t *out_len, struct err *e)
{
	const char *digest = digest_name(alg);

	if (digest == NULL || key_len == 0)
		return err_set(e, ERR_INTERNAL, _("a MAC needs a key and a known algorithm"));
	if (EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, key, key_len, data, len, out, MAC_LEN_MAX, out_len) == NULL)
		return ossl_fail(e, ERR_INTERNAL, _("cannot compute a MAC"));
	return 0;
}
