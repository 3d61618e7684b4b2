#include "config.h"

#include "visit_maker.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "net/wire.h"
#include "run/job.h"

#define ONE "  - {name: one, names: [a.example, b.example], challenge: {webroot: \"@\"}}\n"
#define HOUR 3600
#define REQUESTS_MAX 60
#define FRAME_MAX (1024 * 1024)

/* A network that ends at the kth request: it (and every later one) gets no answer, though the CA may have heard it. */
struct cut {
	struct http_port port;
	const struct fake_ca *ca;
	size_t seen, at;
	size_t known; /* orders whose answer had come before */
	bool heard;
};

static int cut_perform(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct cut *c = self;

	for (size_t i = 0; i < n; i++) {
		bool gone = ++c->seen >= c->at;

		if (c->seen == c->at)
			c->known = c->ca->order_count;
		if (!gone || (c->heard && c->seen == c->at)) {
			if (c->ca->port.perform(c->ca->port.self, &q[i], 1, &r[i], e) != 0)
				return -1;
		}
		if (gone) {
			http_response_clear(&r[i]);
			err_set(&r[i].err, ERR_NET, "cut");
		}
	}
	return 0;
}

static size_t orders(const struct rig *p)
{
	return p->w->ca.order_count;
}

static void expect_all_well(struct rig *p, size_t k)
{
	struct store_generation g = rig_live(p, "one");
	struct err e = ERR_INIT;

	if (store_generation_check(p->r->s.store, "one", g.number, &e) != 0)
		fail_msg("request %zu: %s", k, e.cause);
	rig_listed(p, "journal", "");
	rig_listed(p, "generations/one", "000001");
	assert_true(strs_has(&g.names, "a.example"));
	store_generation_clear(&g);
	fake_ca_expect_strict(&p->w->ca);
}

/* The network ends at each request in turn, to the last; the next visit finishes what was begun. False = nothing was cut. */
static bool cut_at(void **state, size_t k, bool heard)
{
	struct cut cut = {.at = k, .heard = heard};
	struct visit_options o = {0};
	struct visit_report report;
	bool happened;
	struct rig *p;

	rig_setup(state);
	p = *state;
	rig_open(p, ONE);
	p->w->ca.validate_polls = 1;
	p->w->ca.issue_polls = 1;
	cut.ca = &p->w->ca;
	cut.port = (struct http_port){.self = &cut, .perform = cut_perform};
	p->r->s.port = &cut.port;
	report = rig_visit_as(p, &o);
	happened = report.item[0].outcome != VISIT_ISSUED;
	visit_report_clear(&report);
	if (happened) {
		rig_listed(p, "journal", cut.known > 0 ? "one.json" : "");
		if (orders(p) > 1)
			fail_msg("request %zu: %zu orders in one visit", k, orders(p));
		rig_open(p, ONE);
		rig_wait(p, HOUR);
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		if (cut.known > 0 && orders(p) != 1)
			fail_msg("request %zu: a known order was begun again", k);
	}
	if (orders(p) > 2)
		fail_msg("request %zu: %zu orders", k, orders(p));
	expect_all_well(p, k);
	rig_teardown(state);
	return happened;
}

static void a_network_that_ends(void **state)
{
	for (int heard = 0; heard <= 1; heard++) {
		size_t k = 1;

		while (k < REQUESTS_MAX && cut_at(state, k, heard == 1))
			k++;
		assert_in_range(k, 10, REQUESTS_MAX - 1);
	}
	rig_setup(state);
}

/* The client's side of a CA that lives in the parent: dies at its kth request, before it is sent or after it was. */
struct far {
	struct http_port port;
	int fd;
	size_t seen, at;
	bool heard;
};

static int far_perform(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct far *f = self;
	enum wire_type type;
	struct buf b;
	uint32_t index;

	buf_init(&b, FRAME_MAX);
	for (size_t i = 0; i < n; i++) {
		bool last = ++f->seen == f->at;

		if (last && !f->heard)
			_exit(9);
		buf_truncate(&b, 0);
		if (wire_put_request(&b, 0, &q[i]) != 0 || wire_send(f->fd, WIRE_REQUEST, &b, -1, e) != 0)
			_exit(1);
		if (wire_receive(f->fd, &type, &b, -1, e) != 0)
			_exit(1);
		if (last)
			_exit(9);
		if (wire_get_response(b.data, b.len, &index, &r[i], e) != 0)
			_exit(1);
	}
	buf_clear(&b);
	return 0;
}

