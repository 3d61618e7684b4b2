#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "worker.h"

#define ORIGINS_MAX 256
#define SEND_MS 30000
#define POLL_MS 1000
#define SLOW_BYTES_PER_SEC 256L

/* A host and port. Until it has shown HTTP/2, only as many requests go there as connections may. */
struct origin {
	char *name;
	size_t in_flight;
	bool http2;
	bool answered;    /* in this batch */
	struct err fault; /* in this batch: nobody can be reached there */
};

struct transfer {
	const struct worker_job *job;
	struct worker_fetch *fetch;
	struct origin *origin;
	CURL *easy; /* NULL = not started, or over */
	struct curl_slist *headers;
	struct worker_intake intake;
	char detail[CURL_ERROR_SIZE];
	bool over;
};

struct worker_fetch {
	const struct http_options *options;
	CURLM *multi;
	struct origin *origin[ORIGINS_MAX];
	size_t origins;
	uint64_t connections;
	struct transfer *transfer; /* of the batch under way */
	size_t count;
	size_t in_flight;
	size_t left;
	int64_t deadline_ms;
};

int worker_fetch_open(const struct http_options *o, struct worker_fetch **out)
{
	struct worker_fetch *f;
	CURLM *multi;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -1;
	multi = curl_multi_init();
	if (!multi)
		return -1;
	if (curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX) ||
	    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)o->max_in_flight) ||
	    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)WORKER_HOST_CONNECTIONS) ||
	    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 4L * WORKER_HOST_CONNECTIONS)) {
		curl_multi_cleanup(multi);
		return -1;
	}
	f = mem_new(1, sizeof(*f));
	f->options = o;
	f->multi = multi;
	*out = f;
	return 0;
}

static void forget_origins(struct worker_fetch *f)
{
	for (size_t i = 0; i < f->origins; i++) {
		free(f->origin[i]->name);
		err_clear(&f->origin[i]->fault);
		free(f->origin[i]);
	}
	f->origins = 0;
}

/* NULL when there are too many hosts in one batch. */
static struct origin *origin_of(struct worker_fetch *f, const char *url)
{
	char *name = http_url_origin(url);
	struct origin *o;

	for (size_t i = 0; i < f->origins; i++)
		if (str_eq(f->origin[i]->name, name)) {
			free(name);
			return f->origin[i];
		}
	if (f->origins == ORIGINS_MAX) {
		free(name);
		return NULL;
	}
	o = mem_new(1, sizeof(*o));
	o->name = name;
	f->origin[f->origins++] = o;
	return o;
}

static const char *host_of(const struct origin *o)
{
	return strstr(o->name, "://") + strlen("://");
}

/* Dripping is only looked for once the answer has begun: a CA may think for a while before that. */
static void watch_speed(const struct transfer *t)
{
	long seconds = t->fetch->options->request_timeout_sec / 4;

	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_SEC);
	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, seconds > 0 ? seconds : 1L);
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
	struct transfer *t = user;
	size_t len = size * count;
	long status = 0;

	if (worker_intake_header(&t->intake, line, len))
		return 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!t->intake.headers_done && len <= 2 && (*line == '\r' || *line == '\n') && status >= 200) {
		t->intake.headers_done = true;
		watch_speed(t);
	}
	return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct transfer *t = user;
	size_t len = size * count;

	return worker_intake_body(&t->intake, data, len) ? 0 : len;
}

/* Without `plain` libcurl itself refuses everything but HTTPS. */
static bool set_protocols(CURL *c, bool plain)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, plain ? "http,https" : "https");
#else
	return !curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(plain ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS));
#endif
}

static bool set_trust(CURL *c, const char *ca_file)
{
	const char *file = ca_file ? ca_file : getenv("SSL_CERT_FILE");
	const char *dir = ca_file ? NULL : getenv("SSL_CERT_DIR");

	if (file && curl_easy_setopt(c, CURLOPT_CAINFO, file))
		return false;
	if ((ca_file || dir) && curl_easy_setopt(c, CURLOPT_CAPATH, dir))
		return false;
	return !curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) && !curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static bool set_pace(CURL *c, const struct http_options *o, int64_t left_ms)
{
	int64_t whole_ms = (int64_t)o->request_timeout_sec * 1000;

	return !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_sec * 1000L) &&
	       !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(whole_ms < left_ms ? whole_ms : left_ms)) &&
	       !curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
	       !curl_easy_setopt(c, CURLOPT_PIPEWAIT, 1L);
}

