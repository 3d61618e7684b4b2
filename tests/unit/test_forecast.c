/* The forecast, by scenarios that are read off line by line: rules 16-20 and the schedule of rules.md §4. */
#include "config.h"

#include "entitle/forecast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forecast_maker.h"

static void assert_forecast(struct maker *m, const char *expected)
{
	struct forecast f = {0};
	char *shown;

	forecast_make(&m->in, &f);
	assert_int_equal(f.at, m->in.at);
	assert_int_equal(f.until, m->in.until);
	assert_false(f.cut);
	shown = maker_show_all(&f);
	assert_string_equal(shown, expected);
	free(shown);
	forecast_clear(&f);
	maker_clear(m);
}

/*
 * Rule 17: on 2027-02-28 example.jp ends: certificates A and B are revoked, b.example.jp falls with them. (The end is the first
 * instant of 2027-03-01.)
 */
static void rule_17_the_blast_radius(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "example.jp@2026-02-19 b.example.jp=2027-09-30 idle.jp=2027-02-10", "2027-01-01", "2027-04-30");
	maker_add(&m, "B", "example.jp b.example.jp", "2026-12-10", 90);
	maker_add(&m, "A", "example.jp www.example.jp", "2026-11-20", 90);
	maker_add(&m, "C", "b.example.jp", "2026-11-20", 90);
	assert_forecast(&m,
	                "2027-01-19 renewal C end=2027-04-19\n"
	                "2027-01-19 last-renewal A entry=example.jp end=2027-04-19\n"
	                "2027-02-08 renewal B end=2027-05-09\n"
	                "2027-02-10 pay-by entry=idle.jp end=2027-02-11\n"
	                "2027-02-11 lapse entry=idle.jp end=2027-02-11\n"
	                "2027-02-28 pay-by entry=example.jp certificates=A,B end=2027-03-01\n"
	                "2027-03-01 lapse entry=example.jp certificates=A,B names=example.jp,www.example.jp end=2027-03-01\n"
	                "2027-03-01 revocation A entry=example.jp names=example.jp,www.example.jp end=2027-03-01\n"
	                "2027-03-01 revocation B entry=example.jp names=example.jp,b.example.jp innocent=b.example.jp end=2027-03-01\n"
	                "2027-03-01 blocked A entry=example.jp names=example.jp,www.example.jp\n"
	                "2027-03-01 blocked B entry=example.jp names=example.jp\n"
	                "2027-03-20 renewal C end=2027-06-18\n");
}

/* Rule 18: 2027-01-15..2027-04-15, the entry ends 2027-02-28: the certificate is over then, not at notAfter. */
static void rule_18_before_not_after(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "a.jp=2027-02-28", "2027-01-20", "2027-05-31");
	maker_add(&m, "A", "a.jp", "2027-01-15", 90);
	assert_forecast(&m,
	                "2027-02-28 pay-by entry=a.jp certificates=A end=2027-03-01\n"
	                "2027-03-01 lapse entry=a.jp certificates=A names=a.jp end=2027-03-01\n"
	                "2027-03-01 revocation A entry=a.jp names=a.jp end=2027-03-01\n"
	                "2027-03-01 blocked A entry=a.jp names=a.jp\n");
}

/* Rule 19: with on_lapse: shrink, prepared 7 and in place 2 days before; a certificate of which nothing would be left falls. */
static void rule_19_shrink(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "example.jp@2026-02-19 b.example.jp=2027-09-30", "2027-01-01", "2027-06-30");
	maker_add(&m, "B", "example.jp b.example.jp", "2026-12-10", 90)->shrinks = true;
	maker_add(&m, "A", "example.jp www.example.jp", "2026-11-20", 90)->shrinks = true;
	assert_forecast(&m,
	                "2027-01-19 last-renewal A entry=example.jp end=2027-04-19\n"
	                "2027-02-08 renewal B end=2027-05-09\n"
	                "2027-02-27 shrink B entry=example.jp names=example.jp end=2027-05-23\n"
	                "2027-02-28 pay-by entry=example.jp certificates=A end=2027-03-01\n"
	                "2027-03-01 lapse entry=example.jp certificates=A names=example.jp,www.example.jp end=2027-03-01\n"
	                "2027-03-01 revocation A entry=example.jp names=example.jp,www.example.jp end=2027-03-01\n"
	                "2027-03-01 blocked A entry=example.jp names=example.jp,www.example.jp\n"
	                "2027-04-23 renewal B end=2027-07-22\n"
	                "2027-06-22 renewal B end=2027-09-20\n");
}

