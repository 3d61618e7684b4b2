/*
 * One failure, carried upwards as a value and printed once, by cli/report.
 *
 * A function that can fail takes `struct err *e` last and returns 0 or -1. On -1 it has filled *e, and its other
 * outputs are untouched. `e` must be zeroed (ERR_INIT) or cleared before the call. Each layer adds what it was doing
 * once, with err_wrap(). Nothing here is printed or logged.
 *
 * Texts come from gettext already; text received from outside is passed through str_escape() by whoever puts it in.
 */
#ifndef TEGATA_BASE_ERR_H
#define TEGATA_BASE_ERR_H

#include <stdint.h>

/* Decides exit status and, later, retry. Names for JSON come from err_kind_name(); the exit status from cli/exit. */
enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,       /* the command line */
	ERR_CONFIG,      /* settings or list of entries */
	ERR_REFUSED,     /* our own gate: a name is not covered, too many names */
	ERR_LOCKED,      /* another tegata works on this state folder */
	ERR_IO,          /* files, folders, processes of this machine */
	ERR_NET,         /* no answer: DNS, connect, TLS, time-out, an answer over its limits */
	ERR_CA,          /* an answer that refuses, or that makes no sense */
	ERR_RATELIMIT,   /* rateLimited, or 429/503 with Retry-After */
	ERR_CHALLENGE,   /* a name could not be validated, or a challenge could not be set up */
	ERR_CERTIFICATE, /* the certificate received is not what was ordered */
	ERR_HOOK,        /* a deploy hook failed or could not be started */
	ERR_INTERRUPTED, /* SIGINT, SIGTERM, SIGHUP */
	ERR_INTERNAL,    /* a bug, or no memory */
	ERR_KIND_COUNT
};

struct err {
	enum err_kind kind;
	char *doing;        /* owned; outermost context first, joined by ": "; NULL = none given */
	char *cause;        /* owned; what the CA or the system said */
	char *advice;       /* owned; what to do about it; NULL = nothing to add */
	char *problem_type; /* owned; the CA's problem type as it came, escaped; NULL = no problem document */
	int http_status;    /* 0 = none */
	int sys_errno;      /* 0 = none */
	int64_t retry_at;   /* Unix seconds before which a retry makes no sense; 0 = not known */
};

#define ERR_INIT {0}

/* Sets kind and cause (replacing whatever was there). Always returns -1, so that callers can `return err_set(…)`. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": strerror(errnum)" appended to the cause and errnum kept. */
int err_set_errno(struct err *e, enum err_kind kind, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts context before what is there ("issuing www" + "authorizing a.jp" = "issuing www: authorizing a.jp"). -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the advice; a later one replaces an earlier one. */
void err_advise(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Moves *from into *to (whose old content is freed) and leaves *from empty. */
void err_move(struct err *to, struct err *from);

/* Puts a copy of *from into *to (zeroed before). */
void err_copy(struct err *to, const struct err *from);

/* "doing: cause" in one line, for logs and records; owned by the caller. */
char *err_text(const struct err *e);

/* Stable lower-case word for JSON: "usage", "config", "refused", … */
const char *err_kind_name(enum err_kind kind);
/* The same backwards: 0, or -1 for NULL and a word that is none. */
int err_kind_parse(const char *name, enum err_kind *out);

/* Frees the texts and zeroes *e. Harmless on an empty one. */
void err_clear(struct err *e);

#endif
