/* Aligned columns, with what belongs to a row below it. */
#ifndef TEGATA_CLI_TABLE_H
#define TEGATA_CLI_TABLE_H

#include <stddef.h>

#include "base/str.h"

#define TABLE_COLUMNS_MAX 8
#define TABLE_FIRST_MAX 44 /* what is wider in the first column stands on a line of its own */

struct table_row {
	char *cell[TABLE_COLUMNS_MAX];
	struct strs below; /* lines, as they are */
};

struct table {
	size_t columns; /* set by the caller */
	struct table_row *row;
	size_t count;
};

/* A new row; its cells are owned and filled by the caller (NULL = empty). Good until the next one. */
struct table_row *table_add(struct table *t);
/* A field below a row: label and wrapped text; an empty text is left out. */
void table_below(struct table_row *row, const char *label, const char *text);
/* Lines with their ends; owned. */
char *table_text(const struct table *t);
void table_clear(struct table *t);

#endif
