#include "config.h"

#include "run/tell.h"

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
#define NOW INT64_C(1800014400) /* 2027-01-15T21:00:00+09:00 */

/* Of a certificate of 90 days that ends `left` days from now, unless `life` says otherwise; it was due at a third. */
#define LIVE(left) .serial = "0A", .generation = 3, .not_before = NOW + ((left) - 90) * DAY, .not_after = NOW + (left) * DAY, \
	.renew_at = NOW + ((left) - 30) * DAY
#define LIVE_OF(life, left) .serial = "0A", .generation = 3, .not_before = NOW + (left) - (life), .not_after = NOW + (left), \
	.renew_at = NOW + (left) - (life) / 3
#define FAILED(n, kind, type) .failures = (n), .failure_kind = (kind), .problem_type = (type), .failure_text = "why"

/*
 * told: what is recorded, "event=detail" or, when no hook took it so far, "event=detail!failures", apart by ';'.
 * says: the events that come out. left: what is recorded then, before anything new is.
 */
static const struct { struct tell_facts f; const char *told, *says, *left; } rows[] = {
	/* Nothing to say. */
	{ { LIVE(80) }, "", "", "" },
	{ { LIVE(1) }, "", "expiring=1d 0A", "" },
	{ { .name = NULL }, "", "", "" },
	/* Renewed. */
	{ { LIVE(90), .issued_now = true }, "", "renewed=0A", "" },
	{ { LIVE(90) }, "renewed=0A!1", "renewed=0A", "renewed=0A!1" },            /* no hook took it */
	{ { LIVE(90) }, "renewed=0A!47", "renewed=0A", "renewed=0A!47" },
	{ { LIVE(90) }, "renewed=0A!48", "", "" },                                 /* enough */
	{ { LIVE(90), .issued_now = true }, "renewed=09!5", "renewed=0A", "" },    /* another one since */
	/* Failing. */
	{ { LIVE(29), FAILED(1, ERR_NET, NULL) }, "", "", "" },
	{ { LIVE(29), FAILED(2, ERR_NET, NULL) }, "", "", "" },
	{ { LIVE(29), FAILED(3, ERR_NET, NULL) }, "", "renew-failed=net", "" },
	{ { LIVE(29), FAILED(INT32_MAX, ERR_NET, NULL) }, "", "renew-failed=net", "" },
	{ { LIVE(29), FAILED(4, ERR_NET, NULL) }, "renew-failed=net", "", "renew-failed=net" },
	{ { LIVE(29), FAILED(4, ERR_NET, NULL) }, "renew-failed=net!3", "renew-failed=net", "renew-failed=net!3" },
	{ { LIVE(29), FAILED(4, ERR_NET, NULL) }, "renew-failed=net!5000", "renew-failed=net", "renew-failed=net!5000" },
	{ { LIVE(29), FAILED(1, ERR_REFUSED, NULL) }, "", "renew-failed=refused", "" },   /* will not mend itself */
	{ { LIVE(29), FAILED(1, ERR_CHALLENGE, "caa") }, "", "renew-failed=challenge caa", "" },
	{ { LIVE(29), FAILED(1, ERR_CHALLENGE, "dns") }, "", "", "" },
	{ { FAILED(1, ERR_NET, NULL) }, "", "renew-failed=net", "" },                     /* nothing is live */
	{ { LIVE(7), FAILED(1, ERR_NET, NULL) }, "", "renew-failed=net,expiring=10d 0A", "" }, /* ends soon */
	{ { LIVE(8), FAILED(1, ERR_NET, NULL) }, "", "expiring=10d 0A", "" },
	{ { LIVE(29), FAILED(4, ERR_CA, "serverInternal") }, "renew-failed=net", "renew-failed=ca serverInternal", "renew-failed=net" },
	{ { LIVE(29), FAILED(4, ERR_NET, NULL) }, "renew-failed=net;renew-failed=ca!2", "", "renew-failed=net" }, /* back again */
	{ { LIVE(29), FAILED(1, ERR_CA, NULL) }, "renew-failed=net", "", "renew-failed=net" }, /* another set fails now */
	{ { LIVE(29), FAILED(1, ERR_CA, NULL) }, "renew-failed=net!4", "", "" },
	{ { LIVE(2), FAILED(9, ERR_INTERRUPTED, NULL) }, "", "expiring=2d 0A", "" },
	{ { FAILED(1, ERR_INTERRUPTED, NULL) }, "", "", "" },
	{ { FAILED(1, ERR_LOCKED, NULL) }, "renew-failed=net", "", "renew-failed=net" },
	/* Well again. */
	{ { LIVE(90), .issued_now = true }, "renew-failed=net", "renewed=0A,recovered=0A", "" },
	{ { LIVE(90), .issued_now = true }, "renew-failed=net!2", "renewed=0A", "" },          /* nobody had heard of it */
	{ { LIVE(29) }, "renew-failed=net", "recovered=0A", "" },
	{ { LIVE(29) }, "renew-failed=net;renew-failed=ca!1", "recovered=0A", "" },
	{ { LIVE(90) }, "recovered=0A!1", "recovered=0A", "recovered=0A!1" },
	{ { LIVE(90) }, "recovered=0A!48", "", "" },
	{ { LIVE(29), FAILED(1, ERR_NET, NULL) }, "recovered=0A!1", "", "recovered=0A!1" },    /* for when it is true again */
	{ { LIVE(29), FAILED(3, ERR_NET, NULL) }, "recovered=0A!1", "renew-failed=net", "" },
	{ { .name = NULL }, "renew-failed=net", "recovered=", "" },
	/* Deploys. */
	{ { LIVE(90), .deploy_failed = "nginx" }, "", "deploy-failed=3 nginx", "" },
	{ { LIVE(90), .deploy_failed = "nginx" }, "deploy-failed=3 nginx", "", "deploy-failed=3 nginx" },
	{ { LIVE(90), .deploy_failed = "nginx, postfix" }, "deploy-failed=3 nginx", "deploy-failed=3 nginx, postfix", "deploy-failed=3 nginx" },
	{ { LIVE(90), .deploy_failed = "nginx" }, "deploy-failed=2 nginx", "deploy-failed=3 nginx", "deploy-failed=2 nginx" },
	{ { LIVE(90), .deployed_now = true }, "deploy-failed=3 nginx", "deployed=3", "" },
	{ { LIVE(90) }, "deploy-failed=3 nginx", "deployed=3", "" },
	{ { LIVE(90), .deployed_now = true }, "deploy-failed=3 nginx!1", "", "" },
	{ { LIVE(90), .deployed_now = true }, "", "", "" },
	{ { LIVE(90) }, "deployed=3!1", "deployed=3", "deployed=3!1" },
	{ { LIVE(90), .deploy_failed = "nginx" }, "deployed=3!1", "deploy-failed=3 nginx", "" },
	/* Ends soon. */
	{ { LIVE(21), FAILED(1, ERR_NET, NULL) }, "", "", "" },
	{ { LIVE(20), FAILED(1, ERR_NET, NULL) }, "", "expiring=20d 0A", "" },
	{ { LIVE(20) }, "", "expiring=20d 0A", "" },                            /* due for ten days: something is amiss */
	{ { LIVE(11) }, "expiring=20d 0A", "", "expiring=20d 0A" },
	{ { LIVE(10) }, "expiring=20d 0A", "expiring=10d 0A", "expiring=20d 0A" },
	{ { LIVE(3) }, "expiring=20d 0A", "expiring=5d 0A", "expiring=20d 0A" }, /* the timer slept: not 10 too */
	{ { LIVE(3) }, "", "expiring=5d 0A", "" },
	{ { LIVE(3) }, "expiring=5d 0A", "", "expiring=5d 0A" },
	{ { LIVE(2) }, "expiring=5d 0A", "expiring=2d 0A", "expiring=5d 0A" },
	{ { LIVE(1) }, "expiring=2d 0A!2", "expiring=1d 0A", "" },
	{ { LIVE(90), .issued_now = true }, "expiring=1d 09", "renewed=0A", "" },
	{ { LIVE(5) }, "expiring=5d 09", "expiring=5d 0A", "expiring=5d 09" },  /* told of another certificate */
	{ { .serial = "0A", .not_before = NOW - 70 * DAY, .not_after = NOW + 20 * DAY, .renew_at = NOW - DAY }, "", "", "" },
	{ { .serial = "0A", .not_before = NOW - 70 * DAY, .not_after = NOW + 20 * DAY, .renew_at = NOW - DAY - 1 }, "", "expiring=20d 0A", "" },
	{ { LIVE_OF(6 * DAY, 26 * HOUR), FAILED(2, ERR_NET, NULL) }, "", "renew-failed=net,expiring=1/5 0A", "" },
	{ { LIVE_OF(6 * DAY, 30 * HOUR), FAILED(1, ERR_INTERRUPTED, NULL) }, "", "", "" },
	{ { LIVE_OF(6 * DAY, 14 * HOUR), FAILED(1, ERR_INTERRUPTED, NULL) }, "expiring=1/5 0A", "expiring=1/10 0A", "expiring=1/5 0A" },
	{ { LIVE_OF(6 * DAY, HOUR), FAILED(1, ERR_INTERRUPTED, NULL) }, "expiring=1/5 0A", "expiring=1/100 0A", "expiring=1/5 0A" },
	{ { LIVE_OF(47 * DAY, 9 * DAY) }, "", "expiring=1/5 0A", "" },
	{ { LIVE_OF(60 * DAY, 9 * DAY) }, "", "expiring=10d 0A", "" },
	/* Ended, revoked, not trusted. */
	{ { LIVE(0), FAILED(9, ERR_NET, NULL) }, "renew-failed=net;expiring=1d 0A", "expired=0A", "renew-failed=net" },
	{ { LIVE(-3) }, "expired=0A", "", "expired=0A" },
	{ { LIVE(-3) }, "expired=09", "expired=0A", "expired=09" },
	{ { LIVE(90), .issued_now = true }, "expired=09", "renewed=0A", "" },
	{ { LIVE(80), .revoked = true }, "", "revoked=0A", "" },
	{ { LIVE(80), .revoked = true }, "revoked=0A", "", "revoked=0A" },
	{ { LIVE(80), .revoked = true }, "revoked=09", "revoked=0A", "revoked=09" },
	{ { LIVE(80) }, "revoked=0A", "", "" },
	{ { LIVE(90), .issued_now = true, .revoked_serial = "09" }, "", "renewed=0A,revoked=09", "" }, /* replaced in the same visit */
	{ { LIVE(90), .issued_now = true, .revoked_serial = "09" }, "revoked=09", "renewed=0A", "revoked=09" },
	{ { LIVE(90) }, "revoked=09", "", "" },
	{ { LIVE(90) }, "revoked=09!1", "revoked=09", "revoked=09!1" }, /* no hook took it */
	{ { LIVE(90) }, "revoked=09!48", "", "" },
	{ { LIVE(90) }, "revoked=0A!1", "", "" },                       /* it was only on hold */
	{ { LIVE(80), .untrusted = "Root" }, "", "untrusted-chain=Root", "" },
	{ { LIVE(80), .untrusted = "Root" }, "untrusted-chain=Root", "", "untrusted-chain=Root" },
	{ { LIVE(80) }, "untrusted-chain=Root", "", "" },
	{ { .revoked = true, .untrusted = "Root" }, "revoked=0A", "", "" },       /* nothing is live */
	/* Entries. */
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 61 * DAY }, "", "", "" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 60 * DAY }, "", "entry-lapsing=a.jp 2027-03-16 60d", "" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 40 * DAY }, "entry-lapsing=a.jp 2027-02-24 60d", "", "entry-lapsing=a.jp 2027-02-24 60d" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 10 * DAY }, "entry-lapsing=a.jp 2027-01-25 14d", "", "entry-lapsing=a.jp 2027-01-25 14d" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 7 * DAY }, "entry-lapsing=a.jp 2027-01-22 14d", "entry-lapsing=a.jp 2027-01-22 7d", "entry-lapsing=a.jp 2027-01-22 14d" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 3 * DAY }, "", "entry-lapsing=a.jp 2027-01-18 7d", "" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 40 * DAY }, "entry-lapsing=b.jp 2027-02-24 60d", "entry-lapsing=a.jp 2027-02-24 60d", "entry-lapsing=b.jp 2027-02-24 60d" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 380 * DAY }, "entry-lapsing=a.jp 2027-02-24 60d", "", "" }, /* extended */
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW }, "entry-lapsing=a.jp 2027-01-15 1d", "entry-ended=a.jp 2027-01-15", "" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW - DAY }, "entry-ended=a.jp 2027-01-14", "", "entry-ended=a.jp 2027-01-14" },
	{ { LIVE(80) }, "entry-lapsing=a.jp 2027-01-15 1d", "", "" },
	{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 2 * DAY + 3 * HOUR }, "", "entry-lapsing=a.jp 2027-01-17 7d", "" }, /* midnight */
	/* Let go, and moved back: told in the visit that did it, and until a hook takes it. */
	{ { LIVE(80), .let_go = "b.jp, www.b.jp" }, "", "names-dropped=0A b.jp, www.b.jp", "" },
	{ { LIVE(80), .let_go = "b.jp", .issued_now = true }, "names-dropped=09 c.jp!2", "renewed=0A,names-dropped=0A b.jp", "" },
	{ { LIVE(80) }, "names-dropped=09 c.jp!2", "names-dropped=09 c.jp", "names-dropped=09 c.jp!2" },
	{ { LIVE(80) }, "names-dropped=09 c.jp!48", "", "" },
	{ { LIVE(80) }, "names-dropped=c.jp!2", "", "" },
	{ { .let_go = "b.jp" }, "", "", "" },
	{ { LIVE(80), .moved_back = "no" , .failures = 1 }, "", "moved-back=1 0A", "" },
	{ { LIVE(80) }, "moved-back=1 0A!1", "moved-back=1 0A", "moved-back=1 0A!1" },
	{ { LIVE(80) }, "moved-back=1 0A!48", "", "" },
	{ { LIVE(80) }, "", "", "" },
	/* Everything at once, in the order of the table. */
	{ { LIVE(1), .issued_now = true, FAILED(3, ERR_REFUSED, NULL), .deploy_failed = "x", .revoked = true, .untrusted = "Root",
	    .entry = "a.jp", .entry_ends_at = NOW + DAY, .let_go = "b.jp", .moved_back = "no" }, "moonrise=1;clock-wrong=2",
	  "renewed=0A,renew-failed=refused,deploy-failed=3 x,expiring=1d 0A,revoked=0A,entry-lapsing=a.jp 2027-01-16 1d,names-dropped=0A b.jp,"
	  "moved-back=3 0A,untrusted-chain=Root", "" },
};

