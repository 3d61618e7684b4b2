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
		{"TEGATA_KEY_TYPE", "rsa2048"},
		{"TEGATA_OLD_SERIAL", NULL},
		{"TEGATA_NEXT_SPKI_SHA256", NULL},
		{"TEGATA_GROUP", NULL},
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

/* The whole way: an output, a hook, a service. */
#define WHOLE "certificates:\n  - name: shop\n    names: [example.jp, www.example.jp]\n    challenge: {webroot: /w}\n" \
	"    deploy: [reload]\n    served: [443, 'imap:mx.example.jp:143']\n    outputs: [{combined: %s/out/shop.pem}]\n"

/* Services that serve one text until some look at them, then another; what they were asked. */
struct services {
	struct probe_port port;
	char *before, *after;
	int calls, change_at;   /* from that call on it is `after`; 0 = never */
	bool refuse, broken;
	size_t asked;           /* in the last call */
	enum probe_key key;
	char *name, *host;
};

static int probe(void *self, const struct probe_request *q, size_t n, struct probe_result *r, struct err *e)
{
	struct services *v = self;
	const char *pem = v->change_at != 0 && ++v->calls >= v->change_at ? v->after : v->before;

	v->calls += v->change_at == 0;
	v->asked = n;
	v->key = q[0].key;
	str_replace(&v->name, str_dup(q[n - 1].name));
	str_replace(&v->host, str_dup(q[n - 1].host));
	if (v->broken)
		return err_set(e, ERR_IO, "the worker died");
	for (size_t i = 0; i < n; i++) {
		if (v->refuse) {
			err_set(&r[i].err, ERR_NET, "connection refused");
			continue;
		}
		r[i].pem = str_dup(pem);
		r[i].pem_len = strlen(pem);
	}
	return 0;
}

static char *live_text(struct run *r, const char *file)
{
	char *path = store_live_path(r->s.store, "shop", file), *text = scratch_read(path);

	free(path);
	return text;
}

/* A certificate that is live, and services that serve it; `before` is somebody else's. */
static struct services whole(struct run *r)
{
	struct services v = {.port = {.probe = probe}, .change_at = 1};
	struct issued other = issued_make("example.jp");
	char *settings = str_fmt(WHOLE, r->dir), *out = fs_join(r->dir, "out");

	assert_int_equal(mkdir(out, 0755), 0);
	run_hook(r, "reload", "#!/bin/sh\nd=${0%/*}/..\necho reload >>\"$d/order\"\ncat \"$d/../out/shop.pem\" >\"$d/loaded\"\n");
	run_open(r, settings, LIST);
	run_issue(r, "shop", "example.jp www.example.jp", RUN_NOW, RUN_NOW + 86400);
	v.after = live_text(r, "fullchain.pem");
	v.before = str_dup(other.fullchain);
	issued_clear(&other);
	free(out);
	free(settings);
	return v;
}

static struct visit_item deploy_to(struct run *r, struct services *v)
{
	v->port.self = v;
	r->s.probe_port = &v->port;
	return deploy(r, false, VISIT_DUE);
}

static void services_clear(struct services *v)
{
	free(v->before);
	free(v->after);
	free(v->name);
	free(v->host);
}

static void test_the_whole_way(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item = deploy_to(r, &v);
	char *labels = str_fmt("output:%s/out/shop.pem reload served:443 served:imap:mx.example.jp:143", r->dir);
	char *key = live_text(r, "privkey.pem"), *loaded = str_fmt("%s%s", v.after, key);

	assert_deployed(&item, labels, 0);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	assert_note(r, "loaded", loaded);
	assert_int_equal(v.calls, 1);
	assert_int_equal(v.asked, 2);
	assert_int_equal(v.key, PROBE_KEY_ANY);
	assert_string_equal(v.host, "mx.example.jp");
	assert_string_equal(v.name, "example.jp");
	item_clear(&item);
	/* And nothing of it again, until there is another certificate. */
	item = deploy_to(r, &v);
	assert_deployed(&item, "", 0);
	assert_int_equal(v.calls, 1);
	assert_note(r, "order", "reload\n");
	item_clear(&item);
	free(loaded);
	free(key);
	free(labels);
	services_clear(&v);
}

