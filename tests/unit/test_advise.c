/* Rules 16-18 of rules.md §7: which names of a certificate fall with which, and how they would stand better. */
#include "config.h"

#include "entitle/advise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define LONG_AGO INT64_C(1577836800) /* 2020-01-01 */

struct example {
	const char *what;
	const char *entries; /* "NAME" or "NAME@LAST_DAY" */
	const char *names;
	enum advise_by by;
	bool www_apart;
	const char *groups;  /* "LAST_DAY: NAMES (ENTRIES)", by "; " */
	const char *falling;
};

static const struct example example[] = {
	{"one end", "a.jp@2027-02-28 b.jp@2027-02-28", "a.jp b.jp www.a.jp", ADVISE_BY_END, false,
	 "2027-02-28: a.jp b.jp www.a.jp (a.jp b.jp)", ""},
	{"rule 17: the first end takes the others along", "a.jp@2027-02-28 b.jp@2027-06-30", "b.jp a.jp www.b.jp",
	 ADVISE_BY_END, false, "2027-02-28: a.jp (a.jp); 2027-06-30: b.jp www.b.jp (b.jp)", "b.jp www.b.jp"},
	{"an end that nobody knows is the last", "b.jp@2027-06-30 c.jp", "c.jp b.jp", ADVISE_BY_END, false,
	 "2027-06-30: b.jp (b.jp); -: c.jp (c.jp)", "c.jp"},
	{"no end at all", "a.jp b.jp", "a.jp b.jp", ADVISE_BY_END, false, "-: a.jp b.jp (a.jp b.jp)", ""},
	{"not covered: nothing of its own lives on", "a.jp@2027-02-28", "x.jp a.jp", ADVISE_BY_END, false,
	 "2027-02-28: a.jp (a.jp); -: x.jp ()", ""},
	{"nothing is covered", "", "a.jp b.jp", ADVISE_BY_END, false, "-: a.jp b.jp ()", ""},
	{"overlap: the careful end is the earliest", "a.jp@2027-02-28 *.a.jp@2027-06-30", "a.jp www.a.jp *.a.jp",
	 ADVISE_BY_END, false, "2027-02-28: a.jp www.a.jp (*.a.jp a.jp); 2027-06-30: *.a.jp (*.a.jp)", "*.a.jp"},
	{"overlap: it lives on the entry that ends last", "a.jp@2027-02-28 *.a.jp@2027-06-30", "a.jp www.a.jp *.a.jp",
	 ADVISE_BY_ENTRY, false, "2027-02-28: a.jp *.a.jp (*.a.jp a.jp); 2027-02-28: www.a.jp (a.jp)", "*.a.jp"},
	{"overlap: no end is the last end", "a.jp *.a.jp@2027-06-30", "a.jp *.a.jp", ADVISE_BY_ENTRY, false,
	 "2027-06-30: a.jp (a.jp *.a.jp); 2027-06-30: *.a.jp (*.a.jp)", ""},
	{"overlap: of one end the plain one", "a.jp@2027-06-30 *.a.jp@2027-06-30", "a.jp *.a.jp", ADVISE_BY_ENTRY, false,
	 "2027-06-30: a.jp (a.jp *.a.jp); 2027-06-30: *.a.jp (*.a.jp)", ""},
	{"overlap: what had ended is none", "a.jp@2019-12-31 *.a.jp@2027-06-30", "a.jp *.a.jp", ADVISE_BY_END, false,
	 "2027-06-30: a.jp *.a.jp (*.a.jp)", ""},
	{"all had ended", "a.jp@2019-12-31 b.jp", "a.jp b.jp", ADVISE_BY_END, false,
	 "2019-12-31: a.jp (a.jp); -: b.jp (b.jp)", "b.jp"},
	{"by entry, of one end", "a.jp@2027-02-28 b.jp@2027-02-28", "b.jp a.jp www.b.jp", ADVISE_BY_ENTRY, false,
	 "2027-02-28: b.jp www.b.jp (b.jp); 2027-02-28: a.jp (a.jp)", ""},
	{"www. apart", "a.jp@2027-02-28 b.jp@2027-02-28", "a.jp www.a.jp www.b.jp", ADVISE_BY_END, true,
	 "2027-02-28: a.jp www.b.jp (a.jp b.jp); 2027-02-28: www.a.jp (a.jp)", ""},
	{"www. apart, by entry", "a.jp@2027-02-28 b.jp@2027-06-30", "a.jp www.a.jp b.jp www.b.jp", ADVISE_BY_ENTRY, true,
	 "2027-02-28: a.jp (a.jp); 2027-02-28: www.a.jp (a.jp); 2027-06-30: b.jp (b.jp); 2027-06-30: www.b.jp (b.jp)",
	 "b.jp www.b.jp"},
	{"www. together has its own entry", "a.jp@2027-02-28 www.a.jp@2027-06-30", "a.jp www.a.jp www.www.a.jp",
	 ADVISE_BY_END, false, "2027-02-28: a.jp www.a.jp (www.a.jp a.jp); 2027-06-30: www.www.a.jp (www.a.jp)", "www.www.a.jp"},
	{"no names", "a.jp@2027-02-28", "", ADVISE_BY_END, false, "", ""},
};

