/* Years of an hourly timer, put together from the pure decisions alone: due, back-off, plan. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fake/fake_clock.h"
#include "run/backoff.h"
#include "run/due.h"
#include "run/plan.h"

#define HOUR 3600
#define DAY 86400
#define BEGIN INT64_C(1800000000)

static uint64_t random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static int64_t random_below(uint64_t *x, int64_t n)
{
	return (int64_t)(random_next(x) % (uint64_t)n);
}

/* One machine with one certificate. */
struct host {
	struct fake_clock clock;
	struct strs names;
	char id[24];
	int64_t life;
	struct due_facts live;
	struct store_state st;
	char why[16];
	struct err last;   /* failure */
	int64_t busy_until;
	int64_t tick;      /* of the timer, after the full hour */
	int64_t fetch_at;
	/* What happened. */
	int orders, issued, waited;
	int64_t last_issued;
	int64_t wanted_since; /* 0 = nothing is wanted */
	bool below_floor;
};

/* What the CA does in an hour. */
struct ca {
	bool down;
	struct err failure;
	bool ari;
	int64_t window; /* begins that long after notBefore */
	int64_t wide;
};

static void host_issue(struct host *h, int64_t now)
{
	h->live = (struct due_facts){ .not_before = now - HOUR, .not_after = now - HOUR + h->life };
	h->live.seed = due_seed(h->id, "www", h->live.not_before);
	h->fetch_at = now;
	h->st.failures = 0;
	h->st.last_error = NULL;
	h->st.last_error_at = h->st.retry_at = 0;
	h->st.retry_why = NULL;
	h->last_issued = now;
	h->wanted_since = 0;
}

static void host_init(struct host *h, int number, int64_t life, int64_t now)
{
	*h = (struct host){ .life = life };
	fake_clock_init(&h->clock, now);
	snprintf(h->id, sizeof h->id, "host-%d", number);
	strs_add(&h->names, "www.example");
	h->tick = (int64_t)(due_seed(h->id, "tick", 0) % HOUR);
	host_issue(h, now);
}

static void host_clear(struct host *h)
{
	strs_clear(&h->names);
}

static int64_t floor_of(const struct err *e, int failures)
{
	static const int64_t ladder[] = { 0, 60, 600, 6000 };
	int64_t least = failures > 3 || backoff_is_lasting(e->kind, e->problem_type) ? 23 * HOUR : ladder[failures];

	if (e->kind == ERR_RATELIMIT && least < HOUR)
		least = HOUR;
	return least;
}

static void host_order(struct host *h, const struct ca *ca, int64_t now)
{
	static char text[] = "it failed";
	int64_t done = now + (int64_t)(due_seed(h->id, "run", now) % 600); /* a run takes up to ten minutes */
	struct err e = ca->failure;
	struct backoff_next next;

	h->orders++;
	if (h->st.failures > 0 && now - h->st.last_error_at < floor_of(&h->last, h->st.failures))
		h->below_floor = true;
	if (!ca->down) {
		h->issued++;
		host_issue(h, now);
		return;
	}
	if (e.retry_at != 0)
		e.retry_at += done;
	h->last = e;
	h->busy_until = done;
	h->st.failures += h->st.failures < INT32_MAX;
	h->st.last_error = text;
	h->st.last_error_at = done;
	next = backoff_after(&e, h->st.failures, done, h->live.seed);
	h->st.retry_at = next.at;
	snprintf(h->why, sizeof h->why, "%s", next.why ? backoff_why_name(next.why) : "");
	h->st.retry_why = next.why ? h->why : NULL;
}

static void host_fetch(struct host *h, const struct ca *ca, int64_t now)
{
	if (!ca->ari || ca->down || now < h->fetch_at)
		return;
	h->live.window_start = h->live.not_before + ca->window;
	h->live.window_end = h->live.window_start + ca->wide;
	h->live.window_at = now;
	h->fetch_at = now + 6 * HOUR;
}

/* One run of the timer. */
static enum plan_action host_visit(struct host *h, const struct ca *ca, int64_t now)
{
	struct plan_wanted w = { .names = &h->names, .key_type = "rsa2048", .ca = "ca" };
	struct plan_found f = { .live = true, .names = &h->names, .key_type = "rsa2048", .ca = "ca", .generation = 1 };
	struct plan_decision d;

