#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "run/forethought.h"

#define SCHEMA "tegata.plan.v1"
#define FILE_MAX (16 * 1024 * 1024)
#define DIFFERENCES_MAX 20 /* told; it is refused at the first */

static void set_time(struct json *j, const char *key, int64_t at)
{
	char *text = at > 0 ? time_format_jst(at) : NULL;

	json_set_str(j, key, text);
	free(text);
}

static struct json *error_json(const struct err *e)
{
	struct json *j = json_new_object();
	char *text = err_text(e);

	json_set_str(j, "kind", err_kind_name(e->kind));
	json_set_str(j, "message", text);
	json_set_str(j, "advice", e->advice);
	free(text);
	return j;
}

/* What is offered is no part of what is compared later: only what would be done is. */
static void set_lapse(struct json *j, const struct forethought_item *item)
{
	json_set_str(j, "lapse", item->lapse);
	json_set_str(j, "lapse_entry", item->lapse_entry);
	set_time(j, "lapse_at", item->lapse_at);
	set_time(j, "switch_at", item->switch_at);
	json_set_strs(j, "lapsing", &item->lapsing);
	json_set_strs(j, "remaining", &item->remaining);
}

static struct json *item_json(const struct forethought_item *item)
{
	struct json *j = json_new_object();

	json_set_str(j, "name", item->name);
	json_set_str(j, "action", forethought_kind_name(item->kind));
	json_set_str(j, "reason", visit_reason_name(item->reason));
	json_set_strs(j, "names", &item->names);
	json_set_strs(j, "added", &item->added);
	json_set_strs(j, "removed", &item->removed);
	if (item->generation > 0)
		json_set_int(j, "generation", item->generation);
	else
		json_set_str(j, "generation", NULL);
	json_set_str(j, "serial", item->serial);
	set_time(j, "not_after", item->not_after);
	set_time(j, "renew_at", item->renew_at);
	json_set_str(j, "renew_because", item->renew_at > 0 ? due_because_name(item->because) : NULL);
	set_time(j, "next_try", item->next_try);
	json_set_str(j, "wait_why", backoff_why_name(item->wait_why));
	json_set_str(j, "explanation_url", item->explanation_url);
	json_set_bool(j, "in_flight", item->in_flight);
	json_set_strs(j, "begins", &item->begins);
	set_lapse(j, item);
	json_set_strs(j, "deploy_owed", &item->deploy_owed);
	if (item->err.kind != ERR_NONE)
		json_set(j, "error", error_json(&item->err));
	else
		json_set_str(j, "error", NULL);
	return j;
}

static bool is_refused(const struct forethought *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->item[i].kind == FORETHOUGHT_REFUSED)
			return true;
	return false;
}

struct json *forethought_json(const struct forethought *f)
{
	struct json *j = json_new_object(), *list = json_new_array();

	json_set_str(j, "schema", SCHEMA);
	json_set_bool(j, "ok", !is_refused(f));
	set_time(j, "at", f->at);
	json_set_bool(j, "asked_ca", f->asked_ca);
	for (size_t i = 0; i < f->count; i++)
		json_add(list, item_json(&f->item[i]));
	json_set(j, "certificates", list);
	return j;
}

static int read_plan(const char *path, struct json **out, struct err *e)
{
	struct json *j = NULL;
	struct buf text;
	int rc = -1;

	buf_init(&text, FILE_MAX);
	if (fs_read(path, &text, e) < 0 || json_parse(text.data ? text.data : "", text.len, &j, e) < 0) {
		e->kind = ERR_USAGE;
		err_wrap(e, _("reading the plan %s"), path);
	} else if (!str_eq(json_str(j, "schema"), SCHEMA) || !json_is_array(json_get(j, "certificates"))) {
		err_set(e, ERR_USAGE, _("%s is no plan: `tegata plan --json` writes one"), path);
	} else {
		*out = j;
		j = NULL;
		rc = 0;
	}
	json_free(j);
	buf_clear(&text);
	return rc;
}

