/*
 * Properties of the forecast on random worlds, each from a seed that is told when it fails. What may be ordered is asked of the
 * gate (entitle/coverage), which knows nothing of simulations.
 */
#include "config.h"

#include "entitle/forecast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entitle/coverage.h"
#include "entitle/period.h"
#include "forecast_maker.h"
#include "run/due.h"

#define ROUNDS 1500
#define DAYS 300 /* shorter than any period that begins meanwhile: the list itself says what has ended */
#define DOWN_MAX 3

static const char *const pool[] = {"a.jp", "b.jp", "c.jp", "*.a.jp", "*.b.jp", "www.a.jp", "www.b.jp", "www.www.a.jp"};
#define POOL_COUNT (sizeof(pool) / sizeof(*pool))

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static void random_entry(uint32_t *seed, const char *fqdn, struct entry_list *l)
{
	char *copy = str_dup(fqdn);
	struct entry e = {.fqdn = copy};

	switch (next_random(seed, 4)) {
	case 0:
		break;
	case 1:
		e.has_first_issued = true;
		e.first_issued = (struct date){2026, 1 + (int)next_random(seed, 12), 15};
		break;
	default:
		e.has_ends = true;
		e.ends = date_from_days(date_days((struct date){2026, 12, 20}) + (int64_t)next_random(seed, 330));
	}
	entry_list_add(l, &e);
	free(copy);
}

static void random_certificate(uint32_t *seed, struct maker *m)
{
	static const char *const name[] = {"D", "B", "A", "C"};
	static const int lives[] = {6, 47, 90, 90, 199};
	struct strs names = {0};
	char *joined, *from;

	for (size_t i = 0; i < POOL_COUNT; i++)
		if (next_random(seed, 4) == 0)
			strs_add(&names, pool[i]);
	joined = strs_join(&names, " ");
	from = date_format(date_from_days(date_days((struct date){2026, 9, 1}) + (int64_t)next_random(seed, 122)));
	struct forecast_certificate *c =
		maker_add(m, name[m->in.count], joined ? joined : "", next_random(seed, 4) == 0 ? NULL : from, lives[next_random(seed, 5)]);
	c->shrinks = next_random(seed, 2) == 0;
	c->fixed_life = next_random(seed, 4) == 0;
	c->renew_days = next_random(seed, 3) == 0 ? (int)next_random(seed, 60) : 0;
	c->renew_permille = next_random(seed, 3) == 0 ? (int)next_random(seed, 1000) : 0;
	free(from);
	free(joined);
	strs_clear(&names);
}

struct world {
	struct maker m;
	struct forecast_span down[DOWN_MAX];
};

static void random_world(uint32_t *seed, bool with_downs, struct world *w)
{
	maker_init(&w->m, "jpdirect", "", "2027-01-01", "2027-01-01");
	w->m.in.until += DAYS * MAKER_DAY;
	if (next_random(seed, 4) == 0)
		w->m.rule.end = RULE_END_STOP;
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (next_random(seed, 4) != 0)
			random_entry(seed, pool[i], &w->m.list);
	for (uint32_t n = 1 + next_random(seed, 4); n > 0; n--)
		random_certificate(seed, &w->m);
	for (size_t i = 0; with_downs && i < DOWN_MAX; i++) {
		w->down[i].from = w->m.in.at + (int64_t)next_random(seed, DAYS) * MAKER_DAY;
		w->down[i].to = w->down[i].from + (int64_t)next_random(seed, 40) * MAKER_DAY;
	}
	w->m.in.down = w->down;
	w->m.in.down_count = with_downs ? DOWN_MAX : 0;
}

static bool is_down(const struct world *w, int64_t t)
{
	for (size_t i = 0; i < w->m.in.down_count; i++)
		if (t >= w->down[i].from && t < w->down[i].to)
			return true;
	return false;
}

/* One certificate, followed through the events. */
struct follow {
	const struct forecast_certificate *c;
	struct strs held;
	bool live;
	int64_t not_after;
};

static bool is_refused(const struct world *w, const char *name, int64_t t, bool *ended)
{
	struct coverage_result r = {0};
	struct strs one = {0};
	bool refused;

	strs_add(&one, name);
	coverage_check(&(struct coverage_input){.rule = &w->m.rule, .list = &w->m.list, .names = &one, .at = t}, &r);
	refused = !r.ok;
	*ended = refused && r.name[0].reason == COVERAGE_ENTRY_ENDED;
	coverage_result_clear(&r);
	strs_clear(&one);
	return refused;
}

