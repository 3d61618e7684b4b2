#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "cmd.h"
#include "exits.h"
#include "output.h"
#include "report.h"
#include "run/ledger.h"
#include "setup.h"

static void print_json(const struct site *s)
{
	struct json *j = output_object("tegata.config-check.v1", true);

	json_set(j, "mistakes", json_new_array());
	json_set_strs(j, "files", &s->settings.files);
	json_set_str(j, "entitlements", s->entries_missing ? NULL : s->entitlements_file);
	json_set_int(j, "cas", (int64_t)s->settings.ca_count);
	json_set_int(j, "certificates", (int64_t)s->settings.certificate_count);
	json_set_int(j, "entries", (int64_t)s->entries.count);
	output_json(j);
}

static void print_text(const struct site *s)
{
	size_t certificates = s->settings.certificate_count, entries = s->entries.count;
	char *first = str_fmt(P_("%zu certificate", "%zu certificates", certificates), certificates);
	char *second = str_fmt(P_("%zu registered FQDN", "%zu registered FQDNs", entries), entries);

	output_line(_("The settings are in order: %s, %s."), first, second);
	if (s->settings.files.count == 0)
		output_line(_("There are no settings in %s; built-in values hold."), s->config_dir);
	if (s->entries_missing)
		output_line(_("There is no list of registered FQDNs at %s."), s->entitlements_file);
	free(first);
	free(second);
}

/* Not the object of other errors: here mistakes are the answer that was asked for. */
static int print_mistakes(struct err *e)
{
	struct json *j = output_object("tegata.config-check.v1", false), *list = json_new_array();
	int status = exits_status(e->kind);

	for (const char *line = e->cause; *line;) {
		size_t length = strcspn(line, "\n");
		char *mistake = str_ndup(line, length);

		json_add_str(list, mistake);
		free(mistake);
		line += length + (line[length] == '\n');
	}
	json_set(j, "mistakes", list);
	output_json(j);
	err_clear(e);
	return status;
}

/* No mistake of the settings, but what comes of them. */
static void warn_of_list(struct site *s)
{
	struct err e = ERR_INIT;

	if (ledger_look_at_list(s, &e) < 0)
		log_warn(_("The next run refuses the list of registered FQDNs: %s"), e.cause);
	err_clear(&e);
}

/* A year mistyped would keep every warning away until then. */
static void warn_of_dates(const struct site *s)
{
	struct date today = date_of_jst(clock_now(s->clock));

	for (size_t i = 0; i < s->entries.count; i++) {
		const struct entry *en = &s->entries.item[i];

		if ((en->has_first_issued && date_compare(en->first_issued, today) > 0) ||
		    (en->has_registered && date_compare(en->registered, today) > 0))
			log_warn(_("%s:%d: %s has a date that is still to come; has its year been mistyped?"), s->entitlements_file, en->line,
			         en->fqdn);
	}
}

static void warn_of_hook(const struct site *s, const struct hook_spec *h, const struct place *at)
{
	const struct hook_dirs dirs = {.local = s->hooks_dir, .shipped = s->shipped_hooks_dir};
	struct err e = ERR_INIT;
	char *path = NULL;

	if (hook_is_set(h) && hook_find(h, &dirs, &path, &e) < 0)
		log_warn("%s:%d: %s", at->file ? at->file : s->config_dir, at->line, e.cause);
	err_clear(&e);
	free(path);
}

/* Hooks come and go without the settings, so a missing one is no mistake of theirs; when it is wanted is no time to learn of it. */
static void warn_of_hooks(const struct site *s)
{
	const struct settings *set = &s->settings;

	for (size_t i = 0; i < set->certificate_count; i++) {
		const struct certificate_setting *cert = &set->certificate[i];

		for (size_t k = 0; k < cert->challenge_count; k++) {
			warn_of_hook(s, &cert->challenge[k].hook, &cert->challenge[k].place);
			warn_of_hook(s, &cert->challenge[k].cleanup, &cert->challenge[k].place);
		}
		for (size_t k = 0; k < cert->deploy_count; k++)
			warn_of_hook(s, &cert->deploy[k], &cert->place);
	}
	for (size_t i = 0; i < set->notify_count; i++)
		warn_of_hook(s, &set->notify[i].hook, &set->notify[i].place);
}

int cmd_config_check(struct cli *c)
{
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0) {
		status = c->json ? print_mistakes(&e) : report_error(c, &e);
		goto out;
	}
	warn_of_list(&s);
	warn_of_dates(&s);
	warn_of_hooks(&s);
	if (c->json)
		print_json(&s);
	else if (!c->quiet)
		print_text(&s);
out:
	site_clear(&s);
	return status;
}
