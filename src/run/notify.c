#include "config.h"

#include "run/notify.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "entitle/effective.h"
#include "entitle/fqdn.h"
#include "entitle/lapse.h"
#include "run/deploy.h"
#include "run/look_lapse.h"
#include "run/revoked.h"
#include "run/tell.h"

#define HOST_MAX 255
#define TEXT_MAX 4000 /* bytes; a CA may say a lot, and what is too long for one hook would be told by none */
#define TEST_EVENT "test"
/* What is about no certificate is recorded under a name that none can have: after "+" comes a type of key. */
#define SITE_RECORD "tegata+site"
#define SITE_AGAIN_SEC 86400

/* One message: what hooks are told. */
struct message {
	const char *event, *level, *key, *text;
	const char *name;                    /* NULL = about no certificate in particular */
	const struct store_generation *live; /* NULL = none, or as before */
	int64_t next_try;
};

/* One round of messages: a hook that failed is not asked again in it, most often the way out itself is broken. */
struct telling {
	struct site *site;
	bool *broken; /* one per hook */
	char *host;
};

static const struct events_row *row_of(enum events_id id)
{
	size_t count;

	return &events_table(&count)[id];
}

static void open_telling(struct telling *t, struct site *s)
{
	char host[HOST_MAX + 1] = "";

	if (gethostname(host, sizeof host - 1) < 0)
		host[0] = '\0';
	*t = (struct telling){.site = s, .host = str_escape(host, strlen(host), HOST_MAX)};
	t->broken = mem_new(s->settings.notify_count ? s->settings.notify_count : 1, sizeof *t->broken);
}

static void close_telling(struct telling *t)
{
	free(t->broken);
	free(t->host);
}

static void add_owned(struct strs *env, const char *name, char *value)
{
	hook_env_add(env, name, value);
	free(value);
}

/* Messages may have several lines, and many; here each is one, and ends with a whole character. */
static char *one_line(const char *text)
{
	size_t len = strlen(text ? text : ""), end = len > TEXT_MAX ? TEXT_MAX : len;
	char *line;

	while (end < len && end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
		end--;
	line = str_fmt("%.*s%s", (int)end, text ? text : "", end < len ? "…" : "");

	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return line;
}

static void add_live(struct strs *env, const struct store_generation *g)
{
	if (!g)
		return;
	add_owned(env, "TEGATA_NAMES", strs_join(&g->names, " "));
	hook_env_add(env, "TEGATA_SERIAL", g->serial);
	if (g->number > 0)
		add_owned(env, "TEGATA_GENERATION", str_fmt("%d", g->number));
	if (g->not_after > 0)
		add_owned(env, "TEGATA_NOT_AFTER", time_format_utc(g->not_after));
}

static int run_hook(const struct telling *t, const struct hook_spec *h, const struct message *m, struct err *e)
{
	struct hook_dirs dirs = site_hooks_dirs(t->site, t->site->settings.hook_users.notify);
	struct strs env = {0}, args = {0};
	struct hook_call call = {.hook = h, .dirs = &dirs, .args = &args, .env = &env};
	int rc;

	strs_add(&args, "notify");
	strs_add(&args, m->event);
	if (m->name)
		strs_add(&args, m->name);
	hook_env_add(&env, "TEGATA_STAGE", "notify");
	hook_env_add(&env, "TEGATA_EVENT", m->event);
	hook_env_add(&env, "TEGATA_LEVEL", m->level);
	hook_env_add(&env, "TEGATA_EVENT_KEY", m->key);
	hook_env_add(&env, "TEGATA_CERT_NAME", m->name);
	hook_env_add(&env, "TEGATA_HOST", t->host);
	add_owned(&env, "TEGATA_TEXT", one_line(m->text));
	add_live(&env, m->live);
	if (m->next_try > 0)
		add_owned(&env, "TEGATA_NEXT_TRY", time_format_utc(m->next_try));
	rc = hook_run(&call, NULL, e);
	strs_clear(&args);
	strs_clear(&env);
	return rc;
}

static void warn(const struct hook_spec *h, const struct message *m, const struct err *e)
{
	char *label = hook_label(h), *text = err_text(e);

	if (m->name)
		log_warn(_("%s: nobody was told of \"%s\" by %s: %s"), m->name, m->event, label, text);
	else
		log_warn(_("nobody was told of \"%s\" by %s: %s"), m->event, label, text);
	free(label);
	free(text);
}

static bool is_wanted(const struct notify_setting *n, const char *event, enum events_level level)
{
	return level >= n->level && (n->events.count == 0 || strs_has(&n->events, event));
}

/*
 * While one hook fails and another does not, the other must not hear the same again at each run: what it was told
 * already stands in the state as a deploy record of its own, with event keys as lines of last_error.
 */
static char *record_of(const struct hook_spec *h)
{
	char *id = hook_id(h), *record = str_fmt("notify:%s", id);

	free(id);
	return record;
}

static bool holds(const char *lines, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = lines; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strcspn(at, "\n") == len && strncmp(at, key, len) == 0)
			return true;
	return false;
}

