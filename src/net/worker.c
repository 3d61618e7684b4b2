#include "config.h"

#include "worker.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/i18n.h"

#define ANSWER_MS 30000

/* What the program knows between messages. */
struct worker {
	struct http_options options;
	struct strs owner;
	struct worker_fetch *fetch; /* NULL until the first batch */
	struct worker_job *job;     /* HTTP_BATCH_MAX of them */
	size_t jobs;
	struct worker_probe_job *probe; /* PROBE_BATCH_MAX of them */
	size_t probes;
	enum worker_trade trade;
	struct wire_confined confined;
};

/* Waits for the next message, for as long as it takes. */
static bool tegata_is_gone(void)
{
	struct pollfd p = {.fd = WORKER_FD, .events = POLLIN};
	char byte;

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return true;
	return recv(WORKER_FD, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static void drop_jobs(struct worker *w)
{
	for (size_t i = 0; i < w->jobs; i++)
		strs_clear(&w->job[i].owner);
	w->jobs = 0;
	for (size_t i = 0; i < w->probes; i++)
		strs_clear(&w->probe[i].owner);
	w->probes = 0;
}

static int add_probe(struct worker *w, const struct buf *frame, struct err *e)
{
	struct worker_probe_job *job = &w->probe[w->probes];

	if (w->probes == PROBE_BATCH_MAX || w->jobs)
		return -1;
	memset(job, 0, sizeof(*job));
	w->probes++;
	return wire_probe_get(frame->data, frame->len, &job->index, &job->request, &job->owner, e);
}

static int add_job(struct worker *w, const struct buf *frame, struct err *e)
{
	struct worker_job *job = &w->job[w->jobs];

	if (w->jobs == HTTP_BATCH_MAX || w->probes)
		return -1;
	memset(job, 0, sizeof(*job));
	w->jobs++;
	if (wire_get_request(frame->data, frame->len, &job->index, &job->request, &job->owner, e))
		return -1;
	return job->request.plain ? http_url_check_plain(job->request.url, e) : http_url_check(job->request.url, e);
}

static int perform_requests(struct worker *w)
{
	if (!w->fetch && worker_fetch_open(&w->options, &w->fetch))
		return -1;
	return worker_fetch_batch(w->fetch, w->job, w->jobs);
}

static int perform(struct worker *w, struct buf *frame, struct err *e)
{
	if (frame->len)
		return -1;
	if (w->probes ? worker_probe_batch(&w->options, w->probe, w->probes) : perform_requests(w))
		return -1;
	drop_jobs(w);
	buf_truncate(frame, 0);
	if (wire_put_done(frame, w->fetch ? worker_fetch_connections(w->fetch) : 0))
		return -1;
	return wire_send(WORKER_FD, WIRE_DONE, frame, ANSWER_MS, e);
}

static int tell(const struct worker *w, struct buf *frame, struct err *e)
{
	struct wire_confined now = w->confined;

	if (frame->len || w->jobs || w->probes)
		return -1;
	now.descriptors = worker_confine_descriptors();
	return wire_confined_put(frame, &now) || wire_send(WORKER_FD, WIRE_CONFINED, frame, ANSWER_MS, e) ? -1 : 0;
}

/* Requests, probes, the word to go, and how things are; anything else ends the conversation. */
static int obey(struct worker *w, enum wire_type type, struct buf *frame, struct err *e)
{
	switch (type) {
	case WIRE_REQUEST:
		return add_job(w, frame, e);
	case WIRE_PROBE:
		return add_probe(w, frame, e);
	case WIRE_GO:
		return perform(w, frame, e);
	case WIRE_TELL:
		return tell(w, frame, e);
	default:
		return -1;
	}
}

static int serve(const struct buf *frame, struct err *e)
{
	struct wire_answer *answers;
	size_t n;

	if (wire_get_answers(frame->data, frame->len, &answers, &n, e))
		return -1;
	return worker_serve(answers, n);
}

static int fetch_until_end(struct worker *w, struct buf *frame, struct err *e)
{
	enum wire_type type;

	for (;;) {
		if (tegata_is_gone())
			return 0;
		if (wire_receive(WORKER_FD, &type, frame, ANSWER_MS, e))
			return -1;
		if (type == WIRE_RESPONDER && w->trade == WORKER_SERVES)
			return serve(frame, e);
		if (obey(w, type, frame, e))
			return -1;
	}
}

static int converse(struct worker *w, struct buf *frame, struct err *e)
{
	enum wire_type type;

	if (wire_receive(WORKER_FD, &type, frame, ANSWER_MS, e) || type != WIRE_HELLO)
		return -1;
	if (wire_get_hello(frame->data, frame->len, &w->options, &w->owner, e))
		return -1;
	/* What libcurl and its libraries read of their own settings they read here. */
	if (w->trade == WORKER_FETCHES && curl_global_init(CURL_GLOBAL_DEFAULT))
		return -1;
	worker_confine(&w->options, w->trade, &w->confined);
	return fetch_until_end(w, frame, e);
}

static void set_language(void)
{
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
}

int main(void)
{
	struct worker w = {.trade = worker_confine_begin()};
	struct err e = ERR_INIT;
	struct buf frame;
	int rc;

	set_language();
	buf_init(&frame, WIRE_FRAME_MAX);
	w.job = mem_new(HTTP_BATCH_MAX, sizeof(*w.job));
	w.probe = mem_new(PROBE_BATCH_MAX, sizeof(*w.probe));
	rc = converse(&w, &frame, &e);
	drop_jobs(&w);
	worker_fetch_close(w.fetch);
	strs_clear(&w.owner);
	free(w.job);
	free(w.probe);
	buf_clear(&frame);
	err_clear(&e);
	return rc ? 1 : 0;
}
