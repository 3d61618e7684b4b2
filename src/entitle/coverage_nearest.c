#include "config.h"

#include "entitle/coverage.h"

#include <string.h>

#include "base/str.h"
#include "entitle/fqdn.h"

struct likeness {
	size_t labels;    /* shared, counted from the right: more is nearer */
	bool kind;        /* both wildcards or neither: nearer, since one kind never stands for the other's names */
	size_t distance;  /* between what stands left of the shared labels: less is nearer */
};

/* Whole labels that two names share at their right ends; *len is the bytes of them. */
static size_t shared_labels(const char *a, const char *b, size_t *len)
{
	const char *x = a + strlen(a);
	const char *y = b + strlen(b);
	const char *end = x;
	size_t labels = 0;

	*len = 0;
	while (x > a && y > b && x[-1] == y[-1]) {
		x--;
		y--;
		bool starts = (x == a || x[-1] == '.') && (y == b || y[-1] == '.');
		if (*x != '.' && starts) {
			labels++;
			*len = (size_t)(end - x);
		}
	}
	return labels;
}

/*
 * A slip of the finger is near, by the number of edits. Where it is none, likeness of letters means nothing, and the
 * entry that says least besides the shared labels is nearer: mail.example.jp makes people look for example.jp, not for
 * shop.example.jp.
 */
static size_t left_distance(const char *name, size_t name_left, const char *e, size_t e_left)
{
	size_t edits = str_distance(name, name_left, e, e_left);

	return edits <= 1 + name_left / 3 ? edits : STR_DISTANCE_MAX + e_left;
}

/* Is `e` nearer to the name than *best? Then *best becomes its likeness. */
static bool nearer(const char *name, const char *e, struct likeness *best)
{
	size_t len = 0;
	struct likeness l = {
		.labels = shared_labels(name, e, &len),
		.kind = fqdn_is_wildcard(name) == fqdn_is_wildcard(e),
	};

	if (l.labels < best->labels)
		return false;
	bool better = l.labels > best->labels || (l.kind && !best->kind);
	if (!better && l.kind != best->kind)
		return false;
	l.distance = left_distance(name, strlen(name) - len, e, strlen(e) - len);
	if (!better && l.distance >= best->distance)
		return false;
	*best = l;
	return true;
}

const struct entry *coverage_nearest(const struct entry_list *l, const char *name)
{
	struct likeness best = {.distance = (size_t)-1};
	const struct entry *nearest = NULL;

	for (size_t i = 0; i < l->count; i++)
		if (nearer(name, l->item[i].fqdn, &best))
			nearest = &l->item[i];
	return nearest;
}
