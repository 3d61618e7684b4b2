#include "config.h"

#include "run/status.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/log.h"
#include "entitle/effective.h"
#include "pki/chain.h"
#include "run/backoff.h"
#include "run/deploy.h"
#include "run/due.h"
#include "run/job.h"
#include "run/ledger.h"
#include "run/look.h"

static void compare_names(const struct strs *wanted, const struct strs *held, struct status_item *item)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!strs_has(held, wanted->item[i]))
			strs_add(&item->missing, wanted->item[i]);
	for (size_t i = 0; i < held->count; i++)
		if (!strs_has(wanted, held->item[i]))
			strs_add(&item->surplus, held->item[i]);
}

/* The chain as it is on disk: which root anchors it here, and what generations of older versions do not say of it. */
static void take_chain(struct site *s, int64_t at, struct status_item *item)
{
	char *path = store_live_path(s->store, item->name, "fullchain.pem");
	struct err ignored = ERR_INIT;
	struct chain *c = NULL;
	struct buf pem;

	buf_init(&pem, CHAIN_PEM_MAX);
	if (path && fs_read(path, &pem, &ignored) == 0 && chain_parse(pem.data, pem.len, &c, &ignored) == 0) {
		(void)chain_anchor(c, at, &item->root, &ignored);
		str_replace(&item->intermediate, str_dup(chain_intermediate(c)));
		str_replace(&item->top_issuer, str_dup(chain_top_issuer(c)));
		str_replace(&item->spki_sha256, str_dup(cert_spki_sha256(chain_at(c, 0))));
	}
	chain_free(c);
	buf_clear(&pem);
	err_clear(&ignored);
	free(path);
}

static void take_live(struct site *s, const struct store_generation *g, int64_t at, struct status_item *item)
{
	item->present = true;
	item->generation = g->number;
	item->not_before = g->not_before;
	item->not_after = g->not_after;
	item->ca = str_dup(g->ca);
	item->key_type = str_dup(g->key_type);
	item->serial = str_dup(g->serial);
	item->issuer = str_dup(g->issuer);
	item->live_dir = store_live_path(s->store, g->name, NULL);
	take_chain(s, at, item);
}

/* By the names it shall have, and the CA that it shall be from. */
static void take_gate(const struct site *s, const struct ca_setting *ca, struct status_item *item, int64_t at)
{
	struct coverage_result wanted = {0};

	site_gate(s, ca, &item->names, at, &wanted);
	for (size_t i = 0; i < wanted.count; i++)
		if (!wanted.name[i].covered)
			strs_add(&item->refused, wanted.name[i].name ? wanted.name[i].name : wanted.name[i].input);
	coverage_result_clear(&wanted);
}

/* By the names it holds, and the CA that issued it. */
static void take_end(const struct site *s, const struct ca_setting *ca, const struct strs *held,
                     struct status_item *item, int64_t at)
{
	struct effective end = {0};

	effective_find(&(struct effective_input){.rule = site_rule(s, ca), .list = &s->entries,
	                                         .names = held->count > 0 ? held : &item->names,
	                                         .not_after = item->not_after,
	                                         .from = item->not_before > 0 ? item->not_before : at}, &end);
	item->entry_ends_at = end.first_at;
	item->entry_ends = end.first ? str_dup(end.first->fqdn) : NULL;
	item->effective_end = end.end;
	item->effective_by = end.by ? str_dup(end.by->fqdn) : NULL;
	item->hopeful_end = end.hopeful;
}

static void take_lapse(const struct look *l, struct status_item *item)
{
	strs_copy(&item->names, &l->lapse.wanted);
	for (size_t i = 0; i < l->cert->names.count; i++)
		if (!strs_has(&l->lapse.wanted, l->cert->names.item[i]))
			strs_add(&item->let_go, l->cert->names.item[i]);
	item->prepared = l->prepared.number;
	if (l->lapse.step == LAPSE_NONE)
		return;
	item->lapse = str_dup(lapse_step_name(l->lapse.step));
	strs_copy(&item->lapsing, &l->lapse.lapsing);
	item->fixed = l->cert->csr != NULL;
	if (!item->fixed)
		strs_copy(&item->remaining, &l->lapse.remaining);
}

static void take_owed(const struct certificate_setting *c, const struct store_state *st, struct status_item *item)
{
	struct deploy_summary d = {0};

	deploy_summarize(c, st, item->generation, &d);
	strs_copy(&item->deploy_owed, &d.owed);
	item->deploy_error = str_dup(d.error);
	deploy_summary_clear(&d);
}

