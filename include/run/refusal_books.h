/* The half of run/refusal that looks into our own books: what the list and the ledger say of the names of a refused order. Pure. */
#ifndef TEGATA_RUN_REFUSAL_BOOKS_H
#define TEGATA_RUN_REFUSAL_BOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "entitle/entry.h"
#include "run/refusal.h"

/* Of the entries that these names live on, the first of each kind; borrowed from names and list. NULL = none. */
struct refusal_books {
	const char *uncovered;      /* a name without any entry */
	const struct entry *ended, *near, *renewed, *fresh;
	struct date last;           /* of ended, else of near */
};

void refusal_books_look_up(const struct refusal_facts *f, struct refusal_books *b);
/* The contract causes by what the books say, likeliest first; 0 where they say nothing. *certain: the books alone make the first likely. */
size_t refusal_books_rank(const struct refusal_books *b, enum refusal_cause out[3], bool *certain);

#endif
