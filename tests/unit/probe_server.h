/*
 * Services on loopback for the tests of probes: TLS at once or after STARTTLS, with a certificate of each kind of key for
 * PROBE_SERVER_NAME alone, and servers that behave badly.
 */
#ifndef TEGATA_TESTS_PROBE_SERVER_H
#define TEGATA_TESTS_PROBE_SERVER_H

#include <sys/types.h>

#include "net/probe.h"

#define PROBE_SERVER_NAME "www.example"

enum probe_server_kind {
	PROBE_SERVER_GOOD,    /* says nothing more after the handshake */
	PROBE_SERVER_NO_TLS,  /* does not offer STARTTLS */
	PROBE_SERVER_REFUSES, /* offers it and does not do it */
	PROBE_SERVER_GARBAGE, /* sends bytes of no protocol, then closes */
	PROBE_SERVER_BABBLES, /* sends bytes of no protocol for ever */
	PROBE_SERVER_CLOSES,
	PROBE_SERVER_HANGS,   /* says nothing from the beginning */
	PROBE_SERVER_STALLS,  /* says nothing once the TLS handshake should begin */
	PROBE_SERVER_ONLY_13, /* TLS 1.3 and an RSA key */
	PROBE_SERVER_MANY,    /* the leaf and 99 more certificates */
	PROBE_SERVER_HUGE     /* more than a probe reads */
};

struct probe_server {
	pid_t pid;
	int port;
};

/* Keys and certificates, made once. The texts are what a probe should see. */
void probe_server_set_up(void);
void probe_server_tear_down(void);
const char *probe_server_chain(enum probe_key kind); /* RSA or EC */

struct probe_server probe_server_start(enum probe_protocol protocol, enum probe_server_kind kind);
void probe_server_stop(const struct probe_server *s);

#endif
