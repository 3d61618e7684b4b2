#include "config.h"

#include "fake_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "../unit/x509_maker.h"
#include "data/b64url.h"

#define DAY 86400
#define BACKDATED 3600
#define SERIAL_MAX 64

static X509 *make_ca(const struct fake_ca *ca, const char *subject, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	int64_t now = clock_now(ca->clock);
	struct maker_spec spec = { .subject = subject, .basic = "critical,CA:TRUE", .key_ids = true, .from = now - 100 * DAY,
	                           .to = now + 3650 * (int64_t)DAY, .key = key, .issuer = issuer, .issuer_key = issuer_key };

	return maker_cert(&spec);
}

void fake_cert_make_cas(struct fake_ca *ca)
{
	ca->root_key = maker_key();
	ca->root = make_ca(ca, "Fake Root", ca->root_key, NULL, NULL);
	ca->middle_key = maker_key();
	ca->middle = make_ca(ca, "Fake CA", ca->middle_key, ca->root, ca->root_key);
	ca->other_root_key = maker_key();
	ca->other_root = make_ca(ca, "Other Root", ca->other_root_key, NULL, NULL);
	ca->cross_middle = make_ca(ca, "Fake CA", ca->middle_key, ca->other_root, ca->other_root_key);
	ca->cross_root = make_ca(ca, "Fake Root", ca->root_key, ca->other_root, ca->other_root_key);
}

void fake_cert_clear_cas(struct fake_ca *ca)
{
	EVP_PKEY_free(ca->root_key);
	EVP_PKEY_free(ca->middle_key);
	EVP_PKEY_free(ca->other_root_key);
	X509_free(ca->root);
	X509_free(ca->middle);
	X509_free(ca->other_root);
	X509_free(ca->cross_middle);
	X509_free(ca->cross_root);
}

static void append(char **text, char *more)
{
	str_replace(text, str_fmt("%s%s", *text, more));
	free(more);
}

static void make_chain(struct fake_ca *ca, struct fake_order *o)
{
	if (ca->fault == FAKE_NO_CERT) {
		o->pem = str_dup("<html>one moment please</html>");
		return;
	}
	o->pem = maker_cert_pem(o->leaf);
	if (ca->fault == FAKE_KEY_IN_CHAIN)
		append(&o->pem, maker_key_pem(ca->root_key));
	if (ca->fault != FAKE_NO_CHAIN)
		append(&o->pem, maker_cert_pem(ca->middle));
}

char *fake_cert_alternate(const struct fake_ca *ca, const struct fake_order *o, size_t number)
{
	char *pem = maker_cert_pem(o->leaf);

	append(&pem, maker_cert_pem(number == 1 ? ca->cross_middle : ca->middle));
	if (number > 1)
		append(&pem, maker_cert_pem(ca->cross_root));
	return pem;
}

static int64_t validity_of(const struct fake_ca *ca, const struct fake_order *o)
{
	for (size_t i = 0; i < FAKE_PROFILES_MAX && ca->profile[i].name != NULL; i++)
		if (str_eq(ca->profile[i].name, o->profile) && ca->profile[i].validity_sec != 0)
			return ca->profile[i].validity_sec;
	return ca->validity_sec;
}

static void set_times(const struct fake_ca *ca, const struct fake_order *o, struct maker_spec *spec)
{
	int64_t now = clock_now(ca->clock), validity = validity_of(ca, o);

	spec->from = now - BACKDATED;
	spec->to = now + 90 * DAY;
	if (validity != 0) {
		spec->from = now - (validity / 10 < BACKDATED ? validity / 10 : BACKDATED);
		spec->to = spec->from + validity - 1;
	}
	if (ca->fault == FAKE_EXPIRED)
		spec->from = now - 10 * DAY, spec->to = now - DAY;
	if (ca->fault == FAKE_NOT_YET)
		spec->from = now + 10 * DAY;
}

static void name_subjects(const struct fake_ca *ca, const struct fake_order *o, struct strs *sans)
{
	for (size_t i = ca->fault == FAKE_MISSING_NAME; i < o->names.count; i++)
		strs_take(sans, str_fmt("DNS:%s", o->names.item[i]));
	if (ca->fault == FAKE_OTHER_NAME)
		strs_add(sans, "DNS:evil.example");
}

void fake_cert_issue(struct fake_ca *ca, size_t order, EVP_PKEY *key)
{
	struct fake_order *o = &ca->order[order];
	EVP_PKEY *other = ca->fault == FAKE_OTHER_KEY ? maker_key() : NULL;
	struct strs sans = { 0 };
	const char **list = mem_new(o->names.count + 2, sizeof *list);
	char *serial = str_fmt("80%06zx", order + 1);
	char *access = ca->ocsp_url != NULL ? str_fmt("OCSP;URI:%s", ca->ocsp_url) : NULL;
	char *crls = ca->crl_url != NULL ? str_fmt("URI:%s", ca->crl_url) : NULL;
	struct maker_spec spec = { .basic = ca->fault == FAKE_CA_LEAF ? "critical,CA:TRUE" : "critical,CA:FALSE", .serial = serial,
	                           .access = access, .crls = crls, .key_ids = true, .key = other != NULL ? other : key,
	                           .issuer = ca->middle, .issuer_key = ca->middle_key };

	name_subjects(ca, o, &sans);
	for (size_t i = 0; i < sans.count; i++)
		list[i] = sans.item[i];
	spec.sans = sans.count > 0 ? list : NULL;
	set_times(ca, o, &spec);
	o->from = spec.from;
	o->to = spec.to;
	o->leaf = maker_cert(&spec);
	make_chain(ca, o);
	EVP_PKEY_free(other);
	strs_clear(&sans);
	free(list);
	free(serial);
	free(access);
	free(crls);
}

/* The content octets of the serial's DER, behind tag and length. */
static size_t serial_octets(X509 *x, unsigned char *out)
{
	unsigned char der[SERIAL_MAX + 2], *p = der;
	int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), NULL);

	assert_true(len > 2 && len <= (int)sizeof der);
	i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &p);
	memcpy(out, der + 2, (size_t)len - 2);
	return (size_t)len - 2;
}

char *fake_cert_id(X509 *x)
{
	const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(x);
	unsigned char octets[SERIAL_MAX];
	size_t n = serial_octets(x, octets);
	char *issuer, *serial, *id;

	assert_non_null(aki);
	issuer = b64url_encode(ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki));
	serial = b64url_encode(octets, n);
	id = str_fmt("%s.%s", issuer, serial);
	free(issuer);
	free(serial);
	return id;
}

char *fake_cert_serial(X509 *x)
{
	unsigned char octets[SERIAL_MAX];
	size_t n = serial_octets(x, octets);
	char *hex = mem_new(2 * n + 1, 1);

	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	return hex;
}
