/*
 * The blast radius: names of one certificate that end on different days would better stand in several. Pure.
 */
#ifndef TEGATA_ENTITLE_ADVISE_H
#define TEGATA_ENTITLE_ADVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

/*
 * By the careful end of each name (entitle/effective), or by the entry that it lives on: of several the one that ends
 * last, then a plain one, then the first in order.
 */
enum advise_by { ADVISE_BY_END, ADVISE_BY_ENTRY };

struct advise_input {
	const struct rule *rule;
	const struct entry_list *list; /* NULL = empty */
	const struct strs *names;      /* of one certificate, normal form */
	enum advise_by by;
	bool www_apart;                /* a name and its www. in certificates of their own, though they end together */
	int64_t from;                  /* as effective_input has it */
};

struct advise_group {
	struct strs names;   /* in the certificate's order */
	struct strs entries; /* that cover them: by end, the last to end first; then plain ones, then by text */
	int64_t end_at;      /* first instant after the careful end of the group; 0 = no end is known */
};

struct advise {
	struct advise_group *group; /* by end, the first to end first; without an end last; else as the names stand */
	size_t count;               /* 1 = nothing to split, as always under a rule with fixed sets */
	/* Names that would be lost with the first end although their own entries live on; none under RULE_END_STOP. */
	struct strs falling;
};

void advise_find(const struct advise_input *in, struct advise *out);
void advise_clear(struct advise *a);

#endif
