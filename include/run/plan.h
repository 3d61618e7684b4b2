/* What should happen to one certificate now? Pure: a function of what is wanted, what is there, and the time. */
#ifndef TEGATA_RUN_PLAN_H
#define TEGATA_RUN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "run/backoff.h"
#include "run/due.h"
#include "run/visit.h"

struct plan_wanted {
	const struct strs *names; /* normal form */
	const char *key_type;
	const char *ca;           /* name in the settings */
	const char *csr_spki;     /* of the external request; NULL = key of our own */
	bool force;
	bool named;               /* on the command line: somebody is asking now, so the ladder does not hold it back */
	bool renew_only;          /* never a first issuance */
	bool deploy_only;
	const struct strs *prepare;  /* names without those that will lapse, to be had before they do; NULL = nothing to prepare */
	const struct strs *let_go;   /* given up with their entry; NULL = none */
	const struct strs *returned; /* given up earlier, and wanted again; NULL = none */
	bool lapsing;                /* names end so soon that a rollback holds nothing back */
};

struct plan_prepared { /* a generation that waits for its day, whole and still good */
	const struct strs *names; /* NULL = there is none */
	const char *key_type, *ca, *spki;
	bool external_key;
};

struct plan_found {
	bool live;     /* something is live */
	bool damaged;  /* …but does not hold together */
	const struct strs *names;
	const char *key_type;
	const char *ca;
	const char *spki;      /* NULL = not known */
	bool external_key;
	int generation, held;  /* held: chosen by `rollback`: not replaced because of what is wanted, only when it is due */
	bool revoked;          /* the CA says so, and nobody here asked for it */
	struct due_facts due;  /* dates, rule, seed, suggestion */
	struct plan_prepared prepared;
	struct backoff_next wait; /* of failures so far (backoff_now, backoff_of_names); at 0 = none */
	struct backoff_next prepare_wait; /* the same for what is only to be prepared */
};

enum plan_action {
	PLAN_KEEP,  /* nothing to order */
	PLAN_ISSUE,
	PLAN_WAIT,   /* to be ordered, but not before wait.at */
	PLAN_PREPARE,/* ordered for plan_wanted.prepare, and kept ready; what is live stays */
	PLAN_SWITCH  /* what was prepared is just what is wanted: it is put in place without an order */
};
const char *plan_action_name(enum plan_action a); /* "keep", "issue", "wait", "prepare", "switch" */

struct plan_decision {
	enum plan_action action;
	enum visit_reason reason;
	int64_t renew_at;         /* of what is live; 0 = nothing usable is */
	enum due_because because;
	struct backoff_next wait; /* PLAN_WAIT */
	bool prepare;             /* PLAN_WAIT: for PLAN_PREPARE */
};

/*
 * Of the waits, force ends the ladder and daily ones and those of names; `named` the ladder and daily ones; what the CA asked for
 * holds but for force.
 */
struct plan_decision plan_decide(const struct plan_wanted *w, const struct plan_found *f, int64_t now);

#endif
