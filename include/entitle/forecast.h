/*
 * What will happen, day by day: renewals, periods that end, certificates that are revoked with them, the limits on
 * lifetimes of the CA/Browser Forum (rules.md §4). A simulation over plain data; nothing is asked of anybody. Pure.
 *
 * Nobody pays anything in it: a period ends with the renewals that the list knows of. Certificates are renewed without
 * spread, and whenever the CA is up. Under rules whose end revokes, the first of a certificate's entries to end takes it
 * along, even one whose names are all covered by another entry (rule 17, the careful reading: all names are innocent
 * then), and it is asked for again at once if it still may be. An entry that waits for its first issuance begins with the
 * first one here, unless each of its names is covered by another entry that runs already. With on_lapse: shrink a
 * certificate goes on with the names that remain (see entitle/lapse). A fixed set is taken as complete.
 *
 * A live certificate with a name that no entry covers is refused its renewal and ends at notAfter: the list may just lack it.
 * Renewing or adding entries never makes a certificate end earlier, but for days on which the CA is down, and but for an
 * added one that lets a refused certificate begin the periods of others.
 *
 * An end is the first instant after the period: on a calendar it belongs to the day of the second before it.
 */
#ifndef TEGATA_ENTITLE_FORECAST_H
#define TEGATA_ENTITLE_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

#define FORECAST_EVENTS_MAX 100000 /* then it stops, and says so */
#define FORECAST_DEFAULT_SEC (400 * 86400)
#define FORECAST_UNTIL_MAX_SEC (3660LL * 86400)

struct forecast_certificate {
	const char *name;
	const struct rule *rule;
	const struct strs *names;       /* normal form; none = there is nothing to forecast */
	int64_t not_before, not_after;  /* 0, 0 = not obtained yet: it is at the beginning of the forecast */
	bool revoked;                   /* what there is counts no more */
	int64_t renew_at;               /* when the next issuance comes, past = at once; 0 = by renew_days / renew_permille */
	int renew_days, renew_permille; /* both 0 = a third of the life is left (half, under ten days) */
	bool shrinks;                   /* on_lapse: shrink */
	bool fixed_life;                /* the CA's profile does not follow the limits */
};

struct forecast_span { int64_t from, to; }; /* to: the first instant after it; in any order, may overlap */

struct forecast_input {
	const struct entry_list *list;
	const struct forecast_certificate *certificate;
	size_t count;
	int64_t at, until;                 /* events of both instants are told */
	int64_t lifetime_sec;              /* of what is issued from now on; 0 = as that which is live, else 90 days */
	const struct forecast_span *down;  /* the CA issues nothing */
	size_t down_count;
};

enum forecast_kind { /* in the order in which those of one instant are told */
	FORECAST_LIFETIME,   /* a new limit holds from now on, and shortens what some certificates get: days */
	FORECAST_PAY_BY,     /* the last day of an entry's period begins (or is today): pay the renewal by then */
	FORECAST_LAPSE,      /* an entry's period is over: certificates, names = what nobody can order any more */
	FORECAST_REVOCATION, /* a certificate is revoked with it: names = all that fall, innocent = those whose own entries live on */
	FORECAST_SHRINK,     /* on_lapse: shrink puts the smaller certificate in place: names = those let go */
	FORECAST_EXPIRY,     /* a certificate ends at notAfter, and nothing replaces it */
	/*
	 * An issuance is due and does not come: the gate refuses it, for good (names = those refused; entry = the one that has
	 * ended, NULL = not registered), or the CA is down (no names), and it comes when that is over.
	 */
	FORECAST_BLOCKED,
	FORECAST_BEGIN,      /* an issuance begins an entry's period */
	FORECAST_ISSUE,      /* a first certificate */
	FORECAST_RENEWAL,
	/*
	 * A renewal; those after it gain nothing, as a name's last entry ends before this one's notAfter. Where the end only stops
	 * issuance: the last one that is not refused.
	 */
	FORECAST_LAST_RENEWAL,
	FORECAST_KIND_COUNT
};
const char *forecast_kind_name(enum forecast_kind k); /* "lifetime", "pay-by", "lapse", "revocation", … */

struct forecast_event {
	int64_t at;
	enum forecast_kind kind;
	char *certificate;        /* NULL = of an entry, or of all */
	char *entry;              /* registered name; NULL = none is concerned */
	struct strs certificates; /* LAPSE, PAY_BY: those that live on it then; LIFETIME: those that get shorter ones; sorted */
	struct strs names;
	struct strs innocent;
	/*
	 * ISSUE, RENEWAL, LAST_RENEWAL, SHRINK: the new notAfter; PAY_BY, LAPSE, REVOCATION, BEGIN: end of the period (0 = none
	 * is known); EXPIRY, BLOCKED: notAfter of what is live (0 = nothing is).
	 */
	int64_t end_at;
	int days;                 /* LIFETIME: longest life allowed */
};

struct forecast {
	struct forecast_event *event; /* by time, kind, certificate, entry */
	size_t count;
	int64_t at, until;
	bool cut;                     /* FORECAST_EVENTS_MAX */
};

void forecast_make(const struct forecast_input *in, struct forecast *out);
void forecast_clear(struct forecast *f);

/*
 * What-if: equal events of the two stand for one another; what is left over in `then` was added, in `now` is gone, both by
 * time. Borrowed from the two; the arrays are owned.
 */
struct forecast_diff {
	const struct forecast_event **added, **gone;
	size_t added_count, gone_count;
};
void forecast_compare(const struct forecast *now, const struct forecast *then, struct forecast_diff *out);
void forecast_diff_clear(struct forecast_diff *d);

/* Longest life in days of what is issued at t, and when the next limit begins (0 = no further one is decided). */
int forecast_limit_days(int64_t t, int64_t *next_at);

#endif
