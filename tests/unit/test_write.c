#include "config.h"

#include "config/settings.h"

#include "scratch.h"

/* What is written reads back as it was: for some certificates by hand, and for many by chance. */

#define ROUNDS 400

static uint64_t seed;

static unsigned chance(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *pick(const char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return list[chance((unsigned)count)];
}

/* Texts that a careless writer of YAML gets wrong. */
static const char *const odd[] = {
	"plain", "two words", " space before", "space behind ", "null", "~", "true", "yes", "12", "0x1f", "1e3", "- dash", "-",
	"? q", "key: value", "colon:", "#hash", "a #hash", "'single'", "\"double\"", "it's", "back\\slash", "\\n", "line\nline",
	"end\n", "\n", "\ttab", "a\tb", "[list]", "{map}", "a, b", "*star", "&anchor", "!tag", "|", ">", "%percent", "@at",
	"`tick`", "日本語", "é\xcc\x81", "\xf0\x9f\x94\x91", "\xc2\x85nel", "\xe2\x80\xa8ls", "\xef\xbb\xbf" "bom", "$HOME; `id` && $(id)",
	"---", "...", "--- a", "\x7f", "\x1b[31m", "=", "<<", "a:b", "2026-11-22", "é", "\r\n", "", NULL
};
static const char *const odd_lines[] = {"u", "user-1", "1000", "日本", "null", "~", "true", "0", "*x", "#u", "[u]", "\"u\"", NULL};
static const char *const odd_names[] = {"a.jp", "*.a.jp", "日本語.jp", "null", "~", "1.2", "true", "a:b", "#x", "[x]", "'x'", "&x",
	"!x", "-", "--x", "%x", "\"", "x\\y", "*", "{}", "? ", NULL};

static char *odd_path(void)
{
	char *path = str_fmt("/%s", pick(odd));

	for (char *c = path; *c != '\0'; c++)
		if (((unsigned char)*c < ' ') || *c == 0x7f)
			*c = '.'; /* a path is one line */
	return path;
}

static void some(struct strs *l, const char *const *from, unsigned least, unsigned most)
{
	unsigned count = least + chance(most - least + 1);

	while (count-- > 0)
		strs_add(l, pick(from));
}

static void odd_hook(struct hook_spec *h)
{
	static const char *const programs[] = {"nginx", "null", "true", "1", "x.y_z-0", "~", NULL};
	const char *name = pick(programs);

	if (chance(4) == 0) {
		do
			str_replace(&h->shell, str_dup(pick(odd)));
		while (*h->shell == '\0');
	} else {
		strs_take(&h->words, chance(2) == 0 || *name == '~' ? odd_path() : str_dup(name));
		some(&h->words, odd, 0, 3);
	}
	if (chance(4) == 0)
		h->user = str_dup(pick(odd_lines));
	if (chance(4) == 0)
		h->timeout_sec = 1 + (int)chance(86400);
	if (chance(4) == 0)
		for (unsigned i = chance(3); i > 0; i--)
			strs_take(&h->env, str_fmt("%s_%u=%s", chance(2) ? "A" : "null", i, pick(odd)));
	h->plain_args = chance(2);
}

/* One of names that is not in the list yet: NULL when there is none by chance. */
static void one_of(struct strs *l, const struct strs *names)
{
	const char *name = names->item[chance((unsigned)names->count)];

	if (!strs_has(l, name))
		strs_add(l, name);
}

static void odd_webroots(struct challenge_setting *c, const struct strs *names)
{
	c->method = CHALLENGE_WEBROOT;
	if (chance(2))
		one_of(&c->webroot_names, names);
	for (size_t i = 0; i < c->webroot_names.count; i++)
		strs_take(&c->webroot_dirs, odd_path());
	c->webroot = odd_path();
}

static void odd_challenge(struct challenge_setting *c, const struct strs *names, bool rest)
{
	c->type = str_dup("http-01");
	c->port = 80;
	if (!rest)
		one_of(&c->names, names);
	switch (chance(3)) {
	case 0:
		odd_webroots(c, names);
		break;
	case 1:
		c->method = CHALLENGE_STANDALONE;
		if (chance(2))
			c->port = 1 + (int)chance(65535);
		if (chance(2))
			strs_add(&c->addresses, chance(2) ? "::1" : "192.0.2.1");
		break;
	default:
		c->method = CHALLENGE_HOOK;
		if (chance(2))
			str_replace(&c->type, str_dup("dns-01"));
		odd_hook(&c->hook);
		if (chance(2))
			odd_hook(&c->cleanup);
		break;
	}
}

static void odd_keys(struct certificate_setting *c)
{
	c->key_mode = 0600;
	if (chance(4) == 0) {
		c->csr = odd_path();
		return;
	}
	c->has_key = chance(2);
	c->key = c->has_key ? (enum key_type)chance(KEY_TYPE_COUNT) : (enum key_type)0;
	if (c->has_key && chance(2))
		for (int type = 0; type < KEY_TYPE_COUNT; type++)
			if (type != (int)c->key && chance(2))
				c->more_key[c->more_key_count++] = (enum key_type)type;
	c->has_reuse_key = chance(2);
	c->reuse_key = c->has_reuse_key && chance(2);
	c->has_next_key = chance(2);
	c->next_key = c->has_next_key && !c->reuse_key && chance(2);
	if (chance(2))
		c->key_owner = str_dup(pick(odd_lines));
	if (chance(2))
		c->key_group = str_dup(pick(odd_lines));
	c->key_mode = (mode_t)(chance(2) ? 0640 : 0600);
}

static void odd_renewal(struct certificate_setting *c)
{
	static const char *const tokens[] = {"p", "null", "~", "#", "*x", "a:b", "{}", "-", "12", "\"", NULL};

	if (chance(2))
		c->preferred_chain = str_dup(pick(odd_lines));
	if (chance(2))
		c->acme_profile = str_dup(pick(tokens));
	if (chance(3) == 0)
		c->renew.days = 1 + (int)chance(397);
	else if (chance(2))
		c->renew.permille = 1 + (int)chance(999);
	if (chance(2))
		c->keep = 1 + (int)chance(1000);
	c->has_on_lapse = chance(2) == 0;
	c->on_lapse = c->has_on_lapse && chance(2) == 0 ? ON_LAPSE_SHRINK : ON_LAPSE_WARN;
}

static void odd_services(struct certificate_setting *c)
{
	static const char *const hosts[] = {"::1", "192.0.2.1", "a.jp", "null", "n", NULL};

	c->has_served = chance(2);
	c->served_count = c->has_served ? chance(4) : 0;
	c->served = mem_new(c->served_count + 1, sizeof *c->served);
	for (size_t i = 0; i < c->served_count; i++) {
		struct served_setting *s = &c->served[i];

		s->protocol = (enum probe_protocol)chance(PROBE_PROTOCOL_COUNT);
		s->port = 1 + (int)(i * 1000 + chance(1000));
		if (chance(2)) {
			s->name = str_dup(pick(hosts));
			s->host = chance(2) ? str_dup(pick(hosts)) : NULL;
		}
		s->label = str_fmt("%s:%d", probe_protocol_name(s->protocol), s->port);
	}
}

static void odd_outputs(struct certificate_setting *c)
{
	static const char *const files[] = {"cert.pem", "chain.pem", "fullchain.pem", NULL};

	c->has_output = chance(2);
	c->output_count = c->has_output ? chance(4) : 0;
	c->output = mem_new(c->output_count + 1, sizeof *c->output);
	for (size_t i = 0; i < c->output_count; i++) {
		struct output_setting *o = &c->output[i];
		char *folder;

		o->kind = c->csr != NULL ? OUTPUT_COPY : (enum output_kind)chance(3);
		if (o->kind == OUTPUT_COPY)
			o->file = str_dup(pick(files));
		if (o->kind == OUTPUT_PKCS12 && chance(2))
			o->password_file = odd_path();
		folder = odd_path();
		o->written = str_fmt("%s/{name}%zu", folder, i);
		free(folder);
		o->owner = chance(2) ? str_dup(pick(odd_lines)) : NULL;
		o->group = chance(2) ? str_dup(pick(odd_lines)) : NULL;
		o->mode = (mode_t)(chance(2) ? 0640 : 0);
	}
}

static void odd_certificate(struct certificate_setting *c)
{
	c->name = str_fmt("n%u%s", chance(1000), chance(2) ? ".jp" : "");
	some(&c->names, odd_names, 1, 5);
	for (size_t i = 0; i < c->names.count; i++)
		if (strpbrk(c->names.item[i], " ") != NULL)
			str_replace(&c->names.item[i], str_dup("b.jp"));
	if (chance(2))
		c->ca = str_dup("jprs");
	c->group = str_dup(c->name);
	odd_keys(c);
	odd_renewal(c);
	odd_services(c);
	odd_outputs(c);
	c->challenge_count = 1 + chance(3);
	c->challenge = mem_new(c->challenge_count, sizeof *c->challenge);
	for (size_t i = 0; i < c->challenge_count; i++)
		odd_challenge(&c->challenge[i], &c->names, i == 0);
	c->deploy_count = chance(4);
	c->deploy = mem_new(c->deploy_count + 1, sizeof *c->deploy);
	for (size_t i = 0; i < c->deploy_count; i++)
		odd_hook(&c->deploy[i]);
}

static void same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void same_strs(const struct strs *a, const struct strs *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->item[i], b->item[i]);
}

