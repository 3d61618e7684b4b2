/* Do the services that a certificate names serve it? (settings: `served`) */
#ifndef TEGATA_RUN_SERVED_H
#define TEGATA_RUN_SERVED_H

#include <stddef.h>

#include "base/err.h"
#include "net/probe.h"
#include "pki/chain.h"
#include "run/site.h"

#define SERVED_PATIENCE_MS 15000  /* reloads take their time: looked again until then */
#define SERVED_AGAIN_MS 500

/* What records call it ("served:LABEL"); owned. */
char *served_id(const struct served_setting *p);
/* Where it connects and what it asks for; pure. name is the certificate's live name. Texts borrowed from the setting and names. */
void served_request(const struct served_setting *p, const struct certificate_setting *c, const struct strs *names,
                    bool one_of_several_keys, enum key_type key, struct probe_request *out);
/* ERR_HOOK: not reached, another certificate (with its serial and end), intermediate missing or stale. 0 = as it should be. */
int served_verdict(const struct served_setting *p, const struct chain *wanted, const struct probe_result *r, struct err *e);

#endif
