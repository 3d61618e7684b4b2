/*
 * A refusal of the CA, read with what is known of its contract: likely causes and what to do, never more certain than rules.md §1 is.
 * The CA's own text is in the error already, verbatim; this adds advice. Pure.
 */
#ifndef TEGATA_RUN_REFUSAL_H
#define TEGATA_RUN_REFUSAL_H

#include "base/err.h"
#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

enum refusal_step {
	REFUSAL_REGISTER, REFUSAL_ORDER, REFUSAL_AUTHORIZATION, REFUSAL_CHALLENGE, REFUSAL_FINALIZE, REFUSAL_DOWNLOAD, REFUSAL_STEP_COUNT
};
const char *refusal_step_name(enum refusal_step s);

enum refusal_cause {
	REFUSAL_UNKNOWN, REFUSAL_UNREGISTERED, REFUSAL_UNPAID, REFUSAL_ENDED, REFUSAL_CAA, REFUSAL_DNS, REFUSAL_DNSSEC,
	REFUSAL_REGION_FILTER, REFUSAL_BASIC_AUTH, REFUSAL_CONNECTION, REFUSAL_WRONG_ANSWER, REFUSAL_KEY_TYPE, REFUSAL_EAB,
	REFUSAL_RATE, REFUSAL_MAINTENANCE, REFUSAL_PUBLIC_SUFFIX, REFUSAL_IDN, REFUSAL_CAUSE_COUNT
};
const char *refusal_cause_name(enum refusal_cause c); /* "unregistered", "unpaid", … */

struct refusal_facts {
	enum refusal_step step;
	const struct err *err;          /* kind, cause (with the CA's text and its subproblems), problem_type, http_status */
	const char *challenge_type;     /* "http-01", "dns-01"; NULL = not known */
	const char *caa;                /* the CA's issuer domain; NULL = not known */
	const char *key_type;           /* asked for; NULL */
	const struct rule *rule;        /* of the CA; NULL = none */
	const struct entry_list *list;
	const struct strs *names;       /* of the order, normal form; NULL */
	int64_t at;
};

#define REFUSAL_CAUSES_MAX 4
/* Likely causes, the likeliest first; returns how many (0 = nothing to add to the CA's words). */
size_t refusal_causes(const struct refusal_facts *f, enum refusal_cause out[REFUSAL_CAUSES_MAX]);
/* Puts likely cause and action into e->advice (before what stood there, if that says something else). */
void refusal_advise(const struct refusal_facts *f, struct err *e);

#endif
