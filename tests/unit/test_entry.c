#include "config.h"

#include "entitle/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"

static void read_text(const char *text, struct entry_list *l, struct diags *d)
{
	struct yaml_node *root = NULL;

	assert_int_equal(yaml_parse("list.yaml", text, strlen(text), &root, d), 0);
	entry_list_read("list.yaml", root, l, d);
	yaml_node_free(root);
}

/* "LINE:COLUMN text" of every mistake, one line each. */
static char *told(const struct diags *d)
{
	struct strs lines = {0};

	for (size_t i = 0; i < d->count; i++) {
		assert_string_equal(d->item[i].file, "list.yaml");
		strs_take(&lines, str_fmt("%d:%d %s", d->item[i].line, d->item[i].column, d->item[i].text));
	}
	char *all = strs_join(&lines, "\n");
	strs_clear(&lines);
	return all;
}

static void the_issues_example(void **state)
{
	struct entry_list l = {0};
	struct diags d = {0};

	(void)state;
	read_text("- example.jp\n"
	          "- \"*.example.jp\"\n"
	          "- fqdn: 日本語.jp\n"
	          "  first_issued: 2026-02-19   # optional\n"
	          "  renewed: 1                 # optional\n"
	          "- fqdn: shop.example.jp\n"
	          "  ends: 2027-02-28\n", &l, &d);
	assert_int_equal(d.total, 0);
	assert_int_equal(l.count, 4);
	assert_string_equal(l.item[0].fqdn, "*.example.jp");
	assert_int_equal(l.item[0].line, 2);
	assert_string_equal(l.item[1].fqdn, "example.jp");
	assert_false(l.item[1].has_first_issued || l.item[1].has_ends);
	assert_string_equal(l.item[2].fqdn, "shop.example.jp");
	assert_true(l.item[2].has_ends);
	assert_int_equal(l.item[2].ends.year * 10000 + l.item[2].ends.month * 100 + l.item[2].ends.day, 20270228);
	assert_string_equal(l.item[3].fqdn, "xn--wgv71a119e.jp");
	assert_true(l.item[3].has_first_issued);
	assert_int_equal(l.item[3].first_issued.day, 19);
	assert_int_equal(l.item[3].renewed, 1);
	assert_int_equal(l.item[3].line, 3);
	entry_list_clear(&l);
	diags_clear(&d);
}

/* What other contracts need. */
static void registered_and_set(void **state)
{
	struct entry_list l = {0};
	struct diags d = {0};

	(void)state;
	read_text("- fqdn: b.jp\n"
	          "  registered: 2026-05-01\n"
	          "  set: web 1\n"
	          "- fqdn: a.jp\n"
	          "  registered: 2026-04-30\n"
	          "  ends: 2026-04-30\n"
	          "- c.jp\n", &l, &d);
	assert_int_equal(d.total, 0);
	assert_true(l.has_first_registered);
	assert_int_equal(l.first_registered.day, 30);
	assert_true(l.item[0].has_registered && l.item[1].has_registered && !l.item[2].has_registered);
	assert_string_equal(l.item[1].set, "web 1");
	assert_null(l.item[0].set);
	entry_list_clear(&l);
}

static void added_removed_copied_recorded(void **state)
{
	struct entry_list l = {0}, copy = {0};
	char a[] = "a.jp", b[] = "b.jp", set[] = "one";

	(void)state;
	entry_list_add(&l, &(struct entry){.fqdn = b, .has_registered = true, .registered = {2026, 5, 1}, .set = set});
	entry_list_add(&l, &(struct entry){.fqdn = a, .has_registered = true, .registered = {2026, 4, 1}});
	assert_int_equal(l.first_registered.month, 4);
	entry_list_copy(&copy, &l);
	assert_true(entry_list_remove(&l, "a.jp"));
	assert_false(entry_list_remove(&l, "a.jp"));
	assert_int_equal(l.count, 1);
	assert_int_equal(l.first_registered.month, 5);
	assert_true(entry_list_record(&l, "b.jp", (struct date){2026, 6, 2}, true));
	assert_false(entry_list_record(&l, "a.jp", (struct date){2026, 6, 2}, true));
	assert_true(l.item[0].has_recorded && l.item[0].perhaps && l.item[0].recorded.day == 2);
	entry_list_add(&l, &(struct entry){.fqdn = b}); /* in its place: nothing is left of the old one */
	assert_false(l.has_first_registered || l.item[0].has_recorded);
	assert_null(l.item[0].set);
	assert_true(entry_list_remove(&l, "b.jp"));
	assert_int_equal(l.count, 0);
	assert_int_equal(copy.count, 2);
	assert_string_equal(copy.item[1].set, "one");
	assert_int_equal(copy.first_registered.month, 4);
	assert_false(copy.item[1].has_recorded);
	entry_list_add(&copy, &(struct entry){.fqdn = set});
	assert_int_equal(copy.count, 3);
	entry_list_clear(&l);
	entry_list_clear(&copy);
	entry_list_copy(&copy, &l);
	assert_int_equal(copy.count, 0);
	entry_list_clear(&copy);
}

