#include "config.h"

#include "acme/ari.h"
#include "acme/order.h"

#include "../fake/fake_cert.h"
#include "acme_maker.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "x509_maker.h"

/* Renewal as a whole, session and order together at the fake CA: asked about, placed, gone on with, with other chains. */

static const char *const names[] = { "a.example", "*.a.example" };

static void begin(struct order *o)
{
	struct strs list = { 0 }, types = { 0 };

	for (size_t i = 0; i < 2; i++) {
		strs_add(&list, names[i]);
		strs_add(&types, i == 0 ? "http-01" : "dns-01");
	}
	order_init(o, &list, &types);
	strs_clear(&list);
	strs_clear(&types);
}

/* The key is kept over the runs, as run/job keeps it: it is the session's fixture here. */
static void set_csr(struct order *o, const struct key *k)
{
	struct strs list = { 0 };
	struct err e = ERR_INIT;
	struct buf der;

	buf_init(&der, 65536);
	for (size_t i = 0; i < 2; i++)
		strs_add(&list, names[i]);
	assert_int_equal(csr_make(k, &list, &der, &e), 0);
	order_set_csr(o, der.data, der.len);
	strs_clear(&list);
	buf_clear(&der);
}

static void one_round(struct world *w, struct order *o)
{
	struct order_time t = { clock_now(&w->clock.clock), clock_mono_ms(&w->clock.clock) };
	struct session_post posts[8] = { 0 };
	struct order_request *q = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;

	order_next(o, session_directory(w->session)->new_order, t.mono_ms, &q, &n);
	assert_true(n <= 8);
	for (size_t i = 0; i < n; i++)
		posts[i] = (struct session_post){ .url = q[i].url, .payload = q[i].payload, .accept = q[i].accept };
	assert_int_equal(session_post_all(w->session, posts, n, &e), 0);
	for (size_t i = 0; i < n; i++) {
		order_feed(o, q[i].tag, &posts[i].response, &t);
		http_response_clear(&posts[i].response);
		order_request_clear(&q[i]);
	}
	order_advance(o, &t);
	free(q);
	if (n == 0)
		clock_sleep_ms(&w->clock.clock, o->due_ms - t.mono_ms);
}

/* Until it is over, or has come to this step. */
static void drive_to(struct world *w, struct order *o, const struct key *k, enum order_step step)
{
	for (int i = 0; i < 200 && !order_over(o) && o->step != step; i++) {
		if (o->step == ORDER_PRESENT)
			order_presented(o);
		else if (order_waits_for_driver(o))
			set_csr(o, k);
		else
			one_round(w, o);
	}
}

static void finish(struct world *w, struct order *o, const struct key *k)
{
	drive_to(w, o, k, ORDER_DONE);
	if (o->step != ORDER_DONE)
		fail_msg("the order ended at %s: %s", order_step_name(o->step), o->err.cause);
}

static struct key *new_key(void)
{
	struct err e = ERR_INIT;
	struct key *k = NULL;

	assert_int_equal(key_generate(KEY_EC_P256, &k, &e), 0);
	return k;
}

static struct cert *leaf_of(const struct order *o)
{
	const char *const end = "-----END CERTIFICATE-----\n";
	const char *behind = strstr(o->pem, end);
	struct cert *c = NULL;
	struct err e = ERR_INIT;

	assert_non_null(behind);
	assert_int_equal(cert_load_pem(o->pem, (size_t)(behind - o->pem) + strlen(end), &c, &e), 0);
	return c;
}

/* A certificate of this account; its id is owned by the caller. */
static char *get_one(struct world *w)
{
	struct key *k = new_key();
	struct cert *c;
	struct order o;
	char *id;

	begin(&o);
	finish(w, &o, k);
	c = leaf_of(&o);
	id = ari_cert_id(cert_authority_key_id(c), cert_serial(c));
	assert_non_null(id);
	cert_free(c);
	order_clear(&o);
	key_free(k);
	return id;
}