/* Two ends after one another; each takes its name. A life of three days is over before the switch, so it is not prepared early. */
static void shrink_twice_and_short_lives(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "a.jp=2027-02-28 b.jp=2027-03-10 c.jp=2027-12-31", "2027-02-25", "2027-03-11");
	maker_add(&m, "A", "a.jp b.jp c.jp", "2027-02-20", 90)->shrinks = true;
	maker_add(&m, "S", "a.jp c.jp", "2027-02-24", 3)->shrinks = true;
	m.in.until = maker_day("2027-02-28");
	assert_forecast(&m,
	                "2027-02-25T12:00:00 renewal S end=2027-02-28T12:00:00\n"
	                "2027-02-27 shrink A entry=a.jp names=a.jp end=2027-05-26\n"
	                "2027-02-27 shrink S entry=a.jp names=a.jp end=2027-03-02\n"
	                "2027-02-28 pay-by entry=a.jp end=2027-03-01\n");

	maker_init(&m, "jpdirect", "a.jp=2027-02-28 b.jp=2027-03-10 c.jp=2027-12-31", "2027-02-25", "2027-03-11");
	maker_add(&m, "A", "a.jp b.jp c.jp", "2027-02-20", 90)->shrinks = true;
	assert_forecast(&m,
	                "2027-02-27 shrink A entry=a.jp names=a.jp end=2027-05-26\n"
	                "2027-02-28 pay-by entry=a.jp end=2027-03-01\n"
	                "2027-03-01 lapse entry=a.jp end=2027-03-01\n"
	                "2027-03-09 shrink A entry=b.jp names=b.jp end=2027-06-02\n"
	                "2027-03-10 pay-by entry=b.jp end=2027-03-11\n"
	                "2027-03-11 lapse entry=b.jp end=2027-03-11\n");
}

/* Rules 1-3: the first issuance begins the period of every entry it uses; rule 20: renewed once, it ends a year later. */
static void rule_1_the_first_issuance_begins(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "a.jp b.jp *.b.jp", "2026-11-22", "2028-01-31");
	m.list.item[1].renewed = 1;
	assert_string_equal(m.list.item[1].fqdn, "a.jp");
	maker_add(&m, "A", "a.jp b.jp", NULL, 0)->renew_days = 20;
	assert_forecast(&m,
	                "2026-11-22 begin A entry=*.b.jp end=2027-12-01\n"
	                "2026-11-22 begin A entry=a.jp end=2028-12-01\n"
	                "2026-11-22 begin A entry=b.jp end=2027-12-01\n"
	                "2026-11-22 issue A end=2027-02-20\n"
	                "2027-01-31 renewal A end=2027-05-01\n"
	                "2027-04-11 renewal A end=2027-07-10\n"
	                "2027-06-20 renewal A end=2027-09-18\n"
	                "2027-08-29 renewal A end=2027-11-27\n"
	                "2027-11-07 last-renewal A entry=*.b.jp end=2028-02-05\n"
	                "2027-11-30 pay-by entry=*.b.jp certificates=A end=2027-12-01\n"
	                "2027-11-30 pay-by entry=b.jp certificates=A end=2027-12-01\n"
	                "2027-12-01 lapse entry=*.b.jp certificates=A names=b.jp end=2027-12-01\n"
	                "2027-12-01 lapse entry=b.jp certificates=A names=b.jp end=2027-12-01\n"
	                "2027-12-01 revocation A entry=*.b.jp names=a.jp,b.jp innocent=a.jp end=2027-12-01\n"
	                "2027-12-01 blocked A entry=*.b.jp names=b.jp\n");
}

