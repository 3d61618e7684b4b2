#include "config.h"

#include "edit_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"

#define VALUE_COUNT 4

struct value {
	const char *key;
	enum edit_value todo;
	char *text;    /* EDIT_PUT */
	bool standard; /* what is so without being written */
};

static struct value date_value(const char *key, enum edit_value todo, struct date d)
{
	return (struct value){.key = key, .todo = todo, .text = todo == EDIT_PUT ? date_format(d) : NULL};
}

/* In the order in which they are written. */
static void values_make(struct value v[VALUE_COUNT], const struct edit_change *c)
{
	v[0] = date_value("registered", c->registered_do, c->registered);
	v[1] = date_value("first_issued", c->first_issued_do, c->first_issued);
	v[2] = (struct value){.key = "renewed", .todo = c->renewed_do, .standard = c->renewed == 0};
	if (c->renewed_do == EDIT_PUT)
		v[2].text = str_fmt("%d", c->renewed);
	v[3] = date_value("ends", c->ends_do, c->ends);
}

static void values_clear(struct value v[VALUE_COUNT])
{
	for (size_t i = 0; i < VALUE_COUNT; i++)
		free(v[i].text);
}

static bool is_new(const struct value *v, const struct yaml_node *node)
{
	return v->todo == EDIT_PUT && !v->standard && yaml_get(node, v->key) == NULL;
}

static bool any_new(const struct value v[VALUE_COUNT], const struct yaml_node *node)
{
	for (size_t i = 0; i < VALUE_COUNT; i++)
		if (is_new(&v[i], node))
			return true;
	return false;
}

static char *blanks(int count)
{
	char *s = mem_new((size_t)count + 1, 1);

	memset(s, ' ', (size_t)count);
	return s;
}

static size_t begin_of(const struct edit_work *w, const struct yaml_node *n)
{
	return edit_text_at(&w->text, n->line, n->column);
}

static size_t end_of(const struct edit_work *w, const struct yaml_node *n)
{
	return edit_text_at(&w->text, n->end_line, n->end_column);
}

static char skip_blanks(const struct edit_work *w, size_t *at)
{
	*at += strspn(w->text.data + *at, " \t");
	return w->text.data[*at];
}

/* The line's comment when it holds nothing else: its column (from 1), or 0. */
static int lone_comment(const struct edit_work *w, int line)
{
	size_t begin = edit_text_begin(&w->text, line), at = begin;

	return skip_blanks(w, &at) == '#' ? (int)(at - begin) + 1 : 0;
}

/* Where the line after `line` begins; comments that go on below it, further right than `column`, belong to it. */
static int line_after(const struct edit_work *w, int line, int column)
{
	for (line++; line <= w->text.lines && lone_comment(w, line) > column; line++)
		;
	return line;
}

/* Is there a "-" in the list's column, and only blanks before it? */
static bool has_dash(const struct edit_work *w, int line)
{
	size_t at = edit_text_begin(&w->text, line) + (size_t)(w->root->column - 1);

	return at < edit_text_content(&w->text, line) && w->text.data[at] == '-' &&
	       edit_text_is_lead(&w->text, line, at + 1);
}

/* The line with the item's "-", which may stand alone above it. 0 = there is none. */
static int dash_line(const struct edit_work *w, const struct yaml_node *node)
{
	int line = node->line;

	while (line >= w->root->line && !has_dash(w, line))
		line--;
	return line >= w->root->line ? line : 0;
}

static bool is_over_lines(const struct yaml_node *n)
{
	return n->end_line != n->line;
}

/* What every change needs: a "-" with blanks before and after it, and each value in one line. */
static bool is_plain_item(struct edit_work *w, const struct yaml_node *node)
{
	const struct yaml_node *bad = node->kind == YAML_SCALAR && is_over_lines(node) ? node : NULL;

	for (size_t i = 0; !bad && i < node->count; i++)
		bad = is_over_lines(node->value[i]) ? node->value[i] : is_over_lines(node->key[i]) ? node->key[i] : NULL;
	if (bad)
		diags_add(&w->d, w->file, bad->line, bad->column,
		          _("this text goes over several lines, which cannot be changed here; write it in one line"));
	else if (dash_line(w, node) == 0 || !edit_text_is_lead(&w->text, node->line, begin_of(w, node)))
		diags_add(&w->d, w->file, node->line, node->column,
		          _("this item cannot be changed line by line; write it as \"- example.jp\" in a line of its own"));
	else
		return true;
	return false;
}

void edit_item_remove(struct edit_work *w, const struct yaml_node *node)
{
	if (is_plain_item(w, node))
		edit_text_delete_lines(&w->text, dash_line(w, node), node->end_line);
}