static void same_hook(const struct hook_spec *a, const struct hook_spec *b)
{
	same_strs(&a->words, &b->words);
	same_text(a->shell, b->shell);
	same_text(a->user, b->user);
	assert_int_equal(a->timeout_sec, b->timeout_sec);
	same_strs(&a->env, &b->env);
	if (hook_is_set(a))
		assert_int_equal(a->plain_args, b->plain_args);
}

static void same_challenge(const struct challenge_setting *a, const struct challenge_setting *b)
{
	same_strs(&a->names, &b->names);
	same_text(a->type, b->type);
	assert_int_equal(a->method, b->method);
	same_text(a->webroot, b->webroot);
	same_strs(&a->webroot_names, &b->webroot_names);
	same_strs(&a->webroot_dirs, &b->webroot_dirs);
	assert_int_equal(a->port, b->port);
	same_strs(&a->addresses, &b->addresses);
	same_hook(&a->hook, &b->hook);
	same_hook(&a->cleanup, &b->cleanup);
}

static void same_uses(const struct certificate_setting *a, const struct certificate_setting *b)
{
	assert_int_equal(a->has_served, b->has_served);
	assert_int_equal(a->served_count, b->served_count);
	for (size_t i = 0; i < a->served_count; i++) {
		assert_int_equal(a->served[i].protocol, b->served[i].protocol);
		same_text(a->served[i].host, b->served[i].host);
		assert_int_equal(a->served[i].port, b->served[i].port);
		same_text(a->served[i].name, b->served[i].name);
	}
	assert_int_equal(a->has_output, b->has_output);
	assert_int_equal(a->output_count, b->output_count);
	for (size_t i = 0; i < a->output_count; i++) {
		assert_int_equal(a->output[i].kind, b->output[i].kind);
		same_text(a->output[i].written, b->output[i].written);
		same_text(a->output[i].file, b->output[i].file);
		same_text(a->output[i].owner, b->output[i].owner);
		same_text(a->output[i].group, b->output[i].group);
		assert_int_equal(a->output[i].mode, b->output[i].mode);
		same_text(a->output[i].password_file, b->output[i].password_file);
	}
}

