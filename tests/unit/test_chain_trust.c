#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/str.h"
#include "pki/chain.h"
#include "pki/csr.h"
#include "x509_maker.h"

#define T0 1771459200 /* 2026-02-19T00:00:00Z */
#define DAY 86400

enum who { ROOT, OLD_ROOT, CROSS, MID, OTHER_MID, LEAF, OLDER_LEAF, OTHER_LEAF, NAMELESS_ROOT, UNDER_NAMELESS, WHO_COUNT };

/* Ends a list. */
#define END WHO_COUNT

struct fixture {
	EVP_PKEY *root_key, *old_key, *mid_key, *leaf_key;
	X509 *x[WHO_COUNT];
	char store[64]; /* what SSL_CERT_FILE names */
};

static X509 *ca_of(const char *subject, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	return maker_cert(&(struct maker_spec){.subject = subject, .basic = "critical,CA:TRUE", .usage = "keyCertSign,cRLSign",
	                                       .from = T0 - 100 * DAY, .to = T0 + 1000 * DAY, .key = key, .issuer = issuer,
	                                       .issuer_key = issuer_key});
}

static X509 *leaf_of(const struct fixture *f, const char *name, const char *serial, X509 *issuer, EVP_PKEY *issuer_key)
{
	char *san = str_fmt("DNS:%s", name);
	const char *sans[] = {san, NULL};
	X509 *x = maker_cert(&(struct maker_spec){.subject = name, .sans = sans, .basic = "CA:FALSE", .serial = serial,
	                                          .from = T0, .to = T0 + 90 * DAY, .key = f->leaf_key, .issuer = issuer,
	                                          .issuer_key = issuer_key});

	free(san);
	return x;
}

static X509 *nameless_root(const struct fixture *f)
{
	X509 *x = ca_of(NULL, f->old_key, NULL, NULL);
	X509_NAME *name = X509_NAME_new();

	assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_organizationalUnitName, MBSTRING_UTF8,
	                                            (const unsigned char *)"Nameless Root", -1, -1, 0), 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_int_equal(X509_set_issuer_name(x, name), 1);
	maker_sign(x, f->old_key);
	X509_NAME_free(name);
	return x;
}

static int setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);
	int fd;

	f->root_key = maker_key();
	f->old_key = maker_key();
	f->mid_key = maker_key();
	f->leaf_key = maker_key();
	f->x[ROOT] = ca_of("Root", f->root_key, NULL, NULL);
	f->x[OLD_ROOT] = ca_of("Old Root", f->old_key, NULL, NULL);
	f->x[CROSS] = ca_of("Root", f->root_key, f->x[OLD_ROOT], f->old_key);
	f->x[MID] = ca_of("Intermediate", f->mid_key, f->x[ROOT], f->root_key);
	f->x[OTHER_MID] = ca_of("Other Intermediate", f->leaf_key, f->x[ROOT], f->root_key);
	f->x[LEAF] = leaf_of(f, "example.jp", "02", f->x[MID], f->mid_key);
	f->x[OLDER_LEAF] = leaf_of(f, "example.jp", "01", f->x[MID], f->mid_key);
	f->x[OTHER_LEAF] = leaf_of(f, "other.jp", "03", f->x[MID], f->mid_key);
	f->x[NAMELESS_ROOT] = nameless_root(f);
	f->x[UNDER_NAMELESS] = leaf_of(f, "example.jp", "04", f->x[NAMELESS_ROOT], f->old_key);
	snprintf(f->store, sizeof f->store, "/tmp/test_chain_trust.XXXXXX");
	fd = mkstemp(f->store);
	assert_true(fd >= 0);
	close(fd);
	setenv("SSL_CERT_FILE", f->store, 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < WHO_COUNT; i++)
		X509_free(f->x[i]);
	EVP_PKEY_free(f->root_key);
	EVP_PKEY_free(f->old_key);
	EVP_PKEY_free(f->mid_key);
	EVP_PKEY_free(f->leaf_key);
	unlink(f->store);
	free(f);
	return 0;
}

static struct chain *chain_of(const struct fixture *f, const enum who *who)
{
	struct err e = ERR_INIT;
	char *pem = str_dup("");
	struct chain *c = NULL;

