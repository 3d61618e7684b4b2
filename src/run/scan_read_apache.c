#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "run/scan.h"

#define ADDRESS_BYTES "0123456789abcdefABCDEF.:*[]"

/*
 * Apache's own words for a host:
 *
 *   *:443                  a.example.jp (/etc/apache2/sites-enabled/a.conf:1)
 *   *:80                   is a NameVirtualHost
 *            default server b.example.jp (/etc/…:1)
 *            port 80 namevhost b.example.jp (/etc/…:1)
 *                    alias www.b.example.jp
 *                    wild alias *.c.example.jp
 */
struct line {
	char *text;     /* without the blanks at its ends */
	bool indented;
};

/* Takes the next line; false = there is none. line->text is owned. */
static bool next_line(const char **at, const char *end, struct line *line)
{
	if (*at >= end)
		return false;
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	const char *from = *at;
	const char *to = stop != NULL ? stop : end;

	*at = stop != NULL ? stop + 1 : end;
	line->indented = from < to && (*from == ' ' || *from == '\t');
	while (from < to && strchr(" \t", *from) != NULL)
		from++;
	while (to > from && strchr(" \t\r", to[-1]) != NULL)
		to--;
	line->text = str_ndup(from, (size_t)(to - from));
	return true;
}

static char *first_word(const char *text)
{
	return str_ndup(text, strcspn(text, " \t"));
}

static const char *after_first_word(const char *text)
{
	text += strcspn(text, " \t");
	return text + strspn(text, " \t");
}

/* The text after a line's own words; NULL = it has others. */
static const char *name_in(const struct line *line)
{
	const char *hit;

	if (!line->indented)
		return NULL;
	if (str_starts(line->text, "alias "))
		return line->text + strlen("alias ");
	if (str_starts(line->text, "wild alias "))
		return line->text + strlen("wild alias ");
	hit = str_starts(line->text, "port ") ? strstr(line->text, " namevhost ") : NULL;
	return hit != NULL ? hit + strlen(" namevhost ") : NULL;
}

/* An address with one host: where the host's name is; NULL = the line is another one. */
static const char *single_name(const struct line *line)
{
	const char *name = after_first_word(line->text);
	const char *rest = after_first_word(name);
	size_t address = strcspn(line->text, " \t");

	if (line->indented || address == 0 || strspn(line->text, ADDRESS_BYTES) != address)
		return NULL;
	return *rest == '(' && str_ends(rest, ")") ? name : NULL;
}

void scan_read_apache(const char *text, size_t len, struct scan *out)
{
	const char *at = text;
	struct line line;

	while (next_line(&at, text + len, &line)) {
		const char *name = name_in(&line);
		if (name == NULL)
			name = single_name(&line);
		if (name != NULL) {
			char *word = first_word(name);
			if (!str_ends(word, ".tegata.invalid"))
				scan_take(out, word);
			free(word);
		}
		free(line.text);
	}
	scan_finish(out);
}

void scan_read_apache_single(const char *text, size_t len, struct strs *out)
{
	const char *at = text;
	struct line line;

	while (next_line(&at, text + len, &line)) {
		if (single_name(&line) != NULL)
			strs_take(out, first_word(line.text));
		free(line.text);
	}
}