static void follow_begin(const struct world *w, const struct forecast_certificate *c, struct follow *f)
{
	*f = (struct follow){.c = c, .live = c->not_after > w->m.in.at, .not_after = c->not_after};
	strs_copy(&f->held, c->names);
	for (size_t i = 0; w->m.rule.end == RULE_END_REVOKE && i < f->held.count; i++) {
		bool ended;
		if (is_refused(w, f->held.item[i], w->m.in.at, &ended) && ended)
			f->live = false;
	}
}

static bool is_issuance(enum forecast_kind k)
{
	return k == FORECAST_ISSUE || k == FORECAST_RENEWAL || k == FORECAST_LAST_RENEWAL || k == FORECAST_SHRINK;
}

static void let_go(struct follow *f, const struct strs *names)
{
	struct strs kept = {0};

	for (size_t i = 0; i < f->held.count; i++)
		if (!strs_has(names, f->held.item[i]))
			strs_add(&kept, f->held.item[i]);
	assert_int_equal(kept.count + names->count, f->held.count);
	strs_clear(&f->held);
	f->held = kept;
}

static void follow_step(struct follow *f, const struct forecast_event *v)
{
	if (!str_eq(v->certificate, f->c->name))
		return;
	if (v->kind == FORECAST_SHRINK)
		let_go(f, &v->names);
	if (is_issuance(v->kind)) {
		f->live = true;
		f->not_after = v->end_at;
	}
	if (v->kind == FORECAST_REVOCATION || v->kind == FORECAST_EXPIRY)
		f->live = false;
}

static void names_refused(const struct world *w, const struct follow *f, int64_t t, struct strs *out)
{
	bool ended;

	for (size_t i = 0; i < f->held.count; i++)
		if (is_refused(w, f->held.item[i], t, &ended))
			strs_add(out, f->held.item[i]);
}

static void assert_revoked_rightly(const struct world *w, const struct follow *f, const struct forecast_event *v,
                                   const struct strs *refused)
{
	const struct entry *e = entry_list_find(&w->m.list, v->entry);
	struct period p = {0};
	bool covers = false;

	assert_true(f->live);
	assert_non_null(e);
	period_find(&w->m.rule, &w->m.list, e, &p);
	assert_int_equal(p.end_at, v->at);
	for (size_t i = 0; i < f->held.count; i++) {
		covers = covers || rule_covers(&w->m.rule, e->fqdn, f->held.item[i]);
		assert_int_equal(strs_has(&v->innocent, f->held.item[i]), !strs_has(refused, f->held.item[i]));
	}
	assert_true(covers);
	assert_true(strs_eq(&v->names, &f->held));
}

static void assert_event(const struct world *w, const struct follow *f, const struct forecast_event *v)
{
	struct strs refused = {0};

	names_refused(w, f, v->at, &refused);
	if (is_issuance(v->kind) && v->kind != FORECAST_SHRINK)
		assert_true(refused.count == 0 && !is_down(w, v->at));
	if (v->kind == FORECAST_BLOCKED && v->names.count > 0)
		assert_true(strs_eq(&v->names, &refused));
	if (v->kind == FORECAST_BLOCKED && v->names.count == 0)
		assert_true(is_down(w, v->at));
	if (v->kind == FORECAST_REVOCATION)
		assert_revoked_rightly(w, f, v, &refused);
	if (v->kind == FORECAST_EXPIRY)
		assert_true(f->live && f->not_after == v->at);
	else
		assert_true(!f->live || v->at <= f->not_after);
	strs_clear(&refused);
}

static void events_are_what_the_gate_allows(void **state)
{
	size_t kinds[FORECAST_KIND_COUNT] = {0};

	(void)state;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t seed = round;
		struct forecast f = {0};
		struct world w;

		random_world(&seed, true, &w);
		forecast_make(&w.m.in, &f);
		for (size_t i = 0; i < f.count; i++) {
			kinds[f.event[i].kind]++;
			assert_true(f.event[i].at >= w.m.in.at && f.event[i].at <= w.m.in.until);
			assert_true(i == 0 || f.event[i - 1].at < f.event[i].at ||
			            (f.event[i - 1].at == f.event[i].at && f.event[i - 1].kind <= f.event[i].kind));
		}
		for (size_t c = 0; c < w.m.in.count; c++) {
			struct follow follow;

			follow_begin(&w, &w.m.certificate[c], &follow);
			for (size_t i = 0; i < f.count; i++) {
				if (str_eq(f.event[i].certificate, follow.c->name))
					assert_event(&w, &follow, &f.event[i]);
				follow_step(&follow, &f.event[i]);
			}
			assert_true(!follow.live || follow.not_after >= w.m.in.until || follow.held.count == 0);
			strs_clear(&follow.held);
		}
		forecast_clear(&f);
		maker_clear(&w.m);
	}
	for (int k = 0; k < FORECAST_KIND_COUNT; k++)
		if (kinds[k] < ROUNDS / 20)
			fail_msg("only %zu events \"%s\"", kinds[k], forecast_kind_name((enum forecast_kind)k));
}

