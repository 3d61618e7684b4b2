#include "config.h"

#include "run/issue.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "run/clockcheck.h"
#include "run/connect.h"
#include "run/notify.h"
#include "run/refusal.h"

#define WATCH_AFTER_MS 3000

struct issue {
	struct site *site;
	struct job *const *jobs;
	size_t count;
	struct connection connection;
	struct solver_set *solvers;
	int64_t begun_ms;
};

/* Which job asked for which post. */
struct round {
	struct order_request *request;
	size_t *owner;
	struct session_post *post;
	size_t count;
};

static struct order_time time_of(const struct site *s)
{
	return (struct order_time){.now_sec = clock_now(s->clock), .mono_ms = clock_mono_ms(s->clock)};
}

static bool all_over(const struct issue *is)
{
	for (size_t i = 0; i < is->count; i++)
		if (!order_over(&is->jobs[i]->order))
			return false;
	return true;
}

/* One failure that stops everything is every unfinished certificate's failure. */
static void fail_all(struct issue *is, struct err *e)
{
	for (size_t i = 0; i < is->count; i++) {
		struct err copy = ERR_INIT;

		err_copy(&copy, e);
		order_fail(&is->jobs[i]->order, &copy);
	}
	err_clear(e);
}

/* The responder did not start: that is the failure of those that count on it, and of no other. */
static void fail_standalone(struct issue *is, struct err *e)
{
	for (size_t i = 0; i < is->count; i++) {
		struct job *j = is->jobs[i];
		struct err copy = ERR_INIT;

		if (j->order.step != ORDER_PRESENT || !job_needs_responder(j))
			continue;
		err_copy(&copy, e);
		order_fail(&j->order, &copy);
	}
	err_clear(e);
}

/* The responses of all orders that reached that step are put in place together, then all of them go on. */
static void present_all(struct issue *is)
{
	struct err e = ERR_INIT;
	bool any = false;

	for (size_t i = 0; i < is->count; i++) {
		struct job *j = is->jobs[i];

		if (j->order.step != ORDER_PRESENT)
			continue;
		if (job_present(j, is->site, is->solvers, is->connection.key, &e) < 0)
			order_fail(&j->order, &e);
		else
			any = true;
	}
	if (any && solver_ready(is->solvers, &e) < 0)
		fail_standalone(is, &e);
	for (size_t i = 0; i < is->count; i++)
		if (is->jobs[i]->order.step == ORDER_PRESENT)
			order_presented(&is->jobs[i]->order);
}

/* Validated, failed or begun anew: nobody will ask for the responses any more. */
static void clean_up(struct issue *is, bool everything)
{
	for (size_t i = 0; i < is->count; i++) {
		struct job *j = is->jobs[i];
		bool validated = j->order.step > ORDER_BLAME, anew = j->order.step == ORDER_CREATE;

		if (j->task_count > 0 && (everything || validated || anew))
			job_cleanup(j, is->solvers);
		if (anew)
			j->requested = false;
	}
}

/* Keys are made while the CA validates; at the latest when the order waits for its request. */
static void make_requests(struct issue *is)
{
	for (size_t i = 0; i < is->count; i++) {
		struct job *j = is->jobs[i];
		enum order_step step = j->order.step;
		struct err e = ERR_INIT;

		if (!j->requested && (step == ORDER_VALIDATE || step == ORDER_FINALIZE) && job_request(j, is->site, &e) < 0)
			order_fail(&j->order, &e);
	}
}

static void collect(const struct issue *is, struct round *r)
{
	const char *new_order = session_directory(is->connection.session)->new_order;
	int64_t now_ms = clock_mono_ms(is->site->clock);

	for (size_t i = 0; i < is->count; i++) {
		size_t before = r->count;

		order_next(&is->jobs[i]->order, new_order, now_ms, &r->request, &r->count);
		r->owner = mem_resize(r->owner, r->count ? r->count : 1, sizeof *r->owner);
		for (size_t k = before; k < r->count; k++)
			r->owner[k] = i;
		is->jobs[i]->asked |= r->count > before;
	}
	r->post = mem_new(r->count ? r->count : 1, sizeof *r->post);
	for (size_t k = 0; k < r->count; k++)
		r->post[k] = (struct session_post){
			.url = r->request[k].url, .payload = r->request[k].payload, .accept = r->request[k].accept};
}

static void round_clear(struct round *r)
{
	for (size_t k = 0; k < r->count; k++) {
		order_request_clear(&r->request[k]);
		http_response_clear(&r->post[k].response);
	}
	free(r->request);
	free(r->owner);
	free(r->post);
}

static void feed(struct issue *is, const struct round *r)
{
	struct order_time t = time_of(is->site);

	for (size_t k = 0; k < r->count; k++)
		order_feed(&is->jobs[r->owner[k]]->order, r->request[k].tag, &r->post[k].response, &t);
	for (size_t k = 0; k < r->count; k++)
		if (k == 0 || r->owner[k] != r->owner[k - 1])
			order_advance(&is->jobs[r->owner[k]]->order, &t);
}

