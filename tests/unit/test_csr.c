#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/str.h"
#include "pki/csr.h"

#define LONG_LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 63 */

static struct key *made(enum key_type t)
{
	struct err e = ERR_INIT;
	struct key *k = NULL;

	assert_int_equal(key_generate(t, &k, &e), 0);
	return k;
}

static X509_REQ *request_for(const struct key *k, const char *const *names)
{
	struct strs list = {0};
	struct err e = ERR_INIT;
	struct buf der;
	const unsigned char *p;
	X509_REQ *req;

	for (; *names != NULL; names++)
		strs_add(&list, *names);
	buf_init(&der, 65536);
	assert_int_equal(csr_make(k, &list, &der, &e), 0);
	p = (const unsigned char *)der.data;
	req = d2i_X509_REQ(NULL, &p, (long)der.len);
	assert_non_null(req);
	assert_ptr_equal(p, der.data + der.len);
	buf_clear(&der);
	strs_clear(&list);
	return req;
}

static void check_names(X509_REQ *req, const char *const *names)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(req);
	GENERAL_NAMES *list;
	int n = 0;

	assert_int_equal(sk_X509_EXTENSION_num(extensions), 1);
	list = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	assert_non_null(list);
	for (; names[n] != NULL; n++) {
		const GENERAL_NAME *general = sk_GENERAL_NAME_value(list, n);

		assert_non_null(general);
		assert_int_equal(general->type, GEN_DNS);
		assert_int_equal(ASN1_STRING_length(general->d.dNSName), strlen(names[n]));
		assert_memory_equal(ASN1_STRING_get0_data(general->d.dNSName), names[n], strlen(names[n]));
	}
	assert_int_equal(sk_GENERAL_NAME_num(list), n);
	GENERAL_NAMES_free(list);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static void check_common_name(X509_REQ *req, const char *expected)
{
	X509_NAME *subject = X509_REQ_get_subject_name(req);
	char cn[256] = "";

	assert_int_equal(X509_NAME_entry_count(subject), expected != NULL ? 1 : 0);
	if (expected == NULL)
		return;
	assert_true(X509_NAME_get_text_by_NID(subject, NID_commonName, cn, sizeof cn) > 0);
	assert_string_equal(cn, expected);
}

static void names_and_common_name_are_as_ordered(void **state)
{
	static const struct {
		const char *names[5];
		const char *cn;
	} t[] = {
		{{"example.jp", NULL}, "example.jp"},
		{{"b.jp", "a.jp", "xn--wgv71a119e.jp", NULL}, "b.jp"},
		{{"*.example.jp", "example.jp", NULL}, "example.jp"},
		{{"*.example.jp", NULL}, "*.example.jp"},
		{{"*.b.jp", "*.a.jp", NULL}, "*.b.jp"},
		{{LONG_LABEL ".jp", "*.a.jp", "short.jp", NULL}, "short.jp"},
		{{LONG_LABEL ".jp", "*.a.jp", NULL}, "*.a.jp"},
		{{LONG_LABEL ".jp", "*." LONG_LABEL ".jp", NULL}, NULL},
		{{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.jp", NULL},
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.jp"},
		{{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.jp", NULL}, NULL},
	};
	struct key *k = made(KEY_EC_P256);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		X509_REQ *req = request_for(k, t[i].names);
		EVP_PKEY *pkey = X509_REQ_get0_pubkey(req);

		check_names(req, t[i].names);
		/* The last but one is 64 octets long, the last 65. */
		check_common_name(req, t[i].cn);
		assert_int_equal(X509_REQ_verify(req, pkey), 1);
		X509_REQ_free(req);
	}
	key_free(k);
}

static void each_type_of_key_signs_in_its_way(void **state)
{
	static const struct {
		enum key_type type;
		int nid;
	} t[] = {
		{KEY_RSA2048, NID_sha256WithRSAEncryption},
		{KEY_RSA3072, NID_sha256WithRSAEncryption},
		{KEY_EC_P256, NID_ecdsa_with_SHA256},
		{KEY_EC_P384, NID_ecdsa_with_SHA384},
	};
	static const char *const names[] = {"example.jp", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct key *k = made(t[i].type);
		X509_REQ *req = request_for(k, names);

		assert_int_equal(X509_REQ_get_signature_nid(req), t[i].nid);
		assert_int_equal(X509_REQ_get_version(req), 0);
		assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
		X509_REQ_free(req);
		key_free(k);
	}
}

static void a_hundred_names_fit(void **state)
{
	const char *names[101] = {NULL};
	struct strs made_up = {0};
	struct key *k = made(KEY_EC_P256);
	X509_REQ *req;

	(void)state;
	for (int i = 0; i < 100; i++)
		strs_take(&made_up, str_fmt("host-%d.example.jp", i));
	for (size_t i = 0; i < 100; i++)
		names[i] = made_up.item[i];
	req = request_for(k, names);
	check_names(req, names);
	X509_REQ_free(req);
	key_free(k);
	strs_clear(&made_up);
}

static void what_is_no_dns_name_is_refused(void **state)
{
	static const char *const bad[] = {"", "a b.jp", "a.jp,DNS:b.jp", "a\n.jp", "\xe6\x97\xa5.jp", "a/b", "dns:a.jp"};
	struct key *k = made(KEY_EC_P256);
	struct strs none = {0};
	struct err e = ERR_INIT;
	struct buf der;

	(void)state;
	buf_init(&der, 65536);
	assert_int_equal(csr_make(k, &none, &der, &e), -1);
	err_clear(&e);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct strs list = {0};

		strs_add(&list, "good.jp");
		strs_add(&list, bad[i]);
		assert_int_equal(csr_make(k, &list, &der, &e), -1);
		assert_int_equal(e.kind, ERR_INTERNAL);
		assert_int_equal(der.len, 0);
		err_clear(&e);
		strs_clear(&list);
	}
	buf_clear(&der);
	key_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_common_name_are_as_ordered),
		cmocka_unit_test(each_type_of_key_signs_in_its_way),
		cmocka_unit_test(a_hundred_names_fit),
		cmocka_unit_test(what_is_no_dns_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
