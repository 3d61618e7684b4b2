#include "config.h"

#include "entitle/forecast.h"

#include <stdlib.h>

#include "base/clock.h"
#include "entitle/lapse.h"
#include "forecast_parts.h"

struct state { /* of one certificate, as the simulation goes on */
	int64_t not_before, not_after;
	int64_t issue_at; /* when it is renewed or tried again; an issuance of another time in the queue is void */
	bool live;
	bool obtained;    /* there was one at some time */
};

struct simulation {
	const struct forecast_input *in;
	struct forecast_cover cover;
	struct forecast_queue queue;
	struct forecast_down down;
	struct state *state;
	struct forecast *out;
	size_t room;                /* for events */
	int64_t now;
};

const char *forecast_kind_name(enum forecast_kind k)
{
	static const char *const names[FORECAST_KIND_COUNT] = {
		[FORECAST_LIFETIME] = "lifetime",
		[FORECAST_PAY_BY] = "pay-by",
		[FORECAST_LAPSE] = "lapse",
		[FORECAST_REVOCATION] = "revocation",
		[FORECAST_SHRINK] = "shrink",
		[FORECAST_EXPIRY] = "expiry",
		[FORECAST_BLOCKED] = "blocked",
		[FORECAST_BEGIN] = "begin",
		[FORECAST_ISSUE] = "issue",
		[FORECAST_RENEWAL] = "renewal",
		[FORECAST_LAST_RENEWAL] = "last-renewal",
	};

	return names[k];
}

static struct forecast_event *tell(struct simulation *s, enum forecast_kind kind)
{
	struct forecast *f = s->out;

	if (f->count == s->room) {
		s->room = s->room > 0 ? s->room * 2 : 64;
		f->event = mem_resize(f->event, s->room, sizeof *f->event);
	}
	f->event[f->count] = (struct forecast_event){.at = s->now, .kind = kind};
	return &f->event[f->count++];
}

static struct forecast_event *tell_of(struct simulation *s, enum forecast_kind kind, size_t certificate)
{
	struct forecast_event *v = tell(s, kind);

	v->certificate = str_dup(s->in->certificate[certificate].name);
	return v;
}

static const struct strs *names_of(const struct simulation *s, size_t certificate)
{
	return s->in->certificate[certificate].names;
}

static const struct rule *rule_of(const struct simulation *s, size_t certificate)
{
	return s->in->certificate[certificate].rule;
}

static bool is_held(const struct simulation *s, size_t certificate, size_t name)
{
	return s->cover.certificate[certificate].held[name];
}

/* The names that cannot be ordered at t: their entries are over, or there is none. */
static bool is_refused(const struct simulation *s, size_t certificate, size_t name, int64_t t)
{
	return is_held(s, certificate, name) && forecast_cover_name_end(&s->cover, certificate, name) <= t;
}

