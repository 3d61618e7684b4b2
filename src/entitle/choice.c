#include "config.h"

#include "entitle/choice.h"

#include <stdlib.h>
#include <string.h>

#include "entitle/fqdn.h"

#define NO_NODE SIZE_MAX
#define IMPOSSIBLE (INT64_C(1) << 40) /* more names than there can be */

/* What the entries above a name do for it. */
enum above { ABOVE_NOTHING, ABOVE_NAME, ABOVE_ALL, ABOVE_COUNT };
enum pick { PICK_BARRED, PICK_FREE, PICK_TAKEN };

struct cost {
	int64_t lacking; /* names that are not covered */
	int64_t price;
	int64_t count;
	int64_t wildcards;
};

/* A domain: with its plain entry, its wildcard entry, and the names of both kinds that are wanted. */
struct node {
	const char *name;
	size_t parent;
	size_t www; /* the child www. */
	bool covers_www, www_covers; /* an entry here that name; an entry there this one */
	bool wanted, wanted_wildcard;
	enum pick plain, wildcard;
	struct cost others[ABOVE_COUNT]; /* all children but www, given what is above them */
	/* This domain and all below it, given what is above it, without and with its plain entry. */
	struct cost least[ABOVE_COUNT][2];
	struct cost whole; /* of a root: the least of all */
};

struct tree {
	const struct choice_input *in;
	struct node *node; /* sorted by name */
	size_t count;
};

static int compare_costs(const struct cost *a, const struct cost *b)
{
	if (a->lacking != b->lacking)
		return a->lacking < b->lacking ? -1 : 1;
	if (a->price != b->price)
		return a->price < b->price ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->wildcards > b->wildcards) - (a->wildcards < b->wildcards);
}

static void add_cost(struct cost *to, const struct cost *more, int sign)
{
	to->lacking += sign * more->lacking;
	to->price += sign * more->price;
	to->count += sign * more->count;
	to->wildcards += sign * more->wildcards;
}

static const struct cost *lesser(const struct cost *a, const struct cost *b)
{
	return compare_costs(b, a) < 0 ? b : a;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static size_t find(const struct tree *t, const char *name)
{
	const struct node key = {.name = name};
	const struct node *n = t->count > 0 ? bsearch(&key, t->node, t->count, sizeof key, compare_names) : NULL;

	return n != NULL ? (size_t)(n - t->node) : NO_NODE;
}

/* The domain above; NULL = it is a top-level domain. */
static const char *domain_above(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && strchr(dot + 1, '.') != NULL ? dot + 1 : NULL;
}

static size_t labels(const char *name)
{
	size_t count = 1;

	for (; *name != '\0'; name++)
		count += *name == '.';
	return count;
}

/* ---- making the tree */

static size_t count_domains(const struct choice_input *in, const struct strs *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += in->rule->plain == RULE_PLAIN_SUBTREE ? labels(list->item[i]) : 1;
	return count;
}

/* Under subtree all domains above, so that what is taken far above is handed down step by step. */
static size_t gather_domains(const struct choice_input *in, const struct strs *list, const char **out)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const char *name = fqdn_base(list->item[i]);
		do {
			out[count++] = name;
			name = in->rule->plain == RULE_PLAIN_SUBTREE ? domain_above(name) : NULL;
		} while (name != NULL);
	}
	return count;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void plant(struct tree *t)
{
	const struct choice_input *in = t->in;
	const char **domain = mem_new(count_domains(in, in->names) + count_domains(in, in->entries) + 1, sizeof *domain);
	size_t count = gather_domains(in, in->names, domain);
	size_t distinct = 0;

	count += gather_domains(in, in->entries, domain + count);
	qsort(domain, count, sizeof *domain, compare_texts);
	for (size_t i = 0; i < count; i++)
		if (distinct == 0 || strcmp(domain[distinct - 1], domain[i]) != 0)
			domain[distinct++] = domain[i];
	t->node = mem_new(distinct + 1, sizeof *t->node);
	for (size_t i = 0; i < distinct; i++)
		t->node[i].name = domain[i];
	t->count = distinct;
	free(domain);
}

