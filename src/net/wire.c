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

#define WIRE_HEAD 8
#define WIRE_NULL 0xffffffffu
#define WIRE_CHUNK 16384
#define WIRE_TEXT_MAX 8192 /* of a message for people, a path, a word about ourselves */
#define WIRE_SECONDS_MAX 86400

static const char magic[3] = {'T', 'G', 'W'};

/* What is left of a frame; `bad` stays once something was wrong, and every later field is then empty. */
struct reader {
	const char *at;
	size_t left;
	bool bad;
};

static int malformed(struct err *e)
{
	return err_set(e, ERR_NET, _("the network helper and tegata do not understand each other (a malformed message)"));
}

static void store32(unsigned char *to, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		to[i] = (unsigned char)(v & 0xff);
}

static uint32_t load32(const unsigned char *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static int put_bytes(struct buf *b, const char *data, size_t len)
{
	unsigned char head[4];

	if (data && len >= WIRE_NULL)
		return -1;
	store32(head, data ? (uint32_t)len : WIRE_NULL);
	if (buf_append(b, head, sizeof(head)))
		return -1;
	return data && len ? buf_append(b, data, len) : 0;
}

static int put_text(struct buf *b, const char *s)
{
	return put_bytes(b, s, s ? strlen(s) : 0);
}

static int put_number(struct buf *b, int64_t v)
{
	unsigned char field[8];

	store32(field, (uint32_t)((uint64_t)v >> 32));
	store32(field + 4, (uint32_t)((uint64_t)v & 0xffffffffu));
	return put_bytes(b, (const char *)field, sizeof(field));
}

/* NULL when the field is NULL or something is wrong. */
static const char *get_bytes(struct reader *r, size_t max, size_t *len)
{
	const char *data;
	uint32_t n;

	*len = 0;
	if (r->bad || r->left < 4) {
		r->bad = true;
		return NULL;
	}
	n = load32((const unsigned char *)r->at);
	r->at += 4;
	r->left -= 4;
	if (n == WIRE_NULL)
		return NULL;
	if (n > r->left || n > max) {
		r->bad = true;
		return NULL;
	}
	data = r->at;
	r->at += n;
	r->left -= n;
	*len = n;
	return data;
}

static int64_t get_number(struct reader *r, int64_t min, int64_t max)
{
	size_t len;
	const unsigned char *field = (const unsigned char *)get_bytes(r, 8, &len);
	int64_t v;

	if (!field || len != 8) {
		r->bad = true;
		return min;
	}
	v = (int64_t)((uint64_t)load32(field) << 32 | load32(field + 4));
	if (v < min || v > max) {
		r->bad = true;
		return min;
	}
	return v;
}

/* A copy, NULL when the field is NULL. Control characters make the frame bad. */
static char *get_text(struct reader *r, size_t max)
{
	size_t len;
	const char *data = get_bytes(r, max, &len);

	if (!data)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c < 0x20 || c == 0x7f) {
			r->bad = true;
			return NULL;
		}
	}
	return str_ndup(data, len);
}

static char *get_needed_text(struct reader *r, size_t max)
{
	char *s = get_text(r, max);

	if (!s)
		r->bad = true;
	return s;
}

static const char *owned_by(struct strs *owner, char *s)
{
	if (s)
		strs_take(owner, s);
	return s;
}

static bool complete(const struct reader *r)
{
	return !r->bad && r->left == 0;
}

int64_t wire_batch_ms(const struct http_options *o, size_t n)
{
	int64_t each = o->request_timeout_sec > 0 ? o->request_timeout_sec : HTTP_REQUEST_TIMEOUT_SEC;
	size_t at_once = o->max_in_flight > 0 ? (size_t)o->max_in_flight : HTTP_MAX_IN_FLIGHT;

	return each * 1000 * (int64_t)((n + at_once - 1) / at_once);
}

