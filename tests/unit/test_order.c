#include "config.h"

#include "acme/order.h"

#include <errno.h>

#include "order_maker.h"

static void goes_from_top_to_bottom(void **state)
{
	struct machine *m = *state;

	expect_next(m, NEW_ORDER " {\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"b.example\"},"
	               "{\"type\":\"dns\",\"value\":\"*.b.example\"}]}");
	create(m);
	expect_next(m, "https://ca.test/z/0 \nhttps://ca.test/z/1 \nhttps://ca.test/z/2 ");
	read_all(m);
	assert_true(order_waits_for_driver(&m->o));
	expect_next(m, "");
	assert_int_equal(order_valid_count(&m->o), 1);
	assert_true(m->o.authz[0].wildcard);
	assert_string_equal(m->o.authz[0].identifier, "b.example");
	assert_string_equal(m->o.authz[1].token, "t-_0");
	order_presented(&m->o);
	expect_next(m, "https://ca.test/c/w/d {}\nhttps://ca.test/c/a/h {}");
	feed(m, 0, 200, "{}");
	feed(m, 1, 200, "{}");
	order_advance(&m->o, &m->t);
	expect_next(m, ORDER_URL " ");
	feed(m, 0, 200, "{\"status\":\"pending\"}");
	expect_next(m, "");
	m->t.mono_ms += ORDER_POLL_FIRST_MS;
	expect_next(m, ORDER_URL " ");
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	assert_true(order_waits_for_driver(&m->o));
	expect_next(m, "");
	order_set_csr(&m->o, "\x01\x02\xff", 3);
	expect_next(m, "https://ca.test/f {\"csr\":\"AQL_\"}");
	feed(m, 0, 200, "{\"status\":\"processing\"}");
	m->t.mono_ms += ORDER_POLL_FIRST_MS;
	expect_next(m, ORDER_URL " ");
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/cert\"}");
	expect_next(m, "https://ca.test/cert ");
	assert_int_equal(order_valid_count(&m->o), 3);
	feed(m, 0, 200, "PEM");
	expect_step(m, ORDER_DONE);
	assert_string_equal(m->o.pem, "PEM");
	expect_next(m, "");
}

static void all_valid_goes_straight_on(void **state)
{
	struct machine *m = *state;

	feed_with(m, 0, 201, CREATED("ready"), ORDER_URL, NULL);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_FINALIZE);
	assert_true(order_waits_for_driver(&m->o));
}

struct created { const char *body, *location; enum err_kind kind; const char *text; };

