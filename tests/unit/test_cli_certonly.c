/* From certbot's flags to the settings of a certificate, as they are kept in conf.d. */
#include "config.h"

#include "scratch.h"

#include "../../src/cli/certonly.h"
#include "../../src/cli/setup.h"

#define WORDS_MAX 20
#define HEAD "# Written by \"tegata certonly\". It may be edited; \"tegata config check\" finds mistakes.\ncertificates:\n  - "

/* Everything below "certificates:", or the message of the error. */
static const struct row {
	const char *words[WORDS_MAX];
	const char *text;
} rows[] = {
	{{"-d", "example.jp", "-w", "/srv/www"},
	 HEAD "name: example.jp\n    names:\n      - example.jp\n    challenge:\n      - type: http-01\n        webroot: /srv/www\n"},
	{{"-d", "WWW.Example.JP.,example.jp", "-d", "www.example.jp", "--webroot", "--webroot-path", "/srv/www"},
	 HEAD "name: www.example.jp\n    names:\n      - www.example.jp\n      - example.jp\n    challenge:\n"
	 "      - type: http-01\n        webroot: /srv/www\n"},
	/* A -w is for what follows it; the first also for what stands before it. */
	{{"-d", "a.jp", "-w", "/one", "-d", "b.jp", "-d", "c.jp", "-w", "/two", "-d", "d.jp"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n      - b.jp\n      - c.jp\n      - d.jp\n    challenge:\n"
	 "      - type: http-01\n        webroot:\n          d.jp: /two\n          default: /one\n"},
	{{"-d", "\346\227\245\346\234\254\350\252\236.jp", "--standalone"},
	 HEAD "name: xn--wgv71a119e.jp\n    names:\n      - xn--wgv71a119e.jp\n    challenge:\n      - type: http-01\n"
	 "        standalone: true\n"},
	{{"-d", "a.jp", "--standalone", "--http-01-port", "8080", "--http-01-address", "192.0.2.1", "--preferred-challenges", "http"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    challenge:\n      - type: http-01\n        standalone:\n"
	 "          port: 8080\n          addresses:\n            - \"192.0.2.1\"\n"},
	{{"-d", "*.a.jp", "-d", "a.jp", "--hook", "@hook"},
	 HEAD "name: a.jp\n    names:\n      - \"*.a.jp\"\n      - a.jp\n    challenge:\n      - type: dns-01\n        hook: @hook\n"},
	{{"-d", "a.jp", "--hook", "@hook", "--preferred-challenges", "http-01"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    challenge:\n      - type: http-01\n        hook: @hook\n"},
	{{"-d", "a.jp", "--manual", "--manual-auth-hook", "auth \"$X\"", "--manual-cleanup-hook", "tidy"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    challenge:\n      - type: http-01\n        auth_hook:\n"
	 "          shell: \"auth \\\"$X\\\"\"\n        cleanup_hook:\n          shell: tidy\n"},
	{{"-d", "*.a.jp", "--auth-hook", "auth"},
	 HEAD "name: a.jp\n    names:\n      - \"*.a.jp\"\n    challenge:\n      - type: dns-01\n        auth_hook:\n"
	 "          shell: auth\n"},
	{{"-d", "a.jp", "--auth-hook", "auth", "--preferred-challenges", "dns,http"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    challenge:\n      - type: dns-01\n        auth_hook:\n          shell: auth\n"},
	{{"-d", "a.jp", "--standalone", "--key-type", "ecdsa", "--cert-name", "web", "--key-group", "0", "--key-mode", "640"},
	 HEAD "name: web\n    names:\n      - a.jp\n    key: ecdsa-p256\n    challenge:\n      - type: http-01\n"
	 "        standalone: true\n    key_group: \"0\"\n    key_mode: \"0640\"\n"},
	{{"-d", "a.jp", "--standalone", "--rsa-key-size", "4096"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    key: rsa4096\n    challenge:\n      - type: http-01\n"
	 "        standalone: true\n"},
	{{"-d", "a.jp", "--standalone", "--key-type", "ecdsa", "--elliptic-curve", "secp384r1"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    key: ecdsa-p384\n    challenge:\n      - type: http-01\n"
	 "        standalone: true\n"},
	{{"-d", "a.jp", "--standalone", "--deploy", "@hook", "--deploy-hook", "systemctl reload nginx"},
	 HEAD "name: a.jp\n    names:\n      - a.jp\n    challenge:\n      - type: http-01\n        standalone: true\n"
	 "    deploy:\n      - @hook\n    deploy_hook:\n      shell: \"systemctl reload nginx\"\n"},
	/* What is configured stays, but for what the flags say. */
	{{"--cert-name", "kept", "--deploy-hook", "true"},
	 HEAD "name: kept\n    names:\n      - kept.jp\n      - www.kept.jp\n    key: rsa3072\n    challenge:\n"
	 "      - type: http-01\n        webroot: /srv/kept\n    deploy_hook:\n      shell: \"true\"\n"},
	{{"-d", "www.kept.jp", "-d", "kept.jp", "--webroot"},
	 HEAD "name: kept\n    names:\n      - www.kept.jp\n      - kept.jp\n    key: rsa3072\n    challenge:\n"
	 "      - type: http-01\n        webroot: /srv/kept\n    deploy:\n      - nginx\n"},
	{{"--cert-name", "kept", "-d", "kept.jp", "--standalone"},
	 HEAD "name: kept\n    names:\n      - kept.jp\n    key: rsa3072\n    challenge:\n      - type: http-01\n"
	 "        standalone: true\n    deploy:\n      - nginx\n"},
	/* A name that is none is left to the gate. */
	{{"-d", "a_b.jp", "--standalone", "--cert-name", "x"},
	 HEAD "name: x\n    names:\n      - a_b.jp\n    challenge:\n      - type: http-01\n        standalone: true\n"},
};

static const char settings_text[] =
	"certificates:\n- {name: kept, names: [kept.jp, www.kept.jp], key: rsa3072, challenge: {webroot: /srv/kept}, deploy: nginx}\n";

static char *build(const char *dir, const char *const *words)
{
	char *etc = fs_join(dir, "etc"), *hook = fs_join(dir, "hook"), *text = NULL;
	struct site_options o = {.config_dir = etc, .state_dir = dir};
	char *argv[WORDS_MAX + 2] = {str_dup("tegata")};
	struct certificate_setting cert = {0};
	struct cli c = {0};
	struct site s;
	struct err e = ERR_INIT;
	int argc = 1;

	for (; *words; words++)
		argv[argc++] = str_dup(str_eq(*words, "@hook") ? hook : *words);
	assert_int_equal(args_parse(argc, argv, &c.args, &e), 0);
	site_init(&s, &o);
	assert_int_equal(site_load(&s, &e), 0);
	text = certonly_build(&c, &s, &cert, &e) == 0 ? settings_write_certificate(&cert) : err_text(&e);
	certificate_setting_clear(&cert);
	site_clear(&s);
	setup_clear(&c);
	err_clear(&e);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	free(etc);
	free(hook);
	return text;
}

static void test_settings(void **state)
{
	char *dir = scratch_make(), *etc = fs_join(dir, "etc"), *file = fs_join(etc, "tegata.yaml"), *hook = fs_join(dir, "hook");

	(void)state;
	assert_int_equal(mkdir(etc, 0755), 0);
	scratch_write(file, settings_text, 0644);
	scratch_write(hook, "#!/bin/sh\n", 0755);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *got = build(dir, rows[i].words);
		const char *at = strstr(rows[i].text, "@hook");
		char *wanted = at ? str_fmt("%.*s%s%s", (int)(at - rows[i].text), rows[i].text, hook, at + strlen("@hook"))
		                  : str_dup(rows[i].text);

		if (!str_eq(got, wanted))
			print_error("row %zu (%s %s)\n", i, rows[i].words[0], rows[i].words[1]);
		assert_string_equal(got, wanted);
		free(got);
		free(wanted);
	}
	free(etc);
	free(file);
	free(hook);
	scratch_remove(dir);
}

/* A relative folder is of where the command was given, not of where hooks and the timer run. */
static void test_relative(void **state)
{
	static const char *const words[] = {"-d", "a.jp", "-w", "www", NULL};
	char *dir = scratch_make(), *here = getcwd(NULL, 0), *etc = fs_join(dir, "etc"), *got, *wanted;

	(void)state;
	assert_int_equal(mkdir(etc, 0755), 0);
	assert_int_equal(chdir(dir), 0);
	got = build(dir, words);
	wanted = str_fmt("        webroot: %s/www\n", dir);
	assert_non_null(strstr(got, wanted));
	assert_int_equal(chdir(here), 0);
	free(here);
	free(etc);
	free(got);
	free(wanted);
	scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_relative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
