#include "config.h"

#include "net/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/sig.h"
#include "field.h"

#define WIRE_HEAD 8
#define WIRE_CHUNK 16384
#define ENCODING_MAX 1024
#define WIRE_SECONDS_MAX 86400

static const char magic[3] = {'T', 'G', 'W'};

int64_t wire_batch_ms(const struct http_options *o, size_t n)
{
	int64_t each = o->request_timeout_sec > 0 ? o->request_timeout_sec : HTTP_REQUEST_TIMEOUT_SEC;
	size_t at_once = o->max_in_flight > 0 ? (size_t)o->max_in_flight : HTTP_MAX_IN_FLIGHT;

	return each * 1000 * (int64_t)((n + at_once - 1) / at_once);
}

int64_t wire_worker_life_sec(const struct http_options *o)
{
	int64_t requests = wire_batch_ms(o, HTTP_BATCH_MAX), probes = wire_probe_ms(o, PROBE_BATCH_MAX);

	return WIRE_WORKER_AGE_SEC + 60 + (requests > probes ? requests : probes) / 1000;
}

int wire_put_hello(struct buf *b, const struct http_options *o)
{
	int connect = o->connect_timeout_sec > 0 ? o->connect_timeout_sec : HTTP_CONNECT_TIMEOUT_SEC;
	int request = o->request_timeout_sec > 0 ? o->request_timeout_sec : HTTP_REQUEST_TIMEOUT_SEC;
	int in_flight = o->max_in_flight > 0 ? o->max_in_flight : HTTP_MAX_IN_FLIGHT;
	int probe = o->probe_timeout_sec > 0 ? o->probe_timeout_sec : PROBE_TIMEOUT_SEC;

	if (field_put_number(b, WIRE_VERSION) || field_put_text(b, o->ca_file) || field_put_text(b, o->user_agent) ||
	    field_put_text(b, o->accept_language) || field_put_number(b, connect) || field_put_number(b, request))
		return -1;
	return field_put_number(b, in_flight) || field_put_number(b, probe) ? -1 : 0;
}

int wire_get_hello(const char *data, size_t len, struct http_options *o, struct strs *owner, struct err *e)
{
	struct field_reader r = {.at = data, .left = len};
	struct http_options got = {0};

	field_get_number(&r, WIRE_VERSION, WIRE_VERSION);
	got.ca_file = field_owned_by(owner, field_get_text(&r, FIELD_TEXT_MAX));
	got.user_agent = field_owned_by(owner, field_get_needed_text(&r, FIELD_TEXT_MAX));
	got.accept_language = field_owned_by(owner, field_get_text(&r, FIELD_TEXT_MAX));
	got.connect_timeout_sec = (int)field_get_number(&r, 1, WIRE_SECONDS_MAX);
	got.request_timeout_sec = (int)field_get_number(&r, 1, WIRE_SECONDS_MAX);
	got.max_in_flight = (int)field_get_number(&r, 1, HTTP_BATCH_MAX);
	got.probe_timeout_sec = (int)field_get_number(&r, 1, WIRE_SECONDS_MAX);
	if (!field_complete(&r))
		return field_malformed(e);
	*o = got;
	return 0;
}

int wire_put_request(struct buf *b, uint32_t index, const struct http_request *r)
{
	if (field_put_number(b, index) || field_put_number(b, r->method) || field_put_text(b, r->url) ||
	    field_put_text(b, r->content_type) || field_put_text(b, r->accept))
		return -1;
	if (field_put_bytes(b, r->body, r->body_len) || field_put_number(b, r->plain))
		return -1;
	return field_put_number(b, (int64_t)(r->max_body ? r->max_body : HTTP_BODY_MAX));
}

int wire_get_request(const char *data, size_t len, uint32_t *index, struct http_request *r, struct strs *owner,
                     struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	struct http_request got = {0};
	const char *body;
	uint32_t number = (uint32_t)field_get_number(&in, 0, HTTP_BATCH_MAX - 1);

	got.method = (enum http_method)field_get_number(&in, HTTP_GET, HTTP_POST);
	got.url = field_owned_by(owner, field_get_needed_text(&in, HTTP_URL_MAX));
	got.content_type = field_owned_by(owner, field_get_text(&in, FIELD_TEXT_MAX));
	got.accept = field_owned_by(owner, field_get_text(&in, FIELD_TEXT_MAX));
	body = field_get_bytes(&in, HTTP_REQUEST_BODY_MAX, &got.body_len);
	got.plain = field_get_number(&in, 0, 1) == 1;
	got.max_body = (size_t)field_get_number(&in, 1, HTTP_LARGE_BODY_MAX);
	if (!field_complete(&in))
		return field_malformed(e);
	if (body) {
		char *copy = mem_new(got.body_len + 1, 1);

		memcpy(copy, body, got.body_len);
		got.body = field_owned_by(owner, copy);
	}
	*index = number;
	*r = got;
	return 0;
}

