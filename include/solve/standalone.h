/*
 * http-01 by a responder of our own. Sockets are bound when the first task asks for them, so that a taken port is known
 * before anything is sent; tegata-net serves on them from standalone_ready() on, until the last answer is gone.
 */
#ifndef TEGATA_SOLVE_STANDALONE_H
#define TEGATA_SOLVE_STANDALONE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/responder.h"
#include "solve/solver.h"

struct standalone { /* zeroed = nothing yet */
	int fd[RESPONDER_LISTEN_MAX];
	char *where[RESPONDER_LISTEN_MAX]; /* "[::]:80", what the socket is bound to; owned */
	size_t count;
	struct responder *responder;
	bool sockets_changed; /* since the responder was started */
	bool answers_changed; /* since it was told */
	struct wire_answer *answer;
	size_t answer_count;
};

int standalone_present(struct standalone *s, const struct solver_task *t, struct err *e);
/* Does nothing when there is nothing new to serve. */
int standalone_ready(struct standalone *s, const char *worker_user, struct err *e);
/* Forgets the token; with the last one the port is given back. */
void standalone_remove(struct standalone *s, const char *token);
void standalone_clear(struct standalone *s);

#endif
