/*
 * Lines for people and the journal, on standard error. Never secrets: callers pass none, and what came from outside has
 * gone through str_escape(). The level is the one mutable global beside the signal flag.
 *
 * On a terminal a line is plain text and log_progress() draws one transient line. Elsewhere each event is one plain line
 * and progress is silent; when JOURNAL_STREAM says that standard error is the journal (systemd sets it to the stream's
 * DEVICE:INODE), lines begin with a syslog priority such as "<6>". log_error and log_warn put "error: " and "warning: "
 * before the text themselves. A text has no newline at its end; one within it begins another line of the same event.
 */
#ifndef TEGATA_BASE_LOG_H
#define TEGATA_BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_QUIET,  /* -q: errors only */
	LOG_LEVEL_NORMAL, /* errors, warnings, events */
	LOG_LEVEL_VERBOSE,/* -v: what is being done */
	LOG_LEVEL_DEBUG   /* -vv: requests and answers without bodies, hooks' output */
};

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_event(const char *fmt, ...) __attribute__((format(printf, 1, 2)));   /* NORMAL and up */
void log_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A transient line on a terminal at NORMAL and up; the next line of any kind, or log_progress_end(), removes it. */
void log_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_progress_end(void);
/* Does somebody see progress? */
bool log_has_terminal(void);

#endif
