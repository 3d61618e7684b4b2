#include "config.h"

#include "run/site.h"

#include "run_maker.h"

#define JPRS NULL
#define FREE_CA "cas: [{profile: letsencrypt, max_names: 3}]\n"
#define SETS "cas: [{rule: upki}]\n"
#define TWO_AT_MOST "cas: [{max_names: 2}]\n"

#define ADVICE_NAMES "Nothing was sent to the CA. Correct the names, or split the certificate."
#define ADVICE_REGISTER "Nothing was sent to the CA. Register the FQDN on the customer page, then add it to the list; or correct " \
	"the names."
#define ADVICE_RENEW "Nothing was sent to the CA. Renew the contract of the entry on the customer page and note it in the list " \
	"(`renewed:` or `ends:`), or take the name out of the certificate."

#define ADVICE_SET "Nothing was sent to the CA. Order exactly the names of one set: correct the names, or `set:` in the list."
#define TWO_SETS "- {fqdn: a.jp, set: x}\n- {fqdn: b.jp, set: x}\n- {fqdn: c.jp, set: y}\n"

static void split(const char *names, struct strs *out)
{
	while (*names != '\0') {
		size_t len = strcspn(names, ",");

		strs_take(out, str_ndup(names, len));
		names += len + (names[len] == ',');
	}
}

static const struct refusal {
	const char *settings, *list, *names, *said, *advice; /* said NULL = passes */
} refusals[] = {
	{JPRS, "- example.jp\n", "example.jp,www.example.jp", NULL, NULL},
	{JPRS, "- '*.example.jp'\n", "example.jp,a.example.jp,*.example.jp",
	 "a.example.jp is not registered: the nearest registered FQDN, *.example.jp, does not cover it; register a.example.jp",
	 ADVICE_REGISTER},
	{JPRS, "- example.jp\n", "example.jp,shop.example.jp",
	 "shop.example.jp is not registered: the nearest registered FQDN, example.jp, does not cover it; register shop.example.jp",
	 ADVICE_REGISTER},
	{JPRS, "- other.jp\n", "www.example.jp",
	 "www.example.jp is not registered: the nearest registered FQDN, other.jp, does not cover it; register example.jp or "
	 "www.example.jp",
	 ADVICE_REGISTER},
	{JPRS, "", "example.jp,*.example.jp",
	 "example.jp is not registered: the list is empty; register example.jp\n"
	 "*.example.jp is not registered: the list is empty; register *.example.jp",
	 ADVICE_REGISTER},
	{JPRS, "- example.jp\n", "日本語.jp",
	 "日本語.jp (xn--wgv71a119e.jp) is not registered: the nearest registered FQDN, example.jp, does not cover it; register "
	 "xn--wgv71a119e.jp",
	 ADVICE_REGISTER},
	{JPRS, "- {fqdn: example.jp, ends: 2026-08-31}\n", "www.example.jp",
	 "www.example.jp: the use period of the registered example.jp ended on 2026-08-31", ADVICE_RENEW},
	{JPRS, "- {fqdn: example.jp, first_issued: 2024-08-15, renewed: 1}\n", "example.jp",
	 "example.jp: the use period of the registered example.jp ended on 2026-08-31", ADVICE_RENEW},
	{JPRS, "- {fqdn: example.jp, ends: 2026-08-31}\n- {fqdn: www.example.jp, ends: 2026-07-31}\n", "www.example.jp",
	 "www.example.jp: the use period of the registered example.jp, www.example.jp ended on 2026-08-31", ADVICE_RENEW},
	{JPRS, "- {fqdn: example.jp, ends: 2026-09-30}\n", "example.jp", NULL, NULL},
	{JPRS, "- example.jp\n", "a_b.example.jp",
	 "\"a_b.example.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a certificate", ADVICE_NAMES},
	{TWO_AT_MOST, "- example.jp\n- b.jp\n", "example.jp,www.example.jp,b.jp",
	 "3 names, but the CA \"jprs\" takes at most 2 in one certificate", ADVICE_NAMES},
	{TWO_AT_MOST, "- example.jp\n", "example.jp,WWW.example.jp,www.example.jp.", NULL, NULL},
	{TWO_AT_MOST, "- example.jp\n- {fqdn: old.jp, ends: 2026-01-31}\n", "b.jp,a..jp,old.jp,example.jp",
	 "b.jp is not registered: the nearest registered FQDN, old.jp, does not cover it; register b.jp\n"
	 "\"a..jp\" cannot be used: a label is empty: there is a dot in front, or two dots in a row\n"
	 "old.jp: the use period of the registered old.jp ended on 2026-01-31\n"
	 "3 names, but the CA \"jprs\" takes at most 2 in one certificate",
	 ADVICE_RENEW},
	{SETS, TWO_SETS, "b.jp,a.jp", NULL, NULL},
	{SETS, TWO_SETS, "a.jp", "b.jp must be in this certificate, too: the CA takes just all names of one set", ADVICE_SET},
	{SETS, TWO_SETS, "c.jp,a.jp,b.jp",
	 "c.jp: the registered c.jp belongs to another set than the other names; this CA takes just the names of one set in one "
	 "certificate",
	 ADVICE_SET},
	{SETS, TWO_SETS, "a.jp,www.b.jp",
	 "www.b.jp is not registered: the nearest registered FQDN, b.jp, does not cover it; register www.b.jp\n"
	 "b.jp must be in this certificate, too: the CA takes just all names of one set",
	 ADVICE_REGISTER},
	{FREE_CA, "", "example.jp,b.jp", NULL, NULL},
	{FREE_CA, "", "a b.jp", "\"a b.jp\" cannot be used: it holds a blank", ADVICE_NAMES},
	{FREE_CA, "", "a.jp,b.jp,c.jp,d.jp", "4 names, but the CA \"letsencrypt\" takes at most 3 in one certificate", ADVICE_NAMES},
};

