#include "config.h"

#include "pki/cert.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "internal.h"
#include "pki/digest.h"

#define DER_MAX (128 * 1024)
#define NAME_MAX_BYTES 500 /* of a subject, for people */

struct cert {
	X509 *x509;
	int64_t not_before;
	int64_t not_after;
	char *serial;
	char *fingerprint;
	char *subject;
	char *issuer;
	char *issuer_cn;
	struct strs dns;
	bool other_names;
};

X509 *cert_x509(const struct cert *c)
{
	return c->x509;
}

static int read_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm = {0};
	struct date day;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	day = (struct date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
	if (!date_valid(day))
		return -1;
	*out = time_from_utc(day, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
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
	char *out;

	if (len <= 0)
		return NULL;
	out = digest_sha256_hex(der, (size_t)len);
	OPENSSL_free(der);
	return out;
}

static char *read_name(const X509_NAME *name)
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

static char *read_common_name(const X509_NAME *name)
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

/* NULL when all is there, else what is wrong. */
static const char *read_fields(struct cert *c)
{
	if (read_time(X509_get0_notBefore(c->x509), &c->not_before) != 0 ||
	    read_time(X509_get0_notAfter(c->x509), &c->not_after) != 0)
		return _("its dates of validity cannot be read");
	if (read_names(c) != 0)
		return _("its subject alternative names cannot be read");
	c->serial = read_serial(c->x509);
	c->fingerprint = read_fingerprint(c->x509);
	c->subject = read_name(X509_get_subject_name(c->x509));
	c->issuer = read_name(X509_get_issuer_name(c->x509));
	c->issuer_cn = read_common_name(X509_get_issuer_name(c->x509));
	if (c->serial == NULL || c->fingerprint == NULL || c->subject == NULL || c->issuer == NULL || c->issuer_cn == NULL)
		return _("its names or serial number cannot be read");
	return NULL;
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
	if (c->x509 == NULL || p != start + len) {
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

	if (len > DER_MAX || pem_next(&pos, pem + len, der) != 1 || pem_next(&pos, pem + len, der) != 0)
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
	free(c->issuer_cn);
	strs_clear(&c->dns);
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

bool cert_has_key(const struct cert *c, const struct key *k)
{
	EVP_PKEY *pkey = X509_get0_pubkey(c->x509);
	bool same = pkey != NULL && EVP_PKEY_eq(pkey, key_evp(k)) == 1;

	ERR_clear_error();
	return same;
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
