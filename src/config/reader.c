#include "config.h"

#include "config/reader.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/i18n.h"
#include "base/str.h"

#define SHOWN_MAX 80 /* bytes of a wrong value in a message */
#define USER_MAX 256
#define MODE_OTHERS 07
#define MODE_OTHERS_WRITE 02
#define MODE_RUN 0111
#define MODE_READ 0400

struct place reader_place(const struct reader *r, const struct yaml_node *n)
{
	return (struct place){r->file, n->line, n->column};
}

void reader_say(const struct reader *r, const struct yaml_node *n, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = str_vfmt(fmt, ap);
	va_end(ap);
	diags_add(r->d, r->file, n->line, n->column, "%s", text);
	free(text);
}

static char *shown(const struct yaml_node *n)
{
	size_t len;

	if (n->kind == YAML_LIST)
		return str_dup(n->count == 0 ? _("an empty list") : _("a list"));
	if (n->kind == YAML_MAP)
		return str_dup(_("a mapping"));
	if (*n->text == '\0')
		return str_dup(_("an empty text"));
	if (!n->plain && (str_eq(n->text, "true") || str_eq(n->text, "false")))
		return str_fmt(_("\"%s\" in quotes"), n->text);
	len = strlen(n->text);
	if (len <= SHOWN_MAX)
		return str_fmt("\"%s\"", n->text);
	len = SHOWN_MAX;
	while (len > 0 && ((unsigned char)n->text[len] & 0xc0) == 0x80)
		len--;
	return str_fmt("\"%.*s…\"", (int)len, n->text);
}

void reader_bad(const struct reader *r, const struct keys_row *row, const struct yaml_node *n)
{
	const char *const *words = keys_words(row->kind);
	const char *near = words != NULL && n->kind == YAML_SCALAR ? str_nearest(n->text, words) : NULL;
	char *expected = keys_expected(row), *got = shown(n);

	if (near != NULL)
		reader_say(r, n, _("%s: expected %s, not %s; did you mean \"%s\"?"), row->name, expected, got, near);
	else
		reader_say(r, n, _("%s: expected %s, not %s"), row->name, expected, got);
	free(expected);
	free(got);
}

const struct keys_row *reader_row(const struct reader *r, enum keys_level level, const struct yaml_node *map, size_t i)
{
	const struct keys_row *row = keys_find(level, map->key[i]->text);
	char *text;

	if (row != NULL)
		return yaml_is_null(map->value[i]) ? NULL : row;
	text = keys_unknown(level, map->key[i]->text);
	reader_say(r, map->key[i], "%s", text);
	free(text);
	return NULL;
}

bool reader_all_known(enum keys_level level, const struct yaml_node *map)
{
	for (size_t i = 0; i < map->count; i++)
		if (keys_find(level, map->key[i]->text) == NULL)
			return false;
	return true;
}

bool reader_name_ok(const char *name)
{
	if (!isascii(*name) || !isalnum((unsigned char)*name) || strlen(name) > KEYS_NAME_MAX)
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if (!isascii(*p) || (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL))
			return false;
	return true;
}

/* One line that is not empty. */
static bool line_ok(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s) && isascii(*s))
			return false;
	return true;
}

bool reader_path_ok(const char *path)
{
	return *path == '/' && line_ok(path) && strlen(path) < PATH_MAX;
}

static bool no_blanks(const char *s)
{
	return line_ok(s) && strpbrk(s, " ") == NULL;
}

static bool url_ok(const char *s)
{
	size_t host;

	if (strncasecmp(s, "https://", 8) != 0 || !no_blanks(s) || strpbrk(s, "#\"<>\\^`{|}") != NULL)
		return false;
	for (const char *p = s; *p != '\0'; p++)
		if (!isascii(*p))
			return false;
	host = strcspn(s + 8, "/?");
	return host > 0 && s[8] != ':' && memchr(s + 8, '@', host) == NULL;
}

static bool domain_ok(const char *s)
{
	return reader_name_ok(s) && strchr(s, '.') != NULL && strchr(s, '_') == NULL && strstr(s, "..") == NULL &&
	       !str_ends(s, ".");
}

static bool user_ok(const char *s)
{
	return no_blanks(s) && strpbrk(s, ":/,") == NULL && *s != '-' && strlen(s) <= USER_MAX;
}

