#include "config.h"

#include "run/register.h"

#include "../fake/fake_ca.h"
#include "run/connect.h"
#include "run_maker.h"

#define CA(more) "cas: [{profile: jprs, name: test, server: '" FAKE_DIRECTORY_URL "'" more "}]\n"
#define MAC "c2VjcmV0LW9mLXRoZS1jdXN0b21lci1wYWdl" /* "secret-of-the-customer-page" */
#define TERMS "https://ca.test/terms"

struct reg {
	struct run *r;
	struct fake_ca ca;
	struct strs contact;
	struct register_request q;
	struct register_result out;
};

static int setup(void **state)
{
	struct reg *g = mem_new(1, sizeof *g);
	void *r = NULL;

	run_setup(&r);
	g->r = r;
	fake_ca_init(&g->ca, &g->r->clock.clock);
	strs_add(&g->contact, "admin@example.jp");
	g->q = (struct register_request){.contact = &g->contact, .agree_tos = true, .eab_alg = MAC_HS256, .key_type = KEY_EC_P256};
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct reg *g = *state;
	void *r = g->r;

	fake_ca_expect_strict(&g->ca);
	register_result_clear(&g->out);
	strs_clear(&g->contact);
	run_teardown(&r);
	fake_ca_clear(&g->ca);
	free(g);
	return 0;
}

static void want_binding(struct reg *g, const char *kid)
{
	static const char key[] = "secret-of-the-customer-page";

	g->ca.eab_kid = kid;
	g->ca.eab_key = key;
	g->ca.eab_key_len = sizeof key - 1;
}

static void settings(struct reg *g, const char *text)
{
	run_open(g->r, text, NULL);
	g->r->s.port = &g->ca.port;
}

/* Every try begins as a process of its own would. */
static int go(struct reg *g, const char *kid, struct err *e)
{
	register_result_clear(&g->out);
	store_close(g->r->s.store);
	g->r->s.store = NULL;
	g->q.eab_kid = kid;
	g->q.eab_hmac_key = kid ? MAC : NULL;
	return register_account(&g->r->s, &g->q, &g->out, e);
}

static void go_well(struct reg *g, const char *kid)
{
	struct err e = ERR_INIT;

	if (go(g, kid, &e) != 0)
		fail_msg("register_account: %s", e.cause);
}

static void refused(struct reg *g, const char *kid, enum err_kind kind, const char *text)
{
	struct err e = ERR_INIT;

	assert_int_equal(go(g, kid, &e), -1);
	run_error(g->r, &e, kind, text);
	assert_null(g->out.account_url);
}

static size_t kept(struct reg *g)
{
	struct strs ids = {0};
	struct err e = ERR_INIT;
	size_t count;

	assert_int_equal(store_account_list(g->r->s.store, &ids, &e), 0);
	count = ids.count;
	strs_clear(&ids);
	return count;
}

static struct store_account stored(struct reg *g, const char *kid)
{
	struct store_account a = {0};
	struct err e = ERR_INIT;
	bool found = false;

	assert_int_equal(store_account_find(g->r->s.store, FAKE_DIRECTORY_URL, kid, &a, &found, &e), 0);
	assert_true(found);
	return a;
}

static void test_an_account_is_made_and_kept(void **state)
{
	struct reg *g = *state;
	struct store_account a;

	want_binding(g, "kid-1");
	g->ca.terms = TERMS;
	strs_add(&g->contact, "mailto:second@example.jp");
	settings(g, CA(""));
	go_well(g, "kid-1");
	assert_string_equal(g->out.account_url, g->ca.account[0].url);
	assert_string_equal(g->out.server, FAKE_DIRECTORY_URL);
	assert_string_equal(g->out.eab_kid, "kid-1");
	assert_string_equal(g->out.terms, TERMS);
	assert_false(g->out.existed);
	assert_false(g->out.recovered);

	a = stored(g, "kid-1");
	assert_string_equal(a.url, g->ca.account[0].url);
	assert_string_equal(a.tos, TERMS);
	assert_int_equal(a.created_at, RUN_NOW);
	assert_int_equal(a.contacts.count, 2);
	assert_string_equal(a.contacts.item[0], "mailto:admin@example.jp");
	assert_string_equal(a.contacts.item[1], "mailto:second@example.jp");
	store_account_clear(&a);
}

