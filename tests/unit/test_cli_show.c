/* Commands that only look, and what run says when there is nothing to do. */
#include "config.h"

#include "cli_run.h"

#define SETTINGS "certificates:\n- {name: www, names: [www.example.jp, \346\227\245\346\234\254\350\252\236.jp], challenge: {standalone: true}}\n"

static void expect(struct cli_run *r, int status, const char *out, const char *err)
{
	assert_string_equal(r->err, err);
	assert_string_equal(r->out, out);
	assert_int_equal(r->status, status);
}

static void test_version(void **state)
{
	static const char *const text[] = {"version", NULL}, *const flag[] = {"--version", NULL};
	static const char *const beside[] = {"run", "--version", NULL}, *const json[] = {"--json", "version", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, text);
	expect(&r, 0, "tegata " PACKAGE_VERSION "\n", "");
	cli_run_words(&r, flag);
	expect(&r, 0, "tegata " PACKAGE_VERSION "\n", "");
	cli_run_words(&r, beside);
	expect(&r, 0, "tegata " PACKAGE_VERSION "\n", "");
	cli_run_words(&r, json);
	expect(&r, 0, "{\"schema\":\"tegata.version.v1\",\"ok\":true,\"version\":\"" PACKAGE_VERSION "\"}\n", "");
	cli_run_end(&r);
}

static void test_config_check(void **state)
{
	static const char *const text[] = {"config", "check", NULL}, *const json[] = {"config", "check", "--json", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, text);
	expect(&r, 0, "The settings are in order: 0 certificates, 0 registered FQDNs.\n"
	              "There are no settings in @/etc; built-in values hold.\n"
	              "There is no list of registered FQDNs at @/etc/entitlements.yaml.\n", "");
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS);
	cli_run_file(&r, "etc/entitlements.yaml", "- example.jp\n");
	cli_run_words(&r, text);
	expect(&r, 0, "The settings are in order: 1 certificate, 1 registered FQDN.\n", "");
	cli_run_words(&r, json);
	expect(&r, 0, "{\"schema\":\"tegata.config-check.v1\",\"ok\":true,\"mistakes\":[],\"files\":[\"@/etc/tegata.yaml\"],"
	              "\"entitlements\":\"@/etc/entitlements.yaml\",\"cas\":1,\"certificates\":1,\"entries\":1}\n", "");
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS "nonsense: 1\n");
	cli_run_file(&r, "etc/entitlements.yaml", "- 1_2.jp\n");
	cli_run_words(&r, text);
	assert_int_equal(r.status, 3);
	assert_true(str_starts(r.err, "tegata: reading the settings:\n  @/etc/tegata.yaml:3:1: "));
	assert_non_null(strstr(r.err, "\n  @/etc/entitlements.yaml:1:3: "));
	cli_run_words(&r, json);
	assert_int_equal(r.status, 3);
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.config-check.v1\",\"ok\":false,\"mistakes\":[\"@/etc/tegata.yaml:3:1: "));
	assert_string_equal(r.err, "");
	cli_run_end(&r);
}

static void test_status(void **state)
{
	static const char *const text[] = {"status", NULL}, *const json[] = {"status", "--json", "www", NULL};
	struct cli_run r = cli_run_begin();
	char *state_dir = fs_join(r.dir, "state");

	(void)state;
	cli_run_words(&r, text);
	expect(&r, 0, "There are no certificates.\nThere is no account; `tegata register` makes one.\n", "");
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS);
	cli_run_file(&r, "etc/entitlements.yaml", "- fqdn: example.jp\n  ends: 2100-02-28\n");
	cli_run_words(&r, text);
	expect(&r, 0, "www\n"
	              "  state       not obtained yet\n"
	              "  names       www.example.jp, \346\227\245\346\234\254\350\252\236.jp (xn--wgv71a119e.jp)\n"
	              "  CA          jprs\n"
	              "  contract    example.jp ends on 2100-02-28 (Sun)\n"
	              "  refused     \346\227\245\346\234\254\350\252\236.jp (xn--wgv71a119e.jp) (`tegata check` says why)\n"
	              "\n"
	              "There is no account; `tegata register` makes one.\n", "");
	cli_run_words(&r, json);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "\"certificates\":[{\"name\":\"www\",\"state\":\"missing\",\"configured\":true,\"present\":false,"
	                              "\"names\":[\"www.example.jp\",\"xn--wgv71a119e.jp\"],"));
	assert_non_null(strstr(r.out, "\"not_after\":null,\"renew_at\":null,\"entry_ends\":\"example.jp\","
	                              "\"entry_ends_at\":\"2100-03-01T00:00:00+09:00\","));
	assert_false(fs_exists(state_dir));
	free(state_dir);
	cli_run_end(&r);
}

