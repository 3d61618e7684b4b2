/* The first certificate under an entry begins its paid period: rules 1-3. Pure. */
#ifndef TEGATA_ENTITLE_FIRST_USE_H
#define TEGATA_ENTITLE_FIRST_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

struct first_use {
	const struct entry *entry; /* borrowed from the list */
	bool perhaps;              /* each name that it covers is covered by another entry, too: which one the CA takes is not said */
};

/*
 * The entries that cover one of the names; *out owned (free()), in the list's order; returns how many. only_new: just those whose
 * period has not begun, and of these not the ones in doubt when the other entry's period has begun. 0 under a rule whose periods do
 * not begin with issuance (or checks nothing).
 */
size_t first_use_find(const struct rule *r, const struct entry_list *l, const struct strs *names, bool only_new,
                      struct first_use **out);
/* Rule 2: the earlier of notBefore's and the download's day, in the rule's zone. downloaded_at 0 = not known. */
struct date first_use_day(const struct rule *r, int64_t not_before, int64_t downloaded_at);

#endif
