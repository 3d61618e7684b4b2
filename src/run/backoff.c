#include "config.h"

#include "run/backoff.h"

#include <stdlib.h>
#include <string.h>

#include "pki/digest.h"

#define MINUTE_SEC 60
#define RATELIMIT_LEAST_SEC 3600 /* a rate limit without a time: the CAs' windows are no shorter */

static const int ladder_sec[] = {1 * MINUTE_SEC, 10 * MINUTE_SEC, 100 * MINUTE_SEC};
#define LADDER_STEPS ((int)(sizeof ladder_sec / sizeof ladder_sec[0]))

static const char *const words[] = {NULL, "ladder", "daily", "ca", "validations"};
_Static_assert(sizeof words / sizeof words[0] == BACKOFF_WHY_COUNT, "one word for each reason");

const char *backoff_why_name(enum backoff_why w)
{
	return w > BACKOFF_NONE && w < BACKOFF_WHY_COUNT ? words[w] : NULL;
}

int backoff_why_parse(const char *name, enum backoff_why *out)
{
	for (int w = BACKOFF_NONE + 1; name && w < BACKOFF_WHY_COUNT; w++) {
		if (str_eq(words[w], name)) {
			*out = (enum backoff_why)w;
			return 0;
		}
	}
	return -1;
}

/* Problem types that say the same tomorrow unless somebody does something, here or at the CA. */
static const char *const lasting_types[] = {
	"accountDoesNotExist", "badCSR", "badPublicKey", "badSignatureAlgorithm", "caa", "externalAccountRequired",
	"invalidContact", "invalidProfile", "rejectedIdentifier", "unsupportedContact", "unsupportedIdentifier",
	"userActionRequired",
};

static bool type_is_lasting(const char *type)
{
	for (size_t i = 0; type && i < sizeof lasting_types / sizeof lasting_types[0]; i++)
		if (str_eq(lasting_types[i], type))
			return true;
	return false;
}

bool backoff_is_lasting(enum err_kind kind, const char *problem_type)
{
	switch (kind) {
	case ERR_USAGE:
	case ERR_CONFIG:
	case ERR_REFUSED:
		return true;
	case ERR_CA:
		/* As the verdict on a challenge it is ERR_CHALLENGE, and often mends itself. */
		return type_is_lasting(problem_type) || str_eq(problem_type, "unauthorized");
	case ERR_CHALLENGE:
		return type_is_lasting(problem_type);
	default:
		return false;
	}
}

/* The CA calls both a wrong response and a forbidden account "unauthorized"; only the second answers a request of ours. */
static bool is_lasting(const struct err *failure)
{
	return backoff_is_lasting(failure->kind, failure->problem_type) ||
	       (failure->http_status >= 400 && str_eq(failure->problem_type, "unauthorized"));
}

/* As the finalizer of splitmix64: neighbouring seeds and counts give unlike numbers. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static int64_t jitter(int64_t most, int failures, uint64_t seed)
{
	uint64_t number = mix(seed + (uint64_t)failures * UINT64_C(0x9e3779b97f4a7c15));

	return most > 0 ? (int64_t)(number % ((uint64_t)most + 1)) : 0;
}

/* A time far off must not wrap round into the past. */
static int64_t later(int64_t at, int64_t sec)
{
	return at > INT64_MAX - sec ? INT64_MAX : at + sec;
}

static struct backoff_next own_pace(const struct err *failure, int failures, int64_t last_at, uint64_t seed)
{
	int64_t sec;

	if (is_lasting(failure) || failures > LADDER_STEPS) {
		sec = BACKOFF_DAILY_SEC + jitter(BACKOFF_DAILY_JITTER_SEC, failures, seed);
		return (struct backoff_next){later(last_at, sec), BACKOFF_DAILY};
	}
	sec = ladder_sec[failures > 1 ? failures - 1 : 0];
	if (failure->kind == ERR_RATELIMIT && sec < RATELIMIT_LEAST_SEC)
		sec = RATELIMIT_LEAST_SEC;
	return (struct backoff_next){later(last_at, sec + jitter(sec / 10, failures, seed)), BACKOFF_LADDER};
}

