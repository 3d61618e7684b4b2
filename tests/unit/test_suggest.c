/*
 * The cheapest set of entries: the service's own examples (rules 5-8 of rules.md §7), and random cases of every rule
 * against all subsets tried one by one.
 */
#include "config.h"

#include "entitle/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "entitle/choice.h"
#include "entitle/fqdn.h"
#include "entitle/period.h"

#define NOW INT64_C(1795305600) /* 2026-11-22 */
#define ROUNDS 6000
#define TRIED_MAX 13

/* ---- tables */

struct example {
	const char *rule;       /* "PLAIN WILDCARD" */
	const char *names;
	const char *registered; /* "NAME" or "NAME@LAST_DAY" */
	int plain_price, wildcard_price;
	const char *add, *keep, *superfluous;
	int cost, yearly;
};

#define JPDIRECT "www base"

static const struct example example[] = {
	/* rule 5 */
	{JPDIRECT, "example.jp www.example.jp", "", 1, 1, "example.jp[example.jp www.example.jp]", "", "", 1, 1},
	{JPDIRECT, "www.example.jp example.jp www.example.jp", "", 1, 1, "example.jp[example.jp www.example.jp]",
	 "", "", 1, 1},
	{JPDIRECT, "a.example.jp example.jp", "", 1, 1, "a.example.jp[a.example.jp] example.jp[example.jp]", "", "", 2, 2},
	/* of equal cost the one that covers more, even where it sorts behind */
	{JPDIRECT, "www.example.jp", "", 1, 1, "example.jp[www.example.jp]", "", "", 1, 1},
	{JPDIRECT, "www.zeta.jp", "", 1, 1, "zeta.jp[www.zeta.jp]", "", "", 1, 1},
	/* rule 6: a chain of www. */
	{JPDIRECT, "www.www.example.jp www.example.jp", "", 1, 1,
	 "www.example.jp[www.example.jp www.www.example.jp]", "", "", 1, 1},
	{JPDIRECT, "example.jp www.example.jp www.www.example.jp", "", 1, 1,
	 "example.jp[example.jp www.example.jp] www.example.jp[www.example.jp www.www.example.jp]", "", "", 2, 2},
	{JPDIRECT, "example.jp www.example.jp www.www.example.jp www.www.www.example.jp", "", 1, 1,
	 "example.jp[example.jp www.example.jp] www.www.example.jp[www.www.example.jp www.www.www.example.jp]", "", "",
	 2, 2},
	/* rule 7 */
	{JPDIRECT, "example.jp *.example.jp", "", 1, 1, "*.example.jp[*.example.jp example.jp]", "", "", 1, 1},
	{JPDIRECT, "example.jp *.example.jp", "", 1, 50, "*.example.jp[*.example.jp example.jp]", "", "", 50, 50},
	{JPDIRECT, "*.example.jp a.example.jp", "", 1, 1, "*.example.jp[*.example.jp] a.example.jp[a.example.jp]",
	 "", "", 2, 2},
	{JPDIRECT, "*.example.jp *.a.example.jp", "", 1, 1,
	 "*.a.example.jp[*.a.example.jp] *.example.jp[*.example.jp]", "", "", 2, 2},
	{JPDIRECT, "example.jp", "", 1, 1, "example.jp[example.jp]", "", "", 1, 1},
	{JPDIRECT, "example.jp", "", 5, 1, "*.example.jp[example.jp]", "", "", 1, 1},
	/* rule 8: the union */
	{JPDIRECT, "example.jp www.example.jp *.example.jp", "", 1, 1,
	 "*.example.jp[*.example.jp example.jp] example.jp[example.jp www.example.jp]", "", "", 2, 2},
	{JPDIRECT, "www.example.jp", "*.example.jp", 1, 1, "example.jp[www.example.jp]", "", "*.example.jp", 1, 1},
	{JPDIRECT, "example.jp www.example.jp", "*.example.jp", 1, 9, "example.jp[example.jp www.example.jp]", "",
	 "*.example.jp", 1, 1},
	{JPDIRECT, "example.jp *.example.jp", "example.jp", 1, 5, "*.example.jp[*.example.jp example.jp]", "",
	 "example.jp", 5, 5},
	{JPDIRECT, "example.jp www.example.jp", "example.jp", 1, 1, "", "example.jp[example.jp www.example.jp]", "", 0, 1},
	{JPDIRECT, "example.jp www.example.jp", "example.jp www.example.jp", 2, 1, "",
	 "example.jp[example.jp www.example.jp]",
	 "www.example.jp", 0, 2},
	{JPDIRECT, "example.jp", "*.example.jp example.jp", 1, 1, "", "example.jp[example.jp]", "*.example.jp", 0, 1},
	{JPDIRECT, "", "example.jp", 1, 1, "", "", "example.jp", 0, 0},
	{JPDIRECT, "", "", 1, 1, "", "", "", 0, 0},
	/* rule 11 */
	{JPDIRECT, "notexample.jp wwwexample.jp", "example.jp", 1, 1,
	 "notexample.jp[notexample.jp] wwwexample.jp[wwwexample.jp]", "",
	 "example.jp", 2, 2},
	/* rules 18, 19: one that has ended is none, on its last day it still is */
	{JPDIRECT, "www.example.jp", "example.jp@2026-11-21", 1, 1, "example.jp[www.example.jp]", "", "", 1, 1},
	{JPDIRECT, "www.example.jp", "example.jp@2026-11-22", 1, 1, "", "example.jp[www.example.jp]", "", 0, 1},
	/* the other contracts */
	{"exact exact", "example.jp www.example.jp *.example.jp", "", 1, 1,
	 "*.example.jp[*.example.jp] example.jp[example.jp] www.example.jp[www.example.jp]", "", "", 3, 3},
	{"www-either base", "www.example.jp", "", 1, 1, "example.jp[www.example.jp]", "", "", 1, 1},
	{"www-either base", "example.jp", "www.example.jp", 1, 1, "", "www.example.jp[example.jp]", "", 0, 1},
	{"www-either base", "example.jp www.example.jp www.www.example.jp", "", 1, 1,
	 "example.jp[example.jp www.example.jp] www.www.example.jp[www.example.jp www.www.example.jp]", "", "", 2, 2},
	{"exact same-level", "example.jp a.example.jp b.example.jp", "", 1, 2,
	 "*.example.jp[a.example.jp b.example.jp example.jp]", "", "", 2, 2},
	{"exact same-level", "example.jp a.example.jp", "", 1, 3,
	 "a.example.jp[a.example.jp] example.jp[example.jp]", "", "", 2, 2},
	{"subtree exact", "a.example.jp *.b.example.jp c.d.example.jp", "", 1, 1,
	 "example.jp[*.b.example.jp a.example.jp c.d.example.jp]", "", "", 1, 1},
	{"subtree same-level", "a.example.jp b.example.jp", "", 5, 2, "*.example.jp[a.example.jp b.example.jp]",
	 "", "", 2, 2},
	/* what belongs to a registry is not for sale */
	{"subtree exact", "a.co.jp b.co.jp", "", 1, 1, "a.co.jp[a.co.jp] b.co.jp[b.co.jp]", "", "", 2, 2},
	{"exact same-level", "a.com.au b.com.au c.com.au", "", 1, 1,
	 "a.com.au[a.com.au] b.com.au[b.com.au] c.com.au[c.com.au]", "", "", 3, 3},
	{JPDIRECT, "www.co.jp", "", 1, 1, "www.co.jp[www.co.jp]", "", "", 1, 1},
	{"subtree exact", "co.jp a.co.jp", "", 1, 1, "co.jp[a.co.jp co.jp]", "", "", 1, 1},
	{"subtree exact", "a.co.example.jp b.co.example.jp", "", 1, 1,
	 "example.jp[a.co.example.jp b.co.example.jp]", "", "", 1, 1},
};

