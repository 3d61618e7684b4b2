#include "config.h"

#include "metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "output.h"

/* No figure of ours: the sample is left out. */
#define NOTHING INT64_MIN

enum figure {
	FIGURE_PRESENT, FIGURE_NOT_BEFORE, FIGURE_NOT_AFTER, FIGURE_EFFECTIVE_END, FIGURE_RENEW_AT, FIGURE_FAILURES,
	FIGURE_DEPLOY_OWED, FIGURE_REVOKED, FIGURE_REFUSED, FIGURE_LAPSING, FIGURE_COUNT
};

/* Help texts are for programs' authors, as the names are: not translated. */
static const struct { const char *name, *help; } families[FIGURE_COUNT] = {
	[FIGURE_PRESENT] = {"certificate_present", "1 = something is live."},
	[FIGURE_NOT_BEFORE] = {"certificate_not_before_seconds", "Beginning of the certificate's validity, Unix time."},
	[FIGURE_NOT_AFTER] = {"certificate_not_after_seconds", "End of the certificate's validity, Unix time."},
	[FIGURE_EFFECTIVE_END] = {"certificate_effective_end_seconds",
	                          "The earlier of that and the first end of a registered FQDN that it lives on, Unix time."},
	[FIGURE_RENEW_AT] = {"certificate_renew_at_seconds", "When its renewal is due, Unix time."},
	[FIGURE_FAILURES] = {"certificate_failures", "Failed attempts in a row."},
	[FIGURE_DEPLOY_OWED] = {"certificate_deploy_owed", "Outputs, hooks and services that its deploy still owes."},
	[FIGURE_REVOKED] = {"certificate_revoked", "1 = the CA says that it is revoked."},
	[FIGURE_REFUSED] = {"certificate_refused_names", "Names that no registered FQDN covers today."},
	[FIGURE_LAPSING] = {"certificate_lapsing_names", "Names that no registered FQDN covers any more within 30 days."},
};

char *metrics_label(const char *value)
{
	struct buf b;
	char *text;

	buf_init(&b, strlen(value) * 2 + 2);
	for (const char *c = value; *c; c++) {
		if (*c == '\\' || *c == '"')
			(void)!buf_append(&b, "\\", 1);
		(void)!(*c == '\n' ? buf_append(&b, "\\n", 2) : buf_append(&b, c, 1));
	}
	text = buf_take(&b);
	buf_clear(&b);
	return text ? text : str_dup("");
}

static void head(const char *name, const char *help)
{
	output_line("# HELP tegata_%s %s", name, help);
	output_line("# TYPE tegata_%s gauge", name);
}

static void sample(const char *name, const char *label, const char *value, int64_t number)
{
	char *text = metrics_label(value);

	output_line("tegata_%s{%s=\"%s\"} %lld", name, label, text, (long long)number);
	free(text);
}

static void plain(const char *name, const char *help, int64_t number)
{
	head(name, help);
	output_line("tegata_%s %lld", name, (long long)number);
}

static int64_t time_or_nothing(int64_t t)
{
	return t ? t : NOTHING;
}

static int64_t figure_of(const struct status_item *item, enum figure f)
{
	switch (f) {
	case FIGURE_PRESENT:
		return item->present && !item->damage;
	case FIGURE_NOT_BEFORE:
		return time_or_nothing(item->not_before);
	case FIGURE_NOT_AFTER:
		return time_or_nothing(item->not_after);
	case FIGURE_EFFECTIVE_END:
		return item->present ? time_or_nothing(item->effective_end) : NOTHING;
	case FIGURE_RENEW_AT:
		return time_or_nothing(item->renew_at);
	case FIGURE_FAILURES:
		return item->failures;
	case FIGURE_DEPLOY_OWED:
		return (int64_t)item->deploy_owed.count;
	case FIGURE_REVOKED:
		return str_eq(item->revocation, "revoked");
	case FIGURE_REFUSED:
		return (int64_t)item->refused.count;
	default:
		return (int64_t)item->lapsing.count;
	}
}

static void print_certificates(const struct status_report *r)
{
	for (size_t f = 0; f < FIGURE_COUNT; f++) {
		head(families[f].name, families[f].help);
		for (size_t i = 0; i < r->count; i++) {
			int64_t number = figure_of(&r->item[i], (enum figure)f);

			if (number != NOTHING)
				sample(families[f].name, "name", r->item[i].name, number);
		}
	}
}

static void print_entries(const struct entitlements *l)
{
	head("entry_end_seconds", "End of the use period of a registered FQDN, Unix time; none before it has begun.");
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].period.end_at)
			sample("entry_end_seconds", "fqdn", l->item[i].entry->fqdn, l->item[i].period.end_at);
	head("entry_idle", "1 = no certificate uses it.");
	for (size_t i = 0; i < l->count; i++)
		sample("entry_idle", "fqdn", l->item[i].entry->fqdn, l->item[i].idle);
}

void metrics_print(const struct status_report *r, const struct entitlements *l, const struct health *h)
{
	head("build_info", "The version of tegata.");
	sample("build_info", "version", PACKAGE_VERSION, 1);
	plain("health", "As status --check sees it: 0 OK, 1 warning, 2 critical.", (int64_t)h->level);
	plain("time_seconds", "When these figures were taken, Unix time.", r->at);
	plain("list_alarm", "1 = the next run refuses the list of registered FQDNs.", r->list_alarm != NULL);
	plain("entries", "Registered FQDNs in the list.", (int64_t)r->entry_count);
	print_certificates(r);
	print_entries(l);
}
