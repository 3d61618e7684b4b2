/*
 * Properties of the gate, on random lists and names. The model here says what the service's page says, the other way
 * round: it writes down, for every entry, the names that it buys, and looks whether a name is among them.
 */
#include "config.h"

#include "entitle/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "entitle/fqdn.h"
#include "entitle/period.h"

#define ROUNDS 3000
#define NOW INT64_C(1795305600)

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* Few labels, many of them "www", so that names meet. */
static char *random_name(uint32_t *seed)
{
	static const char *const label[] = {"www", "www", "a", "wwwa"};
	static const char *const top[] = {"a.jp", "www.jp", "ba.jp"};
	char *name = str_dup(top[next_random(seed, 3)]);

	for (uint32_t n = next_random(seed, 3); n > 0; n--)
		str_replace(&name, str_fmt("%s.%s", label[next_random(seed, 4)], name));
	if (next_random(seed, 4) == 0)
		str_replace(&name, str_fmt("*.%s", name));
	return name;
}

static void random_names(uint32_t *seed, uint32_t most, struct strs *out)
{
	for (uint32_t n = next_random(seed, most + 1); n > 0; n--)
		strs_take(out, random_name(seed));
}

/* Entries without a period, or with one that ended a day before, or ends on the day. */
static void random_list(uint32_t *seed, const struct strs *names, bool with_ends, struct entry_list *l)
{
	for (size_t i = 0; i < names->count; i++) {
		struct entry e = {.fqdn = names->item[i]};
		if (with_ends && next_random(seed, 2) == 0) {
			e.has_ends = true;
			e.ends = date_from_days(date_days(date_of_jst(NOW)) - (int64_t)next_random(seed, 2));
		}
		entry_list_add(l, &e);
	}
}

/* The model: "FQDNごとに発行できるサーバー証明書" of the service's page. */
static void names_bought_with(const char *registered, struct strs *out)
{
	strs_add(out, registered);
	if (registered[0] == '*')
		strs_add(out, strchr(registered, '.') + 1);
	else
		strs_take(out, str_fmt("www.%s", registered));
}

static bool model_covers(const struct entry *e, const char *name)
{
	struct strs bought = {0};

	names_bought_with(e->fqdn, &bought);
	bool covers = strs_has(&bought, name);
	strs_clear(&bought);
	return covers;
}

static void model_by(const struct entry_list *l, const char *name, struct strs *by, struct strs *ended)
{
	int64_t today = date_days(date_of_jst(NOW));

	for (size_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->item[i];
		if (model_covers(e, name))
			strs_add(e->has_ends && date_days(e->ends) < today ? ended : by, e->fqdn);
	}
	strs_sort(by);
	strs_sort(ended);
}

static void check(const struct entry_list *l, const struct strs *names, struct coverage_result *r)
{
	coverage_check(&(struct coverage_input){rule_preset("jpdirect"), l, names, 0, NOW}, r);
}

static void assert_like_model(const struct entry_list *l, const struct coverage_name *n)
{
	struct strs by = {0};
	struct strs ended = {0};

	model_by(l, n->name, &by, &ended);
	assert_true(strs_eq(&n->by, &by));
	assert_true(strs_eq(&n->ended, &ended));
	assert_int_equal(n->covered, by.count > 0);
	if (by.count > 0)
		assert_int_equal(n->reason, COVERAGE_OK);
	else
		assert_int_equal(n->reason, ended.count > 0 ? COVERAGE_ENTRY_ENDED : COVERAGE_NOT_REGISTERED);
	strs_clear(&by);
	strs_clear(&ended);
}

static void same_as_the_model(void **state)
{
	uint32_t seed = 1;
	size_t covered = 0;
	size_t refused = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct strs registered = {0};
		struct strs names = {0};
		struct entry_list l = {0};
		struct coverage_result r = {0};
		bool all = true;

		random_names(&seed, 12, &registered);
		random_names(&seed, 12, &names);
		random_list(&seed, &registered, true, &l);
		check(&l, &names, &r);
		for (size_t i = 0; i < r.count; i++) {
			assert_like_model(&l, &r.name[i]);
			all = all && r.name[i].covered;
			covered += r.name[i].covered;
			refused += !r.name[i].covered;
		}
		assert_int_equal(r.ok, all);
		coverage_result_clear(&r);
		entry_list_clear(&l);
		strs_clear(&names);
		strs_clear(&registered);
	}
	assert_true(covered > ROUNDS / 2 && refused > ROUNDS / 2);
}

