/* The second half of run/visit: what came of each certificate, for people (the item) and for the next run (the state). */
#ifndef TEGATA_RUN_VISIT_NOTE_H
#define TEGATA_RUN_VISIT_NOTE_H

#include <stdbool.h>

#include "base/err.h"
#include "run/job.h"
#include "run/look.h"
#include "run/site.h"
#include "run/visit.h"

/* It is held back by earlier failures. */
void visit_note_waiting(const struct look *l, const struct plan_decision *d, struct visit_item *item);
/* A failure, moved in from *e: named, not yet recorded. */
void visit_note_failure(struct visit_item *item, struct err *e);
/*
 * Issued or failed (item->outcome): recorded in look's state, with the time of the next try, and saved. What says nothing about
 * the CA, the names or this machine (a signal, the lock) is not recorded.
 */
void visit_note(struct site *s, struct look *l, const struct job *j, struct visit_item *item);
/* An order that was only to prepare went well: recorded so, with look's state. */
void visit_note_prepared(struct site *s, struct look *l, struct visit_item *item);
/* A move to another CA was taken back for deploy_err: it counts as a failure of ordering, so that it is not repeated at each visit. */
void visit_note_moved_back(struct site *s, const struct look *l, struct store_state *st, struct visit_item *item);
/*
 * A failure that is recorded for a day that has not come was noted by a clock that was ahead: forgotten, and saved so. Else it
 * would count, and be told of, as if ordering still failed.
 */
void visit_note_heal(struct site *s, struct look *l, const struct visit_item *item);
/* Failures of ordering are over. */
void visit_note_well(struct store_state *st);
/* The names whose validation failed (wildcards as the name below them), added; false when there were none. */
bool visit_note_culprits(struct store_validations *v, const struct job *j, int64_t now);

#endif
