#include "config.h"

#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/roff.h"
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
	case KEYS_HOOK_USERS:
		return _("### `hook_users`: who runs the hooks");
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

static char *joined_lines(struct strs *lines)
{
	char *joined = strs_join(lines, "\n"), *out = str_fmt("%s\n", joined);

	free(joined);
	strs_clear(lines);
	return out;
}

char *settings_keys_markdown(void)
{
	struct strs lines = {0};

	for (int level = 0; level < KEYS_LEVEL_COUNT; level++)
		add_level(&lines, (enum keys_level)level);
	add_events(&lines);
	return joined_lines(&lines);
}

/* "### `cas`: each …" as the title of a section: bold as a whole. */
static char *title(enum keys_level level)
{
	const char *from = heading(level);
	char *text = str_dup(from + strspn(from, "# ")), *out;
	size_t n = 0;

	for (const char *c = text; *c; c++)
		if (*c != '`')
			text[n++] = *c;
	text[n] = '\0';
	out = roff_text(text);
	free(text);
	return out;
}

static void add_roff(struct strs *lines, const char *before, const char *text, const char *after)
{
	char *safe = roff_text(text);

	strs_take(lines, str_fmt("%s%s%s", before, safe, after));
	free(safe);
}

/* "LABEL: TEXT" in a line of its own. */
static void add_labelled(struct strs *lines, const char *label, const char *text)
{
	char *line = str_fmt("%s: %s", label, text);

	strs_add(lines, ".br");
	add_roff(lines, "", line, "");
	free(line);
}

static void add_item(struct strs *lines, const struct keys_row *row)
{
	char *expected = keys_expected(row), *example = str_fmt("`%s`", row->example);

	strs_add(lines, ".TP");
	add_roff(lines, "\\fB", row->name, "\\fR");
	add_roff(lines, "", _(row->help), "");
	add_labelled(lines, _("Value"), expected);
	add_labelled(lines, _("When absent"), _(row->standard));
	add_labelled(lines, _("Example"), example);
	free(expected);
	free(example);
}

static void add_items(struct strs *lines, enum keys_level level)
{
	size_t count;
	const struct keys_row *table = keys_table(&count);
	struct strs names = {0};
	char *joined;

	for (size_t i = 0; i < count; i++) {
		if ((table[i].levels & KEYS_IN(level)) == 0)
			continue;
		if (level == KEYS_DEFAULTS)
			strs_take(&names, str_fmt("`%s`", table[i].name));
		else
			add_item(lines, &table[i]);
	}
	joined = strs_join(&names, ", ");
	/* All of them stand among those of a certificate as well. */
	if (names.count > 0)
		add_roff(lines, "", joined, "");
	free(joined);
	strs_clear(&names);
}

char *settings_keys_man(void)
{
	struct strs lines = {0};

	for (int level = 0; level < KEYS_LEVEL_COUNT; level++) {
		char *text = title((enum keys_level)level);

		strs_take(&lines, str_fmt(".SS \"%s\"", text));
		add_items(&lines, (enum keys_level)level);
		free(text);
	}
	return joined_lines(&lines);
}

char *settings_events_man(void)
{
	struct strs lines = {0};
	size_t count;
	const struct events_row *table = events_table(&count);

	for (size_t i = 0; i < count; i++) {
		char *name = str_fmt("`%s` (%s)", table[i].name, events_level_name(table[i].level));

		strs_add(&lines, ".TP");
		add_roff(&lines, "", name, "");
		add_roff(&lines, "", _(table[i].help), "");
		free(name);
	}
	return joined_lines(&lines);
}
