#include "config.h"

#include "run/site.h"

#include "run_maker.h"

static void assert_strs(const struct strs *l, const char *expected)
{
	char *all = strs_join(l, " ");

	assert_string_equal(all ? all : "", expected);
	free(all);
}

static void test_names_take_their_normal_form(void **state)
{
	struct run *r = *state;
	const struct certificate_setting *c;
	const struct challenge_setting *ch;

	run_open(r,
	         "certificates:\n"
	         "  - name: shop\n"
	         "    names: [WWW.Example.JP, 日本語.jp, '*.Example.JP']\n"
	         "    challenge:\n"
	         "      - {names: ['*.EXAMPLE.jp'], type: dns-01, hook: nsupdate}\n"
	         "      - {names: [日本語.jp], webroot: /srv/nihongo}\n"
	         "      - webroot: {WWW.EXAMPLE.JP: /srv/www, default: /srv/rest}\n",
	         "- example.jp\n");
	c = settings_certificate(&r->s.settings, "shop");
	assert_non_null(c);
	assert_strs(&c->names, "www.example.jp xn--wgv71a119e.jp *.example.jp");
	ch = settings_challenge(c, "*.example.jp");
	assert_non_null(ch);
	assert_string_equal(ch->type, "dns-01");
	ch = settings_challenge(c, "xn--wgv71a119e.jp");
	assert_string_equal(settings_webroot(ch, "xn--wgv71a119e.jp"), "/srv/nihongo");
	ch = settings_challenge(c, "www.example.jp");
	assert_string_equal(settings_webroot(ch, "www.example.jp"), "/srv/www");
	assert_string_equal(settings_webroot(ch, "other.example.jp"), "/srv/rest");
	assert_strs(&ch->webroot_names, "www.example.jp");
}

static void test_defaults_take_their_normal_form(void **state)
{
	struct run *r = *state;

	run_open(r, "defaults: {challenge: {names: [WWW.Example.JP], webroot: /w}}\n", NULL);
	assert_int_equal(r->s.settings.defaults.challenge_count, 1);
	assert_strs(&r->s.settings.defaults.challenge[0].names, "www.example.jp");
}

#define ONE "certificates: [{names: [a.example.jp], challenge: {webroot: /w}}]\n"

static const struct mistake {
	const char *settings, *extra, *list, *said; /* tegata.yaml, conf.d/a.yaml, entitlements.yaml */
} mistakes[] = {
	{"certificates:\n"
	 "  - names: [a.jp, a_b.jp]\n"
	 "    challenge: {webroot: /w}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:2:19: \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a "
	 "certificate"},
	{"certificates:\n"
	 "  - name: shop\n"
	 "    names:\n"
	 "      - a.jp\n"
	 "      - '*.a.jp'\n"
	 "    challenge: {webroot: /w}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:5:9: *.a.jp is a wildcard, which can only be validated by dns-01"},
	{"certificates:\n"
	 "  - {names: [a.jp], ca: jprx, challenge: {webroot: /w}}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:2:25: ca: there is no CA \"jprx\"; did you mean \"jprs\"?"},
	{"cas: [{server: http://ca.example/}]\n", NULL, NULL,
	 "etc/tegata.yaml:1:16: server: expected an https:// URL in plain ASCII, without user name and \"#\", not "
	 "\"http://ca.example/\""},
	{"cas: [{profile: custom}]\n", NULL, NULL,
	 "etc/tegata.yaml:1:7: server: needed with the profile custom"},
	{"certificates:\n"
	 "  - names: [a.jp, b.jp]\n"
	 "    challenge: {names: [a.jp], webroot: /w}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:2:19: names: no challenge is for \"b.jp\""},
	{"certificates:\n"
	 "  - names: [a.jp, b.jp]\n"
	 "    challenge: {webroot: {a.jp: /w}}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:2:19: names: webroot has neither a folder for \"b.jp\" nor a \"default\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n",
	 NULL, NULL,
	 "etc/tegata.yaml:2:5: challenge: needed, here or in \"defaults\": how control of the names is shown"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: {a.jp: /w, 192.0.2.1: /v}}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:3:37: webroot: \"192.0.2.1\" is not among the names of this certificate"},
	{"certificates:\n"
	 "  - names: [a.jp, a_b.jp]\n"
	 "    challenge: [{names: [a_b.jp], webroot: /v}, {webroot: /w}]\n",
	 NULL, NULL,
	 "etc/tegata.yaml:2:19: \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a "
	 "certificate"},
	{"defaults: {challenge: [{names: [a_b.jp], webroot: /w}, {webroot: /w}]}\n"
	 "certificates:\n"
	 "  - {name: one, names: [a.jp]}\n"
	 "  - {name: two, names: [b.jp]}\n",
	 NULL, NULL,
	 "etc/tegata.yaml:1:24: \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a "
	 "certificate"},
	{ONE, "certificates: [{names: [a.example.jp], challenge: {webroot: /w}}]\n", NULL,
	 "etc/conf.d/a.yaml:1:16: the certificate \"a.example.jp\" is already at etc/tegata.yaml:1:16; give one of them another "
	 "\"name\""},
	{ONE, NULL, "- example.jp\n- exa mple.jp\n- example.jp\n",
	 "etc/entitlements.yaml:2:3: \"exa mple.jp\" cannot be used: it holds a blank\n"
	 "etc/entitlements.yaml:3:3: \"example.jp\" in line 3 is a duplicate: it is registered in line 1 already"},
	{"certificate: []\n"
	 "certificates: [{names: [a..jp], challenge: {webroot: /w}}]\n",
	 "certificates: [{names: ['*.b.jp'], challenge: {webroot: /w}}]\n",
	 "- {fqdn: c.jp, renewd: 1}\n",
	 "etc/tegata.yaml:1:1: unknown key \"certificate\"; did you mean \"certificates\"?\n"
	 "etc/tegata.yaml:2:25: \"a..jp\" cannot be used: a label is empty: there is a dot in front, or two dots in a row\n"
	 "etc/conf.d/a.yaml:1:25: *.b.jp is a wildcard, which can only be validated by dns-01\n"
	 "etc/entitlements.yaml:1:16: unknown key \"renewd\"; did you mean \"renewed\"?"},
};

