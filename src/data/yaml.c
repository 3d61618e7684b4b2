#include "config.h"

#include "data/yaml.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/i18n.h"
#include "base/str.h"

#define MEBIBYTE (1024 * 1024)

struct reader {
	const char *file;
	const char *text;
	size_t len;
	struct diags *mistakes;
	yaml_parser_t parser;
	size_t nodes;
};

static struct yaml_node *read_node(struct reader *r, yaml_event_t *event, int depth);

/* The code point at s and the octets it takes; 0 octets when it is not UTF-8. */
static size_t decode_utf8(const char *s, size_t len, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s[0];
	size_t need = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
	uint32_t c = need == 1 ? first : first & (0x7fu >> need);

	if (need == 0 || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < smallest[need] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return need;
}

/* What YAML 1.1 §5.1 lets stand in a file as it is. */
static bool is_printable(uint32_t c)
{
	if (c < 0xa0)
		return c == '\t' || c == '\n' || c == '\r' || c == 0x85 || (c >= 0x20 && c <= 0x7e);
	return c != 0xfeff && c != 0xfffe && c != 0xffff;
}

/* Every character is one that YAML takes. The parser would see to it too, but tell an offset only. */
static int check_characters(struct reader *r)
{
	int line = 1, column = 1;
	uint32_t c = 0;
	size_t n;

	for (size_t i = 0; i < r->len; i += n) {
		n = decode_utf8(r->text + i, r->len - i, &c);
		if (n == 0) {
			diags_add(r->mistakes, r->file, line, column, _("this is not UTF-8 text"));
			return -1;
		}
		if (!is_printable(c)) {
			diags_add(r->mistakes, r->file, line, column,
			          _("a control character (U+%04X) is not allowed here"), (unsigned)c);
			return -1;
		}
		column++;
		if (c == '\n' || (c == '\r' && (i + 1 == r->len || r->text[i + 1] != '\n'))) {
			line++;
			column = 1;
		}
	}
	return 0;
}

static void mistake_at(struct reader *r, const yaml_mark_t *mark, const char *text)
{
	diags_add(r->mistakes, r->file, (int)mark->line + 1, (int)mark->column + 1, "%s", text);
}

/* The character at a mark, whose index counts characters; '\0' for the end and for anything beyond ASCII. */
static char character_at(const struct reader *r, const yaml_mark_t *mark)
{
	uint32_t c;
	size_t i = 0;

	for (size_t passed = 0; passed < mark->index && i < r->len; passed++)
		i += decode_utf8(r->text + i, r->len - i, &c);
	return i < r->len && (unsigned char)r->text[i] < 0x80 ? r->text[i] : '\0';
}

/* What people do wrong most often, in words that help; NULL when only the parser's own words are left. */
static const char *syntax_hint(const char *problem, char found)
{
	if (found == '\t')
		return _("a tab cannot stand here; YAML is indented with spaces");
	if (strstr(problem, "mapping values are not allowed") != NULL)
		return _("\": \" is not expected here; put quotes around text that holds it, and look at the indentation");
	if (strstr(problem, "did not find expected key") != NULL)
		return _("a key was expected here; the keys of a map must begin in the same column");
	if (strstr(problem, "did not find expected '-'") != NULL)
		return _("\"- \" was expected here; the items of a list must begin in the same column");
	if (strstr(problem, "could not find expected ':'") != NULL)
		return _("\":\" was expected after a key");
	return NULL;
}

static bool needs_quotes(char c)
{
	return c != '\0' && strchr("*&!%@`", c) != NULL;
}

static void syntax_mistake(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const yaml_mark_t *at = &p->problem_mark;
	const char *problem = p->problem != NULL ? p->problem : _("not enough memory");
	const char *hint = syntax_hint(problem, character_at(r, at));
	char *text;

	if (p->context != NULL && needs_quotes(character_at(r, &p->context_mark)))
		at = &p->context_mark;
	if (needs_quotes(character_at(r, at)))
		text = str_fmt(_("put quotes around text that begins with %c"), character_at(r, at));
	else if (p->context != NULL && p->context_mark.line != at->line)
		text = str_fmt(_("not valid YAML: %s (in what begins at line %zu, column %zu)"),
		               hint != NULL ? hint : problem, p->context_mark.line + 1, p->context_mark.column + 1);
	else
		text = str_fmt(_("not valid YAML: %s"), hint != NULL ? hint : problem);
	mistake_at(r, at, text);
	free(text);
}

/* 0 with an event to delete, or -1 with the mistake told. */
static int next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return 0;
	syntax_mistake(r);
	return -1;
}

