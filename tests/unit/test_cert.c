#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "pki/cert.h"
#include "pki/digest.h"
#include "x509_maker.h"

#define T0 1771459200 /* 2026-02-19T00:00:00Z */
#define DAY 86400

static const char *const two_names[] = {"DNS:Example.JP", "DNS:*.example.jp", NULL};

static struct cert *loaded(X509 *x)
{
	struct err e = ERR_INIT;
	struct cert *c = NULL;
	char *pem = maker_cert_pem(x);

	if (cert_load_pem(pem, strlen(pem), &c, &e) != 0)
		fail_msg("%s", e.cause);
	free(pem);
	return c;
}

static void tells_what_is_in_it(void **state)
{
	EVP_PKEY *key = maker_key(), *ca_key = maker_key();
	X509 *ca = maker_cert(&(struct maker_spec){.subject = "Maker CA 1", .from = T0, .to = T0 + DAY, .key = ca_key});
	X509 *x = maker_cert(&(struct maker_spec){.subject = "example.jp", .sans = two_names, .from = T0, .to = T0 + 90 * DAY - 1,
	                                          .serial = "F00DCAFE01", .key = key, .issuer = ca, .issuer_key = ca_key});
	struct cert *c = loaded(x);
	struct err e = ERR_INIT;
	struct buf der;
	char *hex;

	(void)state;
	assert_int_equal(cert_not_before(c), T0);
	assert_int_equal(cert_not_after(c), T0 + 90 * DAY - 1);
	assert_string_equal(cert_serial(c), "00f00dcafe01");
	assert_string_equal(cert_subject(c), "CN=example.jp");
	assert_string_equal(cert_issuer(c), "CN=Maker CA 1");
	assert_string_equal(cert_issuer_cn(c), "Maker CA 1");
	assert_int_equal(cert_dns_names(c)->count, 2);
	assert_string_equal(cert_dns_names(c)->item[0], "example.jp");
	assert_string_equal(cert_dns_names(c)->item[1], "*.example.jp");
	assert_false(cert_has_other_names(c));
	buf_init(&der, 65536);
	assert_int_equal(cert_save_der(c, &der, &e), 0);
	hex = digest_sha256_hex(der.data, der.len);
	assert_string_equal(cert_fingerprint(c), hex);
	free(hex);
	cert_free(c);
	c = NULL;
	assert_int_equal(cert_load_der(der.data, der.len, &c, &e), 0);
	assert_string_equal(cert_serial(c), "00f00dcafe01");
	buf_clear(&der);
	cert_free(c);
	cert_free(NULL);
	X509_free(x);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

static void tells_who_made_it_and_where_to_ask(void **state)
{
	EVP_PKEY *key = maker_key(), *ca_key = maker_key();
	X509 *ca = maker_cert(&(struct maker_spec){.subject = "Maker CA 1", .from = T0, .to = T0 + DAY, .key = ca_key,
	                                           .key_ids = true});
	X509 *x = maker_cert(&(struct maker_spec){.subject = "example.jp", .from = T0, .to = T0 + DAY, .key = key,
	                                          .issuer = ca, .issuer_key = ca_key, .key_ids = true,
	                                          .access = "OCSP;URI:http://ocsp.example/a,caIssuers;URI:http://ca.example/,"
	                                                    "OCSP;URI:HTTPS://ocsp.example/b,OCSP;URI:ldap://ocsp.example/,"
	                                                    "OCSP;DNS:ocsp.example,OCSP;URI:http://ocsp.example/a",
	                                          .crls = "URI:http://crl.example/1,URI:ldap://crl.example/,"
	                                                  "URI:http://crl.example/2"});
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca);
	struct cert *c = loaded(x), *issuer = loaded(ca);
	const char *hex = cert_authority_key_id(c);

	(void)state;
	assert_string_equal(cert_subject_cn(c), "example.jp");
	assert_string_equal(cert_subject_cn(issuer), "Maker CA 1");
	assert_int_equal(strlen(hex), 2 * ASN1_STRING_length(id));
	for (int i = 0; i < ASN1_STRING_length(id); i++) {
		unsigned octet;

		assert_int_equal(sscanf(hex + 2 * (size_t)i, "%2x", &octet), 1);
		assert_int_equal(octet, ASN1_STRING_get0_data(id)[i]);
	}
	assert_string_equal(cert_authority_key_id(issuer), "");
	assert_int_equal(cert_ocsp_urls(c)->count, 2);
	assert_string_equal(cert_ocsp_urls(c)->item[0], "http://ocsp.example/a");
	assert_string_equal(cert_ocsp_urls(c)->item[1], "HTTPS://ocsp.example/b");
	assert_int_equal(cert_crl_urls(c)->count, 2);
	assert_string_equal(cert_crl_urls(c)->item[0], "http://crl.example/1");
	assert_string_equal(cert_crl_urls(c)->item[1], "http://crl.example/2");
	assert_int_equal(cert_ocsp_urls(issuer)->count, 0);
	assert_int_equal(cert_crl_urls(issuer)->count, 0);
	assert_false(cert_is_self_issued(c));
	assert_true(cert_is_self_issued(issuer));
	cert_free(c);
	cert_free(issuer);
	X509_free(x);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

static void addresses_are_bounded(void **state)
{
	EVP_PKEY *key = maker_key();
	char *access = str_dup("OCSP;URI:http://a/ b");
	X509 *x;
	struct cert *c;

	(void)state;
	for (int i = 0; i < 20; i++)
		str_replace(&access, str_fmt("%s,OCSP;URI:http://ocsp.example/%d", access, i));
	x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key, .access = access});
	c = loaded(x);
	assert_int_equal(cert_ocsp_urls(c)->count, 8);
	assert_string_equal(cert_ocsp_urls(c)->item[0], "http://ocsp.example/0");
	assert_string_equal(cert_ocsp_urls(c)->item[7], "http://ocsp.example/7");
	cert_free(c);
	X509_free(x);
	free(access);
	EVP_PKEY_free(key);
}

