#include "config.h"

#include "cmd.h"
#include "visiting.h"

int cmd_run(struct cli *c)
{
	struct visit_options o = {0};

	return visiting_run(c, &o);
}
