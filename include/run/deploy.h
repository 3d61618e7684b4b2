/*
 * Putting a new certificate to use: outputs are written, then hooks run, then the services that must serve it are looked at. Each
 * of these is owed for each generation until it has succeeded (doc/hooks.md, "From the new certificate to the service").
 */
#ifndef TEGATA_RUN_DEPLOY_H
#define TEGATA_RUN_DEPLOY_H

#include <stdbool.h>

#include "base/err.h"
#include "run/site.h"
#include "run/visit.h"

/* Is this hook, output or service owed for this generation? Pure. */
bool deploy_is_owed(const struct store_state *st, const char *id, int generation);

/* What is owed to one generation, in the order in which it is done; pure. */
struct deploy_summary {
	struct strs owed;   /* labels */
	struct strs failed; /* those of them that failed the last time */
	char *error;        /* of the first of these; NULL = none failed */
};
void deploy_summarize(const struct certificate_setting *c, const struct store_state *st, int generation,
                      struct deploy_summary *out);
void deploy_summary_clear(struct deploy_summary *d);

/*
 * Does what is owed for the live generation (again = everything). Within outputs, hooks and services a failure does not stop
 * the next; but hooks wait for outputs, and services are looked at when all hooks ran well. A service that does not serve the
 * new certificate makes all hooks owed again. Fills item->deployed, deploy_err, deploy_owed. Nothing live is nothing to do.
 */
void deploy_certificate(struct site *s, const struct certificate_setting *c, bool again, struct visit_item *item);
/* Everything, after `rollback`: that is the reason which hooks are told. */
void deploy_rolled_back(struct site *s, const struct certificate_setting *c, struct visit_item *item);

#endif
