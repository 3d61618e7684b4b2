/* Until when a certificate is really good: rules 17 and 18. */
#include "config.h"

#include "entitle/effective.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entitle/period.h"

#define SEED 17u
#define ROUNDS 3000
#define DAY CLOCK_DAY_SEC

static int64_t at(const char *text)
{
	int64_t t = 0;

	assert_int_equal(time_parse(text, &t), 0);
	return t;
}

/* "example.jp=2027-02-28 *.example.jp": entries, with or without a stated end. */
static void list_of(const char *text, struct entry_list *l)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		char *item = str_ndup(text, len), *equals = strchr(item, '=');
		struct entry e = {.fqdn = item, .has_ends = equals != NULL};

		if (equals != NULL) {
			*equals = '\0';
			assert_int_equal(date_parse(equals + 1, &e.ends), 0);
		}
		entry_list_add(l, &e);
		free(item);
		text += len + (text[len] != '\0');
	}
}

static void words(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		strs_take(out, str_ndup(text, len));
		text += len + (text[len] != '\0');
	}
}

static void assert_day(int64_t end, const char *last)
{
	struct date d;
	char *text;

	if (*last == '\0') {
		assert_true(end == 0);
		return;
	}
	d = date_of_jst(end - 1);
	text = date_format(d);
	assert_string_equal(text, last);
	assert_true(end == date_jst_begin(d) + DAY);
	free(text);
}

struct row {
	const char *entries, *names;
	const char *not_after, *from;  /* days in Japan, "" = 0; notAfter is the end of that day */
	const char *end, *by;          /* last day; "" = none */
	const char *hopeful, *first;
};

static void check(const struct row *w)
{
	struct entry_list l = {0};
	struct strs names = {0};
	struct effective f;

	list_of(w->entries, &l);
	words(w->names, &names);
	effective_find(&(struct effective_input){.rule = rule_preset("jpdirect"), .list = &l, .names = &names,
	                                         .not_after = *w->not_after ? at(w->not_after) + DAY : 0,
	                                         .from = *w->from ? at(w->from) : 0}, &f);
	assert_day(f.end, w->end);
	assert_string_equal(f.by != NULL ? f.by->fqdn : "", w->by);
	assert_day(f.hopeful, w->hopeful);
	assert_string_equal(f.first != NULL ? f.first->fqdn : "", w->first);
	entry_list_clear(&l);
	strs_clear(&names);
}

