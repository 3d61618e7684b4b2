/*
 * From YAML nodes to settings: the parts of settings_load(). All of them tell every mistake they find and go on; what was
 * right is in the output all the same. Null values are absent.
 */
#ifndef TEGATA_CONFIG_READER_H
#define TEGATA_CONFIG_READER_H

#include <stdbool.h>

#include "config/keys.h"
#include "config/settings.h"
#include "data/diag.h"
#include "data/yaml.h"

struct reader {
	const char *file; /* borrowed from settings->files */
	struct diags *d;
};

struct place reader_place(const struct reader *r, const struct yaml_node *n);
/* One mistake at a node. */
void reader_say(const struct reader *r, const struct yaml_node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "KEY: expected …, not …" */
void reader_bad(const struct reader *r, const struct keys_row *row, const struct yaml_node *n);
/* The row of the i-th key of a mapping; NULL when its value is null or the key unknown (which was told). */
const struct keys_row *reader_row(const struct reader *r, enum keys_level level, const struct yaml_node *map, size_t i);
/* Without unknown keys: if there are some, one of them was perhaps meant to be the key that is missing. */
bool reader_all_known(enum keys_level level, const struct yaml_node *map);
/* A value of a kind before KEYS_SIMPLE_COUNT into base + row->offset. False = mistake, nothing changed. */
bool reader_simple(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, void *base);
/* A scalar or a list of them, each of which must be right for the kind; places (may be NULL) gets one for each, owned. */
bool reader_texts(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, struct strs *out,
                  struct place **places);
/* Letters, digits, ".", "_", "-", first a letter or digit, at most KEYS_NAME_MAX: good as the name of a file. */
bool reader_name_ok(const char *name);
bool reader_path_ok(const char *path);
/* A host name of letters, digits, ".", "_" and "-", or an address. */
bool reader_host_ok(const char *host);

/* One hook; `out` zeroed. row names the key in mistakes. */
bool hook_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n, struct hook_spec *out);

/* Who runs the hooks of each kind. */
void hook_setting_users(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct hook_users *out);
void hook_setting_users_clear(struct hook_users *u);
/* Notes in the hook where it is written. */
void hook_setting_place(const struct reader *r, const struct yaml_node *n, struct hook_spec *out);

/* One key of the mapping of a hook, whose row belongs to KEYS_HOOK. */
bool hook_setting_member(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct hook_spec *out);
/* That a mapping with the keys of a hook has exactly one of `run` and `shell`; key names the hook in mistakes. */
bool hook_setting_whole(const struct reader *r, const struct keys_row *key, enum keys_level level,
                        const struct yaml_node *map);

/* One or several challenges, added to those of `out`. */
void challenge_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                            struct certificate_setting *out);
void challenge_setting_clear(struct challenge_setting *c);
void challenge_setting_copy(struct challenge_setting *to, const struct challenge_setting *from); /* `to` zeroed */

/* One or several types of key, into key and more_key. */
bool key_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                      struct certificate_setting *out);
/* Makes NAME+TYPE for each further type of key, right behind NAME. */
void key_setting_expand(struct settings *s, struct diags *d);

bool renew_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                        struct renew_setting *out);
/* As it would be written, and reads back the same; owned. Not for both 0. */
char *renew_setting_text(const struct renew_setting *s);

/* One or several services, added to those of `out`. */
void served_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct certificate_setting *out);
const char *const *served_setting_words(void); /* the protocols, NULL-terminated */
void served_setting_clear(struct served_setting *s);
void served_setting_copy(struct served_setting *to, const struct served_setting *from); /* `to` zeroed */

/* One or several files, added to those of `out`. */
void output_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct certificate_setting *out);
const char *const *output_setting_files(void); /* of a generation, NULL-terminated */
bool output_setting_has_key(const struct output_setting *o); /* is the private key in it? */
void output_setting_fill(struct output_setting *o, const char *name); /* makes path */
/* That no two outputs of all certificates have one path. */
void output_setting_check(const struct settings *s, struct diags *d);
void output_setting_clear(struct output_setting *o);
void output_setting_copy(struct output_setting *to, const struct output_setting *from); /* `to` zeroed */

/* One or several hooks that tell somebody, added to those of `out`. */
void notify_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct settings *out);
void notify_setting_clear(struct notify_setting *s);

/* What a mapping in `rule` says, as written; NULL = nothing. */
struct rule_texts {
	char *preset, *plain, *wildcard, *start, *length, *rounding, *time_zone, *end;
	bool fixed_set;
};

/* The word of a preset, or a mapping with what differs from one, into rule and rule_words. */
void rule_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                       struct ca_setting *out);
bool rule_setting_length_ok(const char *text);
bool rule_setting_zone_ok(const char *text);

/* `out` zeroed. */
void ca_setting_read(const struct reader *r, const struct yaml_node *map, struct ca_setting *out);

/*
 * level: KEYS_CERTIFICATE or KEYS_DEFAULTS; `out` zeroed. A deploy that is not NULL with deploy_count 0 means that no hooks
 * were asked for in so many words. name stays NULL when none is given and none can be made.
 */
void certificate_setting_read(const struct reader *r, enum keys_level level, const struct yaml_node *map,
                              struct certificate_setting *out, struct place *ca_place);
/* Takes what a certificate does not say itself from the defaults. */
void certificate_setting_inherit(struct certificate_setting *c, const struct certificate_setting *defaults);
/* That each name has a challenge and, where it needs one, a folder, and that its settings go together. */
void certificate_setting_check(const struct certificate_setting *c, struct diags *d);

#endif
