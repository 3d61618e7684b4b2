#include "config.h"

#include "base/clock.h"

#include <time.h>

#include "base/sig.h"

static int64_t system_now_sec(void *self)
{
	struct timespec now = {0};

	(void)self;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static int64_t system_mono_ms(void *self)
{
	struct timespec now = {0};

	(void)self;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int system_sleep_ms(void *self, int64_t ms)
{
	(void)self;
	return sig_poll(NULL, 0, ms > 0 ? ms : 0);
}

const struct clock *clock_system(void)
{
	static const struct clock system_clock = {
		.now_sec = system_now_sec,
		.mono_ms = system_mono_ms,
		.sleep_ms = system_sleep_ms,
	};

	return &system_clock;
}

int64_t clock_now(const struct clock *c)
{
	return c->now_sec(c->self);
}

int64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c->self);
}

int clock_sleep_ms(const struct clock *c, int64_t ms)
{
	return c->sleep_ms(c->self, ms);
}