static void check(struct run *r, const struct refusal *c)
{
	const struct ca_setting *ca;
	struct coverage_result result = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;
	int rc;

	run_open(r, c->settings, c->list);
	split(c->names, &names);
	ca = site_ca(&r->s, NULL);
	site_gate(&r->s, ca, &names, RUN_NOW, &result);
	rc = site_gate_error(ca, &result, &e);
	assert_int_equal(rc, c->said ? -1 : 0);
	if (c->said) {
		assert_string_equal(e.advice, c->advice);
		run_error(r, &e, ERR_REFUSED, c->said);
	}
	assert_int_equal(e.kind, ERR_NONE);
	coverage_result_clear(&result);
	strs_clear(&names);
}

static void test_refusals(void **state)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		check(*state, &refusals[i]);
}

/* A day that nobody stated, but the ledger computed: it may be wrong, and how to say so is told. */
static void test_ended_by_record(void **state)
{
	struct run *r = *state;
	struct coverage_result result = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;

	run_open(r, JPRS, "- example.jp\n");
	assert_true(entry_list_record(&r->s.entries, "example.jp", (struct date){2025, 8, 20}, false));
	strs_add(&names, "www.example.jp");
	site_gate(&r->s, site_ca(&r->s, NULL), &names, RUN_NOW, &result);
	assert_int_equal(site_gate_error(site_ca(&r->s, NULL), &result, &e), -1);
	assert_string_equal(e.advice, ADVICE_RENEW);
	run_error(r, &e, ERR_REFUSED,
	          "www.example.jp: the use period of the registered example.jp ended on 2026-08-31, as computed from the first "
	          "certificate of example.jp; correct it with `tegata entitlements set example.jp --ends DATE` if My Page says otherwise");
	coverage_result_clear(&result);
	strs_clear(&names);
}

/* Only so many names get a nearest entry; the others must not say that the list is empty. */
static void test_very_many_names(void **state)
{
	struct run *r = *state;
	struct coverage_result result = {0};
	struct strs names = {0};
	struct err e = ERR_INIT;

	run_open(r, "cas: [{max_names: 0}]\n", "- example.jp\n");
	for (int i = 0; i < COVERAGE_NEAREST_MAX + 1; i++)
		strs_take(&names, str_fmt("n%d.jp", i));
	site_gate(&r->s, site_ca(&r->s, NULL), &names, RUN_NOW, &result);
	assert_int_equal(site_gate_error(site_ca(&r->s, NULL), &result, &e), -1);
	assert_true(str_ends(e.cause, "\nn200.jp is not registered; register n200.jp"));
	err_clear(&e);
	coverage_result_clear(&result);
	strs_clear(&names);
}

static void test_a_list_is_needed(void **state)
{
	struct run *r = *state;
	struct err e = ERR_INIT;

	run_open(r, JPRS, NULL);
	assert_int_equal(site_gate_need_list(&r->s, site_ca(&r->s, NULL), &e), -1);
	assert_string_equal(e.advice, "The CA \"jprs\" issues only for FQDNs registered with it. Write those of your customer page "
	                              "into this file, one per line: `- example.jp`.");
	run_error(r, &e, ERR_CONFIG, "there is no list of registered FQDNs: etc/entitlements.yaml");
	run_open(r, JPRS, "");
	assert_int_equal(site_gate_need_list(&r->s, site_ca(&r->s, NULL), &e), 0);
	run_open(r, FREE_CA, NULL);
	assert_int_equal(site_gate_need_list(&r->s, site_ca(&r->s, NULL), &e), 0);
	run_open(r, "cas: [{rule: none}]\n", NULL);
	assert_int_equal(site_gate_need_list(&r->s, site_ca(&r->s, NULL), &e), 0);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_refusals),
		WITH(test_ended_by_record),
		WITH(test_very_many_names),
		WITH(test_a_list_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