/* The new keys as lines of a mapping whose keys begin after `indent` blanks; owned. */
static char *key_lines(const struct value v[VALUE_COUNT], const struct yaml_node *node, int indent,
                       const char *line_break)
{
	char *text = str_dup(""), *lead = blanks(indent);

	for (size_t i = 0; i < VALUE_COUNT; i++)
		if (is_new(&v[i], node))
			str_replace(&text, str_fmt("%s%s%s: %s%s", text, lead, v[i].key, v[i].text, line_break));
	free(lead);
	return text;
}

static void add_lines(struct edit_work *w, const struct yaml_node *node, const struct value v[VALUE_COUNT])
{
	char *line_break = edit_text_break(&w->text, node->end_line);
	int next = line_after(w, node->end_line, w->root->column);

	edit_text_insert(&w->text, edit_text_begin(&w->text, next), key_lines(v, node, node->column - 1, line_break),
	                 EDIT_ORDER_MORE);
	free(line_break);
}

static void set_scalar(struct edit_work *w, const struct yaml_node *node, const struct value v[VALUE_COUNT])
{
	if (!any_new(v, node))
		return;
	edit_text_insert(&w->text, begin_of(w, node), str_dup("fqdn: "), EDIT_ORDER_MORE);
	add_lines(w, node, v);
}

static enum edit_value todo_of(const struct value v[VALUE_COUNT], const struct yaml_node *key)
{
	for (size_t i = 0; i < VALUE_COUNT; i++)
		if (str_eq(v[i].key, key->text))
			return v[i].todo;
	return EDIT_KEEP;
}

static bool goes(const struct value v[VALUE_COUNT], const struct yaml_node *map, size_t i)
{
	return todo_of(v, map->key[i]) == EDIT_TAKE_AWAY;
}

static void replace_values(struct edit_work *w, const struct yaml_node *map, const struct value v[VALUE_COUNT])
{
	for (size_t i = 0; i < VALUE_COUNT; i++) {
		const struct yaml_node *old = yaml_get(map, v[i].key);

		if (old && v[i].todo == EDIT_PUT && !str_eq(old->text, v[i].text))
			edit_text_change(&w->text, begin_of(w, old), end_of(w, old), str_dup(v[i].text));
	}
}

/* In brackets, the comma goes with the pair: the one before it, or, when nothing stays before it, the one after. */
static void take_pairs(struct edit_work *w, const struct yaml_node *map, const struct value v[VALUE_COUNT])
{
	bool kept_before = false;

	for (size_t i = 0; i < map->count; i++) {
		if (!goes(v, map, i))
			kept_before = true;
		else if (is_over_lines(map))
			diags_add(&w->d, w->file, map->key[i]->line, map->key[i]->column,
			          _("nothing can be taken from braces that go over several lines; write them in one line"));
		else if (kept_before)
			edit_text_change(&w->text, end_of(w, map->value[i - 1]), end_of(w, map->value[i]), NULL);
		else if (i + 1 < map->count)
			edit_text_change(&w->text, begin_of(w, map->key[i]), begin_of(w, map->key[i + 1]), NULL);
	}
}

static void set_flow(struct edit_work *w, const struct yaml_node *map, const struct value v[VALUE_COUNT])
{
	replace_values(w, map, v);
	take_pairs(w, map, v);
	for (size_t i = 0; i < VALUE_COUNT; i++)
		if (is_new(&v[i], map))
			edit_text_insert(&w->text, end_of(w, map->value[map->count - 1]), str_fmt(", %s: %s", v[i].key, v[i].text),
			                 EDIT_ORDER_MORE);
}

static void take_lines(struct edit_work *w, const struct yaml_node *map, size_t i)
{
	const struct yaml_node *key = map->key[i];

	if (!edit_text_is_lead(&w->text, key->line, begin_of(w, key)))
		diags_add(&w->d, w->file, key->line, key->column,
		          _("this key cannot be taken away; begin its line with spaces alone, without a tab or \"?\""));
	else
		edit_text_delete_lines(&w->text, key->line, map->value[i]->end_line);
}

/*
 * The first keys go, up to `stay`, and the first of all stands beside the "-": what stays takes its place there, or, when there are
 * comments in between, leaves the "-" alone on its line.
 */
static void take_first(struct edit_work *w, const struct yaml_node *map, size_t stay)
{
	const struct yaml_node *first = map->key[0];
	bool joined = true;

	for (size_t i = 0; i < stay; i++)
		joined = joined && map->key[i + 1]->line == map->value[i]->end_line + 1;
	if (joined) {
		edit_text_change(&w->text, begin_of(w, first), begin_of(w, map->key[stay]), NULL);
		return;
	}
	edit_text_change(&w->text, edit_text_begin(&w->text, first->line) + (size_t)w->root->column,
	                 edit_text_content(&w->text, first->line), NULL);
	if (map->value[0]->end_line > first->line)
		edit_text_delete_lines(&w->text, first->line + 1, map->value[0]->end_line);
	for (size_t i = 1; i < stay; i++)
		take_lines(w, map, i);
}

