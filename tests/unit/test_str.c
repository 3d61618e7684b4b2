#include "config.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

#define MARK "\xe2\x80\xa6"

static void takes_text(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

static void copies(void **state)
{
	char *s = str_dup("abc");

	(void)state;
	assert_null(str_dup(NULL));
	assert_null(str_lower_ascii(NULL));
	takes_text(str_ndup("abcdef", 3), "abc");
	takes_text(str_ndup("ab", 30), "ab");
	takes_text(str_fmt("%s-%d", "x", 7), "x-7");
	takes_text(str_fmt("%020d", 1), "00000000000000000001");
	takes_text(str_lower_ascii("WWW.Ex\xc3\x89.JP"), "www.ex\xc3\x89.jp");
	str_replace(&s, str_fmt("%s+%s", s, s));
	assert_string_equal(s, "abc+abc");
	str_replace(&s, s);
	assert_string_equal(s, "abc+abc");
	str_replace(&s, NULL);
	assert_null(s);
	str_wipe(NULL);
	str_wipe(str_dup("secret"));
}

static void what_is_utf8(void **state)
{
	static const struct { const char *text; bool good; } rows[] = {
		{"", true}, {"abc \\ \n", true}, {"\xe6\x97\xa5", true}, {"\xf4\x8f\xbf\xbf", true},
		{"\xff", false}, {"a\xe6\x97", false}, {"\xc0\xaf", false}, {"\xed\xa0\x80", false}, {"\xf4\x90\x80\x80", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(str_is_utf8(rows[i].text), rows[i].good);
}

static void no_memory(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		close(STDERR_FILENO);
		mem_none();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void memory(void **state)
{
	unsigned char *p = mem_new(0, 8);
	unsigned char zero[16] = {0};

	(void)state;
	assert_non_null(p);
	free(p);
	p = mem_new(4, 4);
	assert_memory_equal(p, zero, 16);
	memset(p, 'x', 16);
	p = mem_resize(p, 8, 4);
	assert_int_equal(p[15], 'x');
	mem_wipe(p, 16);
	assert_memory_equal(p, zero, 16);
	mem_wipe(NULL, 0);
	p = mem_resize(p, 0, 4);
	assert_non_null(p);
	free(p);
}

static void comparisons(void **state)
{
	(void)state;
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "b"));
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_false(str_eq("", NULL));
	assert_true(str_starts("abc", "ab"));
	assert_true(str_starts("abc", ""));
	assert_false(str_starts("ab", "abc"));
	assert_true(str_ends("abc", "bc"));
	assert_true(str_ends("abc", ""));
	assert_false(str_ends("bc", "abc"));
	assert_false(str_ends("abc", "ab"));
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max, want;
		int status;
	} cases[] = {
		{"0", 0, 10, 0, 0},
		{"-0", 0, 10, 0, 0},
		{"10", 0, 10, 10, 0},
		{"11", 0, 10, 0, -1},
		{"-1", 0, 10, 0, -1},
		{"-1", -1, 10, -1, 0},
		{"007", 0, 10, 7, 0},
		{"", 0, 10, 0, -1},
		{"-", -5, 10, 0, -1},
		{"--1", -5, 10, 0, -1},
		{"+1", 0, 10, 0, -1},
		{" 1", 0, 10, 0, -1},
		{"1 ", 0, 10, 0, -1},
		{"1a", 0, 10, 0, -1},
		{"0x1", 0, 10, 0, -1},
		{"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, 0},
		{"9223372036854775808", INT64_MIN, INT64_MAX, 0, -1},
		{"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, 0},
		{"-9223372036854775809", INT64_MIN, INT64_MAX, 0, -1},
		{"99999999999999999999999", INT64_MIN, INT64_MAX, 0, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t got = 4711;

		assert_int_equal(str_to_int64(cases[i].text, cases[i].min, cases[i].max, &got), cases[i].status);
		assert_true(got == (cases[i].status == 0 ? cases[i].want : 4711));
	}
}

static void escapes(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{"plain text ~", "plain text ~"},
		{"\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xc3\xa9"},
		{"a\nb\tc\r", "a\\x0Ab\\x09c\\x0D"},
		{"\x1b[31mred\x7f", "\\x1B[31mred\\x7F"},
		{"c:\\x0A", "c:\\\\x0A"},
		{"\xc2\x85\xc2\x9b", "\\xC2\\x85\\xC2\\x9B"},                 /* C1: NEL, CSI */
		{"\xc2\xa0", "\xc2\xa0"},                                     /* the first after C1 */
		{"\xe2\x80\xae", "\\xE2\\x80\\xAE"},                          /* U+202E */
		{"\xe2\x80\xaa\xe2\x80\xa9", "\\xE2\\x80\\xAA\\xE2\\x80\\xA9"}, /* U+202A, U+2029 */
		{"\xe2\x81\xa6\xe2\x81\xa9", "\\xE2\\x81\\xA6\\xE2\\x81\\xA9"}, /* U+2066, U+2069 */
		{"\xe2\x81\xa5", "\xe2\x81\xa5"},                             /* U+2065 */
		{"\xe2\x80\x8e\xe2\x80\x8f", "\\xE2\\x80\\x8E\\xE2\\x80\\x8F"}, /* LRM, RLM */
		{"\xd8\x9c", "\\xD8\\x9C"},                                   /* ALM */
		{"\x80", "\\x80"},
		{"\xff\xfe", "\\xFF\\xFE"},
		{"\xc0\xaf", "\\xC0\\xAF"},                                   /* overlong '/' */
		{"\xc1\x81", "\\xC1\\x81"},
		{"\xe0\x80\xaf", "\\xE0\\x80\\xAF"},
		{"\xf0\x80\x80\xaf", "\\xF0\\x80\\x80\\xAF"},
		{"\xed\xa0\x80", "\\xED\\xA0\\x80"},                          /* a surrogate */
		{"\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},                 /* beyond U+10FFFF */
		{"\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd"},
		{"\xe6\x97", "\\xE6\\x97"},                                   /* cut off by the end */
		{"\xe6\x97!", "\\xE6\\x97!"},
		{"\xc3\xc3\xa9", "\\xC3\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		takes_text(str_escape(cases[i].text, strlen(cases[i].text), 1000), cases[i].want);
	takes_text(str_escape("a\0b", 3, 100), "a\\x00b");
	takes_text(str_escape("", 0, 100), "");
	takes_text(str_escape(NULL, 0, 0), "");
}

static void shown_leaves_what_was_escaped(void **state)
{
	(void)state;
	takes_text(str_shown("one\ntwo \\x1B \\\\ \xc3\xa9", 100), "one\ntwo \\x1B \\\\ \xc3\xa9");
	takes_text(str_shown("a\tb\r\x1b[0m", 100), "a\\x09b\\x0D\\x1B[0m");
	takes_text(str_shown("\xe2\x80\xae\xff\xc2\x9b\\", 100), "\\xE2\\x80\\xAE\\xFF\\xC2\\x9B\\");
	takes_text(str_shown("abcdefg", 6), "abc" MARK);
	takes_text(str_shown("", 6), "");
}

static void escape_cuts(void **state)
{
	(void)state;
	takes_text(str_escape("abcdef", 6, 6), "abcdef");
	takes_text(str_escape("abcdefg", 7, 6), "abc" MARK);
	takes_text(str_escape("abcdefg", 7, 3), MARK);
	takes_text(str_escape("abcdefg", 7, 2), "");
	takes_text(str_escape("abcdefg", 7, 0), "");
	takes_text(str_escape("a\n\n", 3, 9), "a\\x0A\\x0A");
	takes_text(str_escape("a\n\n", 3, 8), "a\\x0A" MARK); /* no half of an escape */
	takes_text(str_escape("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5", 9, 8), "\xe6\x97\xa5" MARK); /* nor of a character */
	takes_text(str_escape("abcdefg", 7, SIZE_MAX), "abcdefg");
}

/* Whatever comes in, what comes out fits and has no control character. */
static void escape_properties(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char in[64];
		size_t len;
		size_t max;
		char *out;

		for (size_t i = 0; i < sizeof in; i++) {
			seed = seed * 1664525U + 1013904223U;
			in[i] = (char)(seed >> 24);
		}
		len = (seed >> 8) % sizeof in;
		max = (seed >> 16) % 300;
		out = str_escape(in, len, max);
		assert_true(strlen(out) <= max);
		for (const char *p = out; *p != '\0'; p++)
			assert_false((unsigned char)*p < 0x20 || *p == 0x7f);
		free(out);
	}
}

static void nearest(void **state)
{
	static const char *const keys[] = {"names", "name", "challenge", "deploy", "key", NULL};
	static const char *const none[] = {NULL};
	char longer[100];

	(void)state;
	assert_string_equal(str_nearest("nmae", keys), "name");
	assert_string_equal(str_nearest("names", keys), "names");
	assert_string_equal(str_nearest("chalenge", keys), "challenge");
	assert_string_equal(str_nearest("challange", keys), "challenge");
	assert_string_equal(str_nearest("keys", keys), "key");
	assert_string_equal(str_nearest("deplyo", keys), "deploy");
	assert_null(str_nearest("webroot", keys));
	assert_null(str_nearest("", keys));
	assert_null(str_nearest("name", none));
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_null(str_nearest(longer, keys));
}

static void lists(void **state)
{
	struct strs a = {0};
	struct strs b = {0};

	(void)state;
	takes_text(strs_join(&a, ", "), "");
	assert_true(strs_eq(&a, &b));
	assert_true(strs_same_set(&a, &b));
	strs_add(&a, "b");
	strs_take(&a, str_dup("a"));
	strs_add(&a, "c");
	strs_add(&a, "b");
	assert_int_equal(a.count, 4);
	takes_text(strs_join(&a, ", "), "b, a, c, b");
	assert_true(strs_has(&a, "c"));
	assert_false(strs_has(&a, "d"));
	strs_copy(&b, &a);
	assert_true(strs_eq(&a, &b));
	strs_sort(&b);
	takes_text(strs_join(&b, ""), "abbc");
	assert_false(strs_eq(&a, &b));
	assert_true(strs_same_set(&a, &b));
	strs_add(&b, "a");
	assert_true(strs_same_set(&a, &b));
	strs_add(&b, "\xff");
	assert_false(strs_same_set(&a, &b));
	strs_sort(&b);
	assert_string_equal(b.item[b.count - 1], "\xff");
	strs_sort_distinct(&b);
	takes_text(strs_join(&b, ""), "abc\xff");
	strs_copy(&a, &a);
	assert_int_equal(a.count, 8);
	strs_clear(&a);
	strs_clear(&b);
	assert_int_equal(a.count, 0);
	for (int i = 0; i < 1000; i++)
		strs_take(&a, str_fmt("%d", i));
	assert_string_equal(a.item[999], "999");
	strs_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies),
		cmocka_unit_test(what_is_utf8),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(memory),
		cmocka_unit_test(comparisons),
		cmocka_unit_test(numbers),
		cmocka_unit_test(escapes),
		cmocka_unit_test(shown_leaves_what_was_escaped),
		cmocka_unit_test(escape_cuts),
		cmocka_unit_test(escape_properties),
		cmocka_unit_test(nearest),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
