#include "config.h"

#include "run/deploy.h"

#include <stdlib.h>

#include "base/hook.h"
#include "base/i18n.h"
#include "base/log.h"

bool deploy_is_owed(const struct store_state *st, const char *hook_id, int generation)
{
	for (size_t i = 0; i < st->deploy_count; i++)
		if (str_eq(st->deploy[i].hook, hook_id))
			return st->deploy[i].generation != generation;
	return true;
}

static void add_path(struct strs *env, const struct site *s, const char *variable, const char *name, const char *file)
{
	char *path = store_live_path(s->store, name, file);

	(void)hook_env_add(env, variable, path);
	free(path);
}

static void add_text(struct strs *env, const char *variable, char *owned)
{
	hook_env_add(env, variable, owned);
	free(owned);
}

/* doc/hooks.md, "deploy". */
static void deploy_env(const struct site *s, const struct store_generation *g, const char *reason, struct strs *env)
{
	hook_env_add(env, "TEGATA_STAGE", "deploy");
	hook_env_add(env, "TEGATA_CERT_NAME", g->name);
	hook_env_add(env, "TEGATA_REASON", reason);
	hook_env_add(env, "TEGATA_SERIAL", g->serial);
	add_path(env, s, "TEGATA_CERT_DIR", g->name, NULL);
	add_path(env, s, "TEGATA_KEY_PATH", g->name, "privkey.pem");
	add_path(env, s, "TEGATA_CERT_PATH", g->name, "cert.pem");
	add_path(env, s, "TEGATA_CHAIN_PATH", g->name, "chain.pem");
	add_path(env, s, "TEGATA_FULLCHAIN_PATH", g->name, "fullchain.pem");
	add_path(env, s, "RENEWED_LINEAGE", g->name, NULL);
	add_text(env, "TEGATA_NAMES", strs_join(&g->names, " "));
	add_text(env, "RENEWED_DOMAINS", strs_join(&g->names, " "));
	add_text(env, "TEGATA_GENERATION", str_fmt("%d", g->number));
	add_text(env, "TEGATA_NOT_AFTER", time_format_utc(g->not_after));
}

static int run_hook(const struct site *s, const struct store_generation *g, const struct hook_spec *h,
                    const char *reason, struct err *e)
{
	struct hook_dirs dirs = {s->hooks_dir, s->shipped_hooks_dir};
	struct strs env = {0}, args = {0};
	struct hook_call call = {.hook = h, .dirs = &dirs, .args = &args, .env = &env};
	int rc;

	strs_add(&args, "deploy");
	strs_add(&args, g->name);
	deploy_env(s, g, reason, &env);
	rc = hook_run(&call, NULL, e);
	strs_clear(&args);
	strs_clear(&env);
	return rc;
}

/* One certificate's hooks in one visit. */
struct deployment {
	struct site *site;
	const struct certificate_setting *cert;
	struct store_generation live;
	struct store_state state;
	struct visit_item *item;
};

static void note_failure(struct store_deploy *d, struct visit_item *item, const struct certificate_setting *c,
                         struct err *e)
{
	d->generation = 0;
	str_replace(&d->last_error, err_text(e));
	d->failures++;
	item->deploy_owed++;
	err_wrap(e, _("deploying %s"), c->name);
	if (!e->advice)
		err_advise(e,
		           _("The certificate is in place; only the hook failed. It is tried again at the next run, or now: "
		             "`tegata deploy %s`."),
		           c->name);
	if (item->deploy_err.kind == ERR_NONE)
		err_move(&item->deploy_err, e);
	else
		err_clear(e);
}

static void deploy_one(struct deployment *p, const struct hook_spec *h)
{
	const struct certificate_setting *c = p->cert;
	char *id = hook_id(h), *label = hook_label(h);
	struct store_deploy *d = store_state_deploy(&p->state, id, label);
	struct err e = ERR_INIT;

	log_progress(_("%s: deploying by %s"), c->name, label);
	if (run_hook(p->site, &p->live, h, visit_reason_name(p->item->reason), &e) < 0) {
		note_failure(d, p->item, c, &e);
	} else {
		d->generation = p->live.number;
		d->at = clock_now(p->site->clock);
		d->failures = 0;
		str_replace(&d->last_error, NULL);
		strs_add(&p->item->deployed, label);
		log_event(_("%s: deployed by %s"), c->name, label);
	}
	free(id);
	free(label);
}

static void save_state(struct site *s, const char *name, const struct store_state *st, struct visit_item *item)
{
	struct err e = ERR_INIT;

	if (store_state_save(s->store, name, st, &e) == 0)
		return;
	err_wrap(&e, _("recording the deploys of %s"), name);
	if (item->deploy_err.kind == ERR_NONE)
		err_move(&item->deploy_err, &e);
	else
		err_clear(&e);
}

static bool is_any_owed(const struct deployment *p, int generation)
{
	bool owed = false;

	for (size_t i = 0; !owed && i < p->cert->deploy_count; i++) {
		char *id = hook_id(&p->cert->deploy[i]);

		owed = deploy_is_owed(&p->state, id, generation);
		free(id);
	}
	return owed;
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

void deploy_certificate(struct site *s, const struct certificate_setting *c, bool again, struct visit_item *item)
{
	struct deployment p = {.site = s, .cert = c, .item = item};
	struct err e = ERR_INIT;
	int found;

	if (c->deploy_count == 0)
		return;
	found = load(&p, again, &e);
	if (found < 0) {
		err_wrap(&e, _("deploying %s"), c->name);
		err_move(&item->deploy_err, &e);
	}
	for (size_t i = 0; found > 0 && i < c->deploy_count; i++) {
		char *id = hook_id(&c->deploy[i]);

		if (again || deploy_is_owed(&p.state, id, p.live.number)) {
			deploy_one(&p, &c->deploy[i]);
			save_state(s, c->name, &p.state, item);
		}
		free(id);
	}
	log_progress_end();
	store_state_clear(&p.state);
	store_generation_clear(&p.live);
}
