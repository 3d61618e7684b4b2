#include "config.h"

#include "base/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"

#define DIGITS "0123456789"

void fs_clean_beside(const char *path)
{
	char *folder = fs_dirname(path), *start = fs_temporary_name(path);
	struct err ignored = ERR_INIT;
	struct strs names = {0};

	/* Of any process. */
	strrchr(start, '-')[1] = '\0';
	(void)fs_list(folder, &names, &ignored);
	for (size_t i = 0; i < names.count; i++) {
		const char *rest = names.item[i] + strlen(start);

		if (str_starts(names.item[i], start) && *rest != '\0' && rest[strspn(rest, DIGITS)] == '\0') {
			char *left = fs_join(folder, names.item[i]);

			if (unlink(left) != 0)
				log_warn(_("%s, left behind by an earlier run, cannot be removed: %s"), left, strerror(errno));
			free(left);
		}
	}
	strs_clear(&names);
	err_clear(&ignored);
	free(start);
	free(folder);
}
