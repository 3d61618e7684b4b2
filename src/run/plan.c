#include "config.h"

#include "run/plan.h"

const char *plan_action_name(enum plan_action a)
{
	switch (a) {
	case PLAN_ISSUE:
		return "issue";
	case PLAN_WAIT:
		return "wait";
	case PLAN_KEEP:
		break;
	}
	return "keep";
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
	if (f->held != 0 && f->held == f->generation)
		return VISIT_NOT_DUE;
	if (!strs_same_set(w->names, f->names))
		return VISIT_NAMES_CHANGED;
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
	if (d.reason == VISIT_NOT_ASKED || d.reason == VISIT_NOT_DUE)
		return d;
	d.action = PLAN_ISSUE;
	if (holds(w, &f->wait, now)) {
		d.action = PLAN_WAIT;
		d.wait = f->wait;
	}
	return d;
}
