#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "entitle/advise.h"
#include "listing.h"
#include "output.h"
#include "report.h"
#include "setup.h"
#include "splitting.h"

#define GROUP_INDENT 2
#define GROUP_COLUMN 26

struct counsel {
	struct cli *cli;
	struct site site;
	struct strs words;
	enum advise_by by;
	struct json *list; /* NULL = for people */
	size_t split, looked_at;
};

static int read_options(struct counsel *k, struct err *e)
{
	const char *by = args_value(&k->cli->args, OPTION_BY);

	k->by = ADVISE_BY_END;
	if (by == NULL || str_eq(by, "end"))
		return 0;
	if (!str_eq(by, "entry"))
		return setup_expected("--by", by, _("end or entry"), e);
	k->by = ADVISE_BY_ENTRY;
	return 0;
}

static int check_words(const struct counsel *k, struct err *e)
{
	const struct settings *settings = &k->site.settings;

	for (size_t i = 0; i < k->words.count; i++) {
		bool known = false;

		for (size_t n = 0; !known && n < settings->certificate_count; n++)
			known = settings_is_called(&settings->certificate[n], k->words.item[i]);
		if (!known)
			return err_set(e, ERR_USAGE, _("no certificate named \"%s\" is configured"), k->words.item[i]);
	}
	return 0;
}

/* Of several types of key the first speaks for all. */
static bool is_meant(const struct counsel *k, const struct certificate_setting *cert)
{
	if (!str_eq(cert->name, cert->group))
		return false;
	for (size_t i = 0; i < k->words.count; i++)
		if (settings_is_called(cert, k->words.item[i]))
			return true;
	return k->words.count == 0;
}

static struct json *group_json(const struct advise_group *g)
{
	struct json *j = json_new_object();
	char *day = g->end_at ? date_format(date_of_jst(g->end_at - 1)) : NULL;

	json_set_strs(j, "names", &g->names);
	json_set_strs(j, "entries", &g->entries);
	json_set_str(j, "last_day", day);
	output_set_time(j, "end_at", g->end_at);
	free(day);
	return j;
}

static struct json *certificate_json(const struct certificate_setting *cert, const struct advise *a,
                                     const char *settings)
{
	struct json *j = json_new_object(), *groups = json_new_array();

	json_set_str(j, "name", cert->name);
	json_set_bool(j, "split", a->count > 1);
	for (size_t i = 0; i < a->count; i++)
		json_add(groups, group_json(&a->group[i]));
	json_set(j, "groups", groups);
	json_set_strs(j, "falling", &a->falling);
	json_set_str(j, "settings", settings);
	return j;
}

static void print_group(const struct advise_group *g)
{
	char *names = output_names(&g->names), *entries = output_names(&g->entries), *label, *text, *day;

	if (g->end_at) {
		day = output_last_day(g->end_at);
		label = str_fmt(_("until %s"), day);
		free(day);
	} else {
		label = str_dup(_("no end is known"));
	}
	text = g->entries.count > 0 ? str_fmt(_("%s; covered by %s"), names, entries) : str_dup(names);
	output_field(GROUP_INDENT, GROUP_COLUMN, label, text);
	free(names);
	free(entries);
	free(label);
	free(text);
}

static void print_certificate(const struct certificate_setting *cert, const struct advise *a, const char *settings)
{
	char *falling = output_names(&a->falling);

	output_line(_("%s: better as %zu certificates"), cert->name, a->count);
	for (size_t i = 0; i < a->count; i++)
		print_group(&a->group[i]);
	if (a->falling.count > 0) {
		char *text = str_fmt(_("As it is, these would be lost with the first end, though what covers them lives on: %s"), falling);

		output_field(GROUP_INDENT, 0, "", text);
		free(text);
	}
	output_line(_("Settings, in place of those of \"%s\":"), cert->name);
	output_text(settings);
	output_line("%s", "");
	free(falling);
}

static int normal_names(const struct certificate_setting *cert, struct strs *out, struct err *e)
{
	for (size_t i = 0; i < cert->names.count; i++) {
		char *name = listing_name(cert->names.item[i], e);

		if (name == NULL)
			return -1;
		if (strs_has(out, name))
			free(name);
		else
			strs_take(out, name);
	}
	return 0;
}

static int advise_one(struct counsel *k, const struct certificate_setting *cert, struct err *e)
{
	struct strs names = {0};
	struct advise_input in = {.rule = site_rule(&k->site, site_ca(&k->site, cert)), .list = &k->site.entries,
	                          .names = &names, .by = k->by, .www_apart = args_has(&k->cli->args, OPTION_WWW_APART),
	                          .from = clock_now(k->site.clock)};
	struct advise a = {0};
	char *settings = NULL;
	int rc = normal_names(cert, &names, e);

	if (rc < 0)
		goto out;
	advise_find(&in, &a);
	k->looked_at++;
	k->split += a.count > 1;
	settings = a.count > 1 ? splitting_settings(&k->site.settings, cert, &a) : NULL;
	if (k->list)
		json_add(k->list, certificate_json(cert, &a, settings));
	else if (settings && !k->cli->quiet)
		print_certificate(cert, &a, settings);
out:
	free(settings);
	strs_clear(&names);
	advise_clear(&a);
	return rc;
}

static void finish(const struct counsel *k)
{
	struct json *j;

	if (k->list) {
		j = output_object("tegata.entitlements-advise.v1", true);
		json_set_str(j, "by", k->by == ADVISE_BY_END ? "end" : "entry");
		json_set(j, "certificates", k->list);
		output_json(j);
	} else if (k->split == 0 && !k->cli->quiet) {
		output_line("%s", k->looked_at > 0 ? _("Nothing to split: no certificate has names that end on different days.")
		                                   : _("There are no certificates in the settings."));
	}
}

static int advise_all(struct counsel *k, struct err *e)
{
	const struct settings *settings = &k->site.settings;

	if (read_options(k, e) < 0 || check_words(k, e) < 0 || site_open_store(&k->site, e) < 0)
		return -1;
	k->list = k->cli->json ? json_new_array() : NULL;
	for (size_t i = 0; i < settings->certificate_count; i++)
		if (is_meant(k, &settings->certificate[i]) && advise_one(k, &settings->certificate[i], e) < 0) {
			json_free(k->list);
			return -1;
		}
	finish(k);
	return 0;
}

int cmd_entitlements_advise(struct cli *c)
{
	struct counsel k = {.cli = c};
	struct err e = ERR_INIT;
	int status = 0;

	setup_words(c, &k.words);
	if (setup_site(c, &k.site, &e) < 0 || advise_all(&k, &e) < 0)
		status = report_error(c, &e);
	site_clear(&k.site);
	strs_clear(&k.words);
	return status;
}
