/* The gate: may these names stand in one order? Rules 5-13, 17-19. Pure; time and list are arguments. */
#ifndef TEGATA_ENTITLE_COVERAGE_H
#define TEGATA_ENTITLE_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "entitle/entry.h"
#include "entitle/rule.h"

/*
 * The entries of the list that cover `name`, in their period or not, in the order of rule_candidates(); returns how many.
 * Costs the same however long the list is.
 */
size_t coverage_entries(const struct rule *r, const struct entry_list *l, const char *name,
                        const struct entry *out[RULE_CANDIDATES_MAX]);
/*
 * Appends the single entries any one of which would cover `name`, best first: for www.example.jp example.jp and itself,
 * for any other name itself. "*.example.jp" would cover example.jp as well (rule 7) but is not proposed for it: a
 * wildcard entry costs more, needs dns-01, and is never needed to cover one plain name.
 */
void coverage_would_cover(const struct rule *r, const char *name, struct strs *out);
/*
 * The entry most like `name`: most labels in common from the right, then of the same kind (wildcard or not), then fewest
 * edits in what is left, then first in order. NULL = empty list. Borrowed from the list.
 */
const struct entry *coverage_nearest(const struct entry_list *l, const char *name);

enum coverage_reason { COVERAGE_OK, COVERAGE_NOT_REGISTERED, COVERAGE_ENTRY_ENDED, COVERAGE_INVALID_NAME, COVERAGE_OTHER_SET };
const char *coverage_reason_name(enum coverage_reason r); /* "not-registered", … */

struct coverage_name {
	char *name;     /* normal form; NULL when invalid */
	char *unicode;  /* NULL = same */
	char *input;    /* as given */
	char *message;  /* why it is invalid, else NULL */
	bool covered;
	enum coverage_reason reason;
	struct strs by;        /* fqdn of every entry in its period that covers it, sorted */
	struct strs ended;     /* fqdn of entries that would cover it but have ended, sorted */
	struct strs would;     /* COVERAGE_NOT_REGISTERED: coverage_would_cover() */
	char *nearest;         /* COVERAGE_NOT_REGISTERED: coverage_nearest(); NULL = empty list, or over the maximum below */
	struct date ended_on;  /* COVERAGE_ENTRY_ENDED: last day of the latest of them */
	bool ended_by_record;  /* … and that day is computed from the ledger, not stated by anybody */
};

/* So many unregistered names of one check get a `nearest`: more than one certificate can hold. */
#define COVERAGE_NEAREST_MAX 200

struct coverage_result {
	bool ok;                     /* nothing is refused (so also without any name) */
	int limit;                   /* 0 = none */
	bool not_the_set;            /* fixed_set: the names are not just those of one set, which is the one most of them belong to */
	struct strs missing;         /* entries of that set, in their period, that cover none of the names; sorted */
	bool too_many;               /* more distinct normal names than the limit (rule 12) */
	struct coverage_name *name;  /* in the order given, duplicates removed */
	size_t count;                /* with the invalid ones */
};

struct coverage_input {
	const struct rule *rule;        /* not checked: only validity of the names and the limit count */
	const struct entry_list *list;  /* NULL = empty */
	const struct strs *names;       /* as given by people or settings */
	int limit;                      /* most distinct names in one certificate; 0 = none */
	int64_t at;
};

void coverage_check(const struct coverage_input *in, struct coverage_result *out);
void coverage_result_clear(struct coverage_result *r);
void coverage_name_clear(struct coverage_name *n);
/* The normal names of a result that is ok; appended. */
void coverage_names(const struct coverage_result *r, struct strs *out);

#endif
