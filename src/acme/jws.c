#include "config.h"

#include "acme/jws.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "data/b64url.h"

#define SIGNATURE_MAX 1024

static int add_key(struct json *header, const struct key *k, const char *kid, struct err *e)
{
	struct json *jwk = NULL;

	if (kid) {
		json_set_str(header, "kid", kid);
		return 0;
	}
	if (key_jwk(k, &jwk, e) < 0)
		return -1;
	json_set(header, "jwk", jwk);
	return 0;
}

static char *encode_json(const struct json *j)
{
	char *text = json_format_compact(j);
	char *encoded = b64url_encode(text, strlen(text));

	free(text);
	return encoded;
}

static struct json *flattened(const char *protected64, const char *payload64, const void *signature, size_t len)
{
	struct json *j = json_new_object();
	char *signature64 = b64url_encode(signature, len);

	json_set_str(j, "protected", protected64);
	json_set_str(j, "payload", payload64);
	json_set_str(j, "signature", signature64);
	free(signature64);
	return j;
}

int jws_sign(const struct key *k, const struct jws_header *h, const char *payload, char **out, struct err *e)
{
	struct json *header = json_new_object(), *whole = NULL;
	char *protected64 = NULL, *payload64 = NULL, *input = NULL;
	struct buf signature;
	int rc = -1;

	buf_init(&signature, SIGNATURE_MAX);
	json_set_str(header, "alg", key_jws_alg(k));
	if (add_key(header, k, h->kid, e) < 0)
		goto out;
	if (h->nonce)
		json_set_str(header, "nonce", h->nonce);
	json_set_str(header, "url", h->url);
	protected64 = encode_json(header);
	payload64 = b64url_encode(payload, strlen(payload));
	input = str_fmt("%s.%s", protected64, payload64);
	if (key_sign_jws(k, input, strlen(input), &signature, e) < 0)
		goto out;
	whole = flattened(protected64, payload64, signature.data, signature.len);
	*out = json_format_compact(whole);
	rc = 0;
out:
	json_free(header);
	json_free(whole);
	free(protected64);
	free(payload64);
	free(input);
	buf_clear(&signature);
	return rc;
}

int jws_bind(const struct key *account_key, const struct jws_binding *b, const char *url, struct json **out,
             struct err *e)
{
	struct json *header = json_new_object(), *jwk = NULL;
	char *protected64 = NULL, *payload64 = NULL, *input = NULL;
	unsigned char mac[64];
	size_t mac_len = 0;
	int rc = -1;

	json_set_str(header, "alg", mac_alg_name(b->alg));
	json_set_str(header, "kid", b->kid);
	json_set_str(header, "url", url);
	if (key_jwk(account_key, &jwk, e) < 0)
		goto out;
	protected64 = encode_json(header);
	payload64 = encode_json(jwk);
	input = str_fmt("%s.%s", protected64, payload64);
	if (mac_sign(b->alg, b->mac_key, b->mac_key_len, input, strlen(input), mac, &mac_len, e) < 0)
		goto out;
	*out = flattened(protected64, payload64, mac, mac_len);
	rc = 0;
out:
	json_free(header);
	json_free(jwk);
	free(protected64);
	free(payload64);
	free(input);
	return rc;
}
