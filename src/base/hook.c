#include "config.h"

#include "base/hook.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/log.h"

#define LINE_MAX_SHOWN 500
#define LINES_LOGGED 200

bool hook_is_set(const struct hook_spec *h)
{
	return h->shell != NULL || h->words.count > 0;
}

void hook_copy(struct hook_spec *to, const struct hook_spec *from)
{
	strs_copy(&to->words, &from->words);
	to->shell = str_dup(from->shell);
	to->user = str_dup(from->user);
	to->timeout_sec = from->timeout_sec;
	strs_copy(&to->env, &from->env);
	to->plain_args = from->plain_args;
}

void hook_clear(struct hook_spec *h)
{
	strs_clear(&h->words);
	free(h->shell);
	free(h->user);
	strs_clear(&h->env);
	*h = (struct hook_spec){0};
}

char *hook_label(const struct hook_spec *h)
{
	if (h->shell != NULL)
		return str_fmt("shell: %s", h->shell);
	return str_dup(h->words.count > 0 ? h->words.item[0] : "");
}

/* FNV-1a; the NUL that ends each part is taken in as well, so that "ab","c" is not "a","bc". */
static uint32_t hash_part(uint32_t hash, const char *s)
{
	do {
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	} while (*s++ != '\0');
	return hash;
}

char *hook_id(const struct hook_spec *h)
{
	char *label = hook_label(h);
	uint32_t hash = 2166136261u;
	char *id;

	if (h->words.count <= 1 && h->env.count == 0 && h->user == NULL)
		return label;
	for (size_t i = 1; i < h->words.count; i++)
		hash = hash_part(hash, h->words.item[i]);
	hash = hash_part(hash, "\x01");
	for (size_t i = 0; i < h->env.count; i++)
		hash = hash_part(hash, h->env.item[i]);
	hash = hash_part(hash, h->user != NULL ? h->user : "");
	id = str_fmt("%s#%08x", label, (unsigned int)hash);
	free(label);
	return id;
}

static bool name_ok(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return *name != '\0' && *name != '.' && name[strspn(name, allowed)] == '\0';
}

/*
 * Whether every user could put another file in its place: its folder is open to all, and neither is the file root's nor
 * does the sticky bit keep others from renaming it. Links are followed to where the file really is.
 */
static bool is_replaceable(const char *path, const struct stat *file)
{
	char *real = realpath(path, NULL);
	char *folder = real != NULL ? fs_dirname(real) : NULL;
	struct stat st;
	bool open_to_all;

	open_to_all = folder == NULL || stat(folder, &st) != 0 ||
	              ((st.st_mode & S_IWOTH) != 0 && ((st.st_mode & S_ISVTX) == 0 || file->st_uid != 0));
	free(folder);
	free(real);
	return open_to_all;
}

/* Why the file cannot be a hook, or 0. */
static int check_file(const char *path, const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_HOOK, _("the hook %s is not a regular file"), path);
	if (geteuid() == 0 && (st->st_mode & S_IWOTH) != 0) {
		err_set(e, ERR_HOOK, _("the hook %s may be written by every user, so root does not run it"), path);
		err_advise(e, _("Take that right away: chmod o-w %s"), path);
		return -1;
	}
	if (geteuid() == 0 && is_replaceable(path, st)) {
		err_set(e, ERR_HOOK, _("the hook %s is in a folder that every user may write to, so root does not run it"), path);
		err_advise(e, _("Move it to a folder that only root may write to."));
		return -1;
	}
	if ((st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0 || access(path, X_OK) != 0) {
		err_set(e, ERR_HOOK, _("the hook %s is not executable"), path);
		err_advise(e, _("Make it so: chmod +x %s"), path);
		return -1;
	}
	return 0;
}

/* 0 = found, 1 = nothing there, -1 = there, but not usable. */
static int try_path(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return check_file(path, &st, e);
	if (errno == ENOENT || errno == ENOTDIR)
		return 1;
	return err_set_errno(e, ERR_HOOK, errno, _("cannot look at the hook %s"), path);
}

static int find_absolute(const char *word, char **path, struct err *e)
{
	switch (try_path(word, e)) {
	case 0:
		*path = str_dup(word);
		return 0;
	case 1:
		return err_set(e, ERR_HOOK, _("there is no hook %s"), word);
	default:
		return -1;
	}
}

static int find_named(const char *name, const struct hook_dirs *dirs, char **path, struct err *e)
{
	const char *folders[] = {dirs->local, dirs->shipped};
	struct strs tried = {0};
	char *places = NULL;
	int rc = -1;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char *candidate;
		int found;

		if (folders[i] == NULL)
			continue;
		candidate = fs_join(folders[i], name);
		found = try_path(candidate, e);
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
	const char *word;
	char *shown;

	if (h->shell != NULL) {
		*path = str_dup("/bin/sh");
		return 0;
	}
	if (h->words.count == 0)
		return err_set(e, ERR_HOOK, _("the hook is empty"));
	word = h->words.item[0];
	if (*word == '/')
		return find_absolute(word, path, e);
	if (name_ok(word))
		return find_named(word, dirs, path, e);
	shown = str_escape(word, strlen(word), LINE_MAX_SHOWN);
	err_set(e, ERR_HOOK, _("\"%s\" is neither an absolute path nor a hook's name"), shown);
	err_advise(e, _("A name has only letters, digits, '.', '_' and '-', and does not begin with '.'; "
	                "a command line belongs into \"shell:\"."));
	free(shown);
	return -1;
}

