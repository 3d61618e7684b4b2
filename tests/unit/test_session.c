#include "config.h"

#include "acme/session.h"

#include <errno.h>

#include "acme/problem.h"
#include "acme_maker.h"

static int open_with(struct world *w, struct err *e)
{
	struct session_options o = { .port = &w->ca.port, .clock = &w->clock.clock, .directory_url = FAKE_DIRECTORY_URL };

	return session_open(&o, &w->session, e);
}

static void reads_the_directory(void **state)
{
	struct world *w = *state;
	const struct directory *d;

	w->ca.terms = "https://ca.test/terms";
	world_open(w, 0);
	d = session_directory(w->session);
	assert_string_equal(d->new_nonce, "https://ca.test/nonce");
	assert_string_equal(d->revoke_cert, "https://ca.test/revoke");
	assert_string_equal(d->terms, "https://ca.test/terms");
	assert_null(d->renewal_info);
	assert_false(d->eab_required);
	assert_int_equal(session_now(w->session), w->clock.now_sec);
}

static const struct { const char *meta; const char *wanted; } profile_cases[] = {
	{ "{}", "" },
	{ "{\"profiles\":{}}", "" },
	{ "{\"profiles\":{\"tls\":\"https://ca.test/tls\",\"short\":\"\"}}", "short tls" },
	{ "{\"profiles\":{\"a\":7,\"b\":null,\"c\":{}}}", "a b c" },
	{ "{\"profiles\":{\"\\u001b[2J\":\"\"}}", "\\x1B[2J" },
	{ "{\"profiles\":[\"a\"]}", "" },
	{ "{\"profiles\":\"a\"}", "" },
	{ "{\"profiles\":null}", "" },
	{ "[]", "" },
};

static void profiles_are_the_names_alone(void **state)
{
	for (size_t i = 0; i < sizeof profile_cases / sizeof *profile_cases; i++) {
		char *body = str_fmt("{\"newNonce\":\"https://ca.test/nonce\",\"newAccount\":\"https://ca.test/new-account\","
		                     "\"newOrder\":\"https://ca.test/new-order\",\"meta\":%s}", profile_cases[i].meta);
		struct world *w;
		char *got;

		world_setup(state);
		w = *state;
		fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .bend = FAKE_EDIT, .body = body });
		world_open(w, 0);
		got = strs_join(&session_directory(w->session)->profiles, " ");
		if (!str_eq(got, profile_cases[i].wanted))
			fail_msg("row %zu: %s", i, got);
		free(got);
		free(body);
		world_teardown(state);
	}
	world_setup(state);
}

static void profiles_have_an_end(void **state)
{
	struct world *w = *state;
	char *list = str_dup("\"p\":1"), *body;

	for (int i = 0; i < 40; i++)
		str_replace(&list, str_fmt("%s,\"p%d\":1", list, i));
	body = str_fmt("{\"newNonce\":\"https://ca.test/n\",\"newAccount\":\"https://ca.test/a\",\"newOrder\":\"https://ca.test/o\","
	               "\"meta\":{\"profiles\":{%s}}}", list);
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .bend = FAKE_EDIT, .body = body });
	world_open(w, 0);
	assert_int_equal(session_directory(w->session)->profiles.count, 32);
	free(list);
	free(body);
}

static void offers_are_read(void **state)
{
	struct world *w = *state;

	w->ca.offers_renewal_info = true;
	w->ca.profile[0] = (struct fake_profile){ .name = "tls" };
	world_open(w, 0);
	assert_string_equal(session_directory(w->session)->renewal_info, "https://ca.test/renewal-info");
	assert_true(strs_has(&session_directory(w->session)->profiles, "tls"));
}

static void get_directory(struct world *w)
{
	const char *const urls[] = { FAKE_DIRECTORY_URL };
	struct http_response r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(session_get_all(w->session, urls, 1, &r, &e), 0);
	http_response_clear(&r);
}

