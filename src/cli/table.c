#include "config.h"

#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"

#define BELOW_INDENT 4
#define BELOW_LABEL 14

struct table_row *table_add(struct table *t)
{
	t->row = mem_resize(t->row, t->count + 1, sizeof *t->row);
	t->row[t->count] = (struct table_row){{NULL}, {0}};
	return &t->row[t->count++];
}

void table_below(struct table_row *row, const char *label, const char *text)
{
	if (text && *text)
		output_wrap(&row->below, str_fmt("%*s%s", BELOW_INDENT, "", label), BELOW_INDENT + BELOW_LABEL, text);
}

static size_t cell_width(const struct table_row *row, size_t column)
{
	return row->cell[column] ? output_width(row->cell[column]) : 0;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = 0;

	for (size_t i = 0; i < t->count; i++) {
		size_t w = cell_width(&t->row[i], column);

		if (w > width && (column > 0 || w <= TABLE_FIRST_MAX))
			width = w;
	}
	return width;
}

static void add_row(const struct table *t, const struct table_row *row, const size_t *width, struct strs *lines)
{
	char *line = str_dup("");
	size_t length;

	for (size_t c = 0; c < t->columns; c++) {
		char *cell;

		if (c == 0 && cell_width(row, c) > width[c]) {
			strs_add(lines, row->cell[c]);
			cell = output_pad("", width[c]);
		} else {
			cell = output_pad(row->cell[c] ? row->cell[c] : "", width[c]);
		}
		str_replace(&line, str_fmt("%s%s%s", line, c > 0 ? "  " : "", cell));
		free(cell);
	}
	length = strlen(line);
	while (length > 0 && line[length - 1] == ' ')
		length--;
	line[length] = '\0';
	strs_take(lines, line);
	strs_copy(lines, &row->below);
}

char *table_text(const struct table *t)
{
	size_t width[TABLE_COLUMNS_MAX] = {0};
	struct strs lines = {0};
	char *text;

	for (size_t c = 0; c < t->columns; c++)
		width[c] = column_width(t, c);
	for (size_t i = 0; i < t->count; i++)
		add_row(t, &t->row[i], width, &lines);
	strs_add(&lines, "");
	text = strs_join(&lines, "\n");
	strs_clear(&lines);
	return text;
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		for (size_t c = 0; c < TABLE_COLUMNS_MAX; c++)
			free(t->row[i].cell[c]);
		strs_clear(&t->row[i].below);
	}
	free(t->row);
	*t = (struct table){0};
}
