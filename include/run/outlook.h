/* The forecast of this machine: entitle/forecast fed from settings, store and list; and with a what-if beside it. Reads only. */
#ifndef TEGATA_RUN_OUTLOOK_H
#define TEGATA_RUN_OUTLOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "entitle/forecast.h"
#include "run/site.h"

struct outlook_whatif {
	struct strs without;   /* registered names taken away */
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

/* until 0 = FORECAST_DEFAULT_SEC from at. w may be NULL. ERR_USAGE: an entry that is not in the list, an until before at. */
int outlook_gather(struct site *s, const struct outlook_whatif *w, int64_t until, struct outlook *out, struct err *e);
void outlook_clear(struct outlook *o);
void outlook_whatif_clear(struct outlook_whatif *w);

#endif
