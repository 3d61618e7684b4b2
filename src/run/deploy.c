#include "config.h"

#include "run/deploy.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/guise.h"
#include "base/hook.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "pki/chain.h"
#include "run/deploy_env.h"
#include "run/output.h"
#include "run/served.h"

/* In the order in which they are done. */
enum kind { OUTPUTS, HOOKS, SERVICES, KINDS };

static size_t count_of(const struct certificate_setting *c, enum kind k)
{
	return k == OUTPUTS ? c->output_count : k == HOOKS ? c->deploy_count : c->served_count;
}

static char *id_of(const struct certificate_setting *c, enum kind k, size_t i)
{
	return k == OUTPUTS ? output_id(&c->output[i]) : k == HOOKS ? hook_id(&c->deploy[i]) : served_id(&c->served[i]);
}

static char *label_of(const struct certificate_setting *c, enum kind k, size_t i)
{
	return k == HOOKS ? hook_label(&c->deploy[i]) : id_of(c, k, i);
}

static struct store_deploy *find(const struct store_state *st, const char *id)
{
	for (size_t i = 0; i < st->deploy_count; i++)
		if (str_eq(st->deploy[i].hook, id))
			return &st->deploy[i];
	return NULL;
}

bool deploy_is_owed(const struct store_state *st, const char *id, int generation)
{
	const struct store_deploy *d = find(st, id);

	return !d || d->generation != generation;
}

static void summarize_one(const struct store_deploy *d, char *label, struct deploy_summary *out)
{
	if (d && d->last_error)
		strs_add(&out->failed, label);
	if (d && d->last_error && !out->error)
		out->error = str_dup(d->last_error);
	strs_take(&out->owed, label);
}

void deploy_summarize(const struct certificate_setting *c, const struct store_state *st, int generation,
                      struct deploy_summary *out)
{
	for (enum kind k = OUTPUTS; k < KINDS; k++)
		for (size_t i = 0; i < count_of(c, k); i++) {
			char *id = id_of(c, k, i);

			if (deploy_is_owed(st, id, generation))
				summarize_one(find(st, id), label_of(c, k, i), out);
			free(id);
		}
}

void deploy_summary_clear(struct deploy_summary *d)
{
	strs_clear(&d->owed);
	strs_clear(&d->failed);
	free(d->error);
	*d = (struct deploy_summary){0};
}

/* What one certificate owes in one visit. */
struct deployment {
	struct site *site;
	const struct certificate_setting *cert;
	const char *reason;
	struct store_generation live;
	struct store_state state;
	struct visit_item *item;
	struct strs kept; /* second names of files that were there before ours */
};

/* Whatever was done before is to be done once more. */
static void owe(struct deployment *p, enum kind k)
{
	for (size_t i = 0; i < count_of(p->cert, k); i++) {
		char *id = id_of(p->cert, k, i);
		struct store_deploy *d = find(&p->state, id);

		if (d)
			d->generation = 0;
		free(id);
	}
}

static bool is_owed(const struct deployment *p, enum kind k, size_t i, int generation)
{
	char *id = id_of(p->cert, k, i);
	bool owed = deploy_is_owed(&p->state, id, generation);

	free(id);
	return owed;
}

static bool is_any_owed(const struct deployment *p, int generation)
{
	for (enum kind k = OUTPUTS; k < KINDS; k++)
		for (size_t i = 0; i < count_of(p->cert, k); i++)
			if (is_owed(p, k, i, generation))
				return true;
	return false;
}

static void keep_first(struct visit_item *item, struct err *e)
{
	if (item->deploy_err.kind == ERR_NONE)
		err_move(&item->deploy_err, e);
	else
		err_clear(e);
}

/* They are not put back by themselves: which of several belong together, and to what is running, is not known here. */
static void advise_of_kept(const struct strs *kept, struct err *e)
{
	char *files = strs_join(kept, " "), *text;

	text = str_fmt(_("%s Files that were there before are kept: %s. To go back to them, copy each (cp -a) over the file without "
	                 "\".before-tegata\", all of them, and reload the service."),
	               e->advice, files);
	err_advise(e, "%s", text);
	free(text);
	free(files);
}

