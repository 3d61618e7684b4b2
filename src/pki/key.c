#include "config.h"

#include "pki/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"
#include "data/b64url.h"
#include "internal.h"
#include "pki/digest.h"

#define INTEGER_MAX 512   /* bytes of the largest number in a public key: RSA 4096 */
#define SIGNATURE_MAX 1024

struct key {
	EVP_PKEY *pkey;
	enum key_type type;
};

static const char *const names[] = {"rsa2048", "rsa3072", "rsa4096", "ecdsa-p256", "ecdsa-p384", NULL};

static const struct {
	int bits;
	const char *group;     /* NULL = RSA */
	const char *group_nist;
	const char *jws_alg;
	size_t octets;         /* of a coordinate, and of r and s */
} facts[KEY_TYPE_COUNT] = {
	[KEY_RSA2048] = {2048, NULL, NULL, "RS256", 0},
	[KEY_RSA3072] = {3072, NULL, NULL, "RS256", 0},
	[KEY_RSA4096] = {4096, NULL, NULL, "RS256", 0},
	[KEY_EC_P256] = {256, "prime256v1", "P-256", "ES256", 32},
	[KEY_EC_P384] = {384, "secp384r1", "P-384", "ES384", 48},
};

const char *key_type_name(enum key_type t)
{
	return names[t];
}

int key_type_parse(const char *name, enum key_type *out)
{
	for (int t = 0; t < KEY_TYPE_COUNT; t++) {
		if (!str_eq(names[t], name))
			continue;
		*out = (enum key_type)t;
		return 0;
	}
	if (str_eq(name, "rsa"))
		*out = KEY_RSA2048;
	else if (str_eq(name, "ecdsa"))
		*out = KEY_EC_P256;
	else
		return -1;
	return 0;
}

const char *const *key_type_names(void)
{
	return names;
}

EVP_PKEY *key_evp(const struct key *k)
{
	return k->pkey;
}

static struct key *new_key(EVP_PKEY *pkey, enum key_type type)
{
	struct key *k = mem_new(1, sizeof *k);

	k->pkey = pkey;
	k->type = type;
	return k;
}

int key_generate(enum key_type t, struct key **out, struct err *e)
{
	EVP_PKEY *pkey;

	if (facts[t].group == NULL)
		pkey = EVP_RSA_gen((unsigned)facts[t].bits);
	else
		pkey = EVP_EC_gen(facts[t].group);
	if (pkey == NULL)
		return ossl_fail(e, ERR_INTERNAL, _("cannot make a key"));
	*out = new_key(pkey, t);
	return 0;
}

int key_find_type(const EVP_PKEY *pkey, enum key_type *out)
{
	bool rsa = EVP_PKEY_is_a(pkey, "RSA");
	char group[64] = "";

	if (!rsa && (!EVP_PKEY_is_a(pkey, "EC") || !EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL)))
		return -1;
	for (int t = 0; t < KEY_TYPE_COUNT; t++) {
		if (rsa != (facts[t].group == NULL) || EVP_PKEY_get_bits(pkey) != facts[t].bits)
			continue;
		if (!rsa && !str_eq(group, facts[t].group) && !str_eq(group, facts[t].group_nist))
			continue;
		*out = (enum key_type)t;
		return 0;
	}
	return -1;
}

/* Instead of OpenSSL's own, which would ask on the terminal. */
static int refuse_passphrase(char *to, int size, int writing, void *userdata)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)userdata;
	return -1;
}

static int no_private_key(const char *pem, size_t len, struct err *e)
{
	static const char encrypted[] = "ENCRYPTED";

	if (memmem(pem, len, encrypted, sizeof encrypted - 1) == NULL)
		return ossl_fail(e, ERR_IO, _("no usable private key in it"));
	ERR_clear_error();
	err_set(e, ERR_IO, _("the private key is protected by a passphrase"));
	err_advise(e, _("take the passphrase off with \"openssl pkey -in FILE -out FILE\""));
	return -1;
}

int key_load_pem(const char *pem, size_t len, struct key **out, struct err *e)
{
	EVP_PKEY *pkey = NULL;
	enum key_type type;
	BIO *bio = NULL;
	int rc = -1;

	if (len == 0 || len > KEY_PEM_MAX)
		return err_set(e, ERR_IO, _("no usable private key in it"));
	bio = BIO_new_mem_buf(pem, (int)len);
	if (bio == NULL)
		return ossl_fail(e, ERR_INTERNAL, _("cannot read a key"));
	pkey = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
	if (pkey == NULL) {
		no_private_key(pem, len, e);
		goto out;
	}
	ERR_clear_error();
	if (key_find_type(pkey, &type) != 0) {
		err_set(e, ERR_IO, _("a private key of a kind that is not supported (RSA of 2048, 3072 or 4096 bits, or "
		                     "ECDSA on P-256 or P-384)"));
		goto out;
	}
	*out = new_key(pkey, type);
	pkey = NULL;
	rc = 0;
out:
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return rc;
}

