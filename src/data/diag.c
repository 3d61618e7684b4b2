#include "config.h"

#include "data/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"

#define TEXT_MAX 1000 /* bytes of one mistake */

void diags_add(struct diags *d, const char *file, int line, int column, const char *fmt, ...)
{
	struct diag *item;
	va_list ap;
	char *raw;

	d->total++;
	if (d->count == DIAG_MAX)
		return;
	va_start(ap, fmt);
	raw = str_vfmt(fmt, ap);
	va_end(ap);

	if (d->item == NULL)
		d->item = mem_new(DIAG_MAX, sizeof *d->item);
	item = &d->item[d->count++];
	item->file = str_dup(file);
	item->line = line;
	item->column = column;
	item->text = str_escape(raw, strlen(raw), TEXT_MAX);
	free(raw);
}

static char *format_one(const struct diag *item)
{
	char *file = str_escape(item->file, strlen(item->file), TEXT_MAX);
	char *out;

	if (item->line > 0 && item->column > 0)
		out = str_fmt("%s:%d:%d: %s", file, item->line, item->column, item->text);
	else if (item->line > 0)
		out = str_fmt("%s:%d: %s", file, item->line, item->text);
	else
		out = str_fmt("%s: %s", file, item->text);
	free(file);
	return out;
}

int diags_result(const struct diags *d, struct err *e)
{
	struct strs lines = {0};
	char *all;

	if (d->total == 0)
		return 0;
	for (size_t i = 0; i < d->count; i++)
		strs_take(&lines, format_one(&d->item[i]));
	if (d->total > d->count) {
		size_t more = d->total - d->count;

		strs_take(&lines, str_fmt(P_("and %zu more mistake", "and %zu more mistakes", more), more));
	}
	all = strs_join(&lines, "\n");
	err_set(e, ERR_CONFIG, "%s", all);
	free(all);
	strs_clear(&lines);
	return -1;
}

void diags_clear(struct diags *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->item[i].file);
		free(d->item[i].text);
	}
	free(d->item);
	*d = (struct diags){0};
}
