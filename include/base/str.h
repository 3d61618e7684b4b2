/*
 * Strings and lists of strings. Small allocations never return NULL: without memory the program says so and ends with
 * status 1 (a restart converges, see doc/design). What outsiders size goes through base/buf instead.
 */
#ifndef TEGATA_BASE_STR_H
#define TEGATA_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for n things of `size` bytes; freed with free(). */
void *mem_new(size_t n, size_t size);
/* realloc() of n things of `size` bytes that does not fail; the new part is not zeroed. */
void *mem_resize(void *old, size_t n, size_t size);
/* Ends the program as these do; for what libraries allocate where nobody could be told of an error. */
void mem_none(void) __attribute__((noreturn));
/* Overwrites so that the compiler cannot leave it out. */
void mem_wipe(void *p, size_t len);

char *str_dup(const char *s); /* NULL stays NULL */
char *str_ndup(const char *s, size_t n);
char *str_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *str_vfmt(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/* Frees *s, then puts `value` (owned from now on) there. */
void str_replace(char **s, char *value);
/* Wipes and frees; NULL is harmless. */
void str_wipe(char *s);

bool str_eq(const char *a, const char *b);          /* two NULLs are equal */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_is_utf8(const char *s); /* well-formed */
char *str_lower_ascii(const char *s);

/* Whole decimal number (optional '-') in min..max and nothing else: 0, otherwise -1. */
int str_to_int64(const char *s, int64_t min, int64_t max, int64_t *out);

/*
 * A copy that is safe on a terminal and in a log line: control characters (C0, DEL, C1, bidi overrides), invalid UTF-8
 * and backslash become \xNN or \\; longer than max_bytes is cut and ends in "…". For every text that came from outside.
 */
char *str_escape(const char *s, size_t len, size_t max_bytes);
/*
 * The same for a text that was put together from parts of which most were escaped: line ends and backslashes stay. The last
 * guard before a terminal.
 */
char *str_shown(const char *s, size_t max_bytes);

#define STR_DISTANCE_MAX 64
/* Levenshtein's edit distance of two texts given by length, of each its last STR_DISTANCE_MAX bytes. */
size_t str_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* The candidate nearest to `word` (edit distance <= 1 + length/3), or NULL. `candidates` ends with NULL. */
const char *str_nearest(const char *word, const char *const *candidates);

/* A growing list of owned strings. Zero-initialise. */
struct strs {
	char **item;
	size_t count;
};

void strs_add(struct strs *l, const char *s);      /* copies */
void strs_take(struct strs *l, char *s);           /* takes ownership */
bool strs_has(const struct strs *l, const char *s);
bool strs_eq(const struct strs *a, const struct strs *b);       /* same order */
bool strs_same_set(const struct strs *a, const struct strs *b); /* any order, duplicates ignored */
void strs_sort(struct strs *l);                    /* bytewise */
void strs_sort_distinct(struct strs *l);           /* the same, and of equal ones one stays */
void strs_copy(struct strs *to, const struct strs *from); /* appends */
char *strs_join(const struct strs *l, const char *separator);
void strs_clear(struct strs *l);

#endif
