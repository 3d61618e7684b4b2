#include "config.h"

#include "acme/ari.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"

#define NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */
#define H INT64_C(3600)
#define URN "urn:ietf:params:acme:error:"

static const struct { const char *aki, *serial, *id; } ids[] = {
	/* RFC 9773 §4.1's own */
	{ "69885b6b87464041e1b37b847ba0ae2cde01c8d4", "0087654321", "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE" },
	{ "00", "00", "AA.AA" },
	{ "ff", "7f", "_w.fw" },
	{ "", "01", NULL },
	{ "01", "", NULL },
	{ NULL, "01", NULL },
	{ "01", NULL, NULL },
	{ "012", "01", NULL },
	{ "01", "0g", NULL },
	{ "AB", "01", NULL },
};

static void names_certificates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		char *id = ari_cert_id(ids[i].aki, ids[i].serial);

		if (!str_eq(id, ids[i].id))
			fail_msg("row %zu: %s", i, id != NULL ? id : "(none)");
		free(id);
	}
}

static void makes_urls(void **state)
{
	char *plain = ari_url("https://ca.test/ri", "a.b"), *slash = ari_url("https://ca.test/ri/", "a.b");

	(void)state;
	assert_string_equal(plain, "https://ca.test/ri/a.b");
	assert_string_equal(slash, "https://ca.test/ri/a.b");
	free(plain);
	free(slash);
}

struct row {
	int status;                /* 0 = no answer */
	const char *body;
	const char *retry_after, *date;
	int sys_errno;             /* of no answer */
	int failures;              /* before */
	/* what comes out */
	int64_t start, end, wait;  /* the first two relative to NOW; 0, 0 = an error */
	int failures_after;
	const char *text;          /* in the error; of a good answer the explanation, NULL = none */
};

#define WINDOW(start, end) "{\"suggestedWindow\":{\"start\":\"" start "\",\"end\":\"" end "\"}}"
#define GOOD WINDOW("2027-01-15T09:00:00Z", "2027-01-15T11:00:00Z")
#define EXPLAINED(url) "{\"suggestedWindow\":{\"start\":\"2027-01-15T09:00:00Z\",\"end\":\"2027-01-15T11:00:00Z\"}," \
	"\"explanationURL\":" url "}"
#define PROBLEM(type) "{\"type\":\"" URN type "\",\"detail\":\"because\"}"