static void read_told(const char *text, struct store_state *st)
{
	char *copy = str_dup(text), *rest = copy, *item;

	while ((item = strsep(&rest, ";")) != NULL) {
		struct store_told t = { .at = 1 };
		char *detail = strchr(item, '='), *failures = strchr(item, '!');

		if (!detail)
			continue;
		*detail++ = '\0';
		if (failures) {
			*failures++ = '\0';
			t.failures = (int)strtol(failures, NULL, 10);
			t.at = 0;
		}
		t.event = str_dup(item);
		t.detail = str_dup(detail);
		st->told = mem_resize(st->told, st->told_count + 1, sizeof *st->told);
		st->told[st->told_count++] = t;
	}
	free(copy);
}

static char *write_told(const struct store_state *st)
{
	struct strs l = { 0 };
	char *text;

	for (size_t i = 0; i < st->told_count; i++)
		strs_take(&l, st->told[i].at ? str_fmt("%s=%s", st->told[i].event, st->told[i].detail)
		                             : str_fmt("%s=%s!%d", st->told[i].event, st->told[i].detail, st->told[i].failures));
	text = strs_join(&l, ";");
	strs_clear(&l);
	return text;
}

static void clear_told(struct store_state *st)
{
	for (size_t i = 0; i < st->told_count; i++) {
		free(st->told[i].event);
		free(st->told[i].detail);
	}
	free(st->told);
	*st = (struct store_state){ 0 };
}

