#include "config.h"

#include "acme/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define URN "urn:ietf:params:acme:error:"
#define NOW 1800000000

static struct json *parsed(const char *text)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	return j;
}

static const struct { const char *json, *type, *text; } texts[] = {
	{ "{\"type\":\"" URN "badNonce\",\"detail\":\"no\"}", "badNonce", "no (badNonce)" },
	{ "{\"detail\":\"only words\"}", NULL, "only words" },
	{ "{\"type\":\"" URN "caa\"}", "caa", "caa" },
	{ "{\"type\":\"about:blank\",\"detail\":\"x\"}", "about:blank", "x (about:blank)" },
	{ "{\"type\":\"https://ca.test/err/1\"}", "https://ca.test/err/1", "https://ca.test/err/1" },
	{ "{}", NULL, "no reason given" },
	{ "[]", NULL, "no reason given" },
	{ "\"text\"", NULL, "no reason given" },
	{ "{\"type\":7,\"detail\":[1],\"status\":\"x\",\"unknown\":{\"a\":1}}", NULL, "no reason given" },
	{ "{\"detail\":\"a\\u001b[31mred\\nline\"}", NULL, "a\\x1B[31mred\\x0Aline" },
	{ "{\"detail\":\"d\",\"instance\":\"https://ca.test/tos\"}", NULL, "d; see https://ca.test/tos" },
	{ "{\"type\":\"" URN "compound\",\"detail\":\"two\",\"subproblems\":["
	  "{\"type\":\"" URN "caa\",\"detail\":\"forbidden\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}},"
	  "{\"type\":\"" URN "dns\",\"identifier\":{\"type\":\"dns\",\"value\":\"b\\u0007\"}},7,{\"detail\":\"whose?\"}]}",
	  "compound", "two (compound); a.example: forbidden (caa); b\\x07: dns; no reason given; whose?" },
};

static void reads_problems(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json *j = parsed(texts[i].json);
		struct problem p = { 0 };
		char *text;

		problem_read(j, &p);
		text = problem_text(&p);
		if (texts[i].type != NULL)
			assert_string_equal(p.type, texts[i].type);
		else
			assert_null(p.type);
		assert_string_equal(text, texts[i].text);
		free(text);
		problem_clear(&p);
		json_free(j);
	}
}

static void keeps_what_is_huge_small(void **state)
{
	struct json *j = json_new_object(), *subs = json_new_array();
	char *huge = mem_new(1, 100001), *text;
	struct problem p = { 0 };

	(void)state;
	memset(huge, 'x', 100000);
	json_set_str(j, "detail", huge);
	for (int i = 0; i < 5000; i++) {
		struct json *sub = json_new_object();

		json_set_str(sub, "detail", huge);
		json_add(subs, sub);
	}
	json_set(j, "subproblems", subs);
	problem_read(j, &p);
	assert_int_equal(p.sub_count, PROBLEM_SUB_MAX);
	assert_true(strlen(p.detail) < 2010);
	text = problem_text(&p);
	assert_true(strlen(text) < 40000);
	free(text);
	problem_clear(&p);
	json_free(j);
	free(huge);
}

static const struct { const char *type; enum err_kind kind; bool advice; } kinds[] = {
	{ "accountDoesNotExist", ERR_CA, true }, { "alreadyReplaced", ERR_CA, false }, { "alreadyRevoked", ERR_CA, false },
	{ "badCSR", ERR_CA, false }, { "badNonce", ERR_CA, true }, { "badPublicKey", ERR_CA, false },
	{ "badRevocationReason", ERR_CA, true }, { "badSignatureAlgorithm", ERR_CA, true }, { "caa", ERR_CHALLENGE, false },
	{ "compound", ERR_CHALLENGE, false }, { "connection", ERR_CHALLENGE, false }, { "dns", ERR_CHALLENGE, false },
	{ "externalAccountRequired", ERR_CA, false }, { "incorrectResponse", ERR_CHALLENGE, false }, { "invalidContact", ERR_CA, true },
	{ "invalidProfile", ERR_CONFIG, true }, { "malformed", ERR_CA, false }, { "orderNotReady", ERR_CA, false }, { "rateLimited", ERR_RATELIMIT, true },
	{ "rejectedIdentifier", ERR_CHALLENGE, true }, { "serverInternal", ERR_CA, true }, { "tls", ERR_CHALLENGE, false },
	{ "unauthorized", ERR_CHALLENGE, false }, { "unsupportedContact", ERR_CA, true }, { "unsupportedIdentifier", ERR_CA, false },
	{ "userActionRequired", ERR_CA, true }, { "neverHeardOf", ERR_CA, false }, { NULL, ERR_CA, false },
};

static void knows_the_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		assert_int_equal(problem_kind(kinds[i].type), kinds[i].kind);
		assert_int_equal(problem_advice(kinds[i].type) != NULL, kinds[i].advice);
	}
}

struct answer {
	int status;
	const char *body, *retry_after;
	enum err_kind kind;
	const char *type, *text;
	int64_t retry_at;
};

