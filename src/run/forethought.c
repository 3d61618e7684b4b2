#include "config.h"

#include "run/forethought.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "entitle/first_use.h"
#include "run/clockcheck.h"
#include "run/deploy.h"
#include "run/look.h"
#include "run/look_lapse.h"
#include "run/renewal_info.h"

static const char *const kind_names[FORETHOUGHT_KIND_COUNT] = {
	[FORETHOUGHT_KEPT] = "kept",
	[FORETHOUGHT_RENEW] = "renew",
	[FORETHOUGHT_NEW] = "new",
	[FORETHOUGHT_WAIT] = "wait",
	[FORETHOUGHT_SWITCH] = "switch",
	[FORETHOUGHT_REFUSED] = "refused",
};

const char *forethought_kind_name(enum forethought_kind k)
{
	return kind_names[k];
}

/* Between choosing and answering. */
struct thinking {
	struct site *site;
	const struct certificate_setting **cert;
	struct look *look;
	struct err *error; /* the state cannot be read */
	size_t count;
	struct visit_options options;
};

static int choose(const struct strs *names, struct thinking *t, struct err *e)
{
	const struct settings *settings = &t->site->settings;
	bool all = !names || names->count == 0;

	t->cert = mem_new(settings->certificate_count + 1, sizeof *t->cert);
	for (size_t i = 0; i < settings->certificate_count; i++) {
		bool chosen = all;

		for (size_t k = 0; !chosen && k < names->count; k++)
			chosen = settings_is_called(&settings->certificate[i], names->item[k]);
		if (chosen)
			t->cert[t->count++] = &settings->certificate[i];
	}
	for (size_t k = 0; !all && k < names->count; k++) {
		bool found = false;

		for (size_t i = 0; !found && i < t->count; i++)
			found = settings_is_called(t->cert[i], names->item[k]);
		if (!found)
			return err_set(e, ERR_USAGE, _("no certificate named \"%s\" is configured"), names->item[k]);
	}
	return 0;
}

static void look_at_all(struct thinking *t, bool ask_ca)
{
	struct look **looks = mem_new(t->count + 1, sizeof *looks);
	struct issue_counts ignored = {0};
	size_t n = 0;

	t->look = mem_new(t->count + 1, sizeof *t->look);
	t->error = mem_new(t->count + 1, sizeof *t->error);
	for (size_t i = 0; i < t->count; i++)
		if (look_at(t->site, t->cert[i], &t->look[i], &t->error[i]) == 0)
			looks[n++] = &t->look[i];
	if (ask_ca)
		renewal_info_round(t->site, looks, n, true, &ignored);
	free(looks);
}

static void subtract(const struct strs *from, const struct strs *what, struct strs *out)
{
	for (size_t i = 0; i < from->count; i++)
		if (!strs_has(what, from->item[i]))
			strs_add(out, from->item[i]);
}

static enum forethought_kind kind_of(const struct plan_decision *d)
{
	if (d->action == PLAN_KEEP)
		return FORETHOUGHT_KEPT;
	if (d->action == PLAN_WAIT)
		return FORETHOUGHT_WAIT;
	if (d->action == PLAN_SWITCH)
		return FORETHOUGHT_SWITCH;
	if (d->reason == VISIT_DUE || d->reason == VISIT_FORCED || d->reason == VISIT_REVOKED)
		return FORETHOUGHT_RENEW;
	return FORETHOUGHT_NEW;
}

static void describe_live(const struct look *l, struct forethought_item *item)
{
	struct deploy_summary d = {0};

	item->generation = l->live.number;
	item->serial = str_dup(l->live.serial);
	item->not_after = l->live.not_after;
	subtract(&item->names, &l->live.names, &item->added);
	subtract(&l->live.names, &item->names, &item->removed);
	deploy_summarize(l->cert, &l->state, l->live.number, &d);
	strs_copy(&item->deploy_owed, &d.owed);
	deploy_summary_clear(&d);
	if (l->live.cert_id && str_eq(l->state.ari.cert_id, l->live.cert_id))
		item->explanation_url = str_dup(l->state.ari.explanation_url);
}