static void rule_covers_is_the_model_for_one_entry(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (int round = 0; round < ROUNDS * 10; round++) {
		char *registered = random_name(&seed);
		char *name = random_name(&seed);
		struct entry e = {.fqdn = registered};

		assert_int_equal(rule_covers(rule_preset("jpdirect"), registered, name), model_covers(&e, name));
		free(registered);
		free(name);
	}
}

/* What is proposed covers, alone, the name that was refused. */
static void registering_the_proposal_helps(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		char *name = random_name(&seed);
		struct strs would = {0};

		coverage_would_cover(rule_preset("jpdirect"), name, &would);
		assert_true(would.count > 0);
		assert_true(strs_has(&would, name));
		for (size_t i = 0; i < would.count; i++) {
			assert_true(fqdn_is_normal(would.item[i]));
			assert_true(rule_covers(rule_preset("jpdirect"), would.item[i], name));
		}
		strs_clear(&would);
		free(name);
	}
}

/* Reversed, with every name given three times in three spellings. */
static void order_and_duplicates_change_nothing(void **state)
{
	uint32_t seed = 4;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct strs registered = {0};
		struct strs names = {0};
		struct strs again = {0};
		struct entry_list l = {0};
		struct coverage_result a = {0};
		struct coverage_result b = {0};

		random_names(&seed, 8, &registered);
		random_names(&seed, 8, &names);
		random_list(&seed, &registered, true, &l);
		for (size_t i = names.count; i > 0; i--) {
			strs_add(&again, names.item[i - 1]);
			strs_take(&again, str_fmt("%s.", names.item[i - 1]));
			strs_take(&again, str_lower_ascii(names.item[i - 1]));
		}
		check(&l, &names, &a);
		check(&l, &again, &b);
		assert_int_equal(a.ok, b.ok);
		assert_int_equal(a.count, b.count);
		for (size_t i = 0; i < a.count; i++) {
			size_t k = 0;
			while (k < b.count && !str_eq(a.name[i].name, b.name[k].name))
				k++;
			assert_true(k < b.count);
			assert_int_equal(a.name[i].reason, b.name[k].reason);
			assert_true(strs_eq(&a.name[i].by, &b.name[k].by));
			assert_true(str_eq(a.name[i].nearest, b.name[k].nearest));
		}
		coverage_result_clear(&a);
		coverage_result_clear(&b);
		entry_list_clear(&l);
		strs_clear(&registered);
		strs_clear(&names);
		strs_clear(&again);
	}
}

/* The list is a set: it does not matter in which order it was written. */
static void order_of_entries_changes_nothing(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct strs registered = {0};
		struct strs names = {0};
		struct entry_list forward = {0};
		struct entry_list backward = {0};

		random_names(&seed, 10, &registered);
		random_names(&seed, 10, &names);
		random_list(&seed, &registered, false, &forward);
		for (size_t i = registered.count; i > 0; i--)
			entry_list_add(&backward, &(struct entry){.fqdn = registered.item[i - 1]});
		assert_int_equal(forward.count, backward.count);
		for (size_t i = 0; i < forward.count; i++)
			assert_string_equal(forward.item[i].fqdn, backward.item[i].fqdn);
		entry_list_clear(&forward);
		entry_list_clear(&backward);
		strs_clear(&registered);
		strs_clear(&names);
	}
}

/* One more entry that has not ended never takes anything away. */
static void an_added_entry_never_uncovers(void **state)
{
	uint32_t seed = 6;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct strs registered = {0};
		struct strs names = {0};
		struct entry_list l = {0};
		struct coverage_result before = {0};
		struct coverage_result after = {0};
		char *added = random_name(&seed);

		random_names(&seed, 8, &registered);
		random_names(&seed, 8, &names);
		random_list(&seed, &registered, true, &l);
		check(&l, &names, &before);
		entry_list_add(&l, &(struct entry){.fqdn = added});
		check(&l, &names, &after);
		assert_int_equal(before.count, after.count);
		assert_true(!before.ok || after.ok);
		for (size_t i = 0; i < before.count; i++) {
			assert_true(!before.name[i].covered || after.name[i].covered);
			if (!before.name[i].covered && after.name[i].covered)
				assert_true(rule_covers(rule_preset("jpdirect"), added, before.name[i].name));
		}
		coverage_result_clear(&before);
		coverage_result_clear(&after);
		entry_list_clear(&l);
		strs_clear(&registered);
		strs_clear(&names);
		free(added);
	}
}

