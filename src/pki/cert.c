#include "config.h"

#include "pki/cert.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/i18n.h"
#include "internal.h"
#include "pki/digest.h"

#define DER_MAX (128 * 1024)
#define NAME_MAX_BYTES 500 /* of a subject, for people */
#define URLS_MAX 8
#define URL_MAX_BYTES 2048

struct cert {
	X509 *x509;
	int64_t not_before;
	int64_t not_after;
	char *serial;
	char *fingerprint;
	char *subject;
	char *issuer;
	char *subject_cn;
	char *issuer_cn;
	char *authority_key_id;
	char *spki_sha256;
	struct strs dns;
	struct strs ocsp;
	struct strs crl;
	bool other_names;
};

X509 *cert_x509(const struct cert *c)
{
	return c->x509;
}

static char *hex_of(const unsigned char *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	char *out = mem_new(2 * len + 1, 1);

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = hex[data[i] >> 4];
		out[2 * i + 1] = hex[data[i] & 15];
	}
	return out;
}

/* The octets of the INTEGER behind its tag and length. */
static char *read_serial(const X509 *x)
{
	unsigned char *der = NULL;
	const unsigned char *content;
	int tag, class, len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &der);
	char *out = NULL;
	long octets;

	if (len <= 0)
		return NULL;
	content = der;
	if ((ASN1_get_object(&content, &octets, &tag, &class, len) & 0x80) == 0)
		out = hex_of(content, (size_t)octets);
	OPENSSL_free(der);
	return out;
}

static char *read_fingerprint(X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	return ossl_sha256_hex(der, len);
}

static char *read_spki(X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	return ossl_sha256_hex(der, len);
}

static char *read_authority_key_id(X509 *x)
{
	const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(x);
	int len = id != NULL ? ASN1_STRING_length(id) : 0;

	return len > 0 ? hex_of(ASN1_STRING_get0_data(id), (size_t)len) : str_dup("");
}

char *cert_name_line(const X509_NAME *name)
{
	static const unsigned long form = XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, *out = NULL;
	long len;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0, form) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		out = str_escape(len > 0 ? text : "", len > 0 ? (size_t)len : 0, NAME_MAX_BYTES);
	}
	BIO_free(bio);
	return out;
}

char *cert_common_name(const X509_NAME *name)
{
	int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *out;
	int len;

	if (i < 0)
		return str_dup("");
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	if (len < 0)
		return NULL;
	out = str_escape((const char *)utf8, (size_t)len, NAME_MAX_BYTES);
	OPENSSL_free(utf8);
	return out;
}

/* Printable ASCII without blanks; a NUL inside would make two readers see two names. */
static int add_dns_name(struct cert *c, const ASN1_IA5STRING *name)
{
	const unsigned char *data = ASN1_STRING_get0_data(name);
	int len = ASN1_STRING_length(name);
	char *text;

	if (len <= 0)
		return -1;
	for (int i = 0; i < len; i++)
		if (data[i] <= 0x20 || data[i] >= 0x7f)
			return -1;
	text = str_ndup((const char *)data, (size_t)len);
	strs_take(&c->dns, str_lower_ascii(text));
	free(text);
	return 0;
}

static int read_names(struct cert *c)
{
	int critical = 0, rc = 0;
	GENERAL_NAMES *list = X509_get_ext_d2i(c->x509, NID_subject_alt_name, &critical, NULL);

	if (list == NULL)
		return critical == -1 ? 0 : -1;
	for (int i = 0; i < sk_GENERAL_NAME_num(list) && rc == 0; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);

		if (name->type == GEN_DNS)
			rc = add_dns_name(c, name->d.dNSName);
		else
			c->other_names = true;
	}
	GENERAL_NAMES_free(list);
	return rc;
}