static void describe_lapse(const struct look *l, struct forethought_item *item)
{
	const struct lapse *lapse = &l->lapse;

	if (lapse->step == LAPSE_NONE)
		return;
	item->lapse = str_dup(lapse_step_name(lapse->step));
	item->lapse_entry = str_dup(lapse->entry->fqdn);
	item->lapse_at = lapse->end_at;
	/* Of a request made elsewhere no setting makes another. */
	item->switch_at = l->cert->csr ? 0 : lapse->switch_at;
	item->shrinks = look_lapse_shrinks(l->cert);
	strs_copy(&item->lapsing, &lapse->lapsing);
	if (!l->cert->csr)
		strs_copy(&item->remaining, &lapse->remaining);
}

/* Entries whose paid period begins with such an order. */
static void describe_begin(const struct site *s, const struct look *l, struct forethought_item *item)
{
	struct first_use_input in = {.rule = site_rule(s, l->ca),
	                             .list = &s->entries,
	                             .names = &item->names,
	                             .only_new = true,
	                             .at = clock_now(s->clock)};
	struct first_use *uses = NULL;
	size_t n = first_use_find_at(&in, &uses);

	for (size_t i = 0; i < n; i++)
		strs_add(&item->begins, uses[i].entry->fqdn);
	free(uses);
}

static bool is_ordered(const struct plan_decision *d)
{
	return d->action == PLAN_ISSUE || d->action == PLAN_PREPARE;
}

static void think(const struct thinking *t, const struct store_validations *v, size_t i, struct forethought_item *item)
{
	struct look *l = &t->look[i];
	struct plan_decision d;

	item->name = str_dup(t->cert[i]->name);
	if (!l->cert) {
		strs_copy(&item->names, &t->cert[i]->names);
		item->kind = FORETHOUGHT_REFUSED;
		err_move(&item->err, &t->error[i]);
		return;
	}
	d = look_decide(t->site, l, &t->options, v);
	item->kind = kind_of(&d);
	item->reason = d.reason;
	item->renew_at = d.renew_at;
	item->because = d.because;
	item->in_flight = l->in_flight;
	l->preparing = d.action == PLAN_PREPARE || d.prepare;
	strs_copy(&item->names, look_names(l));
	describe_lapse(l, item);
	if (l->present && !l->damaged)
		describe_live(l, item);
	if (d.action == PLAN_WAIT) {
		item->next_try = d.wait.at;
		item->wait_why = d.wait.why;
		look_recorded(l, &item->err);
	} else if (is_ordered(&d) && look_permit(t->site, l, NULL, &item->err) < 0) {
		item->kind = FORETHOUGHT_REFUSED;
	} else if (is_ordered(&d)) {
		describe_begin(t->site, l, item);
	}
}

static void thinking_clear(struct thinking *t)
{
	for (size_t i = 0; t->look && i < t->count; i++) {
		look_clear(&t->look[i]);
		err_clear(&t->error[i]);
	}
	free(t->cert);
	free(t->look);
	free(t->error);
}

int forethought_gather(struct site *s, const struct strs *names, bool ask_ca, struct forethought *out, struct err *e)
{
	struct thinking t = {.site = s};
	struct store_validations v = {0};
	struct err ignored = ERR_INIT;
	int64_t now = clock_now(s->clock);
	int rc = -1;

	if (choose(names, &t, e) < 0)
		goto out;
	if (clockcheck_local(now) == CLOCKCHECK_WRONG) {
		clockcheck_error_local(now, e);
		goto out;
	}
	if (site_open_store(s, e) < 0)
		goto out;
	look_at_all(&t, ask_ca);
	(void)store_validations_load(s->store, &v, &ignored);
	*out = (struct forethought){.count = t.count, .at = now, .asked_ca = ask_ca};
	out->item = mem_new(t.count + 1, sizeof *out->item);
	for (size_t i = 0; i < t.count; i++)
		think(&t, &v, i, &out->item[i]);
	rc = 0;
out:
	err_clear(&ignored);
	store_validations_clear(&v);
	thinking_clear(&t);
	return rc;
}

void forethought_clear(struct forethought *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct forethought_item *item = &f->item[i];

		free(item->name);
		free(item->serial);
		free(item->explanation_url);
		strs_clear(&item->names);
		strs_clear(&item->added);
		strs_clear(&item->removed);
		strs_clear(&item->deploy_owed);
		strs_clear(&item->begins);
		strs_clear(&item->lapsing);
		strs_clear(&item->remaining);
		free(item->lapse);
		free(item->lapse_entry);
		err_clear(&item->err);
	}
	free(f->item);
	*f = (struct forethought){0};
}
