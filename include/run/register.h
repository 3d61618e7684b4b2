/* Registering an account (RFC 8555 §7.3, EAB §7.3.4), so that single-use credentials are never burnt. */
#ifndef TEGATA_RUN_REGISTER_H
#define TEGATA_RUN_REGISTER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "pki/digest.h"
#include "pki/key.h"
#include "run/site.h"

struct register_request {
	const char *ca;             /* name in the settings; NULL = the first */
	const struct strs *contact; /* as given; "mailto:" is added where it lacks */
	bool agree_tos;
	bool no_contact;            /* asked for: register without an address */
	const char *eab_kid;        /* NULL = none */
	const char *eab_hmac_key;   /* any base64; borrowed, the caller wipes it */
	enum mac_alg eab_alg;
	enum key_type key_type;     /* KEY_EC_P256 unless chosen */
	/* Asked when the CA has terms and agree_tos is false: true = agreed. NULL = refuse. */
	bool (*ask_terms)(void *self, const char *url);
	void *ask_self;
};

struct register_result {
	char *account_url;
	char *server;
	char *eab_kid;
	char *terms;
	bool existed;   /* the account was there already: nothing was sent but perhaps a look-up */
	bool recovered; /* an earlier try had got through: found again by its key */
};

int register_account(struct site *s, const struct register_request *q, struct register_result *out, struct err *e);
void register_result_clear(struct register_result *r);

#endif