static void set_block(struct edit_work *w, const struct yaml_node *map, const struct value v[VALUE_COUNT])
{
	size_t i = 0;

	replace_values(w, map, v);
	if (goes(v, map, 0) && has_dash(w, map->key[0]->line)) {
		while (i < map->count && goes(v, map, i))
			i++;
		take_first(w, map, i);
	}
	for (; i < map->count; i++)
		if (goes(v, map, i))
			take_lines(w, map, i);
	if (any_new(v, map))
		add_lines(w, map, v);
}

void edit_item_set(struct edit_work *w, const struct yaml_node *node, const struct edit_change *c)
{
	struct value v[VALUE_COUNT];

	if (!is_plain_item(w, node))
		return;
	values_make(v, c);
	if (node->kind == YAML_SCALAR)
		set_scalar(w, node, v);
	else if (node->flow)
		set_flow(w, node, v);
	else
		set_block(w, node, v);
	values_clear(v);
}

/* How items are written here: blanks before the "-" and after it. */
struct style { int before, after; };

static struct style style_of(const struct edit_work *w)
{
	const struct yaml_node *last = w->root && w->root->count > 0 ? w->root->value[w->root->count - 1] : NULL;
	struct style s = {0, 1};

	if (!last)
		return s;
	s.before = w->root->column - 1;
	if (has_dash(w, last->line) && edit_text_is_lead(&w->text, last->line, begin_of(w, last)))
		s.after = last->column - w->root->column - 1;
	return s;
}

static char *new_item(const struct edit_work *w, const struct edit_change *c, const char *line_break)
{
	char *name = yaml_quote(c->written ? c->written : c->fqdn);
	struct style s = style_of(w);
	char *before = blanks(s.before), *after = blanks(s.after), *keys, *text;
	struct value v[VALUE_COUNT];

	values_make(v, c);
	keys = key_lines(v, NULL, s.before + 1 + s.after, line_break);
	text = str_fmt("%s-%s%s%s%s%s", before, after, any_new(v, NULL) ? "fqdn: " : "", name, line_break, keys);
	values_clear(v);
	free(keys);
	free(after);
	free(before);
	free(name);
	return text;
}

/* After "---" at the beginning of a line, or where the line begins. */
static size_t skip_marker(const struct edit_work *w, int line)
{
	size_t at = edit_text_begin(&w->text, line);

	if (str_starts(w->text.data + at, "---") && strchr(" \t\r\n", w->text.data[at + 3]) != NULL)
		at += 3;
	return at;
}

static bool is_directive(const struct edit_work *w, int line)
{
	return w->text.data[edit_text_begin(&w->text, line)] == '%';
}

/*
 * Takes the "[]" or "null" away that says there is no list, with the blanks before it, and its line when nothing else is there.
 * The line after which the list begins.
 */
static int take_word(struct edit_work *w, int line, size_t to)
{
	size_t content = edit_text_content(&w->text, line), after = to;
	bool alone = skip_marker(w, line) == edit_text_begin(&w->text, line);
	bool commented = skip_blanks(w, &after) == '#';

	if (alone && !commented)
		edit_text_delete_lines(&w->text, line, line);
	else if (alone)
		edit_text_change(&w->text, edit_text_begin(&w->text, line), after, NULL);
	else
		edit_text_change(&w->text, skip_marker(w, line), commented ? to : content, NULL);
	return line;
}

/* Where a list may begin in a text that has none: the line before it; a word that stands for nothing is taken away. */
static int empty_place(struct edit_work *w)
{
	for (int line = 1; line <= w->text.lines; line++) {
		size_t at = skip_marker(w, line);
		char c;

		if (edit_text_is_marker(&w->text, line, "..."))
			return line - 1;
		c = skip_blanks(w, &at);
		if (at < edit_text_content(&w->text, line) && c != '#' && !is_directive(w, line))
			return take_word(w, line, at + strcspn(w->text.data + at, " \t\r\n#"));
	}
	return w->text.lines;
}

/* The line before which a new item goes. */
static int place_for_new(struct edit_work *w)
{
	const struct yaml_node *root = w->root, *last;

	if (!root)
		return empty_place(w) + 1;
	if (root->count == 0 && !is_over_lines(root))
		return take_word(w, root->line, end_of(w, root)) + 1;
	if (root->count == 0) {
		diags_add(&w->d, w->file, root->line, root->column,
		          _("nothing can be added to brackets that go over several lines; take them away, or write [] in one line"));
		return 0;
	}
	last = root->value[root->count - 1];
	return line_after(w, last->end_column == 1 ? last->end_line - 1 : last->end_line, root->column);
}

void edit_item_add(struct edit_work *w, const struct edit_change *c)
{
	char *line_break;

	if (w->place == 0)
		w->place = place_for_new(w);
	if (w->place == 0)
		return;
	line_break = edit_text_break(&w->text, w->place - 1);
	edit_text_insert(&w->text, edit_text_begin(&w->text, w->place), new_item(w, c, line_break), EDIT_ORDER_NEW);
	free(line_break);
}
