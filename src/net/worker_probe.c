#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "worker.h"

#define SEND_MS 30000
#define POLL_MS 1000

/* Of LDAP all three; everything else is left to libcurl. */
enum stage { STAGE_CONNECT, STAGE_HEAR, STAGE_TLS };

struct probe {
	const struct worker_probe_job *job;
	enum stage stage;
	struct worker_ldap ldap;
	CURL *easy; /* NULL = not started, or over */
	struct curl_slist *connect_to;
	char detail[CURL_ERROR_SIZE];
	char first_detail[CURL_ERROR_SIZE]; /* why the kind of key that was asked for was not shown */
	int64_t end_ms;
	bool any_key; /* the second try, which takes any kind and looks at it afterwards */
	bool over;
};

struct run {
	const struct http_options *options;
	CURLM *multi;
	struct probe *probe;
	size_t count;
	size_t in_flight;
	size_t left;
	int64_t deadline_ms;
};

static enum stage first_stage(const struct probe *p)
{
	return p->job->request.protocol == PROBE_LDAP ? STAGE_CONNECT : STAGE_TLS;
}

static const char *scheme_of(const struct probe *p)
{
	enum probe_protocol protocol = p->job->request.protocol;

	if (p->stage == STAGE_CONNECT)
		return "http";
	return protocol == PROBE_TLS || protocol == PROBE_LDAP ? "https" : probe_protocol_name(protocol);
}

static bool set_protocol(CURL *c, const struct probe *p)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, scheme_of(p));
#else
	static const long allowed[PROBE_PROTOCOL_COUNT] = {
		[PROBE_TLS] = CURLPROTO_HTTPS, [PROBE_SMTP] = CURLPROTO_SMTP, [PROBE_IMAP] = CURLPROTO_IMAP,
		[PROBE_POP3] = CURLPROTO_POP3, [PROBE_LDAP] = CURLPROTO_HTTP | CURLPROTO_HTTPS,
	};

	return !curl_easy_setopt(c, CURLOPT_PROTOCOLS, allowed[p->job->request.protocol]);
#endif
}

static curl_socket_t give_socket(void *user, curlsocktype purpose, struct curl_sockaddr *unused) /* as libcurl has it */
{
	struct probe *p = user;
	int fd = worker_ldap_take(&p->ldap);

	(void)purpose;
	(void)unused;
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static int say_connected(void *user, curl_socket_t fd, curlsocktype purpose)
{
	(void)user;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* The connection on which STARTTLS was said. */
static bool set_connected(CURL *c, struct probe *p)
{
	return !curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, give_socket) &&
	       !curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, p) &&
	       !curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, say_connected);
}

static bool set_url(CURL *c, const char *scheme, const char *host, int port)
{
	bool bare = strchr(host, ':') && *host != '[';
	char *url = str_fmt("%s://%s%s%s:%d/", scheme, bare ? "[" : "", host, bare ? "]" : "", port);
	bool ok = !curl_easy_setopt(c, CURLOPT_URL, url);

	free(url);
	return ok;
}

/* The name is what the server hears; the host is where the connection goes, past any proxy. */
static bool set_way(CURL *c, struct probe *p)
{
	const struct probe_request *r = &p->job->request;
	bool connected = p->ldap.fd >= 0;
	const char *host = connected ? "127.0.0.1" : r->host; /* where we are connected nothing has to be resolved */
	bool bare = strchr(host, ':') && *host != '[';
	char *way = str_fmt("::%s%s%s:%d", bare ? "[" : "", host, bare ? "]" : "", r->port);

	p->connect_to = curl_slist_append(NULL, way);
	free(way);
	if (!p->connect_to || (connected && !set_connected(c, p)))
		return false;
	return set_protocol(c, p) && set_url(c, scheme_of(p), r->name, r->port) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECT_TO, p->connect_to) && !curl_easy_setopt(c, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L) && !curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
}

