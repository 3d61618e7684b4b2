#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/i18n.h"
#include "net/http.h"

#define SCHEME "https://"
#define SCHEME_LEN (sizeof(SCHEME) - 1)
#define SHOWN_MAX 200

static const char host_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
static const char address_chars[] = "0123456789abcdefABCDEF:.";

/* Length of the host at the start of `s`, with its brackets if it is an IPv6 address; 0 = none. */
static size_t host_length(const char *s)
{
	size_t n;

	if (*s != '[')
		return strspn(s, host_chars);
	n = strspn(s + 1, address_chars);
	return n && s[n + 1] == ']' ? n + 2 : 0;
}

/* Length of ":port" at the start of `s`, 0 when there is none; -1 = it is not one. */
static int port_length(const char *s)
{
	int64_t value = 0;
	int n = 1;

	if (*s != ':')
		return 0;
	for (; s[n] >= '0' && s[n] <= '9'; n++) {
		value = value * 10 + (s[n] - '0');
		if (value > 65535)
			return -1;
	}
	return value > 0 ? n : -1;
}

static bool is_https_url(const char *url)
{
	const char *end;
	size_t host;
	int port;

	if (strlen(url) > HTTP_URL_MAX || strncasecmp(url, SCHEME, SCHEME_LEN))
		return false;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return false;
	host = host_length(url + SCHEME_LEN);
	port = port_length(url + SCHEME_LEN + host);
	if (!host || port < 0)
		return false;
	end = url + SCHEME_LEN + host + port;
	return !*end || *end == '/' || *end == '?' || *end == '#';
}

int http_url_check(const char *url, struct err *e)
{
	char *shown;

	if (url && is_https_url(url))
		return 0;
	shown = str_escape(url ? url : "", url ? strlen(url) : 0, SHOWN_MAX);
	err_set(e, ERR_CA, _("\"%s\" is not a URL that tegata uses: https:// and a host are needed"), shown);
	free(shown);
	return -1;
}

char *http_url_origin(const char *url)
{
	const char *host = url + SCHEME_LEN;
	size_t len = host_length(host);
	size_t port = (size_t)port_length(host + len);
	char *as_given, *origin;

	if (port == 4 && !strncmp(host + len, ":443", 4))
		port = 0;
	as_given = str_fmt(SCHEME "%.*s", (int)(len + port), host);
	origin = str_lower_ascii(as_given);
	free(as_given);
	return origin;
}