/* What is no address for HTTP is passed over: there is nothing we could do with it. */
static void add_url(struct strs *urls, const GENERAL_NAME *name)
{
	const unsigned char *data;
	char *text;
	int len;

	if (name->type != GEN_URI || urls->count == URLS_MAX)
		return;
	data = ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
	len = ASN1_STRING_length(name->d.uniformResourceIdentifier);
	if (len <= 0 || len > URL_MAX_BYTES)
		return;
	for (int i = 0; i < len; i++)
		if (data[i] <= 0x20 || data[i] >= 0x7f)
			return;
	text = str_ndup((const char *)data, (size_t)len);
	if ((strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0) && !strs_has(urls, text))
		strs_add(urls, text);
	free(text);
}

static void read_ocsp_urls(struct cert *c)
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(c->x509, NID_info_access, NULL, NULL);

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(list, i);

		if (OBJ_obj2nid(access->method) == NID_ad_OCSP)
			add_url(&c->ocsp, access->location);
	}
	AUTHORITY_INFO_ACCESS_free(list);
}

/* Lists made by somebody else, or of some reasons only, would say "not in it" without meaning "not revoked". */
static void read_crl_urls(struct cert *c)
{
	CRL_DIST_POINTS *list = X509_get_ext_d2i(c->x509, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(list); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(list, i);
		const GENERAL_NAMES *names;

		if (point->distpoint == NULL || point->distpoint->type != 0 || point->reasons != NULL ||
		    point->CRLissuer != NULL)
			continue;
		names = point->distpoint->name.fullname;
		for (int j = 0; j < sk_GENERAL_NAME_num(names); j++)
			add_url(&c->crl, sk_GENERAL_NAME_value(names, j));
	}
	CRL_DIST_POINTS_free(list);
}

/* NULL when all is there, else what is wrong. */
static const char *read_fields(struct cert *c)
{
	if (ossl_time(X509_get0_notBefore(c->x509), &c->not_before) != 0 ||
	    ossl_time(X509_get0_notAfter(c->x509), &c->not_after) != 0)
		return _("its dates of validity cannot be read");
	if (read_names(c) != 0)
		return _("its subject alternative names cannot be read");
	c->serial = read_serial(c->x509);
	c->fingerprint = read_fingerprint(c->x509);
	c->subject = cert_name_line(X509_get_subject_name(c->x509));
	c->issuer = cert_name_line(X509_get_issuer_name(c->x509));
	c->subject_cn = cert_common_name(X509_get_subject_name(c->x509));
	c->issuer_cn = cert_common_name(X509_get_issuer_name(c->x509));
	if (c->serial == NULL || c->fingerprint == NULL || c->subject == NULL || c->issuer == NULL ||
	    c->subject_cn == NULL || c->issuer_cn == NULL)
		return _("its names or serial number cannot be read");
	c->authority_key_id = read_authority_key_id(c->x509);
	c->spki_sha256 = read_spki(c->x509);
	if (c->spki_sha256 == NULL)
		return _("its public key cannot be read");
	read_ocsp_urls(c);
	read_crl_urls(c);
	return NULL;
}

/* Written again it must be the same bytes: a certificate of which there are two forms would have two fingerprints. */
static bool is_der(const X509 *x, const unsigned char *der, size_t len)
{
	unsigned char *again = NULL;
	int n = i2d_X509(x, &again);
	bool same = n > 0 && (size_t)n == len && memcmp(again, der, len) == 0;

	OPENSSL_free(again);
	return same;
}

int cert_load_der(const void *der, size_t len, struct cert **out, struct err *e)
{
	const unsigned char *start = der, *p = der;
	struct cert *c;
	const char *wrong;

	if (len == 0 || len > DER_MAX)
		return err_set(e, ERR_CERTIFICATE, _("not a certificate"));
	c = mem_new(1, sizeof *c);
	c->x509 = d2i_X509(NULL, &p, (long)len);
	if (c->x509 == NULL || p != start + len || !is_der(c->x509, der, len)) {
		cert_free(c);
		return ossl_fail(e, ERR_CERTIFICATE, _("not a certificate"));
	}
	wrong = read_fields(c);
	ERR_clear_error();
	if (wrong != NULL) {
		cert_free(c);
		return err_set(e, ERR_CERTIFICATE, _("not a usable certificate: %s"), wrong);
	}
	*out = c;
	return 0;
}