/* A timer's run with nothing to do says nothing. */
static void test_run(void **state)
{
	static const char *const text[] = {"run", NULL}, *const verbose[] = {"run", "-v", NULL};
	static const char *const json[] = {"run", "--json", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, text);
	expect(&r, 0, "", "");
	cli_run_words(&r, verbose);
	expect(&r, 0, "", "no certificate is configured in @/etc\n");
	cli_run_words(&r, json);
	expect(&r, 0, "{\"schema\":\"tegata.run.v1\",\"ok\":true,\"command\":\"run\",\"certificates\":[],\"requests\":0,"
	              "\"connections\":0}\n", "");
	cli_run_end(&r);
}

/* The gate is passed before an account is looked for, and each failure is told with what to do. */
static void test_refused(void **state)
{
	static const char *const text[] = {"run", NULL}, *const json[] = {"run", "--json", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", "certificates:\n- {name: www, names: [www.example.net], challenge: {standalone: true}}\n");
	cli_run_file(&r, "etc/entitlements.yaml", "- example.jp\n");
	cli_run_words(&r, text);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.out, "");
	assert_true(str_starts(r.err, "tegata: www: www.example.net is not registered: "));
	assert_non_null(strstr(r.err, "\n  what to do: Nothing was sent to the CA. "));
	/* What does not mend itself is tried once a day. */
	assert_non_null(strstr(r.err, "\n  next try: 20"));
	/* Told once: then it is left to wait, with the same exit status. */
	cli_run_words(&r, text);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.err, "");
	cli_run_words(&r, json);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.err, "");
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.run.v1\",\"ok\":false,\"command\":\"run\",\"certificates\":[{\"name\":\"www\","
	                              "\"outcome\":\"waiting\",\"reason\":\"missing\",\"generation\":null,\"not_after\":null,"
	                              "\"renew_at\":null,\"next_try\":\"20"));
	assert_non_null(strstr(r.out, "\"wait_why\":\"daily\",\"group\":\"www\",\"key_type\":\"rsa2048\",\"resumed\":false,"
	                              "\"live_dir\":null,\"begun\":[],\"let_go\":[],\"prepared\":null,"
	                              "\"moved_from\":null,\"moved_back\":false,\"deployed\":[],\"deploy_owed\":0,"
	                              "\"error\":{\"kind\":\"refused\",\"doing\":null,\"cause\":\"www: www.example.net is not registered"));
	assert_true(str_ends(r.out, ",\"deploy_error\":null}],\"requests\":0,\"connections\":0}\n"));
	cli_run_end(&r);
}

/* What cannot be printed is an error, not a success. */
static void test_full(void **state)
{
	struct cli_run r = cli_run_begin();
	char *program = cli_run_program(), *command = str_fmt("exec '%s' version >/dev/full", program);
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};

	(void)state;
	cli_run_argv(&r, argv);
	expect(&r, 10, "", "tegata: cannot write to standard output: No space left on device\n");
	free(program);
	free(command);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version), cmocka_unit_test(test_config_check), cmocka_unit_test(test_status),
		cmocka_unit_test(test_run), cmocka_unit_test(test_refused), cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
