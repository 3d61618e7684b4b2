#include "config.h"

#include "cmd.h"
#include "visiting.h"

int cmd_renew(struct cli *c)
{
	struct visit_options o = {.renew_only = c->args.word_count == 0,
	                          .force = args_has(&c->args, OPTION_FORCE),
	                          .no_deploy = args_has(&c->args, OPTION_NO_DEPLOY)};

	return visiting_run(c, &o);
}
