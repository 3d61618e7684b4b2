/*
 * What `run` would do now, and why (`tegata plan`); saved, and compared again before it is done (`run --plan`). Takes no lock, sends
 * nothing unless asked to.
 */
#ifndef TEGATA_RUN_FORETHOUGHT_H
#define TEGATA_RUN_FORETHOUGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/json.h"
#include "run/plan.h"
#include "run/site.h"
#include "run/visit.h"

enum forethought_kind {
	FORETHOUGHT_KEPT,
	FORETHOUGHT_RENEW,    /* the same names again */
	FORETHOUGHT_NEW,      /* a new issuance: nothing is live, or names, key or CA changed */
	FORETHOUGHT_WAIT,     /* to be ordered, but held back until next_try */
	FORETHOUGHT_SWITCH,   /* a generation that was prepared is put in place */
	FORETHOUGHT_REFUSED,  /* by the gate, or by settings that cannot be acted on; err says why */
	FORETHOUGHT_KIND_COUNT
};
const char *forethought_kind_name(enum forethought_kind k); /* "kept", "renew", "new", "wait", "switch", "refused" */

struct forethought_item {
	char *name;
	enum forethought_kind kind;
	enum visit_reason reason;
	struct strs names, added, removed; /* wanted; against what is live */
	int generation;                    /* live; 0 = none */
	char *serial;
	int64_t not_after, renew_at, next_try;
	enum due_because because;
	enum backoff_why wait_why;
	char *explanation_url;             /* the CA's, with its suggestion */
	bool in_flight;                    /* goes on with an order that was begun */
	struct strs begins;                /* entries whose paid period the order would begin */
	char *lapse;                       /* word of lapse_step_name(); NULL = nothing lapses soon */
	char *lapse_entry;
	int64_t lapse_at, switch_at;       /* end of its period; when on_lapse: shrink would switch; 0 = none */
	bool shrinks;                      /* … as it does here */
	struct strs lapsing, remaining;    /* what is offered: the certificate without them */
	struct strs deploy_owed;           /* labels */
	struct err err;
};
struct forethought {
	struct forethought_item *item;
	size_t count;
	int64_t at;
	bool asked_ca; /* a plan made so is checked so */
};

/* names NULL or empty = all configured; ask_ca = `--ari`. */
int forethought_gather(struct site *s, const struct strs *names, bool ask_ca, struct forethought *out, struct err *e);
void forethought_clear(struct forethought *f);

/* The object "tegata.plan.v1" for --json, which is also what is saved. */
struct json *forethought_json(const struct forethought *f);
/*
 * Does a saved plan still say what would be done now? *names = its certificates, *kept those that it lets be. ERR_USAGE: unreadable or no plan; ERR_REFUSED: the
 * world has moved on, naming what differs (kind, reason, names, live generation, hooks owed; times may have passed).
 */
int forethought_check(struct site *s, const char *path, struct strs *names, struct strs *kept, struct err *e);

#endif
