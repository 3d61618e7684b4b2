#include "config.h"

#include "config/settings.h"

#include "scratch.h"
#include "skipping.h"

/* Settings that are right, and what they mean. */
struct fixture {
	char *dir;
	struct settings s;
};

static void put(const char *dir, const char *name, const char *text)
{
	char *path = fs_join(dir, name), *folder = fs_dirname(path);

	if (!fs_exists(folder))
		assert_int_equal(mkdir(folder, 0755), 0);
	scratch_write(path, text, 0644);
	free(folder);
	free(path);
}

static void load(struct fixture *f)
{
	struct diags d = {0};
	struct err e = ERR_INIT;

	settings_load(f->dir, &f->s, &d);
	if (diags_result(&d, &e) != 0)
		fail_msg("%s", e.cause);
	diags_clear(&d);
}

/* Loads tegata.yaml with one certificate, made of the lines given (each after four spaces). */
static const struct certificate_setting *load_one(struct fixture *f, const char *lines)
{
	char *text = str_fmt("certificates:\n  - names: [a.jp, b.jp, \"*.a.jp\"]\n%s", lines);

	put(f->dir, "tegata.yaml", text);
	free(text);
	settings_clear(&f->s);
	load(f);
	assert_int_equal(f->s.certificate_count, 1);
	return f->s.certificate;
}

static int setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);

	f->dir = scratch_make();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	settings_clear(&f->s);
	scratch_remove(f->dir);
	free(f);
	return 0;
}

static void nothing_written(void **state)
{
	struct fixture *f = *state;
	static const char *const empty[] = {"", "# only a comment\n", "cas:\ndefaults: ~\ncertificates: null\n", "{}\n",
	                                    "cas: []\ndefaults: {}\ncertificates: []\n"};

	load(f);
	assert_int_equal(f->s.files.count, 0);
	for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
		put(f->dir, "tegata.yaml", empty[i]);
		settings_clear(&f->s);
		load(f);
		assert_int_equal(f->s.files.count, 1);
		assert_int_equal(f->s.ca_count, 1);
		assert_string_equal(settings_ca(&f->s, NULL)->name, "jprs");
		assert_int_equal(f->s.certificate_count, 0);
		assert_int_equal(f->s.defaults.key_mode, 0600);
		assert_null(settings_certificate(&f->s, "a.jp"));
	}
}

static void least_of_a_certificate(void **state)
{
	struct fixture *f = *state;
	const struct certificate_setting *c = load_one(f, "    challenge: {webroot: /var/www}\n");

	assert_string_equal(c->name, "a.jp");
	assert_int_equal(c->names.count, 3);
	assert_string_equal(c->names.item[2], "*.a.jp");
	assert_int_equal(c->place.line, 2);
	assert_int_equal(c->place.column, 5);
	assert_int_equal(c->name_place[1].line, 2);
	assert_int_equal(c->name_place[1].column, 19);
	assert_ptr_equal(c->name_place[1].file, f->s.files.item[0]);
	assert_null(c->ca);
	assert_false(c->has_key);
	assert_int_equal(c->deploy_count, 0);
	assert_null(c->key_owner);
	assert_null(c->key_group);
	assert_int_equal(c->key_mode, 0600);
	assert_int_equal(c->challenge_count, 1);
	assert_string_equal(c->challenge->type, "http-01");
	assert_int_equal(c->challenge->method, CHALLENGE_WEBROOT);
	assert_string_equal(c->challenge->webroot, "/var/www");
	assert_int_equal(c->challenge->place.line, 3);
}

static void names_of_certificates(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"names: ['*.b.jp', a.jp]", "b.jp"}, {"names: a.jp", "a.jp"},
		{"{name: x_1.-Y, names: [a.jp]}", "x_1.-Y"}, {"{names: [日本語.jp], name: nihongo}", "nihongo"},
		{"{name: ~, names: [xn--wgv71a119e.jp]}", "xn--wgv71a119e.jp"}, {"{name: 123, names: [a.jp]}", "123"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = str_fmt("defaults: {challenge: {hook: x}}\ncertificates:\n  - %s\n", cases[i].text);

		put(f->dir, "tegata.yaml", text);
		settings_clear(&f->s);
		load(f);
		assert_int_equal(f->s.certificate_count, 1);
		assert_string_equal(f->s.certificate->name, cases[i].name);
		assert_ptr_equal(settings_certificate(&f->s, cases[i].name), f->s.certificate);
		free(text);
	}
}

