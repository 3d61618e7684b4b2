#include "config.h"

#include "run/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HOUR 3600
#define DAY 86400
#define DUE (60 * DAY) /* of a certificate that lives from 0 to 90 days, with a seed that spreads by nothing */

/*
 * w: f = force, N = named on the command line, r = renew only, d = deploy only, x = a request made elsewhere is wanted.
 * f: l = live, d = damaged, n/k/c = other names, key type, CA, v = revoked, e = external key, s = another external key,
 *    u = of an unknown external key, h = held by a rollback, H = another generation was.
 */
static const struct { const char *w, *f; int64_t now; bool issue; enum visit_reason reason; int64_t renew_at; } cases[] = {
	{ "", "", 0, true, VISIT_MISSING, 0 },
	{ "f", "", 0, true, VISIT_MISSING, 0 },
	{ "N", "", 0, true, VISIT_MISSING, 0 },
	{ "x", "", 0, true, VISIT_MISSING, 0 },
	{ "", "v", 0, true, VISIT_MISSING, 0 },
	{ "r", "", 0, false, VISIT_NOT_ASKED, 0 },
	{ "rf", "", 0, false, VISIT_NOT_ASKED, 0 },
	{ "d", "", 0, false, VISIT_NOT_ASKED, 0 },
	{ "", "l", 0, false, VISIT_NOT_DUE, DUE },
	{ "N", "l", 0, false, VISIT_NOT_DUE, DUE },
	{ "", "l", DUE - 1, false, VISIT_NOT_DUE, DUE },
	{ "", "l", DUE, true, VISIT_DUE, DUE },
	{ "", "l", 1000 * DAY, true, VISIT_DUE, DUE },
	{ "r", "l", DUE, true, VISIT_DUE, DUE },
	{ "f", "l", 0, true, VISIT_FORCED, DUE },
	{ "f", "l", DUE, true, VISIT_FORCED, DUE },
	{ "rf", "l", 0, true, VISIT_FORCED, DUE },
	{ "", "ln", 0, true, VISIT_NAMES_CHANGED, DUE },
	{ "r", "ln", 0, true, VISIT_NAMES_CHANGED, DUE },
	{ "", "lk", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "", "lc", 0, true, VISIT_CA_CHANGED, DUE },
	{ "", "lnkc", DUE, true, VISIT_NAMES_CHANGED, DUE },
	{ "", "lkc", 0, true, VISIT_CA_CHANGED, DUE },
	{ "f", "lk", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "", "ld", 0, true, VISIT_DAMAGED, 0 },
	{ "r", "ld", 0, true, VISIT_DAMAGED, 0 },
	{ "f", "ld", 0, true, VISIT_DAMAGED, 0 },
	{ "", "ldnkcv", 1000 * DAY, true, VISIT_DAMAGED, 0 },
	{ "d", "l", 1000 * DAY, false, VISIT_NOT_ASKED, DUE },
	{ "df", "ln", 1000 * DAY, false, VISIT_NOT_ASKED, DUE },
	{ "d", "ld", 1000 * DAY, false, VISIT_NOT_ASKED, 0 },
	{ "d", "lv", 0, false, VISIT_NOT_ASKED, DUE },
	/* Revoked. */
	{ "", "lv", 0, true, VISIT_REVOKED, DUE },
	{ "", "lvnkc", 0, true, VISIT_REVOKED, DUE },
	{ "f", "lv", DUE, true, VISIT_REVOKED, DUE },
	{ "r", "lv", 0, true, VISIT_REVOKED, DUE },
	/* A request made elsewhere. */
	{ "x", "le", 0, false, VISIT_NOT_DUE, DUE },
	{ "x", "le", DUE, true, VISIT_DUE, DUE },
	{ "x", "les", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "x", "leu", 0, false, VISIT_NOT_DUE, DUE },
	{ "x", "l", 0, true, VISIT_KEY_CHANGED, DUE },   /* it has a key of ours */
	{ "x", "lu", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "", "le", 0, true, VISIT_KEY_CHANGED, DUE },   /* and now there shall be one */
	{ "", "leu", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "", "ls", 0, false, VISIT_NOT_DUE, DUE },      /* keys of our own may be any */
	{ "x", "lek", 0, true, VISIT_KEY_CHANGED, DUE },
	/* Held by a rollback. */
	{ "", "lh", 0, false, VISIT_NOT_DUE, DUE },
	{ "", "lhn", 0, false, VISIT_NOT_DUE, DUE },
	{ "", "lhk", 0, false, VISIT_NOT_DUE, DUE },
	{ "", "lhc", 0, false, VISIT_NOT_DUE, DUE },
	{ "x", "lh", 0, false, VISIT_NOT_DUE, DUE },
	{ "N", "lhnkc", DUE - 1, false, VISIT_NOT_DUE, DUE },
	{ "", "lhnkc", DUE, true, VISIT_DUE, DUE },
	{ "f", "lhn", 0, true, VISIT_FORCED, DUE },
	{ "", "lhnv", 0, true, VISIT_REVOKED, DUE },
	{ "", "lhnd", 0, true, VISIT_DAMAGED, 0 },
	{ "", "lHn", 0, true, VISIT_NAMES_CHANGED, DUE }, /* that one is not live any more */
	{ "", "lHk", 0, true, VISIT_KEY_CHANGED, DUE },
	{ "d", "lhn", DUE, false, VISIT_NOT_ASKED, DUE },
};