struct backoff_next backoff_after(const struct err *failure, int failures, int64_t last_at, uint64_t seed)
{
	struct backoff_next next;
	int64_t asked, cap = later(last_at, BACKOFF_CAP_SEC);

	/* Nothing was tried to its end: what was begun goes on with the next run. */
	if (failure->kind == ERR_NONE || failure->kind == ERR_INTERRUPTED || failure->kind == ERR_LOCKED)
		return (struct backoff_next){0, BACKOFF_NONE};
	next = own_pace(failure, failures, last_at, seed);
	if (failure->retry_at <= last_at)
		return next;
	asked = cap;
	if (failure->retry_at < cap)
		asked = later(failure->retry_at, jitter((failure->retry_at - last_at) / 10, failures, seed));
	if (asked > cap)
		asked = cap;
	return asked < next.at ? next : (struct backoff_next){asked, BACKOFF_CA};
}

/* Of one name: when fewer than `most` failures are left of the last day; 0 = already. */
static int64_t name_free_at(const struct store_validation *v, int most, int64_t now)
{
	int64_t within[STORE_VALIDATIONS_MAX];
	int n = 0;

	for (size_t i = 0; i < v->count && i < STORE_VALIDATIONS_MAX; i++)
		if (v->at[i] <= now && v->at[i] > now - BACKOFF_DAY_SEC)
			within[n++] = v->at[i];
	return n < most ? 0 : within[n - most] + BACKOFF_DAY_SEC;
}

struct backoff_next backoff_of_names(const struct store_validations *v, const struct strs *names, int most, int64_t now,
                                     const char **name)
{
	struct backoff_next next = {0, BACKOFF_NONE};

	if (most < 1)
		return next;
	if (most > STORE_VALIDATIONS_MAX)
		most = STORE_VALIDATIONS_MAX;
	for (size_t i = 0; i < names->count; i++) {
		const char *own = names->item[i];
		/* The CA validates, and counts, the name below which a wildcard stands. */
		const struct store_validation *found =
			store_validations_find(v, str_starts(own, "*.") ? own + strlen("*.") : own);
		int64_t at = found ? name_free_at(found, most, now) : 0;

		if (at > next.at) {
			next = (struct backoff_next){at, BACKOFF_VALIDATIONS};
			*name = own;
		}
	}
	return next;
}

struct backoff_next backoff_now(const struct store_state *st, bool same, int64_t now)
{
	struct backoff_next next = {0, BACKOFF_NONE};
	/* States of older versions hold no word, and no other time than the CA's. */
	enum backoff_why why = BACKOFF_CA;
	int64_t cap;

	if (!same || (!st->last_error && st->failures <= 0) || st->last_error_at > now)
		return next;
	if (st->retry_why && backoff_why_parse(st->retry_why, &why) < 0)
		why = BACKOFF_LADDER;
	/* Of our own making no wait is longer than a day, whatever the file says. */
	cap = later(st->last_error_at, why == BACKOFF_CA ? BACKOFF_CAP_SEC : BACKOFF_DAY_SEC);
	if (st->retry_at <= now || cap <= now)
		return next;
	next.at = st->retry_at < cap ? st->retry_at : cap;
	next.why = why;
	return next;
}

char *backoff_set_id(const struct strs *names, const char *ca, const char *key_type)
{
	struct strs sorted = {0};
	char *joined, *text, *id;

	for (size_t i = 0; i < names->count; i++)
		if (!strs_has(&sorted, names->item[i]))
			strs_add(&sorted, names->item[i]);
	strs_sort(&sorted);
	joined = strs_join(&sorted, " ");
	text = str_fmt("%s\n%s\n%s", ca ? ca : "", key_type ? key_type : "", joined);
	id = digest_sha256_hex(text, strlen(text));
	id[32] = '\0';
	strs_clear(&sorted);
	free(joined);
	free(text);
	return id;
}