static bool contact_ok(const char *s)
{
	const char *address = str_starts(s, "mailto:") ? s + strlen("mailto:") : s;
	const char *at = strchr(address, '@');

	return at != NULL && at > address && at[1] != '\0' && strchr(at + 1, '@') == NULL && no_blanks(s) &&
	       strpbrk(address, ",?:;<>()") == NULL;
}

static bool address_ok(const char *s)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

bool reader_host_ok(const char *host)
{
	bool letter = false;

	if (address_ok(host))
		return true;
	for (const char *p = host; *p != '\0'; p++) {
		if (!isascii(*p) || (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL))
			return false;
		letter |= isalpha((unsigned char)*p) != 0;
	}
	return letter && *host != '-' && *host != '.' && strstr(host, "..") == NULL;
}

static bool token_ok(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!isascii(*s) || !isgraph((unsigned char)*s))
			return false;
	return true;
}

static int word_index(enum keys_kind kind, const char *s)
{
	const char *const *words = keys_words(kind);

	for (int i = 0; words[i] != NULL; i++)
		if (str_eq(words[i], s))
			return i;
	return -1;
}

static bool text_ok(enum keys_kind kind, const char *s)
{
	switch (kind) {
	case KEYS_TEXT:
		return line_ok(s);
	case KEYS_SHELL:
		return *s != '\0';
	case KEYS_NAME:
		return reader_name_ok(s);
	case KEYS_URL:
		return url_ok(s);
	case KEYS_PATH:
		return reader_path_ok(s);
	case KEYS_DOMAIN:
		return domain_ok(s);
	case KEYS_USER:
	case KEYS_GROUP:
		return user_ok(s);
	case KEYS_TOKEN:
		return token_ok(s);
	case KEYS_HOST:
		return reader_host_ok(s);
	case KEYS_CONTACTS:
		return contact_ok(s);
	case KEYS_RULE_LENGTH:
		return rule_setting_length_ok(s);
	case KEYS_RULE_ZONE:
		return rule_setting_zone_ok(s);
	case KEYS_NAMES:
		return no_blanks(s);
	case KEYS_ADDRESSES:
		return address_ok(s);
	default:
		return word_index(kind, s) >= 0;
	}
}

static bool read_number(const struct keys_row *row, const struct yaml_node *n, int *out)
{
	int64_t value;

	if (str_to_int64(n->text, row->min, row->max, &value) != 0)
		return false;
	*out = (int)value;
	return true;
}

static bool read_yes_no(const struct yaml_node *n, bool *out)
{
	bool yes = str_eq(n->text, "true");

	if (!n->plain || (!yes && !str_eq(n->text, "false")))
		return false;
	*out = yes;
	return true;
}

static bool parse_mode(const char *text, mode_t *out)
{
	size_t digits = strspn(text, "01234567");

	if (text[digits] != '\0' || digits < 3 || digits > 4 || (digits == 4 && *text != '0'))
		return false;
	*out = (mode_t)strtoul(text, NULL, 8);
	return true;
}

/* Told here, not by the caller: each mistake has reasons of its own. */
static bool read_file_mode(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, mode_t *out)
{
	mode_t mode;

	if (!parse_mode(n->text, &mode))
		reader_bad(r, row, n);
	else if ((mode & MODE_OTHERS_WRITE) != 0)
		reader_say(r, n, _("%s: with %s everybody on this machine could write to the file; use \"0600\", \"0640\" or \"0644\""),
		           row->name, n->text);
	else if ((mode & MODE_RUN) != 0)
		reader_say(r, n, _("%s: %s would make the file an executable; use \"0600\", \"0640\" or \"0644\""), row->name,
		           n->text);
	else if ((mode & MODE_READ) == 0)
		reader_say(r, n, _("%s: with %s not even the owner could read the file; use \"0600\", \"0640\" or \"0644\""),
		           row->name, n->text);
	else {
		*out = mode;
		return true;
	}
	return false;
}

