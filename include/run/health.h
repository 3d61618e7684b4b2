/* Is all well? For monitoring (`status --check`, `status --metrics`). Pure: a function of what `status` found and of limits. */
#ifndef TEGATA_RUN_HEALTH_H
#define TEGATA_RUN_HEALTH_H

#include <stddef.h>

#include "base/str.h"
#include "run/status.h"

enum health_level { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN, HEALTH_LEVEL_COUNT }; /* = the exit statuses */
const char *health_level_name(enum health_level l); /* "OK", "WARNING", "CRITICAL", "UNKNOWN" */

/*
 * Days before the effective end. Short lives: never more than a quarter (warning) and an eighth (critical) of the life, so that a
 * certificate that is renewed in time is never in alarm. An entry's end warns at entry_warning_days.
 */
struct health_limits { int warning_days, critical_days, entry_warning_days; };
#define HEALTH_WARNING_DAYS 14
#define HEALTH_CRITICAL_DAYS 5
#define HEALTH_ENTRY_WARNING_DAYS 30

struct health_finding {
	enum health_level level;
	char *name;   /* certificate; NULL = of the machine */
	char *text;   /* one line for people; owned */
};
struct health {
	enum health_level level;         /* the worst */
	struct health_finding *finding;  /* without OKs; the worst first, then in order */
	size_t count;
	size_t certificates;
	int64_t first_end;               /* earliest effective end; 0 = none */
};

/*
 * CRITICAL: missing, damaged, expired, revoked, effective end within critical_days, a name refused by the gate, an untrusted state of
 * the list. WARNING: end within warning_days, an entry's within entry_warning_days, ordering fails, a deploy is owed, waiting.
 */
void health_find(const struct status_report *r, const struct health_limits *l, struct health *out);
void health_clear(struct health *h);

#endif
