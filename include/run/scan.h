/* The host names that the web server of this machine serves, from its effective configuration. */
#ifndef TEGATA_RUN_SCAN_H
#define TEGATA_RUN_SCAN_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

#define SCAN_OUTPUT_MAX (16 * 1024 * 1024)
#define SCAN_TIMEOUT_SEC 60
#define SCAN_LEFT_OUT_MAX 1000 /* what comes after these is left out without a word */

struct scan {
	struct strs names;    /* normal form, sorted, distinct */
	struct strs left_out; /* distinct, in order, each with why: `"_": …`, or a sentence of fqdn_normalize() */
};

/*
 * `nginx -T`: the names of http servers; ".example.jp" is example.jp and *.example.jp. ERR_IO: it is not installed,
 * says that its configuration is wrong, tells too much, or does not end.
 */
int scan_nginx(struct scan *out, struct err *e);
/*
 * `apache2ctl -t -D DUMP_VHOSTS` (or httpd, apachectl): ServerName and ServerAlias of virtual hosts. Apache tells
 * aliases only where several virtual hosts share an address, so it is asked once more with another one at each other
 * address.
 */
int scan_apache(struct scan *out, struct err *e);

/* The pure halves. They add to `out`. */
void scan_read_nginx(const char *text, size_t len, struct scan *out);
void scan_read_apache(const char *text, size_t len, struct scan *out);
/* The addresses ("*:443") of which Apache tells no aliases. */
void scan_read_apache_single(const char *text, size_t len, struct strs *out);

/* For the readers: one name as the server has it, and the end of all of them. */
void scan_take(struct scan *s, const char *text);
void scan_leave_out(struct scan *s, const char *text, const char *why);
void scan_finish(struct scan *s);
void scan_clear(struct scan *s);

#endif
