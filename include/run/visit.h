/*
 * One visit of the timer, and every command that issues or deploys: decide for each certificate, act on all of them at once,
 * tell what came of it. One failure never stops the others.
 */
#ifndef TEGATA_RUN_VISIT_H
#define TEGATA_RUN_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/site.h"

struct visit_options {
	const struct strs *names;   /* certificates by name; NULL or empty = all that are configured */
	const struct certificate_setting *extra; /* certonly: this one certificate, instead of the configured ones */
	bool unattended;            /* names (each exactly one certificate) only choose; nobody is asking for them now (run --plan) */
	const struct strs *kept;    /* of these none is ordered, whatever CAs say by now (run --plan); NULL = none */
	bool force;                 /* issue although nothing is due */
	bool renew_only;            /* `renew`: not what was never issued */
	bool deploy_only;           /* `deploy`: no ordering */
	bool redeploy;              /* `deploy NAME`: hooks run again even when nothing is owed */
	bool no_deploy;             /* `run --no-deploy`: hooks are left to a `tegata deploy` that follows */
	const struct strs *accept_lapse; /* `run --accept-lapse NAME`: certificates whose lapsing names are let go; NULL = none */
	bool accept_list;           /* `--accept-list`: the list is believed although most of it vanished */
	const struct strs *first_use_refused; /* certificates whose order would begin a paid year, and somebody said no; NULL = none */
};

enum visit_outcome {
	VISIT_KEPT,     /* nothing to do */
	VISIT_ISSUED,   /* a new generation is live */
	VISIT_FAILED,   /* no new generation; err says why */
	VISIT_WAITING,  /* to be ordered, but earlier failures hold it back until next_try; err is the last of them, as recorded */
	VISIT_OUTCOME_COUNT
};
const char *visit_outcome_name(enum visit_outcome o); /* "kept", "issued", "failed", "waiting" */

enum visit_reason { VISIT_NOT_DUE, VISIT_MISSING, VISIT_NAMES_CHANGED, VISIT_DUE, VISIT_FORCED, VISIT_KEY_CHANGED,
                    VISIT_CA_CHANGED, VISIT_DAMAGED, VISIT_REVOKED, VISIT_NOT_ASKED, VISIT_LAPSING, VISIT_RETURNED,
                    VISIT_REASON_COUNT };
const char *visit_reason_name(enum visit_reason r);   /* "not-due", "missing", … */

struct visit_item {
	char *name;
	enum visit_outcome outcome;
	enum visit_reason reason;
	struct err err;            /* VISIT_FAILED */
	int generation;            /* live now; 0 = none */
	int64_t not_after;         /* of the live one; 0 = none */
	int64_t renew_at;          /* when it will be due; 0 = not known */
	int64_t next_try;          /* VISIT_FAILED, VISIT_WAITING: not before; 0 = the next run */
	char *wait_why;            /* word of run/backoff; NULL = none */
	char *group;               /* as in the settings: several types of key share one */
	char *key_type;            /* wanted */
	bool resumed;              /* an order of an earlier run was finished */
	char *live_dir;            /* NULL = nothing live */
	struct strs let_go;        /* names that this visit dropped, as their entry ends (VISIT_LAPSING) */
	int prepared;              /* a generation that was made and waits for its day; 0 = none */
	struct strs begun;         /* entries whose paid period this visit began */
	char *moved_from;          /* name of the CA that it came from, when this visit moved it to another; NULL */
	bool moved_back;           /* … and back, as the new one was not served; err in deploy_err */
	struct strs deployed;      /* labels of the hooks that ran well now */
	struct err deploy_err;     /* first deploy failure; kind ERR_NONE = none owed */
	size_t deploy_owed;        /* hooks still owed after this visit */
};

struct visit_report {
	struct visit_item *item;
	size_t count;
	uint64_t requests, connections; /* to CAs */
};

/* -1 only when nothing could be begun (lock, unknown name, interrupted); failures of certificates are in their items. */
int visit(struct site *s, const struct visit_options *o, struct visit_report *out, struct err *e);
void visit_report_clear(struct visit_report *r);
/* Is this one of the settings' certificates among those asked for? */
bool visit_chooses(const struct visit_options *o, const struct certificate_setting *c);

/*
 * For asking before: certificates that such a visit would order and whose order would begin the paid period of entries, where the CA's
 * first_use is FIRST_USE_ASK. Sends nothing, takes no lock. items: name and begun only.
 */
int visit_first_uses(struct site *s, const struct visit_options *o, struct visit_report *out, struct err *e);
/* The failure that decides the exit status: the first failed item, the first deploy failure, the first waiting one, NULL. */
const struct err *visit_worst(const struct visit_report *r);

#endif
