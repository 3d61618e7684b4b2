libtegata_a_SOURCES += src/cli/cli.c include/cli/cli.h
