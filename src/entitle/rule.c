#include "config.h"

#include "entitle/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "entitle/fqdn.h"

#define YEARS_MAX 10
#define DAYS_MAX 3660
#define HOUR_SEC 3600
#define MINUTE_SEC 60
#define OFFSET_MAX_SEC (14 * HOUR_SEC)

/* rules.md §3; where a service says nothing of a parameter, the careful value stands. */
static const struct rule presets[] = {
	{.preset = "jpdirect", .checked = true, .plain = RULE_PLAIN_WWW, .wildcard = RULE_WILDCARD_BASE,
	 .start = RULE_START_FIRST_ISSUANCE, .years = 1, .rounding = RULE_ROUNDING_MONTH_END,
	 .utc_offset_sec = CLOCK_JST_OFFSET_SEC, .end = RULE_END_REVOKE},
	{.preset = "none", .checked = false, .plain = RULE_PLAIN_EXACT, .wildcard = RULE_WILDCARD_EXACT,
	 .start = RULE_START_FIRST_ISSUANCE, .rounding = RULE_ROUNDING_NONE, .end = RULE_END_STOP},
	{.preset = "sectigo", .checked = true, .plain = RULE_PLAIN_WWW_EITHER, .wildcard = RULE_WILDCARD_BASE,
	 .start = RULE_START_FIRST_DOMAIN, .days = 365, .rounding = RULE_ROUNDING_NEXT_DAY, .end = RULE_END_STOP},
	{.preset = "upki", .checked = true, .plain = RULE_PLAIN_EXACT, .wildcard = RULE_WILDCARD_EXACT, .fixed_set = true,
	 .start = RULE_START_REGISTERED, .rounding = RULE_ROUNDING_NONE, .utc_offset_sec = CLOCK_JST_OFFSET_SEC,
	 .end = RULE_END_STOP},
};

#define PRESET_COUNT (sizeof presets / sizeof presets[0])

static const char *const preset_names[] = {"jpdirect", "none", "sectigo", "upki", NULL}; /* in the order of presets */

static const char *const parameters[] = {"plain", "wildcard", "fixed_set", "start", "length", "rounding", "time_zone",
                                         "end", NULL};
static const char *const plain_words[] = {"exact", "www", "www-either", "subtree", NULL};
static const char *const wildcard_words[] = {"exact", "base", "same-level", NULL};
static const char *const yes_no_words[] = {"no", "yes", NULL};
static const char *const start_words[] = {"first-issuance", "first-domain", "registered", NULL};
static const char *const rounding_words[] = {"none", "next-day", "month-end", NULL};
static const char *const end_words[] = {"revoke", "stop", NULL};

static int index_of(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (str_eq(words[i], word))
			return i;
	return -1;
}

const struct rule *rule_preset(const char *name)
{
	for (size_t i = 0; i < PRESET_COUNT; i++)
		if (str_eq(presets[i].preset, name))
			return &presets[i];
	return NULL;
}

const char *const *rule_preset_names(void)
{
	return preset_names;
}

const char *const *rule_parameters(void)
{
	return parameters;
}

/* "2y", "365d", "none". */
static int set_length(struct rule *r, const char *word)
{
	size_t len = strlen(word);
	int64_t value = 0;
	char *digits;
	bool years, good;

	if (str_eq(word, "none")) {
		r->years = 0;
		r->days = 0;
		return 0;
	}
	if (len < 2 || word[0] == '0' || (word[len - 1] != 'y' && word[len - 1] != 'd'))
		return -1;
	years = word[len - 1] == 'y';
	digits = str_ndup(word, len - 1);
	good = str_to_int64(digits, 1, years ? YEARS_MAX : DAYS_MAX, &value) == 0;
	free(digits);
	if (!good)
		return -1;
	r->years = years ? (int)value : 0;
	r->days = years ? 0 : (int)value;
	return 0;
}

static int two_digits(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return 10 * (s[0] - '0') + (s[1] - '0');
}

/* "+09:00": a zone with summer time cannot be said, and none of the services needs one. */
static int set_zone(struct rule *r, const char *word)
{
	int hours, minutes, offset;

	if (str_eq(word, "UTC") || str_eq(word, "Asia/Tokyo")) {
		r->utc_offset_sec = word[0] == 'U' ? 0 : CLOCK_JST_OFFSET_SEC;
		return 0;
	}
	if (strlen(word) != strlen("+09:00") || (word[0] != '+' && word[0] != '-') || word[3] != ':')
		return -1;
	hours = two_digits(word + 1);
	minutes = two_digits(word + 4);
	if (hours < 0 || minutes < 0 || minutes > 59)
		return -1;
	offset = hours * HOUR_SEC + minutes * MINUTE_SEC;
	if (offset > OFFSET_MAX_SEC)
		return -1;
	r->utc_offset_sec = word[0] == '-' ? -offset : offset;
	return 0;
}

/* The words of a parameter that has a closed list of them, and which of them holds; NULL = it has none. */
static const char *const *words_of(const struct rule *r, const char *parameter, int *now)
{
	const struct { const char *name; const char *const *words; int now; } table[] = {
		{"plain", plain_words, (int)r->plain},
		{"wildcard", wildcard_words, (int)r->wildcard},
		{"fixed_set", yes_no_words, r->fixed_set},
		{"start", start_words, (int)r->start},
		{"rounding", rounding_words, (int)r->rounding},
		{"end", end_words, (int)r->end},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!str_eq(table[i].name, parameter))
			continue;
		*now = table[i].now;
		return table[i].words;
	}
	return NULL;
}

