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
	if (c->json)
		print_json(&s);
	else if (!c->quiet)
		print_text(&s);
out:
	site_clear(&s);
	return status;
}
