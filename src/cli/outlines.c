#include "config.h"

#include "outlines.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "output.h"

/* Events of one side, in order of time. */
struct side {
	const struct forecast_event *const *event;
	size_t count;
};

static char *name_of(const struct forecast_event *v)
{
	return v->entry ? output_name(v->entry) : str_dup("?");
}

static bool comes_with(const struct forecast_event *lapse, const struct forecast_event *v)
{
	return v->kind == FORECAST_REVOCATION && v->at == lapse->at && str_eq(v->entry, lapse->entry);
}

/* Told by the line of the lapse that it comes with? */
static bool is_told(const struct side *s, size_t index)
{
	const struct forecast_event *v = s->event[index];

	for (size_t i = index; v->kind == FORECAST_REVOCATION && i-- > 0 && s->event[i]->at == v->at;)
		if (s->event[i]->kind == FORECAST_LAPSE && comes_with(s->event[i], v))
			return true;
	return false;
}

static char *falling_text(const struct strs *innocent)
{
	char *names, *text;

	if (innocent->count == 0)
		return str_dup("");
	names = output_names(innocent);
	text = str_fmt(P_("; %s falls with it", "; %s fall with it", (unsigned long)innocent->count), names);
	free(names);
	return text;
}

/* What ends with an entry. */
struct toll {
	struct strs revoked, innocent; /* certificates, and of their names those whose own entries live on */
	struct strs perhaps;           /* certificates of which every name is covered by another entry, too: rule 17 */
};

static bool is_perhaps(const struct forecast_event *revocation)
{
	return revocation->names.count > 0 && revocation->innocent.count == revocation->names.count;
}

static void find_toll(const struct side *s, size_t index, struct toll *out)
{
	const struct forecast_event *lapse = s->event[index];

	for (size_t i = index + 1; i < s->count && s->event[i]->at == lapse->at; i++) {
		const struct forecast_event *v = s->event[i];

		if (!comes_with(lapse, v))
			continue;
		strs_add(is_perhaps(v) ? &out->perhaps : &out->revoked, v->certificate);
		for (size_t n = 0; !is_perhaps(v) && n < v->innocent.count; n++)
			if (!strs_has(&out->innocent, v->innocent.item[n]))
				strs_add(&out->innocent, v->innocent.item[n]);
	}
}

static char *toll_text(const struct toll *t)
{
	char *revoked = strs_join(&t->revoked, ", "), *perhaps = strs_join(&t->perhaps, ", "), *falling = falling_text(&t->innocent);
	char *sure, *doubt, *text;

	sure = t->revoked.count == 0 ? str_dup("")
	                             : str_fmt(P_("certificate %s is revoked%s", "certificates %s are revoked%s",
	                                          (unsigned long)t->revoked.count), revoked, falling);
	doubt = t->perhaps.count == 0 ? str_dup("")
	                              : str_fmt(P_("certificate %s is perhaps revoked, though another FQDN covers its names",
	                                           "certificates %s are perhaps revoked, though another FQDN covers their names",
	                                           (unsigned long)t->perhaps.count), perhaps);
	text = str_fmt("%s%s%s", sure, *sure && *doubt ? "; " : "", doubt);
	free(revoked);
	free(perhaps);
	free(falling);
	free(sure);
	free(doubt);
	return text;
}

static char *lapse_text(const struct side *s, size_t index)
{
	const struct forecast_event *lapse = s->event[index];
	char *entry = name_of(lapse), *names = output_names(&lapse->names), *toll, *text;
	struct toll t = {0};

	find_toll(s, index, &t);
	toll = toll_text(&t);
	if (*toll)
		text = str_fmt(_("%s ends: %s"), entry, toll);
	else if (lapse->names.count > 0)
		text = str_fmt(_("%s ends: %s cannot be ordered any more"), entry, names);
	else
		text = str_fmt(_("%s ends"), entry);
	strs_clear(&t.revoked);
	strs_clear(&t.innocent);
	strs_clear(&t.perhaps);
	free(entry);
	free(names);
	free(toll);
	return text;
}

static char *pay_text(const struct forecast_event *v)
{
	char *entry = name_of(v), *list = strs_join(&v->certificates, ", "), *text;

	if (v->certificates.count > 0)
		text = str_fmt(_("%s: last day to renew its contract in My Page; it carries %s"), entry, list);
	else
		text = str_fmt(_("%s: last day to renew its contract in My Page; nothing lives on it"), entry);
	free(entry);
	free(list);
	return text;
}

static char *revocation_text(const struct forecast_event *v)
{
	char *entry = name_of(v), *falling = falling_text(&v->innocent), *text;

	if (is_perhaps(v))
		text = str_fmt(_("%s: perhaps revoked, as %s ends"), v->certificate, entry);
	else
		text = str_fmt(_("%s: revoked, as %s ends%s"), v->certificate, entry, falling);
	free(entry);
	free(falling);
	return text;
}

static char *blocked_text(const struct forecast_event *v)
{
	char *entry = name_of(v), *names = output_names(&v->names), *text;

	if (v->entry)
		text = str_fmt(_("%s: due, and will be refused, as %s has ended"), v->certificate, entry);
	else if (v->names.count > 0)
		text = str_fmt(_("%s: due, and will be refused, as nothing registered covers %s"), v->certificate, names);
	else
		text = str_fmt(_("%s: due, but the CA issues nothing"), v->certificate);
	free(entry);
	free(names);
	return text;
}