/* Later is never better: what is refused for an ended entry stays refused. */
static void time_only_takes_away(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct strs registered = {0};
		struct strs names = {0};
		struct entry_list l = {0};
		struct coverage_result now = {0};
		struct coverage_result later = {0};

		random_names(&seed, 8, &registered);
		random_names(&seed, 8, &names);
		random_list(&seed, &registered, true, &l);
		check(&l, &names, &now);
		coverage_check(&(struct coverage_input){rule_preset("jpdirect"), &l, &names, 0, NOW + CLOCK_DAY_SEC}, &later);
		for (size_t i = 0; i < now.count; i++)
			assert_true(now.name[i].covered || !later.name[i].covered);
		coverage_result_clear(&now);
		coverage_result_clear(&later);
		entry_list_clear(&l);
		strs_clear(&registered);
		strs_clear(&names);
	}
}

static void random_names_are_normal_and_stay_so(void **state)
{
	uint32_t seed = 8;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		char *name = random_name(&seed);
		char *out = NULL;
		char *why = NULL;

		assert_true(fqdn_is_normal(name));
		assert_int_equal(fqdn_normalize(name, &out, &why), 0);
		assert_string_equal(name, out);
		free(out);
		free(name);
	}
}

/*
 * Any rule, against a model of its own: names as lists of labels, compared from the left, and every entry tried.
 */
static struct rule any_rule(uint32_t *seed)
{
	static const char *const preset[] = {"jpdirect", "none", "sectigo", "upki"};
	struct rule r = *rule_preset(preset[next_random(seed, 4)]);

	if (next_random(seed, 2) == 0)
		return r;
	r.checked = true;
	r.plain = (enum rule_plain)next_random(seed, RULE_PLAIN_COUNT);
	r.wildcard = (enum rule_wildcard)next_random(seed, RULE_WILDCARD_COUNT);
	r.fixed_set = next_random(seed, 3) == 0;
	r.start = (enum rule_start)next_random(seed, RULE_START_COUNT);
	r.years = (int)next_random(seed, 3);
	r.days = r.years == 0 ? (int)next_random(seed, 800) : 0;
	r.rounding = (enum rule_rounding)next_random(seed, RULE_ROUNDING_COUNT);
	r.utc_offset_sec = ((int)next_random(seed, 49) - 24) * 1800;
	return r;
}

static void labels_of(const char *name, struct strs *out)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		strs_take(out, str_ndup(name, len));
		name += len + (name[len] == '.');
	}
}

/* a without its first `skip` labels is b. */
static bool same_after(const struct strs *a, size_t skip, const struct strs *b)
{
	if (a->count < skip || a->count - skip != b->count)
		return false;
	for (size_t i = 0; i < b->count; i++)
		if (!str_eq(a->item[i + skip], b->item[i]))
			return false;
	return true;
}

static bool plain_model(enum rule_plain plain, const struct strs *r, const struct strs *n)
{
	bool n_www = str_eq(n->item[0], "www"), r_www = str_eq(r->item[0], "www");

	if (plain == RULE_PLAIN_WWW)
		return n_www && same_after(n, 1, r);
	if (plain == RULE_PLAIN_WWW_EITHER)
		return r_www && r->count > 2 ? same_after(r, 1, n) : n_www && same_after(n, 1, r);
	return plain == RULE_PLAIN_SUBTREE && n->count > r->count && same_after(n, n->count - r->count, r);
}

static bool wildcard_model(enum rule_wildcard wildcard, const struct strs *r, const struct strs *n)
{
	if (wildcard == RULE_WILDCARD_EXACT || str_eq(n->item[0], "*"))
		return false;
	return same_after(r, 1, n) || (wildcard == RULE_WILDCARD_SAME_LEVEL && n->count > 0 &&
	                               same_after(n, 1, &(struct strs){r->item + 1, r->count - 1}));
}

static bool rule_model(const struct rule *rule, const char *registered, const char *name)
{
	struct strs r = {0}, n = {0};
	bool covers;

	labels_of(registered, &r);
	labels_of(name, &n);
	covers = same_after(&r, 0, &n) || (registered[0] == '*' ? wildcard_model(rule->wildcard, &r, &n)
	                                                        : plain_model(rule->plain, &r, &n));
	strs_clear(&r);
	strs_clear(&n);
	return covers;
}

