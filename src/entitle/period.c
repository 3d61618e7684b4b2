#include "config.h"

#include "entitle/period.h"

#define LAST_YEAR 9999
#define FEBRUARY 2

static const struct date end_of_time = {LAST_YEAR, 12, 31};

const char *period_source_name(enum period_source s)
{
	static const char *const names[PERIOD_SOURCE_COUNT] = {
		[PERIOD_NOT_BEGUN] = "not-begun",
		[PERIOD_STATED] = "stated",
		[PERIOD_LISTED] = "listed",
		[PERIOD_RECORDED] = "recorded",
	};

	return names[s];
}

static struct date days_later(struct date d, int64_t days)
{
	int64_t then = date_days(d) + days, limit = date_days(end_of_time);

	return date_from_days(then < limit ? then : limit);
}

/* The same day so many years later; of 29 February in other years 1 March, as nothing else ends the day before it. */
static struct date years_later(struct date d, int years)
{
	struct date then = {d.year + years, d.month, d.day};

	if (then.year > LAST_YEAR)
		return end_of_time;
	if (d.month == FEBRUARY && !date_valid(then))
		return (struct date){then.year, FEBRUARY + 1, 1};
	return then;
}

static struct date begin_of(const struct rule *r, struct date start)
{
	return r->rounding == RULE_ROUNDING_NEXT_DAY ? days_later(start, 1) : start;
}

bool period_last(const struct rule *r, struct date start, int renewed, struct date *last)
{
	struct date begin = begin_of(r, start), anniversary;
	int terms = 1 + renewed;

	if (r->years == 0 && r->days == 0)
		return false;
	if (r->years > 0 && begin.year + r->years * terms > LAST_YEAR) {
		*last = end_of_time;
		return true;
	}
	if (r->rounding == RULE_ROUNDING_MONTH_END) { /* 29 February has its anniversary within February */
		anniversary = r->years > 0 ? (struct date){begin.year + r->years * terms, begin.month, 1}
		                           : days_later(begin, (int64_t)r->days * terms);
		*last = date_month_end(anniversary.year, anniversary.month);
		return true;
	}
	*last = r->years > 0 ? days_later(years_later(begin, r->years * terms), -1)
	                     : days_later(begin, (int64_t)r->days * terms - 1);
	return true;
}

struct date period_next_last(const struct rule *r, struct date last)
{
	int year = last.year + (r->years > 0 ? r->years : 1);
	struct date end;

	if (r->years == 0 && r->days > 0)
		return days_later(last, r->days);
	if (year > LAST_YEAR)
		return end_of_time;
	end = date_month_end(year, last.month);
	if (r->rounding != RULE_ROUNDING_MONTH_END && last.day < end.day)
		end.day = last.day;
	return end;
}

int64_t period_end_instant(const struct rule *r, struct date last)
{
	return (date_days(last) + 1) * CLOCK_DAY_SEC - r->utc_offset_sec;
}

static bool start_of_entry(const struct rule *r, const struct entry *e, struct date *start, enum period_source *source)
{
	*source = PERIOD_LISTED;
	if (r->start == RULE_START_REGISTERED) {
		*start = e->registered;
		return e->has_registered;
	}
	if (e->has_first_issued) {
		*start = e->first_issued;
		return true;
	}
	*source = PERIOD_RECORDED;
	*start = e->recorded;
	return e->has_recorded;
}

static bool find_start(const struct rule *r, const struct entry_list *l, const struct entry *e, struct period *out)
{
	struct date start;

	if (r->start == RULE_START_FIRST_DOMAIN) {
		if (l == NULL || !l->has_first_registered)
			return false;
		start = l->first_registered;
		out->source = PERIOD_LISTED;
	} else if (!start_of_entry(r, e, &start, &out->source)) {
		out->source = PERIOD_NOT_BEGUN;
		return false;
	}
	out->has_start = true;
	out->start = begin_of(r, start);
	out->has_last = period_last(r, start, e->renewed, &out->last);
	return true;
}

void period_find(const struct rule *r, const struct entry_list *l, const struct entry *e, struct period *out)
{
	struct period p = {0};

	if (find_start(r, l, e, &p) && p.source == PERIOD_RECORDED)
		p.perhaps = e->perhaps && !e->has_ends;
	if (e->has_ends) {
		p.source = PERIOD_STATED;
		p.has_last = true;
		p.last = e->ends;
	}
	if (p.has_last)
		p.end_at = period_end_instant(r, p.last);
	*out = p;
}

bool period_has_ended(const struct period *p, int64_t t)
{
	return p->has_last && t >= p->end_at;
}

int period_days_left(const struct rule *r, const struct period *p, int64_t t)
{
	int64_t local = t + r->utc_offset_sec, today, left;

	if (!p->has_last)
		return -1;
	today = local / CLOCK_DAY_SEC - (local % CLOCK_DAY_SEC < 0);
	left = date_days(p->last) - today + 1;
	return left > 0 ? (int)left : 0;
}
