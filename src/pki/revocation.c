#include "config.h"

#include "pki/revocation.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "internal.h"

#define LEEWAY_SEC 300
#define UNDATED_MAX_SEC (7 * CLOCK_DAY_SEC) /* how old an answer may be that does not say when the next one comes */
#define REASON_LAST 10
#define REASON_UNUSED 7

static const char *const names[] = {"good", "revoked", "unknown"};

const char *revocation_status_name(enum revocation_status s)
{
	return names[s];
}

static int check_pair(const struct cert *leaf, const struct cert *issuer, struct err *e)
{
	int code = X509_check_issued(cert_x509(issuer), cert_x509(leaf));

	ERR_clear_error();
	if (code == X509_V_OK)
		return 0;
	return err_set(e, ERR_CERTIFICATE, _("the certificate was not issued by the one behind it (%s)"),
	               cert_subject(issuer));
}

int revocation_ocsp_request(const struct cert *leaf, const struct cert *issuer, struct buf *der, struct err *e)
{
	OCSP_REQUEST *req;
	OCSP_CERTID *id;
	BIO *bio;
	int rc = -1;

	if (check_pair(leaf, issuer, e) != 0)
		return -1;
	req = OCSP_REQUEST_new();
	bio = BIO_new(BIO_s_mem());
	/* SHA-1 is the one digest that every responder knows. */
	id = OCSP_cert_to_id(EVP_sha1(), cert_x509(leaf), cert_x509(issuer));
	if (req == NULL || bio == NULL || id == NULL || OCSP_request_add0_id(req, id) == NULL) {
		ossl_fail(e, ERR_INTERNAL, _("cannot make a question about revocation"));
		goto out;
	}
	id = NULL;
	if (i2d_OCSP_REQUEST_bio(bio, req) != 1)
		ossl_fail(e, ERR_INTERNAL, _("cannot make a question about revocation"));
	else
		rc = ossl_take(bio, der, e);
out:
	OCSP_CERTID_free(id);
	BIO_free(bio);
	OCSP_REQUEST_free(req);
	return rc;
}

static int read_optional_time(const ASN1_TIME *t, int64_t *out)
{
	*out = 0;
	return t == NULL ? 0 : ossl_time(t, out);
}

/* NULL when an answer of these times may be believed now, else what is wrong. Puts nextUpdate into *next. */
static const char *check_times(const ASN1_TIME *this_update, const ASN1_TIME *next_update, int64_t now, int64_t *next)
{
	int64_t begin;

	if (ossl_time(this_update, &begin) != 0 || read_optional_time(next_update, next) != 0)
		return _("its times cannot be read");
	if (begin > now + LEEWAY_SEC)
		return _("it is from the future");
	if (next_update != NULL && *next < begin)
		return _("it ends before it begins");
	if (next_update != NULL ? *next < now - LEEWAY_SEC : begin < now - UNDATED_MAX_SEC)
		return _("it is out of date");
	return NULL;
}

static int reason_of(int64_t code)
{
	return code >= 0 && code <= REASON_LAST && code != REASON_UNUSED ? (int)code : -1;
}

/* Only what is signed by the issuer, or by somebody it has made a responder, counts; other roots have no say. */
static bool is_signed_for(OCSP_BASICRESP *basic, const struct cert *issuer, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *known = sk_X509_new_null();
	bool good = false;

	if (store != NULL && known != NULL && sk_X509_push(known, cert_x509(issuer)) > 0 &&
	    X509_STORE_add_cert(store, cert_x509(issuer)) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

		X509_VERIFY_PARAM_set_time(param, (time_t)now);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		good = OCSP_basic_verify(basic, known, store, OCSP_NOEXPLICIT) == 1;
	}
	ERR_clear_error();
	sk_X509_free(known);
	X509_STORE_free(store);
	return good;
}

/* Responders may name the certificate by another digest than the question did. */
static bool is_about(OCSP_SINGLERESP *single, const struct cert *leaf, const struct cert *issuer)
{
	/* OpenSSL's reader of an id does not take a const one, though it changes nothing. */
	OCSP_CERTID *theirs = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(single)), *ours = NULL;
	ASN1_OBJECT *digest = NULL;
	const EVP_MD *md = NULL;
	bool same = false;

	if (theirs != NULL && OCSP_id_get0_info(NULL, &digest, NULL, NULL, theirs) == 1)
		md = EVP_get_digestbyobj(digest);
	if (md != NULL)
		ours = OCSP_cert_to_id(md, cert_x509(leaf), cert_x509(issuer));
	same = ours != NULL && OCSP_id_cmp(ours, theirs) == 0;
	ERR_clear_error();
	OCSP_CERTID_free(ours);
	OCSP_CERTID_free(theirs);
	return same;
}

