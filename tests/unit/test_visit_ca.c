#include "config.h"

#include "visit_maker.h"

#include "pki/csr.h"
#include "run/history.h"
#include "run/renewal_info.h"

#define HOUR 3600
#define DAY 86400
#define CERT(more) "  - {name: one, names: [a.example], challenge: {webroot: \"@\"}" more "}\n"

static char *live_key(struct rig *p)
{
	struct store_generation g = rig_live(p, "one");
	char *spki = str_dup(g.spki_sha256);

	store_generation_clear(&g);
	return spki;
}

static void force(struct rig *p)
{
	struct visit_options o = {.force = true};
	struct visit_report report = rig_visit_as(p, &o);

	if (report.item[0].outcome != VISIT_ISSUED)
		fail_msg("%s", report.item[0].err.cause);
	visit_report_clear(&report);
}

static void revoke_state(struct rig *p, int reason, bool asked)
{
	struct store_state st = rig_state(p, "one");
	struct store_generation g = rig_live(p, "one");
	struct err e = ERR_INIT;

	str_replace(&st.revocation.serial, str_dup(g.serial));
	str_replace(&st.revocation.status, str_dup("revoked"));
	st.revocation.reason = reason;
	st.revocation.asked = asked;
	st.revocation.next_at = clock_now(p->r->s.clock) + DAY;
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	store_state_clear(&st);
	store_generation_clear(&g);
}

/* What a generation says of itself. */
static void what_is_written_down(void **state)
{
	struct rig *p = *state;
	struct store_generation g;
	struct store_state st;

	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	g = rig_live(p, "one");
	assert_non_null(g.cert_id);
	assert_non_null(g.spki_sha256);
	assert_non_null(g.intermediate);
	assert_non_null(g.top_issuer);
	assert_null(g.profile);
	assert_false(g.external_key);
	store_generation_clear(&g);
	/* The fake CA's root is in no trust store. */
	st = rig_state(p, "one");
	assert_true(st.untrusted);
	store_state_clear(&st);
}

static const struct { const char *setting; int reason; bool same; } keys[] = {
	{CERT(""), -1, false}, {CERT(", reuse_key: true"), -1, true}, {CERT(", reuse_key: true, key: rsa2048"), -1, false},
	{CERT(", reuse_key: true"), 1, false}, {CERT(", reuse_key: true"), 4, true},
};

static void the_same_key_again(void **state)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct rig *p;
		char *before, *after;

		rig_setup(state);
		p = *state;
		rig_open(p, CERT(""));
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		before = live_key(p);
		if (keys[i].reason >= 0)
			revoke_state(p, keys[i].reason, true);
		rig_open(p, keys[i].setting);
		force(p);
		after = live_key(p);
		if (str_eq(before, after) != keys[i].same)
			fail_msg("row %zu", i);
		free(before);
		free(after);
		rig_teardown(state);
	}
	rig_setup(state);
}

static char *next_key(struct rig *p)
{
	struct key *k = NULL;
	struct err e = ERR_INIT;
	char *spki = NULL;
	bool found = false;
	struct buf pem;

	buf_init_secret(&pem, KEY_PEM_MAX);
	assert_int_equal(store_next_key_load(p->r->s.store, "one", &pem, &found, &e), 0);
	if (found) {
		assert_int_equal(key_load_pem(pem.data, pem.len, &k, &e), 0);
		assert_int_equal(key_spki_sha256(k, &spki, &e), 0);
	}
	key_free(k);
	buf_clear(&pem);
	return spki;
}

/* The key that was told early is the one that comes, and there is always one more. */
static void a_key_made_early(void **state)
{
	struct rig *p = *state;
	char *first, *second, *live;

	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	assert_null(next_key(p));
	rig_open(p, CERT(", next_key: true"));
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	first = next_key(p);
	assert_non_null(first);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	second = next_key(p);
	assert_string_equal(first, second);
	free(second);
	force(p);
	live = live_key(p);
	assert_string_equal(live, first);
	second = next_key(p);
	assert_non_null(second);
	assert_string_not_equal(second, first);
	free(first);
	free(live);
	force(p);
	live = live_key(p);
	assert_string_equal(live, second);
	free(live);
	free(second);
}

