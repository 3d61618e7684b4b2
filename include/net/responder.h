/*
 * The built-in http-01 responder: tegata-net, without privileges, answers on listening sockets that the caller made.
 * It knows the tokens in flight and nothing else; everything else is 404 or 400.
 */
#ifndef TEGATA_NET_RESPONDER_H
#define TEGATA_NET_RESPONDER_H

#include <stddef.h>

#include "base/err.h"
#include "net/wire.h"

#define RESPONDER_LISTEN_MAX 16

struct responder; /* opaque */

/*
 * Starts serving with no answers yet. The listening sockets stay the caller's and may be closed at once (TCP, stream,
 * n of them, 1..RESPONDER_LISTEN_MAX). worker_user as in struct http_options. ERR_IO, ERR_NET, ERR_INTERRUPTED.
 */
int responder_start(const int *listen_fds, size_t n, const char *worker_user, struct responder **out, struct err *e);
/* Replaces all answers; when it returns 0 the new ones are being served. On -1 the responder is only good to stop. */
int responder_answers(struct responder *r, const struct wire_answer *a, size_t n, struct err *e);
void responder_stop(struct responder *r); /* NULL is harmless */

#endif
