/* The registered list: shown, changed, and what it might be. */
#include "config.h"

#include "cli_run.h"

#include "data/json.h"

#define SETTINGS "certificates:\n- {name: www, names: [www.example.jp, b.jp], challenge: {standalone: true}}\n"
#define LIST "# what My Page shows\n- fqdn: example.jp   # the main one\n  ends: 2100-02-28\n\n- '*.example.jp'\n- 日本語.jp\n- b.jp\n"

static void expect(struct cli_run *r, int status, const char *out, const char *err)
{
	assert_string_equal(r->err, err);
	assert_string_equal(r->out, out);
	assert_int_equal(r->status, status);
}

static void expect_file(const struct cli_run *r, const char *text)
{
	char *path = fs_join(r->dir, "etc/entitlements.yaml"), *found = scratch_read(path);

	assert_string_equal(found, text);
	free(path);
	free(found);
}

static struct cli_run begin(void)
{
	struct cli_run r = cli_run_begin();

	cli_run_file(&r, "etc/tegata.yaml", SETTINGS);
	cli_run_file(&r, "etc/entitlements.yaml", LIST);
	return r;
}

static void test_table(void **state)
{
	static const char *const text[] = {"entitlements", NULL}, *const json[] = {"entitlements", "--json", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, text);
	expect(&r, 0, "There is no list of registered FQDNs at @/etc/entitlements.yaml.\n"
	              "`tegata entitlements add FQDN` writes down what is registered; `tegata entitlements suggest` finds what to register.\n",
	       "");
	cli_run_end(&r);
	r = begin();
	cli_run_words(&r, text);
	assert_string_equal(r.err, "");
	assert_true(str_starts(r.out, "FQDN                           use period              left"));
	assert_non_null(strstr(r.out, "\nexample.jp                     until 2100-02-28 (Sun)  "));
	assert_non_null(strstr(r.out, " days  list\n"
	                              "    covers        example.jp, www.example.jp\n"
	                              "    certificates  www\n"
	                              "    names         www.example.jp\n"
	                              "*.example.jp                   not begun"));
	assert_non_null(strstr(r.out, "\n日本語.jp (xn--wgv71a119e.jp)  not begun"));
	assert_non_null(strstr(r.out, "unused\n    covers        日本語.jp (xn--wgv71a119e.jp), www.日本語.jp (www.xn--wgv71a119e.jp)\n"));
	cli_run_words(&r, json);
	assert_int_equal(r.status, 0);
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.entitlements.v1\",\"ok\":true,\"at\":\""));
	assert_non_null(strstr(r.out, "\"rule\":\"jpdirect\",\"entries\":[{\"fqdn\":\"example.jp\",\"unicode\":null,"
	                              "\"covers\":[\"example.jp\",\"www.example.jp\"],\"period\":\"stated\",\"perhaps\":false,"
	                              "\"first_day\":null,\"last_day\":\"2100-02-28\",\"end_at\":\"2100-03-01T00:00:00+09:00\","
	                              "\"renewed\":0,\"days_left\":"));
	assert_non_null(strstr(r.out, "{\"fqdn\":\"xn--wgv71a119e.jp\",\"unicode\":\"日本語.jp\","));
	cli_run_end(&r);
}

