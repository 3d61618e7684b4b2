#include "config.h"

#include "run/revoked.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/log.h"
#include "net/http.h"
#include "pki/chain.h"
#include "pki/revocation.h"

#define OCSP_BATCH_MAX HTTP_BATCH_MAX
#define CRL_BATCH_MAX 8 /* each may be HTTP_LARGE_BODY_MAX long */
#define FAILURES_DOUBLED 5
#define REASON_ON_HOLD 6
#define CLOCK_SLACK_SEC (2 * REVOKED_EVERY_SEC) /* a next_at beyond that was written by a clock that was ahead */

bool revoked_is(const struct store_state *st, const char *serial)
{
	return serial && str_eq(st->revocation.serial, serial) &&
	       str_eq(st->revocation.status, revocation_status_name(REVOCATION_REVOKED));
}

bool revoked_is_due(const struct look *l, int64_t now)
{
	const struct store_revocation *r = &l->state.revocation;

	if (!l->present || l->damaged || !l->live.serial || now >= l->live.not_after)
		return false;
	if (!str_eq(r->serial, l->live.serial))
		return true;
	if (r->asked && str_eq(r->status, revocation_status_name(REVOCATION_REVOKED)))
		return false;
	return now >= r->next_at || r->next_at > now + CLOCK_SLACK_SEC;
}

/* One certificate whose turn it is. */
struct check {
	struct look *look;
	struct cert *leaf;
	struct chain *issuers;
	const char *url; /* borrowed from leaf; NULL = it says of none, or something failed */
	bool ocsp;
	struct buf body;
	struct err err;
};

/* What is known of another certificate says nothing about this one. */
static void begin_record(struct store_revocation *r, const char *serial)
{
	if (str_eq(r->serial, serial))
		return;
	free(r->serial);
	free(r->status);
	free(r->error);
	*r = (struct store_revocation){.serial = str_dup(serial), .reason = -1};
}

static int read_live(const struct site *s, const struct look *l, const char *file, struct buf *pem, struct err *e)
{
	char *path = store_live_path(s->store, l->live.name, file);
	int rc;

	buf_truncate(pem, 0);
	rc = path ? fs_read(path, pem, e) : err_set(e, ERR_INTERNAL, "%s", l->live.name);
	free(path);
	return rc;
}

/* After a failure another place is asked, when the certificate names several: OCSP first, then lists. */
static void choose_url(struct check *c)
{
	const struct strs *ocsp = cert_ocsp_urls(c->leaf), *crl = cert_crl_urls(c->leaf);
	size_t all = ocsp->count + crl->count, n;

	if (all == 0)
		return;
	n = (size_t)c->look->state.revocation.failures % all;
	c->ocsp = n < ocsp->count;
	c->url = c->ocsp ? ocsp->item[n] : crl->item[n - ocsp->count];
}

static int prepare(struct site *s, struct check *c, struct err *e)
{
	struct buf pem;
	int rc;

	buf_init(&pem, CHAIN_PEM_MAX);
	rc = read_live(s, c->look, "cert.pem", &pem, e);
	if (rc == 0)
		rc = cert_load_pem(pem.data, pem.len, &c->leaf, e);
	if (rc == 0)
		choose_url(c);
	if (rc == 0 && c->url)
		rc = read_live(s, c->look, "chain.pem", &pem, e);
	if (rc == 0 && c->url)
		rc = chain_parse(pem.data, pem.len, &c->issuers, e);
	if (rc == 0 && c->url)
		rc = http_url_check_plain(c->url, e);
	if (rc == 0 && c->ocsp)
		rc = revocation_ocsp_request(c->leaf, chain_at(c->issuers, 0), &c->body, e);
	buf_clear(&pem);
	return rc;
}

static void check_clear(struct check *c)
{
	cert_free(c->leaf);
	chain_free(c->issuers);
	buf_clear(&c->body);
	err_clear(&c->err);
}

static void save(struct site *s, struct check *c)
{
	struct err e = ERR_INIT;
	const char *name = c->look->cert->name;

	if (store_state_save(s->store, name, &c->look->state, &e) < 0)
		log_warn(_("%s: what was learned of its revocation could not be recorded: %s"), name, e.cause);
	err_clear(&e);
}

