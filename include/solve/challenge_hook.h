/* Challenges that a hook puts in place and takes away. The contract for its author is in doc/hooks.md. */
#ifndef TEGATA_SOLVE_CHALLENGE_HOOK_H
#define TEGATA_SOLVE_CHALLENGE_HOOK_H

#include "base/err.h"
#include "base/hook.h"
#include "base/str.h"
#include "solve/solver.h"

/* Everything but the cleanup of a task whose hooks are certbot's and that names none for it: then there is nothing to run. */
int challenge_hook_present(const struct hook_dirs *dirs, struct solver_task *t, struct err *e);
int challenge_hook_cleanup(const struct hook_dirs *dirs, const struct solver_task *t, struct err *e);

/* The variables of a stage ("present", "cleanup"); appended to an empty list. */
int challenge_hook_env(const struct solver_task *t, const char *stage, struct strs *env, struct err *e);

#endif
