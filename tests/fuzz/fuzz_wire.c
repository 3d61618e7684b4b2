/*
 * What tegata-net and tegata say to each other. The first byte is the kind of message and the rest its body; from 32 on
 * the rest is a whole stream of frames that a helper sends as its answer to two requests, or, from 64 on, to two probes.
 */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/net/internal.h"
#include "fuzz.h"
#include "net/wire.h"

#define STREAM_REQUESTS 32
#define STREAM_PROBES 64
#define STREAM_MAX 100000 /* fits into the socket, so that nobody waits for ever */

static void same_frame(struct buf *b, const uint8_t *data, size_t size)
{
	fuzz_must(b->len == size && memcmp(b->data, data, size) == 0, "a message is another one when it is sent on");
	buf_clear(b);
}

static void as_request(const uint8_t *data, size_t size)
{
	struct http_request r = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	struct buf b;

	if (wire_get_request((const char *)data, size, &index, &r, &owner, &e) != 0) {
		fuzz_err(&e);
	} else {
		buf_init(&b, WIRE_FRAME_MAX);
		fuzz_must(wire_put_request(&b, index, &r) == 0, "a request cannot be sent on");
		same_frame(&b, data, size);
	}
	strs_clear(&owner);
}

static void as_hello(const uint8_t *data, size_t size)
{
	struct http_options o = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	struct buf b;

	if (wire_get_hello((const char *)data, size, &o, &owner, &e) != 0) {
		fuzz_err(&e);
	} else {
		buf_init(&b, WIRE_FRAME_MAX);
		fuzz_must(wire_put_hello(&b, &o) == 0, "a greeting cannot be sent on");
		same_frame(&b, data, size);
	}
	strs_clear(&owner);
}

static void as_response(const uint8_t *data, size_t size)
{
	struct http_response r = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	struct buf b;

	if (wire_get_response((const char *)data, size, &index, &r, &e) != 0) {
		fuzz_err(&e);
		return;
	}
	buf_init(&b, WIRE_FRAME_MAX);
	fuzz_must(wire_put_response(&b, index, &r) == 0, "an answer cannot be sent on");
	buf_clear(&b);
	if (r.err.kind != ERR_NONE)
		fuzz_err(&r.err);
	http_response_clear(&r);
}

static void as_probe(const uint8_t *data, size_t size)
{
	struct probe_request r = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	uint32_t index;
	struct buf b;

	if (wire_probe_get((const char *)data, size, &index, &r, &owner, &e) != 0) {
		fuzz_err(&e);
	} else {
		buf_init(&b, WIRE_FRAME_MAX);
		fuzz_must(wire_probe_put(&b, index, &r) == 0, "a probe cannot be sent on");
		same_frame(&b, data, size);
	}
	strs_clear(&owner);
}

static void as_probed(const uint8_t *data, size_t size)
{
	struct probe_result r = {.pem = NULL};
	struct err e = ERR_INIT;
	uint32_t index;

	if (wire_probe_get_result((const char *)data, size, &index, &r, &e) != 0) {
		fuzz_err(&e);
		return;
	}
	fuzz_must((r.pem != NULL) == (r.err.kind == ERR_NONE), "a chain and a failure, or neither");
	if (r.err.kind != ERR_NONE)
		fuzz_err(&r.err);
	probe_result_clear(&r);
}

static void as_others(uint8_t type, const uint8_t *data, size_t size)
{
	struct wire_answer *a = NULL;
	struct err e = ERR_INIT;
	uint64_t connections;
	size_t n = 0;
	struct buf b;

	if (type == WIRE_DONE) {
		if (wire_get_done((const char *)data, size, &connections, &e) != 0)
			fuzz_err(&e);
		return;
	}
	if (wire_get_answers((const char *)data, size, &a, &n, &e) != 0) {
		fuzz_err(&e);
		return;
	}
	buf_init(&b, WIRE_FRAME_MAX);
	fuzz_must(wire_put_answers(&b, a, n) == 0, "answers cannot be sent on");
	same_frame(&b, data, size);
	wire_answers_free(a, n);
}

struct helper { int fd; const uint8_t *data; size_t size; };

/* Hears the first word of tegata, says all that it has to say, and hears tegata out. */
static void *help(void *arg)
{
	const struct helper *h = arg;
	char heard[4096];

	if (recv(h->fd, heard, 1, 0) == 1) {
		for (size_t at = 0; at < h->size;) {
			ssize_t n = send(h->fd, h->data + at, h->size - at, MSG_NOSIGNAL);
			if (n <= 0)
				break;
			at += (size_t)n;
		}
		shutdown(h->fd, SHUT_WR);
		while (recv(h->fd, heard, sizeof heard, 0) > 0)
			;
	}
	return NULL;
}

static void ask(struct http *h)
{
	const struct http_request q[2] = {{.url = "https://ca.test/a"}, {.url = "https://ca.test/b", .max_body = 100}};
	const struct http_port *port = http_port_of(h);
	struct http_response r[2] = {0};
	struct err e = ERR_INIT;

	if (port->perform(port->self, q, 2, r, &e) != 0) {
		fuzz_err(&e);
		fuzz_must(r[0].body == NULL && r[1].body == NULL, "half a batch is left");
	}
	fuzz_must(r[1].body == NULL || r[1].body_len <= 100, "an answer over its limit");
	http_response_clear(&r[0]);
	http_response_clear(&r[1]);
}

static void probe(struct http *h)
{
	const struct probe_request q[2] = {{.host = "a.test", .port = 443, .name = "a.test"},
	                                   {.protocol = PROBE_SMTP, .host = "::1", .port = 25, .name = "b.test"}};
	struct probe_result r[2] = {0};
	struct err e = ERR_INIT;

	if (probe_all(h, q, 2, r, &e) != 0)
		fuzz_err(&e);
	probe_result_clear(&r[0]);
	probe_result_clear(&r[1]);
}

static void converse(const uint8_t *data, size_t size, bool probes)
{
	const struct http_options o = {.user_agent = "fuzz"};
	struct http *h = NULL;
	struct err e = ERR_INIT;
	struct helper helper;
	pthread_t thread;
	int fd[2];

	fuzz_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0, "no sockets");
	fuzz_must(http_open(&o, &h, &e) == 0, "no network");
	/* A helper that is no process: nothing is to be killed or waited for. */
	h->peer = (struct proc_peer){.pid = -1000000000, .fd = fd[0]};
	helper = (struct helper){fd[1], data, size};
	fuzz_must(pthread_create(&thread, NULL, help, &helper) == 0, "no thread");
	if (probes)
		probe(h);
	else
		ask(h);
	close(fd[0]);
	pthread_join(thread, NULL);
	close(fd[1]);
	h->peer = (struct proc_peer){.pid = 0, .fd = -1};
	http_close(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (*data >= STREAM_REQUESTS) {
		converse(data + 1, size - 1 < STREAM_MAX ? size - 1 : STREAM_MAX, *data >= STREAM_PROBES);
		return 0;
	}
	switch (*data) {
	case WIRE_HELLO: as_hello(data + 1, size - 1); break;
	case WIRE_REQUEST: as_request(data + 1, size - 1); break;
	case WIRE_RESPONSE: as_response(data + 1, size - 1); break;
	case WIRE_PROBE: as_probe(data + 1, size - 1); break;
	case WIRE_PROBED: as_probed(data + 1, size - 1); break;
	default: as_others(*data, data + 1, size - 1); break;
	}
	return 0;
}
