/* Until when is a certificate really good? Rules 17, 18: its first entry to end may end it before notAfter does. Pure. */
#ifndef TEGATA_ENTITLE_EFFECTIVE_H
#define TEGATA_ENTITLE_EFFECTIVE_H

#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

struct effective_input {
	const struct rule *rule;
	const struct entry_list *list;
	const struct strs *names; /* of the certificate, normal form */
	int64_t not_after;
	int64_t from;             /* of the certificate: an entry that ended by then counts only for names that no other covers */
};

struct effective {
	int64_t end;               /* the careful reading: of a name covered by several entries the first to end counts */
	const struct entry *by;    /* the entry that ends it; NULL = notAfter does */
	int64_t hopeful;           /* the other reading: of a name covered by several entries the last to end counts */
	const struct entry *hopeful_by;
	const struct entry *first; /* the first of its entries to end, whatever notAfter and the end's effect; NULL = no end is known */
	int64_t first_at;          /* 0 = none */
};

/*
 * not_after 0 = there is no certificate yet: end and hopeful are those of the entries, 0 = none. Under RULE_END_STOP entries end no
 * certificate, so they are only in `first`. Of several that end at once, the first in the list's order is told. Entries are borrowed
 * from the list.
 */
void effective_find(const struct effective_input *in, struct effective *out);

#endif
