/* What is there and what follows from it, for one certificate: the shared first half of `run`, `plan` and `status`. Reads only. */
#ifndef TEGATA_RUN_LOOK_H
#define TEGATA_RUN_LOOK_H

#include <stdbool.h>

#include "base/err.h"
#include "run/plan.h"
#include "run/site.h"
#include "run/visit.h"

struct look {
	const struct certificate_setting *cert; /* borrowed */
	const struct ca_setting *ca;
	struct store_generation live; /* name NULL = nothing usable is live */
	bool present, damaged;
	struct err damage;
	struct store_state state;
	char *set_id;                 /* backoff_set_id of what is wanted */
	bool in_flight;               /* the journal holds an order that can go on */
};

/* -1 only when the state cannot be read. */
int look_at(struct site *s, const struct certificate_setting *c, struct look *out, struct err *e);
/* validations may be NULL (then names hold nothing back). */
struct plan_decision look_decide(const struct site *s, const struct look *l, const struct visit_options *o,
                                 const struct store_validations *v);
/* Facts of what is live, for due_when(). */
struct due_facts look_due(const struct site *s, const struct look *l);
/* Type of key wanted: the certificate's, else the CA's (or that of its request). */
const char *look_key_type(const struct look *l);
void look_clear(struct look *l);

#endif
