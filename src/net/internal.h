/* The running worker as http and probe share it. */
#ifndef TEGATA_NET_INTERNAL_H
#define TEGATA_NET_INTERNAL_H

#include <stdint.h>
#include <sys/types.h>

#include "base/proc.h"
#include "net/http.h"
#include "net/probe.h"
#include "net/wire.h"

/* A file that the worker was let read when it started; another one put in its place it cannot. */
struct http_file {
	dev_t dev;
	ino_t ino;
};
#define HTTP_FILES 4

struct http {
	struct http_port port;
	struct probe_port probe_port;
	struct http_options options; /* points into `texts` */
	struct strs texts;
	struct proc_peer peer;
	uint64_t peer_connections; /* of the worker that runs now */
	int64_t peer_since_ms;
	struct http_file peer_files[HTTP_FILES]; /* as they were when it started */
	struct http_stats stats;
};

/* A worker that can be spoken to; the one there is, if it still lives. */
int http_worker_start(struct http *h, struct err *e);
void http_worker_stop(struct http *h);
/* When a worker that may take so long is called dead. */
int64_t http_worker_deadline(int64_t allowed_ms);
int64_t http_worker_time_left(int64_t deadline_ms);
/* Takes WIRE_DONE. */
int http_worker_done(struct http *h, const struct buf *frame, struct err *e);
/* Says that a message came which makes no sense there. Always -1. */
int http_worker_unasked(struct err *e);

#endif
