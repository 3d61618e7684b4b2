#include "config.h"

#include "run/look.h"

#include <stdlib.h>
#include <string.h>

#include "acme/ari.h"
#include "base/fs.h"
#include "pki/cert.h"
#include "pki/chain.h"
#include "run/job.h"
#include "run/look_lapse.h"
#include "run/revoked.h"
#include "run/visit_first_uses.h"

#define KEY_COMPROMISE 1 /* RFC 5280 */

const char *look_key_type(const struct look *l)
{
	if (l->csr)
		return key_type_name(csr_key_type(l->csr));
	/* A request that is not there right now says nothing about what is live. */
	if (l->cert->csr && l->live.key_type)
		return l->live.key_type;
	return key_type_name(l->cert->has_key ? l->cert->key : l->ca->key);
}

/* What generations made by older versions do not say of themselves is read from their certificate. */
static void complete_live(const struct site *s, struct store_generation *g)
{
	char *path = store_live_path(s->store, g->name, "cert.pem");
	struct err ignored = ERR_INIT;
	struct cert *c = NULL;
	struct buf pem;

	buf_init(&pem, CHAIN_PEM_MAX);
	if (path && fs_read(path, &pem, &ignored) == 0 && cert_load_pem(pem.data, pem.len, &c, &ignored) == 0) {
		g->spki_sha256 = str_dup(cert_spki_sha256(c));
		if (!g->cert_id)
			g->cert_id = ari_cert_id(cert_authority_key_id(c), cert_serial(c));
	}
	cert_free(c);
	buf_clear(&pem);
	err_clear(&ignored);
	free(path);
}

static void look_at_live(struct site *s, struct look *l)
{
	bool found = false;

	if (store_generation_live(s->store, l->cert->name, &l->live, &found, &l->damage) < 0) {
		l->present = l->damaged = true;
		return;
	}
	l->present = found;
	if (found && !l->live.spki_sha256)
		complete_live(s, &l->live);
}

/* A journal that cannot be read is for the next run to tell of. */
static void look_at_journal(struct site *s, struct look *l)
{
	struct store_journal j = {0};
	struct err ignored = ERR_INIT;
	bool found = false;

	if (store_journal_load(s->store, l->cert->name, &j, &found, &ignored) == 0 && found)
		l->in_flight = job_journal_goes_on(s, &j, clock_now(s->clock));
	store_journal_clear(&j);
	err_clear(&ignored);
}

int look_at(struct site *s, const struct certificate_setting *c, struct look *out, struct err *e)
{
	struct look l = {.cert = c, .ca = site_ca(s, c)};

	if (store_state_load(s->store, c->name, &l.state, e) < 0)
		return -1;
	look_at_live(s, &l);
	look_at_journal(s, &l);
	if (c->csr)
		(void)site_csr_load(c, &l.csr, &l.csr_error);
	look_lapse_find(s, &l, false);
	look_lapse_prepared(s, &l);
	*out = l;
	return 0;
}

void look_clear(struct look *l)
{
	store_generation_clear(&l->live);
	store_generation_clear(&l->prepared);
	lapse_clear(&l->lapse);
	strs_clear(&l->let_go);
	store_state_clear(&l->state);
	err_clear(&l->damage);
	err_clear(&l->csr_error);
	csr_free(l->csr);
	*l = (struct look){0};
}

const struct strs *look_names(const struct look *l)
{
	if (l->preparing || l->lapse.step == LAPSE_SWITCH)
		return &l->lapse.remaining;
	/* All of them went, and the settings want just these by now: the gate says why that is nothing to order. */
	return l->lapse.wanted.count > 0 ? &l->lapse.wanted : &l->cert->names;
}

static bool is_revoked(const struct look *l)
{
	return l->present && !l->damaged && revoked_is(&l->state, l->live.serial);
}

bool look_revoked(const struct look *l)
{
	return is_revoked(l) && !l->state.revocation.asked;
}

bool look_key_compromised(const struct look *l)
{
	return is_revoked(l) && l->state.revocation.reason == KEY_COMPROMISE;
}

/* When the CA's word alone may next be a reason to order; a time noted by a clock that was ahead holds nothing back. */
static int64_t not_early(const struct look *l, int64_t now)
{
	int64_t at = l->state.early_at;

	return at > 0 && at <= now ? at + DUE_EARLY_EVERY_SEC : 0;
}

struct due_facts look_due(const struct site *s, const struct look *l)
{
	const struct store_ari *a = &l->state.ari;
	struct due_facts f = {.not_before = l->live.not_before,
	                      .not_after = l->live.not_after,
	                      .rule = l->cert->renew,
	                      .not_early = not_early(l, clock_now(s->clock)),
	                      .seed = due_seed(s->host, l->cert->name, l->live.not_before)};

	if (l->live.cert_id && str_eq(a->cert_id, l->live.cert_id)) {
		f.window_start = a->start;
		f.window_end = a->end;
		f.window_at = a->fetched_at;
	}
	return f;
}

