/* Do the services that a certificate names serve it? (settings: `served`) */
#ifndef TEGATA_RUN_SERVED_H
#define TEGATA_RUN_SERVED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/probe.h"
#include "pki/chain.h"
#include "run/site.h"

#define SERVED_PATIENCE_MS 15000  /* reloads take their time: looked again until then */
#define SERVED_PATIENCE_AGAIN_MS 3000 /* of services that have failed before, or that are wrong */
#define SERVED_AGAIN_MS 500

/* What records call it ("served:LABEL"); owned. */
char *served_id(const struct served_setting *p);
/* Which kind of certificate to ask for: any, unless the server has several for these names. */
enum probe_key served_key(bool one_of_several, enum key_type key);
/*
 * Where it connects and what it asks for; pure. names are those of the live certificate. Texts are borrowed from the setting,
 * the names and *made, which is owned (NULL = not needed).
 */
void served_request(const struct served_setting *p, const struct strs *names, enum probe_key key, struct probe_request *out,
                    char **made);

enum served_state { SERVED_WELL, SERVED_LATER /* perhaps it only is not there yet */, SERVED_WRONG /* or an old worker answered */ };
/* ERR_HOOK: not reached, another certificate (with its serial and end), intermediate missing or stale; SERVED_WELL sets nothing. */
enum served_state served_verdict(const struct served_setting *p, const struct chain *wanted, const struct probe_result *r,
                                 struct err *e);

#endif
