/* The command line, read. */
#ifndef TEGATA_CLI_ARGS_H
#define TEGATA_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "options.h"

struct args_given {
	const struct options_row *row; /* options_row() of it */
	const char *name;              /* as it was written: "--domains", "-d" */
	char *value;                   /* within argv; NULL = takes none */
};

struct args {
	struct args_given *given; /* in the order given */
	size_t count;
	char **word; /* what is no option, within argv */
	size_t word_count;
};

/*
 * Options may stand before and after words. argv is reordered. -1: ERR_USAGE for the first mistake; what was understood
 * is in *out in any case.
 */
int args_parse(int argc, char **argv, struct args *out, struct err *e);
void args_clear(struct args *a);

size_t args_times(const struct args *a, enum options_id id);
bool args_has(const struct args *a, enum options_id id);
/* The last one given, or NULL. */
const char *args_value(const struct args *a, enum options_id id);
/* All of them; appended. */
void args_values(const struct args *a, enum options_id id, struct strs *out);
/* A value of names with commas between; appended. */
void args_split(const char *value, struct strs *out);

#endif
