#include "config.h"

#include "help.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/roff.h"
#include "exits.h"
#include "output.h"

#define TEXT_COLUMN 34
#define COMMAND_COLUMN 24

static const char *const check_exits =
	N_("`tegata status --check` has exit statuses of its own: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.");

/* Lines, put together in the end. */
struct page {
	struct strs lines;
};

static void add(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct page *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strs_take(&p->lines, str_vfmt(fmt, ap));
	va_end(ap);
}

static char *finish(struct page *p)
{
	char *text;

	strs_add(&p->lines, "");
	text = strs_join(&p->lines, "\n");
	strs_clear(&p->lines);
	return text;
}

/* "-d, --domain NAME", and its other names. */
static char *spelling(const struct options_row *row)
{
	char letter[5] = {'-', row->letter, ',', ' ', '\0'};
	char *value = options_shown_value(row), *text = str_fmt("%s--%s%s", row->letter ? letter : "    ", row->name, value);

	free(value);
	return text;
}

static void other_names(const struct options_row *row, const struct options_row *end, struct strs *out)
{
	for (const struct options_row *other = row + 1; other < end && other->help == NULL; other++)
		strs_take(out, str_fmt("--%s", other->name));
}

static char *help_of(const struct options_row *row, const struct options_row *end, const char *quote)
{
	struct strs names = {0};
	char *list, *text = str_dup(_(row->help)), *separator = str_fmt("%s, %s", quote, quote);

	other_names(row, end, &names);
	list = strs_join(&names, separator);
	if (names.count > 0)
		str_replace(&text, str_fmt(_("%s Also: %s%s%s."), text, quote, list, quote));
	free(list);
	free(separator);
	strs_clear(&names);
	return text;
}

static bool is_shown(const struct options_row *row, unsigned commands, bool global)
{
	return row->help != NULL && *row->help && (row->commands & commands) != 0 &&
	       (row->commands == OPTIONS_OF_ALL) == global;
}

static void add_option(struct page *p, const struct options_row *row, const struct options_row *end)
{
	char *name = spelling(row), *text = help_of(row, end, "");

	output_wrap(&p->lines, str_fmt("  %s", name), TEXT_COLUMN, text);
	free(name);
	free(text);
}

static void add_options(struct page *p, const char *title, unsigned commands, bool global)
{
	size_t count;
	const struct options_row *table = options_table(&count);
	bool begun = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_shown(&table[i], commands, global))
			continue;
		if (!begun)
			add(p, "\n%s:", title);
		begun = true;
		add_option(p, &table[i], table + count);
	}
}

static char *usage_of(const struct commands_row *command)
{
	return str_fmt("tegata %s %s%s%s", command->name, _("[OPTION...]"), command->words ? " " : "",
	               command->words ? command->words : "");
}

static void add_exits(struct page *p)
{
	size_t count;
	const struct exits_row *table = exits_table(&count);

	add(p, "\n%s:", _("Exit statuses"));
	for (size_t i = 0; i < count; i++)
		output_wrap(&p->lines, str_fmt("  %2d", table[i].status), 6, _(table[i].text));
	output_wrap(&p->lines, str_dup(""), 0, _(check_exits));
}

char *help_overview(void)
{
	struct page p = {0};
	size_t count;
	const struct commands_row *table = commands_table(&count);

	add(&p, "%s: tegata %s", _("Usage"), _("COMMAND [OPTION...] [NAME...]"));
	add(&p, "\n%s:", _("Commands"));
	for (size_t i = 0; i < count; i++)
		output_wrap(&p.lines, str_fmt("  %s", table[i].name), COMMAND_COLUMN, _(table[i].summary));
	add_options(&p, _("Options of every command, before or after it"), OPTIONS_OF_ALL, true);
	add_exits(&p);
	add(&p, "\n%s", _("`tegata help COMMAND` explains a command."));
	add(&p, _("Settings: %s. State: %s."), SYSCONFDIR, STATEDIR);
	return finish(&p);
}

char *help_command(const struct commands_row *command)
{
	struct page p = {0};
	char *usage = usage_of(command);

	add(&p, "%s: %s", _("Usage"), usage);
	add(&p, "%s", "");
	add(&p, _("%s."), _(command->summary));
	if (command->text)
		output_wrap(&p.lines, str_dup(""), 0, _(command->text));
	add_options(&p, _("Options"), OPTIONS_OF(command->id), false);
	add_options(&p, _("Options of every command"), OPTIONS_OF_ALL, true);
	free(usage);
	return finish(&p);
}

