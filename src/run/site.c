#include "config.h"

#include "run/site.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/guise.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/trust.h"
#include "data/yaml.h"
#include "entitle/fqdn.h"
#include "run/job.h"
#include "run/ledger.h"

#define MACHINE_ID_MAX 256

static char *or_default(const char *given, const char *standard)
{
	return str_dup(given ? given : standard);
}

/* What tells this host from others: its machine-id, or, in containers and chroots that have none, its name. */
static char *host_id(void)
{
	struct err ignored = ERR_INIT;
	char name[HOST_NAME_MAX + 1] = "";
	struct buf b;
	char *id = NULL;

	buf_init(&b, MACHINE_ID_MAX);
	if (fs_read("/etc/machine-id", &b, &ignored) == 0 && b.len > 0)
		id = str_ndup(b.data, strcspn(b.data, "\n"));
	buf_clear(&b);
	err_clear(&ignored);
	if (id && *id)
		return id;
	free(id);
	if (gethostname(name, sizeof name - 1) != 0)
		return str_dup("");
	return str_dup(name);
}

void site_init(struct site *s, const struct site_options *o)
{
	*s = (struct site){.options = *o, .clock = clock_system()};
	s->config_dir = or_default(o->config_dir, SYSCONFDIR);
	s->state_dir = or_default(o->state_dir, STATEDIR);
	s->entitlements_file = o->entitlements ? str_dup(o->entitlements) : fs_join(s->config_dir, "entitlements.yaml");
	s->hooks_dir = fs_join(s->config_dir, "hooks");
	s->shipped_hooks_dir = proc_libexec("hooks");
	s->host = host_id();
}

void site_clear(struct site *s)
{
	store_close(s->store);
	settings_clear(&s->settings);
	free(s->rule);
	entry_list_clear(&s->entries);
	free(s->config_dir);
	free(s->state_dir);
	free(s->entitlements_file);
	free(s->hooks_dir);
	free(s->shipped_hooks_dir);
	free(s->host);
	*s = (struct site){0};
}

static void mistake_at(struct diags *d, const struct place *p, const char *text)
{
	diags_add(d, p->file ? p->file : _("settings"), p->line, p->column, "%s", text);
}

/* Puts a name as written into normal form; what cannot be stays as it is, and why is said to d, when there is one. */
static void normalize(char **name, const struct place *place, struct diags *d)
{
	char *normal = NULL, *why = NULL;

	if (fqdn_normalize(*name, &normal, &why) == 0)
		str_replace(name, normal);
	else if (d)
		mistake_at(d, place, why);
	free(why);
}

static void normalize_challenge(struct challenge_setting *c, struct diags *d)
{
	for (size_t i = 0; i < c->names.count; i++)
		normalize(&c->names.item[i], &c->place, d);
	for (size_t i = 0; i < c->webroot_names.count; i++)
		normalize(&c->webroot_names.item[i], &c->place, d);
}

/* That a name has no challenge, or no webroot, was told with the settings. */
static bool has_challenge(const struct certificate_setting *c, const char *name)
{
	const struct challenge_setting *ch = settings_challenge(c, name);

	return ch && (ch->method != CHALLENGE_WEBROOT || settings_webroot(ch, name));
}

static void check_name(const struct certificate_setting *c, const char *name, const struct place *place,
                       struct diags *d)
{
	struct solver_plan plan;
	struct err e = ERR_INIT;

	if (fqdn_is_normal(name) && has_challenge(c, name) && job_plan(c, name, &plan, &e) < 0)
		mistake_at(d, place, e.cause);
	err_clear(&e);
}

/* What is wrong with it is its own certificate's trouble; whoever asks about the settings hears of it as well. */
static void check_csr(const struct certificate_setting *c, struct diags *d)
{
	struct err e = ERR_INIT;
	struct csr *r = NULL;

	if (c->csr && site_csr_load(c, &r, &e) < 0) {
		char *text = err_text(&e);

		mistake_at(d, &c->place, text);
		free(text);
	}
	csr_free(r);
	err_clear(&e);
}

/* The names of its challenges are among its own, so what is wrong with them is told once. */
static void check_certificate(struct certificate_setting *c, bool thorough, struct diags *d)
{
	for (size_t i = 0; i < c->challenge_count; i++)
		normalize_challenge(&c->challenge[i], NULL);
	for (size_t i = 0; i < c->names.count; i++)
		normalize(&c->names.item[i], c->name_place ? &c->name_place[i] : &c->place, d);
	for (size_t i = 0; i < c->names.count; i++)
		check_name(c, c->names.item[i], c->name_place ? &c->name_place[i] : &c->place, d);
	if (thorough)
		check_csr(c, d);
}

static void check_ca(const struct ca_setting *ca, struct diags *d)
{
	struct err e = ERR_INIT;

	if (ca->server && http_url_check(ca->server, &e) < 0)
		mistake_at(d, &ca->place, e.cause);
	err_clear(&e);
}

static void check_cas(const struct site *s, struct diags *d)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; !s->options.server && i < s->settings.ca_count; i++)
		check_ca(&s->settings.ca[i], d);
	if (s->options.server && http_url_check(s->options.server, &e) < 0)
		diags_add(d, "--server", 0, 0, "%s", e.cause);
	err_clear(&e);
}

