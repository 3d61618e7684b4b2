#include "config.h"

#include <stdlib.h>

#include "changing.h"
#include "cmd.h"
#include "entitle/fqdn.h"

/* As people write it, so that the list is read by people, too. */
static void write_unicode(struct changing *k, char **written)
{
	for (size_t i = 0; i < k->fqdns.count; i++) {
		written[i] = fqdn_unicode(k->fqdns.item[i]);
		k->change[i].written = written[i];
	}
}

int cmd_entitlements_add(struct cli *c)
{
	struct changing k;
	struct err e = ERR_INIT;
	char **written = NULL;
	size_t count;
	int status, rc = changing_begin(&k, c, EDIT_ADD, false, &e);

	count = k.fqdns.count;
	if (rc == 0)
		rc = changing_read_dates(&k, &e);
	if (rc == 0) {
		written = mem_new(count, sizeof *written);
		write_unicode(&k, written);
		rc = changing_apply(&k, &e);
	}
	status = changing_end(&k, rc, &e);
	for (size_t i = 0; written && i < count; i++)
		free(written[i]);
	free(written);
	return status;
}
