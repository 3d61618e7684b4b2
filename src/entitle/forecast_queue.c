#include "config.h"

#include "entitle/forecast.h"

#include <stdlib.h>

#include "forecast_parts.h"

static bool before(const struct forecast_queue_item *a, const struct forecast_queue_item *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	if (a->step != b->step)
		return a->step < b->step;
	return a->index < b->index;
}

static void swap(struct forecast_queue_item *a, struct forecast_queue_item *b)
{
	struct forecast_queue_item kept = *a;

	*a = *b;
	*b = kept;
}

void forecast_queue_add(struct forecast_queue *q, int64_t at, enum forecast_step step, size_t index)
{
	size_t i = q->count;

	if (q->count == q->room) {
		q->room = q->room > 0 ? q->room * 2 : 64;
		q->item = mem_resize(q->item, q->room, sizeof *q->item);
	}
	q->item[q->count++] = (struct forecast_queue_item){at, step, index};
	for (; i > 0 && before(&q->item[i], &q->item[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&q->item[i], &q->item[(i - 1) / 2]);
}

bool forecast_queue_take(struct forecast_queue *q, struct forecast_queue_item *out)
{
	size_t i = 0;

	if (q->count == 0)
		return false;
	*out = q->item[0];
	q->item[0] = q->item[--q->count];
	for (;;) {
		size_t least = i, left = 2 * i + 1;

		for (size_t child = left; child < q->count && child <= left + 1; child++)
			if (before(&q->item[child], &q->item[least]))
				least = child;
		if (least == i)
			return true;
		swap(&q->item[i], &q->item[least]);
		i = least;
	}
}

void forecast_queue_clear(struct forecast_queue *q)
{
	free(q->item);
	*q = (struct forecast_queue){0};
}
