/* Rule 19 over time: what is offered, prepared and put in place when an entry ends, and that no name goes unasked. */
#include "config.h"

#include "entitle/lapse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entitle/period.h"

#define DAY ((int64_t)86400)
#define END INT64_C(1803826800) /* 2027-02-28T15:00Z: the first instant after 2027-02-28 JST */
#define ROUNDS 4000

static struct rule preset(const char *name)
{
	return *rule_preset(name);
}

/* "example.jp=2027-02-28 a.jp": entries, each with its stated end or with none. */
static void make_list(const char *text, struct entry_list *l)
{
	char *copy = str_dup(text), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct entry e = {.fqdn = w};
		char *equals = strchr(w, '=');

		if (equals) {
			*equals = '\0';
			e.has_ends = true;
			assert_int_equal(date_parse(equals + 1, &e.ends), 0);
		}
		entry_list_add(l, &e);
	}
	free(copy);
}

static void make_names(const char *text, struct strs *out)
{
	char *copy = str_dup(text), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		strs_add(out, w);
	free(copy);
}

static void assert_names(const struct strs *l, const char *expected)
{
	char *joined = strs_join(l, " ");

	assert_string_equal(joined ? joined : "", expected);
	free(joined);
}

struct question {
	const char *rule, *list, *names;
	const struct lapse_dropped *dropped;
	size_t dropped_count;
	bool accepted, shrink;
	int64_t renew_at, at;
};

/* The list is handed out, as the entry is borrowed from it. */
static void ask(const struct question *q, struct entry_list *list, struct lapse *out)
{
	struct rule rule = preset(q->rule ? q->rule : "jpdirect");
	struct strs names = {0};

	make_list(q->list, list);
	make_names(q->names, &names);
	lapse_find(&(struct lapse_input){.rule = &rule,
	                                 .list = list,
	                                 .names = &names,
	                                 .dropped = q->dropped,
	                                 .dropped_count = q->dropped_count,
	                                 .accepted = q->accepted,
	                                 .shrink = q->shrink,
	                                 .renew_at = q->renew_at,
	                                 .at = q->at},
	           out);
	strs_clear(&names);
}

static void assert_step(const struct question *q, enum lapse_step expected)
{
	struct entry_list list = {0};
	struct lapse l = {0};

	ask(q, &list, &l);
	assert_string_equal(lapse_step_name(l.step), lapse_step_name(expected));
	assert_int_equal(l.entry != NULL, expected != LAPSE_NONE);
	assert_int_equal(l.end_at != 0, expected != LAPSE_NONE);
	lapse_clear(&l);
	entry_list_clear(&list);
}

/* Rule 19: at least a day before the end; nobody asked: only told. */
static void rule_19_over_time(void **state)
{
	static const struct {
		int64_t before; /* seconds until the end */
		enum lapse_step warn, shrink, accepted;
	} row[] = {
		{31 * DAY, LAPSE_NONE, LAPSE_NONE, LAPSE_NONE},
		{30 * DAY + 1, LAPSE_NONE, LAPSE_NONE, LAPSE_NONE},
		{30 * DAY, LAPSE_OFFER, LAPSE_OFFER, LAPSE_SWITCH},
		{7 * DAY + 1, LAPSE_OFFER, LAPSE_OFFER, LAPSE_SWITCH},
		{7 * DAY, LAPSE_OFFER, LAPSE_PREPARE, LAPSE_SWITCH},
		{2 * DAY + 1, LAPSE_OFFER, LAPSE_PREPARE, LAPSE_SWITCH},
		{2 * DAY, LAPSE_OFFER, LAPSE_SWITCH, LAPSE_SWITCH},
		{1 * DAY, LAPSE_OFFER, LAPSE_SWITCH, LAPSE_SWITCH},
		{1, LAPSE_OFFER, LAPSE_SWITCH, LAPSE_SWITCH},
		{0, LAPSE_OFFER, LAPSE_SWITCH, LAPSE_SWITCH},
		{-100 * DAY, LAPSE_OFFER, LAPSE_SWITCH, LAPSE_SWITCH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct question q = {.list = "a.jp b.jp=2027-02-28", .names = "a.jp b.jp", .at = END - row[i].before};

		assert_step(&q, row[i].warn);
		q.shrink = true;
		assert_step(&q, row[i].shrink);
		q.accepted = true;
		assert_step(&q, row[i].accepted);
		q.shrink = false;
		assert_step(&q, row[i].accepted);
	}
}

static void who_lapses_and_who_remains(void **state)
{
	struct entry_list list = {0};
	struct lapse l = {0};

	(void)state;
	ask(&(struct question){.list = "a.jp *.b.jp=2027-02-28 c.jp=2027-03-31", .names = "b.jp c.jp *.b.jp www.a.jp", .at = END - DAY},
	    &list, &l);
	assert_names(&l.wanted, "b.jp c.jp *.b.jp www.a.jp");
	assert_names(&l.lapsing, "b.jp *.b.jp");
	assert_names(&l.remaining, "c.jp www.a.jp");
	assert_int_equal(l.returned.count, 0);
	assert_string_equal(l.entry->fqdn, "*.b.jp");
	assert_int_equal(l.end_at, END);
	assert_int_equal(l.prepare_at, END - 7 * DAY);
	assert_int_equal(l.switch_at, END - 2 * DAY);
	lapse_clear(&l);
	entry_list_clear(&list);
}

static void nothing_ends_everything_remains(void **state)
{
	static const char *const list[] = {"a.jp b.jp", "a.jp b.jp=2027-02-28", "", "a.jp=2030-01-31 b.jp=2028-01-31"};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct entry_list entries = {0};
		struct lapse l = {0};

		ask(&(struct question){.list = list[i], .names = "b.jp a.jp", .at = END - 40 * DAY, .accepted = true}, &entries, &l);
		assert_int_equal(l.step, LAPSE_NONE);
		assert_names(&l.wanted, "b.jp a.jp");
		assert_names(&l.remaining, "b.jp a.jp");
		assert_names(&l.lapsing, "");
		assert_null(l.entry);
		assert_int_equal(l.end_at + l.prepare_at + l.switch_at, 0);
		lapse_clear(&l);
		entry_list_clear(&entries);
	}
}

