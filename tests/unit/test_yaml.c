#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "data/yaml.h"

static struct yaml_node *parsed(const char *text)
{
	struct diags d = {0};
	struct yaml_node *n = NULL;

	if (yaml_parse("t", text, strlen(text), &n, &d) != 0)
		fail_msg("refused: %d:%d: %s", d.item[0].line, d.item[0].column, d.item[0].text);
	assert_int_equal(d.total, 0);
	return n;
}

static void keeps_structure_and_places(void **state)
{
	struct yaml_node *n = parsed("# comment\n"
	                             "a: 1\n"
	                             "\xe6\x97\xa5: \"q\"   # after\n"
	                             "list:\n"
	                             "  - x\n"
	                             "  - k: v\n"
	                             "    l: [p, 'r']\n"
	                             "block: |\n"
	                             "  one\n"
	                             "  two\n"
	                             "empty:\n"
	                             "\"quoted\": ~\n");
	const struct yaml_node *v;

	(void)state;
	assert_int_equal(n->kind, YAML_MAP);
	assert_int_equal(n->count, 6);
	assert_int_equal(n->line, 2);
	v = yaml_get(n, "a");
	assert_string_equal(v->text, "1");
	assert_true(v->plain);
	assert_int_equal(v->line, 2);
	assert_int_equal(v->column, 4);
	v = yaml_get(n, "\xe6\x97\xa5");
	assert_false(v->plain);
	assert_int_equal(v->column, 4);
	assert_int_equal(n->key[1]->line, 3);
	assert_int_equal(n->key[1]->column, 1);
	v = yaml_get(n, "list");
	assert_int_equal(v->kind, YAML_LIST);
	assert_int_equal(v->count, 2);
	assert_null(v->key);
	assert_int_equal(v->value[0]->line, 5);
	assert_int_equal(v->value[0]->column, 5);
	v = yaml_get(v->value[1], "l");
	assert_int_equal(v->value[1]->line, 7);
	assert_int_equal(v->value[1]->column, 12);
	assert_string_equal(v->value[1]->text, "r");
	assert_false(v->value[1]->plain);
	v = yaml_get(n, "block");
	assert_string_equal(v->text, "one\ntwo\n");
	assert_false(v->plain);
	assert_true(yaml_is_null(yaml_get(n, "empty")));
	assert_true(yaml_is_null(yaml_get(n, "quoted")));
	assert_true(yaml_is_null(yaml_get(n, "absent")));
	assert_null(yaml_get(n, "absent"));
	assert_false(yaml_is_null(yaml_get(n, "a")));
	assert_false(yaml_is_null(yaml_get(n, "list")));
	assert_null(yaml_get(yaml_get(n, "list"), "a"));
	assert_null(yaml_get(NULL, "a"));
	yaml_node_free(n);
	yaml_node_free(NULL);
}