/* What was recorded about the generation that is live. */
static void take_records(const struct store_state *st, struct status_item *item)
{
	const struct store_revocation *r = &st->revocation;

	item->last_error = str_dup(st->last_error);
	item->last_error_at = st->last_error_at;
	item->failures = st->failures;
	item->held = st->held;
	item->explanation_url = str_dup(st->ari.explanation_url);
	if (item->serial && str_eq(r->serial, item->serial) && r->status) {
		item->revocation = str_dup(r->status);
		item->revocation_at = str_eq(r->status, "revoked") && r->revoked_at > 0 ? r->revoked_at : r->checked_at;
	}
}

static void take_plan(struct site *s, const struct look *l, const struct store_validations *v, struct status_item *item)
{
	struct visit_options nothing = {0};
	struct plan_decision d = look_decide(s, l, &nothing, v);
	struct due_facts facts;
	struct due_answer due;

	if (item->present) {
		facts = look_due(s, l);
		due = due_when(&facts, clock_now(s->clock));
		item->renew_at = due.renew_at;
		item->because = str_dup(due_because_name(due.because));
	}
	if (d.action == PLAN_WAIT) {
		item->next_try = d.wait.at;
		item->wait_why = str_dup(backoff_why_name(d.wait.why));
	}
	item->in_flight = l->in_flight;
}

/* One that the settings know. */
static void gather_configured(struct site *s, const struct certificate_setting *c, const struct store_validations *v,
                              struct status_item *item, int64_t at)
{
	struct look l = {0};
	struct err e = ERR_INIT;

	item->configured = true;
	if (look_at(s, c, &l, &e) < 0) {
		item->damage = err_text(&e);
		err_clear(&e);
		l = (struct look){.ca = site_ca(s, c)};
		strs_copy(&item->names, &c->names);
	} else {
		take_lapse(&l, item);
	}
	if (l.damaged) {
		item->damage = err_text(&l.damage);
	} else if (l.present) {
		take_live(s, &l.live, at, item);
		compare_names(&item->names, &l.live.names, item);
	}
	if (!item->ca)
		item->ca = str_dup(l.ca->name);
	take_gate(s, l.ca, item, at);
	take_end(s, site_issuer(s, c, &l.live), &l.live.names, item, at);
	take_records(&l.state, item);
	if (item->held && item->present && !str_eq(item->ca, l.ca->name))
		item->moves_to = str_dup(l.ca->name);
	if (item->present)
		take_owed(c, &l.state, item);
	if (l.cert)
		take_plan(s, &l, v, item);
	item->next_spki_sha256 = job_request_next_spki(s, item->name);
	look_clear(&l);
}

/* One that only the store knows. */
static void gather_strange(struct site *s, struct status_item *item, int64_t at)
{
	struct store_generation g = {0};
	struct store_state st = {0};
	const struct ca_setting *ca;
	struct err e = ERR_INIT;
	bool found = false;

	if (store_generation_live(s->store, item->name, &g, &found, &e) < 0) {
		item->damage = err_text(&e);
		err_clear(&e);
	} else if (found) {
		take_live(s, &g, at, item);
		item->renew_at = due_plain(g.not_before, g.not_after);
	}
	if (!item->ca)
		item->ca = str_dup(site_ca(s, NULL)->name);
	strs_copy(&item->names, &g.names);
	ca = settings_ca(&s->settings, g.ca ? g.ca : "");
	if (ca) {
		take_gate(s, ca, item, at);
		take_end(s, ca, &g.names, item, at);
	}
	if (store_state_load(s->store, item->name, &st, &e) == 0)
		take_records(&st, item);
	else
		str_replace(&item->last_error, err_text(&e));
	err_clear(&e);
	store_state_clear(&st);
	store_generation_clear(&g);
}

/* The words on the command line, each of which is a certificate or a group of them. */
static int choose_names(const struct site *s, const struct strs *wanted, struct strs *out, struct err *e)
{
	struct strs chosen = {0};

	for (size_t i = 0; i < wanted->count; i++) {
		bool found = false;

		for (size_t k = 0; k < out->count; k++) {
			const struct certificate_setting *c = settings_certificate(&s->settings, out->item[k]);

			if (!str_eq(out->item[k], wanted->item[i]) && !(c && settings_is_called(c, wanted->item[i])))
				continue;
			found = true;
			if (!strs_has(&chosen, out->item[k]))
				strs_add(&chosen, out->item[k]);
		}
		if (!found) {
			strs_clear(&chosen);
			return err_set(e, ERR_USAGE, _("there is no certificate named \"%s\""), wanted->item[i]);
		}
	}
	strs_clear(out);
	*out = chosen;
	return 0;
}

