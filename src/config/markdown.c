#include "config.h"

#include "config/settings.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "config/keys.h"

static const char *heading(enum keys_level level)
{
	switch (level) {
	case KEYS_FILE:
		return _("### The file");
	case KEYS_CA:
		return _("### `cas`: each certificate authority");
	case KEYS_RULE_MAP:
		return _("### `rule` as a mapping");
	case KEYS_DEFAULTS:
		return _("### `defaults`: values for all certificates");
	case KEYS_CERTIFICATE:
		return _("### `certificates`: each certificate");
	case KEYS_CHALLENGE:
		return _("### `challenge`");
	case KEYS_STANDALONE:
		return _("### `standalone` as a mapping");
	case KEYS_SERVED:
		return _("### A service in `served` as a mapping");
	case KEYS_OUTPUT:
		return _("### `outputs`: each file");
	case KEYS_NOTIFY:
		return _("### A hook in `notify` as a mapping");
	default:
		return _("### A hook as a mapping");
	}
}

static void add_row(struct strs *lines, const struct keys_row *row)
{
	char *expected = keys_expected(row);

	strs_take(lines, str_fmt("| `%s` | %s | %s | %s | `%s` |", row->name, expected, _(row->standard), _(row->help),
	                         row->example));
	free(expected);
}

static void add_level(struct strs *lines, enum keys_level level)
{
	size_t count;
	const struct keys_row *table = keys_table(&count);

	if (lines->count > 0)
		strs_add(lines, "");
	strs_add(lines, heading(level));
	strs_add(lines, "");
	strs_take(lines, str_fmt("| %s | %s | %s | %s | %s |", _("Key"), _("Value"), _("When absent"), _("Meaning"),
	                         _("Example")));
	strs_add(lines, "|---|---|---|---|---|");
	for (size_t i = 0; i < count; i++)
		if ((table[i].levels & KEYS_IN(level)) != 0)
			add_row(lines, &table[i]);
}

static void add_events(struct strs *lines)
{
	size_t count;
	const struct events_row *table = events_table(&count);

	strs_add(lines, "");
	strs_add(lines, _("### Events"));
	strs_add(lines, "");
	strs_take(lines, str_fmt("| %s | %s | %s |", _("Event"), _("Level"), _("Meaning")));
	strs_add(lines, "|---|---|---|");
	for (size_t i = 0; i < count; i++)
		strs_take(lines, str_fmt("| `%s` | %s | %s |", table[i].name, events_level_name(table[i].level), _(table[i].help)));
}

char *settings_keys_markdown(void)
{
	struct strs lines = {0};
	char *joined, *out;

	for (int level = 0; level < KEYS_LEVEL_COUNT; level++)
		add_level(&lines, (enum keys_level)level);
	add_events(&lines);
	joined = strs_join(&lines, "\n");
	out = str_fmt("%s\n", joined);
	free(joined);
	strs_clear(&lines);
	return out;
}
