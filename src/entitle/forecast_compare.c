#include "config.h"

#include "entitle/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "forecast_parts.h"

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* None comes before all. */
static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_lists(const struct strs *a, const struct strs *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = strcmp(a->item[i], b->item[i]);
		if (order != 0)
			return order;
	}
	return (a->count > b->count) - (a->count < b->count);
}

int forecast_compare_events(const struct forecast_event *a, const struct forecast_event *b)
{
	int order = compare_numbers(a->at, b->at);

	if (order == 0)
		order = compare_numbers(a->kind, b->kind);
	if (order == 0)
		order = compare_texts(a->certificate, b->certificate);
	if (order == 0)
		order = compare_texts(a->entry, b->entry);
	if (order == 0)
		order = compare_numbers(a->end_at, b->end_at);
	if (order == 0)
		order = compare_numbers(a->days, b->days);
	if (order == 0)
		order = compare_lists(&a->certificates, &b->certificates);
	if (order == 0)
		order = compare_lists(&a->names, &b->names);
	return order != 0 ? order : compare_lists(&a->innocent, &b->innocent);
}

void forecast_compare(const struct forecast *now, const struct forecast *then, struct forecast_diff *out)
{
	struct forecast_diff d = {0};
	size_t i = 0, k = 0;

	d.gone = mem_new(now->count + 1, sizeof(*d.gone));
	d.added = mem_new(then->count + 1, sizeof(*d.added));
	while (i < now->count || k < then->count) {
		int order = i == now->count ? 1 : -1;

		if (i < now->count && k < then->count)
			order = forecast_compare_events(&now->event[i], &then->event[k]);
		if (order < 0)
			d.gone[d.gone_count++] = &now->event[i];
		if (order > 0)
			d.added[d.added_count++] = &then->event[k];
		i += order <= 0;
		k += order >= 0;
	}
	*out = d;
}

void forecast_diff_clear(struct forecast_diff *d)
{
	free(d->added);
	free(d->gone);
	*d = (struct forecast_diff){0};
}