/* Rule 17, overlap: what another entry covers can still be ordered after the end. */
static void an_overlap_keeps_a_name(void **state)
{
	struct entry_list list = {0};
	struct lapse l = {0};

	(void)state;
	assert_step(&(struct question){.list = "b.jp=2027-02-28 *.b.jp", .names = "b.jp *.b.jp", .at = END - DAY}, LAPSE_NONE);
	assert_step(&(struct question){.list = "b.jp=2027-02-28 *.b.jp=2027-04-30", .names = "b.jp", .at = END + DAY}, LAPSE_NONE);
	ask(&(struct question){.list = "b.jp=2027-02-28 *.b.jp=2027-03-31", .names = "www.b.jp b.jp", .at = END - DAY, .shrink = true},
	    &list, &l);
	assert_int_equal(l.step, LAPSE_SWITCH);
	assert_names(&l.lapsing, "www.b.jp");
	assert_names(&l.remaining, "b.jp");
	lapse_clear(&l);
	entry_list_clear(&list);
}

static void all_lapsing_is_only_offered(void **state)
{
	(void)state;
	for (int64_t before = 30; before >= -3; before--)
		assert_step(&(struct question){.list = "b.jp=2027-02-28", .names = "b.jp www.b.jp", .at = END - before * DAY,
		                               .accepted = true, .shrink = true},
		            LAPSE_OFFER);
}

/* A name without any entry is the gate's: it neither lapses nor is it let go. */
static void an_unregistered_name_does_not_lapse(void **state)
{
	struct entry_list list = {0};
	struct lapse l = {0};

	(void)state;
	ask(&(struct question){.list = "a.jp=2027-02-28", .names = "a.jp x.jp", .at = END, .accepted = true}, &list, &l);
	assert_names(&l.lapsing, "a.jp");
	assert_names(&l.remaining, "x.jp");
	lapse_clear(&l);
	entry_list_clear(&list);
}

/* The first end counts; what ended already goes with it, what ends later waits for its own days. */
static void several_ends(void **state)
{
	static const struct {
		int64_t at;
		const char *lapsing, *remaining;
		int64_t end_at;
	} row[] = {
		{END - 10 * DAY, "a.jp", "b.jp c.jp", END},
		{END, "a.jp", "b.jp c.jp", END},
		{END + 9 * DAY, "a.jp", "b.jp c.jp", END},
		{END + 10 * DAY, "a.jp b.jp", "c.jp", END},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct entry_list list = {0};
		struct lapse l = {0};

		ask(&(struct question){.list = "a.jp=2027-02-28 b.jp=2027-03-10 c.jp=2028-02-29", .names = "a.jp b.jp c.jp",
		                       .at = row[i].at, .accepted = true},
		    &list, &l);
		assert_int_equal(l.step, LAPSE_SWITCH);
		assert_names(&l.lapsing, row[i].lapsing);
		assert_names(&l.remaining, row[i].remaining);
		assert_int_equal(l.end_at, row[i].end_at);
		assert_string_equal(l.entry->fqdn, "a.jp");
		lapse_clear(&l);
		entry_list_clear(&list);
	}
}

