#include "config.h"

#include "run/outlook.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "entitle/first_use.h"
#include "entitle/lapse.h"
#include "entitle/period.h"
#include "run/look.h"
#include "run/look_lapse.h"
#include "run/revoked.h"

/* One of the two: as things are, or with the what-if. */
struct side {
	const struct entry_list *list;
	struct forecast_certificate *certificate;
	struct strs *names; /* of each, normal form */
	size_t count;
	int64_t at;
};

static void side_init(const struct site *s, const struct entry_list *list, int64_t at, struct side *out)
{
	size_t count = s->settings.certificate_count;

	*out = (struct side){.list = list, .at = at};
	out->certificate = mem_new(count + 1, sizeof *out->certificate);
	out->names = mem_new(count + 1, sizeof *out->names);
}

static void side_clear(struct side *x)
{
	for (size_t i = 0; i < x->count; i++)
		strs_clear(&x->names[i]);
	free(x->names);
	free(x->certificate);
	*x = (struct side){0};
}

static bool is_asked(const struct outlook_whatif *w)
{
	return w && (w->without.count > 0 || w->add.count > 0 || w->renew.count > 0 || w->at != 0 || w->lifetime_sec != 0 ||
	             w->down_count > 0);
}

static int not_in_the_list(const struct entry_list *l, const char *fqdn, struct err *e)
{
	const struct entry *near = coverage_nearest(l, fqdn);

	if (near)
		return err_set(e, ERR_USAGE, _("%s is not in the list; nearest is %s"), fqdn, near->fqdn);
	return err_set(e, ERR_USAGE, _("%s is not in the list, which is empty"), fqdn);
}

/*
 * What is taken away ends with the day rather than being unknown: so what lives on it falls, as it does in earnest,
 * instead of only being renewed no more.
 */
static int end_entry(const struct rule *r, struct entry_list *l, const char *fqdn, int64_t at, struct err *e)
{
	const struct entry *there = entry_list_find(l, fqdn);
	struct entry ended;

	if (!there)
		return not_in_the_list(l, fqdn, e);
	ended = *there;
	ended.has_ends = true;
	ended.ends = first_use_day(r, at, 0);
	entry_list_add(l, &ended);
	return 0;
}

static int renew_entry(const struct rule *r, struct entry_list *l, const char *fqdn, struct err *e)
{
	for (size_t i = 0; i < l->count; i++) {
		struct entry *entry = &l->item[i];

		if (!str_eq(entry->fqdn, fqdn))
			continue;
		entry->renewed++;
		if (entry->has_ends)
			entry->ends = period_next_last(r, entry->ends);
		return 0;
	}
	return not_in_the_list(l, fqdn, e);
}

static int change_list(const struct site *s, const struct outlook_whatif *w, const struct side *x, struct entry_list *l,
                       struct err *e)
{
	const struct rule *r = site_rule_of_list(s);

	for (size_t i = 0; i < w->without.count; i++)
		if (end_entry(r, l, w->without.item[i], x->at, e) < 0)
			return -1;
	for (size_t i = 0; i < w->add.count; i++) {
		struct entry added = {.fqdn = w->add.item[i]};

		if (entry_list_find(l, added.fqdn) && !strs_has(&w->without, added.fqdn))
			return err_set(e, ERR_USAGE, _("%s is in the list already"), added.fqdn);
		entry_list_add(l, &added);
	}
	for (size_t i = 0; i < w->renew.count; i++)
		if (renew_entry(r, l, w->renew.item[i], e) < 0)
			return -1;
	return 0;
}

/* What the certificate would hold with this list: names that were let go stay away until their entry is renewed. */
static void names_with(const struct site *s, const struct look *l, const struct side *x, struct strs *out)
{
	size_t dropped_count;
	struct lapse_dropped *dropped = look_lapse_dropped(l, &dropped_count);
	struct lapse_input in = {.rule = site_rule(s, l->ca),
	                         .list = x->list,
	                         .names = &l->cert->names,
	                         .dropped = dropped,
	                         .dropped_count = dropped_count,
	                         .at = x->at};
	struct lapse lapse = {0};

	lapse_find(&in, &lapse);
	strs_copy(out, &lapse.wanted);
	lapse_clear(&lapse);
	free(dropped);
}

/* When the next order would be made, as `plan` says it. */
static int64_t next_order(struct site *s, const struct look *l, const struct plan_decision *d, const struct strs *names)
{
	if (!strs_same_set(names, &l->lapse.wanted)) /* the what-if brings names back, or takes them away */
		return clock_now(s->clock);
	switch (d->action) {
	case PLAN_KEEP:
	case PLAN_PREPARE:
		return d->renew_at;
	case PLAN_WAIT:
		return d->prepare ? d->renew_at : d->wait.at;
	default:
		return clock_now(s->clock);
	}
}