/* Configured ones first, in their order; then those that only the store knows. */
static int collect_names(struct site *s, const struct strs *wanted, struct strs *out, struct err *e)
{
	struct strs live = {0};

	if (store_live_names(s->store, &live, e) < 0)
		return -1;
	for (size_t i = 0; i < s->settings.certificate_count; i++)
		strs_add(out, s->settings.certificate[i].name);
	for (size_t i = 0; i < live.count; i++)
		if (!strs_has(out, live.item[i]))
			strs_add(out, live.item[i]);
	strs_clear(&live);
	if (!wanted || wanted->count == 0)
		return 0;
	return choose_names(s, wanted, out, e);
}

/* One that cannot be read is told, and does not hide the rest. */
static void gather_account(struct site *s, const char *id, struct status_account *to)
{
	struct store_account a = {0};
	struct err e = ERR_INIT;

	if (store_account_load(s->store, id, &a, &e) < 0) {
		*to = (struct status_account){.server = str_dup(id), .damage = err_text(&e)};
		log_warn(_("the account %s: %s"), id, to->damage);
	} else {
		*to = (struct status_account){.server = str_dup(a.server),
		                              .url = str_dup(a.url),
		                              .eab_kid = str_dup(a.eab_kid),
		                              .confirmed = a.url != NULL};
	}
	err_clear(&e);
	store_account_clear(&a);
}

static int gather_accounts(struct site *s, struct status_report *out, struct err *e)
{
	struct strs ids = {0};
	int rc = store_account_list(s->store, &ids, e);

	out->account = mem_new(ids.count ? ids.count : 1, sizeof *out->account);
	for (size_t i = 0; rc == 0 && i < ids.count; i++)
		gather_account(s, ids.item[i], &out->account[out->account_count++]);
	strs_clear(&ids);
	return rc;
}

static void gather_items(struct site *s, const struct strs *names, struct status_report *out)
{
	struct store_validations v = {0};
	struct err ignored = ERR_INIT;

	(void)store_validations_load(s->store, &v, &ignored);
	err_clear(&ignored);
	out->item = mem_new(names->count ? names->count : 1, sizeof *out->item);
	for (size_t i = 0; i < names->count; i++) {
		const struct certificate_setting *c = settings_certificate(&s->settings, names->item[i]);
		struct status_item *item = &out->item[out->count++];

		item->name = str_dup(names->item[i]);
		if (c)
			gather_configured(s, c, &v, item, out->at);
		else
			gather_strange(s, item, out->at);
	}
	store_validations_clear(&v);
}

static char *list_alarm(struct site *s)
{
	struct err e = ERR_INIT;
	char *text = ledger_look_at_list(s, &e) < 0 ? err_text(&e) : NULL;

	err_clear(&e);
	return text;
}

int status_gather(struct site *s, const struct strs *names, struct status_report *out, struct err *e)
{
	struct strs all = {0};
	int rc = -1;

	out->at = clock_now(s->clock);
	out->entry_count = s->entries.count;
	if (site_open_store(s, e) < 0 || collect_names(s, names, &all, e) < 0)
		goto out;
	gather_items(s, &all, out);
	out->list_alarm = list_alarm(s);
	rc = gather_accounts(s, out, e);
out:
	strs_clear(&all);
	return rc;
}

static void item_clear(struct status_item *item)
{
	strs_clear(&item->names);
	strs_clear(&item->missing);
	strs_clear(&item->surplus);
	strs_clear(&item->refused);
	strs_clear(&item->deploy_owed);
	strs_clear(&item->lapsing);
	strs_clear(&item->remaining);
	strs_clear(&item->let_go);
	free(item->lapse);
	free(item->effective_by);
	free(item->name);
	free(item->ca);
	free(item->moves_to);
	free(item->key_type);
	free(item->serial);
	free(item->issuer);
	free(item->live_dir);
	free(item->entry_ends);
	free(item->deploy_error);
	free(item->last_error);
	free(item->damage);
	free(item->wait_why);
	free(item->intermediate);
	free(item->root);
	free(item->top_issuer);
	free(item->revocation);
	free(item->because);
	free(item->explanation_url);
	free(item->spki_sha256);
	free(item->next_spki_sha256);
}

void status_report_clear(struct status_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		item_clear(&r->item[i]);
	for (size_t i = 0; i < r->account_count; i++) {
		free(r->account[i].server);
		free(r->account[i].url);
		free(r->account[i].eab_kid);
		free(r->account[i].damage);
	}
	free(r->item);
	free(r->account);
	free(r->list_alarm);
	*r = (struct status_report){0};
}
