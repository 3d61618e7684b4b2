#include "config.h"

#include "run/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "entitle/fqdn.h"

static const char *const level_names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
_Static_assert(sizeof level_names / sizeof *level_names == HEALTH_LEVEL_COUNT, "one name for each level");

const char *health_level_name(enum health_level l)
{
	return l < HEALTH_LEVEL_COUNT ? level_names[l] : NULL;
}

/* How bad each is: that nothing could be found out is worse than a warning, and no alarm is worse than that. */
static int weight(enum health_level l)
{
	static const int weights[] = {0, 1, 3, 2};

	return weights[l];
}

/* Text moved in. */
static void add(struct health *h, enum health_level level, const char *name, char *text)
{
	h->finding = mem_resize(h->finding, h->count + 1, sizeof *h->finding);
	h->finding[h->count++] = (struct health_finding){.level = level, .name = name ? str_dup(name) : NULL, .text = text};
}

static char *day(int64_t t)
{
	return date_format(date_of_jst(t));
}

/* "%s" of a list, not longer than a line of a monitor should be. */
static char *some(const struct strs *list)
{
	struct strs few = {0};
	char *joined;

	for (size_t i = 0; i < list->count && i < 3; i++)
		strs_take(&few, fqdn_shown(list->item[i]));
	if (list->count > 3)
		strs_add(&few, "...");
	joined = strs_join(&few, ", ");
	strs_clear(&few);
	return joined;
}

static int days_until(int64_t t, int64_t now)
{
	return t <= now ? 0 : (int)((t - now) / CLOCK_DAY_SEC);
}

/* How long before its end a certificate is in alarm: days, but of a short life no more than this part of it. */
static int64_t alarm_sec(const struct status_item *it, int days, int part)
{
	int64_t sec = (int64_t)days * CLOCK_DAY_SEC, life = it->not_after - it->not_before;

	if (it->effective_by || life <= 0 || it->not_before <= 0)
		return sec;
	return sec < life / part ? sec : life / part;
}

static int64_t end_of(const struct status_item *it)
{
	return it->effective_end ? it->effective_end : it->not_after;
}

static char *end_text(const struct status_item *it, int64_t now)
{
	/* An entry ends with a day, a certificate within one. */
	char *on = day(it->effective_by ? it->effective_end - 1 : end_of(it)), *text;
	char *entry = it->effective_by ? fqdn_shown(it->effective_by) : NULL;
	int days = days_until(end_of(it), now);

	if (it->effective_by)
		text = str_fmt(P_("the entry %s ends on %s, in %d day, and the certificate with it",
		                  "the entry %s ends on %s, in %d days, and the certificate with it", (unsigned long)days),
		               entry, on, days);
	else
		text = str_fmt(P_("ends on %s, in %d day, and was not renewed", "ends on %s, in %d days, and was not renewed",
		                  (unsigned long)days),
		               on, days);
	free(entry);
	free(on);
	return text;
}

/* Which of several entries that cover a name counts is not stated (rule 17): then the first end is not certain. */
static bool is_certain(const struct status_item *it)
{
	return !it->effective_by || it->hopeful_end <= it->effective_end;
}

/* Text moved in. */
static char *with_doubt(const struct status_item *it, char *text)
{
	char *on, *doubt;

	if (is_certain(it))
		return text;
	on = day(it->hopeful_end - 1);
	doubt = str_fmt(_("perhaps until %s: a name is covered by several FQDNs, and which one counts is not stated"), on);
	str_replace(&text, str_fmt("%s; %s", text, doubt));
	free(doubt);
	free(on);
	return text;
}

static char *ended_text(const struct status_item *it)
{
	char *on, *entry, *text;

	if (it->not_after > end_of(it) && it->effective_by) {
		on = day(it->effective_end - 1);
		entry = fqdn_shown(it->effective_by);
		if (!is_certain(it))
			text = str_fmt(_("the entry %s ended on %s"), entry, on);
		else
			text = str_fmt(_("the entry %s ended on %s: the certificate is no longer good, whatever its expiry date says"), entry,
			               on);
		free(entry);
	} else {
		on = day(it->not_after);
		text = str_fmt(_("expired on %s"), on);
	}
	free(on);
	return text;
}

/* Returns whether something was said of its end. */
static bool judge_end(const struct status_item *it, const struct health_limits *l, int64_t now, struct health *h)
{
	int64_t end = end_of(it);

	if (end == 0)
		return false;
	if (end <= now)
		add(h, HEALTH_CRITICAL, it->name, with_doubt(it, ended_text(it)));
	else if (end - now <= alarm_sec(it, l->critical_days, 8))
		add(h, HEALTH_CRITICAL, it->name, with_doubt(it, end_text(it, now)));
	else if (end - now <= alarm_sec(it, l->warning_days, 4))
		add(h, HEALTH_WARNING, it->name, with_doubt(it, end_text(it, now)));
	else
		return false;
	return true;
}

