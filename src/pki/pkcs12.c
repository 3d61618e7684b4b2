#include "config.h"

#include "pki/pkcs12.h"

#include <openssl/pkcs12.h>

#include "base/i18n.h"
#include "internal.h"

/* The password often stands in a file beside this one: more rounds would only make services slow to start. */
#define ROUNDS 10000
#define SALT_OCTETS 16

/* Without memory OpenSSL may leave a certificate out and not say so: what is made is read again. */
static bool holds_all(PKCS12 *p12, const char *password, const struct key *k, const struct chain *c)
{
	STACK_OF(X509) *rest = NULL;
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	bool all = false;

	if (PKCS12_parse(p12, password, &key, &leaf, &rest) == 1 && key != NULL && leaf != NULL)
		all = EVP_PKEY_eq(key, key_evp(k)) == 1 && X509_cmp(leaf, cert_x509(chain_at(c, 0))) == 0 &&
		      (rest != NULL ? (size_t)sk_X509_num(rest) : 0) + 1 == chain_count(c);
	sk_X509_pop_free(rest, X509_free);
	X509_free(leaf);
	EVP_PKEY_free(key);
	return all;
}

int pkcs12_make(const struct key *k, const struct chain *c, const char *password, const char *friendly_name,
                struct buf *out, struct err *e)
{
	STACK_OF(X509) *rest = chain_rest(c);
	BIO *bio = BIO_new(BIO_s_mem());
	PKCS12 *p12 = NULL;
	int rc = -1;

	/* The MAC is set apart, because the one that is made along with the rest differs between versions of OpenSSL. */
	if (rest != NULL && bio != NULL)
		p12 = PKCS12_create_ex(password, friendly_name, key_evp(k), cert_x509(chain_at(c, 0)), rest, NID_aes_256_cbc,
		                       NID_aes_256_cbc, ROUNDS, -1, 0, NULL, NULL);
	if (p12 == NULL || PKCS12_set_mac(p12, password, -1, NULL, SALT_OCTETS, ROUNDS, EVP_sha256()) != 1 ||
	    !holds_all(p12, password, k, c) || i2d_PKCS12_bio(bio, p12) != 1)
		ossl_fail(e, ERR_INTERNAL, _("cannot make a PKCS#12 file"));
	else
		rc = ossl_take(bio, out, e);
	PKCS12_free(p12);
	BIO_free(bio);
	sk_X509_free(rest);
	return rc;
}