	for (; *who != END; who++) {
		char *one = maker_cert_pem(f->x[*who]);

		str_replace(&pem, str_fmt("%s%s", pem, one));
		free(one);
	}
	if (chain_parse(pem, strlen(pem), &c, &e) != 0)
		fail_msg("%s", e.cause);
	free(pem);
	return c;
}

static void names_for_people(void **state)
{
	static const struct {
		enum who who[4];
		const char *intermediate, *top;
		const char *preferred[3];
	} t[] = {
		{{LEAF, END}, NULL, "Intermediate", {"Intermediate", NULL}},
		{{LEAF, MID, END}, "Intermediate", "Root", {"Root", "Intermediate", NULL}},
		{{LEAF, MID, ROOT, END}, "Intermediate", "Root", {"Root", NULL}},
		{{LEAF, MID, CROSS, END}, "Intermediate", "Old Root", {"Old Root", "Root", NULL}},
		{{UNDER_NAMELESS, END}, NULL, "OU=Nameless Root", {"OU=Nameless Root", NULL}},
		{{UNDER_NAMELESS, NAMELESS_ROOT, END}, "OU=Nameless Root", "OU=Nameless Root", {"OU=Nameless Root", NULL}},
	};
	static const char *const others[] = {"", "root", "Roo", "Root ", "Other Root"};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct chain *c = chain_of(f, t[i].who);

		if (t[i].intermediate == NULL)
			assert_null(chain_intermediate(c));
		else
			assert_string_equal(chain_intermediate(c), t[i].intermediate);
		assert_string_equal(chain_top_issuer(c), t[i].top);
		for (size_t j = 0; t[i].preferred[j] != NULL; j++)
			assert_true(chain_is_preferred(c, t[i].preferred[j]));
		for (size_t j = 0; j < sizeof others / sizeof *others; j++)
			assert_false(chain_is_preferred(c, others[j]));
		assert_false(chain_is_preferred(c, NULL));
		chain_free(c);
	}
}

static void what_is_served_is_compared(void **state)
{
	static const struct {
		enum who wanted[5], served[6];
		enum chain_match match;
	} t[] = {
		{{LEAF, MID, END}, {LEAF, MID, END}, CHAIN_SAME},
		{{LEAF, END}, {LEAF, END}, CHAIN_SAME},
		{{LEAF, MID, CROSS, END}, {LEAF, MID, CROSS, END}, CHAIN_SAME},
		{{LEAF, MID, END}, {LEAF, MID, ROOT, END}, CHAIN_SAME},
		{{LEAF, MID, ROOT, END}, {LEAF, MID, END}, CHAIN_SAME},
		{{LEAF, END}, {LEAF, ROOT, END}, CHAIN_SAME},
		{{LEAF, MID, END}, {LEAF, MID, OLD_ROOT, END}, CHAIN_SAME},
		{{LEAF, MID, END}, {LEAF, LEAF, MID, END}, CHAIN_SAME},
		{{LEAF, MID, END}, {LEAF, MID, LEAF, MID, ROOT, END}, CHAIN_SAME},
		{{LEAF, MID, ROOT, END}, {LEAF, MID, ROOT, ROOT, END}, CHAIN_SAME},
		{{ROOT, END}, {ROOT, END}, CHAIN_SAME},
		{{LEAF, MID, END}, {OTHER_LEAF, MID, END}, CHAIN_OTHER_LEAF},
		{{LEAF, MID, END}, {OLDER_LEAF, MID, END}, CHAIN_OTHER_LEAF},
		{{LEAF, MID, END}, {OLDER_LEAF, END}, CHAIN_OTHER_LEAF},
		{{LEAF, MID, END}, {MID, LEAF, END}, CHAIN_OTHER_LEAF},
		{{LEAF, MID, END}, {OLDER_LEAF, LEAF, MID, END}, CHAIN_OTHER_LEAF},
		{{LEAF, MID, END}, {LEAF, END}, CHAIN_NO_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, LEAF, END}, CHAIN_NO_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, ROOT, END}, CHAIN_NO_INTERMEDIATE},
		{{LEAF, MID, CROSS, END}, {LEAF, MID, END}, CHAIN_NO_INTERMEDIATE},
		{{LEAF, MID, CROSS, END}, {LEAF, CROSS, END}, CHAIN_NO_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, OTHER_MID, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, OTHER_MID, MID, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, MID, OTHER_MID, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, MID, CROSS, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, ROOT, MID, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, MID, CROSS, END}, {LEAF, CROSS, MID, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, END}, {LEAF, MID, END}, CHAIN_OTHER_INTERMEDIATE},
		{{LEAF, MID, END}, {LEAF, OLDER_LEAF, MID, END}, CHAIN_OTHER_INTERMEDIATE},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct chain *wanted = chain_of(f, t[i].wanted), *served = chain_of(f, t[i].served);

		if (chain_compare(wanted, served) != t[i].match)
			fail_msg("row %zu: %d", i, (int)chain_compare(wanted, served));
		chain_free(wanted);
		chain_free(served);
	}
}