static void the_clocks_are_compared(void **state)
{
	static const int64_t aheads[] = { 0, 1, -1, 400, -86400 * 400, 86400 * 365 };
	struct world *w = *state;
	int64_t skew = 77;

	for (size_t i = 0; i < sizeof aheads / sizeof *aheads; i++) {
		w->ca.ahead_sec = aheads[i];
		session_close(w->session);
		w->session = NULL;
		world_open(w, 0);
		assert_true(session_clock_skew(w->session, &skew));
		assert_int_equal(skew, -aheads[i]);
	}
	/* The last answer that had one counts: here a signed one. */
	w->ca.ahead_sec = 0;
	world_register(w);
	assert_true(session_clock_skew(w->session, &skew));
	assert_int_equal(skew, 0);
	w->ca.no_date = true;
	w->clock.mono_ms += 1000 * 1000;
	get_directory(w);
	assert_true(session_clock_skew(w->session, &skew));
	assert_int_equal(skew, 0);
	w->ca.no_date = false;
	w->ca.ahead_sec = 30;
	get_directory(w);
	assert_true(session_clock_skew(w->session, &skew));
	assert_int_equal(skew, -30);
}

static void new_order(struct world *w, const char *name, struct http_response *r)
{
	char *payload = world_order_payload(name);
	struct session_post p = { .url = session_directory(w->session)->new_order, .payload = payload };
	struct err e = ERR_INIT;

	if (session_post_all(w->session, &p, 1, &e) != 0)
		fail_msg("session_post_all: %s", e.cause);
	*r = p.response;
	free(payload);
}

static void signed_answers_have_a_date_too(void **state)
{
	struct http_response r = { 0 };
	struct world *w = *state;
	int64_t skew = 77;

	world_register(w);
	w->ca.ahead_sec = -90;
	new_order(w, "a.example", &r);
	http_response_clear(&r);
	assert_int_equal(w->ca.calls[FAKE_NEW_NONCE], 1);
	assert_true(session_clock_skew(w->session, &skew));
	assert_int_equal(skew, 90);
}

/* Those that came early have waited for the others: they say nothing of now. */
static void of_a_batch_the_latest_counts(void **state)
{
	const char *const urls[] = { FAKE_DIRECTORY_URL, FAKE_DIRECTORY_URL, FAKE_DIRECTORY_URL };
	struct http_response r[3] = { 0 };
	struct world *w = *state;
	struct err e = ERR_INIT;
	int64_t skew = 77;

	world_open(w, 0);
	for (int call = 2; call <= 4; call += 2)
		fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .from = call, .bend = FAKE_EDIT,
		                                           .date = "Thu, 01 Jan 2026 00:00:00 GMT" });
	assert_int_equal(session_get_all(w->session, urls, 3, r, &e), 0);
	assert_true(session_clock_skew(w->session, &skew));
	assert_int_equal(skew, 0);
	for (size_t i = 0; i < 3; i++)
		http_response_clear(&r[i]);
}

static void without_a_date_nothing_is_known(void **state)
{
	static const char *const dates[] = { NULL, "", "yesterday", "Sun, 99 Nov 2026 99:99:99 GMT" };
	struct world *w = *state;
	int64_t skew = 77;

	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		w->ca.script_count = 0;
		fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .bend = FAKE_EDIT, .date = dates[i],
		                                           .no_date = dates[i] == NULL });
		session_close(w->session);
		w->session = NULL;
		world_open(w, 0);
		assert_false(session_clock_skew(w->session, &skew));
		assert_int_equal(skew, 77);
	}
}

static int broken(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	(void)self, (void)q, (void)n, (void)r;
	return err_set(e, ERR_NET, "the worker is gone");
}

