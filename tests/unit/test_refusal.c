#include "config.h"

#include "run/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1803000000) /* 2027-02-19 JST */

/* A refusal as it comes, and the causes expected ("unregistered unpaid ended"; "" = nothing to add). */
struct refusal {
	enum refusal_step step;
	const char *type, *text, *challenge;
	int status;
	const char *causes;
};

/* Real words of real CAs where one is known to have used them. */
static const struct refusal jpdirect[] = {
	{REFUSAL_ORDER, "rejectedIdentifier", "the CA answers: no (rejectedIdentifier)", NULL, 400, "unregistered unpaid ended"},
	{REFUSAL_ORDER, "unauthorized", "the CA answers: no (unauthorized)", NULL, 403, "unregistered unpaid ended"},
	{REFUSAL_ORDER, "malformed", "the CA answers: no (malformed)", NULL, 400, "unregistered unpaid ended"},
	{REFUSAL_ORDER, "https://ca.test/e/17", "the CA answers: no (https://ca.test/e/17)", NULL, 400, "unregistered unpaid ended"},
	{REFUSAL_ORDER, "unsupportedIdentifier", "x", NULL, 400, "unregistered unpaid ended"},
	{REFUSAL_ORDER, "unauthorized", "The requested identifier has not been delegated to this account (unauthorized)", NULL, 403,
	 "unregistered unpaid ended"},
	{REFUSAL_ORDER, "unauthorized", "No suitable certificate product (unauthorized)", NULL, 401, "unregistered unpaid ended"},
	{REFUSAL_FINALIZE, "rejectedIdentifier", "x", NULL, 400, "unregistered unpaid ended"},
	{REFUSAL_AUTHORIZATION, "unauthorized", "x", NULL, 403, "unregistered unpaid ended"},
	{REFUSAL_CHALLENGE, "unauthorized", "x", "http-01", 403, "unregistered unpaid ended"},
	{REFUSAL_ORDER, "compound", "two (compound); a.example: forbidden (caa); b.example: no (rejectedIdentifier)", NULL, 403,
	 "caa unregistered unpaid ended"},
	{REFUSAL_ORDER, "rejectedIdentifier", "Domain name does not end with a valid public suffix (TLD) (rejectedIdentifier)", NULL, 400,
	 "public-suffix unregistered unpaid ended"},
	{REFUSAL_ORDER, "rejectedIdentifier", "Internationalized names are not accepted (rejectedIdentifier)", NULL, 400,
	 "idn unregistered unpaid ended"},
	{REFUSAL_ORDER, "accountDoesNotExist", "x (accountDoesNotExist)", NULL, 400, ""},
	{REFUSAL_ORDER, "userActionRequired", "x (userActionRequired)", NULL, 403, ""},
	{REFUSAL_ORDER, "badNonce", "x (badNonce)", NULL, 400, ""},
	{REFUSAL_ORDER, NULL, "the order has no finalize", NULL, 0, ""},
	{REFUSAL_ORDER, NULL, "the CA answers with HTTP status 404", NULL, 404, ""},
};

