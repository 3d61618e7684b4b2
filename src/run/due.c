#include "config.h"

#include "run/due.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pki/digest.h"

const char *due_because_name(enum due_because b)
{
	switch (b) {
	case DUE_BY_DAYS:
		return "days";
	case DUE_BY_CA:
		return "ca";
	case DUE_BY_LATEST:
		return "latest";
	case DUE_BY_SHARE:
		break;
	}
	return "share";
}

static int64_t lifetime_of(int64_t not_before, int64_t not_after)
{
	return not_after > not_before ? not_after - not_before : 0;
}

int64_t due_plain(int64_t not_before, int64_t not_after)
{
	int64_t lifetime = lifetime_of(not_before, not_after);

	return not_after - lifetime / (lifetime < DUE_SHORT_LIFE_SEC ? 2 : 3);
}

/* Several independent numbers are needed of one seed. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* How much is left at the time the rule means, before any spread. */
static int64_t left_by_rule(const struct due_facts *f, enum due_because *because)
{
	int64_t lifetime = lifetime_of(f->not_before, f->not_after), most = lifetime - lifetime / DUE_EARLIEST_SHARE, left;

	*because = DUE_BY_SHARE;
	if (f->rule.days > 0 && f->rule.days <= most / 86400) {
		*because = DUE_BY_DAYS;
		return (int64_t)f->rule.days * 86400;
	}
	if (f->rule.days == 0 && f->rule.permille > 0 && f->rule.permille < 1000) {
		left = lifetime / 1000 * f->rule.permille + lifetime % 1000 * f->rule.permille / 1000;
		return left < most ? left : most;
	}
	return f->not_after - due_plain(f->not_before, f->not_after);
}

/* A part of what is left that host and certificate decide. */
static int64_t spread(uint64_t number, int64_t left)
{
	int64_t most = left / 8 < DUE_SPREAD_MAX_SEC ? left / 8 : DUE_SPREAD_MAX_SEC;

	return most > 0 ? (int64_t)(number % (uint64_t)most) : 0;
}

/* A clock that was put back a little since then does no harm; one that was a day ahead says nothing of the age. */
static bool suggestion_is_fresh(const struct due_facts *f, int64_t now)
{
	return f->window_end > f->window_start && f->window_at <= now + DUE_WAKE_SEC &&
	       f->window_at >= now - DUE_SUGGESTION_FRESH_SEC;
}

static struct due_answer by_suggestion(const struct due_facts *f)
{
	int64_t last = lifetime_of(f->not_before, f->not_after) / DUE_LATEST_SHARE, latest = f->not_after - last;
	uint64_t width = (uint64_t)f->window_end - (uint64_t)f->window_start;
	/* Unsigned, as a window of any width may come; the result is within the window again. */
	int64_t at = (int64_t)((uint64_t)f->window_start + mix(f->seed ^ (uint64_t)f->window_start) % width);

	if (f->not_early > 0 && at < f->not_early)
		at = f->not_early;
	if (at <= latest)
		return (struct due_answer){.renew_at = at, .because = DUE_BY_CA};
	return (struct due_answer){.renew_at = latest - spread(mix(f->seed), last), .because = DUE_BY_LATEST};
}

struct due_answer due_when(const struct due_facts *f, int64_t now)
{
	struct due_answer a = {0};
	int64_t left;

	if (suggestion_is_fresh(f, now))
		return by_suggestion(f);
	left = left_by_rule(f, &a.because);
	a.renew_at = f->not_after - left + spread(mix(f->seed), left);
	return a;
}

bool due_is_now(const struct due_answer *a, int64_t now)
{
	int64_t ahead = a->because == DUE_BY_CA ? DUE_WAKE_SEC : 1;

	return now > INT64_MAX - ahead || a->renew_at < now + ahead;
}

uint64_t due_seed(const char *host, const char *certificate, int64_t not_before)
{
	/* Newlines are in none of them, so no two triples look the same. */
	char *text = str_fmt("%s\n%s\n%lld", host ? host : "", certificate ? certificate : "", (long long)not_before);
	unsigned char digest[DIGEST_SHA256_LEN];
	uint64_t seed = 0;

	digest_sha256(text, strlen(text), digest);
	for (size_t i = 0; i < sizeof seed; i++)
		seed = seed << 8 | digest[i];
	free(text);
	return seed;
}
