/* The part of run/look that is about names whose entry ends: entitle/lapse fed from settings, list and state. */
#ifndef TEGATA_RUN_LOOK_LAPSE_H
#define TEGATA_RUN_LOOK_LAPSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "run/look.h"
#include "run/site.h"

/* Are names let go with their entry, unasked? As `on_lapse` says; never for a request made elsewhere, which is for just its names. */
bool look_lapse_shrinks(const struct certificate_setting *c);
/* What was let go earlier, for lapse_find(); owned, the names in it borrowed from the state. */
struct lapse_dropped *look_lapse_dropped(const struct look *l, size_t *count);
/* Fills lapse and let_go; anew when it is called again. */
void look_lapse_find(const struct site *s, struct look *l, bool accepted);
/* Fills prepared, from the state. */
void look_lapse_prepared(const struct site *s, struct look *l);
/* Is there one that may take its place? Not with the key of what is live, once that is known to have leaked. */
bool look_lapse_is_ready(const struct look *l);
/* `run --accept-lapse`: names that lapse are let go now. ERR_REFUSED: there are none, or nothing would be left. */
int look_lapse_accept(const struct site *s, struct look *l, struct err *e);

#endif