static void show_progress(struct issue *is)
{
	size_t names = 0, valid = 0, waiting = 0;
	int64_t waited_ms = clock_mono_ms(is->site->clock) - is->begun_ms;

	for (size_t i = 0; i < is->count; i++) {
		struct order *o = &is->jobs[i]->order;

		names += o->names.count;
		valid += order_valid_count(o);
		waiting += o->step == ORDER_ISSUE;
		o->watch = log_has_terminal() && waited_ms > WATCH_AFTER_MS;
	}
	if (waiting > 0)
		log_progress(_("waiting for the CA to issue (%d s)"), (int)(waited_ms / 1000));
	else
		log_progress(_("waiting for the CA: %zu of %zu names validated (%d s)"), valid, names, (int)(waited_ms / 1000));
}

/* Nothing to ask right now: sleep until the first order is due. */
static int wait_for_due(struct issue *is, struct err *e)
{
	int64_t now_ms = clock_mono_ms(is->site->clock), first = INT64_MAX;

	for (size_t i = 0; i < is->count; i++) {
		const struct order *o = &is->jobs[i]->order;

		if (!order_over(o) && o->due_ms < first)
			first = o->due_ms;
	}
	show_progress(is);
	if (first > now_ms && clock_sleep_ms(is->site->clock, first - now_ms) < 0)
		return sig_check(e);
	return 0;
}

/* An order that the CA has made is on disk before anything is done with it: the next run can go on with it. */
static void remember_orders(struct issue *is)
{
	for (size_t i = 0; i < is->count; i++) {
		struct job *j = is->jobs[i];
		struct err e = ERR_INIT;

		if (!j->order.url || str_eq(j->order.url, j->begun_url) || order_over(&j->order))
			continue;
		if (job_journal_write(j, is->site, &e) < 0)
			order_fail(&j->order, &e);
	}
}

/* Where the CA's first chain is not the one asked for, the others are fetched too. */
static void want_chains(struct issue *is)
{
	for (size_t i = 0; i < is->count; i++)
		if (is->jobs[i]->order.step == ORDER_DONE)
			(void)job_install_wants_chains(is->jobs[i]);
}

static int one_round(struct issue *is, struct err *e)
{
	struct round r = {0};
	int rc = sig_check(e);

	if (rc < 0)
		return -1;
	present_all(is);
	make_requests(is);
	clean_up(is, false);
	collect(is, &r);
	if (r.count == 0) {
		rc = all_over(is) ? 0 : wait_for_due(is, e);
	} else {
		rc = session_post_all(is->connection.session, r.post, r.count, e);
		if (rc == 0)
			feed(is, &r);
		remember_orders(is);
		want_chains(is);
	}
	round_clear(&r);
	return rc;
}

/* A difference between the clocks is told; a renewal that was decided by dates alone is not begun by a wrong one. */
static void mind_clock(struct issue *is)
{
	int64_t skew = 0, now = clock_now(is->site->clock);
	enum clockcheck verdict = CLOCKCHECK_GOOD;
	struct err e = ERR_INIT;

	if (session_clock_skew(is->connection.session, &skew))
		verdict = clockcheck_skew(skew);
	if (verdict == CLOCKCHECK_GOOD)
		return;
	(void)clockcheck_error_skew(skew, now, &e);
	log_warn("%s", e.cause);
	if (verdict == CLOCKCHECK_WRONG)
		notify_site(is->site, EVENTS_CLOCK_WRONG, "ca", e.cause);
	for (size_t i = 0; verdict == CLOCKCHECK_WRONG && i < is->count; i++) {
		struct err copy = ERR_INIT;

		if (is->jobs[i]->reason != VISIT_DUE)
			continue;
		err_copy(&copy, &e);
		order_fail(&is->jobs[i]->order, &copy);
	}
	err_clear(&e);
}

static void ask_for_profile(const struct directory *d, struct job *j)
{
	const char *wanted = j->cert->acme_profile;
	struct err e = ERR_INIT;
	char *offered;

	if (!wanted)
		return;
	if (strs_has(&d->profiles, wanted)) {
		order_set_profile(&j->order, wanted);
		return;
	}
	offered = strs_join(&d->profiles, ", ");
	err_set(&e, ERR_CONFIG, _("acme_profile: the CA does not offer \"%s\", but: %s"), wanted,
	        d->profiles.count > 0 ? offered : _("none"));
	order_fail(&j->order, &e);
	free(offered);
}

static bool share_a_name(const struct strs *a, const struct strs *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (strs_has(b, a->item[i]))
			return true;
	return false;
}