/* A longer forecast only goes on: until the shorter one's end they are the same. */
static void longer_only_appends(void **state)
{
	(void)state;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t seed = round;
		struct forecast whole = {0}, part = {0};
		struct forecast_diff d = {0};
		struct world w;

		random_world(&seed, true, &w);
		forecast_make(&w.m.in, &whole);
		w.m.in.until = w.m.in.at + (int64_t)next_random(&seed, DAYS * 86400);
		forecast_make(&w.m.in, &part);
		forecast_compare(&part, &whole, &d);
		assert_int_equal(d.gone_count, 0);
		assert_int_equal(part.count + d.added_count, whole.count);
		for (size_t i = 0; i < d.added_count; i++)
			assert_true(d.added[i]->at > w.m.in.until);
		forecast_diff_clear(&d);
		forecast_clear(&whole);
		forecast_clear(&part);
		maker_clear(&w.m);
	}
}

static void renew(struct entry *e)
{
	if (e->has_ends)
		e->ends = period_next_last(rule_preset("jpdirect"), e->ends);
	e->renewed++;
}

/* Renews one of its entries, or adds one. */
static void enrich(uint32_t *seed, struct maker *m)
{
	char *fqdn = str_dup(pool[next_random(seed, POOL_COUNT)]);
	bool there = entry_list_find(&m->list, fqdn) != NULL;

	for (size_t i = 0; there && i < m->list.count; i++)
		if (str_eq(m->list.item[i].fqdn, fqdn))
			renew(&m->list.item[i]);
	if (!there)
		entry_list_add(&m->list, &(struct entry){.fqdn = fqdn});
	free(fqdn);
}

static void comparing(void **state)
{
	(void)state;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t seed = round;
		struct forecast now = {0}, then = {0};
		struct forecast_diff same = {0}, there = {0}, back = {0};
		struct world w;

		random_world(&seed, true, &w);
		forecast_make(&w.m.in, &now);
		enrich(&seed, &w.m);
		forecast_make(&w.m.in, &then);
		forecast_compare(&now, &now, &same);
		assert_int_equal(same.added_count + same.gone_count, 0);
		forecast_compare(&now, &then, &there);
		forecast_compare(&then, &now, &back);
		assert_int_equal(now.count - there.gone_count, then.count - there.added_count);
		assert_int_equal(there.added_count, back.gone_count);
		assert_int_equal(there.gone_count, back.added_count);
		for (size_t i = 0; i < there.added_count; i++)
			assert_ptr_equal(there.added[i], back.gone[i]);
		for (size_t i = 0; i < there.gone_count; i++)
			assert_ptr_equal(there.gone[i], back.added[i]);
		forecast_diff_clear(&same);
		forecast_diff_clear(&there);
		forecast_diff_clear(&back);
		forecast_clear(&now);
		forecast_clear(&then);
		maker_clear(&w.m);
	}
}

/* Which days each name of a certificate is served by something good: at noon, so that no event is at that instant. */
static void days_of(const struct world *w, const struct forecast *f, size_t certificate, bool day[DAYS][POOL_COUNT])
{
	struct follow follow;
	size_t i = 0;

	follow_begin(w, &w->m.certificate[certificate], &follow);
	for (int d = 0; d < DAYS; d++) {
		int64_t t = w->m.in.at + d * MAKER_DAY + MAKER_DAY / 2 + 1;

		for (; i < f->count && f->event[i].at <= t; i++)
			follow_step(&follow, &f->event[i]);
		for (size_t n = 0; n < POOL_COUNT; n++)
			day[d][n] = follow.live && strs_has(&follow.held, pool[n]);
	}
	strs_clear(&follow.held);
}

/*
 * What is good before is good after. Of a certificate that shrinks only whether anything is: with more names that remain it
 * gives up the others some days before their end, rather than none.
 */
