#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ocsp.h>

#include "revocation_maker.h"

#define UNSIGNED_WORDS "is not signed by the issuer"

/* One OCSP response. */
struct answer {
	enum who about;     /* LEAF or OTHER */
	enum who issuer;    /* CA or NAMESAKE, in the id */
	const char *digest; /* of the id; NULL = SHA1 */
	int status;         /* V_OCSP_CERTSTATUS_… */
	int reason;         /* -1 = none */
	int64_t this_update;
	int64_t next_update; /* 0 = none */
	enum who signer;
	bool critical;      /* with an extension nobody knows */
	bool critical_all;  /* the same, in the whole */
};

#define IN_TIME .this_update = NOW - 3600, .next_update = NOW + 3600
#define GOOD_ANSWER .status = V_OCSP_CERTSTATUS_GOOD, .reason = -1, .about = LEAF, IN_TIME

static OCSP_SINGLERESP *add_single(const struct fixture *f, OCSP_BASICRESP *basic, const struct answer *a)
{
	const EVP_MD *md = EVP_get_digestbyname(a->digest != NULL ? a->digest : "SHA1");
	OCSP_CERTID *id = OCSP_cert_to_id(md, f->x[a->about], f->x[a->issuer]);
	ASN1_TIME *revoked = time_of(a->status == V_OCSP_CERTSTATUS_REVOKED ? T0 + DAY : 0);
	ASN1_TIME *this_update = time_of(a->this_update), *next_update = time_of(a->next_update);
	OCSP_SINGLERESP *single = OCSP_basic_add1_status(basic, id, a->status, a->reason, revoked, this_update, next_update);

	assert_non_null(single);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(revoked);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	return single;
}

static void respond(int status, OCSP_BASICRESP *basic, struct buf *out)
{
	OCSP_RESPONSE *response = OCSP_response_create(status, basic);
	unsigned char *der = NULL;
	int len = i2d_OCSP_RESPONSE(response, &der);

	assert_true(len > 0);
	buf_init(out, REVOCATION_OCSP_MAX + 1);
	assert_int_equal(buf_append(out, der, (size_t)len), 0);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
}

static void answer(const struct fixture *f, const struct answer *a, struct buf *out)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_SINGLERESP *single = add_single(f, basic, a);
	X509_EXTENSION *strange = strange_extension();

	if (a->critical)
		assert_int_equal(OCSP_SINGLERESP_add_ext(single, strange, -1), 1);
	if (a->critical_all)
		assert_int_equal(OCSP_BASICRESP_add_ext(basic, strange, -1), 1);
	assert_int_equal(OCSP_basic_sign(basic, f->x[a->signer], f->key[a->signer], EVP_sha256(), NULL, 0), 1);
	respond(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic, out);
	X509_EXTENSION_free(strange);
	OCSP_BASICRESP_free(basic);
}

/* `words` NULL = it must be taken. */
static struct revocation read_ocsp(const struct fixture *f, const struct buf *der, const char *words, size_t row)
{
	struct revocation out = {.next_update = 12345};
	struct err e = ERR_INIT;

	check_result(revocation_ocsp_read(der->data, der->len, f->leaf, f->issuer, NOW, &out, &e), &e, words, row);
	if (words != NULL)
		assert_int_equal(out.next_update, 12345);
	err_clear(&e);
	return out;
}

static void names_of_states(void **state)
{
	(void)state;
	assert_string_equal(revocation_status_name(REVOCATION_GOOD), "good");
	assert_string_equal(revocation_status_name(REVOCATION_REVOKED), "revoked");
	assert_string_equal(revocation_status_name(REVOCATION_UNKNOWN), "unknown");
}