/* argv borrows from path, the spec and the arguments; the array alone is owned. */
static const char **make_argv(const struct hook_call *c, const char *path)
{
	const struct hook_spec *h = c->hook;
	bool with_args = c->args != NULL && !h->plain_args && h->shell == NULL;
	const char **argv = mem_new(h->words.count + (with_args ? c->args->count : 0) + 4, sizeof *argv);
	size_t n = 0;

	argv[n++] = path;
	if (h->shell != NULL) {
		argv[n++] = "-c";
		argv[n++] = h->shell;
		return argv;
	}
	for (size_t i = 1; i < h->words.count; i++)
		argv[n++] = h->words.item[i];
	for (size_t i = 0; with_args && i < c->args->count; i++)
		argv[n++] = c->args->item[i];
	return argv;
}

static const char **make_envp(const struct strs *env)
{
	const char **envp = mem_new(env->count + 1, sizeof *envp);

	for (size_t i = 0; i < env->count; i++)
		envp[i] = env->item[i];
	return envp;
}

/* The last line that says something, made safe to show; owned, NULL = there is none. */
static char *last_line(const char *text)
{
	size_t end = strlen(text);
	size_t start;

	while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL)
		end--;
	if (end == 0)
		return NULL;
	for (start = end; start > 0 && text[start - 1] != '\n'; start--)
		continue;
	return str_escape(text + start, end - start, LINE_MAX_SHOWN);
}

static void log_lines(const char *label, const char *text, bool errors)
{
	for (int n = 0; *text != '\0' && n < LINES_LOGGED; n++) {
		size_t len = strcspn(text, "\n");
		char *line = str_escape(text, len, LINE_MAX_SHOWN);

		if (errors)
			log_verbose("%s: %s", label, line);
		else
			log_debug("%s: %s", label, line);
		free(line);
		text += len;
		text += *text == '\n';
	}
}

static int judge(const char *label, int timeout_sec, const struct proc_result *r, struct err *e)
{
	char *said;

	if (!r->timed_out && r->term_signal == 0 && r->exit_status == 0)
		return 0;
	said = last_line(r->err);
	if (r->timed_out)
		err_set(e, ERR_HOOK, _("the hook \"%s\" had not ended after %d seconds and was stopped%s%s"), label,
		        timeout_sec, said != NULL ? ": " : "", said != NULL ? said : "");
	else if (r->term_signal != 0)
		err_set(e, ERR_HOOK, _("the hook \"%s\" was ended by signal %d%s%s"), label, r->term_signal,
		        said != NULL ? ": " : "", said != NULL ? said : "");
	else
		err_set(e, ERR_HOOK, _("the hook \"%s\" failed with exit status %d%s%s"), label, r->exit_status,
		        said != NULL ? ": " : "", said != NULL ? said : "");
	free(said);
	return -1;
}

/* A process that could not be started is the hook's failure to us, whatever lay beneath. */
static int not_started(const char *label, struct err *e)
{
	if (e->kind != ERR_INTERRUPTED)
		e->kind = ERR_HOOK;
	return err_wrap(e, _("running the hook \"%s\""), label);
}

int hook_run(const struct hook_call *c, char **out_text, struct err *e)
{
	struct proc_spec spec = {.user = c->hook->user, .umask = 022, .output_max = HOOK_OUTPUT_MAX};
	struct proc_result result = {0};
	struct strs env = {0};
	const char **argv = NULL;
	const char **envp = NULL;
	char *raw_label = hook_label(c->hook);
	char *label = str_escape(raw_label, strlen(raw_label), LINE_MAX_SHOWN);
	char *path = NULL;
	int rc;

	rc = hook_find(c->hook, c->dirs, &path, e);
	if (rc != 0)
		goto out;
	hook_env_make(c, &env);
	spec.argv = argv = make_argv(c, path);
	spec.envp = envp = make_envp(&env);
	spec.timeout_sec = c->hook->timeout_sec > 0 ? c->hook->timeout_sec : HOOK_TIMEOUT_DEFAULT_SEC;
	rc = proc_run(&spec, &result, e);
	if (rc != 0) {
		not_started(label, e);
		goto out;
	}
	log_lines(label, result.out, false);
	log_lines(label, result.err, true);
	rc = judge(label, spec.timeout_sec, &result, e);
	if (rc == 0 && out_text != NULL) {
		*out_text = result.out;
		result.out = NULL;
	}
out:
	proc_result_clear(&result);
	free(argv);
	free(envp);
	strs_clear(&env);
	free(path);
	free(label);
	free(raw_label);
	return rc;
}