static bool set_intake(CURL *c, struct transfer *t)
{
	return !curl_easy_setopt(c, CURLOPT_PRIVATE, t) && !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->detail) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) && !curl_easy_setopt(c, CURLOPT_HEADERDATA, t) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) && !curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
	struct curl_slist *longer;
	char *line;

	if (!value)
		return true;
	line = str_fmt("%s:%s%s", name, *value ? " " : "", value);
	longer = curl_slist_append(t->headers, line);
	free(line);
	if (longer)
		t->headers = longer;
	return longer;
}

static bool set_request(CURL *c, struct transfer *t)
{
	const struct http_request *r = &t->job->request;

	/* An empty Expect keeps libcurl from asking for permission to send a large body. */
	if (!add_header(t, "Content-Type", r->content_type ? r->content_type : "") || !add_header(t, "Accept", r->accept) ||
	    !add_header(t, "Accept-Language", t->fetch->options->accept_language) || !add_header(t, "Expect", ""))
		return false;
	if (!set_protocols(c, r->plain) || curl_easy_setopt(c, CURLOPT_URL, r->url) ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers) ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT, t->fetch->options->user_agent))
		return false;
	if (r->method == HTTP_HEAD)
		return !curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (r->method == HTTP_GET)
		return !curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	return !curl_easy_setopt(c, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len) &&
	       !curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body ? r->body : "");
}

static void drop_easy(struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->fetch->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
}

static int report(struct transfer *t)
{
	struct err e = ERR_INIT;
	struct buf frame;
	int rc;

	buf_init(&frame, WIRE_FRAME_MAX);
	rc = wire_put_response(&frame, t->job->index, &t->intake.response) ||
	     wire_send(WORKER_FD, WIRE_RESPONSE, &frame, SEND_MS, &e) ? -1 : 0;
	buf_clear(&frame);
	err_clear(&e);
	worker_intake_clear(&t->intake);
	t->over = true;
	t->fetch->left--;
	return rc;
}

/* The answer to a request that was never sent. */
static int report_unsent(struct transfer *t, const struct err *why)
{
	struct err *e = &t->intake.response.err;

	err_set(e, why->kind, "%s", why->cause);
	if (why->advice)
		err_advise(e, "%s", why->advice);
	e->sys_errno = why->sys_errno;
	return report(t);
}

static int report_late(struct transfer *t)
{
	worker_fault_late(host_of(t->origin), t->fetch->options->request_timeout_sec, &t->intake.response.err);
	return report(t);
}

static int start(struct transfer *t, int64_t left_ms)
{
	struct worker_fetch *f = t->fetch;
	CURL *c = curl_easy_init();

	t->easy = c;
	if (!c || !set_trust(c, f->options->ca_file) || !set_pace(c, f->options, left_ms) || !set_intake(c, t) ||
	    !set_request(c, t) || curl_multi_add_handle(f->multi, c))
		return -1;
	t->origin->in_flight++;
	f->in_flight++;
	return 0;
}

static int start_what_may(struct worker_fetch *f)
{
	int64_t left_ms = f->deadline_ms - clock_mono_ms(clock_system());
	size_t most = (size_t)f->options->max_in_flight;

	for (size_t i = 0; i < f->count && f->in_flight < most; i++) {
		struct transfer *t = &f->transfer[i];
		int rc = 0;

		if (t->over || t->easy)
			continue;
		if (t->origin->fault.kind)
			rc = report_unsent(t, &t->origin->fault);
		else if (left_ms <= 0)
			rc = report_late(t);
		else if (t->origin->http2 || t->origin->in_flight < WORKER_HOST_CONNECTIONS)
			rc = start(t, left_ms);
		if (rc)
			return -1;
	}
	return 0;
}

