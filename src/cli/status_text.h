/* What `status` says to people. */
#ifndef TEGATA_CLI_STATUS_TEXT_H
#define TEGATA_CLI_STATUS_TEXT_H

#include "run/status.h"

/* One word for the whole of it, the worst first: "damaged", "missing", "expired", "revoked", "lapsed", "names-changed", "due", "valid". */
const char *status_text_state(const struct status_item *item, int64_t now);
void status_text_print(const struct status_report *r);

#endif
