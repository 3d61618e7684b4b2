#include "config.h"

#include "acme/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acme/jws.h"
#include "acme/problem.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "base/str.h"
#include "data/b64url.h"
#include "data/json.h"

#define NONCES_KEPT_MAX 64
#define READ_RETRIES 4
#define READ_RETRY_FIRST_MS 1000
#define RETRY_WAIT_MAX_SEC 10
/* A server that lets each try wait for its whole time-out is not asked again. */
#define READ_DEADLINE_MS 30000
/* Without any progress; at nine badNonces of ten so many are nothing unusual. Then there is a pause between them. */
#define STALLED_ROUNDS 50
#define STALLED_WAIT_MS 500
#define PROFILES_MAX 32
#define PROFILE_LEN_MAX 200
#define JOSE "application/jose+json"

struct session {
	const struct http_port *port;
	const struct clock *clock;
	struct directory directory;
	const struct key *key;
	char *account_url;
	struct strs nonces;
	size_t window;
	bool has_skew;
	int64_t skew_sec;
};

static void directory_clear(struct directory *d)
{
	free(d->new_nonce);
	free(d->new_account);
	free(d->new_order);
	free(d->revoke_cert);
	free(d->key_change);
	free(d->renewal_info);
	free(d->terms);
	free(d->website);
	strs_clear(&d->profiles);
	*d = (struct directory){ 0 };
}

static int take_url(const struct json *j, const char *key, bool required, char **out, struct err *e)
{
	const char *url = json_str(j, key);

	if (!url)
		return required ? err_set(e, ERR_CA, _("the CA's directory lacks \"%s\""), key) : 0;
	if (http_url_check(url, e) < 0) {
		e->kind = ERR_CA;
		return err_wrap(e, _("the CA's directory, \"%s\""), key);
	}
	*out = str_dup(url);
	return 0;
}

static char *take_text(const struct json *j, const char *key)
{
	const char *s = json_str(j, key);

	return s ? str_escape(s, strlen(s), HTTP_URL_MAX) : NULL;
}

/* The members of meta.profiles are the names; what they hold is for people to read elsewhere. */
static void take_profiles(const struct json *profiles, struct strs *out)
{
	struct strs names = { 0 };

	json_keys(profiles, &names);
	for (size_t i = 0; i < names.count && i < PROFILES_MAX; i++)
		strs_take(out, str_escape(names.item[i], strlen(names.item[i]), PROFILE_LEN_MAX));
	strs_clear(&names);
}

static int read_directory(const struct json *j, struct directory *d, struct err *e)
{
	const struct json *meta = json_get(j, "meta");

	if (take_url(j, "newNonce", true, &d->new_nonce, e) < 0 || take_url(j, "newAccount", true, &d->new_account, e) < 0 ||
	    take_url(j, "newOrder", true, &d->new_order, e) < 0 || take_url(j, "revokeCert", false, &d->revoke_cert, e) < 0 ||
	    take_url(j, "keyChange", false, &d->key_change, e) < 0 ||
	    take_url(j, "renewalInfo", false, &d->renewal_info, e) < 0)
		return -1;
	d->terms = take_text(meta, "termsOfService");
	d->website = take_text(meta, "website");
	d->eab_required = json_bool(meta, "externalAccountRequired", false);
	take_profiles(json_get(meta, "profiles"), &d->profiles);
	return 0;
}

/* How long to wait before a read is tried again: what the server asks for, else 1, 2, 4 … seconds. */
static int64_t retry_wait_ms(const struct session *s, const struct http_response *r, int attempt)
{
	int64_t now = clock_now(s->clock);
	int64_t at = r->err.kind == ERR_NONE ? http_retry_after(r, now, RETRY_WAIT_MAX_SEC) : 0;

	return at > now ? (at - now) * 1000 : (int64_t)READ_RETRY_FIRST_MS << attempt;
}

/* One line per request, for -vv. */
static void log_request(const char *method, const char *url, const struct http_response *r)
{
	struct err e = ERR_INIT;
	char *shown;

	if (log_get_level() < LOG_LEVEL_DEBUG)
		return;
	shown = str_escape(url, strlen(url), HTTP_URL_MAX);
	if (r->err.kind != ERR_NONE || r->status >= 300)
		problem_of_response(r, 0, &e);
	if (r->err.kind != ERR_NONE)
		log_debug(_("%s %s: no answer: %s"), method, shown, e.cause);
	else
		log_debug("%s %s: %d%s%s", method, shown, r->status, e.problem_type ? " " : "", e.problem_type ? e.problem_type : "");
	free(shown);
	err_clear(&e);
}