static void unsigned_reads_go_out_at_once(void **state)
{
	const char *const urls[] = { "https://ca.test/directory", "https://ca.test/renewal-info/AA.AA", "https://ca.test/directory" };
	struct world *w = *state;
	struct http_response r[3] = { 0 };
	struct err e = ERR_INIT;
	size_t batches;
	int nonces;

	w->ca.offers_renewal_info = true;
	world_register(w);
	batches = w->ca.batches;
	nonces = w->ca.calls[FAKE_NEW_NONCE];
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .from = 2, .bend = FAKE_LOSE_REQUEST });
	assert_int_equal(session_get_all(w->session, urls, 3, r, &e), 0);
	assert_int_equal(w->ca.batches, batches + 1);
	assert_int_equal(w->ca.calls[FAKE_NEW_NONCE], nonces);
	assert_int_equal(r[0].err.kind, ERR_NET);
	assert_int_equal(r[1].status, 404);
	assert_int_equal(r[2].status, 200);
	for (size_t i = 0; i < 3; i++)
		http_response_clear(&r[i]);
	assert_int_equal(session_get_all(w->session, NULL, 0, NULL, &e), 0);
	assert_int_equal(w->ca.batches, batches + 1);
	fake_ca_expect_strict(&w->ca);
	raise(SIGTERM);
	assert_int_equal(session_get_all(w->session, urls, 3, r, &e), -1);
	world_error(&e, ERR_INTERRUPTED, NULL);
	assert_int_equal(w->ca.batches, batches + 1);
	sig_reset();
	w->ca.port.perform = broken;
	assert_int_equal(session_get_all(w->session, urls, 3, r, &e), -1);
	world_error(&e, ERR_NET, "the worker is gone");
}

static const struct { struct fake_script s; enum err_kind kind; const char *text; } bad_directories[] = {
	{ { .bend = FAKE_LOSE_REQUEST }, ERR_NET, "reading the CA's directory https://ca.test/directory: the connection broke" },
	{ { .bend = FAKE_REFUSE, .status = 404 }, ERR_CA, "HTTP status 404" },
	{ { .bend = FAKE_REFUSE, .status = 503, .retry_after = "7" }, ERR_RATELIMIT, "HTTP status 503" },
	{ { .bend = FAKE_REFUSE, .status = 301 }, ERR_CA, "HTTP status 301" },
	{ { .bend = FAKE_REFUSE, .status = 204 }, ERR_CA, "HTTP status 204" },
	{ { .bend = FAKE_EDIT, .body = "<html>" }, ERR_CA, "JSON" },
	{ { .bend = FAKE_EDIT, .body = "[]" }, ERR_CA, "newNonce" },
	{ { .bend = FAKE_EDIT, .find = "newOrder", .put = "newOrdure" }, ERR_CA, "lacks \"newOrder\"" },
	{ { .bend = FAKE_EDIT, .find = "https://ca.test/new-account", .put = "http://ca.test/new-account" }, ERR_CA, "newAccount" },
	{ { .bend = FAKE_EDIT, .find = "https://ca.test/new-order", .put = "file:///etc/shadow" }, ERR_CA, "newOrder" },
	{ { .bend = FAKE_EDIT, .find = "https://ca.test/revoke", .put = "javascript:x" }, ERR_CA, "revokeCert" },
	{ { .bend = FAKE_EDIT, .find = "https://ca.test/nonce", .put = "https://u:p@ca.test/nonce" }, ERR_CA, "newNonce" },
};

static void refuses_a_bad_directory(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof bad_directories / sizeof *bad_directories; i++) {
		struct fake_script s = bad_directories[i].s;
		struct err e = ERR_INIT;

		s.at = FAKE_DIRECTORY;
		w->ca.script_count = 0;
		fake_ca_bend(&w->ca, s);
		assert_int_equal(open_with(w, &e), -1);
		assert_null(w->session);
		world_error(&e, bad_directories[i].kind, bad_directories[i].text);
	}
}

static void a_passing_fault_is_waited_out(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;

	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .from = 1, .bend = FAKE_LOSE_REQUEST });
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .from = 2, .bend = FAKE_REFUSE, .status = 503,
	                                           .retry_after = "7" });
	assert_int_equal(open_with(w, &e), 0);
	assert_int_equal(w->ca.calls[FAKE_DIRECTORY], 3);
	assert_int_equal(w->clock.mono_ms, 1000 + 7000);
}

/* Nobody is asked again sooner than they said. */
static void long_waits_are_the_callers(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;

	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_DIRECTORY, .bend = FAKE_REFUSE, .status = 503, .retry_after = "3600" });
	assert_int_equal(open_with(w, &e), -1);
	assert_int_equal(w->ca.calls[FAKE_DIRECTORY], 1);
	assert_int_equal(e.retry_at, w->clock.now_sec + 3600);
	world_error(&e, ERR_RATELIMIT, NULL);
}