/* A web server may want to hear of HTTP in the handshake, and other services may refuse whoever speaks of it. */
static bool set_alpn(CURL *c, const struct probe_request *r)
{
	bool web = r->protocol == PROBE_TLS && r->port == 443;

	return !curl_easy_setopt(c, CURLOPT_SSL_ENABLE_ALPN, web ? 1L : 0L);
}

/* Nothing is verified here, so that everything can be seen. */
static bool set_tls(CURL *c, const struct probe *p)
{
	enum probe_key key = p->any_key ? PROBE_KEY_ANY : p->job->request.key;

	if (curl_easy_setopt(c, CURLOPT_CERTINFO, 1L) || curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L) ||
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L) || curl_easy_setopt(c, CURLOPT_CAINFO, NULL) ||
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) || curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L) ||
	    !set_alpn(c, &p->job->request))
		return false;
	if (key == PROBE_KEY_ANY)
		return true;
	return !curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)(CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2)) &&
	       !curl_easy_setopt(c, CURLOPT_SSL_CIPHER_LIST, key == PROBE_KEY_RSA ? "aRSA" : "aECDSA");
}

static bool set_pace(CURL *c, struct probe *p, int64_t left_ms)
{
	return !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) && !curl_easy_setopt(c, CURLOPT_PRIVATE, p) &&
	       !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, p->detail) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)left_ms) &&
	       !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)left_ms);
}

static void drop_easy(struct run *run, struct probe *p)
{
	worker_ldap_close(&p->ldap);
	if (p->easy) {
		curl_multi_remove_handle(run->multi, p->easy);
		curl_easy_cleanup(p->easy);
		run->in_flight--;
	}
	curl_slist_free_all(p->connect_to);
	p->easy = NULL;
	p->connect_to = NULL;
}

static int report(struct run *run, struct probe *p, struct probe_result *result)
{
	struct err e = ERR_INIT;
	struct buf frame;
	int rc;

	buf_init(&frame, WIRE_FRAME_MAX);
	rc = wire_probe_put_result(&frame, p->job->index, result) ||
	     wire_send(WORKER_FD, WIRE_PROBED, &frame, SEND_MS, &e) ? -1 : 0;
	buf_clear(&frame);
	err_clear(&e);
	probe_result_clear(result);
	p->over = true;
	run->left--;
	return rc;
}

/* What libcurl has seen of the chain; NULL = nothing (yet). */
static struct curl_certinfo *seen_by(const struct probe *p)
{
	struct curl_certinfo *seen = NULL;

	if (curl_easy_getinfo(p->easy, CURLINFO_CERTINFO, &seen) || !seen || seen->num_of_certs < 1)
		return NULL;
	return seen;
}

/* The value after "name:" among what libcurl says of one certificate; "" = it says nothing. */
static const char *value_of(const struct curl_slist *said, const char *name)
{
	size_t len = strlen(name);

	for (; said; said = said->next)
		if (!strncmp(said->data, name, len) && said->data[len] == ':')
			return said->data + len + 1;
	return "";
}

/* Nothing at all is better than a chain with a gap. */
static void take_chain(const struct curl_certinfo *seen, const char *host, struct probe_result *result)
{
	struct buf pem;
	int over = 0;

	buf_init(&pem, PROBE_CHAIN_MAX);
	for (int i = 0; i < seen->num_of_certs && !over; i++) {
		const char *text = value_of(seen->certinfo[i], "Cert");

		over = buf_append_fmt(&pem, "%s%s", text, str_ends(text, "\n") ? "" : "\n");
	}
	if (over) {
		err_set(&result->err, ERR_NET, _("%s sends more certificates than the %d bytes that tegata reads"), host,
		        PROBE_CHAIN_MAX);
		result->err.sys_errno = EMSGSIZE;
	} else if (!probe_chain_is_pem(pem.data, pem.len)) {
		err_set(&result->err, ERR_NET, _("the certificates that %s sends cannot be read"), host);
	} else {
		result->pem_len = pem.len;
		result->pem = buf_take(&pem);
	}
	buf_clear(&pem);
}

