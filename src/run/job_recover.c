#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "run/job.h"
#include "run/ledger.h"

static enum solver_method method_of(const char *name)
{
	if (str_eq(name, "webroot"))
		return SOLVER_WEBROOT;
	return str_eq(name, "standalone") ? SOLVER_STANDALONE : SOLVER_HOOK;
}

/* The hook that put a challenge in place is looked up in today's settings: the journal keeps no commands. */
static int plan_from_settings(const struct site *s, const struct store_journal *j, const struct store_journal_task *t,
                              struct solver_plan *plan)
{
	const struct certificate_setting *c = settings_certificate(&s->settings, j->name);
	char *name = t->wildcard ? str_fmt("*.%s", t->identifier) : str_dup(t->identifier);
	const struct challenge_setting *ch = c ? settings_challenge(c, name) : NULL;

	free(name);
	if (!ch || !hook_is_set(&ch->hook))
		return -1;
	plan->present = &ch->hook;
	plan->cleanup = hook_is_set(&ch->cleanup) ? &ch->cleanup : NULL;
	return 0;
}

/* -1 only for a termination signal: then it is still owed. Any other failure is told, and that is the end of it. */
static int take_away(const struct site *s, struct solver_set *set, const struct store_journal *j,
                     const struct store_journal_task *t, struct err *interrupted)
{
	struct solver_task task = {
		.plan = {.method = method_of(t->method), .webroot = t->webroot},
		.certificate = j->name,
		.identifier = t->identifier,
		.wildcard = t->wildcard,
		.token = t->token,
		.key_authorization = t->key_authorization,
		.record_name = t->record_name,
		.record_value = t->record_value,
		.all_names = &j->names,
		.presented = true,
		.made_folder = t->made_folder,
	};
	struct err e = ERR_INIT;
	int rc = 0;

	if (!t->type || !t->identifier || !t->token || solver_type_parse(t->type, &task.plan.type) < 0)
		return 0;
	if (task.plan.method == SOLVER_HOOK && plan_from_settings(s, j, t, &task.plan) < 0) {
		log_warn(_("%s: an earlier run left a %s challenge for %s behind, and its hook is no longer configured: remove "
		           "it by hand"),
		         j->name, t->type, t->identifier);
		return 0;
	}
	if (solver_cleanup(set, &task, &e) < 0 && e.kind == ERR_INTERRUPTED) {
		err_move(interrupted, &e);
		rc = -1;
	} else if (e.kind != ERR_NONE) {
		char *text = err_text(&e);

		log_warn(_("%s: taking away a challenge that an earlier run left for %s: %s"), j->name, t->identifier, text);
		free(text);
	}
	err_clear(&e);
	solver_task_clear(&task);
	return rc;
}

/*
 * Already live when the run died between the switch and the end of its journal: then it stays. So it does while what is
 * live cannot be told for damage: incomplete generations are swept later on all the same. No order can be for one that
 * is older than what is live: then the journal is not what we wrote, and nothing is done because of it.
 */
static bool may_be_live(struct site *s, const char *name, int number)
{
	struct store_generation g = {0};
	struct err damage = ERR_INIT;
	bool found = false, live;

	live = store_generation_live(s->store, name, &g, &found, &damage) < 0 || (found && g.number >= number);
	err_clear(&damage);
	store_generation_clear(&g);
	return live;
}

/* Nothing more was to be done with it: it waits for its day. */
static bool is_prepared(struct site *s, const struct store_journal *j)
{
	struct store_state st = {0};
	struct store_generation g = {0};
	struct err ignored = ERR_INIT;
	bool prepared;

	prepared = j->generation > 0 && store_state_load(s->store, j->name, &st, &ignored) == 0 &&
	           st.prepared == j->generation &&
	           store_generation_load(s->store, j->name, j->generation, &g, &ignored) == 0;
	store_generation_clear(&g);
	store_state_clear(&st);
	err_clear(&ignored);
	return prepared;
}

