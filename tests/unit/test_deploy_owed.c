#include "config.h"

#include "run/deploy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* An older generation that is live again is owed too: the hook saw the newer one last. */
static void owed_until_it_succeeded(void **state)
{
	static const struct { const char *hook; int done, live; bool owed; } cases[] = {
		{ "nginx", 0, 1, true }, { "nginx", 1, 1, false }, { "nginx", 1, 2, true }, { "nginx", 3, 2, true }, { "apache", 9, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store_state st = { 0 };
		struct store_deploy *d = store_state_deploy(&st, "haproxy", "haproxy");

		d->generation = 100;
		store_state_deploy(&st, "nginx", "nginx")->generation = cases[i].done;
		assert_int_equal(deploy_is_owed(&st, cases[i].hook, cases[i].live), cases[i].owed);
		store_state_clear(&st);
	}
}

static void owed_when_nothing_is_known(void **state)
{
	struct store_state st = { 0 };

	(void)state;
	assert_true(deploy_is_owed(&st, "nginx", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(owed_until_it_succeeded), cmocka_unit_test(owed_when_nothing_is_known) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
