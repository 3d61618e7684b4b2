#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/i18n.h"
#include "net/http.h"

#define SECURE "https://"
#define PLAIN "http://"
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

/* Length of the scheme up to the host; 0 = neither of the two. */
static size_t scheme_length(const char *url)
{
	if (!strncasecmp(url, SECURE, strlen(SECURE)))
		return strlen(SECURE);
	return strncasecmp(url, PLAIN, strlen(PLAIN)) ? 0 : strlen(PLAIN);
}

static bool is_url(const char *url)
{
	size_t scheme = scheme_length(url);
	const char *end;
	size_t host;
	int port;

	if (!scheme || strlen(url) > HTTP_URL_MAX)
		return false;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return false;
	host = host_length(url + scheme);
	port = port_length(url + scheme + host);
	if (!host || port < 0)
		return false;
	end = url + scheme + host + port;
	return !*end || *end == '/' || *end == '?' || *end == '#';
}

static char *shown(const char *url)
{
	return str_escape(url ? url : "", url ? strlen(url) : 0, SHOWN_MAX);
}

int http_url_check(const char *url, struct err *e)
{
	char *text;

	if (url && scheme_length(url) == strlen(SECURE) && is_url(url))
		return 0;
	text = shown(url);
	err_set(e, ERR_CA, _("\"%s\" is not a URL that tegata uses: https:// and a host are needed"), text);
	free(text);
	return -1;
}

int http_url_check_plain(const char *url, struct err *e)
{
	char *text;

	if (url && is_url(url))
		return 0;
	text = shown(url);
	err_set(e, ERR_CA, _("\"%s\" is not a URL that tegata uses: http:// or https:// and a host are needed"), text);
	free(text);
	return -1;
}

char *http_url_origin(const char *url)
{
	size_t scheme = scheme_length(url);
	size_t host = host_length(url + scheme);
	const char *end = url + scheme + host;
	size_t port = (size_t)port_length(end);
	const char *usual = scheme == strlen(SECURE) ? ":443" : ":80";
	char *as_given, *origin;

	if (port == strlen(usual) && !strncmp(end, usual, port))
		port = 0;
	as_given = str_ndup(url, scheme + host + port);
	origin = str_lower_ascii(as_given);
	free(as_given);
	return origin;
}