static void test_hooks_wait_for_outputs(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	char *out = fs_join(r->dir, "out");
	struct visit_item item;
	struct store_state st = {0};
	struct err e = ERR_INIT;

	assert_int_equal(rmdir(out), 0);
	item = deploy_to(r, &v);
	assert_deployed(&item, "", 4);
	assert_true(str_starts(item.deploy_err.doing, "deploying shop"));
	assert_int_equal(item.deploy_err.kind, ERR_IO);
	assert_note(r, "order", "");
	assert_int_equal(v.calls, 0);
	item_clear(&item);
	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	assert_int_equal(st.deploy_count, 1);
	assert_non_null(st.deploy[0].last_error);
	store_state_clear(&st);
	assert_int_equal(mkdir(out, 0755), 0);
	item = deploy_to(r, &v);
	assert_int_equal(item.deployed.count, 4);
	assert_int_equal(item.deploy_owed, 0);
	assert_note(r, "order", "reload\n");
	item_clear(&item);
	free(out);
	services_clear(&v);
}

/* The first certificate where another's was: that is kept, and when hooks fail, how to go back is said; later it is ours. */
static void test_what_was_there_before(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	char *path = str_fmt("%s/out/shop.pem", r->dir), *before = str_fmt("%s.before-tegata", path), *text, *expected;
	struct visit_item item;

	scratch_write(path, "bought elsewhere\n", 0600);
	run_hook(r, "reload", FAIL_SCRIPT);
	item = deploy_to(r, &v);
	expected = str_fmt("The certificate is in place; only the hook failed. It is tried again at the next run, or now: `tegata deploy shop`. "
	                   "Files that were there before are kept: %s. To go back to them, copy each (cp -a) over the file without "
	                   "\".before-tegata\", "
	                   "all of them, and reload the service.", before);
	assert_string_equal(item.deploy_err.advice, expected);
	item_clear(&item);
	text = scratch_read(before);
	assert_string_equal(text, "bought elsewhere\n");
	/* Only then, and only once. */
	item = deploy_to(r, &v);
	assert_null(strstr(item.deploy_err.advice, "before-tegata"));
	item_clear(&item);
	assert_int_equal(unlink(before), 0);
	run_hook(r, "reload", WELL_SCRIPT);
	item = deploy_to(r, &v);
	item_clear(&item);
	assert_int_equal(access(before, F_OK), -1);
	item = deploy(r, true, VISIT_FORCED);
	item_clear(&item);
	assert_int_equal(access(before, F_OK), -1);
	free(text);
	free(expected);
	free(before);
	free(path);
	services_clear(&v);
}

/* A file that was written anew is for the hooks to load, though they succeeded for this generation before. */
static void test_a_new_output_runs_hooks_again(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item = deploy_to(r, &v);
	char *settings;

	item_clear(&item);
	settings = str_fmt("certificates:\n  - name: shop\n    names: [example.jp, www.example.jp]\n    challenge: {webroot: /w}\n"
	                   "    deploy: [reload]\n    served: [443]\n    outputs: [{combined: %s/out/shop.pem}, "
	                   "{copy: cert.pem, to: %s/out/cert.pem}]\n", r->dir, r->dir);
	run_open(r, settings, LIST);
	item = deploy_to(r, &v);
	assert_int_equal(item.deployed.count, 3);
	assert_note(r, "order", "reload\nreload\n");
	assert_int_equal(v.calls, 2);
	item_clear(&item);
	free(settings);
	services_clear(&v);
}

static void test_services_wait_for_hooks(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;

	run_hook(r, "reload", FAIL_SCRIPT);
	item = deploy_to(r, &v);
	assert_int_equal(item.deployed.count, 1);
	assert_int_equal(item.deploy_owed, 3);
	assert_int_equal(item.deploy_err.kind, ERR_HOOK);
	assert_int_equal(v.calls, 0);
	item_clear(&item);
	services_clear(&v);
}

static void test_a_reload_takes_its_time(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;

	v.change_at = 4;
	item = deploy_to(r, &v);
	assert_int_equal(item.deployed.count, 4);
	assert_int_equal(item.deploy_owed, 0);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	assert_int_equal(v.calls, 4);
	assert_int_equal(r->clock.sleeps, 3);
	assert_int_equal(r->clock.mono_ms, 3 * 500);
	item_clear(&item);
	services_clear(&v);
}

