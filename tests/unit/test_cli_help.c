/* Help and documentation say what the tables hold. */
#include "config.h"

#include "cli_run.h"

#include "../../src/cli/commands.h"
#include "../../src/cli/exits.h"

#define BEGIN "<!-- made by tegata help --markdown -->\n"
#define END "<!-- end of what was made -->\n"

static void has_option(const char *text, const struct options_row *row)
{
	char *name = str_fmt("--%s", row->name), *letter = str_fmt("-%c, --%s", row->letter, row->name);

	if (strstr(text, name) == NULL)
		print_error("%s is not explained\n", name);
	assert_non_null(strstr(text, name));
	if (row->letter)
		assert_non_null(strstr(text, letter));
	free(name);
	free(letter);
}

static void test_commands(void **state)
{
	size_t count, rows;
	const struct commands_row *table = commands_table(&count);
	const struct options_row *options = options_table(&rows);

	(void)state;
	assert_int_equal(count, COMMAND_COUNT);
	for (size_t i = 0; i < count; i++) {
		const char *blank = strchr(table[i].name, ' ');
		char *first = blank ? str_ndup(table[i].name, (size_t)(blank - table[i].name)) : str_dup(table[i].name);
		const char *help[] = {"help", first, blank ? blank + 1 : NULL, NULL};
		const char *flag[] = {first, blank ? blank + 1 : "--help", blank ? "--help" : NULL, NULL};
		char *usage = str_fmt("Usage: tegata %s [OPTION...]", table[i].name);
		struct cli_run r = cli_run_begin();

		assert_int_equal(table[i].id, i);
		cli_run_words(&r, help);
		assert_int_equal(r.status, 0);
		assert_string_equal(r.err, "");
		assert_true(str_starts(r.out, usage));
		for (size_t k = 0; k < rows; k++)
			if ((options[k].commands & OPTIONS_OF(i)) != 0 && !(options[k].help && !*options[k].help))
				has_option(r.out, &options[k]);
		str_replace(&usage, str_dup(r.out));
		cli_run_words(&r, flag);
		assert_int_equal(r.status, 0);
		assert_true(table[i].id == COMMAND_HELP || str_eq(r.out, usage));
		free(usage);
		free(first);
		cli_run_end(&r);
	}
}

static void test_overview(void **state)
{
	static const char *const help[] = {"--help", NULL}, *const word[] = {"help", NULL};
	size_t count, exits;
	const struct commands_row *table = commands_table(&count);
	const struct exits_row *exit_rows = exits_table(&exits);
	struct cli_run r = cli_run_begin();
	char *before;

	(void)state;
	cli_run_words(&r, word);
	before = str_dup(r.out);
	cli_run_words(&r, help);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, before);
	for (size_t i = 0; i < count; i++)
		assert_non_null(strstr(r.out, table[i].name));
	for (size_t i = 0; i < exits; i++) {
		char *status = str_fmt("\n  %2d  ", exit_rows[i].status);

		assert_non_null(strstr(r.out, status));
		free(status);
	}
	free(before);
	cli_run_end(&r);
}

/* doc/commands.md is regenerated with: tegata help --markdown */
static void test_documentation(void **state)
{
	static const char *const words[] = {"help", "--markdown", NULL};
	const char *src = getenv("abs_top_srcdir"), *begin, *end;
	char *path = str_fmt("%s/doc/commands.md", src ? src : "."), *text = scratch_read(path), *block;
	struct cli_run r = cli_run_begin();

	(void)state;
	assert_non_null(text);
	begin = strstr(text, BEGIN);
	assert_non_null(begin);
	begin += strlen(BEGIN);
	end = strstr(begin, END);
	assert_non_null(end);
	block = str_ndup(begin, (size_t)(end - begin));
	cli_run_words(&r, words);
	assert_int_equal(r.status, 0);
	assert_string_equal(block, r.out);
	free(block);
	free(text);
	free(path);
	cli_run_end(&r);
}

/* doc/tegata.1 is regenerated with: LC_ALL=C tegata help --man */
static void test_man_page(void **state)
{
	static const char *const words[] = {"help", "--man", NULL};
	const char *src = getenv("abs_top_srcdir");
	char *path = str_fmt("%s/doc/tegata.1", src ? src : "."), *text = scratch_read(path);
	struct cli_run r = cli_run_begin();

	(void)state;
	assert_non_null(text);
	cli_run_words(&r, words);
	assert_int_equal(r.status, 0);
	assert_string_equal(text, r.out);
	free(text);
	free(path);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_overview),
		cmocka_unit_test(test_documentation),
		cmocka_unit_test(test_man_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
