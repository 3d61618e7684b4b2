#include "config.h"

#include "entitle/period.h"

#define LAST_YEAR 9999

struct date period_last_day(struct date first_issued, int renewed)
{
	int year = first_issued.year + 1 + renewed;

	if (year > LAST_YEAR)
		return date_month_end(LAST_YEAR, 12);
	return date_month_end(year, first_issued.month);
}

bool period_of(const struct entry *e, struct date *last)
{
	if (e->has_ends) {
		*last = e->ends;
		return true;
	}
	if (!e->has_first_issued)
		return false;
	*last = period_last_day(e->first_issued, e->renewed);
	return true;
}

int64_t period_end_instant(struct date last)
{
	return date_jst_begin(last) + CLOCK_DAY_SEC;
}

bool period_ended(const struct entry *e, int64_t t)
{
	struct date last;

	return period_of(e, &last) && t >= period_end_instant(last);
}