static bool has_heard(const struct store_state *st, const struct hook_spec *h, const char *key)
{
	char *record = record_of(h);
	bool heard = false;

	for (size_t i = 0; i < st->deploy_count; i++)
		heard |= str_eq(st->deploy[i].hook, record) && holds(st->deploy[i].last_error, key);
	free(record);
	return heard;
}

static void note_heard(struct store_state *st, const struct hook_spec *h, const char *key)
{
	char *record = record_of(h);
	struct store_deploy *d = store_state_deploy(st, record, record);

	str_replace(&d->last_error, str_fmt("%s%s%s", d->last_error ? d->last_error : "", d->last_error ? "\n" : "", key));
	free(record);
}

/*
 * Only of what somebody is still to be told of it must be known who has heard it: an event that ended and comes again
 * is news to everybody. True when something was forgotten.
 */
static bool forget_heard(struct store_state *st, const struct strs *pending)
{
	bool changed = false;

	for (size_t i = 0; i < st->deploy_count; i++) {
		struct store_deploy *d = &st->deploy[i];
		struct strs left = {0};

		if (!str_starts(d->hook, "notify:") || !d->last_error)
			continue;
		for (size_t k = 0; k < pending->count; k++)
			if (holds(d->last_error, pending->item[k]))
				strs_add(&left, pending->item[k]);
		changed |= left.count == 0;
		str_replace(&d->last_error, left.count > 0 ? strs_join(&left, "\n") : NULL);
		strs_clear(&left);
	}
	return changed;
}

/* 1 = all that want it have heard of it, 0 = nobody wants it, -1 = one failed. */
static int tell_all(struct telling *t, const struct message *m, enum events_level level, struct store_state *st)
{
	const struct settings *settings = &t->site->settings;
	int result = 0;

	for (size_t i = 0; i < settings->notify_count; i++) {
		const struct notify_setting *n = &settings->notify[i];
		struct err e = ERR_INIT;

		if (!is_wanted(n, m->event, level))
			continue;
		if (has_heard(st, &n->hook, m->key)) {
			result = result < 0 ? -1 : 1;
		} else if (t->broken[i] || sig_pending()) {
			result = -1;
		} else if (run_hook(t, &n->hook, m, &e) < 0) {
			t->broken[i] = true;
			warn(&n->hook, m, &e);
			result = -1;
		} else {
			note_heard(st, &n->hook, m->key);
			result = result < 0 ? -1 : 1;
		}
		err_clear(&e);
	}
	return result;
}

/* What a visit found of one certificate. */
struct subject {
	const struct visit_item *item;
	const struct certificate_setting *cert; /* NULL = only in the store */
	struct store_generation live;
	struct store_state state;
	struct deploy_summary deploys;
	struct effective end;
	struct lapse fall; /* as it will be on the day of that end */
	char *falling, *along, *let_go, *moved_back;
	char *deploy_failed;
	int64_t next_try;
};

static void find_end(const struct site *s, const struct strs *names, struct subject *x)
{
	struct effective_input in = {.rule = site_rule(s, site_issuer(s, x->cert, &x->live)),
	                             .list = &s->entries,
	                             .names = names,
	                             .not_after = x->live.not_after,
	                             .from = x->live.number > 0 ? x->live.not_before : clock_now(s->clock)};

	effective_find(&in, &x->end);
}

/* Which names go with the first entry to end? */
static void find_fall(const struct site *s, const struct strs *names, struct subject *x)
{
	struct lapse_input in = {
		.rule = site_rule(s, site_issuer(s, x->cert, &x->live)),
		.list = &s->entries,
		.names = names,
		.at = x->end.first_at};

	if (!x->end.first)
		return;
	lapse_find(&in, &x->fall);
	if (x->fall.end_at > x->end.first_at)
		return;
	x->falling = fqdn_shown_all(&x->fall.lapsing);
	x->along = fqdn_shown_all(&x->fall.remaining);
}