static const struct created bad_creations[] = {
	{ CREATED("pending"), NULL, ERR_CA, "no Location" },
	{ CREATED("pending"), "http://ca.test/o", ERR_CA, "order URL" },
	{ CREATED("pending"), "/o", ERR_CA, "order URL" },
	{ "", ORDER_URL, ERR_CA, "JSON" },
	{ "[]", ORDER_URL, ERR_CA, "\"finalize\" missing" },
	{ "{\"status\":\"pending\"," IDENTIFIERS "," AUTHORIZATIONS "}", ORDER_URL, ERR_CA, "\"finalize\" missing" },
	{ "{\"status\":\"pending\"," IDENTIFIERS "," AUTHORIZATIONS ",\"finalize\":\"ftp://x/\"}", ORDER_URL, ERR_CA, "finalize URL" },
	{ "{\"status\":\"pending\"," IDENTIFIERS "," FINALIZE "}", ORDER_URL, ERR_CA, "authorizations" },
	{ "{\"status\":\"pending\"," IDENTIFIERS ",\"authorizations\":{}," FINALIZE "}", ORDER_URL, ERR_CA, "not a list" },
	{ "{\"status\":\"pending\"," IDENTIFIERS ",\"authorizations\":[]," FINALIZE "}", ORDER_URL, ERR_CA, "0 authorizations" },
	{ "{\"status\":\"pending\"," IDENTIFIERS ",\"authorizations\":[1,2,3]," FINALIZE "}", ORDER_URL, ERR_CA, "not a URL" },
	{ "{\"status\":\"pending\"," IDENTIFIERS ",\"authorizations\":[\"https://ca.test/1\",\"http://ca.test/2\"]," FINALIZE "}", ORDER_URL,
	  ERR_CA, "authorization URL" },
	{ "{\"status\":\"pending\"," IDENTIFIERS ",\"authorizations\":[\"https://c/1\",\"https://c/2\",\"https://c/3\",\"https://c/4\"],"
	  FINALIZE "}", ORDER_URL, ERR_CA, "4 authorizations for 3 names" },
	{ "{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]," AUTHORIZATIONS "," FINALIZE "}", ORDER_URL,
	  ERR_CA, "not for the names" },
	{ "{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"b.example\"},"
	  "{\"type\":\"dns\",\"value\":\"*.b.example\"},{\"type\":\"dns\",\"value\":\"evil.example\"}]," AUTHORIZATIONS "," FINALIZE "}",
	  ORDER_URL, ERR_CA, "not for the names" },
	{ "{\"status\":\"pending\",\"identifiers\":[{\"type\":\"ip\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"b.example\"},"
	  "{\"type\":\"dns\",\"value\":\"*.b.example\"}]," AUTHORIZATIONS "," FINALIZE "}", ORDER_URL, ERR_CA, "not for the names" },
	{ CREATED("valid"), ORDER_URL, ERR_CA, "for no request of ours" },
	{ CREATED("new-state"), ORDER_URL, ERR_CA, "RFC 8555 does not know" },
	{ "{" IDENTIFIERS "," AUTHORIZATIONS "," FINALIZE "}", ORDER_URL, ERR_CA, "RFC 8555 does not know" },
};

static void refuses_bad_creations(void **state)
{
	for (size_t i = 0; i < sizeof bad_creations / sizeof *bad_creations; i++) {
		const struct created *c = &bad_creations[i];

		setup(state);
		feed_with(*state, 0, 201, c->body, c->location, NULL);
		expect_failure(*state, c->kind, c->text);
		expect_next(*state, "");
		teardown(state);
	}
	setup(state);
}

static void refusals_of_orders_are_told(void **state)
{
	struct machine *m = *state;

	feed_with(m, 0, 429, "{\"type\":\"" URN "rateLimited\",\"detail\":\"too many\"}", NULL, "7200");
	expect_failure(m, ERR_RATELIMIT, "placing the order: the CA answers: too many");
	assert_int_equal(m->o.err.retry_at, NOW + 7200);
}

static void names_are_refused_by_name(void **state)
{
	feed_with(*state, 0, 403, "{\"type\":\"" URN "rejectedIdentifier\",\"detail\":\"policy\",\"subproblems\":[{\"type\":\"" URN
	          "rejectedIdentifier\",\"detail\":\"not registered\",\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"}}]}", NULL, NULL);
	expect_failure(*state, ERR_CA, "b.example: not registered");
}

static void a_lost_order_is_placed_again(void **state)
{
	struct machine *m = *state;

	for (int i = 0; i < 2; i++) {
		feed(m, 0, i == 0 ? 0 : 500, "");
		expect_step(m, ORDER_CREATE);
		expect_next(m, "");
		m->t.mono_ms += ORDER_POLL_MAX_MS;
	}
	create(m);
}

static void but_not_for_ever(void **state)
{
	feed(*state, 0, 0, NULL);
	feed(*state, 0, 0, NULL);
	feed(*state, 0, 0, NULL);
	expect_failure(*state, ERR_NET, "placing the order: the connection broke");
}

#define AUTHZ(fields) "{" fields "}"
#define ID_A "\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}"
#define HTTP(url, token) "\"challenges\":[{\"type\":\"http-01\",\"url\":" url ",\"token\":" token "}]"

