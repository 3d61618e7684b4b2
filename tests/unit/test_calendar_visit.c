#include "config.h"

#include "visit_maker.h"

#include <stdio.h>

#define HOUR 3600
#define DAY 86400
#define ONE "  - {name: one, names: [a.example], challenge: {webroot: \"@\"}}\n"

/* A CA that is not there at all for some hours of the calendar. */
struct calendar {
	struct rig *p;
	struct http_port port;
	bool down;
	int64_t hours, expired_hours;
	int failed, waiting, issued;
};

static int calendar_perform(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct calendar *c = self;

	if (!c->down)
		return c->p->w->ca.port.perform(c->p->w->ca.port.self, q, n, r, e);
	for (size_t i = 0; i < n; i++)
		err_set(&r[i].err, ERR_NET, "no answer");
	return 0;
}

static void begin(struct calendar *c, struct rig *p)
{
	*c = (struct calendar){.p = p};
	c->port = (struct http_port){.self = c, .perform = calendar_perform};
	rig_open(p, ONE);
	p->r->s.port = &c->port;
	p->w->ca.validity_sec = 90 * DAY;
	p->w->ca.webroot = NULL;
}

/* One visit, then an hour. */
static void one_hour(struct calendar *c)
{
	struct visit_options o = {0};
	struct visit_report report = rig_visit_as(c->p, &o);
	const struct visit_item *item = &report.item[0];
	const struct err *worst = visit_worst(&report);

	c->issued += item->outcome == VISIT_ISSUED;
	c->failed += item->outcome == VISIT_FAILED;
	c->waiting += item->outcome == VISIT_WAITING;
	assert_true((worst != NULL) == (item->outcome == VISIT_FAILED || item->outcome == VISIT_WAITING));
	if (item->outcome == VISIT_WAITING)
		assert_int_not_equal(item->err.kind, ERR_NONE);
	c->expired_hours += item->not_after <= clock_now(c->p->r->s.clock);
	c->hours++;
	visit_report_clear(&report);
	rig_wait(c->p, HOUR);
}

static void pass(struct calendar *c, int64_t hours)
{
	for (int64_t i = 0; i < hours; i++)
		one_hour(c);
}