static void key_types_and_modes(void **state)
{
	static const struct {
		const char *line;
		enum key_type key;
		mode_t mode;
	} cases[] = {
		{"key: rsa", KEY_RSA2048, 0600}, {"key: rsa3072", KEY_RSA3072, 0600}, {"key: rsa4096", KEY_RSA4096, 0600},
		{"key: ecdsa", KEY_EC_P256, 0600}, {"key: ecdsa-p384", KEY_EC_P384, 0600},
		{"key: rsa2048\n    key_mode: 0640", KEY_RSA2048, 0640}, {"key: rsa\n    key_mode: \"440\"", KEY_RSA2048, 0440},
		{"key: rsa\n    key_mode: \"0660\"", KEY_RSA2048, 0660}, {"key: rsa\n    key_mode: 0400", KEY_RSA2048, 0400},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *lines = str_fmt("    challenge: {hook: x}\n    %s\n", cases[i].line);
		const struct certificate_setting *c = load_one(f, lines);

		assert_true(c->has_key);
		assert_int_equal(c->key, cases[i].key);
		assert_int_equal(c->key_mode, cases[i].mode);
		free(lines);
	}
}

static void standalone_forms(void **state)
{
	struct fixture *f = *state;
	const struct challenge_setting *c = load_one(f, "    challenge: {standalone: true}\n")->challenge;

	assert_int_equal(c->method, CHALLENGE_STANDALONE);
	assert_string_equal(c->type, "http-01");
	assert_int_equal(c->port, 80);
	assert_int_equal(c->addresses.count, 0);

	c = load_one(f, "    challenge: {standalone: 8080}\n")->challenge;
	assert_int_equal(c->port, 8080);

	c = load_one(f, "    challenge: {standalone: {port: 5002, addresses: [192.0.2.1, '::1']}}\n")->challenge;
	assert_int_equal(c->method, CHALLENGE_STANDALONE);
	assert_int_equal(c->port, 5002);
	assert_int_equal(c->addresses.count, 2);
	assert_string_equal(c->addresses.item[1], "::1");

	c = load_one(f, "    challenge: {standalone: {addresses: 192.0.2.1}}\n")->challenge;
	assert_int_equal(c->port, 80);
	assert_int_equal(c->addresses.count, 1);
}

static void challenge_of_each_name(void **state)
{
	struct fixture *f = *state;
	const struct certificate_setting *c = load_one(f,
		"    challenge:\n"
		"      - {names: [\"*.a.jp\", B.JP], hook: nsupdate, timeout: 60}\n"
		"      - webroot: {a.jp: /srv/a, default: /srv/rest}\n"
		"      - {standalone: true}\n");
	const struct challenge_setting *rest = &c->challenge[1];

	assert_int_equal(c->challenge_count, 3);
	assert_ptr_equal(settings_challenge(c, "*.a.jp"), &c->challenge[0]);
	assert_ptr_equal(settings_challenge(c, "b.jp"), &c->challenge[0]);
	assert_ptr_equal(settings_challenge(c, "a.jp"), rest);
	assert_ptr_equal(settings_challenge(c, "x.a.jp"), rest);
	assert_string_equal(settings_webroot(rest, "a.jp"), "/srv/a");
	assert_string_equal(settings_webroot(rest, "A.jp"), "/srv/a");
	assert_string_equal(settings_webroot(rest, "b.jp"), "/srv/rest");
	assert_string_equal(c->challenge[0].type, "dns-01");
	assert_int_equal(c->challenge[0].hook.timeout_sec, 60);

	c = load_one(f, "    challenge: [{webroot: {a.jp: /a, b.jp: /b}, names: [a.jp, b.jp]}, {names: '*.a.jp', hook: x}]\n");
	assert_null(settings_challenge(c, "c.jp"));
	assert_null(settings_webroot(&c->challenge[0], "c.jp"));
}