static char *write_request(struct rig *p, const char *names, char **spki)
{
	char *path = fs_join(p->r->dir, "request.der");
	struct key *k = NULL;
	struct strs list = {0};
	struct err e = ERR_INIT;
	struct fs_policy policy = {(uid_t)-1, (gid_t)-1, 0644};
	struct buf der;

	buf_init(&der, 65536);
	strs_add(&list, names);
	assert_int_equal(key_generate(KEY_EC_P256, &k, &e), 0);
	assert_int_equal(csr_make(k, &list, &der, &e), 0);
	assert_int_equal(fs_write_atomic(path, der.data, der.len, &policy, &e), 0);
	assert_int_equal(key_spki_sha256(k, spki, &e), 0);
	key_free(k);
	strs_clear(&list);
	buf_clear(&der);
	return path;
}

/* The key stays where it is: nothing of it is here, and another request means another certificate. */
static void a_request_made_elsewhere(void **state)
{
	struct rig *p = *state;
	char *spki = NULL, *path = write_request(p, "a.example", &spki), *live, *setting, *key;
	struct store_generation g;

	setting = str_fmt(CERT(", csr: %s"), path);
	rig_open(p, setting);
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_CERT, .bend = FAKE_LOSE_REQUEST});
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	p->w->ca.script_count = 0;
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	assert_int_equal(p->w->ca.order_count, 1);
	g = rig_live(p, "one");
	assert_true(g.external_key);
	store_generation_clear(&g);
	live = live_key(p);
	assert_string_equal(live, spki);
	key = store_live_path(p->r->s.store, "one", "privkey.pem");
	assert_false(fs_exists(key));
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	str_replace(&spki, NULL);
	free(write_request(p, "a.example", &spki));
	rig_visit(p, VISIT_ISSUED, VISIT_KEY_CHANGED);
	free(live);
	live = live_key(p);
	assert_string_equal(live, spki);
	/* It is gone: that is this certificate's trouble, when it is due. */
	assert_int_equal(unlink(path), 0);
	rig_open(p, setting);
	rig_wait(p, 62 * DAY);
	assert_int_equal(rig_visit(p, VISIT_FAILED, VISIT_DUE), ERR_CONFIG);
	free(key);
	free(live);
	free(spki);
	free(setting);
	free(path);
}

static void a_request_for_other_names(void **state)
{
	struct rig *p = *state;
	char *spki = NULL, *path = write_request(p, "b.example", &spki), *setting;
	struct err e = ERR_INIT;

	setting = str_fmt(RIG_CA "certificates:\n  - {name: one, names: [a.example], challenge: {webroot: /w}, csr: %s}\n", path);
	run_write(p->r, "tegata.yaml", setting);
	p->r->options.thorough = true; /* as for `config check` */
	assert_int_equal(run_load(p->r, &e), -1);
	world_error(&e, ERR_CONFIG, "is for other names than `names` says: b.example");
	p->r->options.thorough = false;
	rig_open(p, setting + strlen(RIG_CA "certificates:\n"));
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	assert_int_equal(p->w->ca.order_count, 0);
	free(setting);
	free(spki);
	free(path);
}

static char *top(struct rig *p)
{
	struct store_generation g = rig_live(p, "one");
	char *name = str_dup(g.top_issuer);

	store_generation_clear(&g);
	return name;
}

