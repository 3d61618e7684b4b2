#include "config.h"

#include "base/fs.h"

#include "scratch.h"

static void put(const char *dir, const char *name)
{
	char *path = fs_join(dir, name);

	scratch_write(path, "x", 0600);
	free(path);
}

static bool is_in(const char *dir, const char *name)
{
	char *path = fs_join(dir, name);
	bool there = fs_exists(path);

	free(path);
	return there;
}

/* Only what fs_write_atomic() makes beside this very file goes. */
static void removes_what_writers_left_of_this_file(void **state)
{
	static const char *const stay[] = {"list.yaml", ".other.yaml.tmp-12", ".list.yaml.tmp-", ".list.yaml.tmp-1x", "list.yaml.tmp-1"};
	static const char *const go[] = {".list.yaml.tmp-1", ".list.yaml.tmp-4194304"};
	char *dir = scratch_make(), *path = fs_join(dir, "list.yaml");

	(void)state;
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		put(dir, stay[i]);
	for (size_t i = 0; i < sizeof go / sizeof *go; i++)
		put(dir, go[i]);
	fs_clean_beside(path);
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		assert_true(is_in(dir, stay[i]));
	for (size_t i = 0; i < sizeof go / sizeof *go; i++)
		assert_false(is_in(dir, go[i]));
	free(path);
	scratch_remove(dir);
}

static void a_folder_that_is_not_there_is_clean(void **state)
{
	(void)state;
	fs_clean_beside("/nonexistent/folder/file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_what_writers_left_of_this_file),
		cmocka_unit_test(a_folder_that_is_not_there_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
