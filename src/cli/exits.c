#include "config.h"

#include "exits.h"

#include "base/i18n.h"

#define KIND(kind) (1u << (kind))
#define STATUS_OTHER 1

static const struct exits_row table[] = {
	{0, KIND(ERR_NONE), N_("All went well. Nothing to do is well, too.")},
	{STATUS_OTHER, KIND(ERR_INTERNAL), N_("A mistake in tegata itself, or no memory.")},
	{2, KIND(ERR_USAGE), N_("The command line cannot be meant like this.")},
	{3, KIND(ERR_CONFIG), N_("Something is wrong or missing in the settings or in the list of registered FQDNs.")},
	{4, KIND(ERR_REFUSED), N_("Refused before anything was sent: a name is not covered by a registered FQDN, or too many names.")},
	{5, KIND(ERR_LOCKED), N_("Another tegata works on the same state folder.")},
	{6, KIND(ERR_NET), N_("The CA could not be reached.")},
	{7, KIND(ERR_CA) | KIND(ERR_RATELIMIT), N_("The CA refused, or asked to come back later.")},
	{8, KIND(ERR_CHALLENGE), N_("A name could not be validated, or its challenge could not be put in place.")},
	{9, KIND(ERR_HOOK), N_("A deploy hook failed; the new certificate is in place, the hook is owed.")},
	{10, KIND(ERR_IO), N_("Files, folders or processes of this machine: not readable, not writable, disk full.")},
	{11, KIND(ERR_CERTIFICATE), N_("The certificate that came is not what was ordered; it was not installed.")},
	{12, KIND(ERR_INTERRUPTED), N_("Ended by a signal; what was begun was cleaned up.")},
};

const struct exits_row *exits_table(size_t *count)
{
	*count = sizeof table / sizeof table[0];
	return table;
}

int exits_status(enum err_kind kind)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if ((table[i].kinds & KIND(kind)) != 0)
			return table[i].status;
	return STATUS_OTHER;
}
