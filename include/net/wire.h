/*
 * The messages between tegata and tegata-net on their socketpair. Framed: 4 bytes magic and type, 4 bytes length (big
 * endian), body of length-prefixed fields. Both sides refuse frames over WIRE_FRAME_MAX, unknown types, fields that do
 * not fill the frame exactly. Pure encoding here; reading and writing with a deadline below.
 */
#ifndef TEGATA_NET_WIRE_H
#define TEGATA_NET_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/http.h"

#define WIRE_VERSION 1
#define WIRE_FRAME_MAX (8 * 1024 * 1024)

enum wire_type {
	WIRE_HELLO = 1,  /* to the worker: version and options */
	WIRE_REQUEST,    /* to the worker: index and request */
	WIRE_GO,         /* to the worker: perform the requests given since the last one */
	WIRE_RESPONSE,   /* from the worker: index and response */
	WIRE_DONE,       /* from the worker: the batch is complete; connections made so far */
	WIRE_RESPONDER,  /* to the worker: serve these http-01 answers on the listening descriptors 4.. until the end */
	WIRE_READY,      /* from the worker: the responder serves */
	WIRE_TYPE_COUNT
};

struct wire_answer { char *token; char *key_authorization; };

int wire_put_hello(struct buf *b, const struct http_options *o);
int wire_get_hello(const char *data, size_t len, struct http_options *o, struct strs *owner, struct err *e);
int wire_put_request(struct buf *b, uint32_t index, const struct http_request *r);
/* The request borrows from `data`'s frame through `owner`, which holds the copies. */
int wire_get_request(const char *data, size_t len, uint32_t *index, struct http_request *r, struct strs *owner,
                     struct err *e);
int wire_put_response(struct buf *b, uint32_t index, const struct http_response *r);
int wire_get_response(const char *data, size_t len, uint32_t *index, struct http_response *r, struct err *e);
int wire_put_answers(struct buf *b, const struct wire_answer *a, size_t n);
int wire_get_answers(const char *data, size_t len, struct wire_answer **a, size_t *n, struct err *e);
void wire_answers_free(struct wire_answer *a, size_t n);

/* One whole frame. -1: closed (ERR_NET "ended"), over its limit or malformed (ERR_NET), late (ERR_NET), signal (ERR_INTERRUPTED).
 * timeout_ms < 0 = none. read: type and body; body is cleared first. */
int wire_send(int fd, enum wire_type type, const struct buf *body, int64_t timeout_ms, struct err *e);
int wire_receive(int fd, enum wire_type *type, struct buf *body, int64_t timeout_ms, struct err *e);

#endif