/* One certificate about every sixty days, and never one that has ended. */
static void two_years(void **state)
{
	for (int ari = 0; ari <= 1; ari++) {
		struct calendar c;
		struct rig *p;

		rig_setup(state);
		p = *state;
		begin(&c, p);
		p->w->ca.offers_renewal_info = ari == 1;
		pass(&c, 2 * 365 * 24);
		if (c.issued < 12 || c.issued > 13 || p->w->ca.calls[FAKE_NEW_ORDER] != c.issued)
			fail_msg("%d certificates, %d orders", c.issued, p->w->ca.calls[FAKE_NEW_ORDER]);
		assert_int_equal(c.failed, 0);
		assert_int_equal(c.expired_hours, 0);
		if (ari == 1)
			assert_in_range(p->w->ca.calls[FAKE_RENEWAL_INFO], 2 * 365 * 3, 2 * 365 * 4 + 20);
		rig_listed(p, "generations/one", c.issued == 12 ? "000008 000009 000010 000011 000012" : "000009 000010 000011 000012 000013");
		fake_ca_expect_strict(&p->w->ca);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* Days that are not there, lives of six days: renewed every third day or so. */
static void six_days(void **state)
{
	struct rig *p = *state;
	struct calendar c;

	begin(&c, p);
	p->w->ca.validity_sec = 6 * DAY;
	pass(&c, 60 * 24);
	assert_in_range(c.issued, 17, 20);
	assert_int_equal(c.failed + c.expired_hours, 0);
}

static const struct outage { struct fake_script s; bool down; const char *failing; int most; } outages[] = {
	{{.at = FAKE_DIRECTORY}, true, NULL, 0},
	{{.at = FAKE_NEW_ORDER, .bend = FAKE_LOSE_REQUEST}, false, NULL, 45},
	{{.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 500, .problem = "serverInternal"}, false, NULL, 45},
	{{.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 503, .retry_after = "7200"}, false, NULL, 45},
	{{.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 403, .problem = "rejectedIdentifier"}, false, NULL, 41},
	{{.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 429, .problem = "rateLimited", .retry_after = "259200"}, false, NULL, 14},
	{{.at = FAKE_FINALIZE, .bend = FAKE_REFUSE, .status = 400, .problem = "badCSR"}, false, NULL, 45},
	{{.at = FAKE_CERT, .bend = FAKE_LOSE_REQUEST}, false, NULL, 45},
	{{.at = FAKE_DIRECTORY, .bend = FAKE_EDIT}, false, "a.example", 45},
};

/* Forty days in which nothing succeeds: what is asked of the CA stays little, the state says why, and the first day after is well. */
static void forty_days_of_failure(void **state)
{
	for (size_t i = 0; i < sizeof outages / sizeof *outages; i++) {
		struct calendar c;
		struct store_state st;
		struct rig *p;
		int orders;

		rig_setup(state);
		p = *state;
		begin(&c, p);
		if (outages[i].failing != NULL)
			p->w->ca.failure[0] = (struct fake_failure){outages[i].failing, "connection", "time-out"};
		else if (!outages[i].down)
			fake_ca_bend(&p->w->ca, outages[i].s);
		c.down = outages[i].down;
		pass(&c, 40 * 24);
		orders = p->w->ca.calls[FAKE_NEW_ORDER];
		if (orders > outages[i].most || c.issued > 0 || c.failed > 45 || c.failed + c.waiting != 40 * 24)
			fail_msg("row %zu: %d orders, %d failures, %d issued", i, orders, c.failed, c.issued);
		st = rig_state(p, "one");
		assert_int_equal(st.failures, c.failed);
		assert_non_null(st.failed_for);
		store_state_clear(&st);
		p->w->ca.script_count = 0;
		memset(p->w->ca.failure, 0, sizeof p->w->ca.failure);
		c.down = false;
		pass(&c, i == 5 ? 3 * 24 + 9 : 25);
		if (c.issued != 1)
			fail_msg("row %zu: not well a day later", i);
		st = rig_state(p, "one");
		assert_int_equal(st.failures, 0);
		assert_null(st.retry_why);
		store_state_clear(&st);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* The CA is away for weeks at the worst time and there for a day now and then: no hour with an ended certificate. */
static void a_day_now_and_then(void **state)
{
	struct rig *p = *state;
	struct calendar c;

	begin(&c, p);
	pass(&c, 50 * 24);
	for (int i = 0; i < 10; i++) {
		c.down = true;
		pass(&c, 28 * 24);
		c.down = false;
		pass(&c, 24);
	}
	assert_int_equal(c.expired_hours, 0);
	assert_in_range(c.issued, 5, 7);
}

/* The CA wants it renewed now: it is, by the visit that hears of it. */
static void a_window_that_is_past(void **state)
{
	struct rig *p = *state;
	struct calendar c;
	int64_t now;

	begin(&c, p);
	p->w->ca.offers_renewal_info = true;
	pass(&c, 10 * 24);
	assert_int_equal(c.issued, 1);
	now = clock_now(p->r->s.clock);
	p->w->ca.renewal[0] = (struct fake_renewal){.start = now - 2 * DAY, .end = now - DAY, .explanation = "https://ca.test/why"};
	while (c.issued == 1 && clock_now(p->r->s.clock) < now + DAY)
		one_hour(&c);
	assert_int_equal(c.issued, 2);
	assert_true(clock_now(p->r->s.clock) <= now + 8 * HOUR);
	assert_int_equal(p->w->ca.order_count, 2);
	assert_non_null(p->w->ca.order[1].replaces);
	p->w->ca.renewal[0] = (struct fake_renewal){0};
	pass(&c, 24);
	assert_int_equal(c.issued, 2);
	fake_ca_expect_strict(&p->w->ca);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWN(two_years), RIG(six_days), OWN(forty_days_of_failure), RIG(a_day_now_and_then), RIG(a_window_that_is_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