/* *known = orders that the CA had made when the last request came: the answers to these were read. */
static void serve(const struct fake_ca *fake, int fd, size_t *known)
{
	const struct http_port *ca = &fake->port;
	struct http_request q = {0};
	struct strs owner = {0};
	struct err e = ERR_INIT;
	enum wire_type type;
	uint32_t index = 0;
	struct buf b;

	buf_init(&b, FRAME_MAX);
	while (wire_receive(fd, &type, &b, -1, &e) == 0) {
		struct http_response r = {0};

		*known = fake->order_count;
		assert_int_equal(wire_get_request(b.data, b.len, &index, &q, &owner, &e), 0);
		assert_int_equal(ca->perform(ca->self, &q, 1, &r, &e), 0);
		buf_truncate(&b, 0);
		assert_int_equal(wire_put_response(&b, index, &r), 0);
		assert_int_equal(wire_send(fd, WIRE_RESPONSE, &b, -1, &e), 0);
		http_response_clear(&r);
		strs_clear(&owner);
	}
	err_clear(&e);
	buf_clear(&b);
}

/* A child makes the visit and dies; its status. */
static int visit_and_die(struct rig *p, size_t k, bool heard, size_t *known)
{
	int pair[2], status = 0;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	run_close(p->r);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct far far = {.fd = pair[1], .at = k, .heard = heard};
		struct visit_report report = {0};
		struct visit_options o = {0};
		struct err e = ERR_INIT;

		close(pair[0]);
		rig_open(p, ONE);
		far.port = (struct http_port){.self = &far, .perform = far_perform};
		p->r->s.port = &far.port;
		_exit(visit(&p->r->s, &o, &report, &e) == 0 && report.item[0].outcome == VISIT_ISSUED ? 0 : 2);
	}
	close(pair[1]);
	serve(&p->w->ca, pair[0], known);
	if (!heard)
		*known = orders(p);
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool kill_at(void **state, size_t k, bool heard)
{
	struct rig *p;
	size_t before, known = 0;
	int status;

	rig_setup(state);
	p = *state;
	p->w->ca.validate_polls = 1;
	p->w->ca.issue_polls = 1;
	status = visit_and_die(p, k, heard, &known);
	assert_true(status == 0 || status == 9);
	before = orders(p);
	rig_open(p, ONE);
	if (status == 9) {
		struct visit_options o = {0};
		struct visit_report report = rig_visit_as(p, &o);

		assert_int_not_equal(report.item[0].outcome, VISIT_FAILED);
		visit_report_clear(&report);
	}
	assert_in_range(before, 0, 1);
	if (orders(p) > before + 1 || orders(p) > 2 || (known > 0 && orders(p) != 1))
		fail_msg("request %zu: %zu orders", k, orders(p));
	expect_all_well(p, k);
	rig_teardown(state);
	return status == 9;
}

/* The same with a process that dies: whatever it had begun to say. */
static void a_process_that_dies(void **state)
{
	for (int heard = 0; heard <= 1; heard++) {
		size_t k = 1;

		while (k < REQUESTS_MAX && kill_at(state, k, heard == 1))
			k++;
		assert_in_range(k, 10, REQUESTS_MAX - 1);
	}
	rig_setup(state);
}

/* One visit that ends with the order still being worked on: the CA is gone after finalize. */
static void begin(struct rig *p, const char *settings)
{
	struct store_state st;
	char *journal;

	rig_open(p, settings);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_CERT, .bend = FAKE_LOSE_REQUEST});
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	journal = rig_list(p, "journal");
	assert_string_equal(journal, "one.json");
	free(journal);
	p->w->ca.script_count = 0;
	st = rig_state(p, "one");
	assert_int_equal(st.failures, 1);
	store_state_clear(&st);
	rig_wait(p, HOUR);
}

static void the_key_of_the_order_is_used(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {0};
	struct visit_report report;
	struct look l = {0};
	struct err e = ERR_INIT;

	begin(p, ONE);
	assert_int_equal(look_at(&p->r->s, &p->r->s.settings.certificate[0], &l, &e), 0);
	assert_true(l.in_flight);
	look_clear(&l);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_true(report.item[0].resumed);
	visit_report_clear(&report);
	assert_int_equal(orders(p), 1);
	assert_int_equal(p->w->ca.calls[FAKE_FINALIZE], 1);
	expect_all_well(p, 0);
}

