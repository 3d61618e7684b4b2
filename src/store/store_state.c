#include "config.h"

#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "internal.h"

#define SCHEMA "tegata.state.v1"
#define DEPLOYS_MAX 1000
#define TOLD_MAX 64
#define DROPPED_MAX 1000 /* names of one certificate */
#define REASON_MAX 10 /* RFC 5280 */
#define REASON_NONE (-1)

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
	for (size_t i = 0; i < st->told_count; i++) {
		free(st->told[i].event);
		free(st->told[i].detail);
	}
	free(st->told);
	for (size_t i = 0; i < st->dropped_count; i++)
		free(st->dropped[i].name);
	free(st->dropped);
	free(st->moved_from);
	free(st->ari.cert_id);
	free(st->ari.explanation_url);
	free(st->ari.error);
	free(st->revocation.serial);
	free(st->revocation.status);
	free(st->revocation.error);
	free(st->last_error);
	free(st->last_error_kind);
	free(st->retry_why);
	free(st->held_for);
	free(st->failed_for);
	free(st->last_problem);
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

static int64_t read_time(const struct json *j, const char *key, const char **bad)
{
	return store_doc_int(j, key, STORE_TIME_MAX, bad);
}

static int read_failures(const struct json *j, const char **bad)
{
	return (int)store_doc_int(j, "failures", STORE_COUNT_MAX, bad);
}

static void read_ari(const struct json *j, struct store_ari *a, const char **bad)
{
	a->cert_id = store_doc_id(j, "cert_id", bad);
	a->start = read_time(j, "start", bad);
	a->end = read_time(j, "end", bad);
	a->explanation_url = store_doc_text(j, "explanation_url", bad);
	a->fetched_at = read_time(j, "fetched_at", bad);
	a->next_at = read_time(j, "next_at", bad);
	a->failures = read_failures(j, bad);
	a->error = store_doc_text(j, "error", bad);
	a->not_offered = store_doc_bool(j, "not_offered", bad);
}

static void read_revocation(const struct json *j, struct store_revocation *r, const char **bad)
{
	r->serial = store_doc_id(j, "serial", bad);
	r->status = store_doc_id(j, "status", bad);
	r->checked_at = read_time(j, "checked_at", bad);
	r->next_at = read_time(j, "next_at", bad);
	r->revoked_at = read_time(j, "revoked_at", bad);
	r->reason = json_get(j, "reason") != NULL ? (int)store_doc_int(j, "reason", REASON_MAX, bad) : REASON_NONE;
	r->asked = store_doc_bool(j, "asked", bad);
	r->failures = read_failures(j, bad);
	r->error = store_doc_text(j, "error", bad);
}

static void read_told(const struct json *j, struct store_state *st, const char **bad)
{
	const struct json *list = store_doc_list(j, "told", TOLD_MAX, bad);

	if (json_count(list) > 0)
		st->told = mem_new(json_count(list), sizeof *st->told);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *item = json_at(list, i);
		struct store_told *t = &st->told[st->told_count++];

		t->event = store_doc_id(item, "event", bad);
		t->detail = store_doc_text(item, "detail", bad);
		t->at = read_time(item, "at", bad);
		t->failures = read_failures(item, bad);
		if (t->event == NULL)
			*bad = "told";
	}
}

static void read_dropped(const struct json *j, struct store_state *st, const char **bad)
{
	const struct json *list = store_doc_list(j, "dropped", DROPPED_MAX, bad);

	if (json_count(list) > 0)
		st->dropped = mem_new(json_count(list), sizeof *st->dropped);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *item = json_at(list, i);
		struct store_dropped *d = &st->dropped[st->dropped_count++];

		d->name = store_doc_id(item, "name", bad);
		d->end_at = read_time(item, "end_at", bad);
		if (d->name == NULL)
			*bad = "dropped";
	}
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
	st->retry_why = store_doc_id(j, "retry_why", &bad);
	st->held_for = store_doc_id(j, "held_for", &bad);
	st->failed_for = store_doc_id(j, "failed_for", &bad);
	st->last_problem = store_doc_id(j, "last_problem", &bad);
	st->held = (int)store_doc_int(j, "held", STORE_NUMBER_MAX, &bad);
	st->early_at = store_doc_int(j, "early_at", STORE_TIME_MAX, &bad);
	st->untrusted = store_doc_bool(j, "untrusted", &bad);
	st->prepared = (int)store_doc_int(j, "prepared", STORE_NUMBER_MAX, &bad);
	st->moved_from = store_doc_id(j, "moved_from", &bad);
	st->moved_generation = (int)store_doc_int(j, "moved_generation", STORE_NUMBER_MAX, &bad);
	read_dropped(j, st, &bad);
	read_ari(store_doc_object(j, "ari", &bad), &st->ari, &bad);
	read_revocation(store_doc_object(j, "revocation", &bad), &st->revocation, &bad);
	read_told(j, st, &bad);
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
	if (st.revocation.serial == NULL && st.revocation.status == NULL)
		st.revocation.reason = REASON_NONE;
	*out = st;
	rc = 0;