/* No answer: what was known stays. */
static void note_failure(struct site *s, struct check *c)
{
	struct store_revocation *r = &c->look->state.revocation;
	int64_t wait = REVOKED_EVERY_SEC;

	if (r->failures < FAILURES_DOUBLED)
		wait = (int64_t)REVOKED_RETRY_SEC << r->failures;
	r->failures += r->failures < INT32_MAX;
	r->next_at = clock_now(s->clock) + (wait < REVOKED_EVERY_SEC ? wait : REVOKED_EVERY_SEC);
	str_replace(&r->error, err_text(&c->err));
	log_verbose(_("%s: whether it was revoked could not be learned: %s"), c->look->cert->name, r->error);
	save(s, c);
}

static void warn_revoked(const struct check *c)
{
	const struct store_revocation *r = &c->look->state.revocation;
	char *when = r->revoked_at ? time_format_jst(r->revoked_at) : str_dup("-");

	if (!r->asked)
		log_warn(_("%s: the CA has revoked this certificate (serial %s, at %s, reason %d)"), c->look->cert->name, r->serial, when,
		         r->reason);
	free(when);
}

/*
 * Revoked is for good, but for what was only on hold (RFC 5280 §5.3.1): an older answer, still within its time, must
 * not hide it again.
 */
static bool takes_back(const struct store_revocation *r, const struct revocation *a)
{
	return str_eq(r->status, revocation_status_name(REVOCATION_REVOKED)) && r->reason != REASON_ON_HOLD &&
	       a->status != REVOCATION_REVOKED;
}

static void note_answer(struct site *s, struct check *c, const struct revocation *a)
{
	struct store_revocation *r = &c->look->state.revocation;
	int64_t now = clock_now(s->clock);
	bool fresh = now - c->look->live.issued_at < REVOKED_FRESH_SEC;

	str_replace(&r->error, NULL);
	r->checked_at = now;
	r->failures = 0;
	r->next_at = now + REVOKED_EVERY_SEC;
	if (takes_back(r, a)) {
		log_verbose(_("%s: it was called revoked before, so \"%s\" from %s counts for nothing"), c->look->cert->name,
		            revocation_status_name(a->status), c->url);
		save(s, c);
		return;
	}
	str_replace(&r->status, str_dup(revocation_status_name(a->status)));
	r->revoked_at = a->status == REVOCATION_REVOKED ? a->revoked_at : 0;
	r->reason = a->status == REVOCATION_REVOKED ? a->reason : -1;
	if (a->status == REVOCATION_UNKNOWN && fresh)
		r->next_at = now + REVOKED_RETRY_SEC;
	if (a->status == REVOCATION_UNKNOWN && !fresh)
		log_verbose(_("%s: %s does not know this certificate"), c->look->cert->name, c->url);
	if (a->status == REVOCATION_REVOKED)
		warn_revoked(c);
	save(s, c);
}

/* It names nobody who could be asked. */
static void note_nobody(struct site *s, struct check *c)
{
	struct store_revocation *r = &c->look->state.revocation;

	r->next_at = clock_now(s->clock) + REVOKED_EVERY_SEC;
	r->failures = 0;
	str_replace(&r->error, NULL);
	save(s, c);
}

static void read_answer(struct site *s, struct check *c, const struct http_response *a)
{
	const struct cert *issuer = chain_at(c->issuers, 0);
	int64_t now = clock_now(s->clock);
	struct revocation found = {.reason = -1};
	int rc = -1;

	if (a->err.kind != ERR_NONE)
		err_copy(&c->err, &a->err);
	else if (a->status != 200)
		err_set(&c->err, ERR_CA, _("the answer has HTTP status %d"), a->status);
	else if (c->ocsp)
		rc = revocation_ocsp_read(a->body, a->body_len, c->leaf, issuer, now, &found, &c->err);
	else
		rc = revocation_crl_read(a->body, a->body_len, c->leaf, issuer, now, &found, &c->err);
	if (rc == 0) {
		note_answer(s, c, &found);
		return;
	}
	err_wrap(&c->err, "%s", c->url);
	note_failure(s, c);
}

static struct http_request request_of(const struct check *c)
{
	struct http_request q = {.method = HTTP_GET, .url = c->url, .plain = true, .max_body = HTTP_LARGE_BODY_MAX};

	if (c->ocsp) {
		q.method = HTTP_POST;
		q.content_type = "application/ocsp-request";
		q.accept = "application/ocsp-response";
		q.body = c->body.data;
		q.body_len = c->body.len;
		q.max_body = REVOCATION_OCSP_MAX;
	}
	return q;
}

