/* The fields that the messages between tegata and tegata-net are made of; net/wire.h says what they look like. */
#ifndef TEGATA_NET_FIELD_H
#define TEGATA_NET_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define FIELD_TEXT_MAX 8192 /* of a message for people, a path, a word about ourselves */

/* What is left of a frame; `bad` stays once something was wrong, and every later field is then empty. */
struct field_reader {
	const char *at;
	size_t left;
	bool bad;
};

/* Says in *e that a message makes no sense. Always -1. */
int field_malformed(struct err *e);

void field_store32(unsigned char *to, uint32_t v);
uint32_t field_load32(const unsigned char *from);

int field_put_bytes(struct buf *b, const char *data, size_t len);
int field_put_text(struct buf *b, const char *s);
int field_put_number(struct buf *b, int64_t v);
/* Kind, cause, advice and number of the system; what nobody can be told of from outside is left out. */
int field_put_fault(struct buf *b, const struct err *fault);

/* Borrowed from the frame; NULL when the field is NULL or something is wrong. */
const char *field_get_bytes(struct field_reader *r, size_t max, size_t *len);
int64_t field_get_number(struct field_reader *r, int64_t min, int64_t max);
/* A copy, NULL when the field is NULL. Control characters make the frame bad. */
char *field_get_text(struct field_reader *r, size_t max);
/* The same, but NULL makes the frame bad. */
char *field_get_needed_text(struct field_reader *r, size_t max);
void field_get_fault(struct field_reader *r, struct err *fault);

/* Gives `s` (may be NULL) to the list and returns it. */
const char *field_owned_by(struct strs *owner, char *s);
/* Nothing was wrong and nothing is left over. */
bool field_complete(const struct field_reader *r);

#endif
