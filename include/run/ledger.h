/* First issuances, remembered: what the ledger says is put into the list's entries, and what is issued into the ledger. */
#ifndef TEGATA_RUN_LEDGER_H
#define TEGATA_RUN_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "entitle/first_use.h"
#include "run/site.h"

/*
 * Puts recorded dates into s->entries (entry->recorded); called once by site_open_store() and site_load(), whichever is second. No
 * ledger: what the kept generations tell counts for this one command; who has the lock (`writes`) makes it again instead, with the
 * first of the calls below. One that may not be read (an ordinary user): nothing is recorded, which is no failure; a broken one is logged.
 */
void ledger_apply(struct site *s, bool writes);
/*
 * A certificate was issued: entries whose period it begins are recorded, saved and put into s->entries. Idempotent; an earlier date
 * takes the place of a later one, one with `since` after the issuance is left alone. Needs the lock.
 */
int ledger_record(struct site *s, const struct ca_setting *ca, const struct store_generation *g, struct err *e);
/* The same for many at once: one reading and at most one writing, none when they tell nothing new. source: "issued", "generation". */
struct ledger_issue {
	const struct ca_setting *ca; /* NULL = the one that the generation names; one that the settings have no more counts for nothing */
	const struct store_generation *generation;
	struct strs *begun;          /* appended: entries whose period it began; NULL = not wanted */
};
int ledger_record_all(struct site *s, const struct ledger_issue *issue, size_t count, const char *source, struct err *e);
/*
 * From all complete generations of all certificates, live or not: what is missing or earlier. *found counts entries that got a date.
 * A visit does it by itself when there is no ledger but something live. Needs the lock.
 */
int ledger_rebuild(struct site *s, size_t *found, struct err *e);
/*
 * From a certificate of elsewhere (PEM: first certificate): under the first CA's rule, for entries of the list; whoever names it means it,
 * so `since` does not count. Needs the lock.
 */
int ledger_learn(struct site *s, const char *path, struct strs *begun, struct err *e);
/* The entry is of a new contract from now on: what was issued before counts no more. Needs the lock. */
int ledger_forget(struct site *s, const char *fqdn, struct err *e);
/* The same of many, in normal form, with one reading and one writing. */
int ledger_forget_all(struct site *s, const struct strs *fqdns, struct err *e);

/*
 * Is the list one to act on? ERR_REFUSED, saying what vanished, when it is empty or more than half of what was there is gone
 * (entitle/list_change), unless `accept`. What is believed is recorded. Needs the lock.
 */
int ledger_check_list(struct site *s, bool accept, struct err *e);
/* The same without the lock and without recording: for `plan`, `status`. */
int ledger_look_at_list(struct site *s, struct err *e);

#endif
