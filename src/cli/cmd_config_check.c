#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "output.h"
#include "report.h"
#include "setup.h"

static void print_json(const struct site *s)
{
	struct json *j = output_object("tegata.config-check.v1", true);

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

int cmd_config_check(struct cli *c)
{
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0)
		status = report_error(c, &e);
	else if (c->json)
		print_json(&s);
	else if (!c->quiet)
		print_text(&s);
	site_clear(&s);
	return status;
}