static void compare_word(const char *what, const char *then, const char *now, struct strs *out)
{
	if (!str_eq(then, now))
		strs_take(out, str_fmt(_("%s: \"%s\" then, \"%s\" now"), what, then ? then : "", now ? now : ""));
}

static void compare_set(const char *what, const struct json *then, const char *key, const struct strs *now,
                        struct strs *out)
{
	struct strs old = {0};
	char *a, *b;

	json_strs(then, key, &old);
	if (!strs_same_set(&old, now)) {
		a = strs_join(&old, " ");
		b = strs_join(now, " ");
		compare_word(what, a ? a : "", b ? b : "", out);
		free(a);
		free(b);
	}
	strs_clear(&old);
}

/* What decides what would be done; times may have passed. */
static void compare(const struct json *then, const struct forethought_item *now, struct strs *out)
{
	int64_t generation = json_int(then, "generation", 0);
	char *a, *b;

	compare_word(_("action"), json_str(then, "action"), forethought_kind_name(now->kind), out);
	compare_word(_("reason"), json_str(then, "reason"), visit_reason_name(now->reason), out);
	compare_set(_("names"), then, "names", &now->names, out);
	compare_set(_("deploys owed"), then, "deploy_owed", &now->deploy_owed, out);
	if (generation != now->generation) {
		a = str_fmt("%lld", (long long)generation);
		b = str_fmt("%d", now->generation);
		compare_word(_("live generation"), a, b, out);
		free(a);
		free(b);
	}
}

static const struct forethought_item *item_called(const struct forethought *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->item[i].name, name))
			return &f->item[i];
	return NULL;
}

static void compare_all(const struct json *list, const struct forethought *now, struct strs *out)
{
	for (size_t i = 0; i < json_count(list) && out->count < DIFFERENCES_MAX; i++) {
		const struct json *then = json_at(list, i);
		const char *name = json_str(then, "name");
		const struct forethought_item *item = name ? item_called(now, name) : NULL;
		struct strs differences = {0};
		char *text;

		if (!item) {
			strs_take(&differences, str_dup(_("is no longer configured")));
		} else {
			compare(then, item, &differences);
		}
		text = strs_join(&differences, "; ");
		if (differences.count > 0)
			strs_take(out, str_fmt("%s: %s", name ? name : "?", text));
		free(text);
		strs_clear(&differences);
	}
}

/* The texts of a plan come from a file that may have been anywhere. */
static int tell_differences(const struct strs *differences, struct err *e)
{
	struct strs lines = {0};
	char *text;

	if (differences->count == 0)
		return 0;
	for (size_t i = 0; i < differences->count; i++)
		strs_take(&lines, str_escape(differences->item[i], strlen(differences->item[i]), 2000));
	text = strs_join(&lines, "\n");
	err_set(e, ERR_REFUSED, "%s", text);
	err_advise(e, "%s", _("Nothing was done. Make a new plan with `tegata plan --json` and look at it."));
	free(text);
	strs_clear(&lines);
	return err_wrap(e, _("the plan no longer says what would be done"));
}

int forethought_check(struct site *s, const char *path, struct strs *names, struct strs *kept, struct err *e)
{
	struct forethought now = {0};
	struct strs differences = {0};
	struct json *plan = NULL;
	const struct json *list;
	int rc = -1;

	if (read_plan(path, &plan, e) < 0 || forethought_gather(s, NULL, json_bool(plan, "asked_ca", false), &now, e) < 0)
		goto out;
	list = json_get(plan, "certificates");
	compare_all(list, &now, &differences);
	if (tell_differences(&differences, e) < 0)
		goto out;
	for (size_t i = 0; i < json_count(list); i++) {
		const char *name = json_str(json_at(list, i), "name");
		const struct forethought_item *item = item_called(&now, name);

		if (!item)
			continue;
		strs_add(names, name);
		if (item->kind == FORETHOUGHT_KEPT || item->kind == FORETHOUGHT_WAIT)
			strs_add(kept, name);
	}
	rc = 0;
out:
	strs_clear(&differences);
	forethought_clear(&now);
	json_free(plan);
	return rc;
}
