#include "config.h"

#include "acme/account.h"

#include "acme_maker.h"

static const unsigned char mac_key[] = "a key that only the CA and its customer know";

static struct jws_binding good_binding(void)
{
	return (struct jws_binding){ .kid = "customer-1", .mac_key = mac_key, .mac_key_len = sizeof mac_key, .alg = MAC_HS256 };
}

static int create(struct world *w, const struct jws_binding *b, bool agreed, bool *existed, struct err *e)
{
	struct strs contacts = { 0 };
	struct account_request q = { .contacts = &contacts, .terms_agreed = agreed, .binding = b };
	int rc;

	strs_add(&contacts, "mailto:a@example.jp");
	if (w->session == NULL)
		world_open(w, 0);
	if (w->key == NULL)
		assert_int_equal(key_generate(KEY_EC_P256, &w->key, e), 0);
	q.key = w->key;
	str_replace(&w->account_url, NULL);
	rc = account_create(w->session, &q, &w->account_url, existed, e);
	strs_clear(&contacts);
	return rc;
}

static void creates_once(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	bool existed = true;

	assert_int_equal(create(w, NULL, true, &existed, &e), 0);
	assert_false(existed);
	assert_string_equal(w->account_url, "https://ca.test/account/0");
	assert_int_equal(create(w, NULL, true, &existed, &e), 0);
	assert_true(existed);
	assert_string_equal(w->account_url, "https://ca.test/account/0");
	assert_int_equal(w->ca.account_count, 1);
	fake_ca_expect_strict(&w->ca);
}

static void binds_to_the_customer(void **state)
{
	struct world *w = *state;
	struct jws_binding b = good_binding();
	struct err e = ERR_INIT;
	bool existed = true;

	w->ca.eab_kid = "customer-1";
	w->ca.eab_key = mac_key;
	w->ca.eab_key_len = sizeof mac_key;
	world_open(w, 0);
	assert_true(session_directory(w->session)->eab_required);
	assert_int_equal(create(w, NULL, true, &existed, &e), -1);
	assert_string_equal(e.problem_type, "externalAccountRequired");
	world_error(&e, ERR_CA, "credentials are wanted");
	b.mac_key_len -= 2; /* HMAC pads with zeros, so that the final one does not count */
	assert_int_equal(create(w, &b, true, &existed, &e), -1);
	world_error(&e, ERR_CA, "not known");
	b = good_binding();
	assert_int_equal(create(w, &b, true, &existed, &e), 0);
	assert_false(existed);
	fake_ca_expect_strict(&w->ca);
}

static void never_agrees_unasked(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	bool existed = true;

	w->ca.terms = "https://ca.test/terms";
	assert_int_equal(create(w, NULL, false, &existed, &e), -1);
	assert_string_equal(session_directory(w->session)->terms, "https://ca.test/terms");
	assert_string_equal(e.problem_type, "userActionRequired");
	err_clear(&e);
	assert_int_equal(create(w, NULL, true, &existed, &e), 0);
}

static void finds_by_key_alone(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	bool existed;
	char *url = NULL;

	world_open(w, 0);
	assert_int_equal(key_generate(KEY_EC_P384, &w->key, &e), 0);
	assert_int_equal(account_find(w->session, w->key, &url, &e), 0);
	assert_null(url);
	assert_int_equal(w->ca.account_count, 0);
	assert_int_equal(create(w, NULL, true, &existed, &e), 0);
	assert_int_equal(account_find(w->session, w->key, &url, &e), 0);
	assert_string_equal(url, w->account_url);
	free(url);
	fake_ca_expect_strict(&w->ca);
}

/* The credentials may work just once: what got lost must be found again by the key, and is never sent twice by itself. */
static void a_lost_answer_is_told(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	bool existed = true;
	char *url = NULL;

	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_NEW_ACCOUNT, .from = 1, .bend = FAKE_LOSE_ANSWER });
	assert_int_equal(create(w, NULL, true, &existed, &e), -1);
	world_error(&e, ERR_NET, "the connection broke");
	assert_int_equal(w->ca.calls[FAKE_NEW_ACCOUNT], 1);
	assert_int_equal(account_find(w->session, w->key, &url, &e), 0);
	assert_string_equal(url, "https://ca.test/account/0");
	free(url);
}

static void refuses_answers_without_an_account(void **state)
{
	static const struct { struct fake_script s; const char *text; } cases[] = {
		{ { .bend = FAKE_EDIT, .no_location = true }, "no Location" },
		{ { .bend = FAKE_EDIT, .location = "http://ca.test/account/0" }, "account URL" },
		{ { .bend = FAKE_EDIT, .location = "/account/0" }, "account URL" },
		{ { .bend = FAKE_EDIT, .location = "https://ca.test/\x1b[2J" }, "account URL" },
		{ { .bend = FAKE_REFUSE, .status = 302 }, "HTTP status 302" },
		{ { .bend = FAKE_REFUSE, .status = 400, .problem = "invalidContact" }, "invalidContact" },
	};
	struct world *w = *state;

	world_open(w, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_script s = cases[i].s;
		struct err e = ERR_INIT;
		bool existed = true;

		s.at = FAKE_NEW_ACCOUNT;
		w->ca.script_count = 0;
		fake_ca_bend(&w->ca, s);
		assert_int_equal(create(w, NULL, true, &existed, &e), -1);
		assert_null(w->account_url);
		world_error(&e, ERR_CA, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(creates_once, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(binds_to_the_customer, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(never_agrees_unasked, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(finds_by_key_alone, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(a_lost_answer_is_told, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(refuses_answers_without_an_account, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