static void mark_options(struct page *p, unsigned commands, bool global)
{
	size_t count;
	const struct options_row *table = options_table(&count);
	bool begun = false;

	for (size_t i = 0; i < count; i++) {
		const struct options_row *row = &table[i];
		char letter[7] = {'`', '-', row->letter, '`', ',', ' ', '\0'}, *value, *text;

		if (!is_shown(row, commands, global))
			continue;
		if (!begun)
			add(p, "\n| %s | |\n|---|---|", _("option"));
		begun = true;
		text = help_of(row, table + count, "`");
		value = options_shown_value(row);
		add(p, "| %s`--%s%s` | %s |", row->letter ? letter : "", row->name, value, text);
		free(value);
		free(text);
	}
}

char *help_markdown(void)
{
	struct page p = {0};
	size_t count, exit_count;
	const struct commands_row *table = commands_table(&count);
	const struct exits_row *exits = exits_table(&exit_count);

	for (size_t i = 0; i < count; i++) {
		char *usage = usage_of(&table[i]);

		add(&p, "### tegata %s\n\n`%s`\n\n%s.%s%s", table[i].name, usage, _(table[i].summary), table[i].text ? " " : "",
		    table[i].text ? _(table[i].text) : "");
		mark_options(&p, OPTIONS_OF(table[i].id), false);
		add(&p, "%s", "");
		free(usage);
	}
	add(&p, "### %s", _("Options of every command"));
	mark_options(&p, OPTIONS_OF_ALL, true);
	add(&p, "\n### %s\n\n| %s | |\n|---|---|", _("Exit statuses"), _("status"));
	for (size_t i = 0; i < exit_count; i++)
		add(&p, "| %d | %s |", exits[i].status, _(exits[i].text));
	add(&p, "\n%s", _(check_exits));
	return finish(&p);
}

/* A line that ends with a text of ours. */
static void add_roff(struct page *p, const char *before, const char *text)
{
	char *safe = roff_text(text);

	add(p, "%s%s", before, safe);
	free(safe);
}

static void man_options(struct page *p, unsigned commands, bool global)
{
	size_t count;
	const struct options_row *table = options_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct options_row *row = &table[i];
		char letter[5] = {'-', row->letter, ',', ' ', '\0'}, *value, *name, *text;

		if (!is_shown(row, commands, global))
			continue;
		value = options_shown_value(row);
		name = str_fmt("%s--%s%s", row->letter ? letter : "", row->name, value);
		free(value);
		text = help_of(row, table + count, "");
		add_roff(p, ".TP\n.B ", name);
		add_roff(p, "", text);
		free(name);
		free(text);
	}
}

static void man_command(struct page *p, const struct commands_row *command)
{
	char *usage = usage_of(command), *summary = str_fmt(_("%s."), _(command->summary));

	add_roff(p, ".SS ", usage);
	add_roff(p, "", summary);
	if (command->text)
		add_roff(p, "", _(command->text));
	man_options(p, OPTIONS_OF(command->id), false);
	free(usage);
	free(summary);
}

static void man_end(struct page *p)
{
	size_t count;
	const struct exits_row *exits = exits_table(&count);

	add(p, ".SH \"%s\"", _("EXIT STATUS"));
	for (size_t i = 0; i < count; i++) {
		add(p, ".TP\n.B %d", exits[i].status);
		add_roff(p, "", _(exits[i].text));
	}
	add_roff(p, ".PP\n", _(check_exits));
	add(p, ".SH \"%s\"", _("FILES"));
	add_roff(p, ".TP\n.I ", "/etc/tegata/tegata.yaml");
	add_roff(p, "", _("Settings; more certificates in conf.d/, the registered FQDNs in entitlements.yaml, hooks of your own in hooks/."));
	add_roff(p, ".TP\n.I ", "/var/lib/tegata/live/NAME/");
	add_roff(p, "", _("privkey.pem, cert.pem, chain.pem, fullchain.pem of each certificate."));
	add(p, ".SH \"%s\"", _("SEE ALSO"));
	add(p, "\\fBtegata.yaml\\fR(5), \\fBtegata\\-entitlements\\fR(5), \\fBtegata\\-hooks\\fR(7)");
}

char *help_man(void)
{
	struct page p = {0};
	size_t count;
	const struct commands_row *table = commands_table(&count);

	add(&p, ".TH TEGATA 1 \"\" \"tegata %s\" \"%s\"", PACKAGE_VERSION, _("User Commands"));
	add(&p, ".SH \"%s\"\ntegata \\- %s", _("NAME"), _("ACME client that knows the contract behind a certificate"));
	add(&p, ".SH \"%s\"", _("SYNOPSIS"));
	add_roff(&p, ".B tegata\n", _("COMMAND [OPTION...] [NAME...]"));
	add(&p, ".SH \"%s\"", _("COMMANDS"));
	for (size_t i = 0; i < count; i++)
		man_command(&p, &table[i]);
	add(&p, ".SH \"%s\"", _("OPTIONS OF EVERY COMMAND"));
	man_options(&p, OPTIONS_OF_ALL, true);
	man_end(&p);
	return finish(&p);
}