static void ask(struct world *w, const char *id, struct ari_answer *a)
{
	char *url = ari_url(session_directory(w->session)->renewal_info, id);
	const char *urls[] = { url };
	struct http_response r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(session_get_all(w->session, urls, 1, &r, &e), 0);
	ari_read(&r, session_now(w->session), 0, a);
	http_response_clear(&r);
	free(url);
}

static void the_window_is_asked_for(void **state)
{
	struct world *w = *state;
	struct ari_answer a;
	char *id, *fakes, *serial;
	int nonces;

	w->ca.offers_renewal_info = true;
	world_register(w);
	id = get_one(w);
	fakes = fake_cert_id(w->ca.order[0].leaf);
	assert_string_equal(id, fakes);
	nonces = w->ca.calls[FAKE_NEW_NONCE];
	ask(w, id, &a);
	assert_null(a.error);
	assert_true(a.start > w->ca.order[0].from && a.start < a.end && a.end < w->ca.order[0].to);
	assert_int_equal(a.next_at, session_now(w->session) + 21600);
	ari_answer_clear(&a);
	serial = fake_cert_serial(w->ca.order[0].leaf);
	w->ca.renewal[0] = (struct fake_renewal){ .start = 1000, .end = 2000 };
	w->ca.renewal[1] = (struct fake_renewal){ .serial = serial, .start = 3000, .end = 4000, .explanation = "https://ca.test/why",
	                                          .retry_after = "600" };
	ask(w, id, &a);
	assert_int_equal(a.start, 3000);
	assert_int_equal(a.end, 4000);
	assert_string_equal(a.explanation_url, "https://ca.test/why");
	assert_int_equal(a.next_at, session_now(w->session) + 600);
	ari_answer_clear(&a);
	assert_int_equal(w->ca.calls[FAKE_NEW_NONCE], nonces);
	assert_int_equal(w->ca.calls[FAKE_RENEWAL_INFO], 2);
	fake_ca_expect_strict(&w->ca);
	free(serial);
	free(fakes);
	free(id);
}

static void what_is_revoked_is_due(void **state)
{
	struct world *w = *state;
	struct ari_answer a;
	char *id;

	w->ca.offers_renewal_info = true;
	world_register(w);
	id = get_one(w);
	w->ca.order[0].revoked = true;
	ask(w, id, &a);
	assert_true(a.end > 0 && a.end < session_now(w->session));
	ari_answer_clear(&a);
	free(id);
}

static void no_answer_stands_in_nobodys_way(void **state)
{
	static const struct { struct fake_script s; int64_t wait; } cases[] = {
		{ { .bend = FAKE_REFUSE, .status = 404, .problem = "malformed" }, 21600 },
		{ { .bend = FAKE_REFUSE, .status = 503 }, 60 },
		{ { .bend = FAKE_LOSE_ANSWER }, 21600 },
		{ { .bend = FAKE_EDIT, .body = "{\"suggestedWindow\":7}" }, 21600 },
		{ { .bend = FAKE_EDIT, .find = "\"end\"", .put = "\"And\"" }, 21600 },
	};
	struct world *w = *state;
	struct ari_answer a;
	char *id;

	w->ca.offers_renewal_info = true;
	world_register(w);
	id = get_one(w);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_script s = cases[i].s;

		s.at = FAKE_RENEWAL_INFO;
		w->ca.script_count = 0;
		fake_ca_bend(&w->ca, s);
		ask(w, id, &a);
		if (a.error == NULL || a.next_at - session_now(w->session) != cases[i].wait)
			fail_msg("row %zu: %s, %lld", i, a.error, (long long)(a.next_at - session_now(w->session)));
		ari_answer_clear(&a);
	}
	w->ca.script_count = 0;
	ask(w, "AA.AA", &a);
	assert_non_null(a.error);
	ari_answer_clear(&a);
	fake_ca_expect_strict(&w->ca);
	free(id);
}