static void note_fault(struct transfer *t, CURLcode code)
{
	struct worker_fault fault = {
		.easy = t->easy, .code = code, .detail = t->detail, .host = host_of(t->origin),
		.options = t->fetch->options, .intake = &t->intake,
	};
	struct err e = ERR_INIT;

	worker_fault_set(&fault, &e);
	if (!t->origin->answered && !t->origin->fault.kind && worker_fault_is_of_host(&fault))
		worker_fault_set(&fault, &t->origin->fault);
	http_response_clear(&t->intake.response);
	err_move(&t->intake.response.err, &e);
}

static void note_answer(struct transfer *t)
{
	long status = 0, version = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
	t->origin->answered = true;
	t->origin->http2 = version >= CURL_HTTP_VERSION_2_0;
	if (status >= 100 && status <= 599) {
		worker_intake_finish(&t->intake, (int)status);
		return;
	}
	/* A failure comes without headers. */
	http_response_clear(&t->intake.response);
	err_set(&t->intake.response.err, ERR_NET, _("%s answers with HTTP status %ld, which does not exist"), host_of(t->origin),
	        status);
}

static int finish(struct transfer *t, CURLcode code)
{
	struct worker_fetch *f = t->fetch;
	long connections = 0;

	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
	f->connections += connections > 0 ? (uint64_t)connections : 0;
	if (code == CURLE_OK)
		note_answer(t);
	else
		note_fault(t, code);
	drop_easy(t);
	t->origin->in_flight--;
	f->in_flight--;
	return report(t);
}

static int finish_what_is_over(struct worker_fetch *f)
{
	CURLMsg *m;
	int more;

	while ((m = curl_multi_info_read(f->multi, &more))) {
		struct transfer *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (!t || finish(t, m->data.result))
			return -1;
	}
	return 0;
}

/* tegata says nothing while it waits for answers: anything on its socket means that it is gone. */
static int wait_for_more(const struct worker_fetch *f)
{
	struct curl_waitfd peer = {.fd = WORKER_FD, .events = CURL_WAIT_POLLIN};

	if (curl_multi_poll(f->multi, &peer, 1, POLL_MS, NULL))
		return -1;
	return peer.revents ? -1 : 0;
}

static int run(struct worker_fetch *f)
{
	int running;

	for (;;) {
		if (start_what_may(f) || curl_multi_perform(f->multi, &running))
			return -1;
		size_t before = f->left;

		if (finish_what_is_over(f))
			return -1;
		if (!f->left)
			return 0;
		if (f->left == before && wait_for_more(f))
			return -1;
	}
}

static int prepare(struct worker_fetch *f, const struct worker_job *jobs, size_t n)
{
	if (f->origins > ORIGINS_MAX / 2)
		forget_origins(f);
	for (size_t i = 0; i < f->origins; i++) {
		f->origin[i]->answered = false;
		err_clear(&f->origin[i]->fault);
	}
	f->transfer = mem_new(n + 1, sizeof(*f->transfer));
	f->count = f->left = n;
	f->deadline_ms = clock_mono_ms(clock_system()) + wire_batch_ms(f->options, n);
	for (size_t i = 0; i < n; i++) {
		struct transfer *t = &f->transfer[i];

		t->job = &jobs[i];
		t->fetch = f;
		worker_intake_init(&t->intake, jobs[i].request.max_body);
	}
	for (size_t i = 0; i < n; i++) {
		f->transfer[i].origin = origin_of(f, jobs[i].request.url);
		if (!f->transfer[i].origin)
			return -1;
	}
	return 0;
}

static void forget_batch(struct worker_fetch *f)
{
	for (size_t i = 0; i < f->count; i++) {
		drop_easy(&f->transfer[i]);
		worker_intake_clear(&f->transfer[i].intake);
	}
	free(f->transfer);
	f->transfer = NULL;
	f->count = 0;
}

int worker_fetch_batch(struct worker_fetch *f, const struct worker_job *jobs, size_t n)
{
	int rc = prepare(f, jobs, n) || run(f) ? -1 : 0;

	forget_batch(f);
	return rc;
}

uint64_t worker_fetch_connections(const struct worker_fetch *f)
{
	return f->connections;
}

void worker_fetch_close(struct worker_fetch *f)
{
	if (!f)
		return;
	curl_multi_cleanup(f->multi);
	forget_origins(f);
	free(f);
	curl_global_cleanup();
}