static void split(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		strs_take(out, str_ndup(text, len));
		text += len + strspn(text + len, " ");
	}
}

static void set_rule(const char *words, struct rule *r)
{
	struct strs word = {0};

	*r = *rule_preset("jpdirect");
	split(words, &word);
	assert_int_equal(rule_set(r, "plain", word.item[0]), 0);
	assert_int_equal(rule_set(r, "wildcard", word.item[1]), 0);
	strs_clear(&word);
}

static void set_list(const char *words, struct entry_list *l)
{
	struct strs word = {0};

	split(words, &word);
	for (size_t i = 0; i < word.count; i++) {
		char *day = strchr(word.item[i], '@');
		struct entry e = {.fqdn = word.item[i], .has_ends = day != NULL};
		if (day != NULL) {
			*day = '\0';
			assert_int_equal(date_parse(day + 1, &e.ends), 0);
		}
		entry_list_add(l, &e);
	}
	strs_clear(&word);
}

/* "a.jp[a.jp www.a.jp] b.jp[b.jp]" */
static char *entries_text(const struct suggest_entry *entry, size_t count)
{
	struct strs all = {0};

	for (size_t i = 0; i < count; i++) {
		char *names = strs_join(&entry[i].names, " ");
		strs_take(&all, str_fmt("%s[%s]", entry[i].fqdn, names));
		free(names);
	}
	char *text = strs_join(&all, " ");
	strs_clear(&all);
	return text;
}