static void a_renewal_says_what_it_replaces(void **state)
{
	struct world *w = *state;
	struct key *k = new_key();
	struct order o;
	char *id;

	w->ca.offers_renewal_info = true;
	world_register(w);
	id = get_one(w);
	for (int i = 0; i < 2; i++) {
		begin(&o);
		order_set_replaces(&o, id);
		finish(w, &o, k);
		/* The second finds it replaced already, and is placed without. */
		assert_int_equal(o.replaces_refused, i == 1);
		order_clear(&o);
	}
	assert_int_equal(w->ca.calls[FAKE_NEW_ORDER], 1 + 1 + 2);
	assert_int_equal(w->ca.order_count, 3);
	assert_string_equal(w->ca.order[1].replaces, id);
	assert_null(w->ca.order[2].replaces);
	fake_ca_expect_strict(&w->ca);
	free(id);
	key_free(k);
}

/* The fake is strict where it has to be. */
static void replaces_where_it_must_not_be_is_noted(void **state)
{
	struct world *w = *state;
	struct key *k = new_key();
	struct order o;

	world_register(w);
	begin(&o);
	order_set_replaces(&o, "AA.AA");
	finish(w, &o, k);
	assert_true(o.replaces_refused);
	assert_int_equal(w->ca.violations.count, 1);
	order_clear(&o);
	w->ca.offers_renewal_info = true;
	begin(&o);
	order_set_replaces(&o, "AA.AA");
	finish(w, &o, k);
	assert_int_equal(w->ca.violations.count, 2);
	order_clear(&o);
	key_free(k);
}

static void profiles_decide_how_long(void **state)
{
	struct world *w = *state;
	struct key *k = new_key();
	struct order o;

	w->ca.profile[0] = (struct fake_profile){ .name = "classic" };
	w->ca.profile[1] = (struct fake_profile){ .name = "shortlived", .validity_sec = 6 * 86400 };
	w->ca.validity_sec = 398 * 86400;
	world_register(w);
	for (size_t i = 0; i < 2; i++) {
		struct cert *c;

		begin(&o);
		order_set_profile(&o, w->ca.profile[i].name);
		finish(w, &o, k);
		c = leaf_of(&o);
		assert_int_equal(cert_not_after(c) - cert_not_before(c) + 1, i == 0 ? 398 * 86400 : 6 * 86400);
		assert_true(cert_not_before(c) <= session_now(w->session));
		cert_free(c);
		order_clear(&o);
	}
	begin(&o);
	order_set_profile(&o, "unheard-of");
	drive_to(w, &o, k, ORDER_DONE);
	world_error(&o.err, ERR_CONFIG, "invalidProfile");
	order_clear(&o);
	fake_ca_expect_strict(&w->ca);
	key_free(k);
}

static void all_chains_can_be_had(void **state)
{
	struct world *w = *state;
	struct key *k = new_key();
	char *cross_middle = maker_cert_pem(w->ca.cross_middle), *cross_root = maker_cert_pem(w->ca.cross_root);
	struct order o;

	w->ca.alternates = 2;
	world_register(w);
	begin(&o);
	finish(w, &o, k);
	assert_int_equal(w->ca.calls[FAKE_ALTERNATE], 0);
	assert_true(order_want_alternates(&o));
	finish(w, &o, k);
	assert_int_equal(o.alternate_count, 2);
	assert_null(strstr(o.pem, cross_middle));
	assert_true(str_ends(o.alternate[0].pem, cross_middle));
	assert_true(str_ends(o.alternate[1].pem, cross_root));
	order_clear(&o);
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_ALTERNATE, .from = 3, .bend = FAKE_REFUSE, .status = 404 });
	begin(&o);
	finish(w, &o, k);
	assert_true(order_want_alternates(&o));
	finish(w, &o, k);
	assert_null(o.alternate[0].pem);
	assert_true(str_ends(o.alternate[1].pem, cross_root));
	order_clear(&o);
	fake_ca_expect_strict(&w->ca);
	free(cross_middle);
	free(cross_root);
	key_free(k);
}

