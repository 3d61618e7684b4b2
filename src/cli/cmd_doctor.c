#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "exits.h"
#include "net/sandbox.h"
#include "output.h"
#include "report.h"
#include "setup.h"

#define TITLE_WIDTH 14
#define STATE_WIDTH 12
#define VALUE_AT (2 + TITLE_WIDTH + 1 + STATE_WIDTH + 2)

static const char *const titles[SANDBOX_COUNT] = {
	[SANDBOX_USER] = N_("user"),
	[SANDBOX_GROUPS] = N_("groups"),
	[SANDBOX_CAPABILITIES] = N_("capabilities"),
	[SANDBOX_NO_NEW_PRIVS] = N_("no new rights"),
	[SANDBOX_SECCOMP] = N_("system calls"),
	[SANDBOX_LANDLOCK] = N_("files"),
	[SANDBOX_DESCRIPTORS] = N_("descriptors"),
	[SANDBOX_LIMITS] = N_("limits"),
	[SANDBOX_TRACING] = N_("looking in"),
	[SANDBOX_LIFE] = N_("life"),
};

static struct json *row_json(const struct sandbox_row *row)
{
	struct json *j = json_new_object();

	json_set_str(j, "name", row->name);
	json_set_bool(j, "in_force", row->in_force);
	json_set_bool(j, "possible", row->possible);
	json_set_str(j, "seen", row->own_word ? "by the helper" : "from outside");
	json_set_str(j, "value", row->value);
	json_set_str(j, "reason", row->reason);
	return j;
}

static void print_json(const struct sandbox *s)
{
	struct json *j = output_object("tegata.doctor.v1", sandbox_is_whole(s)), *rows = json_new_array();

	for (size_t i = 0; i < SANDBOX_COUNT; i++)
		json_add(rows, row_json(&s->row[i]));
	json_set(j, "sandbox", rows);
	output_json(j);
}

static const char *state_of(const struct sandbox_row *row)
{
	if (row->in_force)
		return _("in force");
	return row->possible ? _("NOT IN FORCE") : _("cannot be");
}

static void print_row(const char *title, const struct sandbox_row *row)
{
	char *first = output_pad(title, TITLE_WIDTH);
	struct strs lines = {0};

	if (row->value)
		output_wrap(&lines, str_fmt("  %s %s", first, state_of(row)), VALUE_AT, row->value);
	else
		strs_take(&lines, str_fmt("  %s %s", first, state_of(row)));
	if (row->reason)
		output_wrap(&lines, str_dup(""), VALUE_AT, row->reason);
	for (size_t i = 0; i < lines.count; i++)
		output_line("%s", lines.item[i]);
	strs_clear(&lines);
	free(first);
}

static void print_text(const struct sandbox *s)
{
	output_line("%s", _("What holds the network helper, tegata-net, should somebody take it over from outside:"));
	for (size_t i = 0; i < SANDBOX_COUNT; i++)
		print_row(_(titles[i]), &s->row[i]);
	output_line("%s", sandbox_is_whole(s) ? _("All that this machine can give is in force.")
	                                      : _("Something that this machine could give is not in force."));
}

/* With the trust of the first CA, as far as there are settings; what is wrong in them others tell. */
static int look(const struct cli *c, struct sandbox *out, struct err *e)
{
	struct http_options o = {.user_agent = "tegata/" PACKAGE_VERSION, .ca_file = c->ca_file};
	struct err unread = ERR_INIT;
	struct site s;
	int rc;

	if (setup_site(c, &s, &unread) == 0 && !o.ca_file && s.settings.ca_count > 0)
		o.ca_file = s.settings.ca[0].ca_file;
	rc = sandbox_look(&o, out, e);
	site_clear(&s);
	err_clear(&unread);
	return rc;
}

int cmd_doctor(struct cli *c)
{
	struct sandbox s = {0};
	struct err e = ERR_INIT;
	int status;

	if (look(c, &s, &e) < 0)
		return report_error(c, &e);
	if (c->json)
		print_json(&s);
	else
		print_text(&s);
	status = sandbox_is_whole(&s) ? 0 : exits_status(ERR_IO);
	sandbox_clear(&s);
	return status;
}
