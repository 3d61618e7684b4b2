/* The certificates of the fake CA: its own, and those it issues. */
#ifndef TEGATA_TESTS_FAKE_CERT_H
#define TEGATA_TESTS_FAKE_CERT_H

#include "fake_ca.h"

void fake_cert_make_cas(struct fake_ca *ca);
void fake_cert_clear_cas(struct fake_ca *ca);
/* For the order, with the key of its request; leaf and pem are there afterwards. */
void fake_cert_issue(struct fake_ca *ca, size_t order, EVP_PKEY *key);
/* Alternate chain number 1, 2 … of an issued order; owned. */
char *fake_cert_alternate(const struct fake_ca *ca, const struct fake_order *o, size_t number);
/* RFC 9773's, and the serial's content octets in lower-case hex; owned. */
char *fake_cert_id(X509 *x);
char *fake_cert_serial(X509 *x);

#endif
