#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "output.h"
#include "report.h"
#include "run/history.h"
#include "setup.h"
#include "visiting.h"

#define GENERATION_MAX 999999999

static int read_words(const struct cli *c, int *number, struct err *e)
{
	int64_t given = 0;

	if (c->args.word_count < 1 || c->args.word_count > 2)
		return err_set(e, ERR_USAGE, _("`tegata rollback NAME [NUMBER]`: one certificate, and one of the numbers that `tegata history NAME` shows"));
	if (c->args.word_count == 2 && str_to_int64(c->args.word[1], 1, GENERATION_MAX, &given) < 0)
		return setup_expected("NUMBER", c->args.word[1], _("one of the numbers that `tegata history NAME` shows"), e);
	*number = (int)given;
	return 0;
}

static void tell_live(const struct visit_item *item)
{
	char *until = output_local_time(item->not_after);

	output_line(_("%s: generation %d is live again, valid until %s"), item->name, item->generation, until);
	free(until);
}

int cmd_rollback(struct cli *c)
{
	struct visit_report report = {0};
	struct err e = ERR_INIT;
	int number = 0, status;
	struct site s;

	if (setup_site(c, &s, &e) < 0 || read_words(c, &number, &e) < 0 ||
	    history_rollback(&s, c->args.word[0], number, args_has(&c->args, OPTION_FORCE), &report, &e) < 0) {
		status = report_error(c, &e);
	} else {
		for (size_t i = 0; !c->json && !c->quiet && i < report.count; i++)
			tell_live(&report.item[i]);
		status = visiting_tell(c, &s, &report, true);
	}
	visit_report_clear(&report);
	site_clear(&s);
	return status;
}
