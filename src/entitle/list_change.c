#include "config.h"

#include "entitle/list_change.h"

#include <string.h>

#define ALARM_FROM 3 /* entries: of two, one that is taken out is no accident */

void list_change_find(const struct strs *before, const struct entry_list *now, struct list_change *out)
{
	struct list_change c = {0};
	size_t i = 0, k = 0;

	while (i < before->count || k < now->count) {
		int order = 0;

		if (i < before->count && k < now->count)
			order = strcmp(before->item[i], now->item[k].fqdn);
		else
			order = i < before->count ? -1 : 1;
		if (order < 0)
			strs_add(&c.vanished, before->item[i]);
		else if (order > 0)
			strs_add(&c.added, now->item[k].fqdn);
		i += order <= 0;
		k += order >= 0;
	}
	c.alarming = before->count > 0 && (c.vanished.count == before->count ||
	                                   (before->count >= ALARM_FROM && 2 * c.vanished.count > before->count));
	*out = c;
}

void list_change_clear(struct list_change *c)
{
	strs_clear(&c->added);
	strs_clear(&c->vanished);
	*c = (struct list_change){0};
}
