/* The built program, run in folders of its own, with what it said. */
#ifndef TEGATA_TESTS_CLI_RUN_H
#define TEGATA_TESTS_CLI_RUN_H

#include "scratch.h"

#include "base/proc.h"

#define CLI_RUN_OUTPUT_MAX (256 * 1024)
#define CLI_RUN_WORDS_MAX 40
#define CLI_RUN_TIMEOUT_SEC 60

struct cli_run {
	char *dir;      /* etc/ is the folder of the settings, state/ of the state (not made here) */
	int status;     /* of the last run, as are: */
	char *out, *err; /* "@" where the folder's path stood */
};

static inline void cli_run_file(const struct cli_run *r, const char *name, const char *text)
{
	char *path = fs_join(r->dir, name);

	scratch_write(path, text, 0644);
	free(path);
}

static inline struct cli_run cli_run_begin(void)
{
	struct cli_run r = {.dir = scratch_make()};
	char *etc = fs_join(r.dir, "etc"), *conf_d = fs_join(etc, "conf.d"), *hooks = fs_join(etc, "hooks");

	assert_int_equal(mkdir(etc, 0755), 0);
	assert_int_equal(mkdir(conf_d, 0755), 0);
	assert_int_equal(mkdir(hooks, 0755), 0);
	free(etc);
	free(conf_d);
	free(hooks);
	return r;
}

static inline void cli_run_end(struct cli_run *r)
{
	scratch_remove(r->dir);
	free(r->out);
	free(r->err);
}

/* Every `from` becomes `to`; owned. */
static inline char *cli_run_exchange(const char *text, const char *from, const char *to)
{
	char *result = str_dup(""), *next;
	const char *hit;

	while ((hit = strstr(text, from)) != NULL) {
		next = str_fmt("%s%.*s%s", result, (int)(hit - text), text, to);
		free(result);
		result = next;
		text = hit + strlen(from);
	}
	next = str_fmt("%s%s", result, text);
	free(result);
	return next;
}

static inline char *cli_run_program(void)
{
	const char *build = getenv("abs_top_builddir");

	return fs_join(build ? build : ".", "tegata");
}

/* argv[0] is an absolute path. */
static inline void cli_run_argv(struct cli_run *r, const char *const *argv)
{
	const char *build = getenv("abs_top_builddir");
	char *libexec = str_fmt("TEGATA_LIBEXECDIR=%s", build ? build : ".");
	const char *const env[] = {"LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin", libexec, NULL};
	struct proc_spec spec = {.argv = argv, .envp = env, .dir = r->dir, .timeout_sec = CLI_RUN_TIMEOUT_SEC,
	                         .output_max = CLI_RUN_OUTPUT_MAX};
	struct proc_result result = {0};
	struct err e = ERR_INIT;

	assert_int_equal(proc_run(&spec, &result, &e), 0);
	str_replace(&r->out, cli_run_exchange(result.out, r->dir, "@"));
	str_replace(&r->err, cli_run_exchange(result.err, r->dir, "@"));
	r->status = result.exit_status;
	proc_result_clear(&result);
	free(libexec);
}

/* A "@" in front of a word stands for the folder. */
static inline void cli_run_words(struct cli_run *r, const char *const *words)
{
	struct strs list = {0};
	const char *argv[CLI_RUN_WORDS_MAX] = {NULL};

	strs_take(&list, cli_run_program());
	strs_add(&list, "--config-dir");
	strs_take(&list, fs_join(r->dir, "etc"));
	strs_add(&list, "--state-dir");
	strs_take(&list, fs_join(r->dir, "state"));
	for (; *words; words++)
		strs_take(&list, **words == '@' ? str_fmt("%s%s", r->dir, *words + 1) : str_dup(*words));
	assert_true(list.count < CLI_RUN_WORDS_MAX);
	for (size_t i = 0; i < list.count; i++)
		argv[i] = list.item[i];
	cli_run_argv(r, argv);
	strs_clear(&list);
}

#endif
