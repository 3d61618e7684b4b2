#include "config.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mem_none(void)
{
	static const char text[] = "tegata: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);

	(void)ignored;
	_exit(1);
}

void *mem_new(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		mem_none();
	return p;
}

void *mem_resize(void *old, size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		mem_none();
	p = realloc(old, bytes != 0 ? bytes : 1);
	if (p == NULL)
		mem_none();
	return p;
}

void mem_wipe(void *p, size_t len)
{
	if (p != NULL && len != 0)
		explicit_bzero(p, len);
}