static void link_www(struct tree *t, size_t child)
{
	const char *name = t->node[child].name;
	struct node *up = &t->node[t->node[child].parent];

	up->www = child;
	up->covers_www = rule_covers(t->in->rule, up->name, name);
	up->www_covers = rule_covers(t->in->rule, name, up->name);
}

static void link_up(struct tree *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *up = domain_above(t->node[i].name);
		t->node[i].www = NO_NODE;
		t->node[i].parent = up != NULL ? find(t, up) : NO_NODE;
	}
	for (size_t i = 0; i < t->count; i++)
		if (t->node[i].parent != NO_NODE && str_starts(t->node[i].name, "www."))
			link_www(t, i);
}

static enum pick *pick_of(struct tree *t, const char *entry)
{
	struct node *n = &t->node[find(t, fqdn_base(entry))];

	return fqdn_is_wildcard(entry) ? &n->wildcard : &n->plain;
}

static void mark(struct tree *t)
{
	for (size_t i = 0; i < t->in->names->count; i++) {
		const char *name = t->in->names->item[i];
		struct node *n = &t->node[find(t, fqdn_base(name))];
		if (fqdn_is_wildcard(name))
			n->wanted_wildcard = true;
		else
			n->wanted = true;
	}
	for (size_t i = 0; i < t->in->entries->count; i++)
		*pick_of(t, t->in->entries->item[i]) = PICK_FREE;
}

static bool has_plain_above(const struct tree *t, const struct node *n)
{
	while (n->parent != NO_NODE) {
		n = &t->node[n->parent];
		if (n->plain != PICK_BARRED)
			return true;
	}
	return false;
}

/* Under subtree whoever is below another one covers less for the same price: without these deep names take no time. */
static void bar_lesser(struct tree *t)
{
	for (size_t i = 0; t->in->rule->plain == RULE_PLAIN_SUBTREE && i < t->count; i++)
		if (t->node[i].plain == PICK_FREE && has_plain_above(t, &t->node[i]))
			t->node[i].plain = PICK_BARRED;
}

static void make_tree(const struct choice_input *in, struct tree *t)
{
	t->in = in;
	plant(t);
	link_up(t);
	mark(t);
	bar_lesser(t);
}

/* ---- what a domain costs */

/* What is taken at one domain, and what it has from above. */
struct hand {
	enum above above;
	bool plain, wildcard;
};

static bool allowed(enum pick pick, bool taken)
{
	return taken ? pick != PICK_BARRED : pick != PICK_TAKEN;
}

/* What its children have from above. */
static enum above handed_down(const struct rule *r, const struct hand *h)
{
	if (h->above == ABOVE_ALL || (h->plain && r->plain == RULE_PLAIN_SUBTREE))
		return ABOVE_ALL;
	return h->wildcard && r->wildcard == RULE_WILDCARD_SAME_LEVEL ? ABOVE_NAME : ABOVE_NOTHING;
}

static bool covered(const struct rule *r, const struct hand *h)
{
	return h->above != ABOVE_NOTHING || h->plain || (h->wildcard && r->wildcard != RULE_WILDCARD_EXACT);
}

/* The child www. with all below it, and this name, which its entry may cover as well. */
static void add_www(const struct tree *t, const struct node *n, const struct hand *h, struct cost *sum)
{
	enum above down = handed_down(t->in->rule, h);
	bool lacks = n->wanted && !covered(t->in->rule, h);

	if (down == ABOVE_NOTHING && h->plain && n->covers_www)
		down = ABOVE_NAME;
	struct cost without = t->node[n->www].least[down][0];
	struct cost with = t->node[n->www].least[down][1];
	without.lacking += lacks;
	with.lacking += lacks && !n->www_covers;
	add_cost(sum, lesser(&without, &with), 1);
}

static struct cost cost_of(const struct tree *t, const struct node *n, const struct hand *h)
{
	const struct rule *r = t->in->rule;
	enum above down = handed_down(r, h);
	struct cost sum = n->others[down];

