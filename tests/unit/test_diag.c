#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/diag.h"

static void nothing_found_is_success(void **state)
{
	struct diags d = {0};
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(diags_result(&d, &e), 0);
	assert_int_equal(e.kind, ERR_NONE);
	diags_clear(&d);
}

static void each_mistake_is_a_line(void **state)
{
	struct diags d = {0};
	struct err e = ERR_INIT;

	(void)state;
	diags_add(&d, "/etc/a.yaml", 3, 7, "unknown key \"%s\"", "naem");
	diags_add(&d, "/etc/a.yaml", 4, 0, "no column");
	diags_add(&d, "/etc/b.yaml", 0, 0, "cannot be read");
	assert_int_equal(diags_result(&d, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_string_equal(e.cause, "/etc/a.yaml:3:7: unknown key \"naem\"\n"
	                             "/etc/a.yaml:4: no column\n"
	                             "/etc/b.yaml: cannot be read");
	err_clear(&e);
	diags_clear(&d);
	assert_int_equal(d.count, 0);
	assert_null(d.item);
}

static void text_from_a_file_cannot_reach_the_terminal_raw(void **state)
{
	struct diags d = {0};
	struct err e = ERR_INIT;

	(void)state;
	diags_add(&d, "a\x1b.yaml", 1, 1, "unknown key \"%s\"", "\x1b[2J\nfake: line");
	assert_int_equal(diags_result(&d, &e), -1);
	assert_null(strchr(e.cause, '\x1b'));
	assert_null(strchr(e.cause, '\n'));
	assert_non_null(strstr(e.cause, "fake: line"));
	err_clear(&e);
	diags_clear(&d);
}

static void many_are_counted_but_not_kept(void **state)
{
	struct diags d = {0};
	struct err e = ERR_INIT;
	size_t lines = 1;

	(void)state;
	for (int i = 1; i <= DIAG_MAX + 23; i++)
		diags_add(&d, "f", i, 1, "wrong");
	assert_int_equal(d.count, DIAG_MAX);
	assert_int_equal(d.total, DIAG_MAX + 23);
	assert_int_equal(diags_result(&d, &e), -1);
	for (const char *p = e.cause; *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, DIAG_MAX + 1);
	assert_non_null(strstr(e.cause, "\nand 23 more mistakes"));
	err_clear(&e);
	diags_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_found_is_success),
		cmocka_unit_test(each_mistake_is_a_line),
		cmocka_unit_test(text_from_a_file_cannot_reach_the_terminal_raw),
		cmocka_unit_test(many_are_counted_but_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
