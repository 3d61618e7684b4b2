#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "cmd.h"
#include "output.h"
#include "reasons.h"
#include "report.h"
#include "run/status.h"
#include "setup.h"

#define LABEL_WIDTH 12

/* One word for the whole of it, the worst first. */
static const char *state_name(const struct status_item *item, int64_t now)
{
	if (item->damage)
		return "damaged";
	if (!item->present)
		return "missing";
	if (now > item->not_after)
		return "expired";
	if (str_eq(item->revocation, "revoked"))
		return "revoked";
	if (item->missing.count > 0 || item->surplus.count > 0)
		return "names-changed";
	if (item->configured && now >= item->renew_at)
		return "due";
	return "valid";
}

static const char *state_text(const char *state)
{
	static const struct { const char *name, *text; } texts[] = {
		{"damaged", N_("damaged: what is on disk does not hold together")},
		{"missing", N_("not obtained yet")},
		{"expired", N_("EXPIRED")},
		{"revoked", N_("REVOKED by the CA")},
		{"names-changed", N_("valid; the configured names are others, the next run orders anew")},
		{"due", N_("valid; renewal is due")},
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (str_eq(texts[i].name, state))
			return _(texts[i].text);
	return _("valid");
}

static void set_number(struct json *j, const char *key, int64_t number)
{
	if (number > 0)
		json_set_int(j, key, number);
	else
		json_set_str(j, key, NULL);
}

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
	set_number(j, "held", item->held);
}

static struct json *item_json(const struct status_item *item, int64_t now)
{
	struct json *j = json_new_object();

	json_set_str(j, "name", item->name);
	json_set_str(j, "state", state_name(item, now));
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
	set_number(j, "generation", item->generation);
	output_set_time(j, "not_before", item->not_before);
	output_set_time(j, "not_after", item->not_after);
	output_set_time(j, "renew_at", item->renew_at);
	json_set_str(j, "entry_ends", item->entry_ends);
	output_set_time(j, "entry_ends_at", item->entry_ends_at);
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
	output_json(j);
}

static void print_field(const char *label, const char *text)
{
	char *padded = output_pad(label, LABEL_WIDTH);

	if (text && *text)
		output_line("  %s%s", padded, text);
	free(padded);
}

/* The text is owned. */
static void print_made(const char *label, char *text)
{
	print_field(label, text);
	free(text);
}

static char *expiry(const struct status_item *item, int64_t now)
{
	char *when = output_local_time(item->not_after), *text;
	int64_t days = (item->not_after - now) / CLOCK_DAY_SEC;

	if (now > item->not_after)
		text = str_dup(when);
	else
		text = str_fmt(P_("%s (%lld day left)", "%s (%lld days left)", (unsigned long)days), when, (long long)days);
	free(when);
	return text;
}

/* "JPRS DV RSA CA 2024 G1 < SECOM TLS RSA Root CA 2024": from the leaf upwards. */
static void print_chain(const struct status_item *item)
{
	if (!item->present || !item->top_issuer)
		return;
	print_made(_("chain"), item->intermediate ? str_fmt("%s < %s", item->intermediate, item->top_issuer)
	                                          : str_dup(item->top_issuer));
	if (!item->root)
		print_field("", _("no root of this machine's trust store anchors it"));
}

static void print_revocation(const struct status_item *item)
{
	char *when;

	if (!item->present || !item->revocation || str_eq(item->revocation, "good"))
		return;
	when = output_local_time(item->revocation_at);
	print_made(_("revocation"), str_eq(item->revocation, "revoked") ? str_fmt(_("REVOKED (seen %s)"), when)
	                                                                : str_fmt(_("not known to the CA (asked %s)"), when));
	free(when);
}

static void print_keys(const struct status_item *item)
{
	print_field(_("key"), item->key_type);
	if (!item->next_spki_sha256)
		return;
	print_made("TLSA 3 1 1", str_fmt(_("%s (live)"), item->spki_sha256 ? item->spki_sha256 : "?"));
	print_made("", str_fmt(_("%s (next)"), item->next_spki_sha256));
}

