#include "config.h"

#include "config/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

/* The first word: the name of a hook or an absolute path. */
static bool read_program(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct strs *words)
{
	if (n->kind != YAML_SCALAR || *n->text == '\0') {
		reader_bad(r, row, n);
		return false;
	}
	if (!reader_path_ok(n->text) && !reader_name_ok(n->text)) {
		if (strchr(n->text, ' ') != NULL)
			reader_say(r, n, _("%s: \"%s\" looks like a command line; write {shell: \"…\"}, or a list of words"),
			           row->name, n->text);
		else if (strchr(n->text, '/') != NULL)
			reader_say(r, n, _("%s: \"%s\" is a relative path; write the whole path, or the name of a hook"), row->name,
			           n->text);
		else
			reader_bad(r, row, n);
		return false;
	}
	strs_add(words, n->text);
	return true;
}

static bool read_words(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                       struct strs *words)
{
	if (n->kind != YAML_LIST)
		return read_program(r, row, n, words);
	if (n->count == 0) {
		reader_say(r, n, _("%s: the list of words is empty"), row->name);
		return false;
	}
	if (!read_program(r, row, n->value[0], words))
		return false;
	for (size_t i = 1; i < n->count; i++) {
		if (n->value[i]->kind != YAML_SCALAR) {
			reader_say(r, n->value[i], _("%s: each word must be a text"), row->name);
			return false;
		}
		strs_add(words, n->value[i]->text);
	}
	return true;
}

bool hook_setting_member(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct hook_spec *out)
{
	if (row->kind == KEYS_PROGRAM)
		return read_words(r, row, n, &out->words);
	return reader_simple(r, row, n, out);
}

bool hook_setting_whole(const struct reader *r, const struct keys_row *key, enum keys_level level,
                        const struct yaml_node *map)
{
	bool run = !yaml_is_null(yaml_get(map, "run")), shell = !yaml_is_null(yaml_get(map, "shell"));

	if (run && shell)
		reader_say(r, map, _("%s: \"run\" and \"shell\" exclude each other"), key->name);
	else if (!run && !shell && reader_all_known(level, map))
		reader_say(r, map, _("%s: the mapping of a hook needs \"run\" or \"shell\""), key->name);
	return run != shell;
}

static bool read_map(const struct reader *r, const struct keys_row *key, const struct yaml_node *map,
                     struct hook_spec *out)
{
	bool good = reader_all_known(KEYS_HOOK, map);

	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_HOOK, map, i);

		if (row != NULL)
			good &= hook_setting_member(r, row, map->value[i], out);
	}
	return hook_setting_whole(r, key, KEYS_HOOK, map) && good;
}

void hook_setting_place(const struct reader *r, const struct yaml_node *n, struct hook_spec *out)
{
	struct place p = reader_place(r, n);

	out->file = p.file;
	out->line = p.line;
	out->column = p.column;
}

void hook_setting_users(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct hook_users *out)
{
	if (n->kind != YAML_MAP) {
		reader_bad(r, row, n);
		return;
	}
	for (size_t i = 0; i < n->count; i++) {
		const struct keys_row *inner = reader_row(r, KEYS_HOOK_USERS, n, i);

		if (inner != NULL)
			(void)reader_simple(r, inner, n->value[i], out);
	}
}

void hook_setting_users_clear(struct hook_users *u)
{
	free(u->challenge);
	free(u->deploy);
	free(u->notify);
	*u = (struct hook_users){0};
}

bool hook_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                       struct hook_spec *out)
{
	hook_setting_place(r, n, out);
	out->plain_args = row->kind == KEYS_PLAIN_HOOK;
	if (n->kind == YAML_MAP)
		return read_map(r, row, n, out);
	return read_words(r, row, n, &out->words);
}
