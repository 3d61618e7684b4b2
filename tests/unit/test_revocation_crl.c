#include "config.h"

#include <openssl/pem.h>

#include "revocation_maker.h"

/* One list. */
struct list {
	int64_t this_update;
	int64_t next_update;  /* 0 = none */
	enum who signer;      /* CA by default: whose key */
	const char *issuer;   /* common name; NULL = "CA" */
	const char *revoked;  /* serial, hex; NULL = only another one is */
	int reason;           /* 0 = none */
	int odd;              /* ODD_… */
	const char *point;    /* URI of the issuing distribution point; NULL = none */
};

enum { ODD_NONE, ODD_DELTA, ODD_CRITICAL, ODD_HARMLESS, ODD_ENTRY, ODD_ONLY_USER, ODD_ONLY_CA, ODD_ONLY_ATTR, ODD_INDIRECT,
       ODD_REASONS, ODD_RELATIVE, ODD_BROKEN_POINT };

#define LEAF_SERIAL "F1E2D3C4"
#define IN_TIME .this_update = NOW - 3600, .next_update = NOW + 3600

static X509_REVOKED *entry_of(const char *serial_hex, int reason)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *when = time_of(T0 + DAY);
	BIGNUM *n = NULL;
	ASN1_INTEGER *serial;
	ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();

	assert_true(BN_hex2bn(&n, serial_hex) > 0);
	serial = BN_to_ASN1_INTEGER(n, NULL);
	assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(entry, when), 1);
	if (reason != 0) {
		assert_int_equal(ASN1_ENUMERATED_set(code, reason), 1);
		assert_int_equal(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, 0, 0), 1);
	}
	ASN1_ENUMERATED_free(code);
	ASN1_INTEGER_free(serial);
	BN_free(n);
	ASN1_TIME_free(when);
	return entry;
}

static void set_point(ISSUING_DIST_POINT *point, const char *uri)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	assert_int_equal(ASN1_STRING_set(text, uri, -1), 1);
	GENERAL_NAME_set0_value(name, GEN_URI, text);
	point->distpoint = DIST_POINT_NAME_new();
	point->distpoint->type = 0;
	point->distpoint->name.fullname = sk_GENERAL_NAME_new_null();
	assert_true(sk_GENERAL_NAME_push(point->distpoint->name.fullname, name) > 0);
}

static void set_relative(ISSUING_DIST_POINT *point)
{
	point->distpoint = DIST_POINT_NAME_new();
	point->distpoint->type = 1;
	point->distpoint->name.relativename = sk_X509_NAME_ENTRY_new_null();
	assert_true(sk_X509_NAME_ENTRY_push(point->distpoint->name.relativename,
	                                    X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName, MBSTRING_UTF8,
	                                                                  (const unsigned char *)"x", -1)) > 0);
}

static void add_scope(X509_CRL *crl, const struct list *l)
{
	ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();

	if (l->point != NULL)
		set_point(point, l->point);
	if (l->odd == ODD_RELATIVE)
		set_relative(point);
	point->onlyuser = l->odd == ODD_ONLY_USER ? 255 : 0;
	point->onlyCA = l->odd == ODD_ONLY_CA ? 255 : 0;
	point->onlyattr = l->odd == ODD_ONLY_ATTR ? 255 : 0;
	point->indirectCRL = l->odd == ODD_INDIRECT ? 255 : 0;
	if (l->odd == ODD_REASONS) {
		point->onlysomereasons = ASN1_BIT_STRING_new();
		assert_int_equal(ASN1_BIT_STRING_set_bit(point->onlysomereasons, 1, 1), 1);
	}
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, point, 1, 0), 1);
	ISSUING_DIST_POINT_free(point);
}

