#include "config.h"

#include "entitle/coverage.h"

#include <string.h>

#include "entitle/fqdn.h"

/* Only so much of two long names is compared: enough for any that people write. */
#define COMPARED_MAX 64

struct likeness {
	size_t labels;    /* shared, counted from the right: more is nearer */
	bool kind;        /* both wildcards or neither: nearer, since one kind never stands for the other's names */
	size_t distance;  /* edits between what stands left of the shared labels: fewer is nearer */
};

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edit distance of two texts given by length, of each its last COMPARED_MAX bytes. */
static size_t edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[COMPARED_MAX + 1];

	if (a_len > COMPARED_MAX) {
		a += a_len - COMPARED_MAX;
		a_len = COMPARED_MAX;
	}
	if (b_len > COMPARED_MAX) {
		b += b_len - COMPARED_MAX;
		b_len = COMPARED_MAX;
	}
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

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
	l.distance = edits(name, strlen(name) - len, e, strlen(e) - len);
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
