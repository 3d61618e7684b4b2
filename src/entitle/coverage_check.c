#include "config.h"

#include "entitle/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "entitle/fqdn.h"
#include "entitle/period.h"

static void name_read(const char *input, struct coverage_name *n)
{
	n->input = str_dup(input);
	if (fqdn_normalize(input, &n->name, &n->message) != 0)
		n->reason = COVERAGE_INVALID_NAME;
}

/* An invalid input never equals a normal name, as that would be valid. */
static const char *name_key(const struct coverage_name *n)
{
	return n->name != NULL ? n->name : n->input;
}

/* By key, then in the order given: the array of pointers points into one array. */
static int compare_keys(const void *a, const void *b)
{
	const struct coverage_name *x = *(const struct coverage_name *const *)a;
	const struct coverage_name *y = *(const struct coverage_name *const *)b;
	int order = strcmp(name_key(x), name_key(y));

	return order != 0 ? order : (x > y) - (x < y);
}

/* Rule 12: the first of equal names stays, in its place. */
static size_t drop_duplicates(struct coverage_name *name, size_t count)
{
	struct coverage_name **sorted = mem_new(count, sizeof(struct coverage_name *));
	bool *again = mem_new(count, sizeof(*again));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &name[i];
	qsort(sorted, count, sizeof(struct coverage_name *), compare_keys);
	for (size_t i = 1; i < count; i++)
		again[sorted[i] - name] = str_eq(name_key(sorted[i - 1]), name_key(sorted[i]));

	for (size_t i = 0; i < count; i++) {
		if (again[i])
			coverage_name_clear(&name[i]);
		else
			name[kept++] = name[i];
	}
	free(sorted);
	free(again);
	return kept;
}

/* One entry that covers the name: in its period or not. */
static void weigh(const struct coverage_input *in, const struct entry *e, struct coverage_name *n)
{
	struct period p;

	period_find(in->rule, in->list, e, &p);
	if (!period_has_ended(&p, in->at)) {
		strs_add(&n->by, e->fqdn);
		return;
	}
	strs_add(&n->ended, e->fqdn);
	if (date_compare(p.last, n->ended_on) > 0) {
		n->ended_on = p.last;
		n->ended_by_record = p.source == PERIOD_RECORDED;
	}
}

static void gather(const struct coverage_input *in, struct coverage_name *n)
{
	const struct entry *covering[RULE_CANDIDATES_MAX];
	size_t count = coverage_entries(in->rule, in->list, n->name, covering);

	for (size_t i = 0; i < count; i++)
		weigh(in, covering[i], n);
	strs_sort(&n->by);
	strs_sort(&n->ended);
}

static void judge(const struct coverage_input *in, struct coverage_name *n)
{
	if (in->rule->checked && in->list != NULL)
		gather(in, n);
	n->covered = !in->rule->checked || n->by.count > 0;
	if (n->covered) {
		n->reason = COVERAGE_OK;
		n->ended_on = (struct date){0};
		n->ended_by_record = false;
		return;
	}
	n->reason = n->ended.count > 0 ? COVERAGE_ENTRY_ENDED : COVERAGE_NOT_REGISTERED;
}

/* What to tell about a name without any entry. */
static void advise(const struct coverage_input *in, struct coverage_name *n, bool nearest)
{
	coverage_would_cover(in->rule, n->name, &n->would);
	if (!nearest || in->list == NULL)
		return;
	const struct entry *e = coverage_nearest(in->list, n->name);
	n->nearest = e != NULL ? str_dup(e->fqdn) : NULL;
}

static void judge_all(const struct coverage_input *in, struct coverage_result *out)
{
	size_t valid = 0;
	size_t unregistered = 0;

	for (size_t i = 0; i < out->count; i++) {
		struct coverage_name *n = &out->name[i];
		if (n->name != NULL) {
			valid++;
			n->unicode = fqdn_unicode(n->name);
			judge(in, n);
		}
		if (n->reason == COVERAGE_NOT_REGISTERED)
			advise(in, n, unregistered++ < COVERAGE_NEAREST_MAX);
		out->ok = out->ok && n->covered;
	}
	out->too_many = in->limit > 0 && valid > (size_t)in->limit;
	out->ok = out->ok && !out->too_many;
}

