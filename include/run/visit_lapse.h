/* The part of run/visit that is about names whose entry ends: what was decided is recorded before it has an effect. */
#ifndef TEGATA_RUN_VISIT_LAPSE_H
#define TEGATA_RUN_VISIT_LAPSE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "run/job.h"
#include "run/look.h"
#include "run/site.h"
#include "run/visit.h"

/*
 * `run --accept-lapse`: heard, and recorded. Said once more of what was let go already it is only warned about; else ERR_REFUSED, when
 * there is nothing that could be let go.
 */
int visit_lapse_accept(struct site *s, struct look *l, struct err *e);
/* Names that go now (LAPSE_SWITCH) are recorded as let go; a hold by `rollback` ends with that. Nothing to do otherwise. */
int visit_lapse_let_go(struct site *s, struct look *l, struct err *e);
/* Forgets what is of no use any more: records of names that came back, a generation prepared in vain. True = the latter. */
bool visit_lapse_tidy(struct site *s, struct look *l);
/* What was prepared goes live, with all that this ends in the state (saved by visit_note). -1: it cannot be used, and is forgotten. */
int visit_lapse_switch(struct site *s, struct look *l, struct err *e);
/* A certificate for these names is in place of what `l` found: names that went go to the item, those that came back from the state. */
void visit_lapse_issued(struct look *l, const struct strs *names, struct visit_item *item);
/* A generation is ready; recorded. */
void visit_lapse_prepared(struct site *s, struct look *l, const struct job *j, struct visit_item *item);

#endif