/* A list of one URI. */
static GENERAL_NAMES *names_of(const char *url)
{
	GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	assert_true(list != NULL && name != NULL && text != NULL);
	assert_int_equal(ASN1_STRING_set(text, url, -1), 1);
	GENERAL_NAME_set0_value(name, GEN_URI, text);
	assert_true(sk_GENERAL_NAME_push(list, name) > 0);
	return list;
}

static void lists_of_others_and_of_some_reasons_are_passed_over(void **state)
{
	static const char *const urls[] = {"http://reasons.example/", "http://issuer.example/", "http://whole.example/"};
	CRL_DIST_POINTS *list = sk_DIST_POINT_new_null();
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key});
	struct cert *c;

	(void)state;
	assert_non_null(list);
	for (size_t i = 0; i < 3; i++) {
		DIST_POINT *point = DIST_POINT_new();
		GENERAL_NAMES *names = names_of(urls[i]);

		point->distpoint = DIST_POINT_NAME_new();
		point->distpoint->type = 0;
		point->distpoint->name.fullname = names;
		if (i == 0) {
			point->reasons = ASN1_BIT_STRING_new();
			assert_int_equal(ASN1_BIT_STRING_set_bit(point->reasons, 1, 1), 1);
		}
		if (i == 1)
			point->CRLissuer = names_of("http://any.example/");
		assert_true(sk_DIST_POINT_push(list, point) > 0);
	}
	assert_int_equal(X509_add1_ext_i2d(x, NID_crl_distribution_points, list, 0, X509V3_ADD_APPEND), 1);
	maker_sign(x, key);
	c = loaded(x);
	assert_int_equal(cert_crl_urls(c)->count, 1);
	assert_string_equal(cert_crl_urls(c)->item[0], "http://whole.example/");
	cert_free(c);
	X509_free(x);
	CRL_DIST_POINTS_free(list);
	EVP_PKEY_free(key);
}

static void serials_keep_their_octets(void **state)
{
	static const char *const t[][2] = {
		{"01", "01"}, {"7F", "7f"}, {"80", "0080"}, {"0100", "0100"}, {"00", "00"},
		{"7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "7fffffffffffffffffffffffffffffffffffffff"},
		{"87654321", "0087654321"}, {"-1", "ff"},
	};
	EVP_PKEY *key = maker_key();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		X509 *x = maker_cert(&(struct maker_spec){.serial = t[i][0], .from = T0, .to = T0 + DAY, .key = key});
		struct cert *c = loaded(x);

		assert_string_equal(cert_serial(c), t[i][1]);
		cert_free(c);
		X509_free(x);
	}
	EVP_PKEY_free(key);
}