static void judge_entry(const struct status_item *it, const struct health_limits *l, int64_t now, struct health *h)
{
	int64_t left = it->entry_ends_at - now;
	char *on, *entry;

	if (it->entry_ends_at == 0 || !it->entry_ends || left > (int64_t)l->entry_warning_days * CLOCK_DAY_SEC)
		return;
	on = day(it->entry_ends_at - 1);
	entry = fqdn_shown(it->entry_ends);
	if (left <= 0)
		add(h, HEALTH_WARNING, it->name, str_fmt(_("the entry %s ended on %s"), entry, on));
	else
		add(h, HEALTH_WARNING, it->name,
		    str_fmt(P_("the entry %s ends on %s, in %d day, and is not marked as renewed",
		               "the entry %s ends on %s, in %d days, and is not marked as renewed", (unsigned long)days_until(it->entry_ends_at, now)),
		            entry, on, days_until(it->entry_ends_at, now)));
	free(entry);
	free(on);
}

static void judge_present(const struct status_item *it, struct health *h)
{
	if (it->damage)
		add(h, HEALTH_CRITICAL, it->name, str_fmt(_("damaged: %s"), it->damage));
	else if (!it->present)
		add(h, HEALTH_CRITICAL, it->name, str_dup(_("there is no certificate yet")));
	if (str_eq(it->revocation, "revoked"))
		add(h, HEALTH_CRITICAL, it->name, str_dup(_("revoked by the CA")));
}

static void judge_refused(const struct status_item *it, struct health *h)
{
	char *names;

	if (it->refused.count == 0)
		return;
	names = some(&it->refused);
	add(h, HEALTH_CRITICAL, it->name, str_fmt(_("cannot be ordered: no entry in its period covers %s"), names));
	free(names);
}

/* As it was recorded, it begins with the certificate's name, which a finding has already. */
static const char *error_of(const struct status_item *it)
{
	size_t n = strlen(it->name);

	return str_starts(it->last_error, it->name) && str_starts(it->last_error + n, ": ") ? it->last_error + n + 2 : it->last_error;
}

static void judge_work(const struct status_item *it, int64_t now, struct health *h)
{
	char *list;

	if (it->last_error)
		add(h, HEALTH_WARNING, it->name, str_fmt(_("ordering fails: %s"), error_of(it)));
	else if (it->next_try > now)
		add(h, HEALTH_WARNING, it->name, str_dup(_("ordering waits, as earlier tries failed")));
	if (it->deploy_owed.count == 0)
		return;
	list = some(&it->deploy_owed);
	add(h, HEALTH_WARNING, it->name,
	    it->deploy_error ? str_fmt(_("not yet put to use (%s): %s"), list, it->deploy_error) : str_fmt(_("not yet put to use: %s"), list));
	free(list);
}

static void judge(const struct status_item *it, const struct health_limits *l, int64_t now, struct health *h)
{
	bool ends;

	judge_present(it, h);
	ends = it->present && judge_end(it, l, now, h);
	judge_refused(it, h);
	if (!ends || !str_eq(it->effective_by, it->entry_ends))
		judge_entry(it, l, now, h);
	judge_work(it, now, h);
}

static void judge_machine(const struct status_report *r, struct health *h)
{
	for (size_t i = 0; i < r->account_count; i++)
		if (r->account[i].damage)
			add(h, HEALTH_WARNING, NULL, str_fmt(_("the account at %s cannot be used: %s"), r->account[i].server, r->account[i].damage));
	if (h->certificates == 0)
		add(h, HEALTH_UNKNOWN, NULL, str_dup(_("no certificate is configured")));
}

/* Stable: what is equally bad stays in order. */
static void sort(struct health *h)
{
	for (size_t i = 1; i < h->count; i++) {
		struct health_finding f = h->finding[i];
		size_t k = i;

		for (; k > 0 && weight(h->finding[k - 1].level) < weight(f.level); k--)
			h->finding[k] = h->finding[k - 1];
		h->finding[k] = f;
	}
}

void health_find(const struct status_report *r, const struct health_limits *l, struct health *out)
{
	struct health h = {0};

	/* Before what may follow from it. */
	if (r->list_alarm)
		add(&h, HEALTH_CRITICAL, NULL, str_dup(r->list_alarm));
	for (size_t i = 0; i < r->count; i++) {
		const struct status_item *it = &r->item[i];
		int64_t end = it->present ? end_of(it) : 0;

		if (!it->configured)
			continue;
		h.certificates++;
		judge(it, l, r->at, &h);
		if (end > 0 && (h.first_end == 0 || end < h.first_end))
			h.first_end = end;
	}
	judge_machine(r, &h);
	sort(&h);
	h.level = h.count > 0 ? h.finding[0].level : HEALTH_OK;
	*out = h;
}

void health_clear(struct health *h)
{
	for (size_t i = 0; i < h->count; i++) {
		free(h->finding[i].name);
		free(h->finding[i].text);
	}
	free(h->finding);
	*h = (struct health){0};
}
