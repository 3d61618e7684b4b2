/* A site with settings on disk, an account at the fake CA, and visits whose clock only the test moves. Failures end the test. */
#ifndef TEGATA_TESTS_VISIT_MAKER_H
#define TEGATA_TESTS_VISIT_MAKER_H

#include "acme_maker.h"
#include "run_maker.h"

#include "run/look.h"
#include "run/register.h"
#include "run/visit.h"

struct rig {
	struct world *w;
	struct run *r;
	char *www;
};

#define RIG_CA "cas: [{name: test, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: none, key: ecdsa-p256}]\n"

/* What follows "certificates:", its items with @ for the webroot. Everything is read anew, as the next process would. */
static inline void rig_open(struct rig *p, const char *certificates)
{
	struct buf text;
	struct err e = ERR_INIT;

	buf_init(&text, 65536);
	assert_int_equal(buf_append_str(&text, RIG_CA "certificates:\n"), 0);
	for (const char *c = certificates; *c != '\0'; c++)
		assert_int_equal(*c == '@' ? buf_append_str(&text, p->www) : buf_append(&text, c, 1), 0);
	run_open(p->r, text.data, NULL);
	buf_clear(&text);
	p->r->s.port = &p->w->ca.port;
	p->r->s.clock = &p->w->clock.clock;
	str_replace(&p->r->s.host, str_dup("host"));
	if (site_lock(&p->r->s, &e) != 0)
		fail_msg("site_lock: %s", e.cause);
}

static inline void rig_register(struct rig *p)
{
	struct register_request q = {.agree_tos = true, .no_contact = true, .key_type = KEY_EC_P256};
	struct register_result r = {0};
	struct err e = ERR_INIT;

	if (register_account(&p->r->s, &q, &r, &e) != 0)
		fail_msg("register: %s", e.cause);
	register_result_clear(&r);
}

static inline int rig_setup(void **state)
{
	struct rig *p = mem_new(1, sizeof *p);
	void *part = NULL;

	world_setup(&part);
	p->w = part;
	run_setup(&part);
	p->r = part;
	p->www = fs_join(p->r->dir, "www");
	assert_int_equal(mkdir(p->www, 0755), 0);
	p->w->ca.webroot = p->www;
	rig_open(p, "  []\n");
	rig_register(p);
	*state = p;
	return 0;
}

static inline int rig_teardown(void **state)
{
	struct rig *p = *state;
	void *part = p->r;

	run_teardown(&part);
	part = p->w;
	world_teardown(&part);
	free(p->www);
	free(p);
	return 0;
}

static inline struct visit_report rig_visit_as(struct rig *p, const struct visit_options *o)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;

	if (visit(&p->r->s, o, &report, &e) != 0)
		fail_msg("visit: %s", e.cause);
	return report;
}

/* One visit of the timer; the outcome and reason of its first certificate must be these. Its error's kind. */
static inline enum err_kind rig_visit(struct rig *p, enum visit_outcome outcome, enum visit_reason reason)
{
	struct visit_options o = {0};
	struct visit_report report = rig_visit_as(p, &o);
	enum err_kind kind = report.item[0].err.kind;

	if (report.item[0].outcome != outcome || report.item[0].reason != reason)
		fail_msg("%s (%s), not %s (%s): %s", visit_outcome_name(report.item[0].outcome), visit_reason_name(report.item[0].reason),
		         visit_outcome_name(outcome), visit_reason_name(reason), report.item[0].err.cause);
	visit_report_clear(&report);
	return kind;
}

static inline struct store_state rig_state(struct rig *p, const char *name)
{
	struct store_state st = {0};
	struct err e = ERR_INIT;

	assert_int_equal(store_state_load(p->r->s.store, name, &st, &e), 0);
	return st;
}

static inline struct store_generation rig_live(struct rig *p, const char *name)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found = false;

	if (store_generation_live(p->r->s.store, name, &g, &found, &e) != 0 || !found)
		fail_msg("nothing is live: %s", e.cause != NULL ? e.cause : "");
	return g;
}

/* What is below the state folder, in one line. */
static inline char *rig_list(struct rig *p, const char *below)
{
	char *path = str_fmt("%s/%s", p->r->options.state_dir, below), *all;
	struct strs names = {0};
	struct err e = ERR_INIT;

	assert_int_equal(fs_list(path, &names, &e), 0);
	all = strs_join(&names, " ");
	strs_clear(&names);
	free(path);
	return all != NULL ? all : str_dup("");
}

static inline void rig_listed(struct rig *p, const char *below, const char *wanted)
{
	char *got = rig_list(p, below);

	assert_string_equal(got, wanted);
	free(got);
}

static inline void rig_wait(struct rig *p, int64_t sec)
{
	p->w->clock.mono_ms += sec * 1000;
}

#endif
