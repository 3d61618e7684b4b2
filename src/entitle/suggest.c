#include "config.h"

#include "entitle/suggest.h"

#include <stdlib.h>
#include <string.h>

#include "entitle/choice.h"
#include "entitle/fqdn.h"
#include "entitle/period.h"

#define COUNTRY_LEN 2

/* What is known of the names and the list before anything is decided. */
struct work {
	const struct suggest_input *in;
	struct rule rule;
	struct strs names; /* sorted, distinct */
	bool *live;        /* of the list's entries: registered, and still in its period */
	struct strs add;   /* sorted */
	struct strs taken; /* of those registered and those to add; sorted */
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In a sorted list; SIZE_MAX = it is not there. */
static size_t find(const struct strs *sorted, const char *text)
{
	char *const *hit = sorted->count > 0
	                           ? bsearch(&text, sorted->item, sorted->count, sizeof *sorted->item, compare_texts)
	                           : NULL;

	return hit != NULL ? (size_t)(hit - sorted->item) : SIZE_MAX;
}

static bool is_live(const struct work *w, const char *fqdn)
{
	const struct entry *e = w->in->list != NULL ? entry_list_find(w->in->list, fqdn) : NULL;

	return e != NULL && w->live[e - w->in->list->item];
}

static void find_live(struct work *w)
{
	const struct entry_list *l = w->in->list;

	if (l == NULL)
		return;
	w->live = mem_new(l->count + 1, sizeof *w->live);
	for (size_t i = 0; i < l->count; i++) {
		struct period p;
		period_find(&w->rule, l, &l->item[i], &p);
		w->live[i] = !period_has_ended(&p, w->in->at);
	}
}

/* co.jp, com.au: nobody has them, but under rules with subtrees or levels one entry there would be the cheapest. */
static bool is_of_a_registry(const char *name)
{
	static const char *const kind[] = {"ac", "ad", "co", "com", "ed", "edu", "go", "gob", "gouv", "gov", "gr",
	                                   "lg", "mil", "ne", "net", "or", "org", NULL};
	const char *base = fqdn_base(name);
	size_t len = strcspn(base, ".");

	if (strchr(base + len + 1, '.') != NULL || strlen(base + len + 1) != COUNTRY_LEN)
		return false;
	for (size_t i = 0; kind[i] != NULL; i++)
		if (strlen(kind[i]) == len && strncmp(kind[i], base, len) == 0)
			return true;
	return false;
}

static void choose(const struct work *w, const struct strs *names, const struct strs *entries, struct strs *out)
{
	struct choice_input in = {&w->rule, names, entries, w->in->plain_price, w->in->wildcard_price};
	bool *taken = mem_new(entries->count + 1, sizeof *taken);

	choice_find(&in, taken);
	for (size_t i = 0; i < entries->count; i++)
		if (taken[i])
			strs_add(out, entries->item[i]);
	free(taken);
}

static bool any_live(const struct work *w, const struct strs *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (is_live(w, entries->item[i]))
			return true;
	return false;
}

/* What is registered costs nothing, so only names that it leaves open count here. */
static void choose_new(struct work *w)
{
	struct strs open = {0}, entries = {0};

	for (size_t i = 0; i < w->names.count; i++) {
		struct strs could = {0};
		rule_candidates(&w->rule, w->names.item[i], &could);
		if (!any_live(w, &could)) {
			strs_add(&open, w->names.item[i]);
			for (size_t j = 0; j < could.count; j++)
				if (!is_of_a_registry(could.item[j]) || find(&w->names, could.item[j]) != SIZE_MAX)
					strs_add(&entries, could.item[j]);
		}
		strs_clear(&could);
	}
	strs_sort_distinct(&entries);
	choose(w, &open, &entries, &w->add);
	strs_clear(&open);
	strs_clear(&entries);
}

/*
 * Everything at its price: what need not be renewed. All that is new stays: it is the cheapest for names that nothing
 * else here covers.
 */
static void choose_all(struct work *w)
{
	struct strs entries = {0};

	for (size_t i = 0; i < w->names.count; i++) {
		struct strs could = {0};
		rule_candidates(&w->rule, w->names.item[i], &could);
		for (size_t j = 0; j < could.count; j++)
			if (is_live(w, could.item[j]) || find(&w->add, could.item[j]) != SIZE_MAX)
				strs_add(&entries, could.item[j]);
		strs_clear(&could);
	}
	strs_sort_distinct(&entries);
	choose(w, &w->names, &entries, &w->taken);
	strs_clear(&entries);
}

static int64_t price_of(const struct work *w, const char *fqdn)
{
	return fqdn_is_wildcard(fqdn) ? w->in->wildcard_price : w->in->plain_price;
}

static void give_entries(const struct work *w, struct suggest *s)
{
	s->add = mem_new(w->taken.count + 1, sizeof *s->add);
	s->keep = mem_new(w->taken.count + 1, sizeof *s->keep);
	for (size_t i = 0; i < w->taken.count; i++) {
		const char *fqdn = w->taken.item[i];
		if (find(&w->add, fqdn) == SIZE_MAX) {
			s->keep[s->keep_count++].fqdn = str_dup(fqdn);
		} else {
			s->add[s->add_count++].fqdn = str_dup(fqdn);
			s->cost += price_of(w, fqdn);
		}
		s->yearly += price_of(w, fqdn);
	}
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct suggest_entry *)a)->fqdn, ((const struct suggest_entry *)b)->fqdn);
}