/* As the next run does it: a session and an order of its own, the URLs and the key kept. */
static void an_order_is_finished_by_the_next_run(void **state)
{
	static const enum order_step steps[] = { ORDER_READ, ORDER_PRESENT, ORDER_VALIDATE, ORDER_FINALIZE, ORDER_ISSUE, ORDER_DOWNLOAD };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct err e = ERR_INIT;
		struct order first, second;
		struct world *w;
		struct key *k = new_key();

		world_setup(state);
		w = *state;
		w->ca.validate_polls = w->ca.issue_polls = 2;
		world_register(w);
		begin(&first);
		drive_to(w, &first, k, steps[i]);
		err_set(&e, ERR_INTERRUPTED, "stop");
		order_fail(&first, &e);
		assert_true(order_may_resume(&first));
		session_close(w->session);
		world_open(w, 0);
		session_set_account(w->session, w->key, w->account_url);
		begin(&second);
		order_resume(&second, first.url, first.finalize_url);
		finish(w, &second, k);
		assert_true(second.resumed);
		assert_int_equal(w->ca.calls[FAKE_NEW_ORDER], 1);
		fake_ca_expect_strict(&w->ca);
		order_clear(&first);
		order_clear(&second);
		key_free(k);
		world_teardown(state);
	}
	world_setup(state);
}

static void what_cannot_be_gone_on_with_is_begun_anew(void **state)
{
	static const struct fake_script bends[] = {
		{ .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 404, .problem = "malformed" },
		{ .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 403, .problem = "unauthorized" },
		{ .at = FAKE_ORDER, .from = 1, .bend = FAKE_EDIT, .find = "a.example", .put = "b.example" },
		{ .at = FAKE_ORDER, .from = 1, .bend = FAKE_EDIT, .find = "\"pending\"", .put = "\"invalid\"" },
		{ .at = FAKE_AUTHZ, .from = 2, .bend = FAKE_EDIT, .find = "\"pending\"", .put = "\"expired\"" },
		{ .at = FAKE_AUTHZ, .from = 1, .to = 2, .bend = FAKE_REFUSE, .status = 404, .problem = "malformed" },
	};

	for (size_t i = 0; i < sizeof bends / sizeof *bends; i++) {
		struct order first, second;
		struct world *w;
		struct key *k = new_key();

		world_setup(state);
		w = *state;
		world_register(w);
		begin(&first);
		drive_to(w, &first, k, ORDER_READ);
		fake_ca_bend(&w->ca, bends[i]);
		begin(&second);
		order_resume(&second, first.url, first.finalize_url);
		finish(w, &second, k);
		if (w->ca.calls[FAKE_NEW_ORDER] != 2 || second.resumed)
			fail_msg("row %zu: %d orders", i, w->ca.calls[FAKE_NEW_ORDER]);
		fake_ca_expect_strict(&w->ca);
		order_clear(&first);
		order_clear(&second);
		key_free(k);
		world_teardown(state);
	}
	world_setup(state);
}

static void certificates_tell_where_revocation_is(void **state)
{
	struct world *w = *state;
	struct key *k = new_key();
	struct cert *c;
	struct order o;

	w->ca.ocsp_url = "http://ocsp.ca.test/";
	w->ca.crl_url = "http://crl.ca.test/1";
	world_register(w);
	begin(&o);
	finish(w, &o, k);
	c = leaf_of(&o);
	assert_true(strs_has(cert_ocsp_urls(c), "http://ocsp.ca.test/"));
	assert_true(strs_has(cert_crl_urls(c), "http://crl.ca.test/1"));
	cert_free(c);
	order_clear(&o);
	key_free(k);
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(the_window_is_asked_for), WITH_WORLD(what_is_revoked_is_due), WITH_WORLD(no_answer_stands_in_nobodys_way),
		WITH_WORLD(a_renewal_says_what_it_replaces), WITH_WORLD(replaces_where_it_must_not_be_is_noted),
		WITH_WORLD(profiles_decide_how_long), WITH_WORLD(all_chains_can_be_had),
		cmocka_unit_test_teardown(an_order_is_finished_by_the_next_run, world_teardown),
		cmocka_unit_test_teardown(what_cannot_be_gone_on_with_is_begun_anew, world_teardown),
		WITH_WORLD(certificates_tell_where_revocation_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
