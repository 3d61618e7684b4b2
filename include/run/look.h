/* What is there and what follows from it, for one certificate: the shared first half of `run`, `plan` and `status`. Reads only. */
#ifndef TEGATA_RUN_LOOK_H
#define TEGATA_RUN_LOOK_H

#include <stdbool.h>

#include "base/err.h"
#include "entitle/lapse.h"
#include "pki/csr.h"
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
	bool in_flight;               /* the journal holds an order that can go on */
	struct csr *csr;              /* the request made elsewhere that the setting names; NULL = none, or csr_error */
	struct err csr_error;         /* why it cannot be used */
	struct lapse lapse;           /* what of its names ends, and what to do about it */
	struct strs let_go;           /* names that the settings want, but that go, or went, with their entry */
	struct store_generation prepared; /* waits for its day; name NULL = there is none, or it is of no use any more */
	bool preparing;               /* set by who follows a PLAN_PREPARE: the order is for lapse.remaining */
};

/* -1 only when the state cannot be read. */
int look_at(struct site *s, const struct certificate_setting *c, struct look *out, struct err *e);
/* What an order made now would be for. */
const struct strs *look_names(const struct look *l);
/* validations may be NULL (then names hold nothing back). */
struct plan_decision look_decide(struct site *s, const struct look *l, const struct visit_options *o,
                                 const struct store_validations *v);
/*
 * May it be ordered, as far as this machine knows: request, gate, challenges, owner of the key? *names (may be NULL) gets the
 * normal names.
 */
int look_permit(const struct site *s, const struct look *l, struct strs *names, struct err *e);
/* The failure that was recorded, as it was; ERR_NONE when there is none. */
void look_recorded(const struct look *l, struct err *out);
/*
 * What recorded failures are of, owned: names, CA, key, and all else that somebody may change so that the next try is another
 * one: account, profile, and how the names are validated.
 */
char *look_set_id(struct site *s, const struct look *l);
/* Names, CA and type of key that the settings want, whatever their order: what a rollback was chosen against. Owned. */
char *look_wanted_id(const struct certificate_setting *c, const struct ca_setting *ca);
/* Is it known that the CA has revoked what is live, unasked? */
bool look_revoked(const struct look *l);
/* … and that for its key having leaked? */
bool look_key_compromised(const struct look *l);
/* Would only the CA's word make it due: revoked, or suggested long before the time that rule and dates say? */
bool look_is_early(const struct site *s, const struct look *l, const struct plan_decision *d);
/* Facts of what is live, for due_when(). */
struct due_facts look_due(const struct site *s, const struct look *l);
/* Type of key wanted: the certificate's, else the CA's (or that of its request). */
const char *look_key_type(const struct look *l);
void look_clear(struct look *l);

#endif
