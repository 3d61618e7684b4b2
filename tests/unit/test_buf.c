#include "config.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"

static void appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_string_equal(b.data, "");
	assert_int_equal(buf_append_str(&b, "abc"), 0);
	assert_int_equal(buf_append(&b, "d\0e", 3), 0);
	assert_int_equal(buf_append_fmt(&b, "%03d", 7), 0);
	assert_int_equal(buf_append(&b, NULL, 0), 0);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "abcd\0e007", 10);
	buf_truncate(&b, 2);
	assert_string_equal(b.data, "ab");
	buf_truncate(&b, 20);
	assert_int_equal(b.len, 2);
	buf_clear(&b);
	buf_clear(&b);
	assert_int_equal(buf_append_str(&b, ""), -1);
}

static void keeps_its_maximum(void **state)
{
	for (size_t max = 0; max < 700; max += 7) {
		struct buf b;

		(void)state;
		buf_init(&b, max);
		while (b.len < max)
			assert_int_equal(buf_append(&b, "x", 1), 0);
		assert_int_equal(buf_append(&b, "y", 1), -1);
		assert_int_equal(buf_append_fmt(&b, "%s", "yy"), -1);
		assert_int_equal(buf_append(&b, "", SIZE_MAX), -1);
		assert_int_equal(b.len, max);
		assert_true(b.cap <= max + 1);
		assert_int_equal(strlen(b.data), max);
		buf_clear(&b);
	}
}

static void accepts_any_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_append_str(&b, "0123456789"), 0);
	assert_int_equal(b.len, 10000);
	buf_clear(&b);
}

static void gives_away(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init_secret(&b, 50);
	assert_int_equal(buf_append_str(&b, "text"), 0);
	text = buf_take(&b);
	assert_string_equal(text, "text");
	str_wipe(text);
	assert_int_equal(b.len, 0);
	assert_true(b.secret);
	assert_int_equal(buf_append_str(&b, "again"), 0);
	assert_string_equal(b.data, "again");
	text = buf_take(&b);
	str_wipe(text);
	text = buf_take(&b);
	assert_string_equal(text, "");
	free(text);
	buf_clear(&b);
}

static void wipes_what_is_cut(void **state)
{
	static const char zero[6] = {0};
	struct buf b;

	(void)state;
	buf_init_secret(&b, 5000);
	assert_int_equal(buf_append_str(&b, "open,secret"), 0);
	buf_truncate(&b, 5);
	assert_string_equal(b.data, "open,");
	assert_memory_equal(b.data + 5, zero, 6);
	while (b.len < 5000)
		assert_int_equal(buf_append_str(&b, "s"), 0);
	assert_memory_equal(b.data, "open,sss", 8);
	buf_clear(&b);
	assert_null(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends),
		cmocka_unit_test(keeps_its_maximum),
		cmocka_unit_test(accepts_any_maximum),
		cmocka_unit_test(gives_away),
		cmocka_unit_test(wipes_what_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