static void empty_lists(void **state)
{
	static const char *const text[] = {"", "# nothing yet\n", "[]\n", "---\n", "~\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		struct entry_list l = {0};
		struct diags d = {0};
		read_text(text[i], &l, &d);
		assert_int_equal(d.total, 0);
		assert_int_equal(l.count, 0);
		assert_null(entry_list_find(&l, "example.jp"));
		entry_list_clear(&l);
	}
}

#define NO_DOT "it has no dot; write the full name down to the top-level domain, as in www.example.jp"
#define NO_DATE "expected a date written YYYY-MM-DD, found "
#define NO_COUNT "expected the number of paid renewals, 0 to 100, found "

/* A list, and all that must be told about it. */
static const char *const mistakes[][2] = {
	{"example.jp\n", "1:1 expected a list of registered FQDNs, one \"- example.jp\" in each line, found a single value"},
	{"fqdn: example.jp\n", "1:1 expected a list of registered FQDNs, one \"- example.jp\" in each line, found a mapping"},
	{"- a.jp\n- localhost\n", "2:3 \"localhost\" cannot be used: " NO_DOT},
	{"- 12\n", "1:3 \"12\" cannot be used: it ends in a number, as an IP address does; no top-level domain is a number"},
	{"- https://a.jp/\n",
	 "1:3 \"https://a.jp/\" cannot be used: this is a URL; write the name alone, without \"https://\" and without a path"},
	{"- fqdn: a_b.jp\n",
	 "1:9 \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a certificate"},
	{"- ''\n", "1:3 the name is empty"},
	{"-\n- a.jp\n", "1:2 expected a domain name, found nothing"},
	{"- [a.jp, b.jp]\n", "1:3 expected a domain name, found a list"},
	{"- fqdn: [a.jp]\n", "1:9 expected a domain name, found a list"},
	{"- fqdn: {a: b}\n", "1:9 expected a domain name, found a mapping"},
	{"- fqdn: ~\n", "1:9 expected a domain name, found nothing"},
	{"- {}\n", "1:3 this item has no fqdn"},
	{"- ends: 2027-02-28\n", "1:3 this item has no fqdn"},
	{"- fqdn: a.jp\n  first_isued: 2026-02-19\n", "2:3 unknown key \"first_isued\"; did you mean \"first_issued\"?"},
	{"- fqdn: a.jp\n  end: 2026-02-19\n", "2:3 unknown key \"end\"; did you mean \"ends\"?"},
	{"- fqnd: a.jp\n", "1:3 this item has no fqdn\n1:3 unknown key \"fqnd\"; did you mean \"fqdn\"?"},
	{"- fqdn: a.jp\n  colour: red\n",
	 "2:3 unknown key \"colour\"; known are fqdn, first_issued, renewed, ends, registered and set"},
	{"- fqdn: a.jp\n  ends: 2027-02-29\n", "2:9 there is no such day: 2027-02-29"},
	{"- fqdn: a.jp\n  ends: 2027-13-01\n", "2:9 there is no such day: 2027-13-01"},
	{"- fqdn: a.jp\n  ends: 0000-01-01\n", "2:9 there is no such day: 0000-01-01"},
	{"- fqdn: a.jp\n  first_issued: 2026-04-31\n", "2:17 there is no such day: 2026-04-31"},
	{"- fqdn: a.jp\n  ends: 2027/02/28\n", "2:9 " NO_DATE "\"2027/02/28\""},
	{"- fqdn: a.jp\n  ends: 2027-2-28\n", "2:9 " NO_DATE "\"2027-2-28\""},
	{"- fqdn: a.jp\n  ends: 2027-02-28T00:00:00Z\n", "2:9 " NO_DATE "\"2027-02-28T00:00:00Z\""},
	{"- fqdn: a.jp\n  ends: 20270228\n", "2:9 " NO_DATE "\"20270228\""},
	{"- fqdn: a.jp\n  ends: tomorrow\n", "2:9 " NO_DATE "\"tomorrow\""},
	{"- fqdn: a.jp\n  ends: 2027年2月28日\n", "2:9 " NO_DATE "\"2027年2月28日\""},
	{"- fqdn: a.jp\n  ends: [2027-02-28]\n", "2:9 expected a date written YYYY-MM-DD, found a list"},
	{"- fqdn: a.jp\n  ends:\n", "2:8 expected a date written YYYY-MM-DD, found nothing"},
	{"- fqdn: a.jp\n  registered: 2027-02-29\n", "2:15 there is no such day: 2027-02-29"},
	{"- fqdn: a.jp\n  registered: 2026-05-01\n  ends: 2026-04-30\n", "3:9 ends lies before registered"},
	{"- fqdn: a.jp\n  set: ''\n", "2:8 expected the name of a set: one line, at most 80 bytes"},
	{"- fqdn: a.jp\n  set: \"a\\nb\"\n", "2:8 expected the name of a set: one line, at most 80 bytes"},
	{"- fqdn: a.jp\n  set: [a]\n", "2:8 expected the name of a set, found a list"},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: -1\n", "3:12 " NO_COUNT "\"-1\""},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: 101\n", "3:12 " NO_COUNT "\"101\""},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: 1.5\n", "3:12 " NO_COUNT "\"1.5\""},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: yes\n", "3:12 " NO_COUNT "\"yes\""},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: '1'\n", "3:12 " NO_COUNT "\"1\""},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: 99999999999999999999\n",
	 "3:12 " NO_COUNT "\"99999999999999999999\""},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  renewed: {}\n",
	 "3:12 expected a number of paid renewals, found a mapping"},
	{"- fqdn: a.jp\n  first_issued: 2026-02-19\n  ends: 2026-02-18\n", "3:9 ends lies before first_issued"},
	{"- a.jp\n- b.jp\n- A.JP.\n", "3:3 \"a.jp\" in line 3 is a duplicate: it is registered in line 1 already"},
	{"- 日本語.jp\n- fqdn: xn--wgv71a119e.jp\n",
	 "2:3 \"xn--wgv71a119e.jp\" in line 2 is a duplicate: it is registered in line 1 already"},
	{"- a.jp\n- a.jp\n- a.jp\n",
	 "2:3 \"a.jp\" in line 2 is a duplicate: it is registered in line 1 already\n"
	 "3:3 \"a.jp\" in line 3 is a duplicate: it is registered in line 1 already"},
	{"[a.jp, a.jp]\n", "1:8 \"a.jp\" in line 1 is a duplicate: it is registered in line 1 already"},
};

