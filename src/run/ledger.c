#include "config.h"

#include "run/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/i18n.h"
#include "base/log.h"
#include "entitle/fqdn.h"
#include "entitle/list_change.h"
#include "pki/chain.h"
#include "store/ledger.h"

#define SHOWN_MAX 10 /* names in one message */

/* The ledger while it is being written. */
struct book {
	struct site *site;
	struct store_ledger l;
	bool changed;
	size_t dated; /* entries that got a date, or an earlier one */
};

/* One certificate that was issued. */
struct use {
	const struct rule *rule;
	const struct strs *names;
	int64_t not_before, issued_at; /* issued_at 0 = not known */
	const char *certificate, *serial, *source;
	bool named;                    /* by a person, on the command line */
	struct strs *begun;            /* appended; NULL = nobody wants to know */
};

static void put_into_entries(struct site *s, const struct store_ledger *l)
{
	for (size_t i = 0; i < s->entries.count; i++)
		s->entries.item[i].has_recorded = s->entries.item[i].perhaps = false;
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].has_date)
			entry_list_record(&s->entries, l->item[i].fqdn, l->item[i].first_issued, l->item[i].perhaps);
}

static int64_t issued_at(const struct use *u)
{
	return u->issued_at > 0 ? u->issued_at : u->not_before;
}

static void write_down(struct book *b, struct store_ledger_item *one, const struct use *u, struct date day)
{
	one->has_date = true;
	one->first_issued = day;
	str_replace(&one->certificate, str_dup(u->certificate));
	str_replace(&one->serial, str_dup(u->serial));
	str_replace(&one->source, str_dup(u->source));
	one->recorded_at = clock_now(b->site->clock);
	b->changed = true;
	b->dated++;
}

/* What is certain is not made less so, nor earlier, by what is in doubt. */
static bool improves(const struct store_ledger_item *one, const struct first_use *f, struct date day)
{
	return date_compare(day, one->first_issued) < 0 && (one->perhaps || !f->perhaps);
}

/* A certificate that somebody names is of this contract, whatever was taken for an earlier one. */
static bool is_of_before(const struct store_ledger_item *one, const struct use *u)
{
	return issued_at(u) < one->since && !u->named;
}

/* begins: as far as the list and what is recorded say, it has not begun before. */
static void note_entry(struct book *b, const struct use *u, const struct first_use *f, bool begins)
{
	struct date day = first_use_day(u->rule, u->not_before, u->issued_at);
	const char *fqdn = f->entry->fqdn;
	struct store_ledger_item *one = store_ledger_find(&b->l, fqdn);
	bool dated = one && one->has_date;

	if ((one && is_of_before(one, u)) || (!dated && !begins))
		return;
	if (!one)
		one = store_ledger_item(&b->l, fqdn);
	if (!dated || improves(one, f, day))
		write_down(b, one, u, day);
	else if (!one->perhaps || f->perhaps)
		return;
	one->perhaps = f->perhaps;
	b->changed = true;
	entry_list_record(&b->site->entries, fqdn, one->first_issued, one->perhaps);
	if (!dated && u->begun)
		strs_add(u->begun, fqdn);
}

static bool is_among(const struct first_use *all, size_t count, const struct entry *e)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].entry == e)
			return true;
	return false;
}

static size_t find_uses(const struct site *s, const struct use *u, bool only_new, struct first_use **out)
{
	const struct first_use_input in = {
		.rule = u->rule, .list = &s->entries, .names = u->names, .only_new = only_new, .at = issued_at(u)};

	return first_use_find_at(&in, out);
}

static void note_use(struct book *b, const struct use *u)
{
	struct first_use *all = NULL, *fresh = NULL;
	size_t count = find_uses(b->site, u, false, &all);
	size_t fresh_count = find_uses(b->site, u, true, &fresh);

	for (size_t i = 0; i < count; i++)
		note_entry(b, u, &all[i], is_among(fresh, fresh_count, all[i].entry));
	free(all);
	free(fresh);
}

/* NULL: under which contract it was issued is not known any more. */
static const struct ca_setting *ca_of(const struct site *s, const struct store_generation *g)
{
	const struct ca_setting *ca = g->ca ? settings_ca(&s->settings, g->ca) : NULL;

	if (!ca)
		log_verbose(_("%s: generation %d is of a CA that is not in the settings any more (\"%s\"): it begins no paid term"), g->name,
		            g->number, g->ca ? g->ca : "");
	return ca;
}

static struct use use_of(const struct site *s, const struct ca_setting *ca, const struct store_generation *g)
{
	return (struct use){.rule = site_rule(s, ca),
	                    .names = &g->names,
	                    .not_before = g->not_before,
	                    .issued_at = g->issued_at,
	                    .certificate = g->name,
	                    .serial = g->serial};
}

