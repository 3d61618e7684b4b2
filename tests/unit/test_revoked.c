#include "config.h"

#include "run/revoked.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "pki/revocation.h"
#include "run_maker.h"

#define DAY 86400
#define SETTINGS "certificates:\n  - {name: a, names: [a.jp], challenge: {webroot: /w}}\n" \
	"  - {name: b, names: [b.jp], challenge: {webroot: /w}}\n  - {name: c, names: [c.jp], challenge: {webroot: /w}}\n"
#define OCSP_URL "http://ocsp.example/"
#define CRL_URL "http://crl.example/1.crl"

/* The CA's services for revocation, and how they answer. */
struct world {
	struct run *r;
	struct http_port port;
	EVP_PKEY *ca_key;
	X509 *ca;
	int ocsp;               /* V_OCSP_CERTSTATUS_…; -1 = no answer, -2 = HTTP 500, -3 = nonsense */
	const char *listed;     /* serial in the list, decimal; NULL = none */
	bool list_fails, broken, interrupted;
	size_t posts, gets, batches;
	char *wrong;            /* what was asked in a wrong way */
	struct look look[3];
	size_t looks;
	struct issue_counts counts;
};

static void answer_with(struct http_response *a, unsigned char *der, int len)
{
	assert_true(len > 0);
	a->status = 200;
	a->body = mem_new((size_t)len + 1, 1);
	memcpy(a->body, der, (size_t)len);
	a->body_len = (size_t)len;
	OPENSSL_free(der);
}

static void answer_ocsp(struct world *w, const struct http_request *q, struct http_response *a)
{
	const unsigned char *at = (const unsigned char *)q->body;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &at, (long)q->body_len);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)clock_now(w->r->s.clock));
	ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)clock_now(w->r->s.clock) + 4 * DAY);
	unsigned char *der = NULL;
	OCSP_RESPONSE *response;
	int len;

	assert_non_null(request);
	assert_non_null(OCSP_basic_add1_status(basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)), w->ocsp, 1,
	                                       w->ocsp == V_OCSP_CERTSTATUS_REVOKED ? now : NULL, now, next));
	assert_int_equal(OCSP_basic_sign(basic, w->ca, w->ca_key, EVP_sha256(), NULL, 0), 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(response, &der);
	answer_with(a, der, len);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(request);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
}

static void answer_list(struct world *w, struct http_response *a)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)clock_now(w->r->s.clock));
	ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)clock_now(w->r->s.clock) + 4 * DAY);
	unsigned char *der = NULL;
	int len;

	assert_int_equal(X509_CRL_set_version(crl, 1), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(w->ca)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, now), 1);
	assert_int_equal(X509_CRL_set1_nextUpdate(crl, next), 1);
	if (w->listed) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_INTEGER *serial = s2i_ASN1_INTEGER(NULL, w->listed);

		assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
		assert_int_equal(X509_REVOKED_set_revocationDate(entry, now), 1);
		assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
		ASN1_INTEGER_free(serial);
	}
	assert_true(X509_CRL_sign(crl, w->ca_key, EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, &der);
	answer_with(a, der, len);
	X509_CRL_free(crl);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
}

static void look_at_request(struct world *w, const struct http_request *q)
{
	bool post = q->method == HTTP_POST;

	w->posts += post;
	w->gets += q->method == HTTP_GET;
	if (!q->plain || (post && !str_eq(q->content_type, "application/ocsp-request")) || (post && q->max_body != 65536) ||
	    (!post && q->max_body != HTTP_LARGE_BODY_MAX) || (post && !str_starts(q->url, "http://ocsp")) ||
	    (!post && !str_starts(q->url, "http://crl")))
		str_replace(&w->wrong, str_dup(q->url));
}

static int perform(void *self, const struct http_request *q, size_t n, struct http_response *a, struct err *e)
{
	struct world *w = self;

	w->batches++;
	if (w->interrupted)
		return err_set(e, ERR_INTERRUPTED, "a signal came");
	if (w->broken)
		return err_set(e, ERR_NET, "the worker died");
	for (size_t i = 0; i < n; i++) {
		bool post = q[i].method == HTTP_POST;

		look_at_request(w, &q[i]);
		if ((post && w->ocsp == -1) || (!post && w->list_fails))
			err_set(&a[i].err, ERR_NET, "no route");
		else if (post && w->ocsp == -2)
			a[i] = (struct http_response){.status = 500, .body = str_dup("oops"), .body_len = 4};
		else if (post && w->ocsp == -3)
			a[i] = (struct http_response){.status = 200, .body = str_dup("oops"), .body_len = 4};
		else if (post)
			answer_ocsp(w, &q[i], &a[i]);
		else
			answer_list(w, &a[i]);
	}
	return 0;
}

