#include "config.h"

#include "store/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "internal.h"

#define SCHEMA "tegata.ledger.v1"
#define FILE_NAME "ledger.json"
#define ITEMS_MAX 50000                    /* as many as a list can have entries */
#define FILE_MAX ((size_t)64 * 1024 * 1024) /* all of them, with the longest names */

static void clear_item(struct store_ledger_item *one)
{
	free(one->fqdn);
	free(one->certificate);
	free(one->serial);
	free(one->source);
}

void store_ledger_clear(struct store_ledger *l)
{
	for (size_t i = 0; i < l->count; i++)
		clear_item(&l->item[i]);
	free(l->item);
	strs_clear(&l->list);
	*l = (struct store_ledger){0};
}

/* Where it is, or belongs. */
static size_t place_of(const struct store_ledger *l, const char *fqdn)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(l->item[middle].fqdn, fqdn) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct store_ledger_item *store_ledger_find(struct store_ledger *l, const char *fqdn)
{
	size_t at = place_of(l, fqdn);

	return at < l->count && str_eq(l->item[at].fqdn, fqdn) ? &l->item[at] : NULL;
}

struct store_ledger_item *store_ledger_item(struct store_ledger *l, const char *fqdn)
{
	size_t at = place_of(l, fqdn);

	if (at < l->count && str_eq(l->item[at].fqdn, fqdn))
		return &l->item[at];
	/* Room doubles, whenever all of it is taken. */
	if ((l->count & (l->count - 1)) == 0)
		l->item = mem_resize(l->item, l->count > 0 ? l->count * 2 : 1, sizeof *l->item);
	memmove(l->item + at + 1, l->item + at, (l->count - at) * sizeof *l->item);
	l->count++;
	l->item[at] = (struct store_ledger_item){.fqdn = str_dup(fqdn)};
	return &l->item[at];
}

static void read_item(const struct json *j, struct store_ledger_item *out, const char **bad)
{
	char *first = store_doc_str(j, "first_issued", bad);

	out->has_date = first != NULL;
	if (first != NULL && date_parse(first, &out->first_issued) != 0)
		*bad = "first_issued";
	out->perhaps = store_doc_bool(j, "perhaps", bad);
	out->certificate = store_doc_str(j, "certificate", bad);
	if (out->certificate != NULL && !store_name_ok(out->certificate))
		*bad = "certificate";
	out->serial = store_doc_id(j, "serial", bad);
	out->source = store_doc_id(j, "source", bad);
	out->recorded_at = store_doc_int(j, "recorded_at", STORE_TIME_MAX, bad);
	out->since = store_doc_int(j, "since", STORE_TIME_MAX, bad);
	free(first);
}

/* Ascending, as it was written, so each is there once. */
static bool follows(const char *name, const char *before)
{
	return name != NULL && store_doc_name_fits(name) && (before == NULL || strcmp(before, name) < 0);
}

/* NULL, or what is wrong (owned). */
static char *read_all(const struct json *j, struct store_ledger *out)
{
	const char *bad = NULL;
	const struct json *entries = store_doc_list(j, "entries", ITEMS_MAX, &bad);
	const struct json *list = store_doc_list(j, "list", ITEMS_MAX, &bad);

	out->list_at = store_doc_int(j, "list_at", STORE_TIME_MAX, &bad);
	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *one = json_at(entries, i);
		const char *fqdn = json_str(one, "fqdn");

		if (!follows(fqdn, out->count > 0 ? out->item[out->count - 1].fqdn : NULL))
			return store_doc_bad("fqdn");
		read_item(one, store_ledger_item(out, fqdn), &bad);
	}
	for (size_t i = 0; i < json_count(list); i++) {
		const char *name = json_text(json_at(list, i));

		if (!follows(name, i > 0 ? out->list.item[i - 1] : NULL))
			return store_doc_bad("list");
		strs_add(&out->list, name);
	}
	return bad != NULL ? store_doc_bad(bad) : NULL;
}