static void print_dates(const struct status_item *item, int64_t now)
{
	if (!item->present)
		return;
	print_made(_("expires"), expiry(item, now));
	if (item->configured)
		print_made(_("renewal"), output_local_time(item->renew_at));
	if (item->held)
		print_made("", str_fmt(_("generation %d was chosen by rollback"), item->held));
	print_field(_("why"), item->explanation_url);
	print_keys(item);
	print_field(_("issuer"), item->issuer);
	print_chain(item);
	print_revocation(item);
	print_field(_("files"), item->live_dir);
}

static void print_contract(const struct status_item *item)
{
	if (item->entry_ends) {
		struct strs one = {0};
		char *name, *day = date_format(date_of_jst(item->entry_ends_at - 1));

		strs_add(&one, item->entry_ends);
		name = output_names(&one);
		print_made(_("contract"), str_fmt(_("%s ends on %s"), name, day));
		strs_clear(&one);
		free(name);
		free(day);
	}
	if (item->refused.count > 0) {
		char *list = output_names(&item->refused);

		print_made(_("refused"), str_fmt(_("%s (`tegata check` says why)"), list));
		free(list);
	}
}

/* What was asked for by hand and failed is not tried again before it is due. */
static void print_next_try(const struct status_item *item, const char *state)
{
	char *when;

	if (str_eq(state, "valid"))
		return;
	if (item->next_try == 0) {
		print_field(_("next try"), _("the next run"));
		return;
	}
	when = output_local_time(item->next_try);
	print_made(_("next try"), str_fmt("%s (%s)", when, reasons_wait_word(item->wait_why)));
	free(when);
}

/* The record names its certificate; here that stands above. */
static const char *without_name(const char *text, const char *name)
{
	size_t length = strlen(name);

	return str_starts(text, name) && strncmp(text + length, ": ", 2) == 0 ? text + length + 2 : text;
}

static void print_trouble(const struct status_item *item, const char *state)
{
	if (item->deploy_owed.count > 0)
		print_made(_("deploy owed"), strs_join(&item->deploy_owed, ", "));
	print_field("", item->deploy_error);
	if (item->last_error) {
		char *when = output_local_time(item->last_error_at);

		print_made(_("last try"), str_fmt(_("%s: %s"), when, without_name(item->last_error, item->name)));
		free(when);
		print_next_try(item, state);
	}
	if (item->in_flight)
		print_field(_("in flight"), _("an order was begun; the next run goes on with it"));
	print_field(_("damage"), item->damage);
}

static void print_item(const struct status_item *item, int64_t now)
{
	output_line("%s%s", item->name, item->configured ? "" : _(" (not in the settings: never renewed)"));
	print_field(_("state"), state_text(state_name(item, now)));
	print_made(_("names"), output_names(&item->names));
	if (item->missing.count > 0)
		print_made(_("to come"), output_names(&item->missing));
	if (item->surplus.count > 0)
		print_made(_("to go"), output_names(&item->surplus));
	print_field(_("CA"), item->ca);
	print_dates(item, now);
	print_contract(item);
	print_trouble(item, state_name(item, now));
	output_line("%s", "");
}

static void print_text(const struct status_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		print_item(&r->item[i], r->at);
	if (r->count == 0)
		output_line("%s", _("There are no certificates."));
	if (r->account_count == 0)
		output_line("%s", _("There is no account; `tegata register` makes one."));
	for (size_t i = 0; i < r->account_count; i++) {
		const struct status_account *a = &r->account[i];

		if (a->damage)
			output_line(_("account in %s: cannot be read: %s"), a->server, a->damage);
		else
			output_line(_("account at %s: %s"), a->server, a->confirmed ? a->url : _("registration not completed"));
	}
}

int cmd_status(struct cli *c)
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
		print_text(&report);
	status_report_clear(&report);
	site_clear(&s);
	strs_clear(&names);
	return status;
}
