#include "config.h"

#include "run/ledger.h"

#include "ledger_maker.h"

#include "entitle/period.h"

/* Rules 1, 3: the first certificate under an entry begins its period; it is written down with the serial. */
static void the_first_issuance(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {0};
	struct visit_report report;
	struct store_generation g;
	struct store_ledger l;
	char *day;

	open_as(p, (struct opened){.list = "- example.jp\n- b.jp\n"});
	expect(p, "example.jp", NULL, false);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].begun.count, 1);
	assert_string_equal(report.item[0].begun.item[0], "example.jp");
	visit_report_clear(&report);
	g = rig_live(p, "one");
	l = load(p);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.item[0].serial, g.serial);
	assert_string_equal(l.item[0].certificate, "one");
	assert_string_equal(l.item[0].source, "issued");
	assert_int_equal(l.item[0].recorded_at, clock_now(p->r->s.clock));
	day = date_format(date_of_jst(g.not_before));
	expect(p, "example.jp", day, false);
	expect(p, "b.jp", NULL, false);
	assert_int_equal(l.list.count, 2);
	free(day);
	store_ledger_clear(&l);
	store_generation_clear(&g);
}

/* An idle visit writes nothing, and a renewal does not move the date (rule 15). */
static void later_issuances(void **state)
{
	struct rig *p = *state;
	struct visit_options force = {.force = true};
	struct visit_report report;
	char *first, *later;
	ino_t inode;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	first = ledger_text(p);
	inode = ledger_inode(p);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	rig_wait(p, 40 * DAY);
	open_as(p, (struct opened){0});
	report = rig_visit_as(p, &force);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].begun.count, 0);
	visit_report_clear(&report);
	later = ledger_text(p);
	assert_string_equal(first, later);
	assert_int_equal(ledger_inode(p), inode);
	free(first);
	free(later);
}

/* Rule 2, and the edge of a month in Asia/Tokyo; "" = no certificate of that moment counts. */
static const struct { const char *not_before, *issued_at, *day, *end; } edges[] = {
	{"2026-02-28T14:59:59Z", "2026-02-28T14:59:59Z", "2026-02-28", "2027-02-28"},
	{"2026-02-28T15:00:00Z", "2026-02-28T15:00:00Z", "2026-03-01", "2027-03-31"},
	{"2026-02-28T14:59:59Z", "2026-03-05T00:00:00Z", "2026-02-28", "2027-02-28"},
	{"2026-03-05T00:00:00Z", "2026-02-28T14:59:59Z", "2026-02-28", "2027-02-28"},
	{"2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2028-02-29", "2029-02-28"},
	{"2027-02-10T00:00:00Z", "2027-02-10T00:00:00Z", "2027-02-10", "2028-02-29"},
};

static struct store_generation made(const char *name, const char *fqdn, const char *not_before, const char *issued_at)
{
	struct store_generation g = {.name = str_dup(name), .number = 1, .ca = str_dup("test"), .serial = str_dup("0a")};

	strs_add(&g.names, fqdn);
	assert_int_equal(time_parse(not_before, &g.not_before), 0);
	assert_int_equal(time_parse(issued_at, &g.issued_at), 0);
	return g;
}

static void record(struct rig *p, const char *fqdn, const char *not_before, const char *issued_at)
{
	struct store_generation g = made("one", fqdn, not_before, issued_at);
	struct err e = ERR_INIT;

	if (ledger_record(&p->r->s, &p->r->s.settings.ca[0], &g, &e) != 0)
		fail_msg("%s", e.cause);
	store_generation_clear(&g);
}