/* Anchors and tags are refused, but reading goes on. */
static void check_properties(struct reader *r, const yaml_event_t *event)
{
	const unsigned char *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor != NULL)
		mistake_at(r, &event->start_mark,
		           _("anchors are not allowed; put quotes around text that begins with &"));
	if (tag != NULL)
		mistake_at(r, &event->start_mark, _("tags are not allowed; put quotes around text that begins with !"));
}

static void append(struct yaml_node ***list, size_t count, struct yaml_node *item)
{
	if ((count & (count - 1)) == 0)
		*list = mem_resize(*list, count == 0 ? 1 : count * 2, sizeof **list);
	(*list)[count] = item;
}

static void end_at(struct yaml_node *n, const yaml_event_t *event)
{
	n->end_line = (int)event->end_mark.line + 1;
	n->end_column = (int)event->end_mark.column + 1;
}

static struct yaml_node *new_node(const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml_node *n = mem_new(1, sizeof *n);

	n->kind = kind;
	n->line = (int)event->start_mark.line + 1;
	n->column = (int)event->start_mark.column + 1;
	n->flow = (event->type == YAML_SEQUENCE_START_EVENT &&
	           event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE) ||
	          (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
	end_at(n, event);
	return n;
}

/* Where a list or map over lines ends the parser tells only with what comes next, after blank lines and comments. */
static void end_collection(struct yaml_node *n, const yaml_event_t *event)
{
	const struct yaml_node *last = n->count > 0 ? n->value[n->count - 1] : NULL;

	if (n->flow || last == NULL) {
		end_at(n, event);
		return;
	}
	n->end_line = last->end_line;
	n->end_column = last->end_column;
}

static struct yaml_node *read_scalar(struct reader *r, const yaml_event_t *event)
{
	struct yaml_node *n = new_node(event, YAML_SCALAR);
	const char *value = (const char *)event->data.scalar.value;

	if (memchr(value, '\0', event->data.scalar.length) != NULL)
		mistake_at(r, &event->start_mark, _("a NUL (\"\\0\") is not allowed in a text"));
	n->text = str_dup(value);
	n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return n;
}

static struct yaml_node *read_alias(struct reader *r, const yaml_event_t *event)
{
	struct yaml_node *n = new_node(event, YAML_SCALAR);

	mistake_at(r, &event->start_mark, _("aliases are not allowed; put quotes around text that begins with *"));
	n->text = str_dup((const char *)event->data.alias.anchor);
	return n;
}

static struct yaml_node *read_list(struct reader *r, const yaml_event_t *start, int depth)
{
	struct yaml_node *n = new_node(start, YAML_LIST);
	struct yaml_node *item;
	yaml_event_t event;

	for (;;) {
		if (next_event(r, &event) != 0)
			break;
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			end_collection(n, &event);
			yaml_event_delete(&event);
			return n;
		}
		item = read_node(r, &event, depth + 1);
		if (item == NULL)
			break;
		append(&n->value, n->count, item);
		n->count++;
	}
	yaml_node_free(n);
	return NULL;
}

