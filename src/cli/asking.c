#include "config.h"

#include "asking.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "entitle/first_use.h"
#include "entitle/period.h"
#include "output.h"
#include "prompt.h"

/* The last day: of the term that has begun, or of one that would begin today. */
static bool find_last(const struct site *s, const struct rule *rule, const char *fqdn, struct date *last)
{
	const struct entry *entry = entry_list_find(&s->entries, fqdn);
	struct period p = {0};

	if (entry)
		period_find(rule, &s->entries, entry, &p);
	*last = p.last;
	return p.has_last || period_last(rule, first_use_day(rule, clock_now(s->clock), 0), 0, last);
}

static char *term(const struct site *s, const struct rule *rule, const char *fqdn)
{
	char *name = output_name(fqdn), *last, *text;
	struct date end;

	if (!find_last(s, rule, fqdn, &end))
		return name;
	last = output_date(end);
	text = str_fmt(_("%s (until %s)"), name, last);
	free(name);
	free(last);
	return text;
}

char *asking_terms(const struct site *s, const struct ca_setting *ca, const struct strs *entries)
{
	const struct rule *rule = site_rule(s, ca);
	struct strs terms = {0};
	char *text;

	for (size_t i = 0; i < entries->count; i++)
		strs_take(&terms, term(s, rule, entries->item[i]));
	text = strs_join(&terms, ", ");
	strs_clear(&terms);
	return text;
}

static bool ask(const struct site *s, const struct visit_options *o, const struct visit_item *item)
{
	const struct certificate_setting *cert = o->extra ? o->extra : settings_certificate(&s->settings, item->name);
	char *terms = asking_terms(s, site_ca(s, cert), &item->begun), *question;
	bool yes;

	question = str_fmt(P_("%s: this begins the paid term of %s. Order? [y/N]", "%s: this begins the paid terms of %s. Order? [y/N]",
	                      (unsigned long)item->begun.count), item->name, terms);
	yes = prompt_yes(question);
	free(terms);
	free(question);
	return yes;
}

int asking_first_uses(const struct cli *c, struct site *s, const struct visit_options *o, struct strs *refused,
                      struct err *e)
{
	struct visit_report first = {0};
	int rc;

	if (!c->interactive)
		return 0;
	rc = visit_first_uses(s, o, &first, e);
	for (size_t i = 0; rc == 0 && i < first.count; i++)
		if (first.item[i].begun.count > 0 && !ask(s, o, &first.item[i]))
			strs_add(refused, first.item[i].name);
	if (refused->count > 0 && !o->extra)
		log_event("%s", _("Where nobody is there to be asked, as by the timer, it is ordered; `first_use: deny` under the CA in the "
		                  "settings keeps it from that."));
	visit_report_clear(&first);
	return rc;
}
