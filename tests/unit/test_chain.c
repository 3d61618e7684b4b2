#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "pki/chain.h"
#include "x509_maker.h"

#define T0 1771459200 /* 2026-02-19T00:00:00Z */
#define DAY 86400

/* A root, an intermediate and a server's certificate, and what they are made of. */
struct fixture {
	EVP_PKEY *root_key, *mid_key, *leaf_key;
	X509 *root, *mid, *leaf;
	struct key *key;   /* ours: leaf_key */
	struct strs names; /* what was ordered */
};

static const char *const sans[] = {"DNS:example.jp", "DNS:*.example.jp", NULL};

static struct maker_spec root_spec(const struct fixture *f)
{
	return (struct maker_spec){.subject = "Root", .basic = "critical,CA:TRUE", .usage = "keyCertSign,cRLSign",
	                           .from = T0 - 1000 * DAY, .to = T0 + 1000 * DAY, .key = f->root_key};
}

static struct maker_spec mid_spec(const struct fixture *f)
{
	return (struct maker_spec){.subject = "Intermediate", .basic = "critical,CA:TRUE,pathlen:0",
	                           .usage = "keyCertSign,cRLSign", .from = T0 - 500 * DAY, .to = T0 + 500 * DAY,
	                           .key = f->mid_key, .issuer = f->root, .issuer_key = f->root_key};
}

static struct maker_spec leaf_spec(const struct fixture *f)
{
	return (struct maker_spec){.subject = "example.jp", .sans = sans, .basic = "CA:FALSE", .usage = "digitalSignature",
	                           .from = T0, .to = T0 + 90 * DAY, .key = f->leaf_key, .issuer = f->mid,
	                           .issuer_key = f->mid_key};
}

static int setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);
	struct maker_spec spec;
	struct err e = ERR_INIT;
	char *pem;

	f->root_key = maker_key();
	f->mid_key = maker_key();
	f->leaf_key = maker_key();
	spec = root_spec(f);
	f->root = maker_cert(&spec);
	spec = mid_spec(f);
	f->mid = maker_cert(&spec);
	spec = leaf_spec(f);
	f->leaf = maker_cert(&spec);
	pem = maker_key_pem(f->leaf_key);
	assert_int_equal(key_load_pem(pem, strlen(pem), &f->key, &e), 0);
	free(pem);
	strs_add(&f->names, "*.example.jp");
	strs_add(&f->names, "example.jp");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	X509_free(f->root);
	X509_free(f->mid);
	X509_free(f->leaf);
	EVP_PKEY_free(f->root_key);
	EVP_PKEY_free(f->mid_key);
	EVP_PKEY_free(f->leaf_key);
	key_free(f->key);
	strs_clear(&f->names);
	free(f);
	return 0;
}

/* One PEM text of up to three certificates; NULL ends early. */
static char *pem_of(X509 *a, X509 *b, X509 *c)
{
	X509 *all[] = {a, b, c};
	char *text = str_dup("");

	for (size_t i = 0; i < 3 && all[i] != NULL; i++) {
		char *one = maker_cert_pem(all[i]);

		str_replace(&text, str_fmt("%s%s", text, one));
		free(one);
	}
	return text;
}

static struct chain *parsed(const char *pem)
{
	struct err e = ERR_INIT;
	struct chain *c = NULL;

	if (chain_parse(pem, strlen(pem), &c, &e) != 0)
		fail_msg("%s", e.cause);
	return c;
}

static struct chain *chain_of(X509 *a, X509 *b, X509 *c)
{
	char *pem = pem_of(a, b, c);
	struct chain *chain = parsed(pem);

	free(pem);
	return chain;
}

/* `words` NULL = it must pass. Frees the chain. */
static void check_at(const struct fixture *f, struct chain *c, int64_t now, const char *words)
{
	struct err e = ERR_INIT;
	int rc = chain_verify(c, f->key, &f->names, now, &e);

	if (words == NULL && rc != 0)
		fail_msg("refused: %s", e.cause);
	if (words != NULL && rc == 0)
		fail_msg("taken, but expected: %s", words);
	if (words != NULL) {
		assert_int_equal(e.kind, ERR_CERTIFICATE);
		if (strstr(e.cause, words) == NULL)
			fail_msg("\"%s\" instead of \"%s\"", e.cause, words);
	}
	err_clear(&e);
	chain_free(c);
}

static void check(const struct fixture *f, struct chain *c, const char *words)
{
	check_at(f, c, T0 + DAY, words);
}

