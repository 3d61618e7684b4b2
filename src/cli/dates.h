/* Days and times on the command line. -1: ERR_USAGE: what was expected, or that there is no such day. */
#ifndef TEGATA_CLI_DATES_H
#define TEGATA_CLI_DATES_H

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

int dates_day(const char *option, const char *text, struct date *out, struct err *e);
/* Today in Japan, or before. */
int dates_past_day(const char *option, const char *text, int64_t now, struct date *out, struct err *e);
/* A day is its beginning in Japan. */
int dates_time(const char *option, const char *text, int64_t *out, struct err *e);
/* "FROM..TO": two days in Japan, both included: *to is the first instant after them. */
int dates_span(const char *option, const char *text, int64_t *from, int64_t *to, struct err *e);
/* "47d" or "47", 1..max. */
int dates_days(const char *option, const char *text, int max, int *out, struct err *e);

#endif
