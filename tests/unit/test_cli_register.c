/* The EAB HMAC key does not stay where others can see it, wherever registering ends. */
#include "config.h"

#include "scratch.h"

#include "../../src/cli/cmd.h"
#include "../../src/cli/setup.h"

#define SECRET "c2VjcmV0LWtleQ"

static void test_wiped(void **state)
{
	static const char *const without_kid[] = {"tegata", "--eab-hmac-key", SECRET, NULL};
	static const char *const joined[] = {"tegata", "--eab-hmac-key=" SECRET, "--eab-kid", "k", "--ca", "nobody", NULL};
	static const char *const twice[] = {"tegata", "--eab-hmac-key", SECRET, "--eab-hmac-key", SECRET, NULL};
	static const char *const *const all[] = {without_kid, joined, twice};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char *argv[8] = {NULL}, *words[8] = {NULL};
		struct cli c = {.config_dir = str_dup("/nonexistent"), .state_dir = str_dup("/nonexistent")};
		struct err e = ERR_INIT;
		int argc = 0;

		for (; all[i][argc]; argc++)
			argv[argc] = words[argc] = str_dup(all[i][argc]);
		assert_int_equal(args_parse(argc, argv, &c.args, &e), 0);
		c.args.word_count = 0;
		assert_int_equal(cmd_register(&c), 2);
		for (int k = 0; k < argc; k++) {
			assert_null(strstr(words[k], SECRET));
			free(words[k]);
		}
		setup_clear(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
