#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "cmd.h"
#include "dates.h"
#include "exits.h"
#include "output.h"
#include "report.h"
#include "setup.h"

#define FQDN_SHOWN_MAX 300

struct check {
	struct cli *cli;
	struct site site;
	int64_t at;
	bool ok;
};

static size_t valid_count(const struct coverage_result *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += r->name[i].name != NULL;
	return count;
}

static char *too_many_text(const struct ca_setting *ca, const struct coverage_result *r)
{
	return str_fmt(_("%zu names, but the CA \"%s\" takes at most %d in one certificate"), valid_count(r), ca->name, r->limit);
}

static char *other_set_text(const struct coverage_result *r)
{
	char *missing = output_names(&r->missing), *text;

	if (r->missing.count > 0)
		text = str_fmt(_("a certificate of this contract holds exactly the names of one set; missing: %s"), missing);
	else
		text = str_dup(_("a certificate of this contract holds exactly the names of one set"));
	free(missing);
	return text;
}

static struct json *name_json(const struct coverage_name *n)
{
	struct json *j = json_new_object();

	json_set_str(j, n->name ? "name" : "input", n->name ? n->name : n->input);
	if (n->name && n->unicode)
		json_set_str(j, "unicode", n->unicode);
	json_set_bool(j, "covered", n->covered);
	if (n->covered) {
		json_set_strs(j, "by", &n->by);
		return j;
	}
	json_set_str(j, "reason", coverage_reason_name(n->reason));
	if (n->reason == COVERAGE_INVALID_NAME) {
		json_set_str(j, "message", n->message);
	} else if (n->reason == COVERAGE_NOT_REGISTERED) {
		json_set_str(j, "nearest", n->nearest);
		json_set_strs(j, "register", &n->would);
	} else {
		json_set_strs(j, "by", &n->by);
	}
	return j;
}

/* The text is owned. */
static void add_error(struct json *errors, const char *code, char *text)
{
	struct json *error = json_new_object();

	json_set_str(error, "code", code);
	json_set_str(error, "message", text);
	json_add(errors, error);
	free(text);
}

static void add_members(struct json *j, const struct ca_setting *ca, const struct coverage_result *r)
{
	struct json *names = json_new_array(), *errors = json_new_array();

	output_set_number(j, "limit", r->limit);
	json_set_int(j, "count", (int64_t)valid_count(r));
	for (size_t i = 0; i < r->count; i++)
		json_add(names, name_json(&r->name[i]));
	json_set(j, "names", names);
	if (r->too_many)
		add_error(errors, "too-many-names", too_many_text(ca, r));
	if (r->not_the_set)
		add_error(errors, "not-the-set", other_set_text(r));
	json_set(j, "errors", errors);
}

static char *shown(const struct coverage_name *n)
{
	return n->name ? output_name(n->name) : str_escape(n->input, strlen(n->input), FQDN_SHOWN_MAX);
}

static char *verdict(const struct coverage_name *n)
{
	const struct strs *entries = n->reason == COVERAGE_ENTRY_ENDED ? &n->ended : &n->by;
	char *list = n->reason == COVERAGE_NOT_REGISTERED ? strs_join(&n->would, _(" or ")) : output_names(entries);
	char *text, *day;

	if (n->covered)
		text = *list ? str_fmt(_("covered by %s"), list) : str_dup(_("allowed"));
	else if (n->reason == COVERAGE_INVALID_NAME)
		text = str_fmt(_("REFUSED  %s"), n->message);
	else if (n->reason == COVERAGE_OTHER_SET)
		text = str_dup(_("REFUSED  registered for another set of names than the others"));
	else if (n->reason == COVERAGE_ENTRY_ENDED) {
		day = output_date(n->ended_on);
		text = str_fmt(n->ended_by_record ? _("REFUSED  the use period of %s ended on %s, counted from its first certificate")
		                                  : _("REFUSED  the use period of %s ended on %s"), list, day);
		free(day);
	} else if (n->nearest)
		text = str_fmt(_("REFUSED  not registered: nearest is %s; register %s"), n->nearest, list);
	else
		text = str_fmt(_("REFUSED  not registered: register %s"), list);
	free(list);
	return text;
}

/* The text is owned. */
static void print_made(char *text)
{
	output_line("%s", text);
	free(text);
}