static void assert_text(const char *wanted, char *got)
{
	assert_string_equal(got, wanted);
	free(got);
}

static void examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
		const struct example *x = &example[i];
		struct rule rule;
		struct entry_list list = {0};
		struct strs names = {0};
		struct suggest s = {0};

		set_rule(x->rule, &rule);
		set_list(x->registered, &list);
		split(x->names, &names);
		suggest_find(&(struct suggest_input){&rule, &names, &list, x->plain_price, x->wildcard_price, NOW}, &s);
		assert_text(x->add, entries_text(s.add, s.add_count));
		assert_text(x->keep, entries_text(s.keep, s.keep_count));
		assert_text(x->superfluous, strs_join(&s.superfluous, " "));
		assert_int_equal(s.cost, x->cost);
		assert_int_equal(s.yearly, x->yearly);
		suggest_clear(&s);
		strs_clear(&names);
		entry_list_clear(&list);
	}
}

static void without_a_list(void **state)
{
	const int64_t price = SUGGEST_PRICE_MAX;
	struct strs names = {0};
	struct suggest s = {0};

	(void)state;
	strs_add(&names, "www.example.jp");
	suggest_find(&(struct suggest_input){rule_preset("jpdirect"), &names, NULL, price, price, NOW}, &s);
	assert_text("example.jp[www.example.jp]", entries_text(s.add, s.add_count));
	assert_int_equal(s.cost, price);
	suggest_clear(&s);
	strs_clear(&names);
}

static void a_rule_without_entries_needs_none(void **state)
{
	struct entry_list list = {0};
	struct strs names = {0};
	struct suggest s = {0};

	(void)state;
	set_list("a.jp b.jp", &list);
	split("a.jp c.jp", &names);
	suggest_find(&(struct suggest_input){rule_preset("none"), &names, &list, 1, 1, NOW}, &s);
	assert_int_equal(s.add_count + s.keep_count + s.superfluous.count, 0);
	assert_int_equal(s.cost + s.yearly, 0);
	suggest_clear(&s);
	strs_clear(&names);
	entry_list_clear(&list);
}

/* Also with a rule whose entries would cover more: in a fixed set none stands for another name. */
static void a_fixed_set_is_just_the_names(void **state)
{
	struct entry_list list = {0};
	struct strs names = {0};
	struct suggest s = {0};
	struct rule rule;

	(void)state;
	set_rule("subtree base", &rule);
	rule.fixed_set = true;
	set_list("a.jp b.jp d.jp@2026-11-01", &list);
	split("www.a.jp a.jp *.c.jp c.jp d.jp", &names);
	suggest_find(&(struct suggest_input){&rule, &names, &list, 1, 10, NOW}, &s);
	assert_text("*.c.jp[*.c.jp] c.jp[c.jp] d.jp[d.jp] www.a.jp[www.a.jp]", entries_text(s.add, s.add_count));
	assert_text("a.jp[a.jp]", entries_text(s.keep, s.keep_count));
	assert_text("b.jp", strs_join(&s.superfluous, " "));
	assert_int_equal(s.cost, 13);
	assert_int_equal(s.yearly, 14);
	suggest_clear(&s);
	strs_clear(&names);
	entry_list_clear(&list);
}

/* ---- as deep and as many as there can be */