/* An entry in doubt waits on while another one runs, and begins with the first issuance after that one's end. */
static void rule_17_overlap(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "b.jp=2027-02-28 *.b.jp", "2027-01-01", "2027-07-31");
	maker_add(&m, "A", "b.jp", "2026-12-20", 90);
	assert_forecast(&m,
	                "2027-02-18 renewal A end=2027-05-19\n"
	                "2027-02-28 pay-by entry=b.jp certificates=A end=2027-03-01\n"
	                "2027-03-01 lapse entry=b.jp certificates=A end=2027-03-01\n"
	                "2027-03-01 revocation A entry=b.jp names=b.jp innocent=b.jp end=2027-03-01\n"
	                "2027-03-01 begin A entry=*.b.jp end=2028-04-01\n"
	                "2027-03-01 renewal A end=2027-05-30\n"
	                "2027-04-30 renewal A end=2027-07-29\n"
	                "2027-06-29 renewal A end=2027-09-27\n");
}

/* sectigo: certificates live on; a day is counted in UTC. */
static void an_end_that_only_stops_issuance(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "sectigo", "b.jp=2027-02-28 a.jp", "2027-01-01", "2027-07-31");
	maker_add(&m, "A", "b.jp a.jp", "2026-12-20", 90);
	maker_add(&m, "S", "b.jp a.jp", "2026-12-20", 90)->shrinks = true;
	assert_forecast(&m,
	                "2027-02-18 renewal S end=2027-05-19\n"
	                "2027-02-18 last-renewal A entry=b.jp end=2027-05-19\n"
	                "2027-02-28T09:00:00 pay-by entry=b.jp certificates=A,S end=2027-03-01T09:00:00\n"
	                "2027-03-01T09:00:00 lapse entry=b.jp certificates=A,S names=b.jp end=2027-03-01T09:00:00\n"
	                "2027-04-19 shrink S entry=b.jp names=b.jp end=2027-07-18\n"
	                "2027-04-19 blocked A entry=b.jp names=b.jp end=2027-05-19\n"
	                "2027-05-19 expiry A end=2027-05-19\n"
	                "2027-06-18 renewal S end=2027-09-16\n");
}

/* The spans are told out of order and overlap; what was due meanwhile comes when they are over, if need be after an expiry. */
static void the_ca_is_down(void **state)
{
	struct forecast_span down[] = {
		{maker_day("2027-02-15"), maker_day("2027-02-27")},
		{maker_day("2027-02-01"), maker_day("2027-02-16")},
		{maker_day("2027-05-01"), maker_day("2027-05-01")},
		{maker_day("2027-06-20"), maker_day("2027-07-20")},
	};
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "b.jp=2027-02-28 a.jp", "2027-01-01", "2027-07-31");
	maker_add(&m, "A", "b.jp a.jp", "2026-12-10", 90)->shrinks = true;
	maker_add(&m, "B", "a.jp", "2026-12-10", 60);
	m.in.down = down;
	m.in.down_count = sizeof(down) / sizeof(*down);
	assert_forecast(&m,
	                "2027-01-19 begin B entry=a.jp end=2028-02-01\n"
	                "2027-01-19 renewal B end=2027-03-20\n"
	                "2027-02-08 blocked A end=2027-03-10\n"
	                "2027-02-27 shrink A entry=b.jp names=b.jp end=2027-05-28\n"
	                "2027-02-28 pay-by entry=b.jp end=2027-03-01\n"
	                "2027-02-28 renewal B end=2027-04-29\n"
	                "2027-03-01 lapse entry=b.jp end=2027-03-01\n"
	                "2027-04-09 renewal B end=2027-06-08\n"
	                "2027-04-28 renewal A end=2027-07-27\n"
	                "2027-05-19 renewal B end=2027-07-18\n"
	                "2027-06-27 blocked A end=2027-07-27\n"
	                "2027-06-28 blocked B end=2027-07-18\n"
	                "2027-07-18 expiry B end=2027-07-18\n"
	                "2027-07-20 renewal A end=2027-10-18\n"
	                "2027-07-20 renewal B end=2027-09-18\n");
}

