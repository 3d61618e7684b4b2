#include "config.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

void strs_add(struct strs *l, const char *s)
{
	strs_take(l, str_dup(s));
}

void strs_take(struct strs *l, char *s)
{
	/* Full exactly when the count is a power of two, so the capacity needs no field of its own. */
	if ((l->count & (l->count - 1)) == 0)
		l->item = mem_resize(l->item, l->count != 0 ? 2 * l->count : 1, sizeof *l->item);
	l->item[l->count++] = s;
}

bool strs_has(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->item[i], s) == 0)
			return true;
	}
	return false;
}

bool strs_eq(const struct strs *a, const struct strs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	}
	return true;
}

static void sorted_set(const struct strs *from, struct strs *set)
{
	strs_copy(set, from);
	strs_sort_distinct(set);
}

bool strs_same_set(const struct strs *a, const struct strs *b)
{
	struct strs set_a = {0};
	struct strs set_b = {0};
	bool same;

	sorted_set(a, &set_a);
	sorted_set(b, &set_b);
	same = strs_eq(&set_a, &set_b);
	strs_clear(&set_a);
	strs_clear(&set_b);
	return same;
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strs_sort(struct strs *l)
{
	if (l->count > 1)
		qsort(l->item, l->count, sizeof *l->item, compare_items);
}

void strs_sort_distinct(struct strs *l)
{
	size_t kept = 0;

	strs_sort(l);
	for (size_t i = 0; i < l->count; i++) {
		if (kept > 0 && str_eq(l->item[kept - 1], l->item[i]))
			free(l->item[i]);
		else
			l->item[kept++] = l->item[i];
	}
	l->count = kept;
}

void strs_copy(struct strs *to, const struct strs *from)
{
	size_t count = from->count; /* from may be `to` itself */

	for (size_t i = 0; i < count; i++)
		strs_add(to, from->item[i]);
}

char *strs_join(const struct strs *l, const char *separator)
{
	size_t separator_len = strlen(separator);
	size_t len = 0;
	char *text;
	char *p;

	for (size_t i = 0; i < l->count; i++)
		len += strlen(l->item[i]) + separator_len;
	text = mem_new(len + 1, 1);
	p = text;
	for (size_t i = 0; i < l->count; i++) {
		if (i != 0)
			p = mempcpy(p, separator, separator_len);
		p = mempcpy(p, l->item[i], strlen(l->item[i]));
	}
	*p = '\0';
	return text;
}

void strs_clear(struct strs *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->item[i]);
	free(l->item);
	*l = (struct strs){0};
}
