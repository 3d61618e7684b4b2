/*
 * What tegata remembers: a folder today, another place later; callers see only this.
 *
 *   accounts/ID/{key.pem,account.json}
 *   generations/NAME/000001/{privkey,cert,chain,fullchain}.pem + meta.json      live/NAME -> ../generations/NAME/000001
 *     (request.der in the place of privkey.pem, when the key is elsewhere)
 *   state/NAME.json (deploys done, last failure, …)   journal/NAME.json (what is in flight)   validations.json   lock
 *   keys/NAME.next.pem (a key made early)   ledger.json (first issuances: store/ledger.h)
 *
 * A generation is complete when it has meta.json, which is written last. live/NAME is only ever replaced by one rename.
 * Everything is created 0700/0600; a certificate whose key policy asks for more makes just its way there searchable (0711).
 * NAME is a certificate name that passed store_name_ok(). Errors are ERR_IO with the path, unless said otherwise.
 */
#ifndef TEGATA_STORE_STORE_H
#define TEGATA_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"

#define STORE_NAME_MAX 128

struct store; /* opaque */

/* Remembers the path (made absolute); makes nothing. */
int store_open(const char *state_dir, struct store **out, struct err *e);
void store_close(struct store *s); /* gives the lock back; NULL is harmless */
const char *store_dir(const struct store *s);
/* What whoever is kept out by our lock is told that we do, such as "run"; before store_lock(). */
void store_set_doing(struct store *s, const char *doing);
/*
 * Makes the folders (0700), takes the lock and removes what a killed writer left. ERR_LOCKED names the holder; waits up to
 * wait_sec for it, or until a signal. Refuses folders that others than we and root own or can write to. Everything below
 * that changes something needs the lock (ERR_INTERNAL without it); reading does not.
 */
int store_lock(struct store *s, int wait_sec, struct err *e);
/* Letters, digits, '.', '_', '-', and one '+' within; begins with a letter or digit; at most STORE_NAME_MAX. */
bool store_name_ok(const char *name);

/* Accounts: server + EAB kid, or server alone. */
struct store_account {
	char *id;         /* folder name, made by store_account_id() */
	char *server;     /* directory URL */
	char *eab_kid;    /* NULL = none */
	char *url;        /* NULL = key kept, but registration not confirmed yet */
	struct strs contacts;
	char *tos;        /* terms agreed to; NULL = none */
	int64_t created_at;
	char *key_pem;    /* secret; wiped by store_account_clear */
};

char *store_account_id(const char *server, const char *eab_kid); /* owned */
/*
 * The key first, synced; then account.json. Called before newAccount (url NULL) and again after it. Another key than the one
 * that is there takes its place only after that one was put aside (key.pem.old-1, …).
 */
int store_account_save(struct store *s, const struct store_account *a, struct err *e);
/*
 * 0 and *found = false when there is none. eab_kid NULL: the account of this server that has no kid, else any, if there is
 * exactly one; several are ERR_CONFIG naming their kids.
 */
int store_account_find(struct store *s, const char *server, const char *eab_kid, struct store_account *out, bool *found,
                       struct err *e);
/* Ids of all accounts. */
int store_account_list(struct store *s, struct strs *ids, struct err *e);
/* For a registration that the CA refused for good: the key was never accepted anywhere. */
int store_account_remove(struct store *s, const char *id, struct err *e);
int store_account_load(struct store *s, const char *id, struct store_account *out, struct err *e);
void store_account_clear(struct store_account *a);

/* Generations. */
struct store_generation {
	char *name;          /* certificate name */
	int number;          /* 1.. */
	struct strs names;   /* SANs, normal form, in the order asked */
	char *ca;            /* name of the CA in the settings */
	char *server;
	char *account_url;
	char *key_type;
	char *serial;        /* hex */
	char *fingerprint;   /* SHA-256 hex of the leaf */
	char *issuer;        /* escaped */
	int64_t not_before, not_after;
	int64_t issued_at;   /* when we downloaded it */
	char *order_url;
	bool external_key;   /* made from a request of somewhere else: there is no privkey.pem */
	char *cert_id;       /* RFC 9773; NULL = none */
	char *spki_sha256;   /* of its key, hex; NULL in those of older versions */
	char *intermediate;  /* common name of the certificate above the leaf; escaped; NULL = none or not recorded */
	char *top_issuer;    /* common name of the last certificate's issuer; escaped */
	char *profile;       /* ACME profile asked for; NULL = none */
};

struct store_pems { /* borrowed texts */
	const char *cert, *chain, *fullchain;
};

