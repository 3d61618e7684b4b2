#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "cmd.h"
#include "dates.h"
#include "entitle/fqdn.h"
#include "listing.h"
#include "output.h"
#include "report.h"
#include "run/entitlements.h"
#include "run/scan.h"
#include "setup.h"

#define LABEL_WIDTH 2
#define ENTRY_COLUMN 34

struct wish {
	struct strs names;
	struct scan scan;
	int64_t plain, wildcard;
	bool priced;
	int64_t at;
};

static int read_price(const char *part, struct wish *w)
{
	const char *number = strchr(part, '=');

	if (number == NULL)
		return -1;
	if (str_starts(part, "plain="))
		return str_to_int64(number + 1, 0, SUGGEST_PRICE_MAX, &w->plain);
	return str_starts(part, "wildcard=") ? str_to_int64(number + 1, 0, SUGGEST_PRICE_MAX, &w->wildcard) : -1;
}

static int read_prices(const struct cli *c, struct wish *w, struct err *e)
{
	const char *text = args_value(&c->args, OPTION_PRICE);
	struct strs parts = {0};
	int rc = 0;

	w->plain = w->wildcard = 1;
	w->priced = text != NULL;
	if (text)
		args_split(text, &parts);
	for (size_t i = 0; i < parts.count; i++)
		rc = rc < 0 || read_price(parts.item[i], w) < 0 ? -1 : 0;
	strs_clear(&parts);
	return rc < 0 ? setup_expected("--price", text, _("plain=N,wildcard=N with whole numbers"), e) : 0;
}

static int scan(const struct cli *c, struct wish *w, struct err *e)
{
	const char *server = args_value(&c->args, OPTION_SCAN);

	if (server == NULL)
		return 0;
	if (str_eq(server, "nginx"))
		return scan_nginx(&w->scan, e);
	if (str_eq(server, "apache"))
		return scan_apache(&w->scan, e);
	return setup_expected("--scan", server, _("nginx or apache"), e);
}

static int read_names(const struct cli *c, const struct site *s, struct wish *w, struct err *e)
{
	if (listing_words(c, &w->names, e) < 0 || scan(c, w, e) < 0)
		return -1;
	for (size_t i = 0; i < w->scan.names.count; i++)
		if (!strs_has(&w->names, w->scan.names.item[i]))
			strs_add(&w->names, w->scan.names.item[i]);
	if (c->args.word_count == 0 && !args_has(&c->args, OPTION_SCAN))
		entitlements_configured_names(s, &w->names);
	if (w->names.count > 0)
		return 0;
	err_set(e, ERR_USAGE, _("for which names? There is none to find entries for"));
	err_advise(e, "%s", _("Give names, or --scan nginx or --scan apache, or configure certificates."));
	return -1;
}

static struct json *entries_json(const struct suggest_entry *list, size_t count)
{
	struct json *j = json_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json *entry = json_new_object();

		listing_set_name(entry, list[i].fqdn);
		json_set_strs(entry, "names", &list[i].names);
		json_add(j, entry);
	}
	return j;
}

static void print_json(const struct wish *w, const struct suggest *found)
{
	struct json *j = output_object("tegata.entitlements-suggest.v1", true), *prices = json_new_object();

	json_set_strs(j, "names", &w->names);
	json_set_strs(j, "left_out", &w->scan.left_out);
	json_set(j, "add", entries_json(found->add, found->add_count));
	json_set(j, "keep", entries_json(found->keep, found->keep_count));
	json_set_strs(j, "superfluous", &found->superfluous);
	json_set_int(prices, "plain", w->plain);
	json_set_int(prices, "wildcard", w->wildcard);
	json_set(j, "prices", prices);
	json_set_int(j, "cost", found->cost);
	json_set_int(j, "yearly", found->yearly);
	output_json(j);
}

static void print_entries(const char *title, const struct suggest_entry *list, size_t count)
{
	if (count > 0)
		output_line("%s:", title);
	for (size_t i = 0; i < count; i++) {
		char *name = output_name(list[i].fqdn), *names = output_names(&list[i].names), *text = str_fmt(_("for %s"), names);

		output_field(LABEL_WIDTH, ENTRY_COLUMN, name, text);
		free(name);
		free(names);
		free(text);
	}
}

static void print_names(const char *title, const struct strs *names)
{
	if (names->count > 0)
		output_line("%s:", title);
	for (size_t i = 0; i < names->count; i++) {
		char *name = output_name(names->item[i]);

		output_line("  %s", name);
		free(name);
	}
}

static void print_cost(const struct wish *w, const struct suggest *found)
{
	if (!w->priced)
		output_line(_("Registered FQDNs to be paid for: %lld now, %lld a year from then on."), (long long)found->cost,
		            (long long)found->yearly);
	else
		output_line(_("Price: %lld now, %lld a year from then on."), (long long)found->cost, (long long)found->yearly);
}

/* A command with those of the entries that are in the list by now, or with all. */
static void print_command(const char *verb, const struct suggest *found, const struct entry_list *only)
{
	struct strs words = {0};
	char *command;

	for (size_t i = 0; i < found->add_count; i++) {
		const char *fqdn = found->add[i].fqdn, *quote = fqdn_is_wildcard(fqdn) ? "'" : "";

		if (!only || entry_list_find(only, fqdn))
			strs_take(&words, str_fmt("%s%s%s", quote, fqdn, quote));
	}
	command = strs_join(&words, " ");
	if (words.count > 0)
		output_line("  tegata entitlements %s %s", verb, command);
	free(command);
	strs_clear(&words);
}

/* What is to be registered although it is in the list has ended: it goes first, as its next contract is a new one. */
static void print_how(const struct suggest *found, const struct entry_list *list)
{
	output_line("%s", _("Register them in My Page first, then write them down:"));
	print_command("remove", found, list);
	print_command("add", found, NULL);
}

static void print_text(const struct wish *w, const struct suggest *found, const struct entry_list *list)
{
	for (size_t i = 0; i < w->scan.left_out.count; i++)
		output_line(_("left out: %s"), w->scan.left_out.item[i]);
	print_entries(_("To register"), found->add, found->add_count);
	print_entries(_("Registered already"), found->keep, found->keep_count);
	print_names(_("Registered, but not needed for these names (need not be renewed for them)"), &found->superfluous);
	print_cost(w, found);
	if (found->add_count > 0)
		print_how(found, list);
	else
		output_line("%s", _("Nothing has to be registered for these names."));
}

static int suggest(const struct cli *c, struct site *s, struct wish *w, struct err *e)
{
	struct suggest_input in = {.rule = site_rule_of_list(s), .names = &w->names, .list = &s->entries};
	const char *at = args_value(&c->args, OPTION_AT);
	struct suggest found = {0};

	w->at = clock_now(s->clock);
	if (read_prices(c, w, e) < 0 || (at && dates_time("--at", at, &w->at, e) < 0) || site_open_store(s, e) < 0 ||
	    read_names(c, s, w, e) < 0)
		return -1;
	in.plain_price = w->plain;
	in.wildcard_price = w->wildcard;
	in.at = w->at;
	suggest_find(&in, &found);
	log_progress_end();
	if (c->json)
		print_json(w, &found);
	else if (!c->quiet)
		print_text(w, &found, &s->entries);
	suggest_clear(&found);
	return 0;
}

int cmd_entitlements_suggest(struct cli *c)
{
	struct wish w = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0 || suggest(c, &s, &w, &e) < 0)
		status = report_error(c, &e);
	strs_clear(&w.names);
	scan_clear(&w.scan);
	site_clear(&s);
	return status;
}
