#include "config.h"

#include <locale.h>
#include <sys/stat.h>

#include "base/guise.h"
#include "base/i18n.h"
#include "base/proc.h"
#include "base/sig.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	proc_settle();
	guise_keep_capabilities();
	sig_install();
	umask(077);
	setlocale(LC_ALL, "");
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
	return cli_main(argc, argv);
}
