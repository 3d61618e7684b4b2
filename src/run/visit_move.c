#include "config.h"

#include "run/visit_move.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "entitle/first_use.h"
#include "run/deploy.h"
#include "run/entitlements.h"
#include "run/history.h"
#include "run/visit_note.h"

#define DIGITS "0123456789"

/* One whose move was not over yet is still the last that was seen to work. */
static bool is_on_the_way(const struct look *l)
{
	const struct store_state *st = &l->state;

	return st->moved_from && st->moved_generation > 0 && st->moved_generation != l->live.number &&
	       !str_eq(st->moved_from, l->live.ca);
}

static void forget(struct store_state *st)
{
	str_replace(&st->moved_from, NULL);
	st->moved_generation = 0;
}

int visit_move_begin(struct site *s, struct look *l, struct err *e)
{
	if (!l->present || l->damaged || is_on_the_way(l))
		return 0;
	/* Meant once, and thought better of. */
	if (str_eq(l->live.ca, l->ca->name)) {
		forget(&l->state);
		return 0;
	}
	str_replace(&l->state.moved_from, str_dup(l->live.ca));
	l->state.moved_generation = l->live.number;
	if (store_state_save(s->store, l->cert->name, &l->state, e) < 0)
		return err_wrap(e, _("recording which certificate is about to be replaced"));
	return 0;
}

static void save(struct site *s, const char *name, const struct store_state *st)
{
	struct err e = ERR_INIT;

	if (store_state_save(s->store, name, st, &e) < 0)
		log_warn(_("%s: the outcome could not be recorded: %s"), name, e.cause);
	err_clear(&e);
}

static void describe_live(struct site *s, const struct certificate_setting *c, struct visit_item *item)
{
	struct look l = {0};
	struct err ignored = ERR_INIT;

	if (look_at(s, c, &l, &ignored) == 0 && l.present && !l.damaged) {
		struct due_facts facts = look_due(s, &l);

		item->generation = l.live.number;
		item->not_after = l.live.not_after;
		item->renew_at = due_when(&facts, clock_now(s->clock)).renew_at;
		str_replace(&item->key_type, str_dup(l.live.key_type));
		str_replace(&item->live_dir, store_live_path(s->store, item->name, NULL));
	}
	look_clear(&l);
	err_clear(&ignored);
}

/* But for the time and the process number that programs begin their lines with. */
static bool is_the_same(const char *a, const char *b)
{
	while (*a && *b) {
		size_t first = strspn(a, DIGITS), second = strspn(b, DIGITS);

		if ((first > 0) != (second > 0) || (first == 0 && *a != *b))
			return false;
		a += first > 0 ? first : 1;
		b += second > 0 ? second : 1;
	}
	return *a == *b;
}

static void add_failure(struct err *e, const struct err *more)
{
	char *first = err_text(e), *second = err_text(more);

	if (is_the_same(first, second))
		err_set(e, e->kind, _("%s; and the same happened with the old one"), first);
	else
		err_set(e, e->kind, _("%s; and putting the old one to use failed, too: %s"), first, second);
	str_replace(&e->doing, NULL);
	free(first);
	free(second);
}

/* What hooks and outputs made of the new certificate is made of the old one again. */
static void deploy_again(struct site *s, const struct certificate_setting *c, struct visit_item *item)
{
	struct visit_item again = {.name = item->name, .generation = item->generation, .reason = item->reason};

	deploy_rolled_back(s, c, &again);
	strs_clear(&item->deployed);
	item->deployed = again.deployed;
	item->deploy_owed = again.deploy_owed;
	if (again.deploy_err.kind != ERR_NONE)
		add_failure(&item->deploy_err, &again.deploy_err);
	err_clear(&again.deploy_err);
}

static void say_moved_back(const struct look *l, struct visit_item *item)
{
	char *day = date_format(date_of_jst(item->not_after - 1));

	err_wrap(&item->deploy_err, _("the certificate of the CA \"%s\" could not be put to use; that of \"%s\" (generation %d, good until "
	                              "%s) is in place again"),
	         l->ca->name, item->moved_from, item->generation, day);
	err_advise(&item->deploy_err, _("Mend what failed, then: `tegata renew %s --force`. Until then the old certificate stays; nothing "
	                                "has to be undone at either CA."),
	           item->name);
	free(day);
}