static void the_deepest_name(void **state)
{
	struct rule rule;
	struct strs names = {0};
	struct suggest s = {0};
	char *name = str_dup("w.jp");

	(void)state;
	while (strlen(name) + 2 <= FQDN_MAX) {
		str_replace(&name, str_fmt("a.%s", name));
		strs_add(&names, name);
	}
	set_rule("subtree same-level", &rule);
	suggest_find(&(struct suggest_input){&rule, &names, NULL, 1, 1, NOW}, &s);
	assert_int_equal(s.add_count, 1);
	assert_string_equal(s.add[0].fqdn, "w.jp");
	assert_int_equal(s.add[0].names.count, names.count);
	suggest_clear(&s);
	set_rule("exact same-level", &rule);
	suggest_find(&(struct suggest_input){&rule, &names, NULL, 1, 1, NOW}, &s);
	assert_int_equal(s.cost, (names.count + 1) / 2); /* each wildcard covers its base and the one name below */
	suggest_clear(&s);
	strs_clear(&names);
	free(name);
}

static void a_chain_of_www(void **state)
{
	struct rule rule;
	struct strs names = {0};
	struct suggest s = {0};
	char *name = str_dup("w.jp");

	(void)state;
	for (; strlen(name) + 4 <= FQDN_MAX; str_replace(&name, str_fmt("www.%s", name)))
		strs_add(&names, name);
	set_rule("www exact", &rule);
	suggest_find(&(struct suggest_input){&rule, &names, NULL, 1, 1, NOW}, &s);
	assert_int_equal(s.cost, (names.count + 1) / 2);
	suggest_clear(&s);
	set_rule("www-either exact", &rule);
	suggest_find(&(struct suggest_input){&rule, &names, NULL, 1, 1, NOW}, &s);
	assert_int_equal(s.cost, (names.count + 1) / 2);
	suggest_clear(&s);
	strs_clear(&names);
	free(name);
}

/* All below one domain: half of them with their www., every eighth registered. */
static void many_names(void **state)
{
	struct entry_list list = {0};
	struct strs names = {0};
	struct suggest s = {0};

	(void)state;
	for (int i = 0; i < 4000; i++) {
		char *fqdn = str_fmt("n%d.example.jp", i);
		strs_add(&names, fqdn);
		if (i % 2 == 0)
			strs_take(&names, str_fmt("www.n%d.example.jp", i));
		if (i % 8 == 0)
			entry_list_add(&list, &(struct entry){.fqdn = fqdn});
		free(fqdn);
	}
	suggest_find(&(struct suggest_input){rule_preset("jpdirect"), &names, &list, 3, 7, NOW}, &s);
	assert_int_equal(s.cost, 3 * 3500);
	assert_int_equal(s.yearly, 3 * 4000);
	assert_int_equal(s.keep_count, 500);
	assert_int_equal(s.superfluous.count, 0);
	suggest_clear(&s);
	strs_clear(&names);
	entry_list_clear(&list);
}

/* ---- against all subsets */

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* Few labels, many of them "www", so that names meet. */
static char *random_name(uint32_t *seed)
{
	static const char *const label[] = {"www", "www", "a", "b"};
	static const char *const top[] = {"a.jp", "a.jp", "www.jp"};
	char *name = str_dup(top[next_random(seed, 3)]);

	for (uint32_t n = next_random(seed, 4); n > 0; n--)
		str_replace(&name, str_fmt("%s.%s", label[next_random(seed, 4)], name));
	if (next_random(seed, 4) == 0)
		str_replace(&name, str_fmt("*.%s", name));
	return name;
}

struct world {
	struct rule rule;
	struct strs names;
	struct entry_list list;
	int64_t plain_price, wildcard_price;
};

static void make_world(uint32_t *seed, struct world *w)
{
	static const int64_t price[] = {0, 1, 1, 1, 2, 3, 5, 1000000000};

	w->rule = *rule_preset("jpdirect");
	w->rule.plain = (enum rule_plain)next_random(seed, RULE_PLAIN_COUNT);
	w->rule.wildcard = (enum rule_wildcard)next_random(seed, RULE_WILDCARD_COUNT);
	w->plain_price = price[next_random(seed, 8)];
	w->wildcard_price = price[next_random(seed, 8)];
	for (uint32_t n = 1 + next_random(seed, 6); n > 0; n--)
		strs_take(&w->names, random_name(seed));
	for (uint32_t n = next_random(seed, 5); n > 0; n--) {
		char *fqdn = random_name(seed);
		struct entry e = {.fqdn = fqdn, .has_ends = next_random(seed, 3) == 0, .ends = {2026, 11, 21}};
		e.ends.day += (int)next_random(seed, 2);
		entry_list_add(&w->list, &e);
		free(fqdn);
	}
}