static void the_question_names_the_certificate(void **state)
{
	const struct fixture *f = *state;
	struct err e = ERR_INIT;
	OCSP_REQUEST *req;
	OCSP_CERTID *expected = OCSP_cert_to_id(EVP_sha1(), f->x[LEAF], f->x[CA]);
	const unsigned char *p;
	struct buf der;

	buf_init(&der, 4096);
	assert_int_equal(revocation_ocsp_request(f->leaf, f->issuer, &der, &e), 0);
	p = (const unsigned char *)der.data;
	req = d2i_OCSP_REQUEST(NULL, &p, (long)der.len);
	assert_non_null(req);
	assert_ptr_equal(p, der.data + der.len);
	assert_int_equal(OCSP_request_onereq_count(req), 1);
	assert_int_equal(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(req, 0)), expected), 0);
	assert_int_equal(OCSP_REQUEST_get_ext_count(req), 0);
	OCSP_REQUEST_free(req);
	assert_int_equal(revocation_ocsp_request(f->leaf, f->leaf, &der, &e), -1);
	assert_int_equal(e.kind, ERR_CERTIFICATE);
	err_clear(&e);
	OCSP_CERTID_free(expected);
	buf_clear(&der);
}

static void answers_are_believed_or_not(void **state)
{
	static const struct {
		struct answer a;
		const char *words; /* NULL = good */
	} t[] = {
		{{GOOD_ANSWER, .signer = CA}, NULL},
		{{GOOD_ANSWER, .signer = CA, .digest = "SHA256"}, NULL},
		{{GOOD_ANSWER, .signer = RESPONDER}, NULL},
		{{GOOD_ANSWER, .signer = NO_USAGE}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = OLD_RESPONDER}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = FOREIGN_RESPONDER}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = NAMESAKE}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = OTHER}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = LEAF}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = NAMESAKE, .issuer = NAMESAKE}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = CA, .issuer = NAMESAKE}, UNSIGNED_WORDS},
		{{GOOD_ANSWER, .signer = CA, .critical = true}, "must be understood"},
		{{GOOD_ANSWER, .signer = CA, .critical_all = true}, "must be understood"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct revocation out;
		struct buf der;

		answer(f, &t[i].a, &der);
		out = read_ocsp(f, &der, t[i].words, i);
		if (t[i].words == NULL) {
			assert_int_equal(out.status, REVOCATION_GOOD);
			assert_int_equal(out.next_update, NOW + 3600);
			assert_int_equal(out.revoked_at, 0);
			assert_int_equal(out.reason, -1);
		}
		buf_clear(&der);
	}
}

static void an_answer_about_another_is_none(void **state)
{
	const struct answer other = {IN_TIME, .reason = -1, .about = OTHER, .signer = CA};
	const struct fixture *f = *state;
	struct buf der;

	answer(f, &other, &der);
	read_ocsp(f, &der, "is about another certificate", 0);
	buf_clear(&der);
}

static void the_right_one_of_several_is_read(void **state)
{
	const struct answer other = {IN_TIME, .reason = -1, .about = OTHER};
	const struct answer mine = {IN_TIME, .about = LEAF, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 4};
	const struct fixture *f = *state;
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	struct revocation out;
	struct buf der;

	add_single(f, basic, &other);
	add_single(f, basic, &mine);
	assert_int_equal(OCSP_basic_sign(basic, f->x[CA], f->key[CA], EVP_sha256(), NULL, 0), 1);
	respond(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic, &der);
	out = read_ocsp(f, &der, NULL, 0);
	assert_int_equal(out.status, REVOCATION_REVOKED);
	assert_int_equal(out.reason, 4);
	buf_clear(&der);
	OCSP_BASICRESP_free(basic);
}

