#include "config.h"

#include "data/b64url.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *b64url_encode(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *out = mem_new(len / 3 + 1, 4 + 1);
	size_t o = 0;

	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)in[i] << 16;

		if (have > 1)
			group |= (uint32_t)in[i + 1] << 8;
		if (have > 2)
			group |= in[i + 2];
		for (size_t k = 0; k <= have; k++)
			out[o++] = alphabet[group >> (18 - 6 * k) & 63];
	}
	out[o] = '\0';
	return out;
}

/* One more than the digit's value, 64 more still where only plain base64 has it; 0 = no digit. */
#define PLAIN 64
static const unsigned char digit[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['-'] = 63, ['_'] = 64, ['+'] = PLAIN + 63, ['/'] = PLAIN + 64,
};

/* 0..63, or -1. */
static int digit_value(char c, bool plain_too)
{
	int v = digit[(unsigned char)c];

	if (v > PLAIN)
		return plain_too ? v - PLAIN - 1 : -1;
	return v - 1;
}

/* One group of 2 to 4 digits to 1 to 3 octets. */
static int decode_group(const char *s, size_t digits, bool tolerant, unsigned char octet[3])
{
	uint32_t group = 0;

	for (size_t k = 0; k < 4; k++) {
		int v = k < digits ? digit_value(s[k], tolerant) : 0;

		if (v < 0)
			return -1;
		group = group << 6 | (uint32_t)v;
	}
	octet[0] = group >> 16 & 255;
	octet[1] = group >> 8 & 255;
	octet[2] = group & 255;
	if (!tolerant && ((digits == 2 && (group & 0xffff) != 0) || (digits == 3 && (group & 0xff) != 0)))
		return -1;
	return 0;
}

static int decode(const char *s, size_t len, bool tolerant, struct buf *out)
{
	size_t before = out->len, octets = 0;
	unsigned char piece[3 * 64];

	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		size_t digits = len - i < 4 ? len - i : 4;

		if (decode_group(s + i, digits, tolerant, piece + octets) != 0)
			goto fail;
		octets += digits - 1;
		if (octets < sizeof piece && i + 4 < len)
			continue;
		if (buf_append(out, piece, octets) != 0)
			goto fail;
		octets = 0;
	}
	mem_wipe(piece, sizeof piece);
	return 0;
fail:
	mem_wipe(piece, sizeof piece);
	buf_truncate(out, before);
	return -1;
}

int b64url_decode(const char *s, struct buf *out)
{
	return decode(s, strlen(s), false, out);
}

int b64url_decode_any(const char *s, struct buf *out)
{
	static const char blanks[] = " \t\r\n";
	size_t len;

	s += strspn(s, blanks);
	len = strlen(s);
	while (len > 0 && strchr(blanks, s[len - 1]) != NULL)
		len--;
	for (int pad = 0; pad < 2 && len > 0 && s[len - 1] == '='; pad++)
		len--;
	if (len == 0)
		return -1;
	return decode(s, len, true, out);
}

bool b64url_is(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (digit_value(*s, false) < 0)
			return false;
	return true;
}