static void test_one_that_is_there_is_told(void **state)
{
	static const char *const kids[] = {"kid-1", NULL};
	struct reg *g = *state;

	want_binding(g, "kid-1");
	settings(g, CA(""));
	go_well(g, "kid-1");
	g->contact.count = 0; /* not asked for again */
	g->q.agree_tos = false;
	for (size_t i = 0; i < 2; i++) {
		go_well(g, kids[i]);
		assert_true(g->out.existed);
		assert_string_equal(g->out.account_url, g->ca.account[0].url);
		assert_false(g->out.recovered);
		assert_int_equal(g->ca.account_count, 1);
	}
	/* Nor when the CA cannot be asked. */
	fake_ca_bend(&g->ca, (struct fake_script){.at = FAKE_DIRECTORY, .from = 1, .to = 100, .bend = FAKE_LOSE_REQUEST});
	go_well(g, "kid-1");
	assert_true(g->out.existed);
	g->contact.count = 1;
}

static void test_wrong_before_any_request(void **state)
{
	static const char *const bad[] = {"", "admin", "@example.jp", "admin@", "a b@example.jp", "a@b@example.jp", "a@example.jp,b@example.jp",
	                                  "a@example.jp?subject=x", "a@example.jp\r\nX: y", "mailto:", "mailto:admin", "https://example.jp/"};
	struct reg *g = *state;
	struct err e = ERR_INIT;

	settings(g, CA(""));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		str_replace(&g->contact.item[0], str_dup(bad[i]));
		assert_int_equal(go(g, NULL, &e), -1);
		if (e.kind != ERR_USAGE || !str_ends(e.cause, "is not a mail address") || strpbrk(e.cause, "\r\n"))
			fail_msg("\"%s\": %s", bad[i], e.cause);
		err_clear(&e);
	}
	g->q.contact = NULL;
	refused(g, NULL, ERR_USAGE, "registering at " FAKE_DIRECTORY_URL ": no mail address is given");
	g->q.no_contact = true;
	g->q.eab_hmac_key = MAC;
	g->q.eab_kid = NULL;
	assert_int_equal(register_account(&g->r->s, &g->q, &g->out, &e), -1);
	run_error(g->r, &e, ERR_USAGE, "registering at " FAKE_DIRECTORY_URL ": an EAB HMAC key is given, but no key id");
	g->q.eab_kid = "kid-1";
	g->q.eab_hmac_key = NULL;
	assert_int_equal(register_account(&g->r->s, &g->q, &g->out, &e), -1);
	run_error(g->r, &e, ERR_USAGE, "registering at " FAKE_DIRECTORY_URL ": an EAB key id is given, but no HMAC key");
	g->q.eab_hmac_key = "HMAC key: c2Vj*";
	assert_int_equal(register_account(&g->r->s, &g->q, &g->out, &e), -1);
	run_error(g->r, &e, ERR_USAGE, "registering at " FAKE_DIRECTORY_URL ": the EAB HMAC key is not base64");
	g->q.eab_hmac_key = "";
	assert_int_equal(register_account(&g->r->s, &g->q, &g->out, &e), -1);
	assert_null(strstr(e.cause, "c2Vj"));
	run_error(g->r, &e, ERR_USAGE, "registering at " FAKE_DIRECTORY_URL ": the EAB HMAC key is not base64");
	g->q.ca = "other";
	assert_int_equal(register_account(&g->r->s, &g->q, &g->out, &e), -1);
	run_error(g->r, &e, ERR_USAGE, "no CA named \"other\" is configured");
	assert_int_equal(g->ca.requests, 0);
	assert_int_equal(kept(g), 0);
}

static void test_an_address_of_the_settings(void **state)
{
	struct reg *g = *state;
	struct store_account a;

	settings(g, CA(", contact: ops@example.jp"));
	g->q.contact = NULL;
	go_well(g, NULL);
	a = stored(g, NULL);
	assert_int_equal(a.contacts.count, 1);
	assert_string_equal(a.contacts.item[0], "mailto:ops@example.jp");
	store_account_clear(&a);
}

static bool answer_terms(void *self, const char *url)
{
	assert_string_equal(url, TERMS);
	return *(bool *)self;
}

static void test_terms(void **state)
{
	struct reg *g = *state;
	bool yes = false;

	g->ca.terms = TERMS;
	g->q.agree_tos = false;
	settings(g, CA(""));
	refused(g, NULL, ERR_USAGE,
	        "registering at " FAKE_DIRECTORY_URL ": the CA's terms of service were not agreed to: " TERMS);
	g->q.ask_terms = answer_terms;
	g->q.ask_self = &yes;
	refused(g, NULL, ERR_USAGE,
	        "registering at " FAKE_DIRECTORY_URL ": the CA's terms of service were not agreed to: " TERMS);
	assert_int_equal(g->ca.calls[FAKE_NEW_ACCOUNT], 0);
	assert_int_equal(kept(g), 0);
	yes = true;
	go_well(g, NULL);
}

