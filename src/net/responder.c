#include "config.h"

#include "net/responder.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/proc.h"
#include "base/str.h"
#include "net/peer.h"

#define RESPONDER_MS 10000

struct responder {
	struct proc_peer peer;
};

int responder_answers(struct responder *r, const struct wire_answer *a, size_t n, struct err *e)
{
	enum wire_type type;
	struct buf frame;
	int rc;

	buf_init(&frame, WIRE_FRAME_MAX);
	rc = wire_put_answers(&frame, a, n) ? err_set(e, ERR_INTERNAL, _("too many http-01 answers at once"))
	                                    : wire_send(r->peer.fd, WIRE_RESPONDER, &frame, RESPONDER_MS, e);
	if (!rc)
		rc = wire_receive(r->peer.fd, &type, &frame, RESPONDER_MS, e);
	if (!rc && (type != WIRE_READY || frame.len))
		rc = err_set(e, ERR_NET, _("the network helper sent something else than was asked"));
	buf_clear(&frame);
	return rc ? err_wrap(e, _("the built-in http-01 responder")) : 0;
}

int responder_start(const int *listen_fds, size_t n, const char *worker_user, struct responder **out, struct err *e)
{
	struct http_options o = {.user_agent = PACKAGE_NAME, .worker_user = worker_user};
	struct responder *r;

	if (n < 1 || n > RESPONDER_LISTEN_MAX)
		return err_set(e, ERR_INTERNAL, _("the http-01 responder cannot listen on %zu sockets"), n);
	r = mem_new(1, sizeof(*r));
	r->peer.fd = -1;
	if (peer_start(&o, listen_fds, n, &r->peer, e) || responder_answers(r, NULL, 0, e)) {
		responder_stop(r);
		return -1;
	}
	*out = r;
	return 0;
}

void responder_stop(struct responder *r)
{
	if (!r)
		return;
	proc_peer_stop(&r->peer);
	free(r);
}