static size_t count_refused(const struct simulation *s, size_t certificate, int64_t t)
{
	size_t count = 0;

	for (size_t i = 0; i < names_of(s, certificate)->count; i++)
		count += is_refused(s, certificate, i, t);
	return count;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void plan_issue(struct simulation *s, size_t certificate, int64_t at)
{
	s->state[certificate].issue_at = at;
	forecast_queue_add(&s->queue, at, FORECAST_STEP_ISSUE, certificate);
}

/* Does on_lapse: shrink act here? A part of a fixed set cannot be ordered. */
static bool can_shrink(const struct simulation *s, size_t certificate)
{
	return s->in->certificate[certificate].shrinks && !rule_of(s, certificate)->fixed_set;
}

/* Where the end only stops issuance there is nothing to do before the renewal that would be refused. */
static void plan_shrink(struct simulation *s, size_t certificate)
{
	int64_t lost;

	if (!can_shrink(s, certificate) || rule_of(s, certificate)->end != RULE_END_REVOKE)
		return;
	lost = forecast_cover_first_lost(&s->cover, certificate);
	if (lost != FORECAST_NEVER)
		forecast_queue_add(&s->queue, later(s->now, lost - LAPSE_SWITCH_SEC), FORECAST_STEP_SHRINK, certificate);
}

static void plan_end(struct simulation *s, size_t entry)
{
	int64_t end = s->cover.entry[entry].end_at;

	if (end == FORECAST_NEVER || end <= s->now)
		return;
	forecast_queue_add(&s->queue, later(s->now, end - CLOCK_DAY_SEC), FORECAST_STEP_PAY_BY, entry);
	forecast_queue_add(&s->queue, end, FORECAST_STEP_END, entry);
}

static void begin_entries(struct simulation *s, size_t certificate)
{
	size_t count = 0, *begun = forecast_cover_begin(&s->cover, certificate, s->now, &count);

	for (size_t i = 0; i < count; i++) {
		const struct forecast_cover_entry *e = &s->cover.entry[begun[i]];
		struct forecast_event *v = tell_of(s, FORECAST_BEGIN, certificate);

		v->entry = str_dup(e->entry->fqdn);
		v->end_at = e->end_at != FORECAST_NEVER ? e->end_at : 0;
		plan_end(s, begun[i]);
		for (size_t k = 0; k < e->count; k++)
			plan_shrink(s, e->certificate[k]);
	}
	free(begun);
}

/* Would something remain, and can it be ordered, when the names that are over at `until` are let go? */
static bool can_remain(const struct simulation *s, size_t certificate, int64_t until)
{
	size_t remaining = 0;

	for (size_t i = 0; i < names_of(s, certificate)->count; i++) {
		int64_t end = forecast_cover_name_end(&s->cover, certificate, i);

		if (!is_held(s, certificate, i) || (end <= until && end != INT64_MIN))
			continue;
		if (end == INT64_MIN)
			return false;
		remaining++;
	}
	return remaining > 0;
}

/*
 * Is this renewal the last that makes sense? Where the end revokes: the first that reaches past it. Where it only stops
 * issuance: the one after which the next would be refused. With on_lapse: shrink the certificate lives on.
 */
static bool is_last(const struct simulation *s, size_t certificate, int64_t old_not_after)
{
	const struct state *st = &s->state[certificate];
	int64_t lost = forecast_cover_first_lost(&s->cover, certificate);

	if (lost == FORECAST_NEVER || (can_shrink(s, certificate) && can_remain(s, certificate, lost)))
		return false;
	if (rule_of(s, certificate)->end == RULE_END_STOP)
		return st->issue_at >= lost;
	return old_not_after < lost && st->not_after >= lost;
}

/* The entry with which the first name is lost; NULL = none is. */
static const char *lost_with(const struct simulation *s, size_t certificate)
{
	int64_t lost = forecast_cover_first_lost(&s->cover, certificate);

	for (size_t i = 0; lost != FORECAST_NEVER && i < names_of(s, certificate)->count; i++)
		if (is_held(s, certificate, i) && forecast_cover_name_end(&s->cover, certificate, i) == lost)
			return forecast_cover_last_entry(&s->cover, certificate, i)->entry->fqdn;
	return NULL;
}

/* From now on there is a certificate that was made at `made`. */
static void install(struct simulation *s, size_t certificate, int64_t made)
{
	const struct forecast_certificate *c = &s->in->certificate[certificate];
	struct state *st = &s->state[certificate];

	begin_entries(s, certificate);
	st->not_before = made;
	st->not_after = made + forecast_limit_life(s->in, c, made);
	st->live = st->obtained = true;
	plan_issue(s, certificate, later(s->now, forecast_limit_renew_at(c, st->not_before, st->not_after)));
	forecast_queue_add(&s->queue, st->not_after, FORECAST_STEP_EXPIRY, certificate);
	plan_shrink(s, certificate);
}

static void issue(struct simulation *s, size_t certificate)
{
	struct state *st = &s->state[certificate];
	enum forecast_kind kind = st->obtained ? FORECAST_RENEWAL : FORECAST_ISSUE;
	int64_t old_not_after = st->not_after;
	struct forecast_event *v;

	install(s, certificate, s->now);
	if (kind == FORECAST_RENEWAL && is_last(s, certificate, old_not_after))
		kind = FORECAST_LAST_RENEWAL;
	v = tell_of(s, kind, certificate);
	v->end_at = st->not_after;
	if (kind == FORECAST_LAST_RENEWAL)
		v->entry = str_dup(lost_with(s, certificate));
}

/* Of the refused names, the entry of the first that has one: why it is refused. */
static void tell_refused(struct simulation *s, size_t certificate, struct forecast_event *v)
{
	for (size_t i = 0; i < names_of(s, certificate)->count; i++) {
		const struct forecast_cover_entry *e;

		if (!is_refused(s, certificate, i, s->now))
			continue;
		strs_add(&v->names, names_of(s, certificate)->item[i]);
		e = forecast_cover_last_entry(&s->cover, certificate, i);
		if (e && !v->entry)
			v->entry = str_dup(e->entry->fqdn);
	}
}

static void tell_blocked(struct simulation *s, size_t certificate, bool refused)
{
	struct forecast_event *v = tell_of(s, FORECAST_BLOCKED, certificate);

	v->end_at = s->state[certificate].live ? s->state[certificate].not_after : 0;
	if (refused)
		tell_refused(s, certificate, v);
}

static void let_go(struct simulation *s, size_t certificate, int64_t until, struct forecast_event *v)
{
	for (size_t i = 0; i < names_of(s, certificate)->count; i++) {
		int64_t end = forecast_cover_name_end(&s->cover, certificate, i);

		if (!is_held(s, certificate, i) || end > until)
			continue;
		if (!v->entry)
			v->entry = str_dup(forecast_cover_last_entry(&s->cover, certificate, i)->entry->fqdn);
		strs_add(&v->names, names_of(s, certificate)->item[i]);
		s->cover.certificate[certificate].held[i] = false;
	}
}

/* When the smaller certificate was, or can be, made: some days before its time, unless it would be due by now. */
static int64_t when_made(const struct simulation *s, size_t certificate, int64_t lost)
{
	const struct forecast_certificate *c = &s->in->certificate[certificate];
	int64_t made;

	if (lost <= s->now)
		return forecast_down_over(&s->down, s->now);
	made = forecast_down_over(&s->down, later(s->in->at, lost - LAPSE_PREPARE_SEC));
	if (made <= s->now && forecast_limit_renew_at(c, made, made + forecast_limit_life(s->in, c, made)) <= s->now)
		return forecast_down_over(&s->down, s->now);
	return made;
}

/* False = there can be no smaller one. */
static bool shrink(struct simulation *s, size_t certificate, int64_t lost)
{
	int64_t until = later(lost, s->now), made;
	struct forecast_event *v;

	if (!can_remain(s, certificate, until))
		return false;
	made = when_made(s, certificate, lost);
	if (made > s->now) {
		tell_blocked(s, certificate, false);
		forecast_queue_add(&s->queue, made, FORECAST_STEP_SHRINK, certificate);
		return true;
	}
	v = tell_of(s, FORECAST_SHRINK, certificate);
	let_go(s, certificate, until, v);
	v->end_at = made + forecast_limit_life(s->in, &s->in->certificate[certificate], made);
	install(s, certificate, made);
	return true;
}

static void step_shrink(struct simulation *s, size_t certificate)
{
	int64_t lost = forecast_cover_first_lost(&s->cover, certificate);

	if (lost != FORECAST_NEVER && s->now >= lost - LAPSE_SWITCH_SEC)
		(void)shrink(s, certificate, lost);
}

static void step_issue(struct simulation *s, size_t certificate)
{
	int64_t up = forecast_down_over(&s->down, s->now);

	if (s->state[certificate].issue_at != s->now)
		return;
	s->state[certificate].issue_at = FORECAST_NEVER;
	if (count_refused(s, certificate, s->now) > 0) {
		if (!can_shrink(s, certificate) || !shrink(s, certificate, forecast_cover_first_lost(&s->cover, certificate)))
			tell_blocked(s, certificate, true);
		return;
	}
	if (up == s->now) {
		issue(s, certificate);
		return;
	}
	tell_blocked(s, certificate, false);
	plan_issue(s, certificate, up);
}

static void step_expiry(struct simulation *s, size_t certificate)
{
	struct state *st = &s->state[certificate];

	if (!st->live || st->not_after != s->now)
		return;
	st->live = false;
	tell_of(s, FORECAST_EXPIRY, certificate)->end_at = s->now;
}

/* Which of the entries that end now takes it along: one without which a name is lost, if there is one. */
static const char *revoked_by(const struct simulation *s, size_t certificate)
{
	const struct forecast_cover_certificate *cc = &s->cover.certificate[certificate];
	const struct forecast_cover_entry *by = NULL;

	for (size_t name = 0; name < cc->in->names->count; name++) {
		for (size_t i = cc->first[name]; cc->held[name] && i < cc->first[name + 1]; i++) {
			const struct forecast_cover_entry *e = &s->cover.entry[cc->entry[i]];

			if (e->end_at != s->now)
				continue;
			if (is_refused(s, certificate, name, s->now))
				return e->entry->fqdn;
			by = by ? by : e;
		}
	}
	return by ? by->entry->fqdn : NULL;
}

/* Rule 17: the whole of it; and it is asked for again at once, which works when another entry covers what fell. */
static void revoke(struct simulation *s, size_t certificate)
{
	struct state *st = &s->state[certificate];
	struct forecast_event *v;

	if (!st->live || st->not_after <= s->now)
		return;
	v = tell_of(s, FORECAST_REVOCATION, certificate);
	v->entry = str_dup(revoked_by(s, certificate));
	v->end_at = s->now;
	for (size_t i = 0; i < names_of(s, certificate)->count; i++) {
		if (!is_held(s, certificate, i))
			continue;
		strs_add(&v->names, names_of(s, certificate)->item[i]);
		if (!is_refused(s, certificate, i, s->now))
			strs_add(&v->innocent, names_of(s, certificate)->item[i]);
	}
	st->live = false;
	plan_issue(s, certificate, s->now);
}

/* What nobody can order any more of a certificate that lives on the entry: it was the last one of these names. */
static void add_lost(const struct simulation *s, size_t certificate, size_t entry, struct strs *names)
{
	const struct forecast_cover_certificate *cc = &s->cover.certificate[certificate];

	for (size_t name = 0; name < cc->in->names->count; name++)
		for (size_t i = cc->first[name]; is_refused(s, certificate, name, s->now) && i < cc->first[name + 1]; i++)
			if (cc->entry[i] == entry)
				strs_add(names, cc->in->names->item[name]);
}

/* There is one, or there will be one again. */
static bool is_alive(const struct simulation *s, size_t certificate)
{
	return s->state[certificate].live || s->state[certificate].issue_at != FORECAST_NEVER;
}

static void tell_entry(struct simulation *s, enum forecast_kind kind, size_t entry)
{
	const struct forecast_cover_entry *e = &s->cover.entry[entry];
	struct forecast_event *v = tell(s, kind);

	v->entry = str_dup(e->entry->fqdn);
	v->end_at = e->end_at;
	for (size_t i = 0; i < e->count; i++) {
		if (!is_alive(s, e->certificate[i]) || !forecast_cover_lives_on(&s->cover, e->certificate[i], entry))
			continue;
		strs_add(&v->certificates, s->in->certificate[e->certificate[i]].name);
		if (kind == FORECAST_LAPSE)
			add_lost(s, e->certificate[i], entry, &v->names);
	}
	strs_sort(&v->certificates);
	strs_sort_distinct(&v->names);
}

static void step_end(struct simulation *s, size_t entry)
{
	const struct forecast_cover_entry *e = &s->cover.entry[entry];

	tell_entry(s, FORECAST_LAPSE, entry);
	for (size_t i = 0; i < e->count; i++)
		if (rule_of(s, e->certificate[i])->end == RULE_END_REVOKE &&
		    forecast_cover_lives_on(&s->cover, e->certificate[i], entry))
			revoke(s, e->certificate[i]);
}

/* A new limit is told when it shortens what somebody gets. */
static void step_limit(struct simulation *s)
{
	int days = forecast_limit_days(s->now, NULL);
	struct strs affected = {0};

	for (size_t i = 0; i < s->in->count; i++) {
		const struct forecast_certificate *c = &s->in->certificate[i];

		if (!c->fixed_life && c->names->count > 0 &&
		    forecast_limit_wanted(s->in, c) > days * (int64_t)CLOCK_DAY_SEC)
			strs_add(&affected, c->name);
	}
	strs_sort(&affected);
	if (affected.count > 0) {
		struct forecast_event *v = tell(s, FORECAST_LIFETIME);
		v->days = days;
		v->certificates = affected;
	}
}

static void step(struct simulation *s, const struct forecast_queue_item *i)
{
	switch (i->step) {
	case FORECAST_STEP_LIMIT:
		step_limit(s);
		break;
	case FORECAST_STEP_PAY_BY:
		tell_entry(s, FORECAST_PAY_BY, i->index);
		break;
	case FORECAST_STEP_END:
		step_end(s, i->index);
		break;
	case FORECAST_STEP_SHRINK:
		step_shrink(s, i->index);
		break;
	case FORECAST_STEP_ISSUE:
		step_issue(s, i->index);
		break;
	case FORECAST_STEP_EXPIRY:
		step_expiry(s, i->index);
		break;
	}
}

/* An entry that its names need is over already: where the end revokes, the certificate is not good any more. */
static bool has_fallen(const struct simulation *s, size_t certificate)
{
	return rule_of(s, certificate)->end == RULE_END_REVOKE &&
	       forecast_cover_first_lost(&s->cover, certificate) <= s->now;
}

static int64_t first_issue_at(const struct simulation *s, size_t certificate)
{
	const struct forecast_certificate *c = &s->in->certificate[certificate];

	if (has_fallen(s, certificate))
		return s->now;
	if (c->renew_at != 0)
		return later(s->now, c->renew_at);
	return s->state[certificate].live ? later(s->now, forecast_limit_renew_at(c, c->not_before, c->not_after)) : s->now;
}

static void start_certificate(struct simulation *s, size_t certificate)
{
	const struct forecast_certificate *c = &s->in->certificate[certificate];
	struct state *st = &s->state[certificate];

	if (c->names->count == 0)
		return;
	*st = (struct state){.not_before = c->not_before, .not_after = c->not_after, .obtained = c->not_after != 0};
	st->live = c->not_after > s->now && !c->revoked && !has_fallen(s, certificate);
	plan_issue(s, certificate, first_issue_at(s, certificate));
	if (st->live)
		forecast_queue_add(&s->queue, st->not_after, FORECAST_STEP_EXPIRY, certificate);
	plan_shrink(s, certificate);
}

static void start(struct simulation *s)
{
	int64_t limit_at = s->now;

	s->state = mem_new(s->in->count + 1, sizeof *s->state);
	forecast_down_make(s->in, &s->down);
	forecast_cover_make(s->in, &s->cover);
	while (forecast_limit_days(limit_at, &limit_at), limit_at != 0)
		forecast_queue_add(&s->queue, limit_at, FORECAST_STEP_LIMIT, 0);
	/* Entries that nothing uses are told of once, under the first rule. */
	for (size_t i = 0; i < s->cover.entry_count; i++)
		if (i < s->in->list->count || s->cover.entry[i].count > 0)
			plan_end(s, i);
	for (size_t i = 0; i < s->in->count; i++)
		start_certificate(s, i);
}

static int compare_events(const void *a, const void *b)
{
	return forecast_compare_events(a, b);
}

void forecast_make(const struct forecast_input *in, struct forecast *out)
{
	struct forecast f = {.at = in->at, .until = in->until};
	struct simulation s = {.in = in, .out = &f, .now = in->at};
	struct forecast_queue_item i;

	start(&s);
	while (!f.cut && forecast_queue_take(&s.queue, &i) && i.at <= in->until) {
		s.now = i.at;
		step(&s, &i);
		f.cut = f.count >= FORECAST_EVENTS_MAX;
	}
	if (f.count > 0)
		qsort(f.event, f.count, sizeof *f.event, compare_events);
	forecast_queue_clear(&s.queue);
	forecast_cover_clear(&s.cover);
	free(s.state);
	forecast_down_clear(&s.down);
	*out = f;
}

void forecast_clear(struct forecast *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct forecast_event *v = &f->event[i];

		free(v->certificate);
		free(v->entry);
		strs_clear(&v->certificates);
		strs_clear(&v->names);
		strs_clear(&v->innocent);
	}
	free(f->event);
	*f = (struct forecast){0};
}
