#include "config.h"

#include "config/settings.h"

#include <stdlib.h>
#include <strings.h>

#include "base/i18n.h"
#include "config/reader.h"

static struct hook_spec *add_hook(struct certificate_setting *c)
{
	struct hook_spec *hook;

	c->deploy = mem_resize(c->deploy, c->deploy_count + 1, sizeof *c->deploy);
	hook = &c->deploy[c->deploy_count++];
	*hook = (struct hook_spec){0};
	return hook;
}

static void read_hook(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                      struct certificate_setting *out)
{
	if (hook_setting_read(r, row, n, add_hook(out)))
		return;
	hook_clear(&out->deploy[--out->deploy_count]);
}

static void read_hooks(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                       struct certificate_setting *out)
{
	if (n->kind != YAML_LIST) {
		read_hook(r, row, n, out);
		return;
	}
	if (out->deploy == NULL)
		out->deploy = mem_new(1, sizeof *out->deploy);
	for (size_t i = 0; i < n->count; i++)
		read_hook(r, row, n->value[i], out);
}

static void read_yes_no(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                        struct certificate_setting *out)
{
	bool good = reader_simple(r, row, n, out);

	if (row->offset == offsetof(struct certificate_setting, reuse_key))
		out->has_reuse_key = good;
	else
		out->has_next_key = good;
}

static void read_key(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                     struct certificate_setting *out)
{
	switch (row->kind) {
	case KEYS_NAMES:
		reader_texts(r, row, n, &out->names, &out->name_place);
		break;
	case KEYS_KEY_TYPES:
		key_setting_read(r, row, n, out);
		break;
	case KEYS_YES_NO:
		read_yes_no(r, row, n, out);
		break;
	case KEYS_ON_LAPSE:
		out->has_on_lapse = reader_simple(r, row, n, out);
		break;
	case KEYS_RENEW:
		renew_setting_read(r, row, n, &out->renew);
		break;
	case KEYS_SERVICES:
		served_setting_read(r, row, n, out);
		break;
	case KEYS_OUTPUTS:
		output_setting_read(r, row, n, out);
		break;
	case KEYS_CHALLENGES:
		challenge_setting_read(r, row, n, out);
		break;
	case KEYS_HOOKS:
		read_hooks(r, row, n, out);
		break;
	case KEYS_PLAIN_HOOK:
		read_hook(r, row, n, out);
		break;
	default:
		reader_simple(r, row, n, out);
		break;
	}
}

static bool lists(const struct strs *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcasecmp(names->item[i], name) == 0)
			return true;
	return false;
}

static void check_known(const struct reader *r, const char *key, const struct yaml_node *n, const struct strs *names)
{
	const char **known, *near;

	if (n->kind != YAML_SCALAR || lists(names, n->text))
		return;
	known = mem_new(names->count + 1, sizeof *known);
	for (size_t i = 0; i < names->count; i++)
		known[i] = names->item[i];
	near = str_nearest(n->text, known);
	if (near != NULL)
		reader_say(r, n, _("%s: \"%s\" is not among the names of this certificate; did you mean \"%s\"?"), key, n->text,
		           near);
	else
		reader_say(r, n, _("%s: \"%s\" is not among the names of this certificate"), key, n->text);
	free(known);
}

/* The certificate's own challenges can only be for its own names. */
static void check_names_of(const struct reader *r, const struct yaml_node *challenge, const struct strs *names)
{
	const struct yaml_node *list = yaml_get(challenge, "names"), *webroot = yaml_get(challenge, "webroot");

	if (list != NULL && list->kind == YAML_SCALAR && !yaml_is_null(list))
		check_known(r, "names", list, names);
	for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
		check_known(r, "names", list->value[i], names);
	for (size_t i = 0; webroot != NULL && webroot->kind == YAML_MAP && i < webroot->count; i++)
		if (!str_eq(webroot->key[i]->text, KEYS_WEBROOT_REST))
			check_known(r, "webroot", webroot->key[i], names);
}

static void check_challenge_names(const struct reader *r, const struct yaml_node *map, const struct strs *names)
{
	const struct yaml_node *challenge = yaml_get(map, "challenge");

	if (challenge == NULL || names->count == 0)
		return;
	if (challenge->kind == YAML_MAP)
		check_names_of(r, challenge, names);
	for (size_t i = 0; challenge->kind == YAML_LIST && i < challenge->count; i++)
		if (challenge->value[i]->kind == YAML_MAP)
			check_names_of(r, challenge->value[i], names);
}

