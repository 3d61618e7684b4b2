#include "config.h"

#include "base/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/trust.h"

#define WORD_MAX_SHOWN 500
#define FIRST_LINE_MAX 256 /* as much as the kernel looks at */

/* What a hook of one kind is looked for with. */
struct search {
	const struct hook_dirs *dirs;
	uid_t also; /* who runs it; 0 = nobody but us */
};

static bool name_ok(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return *name != '\0' && *name != '.' && name[strspn(name, allowed)] == '\0';
}

static int not_safe(const char *path, struct err *e)
{
	e->kind = ERR_HOOK;
	return err_wrap(e, _("the hook %s is not run"), path);
}

static bool is_missing(const struct err *e)
{
	return e->sys_errno == ENOENT || e->sys_errno == ENOTDIR;
}

/* The absolute path behind "#!"; NULL when there is none, or we cannot see it. */
static char *interpreter_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char line[FIRST_LINE_MAX + 1];
	ssize_t n = -1;
	size_t skip, len;

	if (fd >= 0) {
		n = read(fd, line, FIRST_LINE_MAX);
		close(fd);
	}
	if (n < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[n] = '\0';
	skip = 2 + strspn(line + 2, " \t");
	len = strcspn(line + skip, " \t\n");
	return line[skip] == '/' ? str_ndup(line + skip, len) : NULL;
}

/* A script is run by a program that is as good as part of it. */
static int check_interpreter(const char *path, uid_t also, struct err *e)
{
	char *interpreter = interpreter_of(path);
	char *escaped;
	struct stat st;
	int rc = interpreter != NULL ? trust_file(interpreter, also, &st, e) : 0;

	if (rc != 0 && is_missing(e)) {
		escaped = str_escape(interpreter, strlen(interpreter), WORD_MAX_SHOWN);
		err_clear(e);
		err_set(e, ERR_HOOK, _("the hook %s asks in its first line for the program %s, which is not there"), path, escaped);
		if (str_ends(interpreter, "\r"))
			err_advise(e, _("Its lines end in CR LF, as on Windows; write it with LF alone."));
		free(escaped);
	} else if (rc != 0) {
		not_safe(path, e);
	}
	free(interpreter);
	return rc;
}

/* Why the file cannot be a hook, or 0. */
static int check_file(const char *path, const struct stat *st, uid_t also, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_HOOK, _("the hook %s is not a regular file"), path);
	if ((st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0 || (also == 0 && access(path, X_OK) != 0)) {
		err_set(e, ERR_HOOK, _("the hook %s is not executable"), path);
		err_advise(e, _("Make it so: chmod +x %s"), path);
		return -1;
	}
	return check_interpreter(path, also, e);
}

/* 0 = found, 1 = nothing there, -1 = there, but not usable. */
static int try_path(const char *path, uid_t also, struct err *e)
{
	struct stat st;

	if (trust_file(path, also, &st, e) == 0)
		return check_file(path, &st, also, e);
	if (is_missing(e)) {
		err_clear(e);
		return 1;
	}
	return not_safe(path, e);
}

static int find_absolute(const struct search *s, const char *word, char **path, struct err *e)
{
	switch (try_path(word, s->also, e)) {
	case 0:
		*path = str_dup(word);
		return 0;
	case 1:
		return err_set(e, ERR_HOOK, _("there is no hook %s"), word);
	default:
		return -1;
	}
}

static int find_named(const struct search *s, const char *name, char **path, struct err *e)
{
	const char *folders[] = {s->dirs->local, s->dirs->shipped};
	struct strs tried = {0};
	char *places = NULL;
	int rc = -1;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char *candidate;
		int found;

		if (folders[i] == NULL)
			continue;
		candidate = fs_join(folders[i], name);
		found = try_path(candidate, s->also, e);
		if (found == 0) {
			*path = candidate;
			rc = 0;
			goto out;
		}
		strs_take(&tried, candidate);
		if (found < 0)
			goto out;
	}
	places = strs_join(&tried, _(" or "));
	err_set(e, ERR_HOOK, _("there is no hook called \"%s\": it would be %s"), name, places);
	err_advise(e, _("Put an executable file there, or write the hook's absolute path."));
out:
	free(places);
	strs_clear(&tried);
	return rc;
}

int hook_find(const struct hook_spec *h, const struct hook_dirs *dirs, char **path, struct err *e)
{
	struct search s = {.dirs = dirs};
	const char *user = hook_user(h, dirs), *word;
	char *shown;

	if (user != NULL && fs_lookup_user(user, &s.also, NULL) != 0)
		return err_set(e, ERR_HOOK, _("there is no user %s on this machine to run the hook as"), user);
	if (h->shell != NULL) {
		*path = str_dup("/bin/sh");
		return 0;
	}
	if (h->words.count == 0)
		return err_set(e, ERR_HOOK, _("the hook is empty"));
	word = h->words.item[0];
	if (*word == '/')
		return find_absolute(&s, word, path, e);
	if (name_ok(word))
		return find_named(&s, word, path, e);
	shown = str_escape(word, strlen(word), WORD_MAX_SHOWN);
	err_set(e, ERR_HOOK, _("\"%s\" is neither an absolute path nor a hook's name"), shown);
	err_advise(e, _("A name has only letters, digits, '.', '_' and '-', and does not begin with '.'; "
	                "a command line belongs into \"shell:\"."));
	free(shown);
	return -1;
}
