#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/str.h"

#define COLUMNS_DEFAULT 80
#define EVENT_MAX (64 * 1024)
#define ERASE_LINE "\r\033[K"

static enum log_level current = LOG_LEVEL_NORMAL;
static bool progress_shown;

void log_set_level(enum log_level level)
{
	current = level;
}

enum log_level log_get_level(void)
{
	return current;
}

/* systemd names the journal's socket as DEVICE:INODE, so that whoever redirects standard error is not taken for it. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char *ours;
	bool same;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	ours = str_fmt("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	same = str_eq(stream, ours);
	free(ours);
	return same;
}

/* Puts `start` before every line of `text`, and a newline after the last. */
static char *lines(const char *start, const char *text)
{
	struct strs pieces = {0};
	char *all;

	for (;;) {
		size_t len = strcspn(text, "\n");

		strs_add(&pieces, start);
		strs_take(&pieces, str_ndup(text, len));
		strs_add(&pieces, "\n");
		text += len;
		if (text[0] == '\0' || text[1] == '\0')
			break;
		text++;
	}
	all = strs_join(&pieces, "");
	strs_clear(&pieces);
	return all;
}

/* One write for a line, whatever it erases before it, so that lines of several processes do not mix. */
static void emit(int priority, const char *label, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

static void emit(int priority, const char *label, const char *fmt, va_list ap)
{
	int saved = errno;
	char start[8] = "";
	char *body = str_vfmt(fmt, ap);
	char *text;

	if (is_journal())
		snprintf(start, sizeof start, "<%d>", priority);
	str_replace(&body, str_fmt("%s%s", label, body));
	str_replace(&body, str_shown(body, EVENT_MAX));
	text = lines(start, body);
	if (progress_shown)
		str_replace(&text, str_fmt(ERASE_LINE "%s", text));
	progress_shown = false;
	(void)fs_write_all(STDERR_FILENO, text, strlen(text));
	free(text);
	free(body);
	errno = saved;
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(3, _("error: "), fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	if (current < LOG_LEVEL_NORMAL)
		return;
	va_start(ap, fmt);
	emit(4, _("warning: "), fmt, ap);
	va_end(ap);
}

void log_event(const char *fmt, ...)
{
	va_list ap;

	if (current < LOG_LEVEL_NORMAL)
		return;
	va_start(ap, fmt);
	emit(6, "", fmt, ap);
	va_end(ap);
}

void log_verbose(const char *fmt, ...)
{
	va_list ap;

	if (current < LOG_LEVEL_VERBOSE)
		return;
	va_start(ap, fmt);
	emit(6, "", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (current < LOG_LEVEL_DEBUG)
		return;
	va_start(ap, fmt);
	emit(7, "", fmt, ap);
	va_end(ap);
}

static bool can_draw(void)
{
	const char *term = getenv("TERM");

	return term != NULL && *term != '\0' && !str_eq(term, "dumb") && isatty(STDERR_FILENO);
}

bool log_has_terminal(void)
{
	return current >= LOG_LEVEL_NORMAL && can_draw();
}

static size_t terminal_columns(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}

/*
 * Bytes of `text` that surely fit into so many columns. From U+1100 on every character counts as two, as most of them
 * take: a line cut too early does less harm than one that wraps, which cannot be erased any more.
 */
static size_t fitting(const char *text, size_t columns)
{
	size_t used = 0;
	size_t i = 0;

	while (text[i] != '\0' && text[i] != '\n') {
		unsigned char first = (unsigned char)text[i];
		size_t width = first > 0xe1 || (first == 0xe1 && (unsigned char)text[i + 1] >= 0x84) ? 2 : 1;

		if (used + width > columns)
			break;
		used += width;
		i++;
		while (((unsigned char)text[i] & 0xc0) == 0x80)
			i++;
	}
	return i;
}

void log_progress(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	char *body;
	char *line;

	if (!log_has_terminal())
		return;
	va_start(ap, fmt);
	body = str_vfmt(fmt, ap);
	va_end(ap);
	/* The last column stays free: some terminals wrap as soon as it is filled. */
	line = str_fmt(ERASE_LINE "%.*s", (int)fitting(body, terminal_columns() - 1), body);
	(void)fs_write_all(STDERR_FILENO, line, strlen(line));
	progress_shown = true;
	free(line);
	free(body);
	errno = saved;
}

void log_progress_end(void)
{
	int saved = errno;

	if (!progress_shown)
		return;
	(void)fs_write_all(STDERR_FILENO, ERASE_LINE, sizeof ERASE_LINE - 1);
	progress_shown = false;
	errno = saved;
}
