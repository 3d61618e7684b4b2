#include "config.h"

#include "splitting.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "config/reader.h"
#include "entitle/fqdn.h"

#define ATTEMPTS_MAX 1000

static bool is_taken(const struct settings *settings, const struct strs *used, const char *name)
{
	return settings_certificate(settings, name) != NULL || strs_has(used, name);
}

/* The group with the first name keeps the certificate's name, and its place in the programs that read it. */
static char *group_name(const struct settings *settings, const struct certificate_setting *cert,
                        const struct strs *names, const struct strs *used)
{
	const char *base = fqdn_base(names->item[0]);
	char *name, *first = NULL, *why = NULL;
	bool keeps = fqdn_normalize(cert->names.item[0], &first, &why) == 0 && strs_has(names, first);

	free(first);
	free(why);
	if (keeps)
		return str_dup(cert->name);
	name = str_dup(base);
	for (int i = 2; is_taken(settings, used, name) && i < ATTEMPTS_MAX; i++)
		str_replace(&name, str_fmt("%s-%d", base, i));
	return name;
}

static void add_key_types(const struct settings *settings, struct certificate_setting *out)
{
	out->more_key_count = 0;
	for (size_t i = 0; i < settings->certificate_count; i++) {
		const struct certificate_setting *other = &settings->certificate[i];
		bool sibling = str_eq(other->group, out->group) && !str_eq(other->name, other->group);

		if (sibling && out->more_key_count < KEY_TYPE_COUNT)
			out->more_key[out->more_key_count++] = other->key;
	}
}

/* Its first line says that another command wrote it. */
static const char *without_comment(const char *yaml)
{
	return *yaml == '#' ? yaml + strcspn(yaml, "\n") + 1 : yaml;
}

/* Outputs at a fixed path stay with one certificate: two of them would write over each other. */
static void drop_fixed_outputs(struct certificate_setting *part, struct strs *remarks)
{
	size_t kept = 0;

	for (size_t i = 0; i < part->output_count; i++) {
		struct output_setting *output = &part->output[i];

		if (strstr(output->written, "{name}") != NULL) {
			part->output[kept++] = *output;
			continue;
		}
		strs_take(remarks, str_fmt(_("# it needs an output of its own in place of %s\n"), output->written));
		output_setting_clear(output);
	}
	part->output_count = kept;
}

static bool is_among(const struct strs *names, const char *written)
{
	char *normal = NULL, *why = NULL;
	bool among = fqdn_normalize(written, &normal, &why) == 0 && strs_has(names, normal);

	free(normal);
	free(why);
	return among;
}

static void drop_webroots(struct challenge_setting *c, const struct strs *names)
{
	struct strs kept_names = {0}, kept_dirs = {0};

	for (size_t i = 0; i < c->webroot_names.count; i++) {
		if (!is_among(names, c->webroot_names.item[i]))
			continue;
		strs_add(&kept_names, c->webroot_names.item[i]);
		strs_add(&kept_dirs, c->webroot_dirs.item[i]);
	}
	strs_clear(&c->webroot_names);
	strs_clear(&c->webroot_dirs);
	c->webroot_names = kept_names;
	c->webroot_dirs = kept_dirs;
}

/* False = it was for names of other parts alone. */
static bool drop_names(struct challenge_setting *c, const struct strs *names)
{
	struct strs kept = {0};
	bool of_some = c->names.count > 0;

	for (size_t i = 0; i < c->names.count; i++)
		if (is_among(names, c->names.item[i]))
			strs_add(&kept, c->names.item[i]);
	strs_clear(&c->names);
	c->names = kept;
	drop_webroots(c, names);
	return !of_some || kept.count > 0;
}

static void drop_challenges(struct certificate_setting *part)
{
	size_t kept = 0;

	for (size_t i = 0; i < part->challenge_count; i++) {
		if (drop_names(&part->challenge[i], &part->names))
			part->challenge[kept++] = part->challenge[i];
		else
			challenge_setting_clear(&part->challenge[i]);
	}
	part->challenge_count = kept;
}

/* A request is for exactly the names of the whole. */
static void drop_request(struct certificate_setting *part, struct strs *remarks)
{
	if (!part->csr)
		return;
	strs_take(remarks, str_fmt(_("# it needs a request of its own in place of %s\n"), part->csr));
	str_replace(&part->csr, NULL);
}

/* conf.d/NAME.yaml of one part; owned. */
static char *part_settings(const struct settings *settings, const struct certificate_setting *cert,
                           const struct strs *names, struct strs *used)
{
	struct certificate_setting part = {0};
	char *yaml, *above, *text;
	struct strs remarks = {0};

	certificate_setting_copy(&part, cert);
	add_key_types(settings, &part);
	str_replace(&part.name, group_name(settings, cert, names, used));
	strs_clear(&part.names);
	strs_copy(&part.names, names);
	free(part.name_place);
	part.name_place = NULL;
	drop_challenges(&part);
	drop_request(&part, &remarks);
	if (!str_eq(part.name, cert->name))
		drop_fixed_outputs(&part, &remarks);
	certificate_setting_fill(&part);
	strs_add(used, part.name);
	yaml = settings_write_certificate(&part);
	above = strs_join(&remarks, "");
	text = str_fmt("# conf.d/%s.yaml\n%s%s", part.name, above, without_comment(yaml));
	strs_clear(&remarks);
	free(above);
	free(yaml);
	certificate_setting_clear(&part);
	return text;
}

char *splitting_settings(const struct settings *settings, const struct certificate_setting *cert,
                         const struct advise *a)
{
	struct strs parts = {0}, used = {0};
	char *text;

	for (size_t i = 0; i < a->count; i++)
		strs_take(&parts, part_settings(settings, cert, &a->group[i].names, &used));
	text = strs_join(&parts, "\n");
	strs_clear(&parts);
	strs_clear(&used);
	return text;
}