static bool has(const char *flags, char c)
{
	for (; *flags != '\0'; flags++)
		if (*flags == c)
			return true;
	return false;
}

static struct strs wanted_names, same_names, other_names;

static int make_names(void **state)
{
	(void)state;
	strs_add(&wanted_names, "a.example");
	strs_add(&wanted_names, "b.example");
	strs_add(&same_names, "b.example");
	strs_add(&same_names, "a.example");
	strs_add(&other_names, "a.example");
	return 0;
}

static int drop_names(void **state)
{
	(void)state;
	strs_clear(&wanted_names);
	strs_clear(&same_names);
	strs_clear(&other_names);
	return 0;
}

/* The spread is another test's; a seed that has none is looked for once. */
static uint64_t even_seed(void)
{
	static uint64_t found;

	for (; found < 100000000; found++) {
		struct due_facts f = { .not_after = 90 * DAY, .seed = found };

		if (due_when(&f, 0).renew_at == DUE)
			return found;
	}
	fail_msg("no seed without spread");
	return 0;
}

static struct plan_wanted wanted_of(const char *wf)
{
	return (struct plan_wanted){ .names = &wanted_names, .key_type = "rsa2048", .ca = "jprs", .force = has(wf, 'f'),
		                     .named = has(wf, 'N'), .renew_only = has(wf, 'r'), .deploy_only = has(wf, 'd'),
		                     .csr_spki = has(wf, 'x') ? "51" : NULL };
}

static struct plan_found found_of(const char *ff)
{
	return (struct plan_found){ .live = has(ff, 'l'), .damaged = has(ff, 'd'), .names = has(ff, 'n') ? &other_names : &same_names,
		                    .key_type = has(ff, 'k') ? "ecdsa-p256" : "rsa2048", .ca = has(ff, 'c') ? "le" : "jprs",
		                    .spki = has(ff, 's') ? "52" : has(ff, 'u') ? NULL : "51", .external_key = has(ff, 'e'),
		                    .generation = 3, .held = has(ff, 'h') ? 3 : has(ff, 'H') ? 2 : 0, .revoked = has(ff, 'v'),
		                    .due = { .not_before = 0, .not_after = 90 * DAY, .seed = even_seed() } };
}