static void test_every_mistake_is_told(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		const struct mistake *m = &mistakes[i];
		struct err e = ERR_INIT;

		run_write(r, "tegata.yaml", m->settings);
		run_write(r, "conf.d/a.yaml", m->extra);
		run_write(r, "entitlements.yaml", m->list);
		assert_int_equal(run_load(r, &e), -1);
		run_error(r, &e, ERR_CONFIG, m->said);
	}
}

static void test_overrides_are_put_over_every_ca(void **state)
{
	struct run *r = *state;

	r->options.server = "https://other.example/dir";
	r->options.ca_file = "/tmp/root.pem";
	run_open(r, "cas: [{profile: jprs}, {profile: letsencrypt, ca_file: /etc/le.pem}]\n", NULL);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(r->s.settings.ca[i].server, "https://other.example/dir");
		assert_string_equal(r->s.settings.ca[i].ca_file, "/tmp/root.pem");
	}
	r->options.server = r->options.ca_file = NULL;
	run_open(r, "cas: [{profile: jprs}, {profile: letsencrypt, ca_file: /etc/le.pem}]\n", NULL);
	assert_string_equal(r->s.settings.ca[1].server, "https://acme-v02.api.letsencrypt.org/directory");
	assert_null(r->s.settings.ca[0].ca_file);
	assert_string_equal(r->s.settings.ca[1].ca_file, "/etc/le.pem");
}

static void test_a_bad_override_is_told_once(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;

	r->options.server = "http://other.example/dir";
	run_write(r, "tegata.yaml", "cas: [{profile: jprs}, {profile: letsencrypt}]\n");
	assert_int_equal(run_load(r, &e), -1);
	run_error(r, &e, ERR_CONFIG, "--server: \"http://other.example/dir\" is not a URL that tegata uses: https:// and a host are needed");
}

static void test_the_list(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;
	char *elsewhere = fs_join(r->dir, "list.yaml");

	run_open(r, ONE, NULL);
	assert_true(r->s.entries_missing);
	assert_int_equal(r->s.entries.count, 0);
	run_open(r, ONE, "");
	assert_false(r->s.entries_missing);
	run_open(r, ONE, "- 日本語.jp\n- {fqdn: Example.JP, ends: 2027-03-31}\n");
	assert_int_equal(r->s.entries.count, 2);
	assert_non_null(entry_list_find(&r->s.entries, "example.jp"));

	r->options.entitlements = elsewhere;
	assert_int_equal(run_load(r, &e), -1);
	run_error(r, &e, ERR_CONFIG, "list.yaml: there is no such file");
	scratch_write(elsewhere, "- b.jp\n", 0644);
	assert_int_equal(run_load(r, &e), 0);
	assert_int_equal(r->s.entries.count, 1);
	free(elsewhere);
}

