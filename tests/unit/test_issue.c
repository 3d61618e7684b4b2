#include "config.h"

#include "run/issue.h"

#include "acme_maker.h"
#include "base/log.h"
#include "run/register.h"
#include "scratch.h"
#include "store/store.h"

#define CERTS_MAX 3

/* A site of up to three certificates at the fake CA, everything else real, in a scratch folder. */
struct rig {
	struct world *w;
	char *dir, *www, *dns, *state, *hook;
	struct site site;
	struct job job[CERTS_MAX];
	struct job *jobs[CERTS_MAX];
	size_t count;
	struct issue_counts counts;
};

static const char hook_text[] =
	"#!/bin/sh\nfile=\"$DNS_DIR/$TEGATA_RECORD_NAME\"\n"
	"case $TEGATA_STAGE in\n"
	"present) echo \"$TEGATA_RECORD_VALUE\" >>\"$file\" ;;\n"
	"cleanup) grep -vxF -e \"$TEGATA_RECORD_VALUE\" \"$file\" >\"$file.new\"; mv \"$file.new\" \"$file\"; [ -s \"$file\" ] || rm \"$file\" ;;\n"
	"esac\n";

static void open_site(struct rig *p)
{
	struct site_options o = { .config_dir = p->dir, .state_dir = p->state };
	struct ca_setting *ca = mem_new(1, sizeof *ca);
	struct err e = ERR_INIT;

	site_init(&p->site, &o);
	*ca = (struct ca_setting){ .name = str_dup("test"), .profile = str_dup("custom"), .server = str_dup(FAKE_DIRECTORY_URL),
	                           .rule = str_dup("none"), .key = KEY_EC_P256 };
	p->site.settings.ca = ca;
	p->site.settings.ca_count = 1;
	p->site.settings.certificate = mem_new(CERTS_MAX, sizeof *p->site.settings.certificate);
	p->site.port = &p->w->ca.port;
	p->site.clock = &p->w->clock.clock;
	assert_int_equal(site_lock(&p->site, &e), 0);
}

static int try_register(struct rig *p, struct err *e)
{
	struct register_request q = { .agree_tos = true, .no_contact = true, .key_type = KEY_EC_P256 };
	struct register_result r = { 0 };
	int rc = register_account(&p->site, &q, &r, e);

	register_result_clear(&r);
	return rc;
}

static int setup(void **state)
{
	struct rig *p = mem_new(1, sizeof *p);
	struct err e = ERR_INIT;
	void *w = NULL;

	umask(022);
	log_set_level(LOG_LEVEL_QUIET);
	world_setup(&w);
	p->w = w;
	p->dir = scratch_make();
	p->www = fs_join(p->dir, "www");
	p->dns = fs_join(p->dir, "dns");
	p->state = fs_join(p->dir, "state");
	p->hook = fs_join(p->dir, "hook.sh");
	assert_int_equal(mkdir(p->www, 0755), 0);
	assert_int_equal(mkdir(p->dns, 0755), 0);
	scratch_write(p->hook, hook_text, 0755);
	p->w->ca.webroot = p->www;
	p->w->ca.dns = p->dns;
	open_site(p);
	if (try_register(p, &e) != 0)
		fail_msg("register: %s", e.cause);
	*state = p;
	return 0;
}

static void close_site(struct rig *p)
{
	for (size_t i = 0; i < p->count; i++)
		job_clear(&p->job[i]);
	for (size_t i = 0; i < CERTS_MAX; i++)
		certificate_setting_clear(&p->site.settings.certificate[i]);
	p->count = 0;
	site_clear(&p->site);
}

static int teardown(void **state)
{
	struct rig *p = *state;
	void *w = p->w;

	sig_reset();
	close_site(p);
	scratch_remove(p->dir);
	world_teardown(&w);
	free(p->www);
	free(p->dns);
	free(p->state);
	free(p->hook);
	free(p);
	return 0;
}