/* What it says, as text; `well` = the hooks take it, `record` = it is recorded at all. */
static char *say(const struct tell_facts *facts, struct store_state *st, int64_t now, bool record, bool well)
{
	struct tell_event out[TELL_MAX];
	struct tell_facts f = *facts;
	struct strs l = { 0 };
	size_t rows_count, n;
	char *text;

	f.name = "www";
	n = tell_decide(&f, st, now, out);
	for (size_t i = 0; i < n; i++) {
		assert_true(out[i].text && strstr(out[i].text, "www: ") == out[i].text && !strchr(out[i].text, '\n'));
		assert_true(out[i].level >= events_table(&rows_count)[out[i].id].level);
		strs_take(&l, str_fmt("%s=%s", events_table(&rows_count)[out[i].id].name, out[i].detail));
		if (record)
			tell_record(st, &out[i], well, now);
		tell_event_clear(&out[i]);
		assert_null(out[i].text);
	}
	text = strs_join(&l, ",");
	strs_clear(&l);
	return text;
}

static void decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct store_state st = { 0 };
		char *says, *left;

		read_told(rows[i].told, &st);
		says = say(&rows[i].f, &st, NOW, false, false);
		left = write_told(&st);
		if (strcmp(says, rows[i].says) != 0 || strcmp(left, rows[i].left) != 0)
			fail_msg("row %zu: says \"%s\" (not \"%s\"), left \"%s\" (not \"%s\")", i, says, rows[i].says, left, rows[i].left);
		free(says);
		free(left);
		clear_told(&st);
	}
}