static void nonces_are_kept_and_used_once(void **state)
{
	struct world *w = *state;

	world_register(w);
	for (int i = 0; i < 20; i++) {
		struct http_response r = { 0 };

		new_order(w, "a.example", &r);
		assert_int_equal(r.status, 201);
		http_response_clear(&r);
	}
	assert_int_equal(w->ca.calls[FAKE_NEW_NONCE], 1);
	fake_ca_expect_strict(&w->ca);
}

static void posts_go_out_side_by_side(void **state)
{
	struct world *w = *state;
	struct session_post posts[100] = { 0 };
	char *payload = world_order_payload("a.example");
	struct err e = ERR_INIT;
	size_t before;

	world_open(w, 40);
	world_register(w);
	before = w->ca.batches;
	for (size_t i = 0; i < 100; i++)
		posts[i] = (struct session_post){ .url = session_directory(w->session)->new_order, .payload = payload };
	assert_int_equal(session_post_all(w->session, posts, 100, &e), 0);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(posts[i].response.status, 201);
		http_response_clear(&posts[i].response);
	}
	assert_int_equal(w->ca.largest, 40);
	assert_int_equal(w->ca.batches - before, 1 + 3);
	assert_int_equal(w->ca.order_count, 100);
	fake_ca_expect_strict(&w->ca);
	free(payload);
}

static void nothing_to_post_is_nothing_sent(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	size_t before;

	world_register(w);
	before = w->ca.requests;
	assert_int_equal(session_post_all(w->session, NULL, 0, &e), 0);
	assert_int_equal(w->ca.requests, before);
}

/* A CA that refuses nine of ten nonces, as its own test server can, is only slower. */
static void lives_with_bad_nonces(void **state)
{
	static const int percents[] = { 5, 50, 90 };
	struct world *w = *state;
	char *payload = world_order_payload("a.example");

	world_register(w);
	for (size_t p = 0; p < 3; p++) {
		w->ca.bad_nonce_percent = percents[p];
		for (int round = 0; round < 10; round++) {
			struct session_post posts[30] = { 0 };
			struct err e = ERR_INIT;

			for (size_t i = 0; i < 30; i++)
				posts[i] = (struct session_post){ .url = session_directory(w->session)->new_order, .payload = payload };
			assert_int_equal(session_post_all(w->session, posts, 30, &e), 0);
			for (size_t i = 0; i < 30; i++) {
				assert_int_equal(posts[i].response.status, 201);
				http_response_clear(&posts[i].response);
			}
		}
	}
	assert_int_equal(w->ca.order_count, 900);
	fake_ca_expect_strict(&w->ca);
	free(payload);
}

/* Thirty refusals in a row meet one request in 23 at nine of ten: they are not paid for with waiting. */
static void bad_nonces_in_a_row_are_not_waited_for(void **state)
{
	struct world *w = *state;
	struct http_response r = { 0 };

	world_register(w);
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_NEW_ORDER, .from = 1, .to = 30, .bend = FAKE_REFUSE, .status = 400,
	                                           .problem = "badNonce" });
	new_order(w, "a.example", &r);
	assert_int_equal(r.status, 201);
	assert_int_equal(w->clock.sleeps, 0);
	http_response_clear(&r);
}

/* RFC 8555 §6.5: the retry takes the nonce of the very answer; it may be good for that request alone. */
static void a_retry_takes_the_answers_own_nonce(void **state)
{
	struct world *w = *state;
	struct session_post posts[20] = { 0 };
	struct http_response r = { 0 };
	struct err e = ERR_INIT;
	char *urls[20];

	world_register(w);
	for (int i = 0; i < 20; i++) {
		new_order(w, "a.example", &r);
		http_response_clear(&r);
		urls[i] = str_fmt("https://ca.test/order/%d", i);
		posts[i] = (struct session_post){ .url = urls[i], .payload = "" };
	}
	w->ca.bad_nonce_percent = 60;
	assert_int_equal(session_post_all(w->session, posts, 20, &e), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(posts[i].response.status, 200);
		http_response_clear(&posts[i].response);
		free(urls[i]);
	}
	fake_ca_expect_strict(&w->ca);
}

