#include "config.h"

#include "x509_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

EVP_PKEY *maker_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static void set_serial(X509 *x, const char *hex)
{
	BIGNUM *n = NULL;
	ASN1_INTEGER *serial;

	assert_true(BN_hex2bn(&n, hex) > 0);
	serial = BN_to_ASN1_INTEGER(n, NULL);
	assert_non_null(serial);
	assert_int_equal(X509_set_serialNumber(x, serial), 1);
	ASN1_INTEGER_free(serial);
	BN_free(n);
}

static void set_times(X509 *x, int64_t from, int64_t to)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)from);

	assert_non_null(t);
	assert_int_equal(X509_set1_notBefore(x, t), 1);
	assert_non_null(ASN1_TIME_set(t, (time_t)to));
	assert_int_equal(X509_set1_notAfter(x, t), 1);
	ASN1_TIME_free(t);
}

static void add_issued_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;

	if (value == NULL)
		return;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void add_extension(X509 *x, int nid, const char *value)
{
	add_issued_extension(x, x, nid, value);
}

static void add_key_ids(X509 *x, X509 *issuer)
{
	add_extension(x, NID_subject_key_identifier, "hash");
	if (issuer != NULL && X509_get0_subject_key_id(issuer) != NULL)
		add_issued_extension(x, issuer, NID_authority_key_identifier, "keyid:always");
}

static void add_sans(X509 *x, const char *const *sans)
{
	char list[8192] = "";
	size_t len = 0;

	if (sans == NULL)
		return;
	for (; *sans != NULL; sans++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? "," : "", *sans);
	assert_true(len < sizeof list);
	add_extension(x, NID_subject_alt_name, list);
}

void maker_sign(X509 *x, EVP_PKEY *key)
{
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
}

X509 *maker_cert(const struct maker_spec *spec)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();

	assert_non_null(x);
	assert_non_null(name);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	set_serial(x, spec->serial != NULL ? spec->serial : "01");
	set_times(x, spec->from, spec->to);
	if (spec->subject != NULL)
		assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		                                            (const unsigned char *)spec->subject, -1, -1, 0), 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_int_equal(X509_set_issuer_name(x, spec->issuer != NULL ? X509_get_subject_name(spec->issuer) : name), 1);
	assert_int_equal(X509_set_pubkey(x, spec->key), 1);
	add_extension(x, NID_basic_constraints, spec->basic);
	add_extension(x, NID_key_usage, spec->usage);
	add_extension(x, NID_ext_key_usage, spec->extended);
	add_extension(x, NID_info_access, spec->access);
	add_extension(x, NID_crl_distribution_points, spec->crls);
	if (spec->key_ids)
		add_key_ids(x, spec->issuer);
	add_sans(x, spec->sans);
	maker_sign(x, spec->issuer_key != NULL ? spec->issuer_key : spec->key);
	X509_NAME_free(name);
	return x;
}

void maker_add_basic_constraints(X509 *x)
{
	add_extension(x, NID_basic_constraints, "CA:FALSE");
}

void maker_add_raw_dns(X509 *x, const char *octets, size_t len)
{
	GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	assert_true(list != NULL && general != NULL && text != NULL);
	assert_int_equal(ASN1_STRING_set(text, octets, (int)len), 1);
	GENERAL_NAME_set0_value(general, GEN_DNS, text);
	assert_true(sk_GENERAL_NAME_push(list, general) > 0);
	assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, X509V3_ADD_APPEND), 1);
	GENERAL_NAMES_free(list);
}

static char *text_of(BIO *bio)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);
	char *out = malloc((size_t)len + 1);

	assert_non_null(out);
	memcpy(out, data, (size_t)len);
	out[len] = '\0';
	BIO_free(bio);
	return out;
}

char *maker_cert_pem(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_non_null(bio);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	return text_of(bio);
}

char *maker_key_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_non_null(bio);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	return text_of(bio);
}
