/* The command line. Returns the exit status. */
#ifndef TEGATA_CLI_CLI_H
#define TEGATA_CLI_CLI_H

int cli_main(int argc, char **argv);

#endif
