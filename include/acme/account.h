/* Accounts (RFC 8555 §7.3). */
#ifndef TEGATA_ACME_ACCOUNT_H
#define TEGATA_ACME_ACCOUNT_H

#include <stdbool.h>

#include "acme/jws.h"
#include "acme/session.h"
#include "base/str.h"

struct account_request {
	const struct key *key;
	const struct strs *contacts;       /* "mailto:…" */
	bool terms_agreed;
	const struct jws_binding *binding; /* NULL = none */
};

/* newAccount. *url is the account's URL; *existed when the CA answered 200 (this key has one already). */
int account_create(struct session *s, const struct account_request *q, char **url, bool *existed, struct err *e);
/* onlyReturnExisting with this key. *url NULL when the CA knows no such account (accountDoesNotExist). */
int account_find(struct session *s, const struct key *k, char **url, struct err *e);

#endif
