/*
 * What a CA sells with a registered name, as data (rules.md §3): what an entry covers, when its period begins, how long it is,
 * what its end does. Presets: "jpdirect", "none", "sectigo" (CaaS: shared period from the first domain), "upki" (a fixed set).
 * Everything here is pure.
 */
#ifndef TEGATA_ENTITLE_RULE_H
#define TEGATA_ENTITLE_RULE_H

#include <stdbool.h>

enum rule_plain {           /* an entry without "*." covers … */
	RULE_PLAIN_EXACT,       /* itself */
	RULE_PLAIN_WWW,         /* itself and www.itself (rules 5, 6) */
	RULE_PLAIN_WWW_EITHER,  /* itself and its counterpart with or without www. */
	RULE_PLAIN_SUBTREE,     /* itself and everything below it, wildcards too */
	RULE_PLAIN_COUNT
};
enum rule_wildcard {        /* an entry "*.B" covers … */
	RULE_WILDCARD_EXACT,    /* "*.B" */
	RULE_WILDCARD_BASE,     /* "*.B" and B (rule 7) */
	RULE_WILDCARD_SAME_LEVEL, /* "*.B", B and every name one label below B */
	RULE_WILDCARD_COUNT
};
enum rule_start {           /* the period begins with … */
	RULE_START_FIRST_ISSUANCE, /* the first certificate under the entry (rule 1) */
	RULE_START_FIRST_DOMAIN,   /* the earliest `registered` of the whole list */
	RULE_START_REGISTERED,     /* the entry's own `registered` */
	RULE_START_COUNT
};
enum rule_rounding {
	RULE_ROUNDING_NONE,     /* the last day is the one before the anniversary */
	RULE_ROUNDING_NEXT_DAY, /* the period begins the day after the start */
	RULE_ROUNDING_MONTH_END,/* the last day is the last one of the month of the anniversary */
	RULE_ROUNDING_COUNT
};
enum rule_end {
	RULE_END_REVOKE,        /* no issuance any more, and certificates are revoked (rules 17, 18) */
	RULE_END_STOP,          /* no issuance any more; certificates live on until notAfter */
	RULE_END_COUNT
};

struct rule {
	const char *preset;     /* the preset it began as; static */
	bool checked;           /* false: names need no entry at all */
	enum rule_plain plain;
	enum rule_wildcard wildcard;
	bool fixed_set;         /* the names of a certificate must be exactly the entries of one `set` */
	enum rule_start start;
	int years, days;        /* length of one paid term: one of them; both 0 = only a stated `ends` counts */
	enum rule_rounding rounding;
	int utc_offset_sec;     /* days are counted in this zone; fixed, without summer time */
	enum rule_end end;
};

const struct rule *rule_preset(const char *name);   /* NULL = there is none */
const char *const *rule_preset_names(void);         /* NULL-terminated */
/*
 * One parameter by words, as in the settings: "plain" exact, www, www-either, subtree; "wildcard" exact, base, same-level;
 * "fixed_set" yes, no; "start" first-issuance, first-domain, registered; "length" 1y … 10y, 1d … 3660d, none; "rounding" none,
 * next-day, month-end; "time_zone" UTC, Asia/Tokyo, +09:00; "end" revoke, stop. 0, or -1 for one that is none.
 */
int rule_set(struct rule *r, const char *parameter, const char *word);
char *rule_get(const struct rule *r, const char *parameter); /* the word that gives it; owned; NULL = no such parameter */
const char *const *rule_parameters(void);                     /* NULL-terminated */

/* Does registered name R (normal form) cover `name` (normal form), fixed_set aside? Label-wise. */
bool rule_covers(const struct rule *r, const char *registered, const char *name);
/*
 * The normal names of entries that could cover `name`, in no order; owned. At most RULE_CANDIDATES_MAX. (RULE_PLAIN_SUBTREE:
 * every ancestor with at least two labels.)
 */
#define RULE_CANDIDATES_MAX 140
struct strs;
void rule_candidates(const struct rule *r, const char *name, struct strs *out);

#endif
