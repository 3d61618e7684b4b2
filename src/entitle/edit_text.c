#include "config.h"

#include "edit_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Bytes of the line break at s, as YAML 1.1 knows them; 0 = none. */
static size_t break_at(const char *s)
{
	if (str_starts(s, "\r\n"))
		return 2;
	if (*s == '\n' || *s == '\r')
		return 1;
	if (str_starts(s, "\xc2\x85"))
		return 2;
	return str_starts(s, "\xe2\x80\xa8") || str_starts(s, "\xe2\x80\xa9") ? 3 : 0;
}

static void find_lines(struct edit_text *t)
{
	size_t i = str_starts(t->data, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;

	t->start = mem_new(t->len + 2, sizeof *t->start);
	t->start[0] = i;
	while (i < t->len) {
		size_t n = break_at(t->data + i);

		i += n > 0 ? n : 1;
		if (n > 0)
			t->start[++t->lines] = i;
	}
	t->start = mem_resize(t->start, (size_t)t->lines + 2, sizeof *t->start);
	t->start[t->lines + 1] = t->len;
}

/* The last line without a break gets one like the line before it. */
static void end_last_line(struct edit_text *t)
{
	char *line_break, *whole;

	if (t->start[t->lines] >= t->len)
		return;
	line_break = edit_text_break(t, t->lines);
	t->added = strlen(line_break);
	whole = str_fmt("%s%s", t->data, line_break);
	free(line_break);
	str_replace(&t->data, whole);
	t->len += t->added;
	t->lines++;
	t->start[t->lines] = t->len;
}

void edit_text_init(struct edit_text *t, const char *text)
{
	*t = (struct edit_text){.data = str_dup(text), .len = strlen(text)};
	find_lines(t);
	end_last_line(t);
}

void edit_text_clear(struct edit_text *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->patch[i].text);
	free(t->patch);
	free(t->start);
	free(t->data);
	*t = (struct edit_text){0};
}

size_t edit_text_begin(const struct edit_text *t, int line)
{
	return line > t->lines ? t->len : t->start[line - 1];
}

size_t edit_text_at(const struct edit_text *t, int line, int column)
{
	size_t at = edit_text_begin(t, line);

	for (int passed = 1; passed < column && at < t->len; passed++)
		do
			at++;
		while (((unsigned char)t->data[at] & 0xc0) == 0x80);
	return at;
}

size_t edit_text_content(const struct edit_text *t, int line)
{
	size_t at = edit_text_begin(t, line);

	while (at < t->len && break_at(t->data + at) == 0)
		at++;
	return at;
}

/* One of the three that every reader knows, even where the file has something rarer. */
bool edit_text_is_marker(const struct edit_text *t, int line, const char *marker)
{
	const char *at = t->data + edit_text_begin(t, line);

	return str_starts(at, marker) && strchr(" \t\r\n", at[strlen(marker)]) != NULL;
}

char *edit_text_break(const struct edit_text *t, int line)
{
	size_t at;
	size_t n;

	if (line < 1 || t->lines < 1)
		return str_dup("\n");
	at = edit_text_content(t, line);
	n = break_at(t->data + at);
	if (n == 0 || (unsigned char)t->data[at] >= 0x80)
		return str_dup("\n");
	return str_ndup(t->data + at, n);
}

bool edit_text_is_lead(const struct edit_text *t, int line, size_t to)
{
	int dashes = 0;

	for (size_t i = edit_text_begin(t, line); i < to; i++) {
		if (t->data[i] == '-')
			dashes++;
		else if (t->data[i] != ' ')
			return false;
	}
	return dashes <= 1;
}

static void add_patch(struct edit_text *t, struct edit_patch p)
{
	if ((t->count & (t->count - 1)) == 0)
		t->patch = mem_resize(t->patch, t->count == 0 ? 1 : t->count * 2, sizeof *t->patch);
	p.number = t->count;
	t->patch[t->count++] = p;
}

void edit_text_change(struct edit_text *t, size_t from, size_t to, char *text)
{
	add_patch(t, (struct edit_patch){.from = from, .to = to, .text = text, .order = EDIT_ORDER_INSTEAD});
}

void edit_text_insert(struct edit_text *t, size_t at, char *text, enum edit_order order)
{
	add_patch(t, (struct edit_patch){.from = at, .to = at, .text = text, .order = order});
}

void edit_text_delete_lines(struct edit_text *t, int first, int last)
{
	edit_text_change(t, edit_text_begin(t, first), edit_text_begin(t, last + 1), NULL);
}

static int compare_patches(const void *a, const void *b)
{
	const struct edit_patch *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Takes the break off again that was put at the end, unless an empty line would go with it. */
static void unend_last_line(const struct edit_text *t, char *text, size_t len)
{
	size_t n = t->added;

	if (n == 0 || len <= t->start[0] + n || memcmp(text + len - n, t->data + t->len - n, n) != 0)
		return;
	if (strchr("\r\n", text[len - n - 1]) == NULL)
		text[len - n] = '\0';
}

char *edit_text_result(struct edit_text *t)
{
	size_t room = t->len + 1, pos = 0;
	char *out, *to;

	if (t->count > 0)
		qsort(t->patch, t->count, sizeof *t->patch, compare_patches);
	for (size_t i = 0; i < t->count; i++)
		room += t->patch[i].text != NULL ? strlen(t->patch[i].text) : 0;
	to = out = mem_new(room, 1);
	for (size_t i = 0; i < t->count; i++) {
		const struct edit_patch *p = &t->patch[i];

		if (p->from < pos || p->to < p->from || p->to > t->len) {
			free(out);
			return NULL;
		}
		to = mempcpy(to, t->data + pos, p->from - pos);
		if (p->text != NULL)
			to = mempcpy(to, p->text, strlen(p->text));
		pos = p->to;
	}
	to = mempcpy(to, t->data + pos, t->len - pos);
	unend_last_line(t, out, (size_t)(to - out));
	return out;
}
