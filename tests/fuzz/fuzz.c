#include "config.h"

#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"

#define READ_MAX (32 * 1024 * 1024)

static char *folder;

void fuzz_must(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

void fuzz_same(const char *a, const char *b, const char *what)
{
	if (str_eq(a, b))
		return;
	fprintf(stderr, "fuzz: %s\n--- first\n%s\n--- then\n%s\n", what, a != NULL ? a : "(none)", b != NULL ? b : "(none)");
	abort();
}

void fuzz_shown(const char *text)
{
	char *plain, *escaped;
	size_t n = 0;

	if (text == NULL)
		return;
	plain = str_dup(text);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\n' && *p != '\\')
			plain[n++] = *p;
	plain[n] = '\0';
	escaped = str_escape(plain, n, n + 4);
	fuzz_same(plain, escaped, "a text for people has bytes that do not belong on a terminal");
	free(escaped);
	free(plain);
}

void fuzz_err(struct err *e)
{
	fuzz_must(e->kind > ERR_NONE && e->kind < ERR_KIND_COUNT, "a failure without a kind");
	fuzz_must(e->cause != NULL || e->doing != NULL, "a failure without a word");
	fuzz_shown(e->doing);
	fuzz_shown(e->cause);
	fuzz_shown(e->advice);
	fuzz_shown(e->problem_type);
	err_clear(e);
}

void fuzz_diags(struct diags *d)
{
	for (size_t i = 0; i < d->count; i++) {
		fuzz_must(d->item[i].line >= 0 && d->item[i].column >= 0, "a mistake at a place that cannot be");
		fuzz_shown(d->item[i].text);
	}
	diags_clear(d);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *copy = mem_new(size + 1, 1);

	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

char *fuzz_line(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
	size_t len = end != NULL ? (size_t)(end - *data) : *size;
	size_t used = end != NULL ? len + 1 : len;
	char *line = fuzz_text(*data, len);

	*data += used;
	*size -= used;
	return line;
}

static void take_away(void)
{
	struct err e = ERR_INIT;

	if (folder != NULL && fs_remove_tree(folder, &e) != 0)
		err_clear(&e);
	free(folder);
	folder = NULL;
}

const char *fuzz_folder(void)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	if (folder != NULL)
		return folder;
	log_set_level(LOG_LEVEL_QUIET);
	folder = str_fmt("%s/tegata-fuzz-XXXXXX", base);
	fuzz_must(mkdtemp(folder) != NULL, "no folder to work in");
	atexit(take_away);
	return folder;
}

void fuzz_write(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_must(fd >= 0 && fs_write_all(fd, data, size) == 0 && close(fd) == 0, "a file cannot be written");
}

char *fuzz_read(const char *path)
{
	struct err e = ERR_INIT;
	struct buf b;
	char *text = NULL;

	buf_init(&b, READ_MAX);
	if (fs_read(path, &b, &e) == 0)
		text = buf_take(&b);
	err_clear(&e);
	buf_clear(&b);
	return text;
}
