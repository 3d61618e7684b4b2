#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/str.h"
#include "pki/pkcs12.h"
#include "x509_maker.h"

#define T0 1771459200 /* 2026-02-19T00:00:00Z */
#define DAY 86400

struct fixture {
	EVP_PKEY *ca_key, *leaf_key;
	X509 *ca, *leaf;
	struct key *key;
	struct chain *chain, *single;
};

static struct chain *chain_of(X509 *a, X509 *b)
{
	char *first = maker_cert_pem(a), *second = b != NULL ? maker_cert_pem(b) : str_dup("");
	char *pem = str_fmt("%s%s", first, second);
	struct err e = ERR_INIT;
	struct chain *c = NULL;

	assert_int_equal(chain_parse(pem, strlen(pem), &c, &e), 0);
	free(pem);
	free(second);
	free(first);
	return c;
}

static int setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);
	struct err e = ERR_INIT;
	char *pem;

	f->ca_key = maker_key();
	f->leaf_key = maker_key();
	f->ca = maker_cert(&(struct maker_spec){.subject = "CA", .basic = "critical,CA:TRUE", .from = T0, .to = T0 + DAY,
	                                        .key = f->ca_key});
	f->leaf = maker_cert(&(struct maker_spec){.subject = "example.jp", .from = T0, .to = T0 + DAY, .key = f->leaf_key,
	                                          .issuer = f->ca, .issuer_key = f->ca_key});
	pem = maker_key_pem(f->leaf_key);
	assert_int_equal(key_load_pem(pem, strlen(pem), &f->key, &e), 0);
	free(pem);
	f->chain = chain_of(f->leaf, f->ca);
	f->single = chain_of(f->leaf, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	chain_free(f->chain);
	chain_free(f->single);
	key_free(f->key);
	X509_free(f->ca);
	X509_free(f->leaf);
	EVP_PKEY_free(f->ca_key);
	EVP_PKEY_free(f->leaf_key);
	free(f);
	return 0;
}

static PKCS12 *made(const struct fixture *f, const struct chain *c, const char *password, const char *name)
{
	struct err e = ERR_INIT;
	const unsigned char *p;
	struct buf der;
	PKCS12 *p12;

	buf_init_secret(&der, 65536);
	if (pkcs12_make(f->key, c, password, name, &der, &e) != 0)
		fail_msg("%s", e.cause);
	p = (const unsigned char *)der.data;
	p12 = d2i_PKCS12(NULL, &p, (long)der.len);
	assert_non_null(p12);
	assert_ptr_equal(p, der.data + der.len);
	buf_clear(&der);
	return p12;
}

static void what_went_in_comes_out(void **state)
{
	static const char *const passwords[] = {"secret", "", "p\xc3\xa4ss \xe6\x97\xa5", "with spaces and \"quotes\""};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
		PKCS12 *p12 = made(f, i % 2 == 0 ? f->chain : f->single, passwords[i], "example.jp");
		STACK_OF(X509) *rest = NULL;
		EVP_PKEY *key = NULL;
		X509 *leaf = NULL;
		int len = 0;

		assert_int_equal(PKCS12_verify_mac(p12, passwords[i], -1), 1);
		assert_int_equal(PKCS12_verify_mac(p12, "wrong", -1), 0);
		assert_int_equal(PKCS12_parse(p12, passwords[i], &key, &leaf, &rest), 1);
		assert_int_equal(EVP_PKEY_eq(key, f->leaf_key), 1);
		assert_int_equal(X509_cmp(leaf, f->leaf), 0);
		assert_memory_equal(X509_alias_get0(leaf, &len), "example.jp", 10);
		assert_int_equal(len, 10);
		assert_int_equal(rest != NULL ? sk_X509_num(rest) : 0, i % 2 == 0 ? 1 : 0);
		if (i % 2 == 0)
			assert_int_equal(X509_cmp(sk_X509_value(rest, 0), f->ca), 0);
		sk_X509_pop_free(rest, X509_free);
		X509_free(leaf);
		EVP_PKEY_free(key);
		PKCS12_free(p12);
	}
}

/* PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC. */
static void check_encryption(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *id, *part;
	const void *parameter;
	PBE2PARAM *pbes2;
	PBKDF2PARAM *pbkdf2;
	int type;

	X509_ALGOR_get0(&id, &type, &parameter, algorithm);
	assert_int_equal(OBJ_obj2nid(id), NID_pbes2);
	pbes2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
	assert_non_null(pbes2);
	X509_ALGOR_get0(&part, NULL, NULL, pbes2->encryption);
	assert_int_equal(OBJ_obj2nid(part), NID_aes_256_cbc);
	X509_ALGOR_get0(&part, NULL, NULL, pbes2->keyfunc);
	assert_int_equal(OBJ_obj2nid(part), NID_id_pbkdf2);
	pbkdf2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbes2->keyfunc->parameter);
	assert_non_null(pbkdf2);
	assert_true(ASN1_INTEGER_get(pbkdf2->iter) >= 10000);
	X509_ALGOR_get0(&part, NULL, NULL, pbkdf2->prf);
	assert_int_equal(OBJ_obj2nid(part), NID_hmacWithSHA256);
	PBKDF2PARAM_free(pbkdf2);
	PBE2PARAM_free(pbes2);
}

static void check_bag(const PKCS12_SAFEBAG *bag)
{
	const X509_SIG *shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
	const X509_ALGOR *algorithm;

	assert_int_equal(PKCS12_SAFEBAG_get_nid(bag), NID_pkcs8ShroudedKeyBag);
	X509_SIG_get0(shrouded, &algorithm, NULL);
	check_encryption(algorithm);
}

static void current_programs_read_it(void **state)
{
	const struct fixture *f = *state;
	PKCS12 *p12 = made(f, f->chain, "secret", NULL);
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	const X509_ALGOR *mac;
	const ASN1_INTEGER *rounds;
	const ASN1_OBJECT *digest;
	int encrypted = 0, plain = 0;

	PKCS12_get0_mac(NULL, &mac, NULL, &rounds, p12);
	X509_ALGOR_get0(&digest, NULL, NULL, mac);
	assert_int_equal(OBJ_obj2nid(digest), NID_sha256);
	assert_true(ASN1_INTEGER_get(rounds) >= 10000);
	for (int i = 0; i < sk_PKCS7_num(safes); i++) {
		PKCS7 *safe = sk_PKCS7_value(safes, i);

		if (PKCS7_type_is_encrypted(safe)) {
			check_encryption(safe->d.encrypted->enc_data->algorithm);
			encrypted++;
		} else {
			STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(safe);

			assert_int_equal(sk_PKCS12_SAFEBAG_num(bags), 1);
			check_bag(sk_PKCS12_SAFEBAG_value(bags, 0));
			sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
			plain++;
		}
	}
	assert_int_equal(encrypted, 1);
	assert_int_equal(plain, 1);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(p12);
}

static void another_key_or_too_little_room_is_an_error(void **state)
{
	const struct fixture *f = *state;
	struct err e = ERR_INIT;
	struct key *other = NULL;
	struct buf der;

	buf_init_secret(&der, 65536);
	assert_int_equal(key_generate(KEY_EC_P256, &other, &e), 0);
	assert_int_equal(pkcs12_make(other, f->chain, "x", NULL, &der, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_int_equal(der.len, 0);
	err_clear(&e);
	key_free(other);
	buf_clear(&der);
	buf_init_secret(&der, 100);
	assert_int_equal(pkcs12_make(f->key, f->chain, "x", NULL, &der, &e), -1);
	assert_int_equal(der.len, 0);
	err_clear(&e);
	buf_clear(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_comes_out),
		cmocka_unit_test(current_programs_read_it),
		cmocka_unit_test(another_key_or_too_little_room_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