static void decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct plan_wanted w = wanted_of(cases[i].w);
		struct plan_found f = found_of(cases[i].f);
		struct plan_decision d = plan_decide(&w, &f, cases[i].now);

		if ((d.action == PLAN_ISSUE) != cases[i].issue || d.action == PLAN_WAIT || d.reason != cases[i].reason ||
		    d.renew_at != cases[i].renew_at || d.because != DUE_BY_SHARE || d.wait.at != 0)
			fail_msg("row %zu: issue %d, %s, renew at %lld", i, d.action == PLAN_ISSUE, visit_reason_name(d.reason), (long long)d.renew_at);
	}
}

/* wait: against now; the same letters as above. */
static const struct { const char *w, *f; int64_t now, wait; enum backoff_why why; enum plan_action action; enum visit_reason reason; } waits[] = {
	{ "", "l", DUE, 1, BACKOFF_LADDER, PLAN_WAIT, VISIT_DUE },
	{ "", "l", DUE, 0, BACKOFF_LADDER, PLAN_ISSUE, VISIT_DUE },
	{ "", "l", DUE, -1, BACKOFF_CA, PLAN_ISSUE, VISIT_DUE },
	{ "", "l", DUE, DAY, BACKOFF_DAILY, PLAN_WAIT, VISIT_DUE },
	{ "", "l", DUE, DAY, BACKOFF_CA, PLAN_WAIT, VISIT_DUE },
	{ "", "l", DUE, DAY, BACKOFF_VALIDATIONS, PLAN_WAIT, VISIT_DUE },
	{ "", "l", DUE, DAY, BACKOFF_NONE, PLAN_ISSUE, VISIT_DUE },
	{ "", "l", DUE - 1, DAY, BACKOFF_DAILY, PLAN_KEEP, VISIT_NOT_DUE }, /* nothing is wanted that could wait */
	{ "", "", 0, DAY, BACKOFF_DAILY, PLAN_WAIT, VISIT_MISSING },
	{ "", "ld", 0, DAY, BACKOFF_DAILY, PLAN_WAIT, VISIT_DAMAGED },
	{ "", "lv", 0, DAY, BACKOFF_DAILY, PLAN_WAIT, VISIT_REVOKED },
	{ "", "ln", 0, DAY, BACKOFF_DAILY, PLAN_WAIT, VISIT_NAMES_CHANGED },
	{ "", "lc", 0, DAY, BACKOFF_CA, PLAN_WAIT, VISIT_CA_CHANGED },
	{ "", "lk", 0, DAY, BACKOFF_VALIDATIONS, PLAN_WAIT, VISIT_KEY_CHANGED },
	{ "r", "l", DUE, DAY, BACKOFF_LADDER, PLAN_WAIT, VISIT_DUE },
	{ "r", "", DUE, DAY, BACKOFF_LADDER, PLAN_KEEP, VISIT_NOT_ASKED },
	{ "d", "l", DUE, DAY, BACKOFF_LADDER, PLAN_KEEP, VISIT_NOT_ASKED },
	{ "", "lhn", 0, DAY, BACKOFF_LADDER, PLAN_KEEP, VISIT_NOT_DUE },
	{ "", "lhn", DUE, DAY, BACKOFF_LADDER, PLAN_WAIT, VISIT_DUE },
	/* Somebody asks for it by name. */
	{ "N", "l", DUE, DAY, BACKOFF_LADDER, PLAN_ISSUE, VISIT_DUE },
	{ "N", "l", DUE, DAY, BACKOFF_DAILY, PLAN_ISSUE, VISIT_DUE },
	{ "N", "l", DUE, DAY, BACKOFF_CA, PLAN_WAIT, VISIT_DUE },
	{ "N", "l", DUE, DAY, BACKOFF_VALIDATIONS, PLAN_WAIT, VISIT_DUE },
	{ "N", "", 0, DAY, BACKOFF_DAILY, PLAN_ISSUE, VISIT_MISSING },
	{ "N", "", 0, DAY, BACKOFF_CA, PLAN_WAIT, VISIT_MISSING },
	{ "N", "l", DUE - 1, DAY, BACKOFF_DAILY, PLAN_KEEP, VISIT_NOT_DUE },
	{ "Nr", "l", DUE, DAY, BACKOFF_DAILY, PLAN_ISSUE, VISIT_DUE },
	/* --force ends every wait. */
	{ "f", "l", 0, DAY, BACKOFF_LADDER, PLAN_ISSUE, VISIT_FORCED },
	{ "f", "l", 0, DAY, BACKOFF_DAILY, PLAN_ISSUE, VISIT_FORCED },
	{ "f", "l", 0, DAY, BACKOFF_CA, PLAN_ISSUE, VISIT_FORCED },
	{ "f", "l", 0, DAY, BACKOFF_VALIDATIONS, PLAN_ISSUE, VISIT_FORCED },
	{ "f", "ln", 0, DAY, BACKOFF_CA, PLAN_ISSUE, VISIT_NAMES_CHANGED },
	{ "fN", "", 0, DAY, BACKOFF_CA, PLAN_ISSUE, VISIT_MISSING },
};

