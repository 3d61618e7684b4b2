#include "config.h"

#include "config/settings.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "config/reader.h"

void ca_setting_read(const struct reader *r, const struct yaml_node *map, struct ca_setting *out)
{
	const struct yaml_node *profile = yaml_get(map, "profile");

	if (yaml_is_null(profile) || profile->kind != YAML_SCALAR || settings_profile(profile->text, out) != 0)
		(void)settings_profile("jprs", out);
	out->place = reader_place(r, map);
	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_CA, map, i);

		if (row != NULL && row->kind == KEYS_RULE)
			rule_setting_read(r, row, map->value[i], out);
		else if (row != NULL)
			reader_simple(r, row, map->value[i], out);
	}
	if (out->server == NULL && yaml_is_null(yaml_get(map, "server")) && reader_all_known(KEYS_CA, map))
		reader_say(r, map, _("server: needed with the profile custom"));
}

void ca_setting_clear(struct ca_setting *c)
{
	free(c->name);
	free(c->profile);
	free(c->server);
	free(c->ca_file);
	strs_clear(&c->contact);
	free(c->rule);
	strs_clear(&c->rule_words);
	free(c->caa);
	free(c->eab_kid);
	*c = (struct ca_setting){0};
}