static void days(void **state)
{
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		struct rig *p;
		const struct entry *en;
		struct period period;
		char *last;

		rig_setup(state);
		p = *state;
		open_as(p, (struct opened){0});
		record(p, "www.example.jp", edges[i].not_before, edges[i].issued_at);
		expect(p, "example.jp", edges[i].day, false);
		en = entry_list_find(&p->r->s.entries, "example.jp");
		period_find(site_rule(&p->r->s, &p->r->s.settings.ca[0]), &p->r->s.entries, en, &period);
		assert_int_equal(period.source, PERIOD_RECORDED);
		last = date_format(period.last);
		assert_string_equal(last, edges[i].end);
		free(last);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* An earlier one takes the place of a later one; never the other way round. */
static void earlier_is_safer(void **state)
{
	struct rig *p = *state;

	open_as(p, (struct opened){0});
	record(p, "example.jp", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
	record(p, "example.jp", "2026-04-10T00:00:00Z", "2026-04-10T00:00:00Z");
	expect(p, "example.jp", "2026-03-10", false);
	record(p, "example.jp", "2026-02-10T00:00:00Z", "2026-02-10T00:00:00Z");
	expect(p, "example.jp", "2026-02-10", false);
	open_as(p, (struct opened){0});
	expect(p, "example.jp", "2026-02-10", false);
}

/* Rule 17's doubt: which of two entries that share a name the CA took is not said. */
static void in_doubt(void **state)
{
	struct rig *p = *state;

	open_as(p, (struct opened){.list = "- example.jp\n- www.example.jp\n"});
	record(p, "www.example.jp", "2026-02-10T00:00:00Z", "2026-02-10T00:00:00Z");
	expect(p, "example.jp", "2026-02-10", true);
	expect(p, "www.example.jp", "2026-02-10", true);
	/* Used for certain later: that it began is no longer in doubt, and the earlier day stays. */
	record(p, "example.jp", "2026-05-10T00:00:00Z", "2026-05-10T00:00:00Z");
	expect(p, "example.jp", "2026-02-10", false);
	expect(p, "www.example.jp", "2026-02-10", true);
	/* What is certain does not become earlier by what is in doubt. */
	record(p, "www.example.jp", "2026-01-10T00:00:00Z", "2026-01-10T00:00:00Z");
	expect(p, "example.jp", "2026-02-10", false);
	expect(p, "www.example.jp", "2026-01-10", true);
}

/* The entry in doubt is not begun where the other one is. */
static void the_other_one_has_begun(void **state)
{
	struct rig *p = *state;

	open_as(p, (struct opened){.list = "- example.jp\n- www.example.jp\n"});
	record(p, "example.jp", "2026-02-10T00:00:00Z", "2026-02-10T00:00:00Z");
	record(p, "www.example.jp", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
	expect(p, "example.jp", "2026-02-10", false);
	expect(p, "www.example.jp", NULL, false);
}

/* Nor is it in doubt where the other one had ended: then only this one let it through. */
static void the_other_one_has_ended(void **state)
{
	struct rig *p = *state;

	open_as(p, (struct opened){.list = "- {fqdn: example.jp, ends: 2026-01-31}\n- www.example.jp\n"});
	record(p, "www.example.jp", "2026-01-10T00:00:00Z", "2026-01-10T00:00:00Z");
	expect(p, "www.example.jp", NULL, false);
	record(p, "www.example.jp", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
	expect(p, "www.example.jp", "2026-03-10", false);
}

/* A date in the list wins: nothing begins, and nothing is written. */
static void a_date_in_the_list(void **state)
{
	struct rig *p = *state;

	struct err e = ERR_INIT;
	size_t found = 9;

	open_as(p, (struct opened){.list = "- {fqdn: example.jp, first_issued: 2026-01-20}\n"});
	record(p, "example.jp", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
	expect(p, "example.jp", NULL, false);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	assert_int_equal(ledger_rebuild(&p->r->s, &found, &e), 0);
	assert_int_equal(found, 0);
	expect(p, "example.jp", NULL, false);
}

/* Other contracts: what does not begin with issuance is not recorded. */
static void other_rules(void **state)
{
	static const char *const rules[] = {"none", "sectigo", "upki"};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct rig *p = *state;

		open_as(p, (struct opened){.rule = rules[i], .list = "- {fqdn: example.jp, registered: 2026-01-20}\n"});
		record(p, "example.jp", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
		expect(p, "example.jp", NULL, false);
	}
}

/* Lost or broken, it is made again from all generations, live or not. */
static void made_again(void **state)
{
	struct rig *p = *state;
	struct visit_options force = {.force = true};
	struct visit_report report;
	char *day, *path = ledger_path(p), *broken = str_fmt("%s.broken", path);

	open_as(p, (struct opened){.certificates = CERT("one", "example.jp") CERT("two", "b.jp"), .list = "- example.jp\n- b.jp\n"});
	report = rig_visit_as(p, &(struct visit_options){0});
	assert_int_equal(report.item[1].outcome, VISIT_ISSUED);
	visit_report_clear(&report);
	day = today(p, 3600);
	rig_wait(p, 30 * DAY);
	report = rig_visit_as(p, &force);
	visit_report_clear(&report);
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			lose_ledger(p);
		else
			scratch_write(path, "{\"schema\": \"tegata.ledger.v1\", \"entries\": [{}]}", 0600);
		/* Certificate two left the settings: what it began counts all the same. */
		open_as(p, (struct opened){.list = "- example.jp\n- b.jp\n"});
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
		expect(p, "example.jp", day, false);
		expect(p, "b.jp", day, false);
		expect_source(p, "example.jp", "generation");
	}
	assert_true(fs_exists(broken));
	free(day);
	free(path);
	free(broken);
}

/* What a CA issued that the settings have no more is not counted. */
static void a_ca_that_is_gone(void **state)
{
	struct rig *p = *state;
	struct err e = ERR_INIT;
	size_t found = 9;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	lose_ledger(p);
	run_open(p->r, "cas: [{name: other, profile: custom, server: \"https://other.test/\", rule: jpdirect}]\n", "- example.jp\n");
	p->r->s.clock = &p->w->clock.clock;
	assert_int_equal(site_lock(&p->r->s, &e), 0);
	assert_int_equal(ledger_rebuild(&p->r->s, &found, &e), 0);
	assert_int_equal(found, 0);
	open_as(p, (struct opened){0});
	assert_int_equal(ledger_rebuild(&p->r->s, &found, &e), 0);
	assert_int_equal(found, 1);
	assert_int_equal(ledger_rebuild(&p->r->s, &found, &e), 0);
	assert_int_equal(found, 0);
}

/* The ledger could not be saved: the certificate is there, and the next run writes down what is missing. */
static void a_save_that_failed(void **state)
{
	struct rig *p = *state;
	struct store_ledger none = {0};
	struct err e = ERR_INIT;
	char *day;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	day = today(p, 3600);
	strs_add(&none.list, "example.jp");
	none.list_at = 1;
	assert_int_equal(store_ledger_save(p->r->s.store, &none, &e), 0);
	store_ledger_clear(&none);
	open_as(p, (struct opened){0});
	expect(p, "example.jp", NULL, false);
	rig_wait(p, 5 * DAY);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	expect(p, "example.jp", day, false);
	free(day);
}

/* A new contract: older certificates count no more, neither when it is made again nor at the next visit. */
static void forgotten(void **state)
{
	struct rig *p = *state;
	struct visit_options force = {.force = true};
	struct visit_report report;
	struct err e = ERR_INIT;
	size_t found = 9;
	ino_t inode;
	char *day;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	rig_wait(p, 5 * DAY);
	assert_int_equal(ledger_forget(&p->r->s, "no.such.jp", &e), -1);
	world_error(&e, ERR_USAGE, "neither in the list");
	assert_int_equal(ledger_forget(&p->r->s, "Example.jp.", &e), 0);
	expect(p, "example.jp", NULL, false);
	assert_int_equal(ledger_rebuild(&p->r->s, &found, &e), 0);
	assert_int_equal(found, 0);
	inode = ledger_inode(p);
	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	expect(p, "example.jp", NULL, false);
	assert_int_equal(ledger_inode(p), inode);
	rig_wait(p, 5 * DAY);
	day = today(p, 3600);
	report = rig_visit_as(p, &force);
	assert_int_equal(report.item[0].begun.count, 1);
	visit_report_clear(&report);
	expect(p, "example.jp", day, false);
	free(day);
}

/* A certificate of the classic service, or of another machine. */
static void learned(void **state)
{
	struct rig *p = *state;
	struct strs begun = {0};
	struct err e = ERR_INIT;
	struct store_generation g;
	char *path, *day;

	open_as(p, (struct opened){.rule = "none"});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	g = rig_live(p, "one");
	day = date_format(date_of_jst(g.not_before));
	rig_wait(p, 5 * DAY);
	path = fs_join(p->r->dir, "classic.pem");
	{
		char *live = store_live_path(p->r->s.store, "one", "fullchain.pem"), *all = fs_join(p->r->options.state_dir, "generations/one");

		assert_int_equal(rename(live, path), 0);
		assert_int_equal(fs_remove_tree(all, &e), 0);
		free(all);
		free(live);
	}
	open_as(p, (struct opened){0});
	assert_int_equal(ledger_learn(&p->r->s, path, &begun, &e), 0);
	assert_int_equal(begun.count, 1);
	assert_string_equal(begun.item[0], "example.jp");
	expect(p, "example.jp", day, false);
	assert_int_equal(ledger_learn(&p->r->s, path, &begun, &e), 0);
	assert_int_equal(begun.count, 1);
	/* Who has just written the entry down, and then names its certificate, means it. */
	assert_int_equal(ledger_forget(&p->r->s, "example.jp", &e), 0);
	assert_int_equal(ledger_learn(&p->r->s, path, &begun, &e), 0);
	assert_int_equal(begun.count, 2);
	expect(p, "example.jp", day, false);
	assert_int_equal(ledger_learn(&p->r->s, "/no/such/file", &begun, &e), -1);
	world_error(&e, ERR_IO, "/no/such/file");
	scratch_write(path, "hello\n", 0600);
	assert_int_equal(ledger_learn(&p->r->s, path, &begun, &e), -1);
	world_error(&e, ERR_CERTIFICATE, "as a certificate (PEM)");
	strs_clear(&begun);
	store_generation_clear(&g);
	free(day);
	free(path);
}

/* Read without the lock: dates are there for everybody; a ledger that may not be read is no failure. */
static void applied(void **state)
{
	struct rig *p = *state;
	struct site reader;
	struct err e = ERR_INIT;
	char *path = ledger_path(p);

	open_as(p, (struct opened){0});
	record(p, "example.jp", "2026-02-28T15:00:00Z", "2026-02-28T15:00:00Z");
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			scratch_write(path, "x", 0600);
		if (i == 3)
			assert_int_equal(unlink(path), 0);
		site_init(&reader, &p->r->options);
		if (i == 1)
			assert_int_equal(site_open_store(&reader, &e), 0);
		assert_int_equal(site_load(&reader, &e), 0);
		assert_int_equal(site_open_store(&reader, &e), 0);
		assert_int_equal(reader.entries.item[0].has_recorded, i < 2);
		site_clear(&reader);
	}
	free(path);
}

/* Without a ledger, and without the lock: what is kept tells it, and nothing is written. */
static void applied_from_what_is_kept(void **state)
{
	struct rig *p = *state;
	struct site reader;
	struct err e = ERR_INIT;
	char *path = ledger_path(p);

	open_as(p, (struct opened){.list = "- example.jp\n- b.jp\n"});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	assert_int_equal(unlink(path), 0);
	site_init(&reader, &p->r->options);
	assert_int_equal(site_load(&reader, &e), 0);
	assert_int_equal(site_open_store(&reader, &e), 0);
	assert_false(entry_list_find(&reader.entries, "b.jp")->has_recorded);
	assert_true(entry_list_find(&reader.entries, "example.jp")->has_recorded);
	assert_int_equal(access(path, F_OK), -1);
	site_clear(&reader);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_issuance, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(later_issuances, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(days, NULL, rig_teardown),
		cmocka_unit_test_setup_teardown(earlier_is_safer, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(in_doubt, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_other_one_has_begun, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_other_one_has_ended, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_date_in_the_list, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(other_rules, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(made_again, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_ca_that_is_gone, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_save_that_failed, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(forgotten, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(learned, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(applied, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(applied_from_what_is_kept, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
