#include "config.h"

#include "config/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define DAYS_MAX 397
#define WHOLE 1000 /* permille */

static bool is_days(const char *unit)
{
	static const char *const units[] = {"d", "day", "days"};

	unit += *unit == ' ';
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (str_eq(unit, units[i]))
			return true;
	return false;
}

/* "1/3", to the nearest permille. */
static bool read_fraction(int64_t part, const char *text, struct renew_setting *out)
{
	int64_t of;

	if (str_to_int64(text, 2, WHOLE, &of) != 0 || part >= of)
		return false;
	out->permille = (int)((part * WHOLE + of / 2) / of);
	return true;
}

static bool parse(const char *text, struct renew_setting *out)
{
	size_t digits = strspn(text, "0123456789");
	char *number = str_ndup(text, digits);
	const char *unit = text + digits;
	int64_t value;
	bool good = str_to_int64(number, 1, WHOLE, &value) == 0;

	free(number);
	if (!good)
		return false;
	if (*unit == '/')
		return read_fraction(value, unit + 1, out);
	if (str_eq(unit, "%") && value < 100) {
		out->permille = (int)value * (WHOLE / 100);
		return true;
	}
	if (!is_days(unit) || value > DAYS_MAX)
		return false;
	out->days = (int)value;
	return true;
}

bool renew_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                        struct renew_setting *out)
{
	struct renew_setting found = {0};
	int64_t number;

	if (n->kind == YAML_SCALAR && str_to_int64(n->text, 1, DAYS_MAX, &number) == 0) {
		reader_say(r, n, _("%s: %s of what? Write \"%sd\" for days, or a share of the lifetime such as \"33%%\" or \"1/3\""),
		           row->name, n->text, n->text);
		return false;
	}
	if (n->kind != YAML_SCALAR || !parse(n->text, &found)) {
		reader_bad(r, row, n);
		return false;
	}
	*out = found;
	return true;
}

char *renew_setting_text(const struct renew_setting *s)
{
	if (s->days > 0)
		return str_fmt("%dd", s->days);
	if (s->permille % (WHOLE / 100) == 0)
		return str_fmt("%d%%", s->permille / (WHOLE / 100));
	for (int of = 2; of < WHOLE; of++) {
		int part = (s->permille * of + WHOLE / 2) / WHOLE;

		if (part > 0 && part < of && (part * WHOLE + of / 2) / of == s->permille)
			return str_fmt("%d/%d", part, of);
	}
	return str_fmt("%d/%d", s->permille, WHOLE);
}
