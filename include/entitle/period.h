/* The use period (利用期間): rules 1, 2, 18-20. Pure. */
#ifndef TEGATA_ENTITLE_PERIOD_H
#define TEGATA_ENTITLE_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "entitle/entry.h"

/* Last day of the month of the first anniversary, plus one year per paid renewal. */
struct date period_last_day(struct date first_issued, int renewed);
/* False = no period is stated (未開始 or unknown): no end. Else *last is the last day, inclusive. */
bool period_of(const struct entry *e, struct date *last);
/* The first instant that is no longer inside: 00:00 JST after the last day. */
int64_t period_end_instant(struct date last);
/* Has the entry's stated period ended at t? */
bool period_ended(const struct entry *e, int64_t t);

#endif
