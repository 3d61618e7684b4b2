/* Private keys of the store in PEM ("p" in front), and EAB keys as CAs hand them out ("b"). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "data/b64url.h"
#include "fuzz.h"
#include "pki/key.h"

#define EAB_MAX 4096

static void as_pem(const char *text, size_t len)
{
	struct key *k = NULL, *back = NULL;
	struct err e = ERR_INIT;
	struct buf pem;

	if (key_load_pem(text, len, &k, &e) != 0) {
		fuzz_err(&e);
		return;
	}
	buf_init_secret(&pem, KEY_PEM_MAX);
	fuzz_must(key_save_pem(k, &pem, &e) == 0, "a key cannot be written");
	fuzz_must(key_load_pem(pem.data, pem.len, &back, &e) == 0, "a key that was written cannot be read");
	fuzz_must(key_same(k, back) && key_type_of(k) == key_type_of(back), "a key is another one when it is read again");
	key_free(back);
	key_free(k);
	buf_clear(&pem);
}

static void as_secret(const char *text)
{
	struct buf raw, back;
	char *encoded;

	buf_init_secret(&raw, EAB_MAX);
	buf_init_secret(&back, EAB_MAX);
	if (b64url_decode_any(text, &raw) == 0) {
		fuzz_must(raw.len > 0, "an empty key");
		encoded = b64url_encode(raw.data, raw.len);
		fuzz_must(b64url_is(encoded) && b64url_decode(encoded, &back) == 0, "what was encoded cannot be decoded");
		fuzz_must(raw.len == back.len && memcmp(raw.data, back.data, raw.len) == 0, "decoded to something else");
		free(encoded);
	}
	buf_truncate(&back, 0);
	if (b64url_decode(text, &back) == 0) {
		encoded = b64url_encode(back.data, back.len);
		fuzz_same(text, encoded, "two texts for the same bytes");
		free(encoded);
	}
	buf_clear(&back);
	buf_clear(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	if (*data == 'p')
		as_pem(text, size - 1);
	else
		as_secret(text);
	free(text);
	return 0;
}
