#include "config.h"

#include "config/reader.h"

#include <stdlib.h>

#include "base/i18n.h"

#define HTTP_PORT 80

struct draft {
	const struct reader *r;
	const struct yaml_node *map;
	struct challenge_setting *c;
	struct hook_spec common; /* user, timeout and env of all hooks */
	int methods;             /* how many ways were given */
	bool auth_hook;
	bool good;
};

static void read_webroot_map(struct draft *t, const struct keys_row *row, const struct yaml_node *map)
{
	if (map->count == 0) {
		reader_say(t->r, map, _("%s: the mapping is empty"), row->name);
		t->good = false;
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *value = map->value[i];

		if (yaml_is_null(value))
			continue;
		if (value->kind != YAML_SCALAR || !reader_path_ok(value->text)) {
			reader_say(t->r, value, _("%s: expected an absolute path for \"%s\""), row->name, map->key[i]->text);
			t->good = false;
		} else if (str_eq(map->key[i]->text, KEYS_WEBROOT_REST)) {
			str_replace(&t->c->webroot, str_dup(value->text));
		} else {
			strs_add(&t->c->webroot_names, map->key[i]->text);
			strs_add(&t->c->webroot_dirs, value->text);
		}
	}
}

static void read_webroot(struct draft *t, const struct keys_row *row, const struct yaml_node *n)
{
	t->c->method = CHALLENGE_WEBROOT;
	if (n->kind == YAML_MAP) {
		read_webroot_map(t, row, n);
	} else if (n->kind == YAML_SCALAR && reader_path_ok(n->text)) {
		str_replace(&t->c->webroot, str_dup(n->text));
	} else {
		reader_bad(t->r, row, n);
		t->good = false;
	}
}

static void read_listen(struct draft *t, const struct keys_row *row, const struct yaml_node *n)
{
	const struct keys_row *port = keys_find(KEYS_STANDALONE, "port");
	int64_t number;

	t->c->method = CHALLENGE_STANDALONE;
	for (size_t i = 0; n->kind == YAML_MAP && i < n->count; i++) {
		const struct keys_row *inner = reader_row(t->r, KEYS_STANDALONE, n, i);

		if (inner != NULL)
			t->good &= reader_simple(t->r, inner, n->value[i], t->c);
	}
	if (n->kind == YAML_MAP || (n->kind == YAML_SCALAR && n->plain && str_eq(n->text, "true")))
		return;
	if (n->kind == YAML_SCALAR && str_to_int64(n->text, port->min, port->max, &number) == 0) {
		t->c->port = (int)number;
		return;
	}
	reader_bad(t->r, row, n);
	t->good = false;
}

static void read_hook(struct draft *t, const struct keys_row *row, const struct yaml_node *n)
{
	bool cleanup = row->offset == offsetof(struct challenge_setting, cleanup);
	struct hook_spec *hook = cleanup ? &t->c->cleanup : &t->c->hook;

	hook_clear(hook);
	t->good &= hook_setting_read(t->r, row, n, hook);
	if (cleanup)
		return;
	t->c->method = CHALLENGE_HOOK;
	t->auth_hook |= row->kind == KEYS_PLAIN_HOOK;
}

static void read_key(struct draft *t, const struct keys_row *row, const struct yaml_node *n)
{
	if (row->kind == KEYS_WEBROOT)
		read_webroot(t, row, n);
	else if (row->kind == KEYS_LISTEN)
		read_listen(t, row, n);
	else if (row->kind == KEYS_ONE_HOOK || row->kind == KEYS_PLAIN_HOOK)
		read_hook(t, row, n);
	else if ((row->levels & KEYS_IN(KEYS_HOOK)) != 0)
		t->good &= reader_simple(t->r, row, n, &t->common);
	else
		t->good &= reader_simple(t->r, row, n, t->c);
	if (row->kind > KEYS_SIMPLE_COUNT && row->offset != offsetof(struct challenge_setting, cleanup))
		t->methods++;
}