static void test_credentials_are_wanted(void **state)
{
	struct reg *g = *state;

	want_binding(g, "kid-1");
	settings(g, CA(""));
	refused(g, NULL, ERR_USAGE, "registering at " FAKE_DIRECTORY_URL ": this CA wants EAB credentials for a new account");
	assert_int_equal(g->ca.calls[FAKE_NEW_ACCOUNT], 0);
	assert_int_equal(kept(g), 0);
}

static void test_a_second_account_must_be_meant(void **state)
{
	struct reg *g = *state;
	size_t requests;

	want_binding(g, "kid-1");
	settings(g, CA(""));
	go_well(g, "kid-1");
	requests = g->ca.requests;
	refused(g, "kid-2", ERR_CONFIG,
	        "registering at " FAKE_DIRECTORY_URL ": there is an account at " FAKE_DIRECTORY_URL " already (https://ca.test/account/0, "
	        "EAB key id kid-1)");
	settings(g, CA(", eab_kid: kid-2"));
	refused(g, "kid-3", ERR_CONFIG,
	        "registering at " FAKE_DIRECTORY_URL ": the settings name the EAB key id \"kid-2\" for this CA, but \"kid-3\" was given");
	refused(g, NULL, ERR_CONFIG,
	        "registering at " FAKE_DIRECTORY_URL ": the settings name the EAB key id \"kid-2\" for this CA, but none was given");
	assert_int_equal(g->ca.requests, requests);
	want_binding(g, "kid-2");
	go_well(g, "kid-2");
	assert_int_equal(g->ca.account_count, 2);
	assert_int_equal(kept(g), 2);
	go_well(g, NULL);
	assert_true(g->out.existed);
	assert_string_equal(g->out.eab_kid, "kid-2");
}

static void test_one_without_credentials_is_in_the_way_too(void **state)
{
	struct reg *g = *state;
	size_t requests;

	settings(g, CA(""));
	go_well(g, NULL);
	requests = g->ca.requests;
	refused(g, "kid-1", ERR_CONFIG,
	        "registering at " FAKE_DIRECTORY_URL ": there is an account at " FAKE_DIRECTORY_URL " already (https://ca.test/account/0, "
	        "EAB key id none)");
	assert_int_equal(g->ca.requests, requests);
}

static void lose(struct reg *g, enum fake_bend bend, int from, int to)
{
	fake_ca_bend(&g->ca, (struct fake_script){.at = FAKE_NEW_ACCOUNT, .from = from, .to = to, .bend = bend});
}

static void test_a_lost_answer_is_asked_for(void **state)
{
	struct reg *g = *state;

	want_binding(g, "kid-1");
	lose(g, FAKE_LOSE_ANSWER, 1, 0);
	settings(g, CA(""));
	go_well(g, "kid-1");
	assert_true(g->out.recovered);
	assert_int_equal(g->ca.account_count, 1);
	assert_string_equal(g->out.account_url, g->ca.account[0].url);
}

