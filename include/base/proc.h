/*
 * Child processes. A child gets its own process group, /dev/null as standard input, only descriptors 0..2 (and
 * those given), an environment made of exactly what is given, default signal handling, and umask 077 unless `umask` says otherwise. No shell is
 * involved unless argv says so.
 */
#ifndef TEGATA_BASE_PROC_H
#define TEGATA_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/*
 * For main(), before anything is opened: descriptors 0..2 that are closed become /dev/null, so that no file of ours gets
 * their number and with it our messages; and this process leaves no core file, as keys would be in it.
 */
void proc_settle(void);

struct proc_spec {
	const char *const *argv; /* argv[0] is an absolute path; ends with NULL */
	const char *const *envp; /* "NAME=value"; ends with NULL */
	const char *user;        /* NULL = stay; else setgroups, setgid, setuid to it before exec, only possible as root */
	const char *dir;         /* working folder; NULL = "/" */
	mode_t umask;            /* 0 = 077 */
	int timeout_sec;         /* > 0 */
	size_t output_max;       /* bytes kept of standard output, and as many of standard error; more is read and dropped */
};

struct proc_result {
	int exit_status;  /* 0..255, or -1 when a signal ended it */
	int term_signal;  /* 0 = none */
	bool timed_out;   /* the group got SIGTERM and, 2 s later, SIGKILL */
	char *out;        /* owned; standard output, NUL-terminated, may be cut */
	char *err;        /* owned; standard error */
};

/*
 * Runs to the end. 0 = it ran (see result), -1 = it could not be started (ERR_IO) or a termination signal came
 * (ERR_INTERRUPTED, the group killed). A daemon that the child leaves behind does not hold us: reading stops when the
 * child itself has ended and its output is drained. result must be zeroed.
 */
int proc_run(const struct proc_spec *spec, struct proc_result *result, struct err *e);
void proc_result_clear(struct proc_result *r);

/* A helper program that speaks over a socketpair (descriptor 3 in the child; further descriptors from 4 on). */
struct proc_peer {
	pid_t pid; /* 0 = none */
	int fd;    /* our end, -1 = none */
};

/*
 * Starts argv with envp; extra_fds (n of them, may be 0, at most 8) become descriptors 4, 5, … in the child. user, dir as
 * above, the other members have no meaning. Its standard output goes nowhere, its standard error is ours, and it is
 * killed when we die.
 */
int proc_spawn_peer(const struct proc_spec *spec, const int *extra_fds, size_t n, struct proc_peer *out, struct err *e);
/* Closes our end, waits up to a second, kills, reaps. Harmless on an empty one. */
void proc_peer_stop(struct proc_peer *p);

/* Absolute path of a program of ours in libexecdir, honouring TEGATA_LIBEXECDIR when not setuid; owned. */
char *proc_libexec(const char *name);

#endif