	if (h->plain)
		add_cost(&sum, &(struct cost){.price = t->in->plain_price, .count = 1}, 1);
	if (h->wildcard)
		add_cost(&sum, &(struct cost){.price = t->in->wildcard_price, .count = 1, .wildcards = 1}, 1);
	sum.lacking += n->wanted_wildcard && !h->wildcard && down != ABOVE_ALL;
	if (n->www != NO_NODE)
		add_www(t, n, h, &sum);
	else
		sum.lacking += n->wanted && !covered(r, h);
	return sum;
}

static void weigh(const struct tree *t, const struct node *n, struct cost least[ABOVE_COUNT][2])
{
	for (int above = 0; above < ABOVE_COUNT; above++) {
		for (int plain = 0; plain < 2; plain++) {
			least[above][plain] = (struct cost){.lacking = IMPOSSIBLE};
			for (int wildcard = 0; allowed(n->plain, plain) && wildcard < 2; wildcard++) {
				if (!allowed(n->wildcard, wildcard))
					continue;
				struct cost c = cost_of(t, n, &(struct hand){(enum above)above, plain, wildcard});
				least[above][plain] = *lesser(&least[above][plain], &c);
			}
		}
	}
}

/* Counts a domain anew, and tells the one above; false = nothing is new. */
static bool settle(struct tree *t, size_t i)
{
	struct node *n = &t->node[i];
	struct node *up = n->parent != NO_NODE ? &t->node[n->parent] : NULL;
	struct cost least[ABOVE_COUNT][2];

	weigh(t, n, least);
	if (memcmp(least, n->least, sizeof least) == 0)
		return false;
	for (int a = 0; up != NULL && up->www != i && a < ABOVE_COUNT; a++) {
		add_cost(&up->others[a], lesser(&n->least[a][0], &n->least[a][1]), -1);
		add_cost(&up->others[a], lesser(&least[a][0], &least[a][1]), 1);
	}
	memcpy(n->least, least, sizeof least);
	return true;
}

/* ---- deciding */

struct place {
	size_t labels, at;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;

	if (x->labels != y->labels)
		return x->labels < y->labels ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static const struct cost *least_of_all(const struct node *n)
{
	return lesser(&n->least[ABOVE_NOTHING][0], &n->least[ABOVE_NOTHING][1]);
}

/* From the deepest domains upwards. */
static void settle_all(struct tree *t)
{
	struct place *order = mem_new(t->count + 1, sizeof *order);

	for (size_t i = 0; i < t->count; i++)
		order[i] = (struct place){labels(t->node[i].name), i};
	qsort(order, t->count, sizeof *order, compare_places);
	for (size_t i = t->count; i > 0; i--)
		settle(t, order[i - 1].at);
	for (size_t i = 0; i < t->count; i++)
		if (t->node[i].parent == NO_NODE)
			t->node[i].whole = *least_of_all(&t->node[i]);
	free(order);
}

/* After a pick at this domain: does the whole still cost the least? */
static bool still_least(struct tree *t, size_t i)
{
	while (settle(t, i)) {
		const struct node *n = &t->node[i];
		if (n->parent == NO_NODE)
			return compare_costs(least_of_all(n), &n->whole) == 0;
		i = n->parent;
	}
	return true;
}

static bool decide(struct tree *t, const char *entry)
{
	size_t node = find(t, fqdn_base(entry));
	enum pick *pick = pick_of(t, entry);

	if (*pick == PICK_BARRED)
		return false;
	*pick = PICK_TAKEN;
	if (still_least(t, node))
		return true;
	*pick = PICK_BARRED;
	still_least(t, node);
	return false;
}

/* Whoever is first in order is taken whenever a cheapest set has it: of all cheapest sets that leaves the first. */
void choice_find(const struct choice_input *in, bool *taken)
{
	struct place *order = mem_new(in->entries->count + 1, sizeof *order);
	struct tree t = {0};

	make_tree(in, &t);
	settle_all(&t);
	for (size_t i = 0; i < in->entries->count; i++)
		order[i] = (struct place){labels(in->entries->item[i]), i};
	qsort(order, in->entries->count, sizeof *order, compare_places);
	for (size_t i = 0; i < in->entries->count; i++)
		taken[order[i].at] = decide(&t, in->entries->item[order[i].at]);
	free(order);
	free(t.node);
}
