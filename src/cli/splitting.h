/* The settings of a certificate that is split. */
#ifndef TEGATA_CLI_SPLITTING_H
#define TEGATA_CLI_SPLITTING_H

#include "config/settings.h"
#include "entitle/advise.h"

/*
 * conf.d/NAME.yaml of each part, one behind the other, each with a comment that names its file; owned. The part with
 * the first name keeps the certificate's name. What can be only one certificate's (a request, a file at a fixed path)
 * is told in comments.
 */
char *splitting_settings(const struct settings *settings, const struct certificate_setting *cert,
                         const struct advise *a);

#endif
