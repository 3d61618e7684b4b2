#include "config.h"

#include "run/history.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "run/deploy.h"
#include "run/job.h"
#include "run/look.h"
#include "run/revoked.h"

static int no_such(const char *name, struct err *e)
{
	err_set(e, ERR_USAGE, _("there is no certificate named \"%s\""), name);
	err_advise(e, "%s", _("`tegata status` lists them."));
	return -1;
}

/* The complete generations, ascending; at least none when the name is configured. */
static int numbers_of(struct site *s, const char *name, int **numbers, size_t *count, struct err *e)
{
	if (!store_name_ok(name))
		return no_such(name, e);
	if (store_generation_numbers(s->store, name, numbers, count, e) < 0)
		return -1;
	if (*count == 0 && !settings_certificate(&s->settings, name)) {
		free(*numbers);
		*numbers = NULL;
		return no_such(name, e);
	}
	return 0;
}

/* 0 = nothing is live. What does not hold together is live all the same, and says so among the generations. */
static int live_number(struct site *s, const char *name)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found = false;
	int number = 0;

	if (store_generation_live(s->store, name, &g, &found, &e) == 0 && found)
		number = g.number;
	err_clear(&e);
	store_generation_clear(&g);
	return number;
}

static void gather_one(struct site *s, const char *name, int number, struct history_item *out)
{
	struct err e = ERR_INIT;

	if (store_generation_load(s->store, name, number, &out->generation, &e) < 0 ||
	    store_generation_check(s->store, name, number, &e) < 0)
		out->damage = err_text(&e);
	if (!out->generation.name)
		out->generation.name = str_dup(name);
	out->generation.number = number;
	err_clear(&e);
}

int history_gather(struct site *s, const char *name, struct history *out, struct err *e)
{
	int *numbers = NULL, live;
	size_t count = 0;

	if (site_open_store(s, e) < 0 || numbers_of(s, name, &numbers, &count, e) < 0)
		return -1;
	live = live_number(s, name);
	out->item = mem_new(count ? count : 1, sizeof *out->item);
	for (size_t i = count; i > 0; i--) {
		struct history_item *item = &out->item[out->count++];

		gather_one(s, name, numbers[i - 1], item);
		item->live = numbers[i - 1] == live;
	}
	free(numbers);
	return 0;
}

void history_clear(struct history *h)
{
	for (size_t i = 0; i < h->count; i++) {
		store_generation_clear(&h->item[i].generation);
		free(h->item[i].damage);
	}
	free(h->item);
	*h = (struct history){0};
}

