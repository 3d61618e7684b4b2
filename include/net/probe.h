/*
 * Looking at what a running service serves: tegata-net connects, says STARTTLS where the protocol wants it, and brings back
 * the certificates as they were sent. Nothing is verified there and no data is exchanged after the handshake: pki compares.
 */
#ifndef TEGATA_NET_PROBE_H
#define TEGATA_NET_PROBE_H

#include <stddef.h>

#include "base/err.h"
#include "net/http.h"

#define PROBE_BATCH_MAX 256
#define PROBE_TIMEOUT_SEC 15
#define PROBE_CHAIN_MAX (128 * 1024) /* PEM text of one service */

enum probe_protocol { PROBE_TLS, PROBE_SMTP, PROBE_IMAP, PROBE_POP3, PROBE_LDAP, PROBE_PROTOCOL_COUNT };
const char *probe_protocol_name(enum probe_protocol p);                 /* "tls", "smtp", … */
int probe_protocol_parse(const char *name, enum probe_protocol *out);   /* 0 or -1 */

/* Which kind of certificate to ask for, where a server has two. */
enum probe_key { PROBE_KEY_ANY, PROBE_KEY_RSA, PROBE_KEY_EC };

struct probe_request { /* borrowed */
	enum probe_protocol protocol;
	const char *host;   /* name or address, where to connect */
	int port;
	const char *name;   /* server name (SNI) */
	enum probe_key key;
};

struct probe_result {
	struct err err;     /* kind != ERR_NONE (ERR_NET): no handshake; says why */
	char *pem;          /* owned; CERTIFICATE blocks as served, leaf first */
	size_t pem_len;
};

/*
 * All at once, through the worker that `h` runs (started on first use). results[0..n-1] zeroed by the caller. -1 as
 * http_port's perform. ERR_INTERNAL for more than PROBE_BATCH_MAX.
 */
int probe_all(struct http *h, const struct probe_request *requests, size_t n, struct probe_result *results, struct err *e);
void probe_result_clear(struct probe_result *r);

/* The port that run/ reaches this through, so that tests can put something else beneath. */
struct probe_port {
	void *self;
	int (*probe)(void *self, const struct probe_request *requests, size_t n, struct probe_result *results, struct err *e);
};
const struct probe_port *probe_port_of(struct http *h);

#endif