static void give_name(struct suggest_entry *entry, size_t count, char *fqdn, const char *name)
{
	struct suggest_entry key = {.fqdn = fqdn};
	struct suggest_entry *hit = bsearch(&key, entry, count, sizeof key, compare_entries);

	if (hit != NULL)
		strs_add(&hit->names, name);
}

static void give_names(const struct work *w, struct suggest *s)
{
	for (size_t i = 0; i < w->names.count; i++) {
		struct strs could = {0};
		rule_candidates(&w->rule, w->names.item[i], &could);
		for (size_t j = 0; j < could.count; j++) {
			give_name(s->add, s->add_count, could.item[j], w->names.item[i]);
			give_name(s->keep, s->keep_count, could.item[j], w->names.item[i]);
		}
		strs_clear(&could);
	}
}

static void give_superfluous(const struct work *w, struct suggest *s)
{
	const struct entry_list *l = w->in->list;

	for (size_t i = 0; l != NULL && i < l->count; i++)
		if (w->live[i] && find(&w->taken, l->item[i].fqdn) == SIZE_MAX)
			strs_add(&s->superfluous, l->item[i].fqdn);
}

void suggest_find(const struct suggest_input *in, struct suggest *out)
{
	struct work w = {.in = in, .rule = *in->rule};
	struct suggest s = {0};

	if (in->rule->checked) {
		if (w.rule.fixed_set) { /* a certificate has exactly the entries: none stands for another name */
			w.rule.plain = RULE_PLAIN_EXACT;
			w.rule.wildcard = RULE_WILDCARD_EXACT;
		}
		strs_copy(&w.names, in->names);
		strs_sort_distinct(&w.names);
		find_live(&w);
		choose_new(&w);
		choose_all(&w);
		give_entries(&w, &s);
		give_names(&w, &s);
		give_superfluous(&w, &s);
	}
	free(w.live);
	strs_clear(&w.names);
	strs_clear(&w.add);
	strs_clear(&w.taken);
	*out = s;
}

static void clear_entries(struct suggest_entry *entry, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(entry[i].fqdn);
		strs_clear(&entry[i].names);
	}
	free(entry);
}

void suggest_clear(struct suggest *s)
{
	clear_entries(s->add, s->add_count);
	clear_entries(s->keep, s->keep_count);
	strs_clear(&s->superfluous);
	*s = (struct suggest){0};
}