static const struct { const char *now; int64_t later; bool forgotten; size_t orders; const char *generations; } changes[] = {
	{ONE, 0, false, 1, "000001"},
	{"  - {name: one, names: [b.example, a.example], challenge: {webroot: \"@\"}}\n", 0, false, 1, "000001"},
	{"  - {name: one, names: [a.example], challenge: {webroot: \"@\"}}\n", 0, false, 2, "000001"},
	{"  - {name: one, key: rsa2048, names: [a.example, b.example], challenge: {webroot: \"@\"}}\n", 0, false, 2, "000001"},
	{ONE, 6 * 86400, false, 1, "000001"},
	{ONE, 8 * 86400, false, 2, "000001"},
	{ONE, -2 * 86400, false, 2, "000001"},
	{ONE, 0, true, 2, "000001"},
};

static void what_has_changed_meanwhile(void **state)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct rig *p;
		struct store_generation g;
		char *generations;

		rig_setup(state);
		p = *state;
		begin(p, ONE);
		rig_wait(p, changes[i].later);
		if (changes[i].forgotten)
			fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_ORDER, .from = p->w->ca.calls[FAKE_ORDER] + 1,
			                                             .bend = FAKE_REFUSE, .status = 404, .problem = "malformed"});
		rig_open(p, changes[i].now);
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		if (orders(p) != changes[i].orders)
			fail_msg("row %zu: %zu orders", i, orders(p));
		g = rig_live(p, "one");
		assert_int_equal(g.number, 1);
		store_generation_clear(&g);
		generations = rig_list(p, "generations/one");
		assert_string_equal(generations, changes[i].generations);
		free(generations);
		rig_listed(p, "journal", "");
		rig_teardown(state);
	}
	rig_setup(state);
}

/* A key that is wanted no more goes with its order; so does what is no longer in the settings, a day later. */
static void nobody_wants_it_any_more(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {0};
	struct visit_report report;

	begin(p, ONE);
	rig_open(p, "  []\n");
	report = rig_visit_as(p, &o);
	visit_report_clear(&report);
	rig_listed(p, "journal", "one.json");
	rig_wait(p, 86400);
	report = rig_visit_as(p, &o);
	visit_report_clear(&report);
	rig_listed(p, "journal", "");
	rig_listed(p, "generations/one", "");
}

/* It died when the certificate was written, and not live yet: the next run needs nothing but the switch. */
static void only_the_switch_was_missing(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {.force = true};
	struct visit_report report;
	struct store_generation g;
	struct store_journal j = {.name = str_dup("one"), .ca = str_dup("test"), .server = str_dup(FAKE_DIRECTORY_URL), .generation = 2,
	                          .order_url = str_dup("https://ca.test/order/1"), .finalize_url = str_dup("https://ca.test/finalize/1")};
	struct err e = ERR_INIT;

	rig_open(p, ONE);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	report = rig_visit_as(p, &o);
	visit_report_clear(&report);
	assert_int_equal(store_generation_switch(p->r->s.store, "one", 1, &e), 0);
	strs_add(&j.names, "a.example");
	strs_add(&j.names, "b.example");
	j.begun_at = clock_now(p->r->s.clock);
	assert_int_equal(store_journal_save(p->r->s.store, &j, &e), 0);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	g = rig_live(p, "one");
	assert_int_equal(g.number, 2);
	assert_int_equal(orders(p), 2);
	rig_listed(p, "journal", "");
	rig_listed(p, "generations/one", "000001 000002");
	store_generation_clear(&g);
	store_journal_clear(&j);
}

/* What was begun for `renew --force` and is not due is not gone on with by the timer. */
static void what_is_not_due_is_dropped(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {.force = true};
	struct visit_report report;

	rig_open(p, ONE);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_CERT, .bend = FAKE_LOSE_REQUEST});
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	visit_report_clear(&report);
	rig_listed(p, "journal", "one.json");
	p->w->ca.script_count = 0;
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	rig_listed(p, "journal", "");
	rig_listed(p, "generations/one", "000001");
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWN(a_network_that_ends), OWN(a_process_that_dies), RIG(the_key_of_the_order_is_used),
		OWN(what_has_changed_meanwhile), RIG(nobody_wants_it_any_more), RIG(only_the_switch_was_missing),
		RIG(what_is_not_due_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
