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

struct first_use_input {
	const struct rule *rule;
	const struct entry_list *list;
	const struct strs *names; /* of the certificate, normal form */
	bool only_new;            /* just entries whose period has not begun, and not those in doubt beside another that has begun */
	int64_t at;               /* of the issuance: what had ended by then was not used and leaves no doubt; 0 = nothing had ended */
};

/*
 * The entries that cover one of the names; *out owned (free()), in the list's order; returns how many. 0 under a rule whose periods do
 * not begin with issuance (or checks nothing).
 */
size_t first_use_find_at(const struct first_use_input *in, struct first_use **out);
/*
 * Rule 2: the earlier of notBefore's and the download's day, in the rule's zone. downloaded_at 0 = not known. Of a notBefore
 * more than FIRST_USE_BACKDATED_MAX_SEC before the download nothing is believed: no order lives that long.
 */
#define FIRST_USE_BACKDATED_MAX_SEC (30 * INT64_C(86400))
struct date first_use_day(const struct rule *r, int64_t not_before, int64_t downloaded_at);

#endif