static void both_forms_of_time_are_read(void **state)
{
	static const int64_t t[] = {
		0, 946684800, 2524607999 /* the last second of UTCTime */, 2524608000 /* the first of GeneralizedTime */,
		4102444800, 253402300799 /* RFC 5280's "no end" */, -631152000 /* 1950 */,
	};
	EVP_PKEY *key = maker_key();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = t[i], .key = key});
		struct cert *c = loaded(x);

		assert_true(cert_not_after(c) == t[i]);
		assert_true(cert_not_before(c) == T0);
		cert_free(c);
		X509_free(x);
	}
	EVP_PKEY_free(key);
}

static void an_empty_subject_and_no_names_are_no_error(void **state)
{
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key});
	struct cert *c = loaded(x);

	(void)state;
	assert_string_equal(cert_subject(c), "");
	assert_string_equal(cert_issuer_cn(c), "");
	assert_int_equal(cert_dns_names(c)->count, 0);
	cert_free(c);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void the_common_name_is_not_taken_for_a_dns_name(void **state)
{
	static const char *const sans[] = {"DNS:b.jp", "IP:192.0.2.1", "email:a@b.jp", NULL};
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.subject = "a.jp", .sans = sans, .from = T0, .to = T0 + DAY, .key = key});
	struct cert *c = loaded(x);

	(void)state;
	assert_int_equal(cert_dns_names(c)->count, 1);
	assert_string_equal(cert_dns_names(c)->item[0], "b.jp");
	assert_true(cert_has_other_names(c));
	cert_free(c);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void names_are_safe_to_show(void **state)
{
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.subject = "\xe6\x97\xa5\x1b[2J", .from = T0, .to = T0 + DAY, .key = key});
	struct cert *c = loaded(x);

	(void)state;
	assert_string_equal(cert_subject(c), "CN=\xe6\x97\xa5\\x1B[2J");
	assert_string_equal(cert_issuer_cn(c), "\xe6\x97\xa5\\x1B[2J");
	cert_free(c);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void names_that_two_readers_would_read_differently_are_refused(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
	} t[] = {{"a.jp\0.evil.jp", 13}, {"a b", 3}, {"a\n", 2}, {"\xe6\x97\xa5.jp", 6}, {"", 0}};
	EVP_PKEY *key = maker_key();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key});
		struct err e = ERR_INIT;
		struct cert *c = NULL;
		char *pem;

		maker_add_raw_dns(x, t[i].octets, t[i].len);
		maker_sign(x, key);
		pem = maker_cert_pem(x);
		assert_int_equal(cert_load_pem(pem, strlen(pem), &c, &e), -1);
		assert_non_null(strstr(e.cause, "subject alternative names"));
		assert_null(c);
		err_clear(&e);
		free(pem);
		X509_free(x);
	}
	EVP_PKEY_free(key);
}

