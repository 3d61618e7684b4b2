/* What the commands have in common that change the registered list. */
#ifndef TEGATA_CLI_CHANGING_H
#define TEGATA_CLI_CHANGING_H

#include "commands.h"
#include "entitle/edit.h"

struct changing {
	struct cli *cli;
	struct site site;
	struct strs fqdns;          /* the words, in normal form: at least one */
	struct edit_change *change; /* one for each of them, with its fqdn; the rest is the command's to fill */
};

/* Loads the site and reads the words; changing_end() in any case. known: each must be in the list. */
int changing_begin(struct changing *k, struct cli *c, enum edit_action action, bool known, struct err *e);
/* The options with dates, into every change. */
int changing_read_dates(struct changing *k, struct err *e);
/* Does it, or shows it (--dry-run), and tells. */
int changing_apply(struct changing *k, struct err *e);
/* Clears everything; returns the exit status for rc and e. */
int changing_end(struct changing *k, int rc, struct err *e);

#endif
