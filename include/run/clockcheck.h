/* Can this machine's clock be believed? Pure. A wrong one is said and decides nothing. */
#ifndef TEGATA_RUN_CLOCKCHECK_H
#define TEGATA_RUN_CLOCKCHECK_H

#include <stdint.h>

#include "base/err.h"

#define CLOCKCHECK_WARN_SEC 300
#define CLOCKCHECK_WRONG_SEC (12 * 3600)

enum clockcheck { CLOCKCHECK_GOOD, CLOCKCHECK_OFF /* warn */, CLOCKCHECK_WRONG };

/* Before the program can have been made (RELEASE_DATE_SEC of config.h): WRONG. */
enum clockcheck clockcheck_local(int64_t now);
/* skew_sec: ours minus the CA's. */
enum clockcheck clockcheck_skew(int64_t skew_sec);
/* ERR_IO with what to do. */
int clockcheck_error_local(int64_t now, struct err *e);
int clockcheck_error_skew(int64_t skew_sec, int64_t now, struct err *e);

#endif
