#include "config.h"

#include "run/visit_note.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "entitle/fqdn.h"
#include "run/backoff.h"
#include "run/due.h"

void visit_note_failure(struct visit_item *item, struct err *e)
{
	item->outcome = VISIT_FAILED;
	err_wrap(e, "%s", item->name);
	err_move(&item->err, e);
}

void visit_note_waiting(const struct look *l, const struct plan_decision *d, struct visit_item *item)
{
	item->outcome = VISIT_WAITING;
	item->next_try = d->wait.at;
	str_replace(&item->wait_why, str_dup(backoff_why_name(d->wait.why)));
	look_recorded(l, &item->err);
	if (item->err.kind == ERR_NONE && d->reason == VISIT_REVOKED && d->wait.why == BACKOFF_DAILY)
		err_set(&item->err, ERR_CA,
		        _("%s: the CA has revoked this certificate too, which took the place of another that was called overdue or "
		          "revoked; another one is ordered at most once a day"),
		        item->name);
	else if (item->err.kind == ERR_NONE)
		err_set(&item->err, ERR_CHALLENGE, _("%s: one of its names failed validation too often within a day"), item->name);
}

void visit_note_well(struct store_state *st)
{
	str_replace(&st->last_error, NULL);
	str_replace(&st->last_error_kind, NULL);
	str_replace(&st->last_problem, NULL);
	str_replace(&st->failed_for, NULL);
	str_replace(&st->retry_why, NULL);
	st->last_error_at = st->retry_at = 0;
	st->failures = 0;
}

/* What the CA suggested was about the certificate before this one. */
static void forget_suggestion(struct store_ari *a)
{
	free(a->cert_id);
	free(a->explanation_url);
	free(a->error);
	*a = (struct store_ari){0};
}

static void note_failed(struct site *s, const struct look *l, struct store_state *st, struct visit_item *item)
{
	const struct err *err = &item->err;
	int64_t now = clock_now(s->clock);
	char *set_id = look_set_id(s, l);
	struct backoff_next next;

	if (!str_eq(st->failed_for, set_id))
		st->failures = 0;
	st->failures += st->failures < INT32_MAX;
	next = backoff_after(err, st->failures, now, due_seed(s->host, item->name, st->failures));
	str_replace(&st->failed_for, set_id);
	str_replace(&st->last_error, err_text(err));
	str_replace(&st->last_error_kind, str_dup(err_kind_name(err->kind)));
	str_replace(&st->last_problem, str_dup(err->problem_type));
	str_replace(&st->retry_why, str_dup(backoff_why_name(next.why)));
	st->last_error_at = now;
	st->retry_at = next.at;
	item->next_try = next.at;
	str_replace(&item->wait_why, str_dup(backoff_why_name(next.why)));
}

static void save(struct site *s, const struct look *l, const struct visit_item *item)
{
	struct err e = ERR_INIT;

	if (store_state_save(s->store, item->name, &l->state, &e) < 0)
		log_warn(_("%s: the outcome could not be recorded: %s"), item->name, e.cause);
	err_clear(&e);
}

void visit_note(struct site *s, struct look *l, const struct job *j, struct visit_item *item)
{
	struct store_state *st = &l->state;

	if (item->err.kind == ERR_INTERRUPTED || item->err.kind == ERR_LOCKED)
		return;
	if (item->outcome == VISIT_FAILED) {
		note_failed(s, l, st, item);
	} else {
		/* One that comes from another CA is well only when it is deployed. */
		if (!st->moved_from)
			visit_note_well(st);
		forget_suggestion(&st->ari);
		st->held = 0;
		st->early_at = j && j->early ? clock_now(s->clock) : 0;
		if (j)
			st->untrusted = j->untrusted;
	}
	save(s, l, item);
}

void visit_note_heal(struct site *s, struct look *l, const struct visit_item *item)
{
	struct store_state *st = &l->state;

	if (st->last_error_at <= clock_now(s->clock) + BACKOFF_DAY_SEC)
		return;
	visit_note_well(st);
	save(s, l, item);
}

void visit_note_prepared(struct site *s, struct look *l, struct visit_item *item)
{
	visit_note_well(&l->state);
	save(s, l, item);
}

void visit_note_moved_back(struct site *s, const struct look *l, struct store_state *st, struct visit_item *item)
{
	struct visit_item failure = {.name = item->name};

	err_copy(&failure.err, &item->deploy_err);
	note_failed(s, l, st, &failure);
	item->next_try = failure.next_try;
	str_replace(&item->wait_why, failure.wait_why);
	err_clear(&failure.err);
}

bool visit_note_culprits(struct store_validations *v, const struct job *j, int64_t now)
{
	for (size_t i = 0; i < j->order.culprits.count; i++)
		store_validations_add(v, fqdn_base(j->order.culprits.item[i]), now);
	return j->order.culprits.count > 0;
}
