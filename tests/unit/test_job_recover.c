#include "config.h"

#include "run/job.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/sig.h"

/* A site in a fresh folder whose one hook notes each call in DIR/calls. */
struct world {
	char *dir;
	struct site site;
	char *config_dir, *state_dir;
	struct err e;
};

static void write_file(const struct world *w, const char *name, const char *text, mode_t mode)
{
	const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = mode};
	char *path = fs_join(w->dir, name);
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, text, strlen(text), &policy, &e), 0);
	free(path);
}

static bool there(const struct world *w, const char *name)
{
	char *path = fs_join(w->dir, name);
	bool found = fs_exists(path);

	free(path);
	return found;
}

static int set_up(void **state)
{
	struct world *w = mem_new(1, sizeof *w);
	struct site_options options;
	char *settings, *script;

	w->dir = str_dup("/tmp/tegata-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->config_dir = fs_join(w->dir, "etc");
	w->state_dir = fs_join(w->dir, "state");
	assert_int_equal(fs_make_dirs(w->config_dir, 0700, &w->e), 0);
	settings = str_fmt("certificates:\n"
	                   "  - name: www\n"
	                   "    names: [www.example.jp]\n"
	                   "    challenge: {type: dns-01, hook: %s/hook}\n",
	                   w->dir);
	script = str_fmt("#!/bin/sh\necho \"$1 $2\" >>%s/calls\n", w->dir);
	write_file(w, "etc/tegata.yaml", settings, 0600);
	write_file(w, "hook", script, 0700);
	options = (struct site_options){.config_dir = w->config_dir, .state_dir = w->state_dir};
	site_init(&w->site, &options);
	assert_int_equal(site_load(&w->site, &w->e), 0);
	assert_int_equal(site_lock(&w->site, &w->e), 0);
	free(settings);
	free(script);
	sig_reset();
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct err ignored = ERR_INIT;

	sig_reset();
	site_clear(&w->site);
	fs_remove_tree(w->dir, &ignored);
	err_clear(&ignored);
	err_clear(&w->e);
	free(w->config_dir);
	free(w->state_dir);
	free(w->dir);
	free(w);
	return 0;
}

/* As a run leaves it that died with one dns-01 challenge in place and a key made. */
static void leave_journal(struct world *w, const char *name, int generation)
{
	char identifier[] = "www.example.jp", type[] = "dns-01", method[] = "hook", token[] = "tok", auth[] = "tok.thumb";
	char record[] = "_acme-challenge.www.example.jp", value[] = "value", text[] = "x";
	struct store_journal_task task = {.type = type, .method = method, .identifier = identifier, .token = token,
	                                  .key_authorization = auth, .record_name = record, .record_value = value};
	struct store_journal j = {.ca = text, .server = text, .generation = generation, .task = &task, .task_count = 1};

	j.name = str_dup(name);
	strs_add(&j.names, identifier);
	assert_int_equal(store_journal_save(w->site.store, &j, &w->e), 0);
	strs_clear(&j.names);
	free(j.name);
}

static void takes_away(void **state)
{
	struct world *w = *state;

	leave_journal(w, "www", 0);
	assert_int_equal(job_recover_all(&w->site, &w->e), 0);
	assert_true(there(w, "calls"));
	assert_false(there(w, "state/journal/www.json"));
}

static void keeps_what_a_signal_broke_off(void **state)
{
	struct world *w = *state;

	leave_journal(w, "www", 0);
	raise(SIGTERM);
	assert_int_equal(job_recover_all(&w->site, &w->e), -1);
	assert_int_equal(w->e.kind, ERR_INTERRUPTED);
	assert_true(there(w, "state/journal/www.json"));
	assert_false(there(w, "calls"));
	sig_reset();
	err_clear(&w->e);
	assert_int_equal(job_recover_all(&w->site, &w->e), 0);
	assert_true(there(w, "calls"));
	assert_false(there(w, "state/journal/www.json"));
}

/* Something that cannot be removed as a file is stands where the challenge's file was. */
static void a_file_that_stays_is_owed(void **state)
{
	struct world *w = *state;
	char *stays = fs_join(w->dir, ".well-known/acme-challenge/tok");
	char token[] = "tok", auth[] = "tok.thumb", name[] = "www.example.jp";
	struct certificate_setting cert = {.name = name};
	struct solver_options options = {0};
	struct solver_set *set = NULL;
	struct job j = {.cert = &cert, .task_count = 1};

	assert_int_equal(fs_make_dirs(stays, 0755, &w->e), 0);
	strs_add(&j.names, name);
	j.task = mem_new(1, sizeof *j.task);
	*j.task = (struct solver_task){
		.plan = {.type = SOLVER_HTTP_01, .method = SOLVER_WEBROOT, .webroot = w->dir},
		.certificate = name, .identifier = name, .token = token, .key_authorization = auth, .all_names = &j.names,
		.presented = true,
	};
	assert_int_equal(solver_open(&options, &set, &w->e), 0);
	job_cleanup(&j, set);
	assert_true(j.cleanup_owed);
	solver_close(set);
	job_clear(&j);
	free(stays);
}

/* The run died between making the key and telling the journal the number of its generation. */
static void removes_a_key_that_the_journal_does_not_know_yet(void **state)
{
	struct world *w = *state;
	int number = 0;

	leave_journal(w, "www", 0);
	assert_int_equal(store_generation_begin(w->site.store, "www", "key", 3, NULL, &number, &w->e), 0);
	assert_int_equal(number, 1);
	assert_true(there(w, "state/generations/www/000001"));
	assert_int_equal(job_recover_all(&w->site, &w->e), 0);
	assert_false(there(w, "state/generations/www/000001"));
	assert_false(there(w, "state/journal/www.json"));
}

/* The run died right after the switch, and its files were damaged afterwards. */
static void goes_on_when_the_live_one_is_damaged(void **state)
{
	struct world *w = *state;
	char *folder = fs_join(w->dir, "state/generations/www/000001");
	char *link = fs_join(w->dir, "state/live/www");

	assert_int_equal(fs_make_dirs(folder, 0700, &w->e), 0);
	assert_int_equal(symlink("../generations/www/000001", link), 0);
	leave_journal(w, "www", 1);
	assert_int_equal(job_recover_all(&w->site, &w->e), 0);
	assert_false(there(w, "state/journal/www.json"));
	assert_true(there(w, "state/generations/www/000001"));
	free(folder);
	free(link);
}

static void one_does_not_stop_the_others(void **state)
{
	struct world *w = *state;
	char *folder = fs_join(w->dir, "state/journal/a.json");

	leave_journal(w, "www", 0);
	/* Neither read nor moved aside: there is something in the way. */
	assert_int_equal(mkdir(folder, 0700), 0);
	free(folder);
	folder = fs_join(w->dir, "state/journal/a.json.broken");
	write_file(w, "state/journal/a.json.broken", "", 0600);
	assert_int_equal(job_recover_all(&w->site, &w->e), 0);
	assert_true(there(w, "calls"));
	assert_false(there(w, "state/journal/www.json"));
	free(folder);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(takes_away),
		IN_WORLD(keeps_what_a_signal_broke_off),
		IN_WORLD(a_file_that_stays_is_owed),
		IN_WORLD(removes_a_key_that_the_journal_does_not_know_yet),
		IN_WORLD(goes_on_when_the_live_one_is_damaged),
		IN_WORLD(one_does_not_stop_the_others),
	};

	sig_install();
	log_set_level(LOG_LEVEL_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