/* Where the checks get their answers. */
struct asking {
	struct site *site;
	const struct http_port *port;
	struct check **check; /* all of one kind */
	size_t count;
	struct issue_counts *counts;
};

/* A list is fetched once, whoever is in it: the checks of one URL stand together. Returns how many have `url`. */
static size_t gather_same(struct asking *a, size_t from)
{
	size_t to = from + 1;

	for (size_t i = from + 1; i < a->count; i++)
		if (!a->check[from]->ocsp && str_eq(a->check[i]->url, a->check[from]->url)) {
			struct check *c = a->check[i];

			a->check[i] = a->check[to];
			a->check[to++] = c;
		}
	return to - from;
}

/* One batch, beginning at `from`; returns where the next begins, 0 = a signal came. */
static size_t ask_batch(struct asking *a, size_t from, size_t most)
{
	struct http_request *q = mem_new(most, sizeof *q);
	struct http_response *answer = mem_new(most, sizeof *answer);
	size_t *same = mem_new(most, sizeof *same), n = 0, next = from;
	struct err e = ERR_INIT;
	int rc;

	for (; n < most && next < a->count; n++) {
		same[n] = gather_same(a, next);
		q[n] = request_of(a->check[next]);
		next += same[n];
	}
	rc = http_batch(a->port, q, n, answer, &e);
	a->counts->requests += n;
	for (size_t i = 0, at = from; i < n; at += same[i++])
		for (size_t k = 0; k < same[i] && e.kind != ERR_INTERRUPTED; k++) {
			if (rc < 0)
				err_copy(&answer[i].err, &e);
			read_answer(a->site, a->check[at + k], &answer[i]);
			if (rc < 0)
				err_clear(&answer[i].err);
		}
	for (size_t i = 0; i < n; i++)
		http_response_clear(&answer[i]);
	if (e.kind == ERR_INTERRUPTED)
		next = 0;
	err_clear(&e);
	free(same);
	free(answer);
	free(q);
	return next;
}

/* Those that ask by OCSP, or those that read lists. */
static void ask_kind(struct asking *a, struct check *all, size_t n, bool ocsp)
{
	size_t most = ocsp ? OCSP_BATCH_MAX : CRL_BATCH_MAX, at = 0;

	a->count = 0;
	for (size_t i = 0; i < n; i++)
		if (all[i].url && all[i].ocsp == ocsp && all[i].err.kind == ERR_NONE)
			a->check[a->count++] = &all[i];
	while (at < a->count) {
		at = ask_batch(a, at, most);
		if (at == 0)
			return;
	}
}

static void ask_all(struct site *s, struct check *all, size_t n, struct issue_counts *counts)
{
	struct http_options o = {.user_agent = "tegata/" PACKAGE_VERSION, .request_timeout_sec = 30};
	struct asking a = {.site = s, .port = s->port, .counts = counts, .check = mem_new(n, sizeof *a.check)};
	struct http *http = NULL;
	struct err e = ERR_INIT;

	if (!a.port && http_open(&o, &http, &e) == 0)
		a.port = http_port_of(http);
	if (a.port) {
		ask_kind(&a, all, n, true);
		ask_kind(&a, all, n, false);
	} else {
		log_warn(_("whether certificates were revoked could not be asked: %s"), e.cause);
	}
	if (http)
		counts->connections += http_stats_of(http).connections;
	http_close(http);
	err_clear(&e);
	free(a.check);
}

void revoked_round(struct site *s, struct look *const *looks, size_t n, struct issue_counts *counts)
{
	struct check *check = mem_new(n ? n : 1, sizeof *check);
	int64_t now = clock_now(s->clock);
	size_t count = 0, urls = 0;

	for (size_t i = 0; i < n; i++) {
		struct check *c = &check[count];

		if (!revoked_is_due(looks[i], now))
			continue;
		*c = (struct check){.look = looks[i]};
		buf_init(&c->body, REVOCATION_OCSP_MAX);
		begin_record(&c->look->state.revocation, c->look->live.serial);
		count++;
		if (prepare(s, c, &c->err) < 0)
			note_failure(s, c);
		else if (!c->url)
			note_nobody(s, c);
		else
			urls++;
	}
	if (urls > 0)
		ask_all(s, check, count, counts);
	for (size_t i = 0; i < count; i++)
		check_clear(&check[i]);
	free(check);
}