/* The first chain that is what was asked for; none is no failure. */
static void chains(void **state)
{
	struct rig *p = *state;
	char *first, *other, *setting;

	p->w->ca.alternates = 2;
	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	assert_int_equal(p->w->ca.calls[FAKE_ALTERNATE], 0);
	first = top(p);
	setting = str_fmt(CERT(", preferred_chain: %s"), "Other Root");
	rig_open(p, setting);
	force(p);
	assert_int_equal(p->w->ca.calls[FAKE_ALTERNATE], 2);
	other = top(p);
	assert_string_equal(other, "Other Root");
	free(setting);
	setting = str_fmt(CERT(", preferred_chain: %s"), first);
	rig_open(p, setting);
	force(p);
	assert_int_equal(p->w->ca.calls[FAKE_ALTERNATE], 2);
	rig_open(p, CERT(", preferred_chain: Nobody"));
	force(p);
	assert_int_equal(p->w->ca.calls[FAKE_ALTERNATE], 4);
	free(other);
	other = top(p);
	assert_string_equal(other, first);
	fake_ca_expect_strict(&p->w->ca);
	free(first);
	free(other);
	free(setting);
}

static void profiles(void **state)
{
	struct rig *p = *state;
	struct store_generation g;

	p->w->ca.profile[0] = (struct fake_profile){"classic", 0};
	p->w->ca.profile[1] = (struct fake_profile){"shortlived", 6 * DAY};
	rig_open(p, CERT(", acme_profile: shortlived"));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	g = rig_live(p, "one");
	assert_string_equal(g.profile, "shortlived");
	assert_true(g.not_after - g.not_before < 7 * DAY);
	store_generation_clear(&g);
	rig_open(p, CERT(", acme_profile: none-such"));
	{
		struct visit_options o = {.force = true};
		struct visit_report report = rig_visit_as(p, &o);

		assert_int_equal(report.item[0].outcome, VISIT_FAILED);
		world_error(&report.item[0].err, ERR_CONFIG, "does not offer \"none-such\", but: classic, shortlived");
		visit_report_clear(&report);
	}
	assert_int_equal(p->w->ca.order_count, 1);
}

static const struct { bool offered; int64_t wait; bool replaces; } replacements[] = {
	{false, DAY, false}, {true, DAY, true}, {true, 91 * DAY, false},
};

static void what_it_replaces(void **state)
{
	for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
		struct rig *p;

		rig_setup(state);
		p = *state;
		p->w->ca.offers_renewal_info = replacements[i].offered;
		rig_open(p, CERT(""));
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		assert_null(p->w->ca.order[0].replaces);
		rig_wait(p, replacements[i].wait);
		force(p);
		if ((p->w->ca.order[1].replaces != NULL) != replacements[i].replaces)
			fail_msg("row %zu", i);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* Servers want a name in common (RFC 9773 §5). */
static void what_is_for_quite_other_names_replaces_nothing(void **state)
{
	struct rig *p = *state;

	p->w->ca.offers_renewal_info = true;
	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	rig_open(p, "  - {name: one, names: [a.example, b.example], challenge: {webroot: \"@\"}}\n");
	rig_visit(p, VISIT_ISSUED, VISIT_NAMES_CHANGED);
	assert_non_null(p->w->ca.order[1].replaces);
	rig_open(p, "  - {name: one, names: [c.example], challenge: {webroot: \"@\"}}\n");
	rig_visit(p, VISIT_ISSUED, VISIT_NAMES_CHANGED);
	assert_null(p->w->ca.order[2].replaces);
	assert_int_equal(p->w->ca.calls[FAKE_NEW_ORDER], 3); /* nor was it tried */
}

/* Five failures of one name within a day, then it is left alone; a name on the command line does not change that. */
static void failed_validations(void **state)
{
	struct rig *p = *state;
	struct strs names = {0};
	struct visit_options o = {.names = &names};
	struct visit_report report;
	struct store_validations v = {0};
	struct err e = ERR_INIT;

	rig_open(p, "  - {name: one, names: [a.example, bad.example], challenge: {webroot: \"@\"}}\n"
	            "  - {name: two, names: [bad.example], challenge: {webroot: \"@\"}}\n"
	            "  - {name: three, names: [c.example], challenge: {webroot: \"@\"}}\n");
	p->w->ca.failure[0] = (struct fake_failure){"bad.example", "connection", "time-out"};
	strs_add(&names, "one");
	for (int i = 0; i < 5; i++) {
		report = rig_visit_as(p, &o);
		assert_int_equal(report.item[0].outcome, VISIT_FAILED);
		visit_report_clear(&report);
		rig_wait(p, 60);
	}
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_WAITING);
	assert_string_equal(report.item[0].wait_why, "validations");
	assert_int_equal(report.item[0].err.kind, ERR_CHALLENGE);
	visit_report_clear(&report);
	assert_int_equal(store_validations_load(p->r->s.store, &v, &e), 0);
	assert_int_equal(v.count, 1);
	assert_string_equal(v.item[0].name, "bad.example");
	assert_int_equal(v.item[0].count, 5);
	store_validations_clear(&v);
	/* It is the name that is left alone, in every certificate; what has not got it is not held back. */
	o.names = NULL;
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[1].outcome, VISIT_WAITING);
	assert_string_equal(report.item[1].wait_why, "validations");
	assert_int_equal(report.item[1].err.kind, ERR_CHALLENGE);
	assert_int_equal(report.item[2].outcome, VISIT_ISSUED);
	assert_ptr_equal(visit_worst(&report), &report.item[0].err);
	visit_report_clear(&report);
	assert_int_equal(p->w->ca.order_count, 6);
	rig_wait(p, DAY);
	memset(p->w->ca.failure, 0, sizeof p->w->ca.failure);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_ISSUED);
	assert_int_equal(report.item[1].outcome, VISIT_ISSUED);
	visit_report_clear(&report);
	strs_clear(&names);
}

