#include "config.h"

#include "run/visit.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "run/deploy.h"
#include "run/due.h"
#include "run/issue.h"
#include "run/job.h"
#include "run/plan.h"

static const char *const outcome_names[VISIT_OUTCOME_COUNT] = {
	[VISIT_KEPT] = "kept",
	[VISIT_ISSUED] = "issued",
	[VISIT_FAILED] = "failed",
	[VISIT_WAITING] = "waiting",
};

static const char *const reason_names[VISIT_REASON_COUNT] = {
	[VISIT_NOT_DUE] = "not-due",
	[VISIT_MISSING] = "missing",
	[VISIT_NAMES_CHANGED] = "names-changed",
	[VISIT_DUE] = "due",
	[VISIT_FORCED] = "forced",
	[VISIT_KEY_CHANGED] = "key-changed",
	[VISIT_CA_CHANGED] = "ca-changed",
	[VISIT_DAMAGED] = "damaged",
	[VISIT_REVOKED] = "revoked",
	[VISIT_NOT_ASKED] = "not-asked",
};

const char *visit_outcome_name(enum visit_outcome o)
{
	return outcome_names[o];
}

const char *visit_reason_name(enum visit_reason r)
{
	return reason_names[r];
}

/* One certificate of this visit: its setting, its place in the report, and its job when it is to be issued. */
struct subject {
	const struct certificate_setting *cert;
	const struct ca_setting *ca;
	struct visit_item *item;
	struct job job;
	bool has_job;
};

struct visit_work {
	struct site *site;
	const struct visit_options *options;
	struct subject *subject;
	size_t count;
};

static int choose(struct site *s, const struct visit_options *o, struct visit_work *w, struct err *e)
{
	const struct settings *settings = &s->settings;
	size_t most = settings->certificate_count + 1;

	w->subject = mem_new(most, sizeof *w->subject);
	if (o->extra) {
		w->subject[w->count++].cert = o->extra;
		return 0;
	}
	for (size_t i = 0; o->names && i < o->names->count; i++)
		if (!settings_certificate(settings, o->names->item[i])) {
			err_set(e, ERR_USAGE, _("no certificate named \"%s\" is configured"), o->names->item[i]);
			err_advise(e, "%s", _("`tegata status` lists them."));
			return -1;
		}
	for (size_t i = 0; i < settings->certificate_count; i++) {
		const struct certificate_setting *c = &settings->certificate[i];

		if (!o->names || o->names->count == 0 || strs_has(o->names, c->name))
			w->subject[w->count++].cert = c;
	}
	return 0;
}

static void fail_item(struct visit_item *item, struct err *e)
{
	item->outcome = VISIT_FAILED;
	err_wrap(e, "%s", item->name);
	err_move(&item->err, e);
}

static const char *key_name(const struct subject *j)
{
	return key_type_name(j->cert->has_key ? j->cert->key : j->ca->key);
}

static void describe_live(const struct site *s, const struct store_generation *g, struct visit_item *item)
{
	item->generation = g->number;
	item->not_after = g->not_after;
	item->renew_at = due_plain(g->not_before, g->not_after);
	item->live_dir = store_live_path(s->store, item->name, NULL);
}

/* What is live is read; a folder that does not hold together counts as damaged, and says so. */
static void find_live(struct site *s, const char *name, struct store_generation *g, struct plan_found *out)
{
	struct err e = ERR_INIT;
	bool found = false;

	if (store_generation_live(s->store, name, g, &found, &e) < 0) {
		char *text = err_text(&e);

		log_warn("%s: %s", name, text);
		free(text);
		out->live = out->damaged = true;
	} else {
		out->live = found;
	}
	err_clear(&e);
	out->names = &g->names;
	out->key_type = g->key_type;
	out->ca = g->ca;
	out->due.not_before = g->not_before;
	out->due.not_after = g->not_after;
}

/* The gate, and a job behind it. */
static int prepare_job(struct visit_work *w, struct subject *j, struct err *e)
{
	struct coverage_result r = {0};
	struct fs_policy ignored;
	struct strs names = {0};
	int rc = site_gate_need_list(w->site, j->ca, e);

	if (rc == 0) {
		site_gate(w->site, j->ca, &j->cert->names, clock_now(w->site->clock), &r);
		rc = site_gate_error(j->ca, &r, e);
	}
	if (rc == 0) {
		coverage_names(&r, &names);
		rc = job_key_policy(j->cert, &ignored, e);
	}
	if (rc == 0) {
		j->has_job = true;
		rc = job_init(&j->job, j->cert, j->ca, &names, e);
	}
	coverage_result_clear(&r);
	strs_clear(&names);
	return rc;
}

static void decide_one(struct visit_work *w, struct subject *j)
{
	const struct visit_options *o = w->options;
	struct store_generation g = {0};
	struct plan_found found = {0};
	struct plan_wanted wanted = {.names = &j->cert->names,
	                             .key_type = key_name(j),
	                             .ca = j->ca->name,
	                             .force = o->force,
	                             .renew_only = o->renew_only,
	                             .deploy_only = o->deploy_only};
	struct plan_decision d;
	struct err e = ERR_INIT;

	find_live(w->site, j->cert->name, &g, &found);
	if (found.live && !found.damaged)
		describe_live(w->site, &g, j->item);
	d = plan_decide(&wanted, &found, clock_now(w->site->clock));
	j->item->reason = d.reason;
	if (d.action == PLAN_ISSUE && prepare_job(w, j, &e) < 0) {
		if (j->has_job)
			job_clear(&j->job);
		j->has_job = false;
		fail_item(j->item, &e);
	}
	if (d.action == PLAN_ISSUE && j->has_job)
		log_verbose(_("%s: ordering (%s)"), j->cert->name, visit_reason_name(d.reason));
	store_generation_clear(&g);
}

