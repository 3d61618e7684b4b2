#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
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

/* A request made with OpenSSL alone, as somebody else would make it. */
struct foreign {
	const char *cn[3];  /* common names; ends with NULL */
	const char *san;    /* as in OpenSSL's settings; NULL = none */
	const char *san_ms; /* the same in Microsoft's older attribute */
};

static void add_san(X509_REQ *req, const char *san, int attribute)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	X509_EXTENSION *extension;

	if (san == NULL)
		return;
	list = sk_X509_EXTENSION_new_null();
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	assert_non_null(extension);
	assert_true(sk_X509_EXTENSION_push(list, extension) > 0);
	assert_int_equal(X509_REQ_add_extensions_nid(req, list, attribute), 1);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

static X509_REQ *foreign_request(const struct foreign *spec, EVP_PKEY *key, EVP_PKEY *signer)
{
	X509_REQ *req = X509_REQ_new();

	assert_non_null(req);
	assert_int_equal(X509_REQ_set_version(req, X509_REQ_VERSION_1), 1);
	for (size_t i = 0; spec->cn[i] != NULL; i++)
		assert_int_equal(X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(req), NID_commonName, MBSTRING_UTF8,
		                                            (const unsigned char *)spec->cn[i], -1, -1, 0), 1);
	add_san(req, spec->san, NID_ext_req);
	add_san(req, spec->san_ms, NID_ms_ext_req);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_true(X509_REQ_sign(req, signer, EVP_PKEY_is_a(signer, "ED25519") ? NULL : EVP_sha256()) > 0);
	return req;
}

static void der_of(X509_REQ *req, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509_REQ(req, &der);

	assert_true(len > 0);
	buf_init(out, CSR_PEM_MAX);
	assert_int_equal(buf_append(out, der, (size_t)len), 0);
	OPENSSL_free(der);
}

static void pem_of(X509_REQ *req, bool old_label, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	assert_int_equal((old_label ? PEM_write_bio_X509_REQ_NEW : PEM_write_bio_X509_REQ)(bio, req), 1);
	len = BIO_get_mem_data(bio, &data);
	buf_init(out, 2 * CSR_PEM_MAX);
	assert_int_equal(buf_append(out, data, (size_t)len), 0);
	BIO_free(bio);
}

static void refuse(const char *text, size_t len, const char *words)
{
	struct err e = ERR_INIT;
	struct csr *c = NULL;

	if (csr_load(text, len, &c, &e) == 0)
		fail_msg("taken, but expected: %s", words);
	assert_null(c);
	assert_int_equal(e.kind, ERR_CONFIG);
	if (strstr(e.cause, words) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", e.cause, words);
	err_clear(&e);
}

static void check_foreign(const struct foreign *spec, EVP_PKEY *key, const char *names, const char *words)
{
	X509_REQ *req = foreign_request(spec, key, key);
	struct err e = ERR_INIT;
	struct csr *c = NULL;
	struct buf der;
	char *joined;

	der_of(req, &der);
	if (words != NULL) {
		refuse(der.data, der.len, words);
	} else {
		if (csr_load(der.data, der.len, &c, &e) != 0)
			fail_msg("%s: %s", names, e.cause);
		joined = strs_join(csr_names(c), " ");
		assert_string_equal(joined, names);
		free(joined);
		csr_free(c);
	}
	buf_clear(&der);
	X509_REQ_free(req);
}

static void names_of_requests_made_elsewhere(void **state)
{
	static const struct {
		struct foreign spec;
		const char *names;
		const char *words; /* NULL = right */
	} t[] = {
		{{.cn = {"a.jp"}}, "a.jp", NULL},
		{{.cn = {"A.JP"}, .san = "DNS:b.jp,DNS:*.B.jp"}, "b.jp *.b.jp a.jp", NULL},
		{{.cn = {"a.jp"}, .san = "DNS:A.jp,DNS:a.jp"}, "a.jp", NULL},
		{{.cn = {"a.jp", "b.jp"}}, "a.jp b.jp", NULL},
		{{.san = "DNS:a.jp"}, "a.jp", NULL},
		{{.san_ms = "DNS:a.jp"}, "a.jp", NULL},
		{{.cn = {"Our web server"}, .san = "DNS:a.jp"}, "a.jp", NULL},
		{{.cn = {"Our v1.0 server"}, .san = "DNS:a.jp"}, "a.jp", NULL},
		{{.cn = {"localhost"}, .san = "DNS:a.jp"}, "a.jp", NULL},
		{{.cn = {"localhost"}}, NULL, "asks for no DNS name"},
		{{.cn = {NULL}}, NULL, "asks for no DNS name"},
		{{.san = "DNS:a.jp,IP:192.0.2.1"}, NULL, "not DNS names"},
		{{.san = "email:a@a.jp"}, NULL, "not DNS names"},
		{{.san = "DNS:a jp"}, NULL, "is not a DNS name"},
		{{.san = "DNS:a.jp,DNS:\xe6\x97\xa5.jp"}, NULL, "is not a DNS name"},
	};
	EVP_PKEY *key = EVP_EC_gen("P-256");

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		check_foreign(&t[i].spec, key, t[i].names, t[i].words);
	EVP_PKEY_free(key);
}

/* After the octets were tampered with. */
static void resign(struct buf *der, EVP_PKEY *key)
{
	const unsigned char *p = (const unsigned char *)der->data;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der->len);

	assert_non_null(req);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	buf_clear(der);
	der_of(req, der);
	X509_REQ_free(req);
}