static int load(struct site *s, const struct visit_item *item, struct subject *x, struct err *e)
{
	struct err ignored = ERR_INIT;
	const struct strs *names;
	bool found = false;

	*x = (struct subject){.item = item, .cert = settings_certificate(&s->settings, item->name)};
	if (store_state_load(s->store, item->name, &x->state, e) < 0)
		return -1;
	x->next_try = item->next_try ? item->next_try : x->state.retry_at;
	if (item->generation > 0 && (store_generation_live(s->store, item->name, &x->live, &found, &ignored) < 0 || !found))
		store_generation_clear(&x->live);
	err_clear(&ignored);
	if (x->cert && x->live.number > 0)
		deploy_summarize(x->cert, &x->state, x->live.number, &x->deploys);
	if (x->deploys.failed.count > 0)
		x->deploy_failed = strs_join(&x->deploys.failed, ", ");
	names = x->live.names.count > 0 ? &x->live.names : x->cert ? &x->cert->names : NULL;
	if (x->cert && names) {
		find_end(s, names, x);
		find_fall(s, names, x);
	}
	x->let_go = strs_join(&item->let_go, ", ");
	x->moved_back = item->moved_back ? err_text(&item->deploy_err) : NULL;
	return 0;
}

static void subject_clear(struct subject *x)
{
	store_generation_clear(&x->live);
	store_state_clear(&x->state);
	deploy_summary_clear(&x->deploys);
	lapse_clear(&x->fall);
	free(x->falling);
	free(x->along);
	free(x->let_go);
	free(x->moved_back);
	free(x->deploy_failed);
}

static bool was_told(const struct store_state *st, enum events_id id)
{
	const char *name = row_of(id)->name;

	for (size_t i = 0; i < st->told_count; i++)
		if (str_eq(st->told[i].event, name))
			return true;
	return false;
}

/* NULL for none. */
static const char *some(const char *names)
{
	return names && *names ? names : NULL;
}

static void add_entry_facts(const struct site *s, const struct subject *x, struct tell_facts *f)
{
	bool shrinks = x->cert && look_lapse_shrinks(x->cert);

	if (!x->end.first)
		return;
	f->entry = x->end.first->fqdn;
	f->entry_ends_at = x->end.first_at;
	f->entry_revokes = site_rule(s, site_issuer(s, x->cert, &x->live))->end == RULE_END_REVOKE;
	f->falling = some(x->falling);
	f->along = some(x->along);
	f->fixed = x->cert && x->cert->csr;
	f->shrink_at = shrinks && f->falling && f->along ? x->fall.switch_at : 0;
}

static struct tell_facts facts_of(const struct site *s, const struct subject *x)
{
	const struct visit_item *item = x->item;
	const struct store_state *st = &x->state;
	struct tell_facts f = {
		.name = item->name,
		.serial = x->live.serial,
		.generation = x->live.number,
		.not_before = x->live.not_before,
		.not_after = x->live.not_after,
		.renew_at = item->renew_at,
		.issued_now = item->outcome == VISIT_ISSUED,
		.failures = st->failures,
		.problem_type = st->last_problem,
		.failure_text = st->last_error,
		.next_try = x->next_try,
		.deploy_failed = x->deploy_failed,
		.deploy_text = x->deploys.error,
		.deployed_now = x->deploys.owed.count == 0 && item->deployed.count > 0 && was_told(st, EVENTS_DEPLOY_FAILED),
		.revoked = !st->revocation.asked && revoked_is(st, x->live.serial),
		.revoked_serial = item->outcome == VISIT_ISSUED && item->reason == VISIT_REVOKED ? st->revocation.serial : NULL,
		.untrusted = !st->untrusted ? NULL : x->live.top_issuer ? x->live.top_issuer : x->live.serial,
		.let_go = some(x->let_go),
		.moved_back = x->moved_back,
	};

	add_entry_facts(s, x, &f);

	if (st->failures > 0 && err_kind_parse(st->last_error_kind, &f.failure_kind) < 0)
		f.failure_kind = ERR_INTERNAL;
	return f;
}

/* The key is added to *pending when one of the hooks is still to be told. */
static void tell_event(struct telling *t, struct subject *x, const struct tell_event *ev, struct strs *pending)
{
	char *key = tell_event_key(ev, x->item->name);
	struct message m = {
		.event = row_of(ev->id)->name,
		.level = events_level_name(ev->level),
		.key = key,
		.text = ev->text,
		.name = x->item->name,
		.live = x->live.number > 0 ? &x->live : NULL,
		.next_try = x->next_try,
	};
	struct store_generation wanted = {0};
	int told;

	if (!m.live && x->cert) {
		strs_copy(&wanted.names, &x->cert->names);
		m.live = &wanted;
	}
	told = tell_all(t, &m, ev->level, &x->state);
	if (told != 0)
		tell_record(&x->state, ev, told > 0, clock_now(t->site->clock));
	if (told < 0)
		strs_add(pending, key);
	store_generation_clear(&wanted);
	free(key);
}