static int64_t time_of(const struct store_generation *g)
{
	return g->issued_at > 0 ? g->issued_at : g->not_before;
}

/* In the order of their issuance: which of two entries that share a name began is decided by what came before. */
static int compare_issues(const void *a, const void *b)
{
	const struct store_generation *x = a, *y = b;

	if (time_of(x) != time_of(y))
		return time_of(x) < time_of(y) ? -1 : 1;
	if (strcmp(x->name, y->name) != 0)
		return strcmp(x->name, y->name);
	return (x->number > y->number) - (x->number < y->number);
}

struct issues {
	struct store_generation *item;
	size_t count;
};

/* One that cannot be read is in nobody's way: the others count all the same. */
static void find_issues(struct site *s, const char *name, struct issues *out)
{
	struct err e = ERR_INIT;
	int *numbers = NULL;
	size_t count = 0;

	if (store_generation_numbers(s->store, name, &numbers, &count, &e) < 0)
		log_warn("%s: %s", name, e.cause);
	err_clear(&e);
	out->item = mem_resize(out->item, out->count + count + 1, sizeof *out->item);
	for (size_t i = 0; i < count; i++) {
		struct store_generation g = {0};

		if (store_generation_load(s->store, name, numbers[i], &g, &e) == 0)
			out->item[out->count++] = g;
		else
			log_verbose("%s: %s", name, e.cause);
		err_clear(&e);
	}
	free(numbers);
}

static int note_all_issues(struct book *b, struct err *e)
{
	struct issues issues = {0};
	struct strs names = {0};
	int rc = store_generation_names(b->site->store, &names, e);

	for (size_t i = 0; i < names.count; i++)
		find_issues(b->site, names.item[i], &issues);
	if (issues.count > 0)
		qsort(issues.item, issues.count, sizeof *issues.item, compare_issues);
	for (size_t i = 0; i < issues.count; i++) {
		const struct ca_setting *ca = ca_of(b->site, &issues.item[i]);
		struct use u;

		if (ca) {
			u = use_of(b->site, ca, &issues.item[i]);
			u.source = "generation";
			note_use(b, &u);
		}
		store_generation_clear(&issues.item[i]);
	}
	free(issues.item);
	strs_clear(&names);
	return rc;
}

/* Where names need no entry, nobody minds the list. */
static bool list_counts(const struct site *s)
{
	for (size_t i = 0; i < s->settings.ca_count; i++)
		if (site_rule(s, &s->settings.ca[i])->checked)
			return true;
	return false;
}

/* What there is no ledger for is read from what is kept, for this one command: who has the lock writes it down. */
static void take(struct site *s, struct store_ledger *l, bool writes)
{
	struct book b = {.site = s, .l = *l};
	struct err ignored = ERR_INIT;

	put_into_entries(s, l);
	if (!writes && l->missing && s->entries.count > 0 && list_counts(s))
		(void)note_all_issues(&b, &ignored);
	*l = b.l;
	err_clear(&ignored);
}

void ledger_apply(struct site *s, bool writes)
{
	struct store_ledger l = {0};
	struct err e = ERR_INIT;

	if (s->ledger_applied || !s->store || !s->rule)
		return;
	s->ledger_applied = true;
	if (store_ledger_load(s->store, &l, &e) == 0)
		take(s, &l, writes);
	else
		log_verbose(_("when registered FQDNs were first used cannot be read: %s"), e.cause);
	store_ledger_clear(&l);
	err_clear(&e);
}

/* Where there is no ledger, it is made again from what is kept before anything is added. */
static int open_book(struct site *s, struct book *b, struct err *e)
{
	*b = (struct book){.site = s};
	if (store_ledger_load(s->store, &b->l, e) < 0)
		return -1;
	put_into_entries(s, &b->l);
	if (!b->l.missing || s->entries.count == 0)
		return 0;
	if (note_all_issues(b, e) < 0) {
		store_ledger_clear(&b->l);
		return -1;
	}
	if (b->dated > 0)
		log_event(P_("there was no ledger: when %zu registered FQDN was first used was read from the certificates that are kept",
		             "there was no ledger: when %zu registered FQDNs were first used was read from the certificates that are kept",
		             b->dated),
		          b->dated);
	return 0;
}

static int close_book(struct book *b, struct err *e)
{
	int rc = b->changed ? store_ledger_save(b->site->store, &b->l, e) : 0;

	store_ledger_clear(&b->l);
	return rc;
}

static bool is_better(const struct use *u, const struct first_use *f)
{
	struct date day = first_use_day(u->rule, u->not_before, u->issued_at);
	const struct entry *en = f->entry;

	return en->has_recorded && ((en->perhaps && !f->perhaps) || date_compare(day, en->recorded) < 0);
}

