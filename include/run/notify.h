/* Telling somebody: the notify hooks of the settings. The contract for their authors is in doc/hooks.md. */
#ifndef TEGATA_RUN_NOTIFY_H
#define TEGATA_RUN_NOTIFY_H

#include "base/err.h"
#include "run/site.h"
#include "run/visit.h"

/*
 * After a visit: decides (run/tell) and tells for each item; hooks that fail are warned about and tried again at the next visit.
 * Nothing to do when the settings have no notify hooks.
 */
void notify_visit(struct site *s, const struct visit_report *r);
/* One event about no certificate in particular, such as clock-wrong; once a day. */
void notify_site(struct site *s, enum events_id id, const char *detail, const char *text);
/* `tegata notify test`: an event "test" to every hook, whatever its filters. -1: the first that failed. */
int notify_test(struct site *s, struct err *e);

#endif
