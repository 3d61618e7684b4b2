#include "config.h"

#include "run/plan.h"

#include "run/due.h"

static struct plan_decision decide(bool issue, enum visit_reason reason, int64_t renew_at)
{
	return (struct plan_decision){.action = issue ? PLAN_ISSUE : PLAN_KEEP, .reason = reason, .renew_at = renew_at};
}

struct plan_decision plan_decide(const struct plan_wanted *w, const struct plan_found *f, int64_t now)
{
	bool usable = f->live && !f->damaged;
	int64_t renew_at = usable ? due_plain(f->due.not_before, f->due.not_after) : 0;

	if (w->deploy_only)
		return decide(false, VISIT_NOT_ASKED, renew_at);
	if (!f->live)
		return w->renew_only ? decide(false, VISIT_NOT_ASKED, 0) : decide(true, VISIT_MISSING, 0);
	if (f->damaged)
		return decide(true, VISIT_DAMAGED, 0);
	if (!strs_same_set(w->names, f->names))
		return decide(true, VISIT_NAMES_CHANGED, renew_at);
	if (!str_eq(w->ca, f->ca))
		return decide(true, VISIT_CA_CHANGED, renew_at);
	if (!str_eq(w->key_type, f->key_type))
		return decide(true, VISIT_KEY_CHANGED, renew_at);
	if (w->force)
		return decide(true, VISIT_FORCED, renew_at);
	if (now >= renew_at)
		return decide(true, VISIT_DUE, renew_at);
	return decide(false, VISIT_NOT_DUE, renew_at);
}
