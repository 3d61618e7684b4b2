/* The forecast of this machine: entitle/forecast fed from settings, store and list; and with a what-if beside it. Reads only. */
#ifndef TEGATA_RUN_OUTLOOK_H
#define TEGATA_RUN_OUTLOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "entitle/forecast.h"
#include "run/site.h"

struct outlook_whatif {
	struct strs without;   /* registered names whose contract ends with the day of `at` */
	struct strs add;       /* registered names added, not begun */
	struct strs renew;     /* registered names renewed once more (each time it is named) */
	int64_t at;            /* as if it were then; 0 = now */
	int64_t lifetime_sec;  /* 0 = as it is */
	struct forecast_span *down;
	size_t down_count;
};

struct outlook {
	struct forecast now;   /* as things are */
	struct forecast then;  /* with the what-if; count 0 when nothing was asked */
	bool asked;            /* something was */
	struct forecast_diff diff;
};

/*
 * until 0 = FORECAST_DEFAULT_SEC from the later of now and w->at. w may be NULL. Opens the store. ERR_USAGE: an entry to take away or
 * to renew that is not in the list (the nearest is named), one to add that is; an until before that time, or more than
 * FORECAST_UNTIL_MAX_SEC after it.
 *
 * The what-if is built in this order: without, add, renew. With `at`, `then` begins at that time with what is live now, as if nothing
 * had been done until then. CAs of the profile "custom" without a rule of entries are taken to be private ones, which the limits of
 * the CA/Browser Forum do not concern.
 */
int outlook_gather(struct site *s, const struct outlook_whatif *w, int64_t until, struct outlook *out, struct err *e);
void outlook_clear(struct outlook *o);
void outlook_whatif_clear(struct outlook_whatif *w);

#endif