	host_fetch(h, ca, now);
	f.due = h->live;
	f.wait = backoff_now(&h->st, true, now);
	d = plan_decide(&w, &f, now);
	if (d.action != PLAN_KEEP && h->wanted_since == 0)
		h->wanted_since = now;
	h->waited += d.action == PLAN_WAIT;
	if (d.action == PLAN_ISSUE)
		host_order(h, ca, now);
	return d.action;
}

static int64_t host_tick(struct host *h)
{
	clock_sleep_ms(&h->clock.clock, (int64_t)HOUR * 1000);
	return clock_now(&h->clock.clock) + h->tick;
}

/* Two years of a CA that is always there: one renewal for each two thirds (half) of a lifetime, neither more nor fewer. */
static void two_good_years(void **state)
{
	static const struct { int64_t life; int least, most; } lives[] = {
		{ 90 * DAY, 11, 12 }, { 47 * DAY, 22, 23 }, { 6 * DAY, 216, 246 }, { 10 * DAY, 103, 111 }, { 100 * DAY, 10, 11 },
		{ 200 * DAY, 5, 5 }, { 398 * DAY, 2, 2 },
	};
	struct ca ca = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
		for (int host = 0; host < 5; host++) {
			struct host h;
			int64_t plain = due_plain(0, lives[i].life), left = lives[i].life - plain;
			int64_t spread = left / 8 < DAY ? left / 8 : DAY;

			host_init(&h, host, lives[i].life, BEGIN);
			for (int hour = 0; hour < 730 * 24; hour++) {
				int64_t now = host_tick(&h), since = h.last_issued;

				if (host_visit(&h, &ca, now) == PLAN_ISSUE)
					assert_in_range(now - since, plain - HOUR, plain + spread + HOUR);
				assert_true(now < h.live.not_after);
			}
			if (h.issued < lives[i].least || h.issued > lives[i].most || h.orders != h.issued)
				fail_msg("life of %d days: %d renewals", (int)(lives[i].life / DAY), h.issued);
			host_clear(&h);
		}
	}
}

/* Each way to fail, for forty days. retry_at: after the failure. */
static const struct { struct err e; int least; } classes[] = {
	{ { .kind = ERR_USAGE }, 40 }, { { .kind = ERR_CONFIG }, 40 }, { { .kind = ERR_REFUSED }, 40 }, { { .kind = ERR_IO }, 40 },
	{ { .kind = ERR_NET }, 40 }, { { .kind = ERR_CA }, 40 }, { { .kind = ERR_CHALLENGE }, 40 }, { { .kind = ERR_CERTIFICATE }, 40 },
	{ { .kind = ERR_HOOK }, 40 }, { { .kind = ERR_INTERNAL }, 40 }, { { .kind = ERR_RATELIMIT }, 40 },
	{ { .kind = ERR_RATELIMIT, .retry_at = 30 }, 40 }, { { .kind = ERR_RATELIMIT, .retry_at = 6 * HOUR }, 40 },
	{ { .kind = ERR_RATELIMIT, .retry_at = 7 * DAY }, 5 }, { { .kind = ERR_RATELIMIT, .retry_at = 4000 * DAY }, 5 },
	{ { .kind = ERR_NET, .retry_at = 2 * DAY }, 18 }, { { .kind = ERR_CA, .problem_type = (char[]){ "serverInternal" }, .http_status = 500 }, 40 },
	{ { .kind = ERR_CHALLENGE, .problem_type = (char[]){ "caa" } }, 40 },
	{ { .kind = ERR_CHALLENGE, .problem_type = (char[]){ "rejectedIdentifier" }, .http_status = 400 }, 40 },
	{ { .kind = ERR_CA, .problem_type = (char[]){ "accountDoesNotExist" }, .http_status = 400 }, 40 },
	{ { .kind = ERR_CHALLENGE, .problem_type = (char[]){ "unauthorized" }, .http_status = 403 }, 40 },
};

static void forty_days_of_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		for (int host = 0; host < 30; host++) {
			struct ca ca = { .down = true, .failure = classes[i].e };
			int64_t last = 0, widest = 0;
			struct host h;

			host_init(&h, host, 90 * DAY, BEGIN);
			fake_clock_init(&h.clock, BEGIN + 62 * DAY);
			for (int hour = 0; hour < 40 * 24; hour++) {
				int64_t now = host_tick(&h);

				if (host_visit(&h, &ca, now) == PLAN_ISSUE) {
					widest = last && now - last > widest ? now - last : widest;
					last = now;
				}
			}
			if (h.orders > 45 || h.orders < classes[i].least || h.below_floor)
				fail_msg("class %zu: %d orders, %s", i, h.orders, h.below_floor ? "too soon" : "none too soon");
			if (classes[i].least == 40)
				assert_true(widest <= DAY); /* and no day without a try */
			assert_true(h.waited > 800);
			host_clear(&h);
		}
	}
}