/* A file of ours, not an answer of the CA: whatever is wrong with it is ERR_IO. */
static int read_only_block(const char *pem, size_t len, struct buf *der, struct err *e)
{
	const char *pos = pem;

	if (len > DER_MAX || pem_next("CERTIFICATE", &pos, pem + len, der) != 1 || pem_next("CERTIFICATE", &pos, pem + len, der) != 0)
		return err_set(e, ERR_IO, _("not one certificate in PEM"));
	return 0;
}

int cert_load_pem(const char *pem, size_t len, struct cert **out, struct err *e)
{
	struct buf der;
	int rc;

	buf_init(&der, DER_MAX);
	rc = read_only_block(pem, len, &der, e);
	if (rc == 0 && cert_load_der(der.data, der.len, out, e) != 0) {
		e->kind = ERR_IO;
		rc = -1;
	}
	buf_clear(&der);
	return rc;
}

char *cert_pem_fingerprint(const char *pem, size_t len, struct err *e)
{
	struct buf der;
	char *out = NULL;

	buf_init(&der, DER_MAX);
	if (read_only_block(pem, len, &der, e) == 0)
		out = digest_sha256_hex(der.data, der.len);
	buf_clear(&der);
	return out;
}

void cert_free(struct cert *c)
{
	if (c == NULL)
		return;
	X509_free(c->x509);
	free(c->serial);
	free(c->fingerprint);
	free(c->subject);
	free(c->issuer);
	free(c->subject_cn);
	free(c->issuer_cn);
	free(c->authority_key_id);
	free(c->spki_sha256);
	strs_clear(&c->dns);
	strs_clear(&c->ocsp);
	strs_clear(&c->crl);
	free(c);
}

int64_t cert_not_before(const struct cert *c)
{
	return c->not_before;
}

int64_t cert_not_after(const struct cert *c)
{
	return c->not_after;
}

const char *cert_serial(const struct cert *c)
{
	return c->serial;
}

const char *cert_fingerprint(const struct cert *c)
{
	return c->fingerprint;
}

const char *cert_subject(const struct cert *c)
{
	return c->subject;
}

const char *cert_issuer(const struct cert *c)
{
	return c->issuer;
}

const char *cert_issuer_cn(const struct cert *c)
{
	return c->issuer_cn;
}

const struct strs *cert_dns_names(const struct cert *c)
{
	return &c->dns;
}

bool cert_has_other_names(const struct cert *c)
{
	return c->other_names;
}

bool cert_has_evp(const struct cert *c, EVP_PKEY *key)
{
	EVP_PKEY *pkey = X509_get0_pubkey(c->x509);
	bool same = pkey != NULL && EVP_PKEY_eq(pkey, key) == 1;

	ERR_clear_error();
	return same;
}

bool cert_has_key(const struct cert *c, const struct key *k)
{
	return cert_has_evp(c, key_evp(k));
}

const char *cert_subject_cn(const struct cert *c)
{
	return c->subject_cn;
}

const char *cert_authority_key_id(const struct cert *c)
{
	return c->authority_key_id;
}

const char *cert_spki_sha256(const struct cert *c)
{
	return c->spki_sha256;
}

const struct strs *cert_ocsp_urls(const struct cert *c)
{
	return &c->ocsp;
}

const struct strs *cert_crl_urls(const struct cert *c)
{
	return &c->crl;
}

bool cert_is_self_issued(const struct cert *c)
{
	return X509_NAME_cmp(X509_get_subject_name(c->x509), X509_get_issuer_name(c->x509)) == 0;
}

int cert_save_der(const struct cert *c, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (bio == NULL || i2d_X509_bio(bio, c->x509) != 1)
		ossl_fail(e, ERR_INTERNAL, _("cannot write a certificate"));
	else
		rc = ossl_take(bio, out, e);
	BIO_free(bio);
	return rc;
}

int cert_save_pem(const struct cert *c, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (bio == NULL || PEM_write_bio_X509(bio, c->x509) != 1)
		ossl_fail(e, ERR_INTERNAL, _("cannot write a certificate"));
	else
		rc = ossl_take(bio, out, e);
	BIO_free(bio);
	return rc;
}