static bool has_kind(const struct curl_certinfo *seen, enum probe_key key)
{
	const char *algorithm = value_of(seen->certinfo[0], "Public Key Algorithm");

	if (key == PROBE_KEY_ANY)
		return true;
	return strcasestr(algorithm, key == PROBE_KEY_RSA ? "rsa" : "ecPublicKey");
}

static void note_fault(const struct run *run, const struct probe *p, CURLcode code, struct err *e)
{
	const struct worker_probe_fault fault = {
		.easy = p->easy, .code = code, .detail = p->detail, .request = &p->job->request,
		.timeout_sec = run->options->probe_timeout_sec,
	};

	worker_probe_fault_set(&fault, e);
}

/* The server may not speak TLS 1.2, in which the kind of key can be asked for, and be right all the same. */
static bool wants_second_try(const struct probe *p, CURLcode code)
{
	if (p->any_key || p->job->request.key == PROBE_KEY_ANY || p->end_ms <= clock_mono_ms(clock_system()))
		return false;
	return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CIPHER;
}

static int report_fault(struct run *run, struct probe *p, CURLcode code)
{
	struct probe_result result = {.pem = NULL};

	note_fault(run, p, code, &result.err);
	drop_easy(run, p);
	return report(run, p, &result);
}

/* libcurl has connected; it gets a copy of the connection back when the server wants TLS on it. */
static int say_starttls(struct run *run, struct probe *p)
{
	struct worker_ldap ldap = {.fd = -1};
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (curl_easy_getinfo(p->easy, CURLINFO_ACTIVESOCKET, &fd) || fd == CURL_SOCKET_BAD || worker_ldap_ask(&ldap, fd)) {
		worker_ldap_close(&ldap);
		return report_fault(run, p, CURLE_SEND_ERROR);
	}
	drop_easy(run, p);
	p->ldap = ldap;
	p->stage = STAGE_HEAR;
	return 0;
}

static int hear(struct run *run, struct probe *p)
{
	switch (worker_ldap_hear(&p->ldap)) {
	case WORKER_LDAP_GO:
		p->stage = STAGE_TLS;
		return 0;
	case WORKER_LDAP_REFUSED:
		return report_fault(run, p, CURLE_USE_SSL_FAILED);
	case WORKER_LDAP_CLOSED:
		return report_fault(run, p, CURLE_GOT_NOTHING);
	case WORKER_LDAP_NONSENSE:
		return report_fault(run, p, CURLE_WEIRD_SERVER_REPLY);
	default:
		return p->end_ms > clock_mono_ms(clock_system()) ? 0 : report_fault(run, p, CURLE_OPERATION_TIMEDOUT);
	}
}

static int hear_answers(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->probe[i].stage == STAGE_HEAR && !run->probe[i].over && hear(run, &run->probe[i]))
			return -1;
	return 0;
}

/* A chain that was seen counts, whatever the server said afterwards. */
static int finish(struct run *run, struct probe *p, CURLcode code)
{
	const struct probe_request *r = &p->job->request;
	struct curl_certinfo *seen = seen_by(p);
	struct probe_result result = {.pem = NULL};

	if (p->stage == STAGE_CONNECT && code == CURLE_OK)
		return say_starttls(run, p);
	if (!seen && wants_second_try(p, code)) {
		memcpy(p->first_detail, p->detail, sizeof(p->detail));
		p->any_key = true;
		p->stage = first_stage(p);
		drop_easy(run, p);
		return 0;
	}
	if (!seen)
		return report_fault(run, p, code);
	if (p->any_key && !has_kind(seen, r->key))
		worker_probe_fault_kind(r, p->first_detail, &result.err);
	else
		take_chain(seen, r->host, &result);
	drop_easy(run, p);
	return report(run, p, &result);
}