static const struct { const char *body; enum err_kind kind; const char *text; } bad_authorizations[] = {
	{ "", ERR_CA, "JSON" },
	{ "[]", ERR_CA, "(nothing), which was not asked for" },
	{ AUTHZ("\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"evil\\u001b.example\"}"), ERR_CA, "evil\\x1B.example, which" },
	{ AUTHZ("\"status\":\"pending\",\"identifier\":{\"type\":\"ip\",\"value\":\"a.example\"}"), ERR_CA, "which was not asked for" },
	{ AUTHZ("\"status\":\"pending\",\"wildcard\":true," ID_A), ERR_CA, "for *.a.example, which was not asked for" },
	{ AUTHZ("\"status\":\"expired\"," ID_A), ERR_CHALLENGE, "the authorization for a.example is expired" },
	{ AUTHZ("\"status\":\"invalid\"," ID_A), ERR_CHALLENGE, "is invalid" },
	{ AUTHZ(ID_A), ERR_CHALLENGE, "is (nothing)" },
	{ AUTHZ("\"status\":\"pending\"," ID_A), ERR_CHALLENGE, "does not offer http-01 for a.example; it offers: nothing" },
	{ AUTHZ("\"status\":\"pending\"," ID_A ",\"challenges\":[{\"type\":\"tls-alpn-01\"},{\"type\":\"x\\u0007\"},7]"), ERR_CHALLENGE,
	  "it offers: tls-alpn-01, x\\x07, (nothing)" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"http://ca.test/c\"", "\"abc\"")), ERR_CA, "challenge URL" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("7", "\"abc\"")), ERR_CA, "lacks url or token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "null")), ERR_CA, "lacks url or token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "\"\"")), ERR_CA, "token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "\"../../etc/passwd\"")), ERR_CA, "token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "\"a b\"")), ERR_CA, "token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "\"a;reboot\"")), ERR_CA, "token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "\"a=\"")), ERR_CA, "token" },
	{ AUTHZ("\"status\":\"pending\"," ID_A "," HTTP("\"https://ca.test/c\"", "\"\xe6\x97\xa5\"")), ERR_CA, "token" },
};

/* A message stays one that people read. */
static void a_thousand_challenges_are_not_told(void **state)
{
	struct machine *m = *state;
	char *body = str_dup("{\"status\":\"pending\"," ID_A ",\"challenges\":[7");

	for (int i = 0; i < 1000; i++)
		str_replace(&body, str_fmt("%s,{\"type\":\"x\"}", body));
	str_replace(&body, str_fmt("%s]}", body));
	create(m);
	feed(m, 0, 200, body);
	expect_failure(m, ERR_CHALLENGE, "does not offer http-01");
	assert_true(strlen(m->o.err.cause) < 500);
	free(body);
}

static void refuses_bad_authorizations(void **state)
{
	char *token = mem_new(1, ORDER_TOKEN_MAX + 2), *body;

	for (size_t i = 0; i < sizeof bad_authorizations / sizeof *bad_authorizations; i++) {
		setup(state);
		create(*state);
		feed(*state, 0, 200, bad_authorizations[i].body);
		expect_failure(*state, bad_authorizations[i].kind, bad_authorizations[i].text);
		/* What the others say does not matter any more. */
		feed(*state, 1, 200, authz_b);
		order_advance(*state, &((struct machine *)*state)->t);
		expect_step(*state, ORDER_FAILED);
		teardown(state);
	}
	memset(token, 'a', ORDER_TOKEN_MAX + 1);
	body = str_fmt("{\"status\":\"pending\"," ID_A ",\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://c/\",\"token\":\"%s\"}]}",
	               token);
	setup(state);
	create(*state);
	feed(*state, 0, 200, body);
	expect_failure(*state, ERR_CA, "token");
	free(body);
	free(token);
}