static const struct refusal any_ca[] = {
	{REFUSAL_REGISTER, "externalAccountRequired", "x", NULL, 403, "eab"},
	{REFUSAL_REGISTER, "unauthorized", "unknown kid (unauthorized)", NULL, 403, "eab"},
	{REFUSAL_REGISTER, "malformed", "invalid external account binding (malformed)", NULL, 400, "eab"},
	{REFUSAL_REGISTER, "malformed", "JWS verification error (malformed)", NULL, 400, "eab"},
	{REFUSAL_REGISTER, "badPublicKey", "curve (badPublicKey)", NULL, 400, "key-type"},
	{REFUSAL_REGISTER, "invalidContact", "no MX (invalidContact)", NULL, 400, ""},
	{REFUSAL_REGISTER, "serverInternal", "x", NULL, 500, "maintenance"},
	{REFUSAL_ORDER, "rateLimited", "too many certificates (rateLimited)", NULL, 429, "rate"},
	{REFUSAL_ORDER, NULL, "the CA answers with HTTP status 429", NULL, 429, "rate"},
	{REFUSAL_ORDER, "rateLimited", "too busy (rateLimited)", NULL, 503, "rate"},
	{REFUSAL_ORDER, "serverInternal", "x", NULL, 500, "maintenance"},
	{REFUSAL_ORDER, NULL, "the CA answers with HTTP status 503", NULL, 503, "maintenance"},
	{REFUSAL_DOWNLOAD, NULL, "the CA answers with HTTP status 502", NULL, 502, "maintenance"},
	{REFUSAL_ORDER, "caa", "CAA record for a.example prevents issuance (caa)", NULL, 403, "caa"},
	{REFUSAL_FINALIZE, "caa", "Rechecking CAA: prevents issuance (caa)", NULL, 403, "caa"},
	{REFUSAL_FINALIZE, "caa", "SERVFAIL looking up CAA for example.jp (caa)", NULL, 403, "dnssec caa"},
	{REFUSAL_FINALIZE, "badCSR", "ECDSA keys are not allowed (badCSR)", NULL, 400, "key-type"},
	{REFUSAL_FINALIZE, "badPublicKey", "x", NULL, 400, "key-type"},
	{REFUSAL_FINALIZE, "orderNotReady", "x", NULL, 403, ""},
	{REFUSAL_CHALLENGE, "caa", "a.example: CAA prevents (caa)", "http-01", 0, "caa"},
	{REFUSAL_CHALLENGE, "dns", "a.example: DNS problem: NXDOMAIN looking up A for a.example (dns)", "http-01", 0, "dns"},
	{REFUSAL_CHALLENGE, "dns", "a.example: DNS problem: SERVFAIL looking up A for a.example (dns)", "http-01", 0, "dnssec dns"},
	{REFUSAL_CHALLENGE, "dns", "a.example: DNSSEC: RRSIGs Missing (dns)", "http-01", 0, "dnssec"},
	{REFUSAL_CHALLENGE, "dns", "a.example: DNS problem: NXDOMAIN looking up TXT for _acme-challenge.a.example (dns)", "dns-01", 0,
	 "wrong-answer dns"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: Incorrect TXT record \"x\" found at _acme-challenge.a.example (unauthorized)", "dns-01",
	 0, "wrong-answer"},
	{REFUSAL_CHALLENGE, "incorrectResponse", "a.example: No TXT record found (incorrectResponse)", "dns-01", 0, "wrong-answer"},
	{REFUSAL_CHALLENGE, "connection", "a.example: 192.0.2.1: Timeout during connect (likely firewall problem) (connection)", "http-01", 0,
	 "connection region-filter"},
	{REFUSAL_CHALLENGE, "connection", "a.example: 192.0.2.1: Fetching http://a.example/x: Connection refused (connection)", "http-01", 0,
	 "connection region-filter"},
	/* Pebble's words, and those of CAs that are built alike: no address was found, so nothing was connected to. */
	{REFUSAL_CHALLENGE, "connection", "a.example: Get \"http://a.example:80/x\": could not resolve URL \"http://a.example:80/x\" (connection)",
	 "http-01", 0, "dns"},
	{REFUSAL_CHALLENGE, "connection", "a.example: dial tcp: lookup a.example: no such host (connection)", "http-01", 0, "dns"},
	{REFUSAL_CHALLENGE, "connection", "a.example: NXDOMAIN (connection)", "http-01", 0, "dns"},
	{REFUSAL_CHALLENGE, "connection", "a.example: During secondary validation: 192.0.2.1: Timeout during connect (connection)", "http-01", 0,
	 "region-filter connection"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: only 2 of 5 remote perspectives corroborated (unauthorized)", "http-01", 0,
	 "region-filter wrong-answer"},
	{REFUSAL_CHALLENGE, "unauthorized",
	 "a.example: 192.0.2.1: Invalid response from http://a.example/.well-known/acme-challenge/x: 401 (unauthorized)", "http-01", 0,
	 "basic-auth"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: WWW-Authenticate: Basic (unauthorized)", "http-01", 0, "basic-auth wrong-answer"},
	{REFUSAL_CHALLENGE, "unauthorized",
	 "a.example: Invalid response from http://a.example/.well-known/acme-challenge/x: 403 (unauthorized)", "http-01", 0,
	 "region-filter wrong-answer"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: HTTP status 403 Forbidden (unauthorized)", "http-01", 0, "region-filter wrong-answer"},
	{REFUSAL_CHALLENGE, "unauthorized",
	 "a.example: Invalid response from http://a.example/.well-known/acme-challenge/x: 404 (unauthorized)", "http-01", 0, "wrong-answer"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: a TXT record gave 401 (unauthorized)", "dns-01", 0, "wrong-answer"},
	{REFUSAL_CHALLENGE, "tls", "a.example: remote error: tls: handshake failure (tls)", "http-01", 0, "connection"},
	/* Digits inside an address, a port or a token are no status. */
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: 192.0.2.1: Invalid response from http://a.example/ab-401-cd: 404 (unauthorized)",
	 "http-01", 0, "wrong-answer"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: 10.401.0.1 said 1401 and 4010 (unauthorized)", "http-01", 0, "wrong-answer"},
	/* Each name has its own line: the words of one say nothing of another's type. */
	{REFUSAL_CHALLENGE, "connection", "a.example: refused (connection)\nb.example: SERVFAIL looking up CAA (caa)", "http-01", 0,
	 "connection region-filter dnssec caa"},
	{REFUSAL_CHALLENGE, "caa", "a.example: no (caa)\nb.example: SERVFAIL looking up A (dns)", "http-01", 0, "caa dnssec dns"},
	{REFUSAL_CHALLENGE, "unauthorized", "a.example: no (unauthorized)\nb.example: port 80 said 401 (connection)", "http-01", 0,
	 "wrong-answer connection region-filter"},
	{REFUSAL_CHALLENGE, "neverHeardOf", "a.example: x (neverHeardOf)", "http-01", 0, ""},
	{REFUSAL_CHALLENGE, NULL, "the order became invalid; the CA gives no reason", "http-01", 0, ""},
	/* Where nothing is sold with names, the contract is not brought up unless the CA's words do. */
	{REFUSAL_ORDER, "rejectedIdentifier", "forbidden by policy (rejectedIdentifier)", NULL, 400, ""},
	{REFUSAL_ORDER, "malformed", "x (malformed)", NULL, 400, ""},
	{REFUSAL_ORDER, "unauthorized", "No suitable certificate product (unauthorized)", NULL, 401, "unregistered unpaid"},
};

static char *words_of(const struct refusal_facts *f)
{
	enum refusal_cause causes[REFUSAL_CAUSES_MAX];
	size_t n = refusal_causes(f, causes);
	struct strs words = {0};
	char *joined;

	for (size_t i = 0; i < n; i++)
		strs_add(&words, refusal_cause_name(causes[i]));
	joined = strs_join(&words, " ");
	strs_clear(&words);
	return joined;
}

static void fill_err(struct err *e, const char *type, const char *text, int status)
{
	err_set(e, status == 429 ? ERR_RATELIMIT : status ? ERR_CA : ERR_CHALLENGE, "%s", text);
	str_replace(&e->problem_type, str_dup(type));
	e->http_status = status;
}

static void check(const struct refusal *table, size_t count, const struct rule *rule)
{
	for (size_t i = 0; i < count; i++) {
		const struct refusal *r = &table[i];
		struct err e = ERR_INIT;
		struct refusal_facts f = {.step = r->step, .err = &e, .challenge_type = r->challenge, .rule = rule, .at = NOW};
		char *got, *cause;

		fill_err(&e, r->type, r->text, r->status);
		got = words_of(&f);
		if (strcmp(got, r->causes) != 0)
			fail_msg("%s, \"%s\": \"%s\" instead of \"%s\"", refusal_step_name(r->step), r->text, got, r->causes);
		cause = str_dup(e.cause);
		refusal_advise(&f, &e);
		assert_string_equal(e.cause, cause); /* verbatim */
		assert_int_equal(e.advice != NULL, *r->causes != '\0');
		free(cause);
		free(got);
		err_clear(&e);
	}
}

static void reads_refusals(void **state)
{
	(void)state;
	check(jpdirect, sizeof jpdirect / sizeof *jpdirect, rule_preset("jpdirect"));
	check(any_ca, sizeof any_ca / sizeof *any_ca, rule_preset("none"));
	check(any_ca, sizeof any_ca / sizeof *any_ca, NULL);
}

/* What is no answer of a CA is left alone. */
static void leaves_our_own_failures(void **state)
{
	static const enum err_kind kinds[] = {ERR_NET, ERR_IO, ERR_CONFIG, ERR_REFUSED, ERR_CERTIFICATE, ERR_INTERRUPTED, ERR_INTERNAL};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct err e = ERR_INIT;
		struct refusal_facts f = {.step = REFUSAL_ORDER, .err = &e, .rule = rule_preset("jpdirect"), .at = NOW};

		err_set(&e, kinds[i], "public suffix");
		refusal_advise(&f, &e);
		assert_null(e.advice);
		err_clear(&e);
	}
}

static struct date date(int y, int m, int d)
{
	return (struct date){y, m, d};
}

struct book {
	const char *what;
	bool listed, has_first;
	struct date first;
	int renewed;
	bool has_ends;
	struct date ends;
	const char *causes, *advice;
};

/* The same refusal of an order for www.example.jp, read with different books; today is 2027-02-19. */
static void reads_the_books(void **state)
{
	const struct book books[] = {
		{"no entry", false, false, {0}, 0, false, {0}, "unregistered unpaid", "Possibly www.example.jp is not registered"},
		{"not begun", true, false, {0}, 0, false, {0}, "unregistered unpaid", "Possibly the entry example.jp, under which nothing"},
		{"in its period", true, true, date(2026, 11, 5), 0, false, {0}, "unregistered unpaid ended", "Possibly www.example.jp is not"},
		{"near its computed end", true, true, date(2026, 2, 19), 0, false, {0}, "ended unpaid unregistered", "its last day is 2027-02-28"},
		{"over", true, true, date(2026, 1, 31), 0, false, {0}, "ended unpaid unregistered", "Most likely the period of the entry example.jp has ended"},
		{"over, stated", true, true, date(2026, 11, 5), 0, true, date(2027, 2, 18), "ended unpaid unregistered", "last day was 2027-02-18"},
		{"stated, a week off", true, false, {0}, 0, true, date(2027, 2, 26), "unregistered unpaid ended", "Possibly www.example.jp is not"},
		{"stated, tomorrow", true, false, {0}, 0, true, date(2027, 2, 19), "ended unpaid unregistered", "its last day is 2027-02-19"},
		{"lives by a renewal", true, true, date(2026, 1, 31), 1, false, {0}, "unpaid ended unregistered", "the renewal of example.jp"},
		{"renewed long before", true, true, date(2026, 11, 5), 1, false, {0}, "unregistered unpaid ended", "Possibly www.example.jp is not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
		const struct book *b = &books[i];
		struct entry entry = {.fqdn = (char[]){"example.jp"}, .has_first_issued = b->has_first, .first_issued = b->first,
		                      .renewed = b->renewed, .has_ends = b->has_ends, .ends = b->ends};
		struct entry_list list = {0};
		struct strs names = {0};
		struct err e = ERR_INIT;
		struct refusal_facts f = {.step = REFUSAL_ORDER, .err = &e, .rule = rule_preset("jpdirect"), .list = &list, .names = &names,
		                          .at = NOW};
		char *got;

		strs_add(&names, "www.example.jp");
		if (b->listed)
			entry_list_add(&list, &entry);
		fill_err(&e, "rejectedIdentifier", "the CA answers: no (rejectedIdentifier)", 400);
		got = words_of(&f);
		refusal_advise(&f, &e);
		if (strcmp(got, b->causes) != 0 || !e.advice || !strstr(e.advice, b->advice))
			fail_msg("%s: \"%s\", %s", b->what, got, e.advice);
		assert_non_null(strstr(e.advice, "registered, paid for and in its period"));
		assert_int_equal(strstr(e.advice, "not known in which words") != NULL, str_starts(e.advice, "Possibly"));
		free(got);
		err_clear(&e);
		strs_clear(&names);
		entry_list_clear(&list);
	}
}

/* Books sharpen what may be the contract, and nothing else. */
static void books_do_not_make_a_cause(void **state)
{
	struct entry ended = {.fqdn = (char[]){"example.jp"}, .has_ends = true, .ends = date(2026, 1, 1)};
	struct entry_list list = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct refusal_facts f = {.step = REFUSAL_CHALLENGE, .err = &e, .challenge_type = "http-01", .rule = rule_preset("jpdirect"),
	                          .list = &list, .names = &names, .at = NOW};
	char *got;

	(void)state;
	entry_list_add(&list, &ended);
	strs_add(&names, "example.jp");
	fill_err(&e, "connection", "example.jp: Connection refused (connection)", 0);
	got = words_of(&f);
	assert_string_equal(got, "connection region-filter");
	free(got);
	err_clear(&e);
	strs_clear(&names);
	entry_list_clear(&list);
}

/* RFC 8555 §7.1.4 has names in their xn-- form; whether this CA takes them is not known, so that it comes last. */
static void thinks_of_internationalized_names(void **state)
{
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct refusal_facts f = {.step = REFUSAL_ORDER, .err = &e, .rule = rule_preset("jpdirect"), .names = &names, .at = NOW};
	char *got;

	(void)state;
	strs_add(&names, "xn--wgv71a119e.jp");
	fill_err(&e, "rejectedIdentifier", "no (rejectedIdentifier)", 400);
	got = words_of(&f);
	assert_string_equal(got, "unregistered unpaid ended idn");
	refusal_advise(&f, &e);
	assert_non_null(strstr(e.advice, "not known whether"));
	assert_non_null(strstr(e.advice, "日本語.jp (xn--wgv71a119e.jp) is not registered"));
	free(got);
	err_clear(&e);
	strs_clear(&names);
}

static const struct {
	enum refusal_step step;
	const char *type, *text, *challenge, *caa, *key, *advice;
} said[] = {
	{REFUSAL_CHALLENGE, "caa", "x (caa)", "http-01", "jprs.jp", NULL, "Most likely a CAA record of the name, or of a domain above it, does not "
	 "allow this CA. Allow \"jprs.jp\" there: with issue, and for wildcards with issuewild."},
	{REFUSAL_CHALLENGE, "caa", "x (caa)", "http-01", NULL, NULL, "Allow the CA's domain there"},
	{REFUSAL_FINALIZE, "badCSR", "x (badCSR)", "http-01", NULL, "ec256", "type ec256. The safest choice is `key: rsa2048`."},
	{REFUSAL_FINALIZE, "badCSR", "x (badCSR)", "http-01", NULL, "rsa4096", "this key or request"},
	{REFUSAL_REGISTER, "badPublicKey", "x (badPublicKey)", NULL, NULL, NULL, "--account-key rsa2048"},
	{REFUSAL_CHALLENGE, "unauthorized", "got 401 (unauthorized)", "http-01", NULL, NULL, "Most likely the site asks for a password"},
	{REFUSAL_CHALLENGE, "connection", "timeout (connection)", "http-01", NULL, NULL, "Or possibly the CA looks from several places"},
	{REFUSAL_CHALLENGE, "incorrectResponse", "x (incorrectResponse)", "dns-01", NULL, NULL, "every authoritative server"},
	{REFUSAL_CHALLENGE, "incorrectResponse", "x (incorrectResponse)", "http-01", NULL, NULL, "Check the webroot"},
	{REFUSAL_ORDER, "rateLimited", "x (rateLimited)", NULL, NULL, NULL, "waits by itself"},
};

static void says_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct err e = ERR_INIT;
		struct refusal_facts f = {.step = said[i].step, .err = &e, .challenge_type = said[i].challenge, .caa = said[i].caa,
		                          .key_type = said[i].key, .at = NOW};

		fill_err(&e, said[i].type, said[i].text, said[i].step == REFUSAL_CHALLENGE ? 0 : 400);
		refusal_advise(&f, &e);
		if (!e.advice || !strstr(e.advice, said[i].advice))
			fail_msg("%s: \"%s\" has no \"%s\"", said[i].type, e.advice, said[i].advice);
		err_clear(&e);
	}
}

/* What the type alone suggested is said better now; links and other advice stay behind it. */
static void does_not_say_it_twice(void **state)
{
	struct err e = ERR_INIT;
	struct refusal_facts f = {.step = REFUSAL_ORDER, .err = &e, .at = NOW};
	const char *end;

	(void)state;
	fill_err(&e, "rateLimited", "x (rateLimited)", 429);
	err_advise(&e, "%s", "The CA asks for patience; trying earlier only makes it worse. See https://ca.test/limits");
	refusal_advise(&f, &e);
	assert_null(strstr(e.advice, "asks for patience"));
	end = strstr(e.advice, " See https://ca.test/limits");
	assert_non_null(end);
	refusal_advise(&f, &e);
	assert_ptr_equal(strstr(strstr(e.advice, "waits by itself") + 1, "waits by itself"), NULL);
	err_clear(&e);
	fill_err(&e, "serverInternal", "x (serverInternal)", 500);
	err_advise(&e, "%s", "Call the operator.");
	refusal_advise(&f, &e);
	assert_true(str_starts(e.advice, "Most likely the CA has a problem of its own"));
	assert_non_null(strstr(e.advice, " Call the operator."));
	err_clear(&e);
}

/* Every cause has its name, and all but the first can come out. */
static void every_cause_is_reached(void **state)
{
	bool reached[REFUSAL_CAUSE_COUNT] = {false};
	const struct refusal *tables[] = {jpdirect, any_ca};
	const size_t counts[] = {sizeof jpdirect / sizeof *jpdirect, sizeof any_ca / sizeof *any_ca};

	(void)state;
	for (size_t t = 0; t < 2; t++) {
		for (size_t i = 0; i < counts[t]; i++) {
			for (int c = 0; c < REFUSAL_CAUSE_COUNT; c++) {
				char *word = str_fmt(" %s ", refusal_cause_name((enum refusal_cause)c));
				char *all = str_fmt(" %s ", tables[t][i].causes);

				reached[c] |= strstr(all, word) != NULL;
				free(all);
				free(word);
			}
		}
	}
	for (int c = REFUSAL_UNKNOWN + 1; c < REFUSAL_CAUSE_COUNT; c++)
		if (!reached[c])
			fail_msg("no row leads to %s", refusal_cause_name((enum refusal_cause)c));
	assert_null(refusal_cause_name(REFUSAL_CAUSE_COUNT));
	assert_null(refusal_step_name(REFUSAL_STEP_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_refusals), cmocka_unit_test(leaves_our_own_failures), cmocka_unit_test(reads_the_books),
		cmocka_unit_test(books_do_not_make_a_cause), cmocka_unit_test(thinks_of_internationalized_names), cmocka_unit_test(says_what_to_do),
		cmocka_unit_test(does_not_say_it_twice), cmocka_unit_test(every_cause_is_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
