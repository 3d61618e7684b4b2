#include "config.h"

#include "run/visit_first_uses.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "entitle/first_use.h"
#include "run/entitlements.h"
#include "run/ledger.h"

static size_t find_new(const struct site *s, const struct look *l, const struct strs *names, struct first_use **out)
{
	const struct first_use_input in = {
		.rule = site_rule(s, l->ca), .list = &s->entries, .names = names, .only_new = true, .at = clock_now(s->clock)};

	return first_use_find_at(&in, out);
}

static void find_begins(const struct site *s, const struct look *l, const struct strs *names, struct strs *begins)
{
	struct first_use *found = NULL;
	size_t count = find_new(s, l, names, &found);

	for (size_t i = 0; i < count; i++)
		strs_add(begins, found[i].entry->fqdn);
	free(found);
}

/* With the term as it would be, were it begun today; owned. */
static char *term_text(const struct site *s, const struct rule *r, const struct entry *en)
{
	int64_t now = clock_now(s->clock);
	struct entry begun = *en; /* shallow */

	begun.has_recorded = true;
	begun.recorded = first_use_day(r, now, now);
	return entitlements_entry_text(r, &s->entries, &begun);
}

/* All of them in one text; owned, NULL = there are none. */
static char *terms_text(const struct site *s, const struct look *l, const struct strs *names)
{
	const struct rule *r = site_rule(s, l->ca);
	struct first_use *found = NULL;
	size_t count = find_new(s, l, names, &found);
	struct strs texts = {0};
	char *text;

	for (size_t i = 0; i < count; i++)
		strs_take(&texts, term_text(s, r, found[i].entry));
	text = count > 0 ? strs_join(&texts, ", ") : NULL;
	strs_clear(&texts);
	free(found);
	return text;
}

int visit_first_uses_permit(const struct site *s, const struct look *l, const struct strs *names, struct err *e)
{
	char *terms = l->ca->first_use == FIRST_USE_DENY ? terms_text(s, l, names) : NULL;

	if (!terms)
		return 0;
	err_set(e, ERR_REFUSED, _("this order would begin the paid term of %s, and the CA \"%s\" is set to `first_use: deny`"), terms,
	        l->ca->name);
	err_advise(e, "%s", _("Nothing was sent to the CA. To let the term begin, set `first_use: allow` (or ask) for this CA; or take the "
	                      "names out of the certificate."));
	free(terms);
	return -1;
}

void visit_first_uses_say(const struct site *s, const struct look *l, const struct strs *names)
{
	char *terms = log_has_terminal() ? NULL : terms_text(s, l, names);

	if (terms)
		log_event(_("%s: this order begins the paid term of %s"), l->cert->name, terms);
	free(terms);
}

static void record(struct site *s, const struct ledger_issue *issue, size_t count, const char *source)
{
	struct err e = ERR_INIT;

	if (ledger_record_all(s, issue, count, source, &e) < 0) {
		char *text = err_text(&e);

		log_warn(_("%s. The certificates are in place all the same, and the next run writes it down"), text);
		free(text);
	}
	err_clear(&e);
}

void visit_first_uses_record(struct site *s, const struct visit_first_uses_item *item, size_t count, const char *source)
{
	struct ledger_issue *issue = mem_new(count + 1, sizeof *issue);

	for (size_t i = 0; i < count; i++)
		issue[i] = (struct ledger_issue){.generation = &item[i].look->live, .begun = item[i].begun};
	record(s, issue, count, source);
	free(issue);
}

void visit_first_uses_prepared(struct site *s, struct visit_item *item)
{
	struct store_generation g = {0};
	struct err ignored = ERR_INIT;
	const struct ledger_issue issue = {.generation = &g, .begun = &item->begun};

	/* One that cannot be read is written down on the day of its switch. */
	if (item->prepared > 0 && store_generation_load(s->store, item->name, item->prepared, &g, &ignored) == 0)
		record(s, &issue, 1, "issued");
	store_generation_clear(&g);
	err_clear(&ignored);
}

static bool is_asked_about(const struct visit_options *o, const struct certificate_setting *c)
{
	if (o->kept && strs_has(o->kept, c->name))
		return false;
	return visit_chooses(o, c);
}

static void add_item(const struct certificate_setting *c, struct strs *begins, struct visit_report *out)
{
	struct visit_item *item = &out->item[out->count++];

	item->name = str_dup(c->name);
	item->group = str_dup(c->group ? c->group : c->name);
	item->begun = *begins;
}

/* What cannot be ordered at all is for the visit to tell. */
static void think_of(struct site *s, const struct visit_options *o, const struct certificate_setting *c,
                     const struct store_validations *v, struct visit_report *out)
{
	struct strs names = {0}, begins = {0};
	struct err ignored = ERR_INIT;
	struct plan_decision d;
	struct look l = {0};

	if (site_ca(s, c)->first_use != FIRST_USE_ASK || look_at(s, c, &l, &ignored) < 0)
		goto out;
	d = look_decide(s, &l, o, v);
	l.preparing = d.action == PLAN_PREPARE;
	if ((d.action == PLAN_ISSUE || l.preparing) && look_permit(s, &l, &names, &ignored) == 0)
		find_begins(s, &l, &names, &begins);
	if (begins.count > 0)
		add_item(c, &begins, out);
	strs_clear(&names);
	look_clear(&l);
out:
	err_clear(&ignored);
}

int visit_first_uses(struct site *s, const struct visit_options *o, struct visit_report *out, struct err *e)
{
	const struct settings *settings = &s->settings;
	struct store_validations v = {0};
	struct err ignored = ERR_INIT;

	if (site_open_store(s, e) < 0)
		return -1;
	(void)store_validations_load(s->store, &v, &ignored);
	out->item = mem_new(settings->certificate_count + 1, sizeof *out->item);
	if (o->extra)
		think_of(s, o, o->extra, &v, out);
	for (size_t i = 0; !o->extra && i < settings->certificate_count; i++)
		if (is_asked_about(o, &settings->certificate[i]))
			think_of(s, o, &settings->certificate[i], &v, out);
	store_validations_clear(&v);
	err_clear(&ignored);
	return 0;
}
