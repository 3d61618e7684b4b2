/*
 * Hooks: programs of the administrator, started directly. The contract for their authors is doc/hooks.md.
 *
 * A spec is a name (looked up in the local folder, then the shipped one), an absolute path, a list of words of which
 * the first is one of these, or the administrator's own shell text, which goes to /bin/sh -c as it is: nothing that we
 * know is ever put into it.
 */
#ifndef TEGATA_BASE_HOOK_H
#define TEGATA_BASE_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/proc.h"
#include "base/str.h"

#define HOOK_TIMEOUT_DEFAULT_SEC 300
#define HOOK_OUTPUT_MAX 65536

struct hook_spec {
	struct strs words;  /* program and fixed arguments; empty when `shell` is set */
	char *shell;        /* text for /bin/sh -c, or NULL */
	char *user;         /* NULL = as hook_dirs says, else the user that runs tegata */
	int timeout_sec;    /* 0 = HOOK_TIMEOUT_DEFAULT_SEC */
	struct strs env;    /* "NAME=value" from the settings, before ours */
	bool plain_args;    /* no stage and identifier as arguments: certbot's habit (auth_hook, cleanup_hook, deploy_hook) */
	const char *file;   /* where it is written, borrowed from the settings; NULL = nowhere */
	int line, column;
};

/* What holds for all hooks of one kind; borrowed. */
struct hook_dirs {
	const char *local;   /* /etc/tegata/hooks */
	const char *shipped; /* $libexecdir/tegata/hooks */
	const char *user;    /* who runs those that name nobody; NULL = the user that runs tegata */
};

/* Who is to run it; NULL = the user that runs tegata. */
const char *hook_user(const struct hook_spec *h, const struct hook_dirs *dirs);

bool hook_is_set(const struct hook_spec *h);
void hook_copy(struct hook_spec *to, const struct hook_spec *from); /* `to` zeroed */
void hook_clear(struct hook_spec *h);
/* What people and records call it: the first word or "shell: TEXT"; owned. */
char *hook_label(const struct hook_spec *h);
/* A stable id for records: the label plus a short hash when there is more to it; owned. */
char *hook_id(const struct hook_spec *h);

/*
 * Absolute path of a hook's program: 0, or -1 with ERR_HOOK naming every place that was looked at, or why it cannot be run (not
 * executable, not a regular file, no such interpreter or user), or why it is not safe to (base/trust.h: it, its interpreter or a
 * folder on the way is neither root's, ours nor that of the user it is to run as, or others may write to it). sys_errno is EACCES
 * when we are not allowed to look.
 *
 * It is then run by this path and not by a descriptor: a script's interpreter opens the path again anyway, programs look at the
 * name they are called by, and what was found safe cannot be changed by anybody who is not trusted.
 * Not looked at: what the program itself starts, loads or reads (`env`'s choice included).
 */
int hook_find(const struct hook_spec *h, const struct hook_dirs *dirs, char **path, struct err *e);

/* One run of a hook. Everything borrowed. */
struct hook_call {
	const struct hook_spec *hook;
	const struct hook_dirs *dirs;
	const struct strs *args; /* follow the fixed words unless plain_args or shell; may be NULL */
	const struct strs *env;  /* "NAME=value", made with hook_env_add; may be NULL */
};

/*
 * Runs it to the end. The child's environment is exactly: PATH, LANG/LC_* and TZ of ours, HOME, hook->env, env; a later one
 * replaces an earlier one of the same name. Its umask is 022, because what a hook writes is most often for a server to read.
 * 0 = exit status 0 (*out_text, if wanted, is its standard output, owned); -1 with ERR_HOOK (could not be started, failed,
 * timed out: the message has the label, status, and the last line it wrote to standard error) or ERR_INTERRUPTED.
 * Its output goes to log_debug, its errors to log_verbose. A guise (base/guise.h) is lifted while it runs.
 */
int hook_run(const struct hook_call *c, char **out_text, struct err *e);

/*
 * Sets NAME=value, replacing one that is there; NULL leaves it out. -1 and nothing set when the value has a control character:
 * what comes from outside has been checked long before, this is the last guard.
 */
int hook_env_add(struct strs *env, const char *name, const char *value);
/* The same without the guard, for what the administrator's own settings and hooks said. */
void hook_env_put(struct strs *env, const char *name, const char *value);
/* The whole environment of one run, as hook_run gives it; appended to an empty list. */
void hook_env_make(const struct hook_call *c, struct strs *out);

#endif
