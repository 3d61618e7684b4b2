#include "config.h"

#include "base/i18n.h"
#include "changing.h"
#include "cmd.h"
#include "entitle/entry.h"
#include "setup.h"

static int read_renewed(struct changing *k, struct err *e)
{
	const char *text = args_value(&k->cli->args, OPTION_RENEWED);
	int64_t number;

	if (text == NULL)
		return 0;
	if (str_to_int64(text, 0, ENTRY_RENEWED_MAX, &number) < 0)
		return setup_expected("--renewed", text, _("a number from 0 to 100"), e);
	for (size_t i = 0; i < k->fqdns.count; i++) {
		k->change[i].renewed_do = number > 0 ? EDIT_PUT : EDIT_TAKE_AWAY;
		k->change[i].renewed = (int)number;
	}
	return 0;
}

static int need_value(const struct cli *c, struct err *e)
{
	if (args_has(&c->args, OPTION_FIRST_ISSUED) || args_has(&c->args, OPTION_ENDS) ||
	    args_has(&c->args, OPTION_REGISTERED) || args_has(&c->args, OPTION_RENEWED))
		return 0;
	return err_set(e, ERR_USAGE, _("what is to be set? --first-issued, --ends, --registered or --renewed"));
}

int cmd_entitlements_set(struct cli *c)
{
	struct changing k;
	struct err e = ERR_INIT;
	int rc = changing_begin(&k, c, EDIT_SET, true, &e);

	if (rc == 0 && (need_value(c, &e) < 0 || changing_read_dates(&k, &e) < 0 || read_renewed(&k, &e) < 0))
		rc = -1;
	if (rc == 0)
		rc = changing_apply(&k, &e);
	return changing_end(&k, rc, &e);
}
