/* What a forecast says to people, and the command. */
#include "config.h"

#include "cli_run.h"

#include <time.h>

#include "base/clock.h"

#include "../../src/cli/outlines.h"

#define END 1803826800 /* 2027-03-01 00:00 in Japan */
#define DAY 86400
#define EVENTS_MAX 16

struct made {
	struct forecast_event event[EVENTS_MAX];
	struct forecast f;
};

static struct forecast_event *add(struct made *m, int64_t at, enum forecast_kind kind, const char *certificate, const char *entry)
{
	struct forecast_event *v = &m->event[m->f.count++];

	*v = (struct forecast_event){.at = at, .kind = kind, .certificate = str_dup(certificate), .entry = str_dup(entry)};
	m->f.event = m->event;
	return v;
}

static void clear(struct made *m)
{
	for (size_t i = 0; i < m->f.count; i++) {
		free(m->event[i].certificate);
		free(m->event[i].entry);
		strs_clear(&m->event[i].certificates);
		strs_clear(&m->event[i].names);
		strs_clear(&m->event[i].innocent);
	}
}

static void expect_lines(struct strs *lines, const char *wanted)
{
	char *text = strs_join(lines, "\n");

	assert_string_equal(text, wanted);
	free(text);
	strs_clear(lines);
}

/* Rule 18: the end takes certificates along, and with them names whose own entries live on: one line says it all. */
static void test_lapse(void **state)
{
	struct made m = {0};
	struct strs lines = {0};
	struct forecast_event *v;

	(void)state;
	v = add(&m, END - DAY, FORECAST_PAY_BY, NULL, "example.jp");
	strs_add(&v->certificates, "A");
	strs_add(&v->certificates, "B");
	add(&m, END - DAY, FORECAST_PAY_BY, NULL, "xn--wgv71a119e.jp");
	v = add(&m, END, FORECAST_LAPSE, NULL, "example.jp");
	strs_add(&v->certificates, "A");
	strs_add(&v->names, "example.jp");
	add(&m, END, FORECAST_LAPSE, NULL, "other.jp");
	v = add(&m, END, FORECAST_REVOCATION, "A", "example.jp");
	strs_add(&v->innocent, "b.example.jp");
	v = add(&m, END, FORECAST_REVOCATION, "B", "example.jp");
	strs_add(&v->innocent, "b.example.jp");
	add(&m, END, FORECAST_REVOCATION, "C", "other.jp");
	v = add(&m, END, FORECAST_REVOCATION, "D", "other.jp");
	strs_add(&v->names, "d.other.jp");
	strs_add(&v->innocent, "d.other.jp");
	outlines_forecast(&m.f, &lines);
	expect_lines(&lines,
	             "2027-02-28 (Sun)  example.jp: last day to renew its contract in My Page; it carries A, B\n"
	             "2027-02-28 (Sun)  \346\227\245\346\234\254\350\252\236.jp (xn--wgv71a119e.jp): last day to renew its contract in My Page; "
	             "nothing lives on it\n"
	             "2027-02-28 (Sun)  example.jp ends: certificates A, B are revoked; b.example.jp falls with it\n"
	             "2027-02-28 (Sun)  other.jp ends: certificate C is revoked; certificate D is perhaps revoked, though another FQDN covers its "
	             "names");
	clear(&m);
}

/* Where the end revokes nothing, it says what cannot be ordered any more. */
static void test_kinds(void **state)
{
	struct made m = {0};
	struct strs lines = {0};
	struct forecast_event *v;

	(void)state;
	add(&m, END, FORECAST_LIFETIME, NULL, NULL)->days = 100;
	v = add(&m, END, FORECAST_LAPSE, NULL, "example.jp");
	strs_add(&v->names, "www.example.jp");
	v = add(&m, END, FORECAST_SHRINK, "A", "example.jp");
	strs_add(&v->names, "www.example.jp");
	add(&m, END, FORECAST_EXPIRY, "A", NULL);
	add(&m, END, FORECAST_BLOCKED, "A", "example.jp");
	add(&m, END, FORECAST_BLOCKED, "A", NULL);
	add(&m, END, FORECAST_BEGIN, "A", "example.jp")->end_at = END;
	add(&m, END, FORECAST_ISSUE, "A", NULL)->end_at = END;
	add(&m, END, FORECAST_RENEWAL, "A", NULL)->end_at = END;
	add(&m, END, FORECAST_LAST_RENEWAL, "A", "example.jp")->end_at = END;
	outlines_forecast(&m.f, &lines);
	expect_lines(&lines,
	             "2027-03-01 (Mon)  from now on a new certificate lives 100 days at most\n"
	             "2027-02-28 (Sun)  example.jp ends: www.example.jp cannot be ordered any more\n"
	             "2027-03-01 (Mon)  A: goes on without www.example.jp\n"
	             "2027-03-01 (Mon)  A: expires, and nothing takes its place\n"
	             "2027-03-01 (Mon)  A: due, and will be refused, as example.jp has ended\n"
	             "2027-03-01 (Mon)  A: due, but the CA issues nothing\n"
	             "2027-03-01 (Mon)  example.jp: its use period begins and lasts until 2027-02-28 (Sun)\n"
	             "2027-03-01 (Mon)  A: first certificate, valid until 2027-03-01 (Mon)\n"
	             "2027-03-01 (Mon)  A: renewed, valid until 2027-03-01 (Mon)\n"
	             "2027-03-01 (Mon)  A: renewed, valid until 2027-03-01 (Mon); the last time that gains anything, as example.jp ends before");
	clear(&m);
}

