/* Allocations that fail when it is wanted: tests/faults/oom.c, linked into a program. Only the process that armed is concerned. */
#ifndef TEGATA_TESTS_OOM_H
#define TEGATA_TESTS_OOM_H

#include <stdbool.h>
#include <stddef.h>

/* Who called; where the C library cannot tell (musl), nobody did. */
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#else
static inline int backtrace(void **frame, int most)
{
	(void)frame;
	(void)most;
	return 0;
}

static inline void backtrace_symbols_fd(void *const *frame, int count, int fd)
{
	(void)frame;
	(void)count;
	(void)fd;
}
#endif

/* From now on the nth allocation fails (from 1 on; 0 = none does, they are only counted); `all`: every later one, too. */
void oom_arm(unsigned long n, bool all);
/* Not armed for a while: what the test itself allocates. Pairs nest. */
void oom_pause(void);
void oom_resume(void);
/* Ends it: how many allocations there were since oom_arm(). */
unsigned long oom_disarm(void);
/* Has one failed since oom_arm()? */
bool oom_struck(void);
/*
 * From oom_arm() to oom_disarm() it is noted which allocations are the first from their place: the same callers have not allocated
 * before. Their numbers; owned by the caller.
 */
void oom_places_begin(void);
unsigned long *oom_places_take(size_t *n);
/* Blocks allocated and not freed, ever since the program began. */
long oom_live(void);

/* While it is set, blocks are noted with who wanted them (at most 65536 of them). */
void oom_note(bool on);
/* Who holds the blocks that were noted and are still there: a line each to standard error. */
void oom_tell(void);

#endif
