#include "config.h"

#include "cli/cli.h"

#include <string.h>

#include "base/i18n.h"
#include "cmd.h"
#include "commands.h"
#include "exits.h"
#include "output.h"
#include "report.h"
#include "setup.h"

#define ARGUMENT_MAX 32768 /* bytes; messages show what was given */

static int check_lengths(int argc, char **argv, struct err *e)
{
	for (int i = 1; i < argc; i++)
		if (strlen(argv[i]) > ARGUMENT_MAX)
			return err_set(e, ERR_USAGE, _("the argument no. %d is %zu bytes long, %d are the most"), i, strlen(argv[i]),
			               ARGUMENT_MAX);
	return 0;
}

/* --help and --version stand in for the command, whatever else is there. */
static int find_command(struct cli *c, struct err *e)
{
	bool help = args_has(&c->args, OPTION_HELP);

	if (help && c->args.word_count == 0) {
		c->command = commands_row("help");
		return 0;
	}
	if (args_has(&c->args, OPTION_VERSION)) {
		c->command = commands_row("version");
		return 0;
	}
	return commands_find(&c->args, &c->command, e);
}

static int run(struct cli *c, struct err *e)
{
	if (args_has(&c->args, OPTION_HELP))
		return cmd_help(c);
	if (!args_has(&c->args, OPTION_VERSION) && commands_check_options(c->command, &c->args, e) < 0)
		return report_error(c, e);
	if (setup_options(c, e) < 0)
		return report_error(c, e);
	return c->command->run(c);
}

int cli_main(int argc, char **argv)
{
	struct cli c = {0};
	struct err e = ERR_INIT;
	int status, rc = check_lengths(argc, argv, &e);

	if (rc == 0)
		rc = args_parse(argc, argv, &c.args, &e);
	c.json = args_has(&c.args, OPTION_JSON);
	if (rc < 0 || find_command(&c, &e) < 0)
		status = report_error(&c, &e);
	else
		status = run(&c, &e);
	if (output_finish(&e) < 0) {
		report_failure(&e, false);
		status = status ? status : exits_status(e.kind);
	}
	err_clear(&e);
	setup_clear(&c);
	return status;
}
