#include "config.h"

#include "entitle/entry.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"
#include "entitle/fqdn.h"

#define SHOWN_MAX 80
#define SET_NAME_MAX 80

static const char *const known_keys[] = {"fqdn", "first_issued", "renewed", "ends", "registered", "set", NULL};

struct found {
	struct entry entry;
	int column;
};

/* What is gathered while a list is read; the file's name and the mistakes go everywhere with it. */
struct reading {
	const char *file;
	struct diags *d;
	struct found *item;
	size_t count;
};

static char *shown(const char *text)
{
	return str_escape(text, strlen(text), SHOWN_MAX);
}

static const char *kind_text(const struct yaml_node *n)
{
	if (yaml_is_null(n))
		return _("nothing");
	if (n->kind == YAML_LIST)
		return _("a list");
	return n->kind == YAML_MAP ? _("a mapping") : _("a single value");
}

/* For a value that has to be a scalar; tells the mistake itself. */
static bool is_value(struct reading *r, const struct yaml_node *n, const char *expected)
{
	if (n->kind == YAML_SCALAR && !yaml_is_null(n))
		return true;
	diags_add(r->d, r->file, n->line, n->column, _("expected %s, found %s"), expected, kind_text(n));
	return false;
}

static void read_fqdn(struct reading *r, const struct yaml_node *n, struct entry *e)
{
	char *why = NULL;

	if (!is_value(r, n, _("a domain name")))
		return;
	if (fqdn_normalize(n->text, &e->fqdn, &why) != 0)
		diags_add(r->d, r->file, n->line, n->column, "%s", why);
	free(why);
}

static bool looks_like_date(const char *s)
{
	static const char shape[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != '-')
			return false;
	return s[sizeof(shape) - 1] == '\0';
}

static void read_date(struct reading *r, const struct yaml_node *n, bool *has, struct date *out)
{
	if (n == NULL || !is_value(r, n, _("a date written YYYY-MM-DD")))
		return;
	*has = date_parse(n->text, out) == 0;
	if (*has)
		return;

	char *text = shown(n->text);
	if (looks_like_date(n->text))
		diags_add(r->d, r->file, n->line, n->column, _("there is no such day: %s"), text);
	else
		diags_add(r->d, r->file, n->line, n->column, _("expected a date written YYYY-MM-DD, found \"%s\""), text);
	free(text);
}

static void read_renewed(struct reading *r, const struct yaml_node *n, struct entry *e)
{
	int64_t value = 0;

	if (n == NULL || !is_value(r, n, _("a number of paid renewals")))
		return;
	if (n->plain && str_to_int64(n->text, 0, ENTRY_RENEWED_MAX, &value) == 0) {
		e->renewed = (int)value;
		return;
	}
	char *text = shown(n->text);
	diags_add(r->d, r->file, n->line, n->column, _("expected the number of paid renewals, 0 to %d, found \"%s\""),
	          ENTRY_RENEWED_MAX, text);
	free(text);
}

static void read_set(struct reading *r, const struct yaml_node *n, struct entry *e)
{
	size_t len;

	if (n == NULL || !is_value(r, n, _("the name of a set")))
		return;
	len = strlen(n->text);
	if (len > 0 && len <= SET_NAME_MAX && strpbrk(n->text, "\t\r\n") == NULL) {
		e->set = str_dup(n->text);
		return;
	}
	diags_add(r->d, r->file, n->line, n->column, _("expected the name of a set: one line, at most %d bytes"), SET_NAME_MAX);
}

static bool is_known(const char *key)
{
	for (size_t i = 0; known_keys[i] != NULL; i++)
		if (str_eq(known_keys[i], key))
			return true;
	return false;
}

static void check_keys(struct reading *r, const struct yaml_node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->key[i];
		if (is_known(key->text))
			continue;

		char *text = shown(key->text);
		const char *near = str_nearest(key->text, known_keys);
		if (near != NULL)
			diags_add(r->d, r->file, key->line, key->column, _("unknown key \"%s\"; did you mean \"%s\"?"), text, near);
		else
			diags_add(r->d, r->file, key->line, key->column,
			          _("unknown key \"%s\"; known are fqdn, first_issued, renewed, ends, registered and set"), text);
		free(text);
	}
}

