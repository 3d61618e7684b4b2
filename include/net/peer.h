/* Starting the program tegata-net: the environment it may see, and its first message. */
#ifndef TEGATA_NET_PEER_H
#define TEGATA_NET_PEER_H

#include <stddef.h>

#include "base/err.h"
#include "base/proc.h"
#include "net/http.h"
#include "net/wire.h"

/*
 * Starts tegata-net as o->worker_user (if we are root) and says hello. extra_fds become its descriptors 4, 5, …
 * -1: ERR_IO when it cannot be started, otherwise as wire_send.
 */
int peer_start(const struct http_options *o, const int *extra_fds, size_t n, struct proc_peer *out, struct err *e);
/* What holds it, in its own words. As wire_receive. */
int peer_ask(const struct proc_peer *peer, struct wire_confined *out, struct err *e);

#endif
