/* The registered list: entries of 利用FQDN情報. Plain data, and its reader. */
#ifndef TEGATA_ENTITLE_ENTRY_H
#define TEGATA_ENTITLE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/diag.h"
#include "data/yaml.h"

#define ENTRY_LIST_MAX 50000
#define ENTRY_RENEWED_MAX 100

struct entry {
	char *fqdn;           /* normal form, with "*." for a wildcard entry */
	bool has_first_issued;
	struct date first_issued; /* 初回証明書発行日, JST */
	int renewed;          /* paid renewals so far */
	bool has_ends;
	struct date ends;     /* as My Page shows it: the last day, inclusive, JST; wins over first_issued */
	bool has_registered;
	struct date registered; /* when it was registered; for rules whose period begins then */
	char *set;            /* rules with fixed_set: which set it belongs to; NULL = the one without a name */
	bool has_recorded;
	struct date recorded; /* first issuance as the ledger has it; counts when first_issued and ends are not stated */
	bool perhaps;         /* recorded, but in doubt: see entitle/first_use */
	int line;             /* where it stands in the list; 0 = not from a file */
};

struct entry_list {
	struct entry *item; /* sorted by fqdn, distinct */
	size_t count;
	bool has_first_registered;
	struct date first_registered; /* the earliest `registered`; for rules with one period for all */
};

/*
 * From a list in YAML (root NULL = empty). Every mistake is added to d, in the order of their places; the good items are
 * kept all the same, of duplicates the first.
 */
void entry_list_read(const char *file, const struct yaml_node *root, struct entry_list *out, struct diags *d);
/* For tests and for callers without a file: fqdn is copied and must be normal. Keeps the order; replaces an equal one. */
void entry_list_add(struct entry_list *l, const struct entry *e);
const struct entry *entry_list_find(const struct entry_list *l, const char *fqdn);
/* Takes one out; false = it is not there. */
bool entry_list_remove(struct entry_list *l, const char *fqdn);
/* A whole copy, for what-ifs. `to` zeroed. */
void entry_list_copy(struct entry_list *to, const struct entry_list *from);
/* Puts what the ledger says into an entry; false = it is not there. */
bool entry_list_record(struct entry_list *l, const char *fqdn, struct date first_issued, bool perhaps);
void entry_list_clear(struct entry_list *l);

#endif
