#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "config/settings.h"
#include "help.h"
#include "output.h"
#include "report.h"

/* "tegata COMMAND --help" and "tegata help COMMAND". */
static int choose(const struct cli *c, const struct commands_row **out, struct err *e)
{
	struct args words = c->args;

	*out = NULL;
	if (c->command->id != COMMAND_HELP)
		*out = c->command;
	else if (words.word_count > 0 && commands_find(&words, out, e) < 0)
		return -1;
	return 0;
}

/* A page that is made of tables, or the part of it that is; NULL = there is none of this name. */
static char *man_page(const char *name)
{
	if (!name || str_eq(name, "tegata"))
		return help_man();
	if (str_eq(name, "tegata.yaml"))
		return settings_keys_man();
	if (str_eq(name, "tegata-hooks"))
		return settings_events_man();
	return NULL;
}

static int print_man(const struct cli *c)
{
	const char *name = c->args.word_count > 0 ? c->args.word[0] : NULL;
	char *text = man_page(name);
	struct err e = ERR_INIT;

	if (!text) {
		err_set(&e, ERR_USAGE, _("--man knows tegata, tegata.yaml and tegata-hooks"));
		return report_error(c, &e);
	}
	output_text(text);
	free(text);
	return 0;
}

int cmd_help(struct cli *c)
{
	const struct commands_row *command;
	struct err e = ERR_INIT;
	char *text;

	if (args_has(&c->args, OPTION_MAN))
		return print_man(c);
	if (choose(c, &command, &e) < 0)
		return report_error(c, &e);
	if (args_has(&c->args, OPTION_MARKDOWN))
		text = help_markdown();
	else
		text = command ? help_command(command) : help_overview();
	output_text(text);
	free(text);
	return 0;
}
