/* A clock that only sleeping moves, so that hours of waiting take no time. */
#ifndef TEGATA_TESTS_FAKE_CLOCK_H
#define TEGATA_TESTS_FAKE_CLOCK_H

#include <signal.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/sig.h"

struct fake_clock {
	struct clock clock;
	int64_t now_sec;  /* at the beginning */
	int64_t mono_ms;
	int sleeps;
	int64_t longest_ms;
	int raise_at;     /* SIGTERM comes during this sleep; 0 = never */
};

static inline int64_t fake_clock_now(void *self)
{
	struct fake_clock *c = self;

	return c->now_sec + c->mono_ms / 1000;
}

static inline int64_t fake_clock_mono(void *self)
{
	return ((struct fake_clock *)self)->mono_ms;
}

static inline int fake_clock_sleep(void *self, int64_t ms)
{
	struct fake_clock *c = self;

	if (sig_pending())
		return -1;
	if (++c->sleeps == c->raise_at) {
		raise(SIGTERM);
		return -1;
	}
	if (ms > c->longest_ms)
		c->longest_ms = ms;
	c->mono_ms += ms;
	return 0;
}

static inline void fake_clock_init(struct fake_clock *c, int64_t now_sec)
{
	*c = (struct fake_clock){ .now_sec = now_sec };
	c->clock = (struct clock){ .self = c, .now_sec = fake_clock_now, .mono_ms = fake_clock_mono,
	                           .sleep_ms = fake_clock_sleep };
}

#endif
