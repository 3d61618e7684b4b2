/* The use period (利用期間): rules 1, 2, 18-20 and the general model of rules.md §3. Pure. */
#ifndef TEGATA_ENTITLE_PERIOD_H
#define TEGATA_ENTITLE_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

enum period_source {
	PERIOD_NOT_BEGUN, /* 未開始, or nothing is known: no end (rule 1) */
	PERIOD_STATED,    /* `ends` in the list, from My Page: wins */
	PERIOD_LISTED,    /* computed from a date in the list */
	PERIOD_RECORDED,  /* computed from the ledger's first issuance */
	PERIOD_SOURCE_COUNT
};
const char *period_source_name(enum period_source s); /* "not-begun", "stated", "listed", "recorded" */

struct period {
	enum period_source source;
	bool has_start;    /* false also for one that is only stated */
	struct date start;
	bool has_last;     /* false = no end is known */
	struct date last;  /* inclusive, in the rule's zone */
	int64_t end_at;    /* the first instant that is no longer inside; 0 = none */
	bool perhaps;      /* recorded, but every name it was used for is covered by another entry, too (rule 17) */
};

void period_find(const struct rule *r, const struct entry_list *l, const struct entry *e, struct period *out);
bool period_has_ended(const struct period *p, int64_t t);
/* Whole days that are left, the last one included: 0 on … the day after the end; -1 = no end is known. */
int period_days_left(const struct rule *r, const struct period *p, int64_t t);

/* Last day of a term that began on `start` and was renewed so often; false = the rule computes none. Never past 9999-12-31. */
bool period_last(const struct rule *r, struct date start, int renewed, struct date *last);
/* Last day of the next term, when one is known to end on `last`: for an end that is stated, of which no start is known. */
struct date period_next_last(const struct rule *r, struct date last);
int64_t period_end_instant(const struct rule *r, struct date last);

#endif
