/* Which registered entry, of those that a certificate lives on, ends first? (rule 17, read the careful way) */
#ifndef TEGATA_RUN_ENTRY_END_H
#define TEGATA_RUN_ENTRY_END_H

#include <stdint.h>

#include "entitle/coverage.h"
#include "run/site.h"

struct entry_end {
	char *fqdn;  /* NULL = no end is stated */
	int64_t at;  /* the first instant after its period; 0 = none */
};

/* Of a gate's answer: the earliest stated end among all entries that cover one of the names, or covered it. */
void entry_end_of(const struct site *s, const struct coverage_result *r, struct entry_end *out);
/* The same, asking the gate for these names under the rules of `ca` (NULL = a CA that the settings do not know: no end). */
void entry_end_find(const struct site *s, const struct ca_setting *ca, const struct strs *names, struct entry_end *out);
void entry_end_clear(struct entry_end *e);

#endif