static const char *set_of(const struct entry *e)
{
	return e->set != NULL ? e->set : "";
}

/* The sets in which entries in their period cover the name, each once; borrowed texts, copied. */
static void sets_of_name(const struct coverage_input *in, const struct coverage_name *n, struct strs *out)
{
	struct strs sets = {0};

	for (size_t i = 0; i < n->by.count; i++) {
		const char *set = set_of(entry_list_find(in->list, n->by.item[i]));

		if (!strs_has(&sets, set))
			strs_add(&sets, set);
	}
	strs_copy(out, &sets);
	strs_clear(&sets);
}

/* The set that most names belong to, of several the first in order; owned, NULL = no name belongs to any. */
static char *chosen_set(const struct coverage_input *in, const struct coverage_result *r)
{
	struct strs all = {0};
	size_t best = 0, chosen = 0;
	char *set;

	for (size_t i = 0; i < r->count; i++)
		sets_of_name(in, &r->name[i], &all);
	strs_sort(&all);
	for (size_t i = 0, next; i < all.count; i = next) {
		for (next = i + 1; next < all.count && str_eq(all.item[next], all.item[i]); next++)
			;
		if (next - i <= best)
			continue;
		best = next - i;
		chosen = i;
	}
	set = best > 0 ? str_dup(all.item[chosen]) : NULL;
	strs_clear(&all);
	return set;
}

/* A name outside of the set is refused; what the entries of the set that are used are called goes to used. */
static void judge_set(const struct coverage_input *in, struct coverage_name *n, const char *set, struct strs *used)
{
	bool inside = false;

	for (size_t i = 0; i < n->by.count; i++) {
		if (!str_eq(set_of(entry_list_find(in->list, n->by.item[i])), set))
			continue;
		inside = true;
		strs_add(used, n->by.item[i]);
	}
	if (!n->covered || inside)
		return;
	n->covered = false;
	n->reason = COVERAGE_OTHER_SET;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_missing(const struct coverage_input *in, const char *set, const struct strs *used, struct strs *out)
{
	for (size_t i = 0; i < in->list->count; i++) {
		const struct entry *e = &in->list->item[i];
		const char *fqdn = e->fqdn;
		struct period p;

		if (!str_eq(set_of(e), set))
			continue;
		period_find(in->rule, in->list, e, &p);
		if (period_has_ended(&p, in->at) ||
		    bsearch(&fqdn, used->item, used->count, sizeof *used->item, compare_texts) != NULL)
			continue;
		strs_add(out, fqdn);
	}
}

/* rules.md §3, the fixed set: all of its entries have to be used, and no other. */
static void check_set(const struct coverage_input *in, struct coverage_result *r)
{
	struct strs used = {0};
	char *set = chosen_set(in, r);

	if (set == NULL)
		return;
	for (size_t i = 0; i < r->count; i++) {
		judge_set(in, &r->name[i], set, &used);
		r->not_the_set = r->not_the_set || r->name[i].reason == COVERAGE_OTHER_SET;
	}
	strs_sort(&used);
	find_missing(in, set, &used, &r->missing);
	r->not_the_set = r->not_the_set || r->missing.count > 0;
	r->ok = r->ok && !r->not_the_set;
	strs_clear(&used);
	free(set);
}

void coverage_check(const struct coverage_input *in, struct coverage_result *out)
{
	struct coverage_result r = {.ok = true, .limit = in->limit};
	size_t count = in->names->count;

	if (count > 0) {
		r.name = mem_new(count, sizeof(*r.name));
		for (size_t i = 0; i < count; i++)
			name_read(in->names->item[i], &r.name[i]);
		r.count = drop_duplicates(r.name, count);
	}
	judge_all(in, &r);
	if (in->rule->checked && in->rule->fixed_set && in->list != NULL)
		check_set(in, &r);
	*out = r;
}