/* names: separated by blanks; wildcards go by the DNS hook, all else into the webroot. */
static struct job *add(struct rig *p, const char *name, const char *names)
{
	struct certificate_setting *c = &p->site.settings.certificate[p->count];
	struct job *j = &p->job[p->count];
	struct err e = ERR_INIT;

	*c = (struct certificate_setting){ .name = str_dup(name), .challenge_count = 2, .key_mode = 0600 };
	c->challenge = mem_new(2, sizeof *c->challenge);
	c->challenge[0] = (struct challenge_setting){ .type = str_dup("dns-01"), .method = CHALLENGE_HOOK };
	strs_add(&c->challenge[0].hook.words, p->hook);
	strs_take(&c->challenge[0].hook.env, str_fmt("DNS_DIR=%s", p->dns));
	c->challenge[1] = (struct challenge_setting){ .type = str_dup("http-01"), .method = CHALLENGE_WEBROOT, .webroot = str_dup(p->www) };
	for (const char *s = names; *s != '\0'; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		strs_take(&c->names, str_ndup(s, n));
		s += n;
		if (str_starts(c->names.item[c->names.count - 1], "*."))
			strs_add(&c->challenge[0].names, c->names.item[c->names.count - 1]);
	}
	if (c->challenge[0].names.count == 0)
		strs_add(&c->challenge[0].names, "*.unused.example");
	p->site.settings.certificate_count = p->count + 1;
	assert_int_equal(job_init(j, c, &p->site.settings.ca[0], &c->names, &e), 0);
	p->jobs[p->count++] = j;
	return j;
}

static void issue(struct rig *p)
{
	issue_all(&p->site, &p->site.settings.ca[0], p->jobs, p->count, &p->counts);
}

static char *below(const struct rig *p, const char *path)
{
	return str_fmt("%s/%s", p->dir, path);
}

static char *listed(const struct rig *p, const char *path)
{
	char *full = below(p, path), *all;
	struct strs names = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(fs_list(full, &names, &e), 0);
	all = strs_join(&names, " ");
	strs_clear(&names);
	free(full);
	return all;
}

static void expect_listed(const struct rig *p, const char *path, const char *wanted)
{
	char *got = listed(p, path);

	assert_string_equal(got, wanted);
	free(got);
}

/* No challenge, and no word in the journal but of orders that the CA may still hold. */
static void expect_nothing_left(const struct rig *p)
{
	struct strs journals = { 0 };
	char *all;

	for (size_t i = 0; i < p->count; i++)
		if (p->job[i].in_flight)
			strs_take(&journals, str_fmt("%s.json", p->job[i].cert->name));
	all = strs_join(&journals, " ");
	expect_listed(p, "www", "");
	expect_listed(p, "dns", "");
	expect_listed(p, "state/journal", all ? all : "");
	fake_ca_expect_strict(&p->w->ca);
	free(all);
	strs_clear(&journals);
}

static void expect_issued(struct rig *p, struct job *j, int generation)
{
	struct store_generation g = { 0 };
	struct err e = ERR_INIT;
	bool found = false;

	if (!j->issued) {
		char *text = err_text(&j->order.err);

		fail_msg("%s: %s", j->cert->name, text);
	}
	assert_int_equal(store_generation_live(p->site.store, j->cert->name, &g, &found, &e), 0);
	assert_true(found);
	assert_int_equal(g.number, generation);
	assert_true(strs_same_set(&g.names, &j->names));
	assert_string_equal(g.account_url, p->w->ca.account[0].url);
	assert_int_equal(store_generation_check(p->site.store, j->cert->name, generation, &e), 0);
	store_generation_clear(&g);
}

static void expect_failed(struct rig *p, const struct job *j, enum err_kind kind, const char *text)
{
	char *all = err_text(&j->order.err), *live = str_fmt("state/live/%s", j->cert->name), *path = below(p, live);

	assert_false(j->issued);
	assert_int_equal(j->order.step, ORDER_FAILED);
	if (j->order.err.kind != kind || strstr(all, text) == NULL)
		fail_msg("%s: \"%s\" has no \"%s\"", err_kind_name(j->order.err.kind), all, text);
	assert_false(fs_exists(path));
	free(path);
	free(live);
	free(all);
}

