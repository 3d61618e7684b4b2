#include "config.h"

#include "base/clock.h"

#include "base/str.h"

#define DAYS_PER_ERA 146097 /* 400 Gregorian years */
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */
#define DAYS_LIMIT INT64_C(700000000000) /* keeps the year within int */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool date_valid(struct date d)
{
	return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
	       d.day <= month_days(d.year, d.month);
}

int date_compare(struct date a, struct date b)
{
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	if (a.month != b.month)
		return a.month < b.month ? -1 : 1;
	return a.day < b.day ? -1 : a.day > b.day;
}

struct date date_month_end(int year, int month)
{
	return (struct date){year, month, month_days(year, month)};
}

/* n digits at s as a number, or -1. */
static int digits(const char *s, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		value = 10 * value + (s[i] - '0');
	}
	return value;
}

int date_parse(const char *s, struct date *out)
{
	struct date d;

	/* In this order no byte after the NUL is looked at. */
	d.year = digits(s, 4);
	if (d.year < 0 || s[4] != '-')
		return -1;
	d.month = digits(s + 5, 2);
	if (d.month < 0 || s[7] != '-')
		return -1;
	d.day = digits(s + 8, 2);
	if (d.day < 0 || s[10] != '\0' || !date_valid(d))
		return -1;
	*out = d;
	return 0;
}

char *date_format(struct date d)
{
	return str_fmt("%04d-%02d-%02d", d.year, d.month, d.day);
}

int64_t date_jst_begin(struct date d)
{
	return date_days(d) * CLOCK_DAY_SEC - CLOCK_JST_OFFSET_SEC;
}

struct date date_of_jst(int64_t t)
{
	/* Days first, as adding the offset to an extreme instant would overflow. */
	int64_t days = t / CLOCK_DAY_SEC;
	int64_t rest = t % CLOCK_DAY_SEC;

	if (rest < 0) {
		rest += CLOCK_DAY_SEC;
		days--;
	}
	return date_from_days(days + (rest + CLOCK_JST_OFFSET_SEC) / CLOCK_DAY_SEC);
}

/*
 * Both conversions count years from March, so that the leap day comes last and the days before month m (March = 0) are
 * (153 m + 2) / 5: months repeat the pattern 31 30 31 30 31 of 153 days.
 */
int64_t date_days(struct date d)
{
	int64_t year = d.month <= 2 ? (int64_t)d.year - 1 : d.year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = (d.month + 9) % 12;
	int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_EPOCH;
}

struct date date_from_days(int64_t days)
{
	int64_t era, day_of_era, year_of_era, day_of_year, month;
	struct date d;

	if (days > DAYS_LIMIT)
		days = DAYS_LIMIT;
	if (days < -DAYS_LIMIT)
		days = -DAYS_LIMIT;
	days += DAYS_TO_EPOCH;
	era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	day_of_era = days - era * DAYS_PER_ERA;
	/* Each completed 4 years, 100 years and 400 years end with a day that is not part of a 365-day year. */
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	d.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	d.month = (int)(month < 10 ? month + 3 : month - 9);
	d.year = (int)(era * 400 + year_of_era + (d.month <= 2));
	return d;
}
