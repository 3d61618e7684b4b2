#include "config.h"

#include "fake_jws.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "base/str.h"
#include "data/b64url.h"

#define JWS_MAX (1024 * 1024)

static bool decode(const char *text, struct buf *out)
{
	buf_init(out, JWS_MAX);
	return text != NULL && b64url_decode(text, out) == 0;
}

static bool has_members(const struct json *j, const char *wanted)
{
	struct strs keys = { 0 };
	char *joined;
	bool same;

	json_keys(j, &keys);
	joined = strs_join(&keys, " ");
	same = str_eq(joined, wanted);
	free(joined);
	strs_clear(&keys);
	return same;
}

static const char *read_header(const char *text, struct fake_jws *out)
{
	struct err ignored = ERR_INIT;
	struct buf b;
	bool ok = decode(text, &b) && json_parse(b.data, b.len, &out->header, &ignored) == 0;

	buf_clear(&b);
	err_clear(&ignored);
	if (!ok)
		return "the protected header is not base64url of JSON";
	json_keys(out->header, &out->members);
	out->alg = json_str(out->header, "alg");
	out->nonce = json_str(out->header, "nonce");
	out->url = json_str(out->header, "url");
	out->kid = json_str(out->header, "kid");
	out->jwk = json_get(out->header, "jwk");
	return NULL;
}

const char *fake_jws_read(const struct json *j, struct fake_jws *out)
{
	const char *protected64 = json_str(j, "protected"), *payload64 = json_str(j, "payload"), *wrong;
	struct buf payload;
	bool ok;

	*out = (struct fake_jws){ 0 };
	buf_init(&out->signature, JWS_MAX);
	if (!has_members(j, "payload protected signature"))
		return "a JWS has exactly protected, payload and signature";
	wrong = read_header(protected64, out);
	if (wrong != NULL)
		return wrong;
	ok = decode(payload64, &payload);
	out->payload_len = payload.len;
	out->payload = buf_take(&payload);
	buf_clear(&payload);
	if (!ok)
		return "the payload is not base64url";
	if (json_str(j, "signature") == NULL || b64url_decode(json_str(j, "signature"), &out->signature) != 0)
		return "the signature is not base64url";
	out->input = str_fmt("%s.%s", protected64, payload64);
	return NULL;
}

void fake_jws_clear(struct fake_jws *j)
{
	json_free(j->header);
	strs_clear(&j->members);
	free(j->payload);
	free(j->input);
	buf_clear(&j->signature);
	*j = (struct fake_jws){ 0 };
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *ec_key(const struct json *jwk)
{
	const char *crv = json_str(jwk, "crv");
	size_t octets = str_eq(crv, "P-256") ? 32 : str_eq(crv, "P-384") ? 48 : 0;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char point[1 + 2 * 48] = { POINT_CONVERSION_UNCOMPRESSED };
	struct buf x, y;
	EVP_PKEY *key = NULL;
	bool x_ok = decode(json_str(jwk, "x"), &x), y_ok = decode(json_str(jwk, "y"), &y);

	if (octets > 0 && has_members(jwk, "crv kty x y") && x_ok && y_ok && x.len == octets && y.len == octets) {
		memcpy(point + 1, x.data, octets);
		memcpy(point + 1 + octets, y.data, octets);
		OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, crv, 0);
		OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * octets);
		key = key_from("EC", build);
	}
	buf_clear(&x);
	buf_clear(&y);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *rsa_key(const struct json *jwk)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *exponent = NULL;
	struct buf n_octets, e_octets;
	EVP_PKEY *key = NULL;
	bool n_ok = decode(json_str(jwk, "n"), &n_octets), e_ok = decode(json_str(jwk, "e"), &e_octets);

	if (has_members(jwk, "e kty n") && n_ok && e_ok && n_octets.len >= 256) {
		n = BN_bin2bn((const unsigned char *)n_octets.data, (int)n_octets.len, NULL);
		exponent = BN_bin2bn((const unsigned char *)e_octets.data, (int)e_octets.len, NULL);
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
		key = key_from("RSA", build);
	}
	BN_free(n);
	BN_free(exponent);
	buf_clear(&n_octets);
	buf_clear(&e_octets);
	OSSL_PARAM_BLD_free(build);
	return key;
}

EVP_PKEY *fake_jws_key(const struct json *jwk)
{
	if (str_eq(json_str(jwk, "kty"), "EC"))
		return ec_key(jwk);
	return str_eq(json_str(jwk, "kty"), "RSA") ? rsa_key(jwk) : NULL;
}

/* r||s of a JWS (RFC 7518 §3.4) as OpenSSL wants it; the length, or 0. */
static int ecdsa_der(const struct buf *raw, unsigned char **out)
{
	int half = (int)raw->len / 2, len;
	ECDSA_SIG *sig = ECDSA_SIG_new();

	if (raw->len != 64 && raw->len != 96) {
		ECDSA_SIG_free(sig);
		return 0;
	}
	ECDSA_SIG_set0(sig, BN_bin2bn((const unsigned char *)raw->data, half, NULL),
	               BN_bin2bn((const unsigned char *)raw->data + half, half, NULL));
	len = i2d_ECDSA_SIG(sig, out);
	ECDSA_SIG_free(sig);
	return len > 0 ? len : 0;
}

bool fake_jws_verify(const struct fake_jws *j, EVP_PKEY *key)
{
	bool ec = EVP_PKEY_is_a(key, "EC") == 1;
	const char *alg = !ec ? "RS256" : EVP_PKEY_get_bits(key) == 256 ? "ES256" : "ES384";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int der_len = ec ? ecdsa_der(&j->signature, &der) : 0;
	const unsigned char *sig = ec ? der : (const unsigned char *)j->signature.data;
	size_t sig_len = ec ? (size_t)der_len : j->signature.len;
	bool ok = false;

	if (str_eq(j->alg, alg) && sig_len > 0 &&
	    EVP_DigestVerifyInit_ex(ctx, NULL, str_eq(alg, "ES384") ? "SHA384" : "SHA256", NULL, NULL, key, NULL) == 1)
		ok = EVP_DigestVerify(ctx, sig, sig_len, (const unsigned char *)j->input, strlen(j->input)) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool fake_jws_verify_mac(const struct fake_jws *j, const void *key, size_t len)
{
	const EVP_MD *md = str_eq(j->alg, "HS256") ? EVP_sha256() : str_eq(j->alg, "HS384") ? EVP_sha384()
	                   : str_eq(j->alg, "HS512") ? EVP_sha512() : NULL;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len = 0;

	if (md == NULL || HMAC(md, key, (int)len, (const unsigned char *)j->input, strlen(j->input), mac, &mac_len) == NULL)
		return false;
	return j->signature.len == mac_len && memcmp(j->signature.data, mac, mac_len) == 0;
}

char *fake_jws_thumbprint(const struct json *jwk)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char *text;

	if (str_eq(json_str(jwk, "kty"), "EC"))
		text = str_fmt("{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", json_str(jwk, "crv"), json_str(jwk, "x"),
		               json_str(jwk, "y"));
	else
		text = str_fmt("{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", json_str(jwk, "e"), json_str(jwk, "n"));
	SHA256((const unsigned char *)text, strlen(text), digest);
	free(text);
	return b64url_encode(digest, sizeof digest);
}
