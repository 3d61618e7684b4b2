#include "config.h"

#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "config/reader.h"
#include "data/yaml.h"

#define INDENT 2
#define HTTP_PORT 80
#define DIGITS "0123456789"

/* Lines with an indentation: everything is written in block style, where a text means the same in every place. */
struct out {
	struct strs lines;
	int depth;
	bool item; /* the next line begins an item of a list */
};

static void add(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct out *o, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = str_vfmt(fmt, ap);
	va_end(ap);
	strs_take(&o->lines, str_fmt("%*s%s%s", (o->item ? o->depth - 1 : o->depth) * INDENT, "", o->item ? "- " : "", text));
	o->item = false;
	free(text);
}

/* What follows is one deeper, until the caller takes that back. */
static void begin_item(struct out *o)
{
	o->depth++;
	o->item = true;
}

static void add_pair(struct out *o, const char *key, const char *value)
{
	char *quoted_key = yaml_quote(key), *quoted = yaml_quote(value);

	add(o, "%s: %s", quoted_key, quoted);
	free(quoted_key);
	free(quoted);
}

static void add_optional(struct out *o, const char *key, const char *value)
{
	if (value != NULL)
		add_pair(o, key, value);
}

static void add_items(struct out *o, const struct strs *l)
{
	for (size_t i = 0; i < l->count; i++) {
		char *quoted = yaml_quote(l->item[i]);

		add(o, "- %s", quoted);
		free(quoted);
	}
}

static void add_list(struct out *o, const char *key, const struct strs *l)
{
	if (l->count == 0)
		return;
	add(o, "%s:", key);
	o->depth++;
	add_items(o, l);
	o->depth--;
}

static void add_env(struct out *o, const struct strs *env)
{
	if (env->count == 0)
		return;
	add(o, "env:");
	o->depth++;
	for (size_t i = 0; i < env->count; i++) {
		const char *equals = strchr(env->item[i], '=');
		char *name;

		if (equals == NULL)
			continue;
		name = str_ndup(env->item[i], (size_t)(equals - env->item[i]));
		add_pair(o, name, equals + 1);
		free(name);
	}
	o->depth--;
}

static void add_hook_map(struct out *o, const struct hook_spec *h, bool plain_here)
{
	if (h->shell != NULL)
		add_pair(o, "shell", h->shell);
	else if (h->words.count == 1)
		add_pair(o, "run", h->words.item[0]);
	else
		add_list(o, "run", &h->words);
	if (h->plain_args != plain_here)
		add(o, "plain_args: %s", h->plain_args ? "true" : "false");
	add_optional(o, "user", h->user);
	if (h->timeout_sec > 0)
		add(o, "timeout: %d", h->timeout_sec);
	add_env(o, &h->env);
}

static bool has_words_only(const struct hook_spec *h, bool plain_here)
{
	return h->shell == NULL && h->user == NULL && h->timeout_sec == 0 && h->env.count == 0 &&
	       h->plain_args == plain_here;
}

/* plain_here: what plain_args is under this key when nothing is said. */
static void add_hook(struct out *o, const char *key, const struct hook_spec *h, bool plain_here)
{
	bool words_only = has_words_only(h, plain_here);

	if (words_only && h->words.count == 1) {
		add_pair(o, key, h->words.item[0]);
		return;
	}
	add(o, "%s:", key);
	o->depth++;
	if (words_only)
		add_items(o, &h->words);
	else
		add_hook_map(o, h, plain_here);
	o->depth--;
}

static void add_deploy(struct out *o, const struct certificate_setting *c)
{
	size_t count = c->deploy_count;
	bool plain_last = count > 0 && c->deploy[count - 1].plain_args;

	if (plain_last)
		count--;
	if (count > 0)
		add(o, "deploy:");
	else if (c->deploy != NULL && !plain_last)
		add(o, "deploy: []");
	o->depth++;
	for (size_t i = 0; i < count; i++) {
		const struct hook_spec *h = &c->deploy[i];

		if (has_words_only(h, false) && h->words.count == 1) {
			add_items(o, &h->words);
			continue;
		}
		begin_item(o);
		add_hook_map(o, h, false);
		o->depth--;
	}
	o->depth--;
	if (plain_last)
		add_hook(o, "deploy_hook", &c->deploy[count], true);
}

