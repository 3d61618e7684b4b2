/* Base64url without padding (RFC 4648 §5, RFC 7515 §2), and the tolerant decoder that EAB keys need. */
#ifndef TEGATA_DATA_B64URL_H
#define TEGATA_DATA_B64URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Owned by the caller. */
char *b64url_encode(const void *data, size_t len);
/* Strict: only the alphabet, no padding, no impossible length, no stray bits. Appends; 0 or -1. */
int b64url_decode(const char *s, struct buf *out);
/* As CAs hand out EAB keys: base64url or plain base64, padded or not, blanks at the ends ignored. Not empty. Appends; 0 or -1. */
int b64url_decode_any(const char *s, struct buf *out);
/* Only characters of the base64url alphabet and at least one: what RFC 8555 §8.1 lets a token be. */
bool b64url_is(const char *s);

#endif