static int setup(void **state)
{
	struct world *w = mem_new(1, sizeof *w);
	struct maker_spec spec = {.subject = "CA", .basic = "critical,CA:TRUE", .usage = "keyCertSign,cRLSign", .from = RUN_NOW - 1000 * DAY,
	                          .to = RUN_NOW + 1000 * DAY};
	void *r = NULL;

	run_setup(&r);
	w->r = r;
	w->ca_key = spec.key = maker_key();
	w->ca = maker_cert(&spec);
	w->port = (struct http_port){.self = w, .perform = perform};
	run_open(w->r, SETTINGS, "- a.jp\n");
	w->r->s.port = &w->port;
	*state = w;
	return 0;
}

static void forget(struct world *w)
{
	for (size_t i = 0; i < w->looks; i++) {
		store_generation_clear(&w->look[i].live);
		store_state_clear(&w->look[i].state);
	}
	w->looks = 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *r = w->r;

	forget(w);
	run_teardown(&r);
	X509_free(w->ca);
	EVP_PKEY_free(w->ca_key);
	free(w->wrong);
	free(w);
	return 0;
}

/* A live certificate that names these services; serial in hex. */
static void issue(struct world *w, const char *name, const char *serial, const char *access, const char *crls)
{
	char *san = str_fmt("DNS:%s.jp", name);
	const char *const sans[] = {san, NULL};
	struct issued i = {.key = maker_key()};
	struct maker_spec spec = {.subject = name, .sans = sans, .serial = serial, .access = access, .crls = crls, .from = RUN_NOW - DAY,
	                          .to = RUN_NOW + 60 * DAY, .key = i.key, .issuer = w->ca, .issuer_key = w->ca_key};
	X509 *x = maker_cert(&spec);
	struct store_generation g = {.name = str_dup(name), .ca = str_dup("jprs"), .server = str_dup("https://ca.example/"),
	                             .key_type = str_dup("ecdsa-p256"), .issuer = str_dup("CN=CA"), .not_before = RUN_NOW - DAY,
	                             .not_after = RUN_NOW + 60 * DAY, .issued_at = RUN_NOW - DAY};
	struct err e = ERR_INIT;
	struct cert *cert = NULL;

	i.key_pem = maker_key_pem(i.key);
	i.cert = maker_cert_pem(x);
	i.chain = maker_cert_pem(w->ca);
	i.fullchain = str_fmt("%s%s", i.cert, i.chain);
	assert_int_equal(cert_load_pem(i.cert, strlen(i.cert), &cert, &e), 0);
	i.fingerprint = str_dup(cert_fingerprint(cert));
	g.fingerprint = str_dup(i.fingerprint);
	g.serial = str_dup(cert_serial(cert));
	strs_take(&g.names, str_fmt("%s.jp", name));
	assert_int_equal(site_lock(&w->r->s, &e), 0);
	g.number = issued_begin(w->r->s.store, name, &i, &e);
	assert_int_equal(store_generation_finish(w->r->s.store, &g, &(struct store_pems){i.cert, i.chain, i.fullchain}, &e), 0);
	assert_int_equal(store_generation_switch(w->r->s.store, name, g.number, &e), 0);
	cert_free(cert);
	X509_free(x);
	store_generation_clear(&g);
	issued_clear(&i);
	free(san);
}

/* As a new run sees it. */
static struct look *look(struct world *w, const char *name)
{
	struct look *l = &w->look[w->looks++];
	struct err e = ERR_INIT;

	*l = (struct look){.cert = settings_certificate(&w->r->s.settings, name)};
	assert_non_null(l->cert);
	assert_int_equal(store_generation_live(w->r->s.store, name, &l->live, &l->present, &e), 0);
	assert_int_equal(store_state_load(w->r->s.store, name, &l->state, &e), 0);
	return l;
}

static void check(struct world *w)
{
	struct look *all[3];

	for (size_t i = 0; i < w->looks; i++)
		all[i] = &w->look[i];
	revoked_round(&w->r->s, all, w->looks, &w->counts);
}

/* One run of this certificate alone; what is then on disk. */
static struct store_revocation *run_once(struct world *w, const char *name)
{
	forget(w);
	look(w, name);
	check(w);
	forget(w);
	return &look(w, name)->state.revocation;
}

