/* Certificates for tests, made with OpenSSL alone so that they do not lean on what is tested. Failures end the test. */
#ifndef TEGATA_TESTS_X509_MAKER_H
#define TEGATA_TESTS_X509_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

struct maker_spec {
	const char *subject;       /* common name; NULL = empty subject */
	const char *const *sans;   /* as in OpenSSL's settings: "DNS:a.jp", "IP:192.0.2.1"; ends with NULL; NULL = none */
	const char *basic;         /* basicConstraints, such as "critical,CA:TRUE"; NULL = none */
	const char *usage;         /* keyUsage; NULL = none */
	const char *extended;      /* extendedKeyUsage; NULL = none */
	const char *access;        /* authorityInfoAccess, such as "OCSP;URI:http://ocsp.example/"; NULL = none */
	const char *crls;          /* crlDistributionPoints, such as "URI:http://crl.example/1"; NULL = none */
	bool key_ids;              /* subjectKeyIdentifier, and authorityKeyIdentifier when the issuer has one */
	const char *serial;        /* hex; NULL = "01" */
	int64_t from;
	int64_t to;
	EVP_PKEY *key;
	X509 *issuer;              /* NULL = self-signed */
	EVP_PKEY *issuer_key;      /* NULL = key */
};

EVP_PKEY *maker_key(void);
X509 *maker_cert(const struct maker_spec *spec);
/* Owned by the caller; freed with free(). */
char *maker_cert_pem(X509 *x);
char *maker_key_pem(EVP_PKEY *key);
/* Each adds one more extension, even where there is one already; sign again afterwards. */
void maker_add_basic_constraints(X509 *x);
/* A dNSName whose octets OpenSSL's settings could not express. */
void maker_add_raw_dns(X509 *x, const char *octets, size_t len);
void maker_sign(X509 *x, EVP_PKEY *key);

#endif
