/* Bad settings, and exactly what is said about them. Every function ends the test when something is wrong. */
#ifndef TEGATA_TESTS_BAD_SETTINGS_H
#define TEGATA_TESTS_BAD_SETTINGS_H

#include "config/settings.h"

#include "scratch.h"

static inline char *bad_settings_without(const char *text, const char *what)
{
	struct strs parts = {0};
	const char *at;
	char *out;

	while ((at = strstr(text, what)) != NULL) {
		strs_take(&parts, str_ndup(text, (size_t)(at - text)));
		text = at + strlen(what);
	}
	strs_add(&parts, text);
	out = strs_join(&parts, "");
	strs_clear(&parts);
	return out;
}

/* text NULL: no such file */
static inline void bad_settings_put(const char *dir, const char *name, const char *text)
{
	char *path = fs_join(dir, name);

	unlink(path);
	if (text != NULL)
		scratch_write(path, text, 0644);
	free(path);
}

/* That this is said of tegata.yaml and conf.d/a.yaml with these texts. */
static inline void bad_settings_check(const char *dir, const char *main_text, const char *extra_text, const char *said)
{
	char *folder = fs_join(dir, "conf.d"), *prefix = str_fmt("%s/", dir), *found;
	struct settings s = {0};
	struct diags d = {0};
	struct err e = ERR_INIT;

	if (!fs_exists(folder))
		assert_int_equal(mkdir(folder, 0755), 0);
	bad_settings_put(dir, "tegata.yaml", main_text);
	bad_settings_put(folder, "a.yaml", extra_text);
	assert_int_equal(settings_load(dir, &s, &d), -1);
	assert_int_equal(diags_result(&d, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	found = bad_settings_without(e.cause, prefix);
	assert_string_equal(found, said);
	free(found);
	err_clear(&e);
	diags_clear(&d);
	settings_clear(&s);
	free(prefix);
	free(folder);
}

#endif
