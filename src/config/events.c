#include "config.h"

#include "config/events.h"

#include "base/i18n.h"
#include "base/str.h"

static const struct events_row table[] = {
	{EVENTS_RENEWED, "renewed", EVENTS_INFO, N_("A new certificate is in place.")},
	{EVENTS_RENEW_FAILED, "renew-failed", EVENTS_ERROR,
	 N_("Ordering a certificate fails and will not mend itself soon.")},
	{EVENTS_RECOVERED, "recovered", EVENTS_WARNING, N_("Ordering works again after a `renew-failed`.")},
	{EVENTS_DEPLOY_FAILED, "deploy-failed", EVENTS_ERROR,
	 N_("A deploy hook or an output fails, or a service does not serve the new certificate.")},
	{EVENTS_DEPLOYED, "deployed", EVENTS_WARNING, N_("Everything is deployed after a `deploy-failed`.")},
	{EVENTS_EXPIRING, "expiring", EVENTS_WARNING, N_("The certificate in place ends soon and was not renewed.")},
	{EVENTS_EXPIRED, "expired", EVENTS_ERROR, N_("The certificate in place has ended.")},
	{EVENTS_REVOKED, "revoked", EVENTS_ERROR, N_("The CA revoked the certificate in place.")},
	{EVENTS_ENTRY_LAPSING, "entry-lapsing", EVENTS_WARNING,
	 N_("A registered FQDN ends in 60, 30, 14, 7 days or 1 day.")},
	{EVENTS_ENTRY_ENDED, "entry-ended", EVENTS_ERROR, N_("A registered FQDN has ended.")},
	{EVENTS_NAMES_DROPPED, "names-dropped", EVENTS_WARNING, N_("Names were let go, as their registered FQDN ends.")},
	{EVENTS_MOVED_BACK, "moved-back", EVENTS_ERROR,
	 N_("The certificate of another CA could not be put to use; the one before it is in place again.")},
	{EVENTS_UNTRUSTED_CHAIN, "untrusted-chain", EVENTS_WARNING,
	 N_("No root that this machine trusts stands above the certificate.")},
	{EVENTS_CLOCK_WRONG, "clock-wrong", EVENTS_ERROR, N_("The clock of this machine is wrong, so nothing is decided.")},
	{EVENTS_LIST_REFUSED, "list-refused", EVENTS_ERROR,
	 N_("The list of registered FQDNs lost most of what it held, so nothing is ordered.")},
};

_Static_assert(sizeof table / sizeof table[0] == EVENTS_ID_COUNT, "one row for each event");

static const char *const levels[] = {"info", "warning", "error", NULL};

_Static_assert(sizeof levels / sizeof levels[0] == EVENTS_LEVEL_COUNT + 1, "one name for each level");

const struct events_row *events_table(size_t *count)
{
	*count = EVENTS_ID_COUNT;
	return table;
}

const struct events_row *events_find(const char *name)
{
	for (size_t i = 0; i < EVENTS_ID_COUNT; i++)
		if (str_eq(table[i].name, name))
			return &table[i];
	return NULL;
}

const char *const *events_level_names(void)
{
	return levels;
}

const char *events_level_name(enum events_level level)
{
	return levels[level];
}

int events_level_parse(const char *name, enum events_level *out)
{
	for (int i = 0; i < EVENTS_LEVEL_COUNT; i++) {
		if (str_eq(levels[i], name)) {
			*out = (enum events_level)i;
			return 0;
		}
	}
	return -1;
}