static bool ended_model(const struct entry *e)
{
	return e->has_ends && date_days(e->ends) < date_days(date_of_jst(NOW));
}

/* Which set do most covered names belong to? The first in order of those; "-" = none. */
static const char *set_model(const struct rule *rule, const struct entry_list *l, const struct coverage_result *r)
{
	static const char *const sets[] = {"", "x", "y"};
	const char *best = "-";
	size_t most = 0;

	for (size_t s = 0; s < 3; s++) {
		size_t count = 0;

		for (size_t i = 0; i < r->count; i++) {
			bool inside = false;

			for (size_t k = 0; k < l->count; k++)
				inside = inside || (!ended_model(&l->item[k]) && str_eq(l->item[k].set != NULL ? l->item[k].set : "", sets[s]) &&
				                    rule_model(rule, l->item[k].fqdn, r->name[i].name));
			count += inside;
		}
		if (count > most) {
			most = count;
			best = sets[s];
		}
	}
	return best;
}

static void assert_fixed_set(const struct rule *rule, const struct entry_list *l, const struct coverage_result *r)
{
	const char *set = set_model(rule, l, r);
	bool other = false;
	size_t missing = 0;

	for (size_t k = 0; k < l->count && *set != '-'; k++) {
		const struct entry *e = &l->item[k];
		bool used = false;

		if (ended_model(e) || !str_eq(e->set != NULL ? e->set : "", set))
			continue;
		for (size_t i = 0; i < r->count; i++)
			used = used || rule_model(rule, e->fqdn, r->name[i].name);
		missing += !used;
		assert_int_equal(strs_has(&r->missing, e->fqdn), !used);
	}
	assert_int_equal(r->missing.count, missing);
	for (size_t i = 0; i < r->count; i++) {
		bool inside = false;

		for (size_t k = 0; k < r->name[i].by.count; k++) {
			const struct entry *e = entry_list_find(l, r->name[i].by.item[k]);

			inside = inside || str_eq(e->set != NULL ? e->set : "", set);
		}
		assert_int_equal(r->name[i].covered, inside);
		assert_int_equal(r->name[i].reason == COVERAGE_OTHER_SET, r->name[i].by.count > 0 && !inside);
		other = other || (r->name[i].by.count > 0 && !inside);
	}
	assert_int_equal(r->not_the_set, other || missing > 0);
}

static void assert_any_rule(const struct rule *rule, const struct entry_list *l, const struct coverage_result *r)
{
	bool ok = true;

	for (size_t i = 0; i < r->count; i++) {
		const struct coverage_name *n = &r->name[i];
		struct strs by = {0}, ended = {0};

		for (size_t k = 0; rule->checked && k < l->count; k++)
			if (rule_model(rule, l->item[k].fqdn, n->name))
				strs_add(ended_model(&l->item[k]) ? &ended : &by, l->item[k].fqdn);
		assert_true(strs_eq(&n->by, &by)); /* the list is sorted, and so are both of these */
		assert_true(strs_eq(&n->ended, &ended));
		if (!rule->fixed_set)
			assert_int_equal(n->covered, !rule->checked || by.count > 0);
		ok = ok && n->covered;
		strs_clear(&by);
		strs_clear(&ended);
	}
	if (rule->checked && rule->fixed_set)
		assert_fixed_set(rule, l, r);
	assert_int_equal(r->ok, ok && !r->not_the_set);
}

