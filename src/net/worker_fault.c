#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "worker.h"

#define DETAIL_MAX 300
/* X509_V_ERR_… as CURLINFO_SSL_VERIFYRESULT gives them; "unspecified" is what a wrong name leaves there. */
#define VERIFY_UNSPECIFIED 1
#define VERIFY_NOT_YET_VALID 9
#define VERIFY_EXPIRED 10

char *worker_fault_detail(CURLcode code, const char *said)
{
	static const char *const said_already[] = {"SSL certificate problem: ", "SSL: "};
	const char *s = *said ? said : curl_easy_strerror(code);

	for (size_t i = 0; i < sizeof(said_already) / sizeof(said_already[0]); i++)
		if (str_starts(s, said_already[i]))
			s += strlen(said_already[i]);
	return str_escape(s, strlen(s), DETAIL_MAX);
}

int worker_fault_os_error(CURL *easy)
{
	long number = 0;

	return curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number > 0 ? (int)number : 0;
}

/*
 * An end without TLS's own farewell is a broken connection to newer libcurls. The number of the system is then that of
 * an earlier try, at the host's other address for instance, and says nothing.
 */
static bool set_cut_off(const struct worker_fault *f, const char *detail, struct err *e)
{
	int number = worker_fault_os_error(f->easy);
	long status = 0;

	if (number == ECONNRESET || number == EPIPE || !strstr(detail, "unexpected eof"))
		return false;
	if (curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status > 0)
		err_set(e, ERR_NET, _("%s closed the connection in the middle of its answer"), f->host);
	else
		err_set(e, ERR_NET, _("%s closed the connection without an answer"), f->host);
	return true;
}

static void set_broken(const struct worker_fault *f, const char *detail, struct err *e)
{
	int number = worker_fault_os_error(f->easy);

	if (set_cut_off(f, detail, e))
		return;
	if (number)
		err_set_errno(e, ERR_NET, number, _("the connection to %s broke"), f->host);
	else
		err_set(e, ERR_NET, _("the connection to %s broke: %s"), f->host, detail);
}

static void set_no_connection(const struct worker_fault *f, const char *detail, struct err *e)
{
	int number = worker_fault_os_error(f->easy);

	if (number)
		err_set_errno(e, ERR_NET, number, _("cannot connect to %s"), f->host);
	else
		err_set(e, ERR_NET, _("cannot connect to %s: %s"), f->host, detail);
	err_advise(e, _("Check that %s can be reached from this machine (firewall, proxy, address)."), f->host);
}

