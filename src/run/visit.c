#include "config.h"

#include "run/visit.h"

#include <stdlib.h>

#include "base/guise.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "run/clockcheck.h"
#include "run/deploy.h"
#include "run/due.h"
#include "run/issue.h"
#include "run/job.h"
#include "run/ledger.h"
#include "run/look.h"
#include "run/notify.h"
#include "run/renewal_info.h"
#include "run/revoked.h"
#include "run/visit_first_uses.h"
#include "run/visit_lapse.h"
#include "run/visit_move.h"
#include "run/visit_note.h"
#include "run/visit_owed.h"

#define ORDER_TRIED_ENOUGH 1000

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
	[VISIT_LAPSING] = "lapsing",
	[VISIT_RETURNED] = "returned",
};

const char *visit_outcome_name(enum visit_outcome o)
{
	return outcome_names[o];
}

const char *visit_reason_name(enum visit_reason r)
{
	return reason_names[r];
}

/* One certificate of this visit: its place in the report, what is there of it, and its job when it is to be issued. */
struct subject {
	const struct certificate_setting *cert;
	struct visit_item *item;
	struct look look;
	bool looked;
	struct plan_decision decision;
	struct job job;
	bool has_job;
	struct err refused; /* what somebody asked for and cannot have, though nothing else is wrong */
	bool freed; /* a generation is kept no longer for what it was made for */
};

struct visit_work {
	struct site *site;
	const struct visit_options *options;
	struct subject *subject;
	size_t count;
	struct issue_counts counts;
};

bool visit_chooses(const struct visit_options *o, const struct certificate_setting *c)
{
	if (!o->names || o->names->count == 0)
		return true;
	if (o->unattended)
		return strs_has(o->names, c->name);
	for (size_t i = 0; i < o->names->count; i++)
		if (settings_is_called(c, o->names->item[i]))
			return true;
	return false;
}

static int check_word(const struct settings *settings, const char *word, struct err *e)
{
	for (size_t i = 0; i < settings->certificate_count; i++)
		if (settings_is_called(&settings->certificate[i], word))
			return 0;
	err_set(e, ERR_USAGE, _("no certificate named \"%s\" is configured"), word);
	err_advise(e, "%s", _("`tegata status` lists them."));
	return -1;
}

static int choose(struct site *s, const struct visit_options *o, struct visit_work *w, struct err *e)
{
	const struct settings *settings = &s->settings;
	size_t most = settings->certificate_count + 1;

	w->subject = mem_new(most, sizeof *w->subject);
	for (size_t i = 0; o->accept_lapse && i < o->accept_lapse->count; i++)
		if (check_word(settings, o->accept_lapse->item[i], e) < 0)
			return -1;
	if (o->extra) {
		w->subject[w->count++].cert = o->extra;
		return 0;
	}
	for (size_t i = 0; o->names && i < o->names->count; i++)
		if (check_word(settings, o->names->item[i], e) < 0)
			return -1;
	for (size_t i = 0; i < settings->certificate_count; i++) {
		const struct certificate_setting *c = &settings->certificate[i];

		if (visit_chooses(o, c))
			w->subject[w->count++].cert = c;
	}
	return 0;
}

/* By a clock that cannot be right nothing is decided. */
static int check_clock(struct site *s, struct err *e)
{
	int64_t now = clock_now(s->clock);

	if (clockcheck_local(now) != CLOCKCHECK_WRONG)
		return 0;
	clockcheck_error_local(now, e);
	notify_site(s, EVENTS_CLOCK_WRONG, "local", e->cause);
	return -1;
}

/* Nor is anything by a list that nobody meant. */
static int check_list(struct site *s, bool accept, struct err *e)
{
	if (ledger_check_list(s, accept, e) == 0)
		return 0;
	if (e->kind == ERR_REFUSED)
		notify_site(s, EVENTS_LIST_REFUSED, "list", e->cause);
	return -1;
}

