/*
 * YAML as a tree that keeps line and column. The only door to libyaml. Refused, each with its place: anchors and aliases,
 * tags, several documents, duplicate keys, keys that are lists, maps or empty, text that is not UTF-8 or holds a NUL,
 * nesting over YAML_DEPTH_MAX, files over YAML_SIZE_MAX, more than YAML_NODES_MAX nodes.
 */
#ifndef TEGATA_DATA_YAML_H
#define TEGATA_DATA_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "data/diag.h"

#define YAML_DEPTH_MAX 16
#define YAML_SIZE_MAX (4 * 1024 * 1024)
#define YAML_NODES_MAX 200000

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	int line;   /* 1-based, where the value begins */
	int column; /* 1-based */
	int end_line, end_column; /* right behind its last character; of a list or map over lines, that of its last value */
	char *text; /* YAML_SCALAR: the value, else NULL */
	bool flow;  /* a list or map written with brackets */
	bool plain; /* YAML_SCALAR: not quoted, not a block: only these can mean null, true or a number */
	size_t count;             /* entries of a list or map */
	struct yaml_node **value; /* count values */
	struct yaml_node **key;   /* YAML_MAP: count keys (scalars) */
};

/*
 * Reads `path`. 0 with *out set (NULL for a missing or empty file; *missing tells which) or mistakes added to d and -1.
 * A file that exists but cannot be read is a mistake with line 0, and so is one that somebody keeps writing to meanwhile.
 */
int yaml_load(const char *path, struct yaml_node **out, bool *missing, struct diags *d);
/* The same for text in memory; `file` is the name used in mistakes. */
int yaml_parse(const char *file, const char *text, size_t len, struct yaml_node **out, struct diags *d);
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key); /* NULL = absent */
bool yaml_is_null(const struct yaml_node *n); /* nothing, ~ or null, unquoted; also n == NULL */
/* UTF-8 text written as a scalar that YAML reads back as the same string (quoted when needed); owned. Other text is escaped first. */
char *yaml_quote(const char *s);
/* Frees a whole tree; NULL is harmless. (libyaml itself exports yaml_free(), which must not be overridden.) */
void yaml_node_free(struct yaml_node *n);

#endif