static void same_keys(const struct certificate_setting *a, const struct certificate_setting *b)
{
	assert_int_equal(a->has_key, b->has_key);
	assert_int_equal(a->key, b->key);
	assert_int_equal(a->more_key_count, b->more_key_count);
	for (size_t i = 0; i < a->more_key_count; i++)
		assert_int_equal(a->more_key[i], b->more_key[i]);
	assert_int_equal(a->has_reuse_key, b->has_reuse_key);
	assert_int_equal(a->reuse_key, b->reuse_key);
	assert_int_equal(a->has_next_key, b->has_next_key);
	assert_int_equal(a->next_key, b->next_key);
	same_text(a->csr, b->csr);
	same_text(a->preferred_chain, b->preferred_chain);
	same_text(a->acme_profile, b->acme_profile);
	assert_int_equal(a->renew.days, b->renew.days);
	assert_int_equal(a->renew.permille, b->renew.permille);
	assert_int_equal(a->keep, b->keep);
	assert_int_equal(a->has_on_lapse, b->has_on_lapse);
	assert_int_equal(a->on_lapse, b->on_lapse);
}

static void same_certificate(const struct certificate_setting *a, const struct certificate_setting *b)
{
	same_text(a->name, b->name);
	same_strs(&a->names, &b->names);
	same_text(a->ca, b->ca);
	same_text(a->group, b->group);
	same_keys(a, b);
	same_uses(a, b);
	same_text(a->key_owner, b->key_owner);
	same_text(a->key_group, b->key_group);
	assert_int_equal(a->key_mode, b->key_mode);
	assert_int_equal(a->challenge_count, b->challenge_count);
	for (size_t i = 0; i < a->challenge_count; i++)
		same_challenge(&a->challenge[i], &b->challenge[i]);
	assert_int_equal(a->deploy_count, b->deploy_count);
	for (size_t i = 0; i < a->deploy_count; i++)
		same_hook(&a->deploy[i], &b->deploy[i]);
}

