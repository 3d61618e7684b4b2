/*
 * What the contract's arithmetic costs: nothing here reads a file or asks anybody. Prints rows of a table: milliseconds,
 * median, least and most of some runs.
 *
 *   contract RUNS
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/str.h"
#include "entitle/coverage.h"
#include "entitle/forecast.h"
#include "entitle/suggest.h"

#define MANY 10000
#define CERTIFICATES 1000
#define NAMES_EACH 10
#define FORECAST_DAYS 400
#define RUNS_MAX 1000
#define DAY INT64_C(86400)
#define NOW INT64_C(1795305600)

struct world {
	struct rule rule;
	struct strs names; /* every second one with www. */
	struct entry_list half; /* as many entries as names, of which half are for one of these */
	struct entry_list all;  /* an entry for each name */
	struct strs own[CERTIFICATES];
	struct forecast_certificate certificate[CERTIFICATES];
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* All periods began within the last year, on days that differ. */
static void add_entry(struct entry_list *l, int i)
{
	struct entry e = {.fqdn = str_fmt("n%d.example.jp", i), .has_first_issued = true};

	e.first_issued = date_of_jst(NOW - (10 + i % 350) * DAY);
	entry_list_add(l, &e);
	free(e.fqdn);
}

static void make_certificate(struct world *w, int i)
{
	struct forecast_certificate *c = &w->certificate[i];

	for (int n = 0; n < NAMES_EACH; n++)
		strs_add(&w->own[i], w->names.item[i * NAMES_EACH + n]);
	c->name = w->own[i].item[0];
	c->rule = &w->rule;
	c->names = &w->own[i];
	c->not_before = NOW - (i % 60) * DAY;
	c->not_after = c->not_before + 90 * DAY;
}

static void make_world(struct world *w, const char *plain, const char *wildcard)
{
	w->rule = *rule_preset("jpdirect");
	if (rule_set(&w->rule, "plain", plain) != 0 || rule_set(&w->rule, "wildcard", wildcard) != 0)
		abort();
	for (int i = 0; i < MANY; i++) {
		strs_take(&w->names, str_fmt("%sn%d.example.jp", i % 2 != 0 ? "www." : "", i));
		add_entry(&w->half, i + MANY / 2);
		add_entry(&w->all, i);
	}
	for (int i = 0; i < CERTIFICATES; i++)
		make_certificate(w, i);
}

static void clear_world(struct world *w)
{
	strs_clear(&w->names);
	entry_list_clear(&w->half);
	entry_list_clear(&w->all);
	for (int i = 0; i < CERTIFICATES; i++)
		strs_clear(&w->own[i]);
}

/* Each tells something of its result, so that a reader sees that it did something. */

static size_t check(const struct world *w)
{
	struct coverage_result r = {0};
	size_t covered = 0;

	coverage_check(&(struct coverage_input){.rule = &w->rule, .list = &w->all, .names = &w->names, .at = NOW}, &r);
	for (size_t i = 0; i < r.count; i++)
		covered += r.name[i].covered;
	coverage_result_clear(&r);
	return covered;
}

static size_t suggest(const struct world *w)
{
	struct suggest s = {0};
	size_t count;

	suggest_find(&(struct suggest_input){.rule = &w->rule, .names = &w->names, .list = &w->half, .plain_price = 1,
	                                     .wildcard_price = 3, .at = NOW}, &s);
	count = s.add_count;
	suggest_clear(&s);
	return count;
}

static size_t forecast(const struct world *w)
{
	struct forecast_input in = {.list = &w->all, .certificate = w->certificate, .count = CERTIFICATES, .at = NOW,
	                            .until = NOW + FORECAST_DAYS * DAY};
	struct forecast f = {0};
	size_t count;

	forecast_make(&in, &f);
	count = f.count;
	forecast_clear(&f);
	return count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

enum what { CHECK, SUGGEST, FORECAST };

static void measure(const struct world *w, enum what what, int runs, const char *label, const char *unit)
{
	double took[RUNS_MAX];
	size_t result = 0;

	for (int i = 0; i < runs; i++) {
		double before = now_ms();
		result = what == CHECK ? check(w) : what == SUGGEST ? suggest(w) : forecast(w);
		took[i] = now_ms() - before;
	}
	qsort(took, (size_t)runs, sizeof *took, compare);
	printf("| %s | %.0f (%.0f–%.0f) | %s: %zu |\n", label, took[runs / 2], took[0], took[runs - 1], unit, result);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct world jpdirect, levels, subtree;
	int64_t runs = 5;

	if (argc > 1 && str_to_int64(argv[1], 1, RUNS_MAX, &runs) != 0) {
		fprintf(stderr, "contract: how many runs?\n");
		return 2;
	}
	make_world(&jpdirect, "www", "base");
	make_world(&levels, "www-either", "same-level");
	make_world(&subtree, "subtree", "same-level");
	measure(&jpdirect, CHECK, (int)runs, "coverage, 10000 names against 10000 entries", "covered");
	measure(&jpdirect, SUGGEST, (int)runs, "suggest, 10000 names with 10000 entries, www and base", "entries to add");
	measure(&levels, SUGGEST, (int)runs, "the same, www-either and same-level", "entries to add");
	measure(&subtree, SUGGEST, (int)runs, "the same, subtree and same-level", "entries to add");
	measure(&jpdirect, FORECAST, (int)runs, "forecast, 1000 certificates, 10000 entries, 400 days", "events");
	clear_world(&jpdirect);
	clear_world(&levels);
	clear_world(&subtree);
	return 0;
}
