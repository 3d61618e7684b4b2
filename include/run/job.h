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
#include "solve/solver.h"
#include "store/store.h"

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
	bool issued;              /* the new generation is live */
	bool cleanup_owed;        /* a signal broke cleaning up off: the journal stays for the next run */
	bool in_flight;           /* over for now, but the CA may still hold the order: journal and generation stay for the next run */
	struct csr *csr;          /* external request; then key stays NULL */
	int64_t begun_at;
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
/* Key on disk, synced; journal; CSR given to the order. */
int job_request(struct job *j, struct site *s, struct err *e);
/* The downloaded chain: verified, written as a generation, switched live. */
int job_install(struct job *j, struct site *s, const char *account_url, struct err *e);
/* It is over, well or not: what is left of it in journal and generations is removed (but see cleanup_owed). */
void job_end(struct job *j, struct site *s);
/* uid, gid and mode of its key; -1 (ERR_CONFIG) for unknown users or groups. */
int job_key_policy(const struct certificate_setting *c, struct fs_policy *out, struct err *e);

/*
 * What a run that died left behind: challenges taken away, half-made generations dropped, journals removed. What fails is
 * warned about; -1 when nothing could be looked at, or (ERR_INTERRUPTED) a signal came: then what is left stays recorded.
 */
int job_recover_all(struct site *s, struct err *e);

#endif