static void test_every_answer_is_lost(void **state)
{
	struct reg *g = *state;
	struct store_account before, after;
	struct err e = ERR_INIT;

	want_binding(g, "kid-1");
	lose(g, FAKE_LOSE_ANSWER, 1, 100);
	settings(g, CA(""));
	assert_int_equal(go(g, "kid-1", &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	assert_string_equal(e.advice, "The key is kept: run the same command again; should the CA have registered it after all, the "
	                              "account is found by it.");
	err_clear(&e);
	before = stored(g, "kid-1");
	assert_null(before.url);

	g->ca.script_count = 0;
	go_well(g, "kid-1");
	assert_true(g->out.recovered);
	assert_int_equal(g->ca.account_count, 1);
	after = stored(g, "kid-1");
	assert_string_equal(after.key_pem, before.key_pem);
	assert_string_equal(after.url, g->ca.account[0].url);
	store_account_clear(&before);
	store_account_clear(&after);
}

static void test_the_request_never_arrived(void **state)
{
	struct reg *g = *state;
	struct store_account before, after;
	struct err e = ERR_INIT;

	want_binding(g, "kid-1");
	lose(g, FAKE_LOSE_REQUEST, 1, 0);
	settings(g, CA(""));
	assert_int_equal(go(g, "kid-1", &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	err_clear(&e);
	assert_int_equal(g->ca.account_count, 0);
	before = stored(g, "kid-1");
	go_well(g, "kid-1");
	assert_false(g->out.recovered);
	assert_int_equal(g->ca.account_count, 1);
	after = stored(g, "kid-1");
	assert_string_equal(after.key_pem, before.key_pem);
	store_account_clear(&before);
	store_account_clear(&after);
}

/* The terms need no answer, nor the credentials to be at hand, to find what is there already. */
static void test_found_again_without_credentials(void **state)
{
	struct reg *g = *state;
	struct err e = ERR_INIT;

	want_binding(g, "kid-1");
	lose(g, FAKE_LOSE_ANSWER, 1, 100);
	settings(g, CA(""));
	assert_int_equal(go(g, "kid-1", &e), -1);
	err_clear(&e);
	g->ca.script_count = 0;
	go_well(g, NULL);
	assert_true(g->out.recovered);
	assert_string_equal(g->out.eab_kid, "kid-1");
	assert_int_equal(kept(g), 1);
}

static void test_a_refusal_forgets_the_key(void **state)
{
	struct reg *g = *state;
	struct err e = ERR_INIT;

	want_binding(g, "kid-1");
	settings(g, CA(""));
	assert_int_equal(go(g, "kid-typo", &e), -1);
	assert_int_equal(e.kind, ERR_CA);
	assert_non_null(strstr(e.cause, "these credentials are not known"));
	err_clear(&e);
	assert_int_equal(kept(g), 0);
	go_well(g, "kid-1");
	assert_int_equal(kept(g), 1);
}

static void test_too_often_keeps_the_key(void **state)
{
	struct reg *g = *state;
	struct err e = ERR_INIT;

	settings(g, CA(""));
	fake_ca_bend(&g->ca, (struct fake_script){
		.at = FAKE_NEW_ACCOUNT, .from = 1, .bend = FAKE_REFUSE, .status = 429, .problem = "rateLimited", .retry_after = "60"});
	assert_int_equal(go(g, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_RATELIMIT);
	assert_int_equal(e.retry_at, RUN_NOW + 60);
	err_clear(&e);
	assert_int_equal(kept(g), 1);
	go_well(g, NULL);
}

/* A mistyped key id whose refusal got lost must not stand beside the right one for ever. */
static void test_an_unfinished_try_with_another_key_id(void **state)
{
	struct reg *g = *state;
	struct connection c = {0};
	struct err e = ERR_INIT;

	want_binding(g, "kid-1");
	lose(g, FAKE_LOSE_REQUEST, 1, 2);
	settings(g, CA(""));
	assert_int_equal(go(g, "kid-typo", &e), -1);
	err_clear(&e);
	assert_int_equal(kept(g), 1);
	go_well(g, "kid-1");
	assert_int_equal(kept(g), 1);
	if (connect_account(&g->r->s, site_ca(&g->r->s, NULL), &c, &e) != 0)
		fail_msg("connect_account: %s", e.cause);
	assert_string_equal(c.account_url, g->ca.account[0].url);
	connect_close(&c);
}

static void test_an_unfinished_try_that_had_got_through(void **state)
{
	struct reg *g = *state;
	struct err e = ERR_INIT;

	want_binding(g, "kid-1");
	lose(g, FAKE_LOSE_ANSWER, 1, 100);
	settings(g, CA(""));
	assert_int_equal(go(g, "kid-1", &e), -1);
	err_clear(&e);
	g->ca.script_count = 0;
	refused(g, "kid-2", ERR_CONFIG,
	        "registering at " FAKE_DIRECTORY_URL ": there is an account at " FAKE_DIRECTORY_URL " already (https://ca.test/account/0, "
	        "EAB key id kid-1)");
	assert_int_equal(g->ca.account_count, 1);
	assert_int_equal(kept(g), 1);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_an_account_is_made_and_kept),
		WITH(test_one_that_is_there_is_told),
		WITH(test_wrong_before_any_request),
		WITH(test_an_address_of_the_settings),
		WITH(test_terms),
		WITH(test_credentials_are_wanted),
		WITH(test_a_second_account_must_be_meant),
		WITH(test_one_without_credentials_is_in_the_way_too),
		WITH(test_a_lost_answer_is_asked_for),
		WITH(test_every_answer_is_lost),
		WITH(test_the_request_never_arrived),
		WITH(test_found_again_without_credentials),
		WITH(test_a_refusal_forgets_the_key),
		WITH(test_too_often_keeps_the_key),
		WITH(test_an_unfinished_try_with_another_key_id),
		WITH(test_an_unfinished_try_that_had_got_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