bool look_is_early(const struct site *s, const struct look *l, const struct plan_decision *d)
{
	struct due_facts f = look_due(s, l);
	int64_t now = clock_now(s->clock);

	if (d->reason == VISIT_REVOKED)
		return true;
	f.window_start = f.window_end = 0;
	return d->reason == VISIT_DUE && d->because == DUE_BY_CA && due_when(&f, now).renew_at > now;
}

/* The challenges of all names can be met, as far as the settings say. */
static int plan_names(const struct certificate_setting *c, const struct strs *names, struct err *e)
{
	struct solver_plan ignored;

	for (size_t i = 0; i < names->count; i++)
		if (job_plan(c, names->item[i], &ignored, e) < 0)
			return -1;
	return 0;
}

int look_permit(const struct site *s, const struct look *l, struct strs *names, struct err *e)
{
	struct coverage_result r = {0};
	struct strs normal = {0};
	struct fs_policy ignored;
	int rc;

	if (l->csr_error.kind != ERR_NONE) {
		err_copy(e, &l->csr_error);
		return -1;
	}
	rc = site_gate_need_list(s, l->ca, e);
	if (rc == 0) {
		site_gate(s, l->ca, look_names(l), clock_now(s->clock), &r);
		rc = site_gate_error(l->ca, &r, e);
	}
	if (rc == 0) {
		coverage_names(&r, &normal);
		rc = job_key_policy(l->cert, &ignored, e);
	}
	if (rc == 0)
		rc = plan_names(l->cert, &normal, e);
	if (rc == 0)
		rc = visit_first_uses_permit(s, l, &normal, e);
	if (rc == 0 && names)
		strs_copy(names, &normal);
	strs_clear(&normal);
	coverage_result_clear(&r);
	return rc;
}

void look_recorded(const struct look *l, struct err *out)
{
	const struct store_state *st = &l->state;
	enum err_kind kind = ERR_INTERNAL;

	if (!st->last_error)
		return;
	(void)err_kind_parse(st->last_error_kind, &kind);
	err_set(out, kind, "%s", st->last_error);
	out->problem_type = str_dup(st->last_problem);
	out->retry_at = st->retry_at;
}

static bool has_account(const struct site *s, const struct ca_setting *ca)
{
	struct store_account a = {0};
	struct err ignored = ERR_INIT;
	bool found = false, good;

	good = store_account_find(s->store, ca->server, ca->eab_kid, &a, &found, &ignored) == 0 && found && a.url;
	store_account_clear(&a);
	err_clear(&ignored);
	return good;
}

/*
 * The last failure was one that this machine found by itself, without asking anybody: looking again costs nothing,
 * and nobody who has mended list or settings shall wait a day. (A profile that is not offered is the one mistake of
 * settings that the CA tells.) What was gone back to says nothing of that kind: the order was well, and each further
 * one would be, and end as the last did.
 */
static bool is_mended(const struct site *s, const struct look *l)
{
	struct err recorded = ERR_INIT, ignored = ERR_INIT;
	bool ours, mended;

	if (l->state.held != 0 && l->state.held == l->live.number)
		return false;
	look_recorded(l, &recorded);
	ours = !recorded.problem_type &&
	       (recorded.kind == ERR_REFUSED || (recorded.kind == ERR_CONFIG && !l->cert->acme_profile));
	err_clear(&recorded);
	mended = ours && has_account(s, l->ca) && look_permit(s, l, NULL, &ignored) == 0;
	err_clear(&ignored);
	return mended;
}

static void add_hook(struct strs *words, const struct hook_spec *h)
{
	strs_take(words, hook_is_set(h) ? hook_id(h) : str_dup(""));
}

static void add_challenge(struct strs *words, const struct certificate_setting *c, const char *name)
{
	const struct challenge_setting *ch = settings_challenge(c, name);

	if (!ch)
		return;
	strs_take(words, str_fmt("%s %d %d %s", ch->type ? ch->type : "", (int)ch->method, ch->port,
	                         ch->method == CHALLENGE_WEBROOT && settings_webroot(ch, name) ? settings_webroot(ch, name) : ""));
	add_hook(words, &ch->hook);
	add_hook(words, &ch->cleanup);
	for (size_t i = 0; i < ch->addresses.count; i++)
		strs_add(words, ch->addresses.item[i]);
}

static void add_account(struct site *s, struct strs *words, const struct ca_setting *ca)
{
	struct store_account a = {0};
	struct err ignored = ERR_INIT;
	bool found = false;

	if (store_account_find(s->store, ca->server, ca->eab_kid, &a, &found, &ignored) == 0 && found)
		strs_add(words, a.url ? a.url : a.id);
	store_account_clear(&a);
	err_clear(&ignored);
}

char *look_set_id(struct site *s, const struct look *l)
{
	const struct certificate_setting *c = l->cert;
	const struct strs *names = look_names(l);
	struct strs words = {0};
	char *asked, *id;

	strs_add(&words, l->ca->name);
	strs_add(&words, l->ca->server ? l->ca->server : "");
	strs_add(&words, l->ca->ca_file ? l->ca->ca_file : "");
	strs_add(&words, c->acme_profile ? c->acme_profile : "");
	strs_add(&words, l->csr ? csr_spki_sha256(l->csr) : "");
	add_account(s, &words, l->ca);
	for (size_t i = 0; i < names->count; i++)
		add_challenge(&words, c, names->item[i]);
	asked = strs_join(&words, "\n");
	id = backoff_set_id(names, asked, look_key_type(l));
	free(asked);
	strs_clear(&words);
	return id;
}