static int compare_nodes(const struct yaml_node *a, const struct yaml_node *b)
{
	int by_text = strcmp(a->text, b->text);

	if (by_text != 0)
		return by_text;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

static int compare_keys(const void *a, const void *b)
{
	return compare_nodes(*(struct yaml_node *const *)a, *(struct yaml_node *const *)b);
}

static void check_duplicates(struct reader *r, const struct yaml_node *map)
{
	struct yaml_node **sorted;
	const struct yaml_node *first;

	if (map->count < 2)
		return;
	sorted = mem_new(map->count, sizeof *sorted);
	memcpy(sorted, map->key, map->count * sizeof *sorted);
	qsort(sorted, map->count, sizeof *sorted, compare_keys);
	first = sorted[0];
	for (size_t i = 1; i < map->count; i++) {
		if (strcmp(sorted[i]->text, first->text) == 0)
			diags_add(r->mistakes, r->file, sorted[i]->line, sorted[i]->column,
			          _("\"%s\" is given twice; it stands at line %d, column %d already"), first->text,
			          first->line, first->column);
		else
			first = sorted[i];
	}
	free(sorted);
}

/* A key that is no text is told and reading goes on. */
static void check_key(struct reader *r, const struct yaml_node *key)
{
	if (key->kind != YAML_SCALAR)
		diags_add(r->mistakes, r->file, key->line, key->column, _("a list or a map cannot be a key"));
	else if (key->text[0] == '\0')
		diags_add(r->mistakes, r->file, key->line, key->column, _("a key was expected before \":\""));
}

static struct yaml_node *read_map(struct reader *r, const yaml_event_t *start, int depth)
{
	struct yaml_node *n = new_node(start, YAML_MAP);
	struct yaml_node *key = NULL, *value;
	yaml_event_t event;

	for (;;) {
		if (next_event(r, &event) != 0)
			goto failed;
		if (event.type == YAML_MAPPING_END_EVENT) {
			end_collection(n, &event);
			yaml_event_delete(&event);
			check_duplicates(r, n);
			return n;
		}
		key = read_node(r, &event, depth + 1);
		if (key == NULL || next_event(r, &event) != 0)
			goto failed;
		value = read_node(r, &event, depth + 1);
		if (value == NULL)
			goto failed;
		check_key(r, key);
		if (key->kind != YAML_SCALAR) {
			yaml_node_free(key);
			yaml_node_free(value);
		} else {
			append(&n->key, n->count, key);
			append(&n->value, n->count, value);
			n->count++;
		}
		key = NULL;
	}
failed:
	yaml_node_free(key);
	yaml_node_free(n);
	return NULL;
}

/* Takes the event. NULL when reading cannot go on; then the mistake is told. */
static struct yaml_node *read_node(struct reader *r, yaml_event_t *event, int depth)
{
	struct yaml_node *n = NULL;

	check_properties(r, event);
	if (depth > YAML_DEPTH_MAX)
		diags_add(r->mistakes, r->file, (int)event->start_mark.line + 1, (int)event->start_mark.column + 1,
		          _("nested more than %d deep"), YAML_DEPTH_MAX);
	else if (++r->nodes > YAML_NODES_MAX)
		diags_add(r->mistakes, r->file, (int)event->start_mark.line + 1, (int)event->start_mark.column + 1,
		          _("more than %d values in one file"), YAML_NODES_MAX);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		n = read_list(r, event, depth);
	else if (event->type == YAML_MAPPING_START_EVENT)
		n = read_map(r, event, depth);
	else if (event->type == YAML_ALIAS_EVENT)
		n = read_alias(r, event);
	else
		n = read_scalar(r, event);
	yaml_event_delete(event);
	return n;
}

/* The next event's type alone; YAML_NO_EVENT after a mistake. */
static yaml_event_type_t skip_event(struct reader *r, yaml_mark_t *mark)
{
	yaml_event_t event;
	yaml_event_type_t type;

	if (next_event(r, &event) != 0)
		return YAML_NO_EVENT;
	type = event.type;
	*mark = event.start_mark;
	yaml_event_delete(&event);
	return type;
}

/* The one document, or NULL when there is none or after a mistake. */
static struct yaml_node *read_stream(struct reader *r)
{
	struct yaml_node *root;
	yaml_event_t event;
	yaml_mark_t mark;

	if (skip_event(r, &mark) != YAML_STREAM_START_EVENT || skip_event(r, &mark) != YAML_DOCUMENT_START_EVENT)
		return NULL;
	if (next_event(r, &event) != 0)
		return NULL;
	root = read_node(r, &event, 1);
	if (root == NULL || skip_event(r, &mark) != YAML_DOCUMENT_END_EVENT)
		return root;
	if (skip_event(r, &mark) == YAML_DOCUMENT_START_EVENT)
		mistake_at(r, &mark, _("a second document (\"---\") is not allowed in one file"));
	return root;
}

static int compare_places(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->column > y->column) - (x->column < y->column);
}

static struct yaml_node *parse_text(struct reader *r)
{
	struct yaml_node *root;
	size_t kept = r->mistakes->count;