static char *begin_text(const struct forecast_event *v)
{
	char *entry = name_of(v), *last = v->end_at ? output_last_day(v->end_at) : NULL, *text;

	if (last)
		text = str_fmt(_("%s: its use period begins and lasts until %s"), entry, last);
	else
		text = str_fmt(_("%s: its use period begins"), entry);
	free(entry);
	free(last);
	return text;
}

static char *issue_text(const struct forecast_event *v)
{
	char *until = output_day(v->end_at), *entry = name_of(v), *text;

	if (v->kind == FORECAST_ISSUE)
		text = str_fmt(_("%s: first certificate, valid until %s"), v->certificate, until);
	else if (v->kind == FORECAST_RENEWAL)
		text = str_fmt(_("%s: renewed, valid until %s"), v->certificate, until);
	else if (v->entry)
		text = str_fmt(_("%s: renewed, valid until %s; the last time that gains anything, as %s ends before"), v->certificate, until,
		               entry);
	else
		text = str_fmt(_("%s: renewed for the last time, valid until %s"), v->certificate, until);
	free(until);
	free(entry);
	return text;
}

static char *shrink_text(const struct forecast_event *v)
{
	char *names = output_names(&v->names), *text = str_fmt(_("%s: goes on without %s"), v->certificate, names);

	free(names);
	return text;
}

static char *event_text(const struct side *s, size_t index)
{
	const struct forecast_event *v = s->event[index];

	switch (v->kind) {
	case FORECAST_LIFETIME:
		return str_fmt(P_("from now on a new certificate lives %d day at most", "from now on a new certificate lives %d days at most",
		                  (unsigned long)v->days), v->days);
	case FORECAST_PAY_BY:
		return pay_text(v);
	case FORECAST_LAPSE:
		return lapse_text(s, index);
	case FORECAST_REVOCATION:
		return revocation_text(v);
	case FORECAST_SHRINK:
		return shrink_text(v);
	case FORECAST_EXPIRY:
		return str_fmt(_("%s: expires, and nothing takes its place"), v->certificate);
	case FORECAST_BLOCKED:
		return blocked_text(v);
	case FORECAST_BEGIN:
		return begin_text(v);
	default:
		return issue_text(v);
	}
}

/* What is over at midnight was good through the day before. */
static int64_t told_at(const struct forecast_event *v)
{
	return v->kind == FORECAST_LAPSE || v->kind == FORECAST_REVOCATION ? v->at - 1 : v->at;
}

/* Owned; NULL = it is told by another line. */
static char *line_of(const struct side *s, size_t index)
{
	char *day, *text, *line;

	if (is_told(s, index))
		return NULL;
	day = output_day(told_at(s->event[index]));
	text = event_text(s, index);
	line = str_fmt("%s  %s", day, text);
	free(day);
	free(text);
	return line;
}

void outlines_forecast(const struct forecast *f, struct strs *lines)
{
	const struct forecast_event **event = mem_new(f->count + 1, sizeof *event);
	struct side all = {event, f->count};

	for (size_t i = 0; i < f->count; i++)
		event[i] = &f->event[i];
	for (size_t i = 0; i < f->count; i++) {
		char *line = line_of(&all, i);

		if (line)
			strs_take(lines, line);
	}
	free(event);
}

static char **lines_of(const struct side *s)
{
	char **line = mem_new(s->count + 1, sizeof *line);

	for (size_t i = 0; i < s->count; i++)
		line[i] = line_of(s, i);
	return line;
}

/* Events may differ in what their lines do not tell. Lines that are equal are of one day. */
static void drop_equal(const struct side *gone, char **minus, const struct side *added, char **plus)
{
	const int64_t near = 2 * (int64_t)CLOCK_DAY_SEC;
	size_t from = 0;

	for (size_t g = 0; g < gone->count; g++) {
		int64_t at = gone->event[g]->at;

		while (from < added->count && added->event[from]->at < at - near)
			from++;
		for (size_t a = from; minus[g] && a < added->count && added->event[a]->at < at + near; a++) {
			if (!plus[a] || !str_eq(minus[g], plus[a]))
				continue;
			str_replace(&minus[g], NULL);
			str_replace(&plus[a], NULL);
		}
	}
}

static void add_line(const char *sign, char *line, struct strs *lines)
{
	if (line)
		strs_take(lines, str_fmt("%s%s", sign, line));
	free(line);
}

void outlines_difference(const struct forecast_diff *d, struct strs *lines)
{
	struct side gone = {d->gone, d->gone_count}, added = {d->added, d->added_count};
	char **minus = lines_of(&gone), **plus = lines_of(&added);
	size_t g = 0, a = 0;

	drop_equal(&gone, minus, &added, plus);
	while (g < gone.count || a < added.count) {
		if (a == added.count || (g < gone.count && told_at(gone.event[g]) <= told_at(added.event[a])))
			add_line("- ", minus[g++], lines);
		else
			add_line("+ ", plus[a++], lines);
	}
	free(minus);
	free(plus);
}
