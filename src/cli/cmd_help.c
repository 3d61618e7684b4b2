#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
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

int cmd_help(struct cli *c)
{
	const struct commands_row *command;
	struct err e = ERR_INIT;
	char *text;

	if (choose(c, &command, &e) < 0)
		return report_error(c, &e);
	if (args_has(&c->args, OPTION_MARKDOWN))
		text = help_markdown();
	else if (args_has(&c->args, OPTION_MAN))
		text = help_man();
	else
		text = command ? help_command(command) : help_overview();
	output_text(text);
	free(text);
	return 0;
}
