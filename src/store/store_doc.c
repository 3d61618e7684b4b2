#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/i18n.h"
#include "internal.h"

#define GROWTH_MAX 4 /* what is no UTF-8 is written as "\\xNN" */
#define DNS_NAME_MAX 255 /* "*." and a name */

struct json *store_doc_new(const char *schema)
{
	struct json *j = json_new_object();

	json_set_str(j, "schema", schema);
	return j;
}

static char *parse(const struct buf *text, const char *schema, struct json **out)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;
	char *why = NULL;

	if (json_parse(text->data, text->len, &j, &e) != 0) {
		why = err_text(&e);
		err_clear(&e);
		return why;
	}
	if (!json_is_object(j) || !str_eq(json_str(j, "schema"), schema)) {
		json_free(j);
		return str_fmt(_("it does not say \"schema\": \"%s\""), schema);
	}
	*out = j;
	return NULL;
}

int store_doc_load(const struct store_doc *d, struct json **out, char **broken, struct err *e)
{
	const char *path = d->path;
	struct json *j = NULL;
	char *why = NULL;
	struct stat st;
	struct buf text;

	*out = NULL;
	*broken = NULL;
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
	}
	if (!S_ISREG(st.st_mode)) {
		*broken = str_dup(_("it is not a file"));
		return 0;
	}
	if (st.st_size < 0 || (uintmax_t)st.st_size > d->max) {
		*broken = str_dup(_("it is too large"));
		return 0;
	}
	buf_init(&text, d->max);
	if (fs_read(path, &text, e) != 0) {
		buf_clear(&text);
		return -1;
	}
	why = parse(&text, d->schema, &j);
	buf_clear(&text);
	*out = j;
	*broken = why;
	return 0;
}

int store_doc_read(const char *path, const char *schema, struct json **out, char **broken, struct err *e)
{
	const struct store_doc d = {path, schema, STORE_DOC_MAX};

	return store_doc_load(&d, out, broken, e);
}

int store_doc_save(const struct store_doc *d, const struct json *j, mode_t mode, struct err *e)
{
	const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = mode};
	char *text = json_format_pretty(j);
	size_t len = strlen(text);
	int rc;

	if (len > d->max)
		rc = err_set(e, ERR_INTERNAL, _("%s would be too large to be read again"), d->path);
	else
		rc = fs_write_atomic(d->path, text, len, &policy, e);
	free(text);
	return rc;
}

int store_doc_write(const char *path, const struct json *j, mode_t mode, struct err *e)
{
	const struct store_doc d = {path, NULL, STORE_DOC_MAX};

	return store_doc_save(&d, j, mode, e);
}

bool store_doc_name_fits(const char *name)
{
	size_t len = 0;

	for (; name[len] != '\0'; len++)
		if (name[len] <= ' ' || name[len] > '~' || name[len] == '"' || name[len] == '\\')
			return false;
	return len >= 1 && len <= DNS_NAME_MAX;
}

static void mark(const char **bad, const char *key)
{
	if (*bad == NULL)
		*bad = key;
}

char *store_doc_str(const struct json *j, const char *key, const char **bad)
{
	const char *text = json_str(j, key);

	if (text == NULL && json_get(j, key) != NULL)
		mark(bad, key);
	return str_dup(text);
}

static char *bounded(const struct json *j, const char *key, size_t max, const char **bad)
{
	const char *text = json_str(j, key);

	if (text == NULL || strlen(text) <= max * GROWTH_MAX)
		return store_doc_str(j, key, bad);
	mark(bad, key);
	return NULL;
}

char *store_doc_text(const struct json *j, const char *key, const char **bad)
{
	return bounded(j, key, STORE_TEXT_MAX, bad);
}

char *store_doc_id(const struct json *j, const char *key, const char **bad)
{
	return bounded(j, key, STORE_ID_MAX, bad);
}

int64_t store_doc_int(const struct json *j, const char *key, int64_t max, const char **bad)
{
	int64_t value;

	if (json_get(j, key) == NULL)
		return 0;
	value = json_int(j, key, -1);
	if (value >= 0 && value <= max)
		return value;
	mark(bad, key);
	return 0;
}

bool store_doc_bool(const struct json *j, const char *key, const char **bad)
{
	if (json_get(j, key) == NULL)
		return false;
	if (json_bool(j, key, false) != json_bool(j, key, true))
		mark(bad, key);
	return json_bool(j, key, false);
}

const struct json *store_doc_object(const struct json *j, const char *key, const char **bad)
{
	const struct json *member = json_get(j, key);

	if (member == NULL || json_is_object(member))
		return member;
	mark(bad, key);
	return NULL;
}

const struct json *store_doc_list(const struct json *j, const char *key, size_t max, const char **bad)
{
	const struct json *list = json_get(j, key);

	if (list == NULL)
		return NULL;
	if (json_is_array(list) && json_count(list) <= max)
		return list;
	mark(bad, key);
	return NULL;
}

void store_doc_strs(const struct json *j, const char *key, struct strs *out, const char **bad)
{
	const struct json *list = store_doc_list(j, key, STORE_DOC_MAX, bad);

	for (size_t i = 0; i < json_count(list); i++) {
		const char *text = json_text(json_at(list, i));

		if (text != NULL)
			strs_add(out, text);
		else
			mark(bad, key);
	}
}

void store_doc_set_text(struct json *j, const char *key, const char *text)
{
	size_t len = STORE_TEXT_MAX;
	char *cut;

	if (text == NULL || strlen(text) <= STORE_TEXT_MAX) {
		json_set_str(j, key, text);
		return;
	}
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--; /* not within a character */
	cut = str_ndup(text, len);
	json_set_str(j, key, cut);
	free(cut);
}

void store_doc_set_id(struct json *j, const char *key, const char *text)
{
	json_set_str(j, key, text != NULL && strlen(text) <= STORE_ID_MAX ? text : NULL);
}

void store_doc_set_int(struct json *j, const char *key, int64_t value, int64_t max)
{
	if (value < 0)
		value = 0;
	json_set_int(j, key, value < max ? value : max);
}

char *store_doc_bad(const char *bad)
{
	return str_fmt(_("\"%s\" has a value that makes no sense"), bad);
}
