/* What is left of a visit whose list of registered FQDNs is refused. */
#ifndef TEGATA_RUN_VISIT_OWED_H
#define TEGATA_RUN_VISIT_OWED_H

#include "run/site.h"
#include "run/visit.h"

/*
 * Deploys that are owed by what is live already: the list has no say in them. Failures are warned about, and stay owed. Nothing for
 * certonly, and where hooks are left to another visit.
 */
void visit_owed_deploy(struct site *s, const struct visit_options *o);

#endif
