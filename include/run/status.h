/* What is there: for `status`. Reads only. */
#ifndef TEGATA_RUN_STATUS_H
#define TEGATA_RUN_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/site.h"

struct status_item {
	char *name;
	bool configured;              /* in the settings; false = only in the store */
	bool present;                 /* something is live */
	struct strs names;            /* wanted (or, when not configured, held) */
	struct strs missing, surplus; /* wanted but not held; held but not wanted */
	char *ca;
	char *key_type, *serial, *issuer, *live_dir;
	int generation;
	int64_t not_before, not_after, renew_at; /* 0 = none */
	int64_t entry_ends_at;        /* first stated end of the entries it lives on (rule 17, the earliest reading); 0 = none stated */
	char *entry_ends;             /* that entry */
	int64_t effective_end;        /* entitle/effective, the careful reading: notAfter, or the end of an entry before it; 0 = none */
	char *effective_by;           /* the entry that ends it; NULL = notAfter does */
	int64_t hopeful_end;          /* the other reading; = effective_end when there is no overlap */
	char *lapse;                  /* word of lapse_step_name(); NULL = nothing lapses soon */
	struct strs lapsing, remaining, let_go; /* names; it could go on with the remaining; let_go = dropped earlier */
	bool fixed;                   /* its request was made elsewhere: no name of it can be let go, so none are remaining */
	int prepared;                 /* generation that waits for its day; 0 = none */
	struct strs refused;          /* names the gate refuses today */
	struct strs deploy_owed;      /* labels */
	char *deploy_error;
	char *last_error;
	int64_t last_error_at;
	int failures;
	int64_t next_try;             /* 0 = at the next run */
	char *wait_why;               /* word of run/backoff; NULL = nothing holds it back */
	bool in_flight;               /* an order was begun and goes on at the next run */
	char *intermediate, *root;    /* common names; root = what the local trust store anchors it with, NULL = nothing does */
	char *top_issuer;             /* the name that its last certificate asks for */
	char *revocation;             /* "good", "revoked", "unknown"; NULL = not checked */
	int64_t revocation_at;
	char *because;                /* of renew_at: word of run/due */
	char *explanation_url;        /* of the CA's suggestion */
	char *spki_sha256, *next_spki_sha256; /* for TLSA records "3 1 1"; next NULL = no key was made early */
	int held;                     /* generation chosen by rollback, or back after a move that failed; 0 = none */
	char *moves_to;               /* the CA that the settings name, when what is held is of another; NULL */
	char *damage;                 /* the live folder does not hold together: why */
};

struct status_account {
	char *server, *url, *eab_kid;
	bool confirmed;
	char *damage; /* why it cannot be read: then server is its folder, and nothing else is known; NULL = it is well */
};

struct status_report {
	struct status_item *item;
	size_t count;
	struct status_account *account;
	size_t account_count;
	size_t entry_count;
	char *list_alarm;             /* why the next run will refuse the list; NULL = it is well */
	int64_t at;
};

int status_gather(struct site *s, const struct strs *names, struct status_report *out, struct err *e);
void status_report_clear(struct status_report *r);

#endif