static void add_webroot(struct out *o, const struct challenge_setting *c)
{
	if (c->webroot_names.count == 0) {
		add_optional(o, "webroot", c->webroot);
		return;
	}
	add(o, "webroot:");
	o->depth++;
	for (size_t i = 0; i < c->webroot_names.count; i++)
		add_pair(o, c->webroot_names.item[i], c->webroot_dirs.item[i]);
	add_optional(o, KEYS_WEBROOT_REST, c->webroot);
	o->depth--;
}

static void add_standalone(struct out *o, const struct challenge_setting *c)
{
	int port = c->port > 0 ? c->port : HTTP_PORT;

	if (c->addresses.count == 0 && port == HTTP_PORT) {
		add(o, "standalone: true");
		return;
	}
	add(o, "standalone:");
	o->depth++;
	add(o, "port: %d", port);
	add_list(o, "addresses", &c->addresses);
	o->depth--;
}

static void add_challenge(struct out *o, const struct challenge_setting *c)
{
	bool auth_hook = c->hook.plain_args || hook_is_set(&c->cleanup);

	begin_item(o);
	add_list(o, "names", &c->names);
	add_optional(o, "type", c->type);
	if (c->method == CHALLENGE_WEBROOT)
		add_webroot(o, c);
	else if (c->method == CHALLENGE_STANDALONE)
		add_standalone(o, c);
	else
		add_hook(o, auth_hook ? "auth_hook" : "hook", &c->hook, auth_hook);
	if (hook_is_set(&c->cleanup))
		add_hook(o, "cleanup_hook", &c->cleanup, true);
	o->depth--;
}

static void add_yes_no(struct out *o, const char *key, bool said, bool value)
{
	if (said)
		add(o, "%s: %s", key, value ? "true" : "false");
}

static void add_keys(struct out *o, const struct certificate_setting *c)
{
	struct strs types = {0};

	if (c->has_key && c->more_key_count == 0)
		add(o, "key: %s", key_type_name(c->key));
	if (c->has_key && c->more_key_count > 0) {
		strs_add(&types, key_type_name(c->key));
		for (size_t i = 0; i < c->more_key_count; i++)
			strs_add(&types, key_type_name(c->more_key[i]));
		add_list(o, "key", &types);
		strs_clear(&types);
	}
	add_yes_no(o, "reuse_key", c->has_reuse_key, c->reuse_key);
	add_yes_no(o, "next_key", c->has_next_key, c->next_key);
	add_optional(o, "csr", c->csr);
}

static void add_renewal(struct out *o, const struct certificate_setting *c)
{
	char *text;

	add_optional(o, "preferred_chain", c->preferred_chain);
	add_optional(o, "acme_profile", c->acme_profile);
	if (c->renew.days > 0 || c->renew.permille > 0) {
		text = renew_setting_text(&c->renew);
		add(o, "renew_before: %s", text);
		free(text);
	}
	if (c->has_on_lapse)
		add(o, "on_lapse: %s", keys_words(KEYS_ON_LAPSE)[c->on_lapse]);
	if (c->keep > 0)
		add(o, "keep: %d", c->keep);
}

static void add_service(struct out *o, const struct served_setting *s)
{
	char *quoted;

	if (s->name == NULL) {
		quoted = s->label[strspn(s->label, DIGITS)] == '\0' ? str_dup(s->label) : yaml_quote(s->label);
		add(o, "- %s", quoted);
		free(quoted);
		return;
	}
	begin_item(o);
	add_pair(o, "protocol", probe_protocol_name(s->protocol));
	add_optional(o, "host", s->host);
	add(o, "port: %d", s->port);
	add_pair(o, "name", s->name);
	o->depth--;
}

