/* The part of run/look that is about names whose entry ends: entitle/lapse fed from settings, list and state. */
#ifndef TEGATA_RUN_LOOK_LAPSE_H
#define TEGATA_RUN_LOOK_LAPSE_H

#include <stdbool.h>

#include "base/err.h"
#include "run/look.h"
#include "run/site.h"

/* Fills lapse and let_go; anew when it is called again. */
void look_lapse_find(const struct site *s, struct look *l, bool accepted);
/* Fills prepared, from the state. */
void look_lapse_prepared(const struct site *s, struct look *l);
/* Is there one that may take its place? Not with the key of what is live, once that is known to have leaked. */
bool look_lapse_is_ready(const struct look *l);
/* look_accept_lapse(). */
int look_lapse_accept(const struct site *s, struct look *l, struct err *e);

#endif
