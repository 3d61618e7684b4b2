/* Columns, times, exit statuses. */
#include "config.h"

#include "scratch.h"

#include <time.h>

#include "../../src/cli/exits.h"
#include "../../src/cli/output.h"

static void test_width(void **state)
{
	static const struct { const char *text; size_t width; } rows[] = {
		{"", 0}, {"abc", 3}, {"\346\227\245\346\234\254\350\252\236.jp", 9}, {"\303\251", 1}, {"e\314\201", 1},
		{"\357\275\261", 1}, {"\357\274\241", 2}, {"\343\201\213\343\202\231", 2}, {"\360\237\222\251", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(output_width(rows[i].text), rows[i].width);
}

static void test_pad(void **state)
{
	char *text = output_pad("\346\227\245", 4), *over = output_pad("abc", 2);

	(void)state;
	assert_string_equal(text, "\346\227\245  ");
	assert_string_equal(over, "abc");
	free(text);
	free(over);
}

/* Where a line may end, written as a bar. */
static void test_piece(void **state)
{
	static const struct { const char *text, *pieces; } rows[] = {
		{"", ""},
		{"a word, two", "a|word,|two"},
		{"証明書を更新する。", "証|明|書|を|更|新|す|る。"},
		{"設定(必須)です", "設|定|(必|須)|で|す"},
		{"「例」とサーバー、", "「例」|と|サー|バー、"},
		{"CA証明書 (PEM)", "CA|証|明|書|(PEM)"},
		{"--webroot を指定", "--webroot|を|指|定"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strs pieces = {0};
		char *joined;

		for (const char *at = rows[i].text; *at; at += strspn(at, " ")) {
			size_t length = output_piece(at);

			assert_true(length > 0);
			strs_take(&pieces, str_ndup(at, length));
			at += length;
		}
		joined = strs_join(&pieces, "|");
		assert_string_equal(joined, rows[i].pieces);
		free(joined);
		strs_clear(&pieces);
	}
}

static void test_local_time(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(setenv("TZ", "JST-9", 1), 0);
	tzset();
	text = output_local_time(1795305600);
	assert_string_equal(text, "2026-11-22 09:00 JST");
	free(text);
}

static void test_names(void **state)
{
	struct strs names = {0};
	char *text;

	(void)state;
	strs_add(&names, "a.jp");
	strs_add(&names, "*.xn--wgv71a119e.jp");
	text = output_names(&names);
	assert_string_equal(text, "a.jp, *.\346\227\245\346\234\254\350\252\236.jp (*.xn--wgv71a119e.jp)");
	free(text);
	strs_clear(&names);
}

/* Scripts rely on them. */
static void test_exits(void **state)
{
	static const int wanted[ERR_KIND_COUNT] = {
		[ERR_NONE] = 0, [ERR_INTERNAL] = 1, [ERR_USAGE] = 2, [ERR_CONFIG] = 3, [ERR_REFUSED] = 4, [ERR_LOCKED] = 5,
		[ERR_NET] = 6, [ERR_CA] = 7, [ERR_RATELIMIT] = 7, [ERR_CHALLENGE] = 8, [ERR_HOOK] = 9, [ERR_IO] = 10,
		[ERR_CERTIFICATE] = 11, [ERR_INTERRUPTED] = 12,
	};
	size_t count;
	const struct exits_row *rows = exits_table(&count);

	(void)state;
	for (int kind = 0; kind < ERR_KIND_COUNT; kind++)
		assert_int_equal(exits_status((enum err_kind)kind), wanted[kind]);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rows[i].status, (int)i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width), cmocka_unit_test(test_pad),
		cmocka_unit_test(test_piece), cmocka_unit_test(test_local_time),
		cmocka_unit_test(test_names), cmocka_unit_test(test_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
