/*
 * JSON. The only door to jansson; its reference counts never leave json.c: a value belongs to the container it was put
 * into, a root belongs to whoever parsed or made it and is freed with json_free().
 */
#ifndef TEGATA_DATA_JSON_H
#define TEGATA_DATA_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct json; /* opaque */

#define JSON_DEPTH_MAX 32

/* One complete UTF-8 value, no duplicate keys, no NUL inside strings, nested at most JSON_DEPTH_MAX. ERR_CA on failure. */
int json_parse(const char *text, size_t len, struct json **out, struct err *e);
void json_free(struct json *j); /* NULL is harmless */

/* Reading. j may be NULL or of another type: then the answer is the "absent" one. Results are borrowed from j. */
bool json_is_object(const struct json *j);
bool json_is_array(const struct json *j);
const struct json *json_get(const struct json *j, const char *key);            /* NULL = absent or null */
const char *json_str(const struct json *j, const char *key);                   /* NULL = absent or no string */
bool json_bool(const struct json *j, const char *key, bool absent);
int64_t json_int(const struct json *j, const char *key, int64_t absent);
size_t json_count(const struct json *j);                                       /* of an array, else 0 */
const struct json *json_at(const struct json *j, size_t i);                    /* NULL = out of range */
const char *json_text(const struct json *j);                                   /* of a string value, else NULL */
/* Appends the strings of array `key`; anything else in it is passed over. */
void json_strs(const struct json *j, const char *key, struct strs *out);
/* Appends the keys of an object, sorted. */
void json_keys(const struct json *j, struct strs *out);

/* Required members: -1 with ERR_CA "<what>: \"<key>\" missing" or "… is not a string". */
int json_need_str(const struct json *j, const char *what, const char *key, const char **out, struct err *e);
int json_need_array(const struct json *j, const char *what, const char *key, const struct json **out, struct err *e);

/* Building. Setters copy texts; json_set and json_add take the value over. Strings must be UTF-8 (others are escaped). */
struct json *json_new_object(void);
struct json *json_new_array(void);
void json_set_str(struct json *j, const char *key, const char *value);         /* NULL value = null */
void json_set_int(struct json *j, const char *key, int64_t value);
void json_set_bool(struct json *j, const char *key, bool value);
void json_set_strs(struct json *j, const char *key, const struct strs *values);
void json_set(struct json *j, const char *key, struct json *value);
void json_add(struct json *array, struct json *value);
void json_add_str(struct json *array, const char *value);

/* Text in insertion order, owned by the caller: compact for the wire, indented (with a final newline) for people and files. */
char *json_format_compact(const struct json *j);
char *json_format_pretty(const struct json *j);

#endif
