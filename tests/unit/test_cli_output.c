/* Columns, times, exit statuses. */
#include "config.h"

#include "scratch.h"

#include <time.h>

#include "../../src/cli/dates.h"
#include "../../src/cli/exits.h"
#include "../../src/cli/metrics.h"
#include "../../src/cli/output.h"
#include "../../src/cli/table.h"

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
	assert_string_equal(text, "2026-11-22 09:00 JST (Sun)");
	free(text);
}

/* Contracts are counted in days of Japan, wherever the machine stands. */
static void test_dates(void **state)
{
	static const struct { struct date date; const char *text; } rows[] = {
		{{2027, 2, 28}, "2027-02-28 (Sun)"}, {{2028, 2, 29}, "2028-02-29 (Tue)"}, {{1970, 1, 1}, "1970-01-01 (Thu)"},
		{{1969, 12, 31}, "1969-12-31 (Wed)"}, {{1900, 1, 1}, "1900-01-01 (Mon)"}, {{9999, 12, 31}, "9999-12-31 (Fri)"},
	};
	char *day, *last;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = output_date(rows[i].date);

		assert_string_equal(text, rows[i].text);
		free(text);
	}
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	day = output_day(1803826800);
	last = output_last_day(1803826800);
	assert_string_equal(day, "2027-03-01 (Mon)");
	assert_string_equal(last, "2027-02-28 (Sun)");
	free(day);
	free(last);
}

static void test_wrap(void **state)
{
	struct strs lines = {0};
	char *word = str_fmt("%095d", 0), *text = str_fmt("one two %s three", word), *long_line = str_fmt("    %s", word);

	(void)state;
	output_wrap(&lines, str_dup("  a"), 4, text);
	assert_int_equal(lines.count, 4);
	assert_string_equal(lines.item[0], "  a");
	assert_string_equal(lines.item[1], "    one two");
	assert_string_equal(lines.item[2], long_line);
	assert_string_equal(lines.item[3], "    three");
	strs_clear(&lines);
	free(word);
	free(text);
	free(long_line);
}

/* Columns stay straight beside full-width text; what is too wide for the first stands on its own line. */
static void test_table(void **state)
{
	static const char *const wide = "a.very.long.name.that.nobody.would.like.to.type.example.jp";
	struct table t = {.columns = 3};
	struct table_row *row;
	char *printed;

	(void)state;
	row = table_add(&t);
	row->cell[0] = str_dup("\346\227\245\346\234\254.jp");
	row->cell[1] = str_dup("x");
	row = table_add(&t);
	row->cell[0] = str_dup("a.jp");
	row->cell[1] = str_dup("yyy");
	row->cell[2] = str_dup("z");
	table_below(row, "label", "text");
	table_below(row, "none", "");
	row = table_add(&t);
	row->cell[0] = str_dup(wide);
	row->cell[2] = str_dup("z");
	printed = table_text(&t);
	assert_string_equal(printed, "\346\227\245\346\234\254.jp  x\n"
	                             "a.jp     yyy  z\n"
	                             "    label         text\n"
	                             "a.very.long.name.that.nobody.would.like.to.type.example.jp\n"
	                             "              z\n");
	free(printed);
	table_clear(&t);
}

/* Days are whole days of Japan, and the last of a span is one of it. */
static void test_spans(void **state)
{
	struct err e = ERR_INIT;
	int64_t from, to;
	int days;

	(void)state;
	assert_int_equal(dates_span("--x", "2027-02-28..2027-02-28", &from, &to, &e), 0);
	assert_int_equal(from, 1803740400);
	assert_int_equal(to, 1803826800);
	assert_int_equal(dates_span("--x", "2028-02-28..2028-03-01", &from, &to, &e), 0);
	assert_int_equal(to - from, 3 * 86400);
	assert_int_equal(dates_days("--x", "47d", 100, &days, &e), 0);
	assert_int_equal(days, 47);
	assert_int_equal(dates_days("--x", "100", 100, &days, &e), 0);
	assert_int_equal(days, 100);
	assert_int_equal(dates_days("--x", "101", 100, &days, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	err_clear(&e);
}

static void test_labels(void **state)
{
	char *text = metrics_label("a\\b\"c\nd");

	(void)state;
	assert_string_equal(text, "a\\\\b\\\"c\\nd");
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
		cmocka_unit_test(test_dates), cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_table), cmocka_unit_test(test_spans), cmocka_unit_test(test_labels),
		cmocka_unit_test(test_names), cmocka_unit_test(test_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
