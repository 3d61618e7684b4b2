/* status --check and --metrics. */
#include "config.h"

#include "cli_run.h"

#define SETTINGS "certificates:\n- {name: www, names: [www.example.jp], challenge: {standalone: true}}\n"
#define UNKNOWN 3

static const char *const check[] = {"status", "--check", NULL}, *const metrics[] = {"status", "--metrics", NULL};

static void test_nothing(void **state)
{
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, check);
	assert_string_equal(r.out, "TEGATA UNKNOWN - no certificate is configured | certificates=0\nUNKNOWN: no certificate is configured\n");
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, UNKNOWN);
	cli_run_end(&r);
}

static void test_missing(void **state)
{
	static const char *const json[] = {"status", "--check", "--json", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS);
	cli_run_file(&r, "etc/entitlements.yaml", "- example.jp\n");
	cli_run_words(&r, check);
	assert_true(str_starts(r.out, "TEGATA CRITICAL - www: "));
	assert_non_null(strstr(r.out, " | certificates=1\nCRITICAL: www: "));
	assert_int_equal(r.status, 2);
	cli_run_words(&r, json);
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.status-check.v1\",\"ok\":false,\"level\":\"CRITICAL\",\"at\":\""));
	assert_non_null(strstr(r.out, "\"findings\":[{\"level\":\"CRITICAL\",\"name\":\"www\",\"text\":\""));
	assert_int_equal(r.status, 2);
	cli_run_end(&r);
}

/* Whatever is wrong with the question itself: a monitor must see that it knows nothing. */
static void test_unknown(void **state)
{
	static const char *const both[] = {"status", "--check", "--metrics", NULL};
	static const char *const order[] = {"status", "--check", "--warning", "3", "--critical", "5", NULL};
	static const char *const days[] = {"status", "--check", "--warning", "soon", NULL};
	static const char *const named[] = {"status", "--check", "www", NULL};
	static const char *const json[] = {"status", "--check", "--json", "--warning", "x", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, both);
	assert_string_equal(r.out, "TEGATA UNKNOWN - --check and --metrics contradict each other\n");
	assert_int_equal(r.status, UNKNOWN);
	cli_run_words(&r, order);
	assert_string_equal(r.out, "TEGATA UNKNOWN - --critical 5 is more than --warning 3: there would be no warning before it\n");
	assert_int_equal(r.status, UNKNOWN);
	cli_run_words(&r, days);
	assert_string_equal(r.out, "TEGATA UNKNOWN - --warning: expected a number of days from 1 to 3650, not \"soon\"\n");
	assert_int_equal(r.status, UNKNOWN);
	cli_run_words(&r, named);
	assert_string_equal(r.out, "TEGATA UNKNOWN - --check and --metrics are of all certificates: no names go with them\n");
	assert_int_equal(r.status, UNKNOWN);
	cli_run_words(&r, json);
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.error.v1\",\"ok\":false,"));
	assert_int_equal(r.status, UNKNOWN);
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS "nonsense | 1: 1\n");
	cli_run_words(&r, check);
	assert_true(str_starts(r.out, "TEGATA UNKNOWN - reading the settings: @/etc/tegata.yaml:3:1: "));
	assert_null(strchr(r.out, '|'));
	assert_ptr_equal(strchr(r.out, '\n'), r.out + strlen(r.out) - 1);
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, UNKNOWN);
	cli_run_end(&r);
}

/* Every family has its two lines, and every sample belongs to the family above it. */
static void check_families(const char *text)
{
	char *family = NULL;

	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = str_ndup(text, length);

		if (str_starts(line, "# HELP ")) {
			str_replace(&family, str_ndup(line + 7, strcspn(line + 7, " ")));
		} else if (str_starts(line, "# TYPE ")) {
			char *wanted = str_fmt("# TYPE %s gauge", family);

			assert_string_equal(line, wanted);
			free(wanted);
		} else {
			assert_non_null(family);
			assert_true(str_starts(line, family));
			assert_true(line[strlen(family)] == ' ' || line[strlen(family)] == '{');
		}
		text += length + (text[length] == '\n');
		free(line);
	}
	free(family);
}

static void test_metrics(void **state)
{
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS);
	cli_run_file(&r, "etc/entitlements.yaml", "- {fqdn: example.jp, ends: 2100-02-28}\n- other.jp\n");
	cli_run_words(&r, metrics);
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	check_families(r.out);
	assert_non_null(strstr(r.out, "\ntegata_health 2\n"));
	assert_non_null(strstr(r.out, "\ntegata_list_alarm 0\n"));
	assert_non_null(strstr(r.out, "\ntegata_entries 2\n"));
	assert_non_null(strstr(r.out, "\ntegata_certificate_present{name=\"www\"} 0\n"));
	assert_non_null(strstr(r.out, "\ntegata_certificate_failures{name=\"www\"} 0\n"));
	assert_null(strstr(r.out, "\ntegata_certificate_not_after_seconds{"));
	/* The first instant after 2100-02-28 in Japan. */
	assert_non_null(strstr(r.out, "\ntegata_entry_end_seconds{fqdn=\"example.jp\"} 4107510000\n"));
	assert_null(strstr(r.out, "\ntegata_entry_end_seconds{fqdn=\"other.jp\"}"));
	assert_non_null(strstr(r.out, "\ntegata_entry_idle{fqdn=\"example.jp\"} 0\n"));
	assert_non_null(strstr(r.out, "\ntegata_entry_idle{fqdn=\"other.jp\"} 1\n"));
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_missing), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
