/*
 * Names: rule 10 (rules.md §7). Normal form: A-labels, lower case, no trailing dot, at most one "*." in front.
 * The only door to libidn2.
 */
#ifndef TEGATA_ENTITLE_FQDN_H
#define TEGATA_ENTITLE_FQDN_H

#include <stdbool.h>

#include "base/str.h"

#define FQDN_MAX 253

/*
 * 0 with *out the normal form (owned), or -1 with *why a sentence for people (owned): empty, an IP address, a URL, a port,
 * an underscore, blanks, "*" elsewhere, an empty or over-long label, over 253 octets, a single label, a hyphen at an end
 * of a label, not convertible to an A-label.
 */
int fqdn_normalize(const char *input, char **out, char **why);
/* True for a name already in normal form; cheap, for what comes from the CA or from disk. */
bool fqdn_is_normal(const char *name);
bool fqdn_is_wildcard(const char *name);
/* "*.example.jp" -> "example.jp"; others unchanged; borrowed from `name`. */
const char *fqdn_base(const char *name);
/* U-label form for people, or NULL when it is the same or not convertible; owned. */
char *fqdn_unicode(const char *name);
/* In texts for people: "日本語.jp (xn--wgv71a119e.jp)", or just the name; all of them with ", " between. Owned. */
char *fqdn_shown(const char *name);
char *fqdn_shown_all(const struct strs *names);

#endif