/* Asked for by name, the daily wait ends, but not that of a name that failed too often, though it is the shorter one. */
static void two_waits(void **state)
{
	struct rig *p = *state;
	struct strs names = {0};
	struct visit_options by_timer = {0}, by_name = {.names = &names}, forced = {.force = true};
	struct store_validations v = {0};
	struct store_state st = {.last_error = str_dup("x"), .last_error_kind = str_dup("ca"), .failures = 4, .retry_why = str_dup("daily")};
	struct look l = {0};
	struct plan_decision d;
	struct err e = ERR_INIT;
	int64_t now;

	rig_open(p, CERT(""));
	now = clock_now(p->r->s.clock);
	st.last_error_at = now - 3 * HOUR;
	st.retry_at = now + 20 * HOUR;
	assert_int_equal(store_state_save(p->r->s.store, "one", &st, &e), 0);
	for (int i = 0; i < 5; i++)
		store_validations_add(&v, "a.example", now - 10 * HOUR + i);
	strs_add(&names, "one");
	assert_int_equal(look_at(&p->r->s, &p->r->s.settings.certificate[0], &l, &e), 0);
	d = look_decide(&p->r->s, &l, &by_timer, &v);
	assert_int_equal(d.action, PLAN_WAIT);
	assert_int_equal(d.wait.at, now + 20 * HOUR);
	d = look_decide(&p->r->s, &l, &by_name, &v);
	assert_int_equal(d.action, PLAN_WAIT);
	assert_int_equal(d.wait.why, BACKOFF_VALIDATIONS);
	assert_int_equal(d.wait.at, now + 14 * HOUR);
	by_name.unattended = true;
	assert_int_equal(look_decide(&p->r->s, &l, &by_name, &v).wait.at, now + 20 * HOUR);
	assert_int_equal(look_decide(&p->r->s, &l, &forced, &v).action, PLAN_ISSUE);
	by_name.unattended = false;
	assert_int_equal(look_decide(&p->r->s, &l, &by_name, NULL).action, PLAN_ISSUE);
	store_validations_clear(&v);
	store_state_clear(&st);
	look_clear(&l);
	strs_clear(&names);
}

static const struct { int64_t ahead; bool force; enum visit_outcome outcome; } skews[] = {
	{0, false, VISIT_ISSUED}, {1200, false, VISIT_ISSUED}, {-1200, false, VISIT_ISSUED}, {2 * DAY, false, VISIT_FAILED},
	{-2 * DAY, false, VISIT_FAILED}, {-2 * DAY, true, VISIT_ISSUED},
};