static void waits_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		struct plan_wanted w = wanted_of(waits[i].w);
		struct plan_found f = found_of(waits[i].f);
		struct plan_decision d;

		f.wait = (struct backoff_next){ waits[i].now + waits[i].wait, waits[i].why };
		d = plan_decide(&w, &f, waits[i].now);
		if (d.action != waits[i].action || d.reason != waits[i].reason)
			fail_msg("row %zu: %s, %s", i, plan_action_name(d.action), visit_reason_name(d.reason));
		assert_int_equal(d.wait.at, d.action == PLAN_WAIT ? f.wait.at : 0);
		assert_int_equal(d.wait.why, d.action == PLAN_WAIT ? waits[i].why : BACKOFF_NONE);
	}
}

/*
 * Names that lapse (rule 19). want, live, gone, back, prepare, ready: names as letters, "" = none; ready of another CA with '!', key '?'.
 * The same letters as above for w and f; L = names end so soon that a rollback holds nothing back.
 */
static const struct {
	const char *w, *f, *want, *live, *gone, *back, *prepare, *ready;
	int64_t now;
	enum plan_action action;
	enum visit_reason reason;
} lapses[] = {
	/* Made ready, once. */
	{ "", "l", "ab", "ab", "", "", "a", "", 0, PLAN_PREPARE, VISIT_LAPSING },
	{ "", "l", "ab", "ab", "", "", "a", "a", 0, PLAN_KEEP, VISIT_NOT_DUE },
	{ "", "l", "ab", "ab", "", "", "a", "b", 0, PLAN_PREPARE, VISIT_LAPSING },   /* for other names */
	{ "", "l", "ab", "ab", "", "", "a", "a!", 0, PLAN_PREPARE, VISIT_LAPSING },
	{ "", "l", "ab", "ab", "", "", "a", "a?", 0, PLAN_PREPARE, VISIT_LAPSING },
	{ "", "l", "abc", "abc", "", "", "ac", "ca", 0, PLAN_KEEP, VISIT_NOT_DUE },
	{ "", "lh", "ab", "abc", "", "", "a", "", 0, PLAN_PREPARE, VISIT_LAPSING },  /* a rollback is no reason not to */
	{ "d", "l", "ab", "ab", "", "", "a", "", 0, PLAN_KEEP, VISIT_NOT_ASKED },
	{ "r", "l", "ab", "ab", "", "", "a", "", 0, PLAN_PREPARE, VISIT_LAPSING },
	{ "r", "", "ab", "", "", "", "a", "", 0, PLAN_KEEP, VISIT_NOT_ASKED },
	{ "", "", "ab", "", "", "", "a", "", 0, PLAN_ISSUE, VISIT_MISSING },         /* first of all there must be one */
	/* What is due, wanted otherwise or broken comes first, as a whole. */
	{ "", "l", "ab", "ab", "", "", "a", "", DUE, PLAN_ISSUE, VISIT_DUE },
	{ "", "l", "ab", "ab", "", "", "a", "a", DUE, PLAN_ISSUE, VISIT_DUE },
	{ "f", "l", "ab", "ab", "", "", "a", "a", 0, PLAN_ISSUE, VISIT_FORCED },
	{ "", "lv", "ab", "ab", "", "", "a", "a", 0, PLAN_ISSUE, VISIT_REVOKED },
	{ "", "ld", "ab", "ab", "", "", "a", "a", 0, PLAN_ISSUE, VISIT_DAMAGED },
	{ "", "lk", "ab", "ab", "", "", "a", "a", 0, PLAN_ISSUE, VISIT_KEY_CHANGED },
	/* Put in place, or ordered when it is not there. */
	{ "L", "l", "a", "ab", "b", "", "", "a", 0, PLAN_SWITCH, VISIT_LAPSING },
	{ "", "l", "a", "ab", "b", "", "", "a", 0, PLAN_SWITCH, VISIT_LAPSING },     /* decided by a run that died */
	{ "L", "l", "a", "ab", "b", "", "", "", 0, PLAN_ISSUE, VISIT_LAPSING },
	{ "L", "l", "a", "ab", "b", "", "", "b", 0, PLAN_ISSUE, VISIT_LAPSING },
	{ "L", "l", "a", "ab", "b", "", "", "a!", 0, PLAN_ISSUE, VISIT_LAPSING },
	{ "L", "l", "a", "ab", "b", "", "", "a", DUE, PLAN_SWITCH, VISIT_LAPSING },
	{ "fL", "l", "a", "ab", "b", "", "", "a", 0, PLAN_ISSUE, VISIT_LAPSING },
	{ "dL", "l", "a", "ab", "b", "", "", "a", 0, PLAN_KEEP, VISIT_NOT_ASKED },
	{ "L", "l", "a", "a", "b", "", "", "", 0, PLAN_KEEP, VISIT_NOT_DUE },        /* it has gone already */
	{ "L", "lh", "a", "ab", "b", "", "", "a", 0, PLAN_SWITCH, VISIT_LAPSING },
	{ "", "lh", "a", "ab", "b", "", "", "a", 0, PLAN_KEEP, VISIT_NOT_DUE },
	{ "L", "lv", "a", "ab", "b", "", "", "a", 0, PLAN_SWITCH, VISIT_REVOKED },   /* needs no CA, which may be away */
	{ "L", "ld", "a", "ab", "b", "", "", "a", 0, PLAN_SWITCH, VISIT_DAMAGED },
	{ "L", "lv", "a", "ab", "b", "", "", "", 0, PLAN_ISSUE, VISIT_REVOKED },
	{ "L", "lv", "a", "a", "b", "", "", "a", 0, PLAN_ISSUE, VISIT_REVOKED },     /* what is live is just that */
	{ "L", "", "a", "", "b", "", "", "a", 0, PLAN_ISSUE, VISIT_MISSING },
	{ "", "l", "a", "ab", "", "", "", "a", 0, PLAN_SWITCH, VISIT_NAMES_CHANGED }, /* by the settings, and it is there already */
	{ "", "l", "ac", "ab", "b", "", "", "", 0, PLAN_ISSUE, VISIT_NAMES_CHANGED }, /* not only let go */
	{ "", "l", "a", "abc", "b", "", "", "", 0, PLAN_ISSUE, VISIT_NAMES_CHANGED },
	/* And back. */
	{ "", "l", "ab", "a", "", "b", "", "", 0, PLAN_ISSUE, VISIT_RETURNED },
	{ "", "l", "ab", "a", "", "b", "", "ab", 0, PLAN_SWITCH, VISIT_RETURNED },
	{ "", "l", "ab", "ab", "", "b", "", "", 0, PLAN_KEEP, VISIT_NOT_DUE },
	{ "", "l", "abc", "a", "", "b", "", "", 0, PLAN_ISSUE, VISIT_NAMES_CHANGED },
	{ "", "l", "bc", "ab", "a", "c", "", "", 0, PLAN_ISSUE, VISIT_NAMES_CHANGED }, /* both at once */
};

