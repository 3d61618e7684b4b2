#include "config.h"

#include "run/entitlements.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "entitle/coverage.h"
#include "entitle/fqdn.h"

static void add_covered(const struct rule *r, const char *fqdn, const char *name, struct strs *out)
{
	if (fqdn_is_normal(name) && rule_covers(r, fqdn, name) && !strs_has(out, name))
		strs_add(out, name);
}

/* Its own name, those beside it, and in words what no list could hold. */
static void describe(const struct rule *r, const char *fqdn, struct strs *out)
{
	const char *base = fqdn_base(fqdn);
	char *www = str_fmt("www.%s", base), *below = str_fmt("sub.%s", base), *deeper = str_fmt("deeper.sub.%s", base);

	add_covered(r, fqdn, fqdn, out);
	add_covered(r, fqdn, base, out);
	if (str_starts(base, "www."))
		add_covered(r, fqdn, base + 4, out);
	if (rule_covers(r, fqdn, deeper))
		strs_take(out, str_fmt(_("every name below %s"), base));
	else if (rule_covers(r, fqdn, below))
		strs_take(out, str_fmt(_("every name one label below %s"), base));
	else
		add_covered(r, fqdn, www, out);
	free(deeper);
	free(below);
	free(www);
}

/* A certificate lives on every entry that covers one of its names: which of several the CA counts, it does not say. */
static void note_certificate(const struct site *s, const struct rule *r, const char *certificate,
                             const struct strs *names, struct entitlements *out)
{
	const struct entry *covering[RULE_CANDIDATES_MAX];

	for (size_t n = 0; r->checked && n < names->count; n++) {
		size_t count = coverage_entries(r, &s->entries, names->item[n], covering);

		for (size_t i = 0; i < count; i++) {
			struct entitlements_item *item = &out->item[covering[i] - s->entries.item];

			strs_add(&item->certificates, certificate);
			strs_add(&item->names, names->item[n]);
			for (size_t k = 0; k < count; k++)
				if (k != i)
					strs_add(&item->overlaps, covering[k]->fqdn);
		}
	}
}

static void note_configured(const struct site *s, struct entitlements *out)
{
	for (size_t i = 0; i < s->settings.certificate_count; i++) {
		const struct certificate_setting *c = &s->settings.certificate[i];

		note_certificate(s, site_rule(s, site_ca(s, c)), c->name, &c->names, out);
	}
}

/* What is live of a CA that the settings know no more counts as if it were of the one that minds. */
static void note_live_one(struct site *s, const char *name, struct entitlements *out)
{
	struct store_generation g = {0};
	const struct ca_setting *ca;
	struct err e = ERR_INIT;
	bool found = false;

	if (store_generation_live(s->store, name, &g, &found, &e) < 0)
		log_verbose(_("%s: left out, as what is live cannot be read: %s"), name, e.cause);
	else if (found) {
		ca = g.ca ? settings_ca(&s->settings, g.ca) : NULL;
		note_certificate(s, ca ? site_rule(s, ca) : out->rule, name, &g.names, out);
	}
	store_generation_clear(&g);
	err_clear(&e);
}

static int note_live(struct site *s, struct entitlements *out, struct err *e)
{
	struct strs live = {0};

	if (site_open_store(s, e) < 0 || store_live_names(s->store, &live, e) < 0)
		return -1;
	for (size_t i = 0; i < live.count; i++)
		note_live_one(s, live.item[i], out);
	strs_clear(&live);
	return 0;
}

static void finish_item(const struct site *s, struct entitlements *l, struct entitlements_item *item)
{
	period_find(l->rule, &s->entries, item->entry, &item->period);
	item->days_left = period_days_left(l->rule, &item->period, l->at);
	item->ended = period_has_ended(&item->period, l->at);
	describe(l->rule, item->entry->fqdn, &item->covers);
	strs_sort_distinct(&item->certificates);
	strs_sort_distinct(&item->names);
	strs_sort_distinct(&item->overlaps);
	item->idle = item->certificates.count == 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct entitlements_item *x = a, *y = b;

	if (x->entry->line != y->entry->line)
		return x->entry->line < y->entry->line ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

int entitlements_gather(struct site *s, struct entitlements *out, struct err *e)
{
	struct entitlements l = {.count = s->entries.count, .at = clock_now(s->clock), .rule = site_rule_of_list(s)};

	l.item = mem_new(l.count + 1, sizeof *l.item);
	for (size_t i = 0; i < l.count; i++)
		l.item[i].entry = &s->entries.item[i];
	note_configured(s, &l);
	if (note_live(s, &l, e) < 0) {
		entitlements_clear(&l);
		return -1;
	}
	for (size_t i = 0; i < l.count; i++)
		finish_item(s, &l, &l.item[i]);
	qsort(l.item, l.count, sizeof *l.item, compare_items);
	*out = l;
	return 0;
}

void entitlements_clear(struct entitlements *l)
{
	for (size_t i = 0; i < l->count; i++) {
		strs_clear(&l->item[i].covers);
		strs_clear(&l->item[i].certificates);
		strs_clear(&l->item[i].names);
		strs_clear(&l->item[i].overlaps);
	}
	free(l->item);
	*l = (struct entitlements){0};
}

/* For a CA that sells no registered FQDNs none has to be registered. */
void entitlements_configured_names(const struct site *s, struct strs *out)
{
	for (size_t i = 0; i < s->settings.certificate_count; i++) {
		const struct certificate_setting *c = &s->settings.certificate[i];

		if (site_rule(s, site_ca(s, c))->checked)
			strs_copy(out, &c->names);
	}
	strs_sort_distinct(out);
}

char *entitlements_entry_text(const struct rule *r, const struct entry_list *l, const struct entry *en)
{
	struct period p;
	char *shown = fqdn_shown(en->fqdn), *day, *text;

	period_find(r, l, en, &p);
	if (!p.has_last)
		return shown;
	day = date_format(p.last);
	text = str_fmt(_("%s (until %s)"), shown, day);
	free(shown);
	free(day);
	return text;
}