static void a_nul_inside_a_name_is_refused(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_REQ *req = foreign_request(&(struct foreign){.san = "DNS:a.jp_evil.jp"}, key, key);
	struct buf der;
	char *at;

	(void)state;
	der_of(req, &der);
	at = memmem(der.data, der.len, "_evil", 5);
	assert_non_null(at);
	*at = '\0';
	refuse(der.data, der.len, "signature is wrong");
	resign(&der, key);
	refuse(der.data, der.len, "is not a DNS name");
	buf_clear(&der);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
}

static void keys_of_requests_made_elsewhere(void **state)
{
	const struct {
		EVP_PKEY *key;
		enum key_type type;
		bool good;
	} t[] = {
		{EVP_RSA_gen(2048), KEY_RSA2048, true}, {EVP_RSA_gen(3072), KEY_RSA3072, true},
		{EVP_EC_gen("P-256"), KEY_EC_P256, true}, {EVP_EC_gen("P-384"), KEY_EC_P384, true},
		{EVP_RSA_gen(1024), 0, false}, {EVP_RSA_gen(2056), 0, false}, {EVP_EC_gen("P-521"), 0, false},
		{EVP_EC_gen("secp256k1"), 0, false}, {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct err e = ERR_INIT;
		struct csr *c = NULL;
		X509_REQ *req;
		struct buf der;

		/* Some distributions leave the less usual curves out. */
		if (t[i].key == NULL && !t[i].good)
			continue;
		req = foreign_request(&(struct foreign){.san = "DNS:a.jp"}, t[i].key, t[i].key);
		der_of(req, &der);
		if (t[i].good) {
			assert_int_equal(csr_load(der.data, der.len, &c, &e), 0);
			assert_int_equal(csr_key_type(c), t[i].type);
			csr_free(c);
		} else {
			refuse(der.data, der.len, "of a kind that is not supported");
		}
		buf_clear(&der);
		X509_REQ_free(req);
		EVP_PKEY_free(t[i].key);
	}
}

static void requests_of_ours_are_read_again(void **state)
{
	struct key *k = made(KEY_EC_P384);
	struct strs names = {0};
	struct err e = ERR_INIT;
	struct csr *c = NULL;
	struct buf der, again;
	char *hex = NULL;

	(void)state;
	strs_add(&names, "*.example.jp");
	strs_add(&names, "example.jp");
	buf_init(&der, CSR_PEM_MAX);
	buf_init(&again, CSR_PEM_MAX);
	assert_int_equal(csr_make(k, &names, &der, &e), 0);
	assert_int_equal(csr_load(der.data, der.len, &c, &e), 0);
	assert_true(strs_eq(csr_names(c), &names));
	assert_int_equal(csr_key_type(c), KEY_EC_P384);
	assert_int_equal(key_spki_sha256(k, &hex, &e), 0);
	assert_string_equal(csr_spki_sha256(c), hex);
	assert_int_equal(csr_save_der(c, &again, &e), 0);
	assert_int_equal(again.len, der.len);
	assert_memory_equal(again.data, der.data, der.len);
	free(hex);
	buf_clear(&again);
	buf_clear(&der);
	csr_free(c);
	csr_free(NULL);
	strs_clear(&names);
	key_free(k);
}

static void both_labels_of_pem_are_read(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_REQ *req = foreign_request(&(struct foreign){.san = "DNS:a.jp"}, key, key);

	(void)state;
	for (int old = 0; old < 2; old++) {
		struct err e = ERR_INIT;
		struct csr *c = NULL;
		struct buf pem;

		pem_of(req, old == 1, &pem);
		assert_int_equal(csr_load(pem.data, pem.len, &c, &e), 0);
		assert_string_equal(csr_names(c)->item[0], "a.jp");
		csr_free(c);
		c = NULL;
		assert_int_equal(buf_append_str(&pem, "\n \n"), 0);
		assert_int_equal(csr_load(pem.data, pem.len, &c, &e), 0);
		csr_free(c);
		assert_int_equal(buf_append_str(&pem, "x"), 0);
		refuse(pem.data, pem.len, "and nothing else");
		buf_clear(&pem);
	}
	X509_REQ_free(req);
	EVP_PKEY_free(key);
}

static void anything_but_one_request_is_refused(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *stranger = EVP_EC_gen("P-256");
	X509_REQ *req = foreign_request(&(struct foreign){.san = "DNS:a.jp"}, key, key);
	X509_REQ *stolen = foreign_request(&(struct foreign){.san = "DNS:a.jp"}, key, stranger);
	struct buf der, pem;
	char *twice;

	(void)state;
	refuse("", 0, "and nothing else");
	refuse("hello", 5, "and nothing else");
	refuse("0", 1, "and nothing else");
	der_of(stolen, &der);
	refuse(der.data, der.len, "signature is wrong");
	buf_clear(&der);
	der_of(req, &der);
	for (size_t len = 0; len < der.len; len++)
		refuse(der.data, len, "and nothing else");
	assert_int_equal(buf_append(&der, "", 1), 0);
	refuse(der.data, der.len, "and nothing else");
	buf_clear(&der);
	pem_of(req, false, &pem);
	for (size_t len = 0; len + 1 < pem.len; len += 3)
		refuse(pem.data, len, "and nothing else");
	twice = str_fmt("%s%s", pem.data, pem.data);
	refuse(twice, strlen(twice), "and nothing else");
	free(twice);
	while (pem.len <= CSR_PEM_MAX)
		assert_int_equal(buf_append_str(&pem, "\n\n\n\n"), 0);
	refuse(pem.data, pem.len, "and nothing else");
	buf_clear(&pem);
	X509_REQ_free(stolen);
	X509_REQ_free(req);
	EVP_PKEY_free(stranger);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_common_name_are_as_ordered),
		cmocka_unit_test(each_type_of_key_signs_in_its_way),
		cmocka_unit_test(a_hundred_names_fit),
		cmocka_unit_test(what_is_no_dns_name_is_refused),
		cmocka_unit_test(names_of_requests_made_elsewhere),
		cmocka_unit_test(a_nul_inside_a_name_is_refused),
		cmocka_unit_test(keys_of_requests_made_elsewhere),
		cmocka_unit_test(requests_of_ours_are_read_again),
		cmocka_unit_test(both_labels_of_pem_are_read),
		cmocka_unit_test(anything_but_one_request_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
