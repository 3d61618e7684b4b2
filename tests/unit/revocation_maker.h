/* Certificates of a small CA, and what the tests of OCSP and of lists have in common. */
#ifndef TEGATA_TESTS_REVOCATION_MAKER_H
#define TEGATA_TESTS_REVOCATION_MAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/str.h"
#include "pki/revocation.h"
#include "x509_maker.h"

#define T0 1771459200 /* 2026-02-19T00:00:00Z */
#define DAY 86400
#define NOW (T0 + 10 * DAY)

/* Whose certificates and keys a test may name. */
enum who { CA, NAMESAKE, LEAF, OTHER, RESPONDER, NO_USAGE, OLD_RESPONDER, FOREIGN_RESPONDER, PLAIN_CA, WHO_COUNT };

struct fixture {
	EVP_PKEY *key[WHO_COUNT];
	X509 *x[WHO_COUNT];
	struct cert *leaf, *issuer;
};

static inline struct cert *loaded(X509 *x)
{
	struct err e = ERR_INIT;
	struct cert *c = NULL;
	char *pem = maker_cert_pem(x);

	if (cert_load_pem(pem, strlen(pem), &c, &e) != 0)
		fail_msg("%s", e.cause);
	free(pem);
	return c;
}

static inline void make(struct fixture *f, enum who who, struct maker_spec spec)
{
	f->key[who] = maker_key();
	spec.key = f->key[who];
	if (spec.from == 0)
		spec.from = T0;
	if (spec.to == 0)
		spec.to = T0 + 90 * DAY;
	f->x[who] = maker_cert(&spec);
}

static inline struct maker_spec ca_spec(const char *usage)
{
	return (struct maker_spec){.subject = "CA", .basic = "critical,CA:TRUE", .usage = usage, .from = T0 - 100 * DAY,
	                           .to = T0 + 1000 * DAY};
}

static inline struct maker_spec issued(const struct fixture *f, enum who issuer, const char *name, const char *serial,
                                const char *extended)
{
	return (struct maker_spec){.subject = name, .serial = serial, .extended = extended, .issuer = f->x[issuer],
	                           .issuer_key = f->key[issuer]};
}

static inline int revocation_setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);
	struct maker_spec spec;

	make(f, CA, ca_spec("keyCertSign,cRLSign"));
	make(f, NAMESAKE, ca_spec("keyCertSign,cRLSign"));
	make(f, PLAIN_CA, ca_spec("keyCertSign"));
	spec = issued(f, CA, "example.jp", "00F1E2D3C4", NULL);
	spec.crls = "URI:http://crl.example/1,URI:http://crl.example/2";
	make(f, LEAF, spec);
	make(f, OTHER, issued(f, CA, "other.jp", "05", NULL));
	make(f, RESPONDER, issued(f, CA, "Responder", "06", "OCSPSigning"));
	make(f, NO_USAGE, issued(f, CA, "No Responder", "07", "serverAuth"));
	spec = issued(f, CA, "Old Responder", "08", "OCSPSigning");
	spec.to = T0 + 5 * DAY;
	make(f, OLD_RESPONDER, spec);
	make(f, FOREIGN_RESPONDER, issued(f, NAMESAKE, "Responder", "09", "OCSPSigning"));
	f->leaf = loaded(f->x[LEAF]);
	f->issuer = loaded(f->x[CA]);
	*state = f;
	return 0;
}

static inline int revocation_teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < WHO_COUNT; i++) {
		X509_free(f->x[i]);
		EVP_PKEY_free(f->key[i]);
	}
	cert_free(f->leaf);
	cert_free(f->issuer);
	free(f);
	return 0;
}

static inline ASN1_TIME *time_of(int64_t t)
{
	ASN1_TIME *out = t != 0 ? ASN1_TIME_set(NULL, (time_t)t) : NULL;

	assert_true(t == 0 || out != NULL);
	return out;
}