static void hooks_of_challenges(void **state)
{
	struct fixture *f = *state;
	const struct challenge_setting *c = load_one(f,
		"    challenge: {auth_hook: /a.sh, cleanup_hook: [/c.sh, x], type: http-01, user: nobody, timeout: 9,\n"
		"                env: {A: b c, N: 1, E: '', Z: ~}}\n")->challenge;

	assert_int_equal(c->method, CHALLENGE_HOOK);
	assert_string_equal(c->type, "http-01");
	assert_true(c->hook.plain_args);
	assert_true(c->cleanup.plain_args);
	assert_string_equal(c->hook.words.item[0], "/a.sh");
	assert_int_equal(c->cleanup.words.count, 2);
	assert_string_equal(c->cleanup.user, "nobody");
	assert_int_equal(c->cleanup.timeout_sec, 9);
	assert_int_equal(c->hook.env.count, 3);
	assert_string_equal(c->hook.env.item[0], "A=b c");
	assert_string_equal(c->hook.env.item[1], "N=1");
	assert_string_equal(c->hook.env.item[2], "E=");

	c = load_one(f, "    challenge: {timeout: 9, user: u, env: {A: b}, hook: {shell: x y, timeout: 5, env: {C: d}}}\n")->challenge;
	assert_false(c->hook.plain_args);
	assert_string_equal(c->hook.shell, "x y");
	assert_int_equal(c->hook.timeout_sec, 5);
	assert_string_equal(c->hook.user, "u");
	assert_int_equal(c->hook.env.count, 1);
	assert_string_equal(c->hook.env.item[0], "C=d");
	assert_false(hook_is_set(&c->cleanup));
}

static void hooks_of_deploys(void **state)
{
	struct fixture *f = *state;
	const struct certificate_setting *c = load_one(f,
		"    challenge: {hook: x}\n"
		"    deploy:\n"
		"      - nginx\n"
		"      - [systemd-reload, postfix]\n"
		"      - {run: [/bin/x, '', 'a b'], user: www, timeout: 7, env: {A: '#'}}\n"
		"      - {shell: \"systemctl reload 'x'\"}\n"
		"      - {run: /opt/hook, plain_args: true}\n"
		"    deploy_hook: [/bin/last, word]\n");

	assert_int_equal(c->deploy_count, 6);
	assert_string_equal(c->deploy[0].words.item[0], "nginx");
	assert_false(c->deploy[0].plain_args);
	assert_string_equal(c->deploy[1].words.item[1], "postfix");
	assert_int_equal(c->deploy[2].words.count, 3);
	assert_string_equal(c->deploy[2].words.item[1], "");
	assert_string_equal(c->deploy[2].user, "www");
	assert_int_equal(c->deploy[2].timeout_sec, 7);
	assert_string_equal(c->deploy[2].env.item[0], "A=#");
	assert_string_equal(c->deploy[3].shell, "systemctl reload 'x'");
	assert_int_equal(c->deploy[3].words.count, 0);
	assert_true(c->deploy[4].plain_args);
	assert_true(c->deploy[5].plain_args);
	assert_string_equal(c->deploy[5].words.item[1], "word");

	c = load_one(f, "    challenge: {hook: x}\n    deploy: {run: nginx}\n");
	assert_int_equal(c->deploy_count, 1);
	c = load_one(f, "    challenge: {hook: x}\n    deploy: nginx\n");
	assert_int_equal(c->deploy_count, 1);
}

static void rules_of_cas(void **state)
{
	struct fixture *f = *state;
	char *words;

	put(f->dir, "tegata.yaml",
	    "cas:\n"
	    "  - {name: a}\n"
	    "  - {name: b, rule: sectigo, first_use: deny}\n"
	    "  - {name: c, rule: {preset: upki, length: 2y, fixed_set: false, time_zone: '+09:00'}, first_use: allow}\n"
	    "  - {name: d, rule: {end: stop}}\n"
	    "  - {name: e, profile: letsencrypt}\n"
	    "  - {name: f, rule: {}}\n"
	    "  - {name: g, rule: {preset: none}}\n");
	load(f);
	assert_string_equal(f->s.ca[0].rule, "jpdirect");
	assert_int_equal(f->s.ca[0].rule_words.count, 0);
	assert_int_equal(f->s.ca[0].first_use, FIRST_USE_ASK);
	assert_string_equal(f->s.ca[1].rule, "sectigo");
	assert_int_equal(f->s.ca[1].first_use, FIRST_USE_DENY);
	assert_string_equal(f->s.ca[2].rule, "upki");
	assert_int_equal(f->s.ca[2].first_use, FIRST_USE_ALLOW);
	words = strs_join(&f->s.ca[2].rule_words, " ");
	assert_string_equal(words, "length=2y fixed_set=no time_zone=+09:00");
	free(words);
	assert_string_equal(f->s.ca[3].rule, "jpdirect");
	assert_string_equal(f->s.ca[3].rule_words.item[0], "end=stop");
	assert_string_equal(f->s.ca[4].rule, "none");
	assert_string_equal(f->s.ca[5].rule, "jpdirect");
	assert_string_equal(f->s.ca[6].rule, "none");
}