/* Rule 20: a paid renewal brings the name back; a day that only says what is known already does not. */
static void dropped_names_come_back_with_their_entry(void **state)
{
	static const struct {
		const char *list;
		int64_t at;
		const char *wanted, *returned;
	} row[] = {
		{"a.jp b.jp=2027-02-28", END - DAY, "a.jp", ""},
		{"a.jp b.jp=2027-02-28", END + 400 * DAY, "a.jp", ""},
		{"a.jp b.jp=2027-01-31", END, "a.jp", ""},
		{"a.jp b.jp=2028-02-29", END - DAY, "a.jp b.jp", "b.jp"},
		{"a.jp b.jp=2028-02-29", END + 366 * DAY, "a.jp", ""}, /* … but that is over, too */
		{"a.jp b.jp", END, "a.jp b.jp", "b.jp"},
		{"a.jp", END, "a.jp", ""},
		{"a.jp b.jp=2027-02-28 *.b.jp", END, "a.jp b.jp", "b.jp"}, /* another entry was bought */
	};
	char name[] = "b.jp";
	const struct lapse_dropped dropped[] = {{.name = name, .end_at = END}, {.name = name, .end_at = END - 365 * DAY}};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct entry_list list = {0};
		struct lapse l = {0};

		ask(&(struct question){.list = row[i].list, .names = "a.jp b.jp", .at = row[i].at, .dropped = dropped, .dropped_count = 2},
		    &list, &l);
		assert_names(&l.wanted, row[i].wanted);
		assert_names(&l.returned, row[i].returned);
		assert_int_equal(l.step, LAPSE_NONE);
		lapse_clear(&l);
		entry_list_clear(&list);
	}
}

/* The settings were cut down to what had been let go: nothing at all is no certificate, so the gate shall speak. */
static void never_nothing_at_all(void **state)
{
	char name[] = "b.jp";
	const struct lapse_dropped dropped = {.name = name, .end_at = END};
	struct entry_list list = {0};
	struct lapse l = {0};

	(void)state;
	ask(&(struct question){.list = "a.jp b.jp=2027-02-28", .names = "b.jp", .at = END, .dropped = &dropped, .dropped_count = 1,
	                       .shrink = true},
	    &list, &l);
	assert_names(&l.wanted, "b.jp");
	assert_names(&l.returned, "");
	assert_int_equal(l.step, LAPSE_OFFER);
	lapse_clear(&l);
	entry_list_clear(&list);
}

/* sectigo: certificates live on, so nothing is offered before a renewal would be refused. */
static void an_end_that_only_stops_issuance(void **state)
{
	static const struct {
		int64_t before, renew_at;
		enum lapse_step warn, shrink;
	} row[] = {
		{2 * DAY, 0, LAPSE_NONE, LAPSE_NONE},
		{1, 0, LAPSE_NONE, LAPSE_NONE},
		{0, 0, LAPSE_OFFER, LAPSE_SWITCH},
		{0, END + 20 * DAY, LAPSE_NONE, LAPSE_NONE},
		{-20 * DAY + 1, END + 20 * DAY, LAPSE_NONE, LAPSE_NONE},
		{-20 * DAY, END + 20 * DAY, LAPSE_OFFER, LAPSE_SWITCH},
		{1, END - 20 * DAY, LAPSE_NONE, LAPSE_NONE},
		{0, END - 20 * DAY, LAPSE_OFFER, LAPSE_SWITCH},
	};
	struct rule rule = preset("jpdirect");
	struct entry_list list = {0};
	struct strs names = {0};

	(void)state;
	assert_int_equal(rule_set(&rule, "end", "stop"), 0);
	make_list("a.jp b.jp=2027-02-28", &list);
	make_names("a.jp b.jp", &names);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct lapse_input in = {.rule = &rule, .list = &list, .names = &names, .renew_at = row[i].renew_at, .at = END - row[i].before};
		struct lapse l = {0};

		lapse_find(&in, &l);
		assert_int_equal(l.step, row[i].warn);
		lapse_clear(&l);
		in.shrink = true;
		lapse_find(&in, &l);
		assert_int_equal(l.step, row[i].shrink);
		if (l.step != LAPSE_NONE)
			assert_int_equal(l.switch_at, row[i].renew_at > END ? row[i].renew_at : END);
		lapse_clear(&l);
	}
	strs_clear(&names);
	entry_list_clear(&list);
}