/* Renewals tell nothing new: then the ledger need not be opened. */
static bool is_news(const struct site *s, const struct use *u)
{
	struct first_use *found = NULL;
	size_t count = find_uses(s, u, true, &found);
	bool news = count > 0;

	free(found);
	count = find_uses(s, u, false, &found);
	for (size_t i = 0; i < count; i++)
		news = news || is_better(u, &found[i]);
	free(found);
	return news;
}

static void note_and_say(struct book *b, struct use *u, struct strs *begun)
{
	struct strs new = {0};

	u->begun = &new;
	note_use(b, u);
	for (size_t i = 0; i < new.count; i++)
		log_verbose(_("%s: first use of the registered %s, written down"), u->certificate, new.item[i]);
	if (begun)
		strs_copy(begun, &new);
	strs_clear(&new);
}

int ledger_record_all(struct site *s, const struct ledger_issue *issue, size_t count, const char *source, struct err *e)
{
	struct use *use = mem_new(count + 1, sizeof *use);
	struct book b;
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ca_setting *ca = issue[i].ca ? issue[i].ca : ca_of(s, issue[i].generation);

		if (!ca)
			continue;
		use[i] = use_of(s, ca, issue[i].generation);
		use[i].source = source;
		any = any || is_news(s, &use[i]);
	}
	if (any)
		rc = open_book(s, &b, e);
	if (!any || rc < 0)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (use[i].rule)
			note_and_say(&b, &use[i], issue[i].begun);
	rc = close_book(&b, e);
out:
	free(use);
	return rc < 0 ? err_wrap(e, _("writing down which paid terms began")) : 0;
}

int ledger_record(struct site *s, const struct ca_setting *ca, const struct store_generation *g, struct err *e)
{
	const struct ledger_issue issue = {.ca = ca, .generation = g};

	return ledger_record_all(s, &issue, 1, "issued", e);
}

int ledger_rebuild(struct site *s, size_t *found, struct err *e)
{
	struct book b;
	size_t dated;
	int rc;

	if (open_book(s, &b, e) < 0)
		return -1;
	rc = b.l.missing && s->entries.count > 0 ? 0 : note_all_issues(&b, e);
	dated = b.dated;
	if (rc < 0)
		store_ledger_clear(&b.l);
	else
		rc = close_book(&b, e);
	if (rc == 0)
		*found = dated;
	return rc;
}

static int read_certificate(const char *path, struct chain **out, struct err *e)
{
	struct buf pem;
	int rc;

	buf_init(&pem, CHAIN_PEM_MAX);
	rc = fs_read(path, &pem, e);
	if (rc == 0 && chain_parse(pem.data, pem.len, out, e) < 0)
		rc = err_wrap(e, _("reading %s as a certificate (PEM)"), path);
	buf_clear(&pem);
	return rc;
}

int ledger_learn(struct site *s, const char *path, struct strs *begun, struct err *e)
{
	struct chain *c = NULL;
	const struct cert *leaf;
	struct book b;
	struct use u;
	int rc = -1;

	if (read_certificate(path, &c, e) < 0 || open_book(s, &b, e) < 0)
		goto out;
	leaf = chain_at(c, 0);
	u = (struct use){.rule = site_rule(s, site_ca(s, NULL)),
	                 .names = cert_dns_names(leaf),
	                 .not_before = cert_not_before(leaf),
	                 .serial = cert_serial(leaf),
	                 .source = "file",
	                 .named = true,
	                 .begun = begun};
	note_use(&b, &u);
	rc = close_book(&b, e);
out:
	chain_free(c);
	return rc;
}

static void forget(struct book *b, const char *fqdn, int64_t now)
{
	struct store_ledger_item *one = store_ledger_item(&b->l, fqdn);
	const struct entry *there = entry_list_find(&b->site->entries, fqdn);

	str_replace(&one->certificate, NULL);
	str_replace(&one->serial, NULL);
	str_replace(&one->source, NULL);
	*one = (struct store_ledger_item){.fqdn = one->fqdn, .since = now, .recorded_at = now};
	if (there) {
		struct entry *entry = &b->site->entries.item[there - b->site->entries.item];

		entry->has_recorded = entry->perhaps = false;
	}
	b->changed = true;
}

