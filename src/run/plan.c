#include "config.h"

#include "run/plan.h"

const char *plan_action_name(enum plan_action a)
{
	switch (a) {
	case PLAN_ISSUE:
		return "issue";
	case PLAN_WAIT:
		return "wait";
	case PLAN_PREPARE:
		return "prepare";
	case PLAN_SWITCH:
		return "switch";
	case PLAN_KEEP:
		break;
	}
	return "keep";
}

static bool has_all(const struct strs *all, const struct strs *some)
{
	for (size_t i = 0; i < some->count; i++)
		if (!strs_has(all, some->item[i]))
			return false;
	return true;
}

/* Is it only that names were given up, or came back, with their entries? Else the settings were changed. */
static enum visit_reason why_other_names(const struct plan_wanted *w, const struct plan_found *f)
{
	bool fewer = has_all(f->names, w->names), more = has_all(w->names, f->names);

	for (size_t i = 0; fewer && i < f->names->count; i++)
		if (!strs_has(w->names, f->names->item[i]) && !(w->let_go && strs_has(w->let_go, f->names->item[i])))
			fewer = false;
	for (size_t i = 0; more && i < w->names->count; i++)
		if (!strs_has(f->names, w->names->item[i]) && !(w->returned && strs_has(w->returned, w->names->item[i])))
			more = false;
	if (fewer)
		return VISIT_LAPSING;
	return more ? VISIT_RETURNED : VISIT_NAMES_CHANGED;
}

static bool key_differs(const struct plan_wanted *w, const struct plan_found *f)
{
	if (!str_eq(w->key_type, f->key_type) || (w->csr_spki != NULL) != f->external_key)
		return true;
	return w->csr_spki && f->spki && !str_eq(w->csr_spki, f->spki);
}

/* What is wanted that what is live is not; VISIT_NOT_DUE = it is just that. */
static enum visit_reason what_changed(const struct plan_wanted *w, const struct plan_found *f)
{
	/* Whoever went back to an older generation wants that one, although the settings have gone on. */
	if (f->held != 0 && f->held == f->generation && !w->lapsing)
		return VISIT_NOT_DUE;
	if (!strs_same_set(w->names, f->names))
		return why_other_names(w, f);
	if (!str_eq(w->ca, f->ca))
		return VISIT_CA_CHANGED;
	return key_differs(w, f) ? VISIT_KEY_CHANGED : VISIT_NOT_DUE;
}

/* Why to issue; VISIT_NOT_ASKED and VISIT_NOT_DUE = not at all. */
static enum visit_reason reason_for(const struct plan_wanted *w, const struct plan_found *f,
                                    const struct due_answer *due, int64_t now)
{
	enum visit_reason changed;

	if (w->deploy_only)
		return VISIT_NOT_ASKED;
	if (!f->live)
		return w->renew_only ? VISIT_NOT_ASKED : VISIT_MISSING;
	if (f->damaged)
		return VISIT_DAMAGED;
	if (f->revoked)
		return VISIT_REVOKED;
	changed = what_changed(w, f);
	if (changed != VISIT_NOT_DUE)
		return changed;
	if (w->force)
		return VISIT_FORCED;
	return due_is_now(due, now) ? VISIT_DUE : VISIT_NOT_DUE;
}

static bool holds(const struct plan_wanted *w, const struct backoff_next *wait, int64_t now)
{
	if (wait->why == BACKOFF_NONE || wait->at <= now || w->force)
		return false;
	return !(w->named && (wait->why == BACKOFF_LADDER || wait->why == BACKOFF_DAILY));
}

/* Is what was prepared for these names, under today's CA and key? */
static bool is_ready(const struct plan_wanted *w, const struct plan_found *f, const struct strs *names)
{
	const struct plan_prepared *p = &f->prepared;
	struct plan_found as = {.key_type = p->key_type, .spki = p->spki, .external_key = p->external_key};

	return p->names && strs_same_set(p->names, names) && str_eq(p->ca, w->ca) && !key_differs(w, &as);
}

static void hold(const struct plan_wanted *w, const struct backoff_next *wait, int64_t now, struct plan_decision *d)
{
	if (!holds(w, wait, now))
		return;
	d->prepare = d->action == PLAN_PREPARE;
	d->action = PLAN_WAIT;
	d->wait = *wait;
}

/* Nothing is to be changed now; but something may be made ready for the day on which names lapse. */
static void look_ahead(const struct plan_wanted *w, const struct plan_found *f, int64_t now, struct plan_decision *d)
{
	if (d->reason == VISIT_NOT_ASKED || !w->prepare || is_ready(w, f, w->prepare))
		return;
	/* Somebody has put it in place by hand. */
	if (strs_same_set(f->names, w->prepare))
		return;
	d->action = PLAN_PREPARE;
	d->reason = VISIT_LAPSING;
	hold(w, &f->prepare_wait, now, d);
}

static bool is_change(enum visit_reason r)
{
	return r == VISIT_NAMES_CHANGED || r == VISIT_LAPSING || r == VISIT_RETURNED || r == VISIT_CA_CHANGED ||
	       r == VISIT_KEY_CHANGED;
}

/*
 * What is ready needs no CA, which may be away; so it also takes the place of what is of no use any more, unless an
 * order would only be for the same names again.
 */
static bool is_to_switch(const struct plan_wanted *w, const struct plan_found *f, enum visit_reason r)
{
	bool broken = (r == VISIT_REVOKED || r == VISIT_DAMAGED) && !strs_same_set(w->names, f->names);

	return (is_change(r) || broken) && !w->force && is_ready(w, f, w->names);
}

struct plan_decision plan_decide(const struct plan_wanted *w, const struct plan_found *f, int64_t now)
{
	struct plan_decision d = {.action = PLAN_KEEP};
	struct due_answer due = {0};

	if (f->live && !f->damaged) {
		due = due_when(&f->due, now);
		d.renew_at = due.renew_at;
		d.because = due.because;
	}
	d.reason = reason_for(w, f, &due, now);
	if (d.reason == VISIT_NOT_ASKED || d.reason == VISIT_NOT_DUE) {
		look_ahead(w, f, now, &d);
		return d;
	}
	if (is_to_switch(w, f, d.reason)) {
		d.action = PLAN_SWITCH;
		return d;
	}
	d.action = PLAN_ISSUE;
	hold(w, &f->wait, now, &d);
	return d;
}