static void an_unread_authorization_fails_it(void **state)
{
	create(*state);
	feed(*state, 1, 404, "{\"type\":\"" URN "malformed\",\"detail\":\"gone\"}");
	expect_failure(*state, ERR_CA, "reading the authorizations: the CA answers: gone");
}

static void lost_answers_to_challenges(void **state)
{
	struct machine *m = *state;

	create(m);
	read_all(m);
	order_presented(&m->o);
	feed(m, 0, 200, "{}");
	feed(m, 1, 0, NULL);
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_ANSWER);
	expect_next(m, "");
	m->t.mono_ms += ORDER_POLL_MAX_MS;
	expect_next(m, "https://ca.test/c/a/h {}");
	/* The first one had got there. */
	feed(m, 1, 400, "{\"type\":\"" URN "malformed\",\"detail\":\"not pending\"}");
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_VALIDATE);
}

/* The request went out twice below us, or another order was first; if that is not so, it does not take long to see. */
static void a_challenge_taken_before_is_no_failure(void **state)
{
	struct machine *m = *state;

	create(m);
	read_all(m);
	order_presented(&m->o);
	feed(m, 0, 200, "{}");
	feed(m, 1, 400, "{\"type\":\"" URN "malformed\",\"detail\":\"not pending\"}");
	order_advance(&m->o, &m->t);
	expect_step(m, ORDER_VALIDATE);
	m->t.mono_ms += 61 * 1000;
	feed(m, 0, 200, CREATED("pending"));
	expect_step(m, ORDER_BLAME);
	for (size_t i = 0; i < 3; i++)
		feed(m, i, 0, NULL);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CHALLENGE, "a.example: the CA answers: not pending (malformed)");
}

/* What is too large will be too large again; and a NUL does not shorten what came. */
static void a_download_over_its_limits_fails(void **state)
{
	struct machine *m = *state;
	struct http_response r = { 0 };

	go_issue(m);
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/crt\"}");
	err_set(&r.err, ERR_NET, "too large");
	r.err.sys_errno = EMSGSIZE;
	order_feed(&m->o, 0, &r, &m->t);
	http_response_clear(&r);
	expect_failure(m, ERR_NET, "too large");
}

static void a_download_keeps_every_byte(void **state)
{
	struct machine *m = *state;
	struct http_response r = { .status = 200, .body_len = 1000 };

	go_issue(m);
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/crt\"}");
	r.body = mem_new(1001, 1);
	r.body[999] = 'x';
	order_feed(&m->o, 0, &r, &m->t);
	http_response_clear(&r);
	expect_step(m, ORDER_DONE);
	assert_int_equal(m->o.pem_len, 1000);
	assert_int_equal(m->o.pem[999], 'x');
}

static void a_refused_challenge_fails_it(void **state)
{
	struct machine *m = *state;

	create(m);
	read_all(m);
	order_presented(&m->o);
	feed(m, 1, 403, "{\"type\":\"" URN "unauthorized\",\"detail\":\"no\"}");
	expect_failure(m, ERR_CHALLENGE, "answering the challenge for a.example");
}

static void polls_grow_and_obey(void **state)
{
	static const struct { const char *retry; int64_t wait; } cases[] = {
		{ NULL, 250 }, { NULL, 375 }, { "5", 5000 }, { "100000", 300000 }, { "0", 562 }, { "-1", 843 }, { "soon", 1264 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 1896 }, { "Fri, 15 Jan 2027 08:00:30 GMT", 30000 },
	};
	struct machine *m = *state;

	go_validate(m);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		feed_with(m, 0, 200, "{\"status\":\"pending\"}", NULL, cases[i].retry);
		assert_int_equal(m->o.due_ms - m->t.mono_ms, cases[i].wait);
	}
	for (int i = 0; i < 50; i++)
		feed(m, 0, 200, "{\"status\":\"pending\"}");
	assert_int_equal(m->o.due_ms - m->t.mono_ms, ORDER_POLL_MAX_MS);
}

