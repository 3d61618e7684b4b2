#include "config.h"

#include "entitle/effective.h"

#include "entitle/coverage.h"
#include "entitle/period.h"

struct ending {
	const struct entry *entry; /* NULL = none is known */
	int64_t at;
};

/* Of two that end at once the first in the list's order stands, whatever the order of the names. */
static bool earlier(const struct ending *a, const struct ending *b)
{
	if (a->entry == NULL || b->entry == NULL)
		return a->entry != NULL;
	return a->at < b->at || (a->at == b->at && a->entry < b->entry);
}

struct name_ends { /* of one name */
	struct ending first, last;
	bool endless; /* an entry covers it whose end is not known */
};

static void take(struct name_ends *n, const struct ending *e)
{
	if (earlier(e, &n->first))
		n->first = *e;
	if (n->last.entry == NULL || e->at > n->last.at || (e->at == n->last.at && e->entry < n->last.entry))
		n->last = *e;
}

/* What had ended when the certificate was made cannot be what it lives on, where there is another. */
static void weigh_name(const struct effective_input *in, const char *name, struct name_ends *out)
{
	struct name_ends ended = {0}, living = {0};
	const struct entry *covering[RULE_CANDIDATES_MAX];
	size_t count = coverage_entries(in->rule, in->list, name, covering);

	for (size_t i = 0; i < count; i++) {
		struct ending e = {.entry = covering[i]};
		struct period p;

		period_find(in->rule, in->list, e.entry, &p);
		e.at = p.end_at;
		if (!p.has_last)
			living.endless = true;
		else
			take(period_has_ended(&p, in->from) ? &ended : &living, &e);
	}
	*out = living.endless || living.first.entry != NULL ? living : ended;
}

static bool ends_it(const struct effective_input *in, const struct ending *e)
{
	return in->rule->end == RULE_END_REVOKE && e->entry != NULL && (in->not_after == 0 || e->at < in->not_after);
}

void effective_find(const struct effective_input *in, struct effective *out)
{
	struct effective f = {.end = in->not_after, .hopeful = in->not_after};
	struct ending first = {0}, hopeful = {0};
	size_t count = in->rule->checked && in->list != NULL ? in->names->count : 0;

	for (size_t i = 0; i < count; i++) {
		struct name_ends n;

		weigh_name(in, in->names->item[i], &n);
		if (earlier(&n.first, &first))
			first = n.first;
		if (!n.endless && earlier(&n.last, &hopeful))
			hopeful = n.last;
	}
	f.first = first.entry;
	f.first_at = first.at;
	if (ends_it(in, &first)) {
		f.end = first.at;
		f.by = first.entry;
	}
	if (ends_it(in, &hopeful)) {
		f.hopeful = hopeful.at;
		f.hopeful_by = hopeful.entry;
	}
	*out = f;
}
