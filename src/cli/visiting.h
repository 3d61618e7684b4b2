/* What run, renew, deploy and certonly have in common: a visit, and telling what came of it. */
#ifndef TEGATA_CLI_VISITING_H
#define TEGATA_CLI_VISITING_H

#include "commands.h"
#include "run/visit.h"

/* Prints the report in the form asked for; returns the exit status. again: the timer tries failures again. */
int visiting_tell(const struct cli *c, const struct site *s, const struct visit_report *r, bool again);
/* Visit and report, for a site that is loaded. */
int visiting_visit(struct cli *c, struct site *s, struct visit_options *o);
/* The whole command: settings, visit, report. */
int visiting_run(struct cli *c, struct visit_options *o);

#endif
