#include "config.h"

#include "acme/jws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fake/fake_jws.h"
#include "base/str.h"

static struct key *key_of(enum key_type t)
{
	struct err e = ERR_INIT;
	struct key *k = NULL;

	assert_int_equal(key_generate(t, &k, &e), 0);
	return k;
}

/* The public key as OpenSSL reads our JWK. */
static EVP_PKEY *public_of(const struct key *k)
{
	struct err e = ERR_INIT;
	struct json *jwk = NULL;
	EVP_PKEY *out;

	assert_int_equal(key_jwk(k, &jwk, &e), 0);
	out = fake_jws_key(jwk);
	assert_non_null(out);
	json_free(jwk);
	return out;
}

static void read_back(const char *body, struct fake_jws *out)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;
	const char *wrong;

	assert_int_equal(json_parse(body, strlen(body), &j, &e), 0);
	wrong = fake_jws_read(j, out);
	json_free(j);
	if (wrong != NULL)
		fail_msg("%s", wrong);
}

struct form {
	enum key_type type;
	struct jws_header header;
	const char *payload, *alg, *members;
};

static const struct form forms[] = {
	{ KEY_EC_P256, { "https://ca.test/order/1?a=%2F", "bm9uY2U", "https://ca.test/account/7" }, "", "ES256", "alg kid nonce url" },
	{ KEY_EC_P256, { "https://ca.test/new", "n", NULL }, "{\"a\":1}", "ES256", "alg jwk nonce url" },
	{ KEY_EC_P384, { "https://ca.test/new", "n", NULL }, "{}", "ES384", "alg jwk nonce url" },
	{ KEY_RSA2048, { "https://ca.test/new", "n", "https://ca.test/a" }, "{\"x\":\"\xe6\x97\xa5\"}", "RS256", "alg kid nonce url" },
	{ KEY_RSA2048, { "https://ca.test/roll", NULL, NULL }, "{}", "RS256", "alg jwk url" },
};

static void signs_as_acme_wants(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const struct form *f = &forms[i];
		struct key *k = key_of(f->type);
		EVP_PKEY *public = public_of(k), *inside;
		struct err e = ERR_INIT;
		struct fake_jws j;
		char *body = NULL, *members;

		assert_int_equal(jws_sign(k, &f->header, f->payload, &body, &e), 0);
		assert_null(strchr(body, '='));
		read_back(body, &j);
		members = strs_join(&j.members, " ");
		assert_string_equal(members, f->members);
		assert_string_equal(j.alg, f->alg);
		assert_string_equal(j.url, f->header.url);
		assert_true(str_eq(j.nonce, f->header.nonce));
		assert_true(str_eq(j.kid, f->header.kid));
		assert_string_equal(j.payload, f->payload);
		assert_true(fake_jws_verify(&j, public));
		inside = j.jwk != NULL ? fake_jws_key(j.jwk) : NULL;
		assert_true(j.jwk == NULL || EVP_PKEY_eq(inside, public) == 1);
		j.input[0] ^= 1;
		assert_false(fake_jws_verify(&j, public));
		EVP_PKEY_free(inside);
		EVP_PKEY_free(public);
		fake_jws_clear(&j);
		key_free(k);
		free(members);
		free(body);
	}
}

/* r or s with leading zeros come about once in 256 signatures, and must not shorten it. */
static void ecdsa_keeps_its_length(void **state)
{
	struct jws_header h = { .url = "https://ca.test/x", .nonce = "n", .kid = "https://ca.test/a" };
	struct key *k = key_of(KEY_EC_P256);
	EVP_PKEY *public = public_of(k);
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 600; i++) {
		struct fake_jws j;
		char *body = NULL;

		assert_int_equal(jws_sign(k, &h, "", &body, &e), 0);
		read_back(body, &j);
		assert_int_equal(j.signature.len, 64);
		assert_true(fake_jws_verify(&j, public));
		fake_jws_clear(&j);
		free(body);
	}
	EVP_PKEY_free(public);
	key_free(k);
}

static void binds_by_each_mac(void **state)
{
	static const struct { enum mac_alg alg; const char *name; size_t len; } algs[] = {
		{ MAC_HS256, "HS256", 32 }, { MAC_HS384, "HS384", 48 }, { MAC_HS512, "HS512", 64 },
	};
	struct key *k = key_of(KEY_EC_P256);

	(void)state;
	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
		struct jws_binding b = { .kid = "kid-\xe6\x97\xa5-1", .mac_key = "0123456789abcdef0123456789abcdef", .mac_key_len = 32,
		                         .alg = algs[i].alg };
		struct json *out = NULL, *jwk = NULL;
		struct err e = ERR_INIT;
		struct fake_jws j;
		char *members, *wanted;

		assert_int_equal(jws_bind(k, &b, "https://ca.test/new-account", &out, &e), 0);
		assert_null(fake_jws_read(out, &j));
		members = strs_join(&j.members, " ");
		assert_string_equal(members, "alg kid url");
		assert_string_equal(j.alg, algs[i].name);
		assert_string_equal(j.kid, b.kid);
		assert_string_equal(j.url, "https://ca.test/new-account");
		assert_int_equal(j.signature.len, algs[i].len);
		assert_true(fake_jws_verify_mac(&j, b.mac_key, b.mac_key_len));
		assert_false(fake_jws_verify_mac(&j, "another", 7));
		assert_int_equal(key_jwk(k, &jwk, &e), 0);
		wanted = json_format_compact(jwk);
		assert_string_equal(j.payload, wanted);
		free(wanted);
		free(members);
		json_free(jwk);
		json_free(out);
		fake_jws_clear(&j);
	}
	key_free(k);
}

static void a_binding_needs_a_key(void **state)
{
	struct jws_binding b = { .kid = "k", .mac_key = "", .mac_key_len = 0, .alg = MAC_HS256 };
	struct key *k = key_of(KEY_EC_P256);
	struct json *out = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(jws_bind(k, &b, "https://ca.test/x", &out, &e), -1);
	assert_null(out);
	err_clear(&e);
	key_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_acme_wants), cmocka_unit_test(ecdsa_keeps_its_length),
		cmocka_unit_test(binds_by_each_mac), cmocka_unit_test(a_binding_needs_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
