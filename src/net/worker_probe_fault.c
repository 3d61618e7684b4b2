#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "worker.h"

static char *service_of(const struct probe_request *r)
{
	bool bare = strchr(r->host, ':') && *r->host != '[';

	return str_fmt("%s%s%s:%d", bare ? "[" : "", r->host, bare ? "]" : "", r->port);
}

static int cannot(struct err *e, const char *protocol, const char *version)
{
	err_set(e, ERR_NET, _("the libcurl of this machine (%s) cannot bring back the certificates of a service that speaks %s"),
	        version, protocol);
	err_advise(e, _("Take this service out of `served`, or install a libcurl that is complete."));
	e->sys_errno = EPROTONOSUPPORT;
	return -1;
}

int worker_probe_fault_check_libcurl(enum probe_protocol protocol, struct err *e)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	const char *name = probe_protocol_name(protocol);

	if (protocol == PROBE_TLS || protocol == PROBE_LDAP)
		return 0;
	for (const char *const *p = curl->protocols; *p; p++)
		if (str_eq(*p, name))
			return 0;
	return cannot(e, name, curl->version);
}

void worker_probe_fault_late(const struct probe_request *r, int timeout_sec, struct err *e)
{
	char *service = service_of(r);

	err_set(e, ERR_NET, _("no connection to %s within %d s"), service, timeout_sec);
	e->sys_errno = ETIMEDOUT;
	free(service);
}

void worker_probe_fault_kind(const struct probe_request *r, const char *detail, struct err *e)
{
	char *said = worker_fault_detail(CURLE_SSL_CONNECT_ERROR, detail);
	char *service = service_of(r);

	if (r->key == PROBE_KEY_RSA)
		err_set(e, ERR_NET, _("%s shows no certificate with an RSA key when asked for one (%s)"), service, said);
	else
		err_set(e, ERR_NET, _("%s shows no certificate with an ECDSA key when asked for one (%s)"), service, said);
	free(service);
	free(said);
}

static void set_no_connection(const struct worker_probe_fault *f, const char *service, const char *detail,
                              struct err *e)
{
	int number = worker_fault_os_error(f->easy);

	if (number)
		err_set_errno(e, ERR_NET, number, _("no connection to %s"), service);
	else
		err_set(e, ERR_NET, _("no connection to %s: %s"), service, detail);
}

static void set_timed_out(const struct worker_probe_fault *f, const char *service, struct err *e)
{
	long port = 0;

	if (f->easy)
		curl_easy_getinfo(f->easy, CURLINFO_LOCAL_PORT, &port);
	if (!f->easy || port > 0)
		err_set(e, ERR_NET, _("%s did not complete a TLS handshake within %d s"), service, f->timeout_sec);
	else
		err_set(e, ERR_NET, _("no connection to %s within %d s"), service, f->timeout_sec);
	e->sys_errno = ETIMEDOUT;
}

/* What is left over: of TLS itself, or of the words before it. */
static void set_other(const struct worker_probe_fault *f, const char *service, const char *detail, struct err *e)
{
	if (f->request->protocol == PROBE_TLS || f->code == CURLE_SSL_CONNECT_ERROR || f->code == CURLE_SSL_CIPHER)
		err_set(e, ERR_NET, _("TLS handshake with %s failed: %s"), service, detail);
	else
		err_set(e, ERR_NET, _("%s did not come as far as STARTTLS in %s: %s"), service,
		        probe_protocol_name(f->request->protocol), detail);
}

static void set_by_code(const struct worker_probe_fault *f, const char *service, const char *detail, struct err *e)
{
	switch (f->code) {
	case CURLE_OK:
		err_set(e, ERR_NET, _("%s showed no certificate"), service);
		return;
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(e, ERR_NET, _("cannot resolve %.*s: no address was found"), (int)strlen(f->request->host),
		        f->request->host);
		return;
	case CURLE_COULDNT_CONNECT:
		set_no_connection(f, service, detail, e);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		set_timed_out(f, service, e);
		return;
	case CURLE_USE_SSL_FAILED:
		err_set(e, ERR_NET, _("%s: the server did not offer STARTTLS"), service);
		return;
	case CURLE_NOT_BUILT_IN:
	case CURLE_UNKNOWN_OPTION:
	case CURLE_UNSUPPORTED_PROTOCOL:
		cannot(e, probe_protocol_name(f->request->protocol), curl_version_info(CURLVERSION_NOW)->version);
		return;
	default:
		set_other(f, service, detail, e);
	}
}

void worker_probe_fault_set(const struct worker_probe_fault *f, struct err *e)
{
	char *detail = worker_fault_detail(f->code, f->detail);
	char *service = service_of(f->request);

	set_by_code(f, service, detail, e);
	free(service);
	free(detail);
}
