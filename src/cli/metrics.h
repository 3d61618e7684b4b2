/* Figures in the text format that Prometheus reads. */
#ifndef TEGATA_CLI_METRICS_H
#define TEGATA_CLI_METRICS_H

#include "run/entitlements.h"
#include "run/health.h"
#include "run/status.h"

/* The same families in the same order whatever there is; certificates as in status, entries as in the list. */
void metrics_print(const struct status_report *r, const struct entitlements *l, const struct health *h);
/* The value of a label: backslash, quote and line end escaped; owned. */
char *metrics_label(const char *value);

#endif
