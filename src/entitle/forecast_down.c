#include "config.h"

#include "entitle/forecast.h"

#include <stdlib.h>

#include "forecast_parts.h"

static int compare_spans(const void *a, const void *b)
{
	const struct forecast_span *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

void forecast_down_make(const struct forecast_input *in, struct forecast_down *out)
{
	struct forecast_down d = {.span = mem_new(in->down_count + 1, sizeof *d.span)};

	for (size_t i = 0; i < in->down_count; i++)
		d.span[i] = in->down[i];
	qsort(d.span, in->down_count, sizeof *d.span, compare_spans);
	for (size_t i = 0; i < in->down_count; i++) {
		struct forecast_span span = d.span[i], *last = d.count > 0 ? &d.span[d.count - 1] : NULL;

		if (span.to <= span.from)
			continue;
		if (!last || span.from > last->to)
			d.span[d.count++] = span;
		else if (span.to > last->to)
			last->to = span.to;
	}
	*out = d;
}

void forecast_down_clear(struct forecast_down *d)
{
	free(d->span);
	*d = (struct forecast_down){0};
}

int64_t forecast_down_over(const struct forecast_down *d, int64_t t)
{
	for (size_t i = 0; i < d->count; i++)
		if (t >= d->span[i].from && t < d->span[i].to)
			return d->span[i].to;
	return t;
}