/* Refused for ever: it ends, with the CA's words, without a storm of requests. */
static void gives_up_on_bad_nonces(void **state)
{
	struct world *w = *state;
	struct http_response r = { 0 };
	int before;

	world_register(w);
	before = w->ca.calls[FAKE_NEW_ORDER];
	w->ca.bad_nonce_percent = 100;
	new_order(w, "a.example", &r);
	assert_true(problem_is(&r, "badNonce"));
	assert_true(w->clock.mono_ms >= 1000 && w->clock.mono_ms <= 2 * SESSION_NONCE_DEADLINE_SEC * 1000);
	assert_true(w->ca.calls[FAKE_NEW_ORDER] - before < 200);
	http_response_clear(&r);
}

/* A post whose turn never came has no answer, and says so. */
static void unsent_posts_say_so(void **state)
{
	struct world *w = *state;
	struct session_post posts[2] = { { .url = "https://ca.test/new-order", .payload = "{}" },
	                                 { .url = "https://ca.test/new-order", .payload = "{}" } };
	struct err e = ERR_INIT;

	world_open(w, 1);
	world_register(w);
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 400,
	                                           .problem = "badNonce", .no_nonce = true });
	assert_int_equal(session_post_all(w->session, posts, 2, &e), 0);
	assert_true(problem_is(&posts[0].response, "badNonce"));
	assert_int_equal(posts[1].response.status, 0);
	world_error(&posts[1].response.err, ERR_CA, "could not be sent");
	for (int i = 0; i < 2; i++)
		http_response_clear(&posts[i].response);
}

static const struct { struct fake_script s; bool ok; const char *text; } nonce_cases[] = {
	{ { .from = 1, .bend = FAKE_LOSE_REQUEST }, true, NULL },
	{ { .from = 1, .to = 2, .bend = FAKE_REFUSE, .status = 503 }, true, NULL },
	{ { .bend = FAKE_LOSE_REQUEST }, false, "getting a nonce: the connection broke" },
	{ { .bend = FAKE_REFUSE, .status = 500 }, false, "getting a nonce: the CA answers with HTTP status 500" },
	{ { .bend = FAKE_EDIT, .no_nonce = true }, false, "Replay-Nonce" },
	{ { .bend = FAKE_EDIT, .replay_nonce = "not base64url!" }, false, "Replay-Nonce" },
	{ { .bend = FAKE_EDIT, .replay_nonce = "" }, false, "Replay-Nonce" },
};

static void nonces_are_fetched_with_patience(void **state)
{
	for (size_t i = 0; i < sizeof nonce_cases / sizeof *nonce_cases; i++) {
		struct fake_script s = nonce_cases[i].s;
		struct account_request q = { .terms_agreed = true };
		struct err e = ERR_INIT;
		struct world *w;
		bool existed;
		int rc;

		world_setup(state);
		w = *state;
		s.at = FAKE_NEW_NONCE;
		fake_ca_bend(&w->ca, s);
		if (!nonce_cases[i].ok && s.bend == FAKE_REFUSE && s.status == 500)
			w->ca.script[0].bend = FAKE_EDIT, w->ca.script[0].no_nonce = true;
		world_open(w, 0);
		assert_int_equal(key_generate(KEY_EC_P256, &w->key, &e), 0);
		q.key = w->key;
		rc = account_create(w->session, &q, &w->account_url, &existed, &e);
		if ((rc == 0) != nonce_cases[i].ok)
			fail_msg("row %zu: %s", i, rc == 0 ? "worked" : e.cause);
		if (rc < 0)
			world_error(&e, e.kind, nonce_cases[i].text);
		world_teardown(state);
	}
	world_setup(state);
}

/* A CA before which the state of an order times out after 35 seconds. */
struct stalling {
	struct http_port port;
	struct world *w;
	int stalls;
};

