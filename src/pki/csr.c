#include "config.h"

#include "pki/csr.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/i18n.h"
#include "internal.h"

#define COMMON_NAME_MAX 64 /* ub-common-name, RFC 5280 appendix A */

static bool is_dns_text(const char *s)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.*";

	return *s != '\0' && s[strspn(s, allowed)] == '\0';
}

/* NULL = none fits. */
static const char *choose_common_name(const struct strs *names)
{
	const char *fallback = NULL;

	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->item[i];

		if (strlen(name) > COMMON_NAME_MAX)
			continue;
		if (!str_starts(name, "*."))
			return name;
		if (fallback == NULL)
			fallback = name;
	}
	return fallback;
}

static int add_subject(X509_REQ *req, const struct strs *names)
{
	const char *cn = choose_common_name(names);

	if (cn == NULL)
		return 0;
	return X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(req), NID_commonName, MBSTRING_UTF8,
	                                  (const unsigned char *)cn, -1, -1, 0) == 1 ? 0 : -1;
}

static int push_name(GENERAL_NAMES *list, const char *name)
{
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	if (general == NULL || text == NULL || ASN1_STRING_set(text, name, -1) != 1) {
		ASN1_IA5STRING_free(text);
		GENERAL_NAME_free(general);
		return -1;
	}
	GENERAL_NAME_set0_value(general, GEN_DNS, text);
	if (sk_GENERAL_NAME_push(list, general) > 0)
		return 0;
	GENERAL_NAME_free(general);
	return -1;
}

static int add_names(X509_REQ *req, const struct strs *names)
{
	GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	int rc = -1;

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < names->count; i++)
		if (push_name(list, names->item[i]) != 0)
			goto out;
	if (X509V3_add1_i2d(&extensions, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1 &&
	    X509_REQ_add_extensions(req, extensions) == 1)
		rc = 0;
out:
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	GENERAL_NAMES_free(list);
	return rc;
}

static int append_der(X509_REQ *req, struct buf *der, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (bio == NULL || i2d_X509_REQ_bio(bio, req) != 1)
		ossl_fail(e, ERR_INTERNAL, _("cannot make a certificate request"));
	else
		rc = ossl_take(bio, der, e);
	BIO_free(bio);
	return rc;
}

int csr_make(const struct key *k, const struct strs *names, struct buf *der, struct err *e)
{
	X509_REQ *req;
	int rc = -1;

	if (names->count == 0)
		return err_set(e, ERR_INTERNAL, _("a certificate request needs a name"));
	for (size_t i = 0; i < names->count; i++)
		if (!is_dns_text(names->item[i]))
			return err_set(e, ERR_INTERNAL, _("a certificate request was given what is no DNS name"));
	req = X509_REQ_new();
	if (req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_pubkey(req, key_evp(k)) != 1 || add_subject(req, names) != 0 || add_names(req, names) != 0 ||
	    X509_REQ_sign(req, key_evp(k), ossl_digest_for(key_type_of(k))) <= 0)
		ossl_fail(e, ERR_INTERNAL, _("cannot make a certificate request"));
	else
		rc = append_der(req, der, e);
	X509_REQ_free(req);
	return rc;
}