/* Opens the next generation and puts the key there, synced, before any CSR is made from it. *number tells which. */
int store_generation_begin(struct store *s, const char *name, const char *key_pem, size_t key_len,
                           const struct fs_policy *key_policy, int *number, struct err *e);
/* The same for a request made elsewhere: request.der takes the place of privkey.pem, and stands for it in every check. */
int store_generation_begin_request(struct store *s, const char *name, const void *der, size_t len, int *number, struct err *e);
/* Appends request.der. */
int store_generation_request(struct store *s, const char *name, int number, struct buf *der, struct err *e);
/*
 * Removes complete generations, oldest (lowest number) first, until `keep` are left. Never removed are the live one, `spare`
 * (0 = none), one that a journal speaks of, and the newest, whose number would be given out again. *removed counts, also when
 * it failed halfway. ERR_IO, and nothing is removed, when live/NAME does not tell what is in use.
 */
int store_generation_prune(struct store *s, const char *name, int keep, int spare, size_t *removed, struct err *e);
/* Appends the key of any generation (complete or not) to a secret buffer that the caller has initialised. */
int store_generation_key(struct store *s, const char *name, int number, struct buf *key_pem, struct err *e);
/* Writes the certificates and, last, meta.json, if they fit the key and g->fingerprint. Does not switch. */
int store_generation_finish(struct store *s, const struct store_generation *g, const struct store_pems *pems, struct err *e);
/* One rename makes it live, after store_generation_check(). */
int store_generation_switch(struct store *s, const char *name, int number, struct err *e);
/* Removes one that is not live. */
int store_generation_drop(struct store *s, const char *name, int number, struct err *e);
/* Incomplete ones that no journal speaks of. */
int store_generation_sweep(struct store *s, const char *name, struct err *e);
/*
 * 0 and *found = false when nothing is live. What does not hold together is ERR_IO: a link to elsewhere, missing files, a
 * certificate that is not meta.json's. The key is not read, so this is cheap and needs no right to read it.
 */
int store_generation_live(struct store *s, const char *name, struct store_generation *out, bool *found, struct err *e);
/* The whole check of a complete generation: that, and that the key is the certificate's, and fullchain is cert + chain. */
int store_generation_check(struct store *s, const char *name, int number, struct err *e);
int store_generation_load(struct store *s, const char *name, int number, struct store_generation *out, struct err *e);
int store_generation_numbers(struct store *s, const char *name, int **numbers, size_t *count, struct err *e); /* complete ones, ascending, owned */
void store_generation_clear(struct store_generation *g);
/* Names of all certificates that have generations, complete or not, live or not; sorted. */
int store_generation_names(struct store *s, struct strs *names, struct err *e);
/* Names of all certificates that have something live, sorted. */
int store_live_names(struct store *s, struct strs *names, struct err *e);
/*
 * "…/live/NAME/privkey.pem" and so on; owned. file: "privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", or NULL for the
 * folder. The answer is NULL when the name is not store_name_ok().
 */
char *store_live_path(const struct store *s, const char *name, const char *file);
/* The same for any generation. */
char *store_generation_path(const struct store *s, const char *name, int number, const char *file);

/* The key for the generation after the next one (keys/NAME.next.pem, 0600), made early so that TLSA records can be. */
int store_next_key_save(struct store *s, const char *name, const char *key_pem, size_t key_len, struct err *e);
/* Appends to a secret buffer; *found = false when there is none. A file that holds nothing, or is no file, is ERR_IO. */
int store_next_key_load(struct store *s, const char *name, struct buf *key_pem, bool *found, struct err *e);
int store_next_key_remove(struct store *s, const char *name, struct err *e); /* missing is success */

/* Per certificate: deploys, the last failure, renewal information, revocation, who was told what. */
struct store_deploy {
	char *hook;      /* hook_id() */
	char *label;     /* for people */
	int generation;  /* the newest one this hook succeeded for; 0 = none */
	int64_t at;      /* of that success */
	char *last_error;/* of a later failure; NULL = none */
	int failures;    /* in a row */
};

struct store_ari { /* what the CA suggests (RFC 9773) */
	char *cert_id;          /* which certificate it is about; NULL = nothing known */
	int64_t start, end;     /* 0, 0 = no window known */
	char *explanation_url;  /* escaped */
	int64_t fetched_at;     /* of the window; 0 = never */
	int64_t next_at;        /* no request before this */
	int failures;
	char *error;            /* of the last try; NULL = it went well */
	bool not_offered;       /* the directory had no renewalInfo */
};

