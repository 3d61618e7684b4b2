#include "config.h"

#include "entitle/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"
#include "data/diag.h"
#include "data/yaml.h"
#include "edit_item.h"
#include "entitle/coverage.h"
#include "entitle/entry.h"
#include "entitle/fqdn.h"

/* In English for everybody: it stays, whoever reads it next, and must be UTF-8. */
static const char head[] =
	"# The registered FQDNs (利用FQDN情報) that certificates here may use, as My Page shows them.\n"
	"# \"tegata entitlements\" shows what each of them covers. This file may be edited; comments stay.\n";

static void take_date(enum edit_value todo, struct date value, bool *has, struct date *date)
{
	if (todo == EDIT_KEEP)
		return;
	*has = todo == EDIT_PUT;
	*date = todo == EDIT_PUT ? value : (struct date){0};
}

/* Makes the change in the entries: what the text has to hold afterwards. */
static void expect(struct entry_list *list, const struct edit_change *c)
{
	const struct entry *there = entry_list_find(list, c->fqdn);
	struct entry e = {0};

	if (c->action == EDIT_REMOVE) {
		entry_list_remove(list, c->fqdn);
		return;
	}
	if (there)
		e = *there;
	e.fqdn = str_dup(c->fqdn);
	take_date(c->first_issued_do, c->first_issued, &e.has_first_issued, &e.first_issued);
	take_date(c->ends_do, c->ends, &e.has_ends, &e.ends);
	take_date(c->registered_do, c->registered, &e.has_registered, &e.registered);
	if (c->renewed_do != EDIT_KEEP)
		e.renewed = c->renewed_do == EDIT_PUT ? c->renewed : 0;
	entry_list_add(list, &e);
	free(e.fqdn);
}

static bool same_date(bool has_a, struct date a, bool has_b, struct date b)
{
	return has_a == has_b && (!has_a || date_compare(a, b) == 0);
}

static bool same_entry(const struct entry *a, const struct entry *b)
{
	return str_eq(a->fqdn, b->fqdn) && str_eq(a->set, b->set) && a->renewed == b->renewed &&
	       same_date(a->has_first_issued, a->first_issued, b->has_first_issued, b->first_issued) &&
	       same_date(a->has_ends, a->ends, b->has_ends, b->ends) &&
	       same_date(a->has_registered, a->registered, b->has_registered, b->registered);
}

static bool same_list(const struct entry_list *a, const struct entry_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_entry(&a->item[i], &b->item[i]))
			return false;
	return true;
}

static int refuse_result(const char *file, struct err *e)
{
	err_set(e, ERR_INTERNAL, _("%s: this change would not have come out as it was asked for, so nothing was changed"), file);
	err_advise(e, _("change the file with an editor, then run \"tegata config check\""));
	return -1;
}

/* The text is read as the next run will read it. */
static int check_result(const char *file, const char *text, const struct entry_list *expected, struct err *e)
{
	struct yaml_node *root = NULL;
	struct entry_list now = {0};
	struct diags d = {0};
	int rc = -1;

	if (!text || yaml_parse(file, text, strlen(text), &root, &d) < 0) {
		refuse_result(file, e);
		goto out;
	}
	entry_list_read(file, root, &now, &d);
	if (diags_result(&d, e) < 0) {
		e->kind = ERR_USAGE;
		err_wrap(e, _("with this change the list would not be right any more, so nothing was changed"));
	} else if (!same_list(expected, &now)) {
		refuse_result(file, e);
	} else {
		rc = 0;
	}
out:
	yaml_node_free(root);
	entry_list_clear(&now);
	diags_clear(&d);
	return rc;
}

static int is_there_already(const struct entry *there, const char *file, struct err *e)
{
	if (there->line > 0)
		return err_set(e, ERR_USAGE, _("%s is in the list already (%s, line %d)"), there->fqdn, file, there->line);
	return err_set(e, ERR_USAGE, _("%s is in the list already"), there->fqdn);
}

static int is_not_there(const struct entry_list *list, const char *file, const char *fqdn, struct err *e)
{
	const struct entry *near = coverage_nearest(list, fqdn);

	err_set(e, ERR_USAGE, _("%s is not in the list (%s)"), fqdn, file);
	if (near)
		err_advise(e, _("the nearest entry is %s"), near->fqdn);
	return -1;
}

static int compare_line(const void *line, const void *node)
{
	int a = *(const int *)line, b = (*(struct yaml_node *const *)node)->line;

	return (a > b) - (a < b);
}

