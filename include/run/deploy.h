/* Deploy hooks: each is owed for each generation until it has succeeded. */
#ifndef TEGATA_RUN_DEPLOY_H
#define TEGATA_RUN_DEPLOY_H

#include <stdbool.h>

#include "base/err.h"
#include "run/site.h"
#include "run/visit.h"

/* Is this hook owed for this generation? Pure. */
bool deploy_is_owed(const struct store_state *st, const char *hook_id, int generation);

/*
 * Runs what is owed for the live generation (again = everything), one hook after the other; a failing one does not stop
 * the next. Fills item->deployed, deploy_err, deploy_owed. Nothing live is nothing to do.
 */
void deploy_certificate(struct site *s, const struct certificate_setting *c, bool again, struct visit_item *item);

#endif
