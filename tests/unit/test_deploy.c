#include "config.h"

#include "run/deploy.h"

#include "run_maker.h"

#define LIST "- example.jp\n"
#define SETTINGS(deploy) "certificates:\n  - name: shop\n    names: [example.jp, www.example.jp]\n" \
	"    challenge: {webroot: /w}\n    deploy: " deploy "\n"

#define FAIL_SCRIPT "#!/bin/sh\necho fail >>\"${0%/*}/../order\"\necho 'nginx: no such file' >&2\nexit 3\n"
#define WELL_SCRIPT "#!/bin/sh\necho well >>\"${0%/*}/../order\"\n"

static const struct certificate_setting *shop(const struct run *r)
{
	const struct certificate_setting *c = settings_certificate(&r->s.settings, "shop");

	assert_non_null(c);
	return c;
}

static struct visit_item deploy(struct run *r, bool again, enum visit_reason reason)
{
	struct visit_item item = {.name = NULL, .reason = reason};
	struct err e = ERR_INIT;

	assert_int_equal(site_lock(&r->s, &e), 0);
	deploy_certificate(&r->s, shop(r), again, &item);
	return item;
}

static void item_clear(struct visit_item *item)
{
	strs_clear(&item->deployed);
	err_clear(&item->deploy_err);
	*item = (struct visit_item){0};
}

static char *note(const struct run *r, const char *name)
{
	char *path = fs_join(r->etc, name), *text = scratch_read(path);

	free(path);
	return text;
}

static void assert_note(const struct run *r, const char *name, const char *expected)
{
	char *text = note(r, name);

	assert_string_equal(text ? text : "", expected);
	free(text);
}

static void assert_deployed(struct visit_item *item, const char *labels, size_t owed)
{
	char *all = strs_join(&item->deployed, " ");

	assert_string_equal(all ? all : "", labels);
	assert_int_equal(item->deploy_owed, owed);
	free(all);
}

/* The value of a variable in what `env` wrote; owned, NULL = it is not there. */
static char *value_of(const char *env, const char *variable)
{
	size_t len = strlen(variable);

	for (const char *line = env; *line != '\0'; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n'))
		if (strncmp(line, variable, len) == 0 && line[len] == '=')
			return str_ndup(line + len + 1, strcspn(line + len + 1, "\n"));
	return NULL;
}

static void test_what_a_hook_gets(void **state)
{
	static const struct { const char *variable, *value; } expected[] = {
		{"TEGATA_STAGE", "deploy"},
		{"TEGATA_CERT_NAME", "shop"},
		{"TEGATA_CERT_DIR", "state/live/shop"},
		{"TEGATA_KEY_PATH", "state/live/shop/privkey.pem"},
		{"TEGATA_CERT_PATH", "state/live/shop/cert.pem"},
		{"TEGATA_CHAIN_PATH", "state/live/shop/chain.pem"},
		{"TEGATA_FULLCHAIN_PATH", "state/live/shop/fullchain.pem"},
		{"TEGATA_NAMES", "example.jp www.example.jp"},
		{"TEGATA_GENERATION", "1"},
		{"TEGATA_SERIAL", "0abc"},
		{"TEGATA_NOT_AFTER", "2026-12-20T14:13:20Z"},
		{"TEGATA_REASON", "names-changed"},
		{"RENEWED_LINEAGE", "state/live/shop"},
		{"RENEWED_DOMAINS", "example.jp www.example.jp"},
		{"PORT", "2222"},
		{"SECRET_OF_TEGATA", NULL},
	};
	struct run *r = *state;
	struct visit_item item;
	char *env;

	assert_int_equal(setenv("SECRET_OF_TEGATA", "x", 1), 0);
	run_hook(r, "tell", "#!/bin/sh\nd=${0%/*}/..\nenv >\"$d/env\"\necho \"$@\" >\"$d/args\"\n");
	run_open(r, SETTINGS("[{run: [tell, fixed, 'two words'], env: {PORT: '2222', TEGATA_STAGE: mine}}]"), LIST);
	run_issue(r, "shop", "example.jp www.example.jp", RUN_NOW, RUN_NOW + 90 * 86400);
	item = deploy(r, false, VISIT_NAMES_CHANGED);
	assert_deployed(&item, "tell", 0);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	item_clear(&item);

	assert_note(r, "args", "fixed two words deploy shop\n");
	env = note(r, "env");
	assert_non_null(env);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		char *value = value_of(env, expected[i].variable), *seen = value ? run_shorten(r, value) : NULL;

		if (!str_eq(seen, expected[i].value))
			fail_msg("%s: \"%s\" is not \"%s\"", expected[i].variable, seen ? seen : "(none)", expected[i].value);
		free(value);
		free(seen);
	}
	assert_null(strstr(env, "PRIVATE KEY"));
	free(env);
	assert_int_equal(unsetenv("SECRET_OF_TEGATA"), 0);
}

