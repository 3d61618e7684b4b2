/* Help, made from the tables. */
#ifndef TEGATA_CLI_HELP_H
#define TEGATA_CLI_HELP_H

#include "commands.h"

/* The whole program; owned. */
char *help_overview(void);
/* One command; owned. */
char *help_command(const struct commands_row *command);
/* The generated part of doc/commands.md; owned. */
char *help_markdown(void);
/* The man page tegata(1); owned. */
char *help_man(void);

#endif
