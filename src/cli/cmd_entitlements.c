#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "listing.h"
#include "output.h"
#include "report.h"
#include "run/entitlements.h"
#include "setup.h"
#include "table.h"

enum { COLUMN_FQDN, COLUMN_PERIOD, COLUMN_LEFT, COLUMN_FROM, COLUMN_NOTE, COLUMN_COUNT };

static struct json *item_json(const struct entitlements_item *item)
{
	struct json *j = json_new_object();

	listing_set_name(j, item->entry->fqdn);
	json_set_strs(j, "covers", &item->covers);
	listing_set_period(j, &item->period);
	json_set_int(j, "renewed", item->entry->renewed);
	if (item->days_left >= 0)
		json_set_int(j, "days_left", item->days_left);
	else
		json_set_str(j, "days_left", NULL);
	json_set_bool(j, "ended", item->ended);
	json_set_strs(j, "certificates", &item->certificates);
	json_set_strs(j, "names", &item->names);
	json_set_strs(j, "overlaps", &item->overlaps);
	json_set_bool(j, "idle", item->idle);
	return j;
}

static void print_json(const struct site *s, const struct entitlements *l)
{
	struct json *j = output_object("tegata.entitlements.v1", true), *entries = json_new_array();

	output_set_time(j, "at", l->at);
	json_set_str(j, "file", s->entitlements_file);
	json_set_str(j, "rule", l->rule->preset);
	for (size_t i = 0; i < l->count; i++)
		json_add(entries, item_json(&l->item[i]));
	json_set(j, "entries", entries);
	output_json(j);
}

static const char *source_text(const struct period *p)
{
	if (p->source == PERIOD_NOT_BEGUN)
		return "";
	if (p->source != PERIOD_RECORDED)
		return _("list");
	return p->perhaps ? _("perhaps") : _("ledger");
}

static char *left_text(const struct entitlements_item *item)
{
	if (item->days_left < 0)
		return NULL;
	if (item->ended)
		return str_dup(_("ended"));
	return str_fmt(P_("%d day", "%d days", (unsigned long)item->days_left), item->days_left);
}

static void add_names(struct table_row *row, const char *label, const struct strs *names)
{
	char *text = output_names(names);

	table_below(row, label, text);
	free(text);
}

static void add_item(struct table *t, const struct entitlements_item *item)
{
	struct table_row *row = table_add(t);
	char *certificates = strs_join(&item->certificates, ", ");

	row->cell[COLUMN_FQDN] = output_name(item->entry->fqdn);
	row->cell[COLUMN_PERIOD] = listing_period(&item->period);
	row->cell[COLUMN_LEFT] = left_text(item);
	row->cell[COLUMN_FROM] = str_dup(source_text(&item->period));
	row->cell[COLUMN_NOTE] = item->idle ? str_dup(_("unused")) : NULL;
	add_names(row, _("covers"), &item->covers);
	table_below(row, _("certificates"), certificates);
	add_names(row, _("names"), &item->names);
	add_names(row, _("also by"), &item->overlaps);
	free(certificates);
}

static void print_text(const struct site *s, const struct entitlements *l)
{
	struct table t = {.columns = COLUMN_COUNT};
	struct table_row *head;
	char *text;

	if (l->count == 0) {
		output_line(s->entries_missing ? _("There is no list of registered FQDNs at %s.")
		                               : _("The list of registered FQDNs at %s is empty."), s->entitlements_file);
		output_line("%s", _("`tegata entitlements add FQDN` writes down what is registered; `tegata entitlements suggest` finds what to "
		                    "register."));
		return;
	}
	head = table_add(&t);
	head->cell[COLUMN_FQDN] = str_dup(_("FQDN"));
	head->cell[COLUMN_PERIOD] = str_dup(_("use period"));
	head->cell[COLUMN_LEFT] = str_dup(_("left"));
	head->cell[COLUMN_FROM] = str_dup(_("from"));
	for (size_t i = 0; i < l->count; i++)
		add_item(&t, &l->item[i]);
	text = table_text(&t);
	output_text(text);
	free(text);
	table_clear(&t);
}

int cmd_entitlements(struct cli *c)
{
	struct entitlements list = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0 || entitlements_gather(&s, &list, &e) < 0)
		status = report_error(c, &e);
	else if (c->json)
		print_json(&s, &list);
	else if (!c->quiet)
		print_text(&s, &list);
	entitlements_clear(&list);
	site_clear(&s);
	return status;
}