static void add_certificate(struct site *s, const struct look *l, const struct plan_decision *d, struct side *x)
{
	const struct certificate_setting *setting = l->cert;
	/* Until it is tried, or tried again, to move it to another CA, it lives as what it is. */
	const struct ca_setting *ca = d->action == PLAN_KEEP ? site_issuer(s, setting, &l->live) : l->ca;
	struct strs *names = &x->names[x->count];
	struct forecast_certificate *c = &x->certificate[x->count++];

	names_with(s, l, x, names);
	*c = (struct forecast_certificate){
		.name = setting->name,
		.rule = site_rule(s, ca),
		.names = names,
		.renew_days = setting->renew.days,
		.renew_permille = setting->renew.permille,
		.shrinks = look_lapse_shrinks(setting),
		.renew_at = next_order(s, l, d, names),
	};
	c->fixed_life = str_eq(ca->profile, "custom") && !c->rule->checked;
	if (!l->present || l->damaged || !l->live.name)
		return;
	c->not_before = l->live.not_before;
	c->not_after = l->live.not_after;
	c->revoked = revoked_is(&l->state, l->live.serial);
}

static int gather(struct site *s, struct side *now, struct side *then, struct err *e)
{
	const struct visit_options plain = {.unattended = true};

	for (size_t i = 0; i < s->settings.certificate_count; i++) {
		struct look l = {0};
		struct plan_decision d;

		if (look_at(s, &s->settings.certificate[i], &l, e) < 0)
			return -1;
		d = look_decide(s, &l, &plain, NULL);
		add_certificate(s, &l, &d, now);
		if (then)
			add_certificate(s, &l, &d, then);
		look_clear(&l);
	}
	return 0;
}

static int find_until(int64_t from, int64_t *until, struct err *e)
{
	char *text = NULL;

	if (*until == 0)
		*until = from + FORECAST_DEFAULT_SEC;
	if (*until < from) {
		text = time_format_jst(from);
		err_set(e, ERR_USAGE, _("the forecast would end before it begins, at %s"), text);
	} else if (*until - from > FORECAST_UNTIL_MAX_SEC) {
		text = time_format_jst(from + FORECAST_UNTIL_MAX_SEC);
		err_set(e, ERR_USAGE, _("a forecast reaches %d days ahead at most, to %s"), (int)(FORECAST_UNTIL_MAX_SEC / CLOCK_DAY_SEC),
		        text);
	}
	free(text);
	return e->kind == ERR_NONE ? 0 : -1;
}

static struct forecast_input input_of(const struct side *x, int64_t until)
{
	return (struct forecast_input){
		.list = x->list, .certificate = x->certificate, .count = x->count, .at = x->at, .until = until};
}

static void make(const struct side *now, const struct side *then, const struct outlook_whatif *w, int64_t until,
                 struct outlook *out)
{
	struct forecast_input in = input_of(now, until);

	forecast_make(&in, &out->now);
	if (!is_asked(w))
		return;
	in = input_of(then, until);
	in.lifetime_sec = w->lifetime_sec;
	in.down = w->down;
	in.down_count = w->down_count;
	forecast_make(&in, &out->then);
	out->asked = true;
	forecast_compare(&out->now, &out->then, &out->diff);
}

int outlook_gather(struct site *s, const struct outlook_whatif *w, int64_t until, struct outlook *out, struct err *e)
{
	int64_t at = clock_now(s->clock), then_at = w && w->at != 0 ? w->at : at;
	struct entry_list list = {0};
	struct side now = {0}, then = {0};
	struct outlook o = {0};
	int rc = -1;

	if (find_until(then_at > at ? then_at : at, &until, e) < 0 || site_open_store(s, e) < 0)
		return -1;
	side_init(s, &s->entries, at, &now);
	side_init(s, &list, then_at, &then);
	entry_list_copy(&list, &s->entries);
	if ((is_asked(w) && change_list(s, w, &then, &list, e) < 0) || gather(s, &now, is_asked(w) ? &then : NULL, e) < 0)
		goto out;
	make(&now, &then, w, until, &o);
	*out = o;
	rc = 0;
out:
	side_clear(&now);
	side_clear(&then);
	entry_list_clear(&list);
	return rc;
}

void outlook_clear(struct outlook *o)
{
	forecast_diff_clear(&o->diff);
	forecast_clear(&o->now);
	forecast_clear(&o->then);
	*o = (struct outlook){0};
}

void outlook_whatif_clear(struct outlook_whatif *w)
{
	strs_clear(&w->without);
	strs_clear(&w->add);
	strs_clear(&w->renew);
	free(w->down);
	*w = (struct outlook_whatif){0};
}