/* The trust store, in the form of OpenSSL's TRUSTED CERTIFICATE, which carries what it is trusted for. */
static void fill_store(const struct fixture *f, const enum who *who)
{
	FILE *file = fopen(f->store, "w");

	assert_non_null(file);
	for (; *who != END; who++)
		assert_int_equal(PEM_write_X509_AUX(file, f->x[*who]), 1);
	assert_int_equal(fclose(file), 0);
}

/* NULL = not anchored. */
static void check_anchor(const struct fixture *f, const enum who *who, int64_t now, const char *root)
{
	struct chain *c = chain_of(f, who);
	struct err e = ERR_INIT;
	char untouched[] = "untouched", *found = untouched;

	if (chain_anchor(c, now, &found, &e) != 0)
		fail_msg("%s", e.cause);
	if (!str_eq(found, root))
		fail_msg("%s instead of %s", found != NULL ? found : "none", root != NULL ? root : "none");
	free(found);
	chain_free(c);
}

static void roots_of_this_machine_anchor(void **state)
{
	static const struct {
		enum who store[4], chain[5];
		const char *root;
	} t[] = {
		{{ROOT, END}, {LEAF, MID, END}, "Root"},
		{{ROOT, END}, {LEAF, MID, ROOT, END}, "Root"},
		{{ROOT, END}, {LEAF, MID, CROSS, END}, "Root"},
		{{OLD_ROOT, ROOT, END}, {LEAF, MID, CROSS, END}, "Root"},
		{{OLD_ROOT, END}, {LEAF, MID, CROSS, END}, "Old Root"},
		{{OLD_ROOT, END}, {LEAF, MID, CROSS, OLD_ROOT, END}, "Old Root"},
		{{OLD_ROOT, END}, {LEAF, MID, END}, NULL},
		{{OLD_ROOT, END}, {LEAF, MID, ROOT, END}, NULL},
		{{ROOT, END}, {LEAF, END}, NULL},
		{{ROOT, MID, END}, {LEAF, END}, "Root"},
		{{MID, END}, {LEAF, MID, END}, NULL}, /* no root: whoever connects may not take it */
		{{LEAF, END}, {LEAF, MID, END}, NULL},
		{{CROSS, END}, {LEAF, MID, END}, NULL},
		{{END}, {LEAF, MID, ROOT, END}, NULL},
		{{NAMELESS_ROOT, END}, {UNDER_NAMELESS, END}, "OU=Nameless Root"},
		{{ROOT, END}, {OTHER_MID, END}, "Root"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		fill_store(f, t[i].store);
		check_anchor(f, t[i].chain, T0 + DAY, t[i].root);
	}
	setenv("SSL_CERT_FILE", "/nonexistent/file", 1);
	check_anchor(f, (const enum who[]){LEAF, MID, ROOT, END}, T0 + DAY, NULL);
	setenv("SSL_CERT_FILE", f->store, 1);
}

static void the_time_is_that_of_the_question(void **state)
{
	static const enum who store[] = {ROOT, END}, chain[] = {LEAF, MID, END};
	const struct fixture *f = *state;

	fill_store(f, store);
	check_anchor(f, chain, T0 - DAY, "Root");        /* before the leaf */
	check_anchor(f, chain, T0 + 91 * DAY, "Root");   /* after it */
	check_anchor(f, chain, T0 + 1000 * DAY, NULL);   /* after the root */
	check_anchor(f, chain, T0 - 101 * DAY, NULL);    /* before it */
}

static void distrusted_roots_do_not(void **state)
{
	static const enum who store[] = {ROOT, END}, chain[] = {LEAF, MID, END};
	const struct fixture *f = *state;
	ASN1_OBJECT *server = OBJ_nid2obj(NID_server_auth), *mail = OBJ_nid2obj(NID_email_protect);

	assert_int_equal(X509_add1_reject_object(f->x[ROOT], server), 1);
	fill_store(f, store);
	check_anchor(f, chain, T0 + DAY, NULL);
	X509_reject_clear(f->x[ROOT]);
	assert_int_equal(X509_add1_trust_object(f->x[ROOT], mail), 1);
	fill_store(f, store);
	check_anchor(f, chain, T0 + DAY, NULL);
	assert_int_equal(X509_add1_trust_object(f->x[ROOT], server), 1);
	fill_store(f, store);
	check_anchor(f, chain, T0 + DAY, "Root");
	X509_trust_clear(f->x[ROOT]);
}

static void rubbish_in_the_store_anchors_nothing(void **state)
{
	const struct fixture *f = *state;
	FILE *file = fopen(f->store, "w");

	assert_non_null(file);
	fputs("-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n", file);
	assert_int_equal(fclose(file), 0);
	check_anchor(f, (const enum who[]){LEAF, MID, ROOT, END}, T0 + DAY, NULL);
}

static struct csr *request_of(EVP_PKEY *evp)
{
	char *pem = maker_key_pem(evp);
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct key *k = NULL;
	struct csr *r = NULL;
	struct buf der;

	buf_init(&der, CSR_PEM_MAX);
	strs_add(&names, "example.jp");
	assert_int_equal(key_load_pem(pem, strlen(pem), &k, &e), 0);
	assert_int_equal(csr_make(k, &names, &der, &e), 0);
	assert_int_equal(csr_load(der.data, der.len, &r, &e), 0);
	buf_clear(&der);
	key_free(k);
	strs_clear(&names);
	free(pem);
	return r;
}

static void a_request_can_stand_for_the_key(void **state)
{
	static const enum who good[] = {LEAF, MID, END}, other_name[] = {OTHER_LEAF, MID, END}, broken[] = {LEAF, ROOT, END};
	const struct fixture *f = *state;
	const struct {
		const enum who *who;
		EVP_PKEY *key;
		int64_t now;
		const char *words; /* NULL = right */
	} t[] = {
		{good, f->leaf_key, T0, NULL},
		{good, f->mid_key, T0, "not for the key of the certificate request"},
		{other_name, f->leaf_key, T0, "lacks names that were ordered: example.jp"},
		{good, f->leaf_key, T0 + 90 * DAY, "ended already"},
		{broken, f->leaf_key, T0, "was not issued by"},
	};
	struct strs names = {0};

	strs_add(&names, "example.jp");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct chain *c = chain_of(f, t[i].who);
		struct csr *r = request_of(t[i].key);
		struct err e = ERR_INIT;

		assert_int_equal(chain_verify_csr(c, r, &names, t[i].now, &e), t[i].words == NULL ? 0 : -1);
		if (t[i].words != NULL) {
			assert_int_equal(e.kind, ERR_CERTIFICATE);
			assert_non_null(strstr(e.cause, t[i].words));
		}
		err_clear(&e);
		csr_free(r);
		chain_free(c);
	}
	strs_clear(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_for_people),
		cmocka_unit_test(what_is_served_is_compared),
		cmocka_unit_test(roots_of_this_machine_anchor),
		cmocka_unit_test(the_time_is_that_of_the_question),
		cmocka_unit_test(distrusted_roots_do_not),
		cmocka_unit_test(rubbish_in_the_store_anchors_nothing),
		cmocka_unit_test(a_request_can_stand_for_the_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
