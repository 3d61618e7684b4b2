#include "config.h"

#include "certonly.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "config/reader.h"
#include "entitle/fqdn.h"
#include "pki/csr.h"
#include "setup.h"
#include "solve/solver.h"

#define PORT_MAX 65535
#define MODE_FORBIDDEN 0137 /* for others, or executable */
#define MODE_READ 0400

struct draft {
	const struct cli *cli;
	const struct args *args;
	const struct site *site;
	struct strs names; /* of -d */
	struct strs dirs;  /* the folder of each; "" = none */
	char *csr;         /* absolute path of --csr; NULL = none */
	const char *first_dir;
	struct certificate_setting *out;
};

static void add_names(struct draft *d, const char *value, const char *dir)
{
	struct strs raw = {0};

	args_split(value, &raw);
	for (size_t i = 0; i < raw.count; i++) {
		char *normal = NULL, *why = NULL;

		if (fqdn_normalize(raw.item[i], &normal, &why) < 0)
			normal = str_dup(raw.item[i]);
		free(why);
		if (!strs_has(&d->names, normal)) {
			strs_add(&d->names, normal);
			strs_add(&d->dirs, dir ? dir : "");
		}
		free(normal);
	}
	strs_clear(&raw);
}

/* As with certbot, where a -w stands among the -d matters. */
static void read_names(struct draft *d)
{
	const char *dir = NULL;

	for (size_t i = 0; i < d->args->count; i++) {
		const struct args_given *g = &d->args->given[i];

		if (g->row->id == OPTION_WEBROOT_PATH) {
			dir = g->value;
			d->first_dir = d->first_dir ? d->first_dir : dir;
		} else if (g->row->id == OPTION_DOMAIN) {
			add_names(d, g->value, dir);
		}
	}
}

static const struct certificate_setting *find_configured(const struct draft *d, const char *name)
{
	const struct settings *settings = &d->site->settings;

	for (size_t i = 0; !name && i < settings->certificate_count; i++)
		if (strs_same_set(&settings->certificate[i].names, &d->names))
			return &settings->certificate[i];
	return settings_certificate(settings, name ? name : fqdn_base(d->names.item[0]));
}

static int begin(struct draft *d, struct err *e)
{
	const char *name = args_value(d->args, OPTION_CERT_NAME);
	const struct certificate_setting *configured;

	if (!name && d->names.count == 0)
		return err_set(e, ERR_USAGE, _("which names? -d NAME, once for each"));
	if (name && !reader_name_ok(name))
		return setup_expected("--cert-name", name, _("letters, digits, \".\", \"_\" and \"-\", first a letter or digit"), e);
	configured = find_configured(d, name);
	if (!configured && d->names.count == 0)
		return err_set(e, ERR_USAGE, _("no certificate named \"%s\" is configured, and no -d NAME says what it is for"), name);
	certificate_setting_copy(d->out, configured ? configured : &d->site->settings.defaults);
	if (!configured) {
		str_replace(&d->out->name, str_dup(name ? name : fqdn_base(d->names.item[0])));
		certificate_setting_fill(d->out);
	}
	if (d->names.count == 0)
		return 0;
	strs_clear(&d->out->names);
	strs_copy(&d->out->names, &d->names);
	free(d->out->name_place);
	d->out->name_place = NULL;
	return 0;
}

/* The names of a request made elsewhere stand for -d; that both agree is checked with the settings. */
static int read_request(struct draft *d, const char *file, struct err *e)
{
	struct csr *csr = NULL;
	struct buf text;
	int rc;

	if (args_has(d->args, OPTION_KEY_TYPE) || args_has(d->args, OPTION_REUSE_KEY) || args_has(d->args, OPTION_NEW_KEY))
		return err_set(e, ERR_USAGE, _("--csr brings its own key: --key-type, --reuse-key and --new-key do not go with it"));
	buf_init(&text, CSR_PEM_MAX);
	d->csr = setup_absolute(file);
	rc = fs_read(d->csr, &text, e);
	if (rc == 0)
		rc = csr_load(text.data, text.len, &csr, e);
	for (size_t i = 0; rc == 0 && d->names.count == 0 && i < csr_names(csr)->count; i++)
		add_names(d, csr_names(csr)->item[i], d->first_dir);
	csr_free(csr);
	buf_clear(&text);
	return rc < 0 ? err_wrap(e, "--csr %s", file) : 0;
}