static void describe_live(const struct site *s, const struct store_generation *g, struct visit_item *item)
{
	item->generation = g->number;
	item->not_after = g->not_after;
	str_replace(&item->live_dir, store_live_path(s->store, item->name, NULL));
}

static bool is_lapse_accepted(const struct visit_options *o, const struct certificate_setting *c)
{
	for (size_t i = 0; o->accept_lapse && i < o->accept_lapse->count; i++)
		if (settings_is_called(c, o->accept_lapse->item[i]))
			return true;
	return false;
}

static void look(struct visit_work *w, struct subject *j)
{
	struct err e = ERR_INIT;

	if (look_at(w->site, j->cert, &j->look, &e) < 0) {
		visit_note_failure(j->item, &e);
		return;
	}
	j->looked = true;
	visit_note_heal(w->site, &j->look, j->item);
	str_replace(&j->item->key_type, str_dup(look_key_type(&j->look)));
	if (j->look.damaged) {
		char *text = err_text(&j->look.damage);

		log_warn("%s: %s", j->cert->name, text);
		free(text);
	} else if (j->look.present) {
		describe_live(w->site, &j->look.live, j->item);
	}
	if (is_lapse_accepted(w->options, j->cert))
		(void)visit_lapse_accept(w->site, &j->look, &j->refused);
}

/* What CAs and their responders say of what is live: revoked, or to be renewed at another time than its dates say. */
static void ask_cas(struct visit_work *w)
{
	struct look **looks = mem_new(w->count ? w->count : 1, sizeof *looks);
	int64_t now = clock_now(w->site->clock);
	size_t all = 0, n = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->subject[i].looked)
			looks[all++] = &w->subject[i].look;
	renewal_info_round(w->site, looks, all, false, &w->counts);
	for (size_t i = 0; i < all; i++)
		if (revoked_is_due(looks[i], now))
			looks[n++] = looks[i];
	if (n > 0)
		revoked_round(w->site, looks, n, &w->counts);
	free(looks);
}

/* What the order, or the switch, means for what is live is on disk before it is begun. */
static int record_before(struct visit_work *w, struct subject *j, struct err *e)
{
	return visit_lapse_let_go(w->site, &j->look, e) < 0 || visit_move_begin(w->site, &j->look, e) < 0 ? -1 : 0;
}

/* The gate, and a job behind it, which goes on with an order begun earlier where there is one. */
static int prepare_job(struct visit_work *w, struct subject *j, struct err *e)
{
	struct look *l = &j->look;
	struct strs names = {0};
	int rc;

	l->preparing = j->decision.action == PLAN_PREPARE;
	rc = look_permit(w->site, l, &names, e);
	if (rc == 0) {
		j->has_job = true;
		rc = job_init(&j->job, j->cert, l->ca, &names, e);
	}
	if (rc == 0)
		visit_first_uses_say(w->site, l, &names);
	strs_clear(&names);
	if (rc == 0 && !l->preparing)
		rc = record_before(w, j, e);
	if (rc < 0)
		return -1;
	j->job.prepare = l->preparing;
	j->job.reason = j->decision.reason;
	j->job.live = l->present && !l->damaged ? &l->live : NULL;
	j->job.early = look_is_early(w->site, l, &j->decision);
	j->job.compromised = look_key_compromised(l);
	j->job.csr = j->look.csr;
	j->look.csr = NULL;
	/* After a failure the visits of the timer are the retries: one order each. */
	if (l->state.failures > 0)
		j->job.order.create_tries = ORDER_TRIED_ENOUGH;
	if (job_resume(&j->job, w->site, e) < 0)
		return -1;
	/* Before anything is ordered: a disk that is full now would lose what comes of it, at every run. */
	return j->job.taken_over ? 0 : job_journal_write(&j->job, w->site, e);
}

static void begin_job(struct visit_work *w, struct subject *j)
{
	struct err e = ERR_INIT;

	if (prepare_job(w, j, &e) < 0) {
		if (j->has_job)
			job_clear(&j->job);
		j->has_job = false;
		visit_note_failure(j->item, &e);
		return;
	}
	log_verbose(_("%s: ordering (%s)"), j->cert->name, visit_reason_name(j->decision.reason));
}

