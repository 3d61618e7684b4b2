#include "config.h"

#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "internal.h"

#define SCHEMA "tegata.validations.v1"
#define FILE_NAME "validations.json"
#define DAY_SEC 86400
#define ALL_MAX 3000       /* failures kept of all names together */

void store_validations_clear(struct store_validations *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->item[i].name);
	free(v->item);
	*v = (struct store_validations){0};
}

static struct store_validation *find(const struct store_validations *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (str_eq(v->item[i].name, name))
			return &v->item[i];
	return NULL;
}

const struct store_validation *store_validations_find(const struct store_validations *v, const char *name)
{
	return find(v, name);
}

/* Into its place in the ascending times; a full list loses its oldest, which may be this one. */
static void add_time(struct store_validation *one, int64_t at)
{
	size_t i;

	if (one->count == STORE_VALIDATIONS_MAX) {
		if (at <= one->at[0])
			return;
		memmove(one->at, one->at + 1, (STORE_VALIDATIONS_MAX - 1) * sizeof *one->at);
		one->count--;
	}
	for (i = one->count; i > 0 && one->at[i - 1] > at; i--)
		one->at[i] = one->at[i - 1];
	one->at[i] = at;
	one->count++;
}

void store_validations_add(struct store_validations *v, const char *name, int64_t at)
{
	struct store_validation *one = find(v, name);

	if (one == NULL) {
		v->item = mem_resize(v->item, v->count + 1, sizeof *v->item);
		one = &v->item[v->count++];
		*one = (struct store_validation){.name = str_dup(name)};
	}
	add_time(one, at);
}

/* NULL, or what is wrong (owned). */
static char *read_all(const struct json *j, struct store_validations *out)
{
	const char *bad = NULL;
	const struct json *list = store_doc_list(j, "failed", ALL_MAX, &bad);

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *one = json_at(list, i);
		const char *name = json_str(one, "name");
		int64_t at = store_doc_int(one, "at", STORE_TIME_MAX, &bad);

		if (name == NULL || !store_doc_name_fits(name) || at == 0)
			return store_doc_bad("failed");
		store_validations_add(out, name, at);
	}
	return bad != NULL ? store_doc_bad(bad) : NULL;
}

int store_validations_load(struct store *s, struct store_validations *out, struct err *e)
{
	struct store_validations v = {0};
	struct json *j = NULL;
	char *broken = NULL;
	char *path = fs_join(s->dir, FILE_NAME);
	int rc = -1;

	if (store_doc_read(path, SCHEMA, &j, &broken, e) != 0)
		goto out;
	if (j != NULL)
		broken = read_all(j, &v);
	if (broken != NULL) {
		log_warn(_("%s cannot be used and is taken for empty: %s"), path, broken);
		store_validations_clear(&v);
	}
	*out = v;
	rc = 0;
out:
	free(broken);
	json_free(j);
	free(path);
	return rc;
}

struct failure { /* borrowed */
	const char *name;
	int64_t at;
};

static int compare_failures(const void *a, const void *b)
{
	const struct failure *x = a;
	const struct failure *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Those that still count, by time. A clock that was a day ahead leaves nothing that stays for longer than that. */
static struct failure *recent(const struct store_validations *v, int64_t now, size_t *count)
{
	struct failure *list = mem_new(v->count * STORE_VALIDATIONS_MAX + 1, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++) {
		const struct store_validation *one = &v->item[i];

		if (!store_doc_name_fits(one->name))
			continue;
		for (size_t k = 0; k < one->count; k++) {
			int64_t at = one->at[k];

			if (at >= 1 && at <= STORE_TIME_MAX && at > now - DAY_SEC && at <= now + DAY_SEC)
				list[n++] = (struct failure){one->name, at};
		}
	}
	qsort(list, n, sizeof *list, compare_failures);
	*count = n;
	return list;
}

int store_validations_save(struct store *s, const struct store_validations *v, int64_t now, struct err *e)
{
	struct failure *list;
	struct json *failed;
	struct json *j;
	char *path;
	size_t count;
	int rc;

	if (store_need_lock(s, e) != 0)
		return -1;
	list = recent(v, now, &count);
	failed = json_new_array();
	for (size_t i = count > ALL_MAX ? count - ALL_MAX : 0; i < count; i++) {
		struct json *one = json_new_object();

		json_set_str(one, "name", list[i].name);
		json_set_int(one, "at", list[i].at);
		json_add(failed, one);
	}
	j = store_doc_new(SCHEMA);
	json_set(j, "failed", failed);
	path = fs_join(s->dir, FILE_NAME);
	rc = store_doc_write(path, j, 0600, e);
	free(path);
	json_free(j);
	free(list);
	return rc;
}
