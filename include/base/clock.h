/*
 * Time. Instants are Unix seconds in int64_t (good past 9999); calendar dates are proleptic Gregorian.
 * The service counts in Asia/Tokyo, which is UTC+9 the whole year (rules.md §7).
 */
#ifndef TEGATA_BASE_CLOCK_H
#define TEGATA_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CLOCK_JST_OFFSET_SEC (9 * 3600)
#define CLOCK_DAY_SEC 86400

/*
 * The port through which acting code reaches time, so that tests can put a fake beneath. Never NULL pointers.
 * mono_ms never goes back; sleep_ms returns 0, or -1 when a termination signal came (base/sig) or is pending.
 */
struct clock {
	void *self;
	int64_t (*now_sec)(void *self);
	int64_t (*mono_ms)(void *self);
	int (*sleep_ms)(void *self, int64_t ms);
};

/* The machine's own clock. */
const struct clock *clock_system(void);
int64_t clock_now(const struct clock *c);
int64_t clock_mono_ms(const struct clock *c);
int clock_sleep_ms(const struct clock *c, int64_t ms);

struct date {
	int year;  /* 1..9999 */
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

bool date_valid(struct date d);
int date_compare(struct date a, struct date b);
struct date date_month_end(int year, int month);
/* YYYY-MM-DD exactly, a day that exists (2027-02-29 does not): 0, otherwise -1. */
int date_parse(const char *s, struct date *out);
char *date_format(struct date d);
/* Midnight at the beginning of the day in JST, and the JST day of an instant. */
int64_t date_jst_begin(struct date d);
struct date date_of_jst(int64_t t);
int64_t date_days(struct date d);            /* days since 1970-01-01 */
struct date date_from_days(int64_t days);

/* RFC 3339 (any offset, fraction ignored), or a bare date meaning 00:00 JST: 0, otherwise -1. */
int time_parse(const char *s, int64_t *out);
/* "2026-11-22T09:00:00+09:00" */
char *time_format_jst(int64_t t);
/* "2026-11-22T00:00:00Z" */
char *time_format_utc(int64_t t);
/* IMF-fixdate, RFC 850 or asctime form (RFC 9110 §5.6.7): 0, otherwise -1. */
int time_parse_http(const char *s, int64_t *out);
/* Calendar fields of an instant in UTC to an instant; for ASN.1 and the parsers above. Fields must be in range. */
int64_t time_from_utc(struct date d, int hour, int minute, int second);

#endif
