#include "config.h"

#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "internal.h"

#define SCHEMA "tegata.state.v1"
#define DEPLOYS_MAX 1000

static void clear_deploy(struct store_deploy *d)
{
	free(d->hook);
	free(d->label);
	free(d->last_error);
}

void store_state_clear(struct store_state *st)
{
	for (size_t i = 0; i < st->deploy_count; i++)
		clear_deploy(&st->deploy[i]);
	free(st->deploy);
	free(st->last_error);
	free(st->last_error_kind);
	*st = (struct store_state){0};
}

static struct store_deploy *add_deploy(struct store_state *st)
{
	struct store_deploy *d;

	st->deploy = mem_resize(st->deploy, st->deploy_count + 1, sizeof *st->deploy);
	d = &st->deploy[st->deploy_count++];
	*d = (struct store_deploy){0};
	return d;
}

struct store_deploy *store_state_deploy(struct store_state *st, const char *hook, const char *label)
{
	struct store_deploy *d;

	for (size_t i = 0; i < st->deploy_count; i++) {
		d = &st->deploy[i];
		if (!str_eq(d->hook, hook))
			continue;
		if (label != NULL && !str_eq(d->label, label))
			str_replace(&d->label, str_dup(label));
		return d;
	}
	d = add_deploy(st);
	d->hook = str_dup(hook);
	d->label = str_dup(label != NULL ? label : hook);
	return d;
}

static void read_deploy(const struct json *j, struct store_deploy *d, const char **bad)
{
	d->hook = store_doc_str(j, "hook", bad);
	d->label = store_doc_str(j, "label", bad);
	d->generation = (int)store_doc_int(j, "generation", STORE_NUMBER_MAX, bad);
	d->at = store_doc_int(j, "at", STORE_TIME_MAX, bad);
	d->last_error = store_doc_str(j, "last_error", bad);
	d->failures = (int)store_doc_int(j, "failures", STORE_COUNT_MAX, bad);
	if (d->hook == NULL || d->label == NULL)
		*bad = "deploy";
}

/* NULL, or what is wrong (owned). */
static char *read_state(const struct json *j, struct store_state *st)
{
	const char *bad = NULL;
	const struct json *list = store_doc_list(j, "deploy", DEPLOYS_MAX, &bad);

	for (size_t i = 0; i < json_count(list); i++)
		read_deploy(json_at(list, i), add_deploy(st), &bad);
	st->last_error = store_doc_str(j, "last_error", &bad);
	st->last_error_kind = store_doc_str(j, "last_error_kind", &bad);
	st->last_error_at = store_doc_int(j, "last_error_at", STORE_TIME_MAX, &bad);
	st->failures = (int)store_doc_int(j, "failures", STORE_COUNT_MAX, &bad);
	st->retry_at = store_doc_int(j, "retry_at", STORE_TIME_MAX, &bad);
	return bad != NULL ? store_doc_bad(bad) : NULL;
}

int store_state_load(struct store *s, const char *name, struct store_state *out, struct err *e)
{
	struct store_state st = {0};
	struct json *j = NULL;
	char *broken = NULL;
	char *path;
	int rc = -1;

	if (store_need_name(name, e) != 0)
		return -1;
	path = store_path(s, "state", name, ".json");
	if (store_doc_read(path, SCHEMA, &j, &broken, e) != 0)
		goto out;
	if (j != NULL)
		broken = read_state(j, &st);
	if (broken != NULL) {
		log_warn(_("%s cannot be used and is taken for empty: %s"), path, broken);
		store_state_clear(&st);
	}
	*out = st;
	rc = 0;
out:
	free(broken);
	json_free(j);
	free(path);
	return rc;
}

static int64_t clamp(int64_t value, int64_t max)
{
	if (value < 0)
		return 0;
	return value < max ? value : max;
}

static struct json *deploy_json(const struct store_deploy *d)
{
	struct json *j = json_new_object();

	json_set_str(j, "hook", d->hook);
	json_set_str(j, "label", d->label);
	json_set_int(j, "generation", d->generation);
	json_set_int(j, "at", clamp(d->at, STORE_TIME_MAX));
	json_set_str(j, "last_error", d->last_error);
	json_set_int(j, "failures", clamp(d->failures, STORE_COUNT_MAX));
	return j;
}

static struct json *state_json(const struct store_state *st)
{
	struct json *j = store_doc_new(SCHEMA);
	struct json *list = json_new_array();

	for (size_t i = 0; i < st->deploy_count; i++)
		json_add(list, deploy_json(&st->deploy[i]));
	json_set(j, "deploy", list);
	json_set_str(j, "last_error", st->last_error);
	json_set_str(j, "last_error_kind", st->last_error_kind);
	json_set_int(j, "last_error_at", clamp(st->last_error_at, STORE_TIME_MAX));
	json_set_int(j, "failures", clamp(st->failures, STORE_COUNT_MAX));
	json_set_int(j, "retry_at", clamp(st->retry_at, STORE_TIME_MAX));
	return j;
}

int store_state_save(struct store *s, const char *name, const struct store_state *st, struct err *e)
{
	struct json *j;
	char *path;
	int rc;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0)
		return -1;
	j = state_json(st);
	path = store_path(s, "state", name, ".json");
	rc = store_doc_write(path, j, 0600, e);
	free(path);
	json_free(j);
	return rc;
}
