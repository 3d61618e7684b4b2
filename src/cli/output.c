#include "config.h"

#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/i18n.h"
#include "entitle/fqdn.h"

#define TIME_TEXT_MAX 64
#define DAYS_OF_WEEK 7
#define EPOCH_WEEKDAY 4 /* 1970-01-01 was a Thursday */

void output_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void output_text(const char *text)
{
	fputs(text, stdout);
}

/* Length of the character at `s` when it does something to a terminal (DEL, C1, marks of direction); else 0. */
static size_t unfit(const unsigned char *s)
{
	if (*s == 0x7f)
		return 1;
	if (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
		return 2;
	if (*s == 0xd8 && s[1] == 0x9c)
		return 2;
	if (*s != 0xe2)
		return 0;
	if (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae)))
		return 3;
	return s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9 ? 3 : 0;
}

static unsigned code_of(const unsigned char *s, size_t length)
{
	if (length == 1)
		return *s;
	if (length == 2)
		return (*s & 0x1fU) << 6 | (s[1] & 0x3fU);
	return (*s & 0x0fU) << 12 | (s[1] & 0x3fU) << 6 | (s[2] & 0x3fU);
}

void output_json(struct json *j)
{
	char *text = json_format_compact(j);
	const unsigned char *from = (const unsigned char *)text;

	/* They can only stand in strings, where JSON has another way to write them. */
	for (const unsigned char *s = from; *s; s++) {
		size_t length = unfit(s);

		if (length == 0)
			continue;
		printf("%.*s\\u%04x", (int)(s - from), (const char *)from, code_of(s, length));
		from = s + length;
		s = from - 1;
	}
	output_line("%s", (const char *)from);
	free(text);
	json_free(j);
}

struct json *output_object(const char *schema, bool ok)
{
	struct json *j = json_new_object();

	json_set_str(j, "schema", schema);
	json_set_bool(j, "ok", ok);
	return j;
}

void output_set_time(struct json *j, const char *key, int64_t t)
{
	char *text = t ? time_format_jst(t) : NULL;

	json_set_str(j, key, text);
	free(text);
}

void output_set_number(struct json *j, const char *key, int64_t number)
{
	if (number > 0)
		json_set_int(j, key, number);
	else
		json_set_str(j, key, NULL);
}

int output_finish(struct err *e)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set_errno(e, ERR_IO, errno ? errno : EIO, _("cannot write to standard output"));
}

/* The locale's wcwidth() knows nothing in the C locale, which is what cron gives. */
static const struct range { uint32_t first, last; } wide[] = {
	{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
	{0x20000, 0x3fffd},
}, none[] = {
	{0x0300, 0x036f}, {0x200b, 0x200f}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

static bool within(uint32_t c, const struct range *r, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

static uint32_t next_char(const char **s)
{
	unsigned char first = (unsigned char)*(*s)++;
	uint32_t c = first < 0x80 ? first : first < 0xe0 ? first & 0x1fu : first < 0xf0 ? first & 0x0fu : first & 0x07u;

	while (((unsigned char)**s & 0xc0) == 0x80)
		c = c << 6 | ((unsigned char)*(*s)++ & 0x3fu);
	return c;
}

static size_t char_width(uint32_t c)
{
	if (within(c, none, sizeof none / sizeof none[0]))
		return 0;
	return within(c, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t output_width(const char *s)
{
	size_t width = 0;

	while (*s)
		width += char_width(next_char(&s));
	return width;
}

/* What Japanese does not begin a line with, and what it does not end one with. */
static const char *const no_begin = "、。・ー」』）？！)?!,.:;", *const no_end = "「『(（";

static bool is_one_of(uint32_t c, const char *list)
{
	while (*list)
		if (next_char(&list) == c)
			return true;
	return false;
}

size_t output_piece(const char *text)
{
	const char *at = text;
	uint32_t before = *at ? next_char(&at) : 0;

	while (*at && *at != ' ') {
		const char *behind = at;
		uint32_t c = next_char(&behind);

		if ((char_width(before) == 2 || char_width(c) == 2) && !is_one_of(before, no_end) && !is_one_of(c, no_begin))
			break;
		before = c;
		at = behind;
	}
	return (size_t)(at - text);
}

char *output_pad(const char *s, size_t width)
{
	size_t has = output_width(s);

	return str_fmt("%s%*s", s, has < width ? (int)(width - has) : 0, "");
}

void output_wrap(struct strs *lines, char *line, size_t indent, const char *text)
{
	bool begun = false, blank = false;

	if (output_width(line) + 2 > indent && *line) {
		strs_take(lines, line);
		line = str_dup("");
	}
	str_replace(&line, output_pad(line, indent));
	while (*text) {
		size_t length = output_piece(text);
		char *piece = str_ndup(text, length);

		if (begun && output_width(line) + blank + output_width(piece) > OUTPUT_COLUMNS) {
			strs_take(lines, line);
			line = output_pad("", indent);
			begun = false;
		}
		str_replace(&line, str_fmt("%s%s%s", line, begun && blank ? " " : "", piece));
		free(piece);
		begun = true;
		blank = text[length] == ' ';
		text += length + strspn(text + length, " ");
	}
	strs_take(lines, line);
}

void output_field(size_t indent, size_t width, const char *label, const char *text)
{
	struct strs lines = {0};

	if (text && *text)
		output_wrap(&lines, *label ? str_fmt("%*s%s", (int)indent, "", label) : str_dup(""), indent + width, text);
	for (size_t i = 0; i < lines.count; i++)
		output_line("%s", lines.item[i]);
	strs_clear(&lines);
}

char *output_name(const char *name)
{
	return fqdn_shown(name);
}

char *output_names(const struct strs *names)
{
	return fqdn_shown_all(names);
}

/* 0 = Sunday. */
static const char *weekday(int number)
{
	static const char *const names[DAYS_OF_WEEK] = {N_("Sun"), N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat")};

	return _(names[number]);
}

char *output_local_time(int64_t t)
{
	char text[TIME_TEXT_MAX];
	time_t seconds = (time_t)t;
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &tm) == 0)
		return time_format_utc(t);
	return str_fmt("%s (%s)", text, weekday(tm.tm_wday));
}

char *output_date(struct date d)
{
	int64_t days = date_days(d) + EPOCH_WEEKDAY;
	char *day = date_format(d), *text;

	text = str_fmt("%s (%s)", day, weekday((int)((days % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK)));
	free(day);
	return text;
}

char *output_day(int64_t t)
{
	return output_date(date_of_jst(t));
}

char *output_last_day(int64_t end_at)
{
	return output_day(end_at - 1);
}
