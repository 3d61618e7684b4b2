#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "dates.h"
#include "listing.h"
#include "outlines.h"
#include "output.h"
#include "report.h"
#include "run/outlook.h"
#include "setup.h"

#define LIFETIME_MAX_DAYS 3660

static int read_entries(const struct cli *c, enum options_id id, struct strs *out, struct err *e)
{
	struct strs raw = {0};
	int rc = 0;

	args_values(&c->args, id, &raw);
	for (size_t i = 0; rc == 0 && i < raw.count; i++) {
		char *name = listing_name(raw.item[i], e);

		if (name)
			strs_take(out, name);
		else
			rc = err_wrap(e, "--%s", options_row(id)->name);
	}
	strs_clear(&raw);
	return rc;
}

static int read_downs(const struct cli *c, struct outlook_whatif *w, struct err *e)
{
	struct strs raw = {0};
	int rc = 0;

	args_values(&c->args, OPTION_CA_DOWN, &raw);
	w->down = mem_new(raw.count + 1, sizeof *w->down);
	for (size_t i = 0; rc == 0 && i < raw.count; i++) {
		rc = dates_span("--ca-down", raw.item[i], &w->down[i].from, &w->down[i].to, e);
		w->down_count += rc == 0;
	}
	strs_clear(&raw);
	return rc;
}

static int read_whatif(const struct cli *c, struct outlook_whatif *w, struct err *e)
{
	const char *lifetime = args_value(&c->args, OPTION_LIFETIME), *at = args_value(&c->args, OPTION_AT);
	int days = 0;

	if (read_entries(c, OPTION_WITHOUT, &w->without, e) < 0 || read_entries(c, OPTION_ADD, &w->add, e) < 0 ||
	    read_entries(c, OPTION_RENEW, &w->renew, e) < 0 || read_downs(c, w, e) < 0)
		return -1;
	if (lifetime && dates_days("--lifetime", lifetime, LIFETIME_MAX_DAYS, &days, e) < 0)
		return -1;
	w->lifetime_sec = (int64_t)days * CLOCK_DAY_SEC;
	return at ? dates_time("--at", at, &w->at, e) : 0;
}

static int read_until(const struct cli *c, int64_t *out, struct err *e)
{
	const char *text = args_value(&c->args, OPTION_UNTIL);
	struct date day;

	if (text == NULL)
		return 0;
	if (dates_day("--until", text, &day, e) < 0)
		return -1;
	*out = date_jst_begin(day) + CLOCK_DAY_SEC;
	return 0;
}

static struct json *event_json(const struct forecast_event *v)
{
	struct json *j = json_new_object();

	output_set_time(j, "at", v->at);
	json_set_str(j, "kind", forecast_kind_name(v->kind));
	json_set_str(j, "certificate", v->certificate);
	json_set_str(j, "entry", v->entry);
	json_set_strs(j, "certificates", &v->certificates);
	json_set_strs(j, "names", &v->names);
	json_set_strs(j, "innocent", &v->innocent);
	output_set_time(j, "end_at", v->end_at);
	output_set_number(j, "days", v->days);
	return j;
}

static struct json *events_json(const struct forecast_event *const *list, size_t count)
{
	struct json *j = json_new_array();

	for (size_t i = 0; i < count; i++)
		json_add(j, event_json(list[i]));
	return j;
}

static void print_json(const struct outlook *o)
{
	const struct forecast *f = o->asked ? &o->then : &o->now;
	struct json *j = output_object("tegata.forecast.v1", true), *events;

	output_set_time(j, "at", f->at);
	output_set_time(j, "until", f->until);
	json_set_bool(j, "cut", o->now.cut || o->then.cut);
	json_set_bool(j, "what_if", o->asked);
	if (o->asked) {
		json_set(j, "added", events_json(o->diff.added, o->diff.added_count));
		json_set(j, "gone", events_json(o->diff.gone, o->diff.gone_count));
	} else {
		events = json_new_array();
		for (size_t i = 0; i < f->count; i++)
			json_add(events, event_json(&f->event[i]));
		json_set(j, "events", events);
	}
	output_json(j);
}

static void print_text(const struct outlook *o)
{
	char *until = output_last_day(o->asked ? o->then.until : o->now.until);
	struct strs lines = {0};

	if (o->asked)
		outlines_difference(&o->diff, &lines);
	else
		outlines_forecast(&o->now, &lines);
	for (size_t i = 0; i < lines.count; i++)
		output_line("%s", lines.item[i]);
	if (lines.count == 0)
		output_line(o->asked ? _("It changes nothing until %s.") : _("Nothing happens until %s."), until);
	if (o->now.cut || o->then.cut)
		output_line(_("There are more than %d events; what comes after these is left out."), FORECAST_EVENTS_MAX);
	strs_clear(&lines);
	free(until);
}

int cmd_forecast(struct cli *c)
{
	struct outlook_whatif w = {0};
	struct outlook o = {0};
	struct err e = ERR_INIT;
	struct site s = {0};
	int64_t until = 0;
	int status = 0;

	if (read_whatif(c, &w, &e) < 0 || read_until(c, &until, &e) < 0 || setup_site(c, &s, &e) < 0 ||
	    outlook_gather(&s, &w, until, &o, &e) < 0)
		status = report_error(c, &e);
	else if (c->json)
		print_json(&o);
	else if (!c->quiet)
		print_text(&o);
	outlook_clear(&o);
	outlook_whatif_clear(&w);
	site_clear(&s);
	return status;
}