static void a_poll_may_fail_in_passing(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 0, NULL);
	feed(m, 0, 503, "");
	feed_with(m, 0, 429, "", NULL, "60");
	expect_step(m, ORDER_VALIDATE);
	assert_int_equal(m->o.due_ms - m->t.mono_ms, 60000);
	feed(m, 0, 404, "");
	expect_failure(m, ERR_CA, "asking for the order's state");
}

/* The order is not lost: a later run goes on with it. */
static void a_silent_ca_is_left_to_a_later_run(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"pending\"}");
	m->t.mono_ms += ORDER_SILENCE_MS - 1;
	feed(m, 0, 0, NULL);
	feed(m, 0, 503, "");
	expect_step(m, ORDER_VALIDATE);
	feed(m, 0, 200, "{\"status\":\"pending\"}");
	m->t.mono_ms += ORDER_SILENCE_MS - 1;
	feed(m, 0, 0, NULL);
	expect_step(m, ORDER_VALIDATE);
	m->t.mono_ms++;
	feed(m, 0, 0, NULL);
	expect_failure(m, ERR_NET, "the connection broke");
	assert_true(order_may_resume(&m->o));
}

static void patience_is_a_setting(void **state)
{
	struct machine *m = *state;

	order_set_patience(&m->o, 20000);
	go_validate(m);
	feed_with(m, 0, 200, "{\"status\":\"pending\"}", NULL, "1000000000000000000000000000000");
	assert_int_equal(m->o.due_ms - m->t.mono_ms, 20001);
	m->t.mono_ms = m->o.due_ms;
	feed_with(m, 0, 200, "{\"status\":\"pending\"}", NULL, "300");
	expect_step(m, ORDER_BLAME);
}

static void validation_ends_some_day(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	m->t.mono_ms += ORDER_VALIDATE_MS + 1;
	feed(m, 0, 200, "{\"status\":\"pending\"}");
	expect_step(m, ORDER_BLAME);
	feed(m, 0, 200, authz_wild);
	feed(m, 1, 200, authz_b);
	feed(m, 2, 0, NULL);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CHALLENGE, "validating the names: *.b.example: the CA has not validated it yet");
}

static void culprits_are_named(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"invalid\",\"error\":{\"type\":\"" URN "unauthorized\",\"detail\":\"in general\"}}");
	expect_next(m, "https://ca.test/z/0 \nhttps://ca.test/z/1 \nhttps://ca.test/z/2 ");
	feed(m, 0, 200, "{\"status\":\"invalid\",\"wildcard\":true,\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"},\"challenges\":["
	     "{\"type\":\"dns-01\",\"error\":{\"type\":\"" URN "dns\",\"detail\":\"SERVFAIL\\u001b[1m\"}}]}");
	feed(m, 1, 200, "{\"status\":\"deactivated\"," ID_A "}");
	feed(m, 2, 200, "{\"status\":\"valid\",\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"},\"challenges\":["
	     "{\"type\":\"dns-01\",\"error\":{\"type\":\"" URN "caa\",\"detail\":\"an earlier try\"}}]}");
	expect_step(m, ORDER_BLAME);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CHALLENGE, "validating the names: *.b.example: SERVFAIL\\x1B[1m (dns)\na.example: the authorization is deactivated");
	assert_null(strstr(m->o.err.cause, "earlier"));
	assert_null(strstr(m->o.err.cause, "in general"));
	assert_string_equal(m->o.err.problem_type, "dns");
	assert_int_equal(m->o.failed_at, ORDER_BLAME);
}

