/* What forecast.c is made of; for src/entitle/forecast*.c only. */
#ifndef TEGATA_ENTITLE_FORECAST_PARTS_H
#define TEGATA_ENTITLE_FORECAST_PARTS_H

#include "entitle/forecast.h"

#define FORECAST_NEVER INT64_MAX

/* forecast_queue.c: what is to be done, first things first; of one instant by these steps, then by index. */
enum forecast_step {
	FORECAST_STEP_LIMIT,  /* index: nothing */
	FORECAST_STEP_PAY_BY, /* index: of an entry */
	FORECAST_STEP_END,    /* index: of an entry */
	FORECAST_STEP_SHRINK, /* index: of a certificate, as those below */
	FORECAST_STEP_ISSUE,
	FORECAST_STEP_EXPIRY
};
struct forecast_queue_item { int64_t at; enum forecast_step step; size_t index; };
struct forecast_queue {
	struct forecast_queue_item *item; /* a heap */
	size_t count, room;
};
void forecast_queue_add(struct forecast_queue *q, int64_t at, enum forecast_step step, size_t index);
bool forecast_queue_take(struct forecast_queue *q, struct forecast_queue_item *out); /* false = empty */
void forecast_queue_clear(struct forecast_queue *q);

/* forecast_cover.c: which entry covers which name of which certificate, looked up once; and when the entries end. */
struct forecast_cover_entry { /* one entry under one rule */
	const struct entry *entry;
	const struct rule *rule;
	int64_t end_at;           /* FORECAST_NEVER = none is known */
	bool waits;               /* its period begins with the first issuance, and has not */
	size_t *certificate;      /* that have a name it covers; ascending */
	size_t count;
};
struct forecast_cover_certificate {
	const struct forecast_certificate *in;
	bool *held;               /* of each name: not let go yet */
	size_t *first;            /* of each name, and one more: where its entries begin in `entry` */
	size_t *entry;            /* indexes into the entries */
	size_t entry_count;
};
struct forecast_cover {
	const struct entry_list *list;
	struct forecast_cover_entry *entry;
	size_t entry_count;       /* as many as the list has, times the number of different rules that check anything */
	struct forecast_cover_certificate *certificate;
	size_t count;
};
void forecast_cover_make(const struct forecast_input *in, struct forecast_cover *out);
void forecast_cover_clear(struct forecast_cover *c);
/* When a name can be ordered no more; FORECAST_NEVER = no end is known, INT64_MIN = no entry covers it. */
int64_t forecast_cover_name_end(const struct forecast_cover *c, size_t certificate, size_t name);
/* The first end of a held name that an entry covers; FORECAST_NEVER = none. */
int64_t forecast_cover_first_lost(const struct forecast_cover *c, size_t certificate);
/* The last entry of a name to end (of several, the first of the list); NULL = none covers it. */
const struct forecast_cover_entry *forecast_cover_last_entry(const struct forecast_cover *c, size_t certificate,
                                                             size_t name);
/* Does that entry cover a held name of the certificate? */
bool forecast_cover_lives_on(const struct forecast_cover *c, size_t certificate, size_t entry);
/*
 * A certificate with its held names is issued at t: the entries whose period begins with it; owned, NULL = none.
 * Of names covered by several entries the ones that wait begin only when none of the others runs (rule 17: which one
 * counts is not said).
 */
size_t *forecast_cover_begin(struct forecast_cover *c, size_t certificate, int64_t t, size_t *count);

/* forecast_limit.c: how long what is issued at t lives, and when it is renewed (run/due without spread). */
int64_t forecast_limit_life(const struct forecast_input *in, const struct forecast_certificate *c, int64_t t);
/* … without any limit. */
int64_t forecast_limit_wanted(const struct forecast_input *in, const struct forecast_certificate *c);
int64_t forecast_limit_renew_at(const struct forecast_certificate *c, int64_t not_before, int64_t not_after);

/* forecast_down.c: when the CA issues nothing. */
struct forecast_down {
	struct forecast_span *span; /* sorted, apart from each other */
	size_t count;
};
void forecast_down_make(const struct forecast_input *in, struct forecast_down *out);
void forecast_down_clear(struct forecast_down *d);
/* The first instant from t on at which the CA issues. */
int64_t forecast_down_over(const struct forecast_down *d, int64_t t);

/* forecast_compare.c: by time, kind, certificate, entry, then by all the rest; 0 = the same event. */
int forecast_compare_events(const struct forecast_event *a, const struct forecast_event *b);

#endif
