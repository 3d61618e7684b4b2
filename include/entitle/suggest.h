/*
 * The cheapest set of entries to register for some names, exact. Under the rules of today an entry covers names only
 * along a label tree (www, wildcard, base, same level, subtree), so one walk over the tree decides (choice.h); a test
 * holds it against brute force. Pure.
 */
#ifndef TEGATA_ENTITLE_SUGGEST_H
#define TEGATA_ENTITLE_SUGGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

#define SUGGEST_PRICE_MAX 1000000000

struct suggest_input {
	const struct rule *rule;
	const struct strs *names;       /* wanted, normal form; duplicates are harmless */
	const struct entry_list *list;  /* registered already; NULL = nothing */
	int64_t plain_price, wildcard_price; /* of a year, 0..SUGGEST_PRICE_MAX; 1 and 1 = fewest entries */
	int64_t at;                     /* entries whose period has ended by then do not count as registered */
};

struct suggest_entry {
	char *fqdn;        /* sorted by this */
	struct strs names; /* of those wanted, which it covers */
};

struct suggest {
	struct suggest_entry *add; /* to register; of equal cost as choice_find() has it */
	size_t add_count;
	struct suggest_entry *keep; /* registered and needed */
	size_t keep_count;
	/* Registered, in its period, and not needed for these names once `add` is there: need not be renewed. */
	struct strs superfluous;
	int64_t cost;               /* of add */
	int64_t yearly;             /* of add and keep: what the names cost from the next year on */
};

/*
 * Rule not checked: nothing is needed, nothing is said. fixed_set: exactly the names. A name of a registry's own
 * (co.jp, com.au), below which everybody's names are, is only proposed when it is wanted itself, whatever it would
 * save.
 */
void suggest_find(const struct suggest_input *in, struct suggest *out);
void suggest_clear(struct suggest *s);

#endif