/* By dates alone nothing is ordered when the CA's clock is far from ours. */
static void the_ca_has_another_time(void **state)
{
	for (size_t i = 0; i < sizeof skews / sizeof *skews; i++) {
		struct visit_options o = {.force = skews[i].force};
		struct visit_report report;
		struct rig *p;

		rig_setup(state);
		p = *state;
		rig_open(p, CERT(""));
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		rig_wait(p, skews[i].force ? DAY : 62 * DAY);
		p->w->ca.ahead_sec = skews[i].ahead;
		report = rig_visit_as(p, &o);
		if (report.item[0].outcome != skews[i].outcome)
			fail_msg("row %zu: %s", i, visit_outcome_name(report.item[0].outcome));
		assert_int_equal(p->w->ca.order_count, skews[i].outcome == VISIT_ISSUED ? 2 : 1);
		visit_report_clear(&report);
		rig_teardown(state);
	}
	rig_setup(state);
}

/* A state that cannot be read, a live folder that does not hold together, a name that fails: each its own certificate's trouble. */
static void one_bad_thing_does_not_stop_the_others(void **state)
{
	struct rig *p = *state;
	struct visit_options o = {0};
	struct visit_report report;
	char *path;

	rig_open(p, "  - {name: bad, names: [bad.example], challenge: {webroot: \"@\"}}\n"
	            "  - {name: dir, names: [d.example], challenge: {webroot: \"@\"}}\n"
	            "  - {name: nowhere, names: [n.example], challenge: {webroot: /no/such/folder}}\n"
	            "  - {name: good, names: [g.example], challenge: {webroot: \"@\"}}\n");
	p->w->ca.failure[0] = (struct fake_failure){"bad.example", "connection", "time-out"};
	path = str_fmt("%s/state/dir.json", p->r->options.state_dir);
	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
	report = rig_visit_as(p, &o);
	assert_int_equal(report.item[0].outcome, VISIT_FAILED);
	assert_int_not_equal(report.item[1].outcome, VISIT_KEPT);
	assert_int_equal(report.item[2].outcome, VISIT_FAILED);
	assert_int_equal(report.item[3].outcome, VISIT_ISSUED);
	visit_report_clear(&report);
}

static void a_group_of_keys(void **state)
{
	struct rig *p = *state;
	struct strs names = {0};
	struct visit_options o = {.names = &names};
	struct visit_report report;
	struct store_generation g;

	rig_open(p, CERT(", key: [ecdsa-p256, rsa2048]") "  - {name: two, names: [c.example], challenge: {webroot: \"@\"}}\n");
	strs_add(&names, "one");
	report = rig_visit_as(p, &o);
	assert_int_equal(report.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(report.item[i].outcome, VISIT_ISSUED);
		assert_string_equal(report.item[i].group, "one");
	}
	assert_string_equal(report.item[1].key_type, "rsa2048");
	visit_report_clear(&report);
	g = rig_live(p, "one+rsa2048");
	assert_string_equal(g.key_type, "rsa2048");
	store_generation_clear(&g);
	strs_clear(&names);
}

/* Old generations go when a new one has come, the newest five stay; `keep` says otherwise. */
static void old_generations(void **state)
{
	struct rig *p = *state;

	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	for (int i = 0; i < 6; i++)
		force(p);
	rig_listed(p, "generations/one", "000003 000004 000005 000006 000007");
	rig_open(p, CERT(", keep: 2"));
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	rig_listed(p, "generations/one", "000003 000004 000005 000006 000007");
	force(p);
	rig_listed(p, "generations/one", "000007 000008");
}

static void roll_back(struct rig *p)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	assert_int_equal(history_rollback(&p->r->s, "one", 0, false, &report, &e), 0);
	visit_report_clear(&report);
}

