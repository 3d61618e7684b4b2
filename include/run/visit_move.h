/*
 * The part of run/visit that takes a certificate from one CA to another: what the old one issued is kept until the new certificate is
 * deployed, and comes back when that fails.
 */
#ifndef TEGATA_RUN_VISIT_MOVE_H
#define TEGATA_RUN_VISIT_MOVE_H

#include "base/err.h"
#include "run/look.h"
#include "run/site.h"
#include "run/visit.h"

/* Before what is live is replaced: if another CA issued it, that is recorded. */
int visit_move_begin(struct site *s, struct look *l, struct err *e);
/*
 * After the deployment of this visit: the move is over, or taken back, or (a signal, hooks left to another visit) still open. Speaks of
 * it in the item.
 */
void visit_move_settle(struct site *s, const struct look *l, struct visit_item *item);

#endif