static void rule_17_and_18(void **state)
{
	static const struct row row[] = {
		/* rule 18's own example */
		{"example.jp=2027-02-28", "example.jp", "2027-04-14", "", "2027-02-28", "example.jp", "2027-02-28", "example.jp"},
		{"example.jp=2027-02-28", "example.jp", "2027-02-27", "", "2027-02-27", "", "2027-02-27", "example.jp"},
		/* the same instant: notAfter ends it as well */
		{"example.jp=2027-02-28", "example.jp", "2027-02-28", "", "2027-02-28", "", "2027-02-28", "example.jp"},
		{"example.jp", "example.jp", "2027-04-14", "", "2027-04-14", "", "2027-04-14", ""},
		/* one name's entry takes the whole certificate along */
		{"a.jp=2027-06-30 b.jp=2027-02-28 c.jp", "a.jp b.jp c.jp", "2027-04-14", "", "2027-02-28", "b.jp", "2027-02-28", "b.jp"},
		{"a.jp=2027-06-30 b.jp=2027-02-28", "www.a.jp", "2027-08-01", "", "2027-06-30", "a.jp", "2027-06-30", "a.jp"},
		/* overlap: both readings, and the careful one is the first */
		{"example.jp=2027-02-28 *.example.jp=2027-03-31", "example.jp", "2027-05-01", "", "2027-02-28", "example.jp", "2027-03-31",
		 "example.jp"},
		{"example.jp=2027-03-31 *.example.jp=2027-02-28", "example.jp", "2027-05-01", "", "2027-02-28", "*.example.jp", "2027-03-31",
		 "*.example.jp"},
		{"example.jp=2027-02-28 *.example.jp", "example.jp", "2027-05-01", "", "2027-02-28", "example.jp", "2027-05-01", "example.jp"},
		{"example.jp=2027-02-28 *.example.jp", "example.jp www.example.jp", "2027-05-01", "", "2027-02-28", "example.jp", "2027-02-28",
		 "example.jp"},
		/* an entry that ended before the certificate was made is not what it lives on */
		{"example.jp=2026-10-31 *.example.jp=2027-03-31", "example.jp", "2027-05-01", "2026-11-01", "2027-03-31", "*.example.jp",
		 "2027-03-31", "*.example.jp"},
		{"example.jp=2026-10-31 *.example.jp=2027-03-31", "example.jp", "2027-05-01", "2026-10-31", "2026-10-31", "example.jp",
		 "2027-03-31", "example.jp"},
		{"example.jp=2026-10-31", "example.jp", "2027-05-01", "2026-11-01", "2026-10-31", "example.jp", "2026-10-31", "example.jp"},
		/* two that end at once: the first in order, however the names are ordered */
		{"b.jp=2027-02-28 a.jp=2027-02-28", "b.jp a.jp", "2027-05-01", "", "2027-02-28", "a.jp", "2027-02-28", "a.jp"},
		/* no certificate yet */
		{"example.jp=2027-02-28", "example.jp", "", "", "2027-02-28", "example.jp", "2027-02-28", "example.jp"},
		{"example.jp", "example.jp", "", "", "", "", "", ""},
		/* nothing covers it */
		{"example.jp=2027-02-28", "other.jp", "2027-05-01", "", "2027-05-01", "", "2027-05-01", ""},
		{"", "", "2027-05-01", "", "2027-05-01", "", "2027-05-01", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		check(&row[i]);
}

/* Elsewhere certificates live on: what ends first is still told. */
static void an_end_that_only_stops(void **state)
{
	struct entry_list l = {0};
	struct strs names = {0};
	struct effective f;
	struct rule r = *rule_preset("sectigo");

	(void)state;
	list_of("example.jp=2027-02-28", &l);
	words("example.jp", &names);
	effective_find(&(struct effective_input){.rule = &r, .list = &l, .names = &names, .not_after = at("2027-05-01")}, &f);
	assert_true(f.end == at("2027-05-01") && f.by == NULL && f.hopeful == f.end && f.hopeful_by == NULL);
	assert_string_equal(f.first->fqdn, "example.jp");
	assert_true(f.first_at == at("2027-03-01T00:00:00Z"));
	effective_find(&(struct effective_input){.rule = rule_preset("none"), .list = &l, .names = &names, .not_after = 5}, &f);
	assert_true(f.end == 5 && f.first == NULL && f.first_at == 0);
	effective_find(&(struct effective_input){.rule = &r, .names = &names, .not_after = 5}, &f);
	assert_true(f.end == 5 && f.first == NULL);
	entry_list_clear(&l);
	strs_clear(&names);
}

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static const char *const pool[] = {"a.jp", "www.a.jp", "www.www.a.jp", "*.a.jp", "*.www.a.jp", "b.a.jp", "*.b.a.jp"};
#define POOL (sizeof pool / sizeof pool[0])

/* Rule 17 in its own words, over every entry. */
static void slowly(const struct entry_list *l, const struct strs *names, int64_t *careful, int64_t *hopeful)
{
	const struct rule *r = rule_preset("jpdirect");

	for (size_t i = 0; i < names->count; i++) {
		int64_t latest = 0;
		bool covered = false;

		for (size_t k = 0; k < l->count; k++) {
			int64_t end = l->item[k].has_ends ? period_end_instant(r, l->item[k].ends) : INT64_MAX;

			if (!rule_covers(r, l->item[k].fqdn, names->item[i]))
				continue;
			covered = true;
			*careful = end < *careful ? end : *careful;
			latest = end > latest ? end : latest;
		}
		if (covered)
			*hopeful = latest < *hopeful ? latest : *hopeful;
	}
}

static void as_rule_17_says_it(void **state)
{
	uint32_t seed = SEED;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct entry_list l = {0};
		struct strs names = {0};
		struct effective f;
		int64_t careful = at("2027-03-15"), hopeful = careful;
		int64_t not_after = careful;

		for (size_t i = 0; i < POOL; i++) {
			char *fqdn = str_dup(pool[i]);
			struct entry e = {.fqdn = fqdn, .has_ends = next_random(&seed, 3) > 0,
			                  .ends = date_month_end(2027, 1 + (int)next_random(&seed, 4))};

			if (next_random(&seed, 2) == 0)
				entry_list_add(&l, &e);
			if (next_random(&seed, 3) == 0)
				strs_add(&names, pool[i]);
			free(fqdn);
		}
		effective_find(&(struct effective_input){.rule = rule_preset("jpdirect"), .list = &l, .names = &names,
		                                         .not_after = not_after}, &f);
		slowly(&l, &names, &careful, &hopeful);
		if (f.end != careful || f.hopeful != hopeful || f.hopeful < f.end)
			fail_msg("seed %u, round %d", SEED, round);
		assert_true((f.by == NULL) == (f.end == not_after));
		assert_true((f.hopeful_by == NULL) == (f.hopeful == not_after));
		entry_list_clear(&l);
		strs_clear(&names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_17_and_18),
		cmocka_unit_test(an_end_that_only_stops),
		cmocka_unit_test(as_rule_17_says_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
