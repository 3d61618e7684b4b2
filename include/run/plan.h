/* What should happen to one certificate now? Pure: a function of what is wanted, what is there, and the time. */
#ifndef TEGATA_RUN_PLAN_H
#define TEGATA_RUN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "run/visit.h"

struct plan_wanted {
	const struct strs *names; /* normal form */
	const char *key_type;
	const char *ca;           /* name in the settings */
	bool force;
	bool renew_only;          /* never a first issuance */
	bool deploy_only;
};

struct plan_found {
	bool live;     /* something is live */
	bool damaged;  /* …but does not hold together */
	const struct strs *names;
	const char *key_type;
	const char *ca;
	int64_t not_before, not_after;
};

struct plan_decision {
	bool issue;
	enum visit_reason reason;
	int64_t renew_at; /* of what is live; 0 = nothing usable is */
};

struct plan_decision plan_decide(const struct plan_wanted *w, const struct plan_found *f, int64_t now);

#endif
