#include "config.h"

#include "config/reader.h"

#include <stdlib.h>

#include "base/i18n.h"

static void bad_event(const struct reader *r, const struct keys_row *row, const struct yaml_node *n)
{
	size_t count;
	const struct events_row *table = events_table(&count);
	const char **names, *near;

	if (n->kind != YAML_SCALAR) {
		reader_bad(r, row, n);
		return;
	}
	names = mem_new(count + 1, sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = table[i].name;
	near = str_nearest(n->text, names);
	if (near != NULL)
		reader_say(r, n, _("%s: there is no event \"%s\"; did you mean \"%s\"?"), row->name, n->text, near);
	else
		reader_bad(r, row, n);
	free(names);
}

static bool read_events(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                        struct strs *out)
{
	size_t count = n->kind == YAML_LIST ? n->count : 1;
	bool good = true;

	if (count == 0) {
		reader_bad(r, row, n);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->value[i] : n;

		if (item->kind == YAML_SCALAR && events_find(item->text) != NULL) {
			strs_add(out, item->text);
			continue;
		}
		bad_event(r, row, item);
		good = false;
	}
	return good;
}

static bool read_map(const struct reader *r, const struct keys_row *key, const struct yaml_node *map,
                     struct notify_setting *out)
{
	bool good = reader_all_known(KEYS_NOTIFY, map);

	/* Who names an event wants to hear of it, of whichever level it is. */
	if (!yaml_is_null(yaml_get(map, "events")))
		out->level = EVENTS_INFO;
	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_NOTIFY, map, i);

		if (row == NULL)
			continue;
		if ((row->levels & KEYS_IN(KEYS_HOOK)) != 0)
			good &= hook_setting_member(r, row, map->value[i], &out->hook);
		else if (row->kind == KEYS_EVENTS)
			good &= read_events(r, row, map->value[i], &out->events);
		else
			good &= reader_simple(r, row, map->value[i], out);
	}
	return hook_setting_whole(r, key, KEYS_NOTIFY, map) && good;
}

static void read_one(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                     struct settings *out)
{
	struct notify_setting s = {.level = EVENTS_WARNING, .place = reader_place(r, n)};
	bool good;

	hook_setting_place(r, n, &s.hook);
	good = n->kind == YAML_MAP ? read_map(r, row, n, &s) : hook_setting_read(r, row, n, &s.hook);

	if (!good) {
		notify_setting_clear(&s);
		return;
	}
	out->notify = mem_resize(out->notify, out->notify_count + 1, sizeof s);
	out->notify[out->notify_count++] = s;
}

void notify_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct settings *out)
{
	if (n->kind != YAML_LIST)
		read_one(r, row, n, out);
	for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
		read_one(r, row, n->value[i], out);
}

void notify_setting_clear(struct notify_setting *s)
{
	hook_clear(&s->hook);
	strs_clear(&s->events);
	*s = (struct notify_setting){0};
}