static void test_add(void **state)
{
	static const char *const plain[] = {"entitlements", "add", "Shop.Example.JP", NULL};
	static const char *const idn[] = {"entitlements", "add", "例え.jp", "--ends", "2028-02-29", NULL};
	static const char *const dry[] = {"entitlements", "add", "x.jp", "--dry-run", NULL};
	static const char *const again[] = {"entitlements", "add", "b.jp", NULL};
	static const char *const no_day[] = {"entitlements", "add", "x.jp", "--ends", "2027-02-29", NULL};
	static const char *const to_come[] = {"entitlements", "add", "x.jp", "--first-issued", "9062-02-19", NULL};
	static const char *const none[] = {"entitlements", "add", NULL}, *const bad[] = {"entitlements", "add", "a_b.jp", NULL};
	struct cli_run r = begin();

	(void)state;
	cli_run_words(&r, plain);
	expect(&r, 0, "shop.example.jp: added; use period: not begun\n", "");
	expect_file(&r, LIST "- shop.example.jp\n");
	cli_run_words(&r, idn);
	expect(&r, 0, "例え.jp (xn--r8jz45g.jp): added; use period: until 2028-02-29 (Tue)\n", "");
	expect_file(&r, LIST "- shop.example.jp\n- fqdn: \"例え.jp\"\n  ends: 2028-02-29\n");
	cli_run_words(&r, dry);
	expect(&r, 0, LIST "- shop.example.jp\n- fqdn: \"例え.jp\"\n  ends: 2028-02-29\n- x.jp\n", "");
	cli_run_words(&r, again);
	assert_int_equal(r.status, 2);
	cli_run_words(&r, no_day);
	expect(&r, 2, "", "tegata: --ends: there is no such day: 2027-02-29\n");
	cli_run_words(&r, to_come);
	expect(&r, 2, "", "tegata: --first-issued: 9062-02-19 is still to come\n");
	cli_run_words(&r, none);
	expect(&r, 2, "", "tegata: which FQDN? `tegata entitlements add FQDN`\n");
	cli_run_words(&r, bad);
	expect(&r, 2, "", "tegata: \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a "
	                  "certificate\n");
	expect_file(&r, LIST "- shop.example.jp\n- fqdn: \"例え.jp\"\n  ends: 2028-02-29\n");
	cli_run_end(&r);
}

/* Rules 18-20 and their table: from 2026-02-19 on, each paid renewal is a year, always to the end of the month. */
static void test_renew(void **state)
{
	static const char *const renew[] = {"entitlements", "renew", "a.jp", NULL}, *const ends[] = {"entitlements", "renew", "c.jp", NULL};
	static const char *const both[] = {"entitlements", "renew", "d.jp", NULL}, *const idle[] = {"entitlements", "renew", "e.jp", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/entitlements.yaml", "- {fqdn: a.jp, first_issued: 2026-02-19}\n- {fqdn: c.jp, ends: 2027-02-28}\n"
	                                          "- {fqdn: d.jp, first_issued: 2026-01-31, ends: 2027-01-31, renewed: 0}\n- e.jp\n");
	cli_run_words(&r, renew);
	expect(&r, 0, "a.jp: use period: 2026-02-19 – 2028-02-29 (Tue); before: 2026-02-19 – 2027-02-28 (Sun)\n", "");
	cli_run_words(&r, renew);
	expect(&r, 0, "a.jp: use period: 2026-02-19 – 2029-02-28 (Wed); before: 2026-02-19 – 2028-02-29 (Tue)\n", "");
	cli_run_words(&r, ends);
	expect(&r, 0, "c.jp: use period: until 2028-02-29 (Tue); before: until 2027-02-28 (Sun)\n", "");
	cli_run_words(&r, both);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "2028-01-31 (Mon)"));
	cli_run_words(&r, idle);
	assert_int_equal(r.status, 2);
	assert_true(str_starts(r.err, "tegata: e.jp: its use period has not begun, so there is no term to renew\n"));
	expect_file(&r, "- {fqdn: a.jp, first_issued: 2026-02-19, renewed: 2}\n- {fqdn: c.jp, ends: 2028-02-29}\n"
	                "- {fqdn: d.jp, first_issued: 2026-01-31, ends: 2028-01-31, renewed: 1}\n- e.jp\n");
	cli_run_end(&r);
}