/* All certificates of one CA go through its rounds together. */
static void issue_for_ca(struct visit_work *w, const struct ca_setting *ca, struct visit_report *out)
{
	struct job **jobs = mem_new(w->count ? w->count : 1, sizeof *jobs);
	struct issue_counts counts = {0};
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->subject[i].has_job && w->subject[i].ca == ca)
			jobs[n++] = &w->subject[i].job;
	if (n > 0)
		issue_all(w->site, ca, jobs, n, &counts);
	out->requests += counts.requests;
	out->connections += counts.connections;
	free(jobs);
}

static void note_outcome(struct visit_work *w, struct subject *j)
{
	struct store_state st = {0};
	struct err e = ERR_INIT, *err = &j->item->err;

	if (j->has_job && j->job.issued)
		j->item->outcome = VISIT_ISSUED;
	else if (j->has_job)
		fail_item(j->item, &j->job.order.err);
	/* What certonly was refused by the gate says nothing about the certificate that is configured. */
	if (err->kind == ERR_REFUSED && w->options->extra)
		goto out;
	if (j->item->outcome == VISIT_KEPT || store_state_load(w->site->store, j->cert->name, &st, &e) < 0)
		goto out;
	if (j->item->outcome == VISIT_FAILED) {
		str_replace(&st.last_error, err_text(err));
		str_replace(&st.last_error_kind, str_dup(err_kind_name(err->kind)));
		st.last_error_at = clock_now(w->site->clock);
		st.retry_at = err->retry_at;
		st.failures += st.failures < INT32_MAX;
	} else {
		str_replace(&st.last_error, NULL);
		str_replace(&st.last_error_kind, NULL);
		st.last_error_at = st.retry_at = 0;
		st.failures = 0;
	}
	if (store_state_save(w->site->store, j->cert->name, &st, &e) < 0 && err->kind == ERR_NONE)
		log_warn(_("%s: the outcome could not be recorded: %s"), j->cert->name, e.cause);
out:
	err_clear(&e);
	store_state_clear(&st);
}

/* Only what was issued is not as it was found. */
static void describe_issued(struct site *s, struct visit_item *item)
{
	struct store_generation g = {0};
	struct err ignored = ERR_INIT;
	bool found = false;

	if (item->outcome != VISIT_ISSUED)
		return;
	if (store_generation_live(s->store, item->name, &g, &found, &ignored) == 0 && found) {
		free(item->live_dir);
		describe_live(s, &g, item);
	}
	err_clear(&ignored);
	store_generation_clear(&g);
}

/* Journals lead to what earlier runs left unfinished; this is for what no journal knows, where there is work anyway. */
static void sweep(struct visit_work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct err e = ERR_INIT;

		if (w->subject[i].has_job && store_generation_sweep(w->site->store, w->subject[i].cert->name, &e) < 0)
			log_warn("%s: %s", w->subject[i].cert->name, e.cause);
		err_clear(&e);
	}
}

static void act(struct visit_work *w, struct visit_report *out)
{
	struct site *s = w->site;

	for (size_t i = 0; i < w->count; i++)
		decide_one(w, &w->subject[i]);
	sweep(w);
	for (size_t i = 0; i < s->settings.ca_count; i++)
		issue_for_ca(w, &s->settings.ca[i], out);
	for (size_t i = 0; i < w->count; i++)
		note_outcome(w, &w->subject[i]);
	for (size_t i = 0; i < w->count; i++)
		describe_issued(s, w->subject[i].item);
	for (size_t i = 0; i < w->count && !sig_pending(); i++)
		deploy_certificate(s, w->subject[i].cert, w->options->redeploy, w->subject[i].item);
}

int visit(struct site *s, const struct visit_options *o, struct visit_report *out, struct err *e)
{
	struct visit_work w = {.site = s, .options = o};
	int rc = -1;

	if (choose(s, o, &w, e) < 0 || site_lock(s, e) < 0 || job_recover_all(s, e) < 0 || sig_check(e) < 0)
		goto out;
	out->item = mem_new(w.count ? w.count : 1, sizeof *out->item);
	out->count = w.count;
	for (size_t i = 0; i < w.count; i++) {
		w.subject[i].item = &out->item[i];
		w.subject[i].ca = site_ca(s, w.subject[i].cert);
		out->item[i].name = str_dup(w.subject[i].cert->name);
	}
	act(&w, out);
	rc = 0;
out:
	for (size_t i = 0; i < w.count; i++)
		if (w.subject[i].has_job)
			job_clear(&w.subject[i].job);
	free(w.subject);
	return rc;
}

void visit_report_clear(struct visit_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->item[i].name);
		free(r->item[i].live_dir);
		strs_clear(&r->item[i].deployed);
		err_clear(&r->item[i].err);
		err_clear(&r->item[i].deploy_err);
	}
	free(r->item);
	*r = (struct visit_report){0};
}

const struct err *visit_worst(const struct visit_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].outcome == VISIT_FAILED)
			return &r->item[i].err;
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].deploy_err.kind != ERR_NONE)
			return &r->item[i].deploy_err;
	return NULL;
}