/* A request made elsewhere leaves us without a key to choose or to guard. */
static void check_csr(const struct reader *r, const struct yaml_node *map)
{
	static const char *const of_our_keys[] = {"key", "reuse_key", "next_key", "key_owner", "key_group", "key_mode"};

	if (yaml_is_null(yaml_get(map, "csr")))
		return;
	for (size_t i = 0; i < sizeof of_our_keys / sizeof of_our_keys[0]; i++) {
		const struct yaml_node *n = yaml_get(map, of_our_keys[i]);

		if (!yaml_is_null(n))
			reader_say(r, n, _("%s: not beside csr; the key is where the request was made"), of_our_keys[i]);
	}
}

static void make_name(const struct reader *r, const struct yaml_node *map, struct certificate_setting *out)
{
	const char *first = out->names.item[0];

	if (str_starts(first, "*."))
		first += 2;
	if (reader_name_ok(first))
		out->name = str_dup(first);
	else
		reader_say(r, map, _("name: needed here, as \"%s\" cannot be the name of a file; write a name of letters, digits, "
		                     "\".\", \"_\" and \"-\""), first);
}

void certificate_setting_read(const struct reader *r, enum keys_level level, const struct yaml_node *map,
                              struct certificate_setting *out, struct place *ca_place)
{
	const struct yaml_node *ca = yaml_get(map, "ca");

	out->place = reader_place(r, map);
	*ca_place = ca != NULL ? reader_place(r, ca) : out->place;
	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, level, map, i);

		if (row != NULL)
			read_key(r, row, map->value[i], out);
	}
	if (level != KEYS_CERTIFICATE)
		return;
	if (yaml_is_null(yaml_get(map, "names")) && reader_all_known(level, map))
		reader_say(r, map, _("names: needed: the host names of this certificate"));
	check_challenge_names(r, map, &out->names);
	check_csr(r, map);
	if (out->names.count > 0 && yaml_is_null(yaml_get(map, "name")))
		make_name(r, map, out);
}

static void inherit_lists(struct certificate_setting *c, const struct certificate_setting *from)
{
	if (c->challenge_count == 0 && from->challenge_count > 0) {
		c->challenge = mem_resize(c->challenge, from->challenge_count, sizeof *c->challenge);
		c->challenge_count = from->challenge_count;
		for (size_t i = 0; i < c->challenge_count; i++) {
			c->challenge[i] = (struct challenge_setting){0};
			challenge_setting_copy(&c->challenge[i], &from->challenge[i]);
		}
	}
	if (c->deploy != NULL)
		return;
	if (from->deploy != NULL)
		c->deploy = mem_new(1, sizeof *c->deploy);
	for (size_t i = 0; i < from->deploy_count; i++)
		hook_copy(add_hook(c), &from->deploy[i]);
}

static void inherit_key(struct certificate_setting *c, const struct certificate_setting *from)
{
	if (!c->has_key) {
		c->has_key = from->has_key;
		c->key = from->key;
		c->more_key_count = from->more_key_count;
		for (size_t i = 0; i < from->more_key_count; i++)
			c->more_key[i] = from->more_key[i];
	}
	if (!c->has_reuse_key) {
		c->has_reuse_key = from->has_reuse_key;
		c->reuse_key = from->reuse_key;
	}
	if (!c->has_next_key) {
		c->has_next_key = from->has_next_key;
		c->next_key = from->next_key;
	}
	if (c->key_owner == NULL)
		c->key_owner = str_dup(from->key_owner);
	if (c->key_group == NULL)
		c->key_group = str_dup(from->key_group);
	if (c->key_mode == 0)
		c->key_mode = from->key_mode;
}

/* What is done with it once it is there. */
static void inherit_uses(struct certificate_setting *c, const struct certificate_setting *from)
{
	if (!c->has_served && from->has_served) {
		c->has_served = true;
		c->served_count = from->served_count;
		c->served = mem_new(c->served_count + 1, sizeof *c->served);
		for (size_t i = 0; i < c->served_count; i++)
			served_setting_copy(&c->served[i], &from->served[i]);
	}
	if (!c->has_output && from->has_output) {
		c->has_output = true;
		c->output_count = from->output_count;
		c->output = mem_new(c->output_count + 1, sizeof *c->output);
		for (size_t i = 0; i < c->output_count; i++)
			output_setting_copy(&c->output[i], &from->output[i]);
	}
}