out:
	free(broken);
	json_free(j);
	free(path);
	return rc;
}

static void set_time(struct json *j, const char *key, int64_t at)
{
	store_doc_set_int(j, key, at, STORE_TIME_MAX);
}

static void set_failures(struct json *j, int failures)
{
	store_doc_set_int(j, "failures", failures, STORE_COUNT_MAX);
}

static struct json *deploy_json(const struct store_deploy *d)
{
	struct json *j = json_new_object();

	json_set_str(j, "hook", d->hook);
	json_set_str(j, "label", d->label);
	json_set_int(j, "generation", d->generation);
	set_time(j, "at", d->at);
	json_set_str(j, "last_error", d->last_error);
	set_failures(j, d->failures);
	return j;
}

static struct json *ari_json(const struct store_ari *a)
{
	struct json *j = json_new_object();

	store_doc_set_id(j, "cert_id", a->cert_id);
	set_time(j, "start", a->start);
	set_time(j, "end", a->end);
	store_doc_set_text(j, "explanation_url", a->explanation_url);
	set_time(j, "fetched_at", a->fetched_at);
	set_time(j, "next_at", a->next_at);
	set_failures(j, a->failures);
	store_doc_set_text(j, "error", a->error);
	json_set_bool(j, "not_offered", a->not_offered);
	return j;
}

/* A state that was zeroed rather than loaded has reason 0, and means none: it speaks of no certificate. */
static bool has_reason(const struct store_revocation *r)
{
	return (r->serial != NULL || r->status != NULL) && r->reason >= 0 && r->reason <= REASON_MAX;
}

static struct json *revocation_json(const struct store_revocation *r)
{
	struct json *j = json_new_object();

	store_doc_set_id(j, "serial", r->serial);
	store_doc_set_id(j, "status", r->status);
	set_time(j, "checked_at", r->checked_at);
	set_time(j, "next_at", r->next_at);
	set_time(j, "revoked_at", r->revoked_at);
	if (has_reason(r))
		json_set_int(j, "reason", r->reason);
	json_set_bool(j, "asked", r->asked);
	set_failures(j, r->failures);
	store_doc_set_text(j, "error", r->error);
	return j;
}

/* The last ones, when there are more than are read again. */
static struct json *told_json(const struct store_state *st)
{
	struct json *list = json_new_array();
	size_t first = st->told_count > TOLD_MAX ? st->told_count - TOLD_MAX : 0;

	for (size_t i = first; i < st->told_count; i++) {
		const struct store_told *t = &st->told[i];
		struct json *j;

		if (t->event == NULL || strlen(t->event) > STORE_ID_MAX)
			continue;
		j = json_new_object();
		json_set_str(j, "event", t->event);
		store_doc_set_text(j, "detail", t->detail);
		set_time(j, "at", t->at);
		set_failures(j, t->failures);
		json_add(list, j);
	}
	return list;
}

static struct json *dropped_json(const struct store_state *st)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < st->dropped_count && i < DROPPED_MAX; i++) {
		const struct store_dropped *d = &st->dropped[i];
		struct json *j;

		if (d->name == NULL || strlen(d->name) > STORE_ID_MAX)
			continue;
		j = json_new_object();
		json_set_str(j, "name", d->name);
		set_time(j, "end_at", d->end_at);
		json_add(list, j);
	}
	return list;
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
	set_time(j, "last_error_at", st->last_error_at);
	set_failures(j, st->failures);
	set_time(j, "retry_at", st->retry_at);
	store_doc_set_id(j, "retry_why", st->retry_why);
	store_doc_set_id(j, "held_for", st->held_for);
	store_doc_set_id(j, "failed_for", st->failed_for);
	store_doc_set_id(j, "last_problem", st->last_problem);
	store_doc_set_int(j, "held", st->held, STORE_NUMBER_MAX);
	set_time(j, "early_at", st->early_at);
	json_set_bool(j, "untrusted", st->untrusted);
	store_doc_set_int(j, "prepared", st->prepared, STORE_NUMBER_MAX);
	json_set(j, "dropped", dropped_json(st));
	store_doc_set_id(j, "moved_from", st->moved_from);
	store_doc_set_int(j, "moved_generation", st->moved_generation, STORE_NUMBER_MAX);
	json_set(j, "ari", ari_json(&st->ari));
	json_set(j, "revocation", revocation_json(&st->revocation));
	json_set(j, "told", told_json(st));
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
