/* Reaching a CA: the worker, the directory, the account. */
#ifndef TEGATA_RUN_CONNECT_H
#define TEGATA_RUN_CONNECT_H

#include "acme/session.h"
#include "base/err.h"
#include "pki/key.h"
#include "run/site.h"

struct connection {
	struct http *http;       /* NULL when the site brings its own port */
	struct session *session;
	struct key *key;         /* the account's */
	char *account_url;
};

/* Worker and directory only. */
int connect_bare(const struct site *s, const struct ca_setting *ca, struct connection *out, struct err *e);
/*
 * The same, signing as the account kept for this CA. Nothing is sent when there is none (ERR_CONFIG, advice: register). One whose
 * registration was never confirmed is looked up first.
 */
int connect_account(struct site *s, const struct ca_setting *ca, struct connection *out, struct err *e);
void connect_close(struct connection *c);
struct http_stats connect_stats(const struct connection *c);

#endif
