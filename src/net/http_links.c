#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/http.h"

/* RFC 8288 §3, read from left to right; what cannot be read ends the value there. */

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* Copies a quoted string without quotes and backslashes. NULL when it does not end. */
static const char *read_quoted(const char *s, char **value)
{
	char *text = mem_new(strlen(s) + 1, 1);
	size_t n = 0;

	for (s++; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1])
			s++;
		text[n++] = *s;
	}
	if (*s != '"') {
		free(text);
		return NULL;
	}
	*value = text;
	return s + 1;
}

/* ";name=value" at `s`. NULL when it cannot be read; *value is NULL when there is none. */
static const char *read_parameter(const char *s, char **name, char **value)
{
	size_t n;

	s = skip_blanks(s + 1);
	n = strcspn(s, "=;, \t\"<>");
	*name = str_ndup(s, n);
	s = skip_blanks(s + n);
	if (*s != '=')
		return s;
	s = skip_blanks(s + 1);
	if (*s == '"')
		return read_quoted(s, value);
	n = strcspn(s, ";, \t\"");
	*value = str_ndup(s, n);
	return s + n;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*(list += strspn(list, " \t"))) {
		size_t n = strcspn(list, " \t");

		if (n == len && !strncasecmp(list, word, len))
			return true;
		list += n;
	}
	return false;
}

/* The parameters of one link: whether it is about us and has the wanted relation. Only the first rel counts. */
static const char *read_parameters(const char *s, const char *rel, bool *wanted)
{
	bool seen = false, matches = false, elsewhere = false;

	s = skip_blanks(s);
	while (s && *s == ';') {
		char *name = NULL, *value = NULL;

		s = read_parameter(s, &name, &value);
		if (s)
			s = skip_blanks(s);
		if (s && value && !strcasecmp(name, "rel") && !seen) {
			seen = true;
			matches = has_word(value, rel);
		}
		elsewhere = elsewhere || !strcasecmp(name, "anchor");
		free(name);
		free(value);
	}
	*wanted = s && matches && !elsewhere;
	return s;
}

static void add_url(const char *s, size_t len, struct strs *out)
{
	struct err ignored = ERR_INIT;
	char *url = str_ndup(s, len);

	if (http_url_check(url, &ignored))
		free(url);
	else
		strs_take(out, url);
	err_clear(&ignored);
}

static void read_value(const char *s, const char *rel, size_t most, struct strs *out)
{
	while (out->count < most) {
		const char *url, *end;
		bool wanted;

		s += strspn(s, " \t,");
		if (*s != '<')
			return;
		url = s + 1;
		end = strchr(url, '>');
		if (!end)
			return;
		s = read_parameters(end + 1, rel, &wanted);
		if (wanted)
			add_url(url, (size_t)(end - url), out);
		if (!s || *s != ',')
			return;
	}
}

void http_links(const struct http_response *r, const char *rel, struct strs *out)
{
	size_t most = out->count + HTTP_LINKS_MAX;

	for (size_t i = 0; i < r->links.count; i++)
		read_value(r->links.item[i], rel, most, out);
}
