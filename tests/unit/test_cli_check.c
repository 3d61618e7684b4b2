/* `tegata check`: its JSON is a promise, member by member. */
#include "config.h"

#include "cli_run.h"

#define WORDS_MAX 12
#define AT "\"at\":\"2026-11-22T09:00:00+09:00\""
#define HEAD(ok) "{\"schema\":\"tegata.check.v1\",\"ok\":" ok "," AT ",\"limit\":100,"
#define IDN "\346\227\245\346\234\254\350\252\236.jp"

static const char list[] =
	"- example.jp\n- \"*.example.jp\"\n- fqdn: " IDN "\n  ends: 2026-10-31\n- fqdn: old.example.com\n  ends: 2026-11-22\n";

static const struct row {
	int status;
	const char *words[WORDS_MAX];
	const char *out;
} rows[] = {
	{0, {"-d", "example.jp"}, HEAD("true") "\"count\":1,\"names\":[{\"name\":\"example.jp\",\"covered\":true,"
	 "\"by\":[\"*.example.jp\",\"example.jp\"]}],\"errors\":[]}\n"},
	/* Order as given, normal form, no duplicates, by all three ways of giving names. */
	{0, {"-d", "WWW.example.jp.,example.jp", "--domains", "*.example.jp", "www.example.jp"},
	 HEAD("true") "\"count\":3,\"names\":["
	 "{\"name\":\"www.example.jp\",\"covered\":true,\"by\":[\"example.jp\"]},"
	 "{\"name\":\"example.jp\",\"covered\":true,\"by\":[\"*.example.jp\",\"example.jp\"]},"
	 "{\"name\":\"*.example.jp\",\"covered\":true,\"by\":[\"*.example.jp\"]}],\"errors\":[]}\n"},
	{4, {"-d", "a.b.example.jp"}, HEAD("false") "\"count\":1,\"names\":[{\"name\":\"a.b.example.jp\",\"covered\":false,"
	 "\"reason\":\"not-registered\",\"nearest\":\"example.jp\",\"register\":[\"a.b.example.jp\"]}],\"errors\":[]}\n"},
	{4, {"-d", "www.example.net"}, HEAD("false") "\"count\":1,\"names\":[{\"name\":\"www.example.net\",\"covered\":false,"
	 "\"reason\":\"not-registered\",\"nearest\":\"old.example.com\",\"register\":[\"example.net\",\"www.example.net\"]}],"
	 "\"errors\":[]}\n"},
	{4, {"-d", IDN}, HEAD("false") "\"count\":1,\"names\":[{\"name\":\"xn--wgv71a119e.jp\",\"unicode\":\"" IDN "\","
	 "\"covered\":false,\"reason\":\"entry-ended\",\"by\":[]}],\"errors\":[]}\n"},
	{4, {"-d", "example.jp", "-d", "a_b.jp"}, HEAD("false") "\"count\":1,\"names\":[{\"name\":\"example.jp\",\"covered\":true,"
	 "\"by\":[\"*.example.jp\",\"example.jp\"]},{\"input\":\"a_b.jp\",\"covered\":false,\"reason\":\"invalid-name\","
	 "\"message\":\"\\\"a_b.jp\\\" cannot be used: it holds an underscore, which is not allowed in the names of a "
	 "certificate\"}],\"errors\":[]}\n"},
	{0, {"-d", "old.example.com"}, HEAD("true") "\"count\":1,\"names\":[{\"name\":\"old.example.com\",\"covered\":true,"
	 "\"by\":[\"old.example.com\"]}],\"errors\":[]}\n"},
};

static void run(struct cli_run *r, const char *at, const char *const *words)
{
	const char *all[WORDS_MAX + 4] = {"check", "--json", "--at", at};

	for (size_t i = 0; words[i]; i++)
		all[i + 4] = words[i];
	cli_run_words(r, all);
}

static void test_given(void **state)
{
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/entitlements.yaml", list);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run(&r, "2026-11-22T00:00:00Z", rows[i].words);
		assert_string_equal(r.out, rows[i].out);
		assert_string_equal(r.err, "");
		assert_int_equal(r.status, rows[i].status);
	}
	cli_run_end(&r);
}

/* A bare date is 00:00 in Japan; the last day still counts, the next one does not. */
static void test_at(void **state)
{
	static const char *const words[] = {"-d", "old.example.com", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/entitlements.yaml", list);
	run(&r, "2026-11-22", words);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "\"at\":\"2026-11-22T00:00:00+09:00\""));
	run(&r, "2026-11-23", words);
	assert_int_equal(r.status, 4);
	run(&r, "2026-11-22T14:59:59Z", words);
	assert_int_equal(r.status, 0);
	cli_run_end(&r);
}

static void test_too_many(void **state)
{
	struct strs names = {0};
	static const char *words[] = {"-d", NULL, NULL};
	struct cli_run r = cli_run_begin();
	char *all;

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", "cas: [{profile: jprs, max_names: 3}]\n");
	cli_run_file(&r, "etc/entitlements.yaml", "- \"*.example.jp\"\n");
	for (int i = 0; i < 4; i++)
		strs_take(&names, str_fmt("n%d.example.jp", i));
	all = strs_join(&names, ",");
	words[1] = all;
	run(&r, "2026-11-22", words);
	assert_int_equal(r.status, 4);
	assert_non_null(strstr(r.out, "\"ok\":false,\"at\":\"2026-11-22T00:00:00+09:00\",\"limit\":3,\"count\":4,\"names\":["));
	assert_non_null(strstr(r.out, "],\"errors\":[{\"code\":\"too-many-names\",\"message\":\"4 names, but the CA \\\"jprs\\\" takes "
	                              "at most 3 in one certificate\"}]}\n"));
	free(all);
	strs_clear(&names);
	cli_run_end(&r);
}