static void good_chains_of_each_length_pass(void **state)
{
	const struct fixture *f = *state;

	check(f, chain_of(f->leaf, f->mid, f->root), NULL);
	check(f, chain_of(f->leaf, f->mid, NULL), NULL);
	check(f, chain_of(f->leaf, NULL, NULL), NULL);
}

static void blanks_and_crlf_between_are_taken(void **state)
{
	const struct fixture *f = *state;
	char *pem = pem_of(f->leaf, f->mid, NULL), *crlf = str_dup("\r\n\t \n");
	struct chain *c;

	for (const char *p = pem; *p != '\0'; p++)
		str_replace(&crlf, *p == '\n' ? str_fmt("%s\r\n", crlf) : str_fmt("%s%c", crlf, *p));
	str_replace(&crlf, str_fmt("%s\n  \n", crlf));
	c = parsed(crlf);
	assert_int_equal(chain_count(c), 2);
	assert_string_equal(cert_subject(chain_at(c, 0)), "CN=example.jp");
	assert_string_equal(cert_subject(chain_at(c, 1)), "CN=Intermediate");
	assert_null(chain_at(c, 2));
	check(f, c, NULL);
	pem[strlen(pem) - 1] = '\0';
	check(f, parsed(pem), NULL);
	free(crlf);
	free(pem);
}

static void refuse_text(const char *text, size_t len, const char *words)
{
	struct err e = ERR_INIT;
	struct chain *c = NULL;
	char *all;

	if (chain_parse(text, len, &c, &e) == 0)
		fail_msg("taken: %.80s", text);
	assert_null(c);
	assert_int_equal(e.kind, ERR_CERTIFICATE);
	all = err_text(&e);
	if (strstr(all, words) == NULL)
		fail_msg("%s", all);
	assert_null(strstr(all, "PRIVATE"));
	free(all);
	err_clear(&e);
}

static void only_certificates_may_be_in_it(void **state)
{
	const struct fixture *f = *state;
	char *leaf = maker_cert_pem(f->leaf), *key = maker_key_pem(f->leaf_key);
	static const char *const around[][2] = {
		{"hello\n", ""}, {"", "hello\n"}, {"# comment\n", ""}, {"subject=CN\n", ""}, {"\xef\xbb\xbf", ""}, {"", "-----BEGIN "},
		{"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", ""},
		{"", "-----BEGIN CERTIFICATE-----\n"}, {"", "-----BEGIN CERTIFICATE-----\nMIIB\n"},
		{"", "-----BEGIN CERTIFICATE-----\nMI*B\n-----END CERTIFICATE-----\n"},
		{"", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"},
		{"", "-----BEGIN CERTIFICATE-----AAAA\n-----END CERTIFICATE-----\n"},
		{"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----x"},
		{"", "-----BEGIN CERTIFICATE-----\nAA-_\n-----END CERTIFICATE-----\n"},
		{"", "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n"},
		{"", "-----BEGIN CERTIFICATE-----\nProc-Type: 4\n\nAAAA\n-----END CERTIFICATE-----\n"},
		{"", "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n"},
	};
	char *text;

	for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
		text = str_fmt("%s%s%s", around[i][0], leaf, around[i][1]);
		refuse_text(text, strlen(text), "not a certificate in PEM");
		free(text);
	}
	text = str_fmt("%s%s", leaf, key);
	refuse_text(text, strlen(text), "not a certificate in PEM");
	free(text);
	text = str_fmt("%s%s", key, leaf);
	refuse_text(text, strlen(text), "line 1 ");
	free(text);
	text = str_fmt("%s-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", leaf);
	refuse_text(text, strlen(text), "certificate 2 of the downloaded chain: not a certificate");
	free(text);
	refuse_text(leaf, strlen(leaf) + 1, "not a certificate in PEM"); /* the NUL behind it */
	refuse_text("", 0, "no certificate");
	refuse_text("\n \r\n", 4, "no certificate");
	free(leaf);
	free(key);
}

static void count_and_size_are_bounded(void **state)
{
	const struct fixture *f = *state;
	char *leaf = maker_cert_pem(f->leaf), *text = str_dup("");
	char *big = mem_new(CHAIN_PEM_MAX + 2, 1);
	struct chain *c;

	for (int i = 0; i < CHAIN_CERTS_MAX; i++)
		str_replace(&text, str_fmt("%s%s", text, leaf));
	c = parsed(text);
	assert_int_equal(chain_count(c), CHAIN_CERTS_MAX);
	chain_free(c);
	str_replace(&text, str_fmt("%s%s", text, leaf));
	refuse_text(text, strlen(text), "more than 10 certificates");
	memset(big, '\n', CHAIN_PEM_MAX + 1);
	memcpy(big, leaf, strlen(leaf));
	refuse_text(big, CHAIN_PEM_MAX + 1, "larger than");
	big[CHAIN_PEM_MAX] = '\0';
	chain_free(parsed(big));
	free(big);
	free(text);
	free(leaf);
	chain_free(NULL);
}

