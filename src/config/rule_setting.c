#include "config.h"

#include "config/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "config/reader.h"

#define LENGTH_YEARS_MAX 10
#define LENGTH_DAYS_MAX 3660
#define ZONE_HOURS_MAX 14

bool rule_setting_length_ok(const char *text)
{
	size_t len = strlen(text);
	int64_t value = 0;
	char *digits;
	bool good;

	if (str_eq(text, "none"))
		return true;
	if (len < 2 || text[0] == '0' || (text[len - 1] != 'y' && text[len - 1] != 'd'))
		return false;
	digits = str_ndup(text, len - 1);
	good = str_to_int64(digits, 1, text[len - 1] == 'y' ? LENGTH_YEARS_MAX : LENGTH_DAYS_MAX, &value) == 0;
	free(digits);
	return good;
}

/* "+09:00"; what has summer time cannot be said. */
bool rule_setting_zone_ok(const char *text)
{
	static const char shape[] = "+dd:dd";
	int hours, minutes;

	if (str_eq(text, "UTC") || str_eq(text, "Asia/Tokyo"))
		return true;
	if (strlen(text) != sizeof shape - 1 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
		return false;
	for (size_t i = 1; i < sizeof shape - 1; i++)
		if (shape[i] == 'd' && (!isascii(text[i]) || !isdigit((unsigned char)text[i])))
			return false;
	hours = 10 * (text[1] - '0') + (text[2] - '0');
	minutes = 10 * (text[4] - '0') + (text[5] - '0');
	return minutes < 60 && (hours < ZONE_HOURS_MAX || (hours == ZONE_HOURS_MAX && minutes == 0));
}

static bool is_preset(const char *word)
{
	for (const char *const *preset = keys_words(KEYS_RULE_PRESET); *preset != NULL; preset++)
		if (str_eq(*preset, word))
			return true;
	return false;
}

static void texts_clear(struct rule_texts *t)
{
	free(t->preset);
	free(t->plain);
	free(t->wildcard);
	free(t->start);
	free(t->length);
	free(t->rounding);
	free(t->time_zone);
	free(t->end);
}

static void add_word(struct ca_setting *out, const struct keys_row *row, const struct rule_texts *t)
{
	const char *const *text = (const void *)((const char *)t + row->offset);

	if (row->kind == KEYS_YES_NO)
		strs_take(&out->rule_words, str_fmt("%s=%s", row->name, t->fixed_set ? "yes" : "no"));
	else if (row->kind != KEYS_RULE_PRESET)
		strs_take(&out->rule_words, str_fmt("%s=%s", row->name, *text));
}

static void read_map(const struct reader *r, const struct yaml_node *map, struct ca_setting *out)
{
	struct rule_texts t = {0};

	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_RULE_MAP, map, i);

		if (row != NULL && reader_simple(r, row, map->value[i], &t))
			add_word(out, row, &t);
	}
	if (t.preset != NULL)
		str_replace(&out->rule, str_dup(t.preset));
	if (str_eq(out->rule, "none") && out->rule_words.count > 0)
		reader_say(r, map, _("rule: the preset none checks no names, so nothing else counts beside it; write another preset"));
	texts_clear(&t);
}

void rule_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                       struct ca_setting *out)
{
	if (n->kind == YAML_MAP)
		read_map(r, n, out);
	else if (n->kind == YAML_SCALAR && is_preset(n->text))
		str_replace(&out->rule, str_dup(n->text));
	else
		reader_bad(r, row, n);
}