int ledger_forget_all(struct site *s, const struct strs *fqdns, struct err *e)
{
	struct book b;

	if (open_book(s, &b, e) < 0)
		return -1;
	for (size_t i = 0; i < fqdns->count; i++)
		if (!store_ledger_find(&b.l, fqdns->item[i]) && !entry_list_find(&s->entries, fqdns->item[i])) {
			err_set(e, ERR_USAGE, _("%s is neither in the list of registered FQDNs nor in the ledger"), fqdns->item[i]);
			store_ledger_clear(&b.l);
			return -1;
		}
	for (size_t i = 0; i < fqdns->count; i++)
		forget(&b, fqdns->item[i], clock_now(s->clock));
	return close_book(&b, e);
}

int ledger_forget(struct site *s, const char *fqdn, struct err *e)
{
	struct strs one = {0};
	char *normal = NULL, *why = NULL;
	int rc;

	if (fqdn_normalize(fqdn, &normal, &why) == 0) {
		strs_add(&one, normal);
		rc = ledger_forget_all(s, &one, e);
	} else {
		rc = err_set(e, ERR_USAGE, "%s", why);
	}
	strs_clear(&one);
	free(normal);
	free(why);
	return rc;
}

static char *names_text(const struct strs *names)
{
	struct strs first = {0};
	char *list, *text;

	for (size_t i = 0; i < names->count && i < SHOWN_MAX; i++)
		strs_add(&first, names->item[i]);
	list = fqdn_shown_all(&first);
	text = names->count > SHOWN_MAX ? str_fmt(_("%s and %zu more"), list, names->count - SHOWN_MAX) : str_dup(list);
	free(list);
	strs_clear(&first);
	return text;
}

static int refuse_list(const struct site *s, const struct store_ledger *l, const struct list_change *c, struct err *e)
{
	char *names = names_text(&c->vanished), *day = date_format(date_of_jst(l->list_at));

	if (s->entries_missing)
		err_set(e, ERR_REFUSED, _("the list of registered FQDNs is gone: there is no %s; since %s it held %zu: %s"),
		        s->entitlements_file, day, l->list.count, names);
	else if (s->entries.count == 0)
		err_set(e, ERR_REFUSED, _("the list of registered FQDNs, %s, is empty; since %s it held %zu: %s"), s->entitlements_file, day,
		        l->list.count, names);
	else
		err_set(e, ERR_REFUSED, _("%zu of the %zu registered FQDNs that the list, %s, held since %s have vanished from it: %s"),
		        c->vanished.count, l->list.count, s->entitlements_file, day, names);
	err_advise(e, "%s", _("Nothing was sent to the CA, and nothing was changed. Put the list back; or, if it is meant to be so, say it "
	                      "once: tegata run --accept-list"));
	free(names);
	free(day);
	return -1;
}

static void believe(struct book *b, const struct list_change *c)
{
	const struct entry_list *now = &b->site->entries;

	if (b->l.list_at > 0 ? c->added.count + c->vanished.count == 0 : now->count == 0)
		return;
	strs_clear(&b->l.list);
	for (size_t i = 0; i < now->count; i++)
		strs_add(&b->l.list, now->item[i].fqdn);
	b->l.list_at = clock_now(b->site->clock);
	b->changed = true;
}

static bool is_alarming(const struct store_ledger *l, const struct list_change *c)
{
	return l->list_at > 0 && c->alarming;
}

/* Notes that cannot be read or written must not keep certificates from being renewed: the gate holds without them. */
static void warn_of(struct err *e)
{
	char *text = err_text(e);

	log_warn(_("what the list of registered FQDNs held, and when they were first used, cannot be kept: %s"), text);
	free(text);
	err_clear(e);
}

int ledger_check_list(struct site *s, bool accept, struct err *e)
{
	struct list_change c = {0};
	struct err own = ERR_INIT;
	struct book b;
	int rc = 0;

	if (!list_counts(s))
		return 0;
	if (open_book(s, &b, &own) < 0) {
		warn_of(&own);
		return 0;
	}
	list_change_find(&b.l.list, &s->entries, &c);
	if (is_alarming(&b.l, &c) && !accept) {
		rc = refuse_list(s, &b.l, &c, e);
		store_ledger_clear(&b.l);
	} else {
		believe(&b, &c);
		if (close_book(&b, &own) < 0)
			warn_of(&own);
	}
	list_change_clear(&c);
	return rc;
}

int ledger_look_at_list(struct site *s, struct err *e)
{
	struct list_change c = {0};
	struct store_ledger l = {0};
	struct err ignored = ERR_INIT;
	int rc = 0;

	if (!list_counts(s))
		return 0;
	if (site_open_store(s, &ignored) == 0 && store_ledger_load(s->store, &l, &ignored) == 0) {
		list_change_find(&l.list, &s->entries, &c);
		if (is_alarming(&l, &c))
			rc = refuse_list(s, &l, &c, e);
	}
	list_change_clear(&c);
	store_ledger_clear(&l);
	err_clear(&ignored);
	return rc;
}