/* Down through the whole week in which the smaller certificate would be made: it comes afterwards, before the end or after it. */
static void down_when_it_should_shrink(void **state)
{
	struct forecast_span down = {maker_day("2027-02-20"), maker_day("2027-02-28")};
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "b.jp=2027-02-28 a.jp=2028-01-31", "2027-02-10", "2027-03-31");
	maker_add(&m, "A", "b.jp a.jp", "2027-02-01", 90)->shrinks = true;
	m.in.down = &down;
	m.in.down_count = 1;
	assert_forecast(&m,
	                "2027-02-27 blocked A end=2027-05-02\n"
	                "2027-02-28 pay-by entry=b.jp certificates=A end=2027-03-01\n"
	                "2027-02-28 shrink A entry=b.jp names=b.jp end=2027-05-29\n"
	                "2027-03-01 lapse entry=b.jp end=2027-03-01\n");

	down.to = maker_day("2027-03-03");
	maker_init(&m, "jpdirect", "b.jp=2027-02-28 a.jp=2028-01-31", "2027-02-10", "2027-03-31");
	maker_add(&m, "A", "b.jp a.jp", "2027-02-01", 90)->shrinks = true;
	m.in.down = &down;
	m.in.down_count = 1;
	assert_forecast(&m,
	                "2027-02-27 blocked A end=2027-05-02\n"
	                "2027-02-28 pay-by entry=b.jp certificates=A end=2027-03-01\n"
	                "2027-03-01 lapse entry=b.jp certificates=A names=b.jp end=2027-03-01\n"
	                "2027-03-01 revocation A entry=b.jp names=b.jp,a.jp innocent=a.jp end=2027-03-01\n"
	                "2027-03-01 blocked A\n"
	                "2027-03-03 shrink A entry=b.jp names=b.jp end=2027-06-01\n");
}

/* Nothing lives on an entry any more once its certificate has fallen with another one. */
static void the_fallen_live_on_nothing(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "a.jp=2027-02-28 b.jp=2027-03-10", "2027-02-20", "2027-03-31");
	maker_add(&m, "A", "b.jp a.jp", "2027-02-01", 90);
	assert_forecast(&m,
	                "2027-02-28 pay-by entry=a.jp certificates=A end=2027-03-01\n"
	                "2027-03-01 lapse entry=a.jp certificates=A names=a.jp end=2027-03-01\n"
	                "2027-03-01 revocation A entry=a.jp names=b.jp,a.jp innocent=b.jp end=2027-03-01\n"
	                "2027-03-01 blocked A entry=a.jp names=a.jp\n"
	                "2027-03-10 pay-by entry=b.jp end=2027-03-11\n"
	                "2027-03-11 lapse entry=b.jp end=2027-03-11\n");
}

/* What the gate refuses today: an entry that is over already (what it revoked is gone), names that nobody registered. */
static void refused_from_the_beginning(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "b.jp=2026-12-28", "2027-01-01", "2027-07-31");
	maker_add(&m, "A", "b.jp a.jp", "2026-12-10", 90)->shrinks = true;
	maker_add(&m, "X", "x.jp", "2026-12-10", 90)->shrinks = true;
	maker_add(&m, "Y", "x.jp", NULL, 0);
	maker_add(&m, "Z", "", NULL, 0);
	assert_forecast(&m,
	                "2027-01-01 blocked A entry=b.jp names=b.jp,a.jp\n"
	                "2027-01-01 blocked Y names=x.jp\n"
	                "2027-02-08 blocked X names=x.jp end=2027-03-10\n"
	                "2027-03-10 expiry X end=2027-03-10\n");
}

