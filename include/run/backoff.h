/*
 * After a failure: when again? Pure. Good for any count up to INT32_MAX and any clock.
 *
 *   what may mend itself (no answer, 5xx, failed validation, our own disk …)   1, 10, 100 minutes, then daily
 *   what will not (refused name, CAA, unauthorized account, our gate, settings) daily at once
 *   rateLimited, Retry-After                                                    as the CA says, and at least as above
 *   a name that failed max_failed_validations times in 24 hours                 when the oldest of them is 24 hours old
 *
 * Every interval is lengthened by up to a tenth, by seed. What was recorded under a clock that was ahead never holds anything
 * back: a last failure in the future counts for nothing, and no wait is longer than BACKOFF_CAP_SEC from the failure.
 */
#ifndef TEGATA_RUN_BACKOFF_H
#define TEGATA_RUN_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define BACKOFF_CAP_SEC (8 * 86400) /* the longest that a CA's Retry-After is obeyed */
#define BACKOFF_DAY_SEC 86400

enum backoff_why { BACKOFF_NONE, BACKOFF_LADDER, BACKOFF_DAILY, BACKOFF_CA, BACKOFF_VALIDATIONS, BACKOFF_WHY_COUNT };
const char *backoff_why_name(enum backoff_why w); /* NULL for NONE; "ladder", "daily", "ca", "validations": stable words */
int backoff_why_parse(const char *name, enum backoff_why *out);

struct backoff_next { int64_t at; enum backoff_why why; };

/* Will it not mend itself? By kind and, where there is one, the CA's problem type. */
bool backoff_is_lasting(enum err_kind kind, const char *problem_type);
/* After the failures-th failure in a row (1..), at last_at; ca_retry_at 0 = the CA said nothing. */
struct backoff_next backoff_after(const struct err *failure, int failures, int64_t last_at, uint64_t seed);
/* Until when is one of these names to be left alone? at 0 = none is; *name is the one that decides (borrowed). */
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
