/* When is a certificate due for renewal? Pure. */
#ifndef TEGATA_RUN_DUE_H
#define TEGATA_RUN_DUE_H

#include <stdbool.h>
#include <stdint.h>

#define DUE_SHORT_LIFE_SEC (10 * 86400)

/* The instant from which on it is: a third of the real lifetime is left, half of it when it lives under 10 days. */
int64_t due_renew_at(int64_t not_before, int64_t not_after);

#endif
