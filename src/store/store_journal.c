#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"
#include "internal.h"

#define SCHEMA "tegata.journal.v1"
#define SUFFIX ".json"
#define TASKS_MAX 10000

static void clear_task(struct store_journal_task *t)
{
	free(t->type);
	free(t->method);
	free(t->webroot);
	free(t->identifier);
	free(t->token);
	free(t->key_authorization);
	free(t->record_name);
	free(t->record_value);
}

void store_journal_clear(struct store_journal *j)
{
	for (size_t i = 0; i < j->task_count; i++)
		clear_task(&j->task[i]);
	free(j->task);
	free(j->name);
	free(j->ca);
	free(j->server);
	free(j->order_url);
	free(j->finalize_url);
	strs_clear(&j->names);
	*j = (struct store_journal){0};
}

static struct json *task_json(const struct store_journal_task *t)
{
	struct json *j = json_new_object();

	json_set_str(j, "type", t->type);
	json_set_str(j, "method", t->method);
	json_set_str(j, "webroot", t->webroot);
	json_set_str(j, "identifier", t->identifier);
	json_set_str(j, "token", t->token);
	json_set_str(j, "key_authorization", t->key_authorization);
	json_set_str(j, "record_name", t->record_name);
	json_set_str(j, "record_value", t->record_value);
	json_set_bool(j, "wildcard", t->wildcard);
	json_set_bool(j, "made_folder", t->made_folder);
	return j;
}

static struct json *journal_json(const struct store_journal *from)
{
	struct json *j = store_doc_new(SCHEMA);
	struct json *list = json_new_array();

	json_set_str(j, "name", from->name);
	json_set_str(j, "ca", from->ca);
	json_set_str(j, "server", from->server);
	json_set_str(j, "order_url", from->order_url);
	json_set_str(j, "finalize_url", from->finalize_url);
	json_set_int(j, "generation", from->generation);
	json_set_strs(j, "names", &from->names);
	json_set_int(j, "begun_at", from->begun_at);
	for (size_t i = 0; i < from->task_count; i++)
		json_add(list, task_json(&from->task[i]));
	json_set(j, "tasks", list);
	return j;
}

int store_journal_save(struct store *s, const struct store_journal *from, struct err *e)
{
	struct json *j;
	char *path;
	int rc;

	if (store_need_lock(s, e) != 0 || store_need_name(from->name, e) != 0)
		return -1;
	j = journal_json(from);
	path = store_path(s, "journal", from->name, SUFFIX);
	rc = store_doc_write(path, j, 0600, e);
	free(path);
	json_free(j);
	return rc;
}

static void read_task(const struct json *j, struct store_journal_task *t, const char **bad)
{
	t->type = store_doc_str(j, "type", bad);
	t->method = store_doc_str(j, "method", bad);
	t->webroot = store_doc_str(j, "webroot", bad);
	t->identifier = store_doc_str(j, "identifier", bad);
	t->token = store_doc_str(j, "token", bad);
	t->key_authorization = store_doc_str(j, "key_authorization", bad);
	t->record_name = store_doc_str(j, "record_name", bad);
	t->record_value = store_doc_str(j, "record_value", bad);
	t->wildcard = store_doc_bool(j, "wildcard", bad);
	t->made_folder = store_doc_bool(j, "made_folder", bad);
	if (t->type == NULL || t->method == NULL || t->identifier == NULL)
		*bad = "tasks";
}

/* NULL, or what is wrong (owned). */
static char *read_journal(const struct json *j, const char *name, struct store_journal *out)
{
	const char *bad = NULL;
	const struct json *list = store_doc_list(j, "tasks", TASKS_MAX, &bad);

	out->name = store_doc_str(j, "name", &bad);
	out->ca = store_doc_str(j, "ca", &bad);
	out->server = store_doc_str(j, "server", &bad);
	out->order_url = store_doc_str(j, "order_url", &bad);
	out->finalize_url = store_doc_str(j, "finalize_url", &bad);
	out->generation = (int)store_doc_int(j, "generation", STORE_NUMBER_MAX, &bad);
	out->begun_at = store_doc_int(j, "begun_at", STORE_TIME_MAX, &bad);
	store_doc_strs(j, "names", &out->names, &bad);
	if (json_count(list) > 0)
		out->task = mem_new(json_count(list), sizeof *out->task);
	for (; out->task_count < json_count(list); out->task_count++)
		read_task(json_at(list, out->task_count), &out->task[out->task_count], &bad);
	if (!str_eq(out->name, name))
		bad = "name";
	else if (out->ca == NULL || out->server == NULL)
		bad = out->ca == NULL ? "ca" : "server";
	return bad != NULL ? store_doc_bad(bad) : NULL;
}

/* Kept for people to look at, but no longer in the way of the next order. Only the holder of the lock moves things. */
static int move_aside(const struct store *s, const char *path, const char *why, struct err *e)
{
	char *folder = fs_join(s->dir, "journal");
	char *aside = str_fmt("%s.broken", path);
	int rc = 0;

	if (s->lock_fd < 0)
		log_warn(_("%s cannot be used: %s"), path, why);
	else if (rename(path, aside) != 0)
		rc = err_set_errno(e, ERR_IO, errno, _("moving %s, which cannot be used (%s), to %s"), path, why, aside);
	else {
		log_warn(_("%s cannot be used (%s) and is now %s; an order that was under way is given up"), path, why, aside);
		rc = fs_sync_dir(folder, e);
	}
	free(aside);
	free(folder);
	return rc;
}

int store_journal_load(struct store *s, const char *name, struct store_journal *out, bool *found, struct err *e)
{
	struct store_journal journal = {0};
	struct json *j = NULL;
	char *broken = NULL;
	char *path;
	int rc = -1;

	if (store_need_name(name, e) != 0)
		return -1;
	path = store_path(s, "journal", name, SUFFIX);
	if (store_doc_read(path, SCHEMA, &j, &broken, e) != 0)
		goto out;
	if (j != NULL)
		broken = read_journal(j, name, &journal);
	if (broken != NULL && move_aside(s, path, broken, e) != 0)
		goto out;
	rc = 0;
	*found = j != NULL && broken == NULL;
	if (*found) {
		*out = journal;
		journal = (struct store_journal){0};
	}
out:
	store_journal_clear(&journal);
	free(broken);
	json_free(j);
	free(path);
	return rc;
}

int store_journal_list(struct store *s, struct strs *names, struct err *e)
{
	char *folder = fs_join(s->dir, "journal");
	struct strs files = {0};
	struct strs found = {0};
	int rc = fs_list(folder, &files, e);

	for (size_t i = 0; rc == 0 && i < files.count; i++) {
		const char *file = files.item[i];
		char *name;

		if (!str_ends(file, SUFFIX))
			continue;
		name = str_ndup(file, strlen(file) - strlen(SUFFIX));
		if (store_name_ok(name))
			strs_add(&found, name);
		free(name);
	}
	if (rc == 0) {
		strs_clear(names);
		*names = found;
	}
	strs_clear(&files);
	free(folder);
	return rc;
}

int store_journal_remove(struct store *s, const char *name, struct err *e)
{
	char *folder;
	char *path;
	int rc = 0;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0)
		return -1;
	folder = fs_join(s->dir, "journal");
	path = store_path(s, "journal", name, SUFFIX);
	if (unlink(path) == 0)
		rc = fs_sync_dir(folder, e);
	else if (errno != ENOENT)
		rc = err_set_errno(e, ERR_IO, errno, _("removing %s"), path);
	free(path);
	free(folder);
	return rc;
}