void certificate_setting_inherit(struct certificate_setting *c, const struct certificate_setting *defaults)
{
	if (c->ca == NULL)
		c->ca = str_dup(defaults->ca);
	if (c->csr == NULL)
		inherit_key(c, defaults);
	else if (c->key_mode == 0)
		c->key_mode = CONFIG_KEY_MODE_DEFAULT;
	if (c->preferred_chain == NULL)
		c->preferred_chain = str_dup(defaults->preferred_chain);
	if (c->acme_profile == NULL)
		c->acme_profile = str_dup(defaults->acme_profile);
	if (c->renew.days == 0 && c->renew.permille == 0)
		c->renew = defaults->renew;
	if (!c->has_on_lapse) {
		c->has_on_lapse = defaults->has_on_lapse;
		c->on_lapse = defaults->on_lapse;
	}
	if (c->keep == 0)
		c->keep = defaults->keep;
	inherit_lists(c, defaults);
	inherit_uses(c, defaults);
}

static void check_keys(const struct certificate_setting *c, struct diags *d)
{
	if (c->reuse_key && c->next_key)
		diags_add(d, c->place.file, c->place.line, c->place.column,
		          _("next_key: of no use with reuse_key, which keeps the key there is; set one of them to false"));
	for (size_t i = 0; c->csr != NULL && i < c->output_count; i++) {
		const struct output_setting *o = &c->output[i];

		if (output_setting_has_key(o))
			diags_add(d, o->place.file, o->place.line, o->place.column,
			          _("outputs: \"%s\" would need the private key, which is not here: the certificate \"%s\" has a csr"),
			          o->written, c->name);
	}
}

void certificate_setting_check(const struct certificate_setting *c, struct diags *d)
{
	check_keys(c, d);
	if (c->challenge_count == 0) {
		diags_add(d, c->place.file, c->place.line, c->place.column,
		          _("challenge: needed, here or in \"defaults\": how control of the names is shown"));
		return;
	}
	for (size_t i = 0; i < c->names.count; i++) {
		const struct challenge_setting *challenge = settings_challenge(c, c->names.item[i]);
		const struct place *p = &c->name_place[i];

		if (challenge == NULL)
			diags_add(d, p->file, p->line, p->column, _("names: no challenge is for \"%s\""), c->names.item[i]);
		else if (challenge->method == CHALLENGE_WEBROOT && settings_webroot(challenge, c->names.item[i]) == NULL)
			diags_add(d, p->file, p->line, p->column,
			          _("names: webroot has neither a folder for \"%s\" nor a \"default\""), c->names.item[i]);
	}
}

void certificate_setting_clear(struct certificate_setting *c)
{
	free(c->name);
	free(c->group);
	strs_clear(&c->names);
	free(c->name_place);
	free(c->ca);
	for (size_t i = 0; i < c->challenge_count; i++)
		challenge_setting_clear(&c->challenge[i]);
	free(c->challenge);
	for (size_t i = 0; i < c->deploy_count; i++)
		hook_clear(&c->deploy[i]);
	free(c->deploy);
	free(c->key_owner);
	free(c->key_group);
	free(c->csr);
	free(c->preferred_chain);
	free(c->acme_profile);
	for (size_t i = 0; i < c->served_count; i++)
		served_setting_clear(&c->served[i]);
	free(c->served);
	for (size_t i = 0; i < c->output_count; i++)
		output_setting_clear(&c->output[i]);
	free(c->output);
	*c = (struct certificate_setting){0};
}

void certificate_setting_copy(struct certificate_setting *to, const struct certificate_setting *from)
{
	to->name = str_dup(from->name);
	to->group = str_dup(from->group);
	to->place = from->place;
	strs_copy(&to->names, &from->names);
	if (from->name_place != NULL && from->names.count > 0) {
		to->name_place = mem_new(from->names.count, sizeof *to->name_place);
		for (size_t i = 0; i < from->names.count; i++)
			to->name_place[i] = from->name_place[i];
	}
	to->csr = str_dup(from->csr);
	certificate_setting_inherit(to, from);
}

void certificate_setting_fill(struct certificate_setting *c)
{
	for (size_t i = 0; i < c->output_count; i++)
		output_setting_fill(&c->output[i], c->name);
}
