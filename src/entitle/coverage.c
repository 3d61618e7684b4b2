#include "config.h"

#include "entitle/coverage.h"

#include <stdlib.h>

#include "entitle/fqdn.h"

/*
 * The rule turned round: only few entries can cover a name, so each is looked up. The list may be long, and a test
 * holds this against every entry tried.
 */
size_t coverage_entries(const struct rule *r, const struct entry_list *l, const char *name,
                        const struct entry *out[RULE_CANDIDATES_MAX])
{
	struct strs candidates = {0};
	size_t count = 0;

	rule_candidates(r, name, &candidates);
	for (size_t i = 0; i < candidates.count; i++) {
		const struct entry *e = entry_list_find(l, candidates.item[i]);

		if (e != NULL)
			out[count++] = e;
	}
	strs_clear(&candidates);
	return count;
}

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
