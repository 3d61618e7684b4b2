/*
 * Fuzz targets: each fuzz_TARGET.c has one LLVMFuzzerTestOneInput. contrib/run-fuzz.sh links them with libFuzzer; `make check`
 * links each with replay.c, which runs what is in corpus/fuzz_TARGET through it.
 *
 * A target does more than not to crash: what it reads it also writes and reads again, what it normalises it normalises
 * twice, and every message that comes out of it must be fit for a terminal.
 */
#ifndef TEGATA_TESTS_FUZZ_H
#define TEGATA_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "data/diag.h"

#define FUZZ_NOW INT64_C(1800000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program when it is not so. */
void fuzz_must(bool so, const char *what);
/* The same for two texts, which are shown. */
void fuzz_same(const char *a, const char *b, const char *what);
/* An error's texts must be fit for people, and there must be one; empties it. */
void fuzz_err(struct err *e);
void fuzz_diags(struct diags *d);
/* A text for people: nothing in it that str_escape() would change, but line ends and backslashes. NULL is good. */
void fuzz_shown(const char *text);
/* A copy with a NUL behind it; owned. */
char *fuzz_text(const uint8_t *data, size_t size);
/* Cuts the first line off, without its end: the copy is owned. */
char *fuzz_line(const uint8_t **data, size_t *size);

/* A folder of this process in memory, made once and taken away at the end; borrowed. */
const char *fuzz_folder(void);
void fuzz_write(const char *path, const void *data, size_t size);
/* The whole file, owned; NULL when there is none. */
char *fuzz_read(const char *path);

#endif