static void only_unquoted_words_are_null(void **state)
{
	static const struct {
		const char *text;
		bool null;
	} t[] = {
		{"a: ~", true}, {"a: null", true}, {"a: Null", true}, {"a: NULL", true}, {"a:", true},
		{"a: nULL", false}, {"a: \"null\"", false}, {"a: ''", false}, {"a: '~'", false}, {"a: {}", false}, {"a: []", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct yaml_node *n = parsed(t[i].text);

		assert_int_equal(yaml_is_null(yaml_get(n, "a")), t[i].null);
		yaml_node_free(n);
	}
}

static void nothing_in_it_is_no_tree(void **state)
{
	static const char *const empty[] = {"", "\n\n", "# only this\n", "---\n", "~\n", "\xef\xbb\xbf", "---\n...\n"};

	(void)state;
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
		assert_null(parsed(empty[i]));
}

static void a_byte_order_mark_and_crlf_are_taken(void **state)
{
	struct yaml_node *n = parsed("\xef\xbb\xbf" "a: 1\r\nb: 2\r\n");

	(void)state;
	assert_string_equal(yaml_get(n, "b")->text, "2");
	assert_int_equal(yaml_get(n, "a")->column, 4);
	assert_int_equal(yaml_get(n, "b")->line, 2);
	yaml_node_free(n);
}

static void each_mistake_has_its_place_and_words(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *words;
	} t[] = {
		{"a: 1\nb: 2\na: 3\n", 3, 1, "\"a\" is given twice; it stands at line 1, column 1 already"},
		{"x:\n  a: 1\n  'a': 2\n", 3, 3, "\"a\" is given twice; it stands at line 2, column 3 already"},
		{"{a: 1, a: 2}", 1, 8, "\"a\" is given twice; it stands at line 1, column 2"},
		{"a: &x 1\n", 1, 4, "anchors are not allowed"},
		{"- &x\n  a: 1\n", 1, 3, "anchors are not allowed"},
		{"- &x [1]\n", 1, 3, "anchors are not allowed"},
		{"a: *x\n", 1, 4, "aliases are not allowed"},
		{"a: !!str 1\n", 1, 4, "tags are not allowed"},
		{"a: ! 1\n", 1, 4, "tags are not allowed"},
		{"a: !local [1]\n", 1, 4, "tags are not allowed"},
		{"- a\n- *.example.jp\n", 2, 3, "put quotes around text that begins with *"},
		{"- &.x\n", 1, 3, "put quotes around text that begins with &"},
		{"- @example\n", 1, 3, "put quotes around text that begins with @"},
		{"a:\n\tb: 1\n", 2, 1, "a tab cannot stand here"},
		{"a: b: c\n", 1, 5, "\": \" is not expected here"},
		{"a: 1\n---\nb: 2\n", 2, 1, "a second document"},
		{"[1, 2]: 3\n", 1, 1, "a list or a map cannot be a key"},
		{"? {a: 1}\n: 3\n", 1, 3, "a list or a map cannot be a key"},
		{"a: 1\n: 2\n", 2, 1, "a key was expected"},
		{"a: \"x\\0y\"\n", 1, 4, "NUL"},
		{"a: 1\nb: \xff\n", 2, 4, "not UTF-8"},
		{"\xe6\x97\xa5\xe6\x9c\xac: \xc0\xaf\n", 1, 5, "not UTF-8"},
		{"a: \xed\xa0\x80\n", 1, 4, "not UTF-8"},
		{"a: \xe6\x97", 1, 4, "not UTF-8"},
		{"a: x\x01y\n", 1, 5, "control character (U+0001)"},
		{"a: x\xc2\x9by\n", 1, 5, "control character (U+009B)"},
		{"a: \"open\nb: 1\n", 3, 1, "column 4"},
		{"a: [1, 2\nb: 1\n", 2, 2, "not valid YAML"},
		{"a: 1\n b: 2\n", 2, 3, "\": \" is not expected"},
		{"a:\n  - 1\n b: 2\n", 3, 2, "a key was expected here; the keys of a map must begin in the same column"},
		{"a:\n- 1\n  - 2\nb\n", 5, 1, "\":\" was expected after a key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct diags d = {0};
		struct yaml_node *n = NULL;

		if (yaml_parse("file.yaml", t[i].text, strlen(t[i].text), &n, &d) != -1)
			fail_msg("taken: %s", t[i].text);
		assert_null(n);
		assert_true(d.total >= 1);
		if (d.item[0].line != t[i].line || d.item[0].column != t[i].column ||
		    strstr(d.item[0].text, t[i].words) == NULL)
			fail_msg("%s: %d:%d: %s", t[i].text, d.item[0].line, d.item[0].column, d.item[0].text);
		assert_string_equal(d.item[0].file, "file.yaml");
		diags_clear(&d);
	}
}

static void a_nul_octet_is_refused(void **state)
{
	struct diags d = {0};
	struct yaml_node *n = NULL;

	(void)state;
	assert_int_equal(yaml_parse("t", "a: 1\n\0b: 2\n", 11, &n, &d), -1);
	assert_int_equal(d.item[0].line, 2);
	assert_int_equal(d.item[0].column, 1);
	assert_non_null(strstr(d.item[0].text, "U+0000"));
	diags_clear(&d);
}

static void all_mistakes_are_told_in_order(void **state)
{
	static const char text[] = "a: 1\n"
	                           "b: &x 1\n"
	                           "c:\n"
	                           "  d: !t 1\n"
	                           "  d: 2\n"
	                           "a: *x\n"
	                           "a: 5\n";
	struct diags d = {0};
	struct yaml_node *n = NULL;
	static const int line[] = {2, 4, 5, 6, 6, 7};

	(void)state;
	diags_add(&d, "other", 99, 1, "found before");
	assert_int_equal(yaml_parse("t", text, strlen(text), &n, &d), -1);
	assert_int_equal(d.total, 7);
	assert_int_equal(d.item[0].line, 99);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(d.item[i + 1].line, line[i]);
	assert_non_null(strstr(d.item[6].text, "line 1, column 1"));
	diags_clear(&d);
	assert_int_equal(yaml_parse("t", "a: 1\na: 2\nb: &x 1\n", 18, &n, &d), -1);
	assert_int_equal(d.total, 2);
	assert_int_equal(d.item[0].line, 2);
	assert_int_equal(d.item[1].line, 3);
	diags_clear(&d);
}

static void refused_with(const char *text, size_t len, int line, const char *words)
{
	struct diags d = {0};
	struct yaml_node *n = NULL;

	assert_int_equal(yaml_parse("t", text, len, &n, &d), -1);
	assert_null(n);
	if (d.item[0].line != line || strstr(d.item[0].text, words) == NULL)
		fail_msg("%d:%d: %s", d.item[0].line, d.item[0].column, d.item[0].text);
	diags_clear(&d);
}

static void depth_and_size_are_bounded(void **state)
{
	char deep[2 * YAML_DEPTH_MAX + 4];
	size_t big = YAML_SIZE_MAX + 1, count = YAML_NODES_MAX;
	char *text = malloc(big);
	struct yaml_node *n;

	(void)state;
	memset(deep, '[', YAML_DEPTH_MAX);
	memset(deep + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
	deep[2 * YAML_DEPTH_MAX] = '\0';
	n = parsed(deep);
	yaml_node_free(n);
	memset(deep, '[', YAML_DEPTH_MAX + 1);
	memset(deep + YAML_DEPTH_MAX + 1, ']', YAML_DEPTH_MAX + 1);
	refused_with(deep, 2 * YAML_DEPTH_MAX + 2, 1, "nested more than 16 deep");

	assert_non_null(text);
	memset(text, '[', 1000000);
	refused_with(text, 1000000, 1, "nested more than 16 deep");
	memset(text, '#', big);
	refused_with(text, big, 0, "larger than 4 MiB");
	for (size_t i = 0; i < count; i++)
		memcpy(text + 4 * i, "- a\n", 4);
	refused_with(text, 4 * count, YAML_NODES_MAX, "more than 200000 values");
	refused_with("[", 1, 2, "not valid YAML");
	free(text);
}

static void every_text_comes_back_through_quote(void **state)
{
	static const char *const t[] = {
		"", " ", "a", "example.jp", "*.example.jp", "-", "- a", "a: b", "a #b", "#b", "true", "No", "null", "~", "1", "1.5",
		"0x1f", "2027-02-28", ".inf", "=", "<<", "'", "\"", "\\", "a\\nb", "a\nb", "\n", "a\n", "\ta", "\x01\x1b\x7f",
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp", "\xc2\x85", "\xc2\xa0", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbe",
		"\xf0\x9f\x98\x80", " lead", "trail ", "a  b", "https://acme.example/dir", "admin@example.jp", "@x", "%x", "`x",
		"&x", "!x", "|", ">", "{a}", "[a]", "a,b", "?", "? a", ":", "a:", "---", "...", "/var/www", "\r\n", "y", "OFF",
		"systemctl reload nginx && echo \"done\"", "\xc2\x9b", "\xe2\x80\xae",
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *quoted = yaml_quote(t[i]);
		char *doc = str_fmt("k: %s\nl:\n  - %s\n  - {m: %s}\n%s: v\n", quoted, quoted, quoted,
		                    t[i][0] == '\0' ? "z" : quoted);
		struct yaml_node *n = parsed(doc);

		assert_string_equal(yaml_get(n, "k")->text, t[i]);
		assert_false(yaml_is_null(yaml_get(n, "k")));
		assert_string_equal(yaml_get(n, "l")->value[0]->text, t[i]);
		assert_string_equal(yaml_get(yaml_get(n, "l")->value[1], "m")->text, t[i]);
		assert_string_equal(n->key[2]->text, t[i][0] == '\0' ? "z" : t[i]);
		yaml_node_free(n);
		free(doc);
		free(quoted);
	}
}

static void every_character_comes_back_through_quote(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x3000; c++) {
		char s[5] = "x", *quoted, *doc;
		struct yaml_node *n;

		if (c < 0x80)
			memcpy(s, (char[]){(char)c, '\0'}, 2);
		else if (c < 0x800)
			memcpy(s, (char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 63)), '\0'}, 3);
		else
			memcpy(s, (char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63)), '\0'}, 4);
		quoted = yaml_quote(s);
		doc = str_fmt("- %s\n", quoted);
		n = parsed(doc);
		assert_string_equal(n->value[0]->text, s);
		yaml_node_free(n);
		free(doc);
		free(quoted);
	}
}