static void letters(const char *text, struct strs *out)
{
	for (; *text >= 'a' && *text <= 'z'; text++)
		strs_take(out, str_fmt("%c.example", *text));
}

static void when_names_lapse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lapses / sizeof *lapses; i++) {
		struct plan_wanted w = wanted_of(lapses[i].w);
		struct plan_found f = found_of(lapses[i].f);
		struct strs want = { 0 }, live = { 0 }, gone = { 0 }, back = { 0 }, prepare = { 0 }, ready = { 0 };
		struct plan_decision d, held;

		letters(lapses[i].want, &want);
		letters(lapses[i].live, &live);
		letters(lapses[i].gone, &gone);
		letters(lapses[i].back, &back);
		letters(lapses[i].prepare, &prepare);
		letters(lapses[i].ready, &ready);
		w.names = &want;
		w.let_go = &gone;
		w.returned = &back;
		w.prepare = prepare.count > 0 ? &prepare : NULL;
		w.lapsing = has(lapses[i].w, 'L');
		f.names = &live;
		f.prepared = (struct plan_prepared){ .names = ready.count > 0 ? &ready : NULL, .spki = "77",
			                             .key_type = has(lapses[i].ready, '?') ? "rsa4096" : "rsa2048",
			                             .ca = has(lapses[i].ready, '!') ? "le" : "jprs" };
		d = plan_decide(&w, &f, lapses[i].now);
		if (d.action != lapses[i].action || d.reason != lapses[i].reason)
			fail_msg("row %zu: %s, %s", i, plan_action_name(d.action), visit_reason_name(d.reason));
		/* Earlier failures hold orders back, and nothing else: what is ready is put in place. */
		f.wait = f.prepare_wait = (struct backoff_next){ lapses[i].now + DAY, BACKOFF_CA };
		f.prepare_wait.at += HOUR;
		held = plan_decide(&w, &f, lapses[i].now);
		assert_int_equal(held.reason, d.reason);
		assert_int_equal(held.action, (d.action == PLAN_ISSUE || d.action == PLAN_PREPARE) && !w.force ? PLAN_WAIT : d.action);
		assert_int_equal(held.prepare, d.action == PLAN_PREPARE);
		assert_int_equal(held.wait.at, held.action != PLAN_WAIT ? 0 : lapses[i].now + DAY + (held.prepare ? HOUR : 0));
		strs_clear(&want);
		strs_clear(&live);
		strs_clear(&gone);
		strs_clear(&back);
		strs_clear(&prepare);
		strs_clear(&ready);
	}
}