static void advise(const struct deployment *p, enum kind k, struct err *e)
{
	const char *name = p->cert->name;

	if (!e->advice && k == HOOKS)
		err_advise(e,
		           _("The certificate is in place; only the hook failed. It is tried again at the next run, or now: "
		             "`tegata deploy %s`."),
		           name);
	else if (!e->advice)
		err_advise(e, _("The certificate is in place. It is tried again at the next run, or now: `tegata deploy %s`."), name);
	if (k != OUTPUTS && p->kept.count > 0)
		advise_of_kept(&p->kept, e);
}

static void note_failure(struct deployment *p, enum kind k, struct store_deploy *d, struct err *e)
{
	d->generation = 0;
	/* What a signal broke off has not failed. */
	if (e->kind != ERR_INTERRUPTED) {
		str_replace(&d->last_error, err_text(e));
		d->failures += d->failures < INT32_MAX;
	}
	err_wrap(e, _("deploying %s"), p->cert->name);
	advise(p, k, e);
	keep_first(p->item, e);
}

static void note_success(struct deployment *p, struct store_deploy *d)
{
	d->generation = p->live.number;
	d->at = clock_now(p->site->clock);
	d->failures = 0;
	str_replace(&d->last_error, NULL);
	strs_add(&p->item->deployed, d->label);
}

static struct store_deploy *record_of(struct deployment *p, enum kind k, size_t i)
{
	char *id = id_of(p->cert, k, i), *label = label_of(p->cert, k, i);
	struct store_deploy *d = store_state_deploy(&p->state, id, label);

	free(id);
	free(label);
	return d;
}

static void save_state(struct deployment *p)
{
	struct err e = ERR_INIT;

	if (store_state_save(p->site->store, p->cert->name, &p->state, &e) == 0)
		return;
	err_wrap(&e, _("recording the deploys of %s"), p->cert->name);
	keep_first(p->item, &e);
}

static int run_hook(struct deployment *p, const struct hook_spec *h, struct err *e)
{
	struct hook_dirs dirs = site_hooks_dirs(p->site, p->site->settings.hook_users.deploy);
	struct strs env = {0}, args = {0};
	struct hook_call call = {.hook = h, .dirs = &dirs, .args = &args, .env = &env};
	int rc;

	strs_add(&args, "deploy");
	strs_add(&args, p->live.name);
	deploy_env(p->site, p->cert, &p->live, p->reason, &env);
	rc = hook_run(&call, NULL, e);
	strs_clear(&args);
	strs_clear(&env);
	return rc;
}

/* The first time a file of somebody else may be there. */
static int write_output(struct deployment *p, const struct output_setting *o, const struct store_deploy *d,
                        struct err *e)
{
	char *kept = NULL;
	int rc = d->at == 0 ? output_keep_before(o, &kept, e) : 0;

	if (kept) {
		log_event(_("%s: what was at %s before is kept as %s"), p->cert->name, o->path, kept);
		strs_take(&p->kept, kept);
	}
	return rc < 0 ? -1 : output_write(p->site, o, p->cert->name, p->live.number, e);
}

/* 0 or -1. A file that was written is for hooks to load, and what a hook loaded is to be seen outside. */
static int do_one(struct deployment *p, enum kind k, size_t i)
{
	const struct certificate_setting *c = p->cert;
	struct store_deploy *d = record_of(p, k, i);
	struct err e = ERR_INIT;
	int rc;

	log_progress(k == HOOKS ? _("%s: deploying by %s") : _("%s: writing %s"), c->name,
	             k == HOOKS ? d->label : c->output[i].path);
	if (k == OUTPUTS)
		owe(p, HOOKS);
	owe(p, SERVICES);
	if (k == HOOKS)
		rc = run_hook(p, &c->deploy[i], &e);
	else
		rc = write_output(p, &c->output[i], d, &e);
	if (rc < 0) {
		note_failure(p, k, d, &e);
	} else {
		note_success(p, d);
		if (k == HOOKS)
			log_event(_("%s: deployed by %s"), c->name, d->label);
		else
			log_event(_("%s: written: %s"), c->name, c->output[i].path);
	}
	save_state(p);
	return rc;
}

/* 0 = none failed. */
static int do_all(struct deployment *p, enum kind k)
{
	int rc = 0;

	for (size_t i = 0; i < count_of(p->cert, k) && !sig_pending(); i++)
		if (is_owed(p, k, i, p->live.number) && do_one(p, k, i) < 0)
			rc = -1;
	return rc < 0 || sig_pending() ? -1 : 0;
}