static void one_order(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "one", "a.example www.a.example");

	p->w->ca.validate_polls = 3;
	p->w->ca.issue_polls = 2;
	issue(p);
	expect_issued(p, j, 1);
	expect_nothing_left(p);
	assert_int_equal(p->w->ca.calls[FAKE_NEW_ORDER], 1);
	assert_int_equal(p->w->ca.calls[FAKE_AUTHZ], 2);
	assert_int_equal(p->w->ca.calls[FAKE_CHALLENGE], 2);
	assert_int_equal(p->w->ca.calls[FAKE_FINALIZE], 1);
}

static void three_orders_side_by_side(void **state)
{
	struct rig *p = *state;
	struct job *a = add(p, "a", "a.example"), *b = add(p, "b", "b.example www.b.example"), *c = add(p, "c", "c.example *.c.example");

	issue(p);
	expect_issued(p, a, 1);
	expect_issued(p, b, 1);
	expect_issued(p, c, 1);
	expect_nothing_left(p);
	assert_int_equal(p->w->ca.order_count, 3);
}

static void wildcard_and_base(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "w", "*.a.example a.example *.b.example");

	issue(p);
	expect_issued(p, j, 1);
	expect_nothing_left(p);
}

/* Both values stand under one name while the CA looks. */
static void two_values_under_one_name(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "w", "*.a.example a.example");

	strs_add(&p->site.settings.certificate[0].challenge[0].names, "a.example");
	job_clear(j);
	assert_int_equal(job_init(j, &p->site.settings.certificate[0], &p->site.settings.ca[0], &p->site.settings.certificate[0].names,
	                          &(struct err)ERR_INIT), 0);
	issue(p);
	expect_issued(p, j, 1);
	expect_nothing_left(p);
}

static void a_second_time_is_a_second_generation(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "one", "a.example");

	issue(p);
	expect_issued(p, j, 1);
	job_clear(j);
	p->count = 0;
	certificate_setting_clear(&p->site.settings.certificate[0]);
	j = add(p, "one", "a.example");
	issue(p);
	expect_issued(p, j, 2);
}

static void known_names_need_no_challenge(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "one", "a.example b.example");

	strs_add(&p->w->ca.valid_names, "a.example");
	issue(p);
	expect_issued(p, j, 1);
	assert_int_equal(p->w->ca.calls[FAKE_CHALLENGE], 1);
	expect_nothing_left(p);
}

static size_t batches_for(struct rig *p, int names)
{
	struct strs list = { 0 };
	char *joined;
	size_t before = p->w->ca.batches;

	for (int i = 0; i < names; i++)
		strs_take(&list, str_fmt("n%03d.example", i));
	joined = strs_join(&list, " ");
	expect_issued(p, (add(p, names == 1 ? "few" : "many", joined), issue(p), p->jobs[p->count - 1]), 1);
	job_clear(p->jobs[--p->count]);
	certificate_setting_clear(&p->site.settings.certificate[p->count]);
	free(joined);
	strs_clear(&list);
	return p->w->ca.batches - before;
}

/* Round trips one after the other: a hundred names cost the rounds that ten nonces at a time need, and nothing else. */
static void a_hundred_names_cost_few_rounds(void **state)
{
	struct rig *p = *state;
	size_t one = batches_for(p, 1), hundred = batches_for(p, 100);
	size_t rounds = 100 / SESSION_NONCE_WINDOW - 1;

	assert_true(one <= 9); /* directory, nonce, order, authorization, challenge, poll, finalize, certificate, and one to spare */
	if (hundred > one + 2 * rounds + 1)
		fail_msg("1 name takes %zu rounds, 100 names %zu", one, hundred);
	fake_ca_expect_strict(&p->w->ca);
}

