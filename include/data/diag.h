/* Mistakes found in files, gathered so that all of a file are told in one go. */
#ifndef TEGATA_DATA_DIAG_H
#define TEGATA_DATA_DIAG_H

#include <stddef.h>

#include "base/err.h"

#define DIAG_MAX 100 /* further ones are counted, not kept */

struct diag {
	char *file;
	int line;   /* 1-based; 0 = whole file */
	int column; /* 1-based, in characters; 0 = whole file */
	char *text; /* what is wrong and what was expected, escaped */
};

struct diags {
	struct diag *item;
	size_t count; /* kept */
	size_t total; /* found */
};

/* The text is escaped here, as a whole. */
void diags_add(struct diags *d, const char *file, int line, int column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* 0 when empty; else -1 with ERR_CONFIG whose cause is one line per mistake, "FILE:LINE:COLUMN: text". */
int diags_result(const struct diags *d, struct err *e);
void diags_clear(struct diags *d);

#endif
