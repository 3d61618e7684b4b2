/*
 * A whole conversation with a CA: directory, nonces, account, order, authorizations, certificate, alternate chains,
 * renewal information, revocation. The input is its answers, with lines "%%" between; each begins with the status (0 = no
 * answer came) and its headers, then an empty line and the body.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/net/worker.h"
#include "acme/account.h"
#include "acme/ari.h"
#include "acme/order.h"
#include "acme/revoke.h"
#include "base/log.h"
#include "data/b64url.h"
#include "entitle/fqdn.h"
#include "fixture.h"
#include "pki/chain.h"
#include "pki/csr.h"

#define SILENT_MAX 12 /* requests that get no answer any more, then the transport is broken */
#define ROUNDS_MAX 80

struct talk {
	const char *at;
	size_t left;
	int silent;
	int64_t mono_ms;
};

static const struct key *account_key(void)
{
	static struct key *key;
	struct err e = ERR_INIT;

	if (key == NULL)
		fuzz_must(key_generate(KEY_EC_P256, &key, &e) == 0, "no key");
	return key;
}

static const struct csr *request(void)
{
	static struct csr *csr;
	struct err e = ERR_INIT;

	if (csr == NULL)
		fuzz_must(csr_load(fixture_request, strlen(fixture_request), &csr, &e) == 0, "no request");
	return csr;
}

static int64_t now_sec(void *self)
{
	const struct talk *t = self;

	return FUZZ_NOW + t->mono_ms / 1000;
}

static int64_t mono_ms(void *self)
{
	struct talk *t = self;

	return ++t->mono_ms;
}

static int sleep_ms(void *self, int64_t ms)
{
	struct talk *t = self;

	fuzz_must(ms >= 0 && ms <= 600000, "a sleep of that length");
	t->mono_ms += ms;
	return 0;
}

/* The text up to a line "%%". */
static size_t answer_length(const char *s, size_t len)
{
	const char *end = len > 0 ? memmem(s, len, "\n%%\n", 4) : NULL;

	return end != NULL ? (size_t)(end - s) + 1 : len;
}

static int take_headers(struct worker_intake *in, const char *s, size_t len, size_t *used)
{
	size_t at = 0;

	while (at < len) {
		const char *end = memchr(s + at, '\n', len - at);
		size_t line = end != NULL ? (size_t)(end - s) - at + 1 : len - at;

		at += line;
		if (line == 1)
			break;
		if (worker_intake_header(in, s + at - line, line) != 0)
			return -1;
	}
	*used = at;
	return 0;
}

static void answer(struct talk *t, size_t max, struct http_response *r)
{
	size_t len = answer_length(t->at, t->left), used = 0;
	size_t skip = len < t->left ? len + 3 : len;
	struct worker_intake in;
	int status = 0;

	worker_intake_init(&in, max);
	for (; used < len && used < 3 && t->at[used] >= '0' && t->at[used] <= '9'; used++)
		status = status * 10 + (t->at[used] - '0');
	while (used < len && t->at[used] != '\n')
		used++;
	used += used < len;
	if (len == 0 || status < 100 || status > 599) {
		err_set(&r->err, ERR_NET, "no answer came");
		t->silent += len == 0;
	} else {
		size_t head = 0;

		if (take_headers(&in, t->at + used, len - used, &head) != 0 ||
		    worker_intake_body(&in, t->at + used + head, len - used - head) != 0) {
			err_set(&r->err, ERR_NET, "the answer is too large");
		} else {
			worker_intake_finish(&in, status);
			*r = in.response;
			in.response = (struct http_response){0};
		}
	}
	worker_intake_clear(&in);
	t->at += skip;
	t->left -= skip;
}

static int perform(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct talk *t = self;

	for (size_t i = 0; i < n; i++) {
		struct err ignored = ERR_INIT;

		fuzz_must(http_url_check(q[i].url, &ignored) == 0, "a request to a URL that nobody may ask");
		answer(t, q[i].max_body > 0 ? q[i].max_body : HTTP_BODY_MAX, &r[i]);
	}
	return t->silent > SILENT_MAX ? err_set(e, ERR_NET, "the network helper is gone") : 0;
}

static void check_tasks(const struct order *o)
{
	for (size_t i = 0; i < o->authz_count; i++) {
		const struct order_authorization *a = &o->authz[i];

		if (a->valid || a->token == NULL)
			continue;
		fuzz_must(b64url_is(a->token) && strlen(a->token) <= ORDER_TOKEN_MAX, "a token that is none");
		fuzz_must(a->identifier != NULL && fqdn_is_normal(a->identifier), "a name that is none");
		fuzz_must(str_eq(a->type, "http-01") || str_eq(a->type, "dns-01"), "a challenge that is not ours");
	}
}