static bool read_mode(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, mode_t *out)
{
	mode_t mode;

	if (!parse_mode(n->text, &mode)) {
		reader_bad(r, row, n);
		return false;
	}
	if ((mode & MODE_OTHERS) != 0)
		reader_say(r, n, _("%s: %s would open the private key to everybody on this machine; use \"0600\", or \"0640\" "
		                   "with a key_group"), row->name, n->text);
	else if ((mode & MODE_RUN) != 0)
		reader_say(r, n, _("%s: %s would make the private key an executable; use \"0600\" or \"0640\""), row->name,
		           n->text);
	else if ((mode & MODE_READ) == 0)
		reader_say(r, n, _("%s: with %s not even the owner could read the private key; use \"0600\" or \"0640\""),
		           row->name, n->text);
	else
		*out = mode;
	return (mode & (MODE_OTHERS | MODE_RUN)) == 0 && (mode & MODE_READ) != 0;
}

bool reader_texts(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, struct strs *out,
                  struct place **places)
{
	size_t count = n->kind == YAML_LIST ? n->count : 1;
	bool good = true;

	if (n->kind == YAML_MAP || count == 0) {
		reader_bad(r, row, n);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->value[i] : n;

		if (item->kind != YAML_SCALAR || !text_ok(row->kind, item->text)) {
			reader_bad(r, row, item);
			good = false;
			continue;
		}
		strs_add(out, item->text);
		if (places != NULL) {
			*places = mem_resize(*places, out->count, sizeof **places);
			(*places)[out->count - 1] = reader_place(r, item);
		}
	}
	return good;
}

static bool variable_ok(const char *name)
{
	if (*name == '\0' || isdigit((unsigned char)*name))
		return false;
	for (; *name != '\0'; name++)
		if (!isascii(*name) || (!isalnum((unsigned char)*name) && *name != '_'))
			return false;
	return true;
}

static bool read_env(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, struct strs *out)
{
	bool good = true;

	if (n->kind != YAML_MAP) {
		reader_bad(r, row, n);
		return false;
	}
	for (size_t i = 0; i < n->count; i++) {
		const char *name = n->key[i]->text;

		if (!variable_ok(name)) {
			reader_say(r, n->key[i], _("%s: \"%s\" is no name of a variable (letters, digits and \"_\")"), row->name, name);
			good = false;
		} else if (n->value[i]->kind != YAML_SCALAR) {
			reader_say(r, n->value[i], _("%s: the value of %s must be a text"), row->name, name);
			good = false;
		} else if (!yaml_is_null(n->value[i])) {
			strs_take(out, str_fmt("%s=%s", name, n->value[i]->text));
		}
	}
	return good;
}

static bool read_enum(const struct keys_row *row, const struct yaml_node *n, void *member)
{
	int i = word_index(row->kind, n->text);

	if (i < 0)
		return false;
	if (row->kind == KEYS_FIRST_USE)
		*(enum first_use_setting *)member = (enum first_use_setting)i;
	else
		*(enum on_lapse_setting *)member = (enum on_lapse_setting)i;
	return true;
}

static bool read_scalar(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, void *member)
{
	bool good;

	if (n->kind != YAML_SCALAR) {
		reader_bad(r, row, n);
		return false;
	}
	if (row->kind == KEYS_MODE)
		return read_mode(r, row, n, member);
	if (row->kind == KEYS_FILE_MODE)
		return read_file_mode(r, row, n, member);
	if (row->kind == KEYS_KEY_TYPE)
		good = key_type_parse(n->text, member) == 0;
	else if (row->kind == KEYS_EVENT_LEVEL)
		good = events_level_parse(n->text, member) == 0;
	else if (row->kind == KEYS_FIRST_USE || row->kind == KEYS_ON_LAPSE)
		good = read_enum(row, n, member);
	else if (row->kind == KEYS_NUMBER)
		good = read_number(row, n, member);
	else if (row->kind == KEYS_YES_NO)
		good = read_yes_no(n, member);
	else
		good = text_ok(row->kind, n->text);
	if (!good)
		reader_bad(r, row, n);
	else if (row->kind < KEYS_KEY_TYPE)
		str_replace(member, str_dup(n->text));
	return good;
}

bool reader_simple(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, void *base)
{
	void *member = (char *)base + row->offset;

	switch (row->kind) {
	case KEYS_CONTACTS:
	case KEYS_NAMES:
	case KEYS_ADDRESSES:
		return reader_texts(r, row, n, member, NULL);
	case KEYS_ENV:
		return read_env(r, row, n, member);
	default:
		return read_scalar(r, row, n, member);
	}
}
