/* Is the list of today one that a person meant? */
#include "config.h"

#include "entitle/list_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void words(const char *text, struct strs *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		strs_take(out, str_ndup(text, len));
		text += len + (text[len] != '\0');
	}
	strs_sort(out);
}

static void what_came_and_went(void **state)
{
	static const struct { const char *before, *now, *added, *vanished; bool alarming; } row[] = {
		{"", "", "", "", false},
		{"", "a.jp b.jp", "a.jp b.jp", "", false},
		{"a.jp b.jp", "a.jp b.jp", "", "", false},
		{"a.jp b.jp", "b.jp c.jp", "c.jp", "a.jp", false},
		/* nothing is left */
		{"a.jp", "", "", "a.jp", true},
		{"a.jp b.jp c.jp", "", "", "a.jp b.jp c.jp", true},
		{"a.jp", "b.jp", "b.jp", "a.jp", true},
		{"a.jp b.jp c.jp", "d.jp e.jp f.jp", "d.jp e.jp f.jp", "a.jp b.jp c.jp", true},
		/* more than half, of three or more */
		{"a.jp b.jp", "a.jp", "", "b.jp", false},
		{"a.jp b.jp c.jp", "a.jp b.jp", "", "c.jp", false},
		{"a.jp b.jp c.jp", "b.jp", "", "a.jp c.jp", true},
		{"a.jp b.jp c.jp d.jp", "a.jp d.jp", "", "b.jp c.jp", false},
		{"a.jp b.jp c.jp d.jp", "d.jp", "", "a.jp b.jp c.jp", true},
		{"a.jp b.jp c.jp d.jp e.jp", "a.jp b.jp x.jp y.jp z.jp", "x.jp y.jp z.jp", "c.jp d.jp e.jp", true},
		{"*.a.jp a.jp xn--wgv71a119e.jp", "a.jp *.a.jp xn--wgv71a119e.jp", "", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct strs before = {0}, names = {0};
		struct entry_list now = {0};
		struct list_change c = {0};
		char *added, *vanished;

		words(row[i].before, &before);
		words(row[i].now, &names);
		for (size_t k = 0; k < names.count; k++)
			entry_list_add(&now, &(struct entry){.fqdn = names.item[k]});
		list_change_find(&before, &now, &c);
		added = strs_join(&c.added, " ");
		vanished = strs_join(&c.vanished, " ");
		assert_string_equal(added, row[i].added);
		assert_string_equal(vanished, row[i].vanished);
		assert_int_equal(c.alarming, row[i].alarming);
		free(added);
		free(vanished);
		list_change_clear(&c);
		entry_list_clear(&now);
		strs_clear(&before);
		strs_clear(&names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_came_and_went)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