static int stall(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct stalling *p = self;

	if (n != 1 || !strstr(q->url, "/order/"))
		return p->w->ca.port.perform(p->w->ca.port.self, q, n, r, e);
	p->stalls++;
	p->w->clock.mono_ms += 35000;
	err_set(&r->err, ERR_NET, "no answer");
	r->err.sys_errno = ETIMEDOUT;
	return 0;
}

static void what_stalls_is_read_once(void **state)
{
	struct world *w = *state;
	struct stalling s = { .port = { .self = &s, .perform = stall }, .w = w };
	struct session_options o = { .port = &s.port, .clock = &w->clock.clock, .directory_url = FAKE_DIRECTORY_URL };
	struct session_post p = { .url = "https://ca.test/order/0", .payload = "" };
	struct err e = ERR_INIT;

	assert_int_equal(session_open(&o, &w->session, &e), 0);
	assert_int_equal(key_generate(KEY_EC_P256, &w->key, &e), 0);
	session_set_account(w->session, w->key, "https://ca.test/account/1");
	assert_int_equal(session_post_all(w->session, &p, 1, &e), 0);
	assert_int_equal(p.response.err.kind, ERR_NET);
	assert_int_equal(s.stalls, 1);
	http_response_clear(&p.response);
}

/* A nonce too long, or with characters that it cannot have, is as none (RFC 8555 §6.5.1). */
static void ignores_invalid_nonces(void **state)
{
	struct world *w = *state;
	char *huge = mem_new(1, SESSION_NONCE_LEN_MAX + 2);
	const char *const bad[] = { "a b", "a\r\nX-Evil: 1", "a=", "\xff", huge };

	memset(huge, 'a', SESSION_NONCE_LEN_MAX + 1);
	world_register(w);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct http_response r = { 0 };

		w->ca.script_count = 0;
		fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .replay_nonce = bad[i] });
		new_order(w, "a.example", &r);
		http_response_clear(&r);
		new_order(w, "a.example", &r);
		assert_int_equal(r.status, 201);
		http_response_clear(&r);
	}
	fake_ca_expect_strict(&w->ca);
	free(huge);
}

struct retry {
	struct fake_script s;
	bool read;
	int calls, status; /* status 0 = no answer */
};

static const struct retry retries[] = {
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_LOSE_REQUEST }, true, 2, 200 },
	{ { .at = FAKE_ORDER, .from = 1, .to = 3, .bend = FAKE_LOSE_ANSWER }, true, 4, 200 },
	{ { .at = FAKE_ORDER, .bend = FAKE_LOSE_ANSWER }, true, 5, 0 },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 500 }, true, 2, 200 },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 503, .retry_after = "9" }, true, 2, 200 },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 429, .retry_after = "2" }, true, 2, 200 },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 503, .retry_after = "900" }, true, 1, 503 },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 429, .retry_after = "900" }, true, 1, 429 },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 404, .problem = "malformed" }, true, 1, 404 },
	{ { .at = FAKE_NEW_ORDER, .from = 2, .bend = FAKE_LOSE_REQUEST }, false, 2, 0 },
	{ { .at = FAKE_NEW_ORDER, .from = 2, .bend = FAKE_LOSE_ANSWER }, false, 2, 0 },
	{ { .at = FAKE_NEW_ORDER, .from = 2, .bend = FAKE_REFUSE, .status = 500 }, false, 2, 500 },
};

/* Reads are repeated; what changes something is left to those who know whether it may be. */
static void repeats_reads_alone(void **state)
{
	for (size_t i = 0; i < sizeof retries / sizeof *retries; i++) {
		const struct retry *t = &retries[i];
		struct http_response r = { 0 };
		struct err e = ERR_INIT;
		struct world *w;

		world_setup(state);
		w = *state;
		world_register(w);
		new_order(w, "a.example", &r);
		http_response_clear(&r);
		fake_ca_bend(&w->ca, t->s);
		if (t->read) {
			struct session_post p = { .url = "https://ca.test/order/0", .payload = "" };

			assert_int_equal(session_post_all(w->session, &p, 1, &e), 0);
			r = p.response;
		} else {
			new_order(w, "b.example", &r);
		}
		if (r.status != t->status || w->ca.calls[t->s.at] != t->calls)
			fail_msg("row %zu: status %d after %d calls", i, r.status, w->ca.calls[t->s.at]);
		assert_int_equal(r.err.kind, t->status == 0 ? ERR_NET : ERR_NONE);
		http_response_clear(&r);
		fake_ca_expect_strict(&w->ca);
		world_teardown(state);
	}
	world_setup(state);
}

