#include "config.h"

#include "visiting.h"

#include <stdlib.h>

#include "asking.h"
#include "base/i18n.h"
#include "base/log.h"
#include "exits.h"
#include "output.h"
#include "reasons.h"
#include "report.h"
#include "setup.h"

static struct json *item_json(const struct visit_item *item)
{
	struct json *j = json_new_object();

	json_set_str(j, "name", item->name);
	json_set_str(j, "outcome", visit_outcome_name(item->outcome));
	json_set_str(j, "reason", visit_reason_name(item->reason));
	output_set_number(j, "generation", item->generation);
	output_set_time(j, "not_after", item->not_after);
	output_set_time(j, "renew_at", item->renew_at);
	output_set_time(j, "next_try", item->next_try);
	json_set_str(j, "wait_why", item->wait_why);
	json_set_str(j, "group", item->group);
	json_set_str(j, "key_type", item->key_type);
	json_set_bool(j, "resumed", item->resumed);
	json_set_str(j, "live_dir", item->live_dir);
	json_set_strs(j, "begun", &item->begun);
	json_set_strs(j, "let_go", &item->let_go);
	output_set_number(j, "prepared", item->prepared);
	json_set_str(j, "moved_from", item->moved_from);
	json_set_bool(j, "moved_back", item->moved_back);
	json_set_strs(j, "deployed", &item->deployed);
	json_set_int(j, "deploy_owed", (int64_t)item->deploy_owed);
	if (item->err.kind != ERR_NONE)
		json_set(j, "error", report_json(&item->err));
	else
		json_set_str(j, "error", NULL);
	if (item->deploy_err.kind != ERR_NONE)
		json_set(j, "deploy_error", report_json(&item->deploy_err));
	else
		json_set_str(j, "deploy_error", NULL);
	return j;
}

static void tell_json(const struct cli *c, const struct visit_report *r)
{
	struct json *j = output_object("tegata.run.v1", visit_worst(r) == NULL), *list = json_new_array();

	json_set_str(j, "command", c->command->name);
	for (size_t i = 0; i < r->count; i++)
		json_add(list, item_json(&r->item[i]));
	json_set(j, "certificates", list);
	json_set_int(j, "requests", (int64_t)r->requests);
	json_set_int(j, "connections", (int64_t)r->connections);
	output_json(j);
}

static void tell_issued(const struct visit_item *item)
{
	char *expires = output_local_time(item->not_after), *renewal = output_local_time(item->renew_at);

	output_line(_("%s: new certificate in %s, valid until %s, to be renewed from %s"), item->name,
	            item->live_dir ? item->live_dir : "?", expires, renewal);
	free(expires);
	free(renewal);
}

static void tell_kept(const struct visit_item *item)
{
	char *renewal;

	if (item->renew_at == 0) {
		log_verbose(_("%s: nothing to do"), item->name);
		return;
	}
	renewal = output_local_time(item->renew_at);
	log_verbose(_("%s: kept; to be renewed from %s"), item->name, renewal);
	free(renewal);
}

static void tell_waiting(const struct visit_item *item)
{
	char *when = output_local_time(item->next_try);

	log_verbose(_("%s: not tried before %s: %s"), item->name, when, reasons_wait_word(item->wait_why));
	free(when);
}

/* When it will be tried again is our decision, the CA's wish a part of it; what was forced is left to who did it. */
static void tell_failed(const struct visit_item *item, bool again)
{
	struct err shown = item->err;

	again = again && item->reason != VISIT_FORCED;
	if (again)
		shown.retry_at = item->next_try;
	report_failure(&shown, again);
}

static void tell_begun(const struct site *s, const struct visit_item *item)
{
	const struct certificate_setting *cert = settings_certificate(&s->settings, item->name);
	char *terms = asking_terms(s, site_ca(s, cert), &item->begun);

	output_line(P_("%s: the paid term of %s has begun", "%s: the paid terms of %s have begun", (unsigned long)item->begun.count),
	            item->name, terms);
	free(terms);
}

static void tell_moved(const struct site *s, const struct visit_item *item)
{
	const struct ca_setting *old = settings_ca(&s->settings, item->moved_from);

	if (old && !site_rule(s, old)->checked)
		output_line(_("%s: moved here from the CA \"%s\""), item->name, item->moved_from);
	else
		output_line(_("%s: moved here from the CA \"%s\"; end the contract there when it is needed no more"), item->name,
		            item->moved_from);
}

/* What a visit did beside ordering, or by it. */
static void tell_contract(const struct site *s, const struct visit_item *item)
{
	char *names;

	if (item->begun.count > 0)
		tell_begun(s, item);
	if (item->let_go.count > 0) {
		names = output_names(&item->let_go);
		output_line(_("%s: goes on without %s, as what covers that was not renewed"), item->name, names);
		free(names);
	}
	if (item->prepared > 0)
		output_line(_("%s: generation %d is ready without the names that lapse, and waits for its day"), item->name, item->prepared);
	/* One that was taken back is told as the failure that it is. */
	if (item->moved_from && !item->moved_back)
		tell_moved(s, item);
}

static void tell_item(const struct cli *c, const struct site *s, const struct visit_item *item, bool again)
{
	if (item->outcome == VISIT_FAILED)
		tell_failed(item, again);
	else if (item->outcome == VISIT_ISSUED && !c->quiet)
		tell_issued(item);
	else if (item->outcome == VISIT_WAITING)
		tell_waiting(item);
	else if (item->outcome == VISIT_KEPT)
		tell_kept(item);
	if (!c->quiet)
		tell_contract(s, item);
	/* A move that was taken back is not tried again by itself before it is due. */
	if (item->deploy_err.kind != ERR_NONE)
		report_failure(&item->deploy_err, again && !item->moved_back);
}

int visiting_tell(const struct cli *c, const struct site *s, const struct visit_report *r, bool again)
{
	const struct err *worst = visit_worst(r);

	if (c->json)
		tell_json(c, r);
	for (size_t i = 0; !c->json && i < r->count; i++)
		tell_item(c, s, &r->item[i], again);
	return worst ? exits_status(worst->kind) : 0;
}

int visiting_visit(struct cli *c, struct site *s, struct visit_options *o)
{
	struct visit_report report = {0};
	struct strs refused = {0};
	struct err e = ERR_INIT;
	int status;

	o->accept_list = args_has(&c->args, OPTION_ACCEPT_LIST);
	o->first_use_refused = &refused;
	if (asking_first_uses(c, s, o, &refused, &e) < 0 || visit(s, o, &report, &e) < 0) {
		status = report_error(c, &e);
	} else {
		if (report.count == 0)
			log_verbose(_("no certificate is configured in %s"), s->config_dir);
		status = visiting_tell(c, s, &report, true);
	}
	visit_report_clear(&report);
	strs_clear(&refused);
	return status;
}

int visiting_run(struct cli *c, struct visit_options *o)
{
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status;

	setup_words(c, &names);
	o->names = &names;
	status = setup_site(c, &s, &e) < 0 ? report_error(c, &e) : visiting_visit(c, &s, o);
	site_clear(&s);
	strs_clear(&names);
	return status;
}
