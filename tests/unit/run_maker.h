/* A site in a scratch folder, with a clock that stands still and a network that must not be used. Failures end the test. */
#ifndef TEGATA_TESTS_RUN_MAKER_H
#define TEGATA_TESTS_RUN_MAKER_H

/* The settings have a struct of that name, too. */
#define place maker_place
#include "store_maker.h"
#undef place

#include "../fake/fake_clock.h"
#include "run/site.h"

#define RUN_NOW 1790000000 /* 2026-09-21T14:13:20Z */

struct run {
	char *dir, *etc, *hooks;
	struct fake_clock clock;
	struct site_options options;
	struct site s;
	bool loaded;
	struct http_port port;
	size_t requests; /* that should not have been made */
};

static inline int run_no_network(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	(void)q;
	(void)r;
	((struct run *)self)->requests += n;
	return err_set(e, ERR_NET, "no request was expected");
}

static inline int run_setup(void **state)
{
	struct run *r = mem_new(1, sizeof *r);
	struct err e = ERR_INIT;

	umask(022);
	log_set_level(LOG_LEVEL_QUIET);
	sig_install();
	sig_reset();
	r->dir = scratch_make();
	r->etc = fs_join(r->dir, "etc");
	r->hooks = fs_join(r->etc, "hooks");
	assert_int_equal(fs_make_dirs(r->hooks, 0755, &e), 0);
	fake_clock_init(&r->clock, RUN_NOW);
	r->port = (struct http_port){.self = r, .perform = run_no_network};
	r->options.config_dir = r->etc;
	r->options.state_dir = fs_join(r->dir, "state");
	*state = r;
	return 0;
}

/* Forgets what is loaded, so that changed files can be read; what is on disk stays. */
static inline void run_close(struct run *r)
{
	if (r->loaded)
		site_clear(&r->s);
	r->loaded = false;
}

static inline int run_teardown(void **state)
{
	struct run *r = *state;

	run_close(r);
	sig_reset();
	scratch_remove(r->dir);
	free((void *)(uintptr_t)r->options.state_dir);
	free(r->etc);
	free(r->hooks);
	free(r);
	return 0;
}

/* A file of the settings folder; NULL = it is not there. */
static inline void run_write(const struct run *r, const char *name, const char *text)
{
	char *path = fs_join(r->etc, name), *dir = fs_dirname(path);
	struct err e = ERR_INIT;

	assert_int_equal(fs_make_dirs(dir, 0755, &e), 0);
	if (text != NULL)
		scratch_write(path, text, 0644);
	else
		assert_true(unlink(path) == 0 || errno == ENOENT);
	free(dir);
	free(path);
}

/* A hook of this name. */
static inline void run_hook(const struct run *r, const char *name, const char *script)
{
	char *path = fs_join(r->hooks, name);

	scratch_write(path, script, 0755);
	free(path);
}

static inline int run_load(struct run *r, struct err *e)
{
	run_close(r);
	site_init(&r->s, &r->options);
	r->s.clock = &r->clock.clock;
	r->s.port = &r->port;
	r->loaded = true;
	return site_load(&r->s, e);
}

/* Settings and list that must be right. */
static inline void run_open(struct run *r, const char *settings, const char *list)
{
	struct err e = ERR_INIT;

	run_write(r, "tegata.yaml", settings);
	run_write(r, "entitlements.yaml", list);
	if (run_load(r, &e) != 0)
		fail_msg("site_load: %s", e.cause);
}

/* The text with the scratch folder's own path left out; owned. */
static inline char *run_shorten(const struct run *r, const char *text)
{
	size_t len = strlen(r->dir);
	struct buf b;
	char *out;

	buf_init(&b, 1024 * 1024);
	for (const char *c = text; *c != '\0'; c++) {
		if (strncmp(c, r->dir, len) == 0 && c[len] == '/')
			c += len;
		else
			assert_int_equal(buf_append(&b, c, 1), 0);
	}
	out = buf_take(&b);
	buf_clear(&b);
	return out != NULL ? out : str_dup("");
}

/* e says exactly this, paths below the scratch folder shortened; it is empty again afterwards. */
static inline void run_error(const struct run *r, struct err *e, enum err_kind kind, const char *text)
{
	char *all = err_text(e), *short_one = run_shorten(r, all);

	assert_string_equal(short_one, text);
	assert_string_equal(err_kind_name(e->kind), err_kind_name(kind));
	free(all);
	free(short_one);
	err_clear(e);
}

/* A generation of this certificate, live from now on; names with blanks between. Its number. */
static inline int run_issue(struct run *r, const char *name, const char *names, int64_t from, int64_t to)
{
	struct issued i = issued_make("made.example.jp");
	struct store_pems pems = {i.cert, i.chain, i.fullchain};
	struct store_generation g = {
		.name = str_dup(name), .ca = str_dup(site_ca(&r->s, NULL)->name), .server = str_dup(site_ca(&r->s, NULL)->server),
		.key_type = str_dup("rsa2048"), .serial = str_dup("0abc"), .fingerprint = str_dup(i.fingerprint),
		.issuer = str_dup("CN=Test CA"), .not_before = from, .not_after = to, .issued_at = from,
	};
	struct err e = ERR_INIT;
	int number;

	assert_int_equal(site_lock(&r->s, &e), 0);
	number = g.number = issued_begin(r->s.store, name, &i, &e);
	while (*names != '\0') {
		size_t len = strcspn(names, " ");

		strs_take(&g.names, str_ndup(names, len));
		names += len + strspn(names + len, " ");
	}
	if (number < 1 || store_generation_finish(r->s.store, &g, &pems, &e) != 0 ||
	    store_generation_switch(r->s.store, name, number, &e) != 0)
		fail_msg("run_issue: %s", e.cause);
	store_generation_clear(&g);
	issued_clear(&i);
	return number;
}

#endif