static void test_set(void **state)
{
	static const char *const first[] = {"entitlements", "set", "b.jp", "--first-issued", "2024-02-10", NULL};
	static const char *const away[] = {"entitlements", "set", "example.jp", "--ends", "none", NULL};
	static const char *const none[] = {"entitlements", "set", "b.jp", NULL};
	static const char *const unknown[] = {"entitlements", "set", "c.jp", "--renewed", "1", NULL};
	static const char *const much[] = {"entitlements", "set", "b.jp", "--renewed", "101", NULL};
	static const char *const json[] = {"entitlements", "set", "b.jp", "--renewed", "1", "--json", NULL};
	struct cli_run r = begin();

	(void)state;
	cli_run_words(&r, first);
	expect(&r, 0, "b.jp: use period: 2024-02-10 – 2025-02-28 (Fri); before: not begun\n", "");
	cli_run_words(&r, json);
	expect(&r, 0, "{\"schema\":\"tegata.entitlements-change.v1\",\"ok\":true,\"command\":\"entitlements set\","
	              "\"file\":\"@/etc/entitlements.yaml\",\"dry_run\":false,\"entries\":[{\"fqdn\":\"b.jp\",\"unicode\":null,"
	              "\"before\":{\"period\":\"listed\",\"perhaps\":false,\"first_day\":\"2024-02-10\",\"last_day\":\"2025-02-28\","
	              "\"end_at\":\"2025-03-01T00:00:00+09:00\"},"
	              "\"after\":{\"period\":\"listed\",\"perhaps\":false,\"first_day\":\"2024-02-10\",\"last_day\":\"2026-02-28\","
	              "\"end_at\":\"2026-03-01T00:00:00+09:00\"}}],\"text\":null}\n", "");
	cli_run_words(&r, away);
	expect(&r, 0, "example.jp: use period: not begun; before: until 2100-02-28 (Sun)\n", "");
	cli_run_words(&r, none);
	expect(&r, 2, "", "tegata: what is to be set? --first-issued, --ends, --registered or --renewed\n");
	cli_run_words(&r, unknown);
	expect(&r, 2, "", "tegata: c.jp is not in the list; nearest is b.jp\n");
	cli_run_words(&r, much);
	expect(&r, 2, "", "tegata: --renewed: expected a number from 0 to 100, not \"101\"\n");
	cli_run_end(&r);
}

static void test_remove(void **state)
{
	static const char *const asked[] = {"entitlements", "remove", "example.jp", NULL};
	static const char *const sure[] = {"entitlements", "remove", "-n", "example.jp", NULL};
	struct cli_run r = begin();

	(void)state;
	cli_run_words(&r, asked);
	expect(&r, 2, "", "warning: www will be refused: www.example.jp\n"
	                  "tegata: nobody is here to be asked; -n takes it out without asking\n");
	expect_file(&r, LIST);
	cli_run_words(&r, sure);
	expect(&r, 0, "example.jp: taken out of the list\n", "warning: www will be refused: www.example.jp\n");
	expect_file(&r, "# what My Page shows\n\n- '*.example.jp'\n- 日本語.jp\n- b.jp\n");
	cli_run_end(&r);
}

static void test_learn(void **state)
{
	static const char *const hostile[] = {"entitlements", "learn", "x\033[31m\302\233", NULL};
	static const char *const text[] = {"entitlements", "learn", NULL};
	static const char *const file[] = {"entitlements", "learn", "@/none.pem", NULL};
	struct cli_run r = begin();

	(void)state;
	cli_run_words(&r, text);
	expect(&r, 0, "There was nothing to learn: no registered FQDN began earlier than is known.\n", "");
	cli_run_words(&r, file);
	assert_int_equal(r.status, 10);
	assert_non_null(strstr(r.err, "@/none.pem"));
	/* A file's name may be anybody's: it does nothing to the terminal. */
	cli_run_words(&r, hostile);
	expect(&r, 10, "", "tegata: opening @/x\\x1B[31m\\xC2\\x9B: No such file or directory\n");
	cli_run_end(&r);
}