int wire_put_hello(struct buf *b, const struct http_options *o)
{
	int connect = o->connect_timeout_sec > 0 ? o->connect_timeout_sec : HTTP_CONNECT_TIMEOUT_SEC;
	int request = o->request_timeout_sec > 0 ? o->request_timeout_sec : HTTP_REQUEST_TIMEOUT_SEC;
	int in_flight = o->max_in_flight > 0 ? o->max_in_flight : HTTP_MAX_IN_FLIGHT;

	if (put_number(b, WIRE_VERSION) || put_text(b, o->ca_file) || put_text(b, o->user_agent) ||
	    put_text(b, o->accept_language) || put_number(b, connect) || put_number(b, request))
		return -1;
	return put_number(b, in_flight);
}

int wire_get_hello(const char *data, size_t len, struct http_options *o, struct strs *owner, struct err *e)
{
	struct reader r = {.at = data, .left = len};
	struct http_options got = {0};

	get_number(&r, WIRE_VERSION, WIRE_VERSION);
	got.ca_file = owned_by(owner, get_text(&r, WIRE_TEXT_MAX));
	got.user_agent = owned_by(owner, get_needed_text(&r, WIRE_TEXT_MAX));
	got.accept_language = owned_by(owner, get_text(&r, WIRE_TEXT_MAX));
	got.connect_timeout_sec = (int)get_number(&r, 1, WIRE_SECONDS_MAX);
	got.request_timeout_sec = (int)get_number(&r, 1, WIRE_SECONDS_MAX);
	got.max_in_flight = (int)get_number(&r, 1, HTTP_BATCH_MAX);
	if (!complete(&r))
		return malformed(e);
	*o = got;
	return 0;
}

int wire_put_request(struct buf *b, uint32_t index, const struct http_request *r)
{
	if (put_number(b, index) || put_number(b, r->method) || put_text(b, r->url) || put_text(b, r->content_type) ||
	    put_text(b, r->accept))
		return -1;
	return put_bytes(b, r->body, r->body_len);
}

int wire_get_request(const char *data, size_t len, uint32_t *index, struct http_request *r, struct strs *owner,
                     struct err *e)
{
	struct reader in = {.at = data, .left = len};
	struct http_request got = {0};
	const char *body;
	uint32_t number = (uint32_t)get_number(&in, 0, HTTP_BATCH_MAX - 1);

	got.method = (enum http_method)get_number(&in, HTTP_GET, HTTP_POST);
	got.url = owned_by(owner, get_needed_text(&in, HTTP_URL_MAX));
	got.content_type = owned_by(owner, get_text(&in, WIRE_TEXT_MAX));
	got.accept = owned_by(owner, get_text(&in, WIRE_TEXT_MAX));
	body = get_bytes(&in, HTTP_REQUEST_BODY_MAX, &got.body_len);
	if (!complete(&in))
		return malformed(e);
	if (body) {
		char *copy = mem_new(got.body_len + 1, 1);

		memcpy(copy, body, got.body_len);
		got.body = owned_by(owner, copy);
	}
	*index = number;
	*r = got;
	return 0;
}

int wire_put_response(struct buf *b, uint32_t index, const struct http_response *r)
{
	if (put_number(b, index) || put_number(b, r->err.kind) || put_text(b, r->err.cause) ||
	    put_text(b, r->err.advice) || put_number(b, r->err.sys_errno) || put_number(b, r->status) ||
	    put_bytes(b, r->body, r->body_len) || put_text(b, r->content_type) || put_text(b, r->replay_nonce) ||
	    put_text(b, r->location) || put_text(b, r->retry_after) || put_text(b, r->date) ||
	    put_number(b, (int64_t)r->links.count))
		return -1;
	for (size_t i = 0; i < r->links.count; i++)
		if (put_text(b, r->links.item[i]))
			return -1;
	return 0;
}

static void get_fault(struct reader *in, struct err *e)
{
	e->kind = (enum err_kind)get_number(in, ERR_NONE, ERR_KIND_COUNT - 1);
	e->cause = get_text(in, WIRE_TEXT_MAX);
	e->advice = get_text(in, WIRE_TEXT_MAX);
	e->sys_errno = (int)get_number(in, 0, 65535);
}