/* Somebody's cron runs it every minute: that changes nothing. */
static void an_impatient_timer(void **state)
{
	struct ca ca = { .down = true, .failure = { .kind = ERR_NET } };
	struct host h;

	(void)state;
	host_init(&h, 1, 90 * DAY, BEGIN);
	for (int minute = 0; minute < 40 * 24 * 60; minute++)
		if (BEGIN + 62 * DAY + minute * 60 >= h.busy_until) /* the lock sees to that */
			host_visit(&h, &ca, BEGIN + 62 * DAY + minute * 60);
	assert_in_range(h.orders, 40, 46);
	assert_false(h.below_floor);
	host_clear(&h);
}

/* The CA is there and away by turns. Hours in which it was there at a stretch since renewal was wanted are counted. */
struct weather {
	uint64_t random;
	int64_t up_most, down_most; /* hours */
	int64_t left;
	bool down;
};

static void weather_hour(struct weather *w, struct ca *ca)
{
	static const enum err_kind kinds[] = { ERR_NET, ERR_CA, ERR_RATELIMIT, ERR_REFUSED, ERR_CHALLENGE };

	if (w->left-- <= 0) {
		w->down = !w->down;
		w->left = random_below(&w->random, w->down ? w->down_most : w->up_most);
	}
	ca->down = w->down;
	ca->failure = (struct err){ .kind = kinds[random_below(&w->random, 5)] };
	if (random_below(&w->random, 4) == 0)
		ca->failure.retry_at = random_below(&w->random, 20 * HOUR);
}

static void the_ca_comes_and_goes(void **state)
{
	static const int64_t lives[] = { 90 * DAY, 47 * DAY, 6 * DAY };
	static const int64_t spells[][2] = { { 30, 200 }, { 26, 26 }, { 48, 24 * 30 }, { 24 * 10, 24 * 60 }, { 3, 300 }, { 100, 10 }, { 25, 2000 } };
	const int n = sizeof spells / sizeof *spells;
	int expired = 0, issued = 0;

	(void)state;
	for (int pattern = 0; pattern < 84; pattern++) {
		struct weather weather = { .random = (uint64_t)pattern * 7919 + 1, .up_most = spells[pattern % n][0],
		                           .down_most = spells[pattern % n][1] };
		struct ca ca = { .ari = pattern % 2, .window = lives[pattern % 3] * 2 / 3, .wide = lives[pattern % 3] / 50 };
		int64_t stretch = 0, longest = 0;
		struct host h;

		host_init(&h, pattern, lives[pattern % 3], BEGIN);
		for (int hour = 0; hour < 730 * 24; hour++) {
			int64_t now = host_tick(&h);

			weather_hour(&weather, &ca);
			host_visit(&h, &ca, now);
			stretch = ca.down || h.wanted_since == 0 ? 0 : stretch + 1;
			if (h.wanted_since == 0)
				longest = 0;
			else if (now < h.live.not_after && stretch > longest)
				longest = stretch;
			if (now >= h.live.not_after) {
				expired++;
				if (longest >= 24)
					fail_msg("pattern %d, hour %d: expired although the CA was there for %d hours", pattern, hour, (int)longest);
			}
		}
		issued += h.issued;
		assert_false(h.below_floor);
		host_clear(&h);
	}
	assert_true(expired > 0 && issued > 500); /* the weather was bad enough to mean something, and good enough */
}

/* Whatever a CA that is there suggests, and however it changes its mind, nothing expires and nothing is ordered without end. */
static void any_suggestion(void **state)
{
	uint64_t random = 4711;

	(void)state;
	for (int pattern = 0; pattern < 60; pattern++) {
		struct ca ca = { 0 };
		struct host h;

		host_init(&h, pattern, 90 * DAY, BEGIN);
		for (int hour = 0; hour < 365 * 24; hour++) {
			int64_t now = host_tick(&h), since = h.last_issued;

			if (random_below(&random, 200) == 0) {
				ca.ari = random_below(&random, 3) > 0;
				ca.window = (30 + random_below(&random, 170)) * DAY;
				ca.wide = (random_below(&random, 20) - 4) * DAY;
			}
			if (host_visit(&h, &ca, now) == PLAN_ISSUE)
				assert_in_range(now - since, 30 * DAY - 3 * HOUR, 81 * DAY + HOUR);
			assert_true(now < h.live.not_after - 8 * DAY);
		}
		assert_in_range(h.issued, 4, 12);
		host_clear(&h);
	}
}