static void test_a_plain_hook_gets_no_words(void **state)
{
	struct run *r = *state;
	struct visit_item item;
	char *settings;

	run_hook(r, "tell", "#!/bin/sh\necho \"$#\" >\"${0%/*}/../args\"\n");
	settings = str_fmt("certificates:\n  - name: shop\n    names: [example.jp]\n    challenge: {webroot: /w}\n"
	                   "    deploy_hook: %s/tell\n", r->hooks);
	run_open(r, settings, LIST);
	free(settings);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	item = deploy(r, false, VISIT_DUE);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	assert_int_equal(item.deployed.count, 1);
	assert_note(r, "args", "0\n");
	item_clear(&item);
}

static void test_a_failure_stops_nothing_and_stays_owed(void **state)
{
	struct run *r = *state;
	struct store_state st = {0};
	struct visit_item item;
	struct err e = ERR_INIT;

	run_hook(r, "first", FAIL_SCRIPT);
	run_hook(r, "second", WELL_SCRIPT);
	run_open(r, SETTINGS("[first, second]"), LIST);
	run_issue(r, "shop", "example.jp www.example.jp", RUN_NOW, RUN_NOW + 86400);
	item = deploy(r, false, VISIT_MISSING);
	assert_note(r, "order", "fail\nwell\n");
	assert_deployed(&item, "second", 1);
	assert_string_equal(item.deploy_err.advice, "The certificate is in place; only the hook failed. It is tried again at the next "
	                                            "run, or now: `tegata deploy shop`.");
	run_error(r, &item.deploy_err, ERR_HOOK,
	          "deploying shop: the hook \"first\" failed with exit status 3: nginx: no such file");
	item_clear(&item);

	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	assert_int_equal(st.deploy_count, 2);
	assert_string_equal(st.deploy[0].label, "first");
	assert_int_equal(st.deploy[0].generation, 0);
	assert_int_equal(st.deploy[0].failures, 1);
	assert_string_equal(st.deploy[0].last_error, "the hook \"first\" failed with exit status 3: nginx: no such file");
	assert_int_equal(st.deploy[1].generation, 1);
	assert_int_equal(st.deploy[1].at, RUN_NOW);
	assert_null(st.deploy[1].last_error);
	store_state_clear(&st);

	item = deploy(r, false, VISIT_NOT_DUE);
	assert_note(r, "order", "fail\nwell\nfail\n");
	assert_deployed(&item, "", 1);
	assert_int_equal(item.deploy_err.kind, ERR_HOOK);
	item_clear(&item);

	run_hook(r, "first", WELL_SCRIPT);
	item = deploy(r, false, VISIT_NOT_DUE);
	assert_deployed(&item, "first", 0);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	item_clear(&item);
	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	assert_int_equal(st.deploy[0].generation, 1);
	assert_int_equal(st.deploy[0].failures, 0);
	assert_null(st.deploy[0].last_error);
	store_state_clear(&st);
}