static void print_text(const struct ca_setting *ca, const struct coverage_result *r)
{
	size_t width = 0;

	for (size_t i = 0; i < r->count; i++) {
		char *name = shown(&r->name[i]);
		size_t w = output_width(name);

		width = w > width ? w : width;
		free(name);
	}
	for (size_t i = 0; i < r->count; i++) {
		char *name = shown(&r->name[i]), *padded = output_pad(name, width), *text = verdict(&r->name[i]);

		output_line("%s  %s", padded, text);
		free(name);
		free(padded);
		free(text);
	}
	if (r->too_many)
		print_made(too_many_text(ca, r));
	if (r->not_the_set)
		print_made(other_set_text(r));
}

static int check_given(struct check *k, const struct strs *names, struct err *e)
{
	const struct ca_setting *ca = setup_ca(k->cli, &k->site, e);
	struct coverage_result r = {0};

	if (ca == NULL || site_gate_need_list(&k->site, ca, e) < 0)
		return -1;
	site_gate(&k->site, ca, names, k->at, &r);
	k->ok = r.ok;
	if (k->cli->json) {
		struct json *j = output_object("tegata.check.v1", r.ok);

		output_set_time(j, "at", k->at);
		add_members(j, ca, &r);
		output_json(j);
	} else if (!k->cli->quiet) {
		print_text(ca, &r);
	}
	coverage_result_clear(&r);
	return 0;
}

static void check_one(struct check *k, const struct certificate_setting *c, struct json *list)
{
	const struct ca_setting *ca = site_ca(&k->site, c);
	struct coverage_result r = {0};
	struct json *j;

	site_gate(&k->site, ca, &c->names, k->at, &r);
	k->ok &= r.ok;
	if (k->cli->json) {
		j = json_new_object();
		json_set_str(j, "certificate", c->name);
		json_set_bool(j, "ok", r.ok);
		json_set_str(j, "ca", ca->name);
		add_members(j, ca, &r);
		json_add(list, j);
	} else if (!k->cli->quiet) {
		output_line("%s:", c->name);
		print_text(ca, &r);
	}
	coverage_result_clear(&r);
}

static int check_configured(struct check *k, struct err *e)
{
	const struct settings *settings = &k->site.settings;
	struct json *list, *j;

	if (settings->certificate_count == 0) {
		err_set(e, ERR_USAGE, _("nothing to check: no name is given and no certificate is configured"));
		err_advise(e, "%s", _("Give names: `tegata check -d NAME`."));
		return -1;
	}
	for (size_t i = 0; i < settings->certificate_count; i++)
		if (site_gate_need_list(&k->site, site_ca(&k->site, &settings->certificate[i]), e) < 0)
			return -1;
	list = json_new_array();
	k->ok = true;
	for (size_t i = 0; i < settings->certificate_count; i++)
		check_one(k, &settings->certificate[i], list);
	if (!k->cli->json) {
		json_free(list);
		return 0;
	}
	j = output_object("tegata.check.v1", k->ok);
	output_set_time(j, "at", k->at);
	json_set(j, "certificates", list);
	output_json(j);
	return 0;
}

static int parse_at(struct check *k, struct err *e)
{
	const char *text = args_value(&k->cli->args, OPTION_AT);

	k->at = clock_now(clock_system());
	return text ? dates_time("--at", text, &k->at, e) : 0;
}

/* Dates of first certificates are in the state folder; who may not read it is answered by the list alone. */
static void apply_ledger(struct check *k)
{
	struct err ignored = ERR_INIT;

	(void)!site_open_store(&k->site, &ignored);
	err_clear(&ignored);
}

int cmd_check(struct cli *c)
{
	struct check k = {.cli = c};
	struct strs names = {0};
	struct err e = ERR_INIT;
	int status = 0, rc;

	for (size_t i = 0; i < c->args.count; i++)
		if (c->args.given[i].row->id == OPTION_DOMAIN)
			args_split(c->args.given[i].value, &names);
	for (size_t i = 0; i < c->args.word_count; i++)
		args_split(c->args.word[i], &names);
	rc = parse_at(&k, &e);
	if (rc == 0) {
		rc = setup_site(c, &k.site, &e);
		if (rc == 0)
			apply_ledger(&k);
		if (rc == 0)
			rc = names.count > 0 ? check_given(&k, &names, &e) : check_configured(&k, &e);
		site_clear(&k.site);
	}
	if (rc < 0)
		status = report_error(c, &e);
	else if (!k.ok)
		status = exits_status(ERR_REFUSED);
	strs_clear(&names);
	return status;
}
