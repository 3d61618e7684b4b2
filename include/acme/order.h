/*
 * An order as a small machine (RFC 8555 §7.4, §7.5): it says which requests come next and is told the answers. It
 * knows neither network nor clock nor disk; whoever drives it does the rest between steps:
 *
 *   (RESUME ->) CREATE -> READ -> PRESENT* -> ANSWER -> VALIDATE -> FINALIZE* -> ISSUE -> DOWNLOAD -> DONE     (* the driver acts)
 *
 * Authorizations that are valid already are skipped; a failing one leads to BLAME, which reads them all once so that
 * each culprit is named.
 */
#ifndef TEGATA_ACME_ORDER_H
#define TEGATA_ACME_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/http.h"

#define ORDER_VALIDATE_MS (15 * 60 * 1000)
#define ORDER_ISSUE_MS (15 * 60 * 1000)
#define ORDER_SILENCE_MS (60 * 1000) /* without any answer that makes sense: a later run goes on with the order */
#define ORDER_POLL_FIRST_MS 250
#define ORDER_POLL_MAX_MS 10000
#define ORDER_RETRY_AFTER_MAX_SEC 300
#define ORDER_TOKEN_MAX 256
#define ORDER_ALTERNATES_MAX 8

enum order_step {
	ORDER_RESUME,   /* an order of an earlier run is looked at: it goes on where it stands, or CREATE */
	ORDER_CREATE,   /* newOrder */
	ORDER_READ,     /* read every authorization */
	ORDER_PRESENT,  /* driver: put the responses in place, then order_presented() */
	ORDER_ANSWER,   /* tell the CA that they are there */
	ORDER_VALIDATE, /* poll the order until it is ready */
	ORDER_BLAME,    /* it is invalid: read the authorizations for the reason */
	ORDER_FINALIZE, /* driver: order_set_csr(); then the CSR is sent */
	ORDER_ISSUE,    /* poll until valid */
	ORDER_DOWNLOAD,
	ORDER_ALTERNATES, /* the driver wanted the other chains too */
	ORDER_DONE,     /* pem is there */
	ORDER_FAILED    /* err says why */
};

const char *order_step_name(enum order_step s);

struct order_chain { char *pem; size_t len; };

struct order_authorization {
	char *url;
	char *identifier;    /* as the CA says it, checked to belong to the order; NULL = not read yet */
	bool wildcard;
	bool valid;          /* nothing to do */
	bool answered;
	int tries;           /* answers that got lost on the way */
	/* The challenge that will be used; NULL/empty when valid. */
	char *challenge_url, *type, *token;
};

struct order {
	struct strs names;           /* normal form; the CA's list must equal it as a set */
	struct strs types;           /* wanted challenge type of each of names, same index */
	enum order_step step;
	enum order_step failed_at;   /* of a failed one: the step that it failed in */
	char *url, *finalize_url, *certificate_url;
	struct order_authorization *authz;
	size_t authz_count;
	size_t read_count;           /* of them, answers read in the steps READ and BLAME */
	char *csr_payload;           /* owned */
	int create_tries, finalize_tries;
	char *finalize_fault;        /* how the last request to finalize met with no answer to it; NULL = it was answered */
	struct strs blame;           /* what was said of each culprit, "NAME: text" */
	struct strs culprits;        /* their names, normal form: those whose validation failed */
	char *order_error;           /* what the order itself said; told when no name is to blame */
	enum err_kind blame_kind;
	char *blame_type, *blame_advice;
	char *pem;                   /* the chain as downloaded; owned */
	size_t pem_len;
	struct strs alternate_urls;  /* Link rel="alternate" of that answer, at most ORDER_ALTERNATES_MAX, on the CA's origin */
	struct order_chain *alternate; /* same index; those that could not be had are empty */
	size_t alternate_count;
	char *replaces;              /* RFC 9773 §5; NULL = none, or refused and left out by now */
	bool replaces_refused;       /* the CA did not want it: ordered without */
	char *profile;               /* NULL = none */
	bool resumed;                /* it goes on with an order of an earlier run */
	bool stale;                  /* … whose authorizations turned out to be of no use: begun anew at the end of the round */
	bool dead;                   /* the CA called it invalid, or it hangs for good */
	bool held;                   /* failed, but nothing was said that ends it at the CA */
	int64_t due_ms;              /* monotonic: no request before this */
	int64_t deadline_ms;         /* of the polling step */
	int64_t wait_ms;             /* current polling interval */
	int64_t patience_ms;         /* most that validating and issuing may take each; 0 = ORDER_VALIDATE_MS, ORDER_ISSUE_MS */
	int64_t heard_ms;            /* the last answer that was not a passing fault */
	int64_t ready_ms;            /* the CA said that the request may be sent */
	bool watch;                  /* driver: while validating, read the authorizations too, for people who look on */
	struct err err;
};

struct order_request {
	char *url;         /* owned */
	char *payload;     /* owned; "" = POST-as-GET */
	const char *accept;/* NULL = JSON */
	size_t tag;        /* given back with the answer */
};

/* What feeding needs from outside. */
struct order_time {
	int64_t now_sec;  /* Unix */
	int64_t mono_ms;
};

/* names and, for each, the type of challenge it is to use ("http-01"); both copied. */
void order_init(struct order *o, const struct strs *names, const struct strs *types);
void order_clear(struct order *o);
/* Before the first request. What the CA has forgotten, holds invalid, or has for other names is begun anew. */
void order_resume(struct order *o, const char *url, const char *finalize_url);
void order_set_replaces(struct order *o, const char *cert_id);
void order_set_profile(struct order *o, const char *profile);
void order_set_patience(struct order *o, int64_t ms);

/* Does the machine wait for the driver, or is it over? */
bool order_waits_for_driver(const struct order *o); /* PRESENT, FINALIZE without CSR */
bool order_over(const struct order *o);             /* DONE, FAILED */
/* How many names are known to be validated. */
size_t order_valid_count(const struct order *o);

/* The next requests, appended to *out (array grown, count updated); none before due_ms or while the driver must act. */
void order_next(const struct order *o, const char *new_order_url, int64_t mono_ms, struct order_request **out,
                size_t *count);
/* An answer to the request with this tag. */
void order_feed(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t);
/* All answers of a round have been fed: moves on when the step is complete. */
void order_advance(struct order *o, const struct order_time *t);

void order_presented(struct order *o);
/* CSR in DER; base64url-encoded here. */
void order_set_csr(struct order *o, const void *der, size_t len);
/*
 * From DONE: the alternate chains, too. False (and still DONE) when there are none. A failing one is left empty; then DONE
 * again.
 */
bool order_want_alternates(struct order *o);
/* The driver gives up on it; *e is moved in. */
void order_fail(struct order *o, struct err *e);
/*
 * Of a failed one: does the CA probably still hold it, so that a later run can go on with it? (No answer, interrupted, still
 * being worked on, rate limited; not when it is invalid or was never made.)
 */
bool order_may_resume(const struct order *o);
void order_request_clear(struct order_request *r);

#endif
