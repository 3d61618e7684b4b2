#include "config.h"

#include "config/settings.h"

#include "config/reader.h"

#include "scratch.h"

/* Right settings for the unattended years, and what they mean. */
struct fixture {
	char *dir;
	struct settings s;
};

static void load(struct fixture *f, const char *text)
{
	char *path = fs_join(f->dir, "tegata.yaml");
	struct diags d = {0};
	struct err e = ERR_INIT;

	scratch_write(path, text, 0644);
	settings_clear(&f->s);
	settings_load(f->dir, &f->s, &d);
	if (diags_result(&d, &e) != 0)
		fail_msg("%s\n%s", e.cause, text);
	diags_clear(&d);
	free(path);
}

/* One certificate with the lines given (each but the first after four spaces), and what `defaults` holds besides. */
static const struct certificate_setting *load_one(struct fixture *f, const char *lines, const char *defaults)
{
	char *text = str_fmt("defaults: {challenge: {webroot: /w}%s%s}\ncertificates:\n  - names: [a.jp, b.jp]\n    %s\n",
	                     defaults != NULL ? ", " : "", defaults != NULL ? defaults : "", lines);

	load(f, text);
	free(text);
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

static void nothing_said(void **state)
{
	const struct certificate_setting *c = load_one(*state, "name: x", NULL);

	assert_string_equal(c->group, "x");
	assert_int_equal(c->more_key_count, 0);
	assert_false(c->reuse_key || c->has_reuse_key || c->next_key || c->has_next_key);
	assert_null(c->csr);
	assert_null(c->preferred_chain);
	assert_null(c->acme_profile);
	assert_int_equal(c->renew.days, 0);
	assert_int_equal(c->renew.permille, 0);
	assert_int_equal(c->keep, 0);
	assert_false(c->has_served || c->has_output);
	assert_int_equal(c->served_count + c->output_count, 0);
	assert_int_equal(((struct fixture *)*state)->s.notify_count, 0);
	assert_int_equal(((struct fixture *)*state)->s.ca->max_failed_validations, 5);
}

static void renewals(void **state)
{
	static const struct {
		const char *written;
		int days, permille;
		const char *again;
	} cases[] = {
		{"30d", 30, 0, "30d"}, {"1d", 1, 0, "1d"}, {"397d", 397, 0, "397d"}, {"30 days", 30, 0, "30d"},
		{"1 day", 1, 0, "1d"}, {"7days", 7, 0, "7d"}, {"33%", 0, 330, "33%"}, {"1%", 0, 10, "1%"}, {"99%", 0, 990, "99%"},
		{"\"50%\"", 0, 500, "50%"}, {"1/3", 0, 333, "1/3"}, {"2/3", 0, 667, "2/3"}, {"1/2", 0, 500, "50%"},
		{"1/1000", 0, 1, "1/667"}, {"999/1000", 0, 999, "666/667"}, {"1/8", 0, 125, "1/8"}, {"3/7", 0, 429, "3/7"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *line = str_fmt("renew_before: %s", cases[i].written), *again;
		const struct certificate_setting *c = load_one(*state, line, "renew_before: 77d");

		assert_int_equal(c->renew.days, cases[i].days);
		assert_int_equal(c->renew.permille, cases[i].permille);
		again = renew_setting_text(&c->renew);
		assert_string_equal(again, cases[i].again);
		free(again);
		free(line);
	}
}

static void every_share_reads_back(void **state)
{
	for (int permille = 1; permille < 1000; permille++) {
		struct renew_setting s = {.permille = permille};
		char *text = renew_setting_text(&s), *line = str_fmt("renew_before: %s", text);

		assert_int_equal(load_one(*state, line, NULL)->renew.permille, permille);
		free(line);
		free(text);
	}
}

static void services(void **state)
{
	static const struct {
		const char *written;
		enum probe_protocol protocol;
		const char *host;
		int port;
		const char *name, *label;
	} cases[] = {
		{"443", PROBE_TLS, NULL, 443, NULL, "443"}, {"'8443'", PROBE_TLS, NULL, 8443, NULL, "8443"},
		{"1", PROBE_TLS, NULL, 1, NULL, "1"}, {"65535", PROBE_TLS, NULL, 65535, NULL, "65535"},
		{"smtp", PROBE_SMTP, NULL, 25, NULL, "smtp"}, {"imap", PROBE_IMAP, NULL, 143, NULL, "imap"},
		{"pop3", PROBE_POP3, NULL, 110, NULL, "pop3"}, {"ldap", PROBE_LDAP, NULL, 389, NULL, "ldap"},
		{"https", PROBE_TLS, NULL, 443, NULL, "https"}, {"smtps", PROBE_TLS, NULL, 465, NULL, "smtps"},
		{"imaps", PROBE_TLS, NULL, 993, NULL, "imaps"}, {"pop3s", PROBE_TLS, NULL, 995, NULL, "pop3s"},
		{"ldaps", PROBE_TLS, NULL, 636, NULL, "ldaps"}, {"smtp:587", PROBE_SMTP, NULL, 587, NULL, "smtp:587"},
		{"tls:1", PROBE_TLS, NULL, 1, NULL, "tls:1"}, {"a.jp:443", PROBE_TLS, "a.jp", 443, NULL, "a.jp:443"},
		{"mail:25", PROBE_TLS, "mail", 25, NULL, "mail:25"}, {"mx1:465", PROBE_TLS, "mx1", 465, NULL, "mx1:465"},
		{"localhost:443", PROBE_TLS, "localhost", 443, NULL, "localhost:443"},
		{"192.0.2.1:443", PROBE_TLS, "192.0.2.1", 443, NULL, "192.0.2.1:443"},
		{"'[::1]:443'", PROBE_TLS, "::1", 443, NULL, "[::1]:443"},
		{"'smtp:[2001:db8::1]:25'", PROBE_SMTP, "2001:db8::1", 25, NULL, "smtp:[2001:db8::1]:25"},
		{"smtp:mail.a.jp:587", PROBE_SMTP, "mail.a.jp", 587, NULL, "smtp:mail.a.jp:587"},
		{"tls:ldap:636", PROBE_TLS, "ldap", 636, NULL, "tls:ldap:636"},
		{"tls:stmp:25", PROBE_TLS, "stmp", 25, NULL, "tls:stmp:25"},
		{"imaps:mail.a.jp", PROBE_TLS, "mail.a.jp", 993, NULL, "imaps:mail.a.jp"},
		{"'smtp:[::1]'", PROBE_SMTP, "::1", 25, NULL, "smtp:[::1]"},
		{"{port: 443}", PROBE_TLS, NULL, 443, NULL, "443"}, {"{protocol: smtp}", PROBE_SMTP, NULL, 25, NULL, "smtp:25"},
		{"{port: 587, protocol: smtp}", PROBE_SMTP, NULL, 587, NULL, "smtp:587"},
		{"{protocol: smtp, port: 587}", PROBE_SMTP, NULL, 587, NULL, "smtp:587"},
		{"{protocol: ldaps, host: '::1'}", PROBE_TLS, "::1", 636, NULL, "[::1]:636"},
		{"{port: 443, host: lb1.a.jp, name: www.a.jp}", PROBE_TLS, "lb1.a.jp", 443, "www.a.jp", "lb1.a.jp:443/www.a.jp"},
		{"{protocol: imap, host: 192.0.2.1, name: m}", PROBE_IMAP, "192.0.2.1", 143, "m", "imap:192.0.2.1:143/m"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *line = str_fmt("served: [%s]", cases[i].written);
		const struct certificate_setting *c = load_one(*state, line, "served: [25, 26]");

		assert_true(c->has_served);
		assert_int_equal(c->served_count, 1);
		assert_int_equal(c->served->protocol, cases[i].protocol);
		assert_true(str_eq(c->served->host, cases[i].host));
		assert_int_equal(c->served->port, cases[i].port);
		assert_true(str_eq(c->served->name, cases[i].name));
		assert_string_equal(c->served->label, cases[i].label);
		assert_int_equal(c->served->place.line, 4);
		free(line);
	}
	assert_int_equal(load_one(*state, "served: 443", NULL)->served->port, 443);
	assert_int_equal(load_one(*state, "served: [{port: 1, name: a}, {port: 1, name: b}, 1]", NULL)->served_count, 3);
	assert_int_equal(load_one(*state, "served: []", "served: 25")->served_count, 0);
	assert_int_equal(load_one(*state, "keep: 2", "served: 25")->served->port, 25);
}

static void outputs(void **state)
{
	const struct certificate_setting *c = load_one(*state,
		"outputs:\n"
		"      - {combined: '/h/{name}.pem', owner: o, group: '7', mode: 0640}\n"
		"      - {pkcs12: /p.p12, password_file: /pw}\n"
		"      - {copy: chain.pem, to: '/{name}/{name}', mode: 0444}\n"
		"      - {copy: privkey.pem, to: '/{nam}/{name'}", "outputs: {combined: /x}");

	assert_int_equal(c->output_count, 4);
	assert_int_equal(c->output[0].kind, OUTPUT_COMBINED);
	assert_string_equal(c->output[0].written, "/h/{name}.pem");
	assert_string_equal(c->output[0].path, "/h/a.jp.pem");
	assert_string_equal(c->output[0].owner, "o");
	assert_string_equal(c->output[0].group, "7");
	assert_int_equal(c->output[0].mode, 0640);
	assert_true(output_setting_has_key(&c->output[0]));
	assert_int_equal(c->output[1].kind, OUTPUT_PKCS12);
	assert_string_equal(c->output[1].path, "/p.p12");
	assert_string_equal(c->output[1].password_file, "/pw");
	assert_int_equal(c->output[1].mode, 0);
	assert_true(output_setting_has_key(&c->output[1]));
	assert_int_equal(c->output[2].kind, OUTPUT_COPY);
	assert_string_equal(c->output[2].file, "chain.pem");
	assert_string_equal(c->output[2].path, "/a.jp/a.jp");
	assert_int_equal(c->output[2].mode, 0444);
	assert_false(output_setting_has_key(&c->output[2]));
	assert_string_equal(c->output[3].path, "/{nam}/{name");
	assert_true(output_setting_has_key(&c->output[3]));
	assert_int_equal(c->output[3].place.line, 8);

	assert_int_equal(load_one(*state, "outputs: []", "outputs: {combined: /x}")->output_count, 0);
	c = load_one(*state, "name: w", "outputs: {combined: '/{name}'}");
	assert_string_equal(c->output->path, "/w");
	assert_string_equal(((struct fixture *)*state)->s.defaults.output->written, "/{name}");
}

/* Who makes a certificate of the defaults gives it a name later. */
static void outputs_of_a_new_name(void **state)
{
	struct fixture *f = *state;
	struct certificate_setting c = {0};

	load(f, "defaults: {outputs: [{combined: '/{name}.pem'}, {copy: cert.pem, to: /c}]}\n");
	certificate_setting_copy(&c, &f->s.defaults);
	c.name = str_dup("new");
	certificate_setting_fill(&c);
	certificate_setting_fill(&c);
	assert_string_equal(c.output[0].path, "/new.pem");
	assert_string_equal(c.output[1].path, "/c");
	certificate_setting_clear(&c);
}

static void several_types_of_key(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"a.jp", "a.jp+rsa2048", "a.jp+rsa4096", "b", "b+rsa2048", "c.jp", "d.jp"};
	static const char *const groups[] = {"a.jp", "a.jp", "a.jp", "b", "b", "c.jp", "d.jp"};
	static const enum key_type keys[] = {KEY_EC_P384, KEY_RSA2048, KEY_RSA4096, KEY_EC_P256, KEY_RSA2048, KEY_RSA3072, 0};

	load(f, "defaults: {challenge: {webroot: /w}, key: [ecdsa, rsa], served: 443, outputs: {combined: '/{name}'}}\n"
	        "certificates:\n"
	        "  - {names: [a.jp], key: [ecdsa-p384, rsa, rsa4096], deploy: nginx, keep: 3}\n"
	        "  - {names: [b.jp], name: b}\n"
	        "  - {names: [c.jp], key: rsa3072}\n"
	        "  - {names: [d.jp], csr: /d.csr, outputs: {copy: chain.pem, to: /d}}\n");
	assert_int_equal(f->s.certificate_count, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct certificate_setting *c = &f->s.certificate[i];
		char *path = str_fmt("/%s", names[i]);

		assert_string_equal(c->name, names[i]);
		assert_string_equal(c->group, groups[i]);
		assert_int_equal(c->has_key, i != 6);
		if (i != 6)
			assert_int_equal(c->key, keys[i]);
		assert_int_equal(c->more_key_count, i == 0 ? 2 : i == 3 ? 1 : 0);
		assert_ptr_equal(settings_certificate(&f->s, names[i]), c);
		assert_true(settings_is_called(c, names[i]));
		assert_true(settings_is_called(c, groups[i]));
		assert_false(settings_is_called(c, i < 3 ? "b" : "a.jp"));
		assert_int_equal(c->served->port, 443);
		if (i != 6)
			assert_string_equal(c->output->path, path);
		free(path);
	}
	assert_int_equal(f->s.certificate[2].keep, 3);
	assert_string_equal(f->s.certificate[2].deploy->words.item[0], "nginx");
	assert_int_equal(f->s.certificate[2].place.line, 3);
	assert_int_equal(f->s.certificate[1].name_place[0].column, 14);
	assert_int_equal(f->s.certificate[6].key_mode, 0600);
	assert_false(settings_is_called(f->s.certificate, NULL));
	assert_false(settings_is_called(&f->s.defaults, NULL));
}

static void key_policy(void **state)
{
	static const char *const all = "reuse_key: true, key_owner: o, key_mode: 0640, preferred_chain: R X, acme_profile: p, keep: 9";
	const struct certificate_setting *c = load_one(*state, "name: x", all);

	assert_true(c->reuse_key && c->has_reuse_key && !c->next_key && !c->has_next_key);
	assert_string_equal(c->preferred_chain, "R X");
	assert_string_equal(c->acme_profile, "p");
	assert_int_equal(c->keep, 9);

	c = load_one(*state, "reuse_key: false\n    next_key: true\n    preferred_chain: S\n    acme_profile: q\n    keep: 1000", all);
	assert_true(!c->reuse_key && c->has_reuse_key && c->next_key && c->has_next_key);
	assert_string_equal(c->preferred_chain, "S");
	assert_string_equal(c->acme_profile, "q");
	assert_int_equal(c->keep, 1000);

	c = load_one(*state, "csr: /c.csr", all);
	assert_string_equal(c->csr, "/c.csr");
	assert_false(c->reuse_key || c->has_reuse_key);
	assert_null(c->key_owner);
	assert_int_equal(c->key_mode, 0600);
	assert_string_equal(c->acme_profile, "p");
}

static void who_is_told(void **state)
{
	struct fixture *f = *state;
	const struct notify_setting *n;

	load(f, "notify: /bin/tell\n");
	assert_int_equal(f->s.notify_count, 1);
	assert_int_equal(f->s.notify->level, EVENTS_WARNING);
	load(f, "notify: []\n");
	assert_int_equal(f->s.notify_count, 0);
	load(f, "notify: {shell: a b, level: info}\n");
	assert_string_equal(f->s.notify->hook.shell, "a b");
	assert_int_equal(f->s.notify->level, EVENTS_INFO);

	load(f, "notify:\n"
	        "  - mail\n"
	        "  - [mail, root]\n"
	        "  - {run: [x, y], user: u, timeout: 9, env: {A: b}, plain_args: true, level: error}\n"
	        "  - {run: x, events: renewed}\n"
	        "  - {events: [expired, entry-lapsing], run: x, level: error}\n"
	        "cas: [{max_failed_validations: 16, patience: 86400}]\n");
	n = f->s.notify;
	assert_int_equal(f->s.notify_count, 5);
	assert_string_equal(n[0].hook.words.item[0], "mail");
	assert_int_equal(n[0].events.count, 0);
	assert_false(n[0].hook.plain_args);
	assert_int_equal(n[0].place.line, 2);
	assert_string_equal(n[1].hook.words.item[1], "root");
	assert_int_equal(n[2].hook.words.count, 2);
	assert_string_equal(n[2].hook.user, "u");
	assert_int_equal(n[2].hook.timeout_sec, 9);
	assert_string_equal(n[2].hook.env.item[0], "A=b");
	assert_true(n[2].hook.plain_args);
	assert_int_equal(n[2].level, EVENTS_ERROR);
	assert_int_equal(n[3].level, EVENTS_INFO);
	assert_string_equal(n[3].events.item[0], "renewed");
	assert_int_equal(n[4].level, EVENTS_ERROR);
	assert_int_equal(n[4].events.count, 2);
	assert_int_equal(f->s.ca->max_failed_validations, 16);
	assert_int_equal(f->s.ca->patience, 86400);
}

static const char with_everything[] =
	"# Written by \"tegata certonly\". It may be edited; \"tegata config check\" finds mistakes.\n"
	"certificates:\n"
	"  - name: a.jp\n"
	"    names:\n"
	"      - a.jp\n"
	"      - b.jp\n"
	"    key:\n"
	"      - rsa2048\n"
	"      - ecdsa-p256\n"
	"    reuse_key: false\n"
	"    next_key: true\n"
	"    challenge:\n"
	"      - type: http-01\n"
	"        webroot: /w\n"
	"    outputs:\n"
	"      - combined: \"/{name}\"\n"
	"        owner: o\n"
	"        mode: \"0400\"\n"
	"      - copy: cert.pem\n"
	"        to: \"/{name}.2\"\n"
	"        group: g\n"
	"      - pkcs12: \"/{name}.3\"\n"
	"        password_file: \"/p w\"\n"
	"    deploy: []\n"
	"    served:\n"
	"      - 443\n"
	"      - \"smtp:[::1]:25\"\n"
	"      - imaps\n"
	"      - protocol: tls\n"
	"        host: \"::1\"\n"
	"        port: 1\n"
	"        name: \"n\"\n"
	"    preferred_chain: \"A: B\"\n"
	"    acme_profile: \"#x\"\n"
	"    renew_before: 1/3\n"
	"    keep: 7\n";

/* What a copy of each certificate, after the original is gone, and a second reading of what it writes would say. */
static void copies_and_texts(void **state)
{
	struct fixture *f = *state;
	struct certificate_setting copy = {0};
	char *text, *again;

	load_one(f, "key: [rsa, ecdsa]\n    reuse_key: false\n    next_key: true\n    renew_before: 1/3\n    keep: 7\n"
	            "    preferred_chain: 'A: B'\n    acme_profile: \"#x\"\n    deploy: []\n"
	            "    served: [443, 'smtp:[::1]:25', imaps, {port: 1, host: '::1', name: n}]\n"
	            "    outputs: [{combined: '/{name}', mode: 0400, owner: o}, {copy: cert.pem, to: '/{name}.2', group: g},\n"
	            "              {pkcs12: '/{name}.3', password_file: '/p w'}]", "deploy: nginx, served: 25");
	text = settings_write_certificate(f->s.certificate);
	certificate_setting_copy(&copy, f->s.certificate);
	load(f, text);
	again = settings_write_certificate(f->s.certificate);
	assert_string_equal(again, text);
	assert_int_equal(f->s.certificate_count, 2);
	free(again);
	settings_clear(&f->s);
	again = settings_write_certificate(&copy);
	assert_string_equal(again, text);
	assert_string_equal(copy.group, "a.jp");
	assert_string_equal(copy.output[0].path, "/a.jp");
	assert_string_equal(text, with_everything);
	free(again);
	free(text);
	certificate_setting_clear(&copy);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_said),
		TEST(renewals),
		TEST(every_share_reads_back),
		TEST(services),
		TEST(outputs),
		TEST(outputs_of_a_new_name),
		TEST(several_types_of_key),
		TEST(key_policy),
		TEST(who_is_told),
		TEST(copies_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
