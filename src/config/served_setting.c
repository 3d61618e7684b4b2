#include "config.h"

#include "config/reader.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define PARTS_MAX 3

/* TLS from the first byte, unless net knows the word as a protocol that turns to it. */
static const char *const words[] = {"tls", "smtp", "imap", "pop3", "ldap", "https", "smtps", "imaps", "pop3s", "ldaps", NULL};
static const int usual_ports[] = {0, 25, 143, 110, 389, 443, 465, 993, 995, 636};

_Static_assert(sizeof words / sizeof words[0] == sizeof usual_ports / sizeof usual_ports[0] + 1, "a port for each word");

const char *const *served_setting_words(void)
{
	return words;
}

/* Sets the protocol and its usual port. */
static bool read_word(const char *text, struct served_setting *out)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (!str_eq(words[i], text))
			continue;
		if (probe_protocol_parse(text, &out->protocol) != 0)
			out->protocol = PROBE_TLS;
		out->port = usual_ports[i];
		return true;
	}
	return false;
}

static bool read_port(const char *text, struct served_setting *out)
{
	int64_t port;

	if (str_to_int64(text, 1, 65535, &port) != 0)
		return false;
	out->port = (int)port;
	return true;
}

static bool read_host(const char *text, struct served_setting *out)
{
	size_t len = strlen(text);
	bool in_brackets = *text == '[';

	if (!in_brackets)
		out->host = str_dup(text);
	else if (text[len - 1] == ']')
		out->host = str_ndup(text + 1, len - 2);
	return out->host != NULL && reader_host_ok(out->host) && in_brackets == (strchr(out->host, ':') != NULL);
}

/* Divides at the colons that are not in brackets. */
static void divide(const char *text, struct strs *parts)
{
	for (;;) {
		size_t len = *text == '[' ? strcspn(text, "]") : 0;

		len += strcspn(text + len, ":");
		strs_take(parts, str_ndup(text, len));
		if (text[len] == '\0')
			return;
		text += len + 1;
	}
}

static bool is_number(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* [PROTOCOL:][HOST:]PORT, without the port when the protocol has a usual one. */
static bool read_parts(const struct strs *parts, struct served_setting *out)
{
	size_t at = parts->count <= PARTS_MAX && read_word(parts->item[0], out), left = parts->count - at;

	if (left == 2)
		return read_host(parts->item[at], out) && read_port(parts->item[at + 1], out);
	if (left == 1 && is_number(parts->item[at]))
		return read_port(parts->item[at], out);
	return left == 0 || (left == 1 && read_host(parts->item[at], out));
}

/* A misspelt protocol before a port would be taken for a host. */
static bool looks_misspelt(const struct strs *parts, const struct served_setting *s)
{
	return parts->count == 2 && str_eq(parts->item[0], s->host) && strpbrk(s->host, ".:") == NULL &&
	       str_nearest(s->host, words) != NULL;
}

static void say_bad(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                    const struct strs *parts)
{
	struct served_setting ignored = {0};
	const struct keys_row *protocol = keys_find(KEYS_SERVED, "protocol");
	char *expected;

	if (parts->count != PARTS_MAX || *parts->item[0] == '\0' || read_word(parts->item[0], &ignored)) {
		reader_bad(r, row, n);
		return;
	}
	expected = keys_expected(protocol);
	reader_say(r, n, _("%s: \"%s\" is no protocol; expected %s"), row->name, parts->item[0], expected);
	free(expected);
}

static bool read_text(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                      struct served_setting *out)
{
	struct strs parts = {0};
	bool good, misspelt;

	divide(n->text, &parts);
	good = read_parts(&parts, out);
	misspelt = good && looks_misspelt(&parts, out);
	if (misspelt)
		reader_say(r, n, _("%s: \"%s\" is no protocol; did you mean \"%s\"? For a host of this name write \"tls:%s\""),
		           row->name, out->host, str_nearest(out->host, words), n->text);
	else if (!good)
		say_bad(r, row, n, &parts);
	strs_clear(&parts);
	if (!good || misspelt)
		return false;
	if (out->port == 0) {
		reader_say(r, n, _("%s: \"%s\" needs a port, such as \"%s:443\""), row->name, n->text, n->text);
		return false;
	}
	out->label = str_dup(n->text);
	return true;
}

/* What would be written for it in one word; the name asked for, which cannot be, comes last. */
static char *make_label(const struct served_setting *s)
{
	bool tls = s->protocol == PROBE_TLS, address = s->host != NULL && strchr(s->host, ':') != NULL;

	return str_fmt("%s%s%s%s%s%s%d%s%s", tls ? "" : probe_protocol_name(s->protocol), tls ? "" : ":", address ? "[" : "",
	               s->host != NULL ? s->host : "", address ? "]" : "", s->host != NULL ? ":" : "", s->port,
	               s->name != NULL ? "/" : "", s->name != NULL ? s->name : "");
}

static bool read_protocol(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                          struct served_setting *out)
{
	int port = out->port;

	if (n->kind != YAML_SCALAR || !read_word(n->text, out)) {
		reader_bad(r, row, n);
		return false;
	}
	if (port != 0)
		out->port = port;
	return true;
}

static bool read_map(const struct reader *r, const struct keys_row *key, const struct yaml_node *map,
                     struct served_setting *out)
{
	bool good = reader_all_known(KEYS_SERVED, map);

	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_SERVED, map, i);

		if (row == NULL)
			continue;
		if (row->kind == KEYS_PROTOCOL)
			good &= read_protocol(r, row, map->value[i], out);
		else
			good &= reader_simple(r, row, map->value[i], out);
	}
	if (good && out->port == 0) {
		reader_say(r, map, _("%s: the mapping needs \"port\", or a \"protocol\" that has a usual one"), key->name);
		return false;
	}
	if (good)
		out->label = make_label(out);
	return good;
}

static bool same(const struct served_setting *a, const struct served_setting *b)
{
	return a->protocol == b->protocol && str_eq(a->host, b->host) && a->port == b->port && str_eq(a->name, b->name);
}

static const char *listed_as(const struct certificate_setting *c, const struct served_setting *s)
{
	for (size_t i = 0; i < c->served_count; i++)
		if (same(&c->served[i], s))
			return c->served[i].label;
	return NULL;
}

static void read_one(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                     struct certificate_setting *out)
{
	struct served_setting s = {.place = reader_place(r, n)};
	const char *listed;
	bool good = false;

	if (n->kind == YAML_LIST)
		reader_bad(r, row, n);
	else
		good = n->kind == YAML_MAP ? read_map(r, row, n, &s) : read_text(r, row, n, &s);
	listed = good ? listed_as(out, &s) : NULL;
	if (listed != NULL)
		reader_say(r, n, _("%s: \"%s\" is listed already, as \"%s\""), row->name, s.label, listed);
	if (!good || listed != NULL) {
		served_setting_clear(&s);
		return;
	}
	out->served = mem_resize(out->served, out->served_count + 1, sizeof s);
	out->served[out->served_count++] = s;
}

void served_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct certificate_setting *out)
{
	out->has_served = true;
	if (n->kind != YAML_LIST)
		read_one(r, row, n, out);
	for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
		read_one(r, row, n->value[i], out);
}

void served_setting_clear(struct served_setting *s)
{
	free(s->label);
	free(s->host);
	free(s->name);
	*s = (struct served_setting){0};
}

void served_setting_copy(struct served_setting *to, const struct served_setting *from)
{
	*to = *from;
	to->label = str_dup(from->label);
	to->host = str_dup(from->host);
	to->name = str_dup(from->name);
}
