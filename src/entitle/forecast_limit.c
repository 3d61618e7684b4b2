#include "config.h"

#include "entitle/forecast.h"

#include "forecast_parts.h"

#include "base/clock.h"

#define USUAL_LIFE_SEC (90 * (int64_t)CLOCK_DAY_SEC)
#define SHORT_LIFE_SEC (10 * (int64_t)CLOCK_DAY_SEC)

/* CA/Browser Forum, Baseline Requirements §6.3.2 (rules.md §4), each from midnight UTC. */
static const struct limit {
	struct date from;
	int days;
} limits[] = {
	{{1970, 1, 1}, 398},
	{{2026, 3, 15}, 200},
	{{2027, 3, 15}, 100},
	{{2029, 3, 15}, 47},
};

#define LIMIT_COUNT (sizeof limits / sizeof limits[0])

int forecast_limit_days(int64_t t, int64_t *next_at)
{
	size_t i = 1;

	while (i < LIMIT_COUNT && t >= date_days(limits[i].from) * CLOCK_DAY_SEC)
		i++;
	if (next_at)
		*next_at = i < LIMIT_COUNT ? date_days(limits[i].from) * CLOCK_DAY_SEC : 0;
	return limits[i - 1].days;
}

int64_t forecast_limit_wanted(const struct forecast_input *in, const struct forecast_certificate *c)
{
	if (in->lifetime_sec > 0)
		return in->lifetime_sec;
	return c->not_after > c->not_before ? c->not_after - c->not_before : USUAL_LIFE_SEC;
}

int64_t forecast_limit_life(const struct forecast_input *in, const struct forecast_certificate *c, int64_t t)
{
	int64_t most = forecast_limit_days(t, NULL) * (int64_t)CLOCK_DAY_SEC, life = forecast_limit_wanted(in, c);

	return c->fixed_life || life < most ? life : most;
}

/* How much of a life is left at its renewal; days and shares that would renew within its first tenth do not count. */
static int64_t left_at_renewal(const struct forecast_certificate *c, int64_t life)
{
	int64_t most = life - life / 10;

	if (c->renew_days > 0 && c->renew_days <= most / CLOCK_DAY_SEC)
		return c->renew_days * (int64_t)CLOCK_DAY_SEC;
	if (c->renew_days == 0 && c->renew_permille > 0 && c->renew_permille < 1000) {
		int64_t left = life / 1000 * c->renew_permille + life % 1000 * c->renew_permille / 1000;
		return left < most ? left : most;
	}
	return life / (life < SHORT_LIFE_SEC ? 2 : 3);
}

int64_t forecast_limit_renew_at(const struct forecast_certificate *c, int64_t not_before, int64_t not_after)
{
	return not_after - (not_after > not_before ? left_at_renewal(c, not_after - not_before) : 0);
}