/* What was gone back to stays, whatever the settings wanted then; when they want something else, that is ordered. */
static void gone_back_to(void **state)
{
	struct rig *p = *state;
	struct store_generation g;

	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	rig_open(p, "  - {name: one, names: [a.example, b.example], challenge: {webroot: \"@\"}}\n");
	rig_visit(p, VISIT_ISSUED, VISIT_NAMES_CHANGED);
	roll_back(p);
	g = rig_live(p, "one");
	assert_int_equal(g.number, 1);
	store_generation_clear(&g);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	rig_open(p, "  - {name: one, names: [c.example], challenge: {webroot: \"@\"}}\n");
	rig_visit(p, VISIT_ISSUED, VISIT_NAMES_CHANGED);
}

/* That a CA has no suggestions is known from the order: the visits of the next day ask it nothing. */
static void a_ca_without_suggestions(void **state)
{
	struct rig *p = *state;
	size_t requests;

	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	requests = p->w->ca.requests;
	for (int i = 0; i < 23; i++) {
		rig_wait(p, HOUR);
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	}
	assert_int_equal(p->w->ca.requests, requests);
	rig_wait(p, 2 * HOUR);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	assert_int_equal(p->w->ca.requests, requests + 1);
}

/* What the gate or the account refused is tried at once when that is mended; what the CA refused waits its day. */
static void mended(void **state)
{
	struct rig *p = *state;

	rig_open(p, CERT(", key_group: no-such-group"));
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_WAITING, VISIT_MISSING);
	rig_open(p, CERT(""));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);

	rig_open(p, "  - {name: two, names: [c.example], challenge: {webroot: \"@\"}}\n");
	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 403, .problem = "caa"});
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	p->w->ca.script_count = 0;
	rig_wait(p, HOUR);
	rig_visit(p, VISIT_WAITING, VISIT_MISSING);
	rig_wait(p, DAY);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
}

/* Other names are another matter than those that failed; a signal is no failure. */
static void what_failed_for_others(void **state)
{
	struct rig *p = *state;
	struct store_state st;

	fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 403, .problem = "caa"});
	rig_open(p, CERT(""));
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	st = rig_state(p, "one");
	assert_int_equal(st.failures, 1);
	assert_string_equal(st.last_problem, "caa");
	assert_string_equal(st.retry_why, "daily");
	store_state_clear(&st);
	rig_open(p, "  - {name: one, names: [c.example], challenge: {webroot: \"@\"}}\n");
	rig_visit(p, VISIT_FAILED, VISIT_MISSING);
	st = rig_state(p, "one");
	assert_int_equal(st.failures, 1);
	store_state_clear(&st);
	rig_open(p, "  - {name: one, names: [d.example], challenge: {webroot: \"@\"}}\n");
	p->w->ca.script_count = 0;
	p->w->ca.validate_polls = 3;
	p->w->clock.raise_at = p->w->clock.sleeps + 1;
	assert_int_equal(rig_visit(p, VISIT_FAILED, VISIT_MISSING), ERR_INTERRUPTED);
	sig_reset();
	st = rig_state(p, "one");
	assert_int_equal(st.failures, 1);
	store_state_clear(&st);
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
}

static void looked(struct rig *p, struct look *l)
{
	struct err e = ERR_INIT;

	look_clear(l);
	if (look_at(&p->r->s, &p->r->s.settings.certificate[0], l, &e) != 0)
		fail_msg("look_at: %s", e.cause);
}

static void when_to_ask_for_renewal_info(void **state)
{
	struct rig *p = *state;
	struct look l = {0};
	int64_t now;

	rig_open(p, CERT(""));
	now = clock_now(p->r->s.clock);
	looked(p, &l);
	assert_false(renewal_info_is_due(&l, now));
	rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
	looked(p, &l);
	assert_false(renewal_info_is_due(&l, l.live.not_after));
	assert_true(l.state.ari.not_offered);
	assert_false(renewal_info_is_due(&l, now + HOUR));
	assert_true(renewal_info_is_due(&l, now + DAY));
	l.state.ari.next_at = now + 3 * DAY; /* under another clock */
	assert_true(renewal_info_is_due(&l, now));
	p->w->ca.offers_renewal_info = true;
	rig_wait(p, DAY);
	rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
	looked(p, &l);
	now = clock_now(p->r->s.clock);
	assert_false(l.state.ari.not_offered);
	assert_int_equal(l.state.ari.fetched_at, now);
	assert_false(renewal_info_is_due(&l, now + HOUR));
	assert_true(renewal_info_is_due(&l, now + 6 * HOUR + 60));
	str_replace(&l.live.server, str_dup("https://other.test/d"));
	assert_false(renewal_info_is_due(&l, now + DAY));
	look_clear(&l);
}

