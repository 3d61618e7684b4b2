#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "entitle/coverage.h"
#include "entitle/fqdn.h"
#include "run/site.h"

void site_gate(const struct site *s, const struct ca_setting *ca, const struct strs *names, int64_t at,
               struct coverage_result *out)
{
	struct coverage_input in = {
		.rule = site_rule(s, ca), .list = &s->entries, .names = names, .limit = ca->max_names, .at = at};

	coverage_check(&in, out);
}

int site_gate_need_list(const struct site *s, const struct ca_setting *ca, struct err *e)
{
	if (!site_rule(s, ca)->checked || !s->entries_missing)
		return 0;
	err_set(e, ERR_CONFIG, _("there is no list of registered FQDNs: %s"), s->entitlements_file);
	err_advise(e,
	           _("The CA \"%s\" issues only for FQDNs registered with it. Write those of your customer page into this "
	             "file, one per line: `- example.jp`."),
	           ca->name);
	return -1;
}

static char *ended_text(const struct coverage_name *n, const char *name)
{
	char *entries = strs_join(&n->ended, ", "), *day = date_format(n->ended_on);
	char *text;

	if (n->ended_by_record)
		text = str_fmt(_("%s: the use period of the registered %s ended on %s, as computed from the first certificate of %s; "
		                 "correct it with `tegata entitlements set %s --ends DATE` if My Page says otherwise"),
		               name, entries, day, n->ended.item[0], n->ended.item[0]);
	else
		text = str_fmt(_("%s: the use period of the registered %s ended on %s"), name, entries, day);

	free(entries);
	free(day);
	return text;
}

/* list_empty: nothing is registered at all. Of very many names, some get no nearest although there are entries. */
static char *unregistered_text(const struct coverage_name *n, const char *name, bool list_empty)
{
	char *would = strs_join(&n->would, _(" or ")), *text;

	if (n->nearest)
		text = str_fmt(_("%s is not registered: the nearest registered FQDN, %s, does not cover it; register %s"), name,
		               n->nearest, would);
	else if (list_empty)
		text = str_fmt(_("%s is not registered: the list is empty; register %s"), name, would);
	else
		text = str_fmt(_("%s is not registered; register %s"), name, would);
	free(would);
	return text;
}

static char *other_set_text(const struct coverage_name *n, const char *name)
{
	char *entries = strs_join(&n->by, ", ");
	char *text = str_fmt(_("%s: the registered %s belongs to another set than the other names; this CA takes just the names of "
	                       "one set in one certificate"), name, entries);

	free(entries);
	return text;
}

static char *missing_text(const struct coverage_result *r)
{
	char *names = strs_join(&r->missing, ", ");
	char *text = str_fmt(_("%s must be in this certificate, too: the CA takes just all names of one set"), names);

	free(names);
	return text;
}

static char *refusal(const struct coverage_name *n, bool list_empty)
{
	char *name, *text;

	if (n->reason == COVERAGE_INVALID_NAME)
		return str_dup(n->message);
	name = fqdn_shown(n->name);
	if (n->reason == COVERAGE_OTHER_SET)
		text = other_set_text(n, name);
	else
		text = n->reason == COVERAGE_ENTRY_ENDED ? ended_text(n, name) : unregistered_text(n, name, list_empty);
	free(name);
	return text;
}

/* Where there is an entry, the first unregistered name has a nearest one, or some name has one that covers it. */
static bool is_list_empty(const struct coverage_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->name[i].nearest || r->name[i].by.count > 0 || r->name[i].ended.count > 0)
			return false;
	return true;
}

static size_t valid_count(const struct coverage_result *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += r->name[i].name != NULL;
	return count;
}

static const char *advice_for(const struct coverage_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->name[i].reason == COVERAGE_ENTRY_ENDED)
			return _("Nothing was sent to the CA. Renew the contract of the entry on the customer page and note it in "
			         "the list (`renewed:` or `ends:`), or take the name out of the certificate.");
	for (size_t i = 0; i < r->count; i++)
		if (r->name[i].reason == COVERAGE_NOT_REGISTERED)
			return _("Nothing was sent to the CA. Register the FQDN on the customer page, then add it to the list; or "
			         "correct the names.");
	if (r->not_the_set)
		return _("Nothing was sent to the CA. Order exactly the names of one set: correct the names, or `set:` in the list.");
	return _("Nothing was sent to the CA. Correct the names, or split the certificate.");
}

int site_gate_error(const struct ca_setting *ca, const struct coverage_result *r, struct err *e)
{
	struct strs lines = {0};
	bool list_empty = is_list_empty(r);
	char *text;

	if (r->ok)
		return 0;
	for (size_t i = 0; i < r->count; i++)
		if (!r->name[i].covered)
			strs_take(&lines, refusal(&r->name[i], list_empty));
	if (r->missing.count > 0)
		strs_take(&lines, missing_text(r));
	if (r->too_many)
		strs_take(&lines, str_fmt(_("%zu names, but the CA \"%s\" takes at most %d in one certificate"), valid_count(r),
		                          ca->name, r->limit));
	text = strs_join(&lines, "\n");
	err_set(e, ERR_REFUSED, "%s", text);
	err_advise(e, "%s", advice_for(r));
	free(text);
	strs_clear(&lines);
	return -1;
}
