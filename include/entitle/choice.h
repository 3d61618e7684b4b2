/*
 * Of these entries, the cheapest ones that cover all of these names: suggest's arithmetic, exact under every rule. An
 * entry covers names along the tree of labels alone (its own name, the one below with www. or above without, the level
 * below, all below), so a domain has to know three things of what stands above it, and one of its www. below. Pure.
 */
#ifndef TEGATA_ENTITLE_CHOICE_H
#define TEGATA_ENTITLE_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/rule.h"

struct choice_input {
	const struct rule *rule;    /* its fixed_set does not matter here */
	const struct strs *names;   /* to be covered; sorted, distinct, normal form */
	const struct strs *entries; /* that may be taken; sorted, distinct, normal form */
	int64_t plain_price, wildcard_price;
};

/*
 * Sets taken[] for each of the entries: least price; of equal price fewest entries, then fewest wildcards, then those
 * that come first in the order by number of labels, then by text (example.jp before www.example.jp, as it covers more).
 * A name that none of the entries covers costs nothing and is left aside.
 */
void choice_find(const struct choice_input *in, bool *taken);

#endif
