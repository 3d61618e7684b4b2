#include "config.h"

#include "net/http.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "internal.h"
#include "net/peer.h"

#define MARGIN_MS 10000
#define HTTP_FIELD_MAX 1024

/* Which requests of a batch went out and which came back. */
struct batch {
	const struct http_request *requests;
	struct http_response *responses;
	size_t n;
	size_t waiting;
	bool is_waiting[HTTP_BATCH_MAX];
	int64_t deadline_ms;
};

int http_batch(const struct http_port *port, const struct http_request *requests, size_t n,
               struct http_response *responses, struct err *e)
{
	for (size_t done = 0; done < n;) {
		size_t part = n - done < HTTP_BATCH_MAX ? n - done : HTTP_BATCH_MAX;

		if (port->perform(port->self, requests + done, part, responses + done, e)) {
			for (size_t i = 0; i < n; i++)
				http_response_clear(&responses[i]);
			return -1;
		}
		done += part;
	}
	return 0;
}

static bool is_field(const char *s)
{
	if (!s)
		return true;
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			return false;
	return strlen(s) <= HTTP_FIELD_MAX;
}

static int check_request(const struct http_request *r, struct err *e)
{
	if (r->plain ? http_url_check_plain(r->url, e) : http_url_check(r->url, e))
		return -1;
	if (r->max_body > HTTP_LARGE_BODY_MAX)
		return err_set(e, ERR_INTERNAL, _("an answer of %zu bytes was asked for, %d are the most"), r->max_body,
		               HTTP_LARGE_BODY_MAX);
	if (!is_field(r->content_type) || !is_field(r->accept))
		return err_set(e, ERR_INTERNAL, _("a request header cannot be sent"));
	if (r->body_len > HTTP_REQUEST_BODY_MAX)
		return err_set(e, ERR_NET, _("the request is too large to be sent (%zu bytes, %d are the most)"),
		               r->body_len, HTTP_REQUEST_BODY_MAX);
	return 0;
}

void http_worker_stop(struct http *h)
{
	proc_peer_stop(&h->peer);
	h->peer = (struct proc_peer){.pid = 0, .fd = -1};
	h->peer_connections = 0;
}

/* A worker that ended, or said something unasked, while nothing was wanted from it is replaced without a word. */
static bool peer_is_usable(const struct http *h)
{
	char byte;

	if (h->peer.pid == 0 || h->peer.fd < 0)
		return false;
	return recv(h->peer.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static void look_at_files(const struct http *h, struct http_file *out)
{
	const char *const path[HTTP_FILES] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", h->options.ca_file};

	memset(out, 0, HTTP_FILES * sizeof(*out));
	for (size_t i = 0; i < HTTP_FILES; i++) {
		struct stat st;

		if (path[i] && !stat(path[i], &st))
			out[i] = (struct http_file){.dev = st.st_dev, .ino = st.st_ino};
	}
}

/* Before its life ends, and when another network or trust has come that it cannot read. */
static bool peer_is_outdated(const struct http *h)
{
	struct http_file now[HTTP_FILES];

	look_at_files(h, now);
	for (size_t i = 0; i < HTTP_FILES; i++)
		if (now[i].dev != h->peer_files[i].dev || now[i].ino != h->peer_files[i].ino)
			return true;
	return clock_mono_ms(clock_system()) - h->peer_since_ms > WIRE_WORKER_AGE_SEC * INT64_C(1000);
}

/* One line for who wants to hear it. */
static int say_what_lacks(struct http *h, struct err *e)
{
	struct wire_confined c;

	if (log_get_level() < LOG_LEVEL_VERBOSE)
		return 0;
	if (peer_ask(&h->peer, &c, e))
		return -1;
	if (c.landlock_abi == 0 && c.seccomp_errno)
		log_verbose("%s", _("The network helper runs without Landlock and without a filter of system calls; "
		                    "`tegata doctor --sandbox` tells why."));
	else if (c.landlock_abi == 0)
		log_verbose("%s", _("The network helper runs without Landlock; `tegata doctor --sandbox` tells why."));
	else if (c.seccomp_errno)
		log_verbose("%s", _("The network helper runs without a filter of system calls; `tegata doctor --sandbox` tells why."));
	return 0;
}

int http_worker_start(struct http *h, struct err *e)
{
	if (peer_is_usable(h) && !peer_is_outdated(h))
		return 0;
	http_worker_stop(h);
	look_at_files(h, h->peer_files);
	h->peer_since_ms = clock_mono_ms(clock_system());
	return peer_start(&h->options, NULL, 0, &h->peer, e) || say_what_lacks(h, e) ? -1 : 0;
}

int64_t http_worker_deadline(int64_t allowed_ms)
{
	return clock_mono_ms(clock_system()) + allowed_ms + (allowed_ms < MARGIN_MS ? allowed_ms : MARGIN_MS);
}

int64_t http_worker_time_left(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_mono_ms(clock_system());

	return left > 0 ? left : 0;
}

static int send_requests(struct http *h, const struct batch *b, struct buf *frame, struct err *e)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!b->is_waiting[i])
			continue;
		buf_truncate(frame, 0);
		if (wire_put_request(frame, (uint32_t)i, &b->requests[i]))
			return err_set(e, ERR_INTERNAL, _("a request is too large for the network helper"));
		if (wire_send(h->peer.fd, WIRE_REQUEST, frame, http_worker_time_left(b->deadline_ms), e))
			return -1;
	}
	return wire_send(h->peer.fd, WIRE_GO, NULL, http_worker_time_left(b->deadline_ms), e);
}

