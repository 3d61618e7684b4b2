#include "config.h"

#include "entitle/coverage.h"

#include <stdlib.h>

#include "entitle/fqdn.h"

static const char *const rule_names[COVERAGE_RULE_COUNT + 1] = {
	[COVERAGE_NONE] = "none",
	[COVERAGE_JPDIRECT] = "jpdirect",
};

const char *coverage_rule_name(enum coverage_rule r)
{
	return rule_names[r];
}

int coverage_rule_parse(const char *name, enum coverage_rule *out)
{
	for (int r = 0; r < COVERAGE_RULE_COUNT; r++) {
		if (str_eq(rule_names[r], name)) {
			*out = (enum coverage_rule)r;
			return 0;
		}
	}
	return -1;
}

const char *const *coverage_rule_names(void)
{
	return rule_names;
}

bool coverage_covers(const char *registered, const char *name)
{
	if (str_eq(registered, name))
		return true;
	if (fqdn_is_wildcard(registered))
		return str_eq(fqdn_base(registered), name);
	return str_starts(name, "www.") && str_eq(name + 4, registered);
}

void coverage_would_cover(const char *name, struct strs *out)
{
	if (str_starts(name, "www.") && fqdn_is_normal(name + 4))
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
	*r = (struct coverage_result){0};
}

void coverage_names(const struct coverage_result *r, struct strs *out)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->name[i].name != NULL)
			strs_add(out, r->name[i].name);
}