static void test_a_service_that_stays_behind(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;
	struct store_state st = {0};
	struct err e = ERR_INIT;

	v.change_at = 0;
	item = deploy_to(r, &v);
	assert_int_equal(r->clock.mono_ms, 15000);
	assert_int_equal(v.calls, 31);
	assert_int_equal(item.deployed.count, 2);
	/* Both services, and the hook, which is to reload once more. */
	assert_int_equal(item.deploy_owed, 3);
	assert_int_equal(item.deploy_err.kind, ERR_HOOK);
	assert_non_null(strstr(item.deploy_err.cause, "the service 443 serves another certificate: serial "));
	assert_non_null(strstr(item.deploy_err.advice, "run again at the next run"));
	item_clear(&item);
	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	assert_string_equal(st.deploy[2].hook, "served:443");
	assert_int_equal(st.deploy[2].generation, 0);
	assert_int_equal(st.deploy[2].failures, 1);
	assert_string_equal(st.deploy[1].hook, "reload");
	assert_int_equal(st.deploy[1].generation, 0);
	assert_null(st.deploy[1].last_error);
	store_state_clear(&st);
	/* What stays like this is not waited for as long again. */
	item = deploy_to(r, &v);
	assert_int_equal(item.deploy_owed, 3);
	assert_int_equal(r->clock.mono_ms, 15000 + 3000);
	item_clear(&item);
	/* The next run finds it mended. */
	v.change_at = 1;
	item = deploy_to(r, &v);
	assert_deployed(&item, "reload served:443 served:imap:mx.example.jp:143", 0);
	assert_note(r, "order", "reload\nreload\nreload\n");
	item_clear(&item);
	services_clear(&v);
}

static void test_what_waiting_will_hardly_mend(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;
	struct issued i = issued_make("x.jp");

	/* The right leaf under a stranger's intermediate. */
	str_replace(&v.after, str_fmt("%s%s", strstr(v.after, "-----BEGIN"), ""));
	v.after[strstr(v.after + 1, "-----BEGIN") - v.after] = '\0';
	str_replace(&v.after, str_fmt("%s%s", v.after, i.cert));
	item = deploy_to(r, &v);
	assert_int_equal(v.calls, 7);
	assert_int_equal(r->clock.mono_ms, 3000);
	assert_int_equal(item.deploy_owed, 3);
	assert_non_null(strstr(item.deploy_err.cause, "intermediate certificate"));
	item_clear(&item);
	issued_clear(&i);
	services_clear(&v);
}

/* The settings of the server are mended, but a worker with the old ones answers once more while it reloads. */
static void test_an_old_worker_answers(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;
	struct issued i = issued_make("x.jp");

	str_replace(&v.before, str_dup(strstr(v.after, "-----BEGIN")));
	v.before[strstr(v.before + 1, "-----BEGIN") - v.before] = '\0';
	str_replace(&v.before, str_fmt("%s%s", v.before, i.cert));
	v.change_at = 2;
	item = deploy_to(r, &v);
	assert_int_equal(v.calls, 2);
	assert_int_equal(item.deploy_owed, 0);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	item_clear(&item);
	issued_clear(&i);
	services_clear(&v);
}

static void test_services_out_of_reach(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;

	v.refuse = true;
	item = deploy_to(r, &v);
	assert_int_equal(v.calls, 31);
	assert_int_equal(item.deploy_owed, 3);
	assert_string_equal(item.deploy_err.cause, "the service 443 cannot be looked at: connection refused");
	item_clear(&item);
	v.broken = true;
	v.calls = 0;
	item = deploy_to(r, &v);
	assert_int_equal(v.calls, 1);
	assert_int_equal(item.deploy_owed, 3);
	assert_int_equal(item.deploy_err.kind, ERR_IO);
	assert_string_equal(item.deploy_err.cause, "the worker died");
	item_clear(&item);
	services_clear(&v);
}

static void test_a_signal_is_no_failure(void **state)
{
	struct run *r = *state;
	struct services v = whole(r);
	struct visit_item item;
	struct store_state st = {0};
	struct err e = ERR_INIT;

	v.change_at = 0;
	r->clock.raise_at = 2;
	item = deploy_to(r, &v);
	assert_int_equal(v.calls, 2);
	assert_int_equal(item.deploy_owed, 2);
	assert_int_equal(item.deploy_err.kind, ERR_NONE);
	item_clear(&item);
	sig_reset();
	assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
	for (size_t i = 0; i < st.deploy_count; i++)
		assert_int_equal(st.deploy[i].failures, 0);
	store_state_clear(&st);
	services_clear(&v);
}