static void get_answer(struct reader *in, struct http_response *r)
{
	const char *body;
	int64_t links;

	r->status = (int)get_number(in, 0, 599);
	body = get_bytes(in, HTTP_BODY_MAX, &r->body_len);
	if (body) {
		r->body = mem_new(r->body_len + 1, 1);
		memcpy(r->body, body, r->body_len);
	}
	r->content_type = get_text(in, HTTP_HEADER_MAX);
	r->replay_nonce = get_text(in, HTTP_HEADER_MAX);
	r->location = get_text(in, HTTP_HEADER_MAX);
	r->retry_after = get_text(in, HTTP_HEADER_MAX);
	r->date = get_text(in, HTTP_HEADER_MAX);
	links = get_number(in, 0, HTTP_LINKS_MAX);
	for (int64_t i = 0; i < links && !in->bad; i++) {
		char *link = get_needed_text(in, HTTP_HEADER_MAX);

		if (link)
			strs_take(&r->links, link);
	}
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
	struct reader in = {.at = data, .left = len};
	struct http_response got = {0};
	uint32_t number = (uint32_t)get_number(&in, 0, HTTP_BATCH_MAX - 1);

	get_fault(&in, &got.err);
	get_answer(&in, &got);
	if (!complete(&in) || !makes_sense(&got)) {
		http_response_clear(&got);
		return malformed(e);
	}
	*index = number;
	*r = got;
	return 0;
}

int wire_put_done(struct buf *b, uint64_t connections)
{
	return put_number(b, (int64_t)connections);
}

int wire_get_done(const char *data, size_t len, uint64_t *connections, struct err *e)
{
	struct reader in = {.at = data, .left = len};
	int64_t got = get_number(&in, 0, INT64_MAX);

	if (!complete(&in))
		return malformed(e);
	*connections = (uint64_t)got;
	return 0;
}

int wire_put_answers(struct buf *b, const struct wire_answer *a, size_t n)
{
	if (n > WIRE_ANSWERS_MAX || put_number(b, (int64_t)n))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_text(b, a[i].token) || put_text(b, a[i].key_authorization))
			return -1;
	return 0;
}

int wire_get_answers(const char *data, size_t len, struct wire_answer **a, size_t *n, struct err *e)
{
	struct reader in = {.at = data, .left = len};
	size_t count = (size_t)get_number(&in, 0, WIRE_ANSWERS_MAX);
	struct wire_answer *got;

	if (in.bad || count > in.left / 8)
		return malformed(e);
	got = mem_new(count + 1, sizeof(*got));
	for (size_t i = 0; i < count && !in.bad; i++) {
		got[i].token = get_needed_text(&in, WIRE_TOKEN_MAX);
		got[i].key_authorization = get_needed_text(&in, WIRE_KEY_AUTHORIZATION_MAX);
	}
	if (!complete(&in)) {
		wire_answers_free(got, count);
		return malformed(e);
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
		return err_set(e, ERR_NET, _("the network helper did not answer in time"));
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
		return malformed(e);
	memcpy(head, magic, sizeof(magic));
	head[3] = (unsigned char)type;
	store32(head + 4, (uint32_t)len);
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
	left = load32(head + 4);
	if (memcmp(head, magic, sizeof(magic)) || head[3] < WIRE_HELLO || head[3] >= WIRE_TYPE_COUNT ||
	    left > WIRE_FRAME_MAX || left > body->max)
		return malformed(e);
	while (left) {
		size_t n = left < sizeof(chunk) ? left : sizeof(chunk);

		if (receive_some(fd, chunk, n, deadline_ms, e))
			return -1;
		if (buf_append(body, chunk, n))
			return malformed(e);
		left -= n;
	}
	*type = (enum wire_type)head[3];
	return 0;
}
