#include "config.h"

#include "run/revoke.h"

#include "../fake/fake_ca.h"
#include "run/register.h"
#include "run/visit.h"
#include "run_maker.h"

#define CA "cas: [{profile: letsencrypt, name: test, server: '" FAKE_DIRECTORY_URL "'}]\n"
#define OTHER_CA "cas: [{profile: letsencrypt, name: test, server: 'https://other.test/directory'}]\n"

struct rev {
	struct run *r;
	struct fake_ca ca;
	struct revoke_result out;
};

static int setup(void **state)
{
	struct rev *g = mem_new(1, sizeof *g);
	void *r = NULL;

	run_setup(&r);
	g->r = r;
	fake_ca_init(&g->ca, &g->r->clock.clock);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rev *g = *state;
	void *r = g->r;

	revoke_result_clear(&g->out);
	run_teardown(&r);
	fake_ca_clear(&g->ca);
	free(g);
	return 0;
}

static void settings(struct rev *g, const char *text)
{
	run_open(g->r, text, NULL);
	g->r->s.port = &g->ca.port;
}

static void enroll(struct rev *g)
{
	struct register_request q = {.no_contact = true, .agree_tos = true, .key_type = KEY_EC_P256};
	struct register_result out = {0};
	struct err e = ERR_INIT;

	if (register_account(&g->r->s, &q, &out, &e) != 0)
		fail_msg("register_account: %s", e.cause);
	register_result_clear(&out);
}

static void test_reasons(void **state)
{
	static const struct { const char *text; int rc, reason; } cases[] = {
		{"unspecified", 0, 0}, {"keycompromise", 0, 1}, {"keyCompromise", 0, 1}, {"affiliationchanged", 0, 3},
		{"superseded", 0, 4}, {"SUPERSEDED", 0, 4}, {"cessationofoperation", 0, 5}, {"0", 0, 0}, {"1", 0, 1}, {"5", 0, 5},
		{"2", -1, -9}, {"6", -1, -9}, {"9", -1, -9}, {"-1", -1, -9}, {"", -1, -9}, {"1 ", -1, -9}, {"01x", -1, -9},
		{"cacompromise", -1, -9}, {"key", -1, -9}, {"99999999999999999999", -1, -9},
	};
	const char *const *names = revoke_reason_names();
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int reason = -9;

		assert_int_equal(revoke_reason_parse(cases[i].text, &reason), cases[i].rc);
		assert_int_equal(reason, cases[i].reason);
	}
	for (; names[count]; count++) {
		int reason = -9;

		assert_int_equal(revoke_reason_parse(names[count], &reason), 0);
	}
	assert_int_equal(count, 5);
}

static void refused(struct rev *g, const struct revoke_request *q, enum err_kind kind, const char *text)
{
	struct err e = ERR_INIT;

	assert_int_equal(revoke_certificate(&g->r->s, q, &g->out, &e), -1);
	run_error(g->r, &e, kind, text);
	assert_null(g->out.serial);
}

