#include "config.h"

#include "base/i18n.h"
#include "changing.h"
#include "cmd.h"
#include "entitle/period.h"
#include "listing.h"
#include "output.h"

static int renew_one(const struct site *s, struct edit_change *change, struct err *e)
{
	const struct entry *entry = entry_list_find(&s->entries, change->fqdn);
	const struct rule *rule = site_rule_of_list(s);
	struct period p;

	period_find(rule, &s->entries, entry, &p);
	if (p.source == PERIOD_NOT_BEGUN) {
		err_set(e, ERR_USAGE, _("%s: its use period has not begun, so there is no term to renew"), entry->fqdn);
		err_advise(e, _("Should it have begun: `tegata entitlements set %s --ends DATE`, with the date from My Page."), entry->fqdn);
		return -1;
	}
	if (entry->renewed >= ENTRY_RENEWED_MAX)
		return err_set(e, ERR_USAGE, _("%s: renewed too often already: %d"), entry->fqdn, entry->renewed);
	if (entry->has_ends) {
		change->ends_do = EDIT_PUT;
		change->ends = period_next_last(rule, entry->ends);
	}
	/* Where only the end is stated, no one counts. */
	if (!entry->has_ends || entry->has_first_issued || entry->renewed > 0) {
		change->renewed_do = EDIT_PUT;
		change->renewed = entry->renewed + 1;
	}
	return 0;
}

int cmd_entitlements_renew(struct cli *c)
{
	struct changing k;
	struct err e = ERR_INIT;
	int rc = changing_begin(&k, c, EDIT_SET, true, &e);

	for (size_t i = 0; rc == 0 && i < k.fqdns.count; i++)
		rc = renew_one(&k.site, &k.change[i], &e);
	if (rc == 0)
		rc = changing_apply(&k, &e);
	return changing_end(&k, rc, &e);
}
