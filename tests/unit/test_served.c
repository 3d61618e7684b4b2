#include "config.h"

#include "run/served.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "x509_maker.h"

#define NOW 1790000000

static struct strs words(const char *text)
{
	struct strs l = {0};

	while (*text) {
		size_t len = strcspn(text, " ");

		strs_take(&l, str_ndup(text, len));
		text += len + strspn(text + len, " ");
	}
	return l;
}

static void test_what_is_asked(void **state)
{
	static const struct { const char *host, *name, *names, *to, *asks; } cases[] = {
		{NULL, NULL, "a.jp www.a.jp", "localhost", "a.jp"},
		{NULL, NULL, "*.a.jp", "localhost", "www.a.jp"},
		{NULL, NULL, "*.a.jp a.jp", "localhost", "a.jp"},
		{NULL, NULL, "*.a.jp *.b.jp c.jp", "localhost", "c.jp"},
		{NULL, "x.a.jp", "a.jp", "localhost", "x.a.jp"},
		{"mx.a.jp", NULL, "a.jp mx.a.jp", "mx.a.jp", "mx.a.jp"},
		{"MX.A.jp", NULL, "a.jp mx.a.jp", "MX.A.jp", "MX.A.jp"},
		{"mx.a.jp", NULL, "a.jp *.a.jp", "mx.a.jp", "mx.a.jp"},
		{"mx.in.a.jp", NULL, "b.jp *.a.jp", "mx.in.a.jp", "b.jp"},
		{"a.jp", NULL, "*.a.jp", "a.jp", "www.a.jp"},
		{".a.jp", NULL, "*.a.jp", ".a.jp", "www.a.jp"},
		{"mx.b.jp", NULL, "a.jp", "mx.b.jp", "a.jp"},
		{"192.0.2.1", NULL, "a.jp", "192.0.2.1", "a.jp"},
		{"mx.a.jp", "www.a.jp", "mx.a.jp", "mx.a.jp", "www.a.jp"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct served_setting p = {.label = (char *)(uintptr_t)"x", .protocol = PROBE_IMAP, .port = 143,
		                           .host = str_dup(cases[i].host), .name = str_dup(cases[i].name)};
		struct strs names = words(cases[i].names);
		struct probe_request q;
		char *made = NULL;

		served_request(&p, &names, PROBE_KEY_EC, &q, &made);
		assert_string_equal(q.host, cases[i].to);
		assert_string_equal(q.name, cases[i].asks);
		assert_int_equal(q.protocol, PROBE_IMAP);
		assert_int_equal(q.port, 143);
		assert_int_equal(q.key, PROBE_KEY_EC);
		free(made);
		free(p.host);
		free(p.name);
		strs_clear(&names);
	}
}

static void test_which_key(void **state)
{
	(void)state;
	assert_int_equal(served_key(false, KEY_EC_P256), PROBE_KEY_ANY);
	assert_int_equal(served_key(true, KEY_EC_P256), PROBE_KEY_EC);
	assert_int_equal(served_key(true, KEY_EC_P384), PROBE_KEY_EC);
	assert_int_equal(served_key(true, KEY_RSA2048), PROBE_KEY_RSA);
	assert_int_equal(served_key(true, KEY_RSA4096), PROBE_KEY_RSA);
}

/* A little world of certificates: a leaf, an older one for the same name, another site's, and two ways up to two roots. */
enum { LEAF, OLDER, OTHER, MANY, MIDDLE, STALE, ROOT, CERTS };
static char *pem[CERTS];

static X509 *make(const char *subject, const char *const *sans, const char *serial, X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *key)
{
	struct maker_spec spec = {.subject = subject, .sans = sans, .basic = sans ? NULL : "critical,CA:TRUE", .serial = serial,
	                          .from = NOW - 100, .to = NOW + 90 * 86400, .key = key, .issuer = issuer, .issuer_key = issuer_key};

	return maker_cert(&spec);
}

static int setup(void **state)
{
	static const char *const shop[] = {"DNS:shop.jp", "DNS:www.shop.jp", NULL}, *const other[] = {"DNS:other.jp", NULL};
	static const char *const many[] = {"DNS:a.jp", "DNS:b.jp", "DNS:c.jp", "DNS:d.jp", NULL};
	EVP_PKEY *root_key = maker_key(), *middle_key = maker_key(), *leaf_key = maker_key();
	X509 *x[CERTS];

	(void)state;
	x[ROOT] = make("Root", NULL, "01", NULL, NULL, root_key);
	x[MIDDLE] = make("Middle", NULL, "02", x[ROOT], root_key, middle_key);
	x[STALE] = make("Stale", NULL, "03", x[ROOT], root_key, middle_key);
	x[LEAF] = make("shop.jp", shop, "0AB1", x[MIDDLE], middle_key, leaf_key);
	x[OLDER] = make("shop.jp", shop, "0AA0", x[MIDDLE], middle_key, leaf_key);
	x[OTHER] = make("other.jp", other, "0CC0", x[MIDDLE], middle_key, leaf_key);
	x[MANY] = make("a.jp", many, "0DD0", x[MIDDLE], middle_key, leaf_key);
	for (int i = 0; i < CERTS; i++) {
		pem[i] = maker_cert_pem(x[i]);
		X509_free(x[i]);
	}
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(leaf_key);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < CERTS; i++)
		free(pem[i]);
	return 0;
}

