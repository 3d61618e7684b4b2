#include "config.h"

#include "entitle/lapse.h"

#include <stdlib.h>

#include "entitle/coverage.h"
#include "entitle/period.h"

/* Until when can a name be ordered? */
struct name_end {
	bool covered;
	int64_t end_at;            /* 0 = no end is known */
	const struct entry *entry; /* the last of its entries to end, of several the first in the list; NULL = no end */
};

const char *lapse_step_name(enum lapse_step s)
{
	switch (s) {
	case LAPSE_OFFER:
		return "offer";
	case LAPSE_PREPARE:
		return "prepare";
	case LAPSE_SWITCH:
		return "switch";
	case LAPSE_NONE:
	case LAPSE_STEP_COUNT:
		break;
	}
	return "none";
}

static void take_entry(const struct lapse_input *in, const struct entry *e, struct name_end *n)
{
	struct period p = {0};
	bool first = !n->covered;

	n->covered = true;
	period_find(in->rule, in->list, e, &p);
	if (p.end_at == 0) {
		n->end_at = 0;
		n->entry = NULL;
	} else if (first || (n->entry && (p.end_at > n->end_at || (p.end_at == n->end_at && e < n->entry)))) {
		n->end_at = p.end_at;
		n->entry = e;
	}
}

static struct name_end end_of(const struct lapse_input *in, const char *name)
{
	struct name_end n = {.covered = !in->rule->checked};
	const struct entry *covering[RULE_CANDIDATES_MAX];
	size_t count;

	if (n.covered || !in->list)
		return n;
	count = coverage_entries(in->rule, in->list, name, covering);
	for (size_t i = 0; i < count; i++)
		take_entry(in, covering[i], &n);
	return n;
}

/* The latest end for which the name was let go; 0 = it was not. */
static int64_t let_go_for(const struct lapse_input *in, const char *name)
{
	int64_t end_at = 0;

	for (size_t i = 0; i < in->dropped_count; i++)
		if (str_eq(in->dropped[i].name, name) && in->dropped[i].end_at > end_at)
			end_at = in->dropped[i].end_at;
	return end_at;
}

static bool has_ended(const struct name_end *n, int64_t at)
{
	return n->end_at != 0 && n->end_at <= at;
}

/* What would have to be let go at once again does not come back. */
static bool comes_back(const struct lapse_input *in, const struct name_end *n, int64_t let_go)
{
	return n->covered && !has_ended(n, in->at) && (n->end_at == 0 || n->end_at > let_go);
}

static void find_wanted(const struct lapse_input *in, const struct name_end *end, struct lapse *out)
{
	for (size_t i = 0; i < in->names->count; i++) {
		const char *name = in->names->item[i];
		int64_t let_go = let_go_for(in, name);

		if (let_go != 0 && !comes_back(in, &end[i], let_go))
			continue;
		strs_add(&out->wanted, name);
		if (let_go != 0)
			strs_add(&out->returned, name);
	}
	/* Names that the settings were cut down to since: the gate shall say what is wrong with them. */
	if (out->wanted.count == 0)
		strs_copy(&out->wanted, in->names);
}

/* The first of the wanted names to end. */
static const struct name_end *find_first(const struct lapse_input *in, const struct name_end *end,
                                         const struct lapse *l)
{
	const struct name_end *first = NULL;

	for (size_t i = 0; i < in->names->count; i++)
		if (end[i].entry && (!first || end[i].end_at < first->end_at) && strs_has(&l->wanted, in->names->item[i]))
			first = &end[i];
	return first;
}

static void find_days(const struct lapse_input *in, int64_t end_at, struct lapse *out)
{
	int64_t stopped = end_at > in->renew_at ? end_at : in->renew_at;

	out->end_at = end_at;
	out->prepare_at = in->rule->end == RULE_END_STOP ? stopped : end_at - LAPSE_PREPARE_SEC;
	out->switch_at = in->rule->end == RULE_END_STOP ? stopped : end_at - LAPSE_SWITCH_SEC;
}

static bool is_offered(const struct lapse_input *in, const struct lapse *l)
{
	return in->at >= (in->rule->end == RULE_END_STOP ? l->switch_at : l->end_at - LAPSE_OFFER_SEC);
}

static void share_out(const struct lapse_input *in, const struct name_end *end, struct lapse *out)
{
	int64_t until = out->end_at > in->at ? out->end_at : in->at;

	for (size_t i = 0; i < in->names->count; i++) {
		const char *name = in->names->item[i];

		if (!strs_has(&out->wanted, name))
			continue;
		strs_add(in->rule->fixed_set || has_ended(&end[i], until) ? &out->lapsing : &out->remaining, name);
	}
}

static enum lapse_step step_of(const struct lapse_input *in, const struct lapse *l)
{
	if (l->remaining.count == 0 || (!in->accepted && !in->shrink))
		return LAPSE_OFFER;
	if (in->accepted || in->at >= l->switch_at)
		return LAPSE_SWITCH;
	return in->at >= l->prepare_at ? LAPSE_PREPARE : LAPSE_OFFER;
}

void lapse_find(const struct lapse_input *in, struct lapse *out)
{
	struct name_end *end = mem_new(in->names->count + 1, sizeof(*end));
	const struct name_end *first;
	struct lapse l = {0};

	for (size_t i = 0; i < in->names->count; i++)
		end[i] = end_of(in, in->names->item[i]);
	find_wanted(in, end, &l);
	first = find_first(in, end, &l);
	if (first)
		find_days(in, first->end_at, &l);
	if (first && is_offered(in, &l)) {
		l.entry = first->entry;
		share_out(in, end, &l);
		l.step = step_of(in, &l);
	} else {
		l.end_at = l.prepare_at = l.switch_at = 0;
		strs_copy(&l.remaining, &l.wanted);
	}
	free(end);
	*out = l;
}

void lapse_clear(struct lapse *l)
{
	strs_clear(&l->wanted);
	strs_clear(&l->returned);
	strs_clear(&l->lapsing);
	strs_clear(&l->remaining);
	*l = (struct lapse){0};
}
