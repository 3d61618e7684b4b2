/* One certificate on its way: everything between the machine acme/order and disk, solvers, journal. */
#ifndef TEGATA_RUN_JOB_H
#define TEGATA_RUN_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/order.h"
#include "base/err.h"
#include "base/str.h"
#include "pki/csr.h"
#include "pki/key.h"
#include "run/site.h"
#include "run/visit.h"
#include "solve/solver.h"
#include "store/store.h"

#define JOB_RESUME_SEC (7 * 86400)      /* an order begun longer ago is not gone on with */
#define JOB_RESUME_STRANGE_SEC 86400    /* … or than this, when its certificate is not in the settings */

struct job {
	const struct certificate_setting *cert;
	const struct ca_setting *ca;
	struct strs names;        /* normal form, passed by the gate */

	struct order order;
	struct solver_task *task; /* challenges of this order */
	char **task_text;         /* what tasks borrow: key authorization, record's name and value, identifier, token: five each */
	size_t task_count;
	bool on_disk;             /* the journal holds something of it */
	int generation;           /* 0 = no key yet */
	struct key *key;
	bool issued;              /* the new generation is live; or, when it is only to be prepared, complete */
	bool prepare;             /* it is kept ready for another day: not made live, and what is live stays what it is */
	bool cleanup_owed;        /* a signal or a disk was in the way of cleaning up: the journal stays for the next run */
	bool in_flight;           /* over for now, but the CA may still hold the order: journal and generation stay for the next run */
	struct csr *csr;          /* external request; then key stays NULL */
	int64_t begun_at;
	char *begun_url;          /* the order that begun_at is of */

	enum visit_reason reason;
	const struct store_generation *live; /* borrowed; NULL = nothing usable is live */
	bool early;               /* only the CA's word makes it due: look_is_early() */
	bool compromised;         /* the live key was reported as such: it is not used again */
	bool taken_over;          /* goes on with what an earlier run left in the journal */
	bool asked;               /* something of it was asked of the CA in this run */
	bool requested;           /* the order has its request */
	bool chains_looked_at;    /* whether another chain is wanted has been decided */
	bool unstored;            /* the CA did its part, our disk did not */
	bool no_suggestions;      /* its CA offers no renewal information (RFC 9773) */
	bool untrusted;           /* no root of this machine anchors the chain that was installed */
};

/* How one name (normal form) of a certificate is to be solved; ERR_CONFIG when the settings do not say, or cannot be right. */
int job_plan(const struct certificate_setting *c, const char *name, struct solver_plan *out, struct err *e);
/* names are those the gate gave back. -1: the settings do not say how to solve one of them. */
int job_init(struct job *j, const struct certificate_setting *cert, const struct ca_setting *ca, const struct strs *names,
             struct err *e);
void job_clear(struct job *j);

/* Journal first, then all challenges. -1: nothing of it is told to the CA; cleanup is owed. */
int job_present(struct job *j, struct site *s, struct solver_set *set, const struct key *account_key, struct err *e);
/* Does one of its challenges count on the built-in responder? */
bool job_needs_responder(const struct job *j);
/* Takes all its challenges away; failures are warned about, what a signal broke off is left to the next run. */
void job_cleanup(struct job *j, struct solver_set *set);
/* uid, gid and mode of its key; -1 (ERR_CONFIG) for unknown users or groups. */
int job_key_policy(const struct certificate_setting *c, struct fs_policy *out, struct err *e);
/* It is over, well or not: what is left of it in journal and generations is removed, or kept for the next run (in_flight). */
void job_end(struct job *j, struct site *s);

/* job_journal.c: as it stands, on disk and synced. */
int job_journal_write(struct job *j, struct site *s, struct err *e);
/* May a later run go on with its order? By age and content alone; whether it is still wanted is job_resume()'s question. */
bool job_journal_goes_on(const struct site *s, const struct store_journal *j, int64_t now);

/* job_request.c: key (or request made elsewhere) on disk, synced; journal; CSR given to the order. */
int job_request(struct job *j, struct site *s, struct err *e);
enum key_type job_request_key_type(const struct job *j);
/* Sees to it that the key after the live one is there; false (and nothing done) when `next_key` is off. Failures are warned about. */
void job_request_next_key(struct site *s, const struct certificate_setting *c, enum key_type type, const char *live_spki);
/* SHA-256 of the public half of the key made early, for TLSA records; owned, NULL = there is none that can be read. */
char *job_request_next_spki(const struct site *s, const char *name);

/* job_install.c: wants another chain than the CA's first, and one may be had? Then the order goes on to fetch them. */
bool job_install_wants_chains(struct job *j);
/* The chain chosen: verified, written as a generation, switched live (but see `prepare`: noted in the state, before it is complete). */
int job_install(struct job *j, struct site *s, const char *account_url, struct err *e);
/* One that was prepared goes live. *untrusted: no root of this machine anchors it. */
int job_install_prepared(struct site *s, const char *name, int number, bool *untrusted, struct err *e);

/* job_resume.c: an order of an earlier run for the very same thing goes on; any other is dropped with its generation. */
int job_resume(struct job *j, struct site *s, struct err *e);
/* Drops what the journal holds of it. */
int job_resume_forget(struct site *s, const char *name, struct err *e);

/*
 * What a run that died left behind: challenges taken away, half-made generations dropped, journals removed; one whose order can go
 * on keeps journal and generation, and a generation that only lacked the switch gets it, unless it was only to be prepared. What
 * fails is warned about; -1 when nothing could be looked at, or (ERR_INTERRUPTED) a signal came: then what is left stays recorded.
 */
int job_recover_all(struct site *s, struct err *e);

#endif
