/*
 * http-01 by a file below a web server's folder: WEBROOT/.well-known/acme-challenge/TOKEN (0644, folders 0755).
 * The webroot has to be there; below it no link is followed.
 */
#ifndef TEGATA_SOLVE_WEBROOT_H
#define TEGATA_SOLVE_WEBROOT_H

#include "base/err.h"
#include "base/str.h"
#include "solve/solver.h"

/* made: the folders that this set of tasks has made, for all of them; what is made here is added. On -1 nothing is left. */
int webroot_present(struct solver_task *t, struct strs *made, struct err *e);
/* Takes the file away, and of the folders in `made` (and those of a task that says made_folder) the empty ones. */
int webroot_cleanup(const struct solver_task *t, struct strs *made, struct err *e);

#endif