static void add_raw_extension(X509_CRL *crl, int nid)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x02\x01\x05", 3), 1);
	extension = X509_EXTENSION_create_by_NID(NULL, nid, 1, value);
	assert_int_equal(X509_CRL_add_ext(crl, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
}

static void add_oddities(X509_CRL *crl, const struct list *l)
{
	X509_EXTENSION *strange = strange_extension();
	X509_REVOKED *other = entry_of("0A0B", 0);

	if (l->odd == ODD_ENTRY)
		assert_int_equal(X509_REVOKED_add_ext(other, strange, -1), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, other), 1);
	if (l->odd == ODD_HARMLESS)
		assert_int_equal(X509_EXTENSION_set_critical(strange, 0), 1);
	if (l->odd == ODD_CRITICAL || l->odd == ODD_HARMLESS)
		assert_int_equal(X509_CRL_add_ext(crl, strange, -1), 1);
	if (l->odd == ODD_DELTA)
		add_raw_extension(crl, NID_delta_crl);
	if (l->odd == ODD_BROKEN_POINT)
		add_raw_extension(crl, NID_issuing_distribution_point);
	else if (l->point != NULL || l->odd >= ODD_ONLY_USER)
		add_scope(crl, l);
	X509_EXTENSION_free(strange);
}

static X509_CRL *list_of(const struct fixture *f, const struct list *l)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *name = X509_NAME_new();
	ASN1_TIME *this_update = time_of(l->this_update), *next_update = time_of(l->next_update);

	assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
	                                            (const unsigned char *)(l->issuer != NULL ? l->issuer : "CA"), -1, -1, 0), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, name), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, this_update), 1);
	if (next_update != NULL)
		assert_int_equal(X509_CRL_set1_nextUpdate(crl, next_update), 1);
	if (l->revoked != NULL)
		assert_int_equal(X509_CRL_add0_revoked(crl, entry_of(l->revoked, l->reason)), 1);
	add_oddities(crl, l);
	assert_int_equal(X509_CRL_sort(crl), 1);
	assert_true(X509_CRL_sign(crl, f->key[l->signer], EVP_sha256()) > 0);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	X509_NAME_free(name);
	return crl;
}

static void write_list(const struct fixture *f, const struct list *l, bool pem, struct buf *out)
{
	X509_CRL *crl = list_of(f, l);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	assert_int_equal(pem ? PEM_write_bio_X509_CRL(bio, crl) : i2d_X509_CRL_bio(bio, crl), 1);
	len = BIO_get_mem_data(bio, &data);
	buf_init(out, 1024 * 1024);
	assert_int_equal(buf_append(out, data, (size_t)len), 0);
	BIO_free(bio);
	X509_CRL_free(crl);
}

static struct revocation read_list(const struct fixture *f, const struct buf *data, const char *words, size_t row)
{
	struct revocation out = {.next_update = 12345};
	struct err e = ERR_INIT;

	check_result(revocation_crl_read(data->data, data->len, f->leaf, f->issuer, NOW, &out, &e), &e, words, row);
	if (words != NULL)
		assert_int_equal(out.next_update, 12345);
	err_clear(&e);
	return out;
}

