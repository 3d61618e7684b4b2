/*
 * Looking at what a running service serves: tegata-net connects, says STARTTLS where the protocol wants it, and brings back
 * the certificates as they were sent. Nothing is verified there and no data is exchanged after the handshake: pki compares.
 */
#ifndef TEGATA_NET_PROBE_H
#define TEGATA_NET_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/http.h"

#define PROBE_BATCH_MAX 256
#define PROBE_TIMEOUT_SEC 15
#define PROBE_CHAIN_MAX (128 * 1024) /* PEM text of one service */

enum probe_protocol { PROBE_TLS, PROBE_SMTP, PROBE_IMAP, PROBE_POP3, PROBE_LDAP, PROBE_PROTOCOL_COUNT };
const char *probe_protocol_name(enum probe_protocol p);                 /* "tls", "smtp", … */
int probe_protocol_parse(const char *name, enum probe_protocol *out);   /* 0 or -1 */

/*
 * Which kind of certificate to ask for, where a server has two: by TLS 1.2, in which ciphers say it. A server that does
 * not speak that shows what it likes, and a certificate of the other kind is then an error.
 */
enum probe_key { PROBE_KEY_ANY, PROBE_KEY_RSA, PROBE_KEY_EC };

struct probe_request { /* borrowed */
	enum probe_protocol protocol;
	const char *host;   /* name or address (IPv6 with or without brackets), where to connect */
	int port;
	const char *name;   /* server name (SNI), no wildcard; an address is good too, and is not sent */
	enum probe_key key;
};

struct probe_result {
	struct err err;     /* kind != ERR_NONE (ERR_NET): no handshake; says why, without "doing"; see below */
	char *pem;          /* owned; CERTIFICATE blocks as served, leaf first */
	size_t pem_len;
};

/*
 * ERR_CONFIG: a host, port or name that nobody can connect to. ERR_NET otherwise, with the sys_errno EPROTONOSUPPORT when
 * it is this machine's libcurl that cannot do it (minimal builds know nothing of smtp, imap, pop3), ETIMEDOUT, or
 * EMSGSIZE when more was served than PROBE_CHAIN_MAX.
 */
int probe_request_check(const struct probe_request *r, struct err *e);
/* `text` is CERTIFICATE blocks and nothing else: at least one, at most PROBE_CHAIN_MAX bytes. Not what is in them. */
bool probe_chain_is_pem(const char *text, size_t len);

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