/* Services whose answer is awaited. */
struct looking {
	struct deployment *p;
	const struct probe_port *port;
	struct chain *wanted;
	enum probe_key key;
	size_t *open; /* which of cert->served */
	struct err *err; /* of each of cert->served: what was wrong the last time */
	size_t count;
	bool patient; /* one of them may only need time */
};

static int load_wanted(struct looking *l, struct err *e)
{
	char *path = store_generation_path(l->p->site->store, l->p->live.name, l->p->live.number, "fullchain.pem");
	struct buf pem;
	int rc;

	buf_init(&pem, CHAIN_PEM_MAX);
	rc = fs_read(path, &pem, e);
	if (rc == 0)
		rc = chain_parse(pem.data, pem.len, &l->wanted, e);
	buf_clear(&pem);
	free(path);
	return rc;
}

static enum probe_key key_of(const struct deployment *p)
{
	enum key_type type;

	if (!p->live.key_type || key_type_parse(p->live.key_type, &type) < 0)
		return PROBE_KEY_ANY;
	return served_key(settings_has_siblings(&p->site->settings, p->cert), type);
}

/* What is well leaves the list; all else may need time: an old worker may have answered, even with the right leaf. */
static void judge(struct looking *l, const struct probe_result *results, size_t n)
{
	size_t kept = 0;

	l->patient = l->count > n;
	for (size_t i = 0; i < l->count; i++) {
		size_t service = l->open[i];
		const struct served_setting *setting = &l->p->cert->served[service];
		struct store_deploy *d;

		if (i >= n) {
			l->open[kept++] = service;
			continue;
		}
		err_clear(&l->err[service]);
		switch (served_verdict(setting, l->wanted, &results[i], &l->err[service])) {
		case SERVED_WELL:
			d = record_of(l->p, SERVICES, service);
			note_success(l->p, d);
			log_event(_("%s: the service %s serves it"), l->p->cert->name, setting->label);
			break;
		case SERVED_LATER:
			l->patient = true;
			l->open[kept++] = service;
			break;
		case SERVED_WRONG:
			l->open[kept++] = service;
			break;
		}
	}
	l->count = kept;
}

/* One look at (at most a batch of) what is still open. -1 = the worker itself is broken, or a signal came. */
static int look_once(struct looking *l, struct err *e)
{
	size_t n = l->count < PROBE_BATCH_MAX ? l->count : PROBE_BATCH_MAX;
	struct probe_request *requests = mem_new(n, sizeof *requests);
	struct probe_result *results = mem_new(n, sizeof *results);
	char **made = mem_new(n, sizeof *made);
	int rc;

	for (size_t i = 0; i < n; i++)
		served_request(&l->p->cert->served[l->open[i]], &l->p->live.names, l->key, &requests[i], &made[i]);
	rc = l->port->probe(l->port->self, requests, n, results, e);
	if (rc == 0)
		judge(l, results, n);
	for (size_t i = 0; i < n; i++) {
		probe_result_clear(&results[i]);
		free(made[i]);
	}
	free(made);
	free(results);
	free(requests);
	return rc;
}

/* What was waited for in vain before does not hold up every visit, nor does what time alone will hardly mend. */
static int64_t patience_ms(const struct looking *l)
{
	for (size_t i = 0; l->patient && i < l->count; i++)
		if (record_of(l->p, SERVICES, l->open[i])->failures == 0)
			return SERVED_PATIENCE_MS;
	return SERVED_PATIENCE_AGAIN_MS;
}

/* Until all are well, or patience is over. */
static int look_until(struct looking *l, struct err *e)
{
	const struct clock *clock = l->p->site->clock;
	int64_t begun = clock_mono_ms(clock);

	for (;;) {
		log_progress(_("%s: looking whether its services serve it"), l->p->cert->name);
		if (look_once(l, e) < 0)
			return -1;
		if (l->count == 0 || clock_mono_ms(clock) >= begun + patience_ms(l))
			return 0;
		if (clock_sleep_ms(clock, SERVED_AGAIN_MS) < 0)
			return sig_check(e);
	}
}

static int look(struct looking *l, struct err *e)
{
	struct http_options o = {.user_agent = "tegata/" PACKAGE_VERSION};
	struct http *http = NULL;
	int rc = load_wanted(l, e);
	struct guise guise = guise_lift();

	l->port = l->p->site->probe_port;
	if (rc == 0 && !l->port) {
		rc = http_open(&o, &http, e);
		if (rc == 0)
			l->port = probe_port_of(http);
	}
	if (rc == 0)
		rc = look_until(l, e);
	http_close(http);
	guise_resume(&guise);
	return rc;
}

