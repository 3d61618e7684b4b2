#include "config.h"

#include "config/settings.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/trust.h"
#include "config/reader.h"

struct note { /* about a certificate, while the files are read */
	struct place ca_place;
	bool broken; /* mistakes were told already */
};

struct loader {
	struct settings *s;
	struct diags *d;
	struct note *note; /* one for each certificate */
	struct place defaults_ca;
	bool cas_broken;
	bool defaults_broken;
};

static void read_ca(struct loader *l, const struct reader *r, const struct yaml_node *map)
{
	struct ca_setting ca = {0};
	const struct ca_setting *other;

	ca_setting_read(r, map, &ca);
	other = l->s->ca_count > 0 ? settings_ca(l->s, ca.name) : NULL;
	if (other != NULL)
		reader_say(r, map, _("the CA \"%s\" is already at %s:%d:%d; give one of them a \"name\" of its own"), ca.name,
		           other->place.file, other->place.line, other->place.column);
	l->s->ca = mem_resize(l->s->ca, l->s->ca_count + 1, sizeof *l->s->ca);
	l->s->ca[l->s->ca_count++] = ca;
}

static void read_cas(struct loader *l, const struct reader *r, const struct keys_row *row, const struct yaml_node *n)
{
	size_t before = l->d->total;

	if (n->kind != YAML_LIST)
		reader_bad(r, row, n);
	for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++) {
		if (n->value[i]->kind == YAML_MAP)
			read_ca(l, r, n->value[i]);
		else
			reader_bad(r, row, n->value[i]);
	}
	l->cas_broken |= l->d->total != before;
}

static void read_defaults(struct loader *l, const struct reader *r, const struct keys_row *row,
                          const struct yaml_node *n)
{
	size_t before = l->d->total;

	if (n->kind == YAML_MAP)
		certificate_setting_read(r, KEYS_DEFAULTS, n, &l->s->defaults, &l->defaults_ca);
	else
		reader_bad(r, row, n);
	l->defaults_broken |= l->d->total != before;
}

static void read_certificate(struct loader *l, const struct reader *r, const struct yaml_node *map)
{
	const struct certificate_setting *other;
	struct certificate_setting c = {0};
	size_t before = l->d->total, count = l->s->certificate_count;
	struct note note = {0};

	certificate_setting_read(r, KEYS_CERTIFICATE, map, &c, &note.ca_place);
	if (c.name == NULL) {
		certificate_setting_clear(&c);
		return;
	}
	other = settings_certificate(l->s, c.name);
	if (other != NULL)
		reader_say(r, map, _("the certificate \"%s\" is already at %s:%d:%d; give one of them another \"name\""), c.name,
		           other->place.file, other->place.line, other->place.column);
	note.broken = l->d->total != before;
	l->s->certificate = mem_resize(l->s->certificate, count + 1, sizeof c);
	l->s->certificate[count] = c;
	l->note = mem_resize(l->note, count + 1, sizeof note);
	l->note[count] = note;
	l->s->certificate_count++;
}

static void read_certificates(struct loader *l, const struct reader *r, const struct keys_row *row,
                              const struct yaml_node *n)
{
	if (n->kind != YAML_LIST)
		reader_bad(r, row, n);
	for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++) {
		if (n->value[i]->kind == YAML_MAP)
			read_certificate(l, r, n->value[i]);
		else
			reader_bad(r, row, n->value[i]);
	}
}

static void read_root(struct loader *l, const struct reader *r, const struct yaml_node *root, bool main_file)
{
	if (root->kind != YAML_MAP) {
		reader_say(r, root, main_file ? _("expected a mapping with the keys cas, defaults and certificates")
		           : _("expected a mapping with the key certificates"));
		return;
	}
	for (size_t i = 0; i < root->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_FILE, root, i);

		if (row == NULL)
			continue;
		if (row->kind == KEYS_CERTIFICATES)
			read_certificates(l, r, row, root->value[i]);
		else if (!main_file)
			reader_say(r, root->key[i], _("\"%s\" belongs in tegata.yaml; here only \"certificates\" may stand"),
			           row->name);
		else if (row->kind == KEYS_CAS)
			read_cas(l, r, row, root->value[i]);
		else if (row->kind == KEYS_NOTIFIES)
			notify_setting_read(r, row, root->value[i], l->s);
		else if (row->kind == KEYS_HOOK_USER_MAP)
			hook_setting_users(r, row, root->value[i], &l->s->hook_users);
		else
			read_defaults(l, r, row, root->value[i]);
	}
}

/*
 * Settings name programs that root then runs, so whoever can change them is root. What is not there is for others
 * to tell; but the way to it is looked at all the same, as it may be there a moment later.
 */
static void check_rights(struct loader *l, const char *path, bool folder)
{
	char *real = NULL, *full = *path == '/' ? str_dup(path) : realpath(path, NULL), *text;
	struct err e = ERR_INIT;
	struct stat st;
	int rc = 0;

	if (geteuid() == 0 && full != NULL)
		rc = folder ? trust_folder(full, 0, &real, &e) : trust_file(full, 0, &st, &e);
	if (rc != 0 && e.sys_errno == 0) {
		text = err_text(&e);
		diags_add(l->d, path, 0, 0, _("root does not follow these settings: %s. %s"), text, e.advice);
		free(text);
	}
	err_clear(&e);
	free(full);
	free(real);
}

/* Takes the path over. */
static void read_file(struct loader *l, char *path, bool main_file)
{
	struct yaml_node *root = NULL;
	struct reader r = {.d = l->d};
	bool missing = false;
	int bad;

	/* First: what is read after that, nobody else can have put there. */
	check_rights(l, path, false);
	bad = yaml_load(path, &root, &missing, l->d);
	if (missing) {
		free(path);
		return;
	}
	strs_take(&l->s->files, path);
	r.file = path;
	if (bad != 0 && main_file)
		l->cas_broken = l->defaults_broken = true;
	if (bad == 0 && !yaml_is_null(root))
		read_root(l, &r, root, main_file);
	yaml_node_free(root);
}

