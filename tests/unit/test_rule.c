/* What a CA sells, as data: the presets of rules.md §3, the words of the parameters, and candidates against trying everything. */
#include "config.h"

#include "entitle/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "entitle/fqdn.h"

#define SEED 20261122u
#define ROUNDS 4000

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* All parameters in the order of rule_parameters(). */
static char *in_words(const struct rule *r)
{
	struct strs words = {0};
	char *text;

	for (const char *const *p = rule_parameters(); *p != NULL; p++)
		strs_take(&words, rule_get(r, *p));
	text = strs_join(&words, " ");
	strs_clear(&words);
	return text;
}

static void presets(void **state)
{
	static const struct { const char *name; bool checked; const char *words; } row[] = {
		{"jpdirect", true, "www base no first-issuance 1y month-end Asia/Tokyo revoke"},
		{"none", false, "exact exact no first-issuance none none UTC stop"},
		{"sectigo", true, "www-either base no first-domain 365d next-day UTC stop"},
		{"upki", true, "exact exact yes registered none none Asia/Tokyo stop"},
	};
	size_t i = 0;

	(void)state;
	for (; i < sizeof row / sizeof row[0]; i++) {
		const struct rule *r = rule_preset(row[i].name);
		char *words;

		assert_string_equal(rule_preset_names()[i], row[i].name);
		assert_non_null(r);
		assert_string_equal(r->preset, row[i].name);
		assert_int_equal(r->checked, row[i].checked);
		words = in_words(r);
		assert_string_equal(words, row[i].words);
		free(words);
	}
	assert_null(rule_preset_names()[i]);
	assert_null(rule_preset("JPDirect"));
	assert_null(rule_preset(""));
}

