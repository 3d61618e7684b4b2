#include "config.h"

#include "run/site.h"

#include "config/keys.h"
#include "run_maker.h"

/* The rules that the settings' words make. The settings know no rules, and the rules no settings: that both agree is held here. */

static void same_words(const char *const *a, const char *const *b)
{
	size_t i = 0;

	for (; a[i] && b[i]; i++)
		assert_string_equal(a[i], b[i]);
	assert_true(!a[i] && !b[i]);
}

static void test_presets_agree(void **state)
{
	(void)state;
	same_words(keys_words(KEYS_RULE), rule_preset_names());
	same_words(keys_words(KEYS_RULE_PRESET), rule_preset_names());
	for (const char *const *name = settings_profile_names(); *name; name++) {
		struct ca_setting ca = {0};

		assert_int_equal(settings_profile(*name, &ca), 0);
		assert_non_null(rule_preset(ca.rule));
		ca_setting_clear(&ca);
	}
}

/* Every parameter is a key, in the same order, and every word of the key is one of the parameter. */
static void test_parameters_agree(void **state)
{
	size_t count, n = 0;
	const struct keys_row *table = keys_table(&count);
	const char *const *parameters = rule_parameters();

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *const *words = keys_words(table[i].kind);
		struct rule r = *rule_preset("jpdirect");

		if ((table[i].levels & KEYS_IN(KEYS_RULE_MAP)) == 0 || table[i].kind == KEYS_RULE_PRESET)
			continue;
		assert_non_null(parameters[n]);
		assert_string_equal(table[i].name, parameters[n++]);
		for (; words && *words; words++) {
			char *told;

			assert_int_equal(rule_set(&r, table[i].name, *words), 0);
			told = rule_get(&r, table[i].name);
			assert_string_equal(told, *words);
			free(told);
		}
	}
	assert_null(parameters[n]);
}

/* Words without a closed list: what the settings take, the rule takes, and nothing else. */
static void test_lengths_and_zones_agree(void **state)
{
	static const char *const lengths[] = {"none", "1y", "10y", "11y", "0y", "1d", "365d", "3660d", "3661d", "0d", "01d", "1", "y", "1m"};
	static const char *const zones[] = {"UTC", "Asia/Tokyo", "+09:00", "-03:30", "+14:00", "+14:01", "+15:00", "+09:60", "+9:00", "JST",
	                                    "-14:00", "+0900", "+aa:00"};
	struct run *r = *state;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths + sizeof zones / sizeof *zones; i++) {
		bool length = i < sizeof lengths / sizeof *lengths;
		const char *key = length ? "length" : "time_zone";
		const char *word = length ? lengths[i] : zones[i - sizeof lengths / sizeof *lengths];
		char *text = str_fmt("cas: [{rule: {%s: \"%s\"}}]\n", key, word);
		struct rule wanted = *rule_preset("jpdirect");
		bool good = rule_set(&wanted, key, word) == 0;
		struct settings s = {0};
		struct diags d = {0};

		run_close(r);
		run_write(r, "tegata.yaml", text);
		if ((settings_load(r->etc, &s, &d) == 0) != good)
			fail_msg("%s: %s", key, word);
		settings_clear(&s);
		diags_clear(&d);
		free(text);
	}
}

static void test_rules_of_a_site(void **state)
{
	struct run *r = *state;
	const struct rule *rule;
	struct ca_setting stranger = {0};

	run_open(r, "cas:\n"
	            "  - {name: a}\n"
	            "  - {name: b, rule: {preset: sectigo, length: 2y, rounding: none, time_zone: '+09:00', fixed_set: true}}\n"
	            "  - {name: c, profile: letsencrypt}\n", "");
	rule = site_rule(&r->s, &r->s.settings.ca[0]);
	assert_memory_equal(rule, rule_preset("jpdirect"), sizeof *rule);
	rule = site_rule(&r->s, &r->s.settings.ca[1]);
	assert_string_equal(rule->preset, "sectigo");
	assert_true(rule->checked && rule->fixed_set);
	assert_int_equal(rule->plain, RULE_PLAIN_WWW_EITHER);
	assert_int_equal(rule->years, 2);
	assert_int_equal(rule->days, 0);
	assert_int_equal(rule->rounding, RULE_ROUNDING_NONE);
	assert_int_equal(rule->utc_offset_sec, CLOCK_JST_OFFSET_SEC);
	assert_int_equal(rule->end, RULE_END_STOP);
	assert_false(site_rule(&r->s, &r->s.settings.ca[2])->checked);

	/* a CA that is not of these settings: its preset alone */
	assert_int_equal(settings_profile("letsencrypt", &stranger), 0);
	assert_false(site_rule(&r->s, &stranger)->checked);
	ca_setting_clear(&stranger);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets_agree),
		cmocka_unit_test(test_parameters_agree),
		WITH(test_lengths_and_zones_agree),
		WITH(test_rules_of_a_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