static bool has_number(const int *numbers, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Which one? *newest = there is none after it. */
static int choose(struct site *s, const char *name, int *number, bool *newest, struct err *e)
{
	int *numbers = NULL, live = live_number(s, name), wanted = *number;
	size_t count = 0;
	int rc = -1;

	if (numbers_of(s, name, &numbers, &count, e) < 0)
		return -1;
	for (size_t i = 0; *number == 0 && i < count; i++)
		if (numbers[i] < live || live == 0)
			wanted = numbers[i];
	if (wanted == 0)
		err_set(e, ERR_USAGE, _("%s has no earlier generation to go back to"), name);
	else if (!has_number(numbers, count, wanted))
		err_set(e, ERR_USAGE, _("%s has no generation %d"), name, wanted);
	else if (wanted == live)
		err_set(e, ERR_USAGE, _("generation %d of %s is live already"), wanted, name);
	else
		rc = 0;
	if (rc < 0)
		err_advise(e, _("`tegata history %s` lists what is kept."), name);
	else
		*newest = wanted == numbers[count - 1];
	*number = wanted;
	free(numbers);
	return rc;
}

static int check_use(struct site *s, const struct store_generation *g, const struct store_state *st, struct err *e)
{
	char *end = time_format_jst(g->not_after);
	int rc = 0;

	if (g->not_after <= clock_now(s->clock))
		rc = err_set(e, ERR_CERTIFICATE, _("generation %d of %s ended on %s"), g->number, g->name, end);
	else if (revoked_is(st, g->serial))
		rc = err_set(e, ERR_CERTIFICATE, _("generation %d of %s has been revoked"), g->number, g->name);
	if (rc < 0)
		err_advise(e, "%s", _("--force makes it live nevertheless."));
	free(end);
	return rc;
}

/* The choice is on disk before the effect, so that no run in between takes it back. */
static int switch_to(struct site *s, const struct store_generation *g, struct store_state *st, int held, struct err *e)
{
	int before = st->held;
	struct err ignored = ERR_INIT;

	if (store_generation_check(s->store, g->name, g->number, e) < 0)
		return -1;
	st->held = held;
	if (store_state_save(s->store, g->name, st, e) < 0)
		return -1;
	if (store_generation_switch(s->store, g->name, g->number, e) == 0)
		return 0;
	st->held = before;
	(void)store_state_save(s->store, g->name, st, &ignored);
	err_clear(&ignored);
	return -1;
}

static void describe(struct site *s, const struct store_generation *g, const struct certificate_setting *c,
                     struct visit_item *item)
{
	item->name = str_dup(g->name);
	item->outcome = VISIT_KEPT;
	item->reason = VISIT_NOT_ASKED;
	item->generation = g->number;
	item->not_after = g->not_after;
	item->key_type = str_dup(g->key_type);
	item->group = str_dup(c && c->group ? c->group : g->name);
	item->live_dir = store_live_path(s->store, g->name, NULL);
}

static void tell_due(struct site *s, const struct certificate_setting *c, struct visit_item *item)
{
	struct look l = {0};
	struct err e = ERR_INIT;
	int64_t now = clock_now(s->clock);

	if (look_at(s, c, &l, &e) == 0 && l.present) {
		struct due_facts facts = look_due(s, &l);
		struct due_answer due = due_when(&facts, now);

		item->renew_at = due.renew_at;
		if (due_is_now(&due, now))
			log_warn(_("%s: generation %d is due for renewal: the next run will replace it"), item->name, item->generation);
	}
	look_clear(&l);
	err_clear(&e);
}

static void report(struct site *s, const struct store_generation *g, struct visit_report *out)
{
	const struct certificate_setting *c = settings_certificate(&s->settings, g->name);

	out->item = mem_new(1, sizeof *out->item);
	out->count = 1;
	describe(s, g, c, out->item);
	if (!c)
		return;
	tell_due(s, c, out->item);
	deploy_rolled_back(s, c, out->item);
}

int history_return(struct site *s, const struct certificate_setting *c, int number, struct err *e)
{
	struct store_generation g = {0};
	struct store_state st = {0};
	int rc = -1;

	if (store_generation_load(s->store, c->name, number, &g, e) < 0 || store_state_load(s->store, c->name, &st, e) < 0)
		goto out;
	if (check_use(s, &g, &st, e) < 0)
		goto out;
	str_replace(&st.held_for, look_wanted_id(c, site_ca(s, c)));
	rc = switch_to(s, &g, &st, number, e);
out:
	store_generation_clear(&g);
	store_state_clear(&st);
	return rc;
}

int history_rollback(struct site *s, const char *name, int number, bool force, struct visit_report *out, struct err *e)
{
	struct store_generation g = {0};
	struct store_state st = {0};
	bool newest = false;
	const struct certificate_setting *configured = settings_certificate(&s->settings, name);
	int rc = -1;

	/* First what a run that died left unsettled: the next one would settle it over the choice that is made here. */
	if (site_lock(s, e) < 0 || job_recover_all(s, e) < 0 || choose(s, name, &number, &newest, e) < 0)
		goto out;
	if (store_generation_load(s->store, name, number, &g, e) < 0 || store_state_load(s->store, name, &st, e) < 0)
		goto out;
	if (!force && check_use(s, &g, &st, e) < 0)
		goto out;
	if (configured)
		str_replace(&st.held_for, look_wanted_id(configured, site_ca(s, configured)));
	/* The newest is what the settings want; but not one that only waits for its day. */
	rc = switch_to(s, &g, &st, newest && number != st.prepared ? 0 : number, e);
	if (rc == 0)
		report(s, &g, out);
out:
	if (rc < 0)
		err_wrap(e, _("going back to an earlier certificate of %s"), name);
	store_generation_clear(&g);
	store_state_clear(&st);
	return rc;
}
