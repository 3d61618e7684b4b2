/*
 * What somebody may be told of: one table that feeds the settings' `notify`, the run, the documentation and the tests. The
 * ids are stable; scripts depend on them.
 */
#ifndef TEGATA_CONFIG_EVENTS_H
#define TEGATA_CONFIG_EVENTS_H

#include <stddef.h>

enum events_level { EVENTS_INFO, EVENTS_WARNING, EVENTS_ERROR, EVENTS_LEVEL_COUNT };

enum events_id {
	EVENTS_RENEWED,        /* a new generation is live */
	EVENTS_RENEW_FAILED,   /* ordering fails and will not mend itself soon */
	EVENTS_RECOVERED,      /* … and is well again */
	EVENTS_DEPLOY_FAILED,  /* a hook or an output fails, or the service does not serve the new certificate */
	EVENTS_DEPLOYED,       /* … and is well again */
	EVENTS_EXPIRING,       /* what is live ends soon and was not renewed */
	EVENTS_EXPIRED,
	EVENTS_REVOKED,
	EVENTS_ENTRY_LAPSING,  /* a registered FQDN ends in 60, 30, 14, 7, 1 days */
	EVENTS_ENTRY_ENDED,
	EVENTS_NAMES_DROPPED,  /* names were let go with their entry */
	EVENTS_MOVED_BACK,     /* a move to another CA was taken back, as its certificate could not be put to use */
	EVENTS_UNTRUSTED_CHAIN,/* no root of this machine's trust store anchors the chain */
	EVENTS_CLOCK_WRONG,
	EVENTS_LIST_REFUSED,   /* most of the registered FQDNs vanished from the list, so nothing is ordered */
	EVENTS_ID_COUNT
};

struct events_row {
	enum events_id id;
	const char *name;      /* "renewed" */
	enum events_level level;
	const char *help;      /* through gettext */
};

const struct events_row *events_table(size_t *count); /* in the order of the enum */
const struct events_row *events_find(const char *name); /* NULL = none */
const char *const *events_level_names(void); /* NULL-terminated, in the order of the enum */
const char *events_level_name(enum events_level level); /* "info", "warning", "error" */
int events_level_parse(const char *name, enum events_level *out); /* 0 or -1 */

#endif