static void test_one_success_after_many_failures(void **state)
{
	struct run *r = *state;
	struct store_state st = {0};
	struct err e = ERR_INIT;
	size_t well = 0;

	run_hook(r, "flaky", "#!/bin/sh\nd=${0%/*}/..\necho x >>\"$d/tries\"\n[ \"$(wc -l <\"$d/tries\")\" -gt 7 ]\n");
	run_open(r, SETTINGS("flaky"), LIST);
	run_issue(r, "shop", "example.jp www.example.jp", RUN_NOW, RUN_NOW + 86400);
	for (int i = 1; i <= 12; i++) {
		struct visit_item item = deploy(r, false, VISIT_NOT_DUE);

		assert_int_equal(item.deploy_owed, i <= 7);
		assert_int_equal(item.deployed.count, i == 8);
		well += item.deployed.count;
		item_clear(&item);
		if (i == 7) {
			assert_int_equal(store_state_load(r->s.store, "shop", &st, &e), 0);
			assert_int_equal(st.deploy[0].failures, 7);
			store_state_clear(&st);
		}
	}
	assert_int_equal(well, 1);
	assert_note(r, "tries", "x\nx\nx\nx\nx\nx\nx\nx\n");
}

static void test_what_a_later_hook_gets(void **state)
{
	struct run *r = *state;
	struct visit_item item = {.name = NULL};
	char *env, *value, *own;
	struct key *next = NULL;
	struct err e = ERR_INIT;
	struct buf pem;

	run_hook(r, "tell", "#!/bin/sh\nenv >\"${0%/*}/../env\"\n");
	run_open(r, "certificates:\n  - name: shop\n    names: [example.jp]\n    key: [ecdsa-p256, rsa2048]\n"
	            "    challenge: {webroot: /w}\n    deploy: tell\n", LIST);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	buf_init_secret(&pem, KEY_PEM_MAX);
	assert_int_equal(key_generate(KEY_EC_P256, &next, &e), 0);
	assert_int_equal(key_save_pem(next, &pem, &e), 0);
	assert_int_equal(store_next_key_save(r->s.store, "shop", pem.data, pem.len, &e), 0);
	assert_int_equal(key_spki_sha256(next, &own, &e), 0);
	deploy_rolled_back(&r->s, shop(r), &item);
	assert_deployed(&item, "tell", 0);
	item_clear(&item);
	env = note(r, "env");
	value = value_of(env, "TEGATA_REASON");
	assert_string_equal(value, "rollback");
	free(value);
	value = value_of(env, "TEGATA_OLD_SERIAL");
	assert_string_equal(value, "0abc");
	free(value);
	value = value_of(env, "TEGATA_GROUP");
	assert_string_equal(value, "shop");
	free(value);
	value = value_of(env, "TEGATA_NEXT_SPKI_SHA256");
	assert_string_equal(value, own);
	free(value);
	value = value_of(env, "TEGATA_SPKI_SHA256");
	assert_int_equal(strlen(value), 64);
	assert_string_not_equal(value, own);
	free(value);
	free(env);
	free(own);
	key_free(next);
	buf_clear(&pem);
}

static void test_of_several_keys_each_is_looked_at(void **state)
{
	struct run *r = *state;
	struct services v = {.port = {.probe = probe}, .change_at = 1};
	struct visit_item item;

	run_open(r, "certificates:\n  - name: shop\n    names: [example.jp]\n    key: [ecdsa-p256, rsa2048]\n"
	            "    challenge: {webroot: /w}\n    served: [443]\n", LIST);
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	v.after = live_text(r, "fullchain.pem");
	v.before = str_dup("");
	item = deploy_to(r, &v);
	assert_deployed(&item, "served:443", 0);
	assert_int_equal(v.key, PROBE_KEY_RSA);
	item_clear(&item);
	services_clear(&v);
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
		WITH(test_the_whole_way),
		WITH(test_hooks_wait_for_outputs),
		WITH(test_what_was_there_before),
		WITH(test_a_new_output_runs_hooks_again),
		WITH(test_services_wait_for_hooks),
		WITH(test_a_reload_takes_its_time),
		WITH(test_a_service_that_stays_behind),
		WITH(test_what_waiting_will_hardly_mend), WITH(test_an_old_worker_answers),
		WITH(test_services_out_of_reach),
		WITH(test_a_signal_is_no_failure),
		WITH(test_one_success_after_many_failures),
		WITH(test_what_a_later_hook_gets),
		WITH(test_of_several_keys_each_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
