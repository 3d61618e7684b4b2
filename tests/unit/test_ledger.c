#include "config.h"

#include "run/ledger.h"

#include "visit_maker.h"

#include "entitle/period.h"
#include "store/ledger.h"

#define DAY 86400
#define SETTINGS "cas: [{name: test, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: %s, first_use: %s, key: ecdsa-p256}]\n"
#define CERT(name, names) "  - {name: " name ", names: [" names "], challenge: {webroot: \"%s\"}}\n"

struct opened {
	const char *rule, *first_use, *certificates, *list; /* NULL = jpdirect, allow, one for example.jp, example.jp */
};

/* As the next process finds it. */
static void open_as(struct rig *p, struct opened o)
{
	char *head = str_fmt(SETTINGS, o.rule ? o.rule : "jpdirect", o.first_use ? o.first_use : "allow");
	const char *certificates = o.certificates ? o.certificates : CERT("one", "example.jp");
	struct err e = ERR_INIT;
	struct buf text;

	buf_init(&text, 65536);
	assert_int_equal(buf_append_str(&text, head), 0);
	assert_int_equal(buf_append_str(&text, "certificates:\n"), 0);
	for (const char *c = certificates; *c != '\0'; c++) {
		bool webroot = strncmp(c, "%s", 2) == 0;

		assert_int_equal(webroot ? buf_append_str(&text, p->www) : buf_append(&text, c, 1), 0);
		c += webroot;
	}
	run_open(p->r, text.data, o.list ? o.list : "- example.jp\n");
	p->r->s.port = &p->w->ca.port;
	p->r->s.clock = &p->w->clock.clock;
	str_replace(&p->r->s.host, str_dup("host"));
	if (site_lock(&p->r->s, &e) != 0)
		fail_msg("site_lock: %s", e.cause);
	buf_clear(&text);
	free(head);
}

static void set_time(struct rig *p, const char *t)
{
	int64_t at = 0;

	assert_int_equal(time_parse(t, &at), 0);
	p->w->clock.now_sec = at - p->w->clock.mono_ms / 1000;
}

static struct store_ledger load(struct rig *p)
{
	struct store_ledger l = {0};
	struct err e = ERR_INIT;

	assert_int_equal(store_ledger_load(p->r->s.store, &l, &e), 0);
	return l;
}

/* On disk and in the list of this run. date NULL = there is none. */
static void expect(struct rig *p, const char *fqdn, const char *date, bool perhaps)
{
	struct store_ledger l = load(p);
	const struct store_ledger_item *one = store_ledger_find(&l, fqdn);
	const struct entry *en = entry_list_find(&p->r->s.entries, fqdn);
	char *found = one && one->has_date ? date_format(one->first_issued) : NULL;

	if (!str_eq(found, date))
		fail_msg("%s: %s, not %s", fqdn, found ? found : "nothing", date ? date : "nothing");
	if (en) {
		assert_int_equal(en->has_recorded, date != NULL);
		assert_true(!date || (date_compare(en->recorded, one->first_issued) == 0 && en->perhaps == perhaps));
	}
	assert_true(!date || one->perhaps == perhaps);
	free(found);
	store_ledger_clear(&l);
}

/* The source of the date, or NULL. */
static char *source_of(struct rig *p, const char *fqdn)
{
	struct store_ledger l = load(p);
	const struct store_ledger_item *one = store_ledger_find(&l, fqdn);
	char *source = one ? str_dup(one->source) : NULL;

	store_ledger_clear(&l);
	return source;
}

static void expect_source(struct rig *p, const char *fqdn, const char *source)
{
	char *found = source_of(p, fqdn);

	assert_string_equal(found, source);
	free(found);
}

static char *ledger_path(struct rig *p)
{
	return fs_join(p->r->options.state_dir, "ledger.json");
}

static char *ledger_text(struct rig *p)
{
	char *path = ledger_path(p), *text;
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, 1024 * 1024);
	assert_int_equal(fs_read(path, &b, &e), 0);
	text = buf_take(&b);
	buf_clear(&b);
	free(path);
	return text;
}

static ino_t ledger_inode(struct rig *p)
{
	char *path = ledger_path(p);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_ino;
}

static void lose_ledger(struct rig *p)
{
	char *path = ledger_path(p);

	assert_int_equal(unlink(path), 0);
	free(path);
}

static char *today(struct rig *p, int64_t ago)
{
	return date_format(date_of_jst(clock_now(&p->w->clock.clock) - ago));
}

