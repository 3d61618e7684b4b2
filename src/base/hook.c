#include "config.h"

#include "base/hook.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/guise.h"
#include "base/i18n.h"
#include "base/log.h"

#define LINE_MAX_SHOWN 500
#define LINES_LOGGED 200

bool hook_is_set(const struct hook_spec *h)
{
	return h->shell != NULL || h->words.count > 0;
}

const char *hook_user(const struct hook_spec *h, const struct hook_dirs *dirs)
{
	return h->user != NULL ? h->user : dirs != NULL ? dirs->user : NULL;
}

void hook_copy(struct hook_spec *to, const struct hook_spec *from)
{
	strs_copy(&to->words, &from->words);
	to->shell = str_dup(from->shell);
	to->user = str_dup(from->user);
	to->timeout_sec = from->timeout_sec;
	strs_copy(&to->env, &from->env);
	to->plain_args = from->plain_args;
	to->file = from->file;
	to->line = from->line;
	to->column = from->column;
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
	struct proc_spec spec = {.user = hook_user(c->hook, c->dirs), .umask = 022, .output_max = HOOK_OUTPUT_MAX};
	struct proc_result result = {0};
	struct strs env = {0};
	const char **argv = NULL;
	const char **envp = NULL;
	char *raw_label = hook_label(c->hook);
	char *label = str_escape(raw_label, strlen(raw_label), LINE_MAX_SHOWN);
	struct guise guise = guise_lift();
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
	guise_resume(&guise);
	proc_result_clear(&result);
	free(argv);
	free(envp);
	strs_clear(&env);
	free(path);
	free(label);
	free(raw_label);
	return rc;
}