static void an_order_may_fail_by_itself(void **state)
{
	struct machine *m = *state;

	go_issue(m);
	feed(m, 0, 200, "{\"status\":\"invalid\",\"error\":{\"type\":\"" URN "badCSR\",\"detail\":\"weak key\"}}");
	feed(m, 0, 0, NULL);
	feed(m, 1, 0, NULL);
	feed(m, 2, 200, authz_b);
	order_advance(&m->o, &m->t);
	expect_failure(m, ERR_CA, "waiting for the certificate: weak key (badCSR)");
	assert_string_equal(m->o.err.problem_type, "badCSR");
	assert_int_equal(m->o.failed_at, ORDER_BLAME);
}

static void finalize_may_come_too_early(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "x", 1);
	for (int i = 0; i < 2; i++) {
		feed(m, 0, 403, "{\"type\":\"" URN "orderNotReady\"}");
		expect_step(m, ORDER_VALIDATE);
		feed(m, 0, 200, "{\"status\":\"ready\"}");
		expect_step(m, ORDER_FINALIZE);
	}
	feed(m, 0, 403, "{\"type\":\"" URN "orderNotReady\",\"detail\":\"no\"}");
	expect_failure(m, ERR_CA, "finalizing the order");
}

static void a_lost_finalize_is_asked_about(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "x", 1);
	feed(m, 0, 0, NULL);
	expect_step(m, ORDER_ISSUE);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	expect_step(m, ORDER_FINALIZE);
	feed(m, 0, 502, "");
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/cert\"}");
	expect_step(m, ORDER_DOWNLOAD);
}

static void a_refused_request_fails_it(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "x", 1);
	feed(m, 0, 400, "{\"type\":\"" URN "badCSR\",\"detail\":\"no\"}");
	expect_failure(m, ERR_CA, "finalizing the order: the CA answers: no");
}

static void stuck_at_ready_fails_it(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "x", 1);
	for (int i = 0; i < 3; i++)
		feed(m, 0, 200, "{\"status\":\"ready\"}");
	expect_failure(m, ERR_CA, "keeps saying");
}

static void who_is_stuck_says_what_was_answered(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "x", 1);
	for (int i = 0; i < 3; i++) {
		feed(m, 0, 503, "");
		feed(m, 0, 200, "{\"status\":\"ready\"}");
	}
	expect_failure(m, ERR_CA, "does not take the request: the CA answers with HTTP status 503");
}

/* A CA that swallows the request costs a minute, and the next run goes on. */
static void a_request_that_is_swallowed_fails_it(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	order_set_csr(&m->o, "x", 1);
	m->t.mono_ms += ORDER_SILENCE_MS;
	feed(m, 0, 0, NULL);
	expect_step(m, ORDER_ISSUE);
	feed(m, 0, 200, "{\"status\":\"ready\"}");
	expect_failure(m, ERR_CA, "keeps saying");
	assert_true(order_may_resume(&m->o));
}

static void a_silent_new_order_is_not_repeated(void **state)
{
	struct machine *m = *state;
	struct http_response r = { 0 };

	err_set(&r.err, ERR_NET, "no answer within 60 s");
	r.err.sys_errno = ETIMEDOUT;
	order_feed(&m->o, 0, &r, &m->t);
	expect_failure(m, ERR_NET, "placing the order: no answer within 60 s");
	http_response_clear(&r);
}

static void issuing_ends_some_day(void **state)
{
	struct machine *m = *state;

	go_issue(m);
	m->t.mono_ms += ORDER_ISSUE_MS;
	feed(m, 0, 200, "{\"status\":\"processing\"}");
	expect_step(m, ORDER_ISSUE);
	m->t.mono_ms++;
	feed(m, 0, 200, "{\"status\":\"processing\"}");
	expect_failure(m, ERR_CA, "did not finish in time");
}

static void a_certificate_needs_a_place(void **state)
{
	static const char *const bodies[] = { "{\"status\":\"valid\"}", "{\"status\":\"valid\",\"certificate\":\"http://ca.test/c\"}",
	                                      "{\"status\":\"valid\",\"certificate\":[]}", "not JSON" };

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		setup(state);
		go_issue(*state);
		feed(*state, 0, 200, bodies[i]);
		expect_failure(*state, ERR_CA, "");
		teardown(state);
	}
	setup(state);
}

