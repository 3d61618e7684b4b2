#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "data/b64url.h"
#include "pki/key.h"

/* The published examples, as their JWKs give them. */
struct rsa_text {
	const char *n, *d, *p, *q;
};

/* RFC 7515, appendix A.2: never a secret. */
static const struct rsa_text rfc7515_a2 = {
	.n =
		"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
		"Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
		"pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
		"bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
		"UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
		"DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
	.d =
		"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-"
		"7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkq"
		"zjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaF"
		"QT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
	.p =
		"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_"
		"Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
	.q =
		"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-"
		"7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-"
		"njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
};

/* RFC 7517, appendix A.2; its public half is the example of RFC 7638. */
static const struct rsa_text rfc7517_a2 = {
	.n =
		"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B"
		"JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"
		"65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdk"
		"t-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
	.d =
		"X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFA"
		"KNLWY2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9"
		"tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk"
		"0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q",
	.p =
		"83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-"
		"60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmCMjOpSXicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9"
		"RzzOGVQzXvNEvn7O0nVbfs",
	.q =
		"3dfOR9cuYq-0S-"
		"mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5r370AFXjiWft_NGEiovoni"
		"zhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6yelxk",
};

static const char rfc7515_input[] =
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"
	"lLmNvbS9pc19yb290Ijp0cnVlfQ";
static const char rfc7515_signature[] =
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"
	"0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--"
	"f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
	"xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLI"
	"hWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

static BIGNUM *number(const char *text)
{
	struct buf b;
	BIGNUM *n;

	buf_init_secret(&b, 1024);
	assert_int_equal(b64url_decode(text, &b), 0);
	n = BN_bin2bn((unsigned char *)b.data, (int)b.len, NULL);
	assert_non_null(n);
	buf_clear(&b);
	return n;
}

/* OpenSSL wants the CRT numbers too. */
static void push_crt(OSSL_PARAM_BLD *bld, const BIGNUM *d, const BIGNUM *p, const BIGNUM *q, BIGNUM *crt[3])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *less = BN_new();

	for (int i = 0; i < 3; i++)
		crt[i] = BN_new();
	assert_true(BN_sub(less, p, BN_value_one()) && BN_mod(crt[0], d, less, ctx));
	assert_true(BN_sub(less, q, BN_value_one()) && BN_mod(crt[1], d, less, ctx));
	assert_non_null(BN_mod_inverse(crt[2], q, p, ctx));
	assert_true(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_EXPONENT1, crt[0]));
	assert_true(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_EXPONENT2, crt[1]));
	assert_true(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, crt[2]));
	BN_free(less);
	BN_CTX_free(ctx);
}

static EVP_PKEY *rsa_of(const struct rsa_text *t)
{
	BIGNUM *part[] = {number(t->n), number("AQAB"), number(t->d), number(t->p), number(t->q)}, *crt[3];
	static const char *const name[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	                                   OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2};
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *pkey = NULL;

	for (int i = 0; i < 5; i++)
		assert_true(OSSL_PARAM_BLD_push_BN(bld, name[i], part[i]));
	push_crt(bld, part[2], part[3], part[4], crt);
	params = OSSL_PARAM_BLD_to_param(bld);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	for (int i = 0; i < 5; i++)
		BN_free(part[i]);
	for (int i = 0; i < 3; i++)
		BN_free(crt[i]);
	return pkey;
}

/* PEM in the given form, then through key_load_pem. */
static struct key *load_evp(EVP_PKEY *pkey, bool traditional)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct err e = ERR_INIT;
	struct key *k = NULL;
	char *pem = NULL;
	long len;

	if (traditional)
		assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	else
		assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	assert_int_equal(key_load_pem(pem, (size_t)len, &k, &e), 0);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return k;
}

static struct key *generated(enum key_type t)
{
	struct err e = ERR_INIT;
	struct key *k = NULL;

	assert_int_equal(key_generate(t, &k, &e), 0);
	assert_int_equal(key_type_of(k), t);
	return k;
}

/* OpenSSL's own view of one of our keys. */
static EVP_PKEY *evp_of(const struct key *k)
{
	struct err e = ERR_INIT;
	struct buf b;
	EVP_PKEY *pkey;
	BIO *bio;

	buf_init_secret(&b, KEY_PEM_MAX);
	assert_int_equal(key_save_pem(k, &b, &e), 0);
	bio = BIO_new_mem_buf(b.data, (int)b.len);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(pkey);
	BIO_free(bio);
	buf_clear(&b);
	return pkey;
}

