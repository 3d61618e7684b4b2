#include "config.h"

#include "cmd.h"
#include "visiting.h"

int cmd_deploy(struct cli *c)
{
	struct visit_options o = {.deploy_only = true, .redeploy = c->args.word_count > 0};

	return visiting_run(c, &o);
}