static void names_given_twice_are_refused(void **state)
{
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.sans = two_names, .from = T0, .to = T0 + DAY, .key = key});
	struct err e = ERR_INIT;
	struct cert *c = NULL;
	char *pem;

	(void)state;
	maker_add_raw_dns(x, "b.jp", 4);
	maker_sign(x, key);
	pem = maker_cert_pem(x);
	assert_int_equal(cert_load_pem(pem, strlen(pem), &c, &e), -1);
	assert_non_null(strstr(e.cause, "subject alternative names"));
	assert_null(c);
	err_clear(&e);
	free(pem);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void knows_its_key(void **state)
{
	struct err e = ERR_INIT;
	struct key *ours = NULL, *other = NULL, *rsa = NULL;
	EVP_PKEY *key = maker_key();
	char *pem = maker_key_pem(key), *hex = NULL;
	X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key});
	struct cert *c = loaded(x);

	(void)state;
	assert_int_equal(key_load_pem(pem, strlen(pem), &ours, &e), 0);
	assert_int_equal(key_generate(KEY_EC_P256, &other, &e), 0);
	assert_int_equal(key_generate(KEY_RSA2048, &rsa, &e), 0);
	assert_true(cert_has_key(c, ours));
	assert_false(cert_has_key(c, other));
	assert_false(cert_has_key(c, rsa));
	assert_int_equal(key_spki_sha256(ours, &hex, &e), 0);
	assert_string_equal(cert_spki_sha256(c), hex);
	free(hex);
	assert_int_equal(key_spki_sha256(other, &hex, &e), 0);
	assert_string_not_equal(cert_spki_sha256(c), hex);
	free(hex);
	key_free(ours);
	key_free(other);
	key_free(rsa);
	free(pem);
	cert_free(c);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void what_is_written_is_read_again(void **state)
{
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.subject = "a", .sans = two_names, .from = T0, .to = T0 + DAY, .key = key});
	struct cert *c = loaded(x);
	struct err e = ERR_INIT;
	struct buf b;
	char *pem = maker_cert_pem(x), *fingerprint;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(cert_save_pem(c, &b, &e), 0);
	assert_string_equal(b.data, pem);
	fingerprint = cert_pem_fingerprint(b.data, b.len, &e);
	assert_string_equal(fingerprint, cert_fingerprint(c));
	free(fingerprint);
	buf_clear(&b);
	free(pem);
	cert_free(c);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void refused(const char *text, size_t len)
{
	struct err e = ERR_INIT;
	struct cert *c = NULL;

	assert_int_equal(cert_load_pem(text, len, &c, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_null(c);
	err_clear(&e);
}

/* Found by fuzzing: the unused bits of the signature's BIT STRING are lost when it is written again. */
static void what_can_be_written_in_two_ways_is_refused(void **state)
{
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key});
	const ASN1_BIT_STRING *signature;
	struct err e = ERR_INIT;
	struct cert *c = loaded(x);
	size_t sig_len;
	struct buf der;

	(void)state;
	X509_get0_signature(&signature, NULL, x);
	sig_len = (size_t)ASN1_STRING_length(signature);
	buf_init(&der, 65536);
	assert_int_equal(cert_save_der(c, &der, &e), 0);
	cert_free(c);
	c = NULL;
	assert_int_equal(der.data[der.len - sig_len - 1], 0);
	der.data[der.len - sig_len - 1] = 1;
	der.data[der.len - 1] |= 1;
	assert_int_equal(cert_load_der(der.data, der.len, &c, &e), -1);
	assert_int_equal(e.kind, ERR_CERTIFICATE);
	assert_null(c);
	err_clear(&e);
	buf_clear(&der);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void anything_but_one_certificate_is_refused(void **state)
{
	EVP_PKEY *key = maker_key();
	X509 *x = maker_cert(&(struct maker_spec){.from = T0, .to = T0 + DAY, .key = key});
	char *pem = maker_cert_pem(x), *two = malloc(2 * strlen(pem) + 1);
	struct err e = ERR_INIT;
	struct cert *c = NULL;
	struct buf der;

	(void)state;
	assert_non_null(two);
	memcpy(two, pem, strlen(pem));
	memcpy(two + strlen(pem), pem, strlen(pem) + 1);
	refused("", 0);
	refused("hello", 5);
	refused(two, strlen(two));
	refused(pem, strlen(pem) / 2);
	refused("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 59);

	buf_init(&der, 65536);
	c = loaded(x);
	assert_int_equal(cert_save_der(c, &der, &e), 0);
	cert_free(c);
	c = NULL;
	assert_int_equal(buf_append(&der, "\0", 1), 0);
	assert_int_equal(cert_load_der(der.data, der.len, &c, &e), -1);
	assert_int_equal(e.kind, ERR_CERTIFICATE);
	err_clear(&e);
	for (size_t len = 0; len < der.len - 1; len += 7) {
		assert_int_equal(cert_load_der(der.data, len, &c, &e), -1);
		err_clear(&e);
	}
	assert_null(c);
	buf_clear(&der);
	free(two);
	free(pem);
	X509_free(x);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_in_it),
		cmocka_unit_test(tells_who_made_it_and_where_to_ask),
		cmocka_unit_test(addresses_are_bounded),
		cmocka_unit_test(lists_of_others_and_of_some_reasons_are_passed_over),
		cmocka_unit_test(serials_keep_their_octets),
		cmocka_unit_test(both_forms_of_time_are_read),
		cmocka_unit_test(an_empty_subject_and_no_names_are_no_error),
		cmocka_unit_test(the_common_name_is_not_taken_for_a_dns_name),
		cmocka_unit_test(names_are_safe_to_show),
		cmocka_unit_test(names_that_two_readers_would_read_differently_are_refused),
		cmocka_unit_test(names_given_twice_are_refused),
		cmocka_unit_test(knows_its_key),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(what_can_be_written_in_two_ways_is_refused),
		cmocka_unit_test(anything_but_one_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
