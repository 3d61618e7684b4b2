#include "config.h"

#include "entitle/first_use.h"

#include <stdlib.h>

#include "entitle/coverage.h"
#include "entitle/period.h"

/* One name that an entry covers. */
struct use {
	const struct entry *entry;
	bool shared;       /* another entry covers this name, too */
	bool other_begun;  /* … one whose period has begun */
};

struct uses {
	struct use *item;
	size_t count;
};

static struct period period_of(const struct first_use_input *in, const struct entry *e)
{
	struct period p;

	period_find(in->rule, in->list, e, &p);
	return p;
}

static bool has_begun(const struct first_use_input *in, const struct entry *e)
{
	return period_of(in, e).source != PERIOD_NOT_BEGUN;
}

static bool had_ended(const struct first_use_input *in, const struct entry *e)
{
	struct period p = period_of(in, e);

	return in->at != 0 && period_has_ended(&p, in->at);
}

static void add_name(const struct first_use_input *in, const char *name, struct uses *u)
{
	const struct entry *covering[RULE_CANDIDATES_MAX];
	size_t count = coverage_entries(in->rule, in->list, name, covering), from = u->count, begun = 0;

	u->item = mem_resize(u->item, u->count + count + 1, sizeof *u->item);
	for (size_t i = 0; i < count; i++) {
		if (had_ended(in, covering[i]))
			continue;
		u->item[u->count++] = (struct use){.entry = covering[i]};
		begun += has_begun(in, covering[i]);
	}
	for (size_t i = from; i < u->count; i++) {
		u->item[i].shared = u->count - from > 1;
		u->item[i].other_begun = begun > (has_begun(in, u->item[i].entry) ? 1u : 0u);
	}
}

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	return (x->entry > y->entry) - (x->entry < y->entry);
}

/* The uses of one entry, which stand together, in one: in doubt is only what is so for each of its names. */
static struct use together(const struct use *item, size_t count)
{
	struct use all = item[0];

	for (size_t i = 1; i < count; i++) {
		all.shared = all.shared && item[i].shared;
		all.other_begun = all.other_begun && item[i].other_begun;
	}
	return all;
}

size_t first_use_find_at(const struct first_use_input *in, struct first_use **out)
{
	struct uses u = {0};
	size_t count = 0;

	*out = NULL;
	if (!in->rule->checked || in->rule->start != RULE_START_FIRST_ISSUANCE)
		return 0;
	for (size_t i = 0; i < in->names->count; i++)
		add_name(in, in->names->item[i], &u);
	if (u.count > 0) {
		qsort(u.item, u.count, sizeof *u.item, compare_uses);
		*out = mem_new(u.count, sizeof **out);
	}
	for (size_t i = 0, next; i < u.count; i = next) {
		struct use all;

		for (next = i + 1; next < u.count && u.item[next].entry == u.item[i].entry; next++)
			;
		all = together(&u.item[i], next - i);
		if (in->only_new && (has_begun(in, all.entry) || all.other_begun))
			continue;
		(*out)[count++] = (struct first_use){.entry = all.entry, .perhaps = all.shared};
	}
	free(u.item);
	return count;
}

static int64_t day_number(const struct rule *r, int64_t t)
{
	int64_t local = t + r->utc_offset_sec;

	return local / CLOCK_DAY_SEC - (local % CLOCK_DAY_SEC < 0);
}

struct date first_use_day(const struct rule *r, int64_t not_before, int64_t downloaded_at)
{
	bool known = downloaded_at != 0;
	bool backdated = known && downloaded_at - not_before > FIRST_USE_BACKDATED_MAX_SEC;
	int64_t t = known && (backdated || downloaded_at < not_before) ? downloaded_at : not_before;

	return date_from_days(day_number(r, t));
}