static void a_fixed_set_falls_as_one(void **state)
{
	struct rule rule = preset("jpdirect");
	struct entry_list list = {0};
	struct strs names = {0};
	struct lapse l = {0};

	(void)state;
	assert_int_equal(rule_set(&rule, "fixed_set", "yes"), 0);
	make_list("a.jp b.jp=2027-02-28", &list);
	make_names("a.jp b.jp", &names);
	lapse_find(&(struct lapse_input){.rule = &rule, .list = &list, .names = &names, .at = END, .accepted = true}, &l);
	assert_int_equal(l.step, LAPSE_OFFER);
	assert_names(&l.lapsing, "a.jp b.jp");
	assert_names(&l.remaining, "");
	lapse_clear(&l);
	strs_clear(&names);
	entry_list_clear(&list);
}

/* Another CA that asks for no entries: nothing lapses there, and what was let go for the old one is wanted again. */
static void a_rule_without_entries(void **state)
{
	char name[] = "b.jp";
	const struct lapse_dropped dropped = {.name = name, .end_at = END};
	struct entry_list list = {0};
	struct lapse l = {0};

	(void)state;
	ask(&(struct question){.rule = "none", .list = "a.jp b.jp=2027-02-28", .names = "a.jp b.jp", .at = END, .dropped = &dropped,
	                       .dropped_count = 1, .accepted = true},
	    &list, &l);
	assert_int_equal(l.step, LAPSE_NONE);
	assert_names(&l.wanted, "a.jp b.jp");
	assert_names(&l.returned, "b.jp");
	lapse_clear(&l);
	entry_list_clear(&list);
}

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* Some of "a.jp" … "f.jp", "www.a.jp" and "*.a.jp", each at most once. */
static void random_names(uint32_t *seed, struct strs *out)
{
	static const char *const pool[] = {"a.jp", "b.jp", "c.jp", "d.jp", "*.a.jp", "*.b.jp", "www.a.jp", "www.b.jp"};

	for (size_t i = 0; i < sizeof(pool) / sizeof(*pool); i++)
		if (next_random(seed, 2) == 0)
			strs_add(out, pool[i]);
}

static void random_list(uint32_t *seed, struct entry_list *l)
{
	struct strs names = {0};

	random_names(seed, &names);
	for (size_t i = 0; i < names.count; i++) {
		struct entry e = {.fqdn = names.item[i], .has_ends = next_random(seed, 4) != 0};

		e.ends = date_from_days(date_days(date_of_jst(END)) + (int64_t)next_random(seed, 90) - 30);
		entry_list_add(l, &e);
	}
	strs_clear(&names);
}

static void assert_sound(const struct lapse_input *in, const struct lapse *l)
{
	assert_true(l->wanted.count > 0 || in->names->count == 0);
	assert_int_equal(l->lapsing.count + l->remaining.count, l->wanted.count);
	for (size_t i = 0; i < l->wanted.count; i++) {
		assert_true(strs_has(in->names, l->wanted.item[i]));
		assert_int_equal(strs_has(&l->lapsing, l->wanted.item[i]) + strs_has(&l->remaining, l->wanted.item[i]), 1);
	}
	for (size_t i = 0; i < l->returned.count; i++)
		assert_true(strs_has(&l->wanted, l->returned.item[i]));
	assert_int_equal(l->entry != NULL, l->step != LAPSE_NONE);
	assert_true(l->step == LAPSE_NONE || l->lapsing.count > 0);
	assert_true(l->step != LAPSE_NONE || l->lapsing.count == 0);
	assert_true(l->step <= LAPSE_OFFER || in->accepted || in->shrink);
	assert_true(l->step <= LAPSE_OFFER || l->remaining.count > 0);
}

/* Never without somebody's word is a name left out of what is wanted. */
static void assert_nothing_lost(const struct lapse_input *in, const struct lapse *l)
{
	for (size_t i = 0; i < in->names->count; i++) {
		bool dropped = false;

		for (size_t k = 0; k < in->dropped_count; k++)
			dropped = dropped || str_eq(in->dropped[k].name, in->names->item[i]);
		assert_true(dropped || strs_has(&l->wanted, in->names->item[i]));
	}
}