static void verdicts_are_told(void **state)
{
	static const struct {
		int status, reason;
		enum revocation_status expected;
		int64_t revoked_at;
		int expected_reason;
	} t[] = {
		{V_OCSP_CERTSTATUS_GOOD, -1, REVOCATION_GOOD, 0, -1},
		{V_OCSP_CERTSTATUS_UNKNOWN, -1, REVOCATION_UNKNOWN, 0, -1},
		{V_OCSP_CERTSTATUS_REVOKED, -1, REVOCATION_REVOKED, T0 + DAY, -1},
		{V_OCSP_CERTSTATUS_REVOKED, 0, REVOCATION_REVOKED, T0 + DAY, 0},
		{V_OCSP_CERTSTATUS_REVOKED, 1, REVOCATION_REVOKED, T0 + DAY, 1},
		{V_OCSP_CERTSTATUS_REVOKED, 10, REVOCATION_REVOKED, T0 + DAY, 10},
		{V_OCSP_CERTSTATUS_REVOKED, 7, REVOCATION_REVOKED, T0 + DAY, -1},
		{V_OCSP_CERTSTATUS_REVOKED, 99, REVOCATION_REVOKED, T0 + DAY, -1},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct answer a = {GOOD_ANSWER, .signer = CA};
		struct revocation out;
		struct buf der;

		a.status = t[i].status;
		a.reason = t[i].reason;
		answer(f, &a, &der);
		out = read_ocsp(f, &der, NULL, i);
		assert_int_equal(out.status, t[i].expected);
		assert_int_equal(out.revoked_at, t[i].revoked_at);
		assert_int_equal(out.reason, t[i].expected_reason);
		buf_clear(&der);
	}
}

static void answers_have_their_time(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct answer a = {GOOD_ANSWER, .signer = CA};
		struct buf der;

		a.this_update = times[i].this_update;
		a.next_update = times[i].next_update;
		answer(f, &a, &der);
		read_ocsp(f, &der, times[i].words, i);
		buf_clear(&der);
	}
}

static void refusals_have_their_name(void **state)
{
	static const struct {
		int status;
		const char *words;
	} t[] = {
		{OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, "malformedrequest"},
		{OCSP_RESPONSE_STATUS_INTERNALERROR, "internalerror"},
		{OCSP_RESPONSE_STATUS_TRYLATER, "trylater"},
		{OCSP_RESPONSE_STATUS_SIGREQUIRED, "sigrequired"},
		{OCSP_RESPONSE_STATUS_UNAUTHORIZED, "unauthorized"},
		{OCSP_RESPONSE_STATUS_SUCCESSFUL, "it is no OCSP response"}, /* and nothing in it */
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf der;

		respond(t[i].status, NULL, &der);
		read_ocsp(f, &der, t[i].words, i);
		buf_clear(&der);
	}
}

static void damaged_answers_are_none(void **state)
{
	const struct answer a = {IN_TIME, .about = LEAF, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = -1,
	                         .signer = RESPONDER};
	const struct fixture *f = *state;
	struct buf der;

	answer(f, &a, &der);
	read_ocsp(f, &der, NULL, 0);
	turn_octets(f, &der, false);
	refuse_damaged(f, &der, false);
	while (der.len <= REVOCATION_OCSP_MAX)
		assert_int_equal(buf_append(&der, "", 1), 0);
	refuse_bytes(f, der.data, der.len, false);
	buf_clear(&der);
}

static void leaf_and_issuer_belong_together(void **state)
{
	const struct answer a = {GOOD_ANSWER, .signer = CA};
	const struct fixture *f = *state;
	struct revocation out = {0};
	struct err e = ERR_INIT;
	struct buf der;

	answer(f, &a, &der);
	assert_int_equal(revocation_ocsp_read(der.data, der.len, f->leaf, f->leaf, NOW, &out, &e), -1);
	assert_int_equal(e.kind, ERR_CERTIFICATE);
	err_clear(&e);
	assert_int_equal(revocation_crl_read(der.data, der.len, f->leaf, f->leaf, NOW, &out, &e), -1);
	assert_int_equal(e.kind, ERR_CERTIFICATE);
	err_clear(&e);
	buf_clear(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_states),
		cmocka_unit_test(the_question_names_the_certificate),
		cmocka_unit_test(answers_are_believed_or_not),
		cmocka_unit_test(an_answer_about_another_is_none),
		cmocka_unit_test(the_right_one_of_several_is_read),
		cmocka_unit_test(verdicts_are_told),
		cmocka_unit_test(answers_have_their_time),
		cmocka_unit_test(refusals_have_their_name),
		cmocka_unit_test(damaged_answers_are_none),
		cmocka_unit_test(leaf_and_issuer_belong_together),
	};

	return cmocka_run_group_tests(tests, revocation_setup, revocation_teardown);
}
