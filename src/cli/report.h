/* The one place that prints an error. */
#ifndef TEGATA_CLI_REPORT_H
#define TEGATA_CLI_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "commands.h"
#include "data/json.h"

/* Prints it (with --json as an object on standard output), clears it, and returns its exit status. */
int report_error(const struct cli *c, struct err *e);
/* Prints one of several failures to standard error. again: the next run of the timer tries it again. */
void report_failure(const struct err *e, bool again);
/* The same as a JSON object; NULL when there is none. */
struct json *report_json(const struct err *e);

#endif