/* Nobody wants any more what an earlier run began. */
static void drop_order(struct visit_work *w, const struct subject *j)
{
	struct err e = ERR_INIT;

	if (job_resume_forget(w->site, j->cert->name, &e) < 0)
		log_warn(_("%s: tidying up: %s"), j->cert->name, e.cause);
	err_clear(&e);
}

/* Without an order. What cannot be used is ordered anew. */
static void switch_prepared(struct visit_work *w, struct subject *j)
{
	struct err e = ERR_INIT;

	if (record_before(w, j, &e) < 0) {
		visit_note_failure(j->item, &e);
	} else if (visit_lapse_switch(w->site, &j->look, &e) == 0) {
		j->item->outcome = VISIT_ISSUED;
		log_verbose(_("%s: the certificate prepared for this day is live now"), j->cert->name);
	} else {
		char *text = err_text(&e);

		log_warn(_("%s: the certificate prepared for this day cannot be used, so another is ordered: %s"), j->cert->name, text);
		free(text);
		err_clear(&e);
		begin_job(w, j);
	}
}

static bool is_to_be_kept(const struct visit_options *o, const struct subject *j)
{
	const char *name = j->cert->name;

	if (j->decision.action == PLAN_KEEP || j->decision.action == PLAN_WAIT)
		return false;
	return (o->kept && strs_has(o->kept, name)) || (o->first_use_refused && strs_has(o->first_use_refused, name));
}

static void decide(struct visit_work *w, struct subject *j, const struct store_validations *v)
{
	if (!w->options->deploy_only && !w->options->extra)
		j->freed = visit_lapse_tidy(w->site, &j->look);
	j->decision = look_decide(w->site, &j->look, w->options, v);
	if (is_to_be_kept(w->options, j))
		j->decision = (struct plan_decision){
			.reason = VISIT_NOT_ASKED, .renew_at = j->decision.renew_at, .because = j->decision.because};
	j->item->reason = j->decision.reason;
	j->item->renew_at = j->decision.renew_at;
	if (j->decision.action == PLAN_ISSUE || j->decision.action == PLAN_PREPARE)
		begin_job(w, j);
	else if (j->decision.action == PLAN_SWITCH)
		switch_prepared(w, j);
	else if (j->decision.action == PLAN_WAIT)
		visit_note_waiting(&j->look, &j->decision, j->item);
	else if (j->look.in_flight && j->decision.reason == VISIT_NOT_DUE)
		drop_order(w, j);
}

/* All certificates of one CA go through its rounds together. */
static void issue_for_ca(struct visit_work *w, const struct ca_setting *ca)
{
	struct job **jobs = mem_new(w->count ? w->count : 1, sizeof *jobs);
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->subject[i].has_job && w->subject[i].look.ca == ca)
			jobs[n++] = &w->subject[i].job;
	if (n > 0)
		issue_all(w->site, ca, jobs, n, &w->counts);
	free(jobs);
}

/* What certonly was refused by the gate says nothing about the certificate that is configured. */
static void note(struct visit_work *w, struct subject *j)
{
	if (j->has_job && j->job.issued && j->job.prepare) {
		visit_lapse_prepared(w->site, &j->look, &j->job, j->item);
		visit_first_uses_prepared(w->site, j->item);
		return;
	}
	if (j->has_job && j->job.issued)
		j->item->outcome = VISIT_ISSUED;
	else if (j->has_job)
		visit_note_failure(j->item, &j->job.order.err);
	if (!j->looked || j->item->outcome == VISIT_KEPT || j->item->outcome == VISIT_WAITING)
		return;
	j->item->resumed = j->has_job && j->job.issued && j->job.order.resumed;
	if (j->item->outcome == VISIT_ISSUED)
		visit_lapse_issued(&j->look, j->has_job ? &j->job.names : &j->look.prepared.names, j->item);
	if (j->item->err.kind != ERR_REFUSED || !w->options->extra)
		visit_note(w->site, &j->look, j->has_job ? &j->job : NULL, j->item);
}