static const struct answer answers[] = {
	{ 400, "{\"type\":\"" URN "badCSR\",\"detail\":\"weak\"}", NULL, ERR_CA, "badCSR", "the CA answers: weak (badCSR)", 0 },
	{ 403, "{\"type\":\"" URN "unauthorized\",\"detail\":\"no\"}", NULL, ERR_CA, "unauthorized", "no (unauthorized)", 0 },
	{ 429, "{\"type\":\"" URN "rateLimited\",\"detail\":\"slow\"}", "3600", ERR_RATELIMIT, "rateLimited", "slow", NOW + 3600 },
	{ 429, "<html>slow</html>", NULL, ERR_RATELIMIT, NULL, "HTTP status 429: <html>slow</html>", 0 },
	{ 429, "{\"type\":\"" URN "malformed\",\"detail\":\"x\"}", "5", ERR_RATELIMIT, "malformed", "x", NOW + 5 },
	{ 503, "", "60", ERR_RATELIMIT, NULL, "HTTP status 503", NOW + 60 },
	{ 503, "{\"type\":\"" URN "serverInternal\",\"detail\":\"later\"}", "60", ERR_RATELIMIT, "serverInternal", "later", NOW + 60 },
	{ 503, "", NULL, ERR_CA, NULL, "HTTP status 503", 0 },
	{ 500, "{\"type\":\"" URN "serverInternal\"}", NULL, ERR_CA, "serverInternal", "serverInternal", 0 },
	{ 500, "{}", NULL, ERR_CA, NULL, "HTTP status 500: {}", 0 },
	{ 500, "{\"type\":", NULL, ERR_CA, NULL, "HTTP status 500", 0 },
	{ 404, "a\x1b]0;owned\x07", NULL, ERR_CA, NULL, "a\\x1B]0;owned\\x07", 0 },
	{ 302, "{\"type\":\"" URN "badNonce\"}", NULL, ERR_CA, NULL, "HTTP status 302", 0 },
	{ 400, "{\"type\":\"https://ca.test/e\",\"detail\":\"own\"}", "99999999999", ERR_CA, "https://ca.test/e", "own", NOW + 30 * 86400 },
	{ 400, "{\"detail\":\"d\"}", "-5", ERR_CA, NULL, "d", 0 },
};

static void turns_answers_into_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		const struct answer *a = &answers[i];
		struct http_response r = { .status = a->status, .body = str_dup(a->body), .body_len = strlen(a->body),
		                           .retry_after = str_dup(a->retry_after) };
		struct err e = ERR_INIT;

		assert_int_equal(problem_of_response(&r, NOW, &e), -1);
		if (e.kind != a->kind || strstr(e.cause, a->text) == NULL || e.http_status != a->status || e.retry_at != a->retry_at)
			fail_msg("row %zu: %s, \"%s\", status %d, retry at %lld", i, err_kind_name(e.kind), e.cause, e.http_status,
			         (long long)e.retry_at);
		assert_true(str_eq(e.problem_type, a->type));
		assert_true(a->status != 302 || e.advice != NULL);
		err_clear(&e);
		http_response_clear(&r);
	}
}

static void no_answer_keeps_its_own_words(void **state)
{
	struct http_response r = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	err_set(&r.err, ERR_NET, "connection refused");
	err_advise(&r.err, "look at the firewall");
	assert_int_equal(problem_of_response(&r, NOW, &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	assert_string_equal(e.cause, "connection refused");
	assert_string_equal(e.advice, "look at the firewall");
	assert_false(problem_is(&r, "badNonce"));
	err_clear(&e);
	http_response_clear(&r);
}

/* RFC 8555 §6.6: a rate limit may come with links to more about it. */
static void shows_links_to_help(void **state)
{
	static const char body[] = "{\"type\":\"" URN "rateLimited\"}";
	struct http_response r = { .status = 429, .body = str_dup(body), .body_len = strlen(body) };
	struct err e = ERR_INIT;

	(void)state;
	strs_add(&r.links, "<https://ca.test/limits>;rel=\"help\"");
	strs_add(&r.links, "<https://ca.test/directory>;rel=\"index\"");
	problem_of_response(&r, NOW, &e);
	assert_non_null(strstr(e.advice, "https://ca.test/limits"));
	assert_null(strstr(e.advice, "https://ca.test/directory"));
	err_clear(&e);
	http_response_clear(&r);
}

static void decides_by_type_and_status(void **state)
{
	static const struct { int status; const char *body; bool is; } cases[] = {
		{ 400, "{\"type\":\"" URN "badNonce\"}", true }, { 400, "{\"type\":\"" URN "malformed\",\"detail\":\"badNonce\"}", false },
		{ 200, "{\"type\":\"" URN "badNonce\"}", false }, { 400, "{\"type\":\"badNonce\"}", true }, { 400, "badNonce", false },
		{ 400, "{\"type\":\"" URN "badNonce2\"}", false }, { 400, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_response r = { .status = cases[i].status, .body = str_dup(cases[i].body), .body_len = strlen(cases[i].body) };

		assert_int_equal(problem_is(&r, "badNonce"), cases[i].is);
		http_response_clear(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_problems), cmocka_unit_test(keeps_what_is_huge_small), cmocka_unit_test(knows_the_types),
		cmocka_unit_test(turns_answers_into_errors), cmocka_unit_test(no_answer_keeps_its_own_words),
		cmocka_unit_test(shows_links_to_help), cmocka_unit_test(decides_by_type_and_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
