#include "config.h"

#include "config/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

static bool has_type(const struct certificate_setting *c, enum key_type type)
{
	if (!c->has_key)
		return false;
	for (size_t i = 0; i < c->more_key_count; i++)
		if (c->more_key[i] == type)
			return true;
	return c->key == type;
}

static bool read_type(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                      struct certificate_setting *out)
{
	enum key_type type;

	if (n->kind != YAML_SCALAR || key_type_parse(n->text, &type) != 0) {
		reader_bad(r, row, n);
		return false;
	}
	if (has_type(out, type)) {
		reader_say(r, n, _("%s: %s is listed twice"), row->name, key_type_name(type));
		return false;
	}
	if (out->has_key)
		out->more_key[out->more_key_count++] = type;
	else
		out->key = type;
	out->has_key = true;
	return true;
}

bool key_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                      struct certificate_setting *out)
{
	bool good = true;

	if (n->kind != YAML_LIST)
		return read_type(r, row, n, out);
	if (n->count == 0) {
		reader_bad(r, row, n);
		return false;
	}
	for (size_t i = 0; i < n->count; i++)
		good &= read_type(r, row, n->value[i], out);
	return good;
}

static bool make_one(struct certificate_setting *to, const struct certificate_setting *from, enum key_type type,
                     struct diags *d)
{
	char *name = str_fmt("%s+%s", from->name, key_type_name(type));

	if (strlen(name) > KEYS_NAME_MAX) {
		diags_add(d, from->place.file, from->place.line, from->place.column,
		          _("name: with \"+%s\" for a further type of key it is longer than %d characters; write a shorter one"),
		          key_type_name(type), KEYS_NAME_MAX);
		free(name);
		return false;
	}
	*to = (struct certificate_setting){0};
	certificate_setting_copy(to, from);
	str_replace(&to->name, name);
	to->key = type;
	to->more_key_count = 0;
	return true;
}

void key_setting_expand(struct settings *s, struct diags *d)
{
	size_t total = s->certificate_count, count = 0;
	struct certificate_setting *all;

	for (size_t i = 0; i < s->certificate_count; i++)
		total += s->certificate[i].more_key_count;
	if (total == s->certificate_count)
		return;
	all = mem_new(total, sizeof *all);
	for (size_t i = 0; i < s->certificate_count; i++) {
		const struct certificate_setting *c = &all[count];

		all[count++] = s->certificate[i];
		for (size_t j = 0; j < c->more_key_count; j++)
			count += make_one(&all[count], c, c->more_key[j], d);
	}
	free(s->certificate);
	s->certificate = all;
	s->certificate_count = count;
}
