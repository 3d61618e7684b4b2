#include "config.h"

#include "cli/cli.h"

#include <stdio.h>

int cli_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("tegata %s\n", PACKAGE_VERSION);
	return 2;
}