/* Only what was issued is not as it was found. */
static void look_again(struct visit_work *w, struct subject *j)
{
	struct look fresh = {0};
	struct err e = ERR_INIT;
	struct due_facts facts;

	if (j->item->outcome != VISIT_ISSUED || look_at(w->site, j->cert, &fresh, &e) < 0)
		goto out;
	look_clear(&j->look);
	j->look = fresh;
	j->job.live = NULL;
	if (!fresh.present || fresh.damaged)
		goto out;
	describe_live(w->site, &fresh.live, j->item);
	if (j->job.no_suggestions)
		renewal_info_absent(w->site, &j->look);
	facts = look_due(w->site, &j->look);
	j->item->renew_at = due_when(&facts, clock_now(w->site->clock)).renew_at;
out:
	err_clear(&e);
}

static void tell_refused(struct subject *j)
{
	if (j->refused.kind != ERR_NONE && j->item->outcome == VISIT_KEPT)
		visit_note_failure(j->item, &j->refused);
	err_clear(&j->refused);
}

static void prune(struct visit_work *w, const struct subject *j)
{
	int keep = j->cert->keep > 0 ? j->cert->keep : CONFIG_KEEP_DEFAULT;
	struct store_state st = {0};
	struct err e = ERR_INIT;
	size_t removed = 0;
	int rc;

	if (j->item->outcome != VISIT_ISSUED && !j->freed)
		return;
	rc = store_state_load(w->site->store, j->cert->name, &st, &e);
	/* In the middle of a move all stays: what the other CA issued may have to come back. */
	if (rc == 0 && !st.moved_from)
		rc = store_generation_prune(w->site->store, j->cert->name, keep, st.prepared, &removed, &e);
	if (rc < 0)
		log_warn(_("%s: removing old generations: %s"), j->cert->name, e.cause);
	err_clear(&e);
	store_state_clear(&st);
}

static void make_next_key(struct visit_work *w, const struct subject *j)
{
	const struct look *l = &j->look;
	enum key_type type;

	if (j->looked && l->present && !l->damaged && !l->live.external_key && key_type_parse(look_key_type(l), &type) == 0)
		job_request_next_key(w->site, j->cert, type, l->live.spki_sha256);
}

/* Journals lead to what earlier runs left unfinished; this is for what no journal knows: half of it may be a key. */
static void sweep(struct visit_work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct err e = ERR_INIT;

		if (w->subject[i].looked && store_generation_sweep(w->site->store, w->subject[i].cert->name, &e) < 0)
			log_warn("%s: %s", w->subject[i].cert->name, e.cause);
		err_clear(&e);
	}
}

static void save_culprits(struct visit_work *w, struct store_validations *v)
{
	int64_t now = clock_now(w->site->clock);
	struct err e = ERR_INIT;
	bool any = false;

	for (size_t i = 0; i < w->count; i++)
		if (w->subject[i].has_job && visit_note_culprits(v, &w->subject[i].job, now))
			any = true;
	if (any && store_validations_save(w->site->store, v, now, &e) < 0)
		log_warn(_("failed validations could not be recorded: %s"), e.cause);
	err_clear(&e);
}

static void order(struct visit_work *w)
{
	struct store_validations v = {0};
	struct err e = ERR_INIT;
	struct site *s = w->site;

	if (store_validations_load(s->store, &v, &e) < 0)
		log_warn(_("failed validations of earlier runs cannot be read: %s"), e.cause);
	err_clear(&e);
	for (size_t i = 0; i < w->count; i++)
		if (w->subject[i].looked)
			decide(w, &w->subject[i], &v);
	sweep(w);
	for (size_t i = 0; i < s->settings.ca_count; i++)
		issue_for_ca(w, &s->settings.ca[i]);
	save_culprits(w, &v);
	store_validations_clear(&v);
}

