/* The blast radius: names of one certificate that end on different days would better stand in several. Pure. */
#ifndef TEGATA_ENTITLE_ADVISE_H
#define TEGATA_ENTITLE_ADVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

enum advise_by { ADVISE_BY_END, ADVISE_BY_ENTRY };

struct advise_input {
	const struct rule *rule;
	const struct entry_list *list;
	const struct strs *names;  /* of one certificate, normal form */
	enum advise_by by;
	bool www_apart;            /* a name and its www. in certificates of their own, though they end together */
};

struct advise_group {
	struct strs names;         /* in the certificate's order */
	struct strs entries;       /* that cover them, sorted; of several the one that ends last comes first */
	int64_t end_at;            /* first instant after the careful end of the group; 0 = no end is known */
};

struct advise {
	struct advise_group *group; /* by end, the first to end first; without an end last */
	size_t count;               /* 1 = nothing to split */
	struct strs falling;        /* names that would be lost with the first end although their own entries live on */
};

void advise_find(const struct advise_input *in, struct advise *out);
void advise_clear(struct advise *a);

#endif
