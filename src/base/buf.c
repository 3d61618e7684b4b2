#include "config.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define FIRST_CAP 128

/* cap counts the byte for the NUL; len < cap always holds. */
static void init(struct buf *b, size_t max, bool secret)
{
	*b = (struct buf){
		.data = mem_new(1, 1),
		.cap = 1,
		.max = max < SIZE_MAX ? max : SIZE_MAX - 1,
		.secret = secret,
	};
}

void buf_init(struct buf *b, size_t max)
{
	init(b, max, false);
}

void buf_init_secret(struct buf *b, size_t max)
{
	init(b, max, true);
}

static size_t next_cap(const struct buf *b, size_t needed)
{
	size_t cap = b->cap > FIRST_CAP ? b->cap : FIRST_CAP;

	while (cap < needed) {
		if (cap > b->max / 2)
			return b->max + 1;
		cap *= 2;
	}
	return cap <= b->max ? cap : b->max + 1;
}

/* Makes room for `more` bytes and the NUL. No memory is a failure like passing the maximum: others choose the size. */
static int reserve(struct buf *b, size_t more)
{
	size_t cap;
	char *data;

	if (b->data == NULL || more > b->max - b->len)
		return -1;
	if (more < b->cap - b->len)
		return 0;
	cap = next_cap(b, b->len + more + 1);
	if (!b->secret) {
		data = realloc(b->data, cap);
		if (data == NULL)
			return -1;
	} else {
		/* realloc() would leave the old bytes behind in freed memory. */
		data = malloc(cap);
		if (data == NULL)
			return -1;
		memcpy(data, b->data, b->len + 1);
		mem_wipe(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
	return 0;
}

int buf_append(struct buf *b, const void *data, size_t len)
{
	if (reserve(b, len) != 0)
		return -1;
	if (len != 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_append_str(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

int buf_append_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || reserve(b, (size_t)len) != 0)
		return -1;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
	return 0;
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	if (b->secret)
		mem_wipe(b->data + len, b->len - len);
	b->data[len] = '\0';
	b->len = len;
}

char *buf_take(struct buf *b)
{
	char *data = b->data;

	init(b, b->max, b->secret);
	return data;
}

void buf_clear(struct buf *b)
{
	if (b->secret)
		mem_wipe(b->data, b->cap);
	free(b->data);
	*b = (struct buf){0};
}