static bool is_same_set(struct site *s, const struct look *l)
{
	char *id;
	bool same;

	if (!l->state.failed_for)
		return true;
	id = look_set_id(s, l);
	same = str_eq(l->state.failed_for, id);
	free(id);
	return same;
}

/* Of the waits that would hold it back, the longest. */
static struct backoff_next longest_wait(struct site *s, const struct look *l, const struct store_validations *v,
                                        bool named, int64_t now)
{
	bool same = is_same_set(s, l);
	struct backoff_next own = backoff_now(&l->state, same, now), names = {0};
	const char *ignored = NULL;

	if (v)
		names = backoff_of_names(v, look_names(l), l->ca->max_failed_validations, now, &ignored);
	if (names.at > now && (names.at > own.at || (named && own.why != BACKOFF_CA)))
		own = names;
	/* A CA that revokes whatever it issues is asked once a day. */
	if (look_revoked(l) && not_early(l, now) > now && not_early(l, now) > own.at)
		own = (struct backoff_next){not_early(l, now), BACKOFF_DAILY};
	return own;
}

/* The key that a request made elsewhere is for; that of what is live while it cannot be read. */
static const char *request_key(const struct look *l)
{
	if (l->csr)
		return csr_spki_sha256(l->csr);
	return l->cert->csr && l->live.external_key ? l->live.spki_sha256 : NULL;
}

char *look_wanted_id(const struct certificate_setting *c, const struct ca_setting *ca)
{
	return backoff_set_id(&c->names, ca->name, c->csr ? "csr" : key_type_name(c->has_key ? c->key : ca->key));
}

/* A generation that was gone back to stays for as long as the settings want what they wanted then. */
static int held(const struct look *l)
{
	char *id;
	bool same;

	if (l->state.held == 0 || !l->state.held_for)
		return l->state.held;
	id = look_wanted_id(l->cert, l->ca);
	same = str_eq(l->state.held_for, id);
	free(id);
	return same ? l->state.held : 0;
}

static bool is_asked_for(const struct look *l, const struct visit_options *o)
{
	for (size_t i = 0; o->accept_lapse && i < o->accept_lapse->count; i++)
		if (settings_is_called(l->cert, o->accept_lapse->item[i]))
			return true;
	return o->extra || (o->names && o->names->count > 0 && !o->unattended);
}

static struct plan_wanted wanted_of(const struct look *l, const struct visit_options *o)
{
	return (struct plan_wanted){.names = look_names(l),
	                            .key_type = look_key_type(l),
	                            .ca = l->ca->name,
	                            .csr_spki = request_key(l),
	                            .force = o->force,
	                            .named = is_asked_for(l, o),
	                            .renew_only = o->renew_only,
	                            .deploy_only = o->deploy_only,
	                            .prepare = l->lapse.step == LAPSE_PREPARE ? &l->lapse.remaining : NULL,
	                            .let_go = &l->let_go,
	                            .returned = &l->lapse.returned,
	                            .lapsing = l->lapse.step == LAPSE_SWITCH};
}

static struct plan_found found_of(struct site *s, const struct look *l)
{
	return (struct plan_found){.live = l->present,
	                           .damaged = l->damaged,
	                           .names = &l->live.names,
	                           .key_type = l->live.key_type,
	                           .ca = l->live.ca,
	                           .spki = l->live.spki_sha256,
	                           .external_key = l->live.external_key,
	                           .generation = l->live.number,
	                           .held = held(l),
	                           .revoked = look_revoked(l),
	                           .due = look_due(s, l),
	                           .prepared = {.names = look_lapse_is_ready(l) ? &l->prepared.names : NULL,
	                                        .key_type = l->prepared.key_type,
	                                        .ca = l->prepared.ca,
	                                        .spki = l->prepared.spki_sha256,
	                                        .external_key = l->prepared.external_key}};
}

struct plan_decision look_decide(struct site *s, const struct look *l, const struct visit_options *o,
                                 const struct store_validations *v)
{
	int64_t now = clock_now(s->clock);
	struct plan_wanted wanted = wanted_of(l, o);
	struct plan_found found = found_of(s, l);
	struct look as = *l; /* shallow: only for asking the same of another set of names */
	struct plan_decision d;

	found.wait = longest_wait(s, l, v, wanted.named, now);
	as.preparing = true;
	if (wanted.prepare)
		found.prepare_wait = longest_wait(s, &as, v, wanted.named, now);
	d = plan_decide(&wanted, &found, now);
	as.preparing = d.prepare;
	if (d.action == PLAN_WAIT && d.wait.why == BACKOFF_DAILY && is_mended(s, &as))
		d.action = d.prepare ? PLAN_PREPARE : PLAN_ISSUE;
	return d;
}
