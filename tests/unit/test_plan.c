#include "config.h"

#include "run/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define DAY 86400
#define DUE (60 * DAY) /* of a certificate that lives from 0 to 90 days */

/* w: f = force, r = renew only, d = deploy only. f: l = live, d = damaged, n/k/c = other names, key, CA. */
static const struct { const char *w, *f; int64_t now; bool issue; enum visit_reason reason; int64_t renew_at; } cases[] = {
	{ "", "", 0, true, VISIT_MISSING, 0 },
	{ "f", "", 0, true, VISIT_MISSING, 0 },
	{ "r", "", 0, false, VISIT_NOT_ASKED, 0 },
	{ "rf", "", 0, false, VISIT_NOT_ASKED, 0 },
	{ "d", "", 0, false, VISIT_NOT_ASKED, 0 },
	{ "", "l", 0, false, VISIT_NOT_DUE, DUE },
	{ "", "l", DUE - 1, false, VISIT_NOT_DUE, DUE },
	{ "", "l", DUE, true, VISIT_DUE, DUE },
	{ "", "l", 1000 * DAY, true, VISIT_DUE, DUE },
	{ "r", "l", DUE, true, VISIT_DUE, DUE },
	{ "f", "l", 0, true, VISIT_FORCED, DUE },
	{ "rf", "l", 0, true, VISIT_FORCED, DUE },
	{ "", "ln", 0, true, VISIT_NAMES_CHANGED, DUE },
	{ "r", "ln", 0, true, VISIT_NAMES_CHANGED, DUE },
	{ "", "lk", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "", "lc", 0, true, VISIT_CA_CHANGED, DUE },
	{ "", "lnkc", DUE, true, VISIT_NAMES_CHANGED, DUE },
	{ "", "lkc", 0, true, VISIT_CA_CHANGED, DUE },
	{ "", "ld", 0, true, VISIT_DAMAGED, 0 },
	{ "r", "ld", 0, true, VISIT_DAMAGED, 0 },
	{ "", "ldnkc", 1000 * DAY, true, VISIT_DAMAGED, 0 },
	{ "d", "l", 1000 * DAY, false, VISIT_NOT_ASKED, DUE },
	{ "df", "ln", 1000 * DAY, false, VISIT_NOT_ASKED, DUE },
	{ "d", "ld", 1000 * DAY, false, VISIT_NOT_ASKED, 0 },
};

static bool has(const char *flags, char c)
{
	for (; *flags != '\0'; flags++)
		if (*flags == c)
			return true;
	return false;
}

static void decides(void **state)
{
	struct strs wanted = { 0 }, same = { 0 }, other = { 0 };

	(void)state;
	strs_add(&wanted, "a.example");
	strs_add(&wanted, "b.example");
	strs_add(&same, "b.example");
	strs_add(&same, "a.example");
	strs_add(&other, "a.example");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *wf = cases[i].w, *ff = cases[i].f;
		struct plan_wanted w = { .names = &wanted, .key_type = "rsa2048", .ca = "jprs", .force = has(wf, 'f'),
		                         .renew_only = has(wf, 'r'), .deploy_only = has(wf, 'd') };
		struct plan_found f = { .live = has(ff, 'l'), .damaged = has(ff, 'd'), .names = has(ff, 'n') ? &other : &same,
		                        .key_type = has(ff, 'k') ? "ecdsa-p256" : "rsa2048", .ca = has(ff, 'c') ? "le" : "jprs",
		                        .due = { .not_before = 0, .not_after = 90 * DAY } };
		struct plan_decision d = plan_decide(&w, &f, cases[i].now);

		if ((d.action == PLAN_ISSUE) != cases[i].issue || d.reason != cases[i].reason || d.renew_at != cases[i].renew_at)
			fail_msg("row %zu: issue %d, %s, renew at %lld", i, d.action == PLAN_ISSUE, visit_reason_name(d.reason), (long long)d.renew_at);
	}
	strs_clear(&wanted);
	strs_clear(&same);
	strs_clear(&other);
}

static void every_reason_has_a_name(void **state)
{
	(void)state;
	for (int r = 0; r < VISIT_REASON_COUNT; r++)
		for (int other = 0; other < r; other++)
			assert_string_not_equal(visit_reason_name((enum visit_reason)r), visit_reason_name((enum visit_reason)other));
	for (int o = 0; o < VISIT_OUTCOME_COUNT; o++)
		assert_non_null(visit_outcome_name((enum visit_outcome)o));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(decides), cmocka_unit_test(every_reason_has_a_name) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