/* certbot's names for what the settings call reuse_key, preferred_chain and acme_profile. */
static int read_wishes(struct draft *d, struct err *e)
{
	const char *chain = args_value(d->args, OPTION_PREFERRED_CHAIN);
	const char *profile = args_value(d->args, OPTION_PREFERRED_PROFILE);
	bool reuse = args_has(d->args, OPTION_REUSE_KEY), renew = args_has(d->args, OPTION_NEW_KEY);

	if (reuse && renew)
		return err_set(e, ERR_USAGE, _("--reuse-key and --new-key contradict each other"));
	if (d->csr) {
		str_replace(&d->out->csr, str_dup(d->csr));
		d->out->has_key = false;
	}
	if (reuse || renew) {
		d->out->has_reuse_key = true;
		d->out->reuse_key = reuse;
	}
	if (chain)
		str_replace(&d->out->preferred_chain, str_dup(chain));
	if (profile)
		str_replace(&d->out->acme_profile, str_dup(profile));
	return 0;
}

static int read_ca(struct draft *d, struct err *e)
{
	const struct ca_setting *ca;

	if (!args_has(d->args, OPTION_CA))
		return 0;
	ca = setup_ca(d->cli, d->site, e);
	if (ca == NULL)
		return -1;
	str_replace(&d->out->ca, str_dup(ca->name));
	return 0;
}

static int read_size(const char *bits, const char *type, enum key_type *out, struct err *e)
{
	char *name = str_fmt("rsa%s", bits);
	bool known = str_starts(name, "rsa") && key_type_parse(name, out) == 0;

	free(name);
	if (!known)
		return setup_expected("--rsa-key-size", bits, _("2048, 3072 or 4096"), e);
	if (type && !str_eq(type, "rsa") && !str_eq(type, key_type_name(*out)))
		return err_set(e, ERR_USAGE, _("--rsa-key-size and --key-type %s contradict each other"), type);
	return 0;
}

static int read_curve(const char *curve, const char *type, enum key_type *out, struct err *e)
{
	if (str_eq(curve, "secp256r1"))
		*out = KEY_EC_P256;
	else if (str_eq(curve, "secp384r1"))
		*out = KEY_EC_P384;
	else
		return setup_expected("--elliptic-curve", curve, _("secp256r1 or secp384r1"), e);
	if (type && !str_eq(type, "ecdsa") && !str_eq(type, key_type_name(*out)))
		return err_set(e, ERR_USAGE, _("--elliptic-curve and --key-type %s contradict each other"), type);
	return 0;
}

static int read_key_type(struct draft *d, struct err *e)
{
	const char *type = args_value(d->args, OPTION_KEY_TYPE), *bits = args_value(d->args, OPTION_RSA_SIZE);
	const char *curve = args_value(d->args, OPTION_CURVE);
	struct certificate_setting *out = d->out;

	if (type && key_type_parse(type, &out->key) < 0)
		return setup_expected("--key-type", type, _("rsa2048, rsa3072, rsa4096, ecdsa-p256, ecdsa-p384, rsa or ecdsa"), e);
	/* certbot's "ecdsa --rsa-key-size 4096" would ask for two keys at once; silently taking one of them helps nobody. */
	if (bits && curve)
		return err_set(e, ERR_USAGE, _("--rsa-key-size and --elliptic-curve contradict each other"));
	if ((bits && read_size(bits, type, &out->key, e) < 0) || (curve && read_curve(curve, type, &out->key, e) < 0))
		return -1;
	if ((type || bits || curve) && out->csr)
		return err_set(e, ERR_USAGE, _("\"%s\" has its key elsewhere (csr): its type cannot be chosen here"), out->name);
	if (type || bits || curve) {
		out->has_key = true;
		out->more_key_count = 0;
	}
	return 0;
}

static int read_key_policy(struct draft *d, struct err *e)
{
	const char *owner = args_value(d->args, OPTION_KEY_OWNER), *group = args_value(d->args, OPTION_KEY_GROUP);
	const char *mode = args_value(d->args, OPTION_KEY_MODE);
	mode_t bits;

	if (owner && fs_lookup_user(owner, NULL, NULL) < 0)
		return setup_expected("--key-owner", owner, _("a user of this machine"), e);
	if (group && fs_lookup_group(group, NULL) < 0)
		return setup_expected("--key-group", group, _("a group of this machine"), e);
	if (owner)
		str_replace(&d->out->key_owner, str_dup(owner));
	if (group)
		str_replace(&d->out->key_group, str_dup(group));
	if (!mode)
		return 0;
	if (mode[strspn(mode, "01234567")] != '\0' || strlen(mode) < 3 || strlen(mode) > 4)
		return setup_expected("--key-mode", mode, _("octal digits such as 0600 or 0640"), e);
	bits = (mode_t)strtoul(mode, NULL, 8);
	if (bits > 0777 || (bits & MODE_FORBIDDEN) != 0 || (bits & MODE_READ) == 0)
		return err_set(e, ERR_USAGE, _("--key-mode: a private key is readable for its owner, perhaps for its group, never for "
		                               "everybody; 0600 or 0640"));
	d->out->key_mode = bits;
	return 0;
}