static const struct { struct fake_script s; int64_t least, most; } bad_answers[] = {
	{{.at = FAKE_RENEWAL_INFO, .bend = FAKE_REFUSE, .status = 500}, 30, 120},
	{{.at = FAKE_RENEWAL_INFO, .bend = FAKE_REFUSE, .status = 404}, 6 * HOUR, 6 * HOUR},
	{{.at = FAKE_RENEWAL_INFO, .bend = FAKE_LOSE_REQUEST}, 30, 6 * HOUR},
	{{.at = FAKE_RENEWAL_INFO, .bend = FAKE_EDIT, .body = "{"}, 6 * HOUR, 6 * HOUR},
	{{.at = FAKE_RENEWAL_INFO, .bend = FAKE_EDIT, .body = "{\"suggestedWindow\":{\"start\":\"2030-01-02T00:00:00Z\",\"end\":\"2030-01-01T00:00:00Z\"}}"}, 6 * HOUR, 6 * HOUR},
	{{.at = FAKE_DIRECTORY, .bend = FAKE_LOSE_REQUEST}, 30, 6 * HOUR},
	{{.at = FAKE_DIRECTORY, .bend = FAKE_REFUSE, .status = 503}, 30, 6 * HOUR},
};

/* It is recorded, nothing else: the certificate is renewed by its dates, and what was known before stays known. */
static void renewal_info_that_is_none(void **state)
{
	for (size_t i = 0; i < sizeof bad_answers / sizeof *bad_answers; i++) {
		struct rig *p;
		struct store_state st;
		int64_t start, now;

		rig_setup(state);
		p = *state;
		p->w->ca.offers_renewal_info = true;
		rig_open(p, CERT(""));
		rig_visit(p, VISIT_ISSUED, VISIT_MISSING);
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
		st = rig_state(p, "one");
		start = st.ari.start;
		assert_int_not_equal(start, 0);
		store_state_clear(&st);
		rig_wait(p, 7 * HOUR);
		fake_ca_bend(&p->w->ca, bad_answers[i].s);
		rig_visit(p, VISIT_KEPT, VISIT_NOT_DUE);
		now = clock_now(p->r->s.clock);
		st = rig_state(p, "one");
		assert_non_null(st.ari.error);
		assert_int_equal(st.ari.start, start);
		if (st.ari.next_at < now + bad_answers[i].least || st.ari.next_at > now + bad_answers[i].most)
			fail_msg("row %zu: again in %lld s", i, (long long)(st.ari.next_at - now));
		store_state_clear(&st);
		p->w->ca.script_count = 0;
		fake_ca_bend(&p->w->ca, (struct fake_script){.at = FAKE_RENEWAL_INFO, .bend = FAKE_REFUSE, .status = 500});
		rig_wait(p, 62 * DAY);
		rig_visit(p, VISIT_ISSUED, VISIT_DUE);
		rig_teardown(state);
	}
	rig_setup(state);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(what_is_written_down), OWN(the_same_key_again), RIG(a_key_made_early), RIG(a_request_made_elsewhere),
		RIG(a_request_for_other_names), RIG(chains), RIG(profiles), OWN(what_it_replaces), RIG(what_is_for_quite_other_names_replaces_nothing),
		RIG(failed_validations), RIG(two_waits),
		OWN(the_ca_has_another_time), RIG(one_bad_thing_does_not_stop_the_others), RIG(a_group_of_keys), RIG(old_generations),
		RIG(mended), RIG(what_failed_for_others), RIG(when_to_ask_for_renewal_info), RIG(a_ca_without_suggestions), RIG(gone_back_to), OWN(renewal_info_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