static void what_happens_on_lapse(void **state)
{
	struct fixture *f = *state;

	put(f->dir, "tegata.yaml",
	    "certificates:\n"
	    "  - {names: [all.jp]}\n"
	    "  - {names: [own.jp], on_lapse: warn}\n"
	    "defaults: {challenge: {webroot: /w}, on_lapse: shrink}\n");
	load(f);
	assert_int_equal(settings_certificate(&f->s, "all.jp")->on_lapse, ON_LAPSE_SHRINK);
	assert_true(settings_certificate(&f->s, "all.jp")->has_on_lapse);
	assert_int_equal(settings_certificate(&f->s, "own.jp")->on_lapse, ON_LAPSE_WARN);
	settings_clear(&f->s);
	put(f->dir, "tegata.yaml", "certificates: [{names: [all.jp], challenge: {webroot: /w}}]\n");
	load(f);
	assert_int_equal(settings_certificate(&f->s, "all.jp")->on_lapse, ON_LAPSE_WARN);
	assert_false(settings_certificate(&f->s, "all.jp")->has_on_lapse);
}

static void defaults_and_own_values(void **state)
{
	struct fixture *f = *state;
	const struct certificate_setting *c;

	put(f->dir, "tegata.yaml",
	    "certificates:\n"
	    "  - names: [all.jp]\n"
	    "  - {names: [own.jp], ca: two, key: rsa4096, challenge: {standalone: true}, deploy: apache, key_owner: o,\n"
	    "     key_group: '7', key_mode: 0440}\n"
	    "  - {names: [none.jp], deploy: []}\n"
	    "  - {names: [certbot.jp], deploy_hook: /x}\n"
	    "defaults: {ca: one, key: ecdsa-p384, challenge: {webroot: /w}, deploy: [nginx], deploy_hook: /d, key_owner: root,\n"
	    "           key_group: ssl-cert, key_mode: 0640}\n"
	    "cas: [{name: one}, {name: two}]\n");
	load(f);
	assert_int_equal(f->s.defaults.deploy_count, 2);
	assert_int_equal(f->s.defaults.key_mode, 0640);

	c = settings_certificate(&f->s, "all.jp");
	assert_string_equal(c->ca, "one");
	assert_true(c->has_key);
	assert_int_equal(c->key, KEY_EC_P384);
	assert_string_equal(c->challenge->webroot, "/w");
	assert_int_equal(c->challenge->place.line, 7);
	assert_int_equal(c->deploy_count, 2);
	assert_string_equal(c->key_owner, "root");
	assert_string_equal(c->key_group, "ssl-cert");
	assert_int_equal(c->key_mode, 0640);

	c = settings_certificate(&f->s, "own.jp");
	assert_string_equal(c->ca, "two");
	assert_int_equal(c->key, KEY_RSA4096);
	assert_int_equal(c->challenge_count, 1);
	assert_int_equal(c->challenge->method, CHALLENGE_STANDALONE);
	assert_int_equal(c->deploy_count, 1);
	assert_string_equal(c->deploy->words.item[0], "apache");
	assert_string_equal(c->key_owner, "o");
	assert_string_equal(c->key_group, "7");
	assert_int_equal(c->key_mode, 0440);

	assert_int_equal(settings_certificate(&f->s, "none.jp")->deploy_count, 0);
	assert_int_equal(settings_certificate(&f->s, "certbot.jp")->deploy_count, 1);
	assert_true(settings_certificate(&f->s, "certbot.jp")->deploy->plain_args);
}

