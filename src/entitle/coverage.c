#include "config.h"

#include "entitle/coverage.h"

#include <stdlib.h>

#include "entitle/fqdn.h"

void coverage_would_cover(const struct rule *r, const char *name, struct strs *out)
{
	if (str_starts(name, "www.") && fqdn_is_normal(name + 4) && rule_covers(r, name + 4, name))
		strs_add(out, name + 4);
	strs_add(out, name);
}

const char *coverage_reason_name(enum coverage_reason r)
{
	switch (r) {
	case COVERAGE_OK:
		return "ok";
	case COVERAGE_NOT_REGISTERED:
		return "not-registered";
	case COVERAGE_ENTRY_ENDED:
		return "entry-ended";
	case COVERAGE_INVALID_NAME:
		return "invalid-name";
	case COVERAGE_OTHER_SET:
		return "other-set";
	}
	return "ok";
}

void coverage_name_clear(struct coverage_name *n)
{
	free(n->name);
	free(n->unicode);
	free(n->input);
	free(n->message);
	free(n->nearest);
	strs_clear(&n->by);
	strs_clear(&n->ended);
	strs_clear(&n->would);
	*n = (struct coverage_name){0};
}

void coverage_result_clear(struct coverage_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		coverage_name_clear(&r->name[i]);
	free(r->name);
	strs_clear(&r->missing);
	*r = (struct coverage_result){0};
}

void coverage_names(const struct coverage_result *r, struct strs *out)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->name[i].name != NULL)
			strs_add(out, r->name[i].name);
}