/* False: the old one is of no use any more, so the new one stays, and its deployment is owed as ever. */
static bool go_back(struct site *s, const struct look *l, struct store_state *st, struct visit_item *item)
{
	struct err e = ERR_INIT;

	if (history_return(s, l->cert, st->moved_generation, &e) < 0) {
		char *text = err_text(&e);

		log_warn(_("%s: the certificate of the CA \"%s\" cannot take its place again: %s"), item->name, st->moved_from, text);
		free(text);
		err_clear(&e);
		return false;
	}
	item->outcome = VISIT_KEPT;
	item->moved_back = true;
	str_replace(&item->moved_from, str_dup(st->moved_from));
	describe_live(s, l->cert, item);
	return true;
}

static void take_back(struct site *s, const struct look *l, struct store_state *st, struct visit_item *item)
{
	bool back = go_back(s, l, st, item);
	struct err e = ERR_INIT;

	/* As going back left it. */
	store_state_clear(st);
	if (store_state_load(s->store, item->name, st, &e) == 0) {
		forget(st);
		if (back)
			visit_note_moved_back(s, l, st, item);
		save(s, item->name, st);
	}
	err_clear(&e);
	if (!back)
		return;
	deploy_again(s, l->cert, item);
	say_moved_back(l, item);
}

static bool is_used(const struct site *s, const struct entry *en)
{
	for (size_t i = 0; i < s->settings.certificate_count; i++) {
		const struct certificate_setting *c = &s->settings.certificate[i];
		const struct rule *r = site_rule(s, site_ca(s, c));

		for (size_t k = 0; r->checked && k < c->names.count; k++)
			if (rule_covers(r, en->fqdn, c->names.item[k]))
				return true;
	}
	return false;
}

/* What was paid for at the old CA and serves nothing any more. */
static void say_idle(const struct site *s, const struct look *l, const char *old)
{
	const struct ca_setting *ca = settings_ca(&s->settings, old);
	struct first_use_input in = {.list = &s->entries, .names = &l->live.names};
	struct first_use *use = NULL;
	struct strs idle = {0};
	size_t n = 0;

	if (ca) {
		in.rule = site_rule(s, ca);
		n = first_use_find_at(&in, &use);
	}
	for (size_t i = 0; i < n; i++)
		if (!is_used(s, use[i].entry))
			strs_take(&idle, entitlements_entry_text(in.rule, &s->entries, use[i].entry));
	if (idle.count > 0) {
		char *all = strs_join(&idle, ", ");

		log_event(_("%s: no certificate needs these registered FQDNs any more: %s. Their contract needs no renewal, and nothing has to be "
		            "revoked: the certificate of \"%s\" does no harm"),
		          l->cert->name, all, old);
		free(all);
	}
	strs_clear(&idle);
	free(use);
}

static void settle(struct site *s, const struct look *l, struct store_state *st, struct visit_item *item)
{
	if (str_eq(l->live.ca, st->moved_from)) {
		forget(st);
		save(s, item->name, st);
	} else if (item->deploy_err.kind == ERR_NONE && item->deploy_owed == 0) {
		str_replace(&item->moved_from, str_dup(st->moved_from));
		say_idle(s, l, st->moved_from);
		forget(st);
		visit_note_well(st);
		save(s, item->name, st);
	} else if (item->deploy_err.kind != ERR_NONE && item->deploy_err.kind != ERR_INTERRUPTED && !sig_pending()) {
		take_back(s, l, st, item);
	}
}

/* By a rollback, or by a run that died before it had recorded what it did. */
static bool is_gone_back_to(const struct look *l)
{
	return l->state.held != 0 && l->state.held == l->live.number;
}

void visit_move_settle(struct site *s, const struct look *l, struct visit_item *item)
{
	struct store_state st = {0};
	struct err e = ERR_INIT;

	if (!l->state.moved_from || !l->live.name || (l->live.number == l->state.moved_generation && !is_gone_back_to(l)))
		return;
	/* Deploying wrote to it. */
	if (store_state_load(s->store, item->name, &st, &e) < 0)
		log_warn("%s: %s", item->name, e.cause);
	else if (st.moved_from)
		settle(s, l, &st, item);
	err_clear(&e);
	store_state_clear(&st);
}
