#include "config.h"

#include "base/roff.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#define LONGEST_ESCAPE 4

static const char *escape(char c, bool *bold)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '-':
		return "\\-";
	case '~':
		return "\\(ti";
	case '^':
		return "\\(ha";
	case '\n':
		return " ";
	case '`':
		*bold = !*bold;
		return *bold ? "\\fB" : "\\fR";
	default:
		return NULL;
	}
}

char *roff_text(const char *text)
{
	struct buf b;
	bool bold = false;
	char *out;

	buf_init(&b, strlen(text) * LONGEST_ESCAPE + 2 * LONGEST_ESCAPE);
	if (*text == '.' || *text == '\'')
		(void)!buf_append(&b, "\\&", 2);
	for (const char *c = text; *c; c++) {
		const char *safe = escape(*c, &bold);

		(void)!buf_append(&b, safe ? safe : c, safe ? strlen(safe) : 1);
	}
	if (bold)
		(void)!buf_append(&b, "\\fR", 3);
	out = buf_take(&b);
	buf_clear(&b);
	return out;
}
