/*
 * ledger.json: when the first certificate under each entry was issued, and what the list held when it was last believed. In the state
 * folder, 0600, atomic, synced. Kept apart from the list, which is the administrator's; a date there wins over one here.
 */
#ifndef TEGATA_STORE_LEDGER_H
#define TEGATA_STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "store/store.h"

struct store_ledger_item {
	char *fqdn;              /* of the entry, normal form */
	bool has_date;
	struct date first_issued;/* in the rule's zone */
	bool perhaps;            /* see entitle/first_use */
	char *certificate;       /* its name here; NULL = of a file from elsewhere */
	char *serial;
	char *source;            /* "issued", "generation", "file" */
	int64_t recorded_at;
	int64_t since;           /* certificates from before that were of an earlier contract; 0 = all count */
};

struct store_ledger {
	struct store_ledger_item *item; /* sorted by fqdn */
	size_t count;
	struct strs list;        /* entries of the list when it was last believed; sorted */
	int64_t list_at;         /* 0 = never */
	bool missing;            /* there was no file, or a broken one (moved aside under the lock, and logged) */
};

int store_ledger_load(struct store *s, struct store_ledger *out, struct err *e);
int store_ledger_save(struct store *s, const struct store_ledger *l, struct err *e); /* needs the lock */
struct store_ledger_item *store_ledger_find(struct store_ledger *l, const char *fqdn); /* NULL = none */
/* Finds or adds. */
struct store_ledger_item *store_ledger_item(struct store_ledger *l, const char *fqdn);
void store_ledger_clear(struct store_ledger *l);

#endif
