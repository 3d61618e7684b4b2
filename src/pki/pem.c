#include "config.h"

#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/b64url.h"

static const char pem_begin[] = "-----BEGIN CERTIFICATE-----";
static const char pem_end[] = "-----END CERTIFICATE-----";

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

int pem_next(const char **pos, const char *end, struct buf *der)
{
	const size_t begin_len = sizeof pem_begin - 1, end_len = sizeof pem_end - 1;
	const char *p = *pos, *body, *stop;

	while (p < end && is_blank(*p))
		p++;
	*pos = p;
	if (p == end)
		return 0;
	if ((size_t)(end - p) <= begin_len || memcmp(p, pem_begin, begin_len) != 0 || !is_blank(p[begin_len]))
		return -1;
	body = p + begin_len;
	stop = memmem(body, (size_t)(end - body), pem_end, end_len);
	if (stop == NULL || (stop + end_len < end && !is_blank(stop[end_len])))
		return -1;
	if (decode_body(body, (size_t)(stop - body), der) != 0)
		return -1;
	*pos = stop + end_len;
	return 1;
}
