#include "config.h"

#include "run/look_lapse.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "entitle/fqdn.h"

/* A request made elsewhere is for just its names: no other certificate can be had with it. */
static bool may_shrink(const struct certificate_setting *c)
{
	return c->csr == NULL;
}

bool look_lapse_shrinks(const struct certificate_setting *c)
{
	return c->on_lapse == ON_LAPSE_SHRINK && may_shrink(c);
}

struct lapse_dropped *look_lapse_dropped(const struct look *l, size_t *count)
{
	const struct store_state *st = &l->state;
	struct lapse_dropped *dropped = mem_new(st->dropped_count + 1, sizeof *dropped);

	for (size_t i = 0; i < st->dropped_count; i++)
		dropped[i] = (struct lapse_dropped){st->dropped[i].name, st->dropped[i].end_at};
	*count = may_shrink(l->cert) ? st->dropped_count : 0;
	return dropped;
}

static int64_t renew_at(const struct site *s, const struct look *l)
{
	struct due_facts f = look_due(s, l);

	return l->present && !l->damaged ? due_when(&f, clock_now(s->clock)).renew_at : 0;
}

void look_lapse_find(const struct site *s, struct look *l, bool accepted)
{
	const struct strs *names = &l->cert->names;
	size_t dropped_count;
	struct lapse_dropped *dropped = look_lapse_dropped(l, &dropped_count);
	struct lapse_input in = {.rule = site_rule(s, l->ca),
	                         .list = &s->entries,
	                         .names = names,
	                         .dropped = dropped,
	                         .dropped_count = dropped_count,
	                         .accepted = accepted && may_shrink(l->cert),
	                         .shrink = look_lapse_shrinks(l->cert),
	                         .renew_at = renew_at(s, l),
	                         .at = clock_now(s->clock)};

	lapse_clear(&l->lapse);
	strs_clear(&l->let_go);
	lapse_find(&in, &l->lapse);
	for (size_t i = 0; i < names->count; i++)
		if (!strs_has(look_names(l), names->item[i]))
			strs_add(&l->let_go, names->item[i]);
	free(dropped);
}

void look_lapse_prepared(const struct site *s, struct look *l)
{
	struct err ignored = ERR_INIT;
	struct store_generation g = {0};

	if (l->state.prepared == 0 || (l->live.name && l->state.prepared == l->live.number))
		return;
	if (store_generation_load(s->store, l->cert->name, l->state.prepared, &g, &ignored) == 0 &&
	    g.not_after > clock_now(s->clock)) {
		l->prepared = g;
		g = (struct store_generation){0};
	}
	store_generation_clear(&g);
	err_clear(&ignored);
}

bool look_lapse_is_ready(const struct look *l)
{
	if (!l->prepared.name)
		return false;
	return !look_key_compromised(l) || !l->live.spki_sha256 || !str_eq(l->prepared.spki_sha256, l->live.spki_sha256);
}

static int nothing_lapses(const struct look *l, struct err *e)
{
	if (l->let_go.count > 0) {
		char *names = fqdn_shown_all(&l->let_go);

		err_set(e, ERR_REFUSED, _("%s: nothing more of it lapses soon; let go already: %s"), l->cert->name, names);
		free(names);
	} else {
		err_set(e, ERR_REFUSED, _("%s: none of its names lapses within %d days, so there is nothing to let go"), l->cert->name,
		        LAPSE_OFFER_SEC / CLOCK_DAY_SEC);
	}
	err_advise(e, "%s", _("`tegata plan` shows what lapses, and when."));
	return -1;
}

int look_lapse_accept(const struct site *s, struct look *l, struct err *e)
{
	if (l->lapse.step == LAPSE_NONE)
		return nothing_lapses(l, e);
	if (!may_shrink(l->cert)) {
		err_set(e, ERR_REFUSED, _("%s: its request (csr) is for exactly its names, so none can be let go"), l->cert->name);
		err_advise(e, "%s", _("Make a request without them, and take them out of `names`."));
		return -1;
	}
	if (l->lapse.remaining.count == 0) {
		err_set(e, ERR_REFUSED, _("%s: all its names lapse, so no certificate would be left"), l->cert->name);
		err_advise(e, "%s", _("Renew the contract on the customer page; or take the certificate out of the settings."));
		return -1;
	}
	look_lapse_find(s, l, true);
	return 0;
}