/* The oracle of "lapses": every entry that covers it, tried one by one, is over by then. */
static bool can_be_ordered(const struct lapse_input *in, const char *name, int64_t at)
{
	for (size_t i = 0; i < in->list->count; i++) {
		struct period p = {0};

		if (!rule_covers(in->rule, in->list->item[i].fqdn, name))
			continue;
		period_find(in->rule, in->list, &in->list->item[i], &p);
		if (!period_has_ended(&p, at))
			return true;
	}
	return false;
}

static void assert_lapsing(const struct lapse_input *in, const struct lapse *l)
{
	int64_t until = l->end_at > in->at ? l->end_at : in->at;

	for (size_t i = 0; l->step != LAPSE_NONE && i < l->lapsing.count; i++)
		assert_false(can_be_ordered(in, l->lapsing.item[i], until));
	for (size_t i = 0; l->step != LAPSE_NONE && i < l->remaining.count; i++)
		if (can_be_ordered(in, l->remaining.item[i], 0))
			assert_true(can_be_ordered(in, l->remaining.item[i], until));
}

static void properties(void **state)
{
	uint32_t seed = 19;
	size_t steps[LAPSE_STEP_COUNT] = {0};

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct rule rule = preset(next_random(&seed, 8) == 0 ? "none" : "jpdirect");
		struct entry_list list = {0};
		struct strs names = {0}, gone = {0};
		struct lapse_dropped dropped[8];
		struct lapse l = {0};

		random_list(&seed, &list);
		random_names(&seed, &names);
		if (next_random(&seed, 2) == 0)
			random_names(&seed, &gone);
		for (size_t i = 0; i < gone.count; i++)
			dropped[i] = (struct lapse_dropped){gone.item[i], END + (int64_t)next_random(&seed, 60) * DAY - 20 * DAY};
		struct lapse_input in = {.rule = &rule,
		                         .list = &list,
		                         .names = &names,
		                         .dropped = dropped,
		                         .dropped_count = gone.count,
		                         .accepted = next_random(&seed, 3) == 0,
		                         .shrink = next_random(&seed, 2) == 0,
		                         .at = END + (int64_t)next_random(&seed, 80) * DAY - 40 * DAY};
		lapse_find(&in, &l);
		steps[l.step]++;
		assert_sound(&in, &l);
		assert_nothing_lost(&in, &l);
		assert_lapsing(&in, &l);
		lapse_clear(&l);
		strs_clear(&gone);
		strs_clear(&names);
		entry_list_clear(&list);
	}
	for (int s = 0; s < LAPSE_STEP_COUNT; s++)
		assert_true(steps[s] > ROUNDS / 200);
}

/* What shrink did is stable: with the lapsed names let go, the next look finds nothing of them to do, nor do they come back. */
static void letting_go_is_stable(void **state)
{
	uint32_t seed = 1919;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct rule rule = preset("jpdirect");
		struct entry_list list = {0};
		struct strs names = {0};
		struct lapse_dropped dropped[8];
		struct lapse l = {0}, again = {0};

		random_list(&seed, &list);
		random_names(&seed, &names);
		struct lapse_input in = {.rule = &rule, .list = &list, .names = &names, .dropped = dropped, .accepted = true,
		                         .at = END + (int64_t)next_random(&seed, 80) * DAY - 40 * DAY};
		lapse_find(&in, &l);
		if (l.step == LAPSE_SWITCH) {
			for (size_t i = 0; i < l.lapsing.count; i++)
				dropped[i] = (struct lapse_dropped){l.lapsing.item[i], l.end_at > in.at ? l.end_at : in.at};
			in.dropped_count = l.lapsing.count;
			lapse_find(&in, &again);
			assert_true(strs_eq(&again.wanted, &l.remaining));
			assert_int_equal(again.returned.count, 0);
		}
		lapse_clear(&again);
		lapse_clear(&l);
		strs_clear(&names);
		entry_list_clear(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_19_over_time),
		cmocka_unit_test(who_lapses_and_who_remains),
		cmocka_unit_test(nothing_ends_everything_remains),
		cmocka_unit_test(an_overlap_keeps_a_name),
		cmocka_unit_test(all_lapsing_is_only_offered),
		cmocka_unit_test(an_unregistered_name_does_not_lapse),
		cmocka_unit_test(several_ends),
		cmocka_unit_test(dropped_names_come_back_with_their_entry),
		cmocka_unit_test(never_nothing_at_all),
		cmocka_unit_test(an_end_that_only_stops_issuance),
		cmocka_unit_test(a_fixed_set_falls_as_one),
		cmocka_unit_test(a_rule_without_entries),
		cmocka_unit_test(properties),
		cmocka_unit_test(letting_go_is_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
