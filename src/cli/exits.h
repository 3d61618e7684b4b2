/* The table of exit statuses. */
#ifndef TEGATA_CLI_EXITS_H
#define TEGATA_CLI_EXITS_H

#include <stddef.h>

#include "base/err.h"

struct exits_row {
	int status;
	unsigned kinds;   /* 1u << err_kind of each */
	const char *text; /* through gettext */
};

const struct exits_row *exits_table(size_t *count);
int exits_status(enum err_kind kind);

#endif
