#include "config.h"

#include "entitle/advise.h"

#include <stdlib.h>
#include <string.h>

#include "entitle/coverage.h"
#include "entitle/effective.h"
#include "entitle/fqdn.h"
#include "entitle/period.h"

/* An entry that covers a name. */
struct holder {
	const struct entry *entry;
	int64_t end_at; /* INT64_MAX = no end is known */
};

struct holders {
	struct holder item[RULE_CANDIDATES_MAX];
	size_t count;
};

/* A name, and what decides where it goes. */
struct mark {
	int64_t end_at; /* INT64_MAX = no end is known */
	const struct entry *entry;
	bool www;
};

/* The last to end first, then plain ones, then by text. */
static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a;
	const struct holder *y = b;
	bool x_wildcard = fqdn_is_wildcard(x->entry->fqdn);
	bool y_wildcard = fqdn_is_wildcard(y->entry->fqdn);

	if (x->end_at != y->end_at)
		return x->end_at > y->end_at ? -1 : 1;
	if (x_wildcard != y_wildcard)
		return x_wildcard ? 1 : -1;
	return strcmp(x->entry->fqdn, y->entry->fqdn);
}

static void find_holders(const struct advise_input *in, const char *name, struct holders *out)
{
	const struct entry *covering[RULE_CANDIDATES_MAX];

	out->count = 0;
	if (!in->rule->checked || in->list == NULL)
		return;
	out->count = coverage_entries(in->rule, in->list, name, covering);
	for (size_t i = 0; i < out->count; i++) {
		struct period p;

		period_find(in->rule, in->list, covering[i], &p);
		out->item[i] = (struct holder){covering[i], p.has_last ? p.end_at : INT64_MAX};
	}
	qsort(out->item, out->count, sizeof *out->item, compare_holders);
	/* What has ended is no holder where there is another. */
	while (out->count > 1 && out->item[0].end_at > in->from && out->item[out->count - 1].end_at <= in->from)
		out->count--;
}

static int64_t careful_end(const struct advise_input *in, char *name)
{
	struct strs one = {&name, 1};
	struct effective_input find = {.rule = in->rule, .list = in->list, .names = &one, .from = in->from};
	struct effective found;

	effective_find(&find, &found);
	return found.first != NULL ? found.first_at : INT64_MAX;
}

static void mark_name(const struct advise_input *in, char *name, struct mark *out)
{
	struct holders holders;

	find_holders(in, name, &holders);
	out->entry = holders.count > 0 ? holders.item[0].entry : NULL;
	out->end_at = careful_end(in, name);
	out->www = str_starts(name, "www.") && strs_has(in->names, name + strlen("www."));
}

static bool together(const struct advise_input *in, const struct mark *a, const struct mark *b)
{
	if (in->rule->fixed_set)
		return true;
	if (in->www_apart && a->www != b->www)
		return false;
	return in->by == ADVISE_BY_END ? a->end_at == b->end_at : a->entry == b->entry;
}

struct grouping {
	struct advise_group *group;
	const struct mark **first; /* of each group, its first name */
	size_t count;
};

static struct advise_group *group_for(const struct advise_input *in, const struct mark *m, struct grouping *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (together(in, m, g->first[i]))
			return &g->group[i];
	g->first[g->count] = m;
	g->group[g->count].end_at = INT64_MAX;
	return &g->group[g->count++];
}

static void add_holders(const struct advise_input *in, const char *name, struct holder *all, size_t *count)
{
	struct holders holders;

	find_holders(in, name, &holders);
	for (size_t i = 0; i < holders.count; i++) {
		bool there = false;
		for (size_t j = 0; j < *count && !there; j++)
			there = all[j].entry == holders.item[i].entry;
		if (!there)
			all[(*count)++] = holders.item[i];
	}
}

static void give_entries(const struct advise_input *in, struct advise_group *g)
{
	size_t most = in->list != NULL ? in->list->count : 0;
	struct holder *all = mem_new(most + 1, sizeof *all);
	size_t count = 0;

	for (size_t i = 0; i < g->names.count; i++)
		add_holders(in, g->names.item[i], all, &count);
	qsort(all, count, sizeof *all, compare_holders);
	for (size_t i = 0; i < count; i++)
		strs_add(&g->entries, all[i].entry->fqdn);
	free(all);
}

/* Keeps the order of those that end at once; a certificate makes few groups. */
static void sort_groups(struct advise_group *group, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct advise_group moved = group[i];
		size_t to = i;
		for (; to > 0 && group[to - 1].end_at > moved.end_at; to--)
			group[to] = group[to - 1];
		group[to] = moved;
	}
}

static void find_falling(const struct advise_input *in, const struct mark *mark, struct advise *a)
{
	int64_t first = INT64_MAX;

	if (in->rule->end != RULE_END_REVOKE)
		return;
	for (size_t i = 0; i < in->names->count; i++)
		first = mark[i].end_at < first ? mark[i].end_at : first;
	for (size_t i = 0; i < in->names->count; i++)
		if (mark[i].entry != NULL && mark[i].end_at > first)
			strs_add(&a->falling, in->names->item[i]);
}

void advise_find(const struct advise_input *in, struct advise *out)
{
	size_t count = in->names->count;
	struct mark *mark = mem_new(count + 1, sizeof *mark);
	struct grouping g = {mem_new(count + 1, sizeof *g.group), mem_new(count + 1, sizeof *g.first), 0};
	struct advise a = {0};

	for (size_t i = 0; i < count; i++) {
		mark_name(in, in->names->item[i], &mark[i]);
		struct advise_group *group = group_for(in, &mark[i], &g);
		strs_add(&group->names, in->names->item[i]);
		group->end_at = mark[i].end_at < group->end_at ? mark[i].end_at : group->end_at;
	}
	sort_groups(g.group, g.count);
	for (size_t i = 0; i < g.count; i++) {
		give_entries(in, &g.group[i]);
		g.group[i].end_at = g.group[i].end_at == INT64_MAX ? 0 : g.group[i].end_at;
	}
	a.group = g.group;
	a.count = g.count;
	find_falling(in, mark, &a);
	free(g.first);
	free(mark);
	*out = a;
}

void advise_clear(struct advise *a)
{
	for (size_t i = 0; i < a->count; i++) {
		strs_clear(&a->group[i].names);
		strs_clear(&a->group[i].entries);
	}
	free(a->group);
	strs_clear(&a->falling);
	*a = (struct advise){0};
}