static void words_are_set_and_told(void **state)
{
	static const char *const row[][3] = { /* parameter, word, told as (NULL = the same) */
		{"plain", "exact", NULL}, {"plain", "www", NULL}, {"plain", "www-either", NULL}, {"plain", "subtree", NULL},
		{"wildcard", "exact", NULL}, {"wildcard", "base", NULL}, {"wildcard", "same-level", NULL},
		{"fixed_set", "yes", NULL}, {"fixed_set", "no", NULL},
		{"start", "first-issuance", NULL}, {"start", "first-domain", NULL}, {"start", "registered", NULL},
		{"length", "1y", NULL}, {"length", "10y", NULL}, {"length", "1d", NULL}, {"length", "3660d", NULL},
		{"length", "none", NULL},
		{"rounding", "none", NULL}, {"rounding", "next-day", NULL}, {"rounding", "month-end", NULL},
		{"time_zone", "UTC", NULL}, {"time_zone", "Asia/Tokyo", NULL}, {"time_zone", "+09:00", "Asia/Tokyo"},
		{"time_zone", "+00:00", "UTC"}, {"time_zone", "-00:00", "UTC"}, {"time_zone", "-03:30", NULL},
		{"time_zone", "+14:00", NULL}, {"time_zone", "-14:00", NULL}, {"time_zone", "+05:45", NULL},
		{"end", "revoke", NULL}, {"end", "stop", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct rule r = *rule_preset(i % 2 == 0 ? "jpdirect" : "upki");
		char *told;

		assert_int_equal(rule_set(&r, row[i][0], row[i][1]), 0);
		told = rule_get(&r, row[i][0]);
		assert_string_equal(told, row[i][2] != NULL ? row[i][2] : row[i][1]);
		free(told);
	}
}

static void other_words_change_nothing(void **state)
{
	static const char *const row[][2] = {
		{"plain", "both"}, {"plain", ""}, {"plain", "WWW"}, {"wildcard", "www"}, {"fixed_set", "true"},
		{"start", "purchase"}, {"length", "0y"}, {"length", "11y"}, {"length", "0d"}, {"length", "3661d"}, {"length", "y"},
		{"length", "d"}, {"length", "1"}, {"length", "1m"}, {"length", "01y"}, {"length", "-1y"}, {"length", "+1y"},
		{"length", " 1y"}, {"length", ""}, {"length", "99999999999999999999d"}, {"rounding", "month"},
		{"time_zone", "JST"}, {"time_zone", "+9:00"}, {"time_zone", "+0900"}, {"time_zone", "+14:01"}, {"time_zone", "+15:00"},
		{"time_zone", "+09:60"}, {"time_zone", "09:00"}, {"time_zone", "+0a:00"}, {"time_zone", "+09:000"}, {"time_zone", ""},
		{"end", "never"}, {"checked", "yes"}, {"", "yes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct rule r = *rule_preset("jpdirect");
		char *words;

		assert_int_equal(rule_set(&r, row[i][0], row[i][1]), -1);
		words = in_words(&r);
		assert_string_equal(words, "www base no first-issuance 1y month-end Asia/Tokyo revoke");
		free(words);
	}
	assert_null(rule_get(rule_preset("jpdirect"), "checked"));
}

/* A rule with one parameter set; the others, and what they cover, exact. */
static struct rule only(const char *parameter, const char *word)
{
	struct rule r = *rule_preset("upki");

	r.fixed_set = false;
	assert_int_equal(rule_set(&r, parameter, word), 0);
	return r;
}

static void what_an_entry_covers(void **state)
{
	static const struct { const char *parameter, *word, *registered, *covers, *not; } row[] = {
		{"plain", "exact", "example.jp", "example.jp", "www.example.jp a.example.jp *.example.jp"},
		{"plain", "www", "example.jp", "example.jp www.example.jp", "a.example.jp *.example.jp www.www.example.jp"},
		{"plain", "www", "www.example.jp", "www.example.jp www.www.example.jp", "example.jp"},
		{"plain", "www-either", "example.jp", "example.jp www.example.jp", "www.www.example.jp a.example.jp"},
		{"plain", "www-either", "www.example.jp", "www.example.jp example.jp", "www.www.example.jp"},
		{"plain", "www-either", "www.jp", "www.jp www.www.jp", "jp"},
		{"plain", "www-either", "www.www.jp", "www.www.jp www.jp", "www.www.www.jp"},
		{"plain", "subtree", "example.jp", "example.jp www.example.jp a.b.example.jp *.example.jp *.b.example.jp",
		 "notexample.jp jp *.jp example.com"},
		{"plain", "subtree", "*.example.jp", "*.example.jp", "example.jp a.example.jp"},
		{"wildcard", "exact", "*.example.jp", "*.example.jp", "example.jp a.example.jp"},
		{"wildcard", "base", "*.example.jp", "*.example.jp example.jp", "www.example.jp *.a.example.jp"},
		{"wildcard", "same-level", "*.example.jp", "*.example.jp example.jp www.example.jp a.example.jp",
		 "a.b.example.jp *.a.example.jp notexample.jp"},
		{"wildcard", "same-level", "example.jp", "example.jp", "www.example.jp *.example.jp"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct rule r = only(row[i].parameter, row[i].word);
		const char *const lists[] = {row[i].covers, row[i].not};

		for (size_t k = 0; k < 2; k++) {
			for (const char *p = lists[k]; *p != '\0';) {
				size_t len = strcspn(p, " ");
				char *name = str_ndup(p, len);

				if (rule_covers(&r, row[i].registered, name) != (k == 0))
					fail_msg("%s %s: %s and %s", row[i].parameter, row[i].word, row[i].registered, name);
				free(name);
				p += len + (p[len] != '\0');
			}
		}
	}
}

/* Every name of up to four labels out of few, with and without "*.". */
static void universe(struct strs *out)
{
	static const char *const label[] = {"www", "a"};
	size_t from = 0, to;

	strs_add(out, "jp");
	for (int depth = 0; depth < 4; depth++) {
		to = out->count;
		for (; from < to; from++)
			for (size_t k = 0; k < 2; k++)
				strs_take(out, str_fmt("%s.%s", label[k], out->item[from]));
	}
	to = out->count;
	for (size_t i = 0; i < to; i++)
		strs_take(out, str_fmt("*.%s", out->item[i]));
}

static void candidates_are_all_that_could_cover(void **state)
{
	struct strs all = {0};

	(void)state;
	universe(&all);
	for (int plain = 0; plain < RULE_PLAIN_COUNT; plain++) {
		for (int wildcard = 0; wildcard < RULE_WILDCARD_COUNT; wildcard++) {
			struct rule r = {.checked = true, .plain = (enum rule_plain)plain, .wildcard = (enum rule_wildcard)wildcard};

			for (size_t i = 0; i < all.count; i++) {
				struct strs want = {0}, got = {0}, inside = {0};

				if (!fqdn_is_normal(all.item[i]))
					continue;
				for (size_t k = 0; k < all.count; k++)
					if (fqdn_is_normal(all.item[k]) && rule_covers(&r, all.item[k], all.item[i]))
						strs_add(&want, all.item[k]);
				rule_candidates(&r, all.item[i], &got);
				for (size_t k = 0; k < got.count; k++) {
					assert_true(fqdn_is_normal(got.item[k]));
					assert_true(rule_covers(&r, got.item[k], all.item[i]));
					if (strs_has(&all, got.item[k])) /* "www." in front of the longest is not among them */
						strs_add(&inside, got.item[k]);
				}
				assert_true(strs_same_set(&want, &inside));
				assert_int_equal(want.count, inside.count);
				strs_clear(&want);
				strs_clear(&got);
				strs_clear(&inside);
			}
		}
	}
	strs_clear(&all);
}

static void even_the_longest_name_has_few_candidates(void **state)
{
	struct rule r = only("plain", "subtree");
	struct strs got = {0};
	char name[FQDN_MAX + 1] = "";

	(void)state;
	for (size_t i = 0; i < 125; i++)
		memcpy(name + 2 * i, "a.", 2);
	memcpy(name + 250, "jp", 3);
	assert_true(fqdn_is_normal(name));
	rule_candidates(&r, name, &got);
	assert_int_equal(got.count, 125);
	assert_true(got.count <= RULE_CANDIDATES_MAX);
	strs_clear(&got);
}

/* Any rule by chance can be said in words, and comes back the same. */
static void any_rule_in_words(void **state)
{
	uint32_t seed = SEED;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct rule r = *rule_preset("none"), again = *rule_preset("none");
		int offset = ((int)next_random(&seed, 2 * 14 * 60 + 1) - 14 * 60) * 60;

		r.plain = (enum rule_plain)next_random(&seed, RULE_PLAIN_COUNT);
		r.wildcard = (enum rule_wildcard)next_random(&seed, RULE_WILDCARD_COUNT);
		r.fixed_set = next_random(&seed, 2) == 0;
		r.start = (enum rule_start)next_random(&seed, RULE_START_COUNT);
		r.years = next_random(&seed, 2) == 0 ? (int)next_random(&seed, 11) : 0;
		r.days = r.years == 0 ? (int)next_random(&seed, 3661) : 0;
		r.rounding = (enum rule_rounding)next_random(&seed, RULE_ROUNDING_COUNT);
		r.utc_offset_sec = offset;
		r.end = (enum rule_end)next_random(&seed, RULE_END_COUNT);
		for (const char *const *p = rule_parameters(); *p != NULL; p++) {
			char *word = rule_get(&r, *p);

			if (rule_set(&again, *p, word) != 0)
				fail_msg("seed %u round %d: %s %s", SEED, round, *p, word);
			free(word);
		}
		assert_true(again.plain == r.plain && again.wildcard == r.wildcard && again.fixed_set == r.fixed_set);
		assert_true(again.start == r.start && again.years == r.years && again.days == r.days);
		assert_true(again.rounding == r.rounding && again.utc_offset_sec == offset && again.end == r.end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets),
		cmocka_unit_test(words_are_set_and_told),
		cmocka_unit_test(other_words_change_nothing),
		cmocka_unit_test(what_an_entry_covers),
		cmocka_unit_test(candidates_are_all_that_could_cover),
		cmocka_unit_test(even_the_longest_name_has_few_candidates),
		cmocka_unit_test(any_rule_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
