#include "config.h"

#include <stdlib.h>

#include "cmd.h"
#include "report.h"
#include "run/forethought.h"
#include "setup.h"
#include "visiting.h"

/* A saved plan is compared with what would be done now; its certificates are then visited, and no others. */
static int run_plan(struct cli *c, struct visit_options *o, const char *file)
{
	char *path = setup_absolute(file);
	struct strs names = {0}, kept = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status;

	if (setup_site(c, &s, &e) < 0 || forethought_check(&s, path, &names, &kept, &e) < 0) {
		status = report_error(c, &e);
	} else {
		o->names = &names;
		o->kept = &kept;
		o->unattended = true;
		status = names.count > 0 ? visiting_visit(c, &s, o) : 0;
	}
	o->names = o->kept = NULL;
	site_clear(&s);
	strs_clear(&names);
	strs_clear(&kept);
	free(path);
	return status;
}

int cmd_run(struct cli *c)
{
	struct strs lapsing = {0};
	struct visit_options o = {.no_deploy = args_has(&c->args, OPTION_NO_DEPLOY), .accept_lapse = &lapsing};
	const char *plan = args_value(&c->args, OPTION_PLAN);
	int status;

	args_values(&c->args, OPTION_ACCEPT_LAPSE, &lapsing);
	status = plan ? run_plan(c, &o, plan) : visiting_run(c, &o);
	strs_clear(&lapsing);
	return status;
}
