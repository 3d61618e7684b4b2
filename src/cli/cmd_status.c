#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "monitoring.h"
#include "output.h"
#include "report.h"
#include "run/status.h"
#include "setup.h"
#include "status_text.h"

static void set_chain(struct json *j, const struct status_item *item)
{
	json_set_str(j, "intermediate", item->intermediate);
	json_set_str(j, "top_issuer", item->top_issuer);
	json_set_str(j, "root", item->root);
	json_set_str(j, "revocation", item->revocation);
	output_set_time(j, "revocation_at", item->revocation_at);
	json_set_str(j, "renew_because", item->because);
	json_set_str(j, "explanation_url", item->explanation_url);
	json_set_str(j, "spki_sha256", item->spki_sha256);
	json_set_str(j, "next_spki_sha256", item->next_spki_sha256);
	output_set_number(j, "held", item->held);
}

static void set_lapse(struct json *j, const struct status_item *item)
{
	output_set_time(j, "effective_end", item->effective_end);
	json_set_str(j, "effective_by", item->effective_by);
	output_set_time(j, "hopeful_end", item->hopeful_end);
	json_set_str(j, "lapse", item->lapse);
	json_set_strs(j, "lapsing", &item->lapsing);
	json_set_strs(j, "remaining", &item->remaining);
	json_set_strs(j, "let_go", &item->let_go);
	output_set_number(j, "prepared", item->prepared);
}

static struct json *item_json(const struct status_item *item, int64_t now)
{
	struct json *j = json_new_object();

	json_set_str(j, "name", item->name);
	json_set_str(j, "state", status_text_state(item, now));
	json_set_bool(j, "configured", item->configured);
	json_set_bool(j, "present", item->present);
	json_set_strs(j, "names", &item->names);
	json_set_strs(j, "missing", &item->missing);
	json_set_strs(j, "surplus", &item->surplus);
	json_set_strs(j, "refused", &item->refused);
	json_set_str(j, "ca", item->ca);
	json_set_str(j, "key_type", item->key_type);
	json_set_str(j, "serial", item->serial);
	json_set_str(j, "issuer", item->issuer);
	json_set_str(j, "live_dir", item->live_dir);
	output_set_number(j, "generation", item->generation);
	output_set_time(j, "not_before", item->not_before);
	output_set_time(j, "not_after", item->not_after);
	output_set_time(j, "renew_at", item->renew_at);
	json_set_str(j, "entry_ends", item->entry_ends);
	output_set_time(j, "entry_ends_at", item->entry_ends_at);
	set_lapse(j, item);
	json_set_strs(j, "deploy_owed", &item->deploy_owed);
	json_set_str(j, "deploy_error", item->deploy_error);
	json_set_str(j, "last_error", item->last_error);
	output_set_time(j, "last_error_at", item->last_error_at);
	json_set_int(j, "failures", item->failures);
	output_set_time(j, "next_try", item->next_try);
	json_set_str(j, "wait_why", item->wait_why);
	json_set_bool(j, "in_flight", item->in_flight);
	json_set_str(j, "damage", item->damage);
	set_chain(j, item);
	return j;
}

static struct json *account_json(const struct status_account *a)
{
	struct json *j = json_new_object();

	json_set_str(j, "server", a->server);
	json_set_str(j, "url", a->url);
	json_set_str(j, "eab_kid", a->eab_kid);
	json_set_bool(j, "confirmed", a->confirmed);
	json_set_str(j, "damage", a->damage);
	return j;
}

static void print_json(const struct status_report *r)
{
	struct json *j = output_object("tegata.status.v1", true), *items = json_new_array(), *accounts = json_new_array();

	output_set_time(j, "at", r->at);
	for (size_t i = 0; i < r->count; i++)
		json_add(items, item_json(&r->item[i], r->at));
	json_set(j, "certificates", items);
	for (size_t i = 0; i < r->account_count; i++)
		json_add(accounts, account_json(&r->account[i]));
	json_set(j, "accounts", accounts);
	json_set_int(j, "entries", (int64_t)r->entry_count);
	json_set_str(j, "list_alarm", r->list_alarm);
	output_json(j);
}

static int show(const struct cli *c)
{
	struct status_report report = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	setup_words(c, &names);
	if (setup_site(c, &s, &e) < 0 || status_gather(&s, &names, &report, &e) < 0)
		status = report_error(c, &e);
	else if (c->json)
		print_json(&report);
	else if (!c->quiet)
		status_text_print(&report);
	status_report_clear(&report);
	site_clear(&s);
	strs_clear(&names);
	return status;
}

static int check_options(const struct cli *c, struct err *e)
{
	bool check = args_has(&c->args, OPTION_CHECK), metrics = args_has(&c->args, OPTION_METRICS);

	if (check && metrics)
		return err_set(e, ERR_USAGE, _("--check and --metrics contradict each other"));
	if (metrics && c->json)
		return err_set(e, ERR_USAGE, _("--metrics and --json contradict each other"));
	if ((check || metrics) && c->args.word_count > 0)
		return err_set(e, ERR_USAGE, _("--check and --metrics are of all certificates: no names go with them"));
	if (!check && !metrics && (args_has(&c->args, OPTION_WARNING) || args_has(&c->args, OPTION_CRITICAL) ||
	                           args_has(&c->args, OPTION_ENTRY_WARNING)))
		return err_set(e, ERR_USAGE, _("--warning, --critical and --entry-warning go with --check or --metrics"));
	return 0;
}

int cmd_status(struct cli *c)
{
	struct err e = ERR_INIT;

	if (check_options(c, &e) < 0)
		return args_has(&c->args, OPTION_CHECK) ? monitoring_unknown(c, &e) : report_error(c, &e);
	if (args_has(&c->args, OPTION_CHECK))
		return monitoring_check(c);
	return args_has(&c->args, OPTION_METRICS) ? monitoring_metrics(c) : show(c);
}