/* Whoever wants to be left alone for longer than we wait is not asked again. */
static bool worth_retry(const struct session *s, const struct http_response *r)
{
	int64_t now = clock_now(s->clock);

	if (r->err.kind != ERR_NONE)
		return r->err.kind == ERR_NET && r->err.sys_errno != EMSGSIZE;
	if (r->status < 500 && r->status != 429)
		return false;
	return http_retry_after(r, now, RETRY_WAIT_MAX_SEC + 1) <= now + RETRY_WAIT_MAX_SEC;
}

/* Answers of a batch arrive together at the end: the latest Date is the one that has waited least. */
static void note_dates(struct session *s, const struct http_response *r, size_t n)
{
	int64_t latest = INT64_MIN, sent;

	for (size_t i = 0; i < n; i++)
		if (r[i].err.kind == ERR_NONE && r[i].date && time_parse_http(r[i].date, &sent) == 0 && sent > latest)
			latest = sent;
	if (latest == INT64_MIN)
		return;
	s->has_skew = true;
	s->skew_sec = clock_now(s->clock) - latest;
}

/* n reads side by side, repeated while the first of them meets a passing fault. */
static int fetch(struct session *s, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	int64_t end_ms = clock_mono_ms(s->clock) + READ_DEADLINE_MS;

	for (int attempt = 0;; attempt++) {
		if (http_batch(s->port, q, n, r, e) < 0)
			return -1;
		note_dates(s, r, n);
		for (size_t i = 0; i < n; i++)
			log_request(q[i].method == HTTP_HEAD ? "HEAD" : "GET", q[i].url, &r[i]);
		if (!worth_retry(s, &r[0]) || attempt + 1 >= READ_RETRIES || clock_mono_ms(s->clock) >= end_ms)
			return 0;
		if (clock_sleep_ms(s->clock, retry_wait_ms(s, &r[0], attempt)) < 0)
			return sig_check(e);
		for (size_t i = 0; i < n; i++)
			http_response_clear(&r[i]);
	}
}

static int fetch_directory(struct session *s, const char *url, struct err *e)
{
	struct http_request q = { .method = HTTP_GET, .url = url, .accept = "application/json" };
	struct http_response r = { 0 };
	struct json *j = NULL;
	int rc = -1;

	if (fetch(s, &q, 1, &r, e) < 0)
		goto out;
	if (r.err.kind != ERR_NONE || r.status != 200) {
		problem_of_response(&r, clock_now(s->clock), e);
		goto out;
	}
	if (json_parse(r.body, r.body_len, &j, e) == 0)
		rc = read_directory(j, &s->directory, e);
	if (rc < 0)
		err_advise(e, "%s", _("Check that `server` is the URL of the CA's ACME directory."));
out:
	http_response_clear(&r);
	json_free(j);
	return rc;
}

int session_open(const struct session_options *o, struct session **out, struct err *e)
{
	struct session *s = mem_new(1, sizeof *s);

	s->port = o->port;
	s->clock = o->clock;
	s->window = o->nonce_window > 0 ? (size_t)o->nonce_window : SESSION_NONCE_WINDOW;
	if (fetch_directory(s, o->directory_url, e) < 0) {
		session_close(s);
		return err_wrap(e, _("reading the CA's directory %s"), o->directory_url);
	}
	*out = s;
	return 0;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	directory_clear(&s->directory);
	free(s->account_url);
	strs_clear(&s->nonces);
	free(s);
}

const struct directory *session_directory(const struct session *s)
{
	return &s->directory;
}

void session_set_account(struct session *s, const struct key *k, const char *account_url)
{
	s->key = k;
	str_replace(&s->account_url, str_dup(account_url));
}

const char *session_account_url(const struct session *s)
{
	return s->account_url;
}

int64_t session_now(const struct session *s)
{
	return clock_now(s->clock);
}

bool session_clock_skew(const struct session *s, int64_t *sec)
{
	if (s->has_skew)
		*sec = s->skew_sec;
	return s->has_skew;
}

int session_get_all(struct session *s, const char *const *urls, size_t n, struct http_response *responses,
                    struct err *e)
{
	struct http_request *q = mem_new(n ? n : 1, sizeof *q);
	int rc = sig_check(e);