/* Rule, suggestion and time together; days after the beginning of a certificate of 90 days. */
static const struct {
	int days, permille;
	int64_t start, end, at, now; /* end 0 = no suggestion */
	enum plan_action action;
	enum due_because because;
} whens[] = {
	{ 0, 0, 0, 0, 0, 59 * DAY, PLAN_KEEP, DUE_BY_SHARE },
	{ 0, 0, 0, 0, 0, 60 * DAY, PLAN_ISSUE, DUE_BY_SHARE },
	{ 20, 0, 0, 0, 0, 69 * DAY, PLAN_KEEP, DUE_BY_DAYS },
	{ 20, 0, 0, 0, 0, 70 * DAY, PLAN_ISSUE, DUE_BY_DAYS },
	{ 0, 500, 0, 0, 0, 44 * DAY, PLAN_KEEP, DUE_BY_SHARE },
	{ 0, 500, 0, 0, 0, 45 * DAY, PLAN_ISSUE, DUE_BY_SHARE },
	{ 365, 0, 0, 0, 0, 59 * DAY, PLAN_KEEP, DUE_BY_SHARE },
	{ 0, 0, 5 * DAY, 6 * DAY, 30 * DAY, 30 * DAY, PLAN_ISSUE, DUE_BY_CA },              /* a window that is over */
	{ 0, 0, 70 * DAY, 70 * DAY + 1, 65 * DAY, 65 * DAY, PLAN_KEEP, DUE_BY_CA },         /* later than the share */
	{ 0, 0, 70 * DAY, 70 * DAY + 1, 70 * DAY, 70 * DAY - HOUR, PLAN_KEEP, DUE_BY_CA },
	{ 0, 0, 70 * DAY, 70 * DAY + 1, 70 * DAY, 70 * DAY - HOUR + 1, PLAN_ISSUE, DUE_BY_CA }, /* before the timer comes again */
	{ 20, 0, 50 * DAY, 50 * DAY + 1, 50 * DAY, 50 * DAY, PLAN_ISSUE, DUE_BY_CA },       /* the CA wins over the rule */
	{ 0, 0, 70 * DAY, 71 * DAY, 60 * DAY, 63 * DAY, PLAN_ISSUE, DUE_BY_SHARE },         /* not heard of for three days */
	{ 0, 0, 71 * DAY, 70 * DAY, 61 * DAY, 61 * DAY, PLAN_ISSUE, DUE_BY_SHARE },         /* inverted */
	{ 0, 0, 88 * DAY, 89 * DAY, 79 * DAY, 79 * DAY, PLAN_KEEP, DUE_BY_LATEST },
	{ 0, 0, 88 * DAY, 89 * DAY, 81 * DAY, 81 * DAY, PLAN_ISSUE, DUE_BY_LATEST },
};

