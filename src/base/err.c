#include "config.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const kind_names[ERR_KIND_COUNT] = {
	[ERR_NONE] = "none",
	[ERR_USAGE] = "usage",
	[ERR_CONFIG] = "config",
	[ERR_REFUSED] = "refused",
	[ERR_LOCKED] = "locked",
	[ERR_IO] = "io",
	[ERR_NET] = "net",
	[ERR_CA] = "ca",
	[ERR_RATELIMIT] = "ratelimit",
	[ERR_CHALLENGE] = "challenge",
	[ERR_CERTIFICATE] = "certificate",
	[ERR_HOOK] = "hook",
	[ERR_INTERRUPTED] = "interrupted",
	[ERR_INTERNAL] = "internal",
};

/* The texts may have been made from what *e holds, so they come ready-made and the old ones go only now. */
static int fill(struct err *e, enum err_kind kind, int errnum, char *cause)
{
	err_clear(e);
	e->kind = kind;
	e->sys_errno = errnum;
	e->cause = cause;
	return -1;
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;
	char *cause;

	va_start(ap, fmt);
	cause = str_vfmt(fmt, ap);
	va_end(ap);
	return fill(e, kind, 0, cause);
}

int err_set_errno(struct err *e, enum err_kind kind, int errnum, const char *fmt, ...)
{
	va_list ap;
	char *what;
	char *cause;

	va_start(ap, fmt);
	what = str_vfmt(fmt, ap);
	va_end(ap);
	cause = str_fmt("%s: %s", what, strerror(errnum));
	free(what);
	return fill(e, kind, errnum, cause);
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	va_list ap;
	char *outer;

	va_start(ap, fmt);
	outer = str_vfmt(fmt, ap);
	va_end(ap);
	if (e->doing != NULL)
		str_replace(&outer, str_fmt("%s: %s", outer, e->doing));
	str_replace(&e->doing, outer);
	return -1;
}

void err_advise(struct err *e, const char *fmt, ...)
{
	va_list ap;
	char *advice;

	va_start(ap, fmt);
	advice = str_vfmt(fmt, ap);
	va_end(ap);
	str_replace(&e->advice, advice);
}

void err_move(struct err *to, struct err *from)
{
	if (to == from)
		return;
	err_clear(to);
	*to = *from;
	*from = (struct err)ERR_INIT;
}

void err_copy(struct err *to, const struct err *from)
{
	*to = *from;
	to->doing = str_dup(from->doing);
	to->cause = str_dup(from->cause);
	to->advice = str_dup(from->advice);
	to->problem_type = str_dup(from->problem_type);
}

char *err_text(const struct err *e)
{
	const char *cause = e->cause != NULL ? e->cause : err_kind_name(e->kind);

	if (e->doing == NULL)
		return str_dup(cause);
	return str_fmt("%s: %s", e->doing, cause);
}

const char *err_kind_name(enum err_kind kind)
{
	if ((unsigned int)kind >= ERR_KIND_COUNT)
		return kind_names[ERR_INTERNAL];
	return kind_names[kind];
}

int err_kind_parse(const char *name, enum err_kind *out)
{
	for (int i = 0; name && i < ERR_KIND_COUNT; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*out = (enum err_kind)i;
			return 0;
		}
	return -1;
}

void err_clear(struct err *e)
{
	free(e->doing);
	free(e->cause);
	free(e->advice);
	free(e->problem_type);
	*e = (struct err)ERR_INIT;
}