static void culprits_are_named(void **state)
{
	struct rig *p = *state;
	struct job *bad = add(p, "bad", "good.example blocked.example *.lost.example"), *good = add(p, "good", "a.example");

	p->w->ca.failure[0] = (struct fake_failure){ "blocked.example", "connection", "timeout after connect" };
	p->w->ca.failure[1] = (struct fake_failure){ "*.lost.example", "dns", "NXDOMAIN" };
	p->w->ca.validate_polls = 1;
	issue(p);
	expect_failed(p, bad, ERR_CHALLENGE, "blocked.example: timeout after connect (connection)");
	expect_failed(p, bad, ERR_CHALLENGE, "*.lost.example: NXDOMAIN (dns)");
	assert_null(strstr(bad->order.err.cause, "good.example"));
	assert_non_null(strstr(bad->order.err.advice, "port 80 is open to the whole world"));
	assert_non_null(strstr(bad->order.err.advice, "looked up from outside"));
	expect_issued(p, good, 1);
	expect_nothing_left(p);
	expect_listed(p, "state/generations/good", "000001");
}

static void nothing_is_told_before_all_is_in_place(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "one", "a.example b.example *.c.example");
	struct challenge_setting *webroot = &p->site.settings.certificate[0].challenge[1];

	strs_add(&webroot->webroot_names, "b.example");
	strs_add(&webroot->webroot_dirs, "/nonexistent/folder");
	issue(p);
	expect_failed(p, j, ERR_CHALLENGE, "preparing the http-01 challenge for b.example");
	assert_int_equal(p->w->ca.calls[FAKE_CHALLENGE], 0);
	expect_nothing_left(p);
}

static void a_failing_hook_is_cleaned_up_after(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "one", "a.example *.c.example");

	scratch_write(p->hook, "#!/bin/sh\necho \"$TEGATA_STAGE\" >>\"$DNS_DIR/../log\"\necho it broke >&2\nexit 3\n", 0755);
	issue(p);
	expect_failed(p, j, ERR_CHALLENGE, "it broke");
	assert_int_equal(p->w->ca.calls[FAKE_CHALLENGE], 0);
	expect_nothing_left(p);
}

static void interrupted(void **state)
{
	for (int at = 1; at <= 4; at++) {
		struct rig *p;
		struct job *a, *b;

		setup(state);
		p = *state;
		a = add(p, "a", "a.example *.a.example");
		b = add(p, "b", "b.example");
		p->w->ca.validate_polls = 3;
		p->w->ca.issue_polls = 3;
		p->w->clock.raise_at = at;
		issue(p);
		expect_failed(p, a, ERR_INTERRUPTED, "SIGTERM");
		expect_failed(p, b, ERR_INTERRUPTED, "SIGTERM");
		assert_true(a->in_flight && b->in_flight);
		assert_true(sig_pending());
		expect_nothing_left(p);
		teardown(state);
	}
	setup(state);
}

/* What the signal broke off is done again, so that nothing is left in the DNS for an hour. */
static void interrupted_while_cleaning_up(void **state)
{
	struct rig *p;
	char *text = str_fmt("#!/bin/sh\nif [ \"$TEGATA_STAGE\" = cleanup ] && mkdir \"$DNS_DIR/../once\" 2>/dev/null; then\n"
	                     "kill -TERM $PPID; exec sleep 20; fi\n%s", hook_text);

	setup(state);
	p = *state;
	add(p, "one", "*.a.example *.b.example");
	scratch_write(p->hook, text, 0755);
	issue(p);
	assert_true(sig_pending());
	expect_nothing_left(p);
	free(text);
}

static const struct { enum fake_fault fault; enum err_kind kind; } faults[] = {
	{ FAKE_OTHER_KEY, ERR_CERTIFICATE }, { FAKE_OTHER_NAME, ERR_CERTIFICATE }, { FAKE_MISSING_NAME, ERR_CERTIFICATE },
	{ FAKE_EXPIRED, ERR_CERTIFICATE }, { FAKE_NOT_YET, ERR_CERTIFICATE }, { FAKE_KEY_IN_CHAIN, ERR_CERTIFICATE },
	{ FAKE_NO_CERT, ERR_CERTIFICATE }, { FAKE_CA_LEAF, ERR_CERTIFICATE },
};