static const struct row rows[] = {
	/* good answers */
	{ 200, GOOD, "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, GOOD, "3600", NULL, 0, 7, H, 3 * H, H, 0, NULL },
	{ 200, WINDOW("2027-01-15T09:00:00.123456789Z", "2027-01-15T11:00:00.5Z"), "60", NULL, 0, 0, H, 3 * H, 60, 0, NULL },
	{ 200, WINDOW("2027-01-15T18:00:00+09:00", "2027-01-15T03:00:00-08:00"), "61", NULL, 0, 0, H, 3 * H, 61, 0, NULL },
	{ 200, WINDOW("2027-01-15t09:00:00z", "2027-01-15t11:00:00z"), "61", NULL, 0, 0, H, 3 * H, 61, 0, NULL },
	{ 200, WINDOW("2027-01-15T05:00:00Z", "2027-01-15T06:00:00Z"), "3600", NULL, 0, 0, -3 * H, -2 * H, H, 0, NULL },
	{ 200, WINDOW("2027-01-15T09:00:00Z", "9999-12-31T23:59:59Z"), "3600", NULL, 0, 0, H, INT64_C(253402300799) - NOW, H, 0, NULL },
	{ 200, WINDOW("1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z"), "3600", NULL, 0, 0, -NOW, 1 - NOW, H, 0, NULL },
	{ 200, "{\"more\":[1],\"suggestedWindow\":{\"end\":\"2027-01-15T11:00:00Z\",\"x\":{},\"start\":\"2027-01-15T09:00:00Z\"}}", "3600",
	  NULL, 0, 0, H, 3 * H, H, 0, NULL },
	/* Retry-After of good ones */
	{ 200, GOOD, NULL, NULL, 0, 0, H, 3 * H, 6 * H, 0, NULL },
	{ 200, GOOD, "", NULL, 0, 0, H, 3 * H, 6 * H, 0, NULL },
	{ 200, GOOD, "-5", NULL, 0, 0, H, 3 * H, 6 * H, 0, NULL },
	{ 200, GOOD, "soon", NULL, 0, 0, H, 3 * H, 6 * H, 0, NULL },
	{ 200, GOOD, "1.5", NULL, 0, 0, H, 3 * H, 6 * H, 0, NULL },
	{ 200, GOOD, "0", NULL, 0, 0, H, 3 * H, 60, 0, NULL },
	{ 200, GOOD, "59", NULL, 0, 0, H, 3 * H, 60, 0, NULL },
	{ 200, GOOD, "86400", NULL, 0, 0, H, 3 * H, 24 * H, 0, NULL },
	{ 200, GOOD, "86401", NULL, 0, 0, H, 3 * H, 24 * H, 0, NULL },
	{ 200, GOOD, "99999999999999999999999999", NULL, 0, 0, H, 3 * H, 24 * H, 0, NULL },
	{ 200, GOOD, "Fri, 15 Jan 2027 10:00:00 GMT", NULL, 0, 0, H, 3 * H, 2 * H, 0, NULL },
	{ 200, GOOD, "Fri, 15 Jan 2027 10:00:00 GMT", "Fri, 15 Jan 2027 07:00:00 GMT", 0, 0, H, 3 * H, 3 * H, 0, NULL },
	{ 200, GOOD, "Fri, 15 Jan 2027 07:00:00 GMT", NULL, 0, 0, H, 3 * H, 60, 0, NULL },
	{ 200, GOOD, "Thu, 31 Dec 2099 00:00:00 GMT", NULL, 0, 0, H, 3 * H, 24 * H, 0, NULL },
	/* explanations */
	{ 200, EXPLAINED("\"https://ca.test/why?a=1\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, "https://ca.test/why?a=1" },
	{ 200, EXPLAINED("\"http://ca.test/why\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, "http://ca.test/why" },
	{ 200, EXPLAINED("\"javascript:alert(1)\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, EXPLAINED("\"https://ca.test/\\u001b[2J\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, EXPLAINED("\"https://ca.test/a\\nb\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, EXPLAINED("\"https://ca.test/\\u202e\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, EXPLAINED("\"\""), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, EXPLAINED("7"), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	{ 200, EXPLAINED("null"), "3600", NULL, 0, 0, H, 3 * H, H, 0, NULL },
	/* objects that are none: six hours, whatever they ask for */
	{ 200, WINDOW("2027-01-15T11:00:00Z", "2027-01-15T09:00:00Z"), "60", NULL, 0, 0, 0, 0, 6 * H, 0, "ends before it begins" },
	{ 200, WINDOW("2027-01-15T09:00:00Z", "2027-01-15T09:00:00Z"), "60", NULL, 0, 3, 0, 0, 6 * H, 0, "ends before it begins" },
	{ 200, WINDOW("2027-01-15T09:00:00.1Z", "2027-01-15T09:00:00.2Z"), "60", NULL, 0, 0, 0, 0, 6 * H, 0, "ends before it begins" },
	{ 200, "{}", "60", NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is missing" },
	{ 200, "{\"suggestedWindow\":null}", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is missing" },
	{ 200, "{\"suggestedWindow\":[]}", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is missing" },
	{ 200, "{\"suggestedWindow\":\"x\"}", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is missing" },
	{ 200, "{\"suggestedWindow\":{\"start\":\"2027-01-15T09:00:00Z\"}}", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"end\" is missing" },
	{ 200, "{\"suggestedWindow\":{\"start\":1800000000,\"end\":1800003600}}", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is missing" },
	{ 200, WINDOW("2027-01-15", "2027-01-16"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is not a time" },
	{ 200, WINDOW("2027-01-15T09:00:00Z", "tomorrow, The usual time"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"end\" is not a time" },
	{ 200, WINDOW("2027-02-29T09:00:00Z", "2027-03-15T11:00:00Z"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is not a time" },
	{ 200, WINDOW("2027-01-15T09:00:00Z", "10000-01-01T00:00:00Z"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"end\" is not a time" },
	{ 200, WINDOW("2027-01-15T09:00:00Z", "99999999999999-01-01T00:00:00Z"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"end\" is not a time" },
	{ 200, WINDOW("2027-01-15T09:00:00", "2027-01-15T11:00:00"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is not a time" },
	{ 200, "", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "JSON" },
	{ 200, "<html>", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "JSON" },
	{ 200, "[1]", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\"start\" is missing" },
	{ 200, "7", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "" },
	{ 200, GOOD "x", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "JSON" },
	/* other answers: six hours, or longer where they say so */
	{ 204, "", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "204" },
	{ 301, "", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "301" },
	{ 400, PROBLEM("malformed"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "because" },
	{ 404, PROBLEM("malformed"), NULL, NULL, 0, 9, 0, 0, 6 * H, 0, "because" },
	{ 404, "", "60", NULL, 0, 0, 0, 0, 6 * H, 0, "404" },
	{ 409, PROBLEM("alreadyReplaced"), NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "alreadyReplaced" },
	{ 429, PROBLEM("rateLimited"), "60", NULL, 0, 0, 0, 0, 6 * H, 0, "rateLimited" },
	{ 429, PROBLEM("rateLimited"), "36000", NULL, 0, 0, 0, 0, 10 * H, 0, "rateLimited" },
	{ 429, "", "1000000", NULL, 0, 0, 0, 0, 24 * H, 0, "429" },
	{ 404, "\x1b[31mno", NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "\\x1B[31mno" },
	/* what passes: 1, 2, 4 … minutes, at most six hours */
	{ 500, "", NULL, NULL, 0, 0, 0, 0, 60, 1, "500" },
	{ 500, "", NULL, NULL, 0, 1, 0, 0, 120, 2, "500" },
	{ 500, GOOD, NULL, NULL, 0, 2, 0, 0, 240, 3, "500" },
	{ 500, "", NULL, NULL, 0, 8, 0, 0, 15360, 9, "500" },
	{ 500, "", NULL, NULL, 0, 9, 0, 0, 6 * H, 10, "500" },
	{ 500, "", NULL, NULL, 0, 31, 0, 0, 6 * H, 32, "500" },
	{ 500, "", NULL, NULL, 0, 64, 0, 0, 6 * H, 65, "500" },
	{ 500, "", NULL, NULL, 0, INT32_MAX - 1, 0, 0, 6 * H, INT32_MAX, "500" },
	{ 500, "", NULL, NULL, 0, INT32_MAX, 0, 0, 6 * H, INT32_MAX, "500" },
	{ 500, "", NULL, NULL, 0, -3, 0, 0, 60, 1, "500" },
	{ 500, "", NULL, NULL, 0, INT32_MIN, 0, 0, 60, 1, "500" },
	{ 503, "", "7200", NULL, 0, 0, 0, 0, 2 * H, 1, "503" },
	{ 503, "", "1", NULL, 0, 3, 0, 0, 480, 4, "503" },
	{ 503, "", "99999999", NULL, 0, 0, 0, 0, 24 * H, 1, "503" },
	{ 503, PROBLEM("serverInternal"), "-1", NULL, 0, 0, 0, 0, 60, 1, "because" },
	{ 0, NULL, NULL, NULL, ETIMEDOUT, 0, 0, 0, 60, 1, "the connection broke" },
	{ 0, NULL, NULL, NULL, ETIMEDOUT, 20, 0, 0, 6 * H, 21, "the connection broke" },
	/* nobody there, no such name, an answer over its limits */
	{ 0, NULL, NULL, NULL, 0, 0, 0, 0, 6 * H, 0, "the connection broke" },
	{ 0, NULL, NULL, NULL, ECONNREFUSED, 5, 0, 0, 6 * H, 0, "the connection broke" },
	{ 0, NULL, NULL, NULL, EMSGSIZE, 0, 0, 0, 6 * H, 0, "the connection broke" },
};

static void check(size_t i, const struct row *w, const struct ari_answer *a)
{
	bool good = w->start != 0 || w->end != 0;

	if (a->start != (good ? NOW + w->start : 0) || a->end != (good ? NOW + w->end : 0))
		fail_msg("row %zu: window %lld..%lld", i, (long long)(a->start - NOW), (long long)(a->end - NOW));
	if (a->next_at - NOW != w->wait || a->failures != w->failures_after)
		fail_msg("row %zu: again in %lld s, %d failures", i, (long long)(a->next_at - NOW), a->failures);
	if ((a->error == NULL) != good || (!good && strstr(a->error, w->text) == NULL))
		fail_msg("row %zu: error \"%s\"", i, a->error != NULL ? a->error : "(none)");
	if (!str_eq(a->explanation_url, good ? w->text : NULL))
		fail_msg("row %zu: explanation \"%s\"", i, a->explanation_url != NULL ? a->explanation_url : "(none)");
}

static void reads_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *w = &rows[i];
		struct http_response r = { .status = w->status, .body = str_dup(w->body), .retry_after = str_dup(w->retry_after),
		                           .date = str_dup(w->date) };
		struct ari_answer a;

		if (w->status == 0) {
			err_set(&r.err, ERR_NET, "the connection broke");
			r.err.sys_errno = w->sys_errno;
		} else {
			r.body_len = strlen(w->body);
		}
		ari_read(&r, NOW, w->failures, &a);
		check(i, w, &a);
		ari_answer_clear(&a);
		assert_null(a.error);
		http_response_clear(&r);
	}
}

/* A URL longer than what is kept would lead somewhere else. */
static void long_explanations_are_left_out(void **state)
{
	static const size_t lengths[] = { ARI_EXPLANATION_MAX, ARI_EXPLANATION_MAX + 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *url = mem_new(lengths[i] + 1, 1);
		struct http_response r = { .status = 200 };
		struct ari_answer a;

		memset(url, 'a', lengths[i]);
		memcpy(url, "https://ca.test/", 16);
		r.body = str_fmt(EXPLAINED("\"%s\""), url);
		r.body_len = strlen(r.body);
		ari_read(&r, NOW, 0, &a);
		assert_null(a.error);
		assert_true(str_eq(a.explanation_url, i == 0 ? url : NULL));
		ari_answer_clear(&a);
		http_response_clear(&r);
		free(url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_certificates), cmocka_unit_test(makes_urls), cmocka_unit_test(reads_answers),
		cmocka_unit_test(long_explanations_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