static void test_when_a_hook_is_owed(void **state)
{
	struct run *r = *state;
	struct visit_item item;

	run_hook(r, "first", WELL_SCRIPT);
	run_hook(r, "second", WELL_SCRIPT);
	run_open(r, SETTINGS("first"), LIST);

	item = deploy(r, true, VISIT_NOT_ASKED);
	assert_deployed(&item, "", 0);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	item_clear(&item);

	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	item = deploy(r, false, VISIT_MISSING);
	assert_deployed(&item, "first", 0);
	item_clear(&item);
	item = deploy(r, false, VISIT_NOT_DUE);
	assert_deployed(&item, "", 0);
	item_clear(&item);
	item = deploy(r, true, VISIT_NOT_ASKED);
	assert_deployed(&item, "first", 0);
	item_clear(&item);

	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	item = deploy(r, false, VISIT_DUE);
	assert_deployed(&item, "first", 0);
	item_clear(&item);

	run_open(r, SETTINGS("[first, second]"), LIST);
	item = deploy(r, false, VISIT_NOT_DUE);
	assert_deployed(&item, "second", 0);
	item_clear(&item);

	run_open(r, SETTINGS("[[first, --soft], second]"), LIST);
	item = deploy(r, false, VISIT_NOT_DUE);
	assert_deployed(&item, "first", 0);
	item_clear(&item);
}

/* Asked for once more, a hook that fails leaves the server who knows how: it is owed again, as its message says. */
static void test_a_failing_repetition_is_owed(void **state)
{
	struct run *r = *state;
	struct visit_item item;

	run_hook(r, "first", WELL_SCRIPT);
	run_open(r, SETTINGS("first"), LIST);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	item = deploy(r, false, VISIT_MISSING);
	assert_deployed(&item, "first", 0);
	item_clear(&item);
	run_hook(r, "first", FAIL_SCRIPT);
	item = deploy(r, true, VISIT_NOT_ASKED);
	assert_deployed(&item, "", 1);
	item_clear(&item);
	item = deploy(r, false, VISIT_NOT_DUE);
	assert_deployed(&item, "", 1);
	assert_note(r, "order", "well\nfail\nfail\n");
	item_clear(&item);
}

static void test_hooks_that_cannot_run(void **state)
{
	struct run *r = *state;
	struct visit_item item;

	run_hook(r, "second", WELL_SCRIPT);
	run_open(r, SETTINGS("[missing, second, {shell: 'kill -9 $$'}]"), LIST);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	item = deploy(r, false, VISIT_MISSING);
	assert_deployed(&item, "second", 2);
	assert_non_null(strstr(item.deploy_err.cause, "there is no hook called \"missing\""));
	assert_string_equal(item.deploy_err.advice, "Put an executable file there, or write the hook's absolute path.");
	item_clear(&item);
}

static void test_damage_is_told(void **state)
{
	struct run *r = *state;
	struct visit_item item;
	char *cert;

	run_hook(r, "first", WELL_SCRIPT);
	run_open(r, SETTINGS("first"), LIST);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	cert = store_live_path(r->s.store, "shop", "cert.pem");
	assert_int_equal(unlink(cert), 0);
	free(cert);
	item = deploy(r, false, VISIT_NOT_DUE);
	assert_deployed(&item, "", 0);
	assert_int_equal(item.deploy_err.kind, ERR_IO);
	assert_true(str_starts(item.deploy_err.doing, "deploying shop"));
	assert_note(r, "order", "");
	item_clear(&item);
}

static void test_success_that_cannot_be_recorded_is_told(void **state)
{
	struct run *r = *state;
	struct visit_item item;
	char *file = fs_join(r->options.state_dir, "state/shop.json");
	struct err e = ERR_INIT;

	run_hook(r, "first", WELL_SCRIPT);
	run_open(r, SETTINGS("first"), LIST);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	assert_int_equal(fs_make_dirs(file, 0700, &e), 0);
	item = deploy(r, false, VISIT_MISSING);
	assert_int_equal(item.deploy_err.kind, ERR_IO);
	item_clear(&item);
	free(file);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_what_a_hook_gets),
		WITH(test_a_plain_hook_gets_no_words),
		WITH(test_a_failure_stops_nothing_and_stays_owed),
		WITH(test_when_a_hook_is_owed),
		WITH(test_a_failing_repetition_is_owed),
		WITH(test_hooks_that_cannot_run),
		WITH(test_damage_is_told),
		WITH(test_success_that_cannot_be_recorded_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
