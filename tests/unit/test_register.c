#include "config.h"

#include "run/register.h"

#include "acme_maker.h"
#include "base/log.h"
#include "scratch.h"
#include "store/store.h"

static const char mac_key[] = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";

/* A site at a fake CA that wants credentials. */
struct rig {
	struct world *w;
	char *dir, *state;
	struct site site;
};

static int setup(void **state)
{
	struct rig *p = mem_new(1, sizeof *p);
	struct ca_setting *ca = mem_new(1, sizeof *ca);
	struct site_options o = { 0 };
	void *w = NULL;

	umask(022);
	log_set_level(LOG_LEVEL_QUIET);
	world_setup(&w);
	p->w = w;
	p->w->ca.eab_kid = "kid-1";
	p->w->ca.eab_key = "secret-secret-secret-secret";
	p->w->ca.eab_key_len = 27;
	p->dir = scratch_make();
	p->state = fs_join(p->dir, "state");
	o.config_dir = p->dir;
	o.state_dir = p->state;
	site_init(&p->site, &o);
	*ca = (struct ca_setting){ .name = str_dup("test"), .profile = str_dup("custom"), .server = str_dup(FAKE_DIRECTORY_URL),
	                           .rule = str_dup("none"), .key = KEY_EC_P256 };
	p->site.settings.ca = ca;
	p->site.settings.ca_count = 1;
	p->site.port = &p->w->ca.port;
	p->site.clock = &p->w->clock.clock;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct rig *p = *state;
	void *w = p->w;

	site_clear(&p->site);
	world_teardown(&w);
	scratch_remove(p->dir);
	free(p->state);
	free(p);
	return 0;
}

static int enter(struct rig *p, const char *kid, struct register_result *r, struct err *e)
{
	struct register_request q = { .agree_tos = true, .no_contact = true, .key_type = KEY_EC_P256, .eab_kid = kid,
	                              .eab_hmac_key = mac_key };

	err_clear(e);
	register_result_clear(r);
	return register_account(&p->site, &q, r, e);
}

static size_t kept(struct rig *p)
{
	struct strs ids = { 0 };
	struct err e = ERR_INIT;
	size_t n;

	assert_int_equal(store_account_list(p->site.store, &ids, &e), 0);
	n = ids.count;
	strs_clear(&ids);
	return n;
}

static void once_and_again(void **state)
{
	struct rig *p = *state;
	struct register_result r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(enter(p, "kid-1", &r, &e), 0);
	assert_false(r.existed);
	assert_int_equal(enter(p, "kid-1", &r, &e), 0);
	assert_true(r.existed);
	assert_int_equal(p->w->ca.account_count, 1);
	fake_ca_expect_strict(&p->w->ca);
	register_result_clear(&r);
}

/* A key id that the CA does not know leaves nothing behind, and the advice is about credentials, not about webroots. */
static void refused_credentials(void **state)
{
	struct rig *p = *state;
	struct register_result r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(enter(p, "kid-2", &r, &e), -1);
	assert_string_equal(e.problem_type, "unauthorized");
	assert_non_null(strstr(e.advice, "customer page"));
	world_error(&e, ERR_CA, "not known");
	assert_int_equal(kept(p), 0);
	register_result_clear(&r);
}

/* After each of these the key is still there, and the next try ends with one account. */
static const struct fake_script broken[] = {
	{ .from = 1, .bend = FAKE_LOSE_ANSWER },
	{ .from = 1, .to = 2, .bend = FAKE_LOSE_ANSWER },
	{ .from = 1, .to = 2, .bend = FAKE_LOSE_REQUEST },
	{ .from = 1, .to = 2, .bend = FAKE_REFUSE, .status = 500 },
	{ .from = 1, .to = 2, .bend = FAKE_REFUSE, .status = 403, .body = "<html>no such host</html>" },
	{ .from = 1, .to = 2, .bend = FAKE_REFUSE, .status = 408, .body = "" },
	{ .from = 1, .bend = FAKE_REFUSE, .status = 429, .problem = "rateLimited" },
	{ .from = 1, .bend = FAKE_EDIT, .no_location = true },
	{ .from = 1, .bend = FAKE_EDIT, .location = "http://ca.test/account/0" },
	{ .from = 1, .bend = FAKE_EDIT, .status = 400, .body = "{\"type\":\"urn:ietf:params:acme:error:unauthorized\"}" },
};

static void credentials_are_never_burnt(void **state)
{
	teardown(state);
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct fake_script s = broken[i];
		struct register_result r = { 0 };
		struct err e = ERR_INIT;
		struct rig *p;

		setup(state);
		p = *state;
		s.at = FAKE_NEW_ACCOUNT;
		fake_ca_bend(&p->w->ca, s);
		if (enter(p, "kid-1", &r, &e) != 0 && kept(p) != 1)
			fail_msg("row %zu: the key is gone after: %s", i, e.cause);
		if (enter(p, "kid-1", &r, &e) != 0)
			fail_msg("row %zu: %s", i, e.cause);
		assert_int_equal(p->w->ca.account_count, 1);
		assert_string_equal(r.account_url, "https://ca.test/account/0");
		assert_int_equal(kept(p), 1);
		fake_ca_expect_strict(&p->w->ca);
		register_result_clear(&r);
		teardown(state);
	}
	setup(state);
}

/* A CA that refuses to look a key up must not bar the way for ever. */
static void a_refused_look_up_is_no_end(void **state)
{
	struct rig *p = *state;
	struct register_result r = { 0 };
	struct err e = ERR_INIT;

	fake_ca_bend(&p->w->ca, (struct fake_script){ .at = FAKE_NEW_ACCOUNT, .from = 1, .bend = FAKE_LOSE_REQUEST });
	fake_ca_bend(&p->w->ca, (struct fake_script){ .at = FAKE_NEW_ACCOUNT, .from = 2, .to = 3, .bend = FAKE_REFUSE,
	                                              .status = 400, .problem = "externalAccountRequired" });
	assert_int_equal(enter(p, "kid-1", &r, &e), -1);
	assert_int_equal(kept(p), 1);
	if (enter(p, "kid-1", &r, &e) != 0)
		fail_msg("%s", e.cause);
	register_result_clear(&r);
}

/* The advice after accountDoesNotExist is to register again: that has to work. */
static void a_vanished_account_is_made_again(void **state)
{
	struct rig *p = *state;
	struct register_result r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(enter(p, "kid-1", &r, &e), 0);
	fake_ca_bend(&p->w->ca, (struct fake_script){ .at = FAKE_NEW_ACCOUNT, .from = 2, .to = 3, .bend = FAKE_REFUSE,
	                                              .status = 400, .problem = "accountDoesNotExist" });
	if (enter(p, "kid-1", &r, &e) != 0)
		fail_msg("%s", e.cause);
	assert_int_equal(p->w->ca.calls[FAKE_NEW_ACCOUNT], 4);
	assert_int_equal(kept(p), 1);
	register_result_clear(&r);
}

static void a_ca_that_is_down_says_nothing_about_the_account(void **state)
{
	struct rig *p = *state;
	struct register_result r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(enter(p, "kid-1", &r, &e), 0);
	fake_ca_bend(&p->w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .bend = FAKE_LOSE_REQUEST });
	assert_int_equal(enter(p, "kid-1", &r, &e), 0);
	assert_true(r.existed);
	register_result_clear(&r);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(once_and_again), ROW(refused_credentials), ROW(credentials_are_never_burnt), ROW(a_refused_look_up_is_no_end),
		ROW(a_vanished_account_is_made_again), ROW(a_ca_that_is_down_says_nothing_about_the_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