/* What was not found well is a failed deploy; e is the error of all that have none of their own. */
static bool note_services(struct looking *l, const bool *owed, const struct err *e)
{
	struct deployment *p = l->p;
	bool failed = false;

	for (size_t i = 0; i < p->cert->served_count; i++) {
		if (!owed[i] || !is_owed(p, SERVICES, i, p->live.number))
			continue;
		if (l->err[i].kind == ERR_NONE)
			err_copy(&l->err[i], e);
		note_failure(p, SERVICES, record_of(p, SERVICES, i), &l->err[i]);
		failed = true;
	}
	return failed;
}

static void look_at_services(struct deployment *p)
{
	size_t most = p->cert->served_count;
	struct looking l = {.p = p, .key = key_of(p)};
	struct err e = ERR_INIT;
	bool *owed;

	if (most == 0)
		return;
	owed = mem_new(most, sizeof *owed);
	l.open = mem_new(most, sizeof *l.open);
	l.err = mem_new(most, sizeof *l.err);
	for (size_t i = 0; i < most; i++) {
		owed[i] = is_owed(p, SERVICES, i, p->live.number);
		if (owed[i])
			l.open[l.count++] = i;
	}
	if (l.count > 0) {
		if (look(&l, &e) < 0 && e.kind != ERR_INTERRUPTED)
			err_wrap(&e, "%s", _("looking whether its services serve it"));
		/* Most often a reload did not do its work: the next run asks for it again, then looks again. */
		if (e.kind != ERR_INTERRUPTED && note_services(&l, owed, &e))
			owe(p, HOOKS);
		save_state(p);
	}
	for (size_t i = 0; i < most; i++)
		err_clear(&l.err[i]);
	err_clear(&e);
	chain_free(l.wanted);
	free(l.err);
	free(l.open);
	free(owed);
}

/* 1 = live and state are loaded, 0 = nothing to do. The visit knows the live generation; mostly that settles it. */
static int load(struct deployment *p, bool again, struct err *e)
{
	struct store *store = p->site->store;
	int known = p->item->generation;
	bool found = false;

	if (store_state_load(store, p->cert->name, &p->state, e) < 0)
		return -1;
	if (known > 0 && !again && !is_any_owed(p, known))
		return 0;
	if (store_generation_live(store, p->cert->name, &p->live, &found, e) < 0)
		return -1;
	return found;
}

static void do_everything(struct deployment *p)
{
	struct deploy_summary left = {0};

	if (do_all(p, OUTPUTS) < 0) {
		if (p->cert->deploy_count > 0 && !sig_pending())
			log_warn(_("%s: its deploy hooks are not run until all outputs are written: they would load old files"), p->cert->name);
	} else if (do_all(p, HOOKS) == 0) {
		look_at_services(p);
	}
	deploy_summarize(p->cert, &p->state, p->live.number, &left);
	p->item->deploy_owed += left.owed.count;
	deploy_summary_clear(&left);
}

static void deploy(struct deployment *p, bool again)
{
	const struct certificate_setting *c = p->cert;
	struct err e = ERR_INIT;
	int found;

	if (c->output_count + c->deploy_count + c->served_count == 0)
		return;
	found = load(p, again, &e);
	if (found < 0) {
		err_wrap(&e, _("deploying %s"), c->name);
		keep_first(p->item, &e);
	}
	for (enum kind k = OUTPUTS; found > 0 && again && k < KINDS; k++)
		owe(p, k);
	/* Whatever ends us on the way, the next run finishes it, and takes away what is left beside an output. */
	if (found > 0 && again)
		save_state(p);
	if (found > 0)
		do_everything(p);
	log_progress_end();
	store_state_clear(&p->state);
	store_generation_clear(&p->live);
	strs_clear(&p->kept);
}

void deploy_certificate(struct site *s, const struct certificate_setting *c, bool again, struct visit_item *item)
{
	struct deployment p = {.site = s, .cert = c, .item = item, .reason = visit_reason_name(item->reason)};

	deploy(&p, again);
}

void deploy_rolled_back(struct site *s, const struct certificate_setting *c, struct visit_item *item)
{
	struct deployment p = {.site = s, .cert = c, .item = item, .reason = "rollback"};

	deploy(&p, true);
}