static void set_untrusted(const struct worker_fault *f, const char *detail, struct err *e)
{
	long verify = 0;

	err_set(e, ERR_NET, _("TLS: the certificate of %s is not trusted: %s"), f->host, detail);
	curl_easy_getinfo(f->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
	if (verify == VERIFY_EXPIRED || verify == VERIFY_NOT_YET_VALID)
		err_advise(e, _("Check the date and time of this machine; if they are right, tell whoever runs %s."), f->host);
	else if (verify > VERIFY_UNSPECIFIED)
		err_advise(e, _("If %s has a root certificate of its own, name its file with ca_file in the settings "
		                "or --ca-file; otherwise somebody may be posing as it."), f->host);
	else
		err_advise(e, _("Check the host name in the server's URL."));
}

static void set_unreadable_ca_file(const struct worker_fault *f, const char *detail, struct err *e)
{
	const char *file = f->options->ca_file;

	if (!file) {
		err_set(e, ERR_NET, _("this machine's trusted CA certificates cannot be read: %s"), detail);
		err_advise(e, _("Install the package ca-certificates, or name a file with ca_file or --ca-file."));
		return;
	}
	err_set(e, ERR_CONFIG, _("the file of trusted CA certificates, %s, cannot be read: %s"), file, detail);
	err_advise(e, _("It has to be PEM, and readable for the user as whom tegata-net runs."));
}

static bool reached(const struct worker_fault *f)
{
	curl_off_t microseconds = 0;

	curl_easy_getinfo(f->easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds);
	return microseconds > 0;
}

void worker_fault_late(const char *host, int timeout_sec, struct err *e)
{
	err_set(e, ERR_NET, _("no answer from %s within %d s"), host, timeout_sec);
	e->sys_errno = ETIMEDOUT;
}

static void set_timed_out(const struct worker_fault *f, struct err *e)
{
	if (f->intake->headers_done) {
		err_set(e, ERR_NET, _("the answer from %s came too slowly to wait for its end"), f->host);
	} else if (reached(f)) {
		worker_fault_late(f->host, f->options->request_timeout_sec, e);
	} else {
		int sec = f->options->connect_timeout_sec < f->options->request_timeout_sec
		                  ? f->options->connect_timeout_sec
		                  : f->options->request_timeout_sec;

		err_set(e, ERR_NET, _("cannot connect to %s within %d s"), f->host, sec);
		err_advise(e, _("Check that %s can be reached from this machine (firewall, proxy, address)."), f->host);
	}
	e->sys_errno = ETIMEDOUT;
}

static void set_unresolved(const struct worker_fault *f, struct err *e)
{
	size_t len = strlen(f->host);
	const char *port = strrchr(f->host, ':');

	if (port && !strchr(port, ']'))
		len = (size_t)(port - f->host);
	err_set(e, ERR_NET, _("cannot resolve %.*s: no address was found"), (int)len, f->host);
	err_advise(e, _("Check the spelling of the server's URL, and this machine's DNS (/etc/resolv.conf)."));
}

static void set_by_code(const struct worker_fault *f, const char *detail, struct err *e)
{
	switch (f->code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		set_unresolved(f, e);
		return;
	case CURLE_COULDNT_RESOLVE_PROXY:
		err_set(e, ERR_NET, _("cannot resolve the proxy on the way to %s: %s"), f->host, detail);
		err_advise(e, _("Check https_proxy and no_proxy in the environment."));
		return;
	case CURLE_COULDNT_CONNECT:
		set_no_connection(f, detail, e);
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		set_untrusted(f, detail, e);
		return;
	case CURLE_SSL_CACERT_BADFILE:
		set_unreadable_ca_file(f, detail, e);
		return;
	case CURLE_SSL_CONNECT_ERROR:
		err_set(e, ERR_NET, _("TLS with %s failed: %s"), f->host, detail);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		set_timed_out(f, e);
		return;
	case CURLE_GOT_NOTHING:
		err_set(e, ERR_NET, _("%s closed the connection without an answer"), f->host);
		return;
	case CURLE_PARTIAL_FILE:
		err_set(e, ERR_NET, _("%s closed the connection in the middle of its answer"), f->host);
		return;
	case CURLE_UNSUPPORTED_PROTOCOL:
		err_set(e, ERR_NET, _("%s does not speak HTTP: %s"), f->host, detail);
		err_advise(e, _("Check host and port in the server's URL."));
		return;
	case CURLE_WEIRD_SERVER_REPLY:
		err_set(e, ERR_NET, _("the answer from %s is not correct HTTP: %s"), f->host, detail);
		return;
	case CURLE_OUT_OF_MEMORY: /* also of a header line over libcurl's own limit */
		err_set(e, ERR_NET, _("the answer from %s is too large to be taken"), f->host);
		return;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		set_broken(f, detail, e);
		return;
	default:
		err_set(e, ERR_NET, _("the request to %s failed: %s"), f->host, detail);
	}
}

void worker_fault_set(const struct worker_fault *f, struct err *e)
{
	char *detail;

	if (f->intake->body_over) {
		err_set(e, ERR_NET, _("the answer from %s is larger than %d bytes, the most that tegata reads"), f->host,
		        (int)f->intake->body.max);
		e->sys_errno = EMSGSIZE;
		return;
	}
	if (f->intake->headers_over) {
		err_set(e, ERR_NET, _("the headers of the answer from %s are larger than %d bytes, the most that tegata reads"),
		        f->host, HTTP_HEADERS_MAX);
		e->sys_errno = EMSGSIZE;
		return;
	}
	detail = worker_fault_detail(f->code, f->detail);
	set_by_code(f, detail, e);
	free(detail);
}

bool worker_fault_is_of_host(const struct worker_fault *f)
{
	switch (f->code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
		return true;
	case CURLE_OPERATION_TIMEDOUT:
		return !reached(f);
	default:
		return false;
	}
}
