#include "config.h"

#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/b64url.h"

#define LINE_MAX_BYTES 64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Base64 with blanks in it. What is not of its alphabet the decoder refuses, but for the two digits of base64url. */
static int decode_body(const char *body, size_t len, struct buf *der)
{
	char *text = mem_new(len + 1, 1);
	size_t n = 0;
	int rc = -1;

	for (size_t i = 0; i < len; i++) {
		if (is_blank(body[i]))
			continue;
		if (body[i] == '-' || body[i] == '_' || body[i] == '\0')
			goto out;
		text[n++] = body[i];
	}
	if (n % 4 == 0)
		rc = b64url_decode_any(text, der);
out:
	free(text);
	return rc;
}

int pem_next(const char *label, const char **pos, const char *end, struct buf *der)
{
	char first[LINE_MAX_BYTES], last[LINE_MAX_BYTES];
	size_t begin_len = (size_t)snprintf(first, sizeof first, "-----BEGIN %s-----", label);
	size_t end_len = (size_t)snprintf(last, sizeof last, "-----END %s-----", label);
	const char *p = *pos, *body, *stop;

	while (p < end && is_blank(*p))
		p++;
	*pos = p;
	if (p == end)
		return 0;
	if ((size_t)(end - p) <= begin_len || memcmp(p, first, begin_len) != 0 || !is_blank(p[begin_len]))
		return -1;
	body = p + begin_len;
	stop = memmem(body, (size_t)(end - body), last, end_len);
	if (stop == NULL || (stop + end_len < end && !is_blank(stop[end_len])))
		return -1;
	if (decode_body(body, (size_t)(stop - body), der) != 0)
		return -1;
	*pos = stop + end_len;
	return 1;
}
