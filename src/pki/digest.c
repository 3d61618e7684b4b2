#include "config.h"

#include "pki/digest.h"

#include <openssl/evp.h>

#include "base/str.h"

void digest_sha256(const void *data, size_t len, unsigned char out[DIGEST_SHA256_LEN])
{
	/* Fails only without memory, and going on with a wrong digest would be worse than to stop. */
	if (EVP_Digest(len > 0 ? data : "", len, out, NULL, EVP_sha256(), NULL) != 1)
		mem_none();
}

char *digest_sha256_hex(const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[DIGEST_SHA256_LEN];
	char *out = mem_new(2 * sizeof digest + 1, 1);

	digest_sha256(data, len, digest);
	for (size_t i = 0; i < sizeof digest; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
	return out;
}
