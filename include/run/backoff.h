/*
 * After a failure: when again? Pure. Good for any count up to INT32_MAX and any clock.
 *
 *   what may mend itself (no answer, 5xx, failed validation, our own disk …)   1, 10, 100 minutes, then daily
 *   what will not (refused name, CAA, unauthorized account, our gate, settings) daily at once
 *   rateLimited, Retry-After                                                    as the CA says, and at least as above; a
 *                                                                               rate limit without a time: at least an hour
 *   a name that failed max_failed_validations times in 24 hours                 when fewer than so many are of the last 24 hours
 *   interrupted, or another tegata was at work                                  nothing: the next run
 *
 * Intervals of the ladder and of the CA are lengthened by up to a tenth, by seed. Daily is 23 hours and up to half an hour, so that
 * an hourly timer tries once in every 24 hours: no day on which the CA is there goes by without a try. What was recorded under a
 * clock that was ahead never holds anything back: a last failure in the future counts for nothing, and no wait is longer than
 * BACKOFF_CAP_SEC from the failure when the CA asked for it, and than a day when it did not.
 */
#ifndef TEGATA_RUN_BACKOFF_H
#define TEGATA_RUN_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define BACKOFF_CAP_SEC (8 * 86400) /* the longest that a CA's Retry-After is obeyed */
#define BACKOFF_DAILY_SEC (23 * 3600)
#define BACKOFF_DAILY_JITTER_SEC 1800
#define BACKOFF_DAY_SEC 86400       /* validations; the longest wait of our own */

enum backoff_why { BACKOFF_NONE, BACKOFF_LADDER, BACKOFF_DAILY, BACKOFF_CA, BACKOFF_VALIDATIONS, BACKOFF_WHY_COUNT };
const char *backoff_why_name(enum backoff_why w); /* NULL for NONE; "ladder", "daily", "ca", "validations": stable words */
int backoff_why_parse(const char *name, enum backoff_why *out);

struct backoff_next { int64_t at; enum backoff_why why; };

/* Will it not mend itself? By kind and, where there is one, the CA's problem type. */
bool backoff_is_lasting(enum err_kind kind, const char *problem_type);
/* After the failures-th failure in a row (1..), at last_at. at 0 = the next run. */
struct backoff_next backoff_after(const struct err *failure, int failures, int64_t last_at, uint64_t seed);
/*
 * Until when is one of these names to be left alone? at 0 = none is, else *name is the one that decides (borrowed). A wildcard
 * counts as the name below it. most < 1 = no limit; above STORE_VALIDATIONS_MAX it is that.
 */
struct backoff_next backoff_of_names(const struct store_validations *v, const struct strs *names, int most, int64_t now,
                                     const char **name);
/*
 * What a recorded failure means now: the time of the next try, or 0 = at once. `same` = it is of this very set of names, CA and
 * key; another set starts afresh.
 */
struct backoff_next backoff_now(const struct store_state *st, bool same, int64_t now);
/* Identifies a set of names, CA and key type, whatever their order; owned. */
char *backoff_set_id(const struct strs *names, const char *ca, const char *key_type);

#endif
