/* Is the list of today one that a person meant, seen from the one of yesterday? Pure. */
#ifndef TEGATA_ENTITLE_LIST_CHANGE_H
#define TEGATA_ENTITLE_LIST_CHANGE_H

#include <stdbool.h>

#include "base/str.h"
#include "entitle/entry.h"

struct list_change {
	struct strs added, vanished; /* sorted */
	bool alarming;               /* nothing is left of what there was, or more than half of it vanished (of three or more) */
};

/* before: sorted, distinct. */
void list_change_find(const struct strs *before, const struct entry_list *now, struct list_change *out);
void list_change_clear(struct list_change *c);

#endif
