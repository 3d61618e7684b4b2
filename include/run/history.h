/* The generations of a certificate, and going back to one. */
#ifndef TEGATA_RUN_HISTORY_H
#define TEGATA_RUN_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/site.h"
#include "run/visit.h"

struct history_item {
	struct store_generation generation;
	bool live;
	char *damage;   /* why it cannot be gone back to; NULL = it holds together */
};
struct history { struct history_item *item; size_t count; }; /* newest first */

/* ERR_USAGE when there is no such certificate, configured or kept. */
int history_gather(struct site *s, const char *name, struct history *out, struct err *e);
void history_clear(struct history *h);

/*
 * Makes `number` live (0 = the newest complete one before the live one) and deploys it; the report has one item. It stays until it
 * is due for renewal or `renew --force` is asked for. ERR_USAGE: no such generation; ERR_CERTIFICATE: it has ended or is known to be
 * revoked, unless `force`.
 */
int history_rollback(struct site *s, const char *name, int number, bool force, struct visit_report *out, struct err *e);

/*
 * After a move that failed: an older generation is live again and stays, as after a rollback; nothing is deployed. ERR_CERTIFICATE:
 * it has ended or is known to be revoked. Needs the lock.
 */
int history_return(struct site *s, const struct certificate_setting *c, int number, struct err *e);

#endif
