#include "config.h"

#include "base/clock.h"

#include <string.h>

#include "base/str.h"

#define TIME_FIRST INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TIME_LAST INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

struct fields {
	struct date date;
	int hour;
	int minute;
	int second; /* 60 = a leap second */
};

/* The scanners move *p only when they succeed. */
static bool scan_text(const char **p, const char *text)
{
	if (!str_starts(*p, text))
		return false;
	*p += strlen(text);
	return true;
}

static bool scan_digits(const char **p, int n, int *out)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if ((*p)[i] < '0' || (*p)[i] > '9')
			return false;
		value = 10 * value + ((*p)[i] - '0');
	}
	*p += n;
	*out = value;
	return true;
}

static bool scan_time(const char **p, struct fields *f)
{
	return scan_digits(p, 2, &f->hour) && scan_text(p, ":") && scan_digits(p, 2, &f->minute) && scan_text(p, ":") &&
	       scan_digits(p, 2, &f->second) && f->hour <= 23 && f->minute <= 59 && f->second <= 60;
}

static bool scan_fraction(const char **p)
{
	const char *start;

	if (**p != '.')
		return true;
	start = ++*p;
	while (**p >= '0' && **p <= '9')
		++*p;
	return *p != start;
}

/* A leap second, or an offset, may lead out of the years that can be written. */
static bool is_written(int64_t t)
{
	return t >= TIME_FIRST && t <= TIME_LAST;
}

/* Seconds east of UTC. */
static bool scan_offset(const char **p, int *seconds)
{
	int sign = **p == '-' ? -1 : 1;
	int hour;
	int minute;

	if (scan_text(p, "Z") || scan_text(p, "z")) {
		*seconds = 0;
		return true;
	}
	if (!scan_text(p, "+") && !scan_text(p, "-"))
		return false;
	if (!scan_digits(p, 2, &hour) || !scan_text(p, ":") || !scan_digits(p, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*seconds = sign * (hour * 3600 + minute * 60);
	return true;
}

int64_t time_from_utc(struct date d, int hour, int minute, int second)
{
	return date_days(d) * CLOCK_DAY_SEC + hour * 3600 + minute * 60 + second;
}

int time_parse(const char *s, int64_t *out)
{
	struct fields f;
	char day[11];
	int offset;
	int64_t t;

	if (strnlen(s, sizeof day - 1) < sizeof day - 1)
		return -1;
	memcpy(day, s, sizeof day - 1);
	day[sizeof day - 1] = '\0';
	if (date_parse(day, &f.date) != 0)
		return -1;
	s += sizeof day - 1;
	if (*s == '\0') {
		*out = date_jst_begin(f.date);
		return 0;
	}
	if (!scan_text(&s, "T") && !scan_text(&s, "t") && !scan_text(&s, " "))
		return -1;
	if (!scan_time(&s, &f) || !scan_fraction(&s) || !scan_offset(&s, &offset) || *s != '\0')
		return -1;
	t = time_from_utc(f.date, f.hour, f.minute, f.second) - offset;
	/* Leap seconds come at the end of a UTC day, and count as the second after. */
	if ((f.second == 60 && t % CLOCK_DAY_SEC != 0) || !is_written(t))
		return -1;
	*out = t;
	return 0;
}

static char *format(struct date d, int64_t second_of_day, const char *zone)
{
	return str_fmt("%04d-%02d-%02dT%02d:%02d:%02d%s", d.year, d.month, d.day, (int)(second_of_day / 3600),
		       (int)(second_of_day / 60 % 60), (int)(second_of_day % 60), zone);
}

static int64_t second_of_utc_day(int64_t t)
{
	int64_t second = t % CLOCK_DAY_SEC;

	return second < 0 ? second + CLOCK_DAY_SEC : second;
}

char *time_format_jst(int64_t t)
{
	return format(date_of_jst(t), (second_of_utc_day(t) + CLOCK_JST_OFFSET_SEC) % CLOCK_DAY_SEC, "+09:00");
}

char *time_format_utc(int64_t t)
{
	int64_t second = second_of_utc_day(t);
	int64_t days = t / CLOCK_DAY_SEC - (t % CLOCK_DAY_SEC < 0);

	return format(date_from_days(days), second, "Z");
}

static bool scan_month(const char **p, int *month)
{
	static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	for (int i = 0; i < 12; i++) {
		if (scan_text(p, names[i])) {
			*month = i + 1;
			return true;
		}
	}
	return false;
}

/* "Sun" or "Sunday"; whether it is that date's day is nobody's business here. */
static bool scan_weekday(const char **p, bool *whole)
{
	static const char names[7][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					  "Thursday", "Friday", "Saturday"};

	for (int i = 0; i < 7; i++) {
		*whole = scan_text(p, names[i]);
		if (*whole)
			return true;
		if (strncmp(*p, names[i], 3) == 0) {
			*p += 3;
			return true;
		}
	}
	return false;
}

/* ", 06 Nov 1994 08:49:37 GMT" */
static bool scan_imf(const char **p, struct fields *f)
{
	return scan_text(p, ", ") && scan_digits(p, 2, &f->date.day) && scan_text(p, " ") &&
	       scan_month(p, &f->date.month) && scan_text(p, " ") && scan_digits(p, 4, &f->date.year) &&
	       scan_text(p, " ") && scan_time(p, f) && scan_text(p, " GMT");
}

/* ", 06-Nov-94 08:49:37 GMT"; two digits mean 1970..2069, as in POSIX. */
static bool scan_rfc850(const char **p, struct fields *f)
{
	if (!scan_text(p, ", ") || !scan_digits(p, 2, &f->date.day) || !scan_text(p, "-") ||
	    !scan_month(p, &f->date.month) || !scan_text(p, "-") || !scan_digits(p, 2, &f->date.year))
		return false;
	f->date.year += f->date.year < 70 ? 2000 : 1900;
	return scan_text(p, " ") && scan_time(p, f) && scan_text(p, " GMT");
}

/* " Nov  6 08:49:37 1994" */
static bool scan_asctime(const char **p, struct fields *f)
{
	if (!scan_text(p, " ") || !scan_month(p, &f->date.month) || !scan_text(p, " "))
		return false;
	if (!scan_digits(p, 2, &f->date.day) && !(scan_text(p, " ") && scan_digits(p, 1, &f->date.day)))
		return false;
	return scan_text(p, " ") && scan_time(p, f) && scan_text(p, " ") && scan_digits(p, 4, &f->date.year);
}

int time_parse_http(const char *s, int64_t *out)
{
	struct fields f;
	bool whole;
	bool found;
	int64_t t;

	if (!scan_weekday(&s, &whole))
		return -1;
	if (whole)
		found = scan_rfc850(&s, &f);
	else
		found = *s == ',' ? scan_imf(&s, &f) : scan_asctime(&s, &f);
	if (!found || *s != '\0' || !date_valid(f.date))
		return -1;
	t = time_from_utc(f.date, f.hour, f.minute, f.second);
	if (!is_written(t))
		return -1;
	*out = t;
	return 0;
}