/* rules.md §4, each at midnight UTC, and only where somebody gets shorter ones. */
static void limits_of_the_forum(void **state)
{
	static const struct { const char *at; int days; const char *next; } row[] = {
		{"2020-01-01T00:00:00Z", 398, "2026-03-15T00:00:00Z"},
		{"2026-03-14T23:59:59Z", 398, "2026-03-15T00:00:00Z"},
		{"2026-03-15T00:00:00Z", 200, "2027-03-15T00:00:00Z"},
		{"2027-03-14T23:59:59Z", 200, "2027-03-15T00:00:00Z"},
		{"2027-03-15T00:00:00Z", 100, "2029-03-15T00:00:00Z"},
		{"2029-03-14T23:59:59Z", 100, "2029-03-15T00:00:00Z"},
		{"2029-03-15T00:00:00Z", 47, NULL},
		{"9999-01-01T00:00:00Z", 47, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		int64_t at = 0, next = 0, found = -1;

		assert_int_equal(time_parse(row[i].at, &at), 0);
		if (row[i].next)
			assert_int_equal(time_parse(row[i].next, &next), 0);
		assert_int_equal(forecast_limit_days(at, &found), row[i].days);
		assert_int_equal(found, next);
		assert_int_equal(forecast_limit_days(at, NULL), row[i].days);
	}
}

static void lives_get_shorter(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "none", "", "2027-01-01", "2027-08-31");
	maker_add(&m, "long", "a.jp", "2026-11-01", 199);
	maker_add(&m, "fixed", "a.jp", "2026-11-01", 199)->fixed_life = true;
	maker_add(&m, "short", "a.jp", "2026-12-01", 90)->renew_permille = 100;
	assert_forecast(&m,
	                "2027-02-20 renewal short end=2027-05-21\n"
	                "2027-03-13T16:00:00 renewal fixed end=2027-09-28T16:00:00\n"
	                "2027-03-13T16:00:00 renewal long end=2027-09-28T16:00:00\n"
	                "2027-03-15T09:00:00 lifetime certificates=long days=100\n"
	                "2027-05-12 renewal short end=2027-08-10\n"
	                "2027-07-24T08:00:00 renewal fixed end=2028-02-08T08:00:00\n"
	                "2027-07-24T08:00:00 renewal long end=2027-11-01T08:00:00\n"
	                "2027-08-01 renewal short end=2027-10-30\n");
}

/* `--lifetime 47d`, and the time that was settled for what is live. */
static void another_lifetime(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "none", "", "2027-01-01", "2027-03-31");
	maker_add(&m, "A", "a.jp", "2026-12-01", 90)->renew_at = maker_day("2027-01-10");
	maker_add(&m, "late", "a.jp", "2026-12-01", 90)->renew_at = maker_day("2026-12-20");
	maker_add(&m, "expired", "a.jp", "2026-09-01", 90);
	maker_add(&m, "revoked", "a.jp", "2026-12-01", 90)->revoked = true;
	m.in.lifetime_sec = 47 * MAKER_DAY;
	assert_forecast(&m,
	                "2027-01-01 renewal expired end=2027-02-17\n"
	                "2027-01-01 renewal late end=2027-02-17\n"
	                "2027-01-01 renewal revoked end=2027-02-17\n"
	                "2027-01-10 renewal A end=2027-02-26\n"
	                "2027-02-01T08:00:00 renewal expired end=2027-03-20T08:00:00\n"
	                "2027-02-01T08:00:00 renewal late end=2027-03-20T08:00:00\n"
	                "2027-02-01T08:00:00 renewal revoked end=2027-03-20T08:00:00\n"
	                "2027-02-10T08:00:00 renewal A end=2027-03-29T08:00:00\n"
	                "2027-03-04T16:00:00 renewal expired end=2027-04-20T16:00:00\n"
	                "2027-03-04T16:00:00 renewal late end=2027-04-20T16:00:00\n"
	                "2027-03-04T16:00:00 renewal revoked end=2027-04-20T16:00:00\n"
	                "2027-03-13T16:00:00 renewal A end=2027-04-29T16:00:00\n");
}

/* On the last day itself it is still time to pay; a moment later it is not. */
static void on_the_last_day(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, "none", "", "2027-02-28", "2027-03-01");
	m.rule = *rule_preset("jpdirect");
	maker_list("a.jp=2027-02-28", &m.list);
	maker_add(&m, "A", "a.jp", "2027-02-20", 90);
	m.in.at += 15 * 3600;
	m.in.until = m.in.at;
	assert_forecast(&m, "2027-02-28T15:00:00 pay-by entry=a.jp certificates=A end=2027-03-01\n");
}