static void every_mistake_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		struct entry_list l = {0};
		struct diags d = {0};
		read_text(mistakes[i][0], &l, &d);
		char *got = told(&d);
		if (strcmp(got, mistakes[i][1]) != 0)
			fail_msg("for:\n%sgot:\n%s\nwanted:\n%s", mistakes[i][0], got, mistakes[i][1]);
		free(got);
		entry_list_clear(&l);
		diags_clear(&d);
	}
}

/* What looks odd but is right. */
static void accepted(void **state)
{
	static const char *const text[] = {
		"- fqdn: a.jp\n  renewed: 1\n  ends: 2027-02-28\n",
		"- fqdn: a.jp\n  renewed: 1\n",
		"- fqdn: a.jp\n  first_issued: 2026-02-19\n  ends: 2026-02-19\n",
		"- fqdn: a.jp\n  first_issued: 2028-02-29\n  renewed: 0\n",
		"- fqdn: a.jp\n  first_issued: 2028-02-29\n  renewed: 100\n",
		"[{\"fqdn\": \"a.jp\", \"ends\": \"2027-02-28\"}]\n",
		"- 'A.JP.'\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		struct entry_list l = {0};
		struct diags d = {0};
		read_text(text[i], &l, &d);
		assert_int_equal(d.total, 0);
		assert_int_equal(l.count, 1);
		assert_string_equal(l.item[0].fqdn, "a.jp");
		entry_list_clear(&l);
	}
}

static void all_mistakes_at_once_and_in_order_of_lines(void **state)
{
	struct entry_list l = {0};
	struct diags d = {0};

	(void)state;
	read_text("- good.jp\n"
	          "- fqdn: also.good.jp\n"
	          "- good.jp\n"
	          "- fqdn: bad.jp\n"
	          "  ends: 2027-02-29\n"
	          "  renewd: 1\n"
	          "- loop\n"
	          "- fqdn: last.jp\n", &l, &d);
	char *got = told(&d);
	assert_string_equal(got,
	                    "3:3 \"good.jp\" in line 3 is a duplicate: it is registered in line 1 already\n"
	                    "5:9 there is no such day: 2027-02-29\n"
	                    "6:3 unknown key \"renewd\"; did you mean \"renewed\"?\n"
	                    "7:3 \"loop\" cannot be used: " NO_DOT);
	free(got);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.item[0].fqdn, "also.good.jp");
	assert_string_equal(l.item[1].fqdn, "good.jp");
	assert_int_equal(l.item[1].line, 1);
	assert_string_equal(l.item[2].fqdn, "last.jp");
	entry_list_clear(&l);
	diags_clear(&d);
}