static char *text_of(const int *certs)
{
	struct strs l = {0};
	char *text;

	for (; *certs >= 0; certs++)
		strs_add(&l, pem[*certs]);
	text = strs_join(&l, "");
	strs_clear(&l);
	return text ? text : str_dup("");
}

static void test_verdicts(void **state)
{
	static const struct { int served[4]; enum served_state is; const char *says, *advice; } cases[] = {
		{{LEAF, MIDDLE, -1}, SERVED_WELL, NULL, NULL},
		{{LEAF, MIDDLE, ROOT, -1}, SERVED_WELL, NULL, NULL},
		{{OLDER, MIDDLE, -1}, SERVED_LATER,
		 "the service 443 does not serve the new certificate (serial 0ab1) but another one for the same names: serial 0aa0, for "
		 "shop.jp, www.shop.jp, ends 2026-12-20T23:13:20+09:00", "not reloaded"},
		{{OTHER, MIDDLE, -1}, SERVED_LATER,
		 "the service 443 serves another certificate: serial 0cc0, for other.jp, ends 2026-12-20T23:13:20+09:00; it should be serial 0ab1",
		 "`name` in `served`"},
		{{MANY, -1}, SERVED_LATER, "serial 0dd0, for a.jp, b.jp, c.jp, …, ends", "`name` in `served`"},
		{{LEAF, -1}, SERVED_WRONG, "the service 443 serves the right certificate, but without its intermediate certificate (Middle)",
		 "cert.pem where fullchain.pem is needed"},
		{{LEAF, STALE, -1}, SERVED_WRONG, "the service 443 serves the right certificate, but with another intermediate certificate than "
		 "Middle", "fullchain.pem"},
		{{-1}, SERVED_LATER, "the service 443 serves something that cannot be read: ", NULL},
	};
	static const int wanted_certs[] = {LEAF, MIDDLE, -1};
	struct served_setting p = {.label = (char *)(uintptr_t)"443"};
	char *wanted_text = text_of(wanted_certs);
	struct chain *wanted = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(chain_parse(wanted_text, strlen(wanted_text), &wanted, &e), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct probe_result r = {.pem = text_of(cases[i].served)};

		r.pem_len = strlen(r.pem);
		assert_int_equal(served_verdict(&p, wanted, &r, &e), cases[i].is);
		assert_int_equal(e.kind, cases[i].says ? ERR_HOOK : ERR_NONE);
		if (cases[i].says && !strstr(e.cause, cases[i].says))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].says, e.cause);
		if (cases[i].advice && (!e.advice || !strstr(e.advice, cases[i].advice)))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].advice, e.advice ? e.advice : "");
		err_clear(&e);
		free(r.pem);
	}
	chain_free(wanted);
	free(wanted_text);
}

static void test_what_does_not_answer(void **state)
{
	static const int wanted_certs[] = {LEAF, MIDDLE, -1};
	struct served_setting p = {.label = (char *)(uintptr_t)"smtp:25"};
	char *wanted_text = text_of(wanted_certs), *id = served_id(&p);
	struct probe_result r = {.pem = NULL};
	struct chain *wanted = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_string_equal(id, "served:smtp:25");
	assert_int_equal(chain_parse(wanted_text, strlen(wanted_text), &wanted, &e), 0);
	err_set(&r.err, ERR_NET, "connection refused");
	assert_int_equal(served_verdict(&p, wanted, &r, &e), SERVED_LATER);
	assert_int_equal(e.kind, ERR_HOOK);
	assert_string_equal(e.cause, "the service smtp:25 cannot be looked at: connection refused");
	assert_non_null(e.advice);
	err_clear(&e);
	err_clear(&r.err);
	chain_free(wanted);
	free(wanted_text);
	free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked),
		cmocka_unit_test(test_which_key),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_what_does_not_answer),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
