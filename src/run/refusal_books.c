#include "config.h"

#include "run/refusal_books.h"

#include <string.h>

#include "entitle/coverage.h"
#include "entitle/period.h"

/* How near an end makes an ended period likely: a computed one may be a month off what the CA counts. */
#define NEAR_COMPUTED_DAYS 31
#define NEAR_STATED_DAYS 1

static bool is_near(const struct refusal_facts *f, const struct period *p)
{
	int limit = p->source == PERIOD_STATED ? NEAR_STATED_DAYS : NEAR_COMPUTED_DAYS;

	return p->has_last && period_days_left(f->rule, p, f->at) <= limit;
}

/* It is in its period only because a renewal was noted: is that known to the CA? */
static bool lives_by_renewal(const struct refusal_facts *f, const struct entry *e)
{
	struct entry unpaid = *e;
	struct period p = {0};

	if (e->renewed < 1 || e->has_ends)
		return false;
	unpaid.renewed = e->renewed - 1;
	period_find(f->rule, f->list, &unpaid, &p);
	return period_has_ended(&p, f->at);
}

static void look_up_entry(const struct refusal_facts *f, const struct entry *e, struct refusal_books *b)
{
	struct period p = {0};

	period_find(f->rule, f->list, e, &p);
	if (p.source == PERIOD_NOT_BEGUN) {
		b->fresh = b->fresh ? b->fresh : e;
	} else if (period_has_ended(&p, f->at) && !b->ended) {
		b->ended = e;
		b->last = p.last;
	} else if (lives_by_renewal(f, e)) {
		b->renewed = b->renewed ? b->renewed : e;
	} else if (is_near(f, &p) && !b->near) {
		b->near = e;
		if (!b->ended)
			b->last = p.last;
	}
}

void refusal_books_look_up(const struct refusal_facts *f, struct refusal_books *b)
{
	for (size_t i = 0; f->rule && f->list && f->names && i < f->names->count; i++) {
		const struct entry *covering[RULE_CANDIDATES_MAX];
		size_t count = coverage_entries(f->rule, f->list, f->names->item[i], covering);

		for (size_t k = 0; k < count; k++)
			look_up_entry(f, covering[k], b);
		if (count == 0 && !b->uncovered)
			b->uncovered = f->names->item[i];
	}
}

size_t refusal_books_rank(const struct refusal_books *b, enum refusal_cause out[3], bool *certain)
{
	static const enum refusal_cause ended[] = {REFUSAL_ENDED, REFUSAL_UNPAID, REFUSAL_UNREGISTERED};
	static const enum refusal_cause renewed[] = {REFUSAL_UNPAID, REFUSAL_ENDED, REFUSAL_UNREGISTERED};
	static const enum refusal_cause fresh[] = {REFUSAL_UNREGISTERED, REFUSAL_UNPAID};

	*certain = b->ended != NULL;
	if (b->ended || b->near)
		memcpy(out, ended, sizeof ended);
	else if (b->renewed)
		memcpy(out, renewed, sizeof renewed);
	else if (b->fresh || b->uncovered)
		memcpy(out, fresh, sizeof fresh);
	else
		return 0;
	return b->ended || b->near || b->renewed ? 3 : 2;
}
