#include "config.h"

#include "acme/revoke.h"

#include "acme_maker.h"
#include "pki/cert.h"
#include "x509_maker.h"

/* An order of the CA's that has a certificate already. */
static void put_certificate(struct world *w, EVP_PKEY *key, struct buf *der)
{
	struct maker_spec spec = { .subject = "a.example", .from = w->clock.now_sec - 10, .to = w->clock.now_sec + 1000, .key = key };
	char *payload = world_order_payload("a.example"), *pem;
	struct http_response r = { 0 };
	struct err e = ERR_INIT;
	struct cert *c = NULL;

	assert_int_equal(session_post_json(w->session, session_directory(w->session)->new_order, payload, &r, NULL, &e), 0);
	w->ca.order[w->ca.order_count - 1].leaf = maker_cert(&spec);
	pem = maker_cert_pem(w->ca.order[w->ca.order_count - 1].leaf);
	assert_int_equal(cert_load_pem(pem, strlen(pem), &c, &e), 0);
	buf_init(der, 10000);
	assert_int_equal(cert_save_der(c, der, &e), 0);
	cert_free(c);
	free(pem);
	free(payload);
	http_response_clear(&r);
}

static void revokes_as_the_account(void **state)
{
	struct world *w = *state;
	EVP_PKEY *key = maker_key();
	struct err e = ERR_INIT;
	bool already = true;
	struct buf der;

	world_register(w);
	put_certificate(w, key, &der);
	assert_int_equal(revoke_post(w->session, der.data, der.len, 4, &already, &e), 0);
	assert_false(already);
	assert_true(w->ca.order[0].revoked);
	assert_int_equal(w->ca.order[0].reason, 4);
	assert_int_equal(revoke_post(w->session, der.data, der.len, -1, &already, &e), 0);
	assert_true(already);
	fake_ca_expect_strict(&w->ca);
	buf_clear(&der);
	EVP_PKEY_free(key);
}

static void revokes_with_the_certificates_key(void **state)
{
	struct world *w = *state;
	EVP_PKEY *key = maker_key(), *other = maker_key();
	char *pem = maker_key_pem(key);
	struct key *own = NULL, *wrong = NULL;
	struct err e = ERR_INIT;
	bool already = true;
	struct buf der;

	world_register(w);
	put_certificate(w, key, &der);
	assert_int_equal(key_load_pem(pem, strlen(pem), &own, &e), 0);
	assert_int_equal(key_generate(KEY_EC_P256, &wrong, &e), 0);
	session_set_account(w->session, wrong, NULL);
	assert_int_equal(revoke_post(w->session, der.data, der.len, -1, &already, &e), -1);
	world_error(&e, ERR_CA, "not yours");
	session_set_account(w->session, own, NULL);
	assert_int_equal(revoke_post(w->session, der.data, der.len, 1, &already, &e), 0);
	assert_true(w->ca.order[0].revoked);
	fake_ca_expect_strict(&w->ca);
	session_set_account(w->session, w->key, w->account_url);
	key_free(own);
	key_free(wrong);
	buf_clear(&der);
	free(pem);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void tells_refusals(void **state)
{
	struct world *w = *state;
	EVP_PKEY *key = maker_key();
	struct err e = ERR_INIT;
	bool already = true;
	struct buf der;

	world_register(w);
	put_certificate(w, key, &der);
	assert_int_equal(revoke_post(w->session, der.data, der.len, 7, &already, &e), -1);
	assert_string_equal(e.problem_type, "badRevocationReason");
	world_error(&e, ERR_CA, "no such reason");
	assert_int_equal(revoke_post(w->session, "nonsense", 8, -1, &already, &e), -1);
	world_error(&e, ERR_CA, "no such certificate");
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_REVOKE, .bend = FAKE_LOSE_ANSWER });
	assert_int_equal(revoke_post(w->session, der.data, der.len, -1, &already, &e), -1);
	world_error(&e, ERR_NET, "the connection broke");
	/* Once more is safe: the CA says what became of the first. */
	w->ca.script_count = 0;
	assert_int_equal(revoke_post(w->session, der.data, der.len, -1, &already, &e), 0);
	assert_true(already);
	assert_int_equal(w->ca.order[0].reason, -1);
	buf_clear(&der);
	EVP_PKEY_free(key);
}

static void some_offer_none(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	bool already = false;

	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .bend = FAKE_EDIT, .find = "revokeCert", .put = "unknown" });
	world_register(w);
	assert_int_equal(revoke_post(w->session, "x", 1, -1, &already, &e), -1);
	world_error(&e, ERR_CA, "offers no revocation");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(revokes_as_the_account, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(revokes_with_the_certificates_key, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(tells_refusals, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(some_offer_none, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