/* Told well, it is not said again the next hour; not told, it is, as long as it holds. */
static void each_event_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tell_facts next = rows[i].f;
		struct store_state st = { 0 };
		char *first, *again, *third;

		next.issued_now = next.deployed_now = false;
		next.revoked_serial = next.let_go = next.moved_back = NULL;
		read_told(rows[i].told, &st);
		first = say(&rows[i].f, &st, NOW, true, false);
		again = say(&next, &st, NOW, true, true);
		third = say(&next, &st, NOW, true, true);
		if (strcmp(first, again) != 0 && !strstr(rows[i].told, "!47"))
			fail_msg("row %zu: \"%s\", then, as no hook took it, \"%s\"", i, first, again);
		if (*third != '\0')
			fail_msg("row %zu: \"%s\" twice", i, third);
		free(first);
		free(again);
		free(third);
		clear_told(&st);
	}
}

/* A story: what happens, hour after hour, and what comes out. hooks = they take it. */
static const struct { struct tell_facts f; bool hooks; const char *says; } story[] = {
	{ { LIVE(30), FAILED(1, ERR_NET, NULL) }, true, "" },
	{ { LIVE(30), FAILED(2, ERR_NET, NULL) }, true, "" },
	{ { LIVE(29), FAILED(3, ERR_NET, NULL) }, true, "renew-failed=net" },
	{ { LIVE(28), FAILED(4, ERR_NET, NULL) }, true, "" },
	{ { LIVE(27), FAILED(5, ERR_CHALLENGE, "caa") }, false, "renew-failed=challenge caa" },
	{ { LIVE(26), FAILED(6, ERR_CHALLENGE, "caa") }, true, "renew-failed=challenge caa" },
	{ { LIVE(25), FAILED(7, ERR_NET, NULL) }, false, "renew-failed=net" },
	{ { LIVE(24) }, false, "recovered=0A" },                  /* of what was told: caa */
	{ { LIVE(24), FAILED(1, ERR_NET, NULL) }, true, "" },
	{ { LIVE(24) }, true, "recovered=0A" },
	{ { LIVE(24) }, true, "" },
	{ { LIVE(24), FAILED(1, ERR_NET, NULL) }, true, "" },
	{ { LIVE(24) }, true, "" },                               /* nobody had heard of that one */
	{ { LIVE(21), FAILED(3, ERR_NET, NULL) }, true, "renew-failed=net" },
	{ { LIVE(14), FAILED(9, ERR_NET, NULL) }, true, "expiring=20d 0A" },
	{ { LIVE(4), FAILED(19, ERR_NET, NULL) }, true, "expiring=5d 0A" },
	{ { LIVE(0), FAILED(23, ERR_NET, NULL) }, true, "expired=0A" },
	{ { LIVE(-1), FAILED(24, ERR_NET, NULL) }, true, "" },
	{ { .serial = "0B", .generation = 4, .not_before = NOW, .not_after = NOW + 90 * DAY, .renew_at = NOW + 60 * DAY, .issued_now = true,
	    .deploy_failed = "nginx" }, true, "renewed=0B,recovered=0B,deploy-failed=4 nginx" },
	{ { .serial = "0B", .generation = 4, .not_before = NOW, .not_after = NOW + 90 * DAY, .renew_at = NOW + 60 * DAY,
	    .deploy_failed = "nginx" }, true, "" },
	{ { .serial = "0B", .generation = 4, .not_before = NOW, .not_after = NOW + 90 * DAY, .renew_at = NOW + 60 * DAY,
	    .deployed_now = true }, true, "deployed=4" },
	{ { .serial = "0B", .generation = 4, .not_before = NOW, .not_after = NOW + 90 * DAY, .renew_at = NOW + 60 * DAY }, true, "" },
};

