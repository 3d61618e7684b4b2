#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "internal.h"

#define TARGET_MAX 512

/* The number in "../generations/NAME/000001", or 0. */
static int target_number(const char *target, const char *name)
{
	char *start = str_fmt("../generations/%s/", name);
	int number = str_starts(target, start) ? store_number_in(target + strlen(start)) : 0;

	free(start);
	return number;
}

int store_live_number(const struct store *s, const char *name, char **broken)
{
	char *path = store_path(s, "live", name, "");
	char target[TARGET_MAX + 1];
	ssize_t len = readlink(path, target, TARGET_MAX);
	int saved = errno;
	int number = 0;
	char *why = NULL;

	free(path);
	if (len >= 0) {
		target[len] = '\0';
		number = target_number(target, name);
		if (number == 0)
			why = str_dup(_("it does not point into the generations of this certificate"));
	} else if (saved == EINVAL) {
		why = str_dup(_("it is not a link"));
	} else if (saved != ENOENT) {
		why = str_dup(strerror(saved));
	}
	if (broken != NULL)
		*broken = why;
	else
		free(why);
	return number;
}

int store_live_names(struct store *s, struct strs *names, struct err *e)
{
	return store_names_in(s, "live", names, e);
}

char *store_live_path(const struct store *s, const char *name, const char *file)
{
	char *folder;
	char *path;

	if (!store_name_ok(name))
		return NULL;
	folder = store_path(s, "live", name, "");
	if (file == NULL)
		return folder;
	path = fs_join(folder, file);
	free(folder);
	return path;
}