static int start(struct run *run, struct probe *p, int64_t now_ms)
{
	struct probe_result result = {.pem = NULL};
	CURL *c;

	if (worker_probe_fault_check_libcurl(p->job->request.protocol, &result.err))
		return report(run, p, &result);
	if (!p->end_ms)
		p->end_ms = now_ms + (int64_t)run->options->probe_timeout_sec * 1000;
	if (p->end_ms > run->deadline_ms)
		p->end_ms = run->deadline_ms;
	if (p->end_ms <= now_ms) {
		worker_probe_fault_late(&p->job->request, run->options->probe_timeout_sec, &result.err);
		return report(run, p, &result);
	}
	p->detail[0] = '\0';
	c = p->easy = curl_easy_init();
	if (!c)
		return -1;
	run->in_flight++;
	if (set_way(c, p) && set_tls(c, p) && set_pace(c, p, p->end_ms - now_ms) && !curl_multi_add_handle(run->multi, c))
		return 0;
	return finish(run, p, CURLE_NOT_BUILT_IN);
}

static bool is_waiting(const struct probe *p)
{
	return !p->over && !p->easy && p->stage != STAGE_HEAR;
}

static bool can_start(const struct run *run)
{
	for (size_t i = 0; i < run->count && run->in_flight < WIRE_PROBES_AT_ONCE; i++)
		if (is_waiting(&run->probe[i]))
			return true;
	return false;
}

static int start_what_may(struct run *run)
{
	int64_t now_ms = clock_mono_ms(clock_system());

	for (size_t i = 0; i < run->count && run->in_flight < WIRE_PROBES_AT_ONCE; i++) {
		struct probe *p = &run->probe[i];

		if (is_waiting(p) && start(run, p, now_ms))
			return -1;
	}
	return 0;
}

/* Once the chain is there nothing more is said: no second greeting, no anonymous bind. */
static int finish_what_has_been_seen(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		struct probe *p = &run->probe[i];

		if (p->easy && seen_by(p) && finish(run, p, CURLE_OK))
			return -1;
	}
	return 0;
}

static int finish_what_is_over(struct run *run)
{
	CURLMsg *m;
	int more;

	while ((m = curl_multi_info_read(run->multi, &more))) {
		struct probe *p = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&p);
		if (!p || finish(run, p, m->data.result))
			return -1;
	}
	return finish_what_has_been_seen(run) || hear_answers(run) ? -1 : 0;
}

/* tegata says nothing while it waits for results: anything on its socket means that it is gone. */
static int wait_for_more(const struct run *run)
{
	struct curl_waitfd fds[1 + PROBE_BATCH_MAX] = {{.fd = WORKER_FD, .events = CURL_WAIT_POLLIN}};
	unsigned int n = 1;

	for (size_t i = 0; i < run->count; i++)
		if (run->probe[i].stage == STAGE_HEAR && !run->probe[i].over)
			fds[n++] = (struct curl_waitfd){.fd = run->probe[i].ldap.fd, .events = CURL_WAIT_POLLIN};
	if (curl_multi_poll(run->multi, fds, n, POLL_MS, NULL))
		return -1;
	return fds[0].revents ? -1 : 0;
}

static int work(struct run *run)
{
	int running;

	for (;;) {
		if (start_what_may(run) || curl_multi_perform(run->multi, &running) || finish_what_is_over(run))
			return -1;
		if (!run->left)
			return 0;
		if (!can_start(run) && wait_for_more(run))
			return -1;
	}
}

int worker_probe_batch(const struct http_options *o, const struct worker_probe_job *jobs, size_t n)
{
	struct run run = {.options = o, .count = n, .left = n};
	int rc = -1;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -1;
	run.multi = curl_multi_init();
	run.probe = mem_new(n + 1, sizeof(*run.probe));
	run.deadline_ms = clock_mono_ms(clock_system()) + wire_probe_ms(o, n);
	for (size_t i = 0; i < n; i++) {
		run.probe[i].job = &jobs[i];
		run.probe[i].stage = first_stage(&run.probe[i]);
		run.probe[i].ldap.fd = -1;
	}
	if (run.multi)
		rc = work(&run);
	for (size_t i = 0; i < n; i++)
		drop_easy(&run, &run.probe[i]);
	curl_multi_cleanup(run.multi);
	free(run.probe);
	curl_global_cleanup();
	return rc;
}
