#include "config.h"

#include "config/keys.h"

#include <stdio.h>

#include "config/settings.h"
#include "data/yaml.h"
#include "entitle/entry.h"

#include "scratch.h"

/*
 * That the table of keys, the documentation and the shipped samples agree. With "--write FILE" the part of the documentation
 * between the two markers is made anew instead.
 */

#define BEGIN "<!-- keys: begin -->\n"
#define END "<!-- keys: end -->\n"

static char *source(const char *name)
{
	const char *top = getenv("abs_top_srcdir");

	return fs_join(top != NULL ? top : ".", name);
}

/* Both markers' places in a text: -1 when they are not there. */
static int find_part(const char *text, const char **begin, const char **end)
{
	*begin = strstr(text, BEGIN);
	*end = strstr(text, END);
	if (*begin == NULL || *end == NULL || *end < *begin)
		return -1;
	*begin += strlen(BEGIN);
	return 0;
}

static int write_part(const char *path)
{
	const struct fs_policy policy = {(uid_t)-1, (gid_t)-1, 0644};
	struct err e = ERR_INIT;
	struct buf b;
	const char *begin, *end;
	char *part = settings_keys_markdown(), *text;
	int status = 1;

	buf_init(&b, 1024 * 1024);
	if (fs_read(path, &b, &e) == 0 && find_part(b.data, &begin, &end) == 0) {
		text = str_fmt("%.*s%s%s", (int)(begin - b.data), b.data, part, end);
		status = fs_write_atomic(path, text, strlen(text), &policy, &e) == 0 ? 0 : 1;
		free(text);
	}
	if (status != 0)
		fprintf(stderr, "%s: %s\n", path, e.cause != NULL ? e.cause : "the markers are missing");
	err_clear(&e);
	free(part);
	buf_clear(&b);
	return status;
}

static void documentation_has_the_table(void **state)
{
	char *path = source("doc/configuration.md"), *text = scratch_read(path), *part = settings_keys_markdown(), *found;
	const char *begin, *end;

	(void)state;
	assert_non_null(text);
	assert_int_equal(find_part(text, &begin, &end), 0);
	found = str_ndup(begin, (size_t)(end - begin));
	if (!str_eq(found, part))
		fail_msg("%s is not what the table of keys says; make it anew with: tests/unit/test_keys --write %s", path, path);
	free(found);
	free(part);
	free(text);
	free(path);
}

static void rows_are_whole(void **state)
{
	size_t count;
	const struct keys_row *table = keys_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char *expected = keys_expected(&table[i]), *start = str_fmt("%s: ", table[i].name);
		const char *texts[] = {expected, table[i].standard, table[i].help, table[i].example};

		assert_true(table[i].levels != 0 && table[i].levels < KEYS_IN(KEYS_LEVEL_COUNT));
		assert_true(str_starts(table[i].example, start));
		for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
			assert_true(*texts[j] != '\0');
			assert_null(strpbrk(texts[j], "|\n"));
		}
		for (size_t j = 0; j < i; j++)
			assert_false(str_eq(table[i].name, table[j].name) && (table[i].levels & table[j].levels) != 0);
		free(start);
		free(expected);
	}
}