/* The same names under two rules: the periods are two, and so are the ends. */
static void two_rules(void **state)
{
	struct rule utc = *rule_preset("jpdirect");
	struct maker m;

	(void)state;
	utc.utc_offset_sec = 0;
	utc.end = RULE_END_STOP;
	maker_init(&m, "jpdirect", "a.jp=2027-02-28 b.jp", "2027-02-20", "2027-03-03");
	maker_add(&m, "J", "a.jp", "2027-02-10", 90);
	maker_add(&m, "U", "a.jp", "2027-02-10", 90)->rule = &utc;
	assert_forecast(&m,
	                "2027-02-28 pay-by entry=a.jp certificates=J end=2027-03-01\n"
	                "2027-02-28T09:00:00 pay-by entry=a.jp certificates=U end=2027-03-01T09:00:00\n"
	                "2027-03-01 lapse entry=a.jp certificates=J names=a.jp end=2027-03-01\n"
	                "2027-03-01 revocation J entry=a.jp names=a.jp end=2027-03-01\n"
	                "2027-03-01 blocked J entry=a.jp names=a.jp\n"
	                "2027-03-01T09:00:00 lapse entry=a.jp certificates=U names=a.jp end=2027-03-01T09:00:00\n");
}

static void what_if_the_entry_is_renewed(void **state)
{
	struct forecast now = {0}, then = {0};
	struct forecast_diff d = {0};
	struct maker m;

	(void)state;
	maker_init(&m, "jpdirect", "a.jp@2026-02-19 b.jp", "2027-02-20", "2027-03-31");
	maker_add(&m, "A", "a.jp b.jp", "2027-01-20", 90);
	forecast_make(&m.in, &now);
	m.list.item[0].renewed++;
	forecast_make(&m.in, &then);
	forecast_compare(&now, &then, &d);
	assert_int_equal(d.gone_count, 4);
	assert_int_equal(d.gone[0]->kind, FORECAST_PAY_BY);
	assert_int_equal(d.gone[1]->kind, FORECAST_LAPSE);
	assert_int_equal(d.gone[2]->kind, FORECAST_REVOCATION);
	assert_int_equal(d.gone[3]->kind, FORECAST_BLOCKED);
	assert_int_equal(d.added_count, 2);
	assert_int_equal(d.added[0]->kind, FORECAST_BEGIN);
	assert_int_equal(d.added[1]->kind, FORECAST_RENEWAL);
	forecast_diff_clear(&d);
	assert_null(d.added);
	forecast_clear(&now);
	forecast_clear(&then);
	maker_clear(&m);
}

/* Certificates that live for a second would make events for ever. */
static void it_stops_somewhere(void **state)
{
	struct forecast f = {0};
	struct maker m;

	(void)state;
	maker_init(&m, "none", "", "2027-01-01", "2036-12-31");
	maker_add(&m, "A", "a.jp", NULL, 0);
	m.in.lifetime_sec = 1;
	forecast_make(&m.in, &f);
	assert_true(f.cut);
	assert_int_equal(f.count, FORECAST_EVENTS_MAX);
	forecast_clear(&f);
	assert_int_equal(f.count, 0);
	maker_clear(&m);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (int a = 0; a < FORECAST_KIND_COUNT; a++)
		for (int b = 0; b < FORECAST_KIND_COUNT; b++)
			assert_int_equal(strcmp(forecast_kind_name((enum forecast_kind)a), forecast_kind_name((enum forecast_kind)b)) == 0,
			                 a == b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_17_the_blast_radius),
		cmocka_unit_test(rule_18_before_not_after),
		cmocka_unit_test(rule_19_shrink),
		cmocka_unit_test(shrink_twice_and_short_lives),
		cmocka_unit_test(rule_1_the_first_issuance_begins),
		cmocka_unit_test(rule_17_overlap),
		cmocka_unit_test(an_end_that_only_stops_issuance),
		cmocka_unit_test(the_ca_is_down),
		cmocka_unit_test(down_when_it_should_shrink),
		cmocka_unit_test(the_fallen_live_on_nothing),
		cmocka_unit_test(refused_from_the_beginning),
		cmocka_unit_test(limits_of_the_forum),
		cmocka_unit_test(lives_get_shorter),
		cmocka_unit_test(another_lifetime),
		cmocka_unit_test(on_the_last_day),
		cmocka_unit_test(two_rules),
		cmocka_unit_test(what_if_the_entry_is_renewed),
		cmocka_unit_test(it_stops_somewhere),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
