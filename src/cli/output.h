/* Standard output: tables for people, JSON for programs. */
#ifndef TEGATA_CLI_OUTPUT_H
#define TEGATA_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "data/json.h"

void output_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* As it is. */
void output_text(const char *text);
/* Prints one line and frees the value. */
void output_json(struct json *j);
/* An object with schema and ok. */
struct json *output_object(const char *schema, bool ok);
/* RFC 3339 with +09:00; 0 = null. */
void output_set_time(struct json *j, const char *key, int64_t t);
/* 0 and below = null. */
void output_set_number(struct json *j, const char *key, int64_t number);
/* -1 (ERR_IO) when something of what was printed got lost. */
int output_finish(struct err *e);

/* Columns on a terminal: wide characters count two, combining ones none. */
size_t output_width(const char *s);
/* Bytes at the beginning of `text` that stay on one line: up to a blank, or to where wide letters, which are written
 * without blanks, let a line end. */
size_t output_piece(const char *text);
/* The text with blanks behind it up to `width` columns; owned. */
char *output_pad(const char *s, size_t width);
/* Lines are broken there. */
#define OUTPUT_COLUMNS 100
/* The text from column `indent` on, broken where a line may end; `line` (owned from now on) stands before it. */
void output_wrap(struct strs *lines, char *line, size_t indent, const char *text);
/* Prints "    label  text", wrapped, with the text in one column for all that share `indent` and `width`; an empty text is left out. */
void output_field(size_t indent, size_t width, const char *label, const char *text);

/* A host name as people write it, with what the CA sees beside it; owned. */
char *output_name(const char *name);
/* The same of several, with commas between; owned. */
char *output_names(const struct strs *names);
/* "2027-02-20 09:00 JST (Sat)" in the time zone of this machine; owned. */
char *output_local_time(int64_t t);
/* "2027-02-28 (Sun)"; owned. */
char *output_date(struct date d);
/* The day in Japan, where contracts are counted, of an instant; and the last one of what ends at an instant. Owned. */
char *output_day(int64_t t);
char *output_last_day(int64_t end_at);

#endif