struct store_revocation {
	char *serial;           /* which certificate it is about */
	char *status;           /* "good", "revoked", "unknown"; NULL = never known */
	int64_t checked_at, next_at, revoked_at;
	int reason;             /* RFC 5280, -1 = not said (so it is loaded when serial and status are NULL) */
	bool asked;             /* it was revoked by `tegata revoke` */
	int failures;
	char *error;            /* why the last check gave no answer */
};

struct store_told { /* an event that somebody was told of, or is still to be */
	char *event;            /* name in the table of events */
	char *detail;           /* what makes it another event when it changes; cut after 4096 bytes */
	int64_t at;             /* when it was told; 0 = not yet, the hook failed */
	int failures;
};

struct store_dropped { char *name; int64_t end_at; };

struct store_state {
	struct store_deploy *deploy;
	size_t deploy_count;
	struct store_ari ari;
	struct store_revocation revocation;
	struct store_told *told;
	size_t told_count;
	char *last_error;      /* of issuing; NULL = the last try succeeded */
	char *last_error_kind;
	int64_t last_error_at;
	int failures;          /* in a row */
	int64_t retry_at;      /* not before this; 0 = at the next run */
	char *retry_why;       /* why then: a word of run/backoff; NULL = none */
	char *failed_for;      /* which set of names (and CA, and key) the failures are of; NULL = not recorded */
	char *last_problem;    /* the CA's problem type; NULL = none */
	int held;              /* generation chosen by `rollback`; 0 = none */
	char *held_for;        /* what was wanted then (look_wanted_id); NULL = not recorded */
	int64_t early_at;      /* of the last order long before its time, only because the CA said so (revoked, suggestion); 0 = none */
	int prepared;          /* generation made for the day on which names lapse, not live yet; 0 = none */
	struct store_dropped *dropped; /* names that were let go with their entry; `wanted` no more until it is renewed */
	size_t dropped_count;
	char *moved_from;      /* CA that the live certificate came from before, until the new one is seen to be served; NULL */
	int moved_generation;  /* its last generation, kept until then */
	bool untrusted;        /* no root of this machine anchored the chain when it was installed */
};

int store_state_load(struct store *s, const char *name, struct store_state *out, struct err *e); /* missing or broken = empty (broken is logged) */
int store_state_save(struct store *s, const char *name, const struct store_state *st, struct err *e);
struct store_deploy *store_state_deploy(struct store_state *st, const char *hook, const char *label); /* finds or adds */
void store_state_clear(struct store_state *st);

/*
 * Failed validations by name, over all certificates: validations.json. Those of the last 24 hours count; older ones, those
 * more than a day ahead (by a clock that was wrong), and the oldest beyond 3000 are left out when it is saved. Missing or
 * broken is empty (broken is logged).
 */
#define STORE_VALIDATIONS_MAX 16 /* times kept of a name */
struct store_validation { char *name; int64_t at[STORE_VALIDATIONS_MAX]; size_t count; }; /* ascending */
struct store_validations { struct store_validation *item; size_t count; };
int store_validations_load(struct store *s, struct store_validations *out, struct err *e);
int store_validations_save(struct store *s, const struct store_validations *v, int64_t now, struct err *e);
void store_validations_add(struct store_validations *v, const char *name, int64_t at);
const struct store_validation *store_validations_find(const struct store_validations *v, const char *name);
void store_validations_clear(struct store_validations *v);

/* The journal: on disk and synced before the effect it speaks of. One file per certificate in flight. */
struct store_journal_task { /* a challenge that may be in place and must be taken away */
	char *type, *method, *webroot, *identifier, *token, *key_authorization, *record_name, *record_value;
	bool wildcard;
	bool made_folder;
};

struct store_journal {
	char *name;        /* certificate */
	char *ca;
	char *server;
	char *order_url;   /* NULL = not known yet */
	char *finalize_url;
	int generation;    /* whose key belongs to the order; 0 = none */
	struct strs names;
	int64_t begun_at;
	struct store_journal_task *task;
	size_t task_count;
};

int store_journal_save(struct store *s, const struct store_journal *j, struct err *e);
/* 0 and *found = false when there is none. A broken one is logged and, under the lock, moved aside to NAME.json.broken. */
int store_journal_load(struct store *s, const char *name, struct store_journal *out, bool *found, struct err *e);
int store_journal_list(struct store *s, struct strs *names, struct err *e);
int store_journal_remove(struct store *s, const char *name, struct err *e);
void store_journal_clear(struct store_journal *j);

#endif