static void lists_are_believed_or_not(void **state)
{
	static const struct {
		struct list l;
		const char *words; /* NULL = right, and nothing is revoked */
	} t[] = {
		{{IN_TIME}, NULL},
		{{IN_TIME, .signer = NAMESAKE}, "is not signed by the issuer"},
		{{IN_TIME, .signer = LEAF}, "is not signed by the issuer"},
		{{IN_TIME, .issuer = "Other CA"}, "is not signed by the issuer"},
		{{IN_TIME, .odd = ODD_HARMLESS}, NULL},
		{{IN_TIME, .odd = ODD_DELTA}, "only changes to another list"},
		{{IN_TIME, .odd = ODD_CRITICAL}, "must be understood"},
		{{IN_TIME, .odd = ODD_ENTRY}, "must be understood"},
		{{IN_TIME, .odd = ODD_ONLY_USER}, NULL},
		{{IN_TIME, .odd = ODD_ONLY_CA}, "about other certificates"},
		{{IN_TIME, .odd = ODD_ONLY_ATTR}, "about other certificates"},
		{{IN_TIME, .odd = ODD_INDIRECT}, "about other certificates"},
		{{IN_TIME, .odd = ODD_REASONS}, "about other certificates"},
		{{IN_TIME, .odd = ODD_RELATIVE}, "about other certificates"},
		{{IN_TIME, .odd = ODD_BROKEN_POINT}, "what the list is about cannot be read"},
		{{IN_TIME, .point = "http://crl.example/1"}, NULL},
		{{IN_TIME, .point = "http://crl.example/2", .odd = ODD_ONLY_USER}, NULL},
		{{IN_TIME, .point = "http://crl.example/3"}, "about other certificates"},
		{{IN_TIME, .point = "http://crl.example/"}, "about other certificates"},
		{{IN_TIME, .point = "http://crl.example/11"}, "about other certificates"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct revocation out;
		struct buf data;

		write_list(f, &t[i].l, i % 2 == 1, &data);
		out = read_list(f, &data, t[i].words, i);
		if (t[i].words == NULL) {
			assert_int_equal(out.status, REVOCATION_GOOD);
			assert_int_equal(out.reason, -1);
			assert_int_equal(out.revoked_at, 0);
			assert_int_equal(out.next_update, NOW + 3600);
		}
		buf_clear(&data);
	}
}

static void who_is_in_it_is_revoked(void **state)
{
	static const struct {
		const char *serial;
		int reason, expected_reason;
		bool revoked;
	} t[] = {
		{LEAF_SERIAL, 0, -1, true},
		{LEAF_SERIAL, 1, 1, true},
		{LEAF_SERIAL, 10, 10, true},
		{LEAF_SERIAL, 7, -1, true},
		{LEAF_SERIAL, 1000, -1, true},
		{LEAF_SERIAL "00", 1, -1, false},
		{"F1E2D3C5", 1, -1, false},
		{"-" LEAF_SERIAL, 1, -1, false},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct list l = {IN_TIME, .revoked = t[i].serial, .reason = t[i].reason};
		struct revocation out;
		struct buf data;

		write_list(f, &l, false, &data);
		out = read_list(f, &data, NULL, i);
		assert_int_equal(out.status, t[i].revoked ? REVOCATION_REVOKED : REVOCATION_GOOD);
		assert_int_equal(out.reason, t[i].expected_reason);
		assert_int_equal(out.revoked_at, t[i].revoked ? T0 + DAY : 0);
		buf_clear(&data);
	}
}

static void lists_have_their_time(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct list l = {.this_update = times[i].this_update, .next_update = times[i].next_update};
		struct buf data;

		write_list(f, &l, false, &data);
		read_list(f, &data, times[i].words, i);
		buf_clear(&data);
	}
}

static void an_issuer_that_may_not_sign_lists_did_not(void **state)
{
	const struct list l = {IN_TIME, .signer = PLAIN_CA};
	const struct fixture *f = *state;
	struct maker_spec spec = issued(f, PLAIN_CA, "example.jp", "0B", NULL);
	struct revocation out;
	struct err e = ERR_INIT;
	struct cert *leaf, *issuer = loaded(f->x[PLAIN_CA]);
	struct buf data;
	X509 *x;

	spec.key = f->key[LEAF];
	spec.from = T0;
	spec.to = T0 + DAY;
	x = maker_cert(&spec);
	leaf = loaded(x);
	write_list(f, &l, false, &data);
	check_result(revocation_crl_read(data.data, data.len, leaf, issuer, NOW, &out, &e), &e, "is not signed by the issuer", 0);
	err_clear(&e);
	buf_clear(&data);
	cert_free(leaf);
	cert_free(issuer);
	X509_free(x);
}

static void damaged_lists_are_none(void **state)
{
	const struct list l = {IN_TIME, .revoked = LEAF_SERIAL, .reason = 1};
	const struct fixture *f = *state;
	struct buf data;

	write_list(f, &l, false, &data);
	read_list(f, &data, NULL, 0);
	turn_octets(f, &data, true);
	refuse_damaged(f, &data, true);
	buf_clear(&data);
	write_list(f, &l, true, &data);
	for (size_t len = 0; len + 1 < data.len; len++)
		refuse_bytes(f, data.data, len, true);
	assert_int_equal(buf_append(&data, "x", 1), 0);
	refuse_bytes(f, data.data, data.len, true);
	buf_clear(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_believed_or_not),
		cmocka_unit_test(who_is_in_it_is_revoked),
		cmocka_unit_test(lists_have_their_time),
		cmocka_unit_test(an_issuer_that_may_not_sign_lists_did_not),
		cmocka_unit_test(damaged_lists_are_none),
	};

	return cmocka_run_group_tests(tests, revocation_setup, revocation_teardown);
}
