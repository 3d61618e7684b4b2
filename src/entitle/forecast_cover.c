#include "config.h"

#include "entitle/forecast.h"

#include <stdlib.h>

#include "entitle/coverage.h"
#include "entitle/first_use.h"
#include "entitle/period.h"
#include "forecast_parts.h"

static bool is_same_rule(const struct rule *a, const struct rule *b)
{
	return a->plain == b->plain && a->wildcard == b->wildcard && a->fixed_set == b->fixed_set && a->start == b->start &&
	       a->years == b->years && a->days == b->days && a->rounding == b->rounding &&
	       a->utc_offset_sec == b->utc_offset_sec && a->end == b->end;
}

/* The list's entries once for each rule that differs, as periods do; returns where this rule's begin. */
static size_t entries_of_rule(const struct forecast_input *in, const struct rule *rule, struct forecast_cover *c)
{
	size_t count = in->list->count, at = 0;

	while (at < c->entry_count && !is_same_rule(c->entry[at].rule, rule))
		at += count;
	if (at < c->entry_count)
		return at;

	c->entry = mem_resize(c->entry, c->entry_count + count, sizeof *c->entry);
	for (size_t i = 0; i < count; i++) {
		struct period p = {0};

		period_find(rule, in->list, &in->list->item[i], &p);
		c->entry[c->entry_count++] = (struct forecast_cover_entry){
			.entry = &in->list->item[i],
			.rule = rule,
			.end_at = p.has_last ? p.end_at : FORECAST_NEVER,
			.waits = p.source == PERIOD_NOT_BEGUN && rule->start == RULE_START_FIRST_ISSUANCE,
		};
	}
	return at;
}

/* As certificates come one after the other, one that is there already is the last one. */
static void add_certificate(struct forecast_cover_entry *e, size_t certificate)
{
	if (e->count > 0 && e->certificate[e->count - 1] == certificate)
		return;
	if ((e->count & (e->count - 1)) == 0) /* room for the next power of two */
		e->certificate = mem_resize(e->certificate, e->count > 0 ? e->count * 2 : 1, sizeof *e->certificate);
	e->certificate[e->count++] = certificate;
}

/* As they stand in the list. */
static int compare_places(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return (*x > *y) - (*x < *y);
}

static void link_name(const struct forecast_input *in, struct forecast_cover *c, size_t index, const char *name,
                      size_t base)
{
	struct forecast_cover_certificate *cc = &c->certificate[index];
	const struct entry *covering[RULE_CANDIDATES_MAX];
	size_t count = coverage_entries(cc->in->rule, in->list, name, covering);

	cc->entry = mem_resize(cc->entry, cc->entry_count + count + 1, sizeof *cc->entry);
	qsort(covering, count, sizeof(const struct entry *), compare_places);
	for (size_t i = 0; i < count; i++) {
		size_t at = base + (size_t)(covering[i] - in->list->item);

		add_certificate(&c->entry[at], index);
		cc->entry[cc->entry_count++] = at;
	}
}

static void link_certificate(const struct forecast_input *in, struct forecast_cover *c, size_t index)
{
	struct forecast_cover_certificate *cc = &c->certificate[index];
	const struct strs *names = in->certificate[index].names;
	size_t base;

	cc->in = &in->certificate[index];
	cc->held = mem_new(names->count + 1, sizeof *cc->held);
	cc->first = mem_new(names->count + 1, sizeof *cc->first);
	for (size_t i = 0; i < names->count; i++)
		cc->held[i] = true;
	if (!cc->in->rule->checked || in->list->count == 0)
		return;
	base = entries_of_rule(in, cc->in->rule, c);
	for (size_t i = 0; i < names->count; i++) {
		link_name(in, c, index, names->item[i], base);
		cc->first[i + 1] = cc->entry_count;
	}
}

void forecast_cover_make(const struct forecast_input *in, struct forecast_cover *out)
{
	struct forecast_cover c = {.list = in->list, .count = in->count};

	c.certificate = mem_new(in->count + 1, sizeof *c.certificate);
	for (size_t i = 0; i < in->count; i++)
		link_certificate(in, &c, i);
	*out = c;
}

