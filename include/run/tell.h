/*
 * Which events is somebody to be told of? Pure: from what a visit found of one certificate, against what was told already. Each
 * event once, until it changes (another detail) or ends and comes again.
 *
 *   renewed, recovered, deployed    happenings: told once, then forgotten (or after TELL_TRIES_MAX times that no hook took it);
 *                                   the last two only when the failure had been told
 *   renew-failed                    from the first failure when it is lasting, or nothing usable is live, or the live one ends
 *                                   within TELL_SOON; else from the third in a row. detail: kind and problem type
 *   deploy-failed                   detail: generation and which hooks
 *   expiring                        due for more than a day or failing, and ends in 20, 10, 5, 2, 1 days or, of lives under 60
 *                                   days, when a fifth, tenth, 20th, 50th, 100th is left. detail: step and serial
 *   untrusted-chain                 detail: the name that the chain leads to
 *   expired, revoked                detail: serial. What was revoked is told though another is in place by now
 *   entry-lapsing                   60, 30, 14, 7, 1 days before an entry's end. detail: entry, last day and step
 *   entry-ended                     detail: entry and last day
 *   names-dropped, moved-back       happenings, too: of this visit
 *
 * Of several steps that went by since the last look, only the smallest is told.
 */
#ifndef TEGATA_RUN_TELL_H
#define TEGATA_RUN_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/events.h"
#include "store/store.h"

#define TELL_SOON_SEC (7 * 86400)
#define TELL_FAILURES 3
#define TELL_TRIES_MAX 48 /* two days of an hourly timer */
#define TELL_MAX EVENTS_ID_COUNT

struct tell_facts { /* of one certificate after a visit; borrowed */
	const char *name;
	const char *serial;        /* live; NULL = none */
	int generation;
	int64_t not_before, not_after, renew_at; /* 0 = nothing live */
	bool issued_now;
	int failures;              /* of ordering, in a row */
	enum err_kind failure_kind;/* ERR_NONE = the last try was good, or there was none */
	const char *problem_type;
	const char *failure_text;
	int64_t next_try;          /* 0 = the next run */
	const char *deploy_failed; /* labels of what failed; NULL = nothing is owed */
	const char *deploy_text;
	bool deployed_now;         /* everything owed was done in this visit, after a failure (only the words depend on it) */
	bool revoked;
	const char *revoked_serial; /* this visit replaced that one, as it was revoked; NULL = none */
	const char *untrusted;     /* the name that its chain leads to, when no root here has it; NULL = trusted */
	const char *entry;         /* the entry that ends first; NULL = none stated */
	int64_t entry_ends_at;
	bool entry_revokes;        /* the CA revokes the certificate at its end */
	const char *falling;       /* names that nothing covers after it; NULL = other entries cover them all */
	const char *along;         /* the certificate's other names; NULL = none */
	bool fixed;                /* its request was made elsewhere: no name of it can be let go */
	int64_t shrink_at;         /* on_lapse: shrink: when it is replaced by one for `along`; 0 = it is not */
	const char *let_go;        /* names that this visit dropped; NULL = none */
	const char *moved_back;    /* why this visit took a move to another CA back; NULL = it did not */
};

struct tell_event {
	enum events_id id;
	enum events_level level;   /* may be above the table's: what is about to break is an error */
	char *detail;              /* owned */
	char *text;                /* owned; one line for people */
};

/*
 * Everything that holds now, at most TELL_MAX, into out[]; returns how many. What is told already (st->told with the same
 * detail and at != 0) is left out; entries of st->told whose event holds no more are removed from it, which is a change to save.
 */
size_t tell_decide(const struct tell_facts *f, struct store_state *st, int64_t now, struct tell_event out[TELL_MAX]);
void tell_event_clear(struct tell_event *e);
/* A stable id of one happening for receivers: "EVENT/CERTIFICATE/short hash of the detail"; owned. */
char *tell_event_key(const struct tell_event *ev, const char *name);
/* Records that it was told (well = true) or that the hook failed. */
void tell_record(struct store_state *st, const struct tell_event *ev, bool well, int64_t now);

#endif
