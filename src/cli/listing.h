/* Entries of the registered list on the command line and on the screen. */
#ifndef TEGATA_CLI_LISTING_H
#define TEGATA_CLI_LISTING_H

#include "commands.h"
#include "data/json.h"
#include "entitle/period.h"

/* Normal form of a name that somebody wrote; owned; NULL with ERR_USAGE. */
char *listing_name(const char *written, struct err *e);
/* Of all words behind the command (with commas between, too), distinct, in order; appended. ERR_USAGE. */
int listing_words(const struct cli *c, struct strs *out, struct err *e);
/* "2026-02-19 – 2027-02-28 (Sun)", "until 2027-02-28 (Sun)", "not begun"; owned. */
char *listing_period(const struct period *p);
/* "fqdn" and "unicode". */
void listing_set_name(struct json *j, const char *fqdn);
/* "period", "perhaps", "first_day", "last_day", "end_at". */
void listing_set_period(struct json *j, const struct period *p);

#endif