static void clear_world(struct world *w)
{
	strs_clear(&w->names);
	entry_list_clear(&w->list);
}

static bool is_live(const struct world *w, const char *fqdn)
{
	const struct entry *e = entry_list_find(&w->list, fqdn);

	return e != NULL && !(e->has_ends && e->ends.day < 22);
}

/* By number of labels, then by text. */
static int compare_order(const void *a, const void *b)
{
	const char *x = *(char *const *)a;
	const char *y = *(char *const *)b;
	int dots = 0;

	for (const char *s = x; *s != '\0'; s++)
		dots += *s == '.';
	for (const char *s = y; *s != '\0'; s++)
		dots -= *s == '.';
	return dots != 0 ? dots : strcmp(x, y);
}

static void put(struct strs *set, const char *fqdn)
{
	if (!strs_has(set, fqdn))
		strs_add(set, fqdn);
}

/* Every candidate, and some entries that nobody named as such. */
static void gather_tried(const struct world *w, uint32_t *seed, struct strs *tried)
{
	for (size_t i = 0; i < w->names.count; i++) {
		struct strs could = {0};
		rule_candidates(&w->rule, w->names.item[i], &could);
		for (size_t j = 0; j < could.count; j++)
			put(tried, could.item[j]);
		strs_clear(&could);
	}
	while (tried->count < TRIED_MAX && next_random(seed, 4) != 0) {
		char *other = random_name(seed);
		put(tried, other);
		free(other);
	}
	qsort(tried->item, tried->count, sizeof *tried->item, compare_order);
}

struct tried {
	uint32_t set;
	int64_t price;
	int count, wildcards;
};

static uint32_t covers_mask(const struct world *w, const char *fqdn)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < w->names.count; i++)
		if (rule_covers(&w->rule, fqdn, w->names.item[i]))
			mask |= UINT32_C(1) << i;
	return mask;
}

static bool is_better(const struct tried *a, const struct tried *b)
{
	uint32_t different = a->set ^ b->set;

	if (a->price != b->price)
		return a->price < b->price;
	if (a->count != b->count)
		return a->count < b->count;
	if (a->wildcards != b->wildcards)
		return a->wildcards < b->wildcards;
	return (a->set & different & (~different + 1)) != 0;
}

/* The best of all subsets that, together with what `covered` says, cover all names. */
static struct tried try_all(const struct world *w, const struct strs *entries, uint32_t covered)
{
	struct tried best = {.price = INT64_MAX};
	uint32_t mask[TRIED_MAX * 2] = {0};

	for (size_t i = 0; i < entries->count; i++)
		mask[i] = covers_mask(w, entries->item[i]);
	for (uint32_t set = 0; set < UINT32_C(1) << entries->count; set++) {
		struct tried t = {.set = set};
		uint32_t got = covered;
		for (size_t i = 0; i < entries->count; i++) {
			if ((set >> i & 1) == 0)
				continue;
			got |= mask[i];
			t.count++;
			t.wildcards += entries->item[i][0] == '*';
			t.price += entries->item[i][0] == '*' ? w->wildcard_price : w->plain_price;
		}
		if (got == (UINT32_C(1) << w->names.count) - 1 && is_better(&t, &best))
			best = t;
	}
	return best;
}

static bool has_entry(const struct suggest_entry *entry, size_t count, const char *fqdn)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(entry[i].fqdn, fqdn) == 0)
			return true;
	return false;
}

static void assert_names(const struct world *w, const struct suggest_entry *entry, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct strs covered = {0};
		for (size_t j = 0; j < w->names.count; j++)
			if (rule_covers(&w->rule, entry[i].fqdn, w->names.item[j]))
				put(&covered, w->names.item[j]);
		strs_sort(&covered);
		assert_true(strs_eq(&covered, &entry[i].names));
		assert_true(i == 0 || strcmp(entry[i - 1].fqdn, entry[i].fqdn) < 0);
		strs_clear(&covered);
	}
}

/* What to register is the best of all subsets, to the last tie. */
static void assert_add(const struct world *w, const struct strs *tried, const struct suggest *s)
{
	uint32_t covered = 0;

	for (size_t i = 0; i < w->list.count; i++)
		if (is_live(w, w->list.item[i].fqdn))
			covered |= covers_mask(w, w->list.item[i].fqdn);
	struct tried best = try_all(w, tried, covered);
	assert_int_equal(s->cost, best.price);
	assert_int_equal(s->add_count, best.count);
	for (size_t i = 0; i < tried->count; i++)
		assert_int_equal(has_entry(s->add, s->add_count, tried->item[i]), best.set >> i & 1);
	assert_names(w, s->add, s->add_count);
}