/* What only several keys together can get wrong. */
static void check_together(struct reading *r, const struct yaml_node *map, const struct entry *e)
{
	const struct yaml_node *ends = yaml_get(map, "ends");

	if (e->has_ends && e->has_first_issued && date_compare(e->ends, e->first_issued) < 0)
		diags_add(r->d, r->file, ends->line, ends->column, _("ends lies before first_issued"));
	else if (e->has_ends && e->has_registered && date_compare(e->ends, e->registered) < 0)
		diags_add(r->d, r->file, ends->line, ends->column, _("ends lies before registered"));
}

static void read_map(struct reading *r, const struct yaml_node *map, struct entry *e)
{
	const struct yaml_node *fqdn = yaml_get(map, "fqdn");

	check_keys(r, map);
	if (fqdn != NULL)
		read_fqdn(r, fqdn, e);
	else
		diags_add(r->d, r->file, map->line, map->column, _("this item has no fqdn"));
	read_date(r, yaml_get(map, "first_issued"), &e->has_first_issued, &e->first_issued);
	read_renewed(r, yaml_get(map, "renewed"), e);
	read_date(r, yaml_get(map, "ends"), &e->has_ends, &e->ends);
	read_date(r, yaml_get(map, "registered"), &e->has_registered, &e->registered);
	read_set(r, yaml_get(map, "set"), e);
	check_together(r, map, e);
}

static void entry_clear(struct entry *e)
{
	free(e->fqdn);
	free(e->set);
}

static void read_item(struct reading *r, const struct yaml_node *n)
{
	struct entry e = {.line = n->line};
	size_t before = r->d->total;

	if (n->kind == YAML_MAP)
		read_map(r, n, &e);
	else
		read_fqdn(r, n, &e);

	if (r->d->total == before)
		r->item[r->count++] = (struct found){.entry = e, .column = n->column};
	else
		entry_clear(&e);
}

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;
	int order = strcmp(x->entry.fqdn, y->entry.fqdn);

	if (order != 0)
		return order;
	if (x->entry.line != y->entry.line)
		return x->entry.line < y->entry.line ? -1 : 1;
	return (x->column > y->column) - (x->column < y->column);
}