static void later(struct world *w, int64_t sec)
{
	w->r->clock.now_sec += sec;
}

static void test_when_it_is_due(void **state)
{
	static const struct {
		const char *what, *serial, *status;
		int64_t next_at;
		bool absent, damaged, asked, ended, due;
	} cases[] = {
		{.what = "never looked", .due = true},
		{.what = "another certificate", .serial = "99", .status = "good", .next_at = 1000, .due = true},
		{.what = "today's look is done", .serial = "0a", .status = "good", .next_at = 1000},
		{.what = "its time has come", .serial = "0a", .status = "good", .next_at = 0, .due = true},
		{.what = "a clock that was ahead", .serial = "0a", .status = "good", .next_at = 10 * DAY, .due = true},
		{.what = "no status yet", .serial = "0a", .next_at = 5, .due = false},
		{.what = "revoked by us", .serial = "0a", .status = "revoked", .next_at = -5, .asked = true},
		{.what = "revoked, not by us", .serial = "0a", .status = "revoked", .next_at = -5, .due = true},
		{.what = "an earlier one revoked by us", .serial = "99", .status = "revoked", .next_at = 5, .asked = true, .due = true},
		{.what = "nothing is live", .absent = true},
		{.what = "damaged", .damaged = true},
		{.what = "ended", .ended = true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct look l = {.present = !cases[i].absent, .damaged = cases[i].damaged};

		l.live.serial = str_dup("0a");
		l.live.not_after = RUN_NOW + (cases[i].ended ? 0 : DAY);
		l.state.revocation = (struct store_revocation){.serial = str_dup(cases[i].serial), .status = str_dup(cases[i].status),
		                                               .next_at = RUN_NOW + cases[i].next_at, .asked = cases[i].asked};
		if (revoked_is_due(&l, RUN_NOW) != cases[i].due)
			fail_msg("%s", cases[i].what);
		store_generation_clear(&l.live);
		store_state_clear(&l.state);
	}
}

static void test_good_by_ocsp(void **state)
{
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", "OCSP;URI:" OCSP_URL, "URI:" CRL_URL);
	r = run_once(w, "a");
	assert_string_equal(r->status, "good");
	assert_string_equal(r->serial, "0a");
	assert_int_equal(r->checked_at, RUN_NOW);
	assert_int_equal(r->next_at, RUN_NOW + DAY);
	assert_int_equal(r->reason, -1);
	assert_null(r->error);
	assert_int_equal(w->posts, 1);
	assert_int_equal(w->gets, 0);
	assert_int_equal(w->counts.requests, 1);
	later(w, 3600);
	run_once(w, "a");
	assert_int_equal(w->posts, 1);
	later(w, DAY);
	run_once(w, "a");
	assert_int_equal(w->posts, 2);
	assert_null(w->wrong);
}

/* As if it had said that the certificate was on hold. */
static void hold(struct world *w, const char *name, struct store_state *st)
{
	struct err e = ERR_INIT;

	st->revocation.reason = 6;
	assert_int_equal(store_state_save(w->r->s.store, name, st, &e), 0);
}

static void test_revoked(void **state)
{
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", "OCSP;URI:" OCSP_URL, NULL);
	issue(w, "b", "0B", NULL, "URI:" CRL_URL);
	w->ocsp = V_OCSP_CERTSTATUS_REVOKED;
	r = run_once(w, "a");
	assert_string_equal(r->status, "revoked");
	assert_int_equal(r->revoked_at, RUN_NOW);
	assert_int_equal(r->reason, 1);
	assert_false(r->asked);
	w->listed = "11";
	r = run_once(w, "b");
	assert_string_equal(r->status, "revoked");
	assert_int_equal(w->gets, 1);
	later(w, DAY);
	/* What is revoked stays so, whatever older answer comes after, but for what was only on hold. */
	w->listed = "12";
	r = run_once(w, "b");
	assert_string_equal(r->status, "revoked");
	assert_int_equal(r->revoked_at, RUN_NOW);
	assert_int_equal(r->next_at, RUN_NOW + 2 * DAY);
	hold(w, "b", &w->look[0].state);
	later(w, DAY);
	r = run_once(w, "b");
	assert_string_equal(r->status, "good");
	assert_int_equal(r->revoked_at, 0);
	/* A new certificate begins anew. */
	w->ocsp = V_OCSP_CERTSTATUS_GOOD;
	issue(w, "a", "1A", "OCSP;URI:" OCSP_URL, NULL);
	r = run_once(w, "a");
	assert_string_equal(r->status, "good");
	assert_string_equal(r->serial, "1a");
	assert_null(w->wrong);
}

static void test_failures_change_nothing_but_the_record(void **state)
{
	static const int64_t waits[] = {1, 2, 4, 8, 16, 24, 24, 24};
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", "OCSP;URI:" OCSP_URL, NULL);
	run_once(w, "a");
	later(w, DAY);
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		w->ocsp = -1 - (int)(i % 3);
		r = run_once(w, "a");
		assert_string_equal(r->status, "good");
		assert_int_equal(r->checked_at, RUN_NOW);
		assert_int_equal(r->failures, i + 1);
		assert_true(str_starts(r->error, OCSP_URL ": "));
		assert_int_equal(r->next_at, clock_now(w->r->s.clock) + waits[i] * 3600);
		later(w, waits[i] * 3600);
	}
	w->ocsp = V_OCSP_CERTSTATUS_GOOD;
	r = run_once(w, "a");
	assert_int_equal(r->failures, 0);
	assert_null(r->error);
	assert_int_equal(r->checked_at, clock_now(w->r->s.clock));
}