/* Of what is live already, or of what has just been issued. */
static void record_first_uses(struct visit_work *w, bool issued)
{
	struct visit_first_uses_item *list = mem_new(w->count + 1, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++) {
		struct subject *j = &w->subject[i];

		if (j->looked && j->look.present && !j->look.damaged && issued == (j->item->outcome == VISIT_ISSUED))
			list[n++] = (struct visit_first_uses_item){&j->look, issued ? &j->item->begun : NULL};
	}
	visit_first_uses_record(w->site, list, n, issued ? "issued" : "generation");
	free(list);
}

static void deploy(struct visit_work *w, struct subject *j)
{
	if (!j->looked)
		return;
	deploy_certificate(w->site, j->cert, w->options->redeploy, j->item);
	visit_move_settle(w->site, &j->look, j->item);
}

static void act(struct visit_work *w)
{
	const struct visit_options *o = w->options;

	for (size_t i = 0; i < w->count; i++)
		look(w, &w->subject[i]);
	record_first_uses(w, false);
	if (!o->deploy_only)
		ask_cas(w);
	order(w);
	for (size_t i = 0; i < w->count; i++)
		note(w, &w->subject[i]);
	for (size_t i = 0; i < w->count; i++)
		tell_refused(&w->subject[i]);
	for (size_t i = 0; i < w->count; i++)
		look_again(w, &w->subject[i]);
	record_first_uses(w, true);
	/* Before any hook: what it is told of the next key must not be the one that has just come into use. */
	for (size_t i = 0; i < w->count && !o->deploy_only; i++)
		make_next_key(w, &w->subject[i]);
	for (size_t i = 0; i < w->count && !o->no_deploy && !sig_pending(); i++)
		deploy(w, &w->subject[i]);
	for (size_t i = 0; i < w->count; i++)
		prune(w, &w->subject[i]);
}

static void make_items(struct visit_work *w, struct visit_report *out)
{
	out->item = mem_new(w->count ? w->count : 1, sizeof *out->item);
	out->count = w->count;
	for (size_t i = 0; i < w->count; i++) {
		const struct certificate_setting *c = w->subject[i].cert;

		w->subject[i].item = &out->item[i];
		out->item[i].name = str_dup(c->name);
		out->item[i].group = str_dup(c->group ? c->group : c->name);
	}
}

int visit(struct site *s, const struct visit_options *o, struct visit_report *out, struct err *e)
{
	struct visit_work w = {.site = s, .options = o};
	int rc = -1;

	if (choose(s, o, &w, e) < 0 || site_lock(s, e) < 0)
		goto out;
	if (!o->deploy_only && check_clock(s, e) < 0)
		goto out;
	if (!o->deploy_only && check_list(s, o->accept_list, e) < 0) {
		visit_owed_deploy(s, o);
		goto out;
	}
	/* Whose journals they are, takes away what they speak of. */
	if ((!guise_is_on() && job_recover_all(s, e) < 0) || sig_check(e) < 0)
		goto out;
	make_items(&w, out);
	act(&w);
	out->requests = w.counts.requests;
	out->connections = w.counts.connections;
	notify_visit(s, out);
	rc = 0;
out:
	for (size_t i = 0; i < w.count; i++) {
		if (w.subject[i].has_job)
			job_clear(&w.subject[i].job);
		if (w.subject[i].looked)
			look_clear(&w.subject[i].look);
	}
	free(w.subject);
	return rc;
}

void visit_report_clear(struct visit_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->item[i].name);
		free(r->item[i].live_dir);
		free(r->item[i].group);
		free(r->item[i].key_type);
		free(r->item[i].wait_why);
		free(r->item[i].moved_from);
		strs_clear(&r->item[i].let_go);
		strs_clear(&r->item[i].begun);
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
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].outcome == VISIT_WAITING)
			return &r->item[i].err;
	return NULL;
}