static void shell_hook(struct hook_spec *h, const char *text)
{
	h->shell = str_dup(text);
	h->plain_args = true;
}

/* A hook by name or path is looked for now: after the order is no time to learn that its name is misspelt. */
static int named_hook(const struct draft *d, const char *option, const char *name, struct hook_spec *h, struct err *e)
{
	struct hook_dirs dirs = site_hooks_dirs(d->site, d->site->settings.hook_users.deploy);
	char *path = NULL;

	strs_add(&h->words, name);
	if (hook_find(h, &dirs, &path, e) < 0) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "%s", option);
	}
	free(path);
	return 0;
}

static int read_deploys(struct draft *d, struct err *e)
{
	struct certificate_setting *out = d->out;
	size_t most = args_times(d->args, OPTION_DEPLOY) + args_times(d->args, OPTION_DEPLOY_HOOK);

	if (most == 0)
		return 0;
	for (size_t i = 0; i < out->deploy_count; i++)
		hook_clear(&out->deploy[i]);
	free(out->deploy);
	out->deploy = mem_new(most, sizeof *out->deploy);
	out->deploy_count = 0;
	for (size_t i = 0; i < d->args->count; i++) {
		const struct args_given *g = &d->args->given[i];

		if (g->row->id == OPTION_DEPLOY && named_hook(d, "--deploy", g->value, &out->deploy[out->deploy_count++], e) < 0)
			return -1;
		if (g->row->id == OPTION_DEPLOY_HOOK)
			shell_hook(&out->deploy[out->deploy_count++], g->value);
	}
	return 0;
}

static bool has_wildcard(const struct strs *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (fqdn_is_wildcard(names->item[i]))
			return true;
	return false;
}

/* certbot takes a list and begins with its first. */
static int preferred_type(const struct draft *d, const char **out, struct err *e)
{
	const char *value = args_value(d->args, OPTION_CHALLENGES);
	struct strs list = {0};

	*out = NULL;
	if (!value)
		return 0;
	args_split(value, &list);
	if (str_eq(list.item[0], "dns") || str_eq(list.item[0], "dns-01"))
		*out = "dns-01";
	else if (str_eq(list.item[0], "http") || str_eq(list.item[0], "http-01"))
		*out = "http-01";
	strs_clear(&list);
	return *out ? 0 : setup_expected("--preferred-challenges", value, _("dns-01, dns, http-01 or http"), e);
}

static bool wants_webroot(const struct draft *d)
{
	return args_has(d->args, OPTION_WEBROOT) || d->first_dir;
}

static int check_companions(const struct draft *d, bool webroot, bool by_hook, struct err *e)
{
	const struct args *a = d->args;
	bool standalone = args_has(a, OPTION_STANDALONE), auth = args_has(a, OPTION_AUTH_HOOK);

	if (webroot + standalone + args_has(a, OPTION_HOOK) + auth > 1)
		return err_set(e, ERR_USAGE, _("only one of --webroot, --standalone, --hook and --auth-hook can be used"));
	if (args_has(a, OPTION_CLEANUP_HOOK) && !auth)
		return err_set(e, ERR_USAGE, _("--cleanup-hook goes with --auth-hook only"));
	if (args_has(a, OPTION_MANUAL) && !auth)
		return err_set(e, ERR_USAGE, _("--manual needs --auth-hook: nobody is asked to do it by hand"));
	if ((args_has(a, OPTION_PORT) || args_has(a, OPTION_ADDRESS)) && !standalone)
		return err_set(e, ERR_USAGE, _("--http-01-port and --http-01-address go with --standalone only"));
	if (args_has(a, OPTION_CHALLENGES) && !webroot && !standalone && !by_hook)
		return err_set(e, ERR_USAGE, _("--preferred-challenges goes with --hook or --auth-hook"));
	return 0;
}

static int fill_webroot(const struct draft *d, struct challenge_setting *c, struct err *e)
{
	c->method = CHALLENGE_WEBROOT;
	c->webroot = setup_absolute(d->first_dir);
	if (!reader_path_ok(c->webroot))
		return setup_expected("--webroot-path", d->first_dir, _("the path of a folder"), e);
	for (size_t i = 0; i < d->names.count; i++) {
		const char *dir = d->dirs.item[i];

		if (!*dir || str_eq(dir, d->first_dir))
			continue;
		strs_add(&c->webroot_names, d->names.item[i]);
		strs_take(&c->webroot_dirs, setup_absolute(dir));
	}
	return 0;
}