static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, const struct cert *leaf, const struct cert *issuer)
{
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);

		if (is_about(single, leaf, issuer))
			return single;
	}
	return NULL;
}

/* NULL, or what is wrong. */
static const char *read_single(OCSP_SINGLERESP *single, int64_t now, struct revocation *out)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
	int reason = -1, status = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);
	const char *wrong = check_times(this_update, next_update, now, &out->next_update);

	if (wrong != NULL)
		return wrong;
	if (OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0)
		return _("it holds something that must be understood and is not");
	out->reason = -1;
	switch (status) {
	case V_OCSP_CERTSTATUS_GOOD:
		out->status = REVOCATION_GOOD;
		return NULL;
	case V_OCSP_CERTSTATUS_UNKNOWN:
		out->status = REVOCATION_UNKNOWN;
		return NULL;
	case V_OCSP_CERTSTATUS_REVOKED:
		out->status = REVOCATION_REVOKED;
		out->reason = reason_of(reason);
		return read_optional_time(revoked, &out->revoked_at) != 0 ? _("its times cannot be read") : NULL;
	default:
		return _("its verdict cannot be read");
	}
}

static OCSP_RESPONSE *parse_response(const void *der, size_t len)
{
	const unsigned char *start = der, *p = der;
	OCSP_RESPONSE *response;

	if (len == 0 || len > REVOCATION_OCSP_MAX)
		return NULL;
	response = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	if (response == NULL || p == start + len)
		return response;
	OCSP_RESPONSE_free(response);
	return NULL;
}

/* `wrong` NULL = all is well. */
static int conclude(const char *wrong, const struct revocation *found, struct revocation *out, struct err *e)
{
	ERR_clear_error();
	if (wrong != NULL)
		return err_set(e, ERR_CA, _("the answer about revocation cannot be used: %s"), wrong);
	*out = *found;
	return 0;
}

int revocation_ocsp_read(const void *der, size_t len, const struct cert *leaf, const struct cert *issuer, int64_t now,
                         struct revocation *out, struct err *e)
{
	OCSP_RESPONSE *response = NULL;
	OCSP_BASICRESP *basic = NULL;
	OCSP_SINGLERESP *single = NULL;
	struct revocation found = {0};
	const char *wrong = NULL;

	if (check_pair(leaf, issuer, e) != 0)
		return -1;
	response = parse_response(der, len);
	if (response == NULL)
		wrong = _("it is no OCSP response");
	else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		wrong = OCSP_response_status_str(OCSP_response_status(response));
	else if ((basic = OCSP_response_get1_basic(response)) == NULL)
		wrong = _("it is no OCSP response");
	else if (!is_signed_for(basic, issuer, now))
		wrong = _("it is not signed by the issuer of the certificate or for it");
	else if (OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1) >= 0)
		wrong = _("it holds something that must be understood and is not");
	else if ((single = find_single(basic, leaf, issuer)) == NULL)
		wrong = _("it is about another certificate");
	else
		wrong = read_single(single, now, &found);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return conclude(wrong, &found, out, e);
}

/* DER, or one block of PEM; NULL when it is neither. */
static X509_CRL *parse_crl(const char *data, size_t len)
{
	const char *pos = data, *end = data + len;
	const unsigned char *p;
	X509_CRL *crl = NULL;
	struct buf der;

	if (len == 0 || len > INT32_MAX)
		return NULL;
	buf_init(&der, len);
	if (data[0] != 0x30 && (pem_next("X509 CRL", &pos, end, &der) != 1 || pem_next("X509 CRL", &pos, end, &der) != 0))
		goto out;
	p = (const unsigned char *)(der.len > 0 ? der.data : data);
	end = der.len > 0 ? der.data + der.len : end;
	crl = d2i_X509_CRL(NULL, &p, (long)(end - (const char *)p));
	if (crl != NULL && p != (const unsigned char *)end) {
		X509_CRL_free(crl);
		crl = NULL;
	}
out:
	buf_clear(&der);
	return crl;
}

