#include "config.h"

#include "net/peer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/str.h"

#define PEER_HELLO_MS 5000
#define PEER_SPAWN_SEC 30
#define PEER_ASK_MS 30000
#define PEER_TOLD_MAX 4096

/* Nothing else of our environment reaches the helper: no LD_*, no OPENSSL_CONF, no SSLKEYLOGFILE, no secrets. */
static const char *const passed_on[] = {
	"PATH", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_CTYPE",
	"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
};

#define PASSED_ON_COUNT (sizeof(passed_on) / sizeof(passed_on[0]))

static void gather_environment(struct strs *kept)
{
	for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
		const char *value = getenv(passed_on[i]);

		if (value)
			strs_take(kept, str_fmt("%s=%s", passed_on[i], value));
	}
}

static int say_hello(const struct http_options *o, int fd, struct err *e)
{
	struct buf hello;
	int rc;

	buf_init(&hello, WIRE_FRAME_MAX);
	rc = wire_put_hello(&hello, o) ? err_set(e, ERR_INTERNAL, _("the options for the network helper are too long"))
	                               : wire_send(fd, WIRE_HELLO, &hello, PEER_HELLO_MS, e);
	buf_clear(&hello);
	return rc;
}

int peer_start(const struct http_options *o, const int *extra_fds, size_t n, struct proc_peer *out, struct err *e)
{
	const char *envp[PASSED_ON_COUNT + 1] = {NULL};
	struct proc_peer peer = {.pid = 0, .fd = -1};
	struct strs kept = {0};
	char *program = proc_libexec("tegata-net");
	const char *const argv[] = {program, NULL};
	struct proc_spec spec = {
		.argv = argv, .envp = envp, .user = geteuid() == 0 ? o->worker_user : NULL, .timeout_sec = PEER_SPAWN_SEC,
	};
	int rc;

	gather_environment(&kept);
	for (size_t i = 0; i < kept.count; i++)
		envp[i] = kept.item[i];
	rc = proc_spawn_peer(&spec, extra_fds, n, &peer, e);
	if (!rc && say_hello(o, peer.fd, e)) {
		proc_peer_stop(&peer);
		rc = -1;
	}
	if (!rc)
		*out = peer;
	strs_clear(&kept);
	free(program);
	return rc;
}

int peer_ask(const struct proc_peer *peer, struct wire_confined *out, struct err *e)
{
	enum wire_type type;
	struct buf frame;
	int rc;

	buf_init(&frame, PEER_TOLD_MAX);
	rc = wire_send(peer->fd, WIRE_TELL, NULL, PEER_ASK_MS, e);
	if (!rc)
		rc = wire_receive(peer->fd, &type, &frame, PEER_ASK_MS, e);
	if (!rc && type != WIRE_CONFINED)
		rc = err_set(e, ERR_NET, _("the network helper sent something else than was asked"));
	if (!rc)
		rc = wire_confined_get(frame.data, frame.len, out, e);
	buf_clear(&frame);
	return rc;
}