static void visit_fails(struct rig *p, const struct visit_options *o, enum err_kind kind, const char *text)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;
	uint64_t orders = p->w->ca.order_count;

	assert_int_equal(visit(&p->r->s, o, &report, &e), -1);
	world_error(&e, kind, text);
	assert_int_equal(report.count, 0);
	assert_int_equal(p->w->ca.order_count, orders);
	visit_report_clear(&report);
}

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

/* A date in the list wins: nothing begins, and nothing is written. */
static void a_date_in_the_list(void **state)
{
	struct rig *p = *state;

	open_as(p, (struct opened){.list = "- {fqdn: example.jp, first_issued: 2026-01-20}\n"});
	record(p, "example.jp", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
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

#define FOUR "- a.jp\n- b.jp\n- c.jp\n- d.jp\n"

static const struct { const char *before, *after; bool alarming; const char *text; } lists[] = {
	{FOUR, FOUR, false, NULL},
	{FOUR, "- a.jp\n- b.jp\n", false, NULL}, /* half exactly */
	{FOUR, "- a.jp\n", true, "3 of the 4 registered FQDNs that the list, "},
	{FOUR, "- a.jp\n- e.jp\n- f.jp\n- g.jp\n", true, "have vanished from it: b.jp, c.jp, d.jp"},
	{FOUR, "[]\n", true, "is empty; since 20"},
	{FOUR, "\n", true, "it held 4: a.jp, b.jp, c.jp, d.jp"},
	{FOUR, NULL, true, "the list of registered FQDNs is gone: there is no "},
	{"- a.jp\n", "- b.jp\n", true, "1 of the 1"},
	{"[]\n", "- b.jp\n", false, NULL},
	{"[]\n", NULL, false, NULL},
};

/* The list is believed the first time, and when it lost no more than half; else nothing is sent until somebody says so. */
static void the_list(void **state)
{
	struct visit_options nothing = {0}, accept = {.accept_list = true}, deploy = {.deploy_only = true};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct rig *p;
		struct err e = ERR_INIT;

		rig_setup(state);
		p = *state;
		open_as(p, (struct opened){.certificates = "  []\n", .list = lists[i].before});
		assert_int_equal(ledger_look_at_list(&p->r->s, &e), 0);
		{
			struct visit_report r = rig_visit_as(p, &nothing);

			visit_report_clear(&r);
		}
		open_as(p, (struct opened){.certificates = CERT("one", "a.jp"), .list = lists[i].after ? lists[i].after : ""});
		if (!lists[i].after) {
			run_write(p->r, "entitlements.yaml", NULL);
			p->r->s.entries_missing = true;
		}
		if (lists[i].alarming) {
			struct visit_report r;

			assert_int_equal(ledger_look_at_list(&p->r->s, &e), -1);
			world_error(&e, ERR_REFUSED, lists[i].text);
			visit_fails(p, &nothing, ERR_REFUSED, lists[i].text);
			visit_fails(p, &nothing, ERR_REFUSED, NULL); /* it does not get used to it */
			r = rig_visit_as(p, &deploy);
			visit_report_clear(&r);
			r = rig_visit_as(p, &accept);
			visit_report_clear(&r);
		}
		assert_int_equal(ledger_look_at_list(&p->r->s, &e), 0);
		{
			struct visit_report r = rig_visit_as(p, &nothing);

			visit_report_clear(&r);
		}
		rig_teardown(state);
	}
	rig_setup(state);
}

/* Where names need no entry, an empty list alarms nobody. */
static void no_list_is_needed(void **state)
{
	struct rig *p = *state;
	struct err e = ERR_INIT;

	open_as(p, (struct opened){.certificates = "  []\n", .list = FOUR});
	assert_int_equal(ledger_check_list(&p->r->s, false, &e), 0);
	open_as(p, (struct opened){.rule = "none", .certificates = "  []\n", .list = "[]\n"});
	assert_int_equal(ledger_check_list(&p->r->s, false, &e), 0);
	assert_int_equal(ledger_look_at_list(&p->r->s, &e), 0);
}

/* first_use: deny. Nothing is sent, and the day it would last to is told. */
static void denied(void **state)
{
	struct rig *p = *state;
	struct visit_options named = {0};
	struct strs names = {0};
	struct visit_report report;

	set_time(p, "2027-02-10T00:00:00+09:00");
	open_as(p, (struct opened){.first_use = "deny"});
	report = rig_visit_as(p, &named);
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	world_error(&report.item[0].err, ERR_REFUSED, "would begin the paid term of example.jp (until 2028-02-29)");
	assert_int_equal(report.requests, 0);
	visit_report_clear(&report);
	expect(p, "example.jp", NULL, false);
	/* Allowed once, it may be renewed under deny. */
	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	rig_wait(p, 80 * DAY);
	open_as(p, (struct opened){.first_use = "deny"});
	rig_visit(p, VISIT_ISSUED, VISIT_DUE);
	strs_clear(&names);
}

static size_t ask(struct rig *p, const struct visit_options *o, const char *wanted)
{
	struct visit_report r = {0};
	struct err e = ERR_INIT;
	size_t count;

	assert_int_equal(visit_first_uses(&p->r->s, o, &r, &e), 0);
	count = r.count;
	if (wanted) {
		char *all = strs_join(&r.item[0].begun, " ");

		assert_string_equal(all, wanted);
		free(all);
	}
	visit_report_clear(&r);
	return count;
}

/* first_use: ask. What would begin is known before; what somebody said no to is not ordered. */
static void asked(void **state)
{
	struct rig *p = *state;
	struct strs refused = {0}, two = {0};
	struct visit_options nothing = {0}, no = {.first_use_refused = &refused}, only_two = {.names = &two};
	struct opened o = {.first_use = "ask", .certificates = CERT("one", "www.example.jp, b.jp") CERT("two", "c.jp"),
	                   .list = "- example.jp\n- b.jp\n- {fqdn: c.jp, first_issued: 2026-01-20}\n"};
	struct visit_report report;

	open_as(p, o);
	strs_add(&refused, "one");
	strs_add(&two, "two");
	assert_int_equal(ask(p, &nothing, "b.jp example.jp"), 1);
	assert_int_equal(ask(p, &only_two, NULL), 0);
	assert_int_equal(p->w->ca.order_count, 0);
	report = rig_visit_as(p, &no);
	assert_int_equal(report.item[0].outcome, VISIT_KEPT);
	assert_int_equal(report.item[0].reason, VISIT_NOT_ASKED);
	assert_int_equal(report.item[1].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[1].begun.count, 0);
	visit_report_clear(&report);
	/* Nobody there to ask: it is ordered. */
	report = rig_visit_as(p, &nothing);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[0].begun.count, 2);
	visit_report_clear(&report);
	assert_int_equal(ask(p, &nothing, NULL), 0);
	o.first_use = "allow";
	open_as(p, o);
	lose_ledger(p);
	open_as(p, o);
	assert_int_equal(ask(p, &nothing, NULL), 0);
	strs_clear(&refused);
	strs_clear(&two);
}

