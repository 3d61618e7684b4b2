#include "config.h"

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <locale.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Requests, probes, and the word to go; anything else ends the conversation. */
static int obey(struct worker *w, enum wire_type type, struct buf *frame, struct err *e)
{
	switch (type) {
	case WIRE_REQUEST:
		return add_job(w, frame, e);
	case WIRE_PROBE:
		return add_probe(w, frame, e);
	case WIRE_GO:
		return perform(w, frame, e);
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
		if (type == WIRE_RESPONDER && !w->jobs && !w->probes && !w->fetch)
			return serve(frame, e);
		if (obey(w, type, frame, e))
			return -1;
	}
}

static bool is_readable(const char *path)
{
	return path == NULL || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

/* The package's own user, so that no other service's stray process can look into ours; else the one everybody has. */
static void find_user(uid_t *uid, gid_t *gid)
{
	static const char *const names[] = {PACKAGE, "nobody"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct passwd *p = getpwnam(names[i]);

		if (p != NULL && p->pw_uid != 0) {
			*uid = p->pw_uid;
			*gid = p->pw_gid;
			return;
		}
	}
	*uid = 65534;
	*gid = 65534;
}

/*
 * What the network sends is not for root to read. Listening sockets are open already, and of files only the trusted
 * roots are still needed: where others may not read those, root it stays. So it does, as far as the kernel wants, in
 * containers that have no such user.
 */
static void leave_root(const struct http_options *o)
{
	bool readable;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return;
	find_user(&uid, &gid);
	if (setgroups(0, NULL) != 0 || setegid(gid) != 0 || seteuid(uid) != 0)
		return;
	readable = is_readable(o->ca_file) && is_readable(getenv("SSL_CERT_FILE")) && is_readable(getenv("SSL_CERT_DIR"));
	if (seteuid(0) != 0 || !readable || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return;
	/* The change of user has made the kernel forget it. Should tegata be gone by now, its socket says so. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#ifdef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
}

static int converse(struct worker *w, struct buf *frame, struct err *e)
{
	enum wire_type type;

	if (wire_receive(WORKER_FD, &type, frame, ANSWER_MS, e) || type != WIRE_HELLO)
		return -1;
	if (wire_get_hello(frame->data, frame->len, &w->options, &w->owner, e))
		return -1;
	leave_root(&w->options);
	return fetch_until_end(w, frame, e);
}

/* Keys and tokens of ours must not end in a core file, and no program run from here may gain rights. */
static void confine(void)
{
	const struct rlimit none = {0, 0};

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
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
	struct worker w = {.jobs = 0};
	struct err e = ERR_INIT;
	struct buf frame;
	int rc;

	confine();
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