static void test_wrong_before_any_request(void **state)
{
	struct rev *g = *state;
	struct issued other = issued_make("other.example.jp");
	char *key = fs_join(g->r->dir, "key.pem");
	struct err e = ERR_INIT;

	settings(g, CA);
	refused(g, &(struct revoke_request){.name = "shop", .reason = -1}, ERR_USAGE,
	        "revoking shop: there is no certificate named \"shop\"");
	assert_int_equal(revoke_certificate(&g->r->s, &(struct revoke_request){.name = "../shop", .reason = -1}, &g->out, &e), -1);
	err_clear(&e);
	run_issue(g->r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	assert_int_equal(revoke_certificate(&g->r->s, &(struct revoke_request){.name = "shop", .generation = 7, .reason = -1}, &g->out,
	                                    &e), -1);
	err_clear(&e);
	scratch_write(key, other.key_pem, 0600);
	refused(g, &(struct revoke_request){.name = "shop", .key_path = key, .reason = -1}, ERR_USAGE,
	        "revoking shop: this key does not belong to the certificate");
	refused(g, &(struct revoke_request){.name = "shop", .ca = "nobody", .reason = -1}, ERR_USAGE,
	        "revoking shop: no CA named \"nobody\" is configured");
	refused(g, &(struct revoke_request){.name = "shop", .reason = -1}, ERR_CONFIG,
	        "revoking shop: there is no account yet at " FAKE_DIRECTORY_URL);
	assert_int_equal(g->ca.requests, 0);
	issued_clear(&other);
	free(key);
}

/* A certificate that the fake CA does not know: what it answers shows that it was the one asked. */
static void test_who_is_asked(void **state)
{
	static const char *const later[] = {CA, OTHER_CA, "cas: [{profile: letsencrypt}]\n",
	                                    "cas: [{profile: letsencrypt}, {profile: letsencrypt-staging, server: '" FAKE_DIRECTORY_URL "'}]\n"};
	struct rev *g = *state;
	struct revoke_request q = {.name = "shop", .reason = 4};
	struct err e = ERR_INIT;

	settings(g, CA);
	enroll(g);
	run_issue(g->r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		settings(g, later[i]);
		if (revoke_certificate(&g->r->s, &q, &g->out, &e) == 0)
			fail_msg("a certificate of somebody else was revoked");
		if (e.http_status < 400)
			fail_msg("settings %zu: %s", i, e.cause);
		err_clear(&e);
		assert_int_equal(g->ca.calls[FAKE_REVOKE], i + 1);
	}
}

/* A certificate that the fake CA issued to us, ordered as settings say. */
static void order(struct rev *g)
{
	struct visit_options o = {.force = true};
	struct visit_report report = {0};
	char *text = str_fmt(CA "certificates: [{name: shop, names: [example.jp], challenge: {webroot: '%s'}}]\n", g->r->dir);
	struct err e = ERR_INIT;

	settings(g, text);
	if (visit(&g->r->s, &o, &report, &e) != 0)
		fail_msg("%s", e.cause);
	if (report.item[0].outcome != VISIT_ISSUED)
		fail_msg("%s", report.item[0].err.cause ? report.item[0].err.cause : "not issued");
	visit_report_clear(&report);
	free(text);
}

static void assert_asked(struct rev *g, bool asked, int reason)
{
	struct store_state st = {0};
	struct store_generation live = {0};
	struct err e = ERR_INIT;
	bool found = false;

	assert_int_equal(store_state_load(g->r->s.store, "shop", &st, &e), 0);
	assert_int_equal(store_generation_live(g->r->s.store, "shop", &live, &found, &e), 0);
	assert_int_equal(st.revocation.asked && str_eq(st.revocation.serial, live.serial), asked);
	if (asked) {
		assert_string_equal(st.revocation.serial, live.serial);
		assert_string_equal(st.revocation.status, "revoked");
		assert_int_equal(st.revocation.reason, reason);
		assert_true(st.revocation.revoked_at > 0);
	}
	store_generation_clear(&live);
	store_state_clear(&st);
}

static void test_what_was_asked_for_is_recorded(void **state)
{
	struct rev *g = *state;
	struct revoke_request q = {.name = "shop", .reason = 4};
	struct err e = ERR_INIT;
	char *path;

	settings(g, CA);
	enroll(g);
	order(g);
	assert_asked(g, false, 0);
	path = store_live_path(g->r->s.store, "shop", "cert.pem");
	if (revoke_certificate(&g->r->s, &q, &g->out, &e) != 0)
		fail_msg("%s", e.cause);
	assert_true(g->ca.order[0].revoked);
	assert_asked(g, true, 4);
	/* The next certificate is another matter; revoked by its file, it is found to be the live one. */
	revoke_result_clear(&g->out);
	run_close(g->r);
	settings(g, CA);
	order(g);
	assert_asked(g, false, 0);
	q = (struct revoke_request){.cert_path = path, .reason = 1};
	if (revoke_certificate(&g->r->s, &q, &g->out, &e) != 0)
		fail_msg("%s", e.cause);
	assert_asked(g, true, 1);
	free(path);
}

/* Two accounts of one server, of which one cannot be read: the other still revokes what it ordered. */
static void test_a_damaged_account_stops_no_other(void **state)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	struct rev *g = *state;
	struct register_request q = {.no_contact = true, .agree_tos = true, .key_type = KEY_EC_P256, .eab_kid = "kid-1",
	                             .eab_hmac_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"};
	struct register_result out = {0};
	struct strs ids = {0};
	struct err e = ERR_INIT;
	char *dir, *file;

	g->ca.eab_kid = "kid-1";
	g->ca.eab_key = secret;
	g->ca.eab_key_len = sizeof secret - 1;
	settings(g, CA);
	if (register_account(&g->r->s, &q, &out, &e) != 0)
		fail_msg("%s", e.cause);
	register_result_clear(&out);
	order(g);
	assert_int_equal(store_account_list(g->r->s.store, &ids, &e), 0);
	assert_int_equal(ids.count, 1);
	dir = str_fmt("%s/accounts/%.*s00000000", g->r->options.state_dir, (int)strlen(ids.item[0]) - 8, ids.item[0]);
	file = fs_join(dir, "account.json");
	assert_int_equal(mkdir(dir, 0700), 0);
	scratch_write(file, "{", 0600);
	if (revoke_certificate(&g->r->s, &(struct revoke_request){.name = "shop", .reason = -1}, &g->out, &e) != 0)
		fail_msg("%s", e.cause);
	assert_asked(g, true, -1);
	strs_clear(&ids);
	free(file);
	free(dir);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		WITH(test_wrong_before_any_request),
		WITH(test_who_is_asked),
		WITH(test_what_was_asked_for_is_recorded),
		WITH(test_a_damaged_account_stops_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
