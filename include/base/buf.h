/*
 * A byte buffer with a hard maximum: for everything whose size somebody else decides, and for secrets.
 * data is always NUL-terminated (the NUL is not counted in len), never NULL after buf_init.
 */
#ifndef TEGATA_BASE_BUF_H
#define TEGATA_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;  /* largest len ever allowed */
	bool secret; /* wiped on growth and on clear */
};

void buf_init(struct buf *b, size_t max);
void buf_init_secret(struct buf *b, size_t max);

/* 0, or -1 when the maximum would be passed; the buffer is then as before. */
int buf_append(struct buf *b, const void *data, size_t len) __attribute__((warn_unused_result));
int buf_append_str(struct buf *b, const char *s) __attribute__((warn_unused_result));
int buf_append_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3), warn_unused_result));

void buf_truncate(struct buf *b, size_t len); /* len <= b->len */
char *buf_take(struct buf *b);                /* the string, owned by the caller; b is empty and usable again */
void buf_clear(struct buf *b);                /* frees (wipes if secret); buf_init needed before reuse */

#endif
