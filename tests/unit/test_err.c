#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"

static void has_text(const struct err *e, const char *want)
{
	char *text = err_text(e);

	assert_string_equal(text, want);
	free(text);
}

static void sets_and_wraps(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, ERR_CA, "it said %s", "no"), -1);
	assert_int_equal(e.kind, ERR_CA);
	assert_null(e.doing);
	has_text(&e, "it said no");
	assert_int_equal(err_wrap(&e, "authorizing %s", "a.jp"), -1);
	assert_int_equal(err_wrap(&e, "issuing %s", "www"), -1);
	assert_string_equal(e.doing, "issuing www: authorizing a.jp");
	has_text(&e, "issuing www: authorizing a.jp: it said no");
	err_clear(&e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_null(e.cause);
	err_clear(&e);
}

static void keeps_errno(void **state)
{
	struct err e = ERR_INIT;
	char *want = str_fmt("opening /x: %s", strerror(ENOENT));

	(void)state;
	assert_int_equal(err_set_errno(&e, ERR_IO, ENOENT, "opening %s", "/x"), -1);
	assert_int_equal(e.sys_errno, ENOENT);
	has_text(&e, want);
	free(want);
	err_clear(&e);
}

/* A second failure takes nothing over from the first, but may be worded with it. */
static void replaces(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set_errno(&e, ERR_NET, ETIMEDOUT, "first");
	err_wrap(&e, "doing");
	err_advise(&e, "wait");
	err_advise(&e, "wait %d s (%s)", 5, e.advice);
	assert_string_equal(e.advice, "wait 5 s (wait)");
	e.problem_type = str_dup("urn:x");
	e.http_status = 500;
	e.retry_at = 77;
	err_set(&e, ERR_CONFIG, "then: %s", e.doing);
	assert_int_equal(e.kind, ERR_CONFIG);
	has_text(&e, "then: doing");
	assert_null(e.advice);
	assert_null(e.problem_type);
	assert_int_equal(e.http_status, 0);
	assert_int_equal(e.sys_errno, 0);
	assert_int_equal(e.retry_at, 0);
	err_clear(&e);
}

static void moves(void **state)
{
	struct err a = ERR_INIT;
	struct err b = ERR_INIT;

	(void)state;
	err_set(&a, ERR_IO, "old");
	err_set(&b, ERR_NET, "new");
	err_advise(&b, "advice");
	err_move(&a, &b);
	assert_int_equal(a.kind, ERR_NET);
	assert_string_equal(a.cause, "new");
	assert_string_equal(a.advice, "advice");
	assert_int_equal(b.kind, ERR_NONE);
	assert_null(b.cause);
	err_move(&a, &a);
	assert_string_equal(a.cause, "new");
	err_clear(&a);
}

static void names_kinds(void **state)
{
	(void)state;
	assert_string_equal(err_kind_name(ERR_USAGE), "usage");
	assert_string_equal(err_kind_name(ERR_INTERNAL), "internal");
	for (int i = 0; i < ERR_KIND_COUNT; i++) {
		assert_non_null(err_kind_name((enum err_kind)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(err_kind_name((enum err_kind)i), err_kind_name((enum err_kind)j));
	}
	assert_string_equal(err_kind_name(ERR_KIND_COUNT), "internal");
	for (int i = 0; i < ERR_KIND_COUNT; i++) {
		enum err_kind kind = ERR_KIND_COUNT;

		assert_int_equal(err_kind_parse(err_kind_name((enum err_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(err_kind_parse("Usage", &(enum err_kind){ERR_NONE}), -1);
	assert_int_equal(err_kind_parse("", &(enum err_kind){ERR_NONE}), -1);
	assert_int_equal(err_kind_parse(NULL, &(enum err_kind){ERR_NONE}), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_and_wraps),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(replaces),
		cmocka_unit_test(moves),
		cmocka_unit_test(names_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
