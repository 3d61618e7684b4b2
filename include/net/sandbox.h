/*
 * What holds the network helper, as `tegata doctor` shows it. It is started as for a request, asked what cannot be seen from
 * outside, and for the rest its files below /proc are read, as its own word would be worth nothing once it was taken over.
 */
#ifndef TEGATA_NET_SANDBOX_H
#define TEGATA_NET_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/http.h"

enum sandbox_id {
	SANDBOX_USER,
	SANDBOX_GROUPS,
	SANDBOX_CAPABILITIES,
	SANDBOX_NO_NEW_PRIVS,
	SANDBOX_SECCOMP,
	SANDBOX_LANDLOCK,
	SANDBOX_DESCRIPTORS,
	SANDBOX_LIMITS,
	SANDBOX_TRACING,
	SANDBOX_LIFE,
	SANDBOX_COUNT
};

struct sandbox_row {
	const char *name; /* for JSON; never changes */
	bool in_force;
	bool possible;    /* this machine, this build and this user could have it in force */
	bool own_word;    /* the helper says so itself */
	char *value;      /* owned; what is there, for people; NULL = nothing to tell */
	char *reason;     /* owned; why it is not in force, or what could be better; NULL = nothing to tell */
};

struct sandbox {
	struct sandbox_row row[SANDBOX_COUNT];
};

/* *out zeroed by the caller. -1: as http_port's perform. */
int sandbox_look(const struct http_options *o, struct sandbox *out, struct err *e);
/* All that could be in force is. */
bool sandbox_is_whole(const struct sandbox *s);
void sandbox_clear(struct sandbox *s);

#endif
