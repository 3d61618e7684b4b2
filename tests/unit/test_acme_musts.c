#include "config.h"

#include "acme/order.h"
#include "acme/revoke.h"

#include "../fake/fake_jws.h"
#include "acme_maker.h"
#include "data/b64url.h"
#include "pki/csr.h"

/*
 * What RFC 8555 says a client MUST do, as far as this layer can do it, one row each: looked up in what really went out while an
 * account was made, a certificate ordered and revoked, at a CA that refuses every third nonce. The rest is with others: TLS and
 * User-Agent (net/worker), certificates (pki/chain, run/job).
 */

static const unsigned char mac_key[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

struct sent {
	enum http_method method;
	char *url, *content_type, *accept, *body;
	struct fake_jws jws; /* POST */
	struct json *payload;
	bool after_presenting;
	char *given; /* the Replay-Nonce of the answer */
	bool bad_nonce;
};

struct recorder {
	struct world *w;
	struct http_port port, inner;
	struct sent *sent;
	size_t count;
	bool presented;
	bool jws_ok;
	struct strs csr_names;
};

static void record(struct recorder *rec, const struct http_request *q, const struct http_response *r)
{
	struct err ignored = ERR_INIT;
	struct json *j = NULL;
	struct sent *s;

	rec->sent = mem_resize(rec->sent, rec->count + 1, sizeof *rec->sent);
	s = &rec->sent[rec->count++];
	*s = (struct sent){ .method = q->method, .url = str_dup(q->url), .content_type = str_dup(q->content_type),
	                    .accept = str_dup(q->accept), .body = q->body != NULL ? str_ndup(q->body, q->body_len) : NULL,
	                    .after_presenting = rec->presented, .given = str_dup(r->replay_nonce),
	                    .bad_nonce = r->body != NULL && strstr(r->body, ":badNonce") != NULL };
	if (q->method != HTTP_POST)
		return;
	rec->jws_ok = json_parse(s->body, strlen(s->body), &j, &ignored) == 0 && fake_jws_read(j, &s->jws) == NULL && rec->jws_ok;
	if (s->jws.payload_len > 0 && json_parse(s->jws.payload, s->jws.payload_len, &s->payload, &ignored) != 0)
		rec->jws_ok = false;
	json_free(j);
	err_clear(&ignored);
}

static int perform(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct recorder *rec = self;
	int rc = rec->inner.perform(rec->inner.self, q, n, r, e);

	for (size_t i = 0; i < n; i++)
		record(rec, &q[i], &r[i]);
	return rc;
}

static void set_csr(struct recorder *rec, struct order *o)
{
	struct err e = ERR_INIT;
	struct key *k = NULL;
	struct buf der;

	buf_init(&der, 65536);
	assert_int_equal(key_generate(KEY_EC_P256, &k, &e), 0);
	assert_int_equal(csr_make(k, &rec->csr_names, &der, &e), 0);
	order_set_csr(o, der.data, der.len);
	key_free(k);
	buf_clear(&der);
}

static void one_round(struct recorder *rec, struct order *o)
{
	struct order_time t = { clock_now(&rec->w->clock.clock), clock_mono_ms(&rec->w->clock.clock) };
	struct order_request *q = NULL;
	struct session_post posts[8] = { 0 };
	struct err e = ERR_INIT;
	size_t n = 0;

	order_next(o, session_directory(rec->w->session)->new_order, t.mono_ms, &q, &n);
	assert_true(n <= 8);
	for (size_t i = 0; i < n; i++)
		posts[i] = (struct session_post){ .url = q[i].url, .payload = q[i].payload, .accept = q[i].accept };
	assert_int_equal(session_post_all(rec->w->session, posts, n, &e), 0);
	for (size_t i = 0; i < n; i++) {
		order_feed(o, q[i].tag, &posts[i].response, &t);
		http_response_clear(&posts[i].response);
		order_request_clear(&q[i]);
	}
	order_advance(o, &t);
	free(q);
	if (n == 0)
		clock_sleep_ms(&rec->w->clock.clock, o->due_ms - t.mono_ms);
}

static void order(struct recorder *rec)
{
	struct strs types = { 0 };
	struct order o;

	strs_add(&rec->csr_names, "a.example");
	strs_add(&rec->csr_names, "*.a.example");
	strs_add(&types, "http-01");
	strs_add(&types, "dns-01");
	order_init(&o, &rec->csr_names, &types);
	for (int i = 0; i < 100 && !order_over(&o); i++) {
		if (o.step == ORDER_PRESENT) {
			rec->presented = true;
			order_presented(&o);
		} else if (order_waits_for_driver(&o)) {
			set_csr(rec, &o);
		} else {
			one_round(rec, &o);
		}
	}
	if (o.step != ORDER_DONE)
		fail_msg("the order ended at %s: %s", order_step_name(o.step), o.err.cause);
	order_clear(&o);
	strs_clear(&types);
}

static int setup(void **state)
{
	struct recorder *rec = mem_new(1, sizeof *rec);
	struct jws_binding b = { .kid = "customer", .mac_key = mac_key, .mac_key_len = sizeof mac_key, .alg = MAC_HS256 };
	struct account_request q = { .terms_agreed = true, .binding = &b };
	struct err e = ERR_INIT;
	bool existed = false, already = false;
	unsigned char *der = NULL;
	void *w = NULL;
	int len;

	world_setup(&w);
	rec->w = w;
	rec->jws_ok = true;
	rec->inner = rec->w->ca.port;
	rec->w->ca.port = (struct http_port){ .self = rec, .perform = perform };
	rec->w->ca.eab_kid = "customer";
	rec->w->ca.eab_key = mac_key;
	rec->w->ca.eab_key_len = sizeof mac_key;
	rec->w->ca.bad_nonce_percent = 33;
	rec->w->ca.validate_polls = rec->w->ca.issue_polls = 2;
	fake_ca_bend(&rec->w->ca, (struct fake_script){ .at = FAKE_AUTHZ, .bend = FAKE_EDIT, .find = "{\"identifier\"",
	                                                .put = "{\"unheard-of\":[{}],\"identifier\"" });
	fake_ca_bend(&rec->w->ca, (struct fake_script){ .at = FAKE_ORDER, .from = 1, .bend = FAKE_EDIT, .replay_nonce = "no nonce!" });
	world_open(rec->w, 0);
	assert_int_equal(key_generate(KEY_EC_P256, &rec->w->key, &e), 0);
	q.key = rec->w->key;
	assert_int_equal(account_create(rec->w->session, &q, &rec->w->account_url, &existed, &e), 0);
	session_set_account(rec->w->session, rec->w->key, rec->w->account_url);
	order(rec);
	len = i2d_X509(rec->w->ca.order[0].leaf, &der);
	assert_int_equal(revoke_post(rec->w->session, der, (size_t)len, 1, &already, &e), 0);
	OPENSSL_free(der);
	*state = rec;
	return 0;
}

static int teardown(void **state)
{
	struct recorder *rec = *state;
	void *w = rec->w;

	for (size_t i = 0; i < rec->count; i++) {
		struct sent *s = &rec->sent[i];

		free(s->url);
		free(s->content_type);
		free(s->accept);
		free(s->body);
		free(s->given);
		json_free(s->payload);
		if (s->method == HTTP_POST)
			fake_jws_clear(&s->jws);
	}
	free(rec->sent);
	strs_clear(&rec->csr_names);
	world_teardown(&w);
	free(rec);
	return 0;
}

static bool is_at(const struct sent *s, const char *below)
{
	return str_starts(s->url, "https://ca.test/") && str_starts(s->url + strlen("https://ca.test/"), below);
}

static bool is_read(const struct sent *s)
{
	return is_at(s, "order/") || is_at(s, "authz/") || is_at(s, "cert/");
}

static bool https_only(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return str_starts(s->url, "https://");
}

static bool flattened(const struct recorder *rec, const struct sent *s)
{
	return rec->jws_ok && (s->method != HTTP_POST || s->jws.input != NULL);
}

static bool protected_members(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return s->method != HTTP_POST || (s->jws.alg && s->jws.nonce && s->jws.url && !s->jws.kid != !s->jws.jwk && s->jws.members.count == 4);
}

static bool signature_algorithm(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return s->method != HTTP_POST || str_eq(s->jws.alg, "ES256");
}

static bool key_id_but_for_accounts(const struct recorder *rec, const struct sent *s)
{
	return s->method != HTTP_POST || (is_at(s, "new-account") ? s->jws.jwk != NULL : str_eq(s->jws.kid, rec->w->account_url));
}

static bool jose_json(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return s->method != HTTP_POST || str_eq(s->content_type, "application/jose+json");
}

static bool same_url(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return s->method != HTTP_POST || str_eq(s->jws.url, s->url);
}

static bool no_padding(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return s->body == NULL || strchr(s->body, '=') == NULL;
}

static bool post_as_get(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return !is_read(s) || (s->method == HTTP_POST && s->jws.payload_len == 0);
}

static bool get_for_the_directory_alone(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return s->method == HTTP_POST || is_at(s, s->method == HTTP_GET ? "directory" : "nonce");
}

static bool nonce_used_once(const struct recorder *rec, const struct sent *s)
{
	for (const struct sent *other = rec->sent; s->method == HTTP_POST && other < s; other++)
		if (other->method == HTTP_POST && str_eq(other->jws.nonce, s->jws.nonce))
			return false;
	return true;
}

static bool nonce_was_given(const struct recorder *rec, const struct sent *s)
{
	for (const struct sent *other = rec->sent; s->method == HTTP_POST && other < s; other++)
		if (str_eq(other->given, s->jws.nonce))
			return b64url_is(s->jws.nonce);
	return s->method != HTTP_POST;
}

/* After a badNonce the next post to that URL carries the nonce of that answer. */
static bool retry_with_the_errors_nonce(const struct recorder *rec, const struct sent *s)
{
	const struct sent *end = rec->sent + rec->count;

	for (const struct sent *later = s + 1; s->bad_nonce && later < end; later++)
		if (str_eq(later->url, s->url))
			return str_eq(later->jws.nonce, s->given);
	return !s->bad_nonce;
}

static bool binding_form(const struct recorder *rec, const struct sent *s)
{
	struct fake_jws inner = { 0 };
	char *members, *jwk;
	bool ok;

	(void)rec;
	if (!is_at(s, "new-account"))
		return true;
	ok = fake_jws_read(json_get(s->payload, "externalAccountBinding"), &inner) == NULL;
	members = strs_join(&inner.members, " ");
	jwk = json_format_compact(s->jws.jwk);
	ok = ok && str_eq(members, "alg kid url") && str_eq(inner.kid, "customer") && str_eq(inner.url, s->url) &&
	     str_eq(inner.alg, "HS256") && str_eq(inner.payload, jwk) && fake_jws_verify_mac(&inner, mac_key, sizeof mac_key);
	fake_jws_clear(&inner);
	free(members);
	free(jwk);
	return ok;
}

static bool challenge_response(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return !is_at(s, "challenge/") || str_eq(s->jws.payload, "{}");
}

static bool answered_when_ready(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return !is_at(s, "challenge/") || s->after_presenting;
}

static bool accepts_chains(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return !is_at(s, "cert/") || str_eq(s->accept, "application/pem-certificate-chain");
}

static bool finalize_has_only_a_csr(const struct recorder *rec, const struct sent *s)
{
	struct strs keys = { 0 };
	bool ok;

	(void)rec;
	if (!is_at(s, "finalize/"))
		return true;
	json_keys(s->payload, &keys);
	ok = keys.count == 1 && b64url_is(json_str(s->payload, "csr"));
	strs_clear(&keys);
	return ok;
}

static bool identifiers_are_dns(const struct recorder *rec, const struct sent *s)
{
	const struct json *list = json_get(s->payload, "identifiers");

	if (!is_at(s, "new-order"))
		return true;
	for (size_t i = 0; i < json_count(list); i++)
		if (!str_eq(json_str(json_at(list, i), "type"), "dns") || !strs_has(&rec->csr_names, json_str(json_at(list, i), "value")))
			return false;
	return json_count(list) == rec->csr_names.count;
}

static bool revocation_form(const struct recorder *rec, const struct sent *s)
{
	(void)rec;
	return !is_at(s, "revoke") || (b64url_is(json_str(s->payload, "certificate")) && json_int(s->payload, "reason", -1) == 1);
}

static bool strict_ca_content(const struct recorder *rec, const struct sent *s)
{
	(void)s;
	return rec->w->ca.violations.count == 0;
}

static const struct {
	int number;
	const char *section, *must;
	bool (*holds)(const struct recorder *rec, const struct sent *s);
	const char *seen_at; /* so much of the row is really exercised: there is a request below this path */
} musts[] = {
	{ 1, "6.1", "use HTTPS alone", https_only, "" },
	{ 2, "6.2", "a flattened JWS, everything protected", flattened, "new-order" },
	{ 3, "6.2", "alg, nonce, url and exactly one of jwk and kid", protected_members, "new-order" },
	{ 4, "6.2", "alg is neither none nor a MAC", signature_algorithm, "new-order" },
	{ 5, "6.2", "jwk for newAccount, else kid", key_id_but_for_accounts, "new-account" },
	{ 6, "6.2", "application/jose+json", jose_json, "new-order" },
	{ 7, "6.1", "base64url without padding", no_padding, "new-order" },
	{ 8, "6.4", "url is the request's, byte for byte", same_url, "new-order" },
	{ 9, "6.3", "what is read is read by POST-as-GET", post_as_get, "authz/" },
	{ 10, "6.3", "GET for the directory alone, HEAD for newNonce", get_for_the_directory_alone, "directory" },
	{ 11, "6.5", "no nonce twice", nonce_used_once, "new-order" },
	{ 12, "6.5.1", "no nonce but those given, none that is not base64url", nonce_was_given, "order/" },
	{ 13, "6.5", "a retry after badNonce takes that answer's nonce", retry_with_the_errors_nonce, "new-order" },
	{ 14, "7.3.4", "the binding: MAC, kid, url of newAccount, no nonce, the account's JWK", binding_form, "new-account" },
	{ 15, "7.4", "identifiers as asked for", identifiers_are_dns, "new-order" },
	{ 16, "7.4", "finalize carries the CSR", finalize_has_only_a_csr, "finalize/" },
	{ 17, "7.5.1", "a challenge is answered with {}", challenge_response, "challenge/" },
	{ 18, "7.5.1", "… and only once its response is in place", answered_when_ready, "challenge/" },
	{ 19, "7.4.2", "chains asked for as application/pem-certificate-chain", accepts_chains, "cert/" },
	{ 20, "7.6", "revocation by base64url of the DER, with a known reason", revocation_form, "revoke" },
	{ 21, "7.4, 11.1", "the CSR's names are the order's, its key not the account's", strict_ca_content, "finalize/" },
};

static void every_must(void **state)
{
	const struct recorder *rec = *state;
	size_t bad_nonces = 0;

	for (size_t m = 0; m < sizeof musts / sizeof *musts; m++) {
		bool seen = false;

		assert_int_equal(musts[m].number, m + 1);
		for (size_t i = 0; i < rec->count; i++) {
			seen = seen || is_at(&rec->sent[i], musts[m].seen_at);
			if (!musts[m].holds(rec, &rec->sent[i]))
				fail_msg("%d (RFC 8555 section %s), %s: not so in request %zu to %s", musts[m].number, musts[m].section,
				         musts[m].must, i, rec->sent[i].url);
		}
		if (!seen)
			fail_msg("%d: nothing was sent that would show it", musts[m].number);
	}
	for (size_t i = 0; i < rec->count; i++)
		bad_nonces += rec->sent[i].bad_nonce;
	assert_true(bad_nonces > 2);
	fake_ca_expect_strict(&rec->w->ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(every_must, setup, teardown) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
