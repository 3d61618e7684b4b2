/* Asking CAs for their suggestions (RFC 9773): one batch per CA, only for those whose time has come. Failures go to the state. */
#ifndef TEGATA_RUN_RENEWAL_INFO_H
#define TEGATA_RUN_RENEWAL_INFO_H

#include <stddef.h>

#include "run/issue.h"
#include "run/look.h"
#include "run/site.h"

/* Is a request due for it? Pure. Not after the end, not without an id, not when another CA is asked now. */
bool renewal_info_is_due(const struct look *l, int64_t now);
/* Updates looks' states, and saves them unless keep_nothing (`plan --ari`). Never fails: what goes wrong is recorded. */
void renewal_info_round(struct site *s, struct look *const *looks, size_t n, bool keep_nothing, struct issue_counts *counts);
/* The CA has just been seen to offer none: recorded, so that the next visit need not ask for its directory to learn it. */
void renewal_info_absent(struct site *s, struct look *l);

#endif