static void type_names_go_both_ways(void **state)
{
	enum key_type t = KEY_EC_P384;
	size_t n = 0;

	(void)state;
	for (; key_type_names()[n] != NULL; n++) {
		assert_int_equal(key_type_parse(key_type_names()[n], &t), 0);
		assert_int_equal(t, n);
		assert_string_equal(key_type_name(t), key_type_names()[n]);
	}
	assert_int_equal(n, KEY_TYPE_COUNT);
	assert_int_equal(key_type_parse("rsa", &t), 0);
	assert_int_equal(t, KEY_RSA2048);
	assert_int_equal(key_type_parse("ecdsa", &t), 0);
	assert_int_equal(t, KEY_EC_P256);
	assert_int_equal(key_type_parse("rsa1024", &t), -1);
	assert_int_equal(key_type_parse("", &t), -1);
	assert_int_equal(key_type_parse("RSA2048", &t), -1);
}

static void every_type_is_made_saved_and_read_again(void **state)
{
	(void)state;
	for (int t = 0; t < KEY_TYPE_COUNT; t++) {
		struct key *k = generated((enum key_type)t), *back = NULL, *other;
		struct err e = ERR_INIT;
		struct buf b;

		buf_init_secret(&b, KEY_PEM_MAX);
		assert_int_equal(buf_append_str(&b, "before\n"), 0);
		assert_int_equal(key_save_pem(k, &b, &e), 0);
		assert_non_null(strstr(b.data, "before\n-----BEGIN PRIVATE KEY-----\n"));
		assert_int_equal(key_load_pem(b.data, b.len, &back, &e), 0);
		assert_int_equal(key_type_of(back), t);
		assert_true(key_same(k, back));
		other = generated(t == KEY_RSA4096 ? KEY_RSA2048 : (enum key_type)t);
		assert_false(key_same(k, other));
		buf_clear(&b);
		key_free(other);
		key_free(back);
		key_free(k);
	}
	key_free(NULL);
}

static void too_little_room_is_an_error(void **state)
{
	struct key *k = generated(KEY_EC_P256);
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	buf_init_secret(&b, 100);
	assert_int_equal(key_save_pem(k, &b, &e), -1);
	assert_int_equal(b.len, 0);
	err_clear(&e);
	buf_truncate(&b, 0);
	buf_clear(&b);
	buf_init(&b, 63);
	assert_int_equal(key_sign_jws(k, "x", 1, &b, &e), -1);
	assert_int_equal(b.len, 0);
	err_clear(&e);
	buf_clear(&b);
	key_free(k);
}

static void old_forms_of_pem_are_read(void **state)
{
	struct key *k = load_evp(EVP_EC_gen("P-384"), true);

	(void)state;
	assert_int_equal(key_type_of(k), KEY_EC_P384);
	key_free(k);
	k = load_evp(rsa_of(&rfc7515_a2), true);
	assert_int_equal(key_type_of(k), KEY_RSA2048);
	key_free(k);
}

static void refuse_pem(const char *pem, size_t len, const char *words)
{
	struct err e = ERR_INIT;
	struct key *k = NULL;

	assert_int_equal(key_load_pem(pem, len, &k, &e), -1);
	assert_null(k);
	assert_int_equal(e.kind, ERR_IO);
	if (strstr(e.cause, words) == NULL)
		fail_msg("%s", e.cause);
	err_clear(&e);
}

static void refuse_evp(EVP_PKEY *pkey, const EVP_CIPHER *cipher, const char *words)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long len;

	assert_non_null(pkey);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, cipher != NULL ? "secret" : NULL,
	                                               cipher != NULL ? 6 : 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	refuse_pem(pem, (size_t)len, words);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
}

static void other_keys_are_refused(void **state)
{
	char *big = malloc(KEY_PEM_MAX + 1);
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	char *pem = NULL;
	long len;

	(void)state;
	refuse_pem("", 0, "no usable private key");
	refuse_pem("hello", 5, "no usable private key");
	refuse_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 59, "no usable private key");
	assert_non_null(big);
	memset(big, '\n', KEY_PEM_MAX + 1);
	refuse_pem(big, KEY_PEM_MAX + 1, "no usable private key");
	free(big);
	assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
	len = BIO_get_mem_data(bio, &pem);
	refuse_pem(pem, (size_t)len, "no usable private key");
	BIO_free(bio);
	refuse_evp(EVP_RSA_gen(1024), NULL, "not supported");
	refuse_evp(EVP_EC_gen("P-521"), NULL, "not supported");
	refuse_evp(EVP_EC_gen("secp256k1"), NULL, "not supported");
	refuse_evp(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, "not supported");
	refuse_evp(pkey, EVP_aes_128_cbc(), "passphrase");
}

static void rs256_matches_the_example(void **state)
{
	struct key *k = load_evp(rsa_of(&rfc7515_a2), false);
	struct err e = ERR_INIT;
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(key_jws_alg(k), "RS256");
	assert_int_equal(key_sign_jws(k, rfc7515_input, strlen(rfc7515_input), &b, &e), 0);
	text = b64url_encode(b.data, b.len);
	assert_string_equal(text, rfc7515_signature);
	free(text);
	buf_clear(&b);
	key_free(k);
}

