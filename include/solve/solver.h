/*
 * Putting challenge responses in place and taking them away again. One round: present all, answer all, clean up all.
 *
 * A solver_set is made once per round of orders from the methods of each name. Every challenge handed in has been
 * checked: identifier in normal form, token base64url (RFC 8555 §8.1), so that none can leave a folder or split a line.
 */
#ifndef TEGATA_SOLVE_SOLVER_H
#define TEGATA_SOLVE_SOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hook.h"

enum solver_type { SOLVER_HTTP_01, SOLVER_DNS_01, SOLVER_TYPE_COUNT };
const char *solver_type_name(enum solver_type t);                /* "http-01", "dns-01" */
int solver_type_parse(const char *name, enum solver_type *out);  /* 0 or -1: a type we do not do */

enum solver_method { SOLVER_WEBROOT, SOLVER_STANDALONE, SOLVER_HOOK };

/* How one name is to be solved. Everything borrowed. */
struct solver_plan {
	enum solver_type type;
	enum solver_method method;
	const char *webroot;              /* SOLVER_WEBROOT: the folder */
	int port;                         /* SOLVER_STANDALONE; 0 = 80 */
	const struct strs *addresses;     /* SOLVER_STANDALONE: empty or NULL = every IPv4 and IPv6 address */
	const struct hook_spec *present;  /* SOLVER_HOOK */
	const struct hook_spec *cleanup;  /* SOLVER_HOOK; NULL = `present` is called for cleanup too */
};

/* One challenge in flight. */
struct solver_task {
	struct solver_plan plan;
	const char *certificate;       /* the certificate's name */
	const char *identifier;        /* base name, A-label */
	bool wildcard;
	const char *token;
	const char *key_authorization;
	const char *record_name;       /* dns-01: "_acme-challenge.<identifier>" */
	const char *record_value;      /* dns-01: base64url(SHA-256(key authorization)) */
	const struct strs *all_names;  /* every identifier of the order (for CERTBOT_ALL_DOMAINS) */
	size_t remaining;              /* challenges of this order that follow (for CERTBOT_REMAINING_CHALLENGES) */

	/* Filled by the solver. */
	bool presented;                /* must be cleaned up */
	bool made_folder;              /* webroot: we made .well-known/acme-challenge and take it away again when empty */
	char *auth_output;             /* owned; standard output of the hook (CERTBOT_AUTH_OUTPUT) */
};

struct solver_set; /* holds what tasks share: listening sockets, the responder */

struct solver_options {
	struct hook_dirs hook_dirs;
	const char *worker_user; /* for the responder; NULL = stay */
};

int solver_open(const struct solver_options *o, struct solver_set **out, struct err *e);
/*
 * Presents one task. -1 (ERR_CHALLENGE, or ERR_INTERRUPTED) with nothing left behind, but for a hook that failed half way: then
 * task->presented is set all the same and cleanup is owed.
 */
int solver_present(struct solver_set *s, struct solver_task *t, struct err *e);
/* Called once after all tasks of the round are presented: starts the responder when any task needs it. */
int solver_ready(struct solver_set *s, struct err *e);
/*
 * Takes one task's response away; a task that is not presented is nothing to do. Failure is reported, the task is done.
 * After a signal take the flag down first (base/sig), or a hook's cleanup is itself interrupted.
 */
int solver_cleanup(struct solver_set *s, struct solver_task *t, struct err *e);
void solver_task_clear(struct solver_task *t); /* frees what the solver filled in */
void solver_close(struct solver_set *s);       /* stops the responder; NULL is harmless */

#endif
