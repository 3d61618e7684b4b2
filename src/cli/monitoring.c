#include "config.h"

#include "monitoring.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "dates.h"
#include "metrics.h"
#include "output.h"
#include "report.h"
#include "run/entitlements.h"
#include "run/health.h"
#include "setup.h"

#define DAYS_MAX 3650

struct watch {
	struct site site;
	struct status_report report;
	struct health_limits limits;
	struct health health;
};

static int read_limits(const struct cli *c, struct health_limits *l, struct err *e)
{
	const char *warning = args_value(&c->args, OPTION_WARNING), *critical = args_value(&c->args, OPTION_CRITICAL);
	const char *entry = args_value(&c->args, OPTION_ENTRY_WARNING);

	*l = (struct health_limits){HEALTH_WARNING_DAYS, HEALTH_CRITICAL_DAYS, HEALTH_ENTRY_WARNING_DAYS};
	if ((warning && dates_days("--warning", warning, DAYS_MAX, &l->warning_days, e) < 0) ||
	    (critical && dates_days("--critical", critical, DAYS_MAX, &l->critical_days, e) < 0) ||
	    (entry && dates_days("--entry-warning", entry, DAYS_MAX, &l->entry_warning_days, e) < 0))
		return -1;
	if (l->critical_days > l->warning_days)
		return err_set(e, ERR_USAGE, _("--critical %d is more than --warning %d: there would be no warning before it"),
		               l->critical_days, l->warning_days);
	return 0;
}

static int watch_begin(struct watch *w, const struct cli *c, struct err *e)
{
	*w = (struct watch){0};
	if (read_limits(c, &w->limits, e) < 0 || setup_site(c, &w->site, e) < 0 ||
	    status_gather(&w->site, NULL, &w->report, e) < 0)
		return -1;
	health_find(&w->report, &w->limits, &w->health);
	return 0;
}

static void watch_end(struct watch *w)
{
	health_clear(&w->health);
	status_report_clear(&w->report);
	site_clear(&w->site);
}

/* On one line, and without what begins the figures. */
static char *one_line(char *text)
{
	for (char *p = text; *p; p++)
		*p = *p == '\n' ? ' ' : *p == '|' ? '/' : *p;
	return text;
}

static char *finding_text(const struct health_finding *f)
{
	return one_line(f->name ? str_fmt("%s: %s", f->name, f->text) : str_dup(f->text));
}

/* Whole days from now on to the effective end of each. */
static char *figures(const struct watch *w)
{
	char *text = str_fmt("certificates=%zu", w->health.certificates);

	for (size_t i = 0; i < w->report.count; i++) {
		const struct status_item *item = &w->report.item[i];
		int64_t left = item->effective_end - w->report.at;

		if (item->configured && item->present && item->effective_end > 0)
			str_replace(&text, str_fmt("%s '%s'=%lld", text, item->name, (long long)(left > 0 ? left / CLOCK_DAY_SEC : 0)));
	}
	return text;
}

static char *summary(const struct watch *w)
{
	const struct health *h = &w->health;
	char *first, *text, *end;

	if (h->count > 0) {
		first = finding_text(&h->finding[0]);
		text = h->count == 1 ? str_dup(first) : str_fmt(P_("%s (and %zu more)", "%s (and %zu more)", (unsigned long)h->count - 1), first,
		                                                h->count - 1);
		free(first);
		return text;
	}
	text = str_fmt(P_("%zu certificate", "%zu certificates", (unsigned long)h->certificates), h->certificates);
	if (h->first_end) {
		end = output_last_day(h->first_end);
		str_replace(&text, str_fmt(_("%s, all good until %s at least"), text, end));
		free(end);
	}
	return text;
}

static void print_text(const struct watch *w)
{
	char *line = summary(w), *data = figures(w);

	output_line("TEGATA %s - %s | %s", health_level_name(w->health.level), line, data);
	for (size_t i = 0; i < w->health.count; i++) {
		char *text = finding_text(&w->health.finding[i]);

		output_line("%s: %s", health_level_name(w->health.finding[i].level), text);
		free(text);
	}
	free(line);
	free(data);
}

static void print_json(const struct watch *w)
{
	struct json *j = output_object("tegata.status-check.v1", w->health.level == HEALTH_OK), *list = json_new_array();

	json_set_str(j, "level", health_level_name(w->health.level));
	output_set_time(j, "at", w->report.at);
	for (size_t i = 0; i < w->health.count; i++) {
		struct json *finding = json_new_object();

		json_set_str(finding, "level", health_level_name(w->health.finding[i].level));
		json_set_str(finding, "name", w->health.finding[i].name);
		json_set_str(finding, "text", w->health.finding[i].text);
		json_add(list, finding);
	}
	json_set(j, "findings", list);
	json_set_int(j, "certificates", (int64_t)w->health.certificates);
	output_set_time(j, "first_end", w->health.first_end);
	output_json(j);
}

int monitoring_unknown(const struct cli *c, struct err *e)
{
	char *text;

	if (c->json) {
		(void)report_error(c, e);
		return HEALTH_UNKNOWN;
	}
	text = one_line(err_text(e));
	log_progress_end();
	output_line("TEGATA %s - %s", health_level_name(HEALTH_UNKNOWN), text);
	free(text);
	err_clear(e);
	return HEALTH_UNKNOWN;
}

int monitoring_check(const struct cli *c)
{
	struct err e = ERR_INIT;
	struct watch w;
	int status;

	if (watch_begin(&w, c, &e) < 0) {
		status = monitoring_unknown(c, &e);
	} else {
		status = (int)w.health.level;
		if (c->json)
			print_json(&w);
		else
			print_text(&w);
	}
	watch_end(&w);
	return status;
}

int monitoring_metrics(const struct cli *c)
{
	struct entitlements list = {0};
	struct err e = ERR_INIT;
	struct watch w;
	int status = 0;

	if (watch_begin(&w, c, &e) < 0 || entitlements_gather(&w.site, &list, &e) < 0)
		status = report_error(c, &e);
	else
		metrics_print(&w.report, &list, &w.health);
	entitlements_clear(&list);
	watch_end(&w);
	return status;
}