static void valid_without_a_request_is_nonsense(void **state)
{
	go_validate(*state);
	feed(*state, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/cert\"}");
	expect_failure(*state, ERR_CA, "for no request of ours");
}

/* The certificate is paid for by then: no passing fault may cost it. */
static void a_download_is_tried_again(void **state)
{
	struct machine *m = *state;

	go_issue(m);
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/cert\"}");
	feed(m, 0, 0, NULL);
	expect_next(m, "");
	feed_with(m, 0, 503, "", NULL, "20");
	m->t.mono_ms += 20000;
	expect_next(m, "https://ca.test/cert ");
	feed(m, 0, 200, "PEM");
	expect_step(m, ORDER_DONE);
}

static void a_download_may_fail(void **state)
{
	struct machine *m = *state;

	go_issue(m);
	feed(m, 0, 200, "{\"status\":\"valid\",\"certificate\":\"https://ca.test/cert\"}");
	feed(m, 0, 403, "");
	expect_failure(m, ERR_CA, "downloading the certificate");
}

static void onlookers_read_authorizations_too(void **state)
{
	struct machine *m = *state;

	go_validate(m);
	m->o.watch = true;
	expect_next(m, "https://ca.test/z/0 \nhttps://ca.test/z/1 \n" ORDER_URL " ");
	feed(m, 2, 200, authz_b);
	feed(m, 1, 500, "broken");
	assert_int_equal(order_valid_count(&m->o), 2);
	feed(m, 0, 200, "{\"status\":\"pending\"}");
	expect_step(m, ORDER_VALIDATE);
}

static void the_first_failure_counts(void **state)
{
	struct machine *m = *state;
	struct err e = ERR_INIT;

	err_set(&e, ERR_INTERRUPTED, "stop");
	order_fail(&m->o, &e);
	err_set(&e, ERR_NET, "later");
	order_fail(&m->o, &e);
	assert_int_equal(e.kind, ERR_NONE);
	expect_failure(m, ERR_INTERRUPTED, "stop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(goes_from_top_to_bottom), ROW(all_valid_goes_straight_on),
		cmocka_unit_test_teardown(refuses_bad_creations, teardown), ROW(refusals_of_orders_are_told), ROW(names_are_refused_by_name),
		ROW(a_lost_order_is_placed_again), ROW(but_not_for_ever), cmocka_unit_test_teardown(refuses_bad_authorizations, teardown), ROW(a_thousand_challenges_are_not_told),
		ROW(an_unread_authorization_fails_it), ROW(lost_answers_to_challenges), ROW(a_refused_challenge_fails_it),
		ROW(a_challenge_taken_before_is_no_failure), ROW(a_download_over_its_limits_fails), ROW(a_download_keeps_every_byte),
		ROW(polls_grow_and_obey), ROW(a_poll_may_fail_in_passing),
		ROW(a_silent_ca_is_left_to_a_later_run), ROW(patience_is_a_setting), ROW(a_request_that_is_swallowed_fails_it),
		ROW(a_silent_new_order_is_not_repeated), ROW(validation_ends_some_day), ROW(culprits_are_named),
		ROW(an_order_may_fail_by_itself), ROW(who_is_stuck_says_what_was_answered),
		ROW(finalize_may_come_too_early), ROW(a_lost_finalize_is_asked_about),
		ROW(a_refused_request_fails_it), ROW(stuck_at_ready_fails_it), ROW(issuing_ends_some_day),
		cmocka_unit_test_teardown(a_certificate_needs_a_place, teardown), ROW(valid_without_a_request_is_nonsense),
		ROW(a_download_is_tried_again), ROW(a_download_may_fail), ROW(onlookers_read_authorizations_too),
		ROW(the_first_failure_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