int http_worker_unasked(struct err *e)
{
	return err_set(e, ERR_NET, _("the network helper sent something else than was asked"));
}

static size_t body_max(const struct http_request *r)
{
	return r->max_body ? r->max_body : HTTP_BODY_MAX;
}

static int take_response(struct batch *b, const struct buf *frame, struct err *e)
{
	struct http_response got = {0};
	uint32_t index;

	if (wire_get_response(frame->data, frame->len, &index, &got, e))
		return -1;
	if (index >= b->n || !b->is_waiting[index] || got.body_len > body_max(&b->requests[index])) {
		http_response_clear(&got);
		return http_worker_unasked(e);
	}
	b->is_waiting[index] = false;
	b->waiting--;
	b->responses[index] = got;
	return 0;
}

int http_worker_done(struct http *h, const struct buf *frame, struct err *e)
{
	uint64_t connections;

	if (wire_get_done(frame->data, frame->len, &connections, e))
		return -1;
	if (connections < h->peer_connections)
		return http_worker_unasked(e);
	h->stats.connections += connections - h->peer_connections;
	h->peer_connections = connections;
	return 0;
}

static int receive_responses(struct http *h, struct batch *b, struct buf *frame, struct err *e)
{
	enum wire_type type;

	for (;;) {
		if (wire_receive(h->peer.fd, &type, frame, http_worker_time_left(b->deadline_ms), e))
			return -1;
		if (type == WIRE_DONE)
			return b->waiting ? http_worker_unasked(e) : http_worker_done(h, frame, e);
		if (type != WIRE_RESPONSE)
			return http_worker_unasked(e);
		if (take_response(b, frame, e))
			return -1;
	}
}

static int converse(struct http *h, struct batch *b, struct err *e)
{
	int64_t allowed = wire_batch_ms(&h->options, b->waiting);
	struct buf frame;
	int rc;

	if (http_worker_start(h, e))
		return -1;
	b->deadline_ms = http_worker_deadline(allowed);
	buf_init(&frame, WIRE_FRAME_MAX);
	rc = send_requests(h, b, &frame, e) || receive_responses(h, b, &frame, e) ? -1 : 0;
	buf_clear(&frame);
	return rc;
}

static int perform(void *self, const struct http_request *requests, size_t n, struct http_response *responses,
                   struct err *e)
{
	struct http *h = self;
	struct batch b = {.requests = requests, .responses = responses, .n = n};

	if (n > HTTP_BATCH_MAX)
		return err_set(e, ERR_INTERNAL, _("too many requests at once"));
	if (sig_check(e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (check_request(&requests[i], &responses[i].err))
			continue;
		b.is_waiting[i] = true;
		b.waiting++;
	}
	if (!b.waiting)
		return 0;
	h->stats.batches++;
	h->stats.requests += b.waiting;
	if (!converse(h, &b, e))
		return 0;
	http_worker_stop(h);
	for (size_t i = 0; i < n; i++)
		http_response_clear(&responses[i]);
	return -1;
}

/* The worker has another working folder, perhaps another user: it gets the whole path. */
static int resolve_ca_file(const char *given, struct strs *texts, const char **out, struct err *e)
{
	char *path = realpath(given, NULL);

	if (!path) {
		char *shown = str_escape(given, strlen(given), HTTP_FIELD_MAX);

		err_set_errno(e, ERR_CONFIG, errno, _("the file of trusted CA certificates, %s"), shown);
		free(shown);
		return -1;
	}
	*out = path;
	strs_take(texts, path);
	return 0;
}

static const char *keep(struct strs *texts, const char *s)
{
	if (!s)
		return NULL;
	strs_add(texts, s);
	return texts->item[texts->count - 1];
}

int http_open(const struct http_options *o, struct http **out, struct err *e)
{
	struct strs texts = {0};
	const char *ca_file = NULL;
	struct http *h;

	if (!o->user_agent || !is_field(o->user_agent) || !is_field(o->accept_language) ||
	    o->max_in_flight > HTTP_BATCH_MAX)
		return err_set(e, ERR_INTERNAL, _("the network was opened with options that make no sense"));
	if (o->ca_file && resolve_ca_file(o->ca_file, &texts, &ca_file, e))
		return -1;
	h = mem_new(1, sizeof(*h));
	h->options = *o;
	h->options.ca_file = ca_file;
	h->options.user_agent = keep(&texts, o->user_agent);
	h->options.accept_language = keep(&texts, o->accept_language);
	h->options.worker_user = keep(&texts, o->worker_user);
	h->texts = texts;
	h->port = (struct http_port){.self = h, .perform = perform};
	h->peer.fd = -1;
	*out = h;
	return 0;
}

const struct http_port *http_port_of(struct http *h)
{
	return &h->port;
}

struct http_stats http_stats_of(const struct http *h)
{
	return h->stats;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	proc_peer_stop(&h->peer);
	strs_clear(&h->texts);
	free(h);
}
