#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"

static struct json *parsed(const char *text)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	assert_non_null(j);
	return j;
}

static void refuses(const char *text, size_t len)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (json_parse(text, len, &j, &e) == 0)
		fail_msg("taken: %.60s", text);
	assert_null(j);
	assert_int_equal(e.kind, ERR_CA);
	assert_non_null(strstr(e.cause, "not acceptable as JSON"));
	err_clear(&e);
}

static void what_is_not_one_clean_value_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "{", "{}x", "{} {}", "[1,]", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":\"\\u0000\"}",
		"{\"a\\u0000b\":1}", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\\ud800\"", "'a'", "{a:1}", "\"a\nb\"",
		"nul", "01", "+1", "9223372036854775808", "1e999", "\xef\xbb\xbf{}", "// c\n{}", "NaN", "{\"\x1b[2J",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses(bad[i], strlen(bad[i]));
	refuses("{}\0", 3);
	refuses("\"a\0b\"", 5);
	refuses(NULL, 0);
}

static void what_the_message_quotes_is_escaped(void **state)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;

	(void)state;
	assert_int_equal(json_parse("\x1b[2J", 4, &j, &e), -1);
	assert_null(strchr(e.cause, '\x1b'));
	err_clear(&e);
}

static void nesting_is_bounded_before_parsing(void **state)
{
	size_t many = 8 * 1024 * 1024;
	char *deep = malloc(many);
	char exact[2 * JSON_DEPTH_MAX + 1], over[2 * JSON_DEPTH_MAX + 3];
	struct json *j;

	(void)state;
	memset(exact, '[', JSON_DEPTH_MAX);
	memset(exact + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	exact[2 * JSON_DEPTH_MAX] = '\0';
	j = parsed(exact);
	json_free(j);

	memset(over, '[', JSON_DEPTH_MAX + 1);
	memset(over + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	refuses(over, sizeof over - 1);

	assert_non_null(deep);
	memset(deep, '[', many);
	refuses(deep, many);
	for (size_t i = 0; i + 5 <= many; i += 5)
		memcpy(deep + i, "{\"a\":", 5);
	refuses(deep, many);
	free(deep);

	j = parsed("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"");
	json_free(j);
	j = parsed("\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"");
	json_free(j);
	j = parsed("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]");
	assert_int_equal(json_count(j), 34);
	json_free(j);
}

static void readers_find_what_is_there(void **state)
{
	struct json *j = parsed("{\"s\":\"t\\u00e4xt\",\"n\":null,\"t\":true,\"f\":false,\"i\":-9223372036854775808,"
	                        "\"big\":9223372036854775807,\"r\":1.5,\"a\":[\"x\",1,\"y\",null],\"o\":{\"b\":1,\"a\":2}}");
	struct strs l = {0};

	(void)state;
	assert_true(json_is_object(j));
	assert_false(json_is_array(j));
	assert_string_equal(json_str(j, "s"), "t\xc3\xa4xt");
	assert_null(json_get(j, "n"));
	assert_null(json_get(j, "absent"));
	assert_null(json_str(j, "i"));
	assert_true(json_bool(j, "t", false));
	assert_false(json_bool(j, "f", true));
	assert_true(json_bool(j, "s", true));
	assert_false(json_bool(j, "absent", false));
	assert_true(json_int(j, "i", 0) == INT64_MIN);
	assert_true(json_int(j, "big", 0) == INT64_MAX);
	assert_int_equal(json_int(j, "r", 7), 7);
	assert_int_equal(json_int(j, "s", -1), -1);
	assert_true(json_is_array(json_get(j, "a")));
	assert_int_equal(json_count(json_get(j, "a")), 4);
	assert_int_equal(json_count(j), 0);
	assert_string_equal(json_text(json_at(json_get(j, "a"), 2)), "y");
	assert_null(json_text(json_at(json_get(j, "a"), 1)));
	assert_null(json_at(json_get(j, "a"), 4));
	json_strs(j, "a", &l);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.item[1], "y");
	json_keys(json_get(j, "o"), &l);
	assert_int_equal(l.count, 4);
	assert_string_equal(l.item[2], "a");
	assert_string_equal(l.item[3], "b");
	json_strs(j, "o", &l);
	json_keys(json_get(j, "a"), &l);
	assert_int_equal(l.count, 4);
	strs_clear(&l);
	json_free(j);
}

static void absent_and_foreign_values_are_harmless(void **state)
{
	struct strs l = {0};

	(void)state;
	assert_false(json_is_object(NULL));
	assert_false(json_is_array(NULL));
	assert_null(json_get(NULL, "a"));
	assert_null(json_str(NULL, "a"));
	assert_true(json_bool(NULL, "a", true));
	assert_int_equal(json_int(NULL, "a", 5), 5);
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_at(NULL, 0));
	assert_null(json_text(NULL));
	json_strs(NULL, "a", &l);
	json_keys(NULL, &l);
	assert_int_equal(l.count, 0);
	json_free(NULL);
}

static void required_members_say_what_is_missing(void **state)
{
	struct json *j = parsed("{\"url\":5,\"nothing\":null,\"ok\":\"yes\",\"list\":[]}");
	const struct json *list = NULL;
	const char *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(json_need_str(j, "order", "finalize", &s, &e), -1);
	assert_int_equal(e.kind, ERR_CA);
	assert_string_equal(e.cause, "order: \"finalize\" missing");
	err_clear(&e);
	assert_int_equal(json_need_str(j, "order", "nothing", &s, &e), -1);
	assert_string_equal(e.cause, "order: \"nothing\" missing");
	err_clear(&e);
	assert_int_equal(json_need_str(j, "order", "url", &s, &e), -1);
	assert_string_equal(e.cause, "order: \"url\" is not a string");
	err_clear(&e);
	assert_int_equal(json_need_array(j, "order", "ok", &list, &e), -1);
	assert_string_equal(e.cause, "order: \"ok\" is not a list");
	err_clear(&e);
	assert_int_equal(json_need_array(NULL, "order", "list", &list, &e), -1);
	err_clear(&e);
	assert_null(s);
	assert_null(list);
	assert_int_equal(json_need_str(j, "order", "ok", &s, &e), 0);
	assert_string_equal(s, "yes");
	assert_int_equal(json_need_array(j, "order", "list", &list, &e), 0);
	assert_non_null(list);
	json_free(j);
}

static void what_is_built_is_written_in_order(void **state)
{
	struct json *j = json_new_object(), *a = json_new_array(), *inner = json_new_object();
	struct strs l = {0};
	char *text;

	(void)state;
	strs_add(&l, "p");
	strs_add(&l, "q\"\n");
	json_set_str(j, "z", "last letter first");
	json_set_str(j, "none", NULL);
	json_set_int(j, "min", INT64_MIN);
	json_set_bool(j, "yes", true);
	json_set_bool(j, "no", false);
	json_set_strs(j, "l", &l);
	json_set_str(inner, "k", "\xe6\x97\xa5");
	json_add(a, inner);
	json_add_str(a, "s/t");
	json_set(j, "a", a);
	json_set_int(j, "min", 4);
	text = json_format_compact(j);
	assert_string_equal(text, "{\"z\":\"last letter first\",\"none\":null,\"min\":4,\"yes\":true,\"no\":false,"
	                          "\"l\":[\"p\",\"q\\\"\\n\"],\"a\":[{\"k\":\"\xe6\x97\xa5\"},\"s/t\"]}");
	free(text);
	text = json_format_pretty(json_get(j, "l"));
	assert_string_equal(text, "[\n  \"p\",\n  \"q\\\"\\n\"\n]\n");
	free(text);
	text = json_format_compact(json_at(json_get(j, "a"), 1));
	assert_string_equal(text, "\"s/t\"");
	free(text);
	strs_clear(&l);
	json_free(j);
}

static void text_that_is_not_utf8_goes_in_escaped(void **state)
{
	struct json *j = json_new_object();
	struct json *back;
	struct strs keys = {0};
	char *text;

	(void)state;
	json_set_str(j, "v", "a\xff" "b");
	json_set_str(j, "k\xfe", "x");
	json_set_str(j, "same\\", "C:\\x\ty");
	text = json_format_compact(j);
	back = parsed(text);
	assert_string_equal(json_str(back, "v"), "a\\xFFb");
	json_keys(back, &keys);
	assert_int_equal(keys.count, 3);
	assert_string_equal(keys.item[0], "k\\xFE");
	assert_string_equal(json_str(back, "same\\"), "C:\\x\ty");
	strs_clear(&keys);
	free(text);
	json_free(back);
	json_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_one_clean_value_is_refused),
		cmocka_unit_test(what_the_message_quotes_is_escaped),
		cmocka_unit_test(nesting_is_bounded_before_parsing),
		cmocka_unit_test(readers_find_what_is_there),
		cmocka_unit_test(absent_and_foreign_values_are_harmless),
		cmocka_unit_test(required_members_say_what_is_missing),
		cmocka_unit_test(what_is_built_is_written_in_order),
		cmocka_unit_test(text_that_is_not_utf8_goes_in_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
