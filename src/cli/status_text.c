#include "config.h"

#include "status_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "output.h"
#include "reasons.h"

#define LABEL_WIDTH 12

/* One word for the whole of it, the worst first. */
const char *status_text_state(const struct status_item *item, int64_t now)
{
	if (item->damage)
		return "damaged";
	if (!item->present)
		return "missing";
	if (now > item->not_after)
		return "expired";
	if (str_eq(item->revocation, "revoked"))
		return "revoked";
	if (item->effective_by && now >= item->effective_end)
		return "lapsed";
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
		{"lapsed", N_("LAPSED: the use period of a registered FQDN that it lives on has ended")},
		{"names-changed", N_("valid; the configured names are others, the next run orders anew")},
		{"due", N_("valid; renewal is due")},
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (str_eq(texts[i].name, state))
			return _(texts[i].text);
	return _("valid");
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

/* Until when it is really good, when that is not its own date. */
static void print_effective(const struct status_item *item)
{
	char *day, *entry;

	if (!item->effective_by)
		return;
	day = output_last_day(item->effective_end);
	entry = output_name(item->effective_by);
	print_made(_("good until"), str_fmt(_("%s: %s ends then, before its own date"), day, entry));
	free(day);
	free(entry);
	if (item->hopeful_end <= item->effective_end)
		return;
	day = output_last_day(item->hopeful_end);
	print_made("", str_fmt(_("perhaps until %s: a name is covered by several FQDNs, and which one counts is not stated"), day));
	free(day);
}

static void print_dates(const struct status_item *item, int64_t now)
{
	if (!item->present)
		return;
	print_made(_("expires"), expiry(item, now));
	print_effective(item);
	if (item->configured)
		print_made(_("renewal"), output_local_time(item->renew_at));
	if (item->moves_to)
		print_made("", str_fmt(_("generation %d stays, though the settings name the CA \"%s\", until `tegata renew %s --force`, or until it "
		                         "is due"),
		                       item->held, item->moves_to, item->name));
	else if (item->held)
		print_made("", str_fmt(_("generation %d was chosen by rollback"), item->held));
	print_field(_("why"), item->explanation_url);
	print_keys(item);
	print_field(_("issuer"), item->issuer);
	print_chain(item);
	print_revocation(item);
	print_field(_("files"), item->live_dir);
}

static void print_lapse(const struct status_item *item)
{
	char *lapsing = output_names(&item->lapsing), *let_go = output_names(&item->let_go);

	if (item->lapse && item->lapsing.count > 0) {
		print_made(_("lapsing"), str_fmt(_("%s: nothing covers it after that end"), lapsing));
		if (item->remaining.count > 0 && item->prepared == 0)
			print_made("", str_fmt(_("renew it in My Page; or `tegata run --accept-lapse %s` goes on with the other names"), item->name));
		else if (item->fixed)
			print_field("", _("renew it in My Page; or make a request (csr) without it, and take it out of `names`"));
		else if (item->remaining.count == 0)
			print_field("", _("renew it in My Page; no other name would be left"));
	}
	if (item->prepared)
		print_made("", str_fmt(_("generation %d is ready without them and takes its place before that"), item->prepared));
	print_field(_("let go"), let_go);
	free(lapsing);
	free(let_go);
}

static void print_contract(const struct status_item *item, int64_t now)
{
	if (item->entry_ends) {
		char *name = output_name(item->entry_ends), *day = output_last_day(item->entry_ends_at);

		print_made(_("contract"), str_fmt(item->entry_ends_at > now ? _("%s ends on %s") : _("%s ended on %s"), name, day));
		free(name);
		free(day);
	}
	print_lapse(item);
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
	print_field(_("state"), state_text(status_text_state(item, now)));
	print_made(_("names"), output_names(&item->names));
	if (item->missing.count > 0)
		print_made(_("to come"), output_names(&item->missing));
	if (item->surplus.count > 0)
		print_made(_("to go"), output_names(&item->surplus));
	print_field(_("CA"), item->ca);
	print_dates(item, now);
	print_contract(item, now);
	print_trouble(item, status_text_state(item, now));
	output_line("%s", "");
}

void status_text_print(const struct status_report *r)
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
	if (r->list_alarm)
		output_line(_("The next run refuses the list of registered FQDNs: %s"), r->list_alarm);
}
