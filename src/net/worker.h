/*
 * Parts of the program tegata-net; nothing of tegata itself includes this. Descriptor 3 is the socket to tegata, 4 and
 * up are listening sockets when it is to be a responder.
 */
#ifndef TEGATA_NET_WORKER_H
#define TEGATA_NET_WORKER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/http.h"
#include "net/probe.h"
#include "net/wire.h"

#define WORKER_FD 3
#define WORKER_LISTEN_FD 4
#define WORKER_HOST_CONNECTIONS 4

/* One request of a batch, with what its pointers point to. */
struct worker_job {
	uint32_t index;
	struct http_request request;
	struct strs owner;
};

/* worker_fetch: performs batches; connections live on between them. The options are borrowed. */
struct worker_fetch;
int worker_fetch_open(const struct http_options *o, struct worker_fetch **out);
/* Sends one RESPONSE per job, as they come. -1: tegata is gone or spoke out of turn; `f` is then only good to close. */
int worker_fetch_batch(struct worker_fetch *f, const struct worker_job *jobs, size_t n);
uint64_t worker_fetch_connections(const struct worker_fetch *f);
void worker_fetch_close(struct worker_fetch *f);

/* worker_intake: what of one answer is kept, within the limits. */
struct worker_intake {
	struct http_response response; /* body is not in here until worker_intake_finish */
	struct buf body;
	size_t header_bytes;
	bool headers_done;
	bool headers_over;
	bool body_over;
};
void worker_intake_init(struct worker_intake *in, size_t max_body);
/* One header line as it came, with its line end. -1 = over the limit, give the transfer up. */
int worker_intake_header(struct worker_intake *in, const char *line, size_t len);
int worker_intake_body(struct worker_intake *in, const char *data, size_t len);
void worker_intake_finish(struct worker_intake *in, int status);
void worker_intake_clear(struct worker_intake *in);

/* worker_fault: says what went wrong with a transfer. */
struct worker_fault {
	CURL *easy;
	CURLcode code;
	const char *detail; /* libcurl's own words, may be empty */
	const char *host;   /* host[:port] as shown to people */
	const struct http_options *options;
	const struct worker_intake *intake;
};
void worker_fault_set(const struct worker_fault *f, struct err *e);
/* The request or its batch took its whole time. */
void worker_fault_late(const char *host, int timeout_sec, struct err *e);
/* True when another request to the same host would meet the same: no address, no connection, no trust. */
bool worker_fault_is_of_host(const struct worker_fault *f);

/* libcurl's own words, or its name for the code, fit for people; owned. */
char *worker_fault_detail(CURLcode code, const char *said);
/* The system's number for why there is no connection; 0 = not known. */
int worker_fault_os_error(CURL *easy);

/* One probe of a batch, with what its pointers point to. */
struct worker_probe_job {
	uint32_t index;
	struct probe_request request;
	struct strs owner;
};

/* worker_probe: sends one PROBED per job, as they come. -1: tegata is gone or spoke out of turn. */
int worker_probe_batch(const struct http_options *o, const struct worker_probe_job *jobs, size_t n);

/*
 * worker_ldap: says STARTTLS in LDAP on a connection that libcurl made and that goes back to it for TLS. libcurl's own
 * way to say it came with 7.81, and did not work from 7.87 up to 8.5.
 */
struct worker_ldap {
	int fd; /* -1 = none */
	unsigned char answer[1024];
	size_t len;
};
enum worker_ldap_answer {
	WORKER_LDAP_WAIT,    /* not all of it is here */
	WORKER_LDAP_GO,
	WORKER_LDAP_REFUSED,
	WORKER_LDAP_CLOSED,
	WORKER_LDAP_NONSENSE
};
/* On a copy of the connected, non-blocking descriptor. */
int worker_ldap_ask(struct worker_ldap *l, int fd);
/* When l->fd is readable. */
enum worker_ldap_answer worker_ldap_hear(struct worker_ldap *l);
/* The descriptor, the caller's from now on; -1 = there is none. */
int worker_ldap_take(struct worker_ldap *l);
void worker_ldap_close(struct worker_ldap *l);

/* worker_probe_fault: says why a probe saw no certificate. */
struct worker_probe_fault {
	CURL *easy;         /* NULL = connected, and libcurl has nothing to do with what went wrong */
	CURLcode code;      /* CURLE_OK: all went well, but no certificate was seen */
	const char *detail; /* libcurl's own words, may be empty */
	const struct probe_request *request;
	int timeout_sec;
};
void worker_probe_fault_set(const struct worker_probe_fault *f, struct err *e);
/* The certificate that the server has shown has another kind of key than was asked for. */
void worker_probe_fault_kind(const struct probe_request *r, const char *detail, struct err *e);
/* -1: the libcurl of this machine cannot do it. */
int worker_probe_fault_check_libcurl(enum probe_protocol protocol, struct err *e);
/* Its batch took its whole time before the probe began. */
void worker_probe_fault_late(const struct probe_request *r, int timeout_sec, struct err *e);

/* What a run of the program does: it fetches and probes, or, with listening sockets, it is the responder. */
enum worker_trade { WORKER_FETCHES, WORKER_SERVES };

/*
 * worker_confine: what the program gives up before it hears the first word from outside. Nothing of it can be taken
 * back, and what the kernel does not have is missing: *out says so.
 */
/* First thing: no core, no new rights, no descriptors but the socket and (which is the trade) listening ones. */
enum worker_trade worker_confine_begin(void);
/* User, capabilities, limits, files, system calls. What libcurl reads once is read before: curl_global_init(). */
void worker_confine(const struct http_options *o, enum worker_trade trade, struct wire_confined *out);
/* Its steps, in this order. */
void worker_confine_user(const struct http_options *o);
void worker_confine_limits(const struct http_options *o, enum worker_trade trade, struct wire_confined *out);
/* The folders of SSL_CERT_DIR, which is a list; to be cleared. */
struct strs worker_confine_trust_folders(void);
/* A name service of this machine is asked through local sockets, says nsswitch.conf. */
bool worker_confine_asks_locally(void);
/* How many descriptors there are. */
int worker_confine_descriptors(void);

/*
 * worker_landlock: from now on only what trust, resolver and libraries need can be read, nothing written. o NULL: of
 * the responder, less still. The version in force, or -errno. Without `enforce` all is prepared and nothing held.
 */
int worker_landlock_restrict(const struct http_options *o, bool enforce);

/* worker_seccomp: the filter of system calls, last of all. 0, or -errno; -ENOPKG: this program was built without. */
int worker_seccomp_load(enum worker_trade trade, bool local_sockets, bool enforce);

/* worker_serve: the http-01 responder, with these answers first (taken over). Returns the exit status. */
int worker_serve(struct wire_answer *answers, size_t n);

#endif
