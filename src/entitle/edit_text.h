/* A text with its lines, and the changes that are gathered for it and made at once. Internal to entitle/edit. */
#ifndef TEGATA_ENTITLE_EDIT_TEXT_H
#define TEGATA_ENTITLE_EDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Which comes first, of several at one place. */
enum edit_order { EDIT_ORDER_MORE, EDIT_ORDER_NEW, EDIT_ORDER_INSTEAD };

struct edit_patch {
	size_t from, to; /* what goes */
	char *text;      /* what comes; NULL = nothing */
	enum edit_order order;
	size_t number;
};

struct edit_text {
	char *data;      /* the last line ends with a break, even if it had none */
	size_t len;
	size_t *start;   /* of each line; a byte order mark is part of none */
	int lines;
	size_t added;    /* bytes of the break that was put at the end */
	struct edit_patch *patch;
	size_t count;
};

void edit_text_init(struct edit_text *t, const char *text);
void edit_text_clear(struct edit_text *t);
/* Offset of a place as data/yaml gives it: lines and characters, from 1. */
size_t edit_text_at(const struct edit_text *t, int line, int column);
size_t edit_text_begin(const struct edit_text *t, int line);   /* also for the line after the last: the end */
size_t edit_text_content(const struct edit_text *t, int line); /* where its break begins */
/* "---" or "...", which begin and end a document. */
bool edit_text_is_marker(const struct edit_text *t, int line, const char *marker);
/* The break to write after this line: its own; owned. "\n" for line 0 of an empty text. */
char *edit_text_break(const struct edit_text *t, int line);
/* Nothing but blanks before offset `to`, but for one "-". */
bool edit_text_is_lead(const struct edit_text *t, int line, size_t to);
/* `text` is owned from now on. */
void edit_text_change(struct edit_text *t, size_t from, size_t to, char *text); /* in the place of what is there */
void edit_text_insert(struct edit_text *t, size_t at, char *text, enum edit_order order);
void edit_text_delete_lines(struct edit_text *t, int first, int last);
/* All changes made; owned. NULL when two of them are in each other's way. */
char *edit_text_result(struct edit_text *t);

#endif
