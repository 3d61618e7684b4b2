/*
 * Changes to the list's YAML text in place: comments, order, blank lines, quotes and line ends stay as they are. What comes out is
 * read back and compared before it is given out: it holds just the change, or nothing is changed. Pure: text to text.
 */
#ifndef TEGATA_ENTITLE_EDIT_H
#define TEGATA_ENTITLE_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"

enum edit_action {
	EDIT_ADD,    /* at the end of the list; ERR_USAGE when it is there already */
	EDIT_REMOVE, /* with all its lines and the comments in them; those above and below stay; ERR_USAGE when it is not there */
	EDIT_SET     /* values of an entry that is there: a plain item becomes a mapping when it has to */
};
enum edit_value { EDIT_KEEP, EDIT_PUT, EDIT_TAKE_AWAY };

struct edit_change {
	enum edit_action action;
	const char *fqdn;        /* normal form */
	const char *written;     /* how a new one shall be written (日本語.jp); NULL = fqdn */
	enum edit_value first_issued_do, ends_do, renewed_do, registered_do;
	struct date first_issued, ends, registered;
	int renewed;
};

/*
 * file: for messages. text may be NULL or empty (a new list, with a comment at its head). *out owned. Changes are made in their order.
 * ERR_CONFIG with line and column, and what to write instead, when the text cannot be read or is written in a way that cannot be
 * edited line by line ("[a, b]", tabs, …). ERR_USAGE when the list would not be right any more ("ends" before "first_issued"),
 * ERR_INTERNAL when what comes out is not what was asked for.
 *
 * A new item is written like the last one: its indentation, its line break. Its name is quoted when YAML asks for it ("*.a.jp"). Dates
 * are plain; `renewed: 0` is written only over another number. Comments that go on below an item, further to the right than its "-",
 * are its own when something is added, but nobody's when it is removed. A file without a line break at its end keeps none.
 */
int edit_apply(const char *file, const char *text, const struct edit_change *change, size_t count, char **out, struct err *e);

#endif