static size_t assert_no_harm(uint32_t seed, const struct forecast_certificate *c, bool before[POOL_COUNT],
                             bool after[POOL_COUNT])
{
	size_t was = 0, is = 0;

	for (size_t n = 0; n < POOL_COUNT; n++) {
		was += before[n];
		is += after[n];
		if (!c->shrinks && before[n] && !after[n])
			fail_msg("seed %u: certificate %s loses %s", (unsigned)seed, c->name, pool[n]);
	}
	if (was > 0 && is == 0)
		fail_msg("seed %u: certificate %s is lost", (unsigned)seed, c->name);
	return is > was ? is - was : 0;
}

/*
 * Paying for more never makes a certificate end earlier, so paying for less never makes it end later. (The CA is never down
 * here: other days of renewal meet other gaps.)
 */
static void more_entries_never_harm(void **state)
{
	static bool before[DAYS][POOL_COUNT], after[DAYS][POOL_COUNT];
	size_t gained = 0;

	(void)state;
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t seed = round;
		struct forecast now = {0}, then = {0};
		struct world w, richer;

		random_world(&seed, false, &w);
		seed = round;
		random_world(&seed, false, &richer);
		enrich(&seed, &richer.m);
		forecast_make(&w.m.in, &now);
		forecast_make(&richer.m.in, &then);
		for (size_t c = 0; c < w.m.in.count; c++) {
			days_of(&w, &now, c, before);
			days_of(&richer, &then, c, after);
			for (int d = 0; d < DAYS; d++)
				gained += assert_no_harm(round, &w.m.certificate[c], before[d], after[d]);
		}
		forecast_clear(&now);
		forecast_clear(&then);
		maker_clear(&w.m);
		maker_clear(&richer.m);
	}
	assert_true(gained > 10000);
}

/* Renewals are where run/due has them, up to its spread. */
static void as_run_due_has_it(void **state)
{
	uint32_t seed = 20;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int life = 1 + (int)next_random(&seed, 199);
		struct forecast f = {0};
		struct maker m;

		maker_init(&m, "none", "", "2027-01-01", "2028-01-01");
		struct forecast_certificate *c = maker_add(&m, "A", "a.jp", "2027-01-01", life);
		c->fixed_life = true;
		c->renew_days = next_random(&seed, 2) == 0 ? (int)next_random(&seed, 200) : 0;
		c->renew_permille = (int)next_random(&seed, 1001);
		struct due_facts facts = {.not_before = c->not_before, .not_after = c->not_after,
		                          .rule = {.days = c->renew_days, .permille = c->renew_permille}};
		int64_t due = due_when(&facts, m.in.at).renew_at;
		forecast_make(&m.in, &f);
		assert_true(f.count > 0);
		assert_int_equal(f.event[0].kind, FORECAST_RENEWAL);
		assert_true(f.event[0].at <= due && due - f.event[0].at <= DUE_SPREAD_MAX_SEC);
		forecast_clear(&f);
		maker_clear(&m);
	}
}

/* 10,000 entries, 1,000 certificates of ten names each. */
static void large(void **state)
{
	enum { ENTRIES = 10000, CERTIFICATES = 1000, NAMES = 10 };
	struct forecast_certificate *c = mem_new(CERTIFICATES, sizeof *c);
	struct strs *names = mem_new(CERTIFICATES, sizeof *names);
	struct entry_list list = {0};
	struct forecast f = {0};

	(void)state;
	for (int i = 0; i < ENTRIES; i++) {
		char *fqdn = str_fmt("n%05d.example.jp", i);
		entry_list_add(&list, &(struct entry){.fqdn = fqdn, .has_ends = i % 3 != 0, .ends = {2027, 1 + i % 12, 28}});
		free(fqdn);
	}
	for (int i = 0; i < CERTIFICATES; i++) {
		for (int k = 0; k < NAMES; k++)
			strs_take(&names[i], str_fmt("%sn%05d.example.jp", k % 2 ? "www." : "", (i * 7 + k * 997) % ENTRIES));
		c[i] = (struct forecast_certificate){.name = names[i].item[0], .rule = rule_preset("jpdirect"), .names = &names[i],
		                                     .shrinks = i % 2 == 0};
	}
	forecast_make(&(struct forecast_input){.list = &list, .certificate = c, .count = CERTIFICATES,
	                                       .at = maker_day("2027-01-01"), .until = maker_day("2028-02-05")}, &f);
	assert_false(f.cut);
	assert_true(f.count > 15000);
	forecast_clear(&f);
	for (int i = 0; i < CERTIFICATES; i++)
		strs_clear(&names[i]);
	free(names);
	free(c);
	entry_list_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_what_the_gate_allows),
		cmocka_unit_test(longer_only_appends),
		cmocka_unit_test(comparing),
		cmocka_unit_test(more_entries_never_harm),
		cmocka_unit_test(as_run_due_has_it),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