static void test_which_ca(void **state)
{
	struct run *r = *state;
	struct certificate_setting none = {0};

	run_open(r,
	         "cas: [{profile: jprs}, {profile: letsencrypt}]\n"
	         "certificates: [{name: one, ca: letsencrypt, names: [a.jp], challenge: {webroot: /w}}]\n",
	         NULL);
	assert_string_equal(site_ca(&r->s, NULL)->name, "jprs");
	assert_string_equal(site_ca(&r->s, &none)->name, "jprs");
	assert_string_equal(site_ca(&r->s, settings_certificate(&r->s.settings, "one"))->name, "letsencrypt");
}

static void test_nothing_written_is_the_standard(void **state)
{
	struct run *r = *state;

	run_open(r, NULL, NULL);
	assert_int_equal(r->s.settings.certificate_count, 0);
	assert_string_equal(site_ca(&r->s, NULL)->name, "jprs");
	assert_true(str_ends(r->s.entitlements_file, "/etc/entitlements.yaml"));
	assert_true(str_ends(r->s.hooks_dir, "/etc/hooks"));
}

static void test_the_lock(void **state)
{
	struct run *r = *state;
	struct site other;
	struct err e = ERR_INIT;
	char *lock, *start;

	run_open(r, ONE, NULL);
	assert_int_equal(site_open_store(&r->s, &e), 0);
	assert_int_not_equal(access(r->options.state_dir, F_OK), 0);
	assert_int_equal(site_lock(&r->s, &e), 0);
	assert_int_equal(site_lock(&r->s, &e), 0);

	site_init(&other, &r->options);
	assert_int_equal(site_lock(&other, &e), -1);
	assert_string_equal(err_kind_name(e.kind), "locked");
	lock = err_text(&e);
	start = str_fmt("%d", (int)getpid());
	assert_non_null(strstr(lock, start));
	free(start);
	free(lock);
	err_clear(&e);
	site_clear(&other);
}

/* A child has the lock for as long as we let it, then adds to the list, and ends. */
static pid_t hold(struct run *r, const char *list, int *tell)
{
	int up[2], down[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct site other;
		struct err e = ERR_INIT;

		close(down[1]);
		site_init(&other, &r->options);
		if (site_lock(&other, &e) != 0 || write(up[1], "x", 1) != 1 || read(down[0], &byte, 1) != 0)
			_exit(1);
		scratch_write(list, "- a.example\n- b.example\n", 0644);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	assert_int_equal(read(up[0], &byte, 1), 1);
	close(up[0]);
	*tell = down[1];
	return pid;
}

/* Who has waited works with what is there by then. */
static void test_waiting(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;
	char *list;
	size_t before;
	pid_t pid;
	int tell;

	r->options.doing = "run";
	run_open(r, ONE, NULL);
	list = str_dup(r->s.entitlements_file);
	before = r->s.entries.count;
	pid = hold(r, list, &tell);
	assert_int_equal(site_wait(&r->s, 0, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	assert_non_null(strstr(e.cause, "\"tegata run\""));
	err_clear(&e);
	assert_int_equal(site_wait(&r->s, 1, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	err_clear(&e);
	close(tell);
	assert_int_equal(site_wait(&r->s, 60, &e), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_not_equal(r->s.entries.count, before);
	assert_int_equal(r->s.entries.count, 2);
	assert_int_equal(site_wait(&r->s, 60, &e), 0);
	free(list);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_names_take_their_normal_form),
		WITH(test_defaults_take_their_normal_form),
		WITH(test_every_mistake_is_told),
		WITH(test_overrides_are_put_over_every_ca),
		WITH(test_a_bad_override_is_told_once),
		WITH(test_the_list),
		WITH(test_which_ca),
		WITH(test_nothing_written_is_the_standard),
		WITH(test_the_lock), WITH(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
