/* The words for people beside the stable ones of JSON: why something is done, when, and why not yet. */
#ifndef TEGATA_CLI_REASONS_H
#define TEGATA_CLI_REASONS_H

#include "run/backoff.h"
#include "run/due.h"
#include "run/visit.h"

const char *reasons_visit(enum visit_reason r);
const char *reasons_due(enum due_because b);
const char *reasons_wait(enum backoff_why w);
/* The same by its stable word; NULL = the ladder. */
const char *reasons_wait_word(const char *word);

#endif