/* A file in which the row's example stands where it belongs. */
static char *whole_example(const struct keys_row *row)
{
	const char *beside = "";

	if ((row->levels & KEYS_IN(KEYS_SERVED)) != 0)
		return str_fmt("defaults: {served: [{port: 1}, {%s%s}]}\n", row->kind == KEYS_HOST ? "port: 2, " : "", row->example);
	if ((row->levels & KEYS_IN(KEYS_OUTPUT)) != 0) {
		if (row->kind == KEYS_LIVE_FILE)
			beside = "to: /x, ";
		else if (str_eq(row->name, "to"))
			beside = "copy: cert.pem, ";
		else if (row->offset != offsetof(struct output_setting, written))
			beside = "pkcs12: /x, ";
		return str_fmt("defaults: {outputs: [{%s%s}]}\n", beside, row->example);
	}
	if (row->kind == KEYS_EVENT_LEVEL || row->kind == KEYS_EVENTS)
		return str_fmt("notify: [{run: x, %s}]\n", row->example);
	if ((row->levels & KEYS_IN(KEYS_HOOK_USERS)) != 0)
		return str_fmt("hook_users: {%s}\n", row->example);
	if ((row->levels & KEYS_IN(KEYS_FILE)) != 0)
		return str_fmt("%s%s\n", row->kind == KEYS_CERTIFICATES ? "defaults: {challenge: {hook: x}}\n" : "", row->example);
	if ((row->levels & KEYS_IN(KEYS_RULE_MAP)) != 0)
		return str_fmt("cas: [{rule: {%s}}]\n", row->example);
	if ((row->levels & KEYS_IN(KEYS_CA)) != 0)
		return str_fmt("cas: [{%s}]\n", row->example);
	if ((row->levels & KEYS_IN(KEYS_DEFAULTS)) != 0)
		return str_fmt("defaults: {%s}\n", row->example);
	if ((row->levels & KEYS_IN(KEYS_CERTIFICATE)) != 0)
		return str_fmt("certificates: [{challenge: {hook: x}, %s%s}]\n", row->kind == KEYS_NAMES ? "" : "names: [a.jp], ",
		               row->example);
	if ((row->levels & KEYS_IN(KEYS_STANDALONE)) != 0)
		return str_fmt("defaults: {challenge: {standalone: {%s}}}\n", row->example);
	if ((row->levels & KEYS_IN(KEYS_CHALLENGE)) == 0)
		return str_fmt("defaults: {deploy: {%s%s}}\n", row->kind == KEYS_YES_NO ? "run: x, " : "", row->example);
	if (str_eq(row->name, "cleanup_hook"))
		beside = "auth_hook: x, ";
	else if (row->kind < KEYS_SIMPLE_COUNT)
		beside = "hook: x, ";
	return str_fmt("defaults: {challenge: {%s%s}}\n", beside, row->example);
}

static void load_text(const char *dir, const char *text)
{
	char *path = fs_join(dir, "tegata.yaml");
	struct settings s = {0};
	struct diags d = {0};
	struct err e = ERR_INIT;

	scratch_write(path, text, 0644);
	settings_load(dir, &s, &d);
	if (diags_result(&d, &e) != 0)
		fail_msg("%s\n%s", e.cause, text);
	diags_clear(&d);
	settings_clear(&s);
	free(path);
}

static void examples_are_right(void **state)
{
	char *dir = scratch_make();
	size_t count;
	const struct keys_row *table = keys_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char *text = whole_example(&table[i]);

		load_text(dir, text);
		free(text);
	}
	scratch_remove(dir);
}

/* The settings of a sample, without the "#" before them. */
static char *uncommented(const char *sample)
{
	struct strs lines = {0};
	char *out;

	while (*sample != '\0') {
		size_t len = strcspn(sample, "\n");

		if (sample[0] == '#' && sample[1] == '#')
			strs_add(&lines, "");
		else
			strs_take(&lines, str_ndup(sample + (*sample == '#'), len - (*sample == '#')));
		sample += len + (sample[len] == '\n');
	}
	out = strs_join(&lines, "\n");
	strs_clear(&lines);
	return out;
}

static void sample_is_right_and_has_every_key(void **state)
{
	char *path = source("contrib/examples/tegata.yaml"), *sample = scratch_read(path), *text = uncommented(sample);
	char *dir = scratch_make();
	size_t count;
	const struct keys_row *table = keys_table(&count);

	(void)state;
	load_text(dir, sample);
	load_text(dir, text);
	for (size_t i = 0; i < count; i++) {
		char *key = str_fmt("%s:", table[i].name);

		if (strstr(text, key) == NULL)
			fail_msg("%s has no example of \"%s\"", path, table[i].name);
		free(key);
	}
	scratch_remove(dir);
	free(text);
	free(sample);
	free(path);
}

static void sample_of_entitlements_is_right(void **state)
{
	char *path = source("contrib/examples/entitlements.yaml"), *sample = scratch_read(path), *text = uncommented(sample);
	struct yaml_node *root = NULL;
	struct diags d = {0};
	struct entry_list list = {0};

	(void)state;
	assert_int_equal(yaml_parse(path, sample, strlen(sample), &root, &d), 0);
	assert_null(root);
	assert_int_equal(yaml_parse(path, text, strlen(text), &root, &d), 0);
	entry_list_read(path, root, &list, &d);
	assert_int_equal(d.total, 0);
	assert_int_equal(list.count, 4);
	entry_list_clear(&list);
	yaml_node_free(root);
	diags_clear(&d);
	free(text);
	free(sample);
	free(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(examples_are_right),
		cmocka_unit_test(documentation_has_the_table),
		cmocka_unit_test(sample_is_right_and_has_every_key),
		cmocka_unit_test(sample_of_entitlements_is_right),
	};

	if (argc == 3 && str_eq(argv[1], "--write"))
		return write_part(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
