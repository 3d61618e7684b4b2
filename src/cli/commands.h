/* The table of commands, and what each of them is given. */
#ifndef TEGATA_CLI_COMMANDS_H
#define TEGATA_CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "args.h"
#include "base/err.h"
#include "run/site.h"

struct cli;

struct commands_row {
	enum options_command id;
	const char *name;    /* one word or two */
	const char *words;   /* what may follow: "[NAME...]"; NULL = nothing */
	const char *summary; /* one line; through gettext */
	const char *text;    /* more of it; through gettext */
	int (*run)(struct cli *c); /* the exit status */
};

struct cli {
	const struct commands_row *command;
	struct args args; /* its words are those behind the command */
	bool json, quiet;
	bool interactive; /* somebody is there who can be asked */
	int wait_sec;     /* how long to wait for another tegata; 0 = not */
	/* Absolute paths; NULL = not given. */
	char *config_dir, *state_dir, *entitlements, *ca_file;
};

const struct commands_row *commands_table(size_t *count);
/* Takes the command's words out of args; -1 (ERR_USAGE) when there is none of that name, or too many words follow. */
int commands_find(struct args *a, const struct commands_row **out, struct err *e);
/* By its whole name; NULL = none. */
const struct commands_row *commands_row(const char *name);
/* -1 (ERR_USAGE) for options that the command does not take. */
int commands_check_options(const struct commands_row *command, const struct args *a, struct err *e);

#endif