static void quote_is_plain_where_that_is_safe(void **state)
{
	static const char *const t[][2] = {
		{"example.jp", "example.jp"}, {"/var/www", "/var/www"}, {"admin@example.jp", "admin@example.jp"},
		{"no", "\"no\""}, {"3.14", "\"3.14\""}, {"*.a.jp", "\"*.a.jp\""}, {"a\x1b", "\"a\\x1B\""},
		{"\xe6\x97\xa5.jp", "\"\xe6\x97\xa5.jp\""}, {"a\xff", "\"a\\\\xFF\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *quoted = yaml_quote(t[i][0]);

		assert_string_equal(quoted, t[i][1]);
		free(quoted);
	}
}

static void ends_are_where_the_last_character_is(void **state)
{
	static const struct {
		const char *text;
		int end_line, end_column;
		bool flow;
	} cases[] = {
		{"- a.jp   # why\n\n# more\n", 1, 7, false},
		{"- \"*.a.jp\"\n", 1, 11, false},
		{"- '日.jp' # x\n", 1, 9, false},
		{"- fqdn: a.jp\n  ends: 2027-01-31 # c\n\n# d\n", 2, 19, false},
		{"-\n  {fqdn: a.jp, # c\n   renewed: 1 } # d\n# e\n", 3, 16, true},
		{"- [ ]\n", 1, 6, true},
		{"\xef\xbb\xbf- a.jp", 1, 7, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct yaml_node *n = NULL;
		struct diags d = {0};

		assert_int_equal(yaml_parse("f", cases[i].text, strlen(cases[i].text), &n, &d), 0);
		assert_int_equal(n->count, 1);
		assert_false(n->flow);
		assert_int_equal(n->value[0]->flow, cases[i].flow);
		assert_int_equal(n->value[0]->end_line, cases[i].end_line);
		assert_int_equal(n->value[0]->end_column, cases[i].end_column);
		assert_int_equal(n->end_line, cases[i].end_line);
		assert_int_equal(n->end_column, cases[i].end_column);
		yaml_node_free(n);
	}
}

static void files_are_read_or_missing_or_a_mistake(void **state)
{
	char path[] = "/tmp/tegata-test-yaml-XXXXXX";
	struct diags d = {0};
	struct yaml_node *n = (struct yaml_node *)&d;
	bool missing = false;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	close(fd);
	assert_int_equal(yaml_load("/nonexistent/tegata.yaml", &n, &missing, &d), 0);
	assert_null(n);
	assert_true(missing);
	assert_int_equal(yaml_load(path, &n, &missing, &d), 0);
	assert_false(missing);
	assert_string_equal(yaml_get(n, "a")->text, "1");
	yaml_node_free(n);
	n = NULL;
	assert_int_equal(truncate(path, YAML_SIZE_MAX + 1), 0);
	assert_int_equal(yaml_load(path, &n, &missing, &d), -1);
	assert_int_equal(d.item[0].line, 0);
	assert_int_equal(truncate(path, 0), 0);
	missing = true;
	assert_int_equal(yaml_load(path, &n, &missing, &d), 0);
	assert_null(n);
	assert_false(missing);
	unlink(path);
	assert_int_equal(yaml_load("/", &n, &missing, &d), -1);
	assert_int_equal(d.total, 2);
	assert_int_equal(d.item[1].line, 0);
	diags_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_structure_and_places),
		cmocka_unit_test(ends_are_where_the_last_character_is),
		cmocka_unit_test(only_unquoted_words_are_null),
		cmocka_unit_test(nothing_in_it_is_no_tree),
		cmocka_unit_test(a_byte_order_mark_and_crlf_are_taken),
		cmocka_unit_test(each_mistake_has_its_place_and_words),
		cmocka_unit_test(a_nul_octet_is_refused),
		cmocka_unit_test(all_mistakes_are_told_in_order),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(every_text_comes_back_through_quote),
		cmocka_unit_test(every_character_comes_back_through_quote),
		cmocka_unit_test(quote_is_plain_where_that_is_safe),
		cmocka_unit_test(files_are_read_or_missing_or_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