static void test_no_gate(void **state)
{
	static const char *const words[] = {"-d", "any.example.net", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", "cas: [{profile: custom, server: \"https://ca.example/dir\"}]\n");
	run(&r, "2026-11-22T00:00:00Z", words);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "{\"schema\":\"tegata.check.v1\",\"ok\":true," AT ",\"limit\":null,\"count\":1,\"names\":["
	                           "{\"name\":\"any.example.net\",\"covered\":true,\"by\":[]}],\"errors\":[]}\n");
	cli_run_end(&r);
}

static void test_configured(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const text[] = {"check", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/entitlements.yaml", list);
	cli_run_file(&r, "etc/tegata.yaml", "defaults: {challenge: {standalone: true}}\ncertificates:\n- {name: www, names: [www.example.jp]}\n"
	                                    "- {name: bad, names: [example.net]}\n");
	run(&r, "2026-11-22T00:00:00Z", none);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.out, "{\"schema\":\"tegata.check.v1\",\"ok\":false," AT ",\"certificates\":["
	                           "{\"certificate\":\"www\",\"ok\":true,\"ca\":\"jprs\",\"limit\":100,\"count\":1,\"names\":["
	                           "{\"name\":\"www.example.jp\",\"covered\":true,\"by\":[\"example.jp\"]}],"
	                           "\"errors\":[]},"
	                           "{\"certificate\":\"bad\",\"ok\":false,\"ca\":\"jprs\",\"limit\":100,\"count\":1,\"names\":["
	                           "{\"name\":\"example.net\",\"covered\":false,\"reason\":\"not-registered\","
	                           "\"nearest\":\"example.jp\",\"register\":[\"example.net\"]}],\"errors\":[]}]}\n");
	cli_run_words(&r, text);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.out, "www:\nwww.example.jp  covered by example.jp\n"
	                           "bad:\nexample.net  REFUSED  not registered: nearest is example.jp; register example.net\n");
	cli_run_end(&r);
}

/* One line for each name, and wide characters do not disturb the columns. */
static void test_text(void **state)
{
	static const char *const words[] = {"check", "--at", "2026-11-22", "www.example.jp", IDN, "a.b.example.jp", "x_y.jp", NULL};
	static const char *const quiet[] = {"check", "-q", "www.example.net", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/entitlements.yaml", list);
	cli_run_words(&r, words);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.out,
	                    "www.example.jp                 covered by example.jp\n"
	                    IDN " (xn--wgv71a119e.jp)  REFUSED  the use period of " IDN " (xn--wgv71a119e.jp) ended on 2026-10-31 (Sat)\n"
	                    "a.b.example.jp                 REFUSED  not registered: nearest is example.jp; register a.b.example.jp\n"
	                    "x_y.jp                         REFUSED  \"x_y.jp\" cannot be used: it holds an underscore, which is not "
	                    "allowed in the names of a certificate\n");
	cli_run_words(&r, quiet);
	assert_int_equal(r.status, 4);
	assert_string_equal(r.out, "");
	cli_run_end(&r);
}

/* Without a list, or with a broken one, there is no answer at all; and check leaves nothing behind. */
static void test_list(void **state)
{
	static const char *const words[] = {"check", "example.jp", NULL};
	static const char *const other[] = {"check", "example.jp", "--entitlements", "@/list", NULL};
	struct cli_run r = cli_run_begin();
	char *state_dir = fs_join(r.dir, "state");

	(void)state;
	cli_run_words(&r, words);
	assert_int_equal(r.status, 3);
	assert_true(str_starts(r.err, "tegata: there is no list of registered FQDNs: @/etc/entitlements.yaml\n  what to do: "));
	assert_string_equal(r.out, "");
	cli_run_file(&r, "list", "- example.jp\n- nonsense: 1\n- 5 5\n");
	cli_run_words(&r, other);
	assert_int_equal(r.status, 3);
	assert_true(str_starts(r.err, "tegata: reading the settings:\n  @/list:2:3: "));
	assert_non_null(strstr(r.err, "\n  @/list:3:3: "));
	cli_run_file(&r, "list", "- example.jp\n");
	cli_run_words(&r, other);
	assert_int_equal(r.status, 0);
	assert_false(fs_exists(state_dir));
	free(state_dir);
	cli_run_end(&r);
}

/* Where a certificate must hold exactly the names of one set, it says which are missing. */
static void test_set(void **state)
{
	static const char *const words[] = {"check", "a.jp", "b.jp", NULL}, *const json[] = {"check", "--json", "a.jp", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", "cas: [{name: u, profile: jprs, rule: {preset: jpdirect, fixed_set: true}}]\n");
	cli_run_file(&r, "etc/entitlements.yaml", "- {fqdn: a.jp, set: one}\n- {fqdn: b.jp, set: two}\n- {fqdn: c.jp, set: one}\n");
	cli_run_words(&r, words);
	assert_int_equal(r.status, 4);
	assert_non_null(strstr(r.out, "REFUSED  registered for another set of names than the others\n"));
	cli_run_words(&r, json);
	assert_int_equal(r.status, 4);
	assert_non_null(strstr(r.out, "\"errors\":[{\"code\":\"not-the-set\",\"message\":\"a certificate of this contract holds exactly the "
	                              "names of one set; missing: c.jp\"}]"));
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_given), cmocka_unit_test(test_at), cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_no_gate), cmocka_unit_test(test_configured), cmocka_unit_test(test_text),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