/* A drill: all windows move into the past; each host acts on it when it next asks, within a run of its timer. */
static void a_window_in_the_past(void **state)
{
	struct ca ca = { .ari = true, .window = 60 * DAY, .wide = 2 * DAY };
	struct host h;

	(void)state;
	host_init(&h, 1, 90 * DAY, BEGIN);
	for (int hour = 0; hour < 20 * 24; hour++)
		assert_int_equal(host_visit(&h, &ca, host_tick(&h)), PLAN_KEEP);
	ca.window = DAY;
	for (int hour = 0; hour < 7; hour++)
		host_visit(&h, &ca, host_tick(&h));
	assert_int_equal(h.issued, 1);
	ca.window = 60 * DAY;
	for (int hour = 0; hour < 50 * 24; hour++)
		assert_int_equal(host_visit(&h, &ca, host_tick(&h)), PLAN_KEEP);
	host_clear(&h);
}

/* 1,000 machines made of one image at one second: no hour, and no minute, holds more than its share of their orders. */
static void a_fleet(void **state)
{
	enum { HOSTS = 1000, HOURS = 70 * 24 };
	static const struct { bool ari; int down_from, down_to, most; } fleets[] = { /* down: hours; most: orders in an hour */
		{ false, 0, 0, 80 }, { true, 0, 0, 60 }, { false, 60 * 24, 63 * 24, 300 },
	};
	static int per_hour[HOURS], per_minute[HOURS * 60 + 60];

	(void)state;
	for (size_t i = 0; i < sizeof fleets / sizeof *fleets; i++) {
		int issued = 0;

		memset(per_hour, 0, sizeof per_hour);
		memset(per_minute, 0, sizeof per_minute);
		for (int host = 0; host < HOSTS; host++) {
			struct host h;

			host_init(&h, host, 90 * DAY, BEGIN);
			fake_clock_init(&h.clock, BEGIN + 58 * DAY);
			for (int hour = 58 * 24; hour < HOURS; hour++) {
				struct ca ca = { .down = hour >= fleets[i].down_from && hour < fleets[i].down_to, .failure = { .kind = ERR_NET },
				                 .ari = fleets[i].ari, .window = 61 * DAY, .wide = 2 * DAY };
				int64_t now = host_tick(&h);

				if (host_visit(&h, &ca, now) == PLAN_ISSUE) {
					per_hour[hour]++;
					per_minute[(now - BEGIN) / 60 - 60]++;
				}
			}
			issued += h.issued;
			host_clear(&h);
		}
		assert_int_equal(issued, HOSTS);
		for (int hour = 0; hour < HOURS; hour++)
			if (per_hour[hour] > fleets[i].most)
				fail_msg("fleet %zu: %d orders in hour %d", i, per_hour[hour], hour);
		for (int minute = 0; minute < HOURS * 60; minute++)
			if (per_minute[minute] > 15)
				fail_msg("fleet %zu: %d orders in minute %d", i, per_minute[minute], minute);
	}
}

/* The clock runs two years ahead for a while, and orders fail in that time; or it stood at 1970. Neither holds anything back. */
static void a_clock_that_jumps(void **state)
{
	static const int64_t jumps[] = { 700 * DAY, 40 * DAY, 5 * HOUR, -BEGIN - 60 * DAY };

	(void)state;
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct ca bad = { .down = true, .failure = { .kind = ERR_RATELIMIT, .retry_at = 7 * DAY } }, good = { 0 };
		int64_t due = BEGIN + 62 * DAY;
		struct host h;

		host_init(&h, 1, 90 * DAY, BEGIN);
		host_order(&h, &bad, due + jumps[i]);
		assert_int_equal(h.st.failures, 1);
		assert_int_equal(host_visit(&h, &good, due), PLAN_ISSUE);
		assert_int_equal(h.issued, 1);
		host_clear(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_good_years),       cmocka_unit_test(forty_days_of_failure), cmocka_unit_test(an_impatient_timer),
		cmocka_unit_test(the_ca_comes_and_goes), cmocka_unit_test(any_suggestion),       cmocka_unit_test(a_window_in_the_past),
		cmocka_unit_test(a_fleet),              cmocka_unit_test(a_clock_that_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
