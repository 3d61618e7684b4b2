/* Asking whoever sits at the terminal: questions on standard error, answers from standard input. */
#ifndef TEGATA_CLI_PROMPT_H
#define TEGATA_CLI_PROMPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* One line, without its end, appended. -1: ERR_INTERRUPTED, ERR_USAGE for a line that is too long or none at all. */
int prompt_line(const char *question, struct buf *out, struct err *e);
/* The same, and nothing of the answer is shown. */
int prompt_secret(const char *question, struct buf *out, struct err *e);
/* y or yes; anything else, or no answer, is no. */
bool prompt_yes(const char *question);

#endif
