/*
 * A CA in the place of the network (net/http's port): directory, nonces, accounts, orders, authorizations, finalize,
 * certificates of its own with alternate chains, renewal information, profiles, revocation. Strict about what clients must do: every breach is noted in `violations`. What it
 * answers can be bent per endpoint and call. One process, no socket, no time.
 */
#ifndef TEGATA_TESTS_FAKE_CA_H
#define TEGATA_TESTS_FAKE_CA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/str.h"
#include "data/json.h"
#include "net/http.h"

#define FAKE_DIRECTORY_URL "https://ca.test/directory"
#define FAKE_FAILURES_MAX 8
#define FAKE_RENEWALS_MAX 8
#define FAKE_PROFILES_MAX 4

enum fake_endpoint {
	FAKE_DIRECTORY, FAKE_NEW_NONCE, FAKE_NEW_ACCOUNT, FAKE_NEW_ORDER, FAKE_ORDER, FAKE_AUTHZ, FAKE_CHALLENGE, FAKE_FINALIZE,
	FAKE_CERT, FAKE_ALTERNATE, FAKE_REVOKE, FAKE_RENEWAL_INFO, FAKE_ENDPOINT_COUNT
};

enum fake_bend {
	FAKE_LOSE_REQUEST, /* no answer, and the CA never saw it */
	FAKE_LOSE_ANSWER,  /* no answer, but the CA did it */
	FAKE_REFUSE,       /* status (and problem or body) instead of doing it */
	FAKE_EDIT          /* done, then the answer is changed */
};

struct fake_script {
	enum fake_endpoint at;
	int from, to;            /* calls of that endpoint, the first is 1; from 0 = all, to 0 = just that one */
	enum fake_bend bend;
	int status;              /* 0 = as it is */
	const char *problem;     /* ACME type without its prefix */
	const char *body;        /* instead of the real one, or of the problem */
	const char *find, *put;  /* each `find` in the body becomes `put` */
	const char *retry_after;
	const char *location;
	const char *replay_nonce;
	const char *link;
	const char *date;
	bool no_location, no_nonce, no_date;
};

enum fake_fault { /* of certificates */
	FAKE_GOOD, FAKE_OTHER_KEY, FAKE_OTHER_NAME, FAKE_MISSING_NAME, FAKE_EXPIRED, FAKE_NOT_YET, FAKE_KEY_IN_CHAIN, FAKE_NO_CHAIN,
	FAKE_NO_CERT, FAKE_CA_LEAF, FAKE_FAULT_COUNT
};

struct fake_failure { /* a name that never validates */
	const char *name; /* with "*." where it is a wildcard */
	const char *type, *detail;
};

struct fake_renewal { /* what renewal information says; end 0 = this one is not set */
	const char *serial;      /* of the certificate, as pki/cert says it; NULL = of all that no other one is for */
	int64_t start, end;
	const char *explanation; /* NULL = none */
	const char *retry_after; /* NULL = six hours */
};

struct fake_profile {
	const char *name;
	int64_t validity_sec;    /* 0 = as without profile */
};

struct fake_account {
	EVP_PKEY *key;
	char *url, *thumbprint;
};

struct fake_authz {
	char *name; /* base */
	bool wildcard, answered, ok;
	char *token;
	size_t order;
	const char *status, *type, *detail; /* pending, valid, invalid; the error's */
	const char *used; /* type of the challenge that was answered */
};

struct fake_order {
	size_t account;
	struct strs names;
	size_t first_authz;
	const char *status;
	int polls;          /* since it last moved */
	char *profile;      /* NULL = none was asked for */
	char *replaces;
	size_t replaced_by; /* number of that order + 1; 0 = none */
	char *pem;
	X509 *leaf;
	int64_t from, to;
	bool revoked;
	int64_t reason;     /* -1 = none was given */
};

struct fake_ca {
	struct http_port port;

	/* What it is like: for the test to set. */
	int bad_nonce_percent;
	const char *eab_kid;    /* NULL = no binding wanted */
	const void *eab_key;
	size_t eab_key_len;
	const char *terms;
	int validate_polls;     /* polls of an order until validation is over */
	int issue_polls;        /* … and until the certificate is there */
	const char *retry_after;/* with every order that is pending or processing */
	const char *webroot;    /* http-01 responses are looked up here; NULL = believed */
	const char *dns;        /* folder with a file per record name, a value on each line; NULL = believed */
	struct fake_failure failure[FAKE_FAILURES_MAX];
	struct strs valid_names;/* need no validation */
	const char *order_error;/* problem type: an order becomes invalid by this after finalize */
	enum fake_fault fault;
	int64_t validity_sec;   /* of certificates, notAfter's second included; 0 = until 90 days from now */
	const char *ocsp_url, *crl_url; /* in certificates; NULL = none */
	size_t alternates;      /* chains besides the first, 0..2: the intermediate, or the root, cross-signed by another root */
	/*
	 * Renewal information is offered: of each certificate what `renewal` says, else its own window after two thirds of its
	 * life, or one that is past when it is revoked. `replaces` is known then.
	 */
	bool offers_renewal_info;
	struct fake_renewal renewal[FAKE_RENEWALS_MAX];
	struct fake_profile profile[FAKE_PROFILES_MAX];
	bool no_date;           /* answers have no Date */
	int64_t ahead_sec;      /* its clock's, before ours */
	const struct http_port *elsewhere; /* answers what is not for this CA; NULL = that is a violation */

	/* What it saw. */
	int calls[FAKE_ENDPOINT_COUNT];
	size_t requests, batches, largest;
	struct strs violations;

	const struct clock *clock;
	struct fake_script *script;
	size_t script_count;
	struct fake_account *account;
	size_t account_count;
	struct fake_authz *authz;
	size_t authz_count;
	struct fake_order *order;
	size_t order_count;
	struct fake_nonce *nonce;
	size_t nonce_count;
	uint32_t dice;
	EVP_PKEY *root_key, *middle_key, *other_root_key;
	X509 *root, *middle, *other_root;
	X509 *cross_middle, *cross_root; /* of the same names and keys, by the other root */
};

void fake_ca_init(struct fake_ca *ca, const struct clock *clock);
void fake_ca_clear(struct fake_ca *ca);
void fake_ca_bend(struct fake_ca *ca, struct fake_script s);
/* Fails the test, naming them, if there were violations. */
void fake_ca_expect_strict(const struct fake_ca *ca);

#endif