/* RFC 9773 §5: only of this account's own certificates, of no ended ones, and of none for quite other names. */
static void say_what_it_replaces(const struct issue *is, const struct directory *d, struct job *j)
{
	const struct store_generation *live = j->live;

	/* One that is only kept ready replaces nothing yet. */
	if (j->prepare || !d->renewal_info || !live || !live->cert_id || live->not_after <= clock_now(is->site->clock))
		return;
	if (str_eq(live->server, j->ca->server) && str_eq(live->account_url, is->connection.account_url) &&
	    share_a_name(&live->names, &j->names))
		order_set_replaces(&j->order, live->cert_id);
}

static int prepare(struct issue *is, const struct ca_setting *ca, struct err *e)
{
	struct solver_options so = {.hook_dirs = site_hooks_dirs(is->site, is->site->settings.hook_users.challenge)};
	const struct directory *d;

	if (connect_account(is->site, ca, &is->connection, e) < 0 || solver_open(&so, &is->solvers, e) < 0)
		return -1;
	mind_clock(is);
	d = session_directory(is->connection.session);
	for (size_t i = 0; i < is->count; i++) {
		is->jobs[i]->no_suggestions = !d->renewal_info;
		ask_for_profile(d, is->jobs[i]);
		say_what_it_replaces(is, d, is->jobs[i]);
	}
	return 0;
}

/* By where it failed; REFUSAL_STEP_COUNT = of our own doing. */
static enum refusal_step refused_at(const struct order *o)
{
	switch (o->failed_at) {
	case ORDER_RESUME:
	case ORDER_CREATE:
		return REFUSAL_ORDER;
	case ORDER_READ:
		return REFUSAL_AUTHORIZATION;
	case ORDER_ANSWER:
	case ORDER_VALIDATE:
		return REFUSAL_CHALLENGE;
	case ORDER_BLAME:
		return o->finalize_tries > 0 && o->blame.count == 0 ? REFUSAL_FINALIZE : REFUSAL_CHALLENGE;
	case ORDER_FINALIZE:
	case ORDER_ISSUE:
		return REFUSAL_FINALIZE;
	case ORDER_DOWNLOAD:
	case ORDER_ALTERNATES:
		return REFUSAL_DOWNLOAD;
	default:
		return REFUSAL_STEP_COUNT;
	}
}

/* NULL where the names were to be validated in different ways. */
static const char *challenge_of(const struct order *o, const struct strs *names)
{
	const char *type = NULL;

	for (size_t i = 0; i < o->names.count && i < o->types.count; i++) {
		if (!strs_has(names, o->names.item[i]))
			continue;
		if (type && !str_eq(type, o->types.item[i]))
			return NULL;
		type = o->types.item[i];
	}
	return type;
}

/* What the CA refused is told with its likely cause. */
static void explain_refusal(const struct issue *is, struct job *j)
{
	struct order *o = &j->order;
	const struct strs *names = o->culprits.count > 0 ? &o->culprits : &o->names;
	struct refusal_facts facts = {
		.step = refused_at(o),
		.err = &o->err,
		.challenge_type = challenge_of(o, names),
		.caa = j->ca->caa,
		.key_type = key_type_name(job_request_key_type(j)),
		.rule = site_rule(is->site, j->ca),
		.list = &is->site->entries,
		.names = names,
		.at = clock_now(is->site->clock),
	};

	if (o->step == ORDER_FAILED && j->asked && facts.step != REFUSAL_STEP_COUNT)
		refusal_advise(&facts, &o->err);
}

static void install_all(struct issue *is)
{
	for (size_t i = 0; i < is->count; i++) {
		struct job *j = is->jobs[i];
		struct err e = ERR_INIT;

		explain_refusal(is, j);
		if (j->order.step == ORDER_DONE && job_install(j, is->site, is->connection.account_url, &e) < 0) {
			j->order.step = ORDER_FAILED;
			err_move(&j->order.err, &e);
		}
		if (j->issued)
			log_verbose(_("%s: new certificate, generation %d"), j->cert->name, j->generation);
		if (j->order.replaces_refused)
			log_verbose(_("%s: the CA did not take the note which certificate it replaces; ordered without"), j->cert->name);
		job_end(j, is->site);
	}
}

void issue_all(struct site *s, const struct ca_setting *ca, struct job *const *jobs, size_t n,
               struct issue_counts *counts)
{
	struct issue is = {.site = s, .jobs = jobs, .count = n, .begun_ms = clock_mono_ms(s->clock)};
	struct err e = ERR_INIT;
	struct http_stats stats;
	int signo;

	if (prepare(&is, ca, &e) < 0)
		fail_all(&is, &e);
	while (!all_over(&is))
		if (one_round(&is, &e) < 0)
			fail_all(&is, &e);
	log_progress_end();
	signo = sig_take();
	if (is.solvers)
		clean_up(&is, true);
	install_all(&is);
	sig_put_back(signo);
	stats = connect_stats(&is.connection);
	counts->requests += stats.requests;
	counts->connections += stats.connections;
	solver_close(is.solvers);
	connect_close(&is.connection);
}
