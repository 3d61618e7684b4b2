#include "config.h"

#include "run/status.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "entitle/period.h"
#include "run/deploy.h"
#include "run/due.h"

static void compare_names(const struct strs *wanted, const struct strs *held, struct status_item *item)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!strs_has(held, wanted->item[i]))
			strs_add(&item->missing, wanted->item[i]);
	for (size_t i = 0; i < held->count; i++)
		if (!strs_has(wanted, held->item[i]))
			strs_add(&item->surplus, held->item[i]);
}

static void take_live(struct site *s, const struct store_generation *g, struct status_item *item)
{
	item->present = true;
	item->generation = g->number;
	item->not_before = g->not_before;
	item->not_after = g->not_after;
	item->renew_at = due_plain(g->not_before, g->not_after);
	item->ca = str_dup(g->ca);
	item->key_type = str_dup(g->key_type);
	item->serial = str_dup(g->serial);
	item->issuer = str_dup(g->issuer);
	item->live_dir = store_live_path(s->store, g->name, NULL);
}

static void take_earlier_end(const struct site *s, const struct strs *fqdns, struct status_item *item)
{
	for (size_t i = 0; i < fqdns->count; i++) {
		const struct entry *en = entry_list_find(&s->entries, fqdns->item[i]);
		struct date last;
		int64_t ends_at;

		if (!en || !period_of(en, &last))
			continue;
		ends_at = period_end_instant(last);
		if (item->entry_ends_at != 0 && ends_at >= item->entry_ends_at)
			continue;
		item->entry_ends_at = ends_at;
		str_replace(&item->entry_ends, str_dup(en->fqdn));
	}
}

/* The earliest stated end among all entries that cover one of the names: rule 17, read the careful way. */
static void take_entry_end(const struct site *s, const struct coverage_result *r, struct status_item *item)
{
	for (size_t i = 0; i < r->count; i++)
		take_earlier_end(s, r->name[i].covered ? &r->name[i].by : &r->name[i].ended, item);
}

/* The CA whose rules hold for it; NULL = it came from one that the settings do not know. */
static const struct ca_setting *ca_of(const struct site *s, const struct certificate_setting *c,
                                      const struct store_generation *g)
{
	return c ? site_ca(s, c) : settings_ca(&s->settings, g->ca ? g->ca : "");
}

/* What it lives on is decided by the names it holds, what is refused by those it shall have. */
static void take_gate(const struct site *s, const struct ca_setting *ca, const struct strs *held,
                      struct status_item *item, int64_t at)
{
	struct coverage_result wanted = {0}, live = {0};

	site_gate(s, ca, &item->names, at, &wanted);
	for (size_t i = 0; i < wanted.count; i++)
		if (!wanted.name[i].covered)
			strs_add(&item->refused, wanted.name[i].name ? wanted.name[i].name : wanted.name[i].input);
	if (held->count > 0) {
		site_gate(s, ca, held, at, &live);
		take_entry_end(s, &live, item);
	} else {
		take_entry_end(s, &wanted, item);
	}
	coverage_result_clear(&wanted);
	coverage_result_clear(&live);
}

static void take_owed(const struct store_state *st, const struct hook_spec *h, struct status_item *item)
{
	char *id = hook_id(h);

	if (deploy_is_owed(st, id, item->generation))
		strs_take(&item->deploy_owed, hook_label(h));
	for (size_t i = 0; i < st->deploy_count; i++)
		if (!item->deploy_error && str_eq(st->deploy[i].hook, id))
			item->deploy_error = str_dup(st->deploy[i].last_error);
	free(id);
}

static int take_state(struct site *s, const struct certificate_setting *c, struct status_item *item, struct err *e)
{
	struct store_state st = {0};

	if (store_state_load(s->store, item->name, &st, e) < 0)
		return -1;
	item->last_error = str_dup(st.last_error);
	item->last_error_at = st.last_error_at;
	for (size_t i = 0; c && item->present && i < c->deploy_count; i++)
		take_owed(&st, &c->deploy[i], item);
	store_state_clear(&st);
	return 0;
}

static int gather_one(struct site *s, const char *name, struct status_item *item, int64_t at, struct err *e)
{
	const struct certificate_setting *c = settings_certificate(&s->settings, name);
	const struct ca_setting *ca;
	struct store_generation g = {0};
	struct err damage = ERR_INIT;
	bool found = false;

	item->name = str_dup(name);
	item->configured = c != NULL;
	if (store_generation_live(s->store, name, &g, &found, &damage) < 0)
		item->damage = err_text(&damage);
	else if (found)
		take_live(s, &g, item);
	if (!item->ca)
		item->ca = str_dup(site_ca(s, c)->name);
	strs_copy(&item->names, c ? &c->names : &g.names);
	if (c && found)
		compare_names(&c->names, &g.names, item);
	ca = ca_of(s, c, &g);
	if (ca)
		take_gate(s, ca, &g.names, item, at);
	err_clear(&damage);
	store_generation_clear(&g);
	return take_state(s, c, item, e);
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
	for (size_t i = 0; i < wanted->count; i++)
		if (!strs_has(out, wanted->item[i]))
			return err_set(e, ERR_USAGE, _("there is no certificate named \"%s\""), wanted->item[i]);
	strs_clear(out);
	strs_copy(out, wanted);
	return 0;
}

static int gather_accounts(struct site *s, struct status_report *out, struct err *e)
{
	struct strs ids = {0};
	int rc = store_account_list(s->store, &ids, e);

	out->account = mem_new(ids.count ? ids.count : 1, sizeof *out->account);
	for (size_t i = 0; rc == 0 && i < ids.count; i++) {
		struct store_account a = {0};
		struct status_account *to = &out->account[out->account_count];

		rc = store_account_load(s->store, ids.item[i], &a, e);
		if (rc == 0) {
			*to = (struct status_account){.server = str_dup(a.server),
			                              .url = str_dup(a.url),
			                              .eab_kid = str_dup(a.eab_kid),
			                              .confirmed = a.url != NULL};
			out->account_count++;
		}
		store_account_clear(&a);
	}
	strs_clear(&ids);
	return rc;
}

int status_gather(struct site *s, const struct strs *names, struct status_report *out, struct err *e)
{
	struct strs all = {0};
	int rc = -1;

	out->at = clock_now(s->clock);
	out->entry_count = s->entries.count;
	if (site_open_store(s, e) < 0 || collect_names(s, names, &all, e) < 0)
		goto out;
	out->item = mem_new(all.count ? all.count : 1, sizeof *out->item);
	for (size_t i = 0; i < all.count; i++)
		if (gather_one(s, all.item[i], &out->item[out->count++], out->at, e) < 0)
			goto out;
	rc = gather_accounts(s, out, e);
out:
	strs_clear(&all);
	return rc;
}

void status_report_clear(struct status_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct status_item *item = &r->item[i];

		strs_clear(&item->names);
		strs_clear(&item->missing);
		strs_clear(&item->surplus);
		strs_clear(&item->refused);
		strs_clear(&item->deploy_owed);
		free(item->name);
		free(item->ca);
		free(item->key_type);
		free(item->serial);
		free(item->issuer);
		free(item->live_dir);
		free(item->entry_ends);
		free(item->deploy_error);
		free(item->last_error);
		free(item->damage);
	}
	for (size_t i = 0; i < r->account_count; i++) {
		free(r->account[i].server);
		free(r->account[i].url);
		free(r->account[i].eab_kid);
	}
	free(r->item);
	free(r->account);
	*r = (struct status_report){0};
}
