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
	int line;             /* where it stands in the list; 0 = not from a file */
};

struct entry_list {
	struct entry *item; /* sorted by fqdn, distinct */
	size_t count;
};

/*
 * From a list in YAML (root NULL = empty). Every mistake is added to d, in the order of their places; the good items are
 * kept all the same, of duplicates the first.
 */
void entry_list_read(const char *file, const struct yaml_node *root, struct entry_list *out, struct diags *d);
/* For tests and for callers without a file: fqdn is copied and must be normal. Keeps the order; replaces an equal one. */
void entry_list_add(struct entry_list *l, const struct entry *e);
const struct entry *entry_list_find(const struct entry_list *l, const char *fqdn);
void entry_list_clear(struct entry_list *l);

#endif
