#include "config.h"

#include "base/i18n.h"
#include "cmd.h"
#include "output.h"
#include "report.h"
#include "run/notify.h"
#include "setup.h"

int cmd_notify_test(struct cli *c)
{
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0 || notify_test(&s, &e) < 0)
		status = report_error(c, &e);
	else if (c->json)
		output_json(output_object("tegata.notify.v1", true));
	else if (!c->quiet)
		output_line(P_("%zu hook was run, and says that it told somebody",
		               "%zu hooks were run, and say that they told somebody", s.settings.notify_count),
		            s.settings.notify_count);
	site_clear(&s);
	return status;
}
