/* An HTTPS server on loopback for the tests of tegata-net: it answers what the path says, as badly as the path says. */
#ifndef TEGATA_TESTS_HTTPS_SERVER_H
#define TEGATA_TESTS_HTTPS_SERVER_H

#include <sys/types.h>

enum https_kind {
	HTTPS_GOOD,       /* HTTP/1.1, a certificate for "localhost" */
	HTTPS_EXPIRED,    /* the same with a certificate of long ago */
	HTTPS_TWO,        /* HTTP/2: answers the first stream, then HTTPS_STREAMS at once when all have come */
	HTTPS_PLAIN       /* HTTP without TLS */
};

#define HTTPS_STREAMS 20

struct https_server {
	pid_t pid;
	int port;
	char ca_file[4096]; /* trusts this server */
};

/* The certificate goes to a file in `folder`. 0 or -1. */
int https_server_start(enum https_kind kind, const char *folder, struct https_server *out);
void https_server_stop(struct https_server *s);

#endif