static void split(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		strs_take(out, str_ndup(text, len));
		text += len + strspn(text + len, " ");
	}
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

static char *group_text(const struct advise_group *g)
{
	char *day = g->end_at != 0 ? date_format(date_of_jst(g->end_at - 1)) : str_dup("-");
	char *names = strs_join(&g->names, " ");
	char *entries = strs_join(&g->entries, " ");
	char *text = str_fmt("%s: %s (%s)", day, names, entries);

	free(day);
	free(names);
	free(entries);
	return text;
}

static void assert_text(const char *wanted, char *got)
{
	assert_string_equal(got, wanted);
	free(got);
}

static void assert_groups(const char *wanted, const struct advise *a)
{
	struct strs all = {0};

	for (size_t i = 0; i < a->count; i++)
		strs_take(&all, group_text(&a->group[i]));
	assert_text(wanted, strs_join(&all, "; "));
	strs_clear(&all);
}

static void run_example(const struct example *x, const struct rule *rule, struct advise *out)
{
	struct entry_list list = {0};
	struct strs names = {0};

	set_list(x->entries, &list);
	split(x->names, &names);
	advise_find(&(struct advise_input){rule, &list, &names, x->by, x->www_apart, LONG_AGO}, out);
	strs_clear(&names);
	entry_list_clear(&list);
}

static void examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
		struct advise a = {0};
		print_message("%s\n", example[i].what);
		run_example(&example[i], rule_preset("jpdirect"), &a);
		assert_groups(example[i].groups, &a);
		assert_text(example[i].falling, strs_join(&a.falling, " "));
		advise_clear(&a);
	}
}

/* Certificates live on there, so that nothing falls; the split is the same. */
static void where_certificates_live_on_nothing_falls(void **state)
{
	struct rule rule = *rule_preset("jpdirect");
	struct advise a = {0};

	(void)state;
	rule.end = RULE_END_STOP;
	run_example(&example[1], &rule, &a);
	assert_groups(example[1].groups, &a);
	assert_int_equal(a.falling.count, 0);
	advise_clear(&a);
}

static void a_fixed_set_is_not_split(void **state)
{
	struct rule rule = *rule_preset("jpdirect");
	struct advise a = {0};

	(void)state;
	rule.plain = RULE_PLAIN_EXACT;
	rule.fixed_set = true;
	run_example(&(struct example){.entries = "a.jp@2027-02-28 www.a.jp@2027-06-30", .names = "a.jp www.a.jp",
	                              .by = ADVISE_BY_ENTRY, .www_apart = true},
	            &rule, &a);
	assert_groups("2027-02-28: a.jp www.a.jp (www.a.jp a.jp)", &a);
	assert_text("www.a.jp", strs_join(&a.falling, " "));
	advise_clear(&a);
}

static void without_a_contract_there_is_no_end(void **state)
{
	struct advise a = {0};

	(void)state;
	run_example(&example[1], rule_preset("none"), &a);
	assert_groups("-: b.jp a.jp www.b.jp ()", &a);
	assert_int_equal(a.falling.count, 0);
	advise_clear(&a);
}

/* Each name stands in one group, in the certificate's order, and no group ends before the first of its names does. */
static void every_name_has_one_place(void **state)
{
	static const char *const label[] = {"a.jp", "b.jp", "www.a.jp", "*.a.jp", "*.b.jp", "x.a.jp", "www.b.jp", "c.jp"};
	uint32_t seed = 20261122;

	(void)state;
	print_message("seed %u\n", (unsigned)seed);
	for (int round = 0; round < 2000; round++) {
		struct entry_list list = {0};
		struct strs names = {0};
		struct advise a = {0};
		size_t total = 0;

		for (size_t i = 0; i < sizeof label / sizeof *label; i++) {
			seed = seed * 1664525u + 1013904223u;
			struct entry e = {.fqdn = str_dup(label[i]), .has_ends = seed >> 20 & 1, .ends = {2027, 2, 28}};
			e.ends.month += (int)(seed >> 21 & 3);
			if ((seed >> 8 & 1) != 0)
				entry_list_add(&list, &e);
			if ((seed >> 9 & 1) != 0)
				strs_add(&names, label[i]);
			free(e.fqdn);
		}
		advise_find(&(struct advise_input){rule_preset("jpdirect"), &list, &names, (enum advise_by)(seed >> 30 & 1),
		                                   (seed >> 29 & 1) != 0, LONG_AGO}, &a);
		for (size_t i = 0; i < a.count; i++) {
			assert_true(a.group[i].names.count > 0);
			total += a.group[i].names.count;
			for (size_t j = 0; j < a.group[i].names.count; j++)
				assert_true(strs_has(&names, a.group[i].names.item[j]));
			assert_true(i == 0 || a.group[i].end_at == 0 ||
			            (a.group[i - 1].end_at != 0 && a.group[i - 1].end_at <= a.group[i].end_at));
		}
		assert_int_equal(total, names.count);
		advise_clear(&a);
		strs_clear(&names);
		entry_list_clear(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(where_certificates_live_on_nothing_falls),
		cmocka_unit_test(a_fixed_set_is_not_split),
		cmocka_unit_test(without_a_contract_there_is_no_end),
		cmocka_unit_test(every_name_has_one_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