/* Items over lines begin on a line each. */
static const struct yaml_node *node_of(const struct edit_work *w, const struct entry *e)
{
	struct yaml_node **found = NULL;

	if (w->root && w->root->count > 0)
		found = bsearch(&e->line, w->root->value, w->root->count, sizeof *w->root->value, compare_line);
	return found ? *found : NULL;
}

/* One change, in the lines and in what is expected of them. */
static int change_one(struct edit_work *w, struct entry_list *list, const struct edit_change *c, struct err *e)
{
	const struct entry *there = entry_list_find(list, c->fqdn);
	const struct yaml_node *node;

	if (!fqdn_is_normal(c->fqdn))
		return err_set(e, ERR_INTERNAL, _("%s is not the normal form of a name"), c->fqdn);
	if (c->action == EDIT_ADD && there)
		return is_there_already(there, w->file, e);
	if (c->action != EDIT_ADD && !there)
		return is_not_there(list, w->file, c->fqdn, e);
	node = there ? node_of(w, there) : NULL;
	if (there && !node)
		return refuse_result(w->file, e);
	if (c->action == EDIT_ADD)
		edit_item_add(w, c);
	else if (c->action == EDIT_REMOVE)
		edit_item_remove(w, node);
	else
		edit_item_set(w, node, c);
	expect(list, c);
	return 0;
}

static void check_style(struct edit_work *w)
{
	const struct yaml_node *root = w->root;

	if (root && root->flow && root->count > 0)
		diags_add(&w->d, w->file, root->line, root->column,
		          _("a list in brackets cannot be changed line by line; write it with one \"- example.jp\" in each line"));
}

/* The end of a document that has neither a beginning nor a content is no YAML any more. */
static void hold_document(struct edit_work *w)
{
	for (int line = 1; line <= w->text.lines && !edit_text_is_marker(&w->text, line, "---"); line++) {
		char *line_break;

		if (!edit_text_is_marker(&w->text, line, "..."))
			continue;
		line_break = edit_text_break(&w->text, line - 1);
		edit_text_insert(&w->text, edit_text_begin(&w->text, line), str_fmt("[]%s", line_break), EDIT_ORDER_NEW);
		free(line_break);
		return;
	}
}

/* Changes of entries that all differ, from one reading of the text. */
static int change_all(const char *file, const char *text, const struct edit_change *c, size_t count, char **out,
                      struct err *e)
{
	struct edit_work w = {.file = file};
	struct entry_list list = {0};
	char *made = NULL;
	int rc = -1;

	edit_text_init(&w.text, text);
	if (yaml_parse(file, w.text.data, w.text.len, &w.root, &w.d) == 0)
		entry_list_read(file, w.root, &list, &w.d);
	check_style(&w);
	if (diags_result(&w.d, e) < 0)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (change_one(&w, &list, &c[i], e) < 0)
			goto out;
	if (diags_result(&w.d, e) < 0)
		goto out;
	if (list.count == 0 && w.root && w.root->count > 0)
		hold_document(&w);
	made = edit_text_result(&w.text);
	rc = check_result(file, made, &list, e);
	if (rc == 0) {
		*out = made;
		made = NULL;
	}
out:
	free(made);
	entry_list_clear(&list);
	yaml_node_free(w.root);
	diags_clear(&w.d);
	edit_text_clear(&w.text);
	return rc;
}

/* How many of the changes are of different entries: a second change of one needs the text as the first has left it. */
static size_t count_different(const struct edit_change *c, size_t count)
{
	struct entry_list seen = {0};
	size_t n = 0;

	while (n < count && !entry_list_find(&seen, c[n].fqdn)) {
		struct entry e = {.fqdn = str_dup(c[n].fqdn)};

		entry_list_add(&seen, &e);
		free(e.fqdn);
		n++;
	}
	entry_list_clear(&seen);
	return n;
}

static bool has_new(const struct edit_change *c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c[i].action == EDIT_ADD)
			return true;
	return false;
}

int edit_apply(const char *file, const char *text, const struct edit_change *change, size_t count, char **out,
               struct err *e)
{
	bool is_new = !text || *text == '\0';
	char *now = str_dup(is_new && has_new(change, count) ? head : text ? text : "");
	size_t done = 0;

	while (done < count) {
		size_t n = count_different(change + done, count - done);
		char *next = NULL;

		if (change_all(file, now, change + done, n, &next, e) < 0) {
			free(now);
			return -1;
		}
		str_replace(&now, next);
		done += n;
	}
	*out = now;
	return 0;
}