static void earlier_mistakes_stay_in_front(void **state)
{
	struct entry_list l = {0};
	struct diags d = {0};

	(void)state;
	diags_add(&d, "list.yaml", 90, 1, "from before");
	read_text("- b\n- a\n", &l, &d);
	assert_int_equal(d.count, 3);
	assert_string_equal(d.item[0].text, "from before");
	assert_int_equal(d.item[1].line, 1);
	assert_int_equal(d.item[2].line, 2);
	entry_list_clear(&l);
	diags_clear(&d);
}

static void text_from_the_file_is_escaped(void **state)
{
	struct entry_list l = {0};
	struct diags d = {0};

	(void)state;
	read_text("- fqdn: \"\\e[2J.jp\"\n  \"ends\": \"\\e[2J\"\n", &l, &d);
	for (size_t i = 0; i < d.count; i++)
		assert_null(strchr(d.item[i].text, '\x1b'));
	assert_int_equal(d.count, 2);
	entry_list_clear(&l);
	diags_clear(&d);
}

static void large_lists(void **state)
{
	struct entry_list l = {0};
	struct diags d = {0};
	struct buf b;

	(void)state;
	buf_init(&b, YAML_SIZE_MAX);
	for (int i = 0; i < ENTRY_LIST_MAX; i++)
		assert_int_equal(buf_append_fmt(&b, "- h%d.example.jp\n", i), 0);
	read_text(b.data, &l, &d);
	assert_int_equal(d.total, 0);
	assert_int_equal(l.count, ENTRY_LIST_MAX);
	assert_int_equal(entry_list_find(&l, "h49999.example.jp")->line, 50000);
	entry_list_clear(&l);

	assert_int_equal(buf_append_str(&b, "- one.too.many.jp\n"), 0);
	read_text(b.data, &l, &d);
	char *got = told(&d);
	assert_string_equal(got, "50001:3 the list has 50001 items; at most 50000 are read");
	assert_int_equal(l.count, ENTRY_LIST_MAX);
	free(got);
	entry_list_clear(&l);
	diags_clear(&d);
	buf_clear(&b);
}

static void adding_keeps_the_order(void **state)
{
	static const char *const name[] = {"m.jp", "a.jp", "z.jp", "*.m.jp", "b.jp", "n.jp", "m.jp"};
	struct entry_list l = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		char *copy = str_dup(name[i]);
		entry_list_add(&l, &(struct entry){.fqdn = copy, .renewed = (int)i});
		free(copy);
	}
	assert_int_equal(l.count, 6);
	for (size_t i = 1; i < l.count; i++)
		assert_true(strcmp(l.item[i - 1].fqdn, l.item[i].fqdn) < 0);
	assert_int_equal(entry_list_find(&l, "m.jp")->renewed, 6);
	assert_int_equal(entry_list_find(&l, "*.m.jp")->renewed, 3);
	assert_null(entry_list_find(&l, "c.jp"));
	assert_null(entry_list_find(&l, ""));
	assert_null(entry_list_find(&l, "zz.jp"));
	entry_list_clear(&l);
	assert_int_equal(l.count, 0);
}

static void adding_to_a_list_that_was_read(void **state)
{
	(void)state;
	for (int count = 0; count < 20; count++) {
		struct entry_list l = {0};
		struct diags d = {0};
		struct buf b;
		char last[] = "zz.jp";

		buf_init(&b, 4096);
		for (int i = 0; i < count; i++)
			assert_int_equal(buf_append_fmt(&b, "- h%d.jp\n", i), 0);
		read_text(b.data, &l, &d);
		entry_list_add(&l, &(struct entry){.fqdn = last});
		assert_int_equal(l.count, count + 1);
		assert_ptr_equal(entry_list_find(&l, last), &l.item[count]);
		entry_list_clear(&l);
		buf_clear(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_issues_example),
		cmocka_unit_test(registered_and_set),
		cmocka_unit_test(added_removed_copied_recorded),
		cmocka_unit_test(empty_lists),
		cmocka_unit_test(every_mistake_with_its_place),
		cmocka_unit_test(accepted),
		cmocka_unit_test(all_mistakes_at_once_and_in_order_of_lines),
		cmocka_unit_test(earlier_mistakes_stay_in_front),
		cmocka_unit_test(text_from_the_file_is_escaped),
		cmocka_unit_test(large_lists),
		cmocka_unit_test(adding_keeps_the_order),
		cmocka_unit_test(adding_to_a_list_that_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
