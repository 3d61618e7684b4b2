/* The host names that the web server of this machine serves, from its effective configuration. */
#ifndef TEGATA_RUN_SCAN_H
#define TEGATA_RUN_SCAN_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

#define SCAN_OUTPUT_MAX (16 * 1024 * 1024)
#define SCAN_TIMEOUT_SEC 60

struct scan {
	struct strs names;    /* normal form, sorted, distinct */
	struct strs left_out; /* "TEXT: why", in order: "_", "~^…" (regular expression), localhost, addresses, … */
};

/* `nginx -T`; ".example.jp" is example.jp and *.example.jp. ERR_IO: not installed; ERR_HOOK: it says its configuration is wrong. */
int scan_nginx(struct scan *out, struct err *e);
/* `apachectl -t -D DUMP_VHOSTS` (or apache2ctl, httpd): ServerName and ServerAlias. */
int scan_apache(struct scan *out, struct err *e);
/* The pure halves. */
void scan_read_nginx(const char *text, size_t len, struct scan *out);
void scan_read_apache(const char *text, size_t len, struct scan *out);
void scan_clear(struct scan *s);

#endif
