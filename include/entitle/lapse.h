/*
 * What to do about a certificate one of whose entries ends: rule 19. Names are never dropped unasked: this offers, and
 * says when. Pure.
 *
 * A name ends with the last of the entries that cover it: while another one lives on, it can be ordered, and nothing
 * lapses. Only the names that are the first to end are spoken of, with those that have ended already; what ends later has
 * its own days. A name that no entry covers at all is not lapsing but refused by the gate, as on any other day: it stays
 * among the remaining ones.
 *
 * Rules whose end revokes: offered 30 days before, prepared 7, put in place 2 days before the end. Rules whose end only
 * stops issuance: certificates live on with all their names, so nothing is to be dropped before the end, and nothing is
 * offered before a renewal would be refused: at the later of end and renew_at, which is when shrink acts as well.
 * fixed_set: a part of the names cannot be ordered, so all of them lapse with the first; nothing remains.
 */
#ifndef TEGATA_ENTITLE_LAPSE_H
#define TEGATA_ENTITLE_LAPSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

#define LAPSE_OFFER_SEC (30 * 86400)  /* before the end: the smaller certificate is offered */
#define LAPSE_PREPARE_SEC (7 * 86400) /* on_lapse: shrink: it is obtained and kept ready */
#define LAPSE_SWITCH_SEC (2 * 86400)  /* … and put in place; never later than a day before the end if a run comes by */

struct lapse_dropped { /* a name that somebody let go */
	char *name;
	int64_t end_at;    /* of the period that it was let go for; it comes back when an entry covers it that ends later, or never */
};

struct lapse_input {
	const struct rule *rule;
	const struct entry_list *list;
	const struct strs *names;            /* wanted by the settings, normal form */
	const struct lapse_dropped *dropped; /* earlier decisions */
	size_t dropped_count;
	bool accepted;                       /* now, by `run --accept-lapse`: prepared and put in place at once */
	bool shrink;                         /* `on_lapse: shrink` */
	int64_t renew_at;                    /* of what is live, where the end only stops issuance; 0 = nothing is, or not known */
	int64_t at;
};

enum lapse_step {
	LAPSE_NONE,    /* nothing ends within LAPSE_OFFER_SEC; there is nothing to accept, either */
	LAPSE_OFFER,   /* to be told; also once it has ended and nobody said anything */
	LAPSE_PREPARE, /* obtain the smaller certificate, do not put it in place yet */
	LAPSE_SWITCH,  /* put it in place (obtain it, if it is not there) */
	LAPSE_STEP_COUNT
};
const char *lapse_step_name(enum lapse_step s); /* "none", "offer", "prepare", "switch" */

struct lapse {
	enum lapse_step step;
	/* To hold now: the names without those dropped earlier (that did not come back); all of them when none would be left. */
	struct strs wanted;
	struct strs returned;  /* dropped earlier, and wanted again: their entry was renewed */
	struct strs lapsing;   /* of wanted, those that no entry covers after end_at (or now, when that is later) */
	struct strs remaining; /* the others; none = there is nothing to prepare, so step is at most OFFER */
	const struct entry *entry; /* borrowed: the one that ends; NULL = LAPSE_NONE */
	int64_t end_at;        /* 0 = none */
	int64_t prepare_at, switch_at; /* when on_lapse: shrink would; 0 = none */
};

void lapse_find(const struct lapse_input *in, struct lapse *out);
void lapse_clear(struct lapse *l);

#endif