int wire_put_response(struct buf *b, uint32_t index, const struct http_response *r)
{
	if (field_put_number(b, index) || field_put_fault(b, &r->err) || field_put_number(b, r->status) ||
	    field_put_bytes(b, r->body, r->body_len) || field_put_text(b, r->content_type) ||
	    field_put_text(b, r->replay_nonce) || field_put_text(b, r->location) || field_put_text(b, r->retry_after) ||
	    field_put_text(b, r->date) || field_put_number(b, (int64_t)r->links.count))
		return -1;
	for (size_t i = 0; i < r->links.count; i++)
		if (field_put_text(b, r->links.item[i]))
			return -1;
	return 0;
}

/* Visible ASCII, as the worker takes no other from the network. */
static char *get_header(struct field_reader *in)
{
	char *value = field_get_text(in, HTTP_HEADER_MAX);

	for (const char *p = value; p && *p; p++)
		in->bad = in->bad || (unsigned char)*p >= 0x7f;
	return value;
}

static void get_answer(struct field_reader *in, struct http_response *r)
{
	const char *body;
	int64_t links;

	r->status = (int)field_get_number(in, 0, 599);
	body = field_get_bytes(in, HTTP_LARGE_BODY_MAX, &r->body_len);
	if (body) {
		r->body = mem_new(r->body_len + 1, 1);
		memcpy(r->body, body, r->body_len);
	}
	r->content_type = get_header(in);
	r->replay_nonce = get_header(in);
	r->location = get_header(in);
	r->retry_after = get_header(in);
	r->date = get_header(in);
	links = field_get_number(in, 0, HTTP_LINKS_MAX);
	for (int64_t i = 0; i < links && !in->bad; i++) {
		char *link = get_header(in);

		if (!link)
			in->bad = true;
		else
			strs_take(&r->links, link);
	}
}

/* What the worker may keep of an answer's headers altogether, and what their encoding takes. */
static bool is_bounded(const struct http_response *r, size_t len)
{
	return len - r->body_len <= HTTP_HEADERS_MAX + ENCODING_MAX;
}

/* Either a failure with its cause and nothing else, or an answer without one. */
static bool makes_sense(const struct http_response *r)
{
	if (r->err.kind == ERR_NONE)
		return r->status >= 100 && r->body && !r->err.cause && !r->err.advice && !r->err.sys_errno;
	return r->err.cause && r->status == 0 && !r->body && !r->content_type && !r->replay_nonce && !r->location &&
	       !r->retry_after && !r->date && r->links.count == 0;
}

int wire_get_response(const char *data, size_t len, uint32_t *index, struct http_response *r, struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	struct http_response got = {0};
	uint32_t number = (uint32_t)field_get_number(&in, 0, HTTP_BATCH_MAX - 1);

	field_get_fault(&in, &got.err);
	get_answer(&in, &got);
	if (!field_complete(&in) || !is_bounded(&got, len) || !makes_sense(&got)) {
		http_response_clear(&got);
		return field_malformed(e);
	}
	*index = number;
	*r = got;
	return 0;
}

int wire_put_done(struct buf *b, uint64_t connections)
{
	return field_put_number(b, (int64_t)connections);
}

int wire_get_done(const char *data, size_t len, uint64_t *connections, struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	int64_t got = field_get_number(&in, 0, INT64_MAX);

	if (!field_complete(&in))
		return field_malformed(e);
	*connections = (uint64_t)got;
	return 0;
}

int wire_put_answers(struct buf *b, const struct wire_answer *a, size_t n)
{
	if (n > WIRE_ANSWERS_MAX || field_put_number(b, (int64_t)n))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (field_put_text(b, a[i].token) || field_put_text(b, a[i].key_authorization))
			return -1;
	return 0;
}

