/* From the command line to what a command works on. */
#ifndef TEGATA_CLI_SETUP_H
#define TEGATA_CLI_SETUP_H

#include "commands.h"
#include "run/site.h"

/* A relative path is of the working folder; owned. */
char *setup_absolute(const char *path);
/* Fills *c from the options that every command takes; -1 (ERR_USAGE) when they are wrong. */
int setup_options(struct cli *c, struct err *e);
void setup_clear(struct cli *c);
/* site_init() and site_load(); to be cleared with site_clear() in any case. */
int setup_site(const struct cli *c, struct site *s, struct err *e);
/* The CA of --ca, or the first; NULL with ERR_USAGE when there is none of that name. */
const struct ca_setting *setup_ca(const struct cli *c, const struct site *s, struct err *e);
/* ERR_USAGE: "OPTION: expected …, not \"VALUE\"". -1. */
int setup_expected(const char *option, const char *value, const char *expected, struct err *e);
/* The words behind the command; borrowed by nobody, to be cleared. */
void setup_words(const struct cli *c, struct strs *out);

#endif
