#include "config.h"

#include "net/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/sig.h"
#include "internal.h"

#define NAME_MAX_LEN 253
#define SHOWN_MAX 200
#define PEM_BEGIN "-----BEGIN CERTIFICATE-----\n"
#define PEM_END "-----END CERTIFICATE-----\n"

static const char host_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
static const char address_chars[] = "0123456789abcdefABCDEF:.";
static const char pem_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n";

static const char *const names[PROBE_PROTOCOL_COUNT] = {
	[PROBE_TLS] = "tls",
	[PROBE_SMTP] = "smtp",
	[PROBE_IMAP] = "imap",
	[PROBE_POP3] = "pop3",
	[PROBE_LDAP] = "ldap",
};

/* Which probes of a batch went out and which came back. */
struct batch {
	const struct probe_request *requests;
	struct probe_result *results;
	size_t n;
	size_t waiting;
	bool is_waiting[PROBE_BATCH_MAX];
	int64_t deadline_ms;
};

const char *probe_protocol_name(enum probe_protocol p)
{
	return names[p];
}

int probe_protocol_parse(const char *name, enum probe_protocol *out)
{
	for (size_t i = 0; i < PROBE_PROTOCOL_COUNT; i++) {
		if (str_eq(name, names[i])) {
			*out = (enum probe_protocol)i;
			return 0;
		}
	}
	return -1;
}

void probe_result_clear(struct probe_result *r)
{
	err_clear(&r->err);
	free(r->pem);
	memset(r, 0, sizeof(*r));
}

/* A name or an IPv4 address, or an IPv6 address with or without its brackets. */
static bool is_host(const char *s)
{
	size_t n;

	if (!s || !*s || strlen(s) > NAME_MAX_LEN)
		return false;
	if (s[strspn(s, host_chars)] == '\0')
		return *s != '.' && *s != '-';
	if (*s != '[')
		return s[strspn(s, address_chars)] == '\0' && strchr(s, ':') != strrchr(s, ':');
	n = strspn(s + 1, address_chars);
	return n && str_eq(s + 1 + n, "]");
}

static char *shown(const char *s)
{
	return str_escape(s ? s : "", s ? strlen(s) : 0, SHOWN_MAX);
}

int probe_request_check(const struct probe_request *r, struct err *e)
{
	char *text;

	if (r->port < 1 || r->port > 65535)
		return err_set(e, ERR_CONFIG, _("%d is not a port to connect to"), r->port);
	if (is_host(r->host) && is_host(r->name))
		return 0;
	text = shown(is_host(r->host) ? r->name : r->host);
	if (is_host(r->host))
		err_set(e, ERR_CONFIG, _("\"%s\" is not a name that a server can be asked for"), text);
	else
		err_set(e, ERR_CONFIG, _("\"%s\" is not a host to connect to"), text);
	free(text);
	return -1;
}

bool probe_chain_is_pem(const char *text, size_t len)
{
	const char *end = text + len;

	if (!len || len > PROBE_CHAIN_MAX || strnlen(text, len) < len)
		return false;
	while (text < end) {
		size_t body;

		if ((size_t)(end - text) < strlen(PEM_BEGIN) || strncmp(text, PEM_BEGIN, strlen(PEM_BEGIN)))
			return false;
		text += strlen(PEM_BEGIN);
		for (body = 0; text + body < end && strchr(pem_chars, text[body]);)
			body++;
		text += body;
		if (!body || text[-1] != '\n' || (size_t)(end - text) < strlen(PEM_END) ||
		    strncmp(text, PEM_END, strlen(PEM_END)))
			return false;
		text += strlen(PEM_END);
	}
	return true;
}

static int send_requests(struct http *h, const struct batch *b, struct buf *frame, struct err *e)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!b->is_waiting[i])
			continue;
		buf_truncate(frame, 0);
		if (wire_probe_put(frame, (uint32_t)i, &b->requests[i]))
			return err_set(e, ERR_INTERNAL, _("a request is too large for the network helper"));
		if (wire_send(h->peer.fd, WIRE_PROBE, frame, http_worker_time_left(b->deadline_ms), e))
			return -1;
	}
	return wire_send(h->peer.fd, WIRE_GO, NULL, http_worker_time_left(b->deadline_ms), e);
}

static int take_result(struct batch *b, const struct buf *frame, struct err *e)
{
	struct probe_result got = {.pem = NULL};
	uint32_t index;

	if (wire_probe_get_result(frame->data, frame->len, &index, &got, e))
		return -1;
	if (index >= b->n || !b->is_waiting[index]) {
		probe_result_clear(&got);
		return http_worker_unasked(e);
	}
	b->is_waiting[index] = false;
	b->waiting--;
	b->results[index] = got;
	return 0;
}

static int receive_results(struct http *h, struct batch *b, struct buf *frame, struct err *e)
{
	enum wire_type type;

	for (;;) {
		if (wire_receive(h->peer.fd, &type, frame, http_worker_time_left(b->deadline_ms), e))
			return -1;
		if (type == WIRE_DONE)
			return b->waiting ? http_worker_unasked(e) : http_worker_done(h, frame, e);
		if (type != WIRE_PROBED)
			return http_worker_unasked(e);
		if (take_result(b, frame, e))
			return -1;
	}
}

static int converse(struct http *h, struct batch *b, struct err *e)
{
	struct buf frame;
	int rc;

	if (http_worker_start(h, e))
		return -1;
	b->deadline_ms = http_worker_deadline(wire_probe_ms(&h->options, b->waiting));
	buf_init(&frame, WIRE_FRAME_MAX);
	rc = send_requests(h, b, &frame, e) || receive_results(h, b, &frame, e) ? -1 : 0;
	buf_clear(&frame);
	return rc;
}

int probe_all(struct http *h, const struct probe_request *requests, size_t n, struct probe_result *results,
              struct err *e)
{
	struct batch b = {.requests = requests, .results = results, .n = n};

	if (n > PROBE_BATCH_MAX)
		return err_set(e, ERR_INTERNAL, _("too many probes at once"));
	if (sig_check(e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (probe_request_check(&requests[i], &results[i].err))
			continue;
		b.is_waiting[i] = true;
		b.waiting++;
	}
	if (!b.waiting || !converse(h, &b, e))
		return 0;
	http_worker_stop(h);
	for (size_t i = 0; i < n; i++)
		probe_result_clear(&results[i]);
	return -1;
}

static int probe(void *self, const struct probe_request *requests, size_t n, struct probe_result *results,
                 struct err *e)
{
	return probe_all(self, requests, n, results, e);
}

const struct probe_port *probe_port_of(struct http *h)
{
	h->probe_port = (struct probe_port){.self = h, .probe = probe};
	return &h->probe_port;
}