/* What is kept with it is the best of all there then is, and the rest is superfluous. */
static void assert_keep(const struct world *w, const struct suggest *s)
{
	struct strs there = {0};

	for (size_t i = 0; i < s->add_count; i++)
		strs_add(&there, s->add[i].fqdn);
	for (size_t i = 0; i < w->list.count; i++)
		if (is_live(w, w->list.item[i].fqdn))
			strs_add(&there, w->list.item[i].fqdn);
	qsort(there.item, there.count, sizeof *there.item, compare_order);
	struct tried best = try_all(w, &there, 0);
	assert_int_equal(s->yearly, best.price);
	for (size_t i = 0; i < there.count; i++) {
		bool taken = best.set >> i & 1;
		bool added = has_entry(s->add, s->add_count, there.item[i]);
		assert_true(!added || taken);
		assert_int_equal(has_entry(s->keep, s->keep_count, there.item[i]), taken && !added);
		assert_int_equal(strs_has(&s->superfluous, there.item[i]), !taken);
	}
	assert_int_equal(s->add_count + s->keep_count + s->superfluous.count, there.count);
	assert_names(w, s->keep, s->keep_count);
	strs_clear(&there);
}

static void find_in(const struct world *w, struct suggest *s)
{
	suggest_find(&(struct suggest_input){&w->rule, &w->names, &w->list, w->plain_price, w->wildcard_price, NOW}, s);
}

static uint32_t first_seed(void)
{
	const char *text = getenv("TEGATA_TEST_SEED");
	uint32_t seed = text != NULL ? (uint32_t)strtoul(text, NULL, 10) : 20261122;

	print_message("seed %u\n", (unsigned)seed);
	return seed;
}

static void as_good_as_all_subsets(void **state)
{
	uint32_t seed = first_seed();
	int checked = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct world w = {0};
		struct strs tried = {0};
		struct suggest s = {0};

		make_world(&seed, &w);
		gather_tried(&w, &seed, &tried);
		if (tried.count <= TRIED_MAX) {
			find_in(&w, &s);
			assert_add(&w, &tried, &s);
			assert_keep(&w, &s);
			checked++;
		}
		suggest_clear(&s);
		strs_clear(&tried);
		clear_world(&w);
	}
	print_message("%d of %d worlds were small enough\n", checked, ROUNDS);
	assert_true(checked > ROUNDS / 2);
}

static void one_more_entry_never_costs_more(void **state)
{
	uint32_t seed = first_seed();

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct world w = {0};
		struct suggest before = {0};
		struct suggest after = {0};
		char *fqdn;

		make_world(&seed, &w);
		fqdn = random_name(&seed);
		find_in(&w, &before);
		entry_list_add(&w.list, &(struct entry){.fqdn = fqdn});
		find_in(&w, &after);
		assert_true(after.cost <= before.cost);
		free(fqdn);
		suggest_clear(&before);
		suggest_clear(&after);
		clear_world(&w);
	}
}

/* A name that no entry covers is left aside, and the others are as cheap as without it. */
static void what_cannot_be_covered(void **state)
{
	struct strs names = {0}, entries = {0};
	bool taken[3] = {0};

	(void)state;
	split("a.jp b.jp www.a.jp", &names);
	split("*.a.jp a.jp www.a.jp", &entries);
	choice_find(&(struct choice_input){rule_preset("jpdirect"), &names, &entries, 1, 1}, taken);
	assert_false(taken[0]);
	assert_true(taken[1]);
	assert_false(taken[2]);
	strs_clear(&names);
	strs_clear(&entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(without_a_list),
		cmocka_unit_test(a_rule_without_entries_needs_none),
		cmocka_unit_test(a_fixed_set_is_just_the_names),
		cmocka_unit_test(the_deepest_name),
		cmocka_unit_test(a_chain_of_www),
		cmocka_unit_test(many_names),
		cmocka_unit_test(as_good_as_all_subsets),
		cmocka_unit_test(one_more_entry_never_costs_more),
		cmocka_unit_test(what_cannot_be_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