static int compare_place(const void *a, const void *b)
{
	const struct diag *x = a;
	const struct diag *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* The array always has room for the next power of two, so that adding one by one does not copy it each time. */
static size_t capacity(size_t count)
{
	size_t room = count > 0 ? 1 : 0;

	while (room < count)
		room *= 2;
	return room;
}

static void note_first_registered(struct entry_list *l)
{
	l->has_first_registered = false;
	for (size_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->item[i];

		if (!e->has_registered || (l->has_first_registered && date_compare(e->registered, l->first_registered) >= 0))
			continue;
		l->has_first_registered = true;
		l->first_registered = e->registered;
	}
}

/* Sorts, drops and tells the duplicates, and moves the rest to *out. */
static void finish(struct reading *r, struct entry_list *out)
{
	if (r->count == 0)
		return;
	qsort(r->item, r->count, sizeof(*r->item), compare_found);
	out->item = mem_new(capacity(r->count), sizeof(*out->item));
	for (size_t i = 0; i < r->count; i++) {
		struct entry *e = &r->item[i].entry;
		const struct entry *kept = out->count > 0 ? &out->item[out->count - 1] : NULL;
		if (kept == NULL || !str_eq(kept->fqdn, e->fqdn)) {
			out->item[out->count++] = *e;
			continue;
		}
		diags_add(r->d, r->file, e->line, r->item[i].column,
		          _("\"%s\" in line %d is a duplicate: it is registered in line %d already"), e->fqdn, e->line,
		          kept->line);
		entry_clear(e);
	}
}

void entry_list_read(const char *file, const struct yaml_node *root, struct entry_list *out, struct diags *d)
{
	struct reading r = {.file = file, .d = d};
	struct entry_list list = {0};
	size_t before = d->count;

	if (yaml_is_null(root)) {
		*out = list;
		return;
	}
	if (root->kind != YAML_LIST) {
		diags_add(d, file, root->line, root->column,
		          _("expected a list of registered FQDNs, one \"- example.jp\" in each line, found %s"), kind_text(root));
		*out = list;
		return;
	}
	if (root->count > ENTRY_LIST_MAX)
		diags_add(d, file, root->value[ENTRY_LIST_MAX]->line, root->value[ENTRY_LIST_MAX]->column,
		          _("the list has %zu items; at most %d are read"), root->count, ENTRY_LIST_MAX);

	size_t count = root->count < ENTRY_LIST_MAX ? root->count : ENTRY_LIST_MAX;
	r.item = mem_new(count > 0 ? count : 1, sizeof(*r.item));
	for (size_t i = 0; i < count; i++)
		read_item(&r, root->value[i]);
	finish(&r, &list);
	free(r.item);
	note_first_registered(&list);
	if (d->count > before + 1)
		qsort(d->item + before, d->count - before, sizeof(*d->item), compare_place);
	*out = list;
}

/* Where `fqdn` stands, or would have to. */
static size_t position(const struct entry_list *l, const char *fqdn, bool *there)
{
	size_t low = 0;
	size_t high = l->count;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(l->item[middle].fqdn, fqdn);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Puts it in its place, and takes the ownership of its texts. False = in the place of an equal one. */
static bool take(struct entry_list *l, const struct entry *e)
{
	bool there = false;
	size_t at = position(l, e->fqdn, &there);

	if (there) {
		entry_clear(&l->item[at]);
		l->item[at] = *e;
		return false;
	}
	if (capacity(l->count + 1) != capacity(l->count))
		l->item = mem_resize(l->item, capacity(l->count + 1), sizeof(*l->item));
	memmove(l->item + at + 1, l->item + at, (l->count - at) * sizeof(*l->item));
	l->item[at] = *e;
	l->count++;
	return true;
}

void entry_list_add(struct entry_list *l, const struct entry *e)
{
	struct entry copy = *e;

	copy.fqdn = str_dup(e->fqdn);
	copy.set = str_dup(e->set);
	if (!take(l, &copy))
		note_first_registered(l);
	else if (e->has_registered && (!l->has_first_registered || date_compare(e->registered, l->first_registered) < 0)) {
		l->has_first_registered = true;
		l->first_registered = e->registered;
	}
}

const struct entry *entry_list_find(const struct entry_list *l, const char *fqdn)
{
	bool there = false;
	size_t at = position(l, fqdn, &there);

	return there ? &l->item[at] : NULL;
}

bool entry_list_remove(struct entry_list *l, const char *fqdn)
{
	bool there = false;
	size_t at = position(l, fqdn, &there);

	if (!there)
		return false;
	entry_clear(&l->item[at]);
	l->count--;
	memmove(l->item + at, l->item + at + 1, (l->count - at) * sizeof(*l->item));
	note_first_registered(l);
	return true;
}

void entry_list_copy(struct entry_list *to, const struct entry_list *from)
{
	*to = *from;
	to->item = from->count > 0 ? mem_new(capacity(from->count), sizeof(*to->item)) : NULL;
	for (size_t i = 0; i < from->count; i++) {
		to->item[i] = from->item[i];
		to->item[i].fqdn = str_dup(from->item[i].fqdn);
		to->item[i].set = str_dup(from->item[i].set);
	}
}

bool entry_list_record(struct entry_list *l, const char *fqdn, struct date first_issued, bool perhaps)
{
	bool there = false;
	size_t at = position(l, fqdn, &there);

	if (!there)
		return false;
	l->item[at].has_recorded = true;
	l->item[at].recorded = first_issued;
	l->item[at].perhaps = perhaps;
	return true;
}

void entry_list_clear(struct entry_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		entry_clear(&l->item[i]);
	free(l->item);
	*l = (struct entry_list){0};
}