int key_save_pem(const struct key *k, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem()); /* its memory is wiped on growth and on release */
	int rc = -1;

	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) != 1)
		ossl_fail(e, ERR_INTERNAL, _("cannot write a private key"));
	else
		rc = ossl_take(bio, out, e);
	BIO_free(bio);
	return rc;
}

enum key_type key_type_of(const struct key *k)
{
	return k->type;
}

bool key_same(const struct key *a, const struct key *b)
{
	bool same = EVP_PKEY_eq(a->pkey, b->pkey) == 1;

	ERR_clear_error();
	return same;
}

int key_spki_sha256(const struct key *k, char **out, struct err *e)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(k->pkey, &der);
	char *hex = ossl_sha256_hex(der, len);

	if (hex == NULL)
		return ossl_fail(e, ERR_INTERNAL, _("cannot read the public half of a key"));
	*out = hex;
	return 0;
}

void key_free(struct key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

const char *key_jws_alg(const struct key *k)
{
	return facts[k->type].jws_alg;
}

/* DER to the two numbers side by side, each padded to the curve's size (RFC 7518 §3.4). */
static int flatten_ecdsa(const unsigned char *der, size_t len, size_t octets, unsigned char *out)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int rc = -1;

	if (sig == NULL)
		return -1;
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)octets) == (int)octets &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + octets, (int)octets) == (int)octets)
		rc = 0;
	ECDSA_SIG_free(sig);
	return rc;
}

int key_sign_jws(const struct key *k, const void *data, size_t len, struct buf *out, struct err *e)
{
	unsigned char sig[SIGNATURE_MAX], flat[2 * 48];
	size_t sig_len = sizeof sig, octets = facts[k->type].octets;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done;

	done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, ossl_digest_for(k->type), NULL, k->pkey) == 1 &&
	       EVP_DigestSign(ctx, sig, &sig_len, data, len) == 1 &&
	       (octets == 0 || flatten_ecdsa(sig, sig_len, octets, flat) == 0);
	EVP_MD_CTX_free(ctx);
	if (!done)
		return ossl_fail(e, ERR_INTERNAL, _("cannot sign"));
	if (buf_append(out, octets > 0 ? flat : sig, octets > 0 ? 2 * octets : sig_len) != 0)
		return err_set(e, ERR_INTERNAL, _("a signature is larger than expected"));
	return 0;
}

/* One number of the public key as base64url; `octets` = fixed size, 0 = as short as it goes. */
static int set_number(struct json *jwk, const char *member, const struct key *k, const char *param, size_t octets)
{
	unsigned char bytes[INTEGER_MAX];
	BIGNUM *n = NULL;
	int size, rc = -1;
	char *text;

	if (EVP_PKEY_get_bn_param(k->pkey, param, &n) != 1)
		return -1;
	size = octets > 0 ? (int)octets : BN_num_bytes(n);
	if (size <= INTEGER_MAX && BN_bn2binpad(n, bytes, size) == size) {
		text = b64url_encode(bytes, (size_t)size);
		json_set_str(jwk, member, text);
		free(text);
		rc = 0;
	}
	BN_free(n);
	return rc;
}

static int fill_rsa(struct json *jwk, const struct key *k)
{
	if (set_number(jwk, "e", k, OSSL_PKEY_PARAM_RSA_E, 0) != 0)
		return -1;
	json_set_str(jwk, "kty", "RSA");
	return set_number(jwk, "n", k, OSSL_PKEY_PARAM_RSA_N, 0);
}

static int fill_ec(struct json *jwk, const struct key *k)
{
	size_t octets = facts[k->type].octets;

	json_set_str(jwk, "crv", facts[k->type].group_nist);
	json_set_str(jwk, "kty", "EC");
	if (set_number(jwk, "x", k, OSSL_PKEY_PARAM_EC_PUB_X, octets) != 0)
		return -1;
	return set_number(jwk, "y", k, OSSL_PKEY_PARAM_EC_PUB_Y, octets);
}

int key_jwk(const struct key *k, struct json **out, struct err *e)
{
	struct json *jwk = json_new_object();

	if ((facts[k->type].group == NULL ? fill_rsa(jwk, k) : fill_ec(jwk, k)) != 0) {
		json_free(jwk);
		return ossl_fail(e, ERR_INTERNAL, _("cannot read the public half of a key"));
	}
	*out = jwk;
	return 0;
}

int key_thumbprint(const struct key *k, char **out, struct err *e)
{
	unsigned char digest[DIGEST_SHA256_LEN];
	struct json *jwk = NULL;
	char *text;

	if (key_jwk(k, &jwk, e) != 0)
		return -1;
	text = json_format_compact(jwk);
	digest_sha256(text, strlen(text), digest);
	free(text);
	json_free(jwk);
	*out = b64url_encode(digest, sizeof digest);
	return 0;
}