static void a_signal_ends_the_waiting(void **state)
{
	struct world *w = *state;
	struct session_post p = { .url = "https://ca.test/order/0", .payload = "" };
	struct http_response r = { 0 };
	struct err e = ERR_INIT;

	world_register(w);
	new_order(w, "a.example", &r);
	http_response_clear(&r);
	fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_ORDER, .bend = FAKE_LOSE_REQUEST });
	w->clock.raise_at = 1;
	assert_int_equal(session_post_all(w->session, &p, 1, &e), -1);
	http_response_clear(&p.response);
	world_error(&e, ERR_INTERRUPTED, "SIGTERM");
	assert_int_equal(w->ca.calls[FAKE_ORDER], 1);
}

static void a_broken_transport_ends_it(void **state)
{
	struct world *w = *state;
	struct session_post p = { .url = "https://ca.test/order/0", .payload = "" };
	struct err e = ERR_INIT;

	world_register(w);
	w->ca.port.perform = broken;
	assert_int_equal(session_post_all(w->session, &p, 1, &e), -1);
	http_response_clear(&p.response);
	world_error(&e, ERR_NET, "the worker is gone");
}

static void json_answers(void **state)
{
	static const struct { const char *body; bool ok; } cases[] = {
		{ "{\"a\":1}", true }, { "", true }, { "{", false }, { "{\"a\":1,\"a\":2}", false }, { "\xff", false },
	};
	struct world *w = *state;

	world_register(w);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *payload = world_order_payload("a.example");
		struct http_response r = { 0 };
		struct json *j = NULL;
		struct err e = ERR_INIT;
		int rc;

		w->ca.script_count = 0;
		fake_ca_bend(&w->ca, (struct fake_script){ .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .body = cases[i].body });
		rc = session_post_json(w->session, session_directory(w->session)->new_order, payload, &r, &j, &e);
		assert_int_equal(rc == 0, cases[i].ok);
		assert_int_equal(json_is_object(j), cases[i].ok);
		assert_int_equal(r.status, cases[i].ok ? 201 : 0);
		err_clear(&e);
		json_free(j);
		http_response_clear(&r);
		free(payload);
	}
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(reads_the_directory), cmocka_unit_test_teardown(profiles_are_the_names_alone, world_teardown),
		WITH_WORLD(profiles_have_an_end), WITH_WORLD(offers_are_read), WITH_WORLD(the_clocks_are_compared),
		WITH_WORLD(signed_answers_have_a_date_too), WITH_WORLD(of_a_batch_the_latest_counts),
		WITH_WORLD(without_a_date_nothing_is_known), WITH_WORLD(unsigned_reads_go_out_at_once),
		WITH_WORLD(refuses_a_bad_directory), WITH_WORLD(a_passing_fault_is_waited_out),
		WITH_WORLD(long_waits_are_the_callers), WITH_WORLD(nonces_are_kept_and_used_once), WITH_WORLD(posts_go_out_side_by_side),
		WITH_WORLD(nothing_to_post_is_nothing_sent), WITH_WORLD(lives_with_bad_nonces),
		WITH_WORLD(bad_nonces_in_a_row_are_not_waited_for),
		WITH_WORLD(a_retry_takes_the_answers_own_nonce), WITH_WORLD(gives_up_on_bad_nonces),
		WITH_WORLD(unsent_posts_say_so), WITH_WORLD(what_stalls_is_read_once),
		cmocka_unit_test_teardown(nonces_are_fetched_with_patience, world_teardown), WITH_WORLD(ignores_invalid_nonces),
		cmocka_unit_test_teardown(repeats_reads_alone, world_teardown), WITH_WORLD(a_signal_ends_the_waiting),
		WITH_WORLD(a_broken_transport_ends_it), WITH_WORLD(json_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