	for (size_t i = 0; i < n; i++)
		q[i] = (struct http_request){ .method = HTTP_GET, .url = urls[i], .accept = "application/json" };
	if (rc == 0 && n > 0)
		rc = http_batch(s->port, q, n, responses, e);
	if (rc == 0)
		note_dates(s, responses, n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		log_request("GET", urls[i], &responses[i]);
	free(q);
	return rc;
}

static bool has_nonce(const struct http_response *r)
{
	return r->replay_nonce && b64url_is(r->replay_nonce) && strlen(r->replay_nonce) <= SESSION_NONCE_LEN_MAX;
}

static void keep_nonce(struct session *s, const struct http_response *r)
{
	if (has_nonce(r) && s->nonces.count < NONCES_KEPT_MAX)
		strs_add(&s->nonces, r->replay_nonce);
}

static int fetch_nonces(struct session *s, size_t n, struct err *e)
{
	struct http_request *q = mem_new(n, sizeof *q);
	struct http_response *r = mem_new(n, sizeof *r);
	int rc = -1;

	for (size_t i = 0; i < n; i++)
		q[i] = (struct http_request){ .method = HTTP_HEAD, .url = s->directory.new_nonce };
	if (fetch(s, q, n, r, e) < 0)
		goto out;
	for (size_t i = 0; i < n; i++)
		keep_nonce(s, &r[i]);
	if (s->nonces.count > 0)
		rc = 0;
	else if (r[0].err.kind != ERR_NONE || r[0].status >= 300)
		problem_of_response(&r[0], clock_now(s->clock), e);
	else
		err_set(e, ERR_CA, _("the CA's newNonce answers without a usable Replay-Nonce header"));
out:
	for (size_t i = 0; i < n; i++)
		http_response_clear(&r[i]);
	free(r);
	free(q);
	return rc < 0 ? err_wrap(e, _("getting a nonce")) : 0;
}

/* Posts on their way: which are still open, and what each has been through. */
struct batch {
	struct session_post *post;
	size_t *open;
	size_t open_count;
	int *tries;      /* of reads that met a passing fault */
	int64_t end_ms;  /* from then on no read is tried again */
	char **nonce;    /* came with badNonce: good for that post's retry, and perhaps for nothing else */
	int64_t wait_ms; /* longest wait that one of the last round asks for */
};

static void batch_init(struct batch *b, struct session_post *posts, size_t n, int64_t now_ms)
{
	*b = (struct batch){ .post = posts, .open = mem_new(n, sizeof *b->open), .open_count = n,
	                     .tries = mem_new(n, sizeof *b->tries), .nonce = mem_new(n, sizeof *b->nonce),
	                     .end_ms = now_ms + READ_DEADLINE_MS };
	for (size_t i = 0; i < n; i++)
		b->open[i] = i;
}

static void batch_clear(struct batch *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(b->nonce[i]);
	free(b->nonce);
	free(b->tries);
	free(b->open);
}

/* NULL = none is left. */
static char *take_nonce(struct session *s, struct batch *b, size_t which)
{
	char *own = b->nonce[which];

	b->nonce[which] = NULL;
	if (own)
		return own;
	return s->nonces.count > 0 ? s->nonces.item[--s->nonces.count] : NULL;
}

static int sign_post(struct session *s, const struct session_post *p, const char *nonce, char **body, struct err *e)
{
	struct jws_header h = { .url = p->url, .nonce = nonce, .kid = s->account_url };

	return jws_sign(s->key, &h, p->payload, body, e);
}

static void take_answer(struct session *s, struct batch *b, size_t which, struct http_response *r)
{
	log_request("POST", b->post[which].url, r);
	if (problem_is(r, "badNonce") && has_nonce(r))
		str_replace(&b->nonce[which], str_dup(r->replay_nonce));
	else
		keep_nonce(s, r);
	http_response_clear(&b->post[which].response);
	b->post[which].response = *r;
	*r = (struct http_response){ 0 };
}

/* Sends the first n of those open side by side, fewer when nonces run out; *sent tells. */
static int send_some(struct session *s, struct batch *b, size_t n, size_t *sent, struct err *e)
{
	struct http_request *q = mem_new(n, sizeof *q);
	struct http_response *r = mem_new(n, sizeof *r);
	char **body = mem_new(n, sizeof *body), *nonce;
	size_t count = 0;
	int rc = 0;

	for (; rc == 0 && count < n && (nonce = take_nonce(s, b, b->open[count])) != NULL; count++) {
		const struct session_post *p = &b->post[b->open[count]];

		rc = sign_post(s, p, nonce, &body[count], e);
		free(nonce);
		q[count] = (struct http_request){ .method = HTTP_POST, .url = p->url, .content_type = JOSE,
		                                  .accept = p->accept ? p->accept : "application/json", .body = body[count],
		                                  .body_len = body[count] ? strlen(body[count]) : 0 };
	}
	if (rc == 0)
		rc = http_batch(s->port, q, count, r, e);
	if (rc == 0)
		note_dates(s, r, count);
	for (size_t i = 0; rc == 0 && i < count; i++)
		take_answer(s, b, b->open[i], &r[i]);
	*sent = count;
	for (size_t i = 0; i < n; i++) {
		http_response_clear(&r[i]);
		free(body[i]);
	}
	free(body);
	free(r);
	free(q);
	return rc;
}

/* Is this post to go out again? Reads are, after a passing fault, and whatever met a badNonce. */
static bool is_open(const struct session *s, struct batch *b, size_t which)
{
	const struct session_post *p = &b->post[which];
	int64_t ms;

	if (problem_is(&p->response, "badNonce"))
		return true;
	if (*p->payload != '\0' || b->tries[which] >= READ_RETRIES || !worth_retry(s, &p->response))
		return false;
	if (clock_mono_ms(s->clock) >= b->end_ms)
		return false;
	ms = retry_wait_ms(s, &p->response, b->tries[which]++);
	b->wait_ms = ms > b->wait_ms ? ms : b->wait_ms;
	return true;
}

/* One round over those still open. */
static int post_round(struct session *s, struct batch *b, struct err *e)
{
	size_t want = b->open_count < s->window ? b->open_count : s->window;
	size_t lack = 0, sent = 0, left = 0;

	for (size_t i = 0; i < want; i++)
		lack += b->nonce[b->open[i]] == NULL;
	if (s->nonces.count < lack && fetch_nonces(s, lack - s->nonces.count, e) < 0)
		return -1;
	if (send_some(s, b, want, &sent, e) < 0)
		return -1;
	b->wait_ms = 0;
	for (size_t i = 0; i < b->open_count; i++)
		if (i >= sent || is_open(s, b, b->open[i]))
			b->open[left++] = b->open[i];
	b->open_count = left;
	return 0;
}

/* What never went out, for want of a nonce, has no answer to be misread. */
static void say_unsent(struct batch *b)
{
	for (size_t i = 0; i < b->open_count; i++) {
		struct http_response *r = &b->post[b->open[i]].response;

		if (r->err.kind == ERR_NONE && r->status == 0)
			err_set(&r->err, ERR_CA, _("the request could not be sent: the CA gave no usable nonce for it within %d s"),
			        SESSION_NONCE_DEADLINE_SEC);
	}
}

int session_post_all(struct session *s, struct session_post *posts, size_t n, struct err *e)
{
	int64_t progress_ms = clock_mono_ms(s->clock);
	size_t best = n;
	struct batch b;
	int rc = 0;

	batch_init(&b, posts, n, progress_ms);
	for (int stalled = 0; rc == 0 && b.open_count > 0; stalled++) {
		rc = sig_check(e);
		if (rc == 0)
			rc = post_round(s, &b, e);
		if (b.open_count < best) {
			best = b.open_count;
			progress_ms = clock_mono_ms(s->clock);
			stalled = 0;
		}
		if (clock_mono_ms(s->clock) - progress_ms > SESSION_NONCE_DEADLINE_SEC * 1000)
			break; /* the refusals stay in the posts for the caller to read */
		if (b.wait_ms == 0 && b.open_count > 0 && stalled >= STALLED_ROUNDS)
			b.wait_ms = STALLED_WAIT_MS;
		if (rc == 0 && b.wait_ms > 0 && clock_sleep_ms(s->clock, b.wait_ms) < 0)
			rc = sig_check(e);
	}
	if (rc == 0)
		say_unsent(&b);
	batch_clear(&b, n);
	return rc;
}

int session_post_json(struct session *s, const char *url, const char *payload, struct http_response *r,
                      struct json **out, struct err *e)
{
	struct session_post p = { .url = url, .payload = payload };
	int rc = session_post_all(s, &p, 1, e);

	if (rc == 0 && (p.response.err.kind != ERR_NONE || p.response.status >= 300))
		rc = problem_of_response(&p.response, clock_now(s->clock), e);
	else if (rc == 0 && out)
		rc = p.response.body_len > 0 ? json_parse(p.response.body, p.response.body_len, out, e)
		                             : json_parse("{}", 2, out, e);
	if (rc < 0)
		http_response_clear(&p.response);
	else
		*r = p.response;
	return rc;
}