static void test_suggest(void **state)
{
	static const char *const names[] = {"entitlements", "suggest", "www.example.jp,shop.example.jp", "日本語.jp", "new.jp", "www.new.jp",
	                                    NULL};
	static const char *const json[] = {"entitlements", "suggest", "a.x.jp", "--price", "plain=300,wildcard=900", "--json", NULL};
	static const char *const price[] = {"entitlements", "suggest", "a.x.jp", "--price", "plain=x", NULL};
	static const char *const server[] = {"entitlements", "suggest", "--scan", "iis", NULL};
	static const char *const configured[] = {"entitlements", "suggest", NULL};
	static const char *const ended[] = {"entitlements", "suggest", "www.example.jp", "www.www.example.jp", "*.a.jp", "new.jp", NULL};
	struct cli_run r = begin();

	(void)state;
	cli_run_words(&r, names);
	expect(&r, 0, "To register:\n"
	              "  new.jp                            for new.jp, www.new.jp\n"
	              "  shop.example.jp                   for shop.example.jp\n"
	              "Registered already:\n"
	              "  example.jp                        for www.example.jp\n"
	              "  日本語.jp (xn--wgv71a119e.jp)     for 日本語.jp (xn--wgv71a119e.jp)\n"
	              "Registered, but not needed for these names (need not be renewed for them):\n"
	              "  *.example.jp\n"
	              "  b.jp\n"
	              "Registered FQDNs to be paid for: 2 now, 4 a year from then on.\n"
	              "Register them in My Page first, then write them down:\n"
	              "  tegata entitlements add new.jp shop.example.jp\n", "");
	cli_run_words(&r, json);
	expect(&r, 0, "{\"schema\":\"tegata.entitlements-suggest.v1\",\"ok\":true,\"names\":[\"a.x.jp\"],\"left_out\":[],"
	              "\"add\":[{\"fqdn\":\"a.x.jp\",\"unicode\":null,\"names\":[\"a.x.jp\"]}],\"keep\":[],"
	              "\"superfluous\":[\"*.example.jp\",\"b.jp\",\"example.jp\",\"xn--wgv71a119e.jp\"],"
	              "\"prices\":{\"plain\":300,\"wildcard\":900},\"cost\":300,\"yearly\":300}\n", "");
	cli_run_words(&r, price);
	expect(&r, 2, "", "tegata: --price: expected plain=N,wildcard=N with whole numbers, not \"plain=x\"\n");
	cli_run_words(&r, server);
	expect(&r, 2, "", "tegata: --scan: expected nginx or apache, not \"iis\"\n");
	cli_run_words(&r, configured);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "Nothing has to be registered for these names.\n"));
	/* What has ended stands in the list still, and is of a new contract: the commands can be used as they are. */
	cli_run_file(&r, "etc/entitlements.yaml", "- {fqdn: www.example.jp, ends: 2026-01-31}\n- {fqdn: '*.a.jp', ends: 2026-01-31}\n- b.jp\n");
	cli_run_words(&r, ended);
	assert_non_null(strstr(r.out, "Register them in My Page first, then write them down:\n"
	                              "  tegata entitlements remove '*.a.jp' www.example.jp\n"
	                              "  tegata entitlements add '*.a.jp' new.jp www.example.jp\n"));
	cli_run_end(&r);
}