static void the_leaf_comes_first_and_is_for_our_key(void **state)
{
	const struct fixture *f = *state;
	struct maker_spec spec = leaf_spec(f);
	X509 *foreign;

	check(f, chain_of(f->mid, f->leaf, NULL), "not for our key");
	spec.key = f->mid_key;
	foreign = maker_cert(&spec);
	check(f, chain_of(foreign, f->mid, NULL), "not for our key");
	X509_free(foreign);
}

static void the_names_are_exactly_those_ordered(void **state)
{
	static const struct {
		const char *sans[4];
		const char *words; /* NULL = right */
	} t[] = {
		{{"DNS:*.example.jp", "DNS:example.jp", NULL}, NULL},
		{{"DNS:EXAMPLE.jp", "DNS:*.Example.jp", NULL}, NULL},
		{{"DNS:example.jp", "DNS:*.example.jp", "DNS:example.jp", NULL}, NULL},
		{{"DNS:example.jp", NULL}, "lacks names that were ordered: *.example.jp"},
		{{"DNS:example.jp", "DNS:*.example.jp", "DNS:evil.jp", NULL}, "not ordered: evil.jp"},
		{{"DNS:example.jp", "DNS:*.example.jp", "IP:192.0.2.1", NULL}, "not DNS names"},
		{{"DNS:example.jp", "DNS:*.example.jp", "email:a@example.jp", NULL}, "not DNS names"},
		{{NULL}, "lacks names that were ordered: *.example.jp, example.jp"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct maker_spec spec = leaf_spec(f);
		X509 *x;

		spec.sans = t[i].sans[0] != NULL ? t[i].sans : NULL;
		x = maker_cert(&spec);
		check(f, chain_of(x, f->mid, NULL), t[i].words);
		X509_free(x);
	}
}

static void a_ca_is_no_servers_certificate(void **state)
{
	static const char *const basic[] = {"CA:TRUE", "critical,CA:TRUE", "critical,CA:TRUE,pathlen:0"};
	const struct fixture *f = *state;
	struct maker_spec spec = leaf_spec(f);
	X509 *x;

	for (size_t i = 0; i < sizeof basic / sizeof *basic; i++) {
		spec.basic = basic[i];
		x = maker_cert(&spec);
		check(f, chain_of(x, f->mid, NULL), "one of a CA, not of a server");
		X509_free(x);
	}
	spec.basic = NULL;
	x = maker_cert(&spec);
	check(f, chain_of(x, f->mid, NULL), NULL);
	X509_free(x);
}

static void extensions_given_twice_are_refused(void **state)
{
	const struct fixture *f = *state;
	struct maker_spec spec = leaf_spec(f), parent = mid_spec(f);
	X509 *x = maker_cert(&spec), *mid = maker_cert(&parent);

	maker_add_basic_constraints(x);
	maker_sign(x, f->mid_key);
	check(f, chain_of(x, f->mid, NULL), "the certificate's extensions cannot be read");
	check(f, chain_of(x, NULL, NULL), "the certificate's extensions cannot be read");
	maker_add_basic_constraints(mid);
	maker_sign(mid, f->root_key);
	check(f, chain_of(f->leaf, mid, NULL), "is not one of a CA");
	X509_free(mid);
	X509_free(x);
}

static void the_dates_must_fit(void **state)
{
	static const struct {
		int64_t from, to, now;
		const char *words;
	} t[] = {
		{T0, T0 + 90 * DAY, T0, NULL},
		{T0, T0 + 90 * DAY, T0 - DAY, NULL},
		{T0, T0 + 90 * DAY, T0 - DAY - 1, "not valid yet (valid from 2026-02-19T00:00:00Z to 2026-05-20T00:00:00Z)"},
		{T0, T0 + 90 * DAY, T0 + 90 * DAY - 1, NULL},
		{T0, T0 + 90 * DAY, T0 + 90 * DAY, "ended already"},
		{T0, T0, T0, "ends before it begins"},
		{T0 + 1, T0, T0, "ends before it begins"},
		{T0 - 90 * DAY, T0 - DAY, T0, "ended already"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct maker_spec spec = leaf_spec(f);
		X509 *x;

		spec.from = t[i].from;
		spec.to = t[i].to;
		x = maker_cert(&spec);
		check_at(f, chain_of(x, f->mid, NULL), t[i].now, t[i].words);
		X509_free(x);
	}
}

static void a_link_must_be_a_ca(void **state)
{
	static const char *const basic[] = {NULL, "CA:FALSE"};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof basic / sizeof *basic; i++) {
		struct maker_spec spec = mid_spec(f);
		X509 *x;

		spec.basic = basic[i];
		x = maker_cert(&spec);
		check(f, chain_of(f->leaf, x, f->root), "certificate 2 of the chain (CN=Intermediate) is not one of a CA");
		X509_free(x);
	}
}

static void a_link_must_be_allowed_to_sign(void **state)
{
	const struct fixture *f = *state;
	struct maker_spec spec = mid_spec(f);
	X509 *x;

	spec.usage = "digitalSignature";
	x = maker_cert(&spec);
	check(f, chain_of(f->leaf, x, NULL), "is not one of a CA");
	X509_free(x);
}

static void each_link_is_issued_by_the_next(void **state)
{
	const struct fixture *f = *state;

	check(f, chain_of(f->leaf, f->root, NULL), "certificate 1 of the chain was not issued by the one behind it (CN=Root)");
	check(f, chain_of(f->leaf, f->root, f->mid), "certificate 1 of the chain was not issued");
	check(f, chain_of(f->leaf, f->mid, f->mid), "certificate 2 of the chain was not issued");
}

static void each_link_is_signed_by_the_next(void **state)
{
	const struct fixture *f = *state;
	struct maker_spec spec = leaf_spec(f);
	EVP_PKEY *stranger = maker_key();
	X509 *x;

	spec.issuer_key = stranger;
	x = maker_cert(&spec);
	check(f, chain_of(x, f->mid, f->root), "certificate 1 of the chain is not signed by the one behind it");
	X509_free(x);
	spec = mid_spec(f);
	spec.issuer_key = stranger;
	x = maker_cert(&spec);
	check(f, chain_of(f->leaf, x, f->root), "certificate 2 of the chain is not signed by the one behind it (CN=Root)");
	check(f, chain_of(f->leaf, x, NULL), NULL); /* the last one's own issuer is not ours to judge */
	X509_free(x);
	EVP_PKEY_free(stranger);
}

static void parts_are_written_as_pem(void **state)
{
	const struct fixture *f = *state;
	struct chain *c = chain_of(f->leaf, f->mid, f->root), *single = chain_of(f->leaf, NULL, NULL);
	char *leaf = pem_of(f->leaf, NULL, NULL), *rest = pem_of(f->mid, f->root, NULL);
	char *full = pem_of(f->leaf, f->mid, f->root);
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, CHAIN_PEM_MAX);
	assert_int_equal(chain_save_leaf(c, &b, &e), 0);
	assert_string_equal(b.data, leaf);
	assert_int_equal(chain_save_rest(c, &b, &e), 0);
	assert_string_equal(b.data, full);
	buf_truncate(&b, 0);
	assert_int_equal(chain_save_rest(c, &b, &e), 0);
	assert_string_equal(b.data, rest);
	buf_truncate(&b, 0);
	assert_int_equal(chain_save_full(c, &b, &e), 0);
	assert_string_equal(b.data, full);
	buf_truncate(&b, 0);
	assert_int_equal(chain_save_rest(single, &b, &e), 0);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	buf_init(&b, strlen(leaf) + 10);
	assert_int_equal(buf_append_str(&b, "kept"), 0);
	assert_int_equal(chain_save_full(c, &b, &e), -1);
	assert_string_equal(b.data, "kept");
	err_clear(&e);
	buf_clear(&b);
	free(leaf);
	free(rest);
	free(full);
	chain_free(c);
	chain_free(single);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_chains_of_each_length_pass),
		cmocka_unit_test(blanks_and_crlf_between_are_taken),
		cmocka_unit_test(only_certificates_may_be_in_it),
		cmocka_unit_test(count_and_size_are_bounded),
		cmocka_unit_test(the_leaf_comes_first_and_is_for_our_key),
		cmocka_unit_test(the_names_are_exactly_those_ordered),
		cmocka_unit_test(a_ca_is_no_servers_certificate),
		cmocka_unit_test(extensions_given_twice_are_refused),
		cmocka_unit_test(the_dates_must_fit),
		cmocka_unit_test(a_link_must_be_a_ca),
		cmocka_unit_test(a_link_must_be_allowed_to_sign),
		cmocka_unit_test(each_link_is_issued_by_the_next),
		cmocka_unit_test(each_link_is_signed_by_the_next),
		cmocka_unit_test(parts_are_written_as_pem),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