/* It died between writing the certificate and the switch: all that is there, checked as a whole, may go live. */
static bool switch_finished(struct site *s, const struct store_journal *j, bool *complete)
{
	struct store_generation g = {0};
	struct err ignored = ERR_INIT;
	bool done;

	*complete = j->generation > 0 && store_generation_load(s->store, j->name, j->generation, &g, &ignored) == 0;
	done = *complete && g.not_after > clock_now(s->clock) &&
	       store_generation_switch(s->store, j->name, j->generation, &ignored) == 0;
	store_generation_clear(&g);
	err_clear(&ignored);
	if (done)
		log_event(_("%s: the certificate that an earlier run received, generation %d, is live now"), j->name, j->generation);
	return done;
}

/* As after any issuance. What cannot be written down now is at the next visit. */
static void record(struct site *s, const struct store_journal *j)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	struct ledger_issue issue = {.generation = &g};

	if (store_generation_load(s->store, j->name, j->generation, &g, &e) == 0 && ledger_record_all(s, &issue, 1, "issued", &e) < 0) {
		char *text = err_text(&e);

		log_warn("%s: %s", j->name, text);
		free(text);
	}
	store_generation_clear(&g);
	err_clear(&e);
}

/* The order can go on: all but its challenges stays. */
static int keep_going(struct site *s, struct store_journal *j, struct err *e)
{
	size_t count = j->task_count;
	int rc = 0;

	j->task_count = 0;
	if (count > 0)
		rc = store_journal_save(s->store, j, e);
	j->task_count = count;
	return rc;
}

/* Everything that belongs to it goes, but what is live or can be. */
static int give_up(struct site *s, const struct store_journal *j, bool keeps_generation, struct err *e)
{
	if (!keeps_generation && j->generation > 0 && store_generation_drop(s->store, j->name, j->generation, e) < 0)
		return -1;
	if (store_generation_sweep(s->store, j->name, e) < 0)
		return -1;
	return store_journal_remove(s->store, j->name, e);
}

static int recover_one(struct site *s, struct solver_set *set, const char *name, struct err *e)
{
	struct store_journal j = {0};
	bool found = false, stays, complete = false;
	int rc = store_journal_load(s->store, name, &j, &found, e);

	if (rc < 0 || !found)
		goto out;
	log_verbose(_("%s: looking at what an earlier run left"), name);
	for (size_t i = 0; rc == 0 && i < j.task_count; i++)
		rc = take_away(s, set, &j, &j.task[i], e);
	if (rc < 0)
		goto out;
	stays = (j.generation > 0 && may_be_live(s, name, j.generation)) || is_prepared(s, &j) ||
	        switch_finished(s, &j, &complete);
	if (stays)
		record(s, &j);
	if (!stays && !complete && job_journal_goes_on(s, &j, clock_now(s->clock)))
		rc = keep_going(s, &j, e);
	else
		rc = give_up(s, &j, stays, e);
out:
	store_journal_clear(&j);
	return rc;
}

int job_recover_all(struct site *s, struct err *e)
{
	struct solver_options o = {.hook_dirs = site_hooks_dirs(s, s->settings.hook_users.challenge)};
	struct solver_set *set = NULL;
	struct strs names = {0};
	int rc = store_journal_list(s->store, &names, e);

	if (rc == 0 && names.count > 0)
		rc = solver_open(&o, &set, e);
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		rc = recover_one(s, set, names.item[i], e);
		/* One certificate's leftovers are not in the way of the others. */
		if (rc < 0 && e->kind != ERR_INTERRUPTED) {
			char *text = err_text(e);

			log_warn(_("%s: tidying up after an earlier run: %s"), names.item[i], text);
			free(text);
			err_clear(e);
			rc = 0;
		}
	}
	solver_close(set);
	strs_clear(&names);
	return rc < 0 ? err_wrap(e, _("tidying up after an earlier run")) : 0;
}
