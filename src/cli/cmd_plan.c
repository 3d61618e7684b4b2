#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "cmd.h"
#include "exits.h"
#include "output.h"
#include "reasons.h"
#include "report.h"
#include "run/forethought.h"
#include "run/ledger.h"
#include "setup.h"

static void print_more(const char *label, char *text)
{
	output_line("  %s: %s", label, text);
	free(text);
}

static void print_kept(const struct forethought_item *item)
{
	char *when = output_local_time(item->renew_at);

	if (item->renew_at == 0)
		output_line(_("%s: kept"), item->name);
	else
		output_line(_("%s: kept; to be renewed from %s (%s)"), item->name, when, reasons_due(item->because));
	free(when);
}

static void print_wait(const struct forethought_item *item)
{
	char *when = output_local_time(item->next_try);

	output_line(_("%s: to be ordered (%s), but not before %s: %s"), item->name, reasons_visit(item->reason), when,
	            reasons_wait(item->wait_why));
	free(when);
}

static void print_refused(const struct forethought_item *item)
{
	struct err shown = ERR_INIT;

	err_copy(&shown, &item->err);
	err_wrap(&shown, "%s", item->name);
	report_failure(&shown, false);
	err_clear(&shown);
}

static void print_first_line(const struct forethought_item *item)
{
	switch (item->kind) {
	case FORETHOUGHT_RENEW:
		output_line(_("%s: would be renewed: %s"), item->name, reasons_visit(item->reason));
		break;
	case FORETHOUGHT_NEW:
		output_line(_("%s: would be issued anew: %s"), item->name, reasons_visit(item->reason));
		break;
	case FORETHOUGHT_SWITCH:
		output_line(_("%s: the certificate that was prepared would be put in place: %s"), item->name, reasons_visit(item->reason));
		break;
	case FORETHOUGHT_WAIT:
		print_wait(item);
		break;
	case FORETHOUGHT_REFUSED:
		print_refused(item);
		break;
	default:
		print_kept(item);
		break;
	}
}

/* A registered FQDN ends soon: what could be done, which is nobody's to decide but theirs who pay. */
static void print_offer(const struct forethought_item *item, int64_t now)
{
	bool over = item->lapse_at <= now;
	char *entry, *day;

	if (!item->lapse)
		return;
	entry = output_name(item->lapse_entry ? item->lapse_entry : "?");
	day = output_last_day(item->lapse_at);
	output_line(over ? _("  %s ended on %s, and these names with it:") : _("  %s ends on %s; renew it in My Page, or these names lapse with it:"),
	            entry, day);
	free(entry);
	free(day);
	print_more("-", output_names(&item->lapsing));
	if (item->remaining.count > 0) {
		print_more(_("it would go on with"), output_names(&item->remaining));
		print_more(_("now"), str_fmt("`tegata run --accept-lapse %s`", item->name));
		if (item->switch_at && !over)
			print_more(item->shrinks ? _("by itself (on_lapse: shrink)") : _("not by itself, but with `on_lapse: shrink` in its settings"),
			           output_day(item->switch_at));
	}
}

static void print_item(const struct forethought_item *item, int64_t now)
{
	print_first_line(item);
	if (item->kind == FORETHOUGHT_NEW || item->kind == FORETHOUGHT_RENEW)
		print_more(_("names"), output_names(&item->names));
	if (item->added.count > 0)
		print_more("+", output_names(&item->added));
	if (item->removed.count > 0)
		print_more("-", output_names(&item->removed));
	if (item->begins.count > 0)
		print_more(_("this begins the paid term of"), output_names(&item->begins));
	print_offer(item, now);
	if (item->in_flight)
		output_line(_("  an order was begun and is gone on with"));
	if (item->explanation_url)
		print_more(_("the CA explains"), str_dup(item->explanation_url));
	if (item->deploy_owed.count > 0)
		print_more(_("deploy owed"), strs_join(&item->deploy_owed, ", "));
}

/* What would be refused decides the exit status, as it would for the run. */
static int status_of(const struct forethought *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->item[i].kind == FORETHOUGHT_REFUSED)
			return exits_status(f->item[i].err.kind);
	return 0;
}

int cmd_plan(struct cli *c)
{
	struct forethought f = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status;

	setup_words(c, &names);
	if (setup_site(c, &s, &e) < 0 || ledger_look_at_list(&s, &e) < 0 ||
	    forethought_gather(&s, &names, args_has(&c->args, OPTION_ARI), &f, &e) < 0) {
		status = report_error(c, &e);
		goto out;
	}
	log_progress_end();
	if (c->json)
		output_json(forethought_json(&f));
	for (size_t i = 0; !c->json && i < f.count; i++)
		print_item(&f.item[i], f.at);
	if (f.count == 0 && !c->json)
		output_line(_("no certificate is configured in %s"), s.config_dir);
	status = status_of(&f);
out:
	forethought_clear(&f);
	site_clear(&s);
	strs_clear(&names);
	return status;
}
