#include "config.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


char *str_dup(const char *s)
{
	return s != NULL ? str_ndup(s, strlen(s)) : NULL;
}

char *str_ndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = mem_new(len + 1, 1);

	memcpy(copy, s, len);
	return copy;
}

char *str_fmt(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = str_vfmt(fmt, ap);
	va_end(ap);
	return s;
}

char *str_vfmt(const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	char *s;
	int len;

	va_copy(again, ap);
	len = vsnprintf(small, sizeof small, fmt, again);
	va_end(again);
	/* Only a result beyond INT_MAX gets here; the bare format still says what it was about. */
	if (len < 0)
		return str_dup(fmt);
	if ((size_t)len < sizeof small)
		return str_ndup(small, (size_t)len);
	s = mem_new((size_t)len + 1, 1);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	return s;
}

void str_replace(char **s, char *value)
{
	char *old = *s;

	*s = value;
	if (old != value)
		free(old);
}

void str_wipe(char *s)
{
	if (s == NULL)
		return;
	mem_wipe(s, strlen(s));
	free(s);
}

bool str_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s);
	size_t tail = strlen(suffix);

	return len >= tail && memcmp(s + len - tail, suffix, tail) == 0;
}

char *str_lower_ascii(const char *s)
{
	char *copy = str_dup(s);

	for (char *p = copy; p != NULL && *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return copy;
}

int str_to_int64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = *s == '-';
	int64_t value = 0;

	if (negative)
		s++;
	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		if (__builtin_mul_overflow(value, (int64_t)10, &value))
			return -1;
		/* Counting below zero for negatives, as INT64_MIN has no positive counterpart. */
		if (__builtin_add_overflow(value, (int64_t)(negative ? '0' - *s : *s - '0'), &value))
			return -1;
	}
	if (value < min || value > max)
		return -1;
	*out = value;
	return 0;
}

/* Length in bytes of the well-formed UTF-8 character at s (Unicode table 3-7), with its code point; 0 = none there. */
static size_t utf8_char(const unsigned char *s, size_t len, uint32_t *code)
{
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t n;

	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n > len)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	*code = s[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = (*code << 6) | (s[i] & 0x3f);
	}
	return n;
}

bool str_is_utf8(const char *s)
{
	size_t len = strlen(s), n;
	uint32_t code;

	for (; len > 0; s += n, len -= n) {
		n = utf8_char((const unsigned char *)s, len, &code);
		if (n == 0)
			return false;
	}
	return true;
}

static bool is_unsafe(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return true;
	if (code == 0x061c || code == 0x200e || code == 0x200f)
		return true;
	/* Line and paragraph separator, then the bidi embeddings, overrides and isolates. */
	return (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/*
 * Writes the escaped form of the character at s to `unit` and its length to *unit_len; returns the bytes consumed.
 * Those of `kept` stay.
 */
static size_t escape_char(const unsigned char *s, size_t len, const char *kept, char unit[static 17],
                          size_t *unit_len)
{
	uint32_t code = 0;
	size_t n = utf8_char(s, len, &code);
	bool stays = n == 1 && code != 0 && strchr(kept, (int)code) != NULL;

	if (n != 0 && code == '\\' && !stays) {
		memcpy(unit, "\\\\", 2);
		*unit_len = 2;
		return 1;
	}
	if (n != 0 && (stays || !is_unsafe(code))) {
		memcpy(unit, s, n);
		*unit_len = n;
		return n;
	}
	if (n == 0)
		n = 1;
	for (size_t i = 0; i < n; i++)
		snprintf(unit + 4 * i, 5, "\\x%02X", s[i]);
	*unit_len = 4 * n;
	return n;
}

static char *escape(const char *s, size_t len, size_t max_bytes, const char *kept)
{
	static const char mark[] = "\xe2\x80\xa6";
	const size_t mark_len = sizeof mark - 1;
	size_t room = len < max_bytes / 4 ? 4 * len : max_bytes;
	char *text = mem_new(room + 1, 1);
	size_t used = 0;
	size_t cut_at = 0; /* the last place that leaves room for the mark */

	while (len > 0) {
		char unit[17];
		size_t unit_len;
		size_t n = escape_char((const unsigned char *)s, len, kept, unit, &unit_len);

		if (unit_len > room - used)
			break;
		memcpy(text + used, unit, unit_len);
		used += unit_len;
		if (used + mark_len <= room)
			cut_at = used;
		s += n;
		len -= n;
	}
	if (len > 0) {
		used = cut_at;
		if (mark_len <= room) {
			memcpy(text + used, mark, mark_len);
			used += mark_len;
		}
	}
	text[used] = '\0';
	return text;
}

char *str_escape(const char *s, size_t len, size_t max_bytes)
{
	return escape(s, len, max_bytes, "");
}

char *str_shown(const char *s, size_t max_bytes)
{
	return escape(s, strlen(s), max_bytes, "\n\\");
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

size_t str_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[STR_DISTANCE_MAX + 1];

	if (a_len > STR_DISTANCE_MAX) {
		a += a_len - STR_DISTANCE_MAX;
		a_len = STR_DISTANCE_MAX;
	}
	if (b_len > STR_DISTANCE_MAX) {
		b += b_len - STR_DISTANCE_MAX;
		b_len = STR_DISTANCE_MAX;
	}
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *str_nearest(const char *word, const char *const *candidates)
{
	size_t limit = 1 + strlen(word) / 3;
	const char *best = NULL;

	if (strlen(word) > STR_DISTANCE_MAX)
		return NULL;
	for (; *candidates != NULL; candidates++) {
		size_t distance;

		if (strlen(*candidates) > STR_DISTANCE_MAX)
			continue;
		distance = str_distance(word, strlen(word), *candidates, strlen(*candidates));
		if (distance > limit || (best != NULL && distance == limit))
			continue;
		best = *candidates;
		limit = distance;
	}
	return best;
}
