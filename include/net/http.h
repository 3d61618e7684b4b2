/*
 * What callers see of the network: a batch of requests, performed at once, answered together.
 *
 * The real one (http_open) starts the program tegata-net and speaks to it over a socketpair (net/wire); it does TLS,
 * HTTP/2, DNS. Tests put a fake CA in its place: anything with a `perform`.
 * Limits hold on both sides: HTTPS only unless a request says `plain`, peer verified, no redirects, bodies, headers and
 * time bounded.
 */
#ifndef TEGATA_NET_HTTP_H
#define TEGATA_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define HTTP_BATCH_MAX 512
#define HTTP_URL_MAX 4096
/* Of an answer. An order of a thousand names has some 200 KiB; a hundred hostile answers at once still fit into memory. */
#define HTTP_BODY_MAX (256 * 1024)
#define HTTP_REQUEST_BODY_MAX (256 * 1024)
#define HTTP_LARGE_BODY_MAX (4 * 1024 * 1024) /* what max_body may ask for: lists of revoked certificates */
#define HTTP_HEADER_MAX 16384              /* of one header we keep; all headers together: 64 KiB */
#define HTTP_HEADERS_MAX (64 * 1024)
#define HTTP_LINKS_MAX 32

/* What 0 means in struct http_options. */
#define HTTP_CONNECT_TIMEOUT_SEC 20
#define HTTP_REQUEST_TIMEOUT_SEC 60
#define HTTP_MAX_IN_FLIGHT 50

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST };

struct http_request {
	enum http_method method;
	const char *url;
	const char *content_type; /* NULL = none */
	const char *accept;       /* NULL = none */
	const char *body;         /* NULL = none */
	size_t body_len;
	bool plain;               /* http:// is allowed, for OCSP and CRLs alone, which are signed themselves */
	size_t max_body;          /* of the answer; 0 = HTTP_BODY_MAX, at most HTTP_LARGE_BODY_MAX; ask for few at a time */
};

struct http_response {
	/*
	 * kind != ERR_NONE: no answer came, the rest is empty. sys_errno EMSGSIZE: one over its limits; ETIMEDOUT: none in
	 * time, or no connection in time.
	 */
	struct err err;
	int status;          /* 100..599 */
	char *body;          /* owned, NUL-terminated (may hold more NULs), never NULL when an answer came */
	size_t body_len;
	char *content_type;  /* owned; these are NULL when the header was absent */
	char *replay_nonce;
	char *location;
	char *retry_after;
	char *date;
	struct strs links;   /* Link header field values, one each */
};

/* The transport port. `perform` fills responses[0..n-1] (zeroed by the caller); -1 = the transport itself is broken. */
struct http_port {
	void *self;
	int (*perform)(void *self, const struct http_request *requests, size_t n, struct http_response *responses,
	               struct err *e);
};

/* Any n >= 0; batches larger than HTTP_BATCH_MAX are cut. One request's failure is in its response, not the result. */
int http_batch(const struct http_port *port, const struct http_request *requests, size_t n,
               struct http_response *responses, struct err *e);
void http_response_clear(struct http_response *r);

/*
 * "Retry-After": seconds or HTTP-date, as an instant clamped to now..now+max_sec; absent or unreadable: 0. A date is
 * measured against the answer's own Date where there is one, so that a wrong clock on either side does no harm.
 */
int64_t http_retry_after(const struct http_response *r, int64_t now, int64_t max_sec);
/*
 * The URLs of Link values whose rel is `rel`, appended, at most HTTP_LINKS_MAX. Links to anything but a URL that passes
 * http_url_check (relative ones too), and links about something else (anchor), are left out.
 */
void http_links(const struct http_response *r, const char *rel, struct strs *out);
/*
 * https:// with a host, only visible ASCII, no user or password, at most HTTP_URL_MAX. ERR_CA otherwise (URLs come from
 * the CA; who checks a setting puts its own kind and place).
 */
int http_url_check(const char *url, struct err *e);
/* The same, but http:// is good too. */
int http_url_check_plain(const char *url, struct err *e);
/*
 * "https://host[:port]" of a URL that passed http_url_check, in lower case, without the port 443; owned. Of one that
 * passed http_url_check_plain also "http://host[:port]", without the port 80.
 */
char *http_url_origin(const char *url);

struct http_options {
	const char *ca_file;         /* NULL = the system's store */
	const char *user_agent;      /* required */
	const char *accept_language; /* NULL = none */
	int connect_timeout_sec;     /* 0 = 20 */
	int request_timeout_sec;     /* 0 = 60 */
	int max_in_flight;           /* concurrent requests; 0 = 50 */
	int probe_timeout_sec;       /* of one probe (net/probe.h); 0 = 15 */
	const char *worker_user;     /* NULL = stay; only looked at when we are root */
};

struct http; /* opaque: the running worker */

/*
 * Starts the worker on first use, so opening costs nothing. The options are copied. A ca_file that cannot be found is
 * ERR_CONFIG. perform: -1 means that the worker could not be started (ERR_IO), died, fell silent or sent nonsense
 * (ERR_NET), or that a signal came (ERR_INTERRUPTED); no answer is left in responses then, and the next batch starts a
 * new worker.
 */
int http_open(const struct http_options *o, struct http **out, struct err *e);
const struct http_port *http_port_of(struct http *h);
void http_close(struct http *h); /* NULL is harmless */

/* Counts since opening, for --json, -v and the benches. */
struct http_stats { uint64_t requests, batches, connections; };
struct http_stats http_stats_of(const struct http *h);

#endif