void forecast_cover_clear(struct forecast_cover *c)
{
	for (size_t i = 0; i < c->entry_count; i++)
		free(c->entry[i].certificate);
	for (size_t i = 0; i < c->count; i++) {
		free(c->certificate[i].held);
		free(c->certificate[i].first);
		free(c->certificate[i].entry);
	}
	free(c->entry);
	free(c->certificate);
	*c = (struct forecast_cover){0};
}

const struct forecast_cover_entry *forecast_cover_last_entry(const struct forecast_cover *c, size_t certificate,
                                                             size_t name)
{
	const struct forecast_cover_certificate *cc = &c->certificate[certificate];
	const struct forecast_cover_entry *last = NULL;

	for (size_t i = cc->first[name]; i < cc->first[name + 1]; i++)
		if (!last || c->entry[cc->entry[i]].end_at > last->end_at)
			last = &c->entry[cc->entry[i]];
	return last;
}

int64_t forecast_cover_name_end(const struct forecast_cover *c, size_t certificate, size_t name)
{
	const struct forecast_cover_entry *last;

	if (!c->certificate[certificate].in->rule->checked)
		return FORECAST_NEVER;
	last = forecast_cover_last_entry(c, certificate, name);
	return last ? last->end_at : INT64_MIN;
}

int64_t forecast_cover_first_lost(const struct forecast_cover *c, size_t certificate)
{
	const struct forecast_cover_certificate *cc = &c->certificate[certificate];
	int64_t first = FORECAST_NEVER;

	for (size_t i = 0; i < cc->in->names->count; i++) {
		int64_t end = cc->held[i] ? forecast_cover_name_end(c, certificate, i) : INT64_MIN;
		if (end != INT64_MIN && end < first)
			first = end;
	}
	return first;
}

bool forecast_cover_lives_on(const struct forecast_cover *c, size_t certificate, size_t entry)
{
	const struct forecast_cover_certificate *cc = &c->certificate[certificate];

	for (size_t name = 0; name < cc->in->names->count; name++)
		for (size_t i = cc->first[name]; cc->held[name] && i < cc->first[name + 1]; i++)
			if (cc->entry[i] == entry)
				return true;
	return false;
}

/* Has another entry of this name begun, and not ended yet? Then an entry that waits may go on waiting. */
static bool has_begun_one(const struct forecast_cover *c, const struct forecast_cover_certificate *cc, size_t name,
                          int64_t t)
{
	for (size_t i = cc->first[name]; i < cc->first[name + 1]; i++) {
		const struct forecast_cover_entry *e = &c->entry[cc->entry[i]];
		if (!e->waits && e->end_at > t)
			return true;
	}
	return false;
}

static size_t *waiting(const struct forecast_cover *c, size_t certificate, int64_t t, size_t *count)
{
	const struct forecast_cover_certificate *cc = &c->certificate[certificate];
	size_t *found = NULL;

	*count = 0;
	for (size_t name = 0; name < cc->in->names->count; name++) {
		for (size_t i = cc->first[name]; cc->held[name] && i < cc->first[name + 1]; i++) {
			if (!c->entry[cc->entry[i]].waits || has_begun_one(c, cc, name, t))
				continue;
			found = mem_resize(found, *count + 1, sizeof *found);
			found[(*count)++] = cc->entry[i];
		}
	}
	return found;
}

static void begin(const struct forecast_cover *c, struct forecast_cover_entry *e, int64_t t)
{
	struct entry begun = *e->entry;
	struct period p = {0};

	begun.has_recorded = true;
	begun.recorded = first_use_day(e->rule, t, 0);
	period_find(e->rule, c->list, &begun, &p);
	e->end_at = p.has_last ? p.end_at : FORECAST_NEVER;
	e->waits = false;
}

size_t *forecast_cover_begin(struct forecast_cover *c, size_t certificate, int64_t t, size_t *count)
{
	size_t *found = waiting(c, certificate, t, count), kept = 0;

	for (size_t i = 0; i < *count; i++) {
		if (!c->entry[found[i]].waits) /* a second name of it */
			continue;
		begin(c, &c->entry[found[i]], t);
		found[kept++] = found[i];
	}
	*count = kept;
	return found;
}