static void any_rule_like_its_model(void **state)
{
	static const char *const set[] = {NULL, "x", "y"};
	uint32_t seed = 9;
	size_t whole_sets = 0, other_sets = 0;

	(void)state;
	for (int round = 0; round < 2 * ROUNDS; round++) {
		struct rule rule = any_rule(&seed);
		struct strs registered = {0}, names = {0};
		struct entry_list l = {0};
		struct coverage_result r = {0};

		rule.utc_offset_sec = CLOCK_JST_OFFSET_SEC; /* so that the ends of random_list() are what they were made for */
		rule.years = rule.days = 0;
		random_names(&seed, rule.fixed_set ? 4 : 10, &registered);
		random_names(&seed, rule.fixed_set ? 4 : 10, &names);
		random_list(&seed, &registered, next_random(&seed, 2) == 0, &l);
		for (size_t i = 0; i < l.count; i++)
			l.item[i].set = str_dup(set[next_random(&seed, 3)]);
		if (next_random(&seed, 4) == 0) /* often enough, exactly what is registered */
			for (size_t i = 0; i < l.count; i++)
				strs_add(&names, l.item[i].fqdn);
		coverage_check(&(struct coverage_input){&rule, &l, &names, 0, NOW}, &r);
		assert_any_rule(&rule, &l, &r);
		whole_sets += rule.checked && rule.fixed_set && r.count > 0 && r.ok;
		other_sets += r.not_the_set;
		coverage_result_clear(&r);
		entry_list_clear(&l);
		strs_clear(&names);
		strs_clear(&registered);
	}
	assert_true(whole_sets > 20 && other_sets > 20);
}

/* What is normal stays as it is, whatever it was made of; and what is proposed to be registered covers, under any rule. */
static void normal_names_stay_normal(void **state)
{
	static const char *const part[] = {"www", "WWW", "Example", "日本語", "ｗｗｗ", "xn--wgv71a119e", "*", ".", "。", "．", "-", "a", "jp",
	                                   "JP", "9", "_", " ", "é", "ß", "", "a-b"};
	uint32_t seed = 10;
	size_t good = 0;

	(void)state;
	for (int round = 0; round < 20 * ROUNDS; round++) {
		char *input = str_dup(""), *once = NULL, *twice = NULL, *why = NULL;

		for (uint32_t n = 1 + next_random(&seed, 7); n > 0; n--)
			str_replace(&input, str_fmt("%s%s%s", input, part[next_random(&seed, sizeof part / sizeof part[0])],
			                            next_random(&seed, 2) == 0 ? "." : ""));
		if (fqdn_normalize(input, &once, &why) == 0) {
			struct rule rule = any_rule(&seed);
			struct strs would = {0};

			good++;
			assert_true(fqdn_is_normal(once));
			assert_int_equal(fqdn_normalize(once, &twice, &why), 0);
			assert_string_equal(once, twice);
			coverage_would_cover(&rule, once, &would);
			assert_true(strs_has(&would, once));
			for (size_t i = 0; i < would.count; i++)
				assert_true(fqdn_is_normal(would.item[i]) && rule_covers(&rule, would.item[i], once));
			strs_clear(&would);
		}
		free(input);
		free(once);
		free(twice);
		free(why);
	}
	assert_true(good > ROUNDS);
}

/* A paid renewal never takes anything away, under any rule that counts terms; and it adds a term, give or take its rounding. */
static void periods_grow_with_renewals(void **state)
{
	uint32_t seed = 11;

	(void)state;
	for (int round = 0; round < 2 * ROUNDS; round++) {
		struct rule rule = any_rule(&seed);
		struct date start = date_from_days(20454 + (int64_t)next_random(&seed, 4000)), last = {0};
		int64_t before = 0;

		for (int renewed = 0; renewed < 12; renewed++) {
			int64_t end, term;

			if (!period_last(&rule, start, renewed, &last)) {
				assert_true(rule.years == 0 && rule.days == 0);
				break;
			}
			end = period_end_instant(&rule, last);
			assert_true(date_valid(last));
			assert_true(date_compare(last, start) >= 0);
			term = before > 0 ? (end - before) / CLOCK_DAY_SEC : 0;
			if (before > 0 && rule.rounding == RULE_ROUNDING_MONTH_END)
				assert_true(end >= before && term <= rule.years * 366 + rule.days + 31);
			else if (before > 0)
				assert_true(rule.years > 0 ? term >= rule.years * 365 && term <= rule.years * 366 : term == rule.days);
			before = end;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_the_model),
		cmocka_unit_test(rule_covers_is_the_model_for_one_entry),
		cmocka_unit_test(registering_the_proposal_helps),
		cmocka_unit_test(order_and_duplicates_change_nothing),
		cmocka_unit_test(order_of_entries_changes_nothing),
		cmocka_unit_test(an_added_entry_never_uncovers),
		cmocka_unit_test(time_only_takes_away),
		cmocka_unit_test(random_names_are_normal_and_stay_so),
		cmocka_unit_test(any_rule_like_its_model),
		cmocka_unit_test(normal_names_stay_normal),
		cmocka_unit_test(periods_grow_with_renewals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
