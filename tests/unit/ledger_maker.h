/* A rig whose CA sells registered names, and what its ledger holds. Failures end the test. */
#ifndef TEGATA_TESTS_LEDGER_MAKER_H
#define TEGATA_TESTS_LEDGER_MAKER_H

#include "visit_maker.h"

#include "run/ledger.h"
#include "store/ledger.h"

#define DAY 86400
#define SETTINGS "cas: [{name: test, profile: custom, server: \"" FAKE_DIRECTORY_URL "\", rule: %s, first_use: %s, key: ecdsa-p256}]\n"
#define CERT(name, names) "  - {name: " name ", names: [" names "], challenge: {webroot: \"%s\"}}\n"

struct opened {
	const char *rule, *first_use, *certificates, *list; /* NULL = jpdirect, allow, one for example.jp, example.jp */
};

/* As the next process finds it. */
static inline void open_as(struct rig *p, struct opened o)
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

static inline struct store_ledger load(struct rig *p)
{
	struct store_ledger l = {0};
	struct err e = ERR_INIT;

	assert_int_equal(store_ledger_load(p->r->s.store, &l, &e), 0);
	return l;
}

/* On disk and in the list of this run. date NULL = there is none. */
static inline void expect(struct rig *p, const char *fqdn, const char *date, bool perhaps)
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
static inline char *source_of(struct rig *p, const char *fqdn)
{
	struct store_ledger l = load(p);
	const struct store_ledger_item *one = store_ledger_find(&l, fqdn);
	char *source = one ? str_dup(one->source) : NULL;

	store_ledger_clear(&l);
	return source;
}

static inline void expect_source(struct rig *p, const char *fqdn, const char *source)
{
	char *found = source_of(p, fqdn);

	assert_string_equal(found, source);
	free(found);
}

static inline char *ledger_path(struct rig *p)
{
	return fs_join(p->r->options.state_dir, "ledger.json");
}

static inline char *ledger_text(struct rig *p)
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

static inline ino_t ledger_inode(struct rig *p)
{
	char *path = ledger_path(p);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_ino;
}

static inline void lose_ledger(struct rig *p)
{
	char *path = ledger_path(p);

	assert_int_equal(unlink(path), 0);
	free(path);
}

static inline char *today(struct rig *p, int64_t ago)
{
	return date_format(date_of_jst(clock_now(&p->w->clock.clock) - ago));
}

#endif