	if (r->len >= 3 && memcmp(r->text, "\xef\xbb\xbf", 3) == 0) {
		r->text += 3;
		r->len -= 3;
	}
	if (check_characters(r) != 0)
		return NULL;
	if (!yaml_parser_initialize(&r->parser)) {
		diags_add(r->mistakes, r->file, 0, 0, _("not enough memory"));
		return NULL;
	}
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, r->len);
	root = read_stream(r);
	yaml_parser_delete(&r->parser);
	if (r->mistakes->count > kept)
		qsort(r->mistakes->item + kept, r->mistakes->count - kept, sizeof *r->mistakes->item, compare_places);
	return root;
}

int yaml_parse(const char *file, const char *text, size_t len, struct yaml_node **out, struct diags *d)
{
	struct reader r = {.file = file, .text = text, .len = len, .mistakes = d};
	size_t before = d->total;
	struct yaml_node *root;

	if (len > YAML_SIZE_MAX) {
		diags_add(d, file, 0, 0, _("larger than %d MiB"), YAML_SIZE_MAX / MEBIBYTE);
		return -1;
	}
	root = parse_text(&r);
	if (d->total > before) {
		yaml_node_free(root);
		return -1;
	}
	if (yaml_is_null(root)) {
		yaml_node_free(root);
		root = NULL;
	}
	*out = root;
	return 0;
}

int yaml_load(const char *path, struct yaml_node **out, bool *missing, struct diags *d)
{
	struct err e = ERR_INIT;
	struct buf b;
	int rc = -1;

	buf_init(&b, YAML_SIZE_MAX);
	if (fs_read_steady(path, &b, NULL, &e) == 0) {
		rc = yaml_parse(path, b.data, b.len, out, d);
		if (rc == 0)
			*missing = false;
	} else if (e.sys_errno == ENOENT) {
		*out = NULL;
		*missing = true;
		rc = 0;
	} else {
		diags_add(d, path, 0, 0, "%s", e.cause);
	}
	err_clear(&e);
	buf_clear(&b);
	return rc;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->key[i]->text, key) == 0)
			return map->value[i];
	return NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
	static const char *const word[] = {"", "~", "null", "Null", "NULL"};

	if (n == NULL)
		return true;
	if (n->kind != YAML_SCALAR || !n->plain)
		return false;
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strcmp(n->text, word[i]) == 0)
			return true;
	return false;
}

/* Only what no reader of YAML can take for anything but text. */
static bool is_plain_safe(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char further[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/@+-";
	static const char *const word[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};

	if (*s == '\0' || (*s != '/' && strchr(letters, *s) == NULL) || s[strspn(s, further)] != '\0')
		return false;
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strcasecmp(s, word[i]) == 0)
			return false;
	return true;
}

/* One character inside double quotes; at most 10 bytes are written. */
static size_t quote_character(char *to, const char *from, size_t n, uint32_t c)
{
	static const char hex[] = "0123456789ABCDEF";
	int digits = c < 0x100 ? 2 : 4;
	size_t len = 0;

	if (c == '"' || c == '\\') {
		to[0] = '\\';
		to[1] = (char)c;
		return 2;
	}
	if (is_printable(c) && c >= 0x20 && c != 0x85 && c != 0xa0 && c != 0x2028 && c != 0x2029) {
		memcpy(to, from, n);
		return n;
	}
	to[len++] = '\\';
	to[len++] = digits == 2 ? 'x' : 'u';
	for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
		to[len++] = hex[c >> shift & 15];
	return len;
}

char *yaml_quote(const char *s)
{
	size_t len = strlen(s), n, o = 0;
	uint32_t c = 0;
	char *out, *escaped;

	if (is_plain_safe(s))
		return str_dup(s);
	out = mem_new(len + 1, 10);
	out[o++] = '"';
	for (size_t i = 0; i < len; i += n) {
		n = decode_utf8(s + i, len - i, &c);
		if (n == 0) {
			free(out);
			escaped = str_escape(s, len, SIZE_MAX);
			out = yaml_quote(escaped);
			free(escaped);
			return out;
		}
		o += quote_character(out + o, s + i, n, c);
	}
	out[o++] = '"';
	return out;
}

void yaml_node_free(struct yaml_node *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->count; i++) {
		if (n->key != NULL)
			yaml_node_free(n->key[i]);
		yaml_node_free(n->value[i]);
	}
	free(n->key);
	free(n->value);
	free(n->text);
	free(n);
}