static void tell_item(struct telling *t, const struct visit_item *item)
{
	struct tell_event events[TELL_MAX] = {{0}};
	struct strs pending = {0};
	struct subject x = {0};
	struct err e = ERR_INIT;
	size_t n = 0, before;
	bool changed;
	int rc = load(t->site, item, &x, &e);

	before = x.state.told_count;
	if (rc == 0) {
		struct tell_facts f = facts_of(t->site, &x);

		n = tell_decide(&f, &x.state, clock_now(t->site->clock), events);
	}
	for (size_t i = 0; i < n; i++) {
		tell_event(t, &x, &events[i], &pending);
		tell_event_clear(&events[i]);
	}
	changed = forget_heard(&x.state, &pending) || n > 0 || x.state.told_count != before;
	if (rc == 0 && changed)
		rc = store_state_save(t->site->store, item->name, &x.state, &e);
	if (rc < 0)
		log_warn(_("%s: what was told of it could not be recorded: %s"), item->name, e.cause);
	err_clear(&e);
	strs_clear(&pending);
	subject_clear(&x);
}

void notify_visit(struct site *s, const struct visit_report *r)
{
	struct telling t;

	if (s->settings.notify_count == 0)
		return;
	open_telling(&t, s);
	for (size_t i = 0; i < r->count && !sig_pending(); i++)
		tell_item(&t, &r->item[i]);
	close_telling(&t);
}

static struct store_told *find_told(struct store_state *st, const char *event)
{
	for (size_t i = 0; i < st->told_count; i++)
		if (str_eq(st->told[i].event, event))
			return &st->told[i];
	return NULL;
}

void notify_site(struct site *s, enum events_id id, const char *detail, const char *text)
{
	const struct events_row *row = row_of(id);
	struct tell_event ev = {.id = id, .level = row->level, .detail = str_dup(detail), .text = str_dup(text)};
	struct message m = {.event = row->name, .level = events_level_name(row->level), .text = text};
	int64_t now = clock_now(s->clock);
	char *key = tell_event_key(&ev, SITE_RECORD);
	const struct store_told *told;
	struct store_state st = {0};
	struct strs pending = {0};
	struct err e = ERR_INIT;
	struct telling t;
	int heard;

	open_telling(&t, s);
	m.key = key;
	if (s->settings.notify_count == 0 || store_state_load(s->store, SITE_RECORD, &st, &e) < 0)
		goto out;
	told = find_told(&st, row->name);
	if (told && told->at > 0 && told->at <= now && now < told->at + SITE_AGAIN_SEC)
		goto out;
	heard = tell_all(&t, &m, row->level, &st);
	if (heard != 0)
		tell_record(&st, &ev, heard > 0, now);
	if (heard < 0)
		strs_add(&pending, key);
	(void)forget_heard(&st, &pending);
	(void)store_state_save(s->store, SITE_RECORD, &st, &e);
out:
	if (e.kind != ERR_NONE)
		log_warn(_("what was told could not be recorded: %s"), e.cause);
	err_clear(&e);
	strs_clear(&pending);
	store_state_clear(&st);
	tell_event_clear(&ev);
	close_telling(&t);
	free(key);
}

int notify_test(struct site *s, struct err *e)
{
	struct message m = {.event = TEST_EVENT, .level = events_level_name(EVENTS_INFO), .key = TEST_EVENT};
	struct telling t;
	char *text;
	int rc = 0;

	if (s->settings.notify_count == 0) {
		err_set(e, ERR_CONFIG, _("the settings have no notify hooks"));
		err_advise(e, "%s", _("doc/hooks.md shows how they are written."));
		return -1;
	}
	open_telling(&t, s);
	text = str_fmt(_("This is a test of tegata's messages on %s."), t.host);
	m.text = text;
	for (size_t i = 0; i < s->settings.notify_count; i++) {
		struct err one = ERR_INIT;
		char *label = hook_label(&s->settings.notify[i].hook);

		if (run_hook(&t, &s->settings.notify[i].hook, &m, &one) == 0)
			log_event(_("told by %s"), label);
		else if (rc == 0)
			rc = -1, err_move(e, &one);
		else
			warn(&s->settings.notify[i].hook, &m, &one);
		err_clear(&one);
		free(label);
	}
	free(text);
	close_telling(&t);
	return rc;
}
