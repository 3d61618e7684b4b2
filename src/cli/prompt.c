#include "config.h"

#include "prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "base/str.h"

#define YES_MAX 16

static int read_char(char *out, struct err *e)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

	if (sig_poll(&fd, 1, -1) < 0 || sig_pending()) {
		if (sig_check(e) < 0)
			return -1;
		return err_set(e, ERR_IO, _("cannot read from the terminal"));
	}
	if (read(STDIN_FILENO, out, 1) != 1)
		return err_set(e, ERR_USAGE, _("no answer was given"));
	return 0;
}

int prompt_line(const char *question, struct buf *out, struct err *e)
{
	char c = '\0';

	log_progress_end();
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	for (;;) {
		if (read_char(&c, e) < 0)
			return -1;
		if (c == '\n')
			return 0;
		if (buf_append(out, &c, 1) < 0)
			return err_set(e, ERR_USAGE, _("the answer is too long"));
	}
}

int prompt_secret(const char *question, struct buf *out, struct err *e)
{
	struct termios shown, hidden;
	bool changed = tcgetattr(STDIN_FILENO, &shown) == 0;
	int rc;

	if (changed) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		changed = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
	}
	rc = prompt_line(question, out, e);
	if (changed) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	return rc;
}

bool prompt_yes(const char *question)
{
	struct err e = ERR_INIT;
	struct buf answer;
	char *lower;
	bool yes;

	buf_init(&answer, YES_MAX);
	yes = prompt_line(question, &answer, &e) == 0;
	lower = str_lower_ascii(answer.data);
	yes = yes && (str_eq(lower, "y") || str_eq(lower, "yes"));
	free(lower);
	buf_clear(&answer);
	err_clear(&e);
	return yes;
}