/* Rule 17: www.example.jp ends in 2100, b.jp was not begun: b.jp would be lost with it. */
static void test_advise(void **state)
{
	static const char *const text[] = {"entitlements", "advise", NULL}, *const json[] = {"entitlements", "advise", "www", "--json", NULL};
	static const char *const unknown[] = {"entitlements", "advise", "mail", NULL};
	struct cli_run r = begin();

	(void)state;
	cli_run_words(&r, text);
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	assert_true(str_starts(r.out, "www: better as 2 certificates\n"
	                              "  until 2100-02-28 (Sun)    www.example.jp; covered by "));
	assert_non_null(strstr(r.out, "\n  no end is known           b.jp; covered by b.jp\n"
	                              "  As it is, these would be lost with the first end, though what covers them lives on: b.jp\n"
	                              "Settings, in place of those of \"www\":\n# conf.d/www.yaml\n"));
	assert_non_null(strstr(r.out, "\n# conf.d/b.jp.yaml\n"));
	cli_run_words(&r, json);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "\"by\":\"end\",\"certificates\":[{\"name\":\"www\",\"split\":true,\"groups\":[{\"names\":[\"www.example.jp\"],"));
	cli_run_words(&r, unknown);
	expect(&r, 2, "", "tegata: no certificate named \"mail\" is configured\n");
	cli_run_file(&r, "etc/entitlements.yaml", "- example.jp\n- b.jp\n");
	cli_run_words(&r, text);
	expect(&r, 0, "Nothing to split: no certificate has names that end on different days.\n", "");
	/* What ended long ago is nothing that a new certificate would live on where another entry covers the name. */
	cli_run_file(&r, "etc/entitlements.yaml", "- {fqdn: example.jp, ends: 2026-01-31}\n- {fqdn: www.example.jp, ends: 2100-02-28}\n"
	                                          "- {fqdn: b.jp, ends: 2100-02-28}\n");
	cli_run_words(&r, text);
	expect(&r, 0, "Nothing to split: no certificate has names that end on different days.\n", "");
	cli_run_end(&r);
}

static char *split_of(struct cli_run *r)
{
	static const char *const json[] = {"entitlements", "advise", "--json", NULL};
	struct json *j = NULL;
	struct err e = ERR_INIT;
	char *text;

	cli_run_words(r, json);
	assert_int_equal(r->status, 0);
	assert_int_equal(json_parse(r->out, strlen(r->out), &j, &e), 0);
	assert_int_equal(json_count(json_get(j, "certificates")), 1);
	text = str_dup(json_str(json_at(json_get(j, "certificates"), 0), "settings"));
	json_free(j);
	return text;
}

/* What is proposed can be used as it is: the parts, with nothing of the others in them. */
static void test_split(void **state)
{
	static const char *const check[] = {"config", "check", NULL};
	static const struct { const char *more, *remark, *kept, *counted; } rows[] = {
		{"outputs: [{combined: /tmp/all.pem}, {combined: '/tmp/{name}.pem'}]",
		 "# it needs an output of its own in place of /tmp/all.pem\n", "/tmp/{name}.pem", "2 certificates"},
		{"key: [rsa2048, ecdsa-p256]", "certificates:\n", "ecdsa-p256", "4 certificates"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cli_run r = begin();
		char *settings = str_fmt("certificates:\n- name: www\n  names: [www.example.jp, b.jp]\n  challenge:\n"
		                         "  - {names: [b.jp], standalone: true}\n"
		                         "  - {webroot: {www.example.jp: /, b.jp: /, default: /}}\n  %s\n", rows[i].more);
		char *head = str_fmt("# conf.d/b.jp.yaml\n%s", rows[i].remark), *text, *first;
		const char *second;

		cli_run_file(&r, "etc/tegata.yaml", settings);
		text = split_of(&r);
		assert_true(str_starts(text, "# conf.d/www.yaml\ncertificates:\n"));
		second = strstr(text, head);
		assert_non_null(second);
		assert_null(strstr(second, "www"));
		assert_non_null(strstr(second, rows[i].kept));
		first = str_ndup(text, (size_t)(second - text));
		assert_null(strstr(first, "b.jp"));
		cli_run_file(&r, "etc/tegata.yaml", "");
		cli_run_file(&r, "etc/conf.d/www.yaml", first);
		cli_run_file(&r, "etc/conf.d/b.jp.yaml", second);
		cli_run_words(&r, check);
		assert_string_equal(r.err, "");
		assert_non_null(strstr(r.out, rows[i].counted));
		free(settings);
		free(head);
		free(text);
		free(first);
		cli_run_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_add), cmocka_unit_test(test_renew), cmocka_unit_test(test_set),
		cmocka_unit_test(test_remove), cmocka_unit_test(test_learn), cmocka_unit_test(test_suggest), cmocka_unit_test(test_advise),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