static void load_entries(struct site *s, struct diags *d)
{
	struct yaml_node *root = NULL;

	if (yaml_load(s->entitlements_file, &root, &s->entries_missing, d) == 0 && !s->entries_missing)
		entry_list_read(s->entitlements_file, root, &s->entries, d);
	if (s->entries_missing && s->options.entitlements)
		diags_add(d, s->entitlements_file, 0, 0, "%s", _("there is no such file"));
	yaml_node_free(root);
}

/* --server and --ca-file are for this one command, whatever the settings say. */
static void override_cas(struct site *s)
{
	for (size_t i = 0; i < s->settings.ca_count; i++) {
		struct ca_setting *ca = &s->settings.ca[i];

		if (s->options.server)
			str_replace(&ca->server, str_dup(s->options.server));
		if (s->options.ca_file)
			str_replace(&ca->ca_file, str_dup(s->options.ca_file));
	}
}

/* One that is root's, or not there yet, is so only as long as nobody puts a link in its place. */
static int check_way(const char *state_dir, struct err *e)
{
	struct stat st;

	if (trust_file(state_dir, 0, &st, e) == 0)
		return 0;
	if (e->sys_errno == 0)
		return err_wrap(e, _("root does not use the state folder %s"), state_dir);
	err_clear(e); /* whoever needs it will meet the error and tell it */
	return 0;
}

/*
 * What somebody else's store holds may be links to what only root may read or write. With its owner's rights, nothing
 * more comes of them than its owner could do.
 */
static int take_owners_rights(const struct site *s, struct err *e)
{
	struct stat st;

	if (!s->options.for_owner || geteuid() != 0)
		return 0;
	if (stat(s->state_dir, &st) == 0 && st.st_uid != 0)
		return guise_take(st.st_uid, e);
	return check_way(s->state_dir, e);
}

int site_load(struct site *s, struct err *e)
{
	struct guise guise = guise_lift();
	struct diags d = {0};
	int rc;

	settings_load(s->config_dir, &s->settings, &d);
	override_cas(s);
	site_rule_load(s);
	check_cas(s, &d);
	for (size_t i = 0; i < s->settings.certificate_count; i++)
		check_certificate(&s->settings.certificate[i], s->options.thorough, &d);
	for (size_t i = 0; i < s->settings.defaults.challenge_count; i++)
		normalize_challenge(&s->settings.defaults.challenge[i], &d);
	if (s->options.thorough)
		site_hooks_check(s, &d);
	load_entries(s, &d);
	guise_resume(&guise);
	rc = diags_result(&d, e);
	diags_clear(&d);
	if (s->options.for_owner && (rc < 0 || take_owners_rights(s, e) < 0))
		return -1;
	s->ledger_applied = false;
	ledger_apply(s, false);
	return rc;
}

int site_open_store(struct site *s, struct err *e)
{
	if (!s->store && store_open(s->state_dir, &s->store, e) < 0)
		return -1;
	ledger_apply(s, false);
	return 0;
}

int site_lock(struct site *s, struct err *e)
{
	if (!s->store && store_open(s->state_dir, &s->store, e) < 0)
		return -1;
	store_set_doing(s->store, s->options.doing);
	if (store_lock(s->store, 0, e) < 0)
		return -1;
	/* Only now: who holds the lock moves aside what cannot be used. */
	ledger_apply(s, true);
	return 0;
}

/* What was read before a long wait may be of yesterday by now. */
static int read_again(struct site *s, struct err *e)
{
	struct store *held = s->store;
	struct site fresh;
	int rc;

	site_init(&fresh, &s->options);
	fresh.clock = s->clock;
	fresh.port = s->port;
	fresh.probe_port = s->probe_port;
	s->store = NULL;
	site_clear(s);
	*s = fresh;
	rc = site_load(s, e);
	s->store = held;
	if (rc == 0)
		ledger_apply(s, true);
	return rc;
}

int site_wait(struct site *s, int wait_sec, struct err *e)
{
	if (site_lock(s, e) == 0)
		return 0;
	if (e->kind != ERR_LOCKED || wait_sec <= 0)
		return -1;
	log_event(P_("%s; waiting for up to %d second", "%s; waiting for up to %d seconds", (unsigned long)wait_sec), e->cause,
	          wait_sec);
	err_clear(e);
	return store_lock(s->store, wait_sec, e) < 0 ? -1 : read_again(s, e);
}

const struct ca_setting *site_ca(const struct site *s, const struct certificate_setting *c)
{
	const struct ca_setting *ca = settings_ca(&s->settings, c ? c->ca : NULL);

	return ca ? ca : settings_ca(&s->settings, NULL);
}

const struct ca_setting *site_issuer(const struct site *s, const struct certificate_setting *c,
                                     const struct store_generation *g)
{
	const struct ca_setting *ca = g->number > 0 && g->ca ? settings_ca(&s->settings, g->ca) : NULL;

	return ca ? ca : site_ca(s, c);
}