/* With a what-if only the difference, by time; what stays the same is not there at all. */
static void test_difference(void **state)
{
	struct made now = {0}, then = {0};
	struct strs lines = {0};
	struct forecast_diff diff = {0};
	const struct forecast_event *gone[2], *added[2];

	(void)state;
	gone[0] = add(&now, END, FORECAST_LAPSE, NULL, "example.jp");
	gone[1] = add(&now, END, FORECAST_REVOCATION, "A", "example.jp");
	added[0] = add(&then, END - DAY, FORECAST_RENEWAL, "A", NULL);
	then.event[0].end_at = END + DAY;
	added[1] = add(&then, END + 366 * DAY, FORECAST_LAPSE, NULL, "example.jp");
	diff = (struct forecast_diff){.added = added, .gone = gone, .added_count = 2, .gone_count = 2};
	outlines_difference(&diff, &lines);
	expect_lines(&lines, "+ 2027-02-28 (Sun)  A: renewed, valid until 2027-03-02 (Tue)\n"
	                     "- 2027-02-28 (Sun)  example.jp ends: certificate A is revoked\n"
	                     "+ 2028-02-29 (Tue)  example.jp ends");
	clear(&now);
	clear(&then);
}

/* What differs in something that is not told is no difference to a reader; of three, one is left. */
static void test_equal_lines(void **state)
{
	struct made now = {0}, then = {0};
	struct strs lines = {0};
	struct forecast_diff diff = {0};
	const struct forecast_event *gone[3], *added[2];

	(void)state;
	gone[0] = add(&now, END, FORECAST_SHRINK, "A", "example.jp");
	gone[1] = add(&now, END + 60, FORECAST_SHRINK, "A", "example.jp");
	gone[2] = add(&now, END + DAY, FORECAST_EXPIRY, "A", NULL);
	added[0] = add(&then, END + DAY - 60, FORECAST_SHRINK, "A", "example.jp");
	then.event[0].end_at = END + DAY;
	added[1] = add(&then, END + 2 * DAY, FORECAST_EXPIRY, "A", NULL);
	diff = (struct forecast_diff){.added = added, .gone = gone, .added_count = 2, .gone_count = 3};
	outlines_difference(&diff, &lines);
	expect_lines(&lines, "- 2027-03-01 (Mon)  A: goes on without \n"
	                     "- 2027-03-02 (Tue)  A: expires, and nothing takes its place\n"
	                     "+ 2027-03-03 (Wed)  A: expires, and nothing takes its place");
	clear(&now);
	clear(&then);
}

#define SETTINGS "certificates:\n- {name: www, names: [www.example.jp, b.jp], challenge: {standalone: true}}\n"

/* The list says when; what is not there yet is obtained at once, and falls with its first entry. */
static void test_command(void **state)
{
	static const char *const text[] = {"forecast", NULL}, *const json[] = {"forecast", "--json", NULL};
	static const char *const renewed[] = {"forecast", "--renew", "example.jp", NULL};
	static const char *const same[] = {"forecast", "--ca-down", "2000-01-01..2000-01-02", NULL};
	static const char *const unknown[] = {"forecast", "--without", "example.net", NULL};
	struct date ends = date_from_days(date_days(date_of_jst((int64_t)time(NULL))) + 40);
	struct cli_run r = cli_run_begin();
	char *day = date_format(ends), *list = str_fmt("- {fqdn: example.jp, ends: %s}\n- b.jp\n", day);
	char *line;

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", SETTINGS);
	cli_run_file(&r, "etc/entitlements.yaml", list);
	cli_run_words(&r, text);
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	line = str_fmt("\n%s (", day);
	assert_non_null(strstr(r.out, line));
	assert_non_null(strstr(r.out, "  www: first certificate, valid until "));
	assert_non_null(strstr(r.out, ")  example.jp: last day to renew its contract in My Page; it carries www\n"));
	assert_non_null(strstr(r.out, ")  example.jp ends: certificate www is revoked; b.jp falls with it\n"));
	free(line);
	cli_run_words(&r, json);
	assert_int_equal(r.status, 0);
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.forecast.v1\",\"ok\":true,\"at\":\""));
	assert_non_null(strstr(r.out, "\"kind\":\"revocation\",\"certificate\":\"www\",\"entry\":\"example.jp\","));
	assert_non_null(strstr(r.out, "\"innocent\":[\"b.jp\"],"));
	cli_run_words(&r, renewed);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "- "));
	assert_non_null(strstr(r.out, ")  example.jp ends: certificate www is revoked; b.jp falls with it\n"));
	assert_null(strstr(r.out, "first certificate"));
	cli_run_words(&r, same);
	assert_int_equal(r.status, 0);
	assert_true(str_starts(r.out, "It changes nothing until "));
	cli_run_words(&r, unknown);
	assert_int_equal(r.status, 2);
	assert_non_null(strstr(r.err, "example.net"));
	free(day);
	free(list);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lapse), cmocka_unit_test(test_kinds), cmocka_unit_test(test_difference),
		cmocka_unit_test(test_equal_lines), cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
