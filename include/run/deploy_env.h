/* What a deploy hook is told in its environment: doc/hooks.md, "Deploy hooks". */
#ifndef TEGATA_RUN_DEPLOY_ENV_H
#define TEGATA_RUN_DEPLOY_ENV_H

#include "base/str.h"
#include "run/site.h"

/* reason: why this generation is to be used; the word of run/visit, or "rollback". Appends. */
void deploy_env(const struct site *s, const struct certificate_setting *c, const struct store_generation *g, const char *reason,
                struct strs *env);

#endif
