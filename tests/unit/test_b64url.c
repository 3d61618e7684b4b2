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

static void encodes_and_decodes_the_vectors(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *text;
	} t[] = {
		{"", 0, ""},
		{"f", 1, "Zg"},
		{"fo", 2, "Zm8"},
		{"foo", 3, "Zm9v"},
		{"foob", 4, "Zm9vYg"},
		{"fooba", 5, "Zm9vYmE"},
		{"foobar", 6, "Zm9vYmFy"},
		{"\x03\xec\xff\xe0\xc1", 5, "A-z_4ME"}, /* RFC 7515, appendix C */
		{"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", 30, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"},
		{"\0\0\0", 3, "AAAA"},
		{"\xff\xff\xff\xff", 4, "_____w"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *text = b64url_encode(t[i].octets, t[i].len);
		struct buf b;

		assert_string_equal(text, t[i].text);
		buf_init(&b, 100);
		assert_int_equal(b64url_decode(text, &b), 0);
		assert_int_equal(b.len, t[i].len);
		assert_memory_equal(b.data, t[i].octets, t[i].len);
		buf_clear(&b);
		free(text);
	}
}

static void every_length_and_octet_comes_back(void **state)
{
	unsigned char in[300];

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (unsigned char)(i * 7 + 3);
	for (size_t len = 0; len <= sizeof in; len++) {
		char *text = b64url_encode(in, len);
		struct buf b;

		assert_true(len == 0 || b64url_is(text));
		buf_init(&b, sizeof in);
		assert_int_equal(b64url_decode(text, &b), 0);
		assert_int_equal(b.len, len);
		assert_memory_equal(b.data, in, len);
		buf_clear(&b);
		free(text);
	}
}

static void strict_decoding_refuses(void **state)
{
	static const char *const bad[] = {
		"A", "AAAAA", "Zg==", "Zm8=", "Zh", "Zm9", "Zm8v Zm8v", "Zm8\n", " Zm8v", "a+b/", "Zm8v*A", "\xc3\xa4\xc3\xa4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf b;

		buf_init(&b, 100);
		assert_int_equal(buf_append_str(&b, "kept"), 0);
		assert_int_equal(b64url_decode(bad[i], &b), -1);
		assert_string_equal(b.data, "kept");
		buf_clear(&b);
	}
}

static void failing_leaves_the_buffer_as_it_was(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_append_str(&b, "kept"), 0);
	assert_int_equal(b64url_decode("Zm9vYmFy", &b), -1);
	assert_string_equal(b.data, "kept");
	assert_int_equal(b64url_decode("Zm9vYmFy*", &b), -1);
	assert_string_equal(b.data, "kept");
	buf_clear(&b);
}

static void eab_keys_come_in_any_dress(void **state)
{
	static const struct {
		const char *text;
		const char *octets; /* NULL = refused */
	} t[] = {
		{"-_8", "\xfb\xff"},
		{"+/8", "\xfb\xff"},
		{"+/8=", "\xfb\xff"},
		{"-_8=", "\xfb\xff"},
		{"  -_8=\r\n", "\xfb\xff"},
		{"Zg==", "f"},
		{"Zg=", "f"},
		{"Zm9v", "foo"},
		{"Zh", "f"},
		{"Zm9v=", "foo"},
		{"", NULL},
		{" \n", NULL},
		{"==", NULL},
		{"Zg===", NULL},
		{"Z=g", NULL},
		{"Zm 9v", NULL},
		{"Zm9vA", NULL},
		{"Zm9v!", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf b;

		buf_init_secret(&b, 100);
		assert_int_equal(b64url_decode_any(t[i].text, &b), t[i].octets != NULL ? 0 : -1);
		assert_string_equal(b.data, t[i].octets != NULL ? t[i].octets : "");
		buf_clear(&b);
	}
}

static void tokens_are_told_from_other_text(void **state)
{
	(void)state;
	assert_true(b64url_is("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
	assert_true(b64url_is("_"));
	assert_true(b64url_is("A"));
	assert_false(b64url_is(""));
	assert_false(b64url_is("a/b"));
	assert_false(b64url_is("../x"));
	assert_false(b64url_is("a="));
	assert_false(b64url_is("a b"));
	assert_false(b64url_is("a\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_and_decodes_the_vectors),
		cmocka_unit_test(every_length_and_octet_comes_back),
		cmocka_unit_test(strict_decoding_refuses),
		cmocka_unit_test(failing_leaves_the_buffer_as_it_was),
		cmocka_unit_test(eab_keys_come_in_any_dress),
		cmocka_unit_test(tokens_are_told_from_other_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