/* What only makes sense beside a hook. */
static void check_companions(struct draft *t)
{
	static const char *const only_hooks[] = {"user", "timeout", "env"};
	const struct yaml_node *cleanup = yaml_get(t->map, "cleanup_hook"), *n;

	if (!yaml_is_null(cleanup) && !t->auth_hook)
		reader_say(t->r, cleanup, _("cleanup_hook: only beside auth_hook; a hook cleans up itself"));
	if (t->c->method == CHALLENGE_HOOK)
		return;
	for (size_t i = 0; i < sizeof only_hooks / sizeof only_hooks[0]; i++) {
		n = yaml_get(t->map, only_hooks[i]);
		if (!yaml_is_null(n))
			reader_say(t->r, n, _("%s: only beside hook or auth_hook"), only_hooks[i]);
	}
	n = yaml_get(t->map, "type");
	if (str_eq(t->c->type, "dns-01"))
		reader_say(t->r, n, _("type: dns-01 needs hook or auth_hook"));
}

static void take_common(struct hook_spec *hook, const struct hook_spec *common)
{
	if (!hook_is_set(hook))
		return;
	if (hook->user == NULL)
		hook->user = str_dup(common->user);
	if (hook->timeout_sec == 0)
		hook->timeout_sec = common->timeout_sec;
	if (hook->env.count == 0)
		strs_copy(&hook->env, &common->env);
}

static void finish(struct draft *t)
{
	if (t->methods == 1)
		check_companions(t);
	else if (t->methods > 1)
		reader_say(t->r, t->map, _("challenge: only one of webroot, standalone, hook and auth_hook can be used"));
	else if (reader_all_known(KEYS_CHALLENGE, t->map))
		reader_say(t->r, t->map, _("challenge: needs one of webroot, standalone, hook and auth_hook"));
	if (t->c->type == NULL)
		t->c->type = str_dup(t->c->method == CHALLENGE_HOOK ? "dns-01" : "http-01");
	take_common(&t->c->hook, &t->common);
	take_common(&t->c->cleanup, &t->common);
	hook_clear(&t->common);
}

static void read_one(const struct reader *r, const struct yaml_node *map, struct challenge_setting *c)
{
	struct draft t = {.r = r, .map = map, .c = c, .good = true};

	c->place = reader_place(r, map);
	c->port = HTTP_PORT;
	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_CHALLENGE, map, i);

		if (row != NULL)
			read_key(&t, row, map->value[i]);
	}
	finish(&t);
}

void challenge_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                            struct certificate_setting *out)
{
	size_t count = n->kind == YAML_LIST ? n->count : 1;

	if (n->kind == YAML_SCALAR || count == 0) {
		reader_bad(r, row, n);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->value[i] : n;

		if (item->kind != YAML_MAP) {
			reader_bad(r, row, item);
			continue;
		}
		out->challenge = mem_resize(out->challenge, out->challenge_count + 1, sizeof *out->challenge);
		out->challenge[out->challenge_count] = (struct challenge_setting){0};
		read_one(r, item, &out->challenge[out->challenge_count++]);
	}
}

void challenge_setting_clear(struct challenge_setting *c)
{
	strs_clear(&c->names);
	free(c->type);
	free(c->webroot);
	strs_clear(&c->webroot_names);
	strs_clear(&c->webroot_dirs);
	strs_clear(&c->addresses);
	hook_clear(&c->hook);
	hook_clear(&c->cleanup);
	*c = (struct challenge_setting){0};
}

void challenge_setting_copy(struct challenge_setting *to, const struct challenge_setting *from)
{
	strs_copy(&to->names, &from->names);
	to->type = str_dup(from->type);
	to->method = from->method;
	to->webroot = str_dup(from->webroot);
	strs_copy(&to->webroot_names, &from->webroot_names);
	strs_copy(&to->webroot_dirs, &from->webroot_dirs);
	to->port = from->port;
	strs_copy(&to->addresses, &from->addresses);
	hook_copy(&to->hook, &from->hook);
	hook_copy(&to->cleanup, &from->cleanup);
	to->place = from->place;
}
