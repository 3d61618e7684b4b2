/* Files made of a certificate before its deploy hooks run: combined PEM, PKCS#12, copies (settings: `outputs`). */
#ifndef TEGATA_RUN_OUTPUT_H
#define TEGATA_RUN_OUTPUT_H

#include "base/err.h"
#include "config/settings.h"
#include "run/site.h"

/* What records call it ("output:PATH"); owned. */
char *output_id(const struct output_setting *o);
/*
 * Written atomically, mode and owner before the name appears. ERR_IO; ERR_CONFIG for unknown users, a folder that others than
 * root and we can write to, or an output with the key of a certificate whose key is elsewhere.
 */
int output_write(struct site *s, const struct output_setting *o, const char *name, int generation, struct err *e);

/*
 * Before the first time: what is there already, and so is not ours, gets a second name, PATH.before-tegata, with owner and mode as they
 * are; one that is there stays. *kept (owned) = that path, NULL = there was nothing to keep. ERR_IO: then nothing is to be written.
 */
int output_keep_before(const struct output_setting *o, char **kept, struct err *e);

#endif
