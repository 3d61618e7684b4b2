#include "config.h"

#include "base/roff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct { const char *text, *roff; } rows[] = {
	{"", ""},
	{"plain", "plain"},
	{"--dry-run", "\\-\\-dry\\-run"},
	{".TH", "\\&.TH"},
	{"'tis", "\\&'tis"},
	{"a.b 'c'", "a.b 'c'"},
	{"C:\\path", "C:\\epath"},
	{"\\fBx", "\\efBx"},
	{"say `tegata run`, then", "say \\fBtegata run\\fR, then"},
	{"`a` and `b-c`", "\\fBa\\fR and \\fBb\\-c\\fR"},
	{"`open", "\\fBopen\\fR"},
	{"`", "\\fB\\fR"},
	{"one\n.two", "one .two"},
	{"~/x^2", "\\(ti/x\\(ha2"},
	{"日本語.jp", "日本語.jp"},
};

static void makes_text_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *got = roff_text(rows[i].text);

		assert_string_equal(got, rows[i].roff);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(makes_text_safe)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