static int fill_standalone(const struct draft *d, struct challenge_setting *c, struct err *e)
{
	const char *port = args_value(d->args, OPTION_PORT);
	int64_t number = c->port;

	c->method = CHALLENGE_STANDALONE;
	if (port && str_to_int64(port, 1, PORT_MAX, &number) < 0)
		return setup_expected("--http-01-port", port, _("a number from 1 to 65535"), e);
	c->port = (int)number;
	args_values(d->args, OPTION_ADDRESS, &c->addresses);
	return 0;
}

static int fill_hook(const struct draft *d, struct challenge_setting *c, struct err *e)
{
	const char *name = args_value(d->args, OPTION_HOOK), *cleanup = args_value(d->args, OPTION_CLEANUP_HOOK);

	c->method = CHALLENGE_HOOK;
	if (name)
		return named_hook(d, "--hook", name, &c->hook, e);
	shell_hook(&c->hook, args_value(d->args, OPTION_AUTH_HOOK));
	if (cleanup)
		shell_hook(&c->cleanup, cleanup);
	return 0;
}

static int fill_challenge(const struct draft *d, bool by_hook, struct challenge_setting *c, struct err *e)
{
	const char *type;
	bool dns = args_has(d->args, OPTION_HOOK) || has_wildcard(&d->out->names);

	if (preferred_type(d, &type, e) < 0)
		return -1;
	if (!by_hook && str_eq(type, "dns-01"))
		return err_set(e, ERR_USAGE, _("dns-01 needs --hook or --auth-hook"));
	c->type = str_dup(type ? type : by_hook && dns ? "dns-01" : "http-01");
	c->port = 80;
	if (by_hook)
		return fill_hook(d, c, e);
	return wants_webroot(d) ? fill_webroot(d, c, e) : fill_standalone(d, c, e);
}

static int need_challenge(const struct certificate_setting *out, struct err *e)
{
	if (out->challenge_count > 0)
		return 0;
	err_set(e, ERR_USAGE, _("no challenge is chosen: how is control of the names to be shown?"));
	err_advise(e, "%s", _("Give --webroot -w DIR, --standalone, --hook HOOK or --auth-hook COMMAND; or `challenge` in the settings."));
	return -1;
}

static int read_challenge(struct draft *d, struct err *e)
{
	bool webroot = wants_webroot(d), by_hook = args_has(d->args, OPTION_HOOK) || args_has(d->args, OPTION_AUTH_HOOK);
	struct certificate_setting *out = d->out;
	struct challenge_setting c = {0};

	if (check_companions(d, webroot, by_hook, e) < 0)
		return -1;
	if (!webroot && !by_hook && !args_has(d->args, OPTION_STANDALONE))
		return need_challenge(out, e);
	if (webroot && !d->first_dir) {
		if (out->challenge_count > 0 && out->challenge[0].method == CHALLENGE_WEBROOT)
			return 0;
		return err_set(e, ERR_USAGE, _("--webroot needs the folder: -w DIR"));
	}
	if (fill_challenge(d, by_hook, &c, e) < 0) {
		challenge_setting_clear(&c);
		return -1;
	}
	for (size_t i = 0; i < out->challenge_count; i++)
		challenge_setting_clear(&out->challenge[i]);
	free(out->challenge);
	out->challenge = mem_new(1, sizeof *out->challenge);
	out->challenge[0] = c;
	out->challenge_count = 1;
	return 0;
}

int certonly_build(const struct cli *c, const struct site *s, struct certificate_setting *out, struct err *e)
{
	struct draft d = {.cli = c, .args = &c->args, .site = s, .out = out};
	const char *csr = args_value(&c->args, OPTION_CSR);
	int rc = -1;

	read_names(&d);
	if ((csr && read_request(&d, csr, e) < 0) || begin(&d, e) < 0 || read_wishes(&d, e) < 0)
		goto out;
	if (read_ca(&d, e) < 0 || read_key_type(&d, e) < 0 || read_key_policy(&d, e) < 0)
		goto out;
	if (read_challenge(&d, e) < 0 || read_deploys(&d, e) < 0)
		goto out;
	rc = 0;
out:
	strs_clear(&d.names);
	strs_clear(&d.dirs);
	free(d.csr);
	return rc;
}