static void when_it_is_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof whens / sizeof *whens; i++) {
		struct plan_wanted w = wanted_of("");
		struct plan_found f = found_of("l");
		struct plan_decision d;

		f.due.rule.days = whens[i].days;
		f.due.rule.permille = whens[i].permille;
		f.due.window_start = whens[i].start;
		f.due.window_end = whens[i].end;
		f.due.window_at = whens[i].at;
		d = plan_decide(&w, &f, whens[i].now);
		if (d.action != whens[i].action || d.because != whens[i].because)
			fail_msg("row %zu: %s, %s, %lld", i, plan_action_name(d.action), due_because_name(d.because), (long long)d.renew_at);
		assert_int_equal(d.reason, d.action == PLAN_ISSUE ? VISIT_DUE : VISIT_NOT_DUE);
	}
}

static void nothing_held_is_no_generation(void **state)
{
	struct plan_wanted w = wanted_of("");
	struct plan_found f = found_of("ln");

	(void)state;
	f.generation = 0;
	assert_int_equal(plan_decide(&w, &f, 0).reason, VISIT_NAMES_CHANGED);
}

static void every_reason_has_a_name(void **state)
{
	(void)state;
	for (int r = 0; r < VISIT_REASON_COUNT; r++)
		for (int other = 0; other < r; other++)
			assert_string_not_equal(visit_reason_name((enum visit_reason)r), visit_reason_name((enum visit_reason)other));
	for (int o = 0; o < VISIT_OUTCOME_COUNT; o++)
		assert_non_null(visit_outcome_name((enum visit_outcome)o));
	assert_string_equal(plan_action_name(PLAN_KEEP), "keep");
	assert_string_equal(plan_action_name(PLAN_ISSUE), "issue");
	assert_string_equal(plan_action_name(PLAN_WAIT), "wait");
	assert_string_equal(plan_action_name(PLAN_PREPARE), "prepare");
	assert_string_equal(plan_action_name(PLAN_SWITCH), "switch");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(decides), cmocka_unit_test(waits_for), cmocka_unit_test(when_it_is_due),
		                            cmocka_unit_test(when_names_lapse), cmocka_unit_test(nothing_held_is_no_generation), cmocka_unit_test(every_reason_has_a_name) };

	return cmocka_run_group_tests(tests, make_names, drop_names);
}