static void folder_of_certificates(void **state)
{
	static const char *const left_out[] = {"conf.d/.hidden.yaml", "conf.d/.#a.yaml", "conf.d/a.yaml~", "conf.d/a.yaml.bak",
	                                       "conf.d/#a.yaml#", "conf.d/a.yaml.rpmnew", "conf.d/README", "conf.d/a.yaml.swp"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		put(f->dir, left_out[i], "{{{\n");
	put(f->dir, "conf.d/b.yaml", "certificates: [{names: [b.jp], challenge: {hook: x}}]\n");
	put(f->dir, "conf.d/a.yaml", "certificates: [{names: [a.jp]}, {names: [a2.jp]}]\n");
	put(f->dir, "conf.d/empty.yaml", "");
	put(f->dir, "tegata.yaml", "defaults: {challenge: {webroot: /w}}\ncertificates: [{names: [z.jp]}]\n");
	load(f);
	assert_int_equal(f->s.files.count, 4);
	assert_true(str_ends(f->s.files.item[0], "/tegata.yaml"));
	assert_true(str_ends(f->s.files.item[1], "/conf.d/a.yaml"));
	assert_true(str_ends(f->s.files.item[2], "/conf.d/b.yaml"));
	assert_int_equal(f->s.certificate_count, 4);
	assert_string_equal(f->s.certificate[0].name, "z.jp");
	assert_string_equal(f->s.certificate[1].name, "a.jp");
	assert_string_equal(f->s.certificate[2].name, "a2.jp");
	assert_string_equal(f->s.certificate[3].name, "b.jp");
	assert_ptr_equal(f->s.certificate[3].place.file, f->s.files.item[2]);
	assert_string_equal(f->s.certificate[2].challenge->webroot, "/w");
}

static void good_part_of_a_bad_file_is_kept(void **state)
{
	struct fixture *f = *state;
	struct diags d = {0};

	put(f->dir, "tegata.yaml", "foo: 1\ncas: [{profile: letsencrypt, max_names: x}]\n"
	    "certificates: [{names: [a.jp], challenge: {webroot: /w}, key: x}]\n");
	put(f->dir, "conf.d/b.yaml", "certificates: [{names: [b.jp], challenge: {webroot: /w}}]\n");
	assert_int_equal(settings_load(f->dir, &f->s, &d), -1);
	assert_int_equal(d.total, 3);
	assert_string_equal(settings_ca(&f->s, NULL)->name, "letsencrypt");
	assert_int_equal(settings_ca(&f->s, NULL)->max_names, 100);
	assert_non_null(settings_certificate(&f->s, "a.jp"));
	assert_non_null(settings_certificate(&f->s, "b.jp"));
	diags_clear(&d);
}

static void copy_of_a_certificate(void **state)
{
	struct fixture *f = *state;
	const struct certificate_setting *c = load_one(f,
		"    challenge: [{names: [a.jp], webroot: {a.jp: /a}}, {hook: {run: [x, y], env: {A: b}}}]\n"
		"    deploy: [nginx, {shell: z}]\n    key: rsa4096\n    key_owner: o\n    key_mode: 0640\n");
	struct certificate_setting copy = {0};
	char *text = settings_write_certificate(c), *again;

	certificate_setting_copy(&copy, c);
	settings_clear(&f->s);
	again = settings_write_certificate(&copy);
	assert_string_equal(again, text);
	assert_int_equal(copy.name_place[1].column, 19);
	certificate_setting_clear(&copy);
	free(again);
	free(text);
}

static void refuses_open_files_as_root(void **state)
{
	static const char *const places[] = {"", "tegata.yaml", "conf.d", "conf.d/a.yaml"};
	struct fixture *f = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	put(f->dir, "tegata.yaml", "");
	put(f->dir, "conf.d/a.yaml", "");
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char *path = i == 0 ? str_dup(f->dir) : fs_join(f->dir, places[i]);
		struct diags d = {0};
		struct err e = ERR_INIT;
		struct stat st;

		settings_clear(&f->s);
		load(f);
		settings_clear(&f->s);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(chmod(path, 0777), 0);
		assert_int_equal(settings_load(f->dir, &f->s, &d), -1);
		assert_int_equal(diags_result(&d, &e), -1);
		assert_non_null(strstr(e.cause, path));
		assert_non_null(strstr(e.cause, "by every user"));
		assert_int_equal(chmod(path, st.st_mode & 07777), 0);
		err_clear(&e);
		diags_clear(&d);
		free(path);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_written),
		TEST(least_of_a_certificate),
		TEST(names_of_certificates),
		TEST(key_types_and_modes),
		TEST(standalone_forms),
		TEST(challenge_of_each_name),
		TEST(hooks_of_challenges),
		TEST(hooks_of_deploys),
		TEST(rules_of_cas),
		TEST(what_happens_on_lapse),
		TEST(defaults_and_own_values),
		TEST(folder_of_certificates),
		TEST(good_part_of_a_bad_file_is_kept),
		TEST(copy_of_a_certificate),
		TEST(refuses_open_files_as_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