static void a_story(void **state)
{
	struct store_state st = { 0 };
	char *left;

	(void)state;
	for (size_t i = 0; i < sizeof story / sizeof *story; i++) {
		char *says = say(&story[i].f, &st, NOW, true, story[i].hooks);

		if (strcmp(says, story[i].says) != 0)
			fail_msg("chapter %zu: \"%s\"", i, says);
		free(says);
	}
	left = write_told(&st);
	assert_string_equal(left, "");
	free(left);
	clear_told(&st);
}

static void hooks_that_never_take_it(void **state)
{
	struct tell_facts f = { LIVE(90) }, failing = { FAILED(3, ERR_NET, NULL) };
	struct store_state st = { 0 };
	int times = 0;
	char *says;

	(void)state;
	f.issued_now = true;
	for (int i = 0; i < 100; i++) {
		says = say(&f, &st, NOW + i * HOUR, true, false);
		times += strcmp(says, "renewed=0A") == 0;
		free(says);
		f.issued_now = false;
	}
	assert_int_equal(times, TELL_TRIES_MAX);
	f.issued_now = true;
	says = say(&f, &st, NOW, true, true);
	assert_string_equal(says, "renewed=0A");
	free(says);
	assert_int_equal(st.told_count, 0);
	for (int i = 0; i < 100; i++) {
		says = say(&failing, &st, NOW + i * HOUR, true, false);
		assert_string_equal(says, "renew-failed=net");
		free(says);
	}
	assert_int_equal(st.told_count, 1);
	assert_int_equal(st.told[0].failures, 100);
	st.told[0].failures = INT32_MAX;
	says = say(&failing, &st, NOW, true, false);
	assert_int_equal(st.told[0].failures, INT32_MAX);
	free(says);
	clear_told(&st);
}

