/* From the flags of `certonly` to the settings of one certificate. */
#ifndef TEGATA_CLI_CERTONLY_H
#define TEGATA_CLI_CERTONLY_H

#include "commands.h"
#include "run/site.h"

/*
 * Starts from the configured certificate of that name (or of exactly these names), else from the defaults; out zeroed.
 * Names are in normal form, but for those that have none, and the certificate's name may still be impossible: of the
 * former the gate tells better. -1: ERR_USAGE.
 */
int certonly_build(const struct cli *c, const struct site *s, struct certificate_setting *out, struct err *e);

#endif
