#include "config.h"

#include "pki/csr.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "internal.h"

#define COMMON_NAME_MAX 64 /* ub-common-name, RFC 5280 appendix A */

struct csr {
	X509_REQ *req;
	enum key_type type;
	char *spki_sha256;
	struct strs names;
};

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

EVP_PKEY *csr_evp(const struct csr *c)
{
	return X509_REQ_get0_pubkey(c->req);
}

/* Once each, in lower case. -1 when it is no DNS name; a NUL inside would make two readers see two names. */
static int take_name(struct strs *names, const unsigned char *data, int len)
{
	char *text, *lower;
	bool good;

	if (len <= 0)
		return -1;
	text = str_ndup((const char *)data, (size_t)len);
	lower = str_lower_ascii(text);
	good = strlen(text) == (size_t)len && is_dns_text(text);
	if (good && !strs_has(names, lower))
		strs_add(names, lower);
	free(lower);
	free(text);
	return good ? 0 : -1;
}

/* NULL, or what is wrong. */
static const char *take_general_names(struct csr *c, const GENERAL_NAMES *list)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);

		if (name->type != GEN_DNS)
			return _("it asks for names that are not DNS names");
		if (take_name(&c->names, ASN1_STRING_get0_data(name->d.dNSName), ASN1_STRING_length(name->d.dNSName)) != 0)
			return _("one of its names is not a DNS name");
	}
	return NULL;
}

static bool asks_for_extensions(const X509_REQ *req)
{
	return X509_REQ_get_attr_by_NID(req, NID_ext_req, -1) >= 0 ||
	       X509_REQ_get_attr_by_NID(req, NID_ms_ext_req, -1) >= 0;
}

static const char *take_alternative_names(struct csr *c)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(c->req);
	const char *wrong = NULL;
	GENERAL_NAMES *list;
	int critical = -1;

	if (extensions == NULL)
		return asks_for_extensions(c->req) ? _("its extensions cannot be read") : NULL;
	list = X509V3_get_d2i(extensions, NID_subject_alt_name, &critical, NULL);
	if (list != NULL)
		wrong = take_general_names(c, list);
	else if (critical != -1)
		wrong = _("its subject alternative names cannot be read");
	GENERAL_NAMES_free(list);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return wrong;
}

/* A common name such as "Our web server" is for people; one that looks like a host is asked for like the others. */
static void take_common_names(struct csr *c)
{
	X509_NAME *subject = X509_REQ_get_subject_name(c->req);

	for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
		unsigned char *utf8 = NULL;
		int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));

		if (len > 0 && memchr(utf8, '.', (size_t)len) != NULL)
			(void)take_name(&c->names, utf8, len);
		OPENSSL_free(utf8);
	}
}

static const char *read_request(struct csr *c)
{
	EVP_PKEY *pkey = X509_REQ_get0_pubkey(c->req);
	unsigned char *der = NULL;
	const char *wrong;
	int len;

	if (pkey == NULL || key_find_type(pkey, &c->type) != 0)
		return _("its key is of a kind that is not supported (RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256 or P-384)");
	if (X509_REQ_verify(c->req, pkey) != 1)
		return _("its own signature is wrong");
	wrong = take_alternative_names(c);
	if (wrong != NULL)
		return wrong;
	take_common_names(c);
	if (c->names.count == 0)
		return _("it asks for no DNS name");
	len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(c->req), &der);
	c->spki_sha256 = ossl_sha256_hex(der, len);
	return c->spki_sha256 == NULL ? _("its key cannot be read") : NULL;
}

/* One block with either of the two labels in use, and nothing beside it. */
static int decode_pem(const char *text, size_t len, struct buf *der)
{
	static const char *const labels[] = {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"};

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		const char *pos = text;

		buf_truncate(der, 0);
		if (pem_next(labels[i], &pos, text + len, der) == 1)
			return pem_next(labels[i], &pos, text + len, der) == 0 ? 0 : -1;
	}
	return -1;
}

/* NULL when it is none. */
static X509_REQ *parse_request(const char *text, size_t len)
{
	const unsigned char *p;
	X509_REQ *req = NULL;
	struct buf der;
	int rc;

	if (len == 0 || len > CSR_PEM_MAX)
		return NULL;
	buf_init(&der, CSR_PEM_MAX);
	rc = text[0] == 0x30 ? buf_append(&der, text, len) : decode_pem(text, len, &der);
	p = (const unsigned char *)der.data;
	if (rc == 0)
		req = d2i_X509_REQ(NULL, &p, (long)der.len);
	if (req != NULL && p != (const unsigned char *)der.data + der.len) {
		X509_REQ_free(req);
		req = NULL;
	}
	buf_clear(&der);
	return req;
}

int csr_load(const char *text, size_t len, struct csr **out, struct err *e)
{
	struct csr *c = mem_new(1, sizeof *c);
	const char *wrong;

	c->req = parse_request(text, len);
	if (c->req == NULL)
		wrong = _("it is not a certificate request in PEM or DER and nothing else");
	else
		wrong = read_request(c);
	ERR_clear_error();
	if (wrong != NULL) {
		csr_free(c);
		return err_set(e, ERR_CONFIG, _("the certificate request cannot be used: %s"), wrong);
	}
	*out = c;
	return 0;
}

void csr_free(struct csr *c)
{
	if (c == NULL)
		return;
	X509_REQ_free(c->req);
	free(c->spki_sha256);
	strs_clear(&c->names);
	free(c);
}

const struct strs *csr_names(const struct csr *c)
{
	return &c->names;
}

enum key_type csr_key_type(const struct csr *c)
{
	return c->type;
}

const char *csr_spki_sha256(const struct csr *c)
{
	return c->spki_sha256;
}

int csr_save_der(const struct csr *c, struct buf *der, struct err *e)
{
	return append_der(c->req, der, e);
}
