/* Problem documents (RFC 7807, RFC 8555 §6.7): read, classified by type, turned into our error. */
#ifndef TEGATA_ACME_PROBLEM_H
#define TEGATA_ACME_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/json.h"
#include "net/http.h"

#define PROBLEM_SUB_MAX 100

struct problem_sub {
	char *type;       /* as in struct problem */
	char *detail;
	char *identifier; /* escaped; NULL = none */
};

/* All texts escaped, owned; NULL = not there. */
struct problem {
	char *type;   /* "badNonce" for urn:ietf:params:acme:error:badNonce; other URIs whole */
	char *detail;
	char *instance;
	struct problem_sub *sub;
	size_t sub_count;
};

/* From any JSON value; what is no problem document gives an empty one. */
void problem_read(const struct json *j, struct problem *out);
void problem_clear(struct problem *p);
/* The kind that a type means; ERR_CA for one we do not know. */
enum err_kind problem_kind(const char *type);
/* What usually helps, translated; NULL = nothing to add. */
const char *problem_advice(const char *type);
/* Type and detail, then each subproblem with its identifier, in one text; owned. */
char *problem_text(const struct problem *p);

/*
 * An answer that is an error (status >= 400, or no answer at all), as ours: kind, the CA's words, advice, HTTP status,
 * Retry-After. Always returns -1. now: Unix seconds.
 */
int problem_of_response(const struct http_response *r, int64_t now, struct err *e);
/* Is it a refusal of that ACME type ("badNonce")? */
bool problem_is(const struct http_response *r, const char *type);

#endif
