/* The registered list as people see it: what each entry covers, until when, and what lives on it. And changes to its file. */
#ifndef TEGATA_RUN_ENTITLEMENTS_H
#define TEGATA_RUN_ENTITLEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "entitle/edit.h"
#include "entitle/period.h"
#include "entitle/suggest.h"
#include "run/site.h"

struct entitlements_item {
	const struct entry *entry;  /* borrowed from the site */
	struct period period;       /* under the first CA's rule that checks (else jpdirect's) */
	int days_left;              /* period_days_left() */
	bool ended;
	struct strs covers;         /* what it covers, for people: "example.jp", "www.example.jp" */
	struct strs certificates;   /* live or configured, that have a name it covers; sorted */
	struct strs names;          /* those names, sorted */
	struct strs overlaps;       /* other entries that cover one of these names, too; sorted */
	bool idle;                  /* no certificate, live or configured, has a name of it: paid for, unused */
};
struct entitlements { struct entitlements_item *item; size_t count; int64_t at; const struct rule *rule; };

/* Entries in the order of their file. Needs a loaded site; opens the store. */
int entitlements_gather(struct site *s, struct entitlements *out, struct err *e);
void entitlements_clear(struct entitlements *l);

/*
 * Changes the list's file atomically (owner, group and mode stay; a symlink's target is replaced, not the link), under the lock of the
 * state folder, and reads it again. *dry = what the file would be (owned), and nothing is written, when dry is not NULL. An entry that
 * is added or removed is of a new contract: ledger_forget(). What was changed here counts as believed (ledger_check_list).
 */
int entitlements_edit(struct site *s, const struct edit_change *change, size_t count, char **dry, struct err *e);

/* Names for `suggest`: of all configured certificates of CAs that mind what is registered; normal form, sorted, distinct. */
void entitlements_configured_names(const struct site *s, struct strs *out);

/* "example.jp (until 2027-11-30)", or just the name when no end is known; owned. */
char *entitlements_entry_text(const struct rule *r, const struct entry_list *l, const struct entry *en);

#endif
