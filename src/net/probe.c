#include "config.h"

#include "net/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const names[PROBE_PROTOCOL_COUNT] = {
	[PROBE_TLS] = "tls",
	[PROBE_SMTP] = "smtp",
	[PROBE_IMAP] = "imap",
	[PROBE_POP3] = "pop3",
	[PROBE_LDAP] = "ldap",
};

const char *probe_protocol_name(enum probe_protocol p)
{
	return names[p];
}

int probe_protocol_parse(const char *name, enum probe_protocol *out)
{
	for (size_t i = 0; i < PROBE_PROTOCOL_COUNT; i++) {
		if (str_eq(name, names[i])) {
			*out = (enum probe_protocol)i;
			return 0;
		}
	}
	return -1;
}

void probe_result_clear(struct probe_result *r)
{
	err_clear(&r->err);
	free(r->pem);
	memset(r, 0, sizeof(*r));
}
