/* The daily look whether a live certificate was revoked: OCSP where the certificate names it, else its CRL. */
#ifndef TEGATA_RUN_REVOKED_H
#define TEGATA_RUN_REVOKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/issue.h"
#include "run/look.h"
#include "run/site.h"

#define REVOKED_EVERY_SEC 86400
#define REVOKED_FRESH_SEC 600      /* an OCSP responder may not know it yet (rule 27) */
#define REVOKED_RETRY_SEC 3600     /* after a check that gave no answer; doubled each time up to a day */

/* Does the record say that the certificate of this serial is revoked? NULL = there is none. Pure. */
bool revoked_is(const struct store_state *st, const char *serial);
/* Is a check due? Pure. */
bool revoked_is_due(const struct look *l, int64_t now);
/*
 * One batch for all. Updates looks' states and saves them. "unknown" and failures change nothing but the record; "revoked" is
 * warned about and makes plan_found.revoked true (unless we asked for it).
 */
void revoked_round(struct site *s, struct look *const *looks, size_t n, struct issue_counts *counts);

#endif