static int round_trip(struct session *s, struct order *o, const struct order_time *t, struct err *e)
{
	struct order_request *q = NULL;
	struct session_post *post;
	size_t n = 0;
	int rc = 0;

	order_next(o, session_directory(s)->new_order, t->mono_ms, &q, &n);
	post = mem_new(n > 0 ? n : 1, sizeof *post);
	for (size_t i = 0; i < n; i++)
		post[i] = (struct session_post){.url = q[i].url, .payload = q[i].payload, .accept = q[i].accept};
	if (n > 0)
		rc = session_post_all(s, post, n, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		order_feed(o, q[i].tag, &post[i].response, t);
	if (rc == 0)
		order_advance(o, t);
	for (size_t i = 0; i < n; i++) {
		http_response_clear(&post[i].response);
		order_request_clear(&q[i]);
	}
	free(post);
	free(q);
	return rc;
}

static void act(struct order *o)
{
	struct err e = ERR_INIT;
	struct buf der;

	if (o->step == ORDER_PRESENT) {
		check_tasks(o);
		order_presented(o);
		return;
	}
	buf_init(&der, CSR_PEM_MAX);
	fuzz_must(csr_save_der(request(), &der, &e) == 0, "the request cannot be written");
	order_set_csr(o, der.data, der.len);
	buf_clear(&der);
}

static void judge_chain(const char *pem, size_t len)
{
	struct strs names = {0};
	struct chain *c = NULL;
	struct err e = ERR_INIT;

	fixture_names(&names);
	if (chain_parse(pem, len, &c, &e) != 0 || chain_verify_csr(c, request(), &names, FUZZ_NOW, &e) != 0)
		fuzz_err(&e);
	chain_free(c);
	strs_clear(&names);
}

static void judge(struct order *o)
{
	if (o->step == ORDER_DONE) {
		judge_chain(o->pem, o->pem_len);
		for (size_t i = 0; i < o->alternate_count; i++)
			if (o->alternate[i].pem != NULL)
				judge_chain(o->alternate[i].pem, o->alternate[i].len);
	} else if (o->step == ORDER_FAILED) {
		order_may_resume(o);
		fuzz_err(&o->err);
	}
}

static void run_order(struct session *s, struct talk *t, bool resume)
{
	struct strs names = {0}, types = {0};
	struct err e = ERR_INIT;
	struct order o;

	fixture_names(&names);
	for (size_t i = 0; i < names.count; i++)
		strs_add(&types, fqdn_is_wildcard(names.item[i]) ? "dns-01" : "http-01");
	order_init(&o, &names, &types);
	order_set_replaces(&o, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
	order_set_profile(&o, "classic");
	if (resume)
		order_resume(&o, "https://ca.test/o/1", "https://ca.test/f/1");
	for (int i = 0; i < ROUNDS_MAX && !order_over(&o); i++) {
		const struct order_time now = {now_sec(t), mono_ms(t)};

		o.watch = i % 2 == 1;
		if (order_waits_for_driver(&o))
			act(&o);
		else if (round_trip(s, &o, &now, &e) != 0)
			order_fail(&o, &e);
		t->mono_ms += 5000;
		if (o.step == ORDER_DONE && o.alternate_urls.count > 0 && o.alternate_count == 0)
			order_want_alternates(&o);
	}
	judge(&o);
	order_clear(&o);
	strs_clear(&names);
	strs_clear(&types);
}

static void afterwards(struct session *s)
{
	const char *url = session_directory(s)->renewal_info;
	struct http_response r = {0};
	struct ari_answer a = {0};
	struct err e = ERR_INIT;
	bool already;

	if (url != NULL && session_get_all(s, &url, 1, &r, &e) == 0) {
		ari_read(&r, FUZZ_NOW, 0, &a);
		fuzz_shown(a.error);
		fuzz_shown(a.explanation_url);
		fuzz_must(a.next_at > FUZZ_NOW && a.next_at <= FUZZ_NOW + ARI_RETRY_MAX_SEC, "the next question is far off");
		ari_answer_clear(&a);
	}
	err_clear(&e);
	http_response_clear(&r);
	if (revoke_post(s, "DER", 3, 1, &already, &e) != 0)
		fuzz_err(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk t = {.at = (const char *)data, .left = size, .mono_ms = 1000};
	const struct http_port port = {&t, perform};
	const struct clock clock = {&t, now_sec, mono_ms, sleep_ms};
	const struct session_options o = {.port = &port, .clock = &clock, .directory_url = "https://ca.test/directory"};
	const struct account_request q = {.key = account_key(), .terms_agreed = true};
	struct session *s = NULL;
	struct err e = ERR_INIT;
	char *url = NULL;
	bool existed;

	log_set_level(LOG_LEVEL_QUIET);
	if (session_open(&o, &s, &e) != 0) {
		fuzz_err(&e);
		return 0;
	}
	fuzz_shown(session_directory(s)->terms);
	fuzz_shown(session_directory(s)->website);
	if (account_create(s, &q, &url, &existed, &e) != 0) {
		fuzz_err(&e);
	} else {
		fuzz_must(http_url_check(url, &e) == 0, "an account whose URL is none");
		session_set_account(s, account_key(), url);
		run_order(s, &t, existed);
		afterwards(s);
	}
	free(url);
	session_close(s);
	return 0;
}
