#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "listing.h"
#include "output.h"
#include "report.h"
#include "run/ledger.h"
#include "setup.h"

static struct strs recorded(const struct site *s)
{
	struct strs dates = {0};

	for (size_t i = 0; i < s->entries.count; i++) {
		const struct entry *entry = &s->entries.item[i];

		strs_take(&dates, entry->has_recorded ? date_format(entry->recorded) : str_dup(""));
	}
	return dates;
}

static int learn(const struct cli *c, struct site *s, struct err *e)
{
	struct strs begun = {0};
	size_t found;
	int rc = 0;

	if (c->args.word_count == 0)
		return ledger_rebuild(s, &found, e);
	for (size_t i = 0; rc == 0 && i < c->args.word_count; i++) {
		char *path = setup_absolute(c->args.word[i]);

		rc = ledger_learn(s, path, &begun, e);
		free(path);
	}
	strs_clear(&begun);
	return rc;
}

static struct json *entry_json(const struct site *s, const struct entry *entry)
{
	struct json *j = json_new_object();
	struct period p;

	period_find(site_rule_of_list(s), &s->entries, entry, &p);
	listing_set_name(j, entry->fqdn);
	listing_set_period(j, &p);
	return j;
}

static void print_entry(const struct site *s, const struct entry *entry)
{
	char *name = output_name(entry->fqdn), *first = output_date(entry->recorded), *period;
	struct period p;

	period_find(site_rule_of_list(s), &s->entries, entry, &p);
	period = listing_period(&p);
	output_line(_("%s: first certificate on %s; use period: %s"), name, first, period);
	free(name);
	free(first);
	free(period);
}

/* Which entries have another date than before. */
static void tell(const struct cli *c, const struct site *s, const struct strs *before)
{
	struct strs after = recorded(s);
	struct json *list = json_new_array(), *j;
	size_t changed = 0;

	for (size_t i = 0; i < after.count && i < before->count; i++) {
		if (str_eq(after.item[i], before->item[i]))
			continue;
		changed++;
		if (c->json)
			json_add(list, entry_json(s, &s->entries.item[i]));
		else if (!c->quiet)
			print_entry(s, &s->entries.item[i]);
	}
	strs_clear(&after);
	if (!c->json && !c->quiet && changed == 0)
		output_line("%s", _("There was nothing to learn: no registered FQDN began earlier than is known."));
	if (!c->json) {
		json_free(list);
		return;
	}
	j = output_object("tegata.entitlements-learn.v1", true);
	json_set(j, "learnt", list);
	output_json(j);
}

int cmd_entitlements_learn(struct cli *c)
{
	struct strs before = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0 || site_lock(&s, &e) < 0) {
		status = report_error(c, &e);
	} else {
		before = recorded(&s);
		if (learn(c, &s, &e) < 0)
			status = report_error(c, &e);
		else
			tell(c, &s, &before);
	}
	strs_clear(&before);
	site_clear(&s);
	return status;
}