/* Whatever the CA sends: what is live stays live, and what is wrong never takes its place. */
static void a_wrong_certificate_never_goes_live(void **state)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct store_generation g = { 0 };
		struct err e = ERR_INIT;
		struct rig *p;
		struct job *fresh, *renewed;
		bool found = false;

		setup(state);
		p = *state;
		renewed = add(p, "renewed", "b.example");
		issue(p);
		expect_issued(p, renewed, 1);
		job_clear(renewed);
		assert_int_equal(job_init(renewed, &p->site.settings.certificate[0], &p->site.settings.ca[0],
		                          &p->site.settings.certificate[0].names, &e), 0);
		fresh = add(p, "fresh", "a.example www.a.example");
		p->w->ca.fault = faults[i].fault;
		issue(p);
		expect_failed(p, fresh, faults[i].kind, "");
		assert_false(renewed->issued);
		assert_int_equal(renewed->order.err.kind, faults[i].kind);
		assert_int_equal(store_generation_live(p->site.store, "renewed", &g, &found, &e), 0);
		assert_int_equal(g.number, 1);
		expect_listed(p, "state/generations/renewed", "000001");
		expect_nothing_left(p);
		store_generation_clear(&g);
		teardown(state);
	}
	setup(state);
}

/* One bent answer anywhere: either it is survived, or it ends with an error and nothing left behind. */
static const struct { struct fake_script s; bool ok; const char *text; } bends[] = {
	{ { .at = FAKE_NEW_NONCE, .from = 1, .bend = FAKE_LOSE_REQUEST }, true, NULL },
	{ { .at = FAKE_NEW_ORDER, .from = 1, .bend = FAKE_LOSE_REQUEST }, true, NULL },
	{ { .at = FAKE_NEW_ORDER, .from = 1, .bend = FAKE_LOSE_ANSWER }, true, NULL },
	{ { .at = FAKE_NEW_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 500 }, true, NULL },
	{ { .at = FAKE_AUTHZ, .from = 1, .bend = FAKE_LOSE_ANSWER }, true, NULL },
	{ { .at = FAKE_AUTHZ, .from = 2, .bend = FAKE_REFUSE, .status = 503, .retry_after = "3" }, true, NULL },
	{ { .at = FAKE_CHALLENGE, .from = 1, .bend = FAKE_LOSE_REQUEST }, true, NULL },
	{ { .at = FAKE_CHALLENGE, .from = 1, .to = 2, .bend = FAKE_LOSE_ANSWER }, true, NULL },
	{ { .at = FAKE_ORDER, .from = 1, .to = 8, .bend = FAKE_LOSE_ANSWER }, true, NULL },
	{ { .at = FAKE_ORDER, .from = 1, .bend = FAKE_REFUSE, .status = 503, .retry_after = "120" }, true, NULL },
	{ { .at = FAKE_FINALIZE, .from = 1, .bend = FAKE_LOSE_REQUEST }, true, NULL },
	{ { .at = FAKE_FINALIZE, .from = 1, .bend = FAKE_LOSE_ANSWER }, true, NULL },
	{ { .at = FAKE_FINALIZE, .from = 1, .bend = FAKE_REFUSE, .status = 500 }, true, NULL },
	{ { .at = FAKE_FINALIZE, .from = 1, .bend = FAKE_REFUSE, .status = 403, .problem = "orderNotReady" }, true, NULL },
	{ { .at = FAKE_CERT, .from = 1, .to = 6, .bend = FAKE_LOSE_ANSWER }, true, NULL },
	{ { .at = FAKE_DIRECTORY, .bend = FAKE_LOSE_REQUEST }, false, "reading the CA's directory" },
	{ { .at = FAKE_NEW_NONCE, .bend = FAKE_EDIT, .no_nonce = true }, false, "getting a nonce" },
	{ { .at = FAKE_NEW_ORDER, .bend = FAKE_LOSE_ANSWER }, false, "placing the order" },
	{ { .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .no_location = true }, false, "Location" },
	{ { .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .find = "a.example", .put = "evil.example" }, false, "not for the names" },
	{ { .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .find = "https://ca.test/authz", .put = "http://ca.test/authz" }, false, "authorization URL" },
	{ { .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .find = "pending", .put = "valid" }, false, "for no request of ours" },
	{ { .at = FAKE_AUTHZ, .bend = FAKE_EDIT, .find = "a.example", .put = "evil.example" }, false, "not asked for" },
	{ { .at = FAKE_AUTHZ, .bend = FAKE_EDIT, .find = "token-", .put = "../../../x" }, false, "token" },
	{ { .at = FAKE_AUTHZ, .bend = FAKE_EDIT, .find = "http-01", .put = "tls-alpn-01" }, false, "does not offer http-01" },
	{ { .at = FAKE_AUTHZ, .bend = FAKE_EDIT, .body = "{" }, false, "JSON" },
	{ { .at = FAKE_CHALLENGE, .bend = FAKE_REFUSE, .status = 403, .problem = "unauthorized" }, false, "answering the challenge" },
	{ { .at = FAKE_ORDER, .bend = FAKE_EDIT, .find = "\"status\":\"ready\"", .put = "\"status\":\"pending\"" }, false, "did not come to an end in time" },
	{ { .at = FAKE_ORDER, .bend = FAKE_EDIT, .body = "[[[[" }, false, "JSON" },
	{ { .at = FAKE_FINALIZE, .bend = FAKE_REFUSE, .status = 400, .problem = "badCSR" }, false, "finalizing the order" },
	{ { .at = FAKE_FINALIZE, .bend = FAKE_EDIT, .find = "https://ca.test/cert", .put = "http://ca.test/cert" }, false, "certificate URL" },
	{ { .at = FAKE_CERT, .bend = FAKE_EDIT, .body = "" }, false, "checking the certificate" },
	{ { .at = FAKE_CERT, .bend = FAKE_LOSE_ANSWER }, false, "downloading the certificate" },
	{ { .at = FAKE_CERT, .bend = FAKE_REFUSE, .status = 404 }, false, "downloading the certificate" },
};

