#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "data/b64url.h"
#include "pki/digest.h"

static void sha256_gives_the_known_digests(void **state)
{
	static const char *const t[][2] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *hex = digest_sha256_hex(t[i][0], strlen(t[i][0]));

		assert_string_equal(hex, t[i][1]);
		free(hex);
	}
	free(digest_sha256_hex(NULL, 0));
}

static void to_hex(const unsigned char *in, size_t len, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digit[in[i] >> 4];
		*out++ = digit[in[i] & 15];
	}
	*out = '\0';
}

static void check_mac(enum mac_alg alg, const char *key, size_t key_len, const char *data, const char *expected)
{
	unsigned char mac[64];
	char hex[129];
	size_t len = 0;
	struct err e = ERR_INIT;

	assert_int_equal(mac_sign(alg, key, key_len, data, strlen(data), mac, &len, &e), 0);
	to_hex(mac, len, hex);
	assert_string_equal(hex, expected);
}

/* RFC 4231, cases 1, 2 and 6. */
static void macs_match_rfc_4231(void **state)
{
	static const struct {
		const char *key;
		size_t key_len;
		const char *data;
		const char *expected[3];
	} t[] = {
		{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20, "Hi There",
		 {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
		  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
		  "be9d914eeb61f1702e696c203a126854"}},
		{"Jefe", 4, "what do ya want for nothing?",
		 {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
		  "caeab1a34d4a6b4b636e070a38bce737"}},
	};
	char long_key[131];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		check_mac(MAC_HS256, t[i].key, t[i].key_len, t[i].data, t[i].expected[0]);
		check_mac(MAC_HS384, t[i].key, t[i].key_len, t[i].data, t[i].expected[1]);
		check_mac(MAC_HS512, t[i].key, t[i].key_len, t[i].data, t[i].expected[2]);
	}
	memset(long_key, 0xaa, sizeof long_key);
	check_mac(MAC_HS256, long_key, sizeof long_key, "Test Using Larger Than Block-Size Key - Hash Key First",
	          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 7515, appendix A.1. */
static void macs_match_the_jws_example(void **state)
{
	static const char input[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQo"
	                            "gImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
	struct buf key;
	unsigned char mac[64];
	size_t len = 0;
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	buf_init_secret(&key, 100);
	assert_int_equal(b64url_decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
	                               &key), 0);
	assert_int_equal(mac_sign(MAC_HS256, key.data, key.len, input, strlen(input), mac, &len, &e), 0);
	text = b64url_encode(mac, len);
	assert_string_equal(text, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	free(text);
	buf_clear(&key);
}

static void an_empty_key_is_refused(void **state)
{
	unsigned char mac[64];
	size_t len = 7;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(mac_sign(MAC_HS256, "", 0, "x", 1, mac, &len, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_int_equal(len, 7);
	err_clear(&e);
}

static void names_of_algorithms_go_both_ways(void **state)
{
	static const enum mac_alg all[] = {MAC_HS256, MAC_HS384, MAC_HS512};
	static const char *const name[] = {"HS256", "HS384", "HS512"};
	enum mac_alg alg = MAC_HS512;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(mac_alg_name(all[i]), name[i]);
		assert_int_equal(mac_alg_parse(name[i], &alg), 0);
		assert_int_equal(alg, all[i]);
	}
	assert_int_equal(mac_alg_parse("hs256", &alg), -1);
	assert_int_equal(mac_alg_parse("none", &alg), -1);
	assert_int_equal(mac_alg_parse("", &alg), -1);
	assert_int_equal(alg, MAC_HS512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_known_digests),
		cmocka_unit_test(macs_match_rfc_4231),
		cmocka_unit_test(macs_match_the_jws_example),
		cmocka_unit_test(an_empty_key_is_refused),
		cmocka_unit_test(names_of_algorithms_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