static void set_index(struct rule *r, const char *parameter, int i)
{
	if (str_eq(parameter, "plain"))
		r->plain = (enum rule_plain)i;
	else if (str_eq(parameter, "wildcard"))
		r->wildcard = (enum rule_wildcard)i;
	else if (str_eq(parameter, "fixed_set"))
		r->fixed_set = i != 0;
	else if (str_eq(parameter, "start"))
		r->start = (enum rule_start)i;
	else if (str_eq(parameter, "rounding"))
		r->rounding = (enum rule_rounding)i;
	else
		r->end = (enum rule_end)i;
}

int rule_set(struct rule *r, const char *parameter, const char *word)
{
	const char *const *words;
	int now, i;

	if (str_eq(parameter, "length"))
		return set_length(r, word);
	if (str_eq(parameter, "time_zone"))
		return set_zone(r, word);
	words = words_of(r, parameter, &now);
	i = words != NULL ? index_of(words, word) : -1;
	if (i < 0)
		return -1;
	set_index(r, parameter, i);
	return 0;
}

static char *length_word(const struct rule *r)
{
	if (r->years > 0)
		return str_fmt("%dy", r->years);
	return r->days > 0 ? str_fmt("%dd", r->days) : str_dup("none");
}

static char *zone_word(const struct rule *r)
{
	int offset = r->utc_offset_sec < 0 ? -r->utc_offset_sec : r->utc_offset_sec;

	if (r->utc_offset_sec == 0)
		return str_dup("UTC");
	if (r->utc_offset_sec == CLOCK_JST_OFFSET_SEC)
		return str_dup("Asia/Tokyo");
	return str_fmt("%c%02d:%02d", r->utc_offset_sec < 0 ? '-' : '+', offset / HOUR_SEC, offset % HOUR_SEC / MINUTE_SEC);
}

char *rule_get(const struct rule *r, const char *parameter)
{
	const char *const *words;
	int now = 0;

	if (str_eq(parameter, "length"))
		return length_word(r);
	if (str_eq(parameter, "time_zone"))
		return zone_word(r);
	words = words_of(r, parameter, &now);
	return words != NULL ? str_dup(words[now]) : NULL;
}

static bool is_www_of(const char *name, const char *registered)
{
	return str_starts(name, "www.") && str_eq(name + 4, registered);
}

/* With "www." or without it: "www.jp" has only the one with another, as "jp" alone is no name. */
static bool is_counterpart(const char *name, const char *registered)
{
	if (str_starts(registered, "www.") && fqdn_is_normal(registered + 4))
		return str_eq(registered + 4, name);
	return is_www_of(name, registered);
}

static bool is_below(const char *name, const char *registered)
{
	size_t len = strlen(name), tail = strlen(registered);

	return len > tail && name[len - tail - 1] == '.' && str_eq(name + len - tail, registered);
}

static const char *parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : "";
}

static bool plain_covers(enum rule_plain plain, const char *registered, const char *name)
{
	switch (plain) {
	case RULE_PLAIN_WWW:
		return is_www_of(name, registered);
	case RULE_PLAIN_WWW_EITHER:
		return is_counterpart(name, registered);
	case RULE_PLAIN_SUBTREE:
		return is_below(name, registered);
	default:
		return false;
	}
}

static bool wildcard_covers(enum rule_wildcard wildcard, const char *base, const char *name)
{
	if (wildcard == RULE_WILDCARD_EXACT)
		return false;
	if (str_eq(base, name))
		return true;
	return wildcard == RULE_WILDCARD_SAME_LEVEL && str_eq(parent(name), base);
}

bool rule_covers(const struct rule *r, const char *registered, const char *name)
{
	if (str_eq(registered, name))
		return true;
	if (fqdn_is_wildcard(registered))
		return wildcard_covers(r->wildcard, fqdn_base(registered), name);
	return plain_covers(r->plain, registered, name);
}

static void propose(const struct rule *r, char *registered, const char *name, struct strs *out)
{
	if (out->count < RULE_CANDIDATES_MAX && fqdn_is_normal(registered) && rule_covers(r, registered, name) &&
	    !strs_has(out, registered))
		strs_take(out, registered);
	else
		free(registered);
}

static void propose_ancestors(const struct rule *r, const char *name, struct strs *out)
{
	for (const char *up = parent(name); *up != '\0'; up = parent(up))
		propose(r, str_dup(up), name, out);
}

void rule_candidates(const struct rule *r, const char *name, struct strs *out)
{
	struct strs found = {0};

	propose(r, str_dup(name), name, &found);
	if (r->plain == RULE_PLAIN_SUBTREE)
		propose_ancestors(r, name, &found);
	else if (str_starts(name, "www."))
		propose(r, str_dup(name + 4), name, &found);
	if (r->plain == RULE_PLAIN_WWW_EITHER && !fqdn_is_wildcard(name))
		propose(r, str_fmt("www.%s", name), name, &found);
	if (r->wildcard != RULE_WILDCARD_EXACT && !fqdn_is_wildcard(name))
		propose(r, str_fmt("*.%s", name), name, &found);
	if (r->wildcard == RULE_WILDCARD_SAME_LEVEL && !fqdn_is_wildcard(name))
		propose(r, str_fmt("*.%s", parent(name)), name, &found);
	for (size_t i = 0; i < found.count; i++)
		strs_take(out, found.item[i]);
	free(found.item);
}
