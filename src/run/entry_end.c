#include "config.h"

#include "run/entry_end.h"

#include <stdlib.h>

#include "entitle/period.h"

static void take_earlier(const struct site *s, const struct strs *fqdns, struct entry_end *out)
{
	for (size_t i = 0; i < fqdns->count; i++) {
		const struct entry *en = entry_list_find(&s->entries, fqdns->item[i]);
		struct date last;
		int64_t at;

		if (!en || !period_of(en, &last))
			continue;
		at = period_end_instant(last);
		if (out->fqdn && at >= out->at)
			continue;
		out->at = at;
		str_replace(&out->fqdn, str_dup(en->fqdn));
	}
}

void entry_end_of(const struct site *s, const struct coverage_result *r, struct entry_end *out)
{
	for (size_t i = 0; i < r->count; i++)
		take_earlier(s, r->name[i].covered ? &r->name[i].by : &r->name[i].ended, out);
}

void entry_end_find(const struct site *s, const struct ca_setting *ca, const struct strs *names, struct entry_end *out)
{
	struct coverage_result r = {0};

	if (!ca)
		return;
	site_gate(s, ca, names, clock_now(s->clock), &r);
	entry_end_of(s, &r, out);
	coverage_result_clear(&r);
}

void entry_end_clear(struct entry_end *e)
{
	free(e->fqdn);
	*e = (struct entry_end){0};
}
