#include "config.h"

#include "run/visit_lapse.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "entitle/fqdn.h"
#include "run/look_lapse.h"
#include "run/visit_note.h"

static struct store_dropped *find(struct store_state *st, const char *name)
{
	for (size_t i = 0; i < st->dropped_count; i++)
		if (str_eq(st->dropped[i].name, name))
			return &st->dropped[i];
	return NULL;
}

static void record(struct store_state *st, const char *name, int64_t end_at)
{
	struct store_dropped *d = find(st, name);

	if (!d) {
		st->dropped = mem_resize(st->dropped, st->dropped_count + 1, sizeof *st->dropped);
		d = &st->dropped[st->dropped_count++];
		*d = (struct store_dropped){.name = str_dup(name)};
	}
	d->end_at = end_at;
}

static void forget(struct store_state *st, size_t i)
{
	free(st->dropped[i].name);
	st->dropped_count--;
	memmove(&st->dropped[i], &st->dropped[i + 1], (st->dropped_count - i) * sizeof *st->dropped);
}

int visit_lapse_let_go(struct site *s, struct look *l, struct err *e)
{
	if (l->lapse.step != LAPSE_SWITCH)
		return 0;
	for (size_t i = 0; i < l->lapse.lapsing.count; i++)
		record(&l->state, l->lapse.lapsing.item[i], l->lapse.end_at);
	l->state.held = 0;
	if (store_state_save(s->store, l->cert->name, &l->state, e) < 0)
		return err_wrap(e, _("recording which names are let go"));
	return 0;
}

int visit_lapse_accept(struct site *s, struct look *l, struct err *e)
{
	bool again = l->lapse.step == LAPSE_NONE && l->let_go.count > 0;

	if (look_lapse_accept(s, l, e) == 0)
		return visit_lapse_let_go(s, l, e);
	if (!again)
		return -1;
	log_warn("%s", e->cause);
	err_clear(e);
	return 0;
}

/* It is back (or was never gone) when what is live has it and nothing is to change that. */
static bool is_over(const struct look *l, const struct store_dropped *d)
{
	if (!strs_has(&l->cert->names, d->name))
		return true;
	return strs_has(&l->lapse.returned, d->name) && l->live.name && strs_has(&l->live.names, d->name);
}

/* Is what was prepared still what will be wanted, or what is wanted now and not there? */
static bool is_of_use(const struct look *l)
{
	const struct strs *ready = &l->prepared.names;

	if (!look_lapse_is_ready(l))
		return false;
	if (l->lapse.step == LAPSE_PREPARE && strs_same_set(ready, &l->lapse.remaining))
		return true;
	return strs_same_set(ready, look_names(l)) && !strs_same_set(ready, &l->live.names);
}

bool visit_lapse_tidy(struct site *s, struct look *l)
{
	struct store_state *st = &l->state;
	bool in_vain = st->prepared != 0 && !is_of_use(l), changed = in_vain;
	struct err e = ERR_INIT;

	/* However it came about, they are gone. */
	if (l->live.name && strs_same_set(&l->live.names, look_names(l)))
		(void)visit_lapse_let_go(s, l, &e);
	for (size_t i = st->dropped_count; i-- > 0;) {
		if (is_over(l, &st->dropped[i])) {
			forget(st, i);
			changed = true;
		}
	}
	if (in_vain) {
		log_verbose(_("%s: generation %d, prepared for a day on which names would lapse, is not needed any more"), l->cert->name,
		            st->prepared);
		st->prepared = 0;
		store_generation_clear(&l->prepared);
	}
	if (changed && store_state_save(s->store, l->cert->name, st, &e) < 0)
		log_warn("%s: %s", l->cert->name, e.cause);
	err_clear(&e);
	return in_vain;
}

int visit_lapse_switch(struct site *s, struct look *l, struct err *e)
{
	bool untrusted = false;
	int rc = job_install_prepared(s, l->cert->name, l->state.prepared, &untrusted, e);

	l->state.prepared = 0;
	if (rc == 0)
		l->state.untrusted = untrusted;
	return rc;
}

void visit_lapse_issued(struct look *l, const struct strs *names, struct visit_item *item)
{
	for (size_t i = 0; i < l->live.names.count; i++)
		if (strs_has(&l->let_go, l->live.names.item[i]) && !strs_has(names, l->live.names.item[i]))
			strs_add(&item->let_go, l->live.names.item[i]);
	for (size_t i = l->state.dropped_count; i-- > 0;)
		if (strs_has(names, l->state.dropped[i].name))
			forget(&l->state, i);
}

void visit_lapse_prepared(struct site *s, struct look *l, const struct job *j, struct visit_item *item)
{
	char *day = date_format(date_of_jst(l->lapse.switch_at)), *going = fqdn_shown_all(&l->lapse.lapsing);
	char *entry = fqdn_shown(l->lapse.entry->fqdn);

	item->prepared = j->generation;
	l->state.prepared = j->generation;
	visit_note_prepared(s, l, item);
	log_event(_("%s: a certificate without %s is ready (generation %d); it is put in place on %s, unless the contract of %s is "
	            "renewed by then"),
	          item->name, going, j->generation, day, entry);
	free(entry);
	free(going);
	free(day);
}