static void reads_back(const char *dir, const struct certificate_setting *c)
{
	struct settings s = {0};
	struct diags d = {0};
	struct err e = ERR_INIT;
	char *text = settings_write_certificate(c);

	assert_int_equal(settings_save_certificate(dir, c, &e), 0);
	settings_load(dir, &s, &d);
	if (diags_result(&d, &e) != 0)
		fail_msg("%s\n%s", e.cause, text);
	assert_int_equal(s.certificate_count, 1 + c->more_key_count);
	same_certificate(c, s.certificate);
	diags_clear(&d);
	settings_clear(&s);
	free(text);
}

static void by_chance(void **state)
{
	char *dir = scratch_make();

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct certificate_setting c = {0};
		char *name, *file;

		seed = i;
		odd_certificate(&c);
		reads_back(dir, &c);
		name = str_fmt("conf.d/%s.yaml", c.name);
		file = fs_join(dir, name);
		assert_int_equal(unlink(file), 0);
		free(file);
		free(name);
		certificate_setting_clear(&c);
	}
	scratch_remove(dir);
}

static void as_people_see_it(void **state)
{
	struct certificate_setting c = {.key_mode = 0640, .has_key = true, .key = KEY_RSA2048};
	char *text;

	(void)state;
	c.name = str_dup("www");
	strs_add(&c.names, "example.jp");
	strs_add(&c.names, "*.example.jp");
	c.challenge_count = 2;
	c.challenge = mem_new(2, sizeof *c.challenge);
	strs_add(&c.challenge[0].names, "*.example.jp");
	c.challenge[0].type = str_dup("dns-01");
	c.challenge[0].method = CHALLENGE_HOOK;
	strs_add(&c.challenge[0].hook.words, "nsupdate");
	c.challenge[1].type = str_dup("http-01");
	c.challenge[1].webroot = str_dup("/var/www/html");
	c.deploy_count = 3;
	c.deploy = mem_new(3, sizeof *c.deploy);
	strs_add(&c.deploy[0].words, "apache");
	strs_add(&c.deploy[1].words, "systemd-reload");
	strs_add(&c.deploy[1].words, "postfix");
	c.deploy[2].shell = str_dup("systemctl reload nginx");
	c.deploy[2].plain_args = true;
	text = settings_write_certificate(&c);
	assert_string_equal(text,
		"# Written by \"tegata certonly\". It may be edited; \"tegata config check\" finds mistakes.\n"
		"certificates:\n"
		"  - name: www\n"
		"    names:\n"
		"      - example.jp\n"
		"      - \"*.example.jp\"\n"
		"    key: rsa2048\n"
		"    challenge:\n"
		"      - names:\n"
		"          - \"*.example.jp\"\n"
		"        type: dns-01\n"
		"        hook: nsupdate\n"
		"      - type: http-01\n"
		"        webroot: /var/www/html\n"
		"    deploy:\n"
		"      - apache\n"
		"      - run:\n"
		"          - systemd-reload\n"
		"          - postfix\n"
		"    deploy_hook:\n"
		"      shell: \"systemctl reload nginx\"\n"
		"    key_mode: \"0640\"\n");
	free(text);
	certificate_setting_clear(&c);
}

static void where_it_is_saved(void **state)
{
	char *dir = scratch_make(), *folder = fs_join(dir, "conf.d"), *path = fs_join(folder, "www.yaml");
	struct certificate_setting c = {0};
	struct err e = ERR_INIT;
	struct stat st;
	mode_t old = umask(077);

	(void)state;
	c.name = str_dup("www");
	strs_add(&c.names, "a.jp");
	assert_int_equal(settings_save_certificate(dir, &c, &e), 0);
	assert_int_equal(settings_save_certificate(dir, &c, &e), 0);
	umask(old);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);

	str_replace(&c.name, str_dup("../www"));
	assert_int_equal(settings_save_certificate(dir, &c, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	err_clear(&e);
	str_replace(&c.name, str_dup("www"));
	assert_int_equal(settings_save_certificate(path, &c, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	err_clear(&e);
	certificate_setting_clear(&c);
	free(path);
	free(folder);
	scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_people_see_it),
		cmocka_unit_test(where_it_is_saved),
		cmocka_unit_test(by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
