/* `status --check` and `status --metrics`: the same facts for monitoring. */
#ifndef TEGATA_CLI_MONITORING_H
#define TEGATA_CLI_MONITORING_H

#include "commands.h"

/* The exit statuses of monitoring: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
int monitoring_check(const struct cli *c);
/* Tells that nothing could be found out, and why; clears e; 3. */
int monitoring_unknown(const struct cli *c, struct err *e);
/* Ordinary exit statuses: a file with figures is written or not. */
int monitoring_metrics(const struct cli *c);

#endif
