#include "config.h"

#include "changing.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "dates.h"
#include "entitle/fqdn.h"
#include "listing.h"
#include "output.h"
#include "report.h"
#include "run/entitlements.h"
#include "setup.h"

/* How an entry stands before and after. */
struct standing {
	bool there;
	struct period period;
};

static int check_known(const struct changing *k, struct err *e)
{
	const struct entry_list *list = &k->site.entries;

	for (size_t i = 0; i < k->fqdns.count; i++) {
		const struct entry *near;

		if (entry_list_find(list, k->fqdns.item[i]))
			continue;
		near = coverage_nearest(list, k->fqdns.item[i]);
		if (near)
			return err_set(e, ERR_USAGE, _("%s is not in the list; nearest is %s"), k->fqdns.item[i], near->fqdn);
		return err_set(e, ERR_USAGE, _("%s is not in the list, which is empty"), k->fqdns.item[i]);
	}
	return 0;
}

int changing_begin(struct changing *k, struct cli *c, enum edit_action action, bool known, struct err *e)
{
	*k = (struct changing){.cli = c};
	if (setup_site(c, &k->site, e) < 0 || listing_words(c, &k->fqdns, e) < 0)
		return -1;
	if (k->fqdns.count == 0)
		return err_set(e, ERR_USAGE, _("which FQDN? `tegata %s FQDN`"), c->command->name);
	if (known && check_known(k, e) < 0)
		return -1;
	/* For the periods as they are: the ledger is applied with it. */
	if (site_open_store(&k->site, e) < 0)
		return -1;
	k->change = mem_new(k->fqdns.count, sizeof *k->change);
	for (size_t i = 0; i < k->fqdns.count; i++) {
		k->change[i].action = action;
		k->change[i].fqdn = k->fqdns.item[i];
	}
	return 0;
}

static int read_date(const struct changing *k, enum options_id id, enum edit_value *what, struct date *out,
                     struct err *e)
{
	const struct cli *c = k->cli;
	const char *text = args_value(&c->args, id);
	char *option;
	int rc;

	if (text == NULL)
		return 0;
	if (c->command->id == COMMAND_ENTITLEMENTS_SET && str_eq(text, "none")) {
		*what = EDIT_TAKE_AWAY;
		return 0;
	}
	option = str_fmt("--%s", options_row(id)->name);
	if (id == OPTION_ENDS)
		rc = dates_day(option, text, out, e);
	else
		rc = dates_past_day(option, text, clock_now(k->site.clock), out, e);
	free(option);
	*what = EDIT_PUT;
	return rc;
}

int changing_read_dates(struct changing *k, struct err *e)
{
	for (size_t i = 0; i < k->fqdns.count; i++) {
		struct edit_change *change = &k->change[i];

		if (read_date(k, OPTION_FIRST_ISSUED, &change->first_issued_do, &change->first_issued, e) < 0 ||
		    read_date(k, OPTION_ENDS, &change->ends_do, &change->ends, e) < 0 ||
		    read_date(k, OPTION_REGISTERED, &change->registered_do, &change->registered, e) < 0)
			return -1;
	}
	return 0;
}

static struct standing *standings(const struct changing *k)
{
	struct standing *list = mem_new(k->fqdns.count, sizeof *list);

	for (size_t i = 0; i < k->fqdns.count; i++) {
		const struct entry *entry = entry_list_find(&k->site.entries, k->fqdns.item[i]);

		list[i].there = entry != NULL;
		if (entry)
			period_find(site_rule_of_list(&k->site), &k->site.entries, entry, &list[i].period);
	}
	return list;
}

static struct json *standing_json(const struct standing *one)
{
	struct json *j;

	if (!one->there)
		return NULL;
	j = json_new_object();
	listing_set_period(j, &one->period);
	return j;
}

static void set_standing(struct json *j, const char *key, const struct standing *one)
{
	struct json *value = standing_json(one);

	if (value)
		json_set(j, key, value);
	else
		json_set_str(j, key, NULL);
}

/* after NULL: nothing was changed. */
static void tell_json(const struct changing *k, const struct standing *before, const struct standing *after,
                      const char *text)
{
	struct json *j = output_object("tegata.entitlements-change.v1", true), *entries = json_new_array();

	json_set_str(j, "command", k->cli->command->name);
	json_set_str(j, "file", k->site.entitlements_file);
	json_set_bool(j, "dry_run", after == NULL);
	for (size_t i = 0; i < k->fqdns.count; i++) {
		struct json *entry = json_new_object();

		listing_set_name(entry, k->fqdns.item[i]);
		set_standing(entry, "before", &before[i]);
		if (after)
			set_standing(entry, "after", &after[i]);
		json_add(entries, entry);
	}
	json_set(j, "entries", entries);
	json_set_str(j, "text", text);
	output_json(j);
}

static void tell_one(const char *fqdn, const struct standing *before, const struct standing *after)
{
	char *name = output_name(fqdn), *old = listing_period(&before->period), *new = listing_period(&after->period);

	if (!after->there)
		output_line(_("%s: taken out of the list"), name);
	else if (!before->there)
		output_line(_("%s: added; use period: %s"), name, new);
	else if (str_eq(old, new))
		output_line(_("%s: use period: %s, as before"), name, new);
	else
		output_line(_("%s: use period: %s; before: %s"), name, new, old);
	free(name);
	free(old);
	free(new);
}

int changing_apply(struct changing *k, struct err *e)
{
	bool dry_run = args_has(&k->cli->args, OPTION_DRY_RUN);
	struct standing *before = standings(k), *after = NULL;
	char *text = NULL;
	int rc = entitlements_edit(&k->site, k->change, k->fqdns.count, dry_run ? &text : NULL, e);

	if (rc < 0)
		goto out;
	after = dry_run ? NULL : standings(k);
	if (k->cli->json)
		tell_json(k, before, after, text);
	else if (dry_run)
		output_text(text);
	for (size_t i = 0; after && !k->cli->json && !k->cli->quiet && i < k->fqdns.count; i++)
		tell_one(k->fqdns.item[i], &before[i], &after[i]);
out:
	free(before);
	free(after);
	free(text);
	return rc;
}

int changing_end(struct changing *k, int rc, struct err *e)
{
	int status = rc < 0 ? report_error(k->cli, e) : 0;

	free(k->change);
	strs_clear(&k->fqdns);
	site_clear(&k->site);
	return status;
}