static void bent_answers(void **state)
{
	for (size_t i = 0; i < sizeof bends / sizeof *bends; i++) {
		struct fake_script s = bends[i].s;
		struct rig *p;
		struct job *j;

		setup(state);
		p = *state;
		memset(p->w->ca.calls, 0, sizeof p->w->ca.calls);
		fake_ca_bend(&p->w->ca, s);
		j = add(p, "one", "a.example www.a.example");
		issue(p);
		if (bends[i].ok != j->issued)
			fail_msg("row %zu: %s", i, j->issued ? "went through" : j->order.err.cause);
		if (bends[i].ok)
			expect_issued(p, j, 1);
		else
			expect_failed(p, j, j->order.err.kind, bends[i].text);
		expect_nothing_left(p);
		teardown(state);
	}
	setup(state);
}

static void bad_nonces_cost_only_patience(void **state)
{
	struct rig *p = *state;
	struct job *a = add(p, "a", "a.example b.example c.example"), *b = add(p, "b", "d.example");

	p->w->ca.bad_nonce_percent = 90;
	issue(p);
	expect_issued(p, a, 1);
	expect_issued(p, b, 1);
	expect_nothing_left(p);
}

/* Where it failed, what was said and of which name: told as run/refusal reads it. */
static void refusals_are_explained(void **state)
{
	static const struct { struct fake_script s; const char *names, *advice; } cases[] = {
		{ { .at = FAKE_NEW_ORDER, .bend = FAKE_REFUSE, .status = 403, .problem = "caa" }, "a.example", "Most likely a CAA record" },
		{ { .at = FAKE_AUTHZ, .bend = FAKE_REFUSE, .status = 403, .problem = "caa" }, "a.example", "Most likely a CAA record" },
		{ { .at = FAKE_CHALLENGE, .bend = FAKE_REFUSE, .status = 403, .problem = "caa" }, "a.example", "Most likely a CAA record" },
		{ { .at = FAKE_CHALLENGE, .bend = FAKE_REFUSE, .status = 400, .problem = "incorrectResponse" }, "a.example", "Check the webroot" },
		{ { .at = FAKE_CHALLENGE, .bend = FAKE_REFUSE, .status = 400, .problem = "incorrectResponse" }, "*.a.example", "TXT record" },
		{ { .at = FAKE_FINALIZE, .bend = FAKE_REFUSE, .status = 400, .problem = "badCSR" }, "a.example", "rsa2048" },
		{ { .at = FAKE_CERT, .bend = FAKE_REFUSE, .status = 404 }, "a.example", NULL },
		{ { .at = FAKE_NEW_ORDER, .bend = FAKE_EDIT, .find = "a.example", .put = "evil.example" }, "a.example", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *p;
		struct job *j;

		setup(state);
		p = *state;
		memset(p->w->ca.calls, 0, sizeof p->w->ca.calls);
		fake_ca_bend(&p->w->ca, cases[i].s);
		j = add(p, "one", cases[i].names);
		issue(p);
		expect_failed(p, j, j->order.err.kind, "");
		if (!cases[i].advice)
			assert_null(j->order.err.advice);
		else if (!j->order.err.advice || !strstr(j->order.err.advice, cases[i].advice))
			fail_msg("row %zu: \"%s\" has no \"%s\"", i, j->order.err.advice, cases[i].advice);
		teardown(state);
	}
	setup(state);
}

static void an_order_that_fails_at_the_end(void **state)
{
	struct rig *p = *state;
	struct job *j = add(p, "one", "a.example");

	p->w->ca.order_error = "serverInternal";
	issue(p);
	expect_failed(p, j, ERR_CA, "waiting for the certificate: the order itself failed");
	expect_nothing_left(p);
}

static void no_account_no_request(void **state)
{
	struct rig *p = *state;
	struct job *j;
	size_t before;

	str_replace(&p->site.settings.ca[0].server, str_dup("https://other.test/directory"));
	j = add(p, "one", "a.example");
	before = p->w->ca.requests;
	issue(p);
	expect_failed(p, j, ERR_CONFIG, "no account");
	assert_int_equal(p->w->ca.requests, before);
}

static struct store_journal_task task_of(const char *type, const char *method, const char *identifier)
{
	return (struct store_journal_task){ .type = str_dup(type), .method = str_dup(method), .identifier = str_dup(identifier) };
}

/* A run that was killed: its token file, its DNS record, its half-made generation. The next run takes all of it away. */
static void what_a_killed_run_left_is_taken_away(void **state)
{
	struct rig *p = *state;
	const struct fs_policy policy = { (uid_t)-1, (gid_t)-1, 0600 };
	struct store_journal j = { .name = str_dup("one"), .ca = str_dup("test"), .server = str_dup(FAKE_DIRECTORY_URL), .task_count = 2 };
	char *folder = below(p, "www/.well-known/acme-challenge"), *file = fs_join(folder, "tok"),
	     *record = below(p, "dns/_acme-challenge.a.example");
	struct buf pem;
	struct err e = ERR_INIT;
	struct key *k = NULL;

	add(p, "one", "a.example *.a.example");
	buf_init_secret(&pem, KEY_PEM_MAX);
	assert_int_equal(key_generate(KEY_EC_P256, &k, &e), 0);
	assert_int_equal(key_save_pem(k, &pem, &e), 0);
	assert_int_equal(store_generation_begin(p->site.store, "one", pem.data, pem.len, &policy, &j.generation, &e), 0);
	j.task = mem_new(2, sizeof *j.task);
	j.task[0] = task_of("http-01", "webroot", "a.example");
	j.task[0].webroot = str_dup(p->www);
	j.task[0].token = str_dup("tok");
	j.task[0].key_authorization = str_dup("tok.print");
	j.task[0].made_folder = true;
	j.task[1] = task_of("dns-01", "hook", "a.example");
	j.task[1].wildcard = true;
	j.task[1].token = str_dup("tok2");
	j.task[1].key_authorization = str_dup("tok2.print");
	j.task[1].record_name = str_dup("_acme-challenge.a.example");
	j.task[1].record_value = str_dup("value");
	strs_add(&j.names, "a.example");
	assert_int_equal(fs_make_dirs(folder, 0755, &e), 0);
	scratch_write(file, "tok.print", 0644);
	scratch_write(record, "value\n", 0644);
	assert_int_equal(store_journal_save(p->site.store, &j, &e), 0);
	if (job_recover_all(&p->site, &e) != 0)
		fail_msg("%s", e.cause);
	assert_false(fs_exists(file));
	expect_listed(p, "dns", "");
	expect_listed(p, "state/journal", "");
	expect_listed(p, "state/generations/one", "");
	assert_int_equal(job_recover_all(&p->site, &e), 0);
	store_journal_clear(&j);
	key_free(k);
	buf_clear(&pem);
	free(folder);
	free(file);
	free(record);
}

/* It died between the switch and the end of its journal: the certificate stays. */
static void what_is_live_stays(void **state)
{
	struct rig *p = *state;
	struct store_journal j = { .name = str_dup("one"), .ca = str_dup("test"), .server = str_dup(FAKE_DIRECTORY_URL), .generation = 1 };
	struct job *job = add(p, "one", "a.example");
	struct err e = ERR_INIT;

	issue(p);
	strs_add(&j.names, "a.example");
	assert_int_equal(store_journal_save(p->site.store, &j, &e), 0);
	assert_int_equal(job_recover_all(&p->site, &e), 0);
	expect_listed(p, "state/journal", "");
	expect_issued(p, job, 1);
	store_journal_clear(&j);
}

static void a_lost_registration_is_found_again(void **state)
{
	static const enum fake_bend how[] = { FAKE_LOSE_ANSWER, FAKE_LOSE_REQUEST };

	for (size_t i = 0; i < 2; i++) {
		struct register_request q = { .agree_tos = true, .no_contact = true, .key_type = KEY_EC_P256 };
		struct register_result r = { 0 };
		struct err e = ERR_INIT;
		struct rig *p;

		/* Anew, with nothing registered. */
		setup(state);
		p = *state;
		close_site(p);
		assert_int_equal(fs_remove_tree(p->state, &e), 0);
		open_site(p);
		fake_ca_bend(&p->w->ca, (struct fake_script){ .at = FAKE_NEW_ACCOUNT, .from = 2, .to = 3, .bend = how[i] });
		assert_int_equal(register_account(&p->site, &q, &r, &e), -1);
		assert_int_equal(e.kind, ERR_NET);
		err_clear(&e);
		assert_int_equal(p->w->ca.account_count, how[i] == FAKE_LOSE_ANSWER ? 2 : 1);
		if (register_account(&p->site, &q, &r, &e) != 0)
			fail_msg("%s", e.cause);
		assert_int_equal(p->w->ca.account_count, 2);
		assert_int_equal(r.recovered, how[i] == FAKE_LOSE_ANSWER);
		assert_string_equal(r.account_url, "https://ca.test/account/1");
		fake_ca_expect_strict(&p->w->ca);
		register_result_clear(&r);
		teardown(state);
	}
	setup(state);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define OWN(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(one_order), ROW(three_orders_side_by_side), ROW(wildcard_and_base), ROW(two_values_under_one_name),
		ROW(a_second_time_is_a_second_generation), ROW(known_names_need_no_challenge), ROW(a_hundred_names_cost_few_rounds),
		ROW(culprits_are_named), ROW(nothing_is_told_before_all_is_in_place), ROW(a_failing_hook_is_cleaned_up_after), OWN(interrupted),
		OWN(interrupted_while_cleaning_up),
		OWN(a_wrong_certificate_never_goes_live), OWN(bent_answers), ROW(bad_nonces_cost_only_patience),
		OWN(refusals_are_explained), ROW(an_order_that_fails_at_the_end), ROW(no_account_no_request), ROW(what_a_killed_run_left_is_taken_away),
		ROW(what_is_live_stays), OWN(a_lost_registration_is_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