static void thumbprint_matches_rfc_7638(void **state)
{
	struct key *k = load_evp(rsa_of(&rfc7517_a2), false);
	struct err e = ERR_INIT;
	struct json *jwk = NULL;
	char *text = NULL, *start;

	(void)state;
	assert_int_equal(key_thumbprint(k, &text, &e), 0);
	assert_string_equal(text, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	free(text);
	assert_int_equal(key_jwk(k, &jwk, &e), 0);
	assert_string_equal(json_str(jwk, "n"), rfc7517_a2.n);
	text = json_format_compact(jwk);
	start = strstr(text, "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"");
	assert_ptr_equal(start, text);
	free(text);
	json_free(jwk);
	key_free(k);
}

/* r and s side by side back to the DER that OpenSSL verifies. */
static bool verifies(EVP_PKEY *pkey, const EVP_MD *md, const struct buf *flat, const char *data)
{
	size_t half = flat->len / 2;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int len;
	bool good;

	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn((unsigned char *)flat->data, (int)half, NULL),
	                                BN_bin2bn((unsigned char *)flat->data + half, (int)half, NULL)), 1);
	len = i2d_ECDSA_SIG(sig, &der);
	assert_true(len > 0);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey), 1);
	good = EVP_DigestVerify(ctx, der, (size_t)len, (const unsigned char *)data, strlen(data)) == 1;
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return good;
}

/* Until numbers with leading zeros have come up in both halves, which a careless encoder would shorten. */
static void ecdsa_signatures_keep_their_width(void **state)
{
	struct key *k = generated(KEY_EC_P256);
	EVP_PKEY *pkey = evp_of(k);
	bool short_r = false, short_s = false;
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	assert_string_equal(key_jws_alg(k), "ES256");
	for (int i = 0; i < 30000 && !(i >= 300 && short_r && short_s); i++) {
		char data[32];

		snprintf(data, sizeof data, "message %d", i);
		buf_init(&b, 64);
		assert_int_equal(key_sign_jws(k, data, strlen(data), &b, &e), 0);
		assert_int_equal(b.len, 64);
		assert_true(verifies(pkey, EVP_sha256(), &b, data));
		short_r |= b.data[0] == 0;
		short_s |= b.data[32] == 0;
		buf_clear(&b);
	}
	assert_true(short_r && short_s);
	EVP_PKEY_free(pkey);
	key_free(k);
}

static void es384_signs_with_sha384(void **state)
{
	struct key *k = generated(KEY_EC_P384);
	EVP_PKEY *pkey = evp_of(k);
	struct err e = ERR_INIT;
	struct buf b;

	(void)state;
	assert_string_equal(key_jws_alg(k), "ES384");
	buf_init(&b, 200);
	assert_int_equal(key_sign_jws(k, "data", 4, &b, &e), 0);
	assert_int_equal(b.len, 96);
	assert_true(verifies(pkey, EVP_sha384(), &b, "data"));
	assert_false(verifies(pkey, EVP_sha384(), &b, "Data"));
	buf_clear(&b);
	EVP_PKEY_free(pkey);
	key_free(k);
}

static void coordinates_keep_their_width(void **state)
{
	bool seen = false;

	(void)state;
	for (int i = 0; i < 20000 && !seen; i++) {
		struct key *k = generated(KEY_EC_P256);
		struct err e = ERR_INIT;
		struct json *jwk = NULL;
		char *text, *start;

		assert_int_equal(key_jwk(k, &jwk, &e), 0);
		assert_int_equal(strlen(json_str(jwk, "x")), 43);
		assert_int_equal(strlen(json_str(jwk, "y")), 43);
		seen = json_str(jwk, "x")[0] == 'A' && json_str(jwk, "x")[1] < 'Q' && json_str(jwk, "x")[1] >= 'A';
		text = json_format_compact(jwk);
		start = strstr(text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
		assert_ptr_equal(start, text);
		free(text);
		json_free(jwk);
		key_free(k);
	}
	assert_true(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_names_go_both_ways),
		cmocka_unit_test(every_type_is_made_saved_and_read_again),
		cmocka_unit_test(too_little_room_is_an_error),
		cmocka_unit_test(old_forms_of_pem_are_read),
		cmocka_unit_test(other_keys_are_refused),
		cmocka_unit_test(rs256_matches_the_example),
		cmocka_unit_test(thumbprint_matches_rfc_7638),
		cmocka_unit_test(ecdsa_signatures_keep_their_width),
		cmocka_unit_test(es384_signs_with_sha384),
		cmocka_unit_test(coordinates_keep_their_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