static void read_folder(struct loader *l, const char *dir)
{
	struct strs names = {0};
	struct err e = ERR_INIT;
	char *text;

	if (fs_list(dir, &names, &e) != 0) {
		text = err_text(&e);
		diags_add(l->d, dir, 0, 0, "%s", text);
		free(text);
		err_clear(&e);
	}
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.item[i];

		if (*name == '.')
			continue;
		if (str_ends(name, ".yaml")) {
			read_file(l, fs_join(dir, name), false);
		} else if (str_ends(name, ".yml")) {
			char *path = fs_join(dir, name);

			diags_add(l->d, path, 0, 0, _("not read: names of settings files end in .yaml"));
			free(path);
		}
	}
	strs_clear(&names);
}

static void check_ca(struct loader *l, const char *name, const struct place *p)
{
	const char **known, *near;

	if (name == NULL || l->cas_broken || settings_ca(l->s, name) != NULL)
		return;
	known = mem_new(l->s->ca_count + 1, sizeof *known);
	for (size_t i = 0; i < l->s->ca_count; i++)
		known[i] = l->s->ca[i].name;
	near = str_nearest(name, known);
	if (near != NULL)
		diags_add(l->d, p->file, p->line, p->column, _("ca: there is no CA \"%s\"; did you mean \"%s\"?"), name, near);
	else
		diags_add(l->d, p->file, p->line, p->column, _("ca: there is no CA \"%s\"; \"cas\" must name it"), name);
	free(known);
}

static void finish(struct loader *l)
{
	struct certificate_setting *defaults = &l->s->defaults;

	if (l->s->ca_count == 0) {
		l->s->ca = mem_new(1, sizeof *l->s->ca);
		(void)settings_profile("jprs", l->s->ca);
		l->s->ca_count = 1;
	}
	check_ca(l, defaults->ca, &l->defaults_ca);
	if (defaults->key_mode == 0)
		defaults->key_mode = CONFIG_KEY_MODE_DEFAULT;
	for (size_t i = 0; i < l->s->certificate_count; i++) {
		struct certificate_setting *c = &l->s->certificate[i];

		c->group = str_dup(c->name);
		check_ca(l, c->ca, &l->note[i].ca_place);
		certificate_setting_inherit(c, defaults);
		if (!l->note[i].broken && !l->defaults_broken)
			certificate_setting_check(c, l->d);
	}
	key_setting_expand(l->s, l->d);
	for (size_t i = 0; i < l->s->certificate_count; i++)
		certificate_setting_fill(&l->s->certificate[i]);
	output_setting_check(l->s, l->d);
}

int settings_load(const char *config_dir, struct settings *out, struct diags *d)
{
	struct loader l = {.s = out, .d = d};
	size_t before = d->total;
	char *dir = fs_join(config_dir, "conf.d");

	check_rights(&l, config_dir, true);
	check_rights(&l, dir, true);
	read_file(&l, fs_join(config_dir, "tegata.yaml"), true);
	read_folder(&l, dir);
	finish(&l);
	free(dir);
	free(l.note);
	return d->total == before ? 0 : -1;
}

void settings_clear(struct settings *s)
{
	for (size_t i = 0; i < s->ca_count; i++)
		ca_setting_clear(&s->ca[i]);
	free(s->ca);
	for (size_t i = 0; i < s->certificate_count; i++)
		certificate_setting_clear(&s->certificate[i]);
	free(s->certificate);
	certificate_setting_clear(&s->defaults);
	for (size_t i = 0; i < s->notify_count; i++)
		notify_setting_clear(&s->notify[i]);
	free(s->notify);
	hook_setting_users_clear(&s->hook_users);
	strs_clear(&s->files);
	*s = (struct settings){0};
}

const struct ca_setting *settings_ca(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->ca_count; i++)
		if (name == NULL || str_eq(s->ca[i].name, name))
			return &s->ca[i];
	return NULL;
}

const struct certificate_setting *settings_certificate(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->certificate_count; i++)
		if (str_eq(s->certificate[i].name, name))
			return &s->certificate[i];
	return NULL;
}

bool settings_is_called(const struct certificate_setting *c, const char *word)
{
	return word != NULL && (str_eq(c->name, word) || str_eq(c->group, word));
}

const struct challenge_setting *settings_challenge(const struct certificate_setting *c, const char *name)
{
	const struct challenge_setting *rest = NULL;

	for (size_t i = 0; i < c->challenge_count; i++) {
		const struct challenge_setting *challenge = &c->challenge[i];

		for (size_t j = 0; j < challenge->names.count; j++)
			if (strcasecmp(challenge->names.item[j], name) == 0)
				return challenge;
		if (rest == NULL && challenge->names.count == 0)
			rest = challenge;
	}
	return rest;
}

const char *settings_webroot(const struct challenge_setting *c, const char *name)
{
	for (size_t i = 0; i < c->webroot_names.count; i++)
		if (strcasecmp(c->webroot_names.item[i], name) == 0)
			return c->webroot_dirs.item[i];
	return c->webroot;
}

bool settings_has_siblings(const struct settings *s, const struct certificate_setting *c)
{
	for (size_t i = 0; c->group && i < s->certificate_count; i++) {
		const struct certificate_setting *other = &s->certificate[i];

		if (other->group && !str_eq(other->name, c->name) && str_eq(other->group, c->group))
			return true;
	}
	return false;
}