static bool is_signed_by(X509_CRL *crl, const struct cert *issuer)
{
	X509 *x = cert_x509(issuer);
	EVP_PKEY *pkey = X509_get0_pubkey(x);

	return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(x)) == 0 && pkey != NULL &&
	       (X509_get_key_usage(x) & KU_CRL_SIGN) != 0 && X509_CRL_verify(crl, pkey) == 1;
}

/* A list split over several addresses names its own in itself: what is not in this one may be in another. */
static bool is_list_of(const ISSUING_DIST_POINT *point, const struct cert *leaf)
{
	const GENERAL_NAMES *full;

	if (point->distpoint == NULL)
		return true;
	if (point->distpoint->type != 0)
		return false;
	full = point->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(full); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(full, i);
		const ASN1_IA5STRING *uri = name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;
		const struct strs *urls = cert_crl_urls(leaf);

		for (size_t j = 0; uri != NULL && j < urls->count; j++)
			if (strlen(urls->item[j]) == (size_t)ASN1_STRING_length(uri) &&
			    memcmp(urls->item[j], ASN1_STRING_get0_data(uri), strlen(urls->item[j])) == 0)
				return true;
	}
	return false;
}

static const char *check_scope(X509_CRL *crl, const struct cert *leaf)
{
	int critical = -1;
	ISSUING_DIST_POINT *point = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
	const char *wrong = NULL;

	if (point == NULL)
		return critical == -1 ? NULL : _("what the list is about cannot be read");
	if (point->onlyCA > 0 || point->onlyattr > 0 || point->indirectCRL > 0 || point->onlysomereasons != NULL ||
	    !is_list_of(point, leaf))
		wrong = _("the list is about other certificates");
	ISSUING_DIST_POINT_free(point);
	return wrong;
}

static bool is_known_extension(X509_EXTENSION *extension)
{
	switch (OBJ_obj2nid(X509_EXTENSION_get_object(extension))) {
	case NID_issuing_distribution_point:
	case NID_authority_key_identifier:
	case NID_crl_number:
	case NID_crl_reason:
	case NID_invalidity_date:
		return true;
	default:
		return false;
	}
}

/* Also those of every entry: one that names another issuer changes what those behind it are about (RFC 5280 §5.3.3). */
static bool all_is_understood(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);

		if (X509_EXTENSION_get_critical(extension) && !is_known_extension(extension))
			return false;
	}
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);

		for (int j = 0; j < X509_REVOKED_get_ext_count(entry); j++) {
			X509_EXTENSION *extension = X509_REVOKED_get_ext(entry, j);

			if (X509_EXTENSION_get_critical(extension) && !is_known_extension(extension))
				return false;
		}
	}
	return true;
}

/* NULL, or what is wrong. */
static const char *look_up(X509_CRL *crl, const struct cert *leaf, struct revocation *out)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason;
	int64_t code = -1;

	out->status = REVOCATION_GOOD;
	out->reason = -1;
	if (X509_CRL_get0_by_serial(crl, &entry, X509_get0_serialNumber(cert_x509(leaf))) != 1)
		return NULL;
	reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	if (reason != NULL && ASN1_ENUMERATED_get_int64(&code, reason) != 1)
		code = -1;
	ASN1_ENUMERATED_free(reason);
	out->status = REVOCATION_REVOKED;
	out->reason = reason_of(code);
	if (ossl_time(X509_REVOKED_get0_revocationDate(entry), &out->revoked_at) != 0)
		return _("its times cannot be read");
	return NULL;
}

int revocation_crl_read(const void *data, size_t len, const struct cert *leaf, const struct cert *issuer, int64_t now,
                        struct revocation *out, struct err *e)
{
	struct revocation found = {0};
	X509_CRL *crl = NULL;
	const char *wrong;

	if (check_pair(leaf, issuer, e) != 0)
		return -1;
	crl = parse_crl(data, len);
	if (crl == NULL)
		wrong = _("it is no certificate revocation list");
	else if (!is_signed_by(crl, issuer))
		wrong = _("it is not signed by the issuer of the certificate or for it");
	else if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		wrong = _("it holds only changes to another list");
	else if (!all_is_understood(crl))
		wrong = _("it holds something that must be understood and is not");
	else
		wrong = check_times(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), now, &found.next_update);
	if (wrong == NULL)
		wrong = check_scope(crl, leaf);
	if (wrong == NULL)
		wrong = look_up(crl, leaf, &found);
	X509_CRL_free(crl);
	return conclude(wrong, &found, out, e);
}
