#include "config.h"

#include "data/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/i18n.h"

/* jansson has macros of these names. */
#undef json_is_object
#undef json_is_array

#define EXCERPT_MAX 200 /* bytes of the parser's message, which quotes the text */

static const json_t *to_jansson(const struct json *j)
{
	return (const json_t *)j;
}

/* jansson's iterators and reference counts take no const. */
static json_t *to_mutable(const struct json *j)
{
	return (json_t *)(uintptr_t)j;
}

static struct json *from_jansson(json_t *j)
{
	return (struct json *)j;
}

/* jansson answers NULL only without memory; then the program ends as mem_new() ends it. */
static void *need(void *p)
{
	if (p == NULL)
		mem_none();
	return p;
}

/* Counts brackets before jansson builds anything, so that deep nesting costs one scan. */
static bool too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
			return true;
		else if (!in_string && (c == ']' || c == '}') && depth > 0)
			depth--;
	}
	return false;
}

int json_parse(const char *text, size_t len, struct json **out, struct err *e)
{
	json_error_t error;
	json_t *root;
	char *why;

	if (too_deep(text, len))
		return err_set(e, ERR_CA, _("not acceptable as JSON: nested more than %d deep"), JSON_DEPTH_MAX);
	root = json_loadb(len > 0 ? text : "", len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root == NULL) {
		why = str_escape(error.text, strlen(error.text), EXCERPT_MAX);
		err_set(e, ERR_CA, _("not acceptable as JSON: %s (line %d, column %d)"), why, error.line, error.column);
		free(why);
		return -1;
	}
	*out = from_jansson(root);
	return 0;
}

void json_free(struct json *j)
{
	json_decref((json_t *)j);
}

static bool is_type(const struct json *j, json_type type)
{
	return j != NULL && json_typeof(to_jansson(j)) == type;
}

bool json_is_object(const struct json *j)
{
	return is_type(j, JSON_OBJECT);
}

bool json_is_array(const struct json *j)
{
	return is_type(j, JSON_ARRAY);
}

const struct json *json_get(const struct json *j, const char *key)
{
	const struct json *value;

	if (!json_is_object(j))
		return NULL;
	value = from_jansson(json_object_get(to_jansson(j), key));
	return is_type(value, JSON_NULL) ? NULL : value;
}

const char *json_text(const struct json *j)
{
	return is_type(j, JSON_STRING) ? json_string_value(to_jansson(j)) : NULL;
}

const char *json_str(const struct json *j, const char *key)
{
	return json_text(json_get(j, key));
}

bool json_bool(const struct json *j, const char *key, bool absent)
{
	const struct json *value = json_get(j, key);

	if (is_type(value, JSON_TRUE))
		return true;
	if (is_type(value, JSON_FALSE))
		return false;
	return absent;
}

int64_t json_int(const struct json *j, const char *key, int64_t absent)
{
	const struct json *value = json_get(j, key);

	return is_type(value, JSON_INTEGER) ? (int64_t)json_integer_value(to_jansson(value)) : absent;
}

size_t json_count(const struct json *j)
{
	return json_is_array(j) ? json_array_size(to_jansson(j)) : 0;
}

const struct json *json_at(const struct json *j, size_t i)
{
	return i < json_count(j) ? from_jansson(json_array_get(to_jansson(j), i)) : NULL;
}

void json_strs(const struct json *j, const char *key, struct strs *out)
{
	const struct json *array = json_get(j, key);

	for (size_t i = 0; i < json_count(array); i++) {
		const char *text = json_text(json_at(array, i));

		if (text != NULL)
			strs_add(out, text);
	}
}

void json_keys(const struct json *j, struct strs *out)
{
	struct strs keys = {0};
	json_t *object = to_mutable(j);

	if (!json_is_object(j))
		return;
	for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it))
		strs_add(&keys, json_object_iter_key(it));
	strs_sort(&keys);
	strs_copy(out, &keys);
	strs_clear(&keys);
}

static const struct json *need_member(const struct json *j, const char *what, const char *key, struct err *e)
{
	const struct json *value = json_get(j, key);

	if (value == NULL)
		err_set(e, ERR_CA, _("%s: \"%s\" missing"), what, key);
	return value;
}

int json_need_str(const struct json *j, const char *what, const char *key, const char **out, struct err *e)
{
	const struct json *value = need_member(j, what, key, e);

	if (value == NULL)
		return -1;
	if (json_text(value) == NULL)
		return err_set(e, ERR_CA, _("%s: \"%s\" is not a string"), what, key);
	*out = json_text(value);
	return 0;
}

int json_need_array(const struct json *j, const char *what, const char *key, const struct json **out, struct err *e)
{
	const struct json *value = need_member(j, what, key, e);

	if (value == NULL)
		return -1;
	if (!json_is_array(value))
		return err_set(e, ERR_CA, _("%s: \"%s\" is not a list"), what, key);
	*out = value;
	return 0;
}

struct json *json_new_object(void)
{
	return need(from_jansson(json_object()));
}

struct json *json_new_array(void)
{
	return need(from_jansson(json_array()));
}

/* jansson takes UTF-8 alone; anything else goes in escaped. */
static json_t *new_string(const char *value)
{
	json_t *string;
	char *escaped;

	if (str_is_utf8(value))
		return need(json_string(value));
	escaped = str_escape(value, strlen(value), SIZE_MAX);
	string = need(json_string(escaped));
	free(escaped);
	return string;
}

void json_set(struct json *j, const char *key, struct json *value)
{
	json_t *taken = value != NULL ? (json_t *)value : json_null();
	char *escaped = str_is_utf8(key) ? str_dup(key) : str_escape(key, strlen(key), SIZE_MAX);

	if (json_object_set_new((json_t *)j, escaped, taken) != 0)
		mem_none();
	free(escaped);
}

void json_add(struct json *array, struct json *value)
{
	if (json_array_append_new((json_t *)array, value != NULL ? (json_t *)value : json_null()) != 0)
		mem_none();
}

void json_set_str(struct json *j, const char *key, const char *value)
{
	json_set(j, key, value != NULL ? from_jansson(new_string(value)) : NULL);
}

void json_set_int(struct json *j, const char *key, int64_t value)
{
	json_set(j, key, need(from_jansson(json_integer(value))));
}

void json_set_bool(struct json *j, const char *key, bool value)
{
	json_set(j, key, from_jansson(value ? json_true() : json_false()));
}

void json_set_strs(struct json *j, const char *key, const struct strs *values)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < values->count; i++)
		json_add_str(array, values->item[i]);
	json_set(j, key, array);
}

void json_add_str(struct json *array, const char *value)
{
	json_add(array, value != NULL ? from_jansson(new_string(value)) : NULL);
}

/* jansson does not look whether it could write a member's name: without memory its own texts would lack one. */
static int append(const char *text, size_t len, void *out)
{
	if (buf_append(out, text, len) != 0)
		mem_none();
	return 0;
}

static char *format(const struct json *j, size_t flags, const char *end)
{
	struct buf out;
	char *text;

	buf_init(&out, SIZE_MAX);
	if (json_dump_callback(to_jansson(j), append, &out, flags | JSON_ENCODE_ANY) != 0)
		mem_none();
	append(end, strlen(end), &out);
	text = buf_take(&out);
	buf_clear(&out);
	return text;
}

char *json_format_compact(const struct json *j)
{
	return format(j, JSON_COMPACT, "");
}

char *json_format_pretty(const struct json *j)
{
	return format(j, JSON_INDENT(2), "\n");
}