static inline X509_EXTENSION *strange_extension(void)
{
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *out;

	assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2), 1);
	out = X509_EXTENSION_create_by_OBJ(NULL, id, 1, value);
	assert_non_null(out);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(id);
	return out;
}

static inline void check_result(int rc, const struct err *e, const char *words, size_t row)
{
	if (words == NULL && rc != 0)
		fail_msg("row %zu: %s", row, e->cause);
	if (words == NULL)
		return;
	if (rc == 0)
		fail_msg("row %zu: taken, but expected: %s", row, words);
	assert_int_equal(e->kind, ERR_CA);
	if (strstr(e->cause, words) == NULL)
		fail_msg("row %zu: \"%s\" instead of \"%s\"", row, e->cause, words);
}

/* For OCSP and lists alike. */
static const struct {
	int64_t this_update, next_update;
	const char *words; /* NULL = right */
} times[] = {
	{NOW, NOW + DAY, NULL},
	{NOW + 300, NOW + DAY, NULL},
	{NOW + 301, NOW + DAY, "from the future"},
	{NOW - DAY, NOW, NULL},
	{NOW - DAY, NOW - 300, NULL},
	{NOW - DAY, NOW - 301, "out of date"},
	{NOW - 100, NOW - 200, "ends before it begins"},
	{NOW - 7 * DAY, 0, NULL},
	{NOW - 7 * DAY - 1, 0, "out of date"},
	{NOW - 400 * (int64_t)DAY, NOW + DAY, NULL},
};

/* What it is refused with does not matter; that it is, and that nothing breaks, does. */
static inline void refuse_bytes(const struct fixture *f, const char *data, size_t len, bool crl)
{
	char *exact = mem_new(len + 1, 1); /* so that reading past the end is seen */
	struct revocation out = {0};
	struct err e = ERR_INIT;
	int rc;

	exact = mem_resize(exact, len > 0 ? len : 1, 1);
	memcpy(exact, data, len);
	if (crl)
		rc = revocation_crl_read(exact, len, f->leaf, f->issuer, NOW, &out, &e);
	else
		rc = revocation_ocsp_read(exact, len, f->leaf, f->issuer, NOW, &out, &e);
	assert_int_equal(rc, -1);
	assert_int_equal(e.kind, ERR_CA);
	err_clear(&e);
	free(exact);
}

static inline void refuse_damaged(const struct fixture *f, struct buf *der, bool crl)
{
	uint32_t random = 1;
	char noise[512];

	for (size_t len = 0; len < der->len; len++)
		refuse_bytes(f, der->data, len, crl);
	assert_int_equal(buf_append(der, "", 1), 0);
	refuse_bytes(f, der->data, der->len, crl);
	for (int round = 0; round < 500; round++) {
		for (size_t i = 0; i < sizeof noise; i++) {
			random = random * 1664525 + 1013904223;
			noise[i] = (char)(random >> 24);
		}
		if (round % 2 == 0)
			memcpy(noise, "\x30\x82\x01\xfc", 4);
		refuse_bytes(f, noise, sizeof noise, crl);
	}
}

/* A flipped octet may hit what is not signed, such as a copy of the signer's certificate; it must not break anything. */
static inline void turn_octets(const struct fixture *f, const struct buf *der, bool crl)
{
	for (size_t i = 0; i < der->len; i++) {
		struct revocation out = {0};
		struct err e = ERR_INIT;
		int rc;

		der->data[i] ^= 0x41;
		if (crl)
			rc = revocation_crl_read(der->data, der->len, f->leaf, f->issuer, NOW, &out, &e);
		else
			rc = revocation_ocsp_read(der->data, der->len, f->leaf, f->issuer, NOW, &out, &e);
		if (rc == 0)
			assert_int_equal(out.status, REVOCATION_REVOKED);
		der->data[i] ^= 0x41;
		err_clear(&e);
	}
}

#endif
