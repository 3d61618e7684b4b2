/*
 * When is a certificate due for renewal? Pure: functions of dates, rule, the CA's suggestion and a seed.
 *
 * Without a suggestion: when a third of the real lifetime is left (half, under ten days; or what the rule says, never past
 * notAfter), later by a part of DUE_SPREAD_MAX_SEC that host and certificate decide, so that a fleet does not knock at one
 * second. A rule that would renew within the first tenth of the lifetime would renew for ever: so many days do not count (30
 * days are no rule for a certificate of six), such a share is taken as nine tenths. With a fresh suggestion (RFC 9773): a time
 * within its window, the same at every look; but in no case later than DUE_LATEST of the lifetime before the end, and not before
 * `not_early`, whatever the CA suggests: one that calls every new certificate overdue would else be asked for one at each visit.
 */
#ifndef TEGATA_RUN_DUE_H
#define TEGATA_RUN_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/settings.h"

#define DUE_SHORT_LIFE_SEC (10 * 86400)
#define DUE_SPREAD_MAX_SEC 86400       /* and never more than an eighth of what is left then */
#define DUE_LATEST_SHARE 10            /* a suggestion counts no later than a tenth of the lifetime before the end */
#define DUE_EARLIEST_SHARE 10          /* a rule counts no earlier than a tenth of the lifetime after the beginning */
#define DUE_SUGGESTION_FRESH_SEC (2 * 86400)
#define DUE_EARLY_EVERY_SEC 86400      /* what the CA alone wants (revoked, suggestion) is done no more often */
#define DUE_WAKE_SEC 3600              /* the timer comes again after that: due before then is due now (§4.2) */

struct due_facts {
	int64_t not_before, not_after;
	struct renew_setting rule;     /* zeroed = the default */
	uint64_t seed;                 /* due_seed() */
	int64_t not_early;             /* 0 = no suggestion was followed of late */
	int64_t window_start, window_end, window_at; /* suggestion and when it was fetched; end <= start = none */
};

enum due_because { DUE_BY_SHARE, DUE_BY_DAYS, DUE_BY_CA, DUE_BY_LATEST /* the suggestion was too late to be taken */ };
const char *due_because_name(enum due_because b); /* "share", "days", "ca", "latest" */

struct due_answer {
	int64_t renew_at;
	enum due_because because;
};

/* now decides whether a suggestion is fresh. */
struct due_answer due_when(const struct due_facts *f, int64_t now);
/* Is it time, seen from a timer that comes every DUE_WAKE_SEC? Only a suggestion of the CA is rounded like that. */
bool due_is_now(const struct due_answer *a, int64_t now);

/* From what tells hosts apart (/etc/machine-id, else the host name), the certificate's name and its notBefore. */
uint64_t due_seed(const char *host, const char *certificate, int64_t not_before);
/* The same certificate without rule, spread and suggestion: the plain share. */
int64_t due_plain(int64_t not_before, int64_t not_after);

#endif
