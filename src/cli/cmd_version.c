#include "config.h"

#include "cmd.h"
#include "output.h"

int cmd_version(struct cli *c)
{
	struct json *j;

	if (!c->json) {
		output_line("tegata %s", PACKAGE_VERSION);
		return 0;
	}
	j = output_object("tegata.version.v1", true);
	json_set_str(j, "version", PACKAGE_VERSION);
	output_json(j);
	return 0;
}