static void what_the_words_say(void **state)
{
	static const struct { struct tell_facts f; enum events_level level; const char *has[4]; } texts[] = {
		{ { LIVE(29), FAILED(3, ERR_NET, NULL), .next_try = NOW + HOUR }, EVENTS_ERROR, { "2027-01-15T22:00:00+09:00", "good until 2027-02-13", ": why" } },
		{ { LIVE(29), FAILED(3, ERR_NET, NULL) }, EVENTS_ERROR, { "the next run tries again", ": why" } },
		{ { FAILED(3, ERR_NET, NULL) }, EVENTS_ERROR, { "there is none so far", ": why" } },
		{ { LIVE(90), .issued_now = true }, EVENTS_INFO, { "good until 2027-04-15" } },
		{ { LIVE(20) }, EVENTS_WARNING, { "ends at 2027-02-04T21:00:00+09:00" } },
		{ { LIVE(2) }, EVENTS_ERROR, { "ends at 2027-01-17T21:00:00+09:00" } },
		{ { LIVE(-1) }, EVENTS_ERROR, { "ended on 2027-01-14" } },
		{ { LIVE(80), .deploy_failed = "nginx", .deploy_text = "exit 1\r\nsee\tlog\n" }, EVENTS_ERROR, { "(nginx)", ": exit 1  see log " } },
		{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 20 * DAY }, EVENTS_WARNING, { "a.jp ends on 2027-02-04" } },
		{ { LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + 6 * DAY }, EVENTS_ERROR, { "a.jp ends on 2027-01-21" } },
		{ { LIVE(80), .revoked = true }, EVENTS_ERROR, { "serial 0A" } },
		{ { LIVE(80), .revoked_serial = "09" }, EVENTS_ERROR, { "serial 09; another is in its place" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct tell_event out[TELL_MAX];
		struct store_state st = { 0 };
		struct tell_facts f = texts[i].f;

		f.name = "www";
		assert_int_equal(tell_decide(&f, &st, NOW, out), 1);
		for (size_t k = 0; texts[i].has[k]; k++)
			if (!strstr(out[0].text, texts[i].has[k]))
				fail_msg("row %zu: %s", i, out[0].text);
		if (out[0].level != texts[i].level)
			fail_msg("row %zu: %s", i, events_level_name(out[0].level));
		tell_event_clear(&out[0]);
		clear_told(&st);
	}
}

#define ENDS(days) LIVE(80), .entry = "a.jp", .entry_ends_at = NOW + (days) * DAY + 3 * HOUR
#define RENEW "Renew the contract on the customer page, then: tegata entitlements renew a.jp"
#define ACCEPT ". Or let them go: tegata run --accept-lapse www (or `on_lapse: shrink`)"

/* Which names, what becomes of the certificate, what to do: word for word. */
static void what_is_said_of_an_entry(void **state)
{
	static const struct { struct tell_facts f; const char *text; } texts[] = {
		{ { ENDS(20), .entry_revokes = true, .falling = "a.jp, www.a.jp", .along = "b.jp" },
		  "www: the use period of the registered a.jp ends on 2027-02-04. Then the CA revokes the certificate: for a.jp, www.a.jp, and with "
		  "it for b.jp. " RENEW ACCEPT },
		{ { ENDS(20), .entry_revokes = true, .falling = "a.jp", .along = "b.jp", .fixed = true },
		  "www: the use period of the registered a.jp ends on 2027-02-04. Then the CA revokes the certificate: for a.jp, and with it for "
		  "b.jp. " RENEW ". Or make a request (csr) without them, and take them out of `names`" },
		{ { ENDS(20), .entry_revokes = true, .falling = "a.jp, www.a.jp", .along = "b.jp", .shrink_at = NOW + 18 * DAY },
		  "www: the use period of the registered a.jp ends on 2027-02-04. Then the CA revokes the certificate: for a.jp, www.a.jp, and with "
		  "it for b.jp. On 2027-02-02 tegata puts a certificate without a.jp, www.a.jp in place. To keep them: " RENEW },
		{ { ENDS(1), .entry_revokes = true, .falling = "a.jp", .along = "b.jp", .shrink_at = NOW - DAY },
		  "www: the use period of the registered a.jp ends on 2027-01-16. Then the CA revokes the certificate: for a.jp, and with it for "
		  "b.jp. tegata puts a certificate without a.jp in place as soon as it can. To keep them: " RENEW },
		{ { ENDS(20), .entry_revokes = true, .falling = "a.jp" },
		  "www: the use period of the registered a.jp ends on 2027-02-04. Then the CA revokes the certificate, and no other can be had for "
		  "a.jp. " RENEW },
		{ { ENDS(20), .entry_revokes = true, .along = "a.jp" },
		  "www: the use period of the registered a.jp ends on 2027-02-04. Other entries cover its names, too; but if the CA counts this "
		  "one, it revokes the certificate. " RENEW },
		{ { ENDS(20), .along = "a.jp" },
		  "www: the use period of the registered a.jp ends on 2027-02-04. Other entries cover its names, too. " RENEW },
		{ { ENDS(20), .falling = "a.jp", .along = "b.jp" },
		  "www: the use period of the registered a.jp ends on 2027-02-04. After that day nothing can be ordered for a.jp; the certificate "
		  "itself lives on. " RENEW ACCEPT },
		{ { ENDS(-1), .entry_revokes = true, .falling = "a.jp", .along = "b.jp" },
		  "www: the use period of the registered a.jp ended on 2027-01-14. Nothing can be ordered for a.jp, and the CA revokes the "
		  "certificate, with it for b.jp. " RENEW ACCEPT },
		{ { ENDS(-1), .entry_revokes = true, .falling = "a.jp" },
		  "www: the use period of the registered a.jp ended on 2027-01-14. Nothing can be ordered for a.jp, and the CA revokes the "
		  "certificate. " RENEW },
		{ { LIVE(80), .let_go = "a.jp, www.a.jp" },
		  "www: the certificate in place is without a.jp, www.a.jp, whose use period ends. They come back by themselves when the contract is "
		  "renewed and that is noted: tegata entitlements renew" },
		{ { LIVE(80), .moved_back = "the hook\nfailed" }, "www: the hook failed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct tell_event out[TELL_MAX];
		struct store_state st = { 0 };
		struct tell_facts f = texts[i].f;

		f.name = "www";
		assert_int_equal(tell_decide(&f, &st, NOW, out), 1);
		assert_string_equal(out[0].text, texts[i].text);
		tell_event_clear(&out[0]);
	}
}

static void told_later(void **state)
{
	struct tell_facts f = { LIVE(80), .name = "www" };
	struct tell_event out[TELL_MAX];
	struct store_state st = { 0 };

	(void)state;
	read_told("names-dropped=09 c.jp!2;moved-back=1 0A!1", &st);
	assert_int_equal(tell_decide(&f, &st, NOW, out), 2);
	assert_non_null(strstr(out[0].text, "is without c.jp, whose"));
	assert_string_equal(out[1].text, "www: the certificate of another CA could not be put to use; the one before it is in place again");
	tell_event_clear(&out[0]);
	tell_event_clear(&out[1]);
	clear_told(&st);
}

static size_t say_once(const struct tell_facts *f, struct store_state *st, int64_t now)
{
	struct tell_event out[TELL_MAX];
	size_t n = tell_decide(f, st, now, out);

	for (size_t i = 0; i < n; i++) {
		tell_record(st, &out[i], true, now);
		tell_event_clear(&out[i]);
	}
	return n;
}

/* A clock that goes back makes no step new, and those that come are told; so are all of them in another year. */
static void a_clock_that_goes_back(void **state)
{
	static const struct { int end, at; size_t told; } days[] = {
		{ 90, 10, 0 }, { 90, 30, 1 }, { 90, 29, 0 }, { 90, 61, 1 }, { 90, 40, 0 }, { 90, 62, 0 }, { 90, 76, 1 }, { 90, 31, 0 },
		{ 90, 61, 0 }, { 90, 83, 1 }, { 90, 89, 1 }, { 90, 76, 0 }, { 90, 89, 0 }, { 455, 89, 0 }, { 455, 395, 1 }, { 455, 425, 1 },
	};
	struct tell_facts f = { .name = "www", .serial = "0A", .not_after = NOW + 900 * DAY, .not_before = NOW, .renew_at = NOW + 600 * DAY,
		                .entry = "a.jp", .falling = "a.jp", .entry_revokes = true };
	struct store_state st = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		f.entry_ends_at = NOW + days[i].end * DAY;
		if (say_once(&f, &st, NOW + days[i].at * DAY) != days[i].told)
			fail_msg("row %zu", i);
	}
	clear_told(&st);
}

/* Names of people's own script beside what stands in certificates. */
static void names_as_people_write_them(void **state)
{
	struct tell_facts f = { ENDS(20), .entry_revokes = true }, gone = { LIVE(80), .let_go = "xn--wgv71a119e.jp, a.jp", .name = "www" };
	struct tell_event out[TELL_MAX];
	struct store_state st = { 0 };

	(void)state;
	f.name = "www";
	f.entry = "xn--wgv71a119e.jp";
	assert_int_equal(tell_decide(&f, &st, NOW, out), 1);
	assert_non_null(strstr(out[0].text, "the registered 日本語.jp (xn--wgv71a119e.jp) ends on"));
	assert_non_null(strstr(out[0].text, "tegata entitlements renew xn--wgv71a119e.jp"));
	tell_event_clear(&out[0]);
	assert_int_equal(tell_decide(&gone, &st, NOW, out), 1);
	assert_non_null(strstr(out[0].text, "is without 日本語.jp (xn--wgv71a119e.jp), a.jp, whose"));
	assert_string_equal(out[0].detail, "0A xn--wgv71a119e.jp, a.jp");
	tell_event_clear(&out[0]);
}

static void keys_are_stable(void **state)
{
	struct tell_event a = { .id = EVENTS_RENEWED, .detail = (char[]){ "0A" } }, b = { .id = EVENTS_RENEWED, .detail = (char[]){ "0B" } };
	char *one = tell_event_key(&a, "www"), *two = tell_event_key(&b, "www");

	(void)state;
	assert_string_equal(one, "renewed/www/03a51bd6760f743e");
	assert_string_not_equal(one, two);
	free(one);
	free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),                 cmocka_unit_test(each_event_once),    cmocka_unit_test(a_story),
		cmocka_unit_test(hooks_that_never_take_it), cmocka_unit_test(what_the_words_say), cmocka_unit_test(keys_are_stable),
		cmocka_unit_test(what_is_said_of_an_entry), cmocka_unit_test(told_later),
		cmocka_unit_test(a_clock_that_goes_back),  cmocka_unit_test(names_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