int wire_get_answers(const char *data, size_t len, struct wire_answer **a, size_t *n, struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	size_t count = (size_t)field_get_number(&in, 0, WIRE_ANSWERS_MAX);
	struct wire_answer *got;

	if (in.bad || count > in.left / 8)
		return field_malformed(e);
	got = mem_new(count + 1, sizeof(*got));
	for (size_t i = 0; i < count && !in.bad; i++) {
		got[i].token = field_get_needed_text(&in, WIRE_TOKEN_MAX);
		got[i].key_authorization = field_get_needed_text(&in, WIRE_KEY_AUTHORIZATION_MAX);
	}
	if (!field_complete(&in)) {
		wire_answers_free(got, count);
		return field_malformed(e);
	}
	*a = got;
	*n = count;
	return 0;
}

void wire_answers_free(struct wire_answer *a, size_t n)
{
	if (!a)
		return;
	for (size_t i = 0; i < n; i++) {
		free(a[i].token);
		free(a[i].key_authorization);
	}
	free(a);
}

static int ended(struct err *e)
{
	return err_set(e, ERR_NET, _("the network helper has ended unexpectedly"));
}

static int late(struct err *e)
{
	return err_set(e, ERR_NET, _("the network helper did not answer in time"));
}

/* Also where there is always something to read, and so nothing to wait for. */
static int may_go_on(int64_t deadline_ms, struct err *e)
{
	if (sig_check(e))
		return -1;
	return deadline_ms >= 0 && clock_mono_ms(clock_system()) > deadline_ms ? late(e) : 0;
}

static int wait_for(int fd, short events, int64_t deadline_ms, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = deadline_ms;
	int rc;

	if (deadline_ms >= 0) {
		left -= clock_mono_ms(clock_system());
		left = left < 0 ? 0 : left;
	}
	rc = sig_poll(&p, 1, left);
	if (rc > 0)
		return 0;
	if (rc == 0)
		return late(e);
	return sig_check(e) ? -1 : err_set_errno(e, ERR_NET, errno, _("waiting for the network helper"));
}

static int64_t deadline_of(int64_t timeout_ms)
{
	return timeout_ms < 0 ? -1 : clock_mono_ms(clock_system()) + timeout_ms;
}

static int send_all(int fd, const char *data, size_t len, int64_t deadline_ms, struct err *e)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			return ended(e);
		} else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			return err_set_errno(e, ERR_NET, errno, _("writing to the network helper"));
		} else if (wait_for(fd, POLLOUT, deadline_ms, e)) {
			return -1;
		}
	}
	return 0;
}

static int receive_some(int fd, char *data, size_t len, int64_t deadline_ms, struct err *e)
{
	while (len) {
		ssize_t n = recv(fd, data, len, MSG_DONTWAIT);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
			if (len && may_go_on(deadline_ms, e))
				return -1;
		} else if (n == 0 || errno == ECONNRESET) {
			return ended(e);
		} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			return err_set_errno(e, ERR_NET, errno, _("reading from the network helper"));
		} else if (wait_for(fd, POLLIN, deadline_ms, e)) {
			return -1;
		}
	}
	return 0;
}

int wire_send(int fd, enum wire_type type, const struct buf *body, int64_t timeout_ms, struct err *e)
{
	int64_t deadline_ms = deadline_of(timeout_ms);
	unsigned char head[WIRE_HEAD];
	size_t len = body ? body->len : 0;

	if (len > WIRE_FRAME_MAX)
		return field_malformed(e);
	memcpy(head, magic, sizeof(magic));
	head[3] = (unsigned char)type;
	field_store32(head + 4, (uint32_t)len);
	if (send_all(fd, (const char *)head, sizeof(head), deadline_ms, e))
		return -1;
	return len ? send_all(fd, body->data, len, deadline_ms, e) : 0;
}

int wire_receive(int fd, enum wire_type *type, struct buf *body, int64_t timeout_ms, struct err *e)
{
	int64_t deadline_ms = deadline_of(timeout_ms);
	unsigned char head[WIRE_HEAD];
	char chunk[WIRE_CHUNK];
	size_t left;

	buf_truncate(body, 0);
	if (receive_some(fd, (char *)head, sizeof(head), deadline_ms, e))
		return -1;
	left = field_load32(head + 4);
	if (memcmp(head, magic, sizeof(magic)) || head[3] < WIRE_HELLO || head[3] >= WIRE_TYPE_COUNT ||
	    left > WIRE_FRAME_MAX || left > body->max)
		return field_malformed(e);
	while (left) {
		size_t n = left < sizeof(chunk) ? left : sizeof(chunk);

		if (receive_some(fd, chunk, n, deadline_ms, e))
			return -1;
		if (buf_append(body, chunk, n))
			return field_malformed(e);
		left -= n;
	}
	*type = (enum wire_type)head[3];
	return 0;
}
