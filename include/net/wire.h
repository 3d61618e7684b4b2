/*
 * The messages between tegata and tegata-net on their socketpair. Framed: 3 bytes magic and 1 byte type, 4 bytes length
 * (big endian), body of fields. A field is 4 bytes length and that many bytes; length 0xffffffff is NULL; a number is a
 * field of 8 bytes, big endian. Both sides refuse frames over WIRE_FRAME_MAX, unknown types, fields that do not fill the
 * frame exactly, numbers out of range, and control characters in texts. Pure encoding here; reading and writing with a
 * deadline below.
 *
 * wire_put_*: 0, or -1 when the buffer's maximum would be passed. wire_get_*: -1 with ERR_NET, outputs untouched except
 * `owner`, which the caller clears in any case.
 */
#ifndef TEGATA_NET_WIRE_H
#define TEGATA_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/http.h"
#include "net/probe.h"

#define WIRE_VERSION 3
#define WIRE_FRAME_MAX (8 * 1024 * 1024)

enum wire_type {
	WIRE_HELLO = 1,  /* to the worker: version and options */
	WIRE_REQUEST,    /* to the worker: index and request */
	WIRE_GO,         /* to the worker: perform the requests, or the probes, given since the last one */
	WIRE_RESPONSE,   /* from the worker: index and response */
	WIRE_DONE,       /* from the worker: the batch is complete; connections made so far */
	WIRE_RESPONDER,  /* to the worker: serve these http-01 answers on the listening descriptors 4.. until the end */
	WIRE_READY,      /* from the worker: the responder serves */
	WIRE_PROBE,      /* to the worker: index and probe; never mixed with requests */
	WIRE_PROBED,     /* from the worker: index and what came of the probe; WIRE_DONE follows the last */
	WIRE_TELL,       /* to the worker: say what holds you; between batches, and not to the responder */
	WIRE_CONFINED,   /* from the worker: that */
	WIRE_TYPE_COUNT
};

#define WIRE_PROBES_AT_ONCE 64
#define WIRE_ANSWERS_MAX 16384
#define WIRE_TOKEN_MAX 1024
#define WIRE_KEY_AUTHORIZATION_MAX 2048

struct wire_answer { char *token; char *key_authorization; };

/*
 * How long the worker may take for a batch of n: the time of one request for each time that max_in_flight of them can
 * be under way. The worker holds itself to it; tegata waits a little longer before it calls it dead.
 */
int64_t wire_batch_ms(const struct http_options *o, size_t n);

/* The same for probes, of which WIRE_PROBES_AT_ONCE are under way. */
int64_t wire_probe_ms(const struct http_options *o, size_t n);

/* After so many seconds tegata takes another worker; one that is older than that and a batch takes is ended by the kernel. */
#define WIRE_WORKER_AGE_SEC 1800
int64_t wire_worker_life_sec(const struct http_options *o);

/* Zeros among the options are sent as what they stand for. worker_user is not sent. */
int wire_put_hello(struct buf *b, const struct http_options *o);
int wire_get_hello(const char *data, size_t len, struct http_options *o, struct strs *owner, struct err *e);
int wire_put_request(struct buf *b, uint32_t index, const struct http_request *r);
/* The request borrows from `data`'s frame through `owner`, which holds the copies. */
int wire_get_request(const char *data, size_t len, uint32_t *index, struct http_request *r, struct strs *owner,
                     struct err *e);
int wire_put_response(struct buf *b, uint32_t index, const struct http_response *r);
int wire_get_response(const char *data, size_t len, uint32_t *index, struct http_response *r, struct err *e);
/* As those above; what is got has passed probe_request_check, or makes sense as a result. */
int wire_probe_put(struct buf *b, uint32_t index, const struct probe_request *r);
int wire_probe_get(const char *data, size_t len, uint32_t *index, struct probe_request *r, struct strs *owner,
                   struct err *e);
int wire_probe_put_result(struct buf *b, uint32_t index, const struct probe_result *r);
int wire_probe_get_result(const char *data, size_t len, uint32_t *index, struct probe_result *r, struct err *e);
/* Connections made by this worker so far. */
int wire_put_done(struct buf *b, uint64_t connections);
int wire_get_done(const char *data, size_t len, uint64_t *connections, struct err *e);
/* Why a worker that could be confined is not; as its messages have it. */
enum wire_loose { WIRE_HELD, WIRE_LOOSE_SANITIZER, WIRE_LOOSE_COVERAGE, WIRE_LOOSE_VALGRIND, WIRE_LOOSE_COUNT };

/* What the worker says of itself, where it cannot be seen from outside. */
struct wire_confined {
	enum wire_loose loose; /* Landlock and the filter were prepared and not put in force */
	int landlock_abi;      /* 0 = not in force */
	int landlock_errno;    /* why not */
	int seccomp_errno;     /* 0 = the filter is in force; ENOPKG: built without */
	bool local_sockets;    /* it may speak to services of this machine through sockets, as the resolver wants */
	int descriptors;       /* that are open */
	int64_t life_sec;      /* after which the kernel ends it; 0 = none */
};
int wire_confined_put(struct buf *b, const struct wire_confined *c);
int wire_confined_get(const char *data, size_t len, struct wire_confined *c, struct err *e);
int wire_put_answers(struct buf *b, const struct wire_answer *a, size_t n);
int wire_get_answers(const char *data, size_t len, struct wire_answer **a, size_t *n, struct err *e);
void wire_answers_free(struct wire_answer *a, size_t n);

/*
 * One whole frame; the descriptor is a stream socket. body NULL = an empty one. -1: closed, over its limit, malformed or
 * late (ERR_NET), signal (ERR_INTERRUPTED). timeout_ms < 0 = none. Receiving empties `body` first; body->max bounds it.
 */
int wire_send(int fd, enum wire_type type, const struct buf *body, int64_t timeout_ms, struct err *e);
int wire_receive(int fd, enum wire_type *type, struct buf *body, int64_t timeout_ms, struct err *e);

#endif
