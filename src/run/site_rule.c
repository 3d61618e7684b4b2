#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "run/site.h"

/* The settings checked the words; a test holds that their table and the rule's agree. */
static void put_word(struct rule *r, const char *pair)
{
	const char *equals = strchr(pair, '=');
	char *parameter;

	if (!equals)
		return;
	parameter = str_ndup(pair, (size_t)(equals - pair));
	(void)rule_set(r, parameter, equals + 1);
	free(parameter);
}

static const struct rule *preset_of(const struct ca_setting *ca)
{
	const struct rule *preset = ca->rule ? rule_preset(ca->rule) : NULL;

	return preset ? preset : rule_preset("jpdirect");
}

void site_rule_load(struct site *s)
{
	free(s->rule);
	s->rule = mem_new(s->settings.ca_count + 1, sizeof *s->rule);
	for (size_t i = 0; i < s->settings.ca_count; i++) {
		const struct ca_setting *ca = &s->settings.ca[i];

		s->rule[i] = *preset_of(ca);
		for (size_t k = 0; k < ca->rule_words.count; k++)
			put_word(&s->rule[i], ca->rule_words.item[k]);
	}
}

const struct rule *site_rule(const struct site *s, const struct ca_setting *ca)
{
	for (size_t i = 0; s->rule && i < s->settings.ca_count; i++)
		if (&s->settings.ca[i] == ca)
			return &s->rule[i];
	return preset_of(ca);
}

const struct rule *site_rule_of_list(const struct site *s)
{
	for (size_t i = 0; i < s->settings.ca_count; i++) {
		const struct rule *r = site_rule(s, &s->settings.ca[i]);

		if (r->checked)
			return r;
	}
	return rule_preset("jpdirect");
}