static void add_served(struct out *o, const struct certificate_setting *c)
{
	if (!c->has_served)
		return;
	add(o, c->served_count > 0 ? "served:" : "served: []");
	o->depth++;
	for (size_t i = 0; i < c->served_count; i++)
		add_service(o, &c->served[i]);
	o->depth--;
}

static void add_output(struct out *o, const struct output_setting *s)
{
	const char *path = s->written != NULL ? s->written : s->path;

	begin_item(o);
	if (s->kind == OUTPUT_COPY) {
		add_pair(o, "copy", s->file);
		add_pair(o, "to", path);
	} else {
		add_pair(o, s->kind == OUTPUT_PKCS12 ? "pkcs12" : "combined", path);
	}
	add_optional(o, "owner", s->owner);
	add_optional(o, "group", s->group);
	if (s->mode != 0)
		add(o, "mode: \"%04o\"", (unsigned)s->mode);
	add_optional(o, "password_file", s->password_file);
	o->depth--;
}

static void add_outputs(struct out *o, const struct certificate_setting *c)
{
	if (!c->has_output)
		return;
	add(o, c->output_count > 0 ? "outputs:" : "outputs: []");
	o->depth++;
	for (size_t i = 0; i < c->output_count; i++)
		add_output(o, &c->output[i]);
	o->depth--;
}

static void add_certificate(struct out *o, const struct certificate_setting *c)
{
	add_optional(o, "name", c->name);
	add_list(o, "names", &c->names);
	add_optional(o, "ca", c->ca);
	add_keys(o, c);
	if (c->challenge_count > 0)
		add(o, "challenge:");
	o->depth++;
	for (size_t i = 0; i < c->challenge_count; i++)
		add_challenge(o, &c->challenge[i]);
	o->depth--;
	add_outputs(o, c);
	add_deploy(o, c);
	add_served(o, c);
	add_renewal(o, c);
	add_optional(o, "key_owner", c->key_owner);
	add_optional(o, "key_group", c->key_group);
	if (c->key_mode != 0 && c->key_mode != CONFIG_KEY_MODE_DEFAULT)
		add(o, "key_mode: \"%04o\"", (unsigned)c->key_mode);
}

char *settings_write_certificate(const struct certificate_setting *c)
{
	struct out o = {0};
	char *text, *body;

	add(&o, _("# Written by \"tegata certonly\". It may be edited; \"tegata config check\" finds mistakes."));
	add(&o, "certificates:");
	o.depth = 1;
	begin_item(&o);
	add_certificate(&o, c);
	body = strs_join(&o.lines, "\n");
	text = str_fmt("%s\n", body);
	free(body);
	strs_clear(&o.lines);
	return text;
}

int settings_save_certificate(const char *config_dir, const struct certificate_setting *c, struct err *e)
{
	const struct fs_policy policy = {(uid_t)-1, (gid_t)-1, 0644};
	char *dir, *file, *path, *text;
	int status = -1;

	if (c->name == NULL || !reader_name_ok(c->name))
		return err_set(e, ERR_CONFIG, _("\"%s\" cannot be the name of a certificate: expected letters, digits, \".\", \"_\" "
		                                "and \"-\", first a letter or digit"), c->name != NULL ? c->name : "");
	dir = fs_join(config_dir, "conf.d");
	file = str_fmt("%s.yaml", c->name);
	path = fs_join(dir, file);
	text = settings_write_certificate(c);
	if (fs_make_dirs(dir, 0755, e) != 0)
		goto out;
	fs_clean_beside(path);
	if (fs_write_atomic(path, text, strlen(text), &policy, e) != 0)
		goto out;
	status = 0;
out:
	free(dir);
	free(file);
	free(path);
	free(text);
	return status;
}