/* Kept for people to look at. That it cannot be moved is in nobody's way: the next save takes its place. */
static void put_aside(const struct store *s, const char *path, const char *why)
{
	char *aside = str_fmt("%s.broken", path);

	if (s->lock_fd < 0)
		log_warn(_("%s cannot be used and is taken for empty: %s"), path, why);
	else if (rename(path, aside) != 0)
		log_warn(_("%s cannot be used (%s), nor moved to %s: %s"), path, why, aside, strerror(errno));
	else
		log_warn(_("%s cannot be used (%s) and is now %s; when entries were first used is read from the certificates that "
		           "are kept"),
		         path, why, aside);
	free(aside);
}

int store_ledger_load(struct store *s, struct store_ledger *out, struct err *e)
{
	char *path = fs_join(s->dir, FILE_NAME);
	const struct store_doc doc = {path, SCHEMA, FILE_MAX};
	struct store_ledger l = {0};
	struct json *j = NULL;
	char *broken = NULL;
	int rc = store_doc_load(&doc, &j, &broken, e);

	if (rc == 0) {
		if (j != NULL)
			broken = read_all(j, &l);
		if (broken != NULL) {
			put_aside(s, path, broken);
			store_ledger_clear(&l);
		}
		l.missing = j == NULL || broken != NULL;
		*out = l;
	}
	free(broken);
	json_free(j);
	free(path);
	return rc;
}

static struct json *item_json(const struct store_ledger_item *one)
{
	char *first = one->has_date ? date_format(one->first_issued) : NULL;
	struct json *j = json_new_object();

	json_set_str(j, "fqdn", one->fqdn);
	json_set_str(j, "first_issued", first);
	if (one->perhaps)
		json_set_bool(j, "perhaps", true);
	json_set_str(j, "certificate", one->certificate);
	store_doc_set_id(j, "serial", one->serial);
	store_doc_set_id(j, "source", one->source);
	store_doc_set_int(j, "recorded_at", one->recorded_at, STORE_TIME_MAX);
	if (one->since > 0)
		store_doc_set_int(j, "since", one->since, STORE_TIME_MAX);
	free(first);
	return j;
}

static int compare_texts(const void *key, const void *one)
{
	return strcmp(key, *(char *const *)one);
}

static bool is_listed(const struct store_ledger *l, const char *fqdn)
{
	return l->list.count > 0 && bsearch(fqdn, l->list.item, l->list.count, sizeof *l->list.item, compare_texts) != NULL;
}

/* Of more than the file may hold, those go that left the list: there is room for all that are in it. */
static struct json *items_json(const struct store_ledger *l)
{
	struct json *entries = json_new_array();
	size_t surplus = l->count > ITEMS_MAX ? l->count - ITEMS_MAX : 0;

	for (size_t i = 0; i < l->count && json_count(entries) < ITEMS_MAX; i++) {
		if (surplus > 0 && !is_listed(l, l->item[i].fqdn))
			surplus--;
		else
			json_add(entries, item_json(&l->item[i]));
	}
	return entries;
}

int store_ledger_save(struct store *s, const struct store_ledger *l, struct err *e)
{
	struct json *j, *list;
	char *path;
	int rc;

	if (store_need_lock(s, e) != 0)
		return -1;
	path = fs_join(s->dir, FILE_NAME);
	j = store_doc_new(SCHEMA);
	list = json_new_array();
	for (size_t i = 0; i < l->list.count && i < ITEMS_MAX; i++)
		json_add_str(list, l->list.item[i]);
	json_set(j, "entries", items_json(l));
	store_doc_set_int(j, "list_at", l->list_at, STORE_TIME_MAX);
	json_set(j, "list", list);
	rc = store_doc_save(&(const struct store_doc){path, SCHEMA, FILE_MAX}, j, 0600, e);
	json_free(j);
	free(path);
	return rc;
}