/* A run died between the switch and all that follows: what it began is written down by the next that tidies up. */
static void recovered(void **state)
{
	struct rig *p = *state;
	struct store_generation g;
	struct store_ledger none = {0};
	struct store_journal j = {0};
	struct err e = ERR_INIT;
	char *day;

	open_as(p, (struct opened){0});
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	g = rig_live(p, "one");
	day = date_format(date_of_jst(g.not_before));
	none.list_at = 1;
	strs_add(&none.list, "example.jp");
	assert_int_equal(store_ledger_save(p->r->s.store, &none, &e), 0);
	j = (struct store_journal){.name = g.name, .ca = g.ca, .server = g.server, .generation = g.number,
	                           .begun_at = clock_now(p->r->s.clock)};
	assert_int_equal(store_journal_save(p->r->s.store, &j, &e), 0);
	/* Another certificate's visit. */
	open_as(p, (struct opened){.certificates = "  []\n"});
	{
		struct visit_report r = rig_visit_as(p, &(struct visit_options){0});

		visit_report_clear(&r);
	}
	expect(p, "example.jp", day, false);
	expect_source(p, "example.jp", "issued");
	store_ledger_clear(&none);
	store_generation_clear(&g);
	free(day);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_issuance, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(later_issuances, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(days, NULL, rig_teardown),
		cmocka_unit_test_setup_teardown(earlier_is_safer, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(in_doubt, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_other_one_has_begun, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_date_in_the_list, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(other_rules, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(made_again, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_ca_that_is_gone, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_save_that_failed, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(forgotten, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(learned, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_list, NULL, rig_teardown),
		cmocka_unit_test_setup_teardown(no_list_is_needed, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(denied, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(asked, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(recovered, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(applied, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
