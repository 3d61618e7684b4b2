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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
