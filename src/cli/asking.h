/* Asking before an order begins what is paid for. */
#ifndef TEGATA_CLI_ASKING_H
#define TEGATA_CLI_ASKING_H

#include "commands.h"
#include "run/visit.h"

/*
 * Where somebody is there and the settings say so (`first_use: ask`): one question for each certificate whose order
 * would begin the paid term of a registered FQDN. Those that were not answered with yes are added to `refused`.
 */
int asking_first_uses(const struct cli *c, struct site *s, const struct visit_options *o, struct strs *refused,
                      struct err *e);
/* "example.jp (until 2027-11-30 (Tue))" of entries whose term has begun or would begin today, with commas between; owned. */
char *asking_terms(const struct site *s, const struct ca_setting *ca, const struct strs *entries);

#endif