static void test_another_place_is_asked_after_a_failure(void **state)
{
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", "OCSP;URI:" OCSP_URL, "URI:" CRL_URL);
	w->ocsp = -1;
	r = run_once(w, "a");
	assert_int_equal(r->failures, 1);
	assert_null(r->status);
	later(w, 3600);
	r = run_once(w, "a");
	assert_int_equal(w->gets, 1);
	assert_string_equal(r->status, "good");
}

static void test_unknown(void **state)
{
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", "OCSP;URI:" OCSP_URL, NULL);
	w->ocsp = V_OCSP_CERTSTATUS_UNKNOWN;
	w->r->clock.now_sec = RUN_NOW - DAY + 300;
	r = run_once(w, "a");
	assert_string_equal(r->status, "unknown");
	assert_int_equal(r->next_at, RUN_NOW - DAY + 300 + 3600);
	assert_int_equal(r->failures, 0);
	later(w, 3600);
	r = run_once(w, "a");
	assert_string_equal(r->status, "unknown");
	assert_int_equal(r->next_at, clock_now(w->r->s.clock) + DAY);
}

static void test_nobody_to_ask(void **state)
{
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", NULL, NULL);
	r = run_once(w, "a");
	assert_null(r->status);
	assert_null(r->error);
	assert_string_equal(r->serial, "0a");
	assert_int_equal(r->next_at, RUN_NOW + DAY);
	assert_int_equal(w->batches, 0);
}

/* One batch for OCSP, and one request for a list, however many are in it. */
static void test_all_at_once(void **state)
{
	struct world *w = *state;

	issue(w, "a", "0A", NULL, "URI:" CRL_URL);
	issue(w, "b", "0B", NULL, "URI:" CRL_URL);
	issue(w, "c", "0C", NULL, "URI:http://crl.example/2.crl");
	w->listed = "11";
	look(w, "a");
	look(w, "c");
	look(w, "b");
	check(w);
	assert_int_equal(w->batches, 1);
	assert_int_equal(w->gets, 2);
	assert_int_equal(w->counts.requests, 2);
	forget(w);
	assert_string_equal(look(w, "a")->state.revocation.status, "good");
	assert_string_equal(look(w, "b")->state.revocation.status, "revoked");
	assert_string_equal(look(w, "c")->state.revocation.status, "good");
	forget(w);
	later(w, DAY);
	w->broken = true;
	look(w, "a");
	look(w, "b");
	check(w);
	forget(w);
	assert_int_equal(look(w, "a")->state.revocation.failures, 1);
	assert_int_equal(look(w, "b")->state.revocation.failures, 1);
	assert_string_equal(look(w, "b")->state.revocation.status, "revoked");
}

static void test_a_signal_leaves_no_trace(void **state)
{
	struct world *w = *state;
	struct store_revocation *r;

	issue(w, "a", "0A", "OCSP;URI:" OCSP_URL, NULL);
	w->interrupted = true;
	r = run_once(w, "a");
	assert_int_equal(w->batches, 1);
	assert_null(r->serial);
	assert_int_equal(r->failures, 0);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when_it_is_due),
		WITH(test_good_by_ocsp),
		WITH(test_revoked),
		WITH(test_failures_change_nothing_but_the_record),
		WITH(test_another_place_is_asked_after_a_failure),
		WITH(test_unknown),
		WITH(test_nobody_to_ask),
		WITH(test_all_at_once),
		WITH(test_a_signal_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
