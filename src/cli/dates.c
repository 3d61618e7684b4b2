#include "config.h"

#include "dates.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"
#include "setup.h"

#define DIGITS "0123456789"

/* Written as a day, whether there is such a one or not. */
static bool looks_like_day(const char *text)
{
	return strlen(text) == 10 && strspn(text, DIGITS) == 4 && text[4] == '-' && strspn(text + 5, DIGITS) == 2 &&
	       text[7] == '-' && strspn(text + 8, DIGITS) == 2;
}

static int no_such_day(const char *option, const char *text, struct err *e)
{
	return err_set(e, ERR_USAGE, _("%s: there is no such day: %s"), option, text);
}

int dates_day(const char *option, const char *text, struct date *out, struct err *e)
{
	if (date_parse(text, out) == 0)
		return 0;
	if (looks_like_day(text))
		return no_such_day(option, text, e);
	return setup_expected(option, text, _("a date such as 2027-02-28"), e);
}

int dates_past_day(const char *option, const char *text, int64_t now, struct date *out, struct err *e)
{
	if (dates_day(option, text, out, e) < 0)
		return -1;
	if (date_compare(*out, date_of_jst(now)) > 0)
		return err_set(e, ERR_USAGE, _("%s: %s is still to come"), option, text);
	return 0;
}

int dates_time(const char *option, const char *text, int64_t *out, struct err *e)
{
	if (time_parse(text, out) == 0)
		return 0;
	if (looks_like_day(text))
		return no_such_day(option, text, e);
	return setup_expected(option, text, _("a date such as 2027-03-01 or a time such as 2027-03-01T09:00:00+09:00"), e);
}

int dates_span(const char *option, const char *text, int64_t *from, int64_t *to, struct err *e)
{
	const char *dots = strstr(text, "..");
	struct date first, last;
	char *begin;
	int rc;

	if (dots == NULL)
		return setup_expected(option, text, _("two days, both included, such as 2027-01-10..2027-01-20"), e);
	begin = str_ndup(text, (size_t)(dots - text));
	rc = dates_day(option, begin, &first, e);
	free(begin);
	if (rc < 0 || dates_day(option, dots + 2, &last, e) < 0)
		return -1;
	if (date_compare(first, last) > 0)
		return err_set(e, ERR_USAGE, _("%s: the second day is before the first: %s"), option, text);
	*from = date_jst_begin(first);
	*to = date_jst_begin(last) + CLOCK_DAY_SEC;
	return 0;
}

int dates_days(const char *option, const char *text, int max, int *out, struct err *e)
{
	char *number = str_ends(text, "d") ? str_ndup(text, strlen(text) - 1) : str_dup(text), *expected;
	int64_t days;
	int rc = str_to_int64(number, 1, max, &days);

	free(number);
	if (rc == 0) {
		*out = (int)days;
		return 0;
	}
	expected = str_fmt(_("a number of days from 1 to %d"), max);
	setup_expected(option, text, expected, e);
	free(expected);
	return -1;
}
